//! Random networks of which much is dead: what is left answers as the whole does.

use tillsense_core::engine::Session;
use tillsense_core::parity::SplitMix64;

use super::prune;
use crate::aligned::Aligned;
use crate::import::ends::Ends;
use crate::import::lower::lower;
use crate::import::macs::macs_of;
use crate::import::net::{
    Activation, Element, Net, Op, Operator, Padding, Pool, Quantisation, Steps, Tensor, TensorId,
};
use crate::lower::file::assemble;
use crate::run::load;
use crate::target::{ExportOptions, Target};

/// A network on its way, with constants that outlive it.
struct Maker {
    rng: SplitMix64,
    tensors: Vec<Tensor<'static>>,
    operators: Vec<Operator>,
}

impl Maker {
    fn below(&mut self, limit: usize) -> usize {
        self.rng.below(limit)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        let place = self.below(from.len());
        from[place]
    }

    fn tensor(&mut self, shape: &[usize], quant: (f32, i64)) -> TensorId {
        self.tensors.push(Tensor {
            name: String::new(),
            shape: shape.to_vec(),
            element: Element::Int8,
            quant: Some(Quantisation {
                scales: vec![quant.0],
                zero_points: vec![quant.1],
                axis: 0,
            }),
            data: None,
            variable: false,
        });
        self.tensors.len() - 1
    }

    fn constant(&mut self, shape: &[usize], element: Element, bytes: Vec<u8>) -> TensorId {
        let id = self.tensor(shape, (1.0, 0));
        self.tensors[id].element = element;
        self.tensors[id].data = Some(bytes.leak());
        id
    }

    fn quant(&mut self) -> (f32, i64) {
        let zero = self.below(256) as i64 - 128;
        (
            self.one_of(&[0.02, 0.05, 0.1]),
            self.one_of(&[zero, -128, 0]),
        )
    }

    fn push(&mut self, op: Op, inputs: &[TensorId], output: TensorId) -> TensorId {
        self.operators.push(Operator {
            number: self.operators.len(),
            op,
            inputs: inputs.iter().map(|&id| Some(id)).collect(),
            outputs: vec![output],
        });
        output
    }

    fn shape(&self, id: TensorId) -> Vec<usize> {
        self.tensors[id].shape.clone()
    }

    fn quant_of(&self, id: TensorId) -> (f32, i64) {
        self.tensors[id].whole().unwrap()
    }

    /// Weights of these rows: many of them zero, or with a bias that nothing comes up to.
    fn filter(&mut self, shape: &[usize], rows: usize, last: bool) -> [TensorId; 2] {
        let terms = shape.iter().product::<usize>() / rows;
        let dead: Vec<bool> = (0..rows).map(|_| self.chance(30)).collect();
        let unread: Vec<bool> = (0..shape[shape.len() - 1])
            .map(|_| self.chance(20))
            .collect();
        let all = (0..rows * terms).map(|place| {
            let row = if last { place % rows } else { place / terms };
            let skip = dead[row] || !last && unread[place % unread.len()];
            if skip { 0 } else { self.rng.next_u64() as u8 }
        });
        let bytes = all.collect();
        let filter = self.constant(shape, Element::Int8, bytes);
        self.tensors[filter].quant.as_mut().unwrap().scales[0] = 0.01;
        let biases = (0..rows).flat_map(|_| {
            let small = self.below(4001) as i32 - 2000;
            let bias = self.one_of(&[small, small, 0, 1 << 20, -1 << 20, 1 << 24]);
            bias.to_le_bytes()
        });
        let biases = biases.collect();
        [filter, self.constant(&[rows], Element::Int32, biases)]
    }

    fn weighted(&mut self, input: TensorId, depthwise: bool) -> TensorId {
        let [_, high, wide, channels] = self.shape(input)[..] else {
            unreachable!()
        };
        let kernel = if high.min(wide) < 3 {
            1
        } else {
            self.one_of(&[1, 3])
        };
        let stride = self.one_of(&[1, 1, 2]);
        let padding = self.one_of(&[Padding::Same, Padding::Valid]);
        let rows = match depthwise {
            true => channels * self.one_of(&[1, 1, 2]),
            false => 1 + self.below(14),
        };
        let side = |side: usize| match padding {
            Padding::Same => side.div_ceil(stride),
            Padding::Valid => (side - kernel) / stride + 1,
        };
        let quant = self.quant();
        let output = self.tensor(&[1, side(high), side(wide), rows], quant);
        let shape = match depthwise {
            true => [1, kernel, kernel, rows],
            false => [rows, kernel, kernel, channels],
        };
        let [filter, bias] = self.filter(&shape, rows, depthwise);
        let activation = self.one_of(&[Activation::None, Activation::Relu, Activation::Relu6]);
        let steps = Steps {
            padding,
            stride: [stride; 2],
            dilation: [1, 1],
        };
        let op = match depthwise {
            true => Op::DepthwiseConv2d {
                steps,
                multiplier: rows / channels,
                activation,
            },
            false => Op::Conv2d(steps, activation),
        };
        self.push(op, &[input, filter, bias], output)
    }

    fn pool(&mut self, input: TensorId) -> TensorId {
        let [_, high, wide, channels] = self.shape(input)[..] else {
            unreachable!()
        };
        let quant = self.quant_of(input);
        let output = self.tensor(&[1, high.div_ceil(2), wide.div_ceil(2), channels], quant);
        let pool = Pool {
            padding: Padding::Same,
            stride: [2, 2],
            kernel: [2, 2],
            activation: Activation::None,
        };
        let op = match self.chance(50) {
            true => Op::MaxPool2d(pool),
            false => Op::AveragePool2d(pool),
        };
        self.push(op, &[input], output)
    }

    /// Two branches that come together.
    fn branches(&mut self, input: TensorId) -> TensorId {
        let shape = self.shape(input);
        let quant = self.quant();
        let one = self.each(input, Op::Relu, quant);
        let joined = self.chance(50);
        let rows = if joined { 1 + self.below(9) } else { shape[3] };
        let other = self.tensor(&[1, shape[1], shape[2], rows], quant);
        let [filter, bias] = self.filter(&[rows, 1, 1, shape[3]], rows, false);
        let steps = Steps {
            padding: Padding::Valid,
            stride: [1, 1],
            dilation: [1, 1],
        };
        self.push(
            Op::Conv2d(steps, Activation::Relu6),
            &[input, filter, bias],
            other,
        );
        let mut sides = shape.clone();
        if joined {
            sides[3] += rows;
        }
        let quant = if joined { quant } else { self.quant() };
        let output = self.tensor(&sides, quant);
        let sum = self.one_of(&[Op::Add as fn(Activation) -> Op, Op::Mul]);
        let op = match joined {
            true => Op::Concatenation {
                axis: 3,
                activation: Activation::None,
            },
            false => sum(Activation::None),
        };
        self.push(op, &[one, other], output)
    }

    fn each(&mut self, input: TensorId, op: Op, quant: (f32, i64)) -> TensorId {
        let output = self.tensor(&self.shape(input), quant);
        self.push(op, &[input], output)
    }

    /// A constant for each channel, added or multiplied.
    fn shifted(&mut self, input: TensorId) -> TensorId {
        let shape = self.shape(input);
        let channels = shape[shape.len() - 1];
        let bytes = (0..channels).map(|_| self.rng.next_u64() as u8).collect();
        let constant = self.constant(&[channels], Element::Int8, bytes);
        self.tensors[constant].quant.as_mut().unwrap().scales[0] = 0.02;
        let quant = self.quant();
        let output = self.tensor(&shape, quant);
        let op = self.one_of(&[Op::Add as fn(Activation) -> Op, Op::Mul, Op::Sub]);
        self.push(op(Activation::None), &[input, constant], output)
    }

    fn padded(&mut self, input: TensorId) -> TensorId {
        let mut shape = self.shape(input);
        (shape[1], shape[2]) = (shape[1] + 2, shape[2] + 1);
        let widths = [0i32, 0, 1, 1, 0, 1, 0, 0];
        let bytes = widths.iter().flat_map(|width| width.to_le_bytes());
        let widths = self.constant(&[4, 2], Element::Int32, bytes.collect());
        let quant = self.quant_of(input);
        let output = self.tensor(&shape, quant);
        self.push(Op::Pad, &[input, widths], output)
    }

    fn mean(&mut self, input: TensorId) -> TensorId {
        let shape = self.shape(input);
        let bytes = [1i32, 2]
            .iter()
            .flat_map(|axis| axis.to_le_bytes())
            .collect();
        let axes = self.constant(&[2], Element::Int32, bytes);
        let quant = self.quant();
        let output = self.tensor(&[1, shape[3]], quant);
        self.push(Op::Mean { keep_dims: false }, &[input, axes], output)
    }

    fn dense(&mut self, input: TensorId) -> TensorId {
        let depth = self.shape(input).iter().product();
        let rows = 1 + self.below(12);
        let quant = self.quant();
        let output = self.tensor(&[1, rows], quant);
        let [filter, bias] = self.filter(&[rows, depth], rows, false);
        let op = Op::FullyConnected {
            activation: self.one_of(&[Activation::None, Activation::Relu]),
            keep_dims: false,
            plain: true,
        };
        self.push(op, &[input, filter, bias], output)
    }

    /// The same values as another number of channels.
    fn refolded(&mut self, input: TensorId) -> TensorId {
        let values: usize = self.shape(input).iter().product();
        let divisors: Vec<usize> = (1..=14)
            .filter(|side| values.is_multiple_of(*side))
            .collect();
        let channels = self.one_of(&divisors);
        let quant = self.quant_of(input);
        let output = self.tensor(&[1, values / channels, 1, channels], quant);
        self.push(Op::Reshape { shape: None }, &[input], output)
    }

    fn flat(&mut self, input: TensorId) -> TensorId {
        let len = self.shape(input).iter().product();
        let quant = self.quant_of(input);
        let output = self.tensor(&[1, len], quant);
        self.push(Op::Reshape { shape: None }, &[input], output)
    }
}

fn network(seed: u64) -> Net<'static> {
    let mut maker = Maker {
        rng: SplitMix64::new(seed),
        tensors: Vec::new(),
        operators: Vec::new(),
    };
    let sides = [1 + maker.below(7), 1 + maker.below(7), 1 + maker.below(5)];
    let quant = maker.quant();
    let input = maker.tensor(&[1, sides[0], sides[1], sides[2]], quant);
    let mut at = input;
    for _ in 0..3 + maker.below(5) {
        at = match maker.below(12) {
            0..4 => {
                let depthwise = maker.chance(40);
                maker.weighted(at, depthwise)
            }
            4 => maker.pool(at),
            5 => {
                let quant = maker.quant();
                let op = maker.one_of(&[0, 1, 2]);
                let op = [Op::Relu, Op::Abs, Op::Quantize][op].clone();
                maker.each(at, op, quant)
            }
            6 => maker.shifted(at),
            7 => maker.padded(at),
            8 => maker.refolded(at),
            _ => maker.branches(at),
        };
    }
    at = match maker.chance(40) {
        true => maker.mean(at),
        false => maker.flat(at),
    };
    at = maker.dense(at);
    let last = maker.dense(at);
    Net {
        tensors: maker.tensors,
        operators: maker.operators,
        inputs: vec![input],
        outputs: vec![last],
        ..Net::default()
    }
}

fn products(net: &Net<'_>) -> u64 {
    let operators = net.operators.iter();
    operators.map(|operator| macs_of(net, operator)).sum()
}

/// Answers to these inputs.
fn answers(net: &Net<'_>, aim: &ExportOptions, inputs: &[Vec<i8>]) -> Vec<Vec<i8>> {
    let lowered = lower(net, "net", aim, &Ends::default()).unwrap();
    let file = Aligned::from(assemble(&lowered).as_slice());
    let model = load(&file).unwrap();
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(model, &mut arena).unwrap();
    let answer = |input: &Vec<i8>| {
        session.reset();
        session.push_tensor(0, input).unwrap();
        session.run();
        session.scores(0).unwrap().to_vec()
    };
    inputs.iter().map(answer).collect()
}

#[test]
fn what_is_left_answers_as_the_whole() {
    let (mut before, mut after) = (0, 0);
    for seed in 0..400 {
        let net = network(seed);
        let mut rng = SplitMix64::new(!seed);
        let len = net.tensors[net.inputs[0]].len().unwrap();
        let mut inputs: Vec<Vec<i8>> = (0..6)
            .map(|_| (0..len).map(|_| rng.next_u64() as i8).collect())
            .collect();
        inputs.extend([vec![i8::MIN; len], vec![i8::MAX; len]]);
        let whole = answers(&net, &ExportOptions::GENERIC, &inputs);
        let pruned = prune(&net);
        let left = pruned.apply(net.clone());
        for target in [Target::Generic, Target::CortexM4, Target::CortexM55] {
            let aim = ExportOptions {
                target,
                flash_growth: 0,
            };
            assert_eq!(answers(&left, &aim, &inputs), whole, "network {seed}");
        }
        before += products(&net);
        after += products(&left);
    }
    assert!(
        after * 3 < before * 2,
        "{after} of {before} products are left"
    );
}

/// Of two channels, one is always the same; the same values as three channels have none that is.
#[test]
fn a_reshape_to_channels_of_another_number_leaves_none_that_are_always_the_same() {
    let mut maker = Maker {
        rng: SplitMix64::new(1),
        tensors: Vec::new(),
        operators: Vec::new(),
    };
    let quant = (0.05, 0);
    let steps = Steps {
        padding: Padding::Valid,
        stride: [1, 1],
        dilation: [1, 1],
    };
    let conv = Op::Conv2d(steps, Activation::None);
    let input = maker.tensor(&[1, 1, 3, 2], quant);
    let filter = maker.constant(&[2, 1, 1, 2], Element::Int8, vec![0, 0, 20, 0]);
    let made = maker.tensor(&[1, 1, 3, 2], quant);
    maker.push(conv.clone(), &[input, filter], made);
    let folded = maker.tensor(&[1, 1, 2, 3], quant);
    maker.push(Op::Reshape { shape: None }, &[made], folded);
    for pooled in [false, true] {
        let mut maker = Maker {
            rng: SplitMix64::new(1),
            tensors: maker.tensors.clone(),
            operators: maker.operators.clone(),
        };
        let at = match pooled {
            true => maker.pool(folded),
            false => maker.shifted(folded),
        };
        let filter = maker.constant(&[1, 1, 1, 3], Element::Int8, vec![20, 0, 0]);
        let shape = [&maker.shape(at)[..3], &[1]].concat();
        let last = maker.tensor(&shape, quant);
        maker.push(conv.clone(), &[at, filter], last);
        let net = Net {
            tensors: maker.tensors,
            operators: maker.operators,
            inputs: vec![input],
            outputs: vec![last],
            ..Net::default()
        };
        let inputs = vec![vec![-2, 0, 1, 0, 2, 0], vec![2, 0, -1, 0, -2, 0]];
        let aim = ExportOptions::GENERIC;
        let whole = answers(&net, &aim, &inputs);
        assert_ne!(whole[0], whole[1]);
        let pruned = prune(&net);
        let left = pruned.apply(net.clone());
        assert_eq!(answers(&left, &aim, &inputs), whole);
    }
}
