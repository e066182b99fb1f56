//! The trials of a layer: the plain op, which is the reference, and the ops that a target may run instead.

use tillsense_compiler::frontend::tables::audio::{AudioSpec, AudioTables};
use tillsense_compiler::lower::blobs::Blobs;
use tillsense_core::frontend::audio;
use tillsense_core::model::records::{
    Add, BagMode, Blob, Cell, Clamp, Conv, Dense, Direction, EmbeddingBag, Gate, Ids, Op, Packing,
    Pool, Requant, Rnn, Rounding, Scale, Softmax, Span, View, Window,
};
use tillsense_core::ops::{bag, rnn};
use tillsense_core::trial::{Trial, Work};

use super::data::{Data, Values};
use super::layers::{Layer, RECURRENT};
use super::pack;

/// One way to compute a layer.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Name of the kernel or algorithm.
    pub algorithm: String,
    /// The trial that a board runs.
    pub trial: Trial,
    /// Bytes of weights, factors and tables.
    pub weight_bytes: usize,
    /// Bytes of scratch memory.
    pub scratch_bytes: usize,
}

/// A layer's reference and candidates.
#[derive(Clone, Debug)]
pub struct LayerTrials {
    /// The plain op, whose result all others must give.
    pub reference: Trial,
    /// The ops that the target runs: the plain op where it has no other.
    pub candidates: Vec<Candidate>,
}

const FULL: Clamp = Clamp {
    min: i8::MIN,
    max: i8::MAX,
};
/// Zero points of input and output, both unequal to 0 so that folding them is seen to work.
const INPUT_ZERO: i8 = -3;
const OUTPUT_ZERO: i8 = 5;

/// Makes a layer's trials; weights and inputs are the same for every target.
pub fn make(layer: Layer, data: Data, packing: Option<Packing>, blobs: &mut Blobs) -> LayerTrials {
    let mut maker = Maker {
        blobs,
        data,
        values: Values::new(data.seed),
        end: 0,
        inputs: Vec::new(),
    };
    let (op, output, steps) = match layer {
        Layer::Conv {
            input,
            kernel,
            stride,
            same,
            filters,
        } => maker.conv2d(input, window(input, kernel, stride, same), filters),
        Layer::Depthwise(input) => maker.depthwise(input),
        Layer::Dense(inputs, outputs) => maker.dense(inputs, outputs),
        Layer::MaxPool(shape) => maker.max_pool(shape),
        Layer::AveragePool(shape) => maker.average_pool(shape),
        Layer::Softmax(classes) => maker.softmax(classes),
        Layer::Recurrent(cell) => {
            let rnn = maker.rnn(cell);
            let output = rnn.output.unwrap_or(rnn.input);
            (Op::Rnn(rnn), output, RECURRENT.2)
        }
        Layer::Bag => {
            let bag = maker.bag();
            (Op::EmbeddingBag(bag), bag.output, bag.ids.max)
        }
        Layer::Add(shape) => maker.add(shape),
        Layer::Gate => maker.gate(),
        Layer::LogMel => return maker.log_mel(),
    };
    let result = Span {
        offset: output.offset,
        len: output.len() as u32,
    };
    maker.finish(op, result, steps, packing)
}

/// A layer's plain op, its output, and the number of steps or ids that it reads.
type PlainOp = (Op, View, u16);

struct Maker<'a> {
    blobs: &'a mut Blobs,
    data: Data,
    values: Values,
    /// First free byte of the arena.
    end: usize,
    inputs: Vec<(u32, Blob)>,
}

impl Maker<'_> {
    fn place(&mut self, len: usize) -> u32 {
        let start = self.end.next_multiple_of(16);
        self.end = start + len;
        start as u32
    }

    fn span(&mut self, len: usize) -> Span {
        Span {
            offset: self.place(len),
            len: len as u32,
        }
    }

    fn output(&mut self, [h, w, c]: [u16; 3], zero_point: i8) -> View {
        let mut view = View {
            offset: 0,
            h,
            w,
            c,
            zero_point,
        };
        view.offset = self.place(view.len());
        view
    }

    /// Adds an input of this shape; its values may be any int8.
    fn input(&mut self, shape: [u16; 3]) -> View {
        let view = self.output(shape, INPUT_ZERO);
        let values = self.values.take(self.data.inputs, view.len(), -128..=127);
        let values: Vec<i8> = values.map(|value| value as i8).collect();
        let blob = self.blobs.weights(&values);
        self.inputs.push((view.offset, blob));
        view
    }

    fn conv2d(&mut self, input: [u16; 3], window: Window, filters: u16) -> PlainOp {
        let taps = usize::from(window.kernel.0) * usize::from(window.kernel.1);
        let terms = taps * usize::from(input[2]);
        let conv = self.conv(input, window, filters, terms, usize::from(filters) * terms);
        (Op::Conv2d(conv), conv.output, 0)
    }

    fn depthwise(&mut self, input: [u16; 3]) -> PlainOp {
        let window = window(input, (3, 3), 1, true);
        let conv = self.conv(input, window, input[2], 9, 9 * usize::from(input[2]));
        (Op::DepthwiseConv2d(conv), conv.output, 0)
    }

    fn dense(&mut self, inputs: u16, outputs: u16) -> PlainOp {
        let (n, m) = (usize::from(inputs), usize::from(outputs));
        let input = self.input([1, 1, inputs]);
        let weights = self.weights(n * m);
        let (bias, requant) = self.factors(m, n, Rounding::Tflite, 0);
        let dense = Dense {
            input,
            output: self.output([1, 1, outputs], OUTPUT_ZERO),
            weights,
            bias,
            requant,
            clamp: FULL,
        };
        (Op::Dense(dense), dense.output, 0)
    }

    fn max_pool(&mut self, shape: [u16; 3]) -> PlainOp {
        let [h, w, c] = shape;
        let pool = Pool {
            input: self.input(shape),
            output: self.output([h / 2, w / 2, c], INPUT_ZERO),
            window: window(shape, (2, 2), 2, false),
            clamp: FULL,
        };
        (Op::MaxPool(pool), pool.output, 0)
    }

    fn average_pool(&mut self, shape: [u16; 3]) -> PlainOp {
        let [h, w, c] = shape;
        let pool = Pool {
            input: self.input(shape),
            output: self.output([1, 1, c], INPUT_ZERO),
            window: window(shape, (h, w), 1, false),
            clamp: FULL,
        };
        (Op::AveragePool(pool), pool.output, 0)
    }

    fn softmax(&mut self, classes: u16) -> PlainOp {
        let input = self.input([1, 1, classes]);
        // Logits of a trained head have steps of about a tenth.
        let table = tillsense_compiler::lower::softmax_table_of(0.1).unwrap_or_default();
        let softmax = Softmax {
            input,
            output: self.output([1, 1, classes], i8::MIN),
            table: self.blobs.i32s(&table),
        };
        (Op::Softmax(softmax), softmax.output, 0)
    }

    fn add(&mut self, shape: [u16; 3]) -> PlainOp {
        let scale = |multiplier, shift| Scale { multiplier, shift };
        // Lowering gives the operand with the larger scale the factor 1/2, too.
        let add = Add {
            a: self.input(shape),
            b: self.input(shape),
            output: self.output(shape, OUTPUT_ZERO),
            a_scale: scale(1 << 30, 0),
            b_scale: scale(0x5a82_7999, -1),
            out_scale: scale(0x5a82_7999, -18),
            clamp: FULL,
        };
        (Op::Add(add), add.output, 0)
    }

    fn gate(&mut self) -> PlainOp {
        let mut gates = self.input([4, 1, 64]);
        gates.zero_point = i8::MIN;
        let gate = Gate {
            gates,
            values: self.input([4, 1, 64]),
            output: self.output([1, 1, 64], OUTPUT_ZERO),
            scale: Scale {
                multiplier: 0x5a82_7999,
                shift: -8,
            },
            clamp: FULL,
        };
        (Op::Gate(gate), gate.output, 0)
    }

    fn weights(&mut self, len: usize) -> Blob {
        let values = self.values.take(self.data.weights, len, -127..=127);
        let values: Vec<i8> = values.map(|value| value as i8).collect();
        self.blobs.weights(&values)
    }

    /// Stores biases, and factors that spread sums of `terms` products over the int8 range
    /// (`bits` = 0) or over int16 (`bits` = 8).
    fn factors(
        &mut self,
        rows: usize,
        terms: usize,
        rounding: Rounding,
        bits: i32,
    ) -> (Blob, Requant) {
        let mut take = |range| -> Vec<i32> {
            let values = self.values.take(self.data.weights, rows, range);
            values.collect()
        };
        let bias = take(-10_000..=10_000);
        let multipliers = take(1 << 30..=i32::MAX);
        // A product of two such values deviates by about 2^12.4; the range is 2^7.
        let spread = (12 + terms.ilog2() as i32 / 2) - 6 - bits;
        let shifts = take(-spread - 1..=-spread);
        let shifts: Vec<i8> = shifts.into_iter().map(|shift| shift as i8).collect();
        let requant = Requant {
            rounding,
            multipliers: self.blobs.i32s(&multipliers),
            shifts: self.blobs.i8s(&shifts),
        };
        (self.blobs.i32s(&bias), requant)
    }

    fn conv(
        &mut self,
        input: [u16; 3],
        window: Window,
        filters: u16,
        terms: usize,
        weights: usize,
    ) -> Conv {
        let outputs =
            |size: u16, kernel: u16, stride: u16, pad: u16| (size + pad - kernel) / stride + 1;
        let (before, after) = (window.pad_before, window.pad_after);
        let shape = [
            outputs(
                input[0],
                window.kernel.0,
                window.stride.0,
                before.0 + after.0,
            ),
            outputs(
                input[1],
                window.kernel.1,
                window.stride.1,
                before.1 + after.1,
            ),
            filters,
        ];
        let input = self.input(input);
        let weights = self.weights(weights);
        let (bias, requant) = self.factors(filters.into(), terms, Rounding::Tflite, 0);
        Conv {
            input,
            output: self.output(shape, OUTPUT_ZERO),
            window,
            weights,
            bias,
            requant,
            clamp: FULL,
        }
    }

    fn rnn(&mut self, cell: Cell) -> Rnn {
        let (width, hidden, steps) = RECURRENT;
        let rows = cell.gates() * usize::from(hidden);
        let (wide, deep) = (usize::from(width), usize::from(hidden));
        let input = self.input([steps, 1, width]);
        let x_weights = self.weights(rows * wide);
        let (x_bias, x_requant) = self.factors(rows, wide, Rounding::Nearest, 6);
        let h_weights = self.weights(rows * deep);
        let (h_bias, h_requant) = self.factors(rows, deep, Rounding::Nearest, 6);
        Rnn {
            cell,
            direction: Direction::Forward,
            input,
            hidden,
            state: self.span(rnn::state_len(cell, hidden)),
            scratch: self.span(rnn::rnn_scratch_len(cell, hidden)),
            x_weights,
            x_bias,
            x_requant,
            h_weights,
            h_bias,
            h_requant,
            output: Some(self.output([steps, 1, hidden], 0)),
        }
    }

    fn bag(&mut self) -> EmbeddingBag {
        let (rows, count, width) = (1000u16, 40u16, 32u16);
        let all = 0..=i32::from(rows) - 1;
        let ids = self.values.take(self.data.inputs, count.into(), all);
        let ids: Vec<u8> = ids.flat_map(|id| (id as u16).to_le_bytes()).collect();
        let blob = self.blobs.bytes(&ids, 2);
        let offset = self.place(ids.len());
        self.inputs.push((offset, blob));
        EmbeddingBag {
            ids: Ids { offset, max: count },
            table: self.weights(usize::from(rows) * usize::from(width)),
            rows,
            mode: BagMode::SqrtN,
            output: self.output([1, 1, width], OUTPUT_ZERO),
            scale: Scale {
                multiplier: 0x5a82_7999,
                shift: -1,
            },
            scratch: self.span(bag::scratch_len(width)),
        }
    }

    fn log_mel(mut self) -> LayerTrials {
        let mut spec = AudioSpec::speech(8000, 1.0);
        spec.stack = 1;
        let mut tables = AudioTables::design(&spec);
        tables.factors.fill(40);
        let mut params = tables.params(&spec, |bytes| self.blobs.bytes(bytes, 4));
        let all = i16::MIN.into()..=i16::MAX.into();
        let count = usize::from(spec.frame_len);
        let samples = self.values.take(self.data.inputs, count, all);
        let samples: Vec<u8> = samples.flat_map(|s| (s as i16).to_le_bytes()).collect();
        let samples = self.blobs.bytes(&samples, 4);
        params.output.offset = self.place(params.output.len());
        params.state = self.span(audio::state_len(&params));
        params.scratch = self.span(audio::scratch_len(&params));
        let blobs = [
            params.window,
            params.twiddles,
            params.band_bins,
            params.band_weights,
            params.means,
            params.factors,
        ];
        let result = Span {
            offset: params.output.offset,
            len: params.output.len() as u32,
        };
        let trial = self.trial(Work::Audio { params, samples }, result, 0);
        LayerTrials {
            reference: trial.clone(),
            candidates: vec![Candidate {
                algorithm: "radix-2 FFT".to_owned(),
                trial,
                weight_bytes: blobs.iter().map(|blob| blob.len as usize).sum(),
                scratch_bytes: params.scratch.len as usize,
            }],
        }
    }

    fn finish(self, op: Op, result: Span, steps: u16, packing: Option<Packing>) -> LayerTrials {
        let reference = self.trial(Work::Op(op.clone()), result, steps);
        let mut candidates = Vec::new();
        for (algorithm, mut packed) in pack::candidates(&op, packing, self.blobs) {
            let mut scratch_bytes = 0;
            if let Some(scratch) = pack::scratch(&mut packed) {
                scratch.offset = self.end.next_multiple_of(16) as u32;
                scratch_bytes = scratch.len as usize;
            }
            let mut trial = self.trial(Work::Op(packed.clone()), result, steps);
            trial.arena_len = (self.end.next_multiple_of(16) + scratch_bytes) as u32;
            candidates.push(Candidate {
                algorithm,
                trial,
                weight_bytes: pack::weight_bytes(&packed),
                scratch_bytes,
            });
        }
        LayerTrials {
            reference,
            candidates,
        }
    }

    fn trial(&self, work: Work, result: Span, steps: u16) -> Trial {
        Trial {
            work,
            steps,
            persistent_len: 0,
            arena_len: self.end.next_multiple_of(16) as u32,
            inputs: self.inputs.iter().copied().collect(),
            result,
        }
    }
}

/// The window of a layer; `same` pads like TensorFlow: an odd row or column of padding comes after the input.
fn window(input: [u16; 3], kernel: (u16, u16), stride: u16, same: bool) -> Window {
    let padding = |size: u16, kernel: u16| {
        let outputs = size.div_ceil(stride);
        ((outputs - 1) * stride + kernel).saturating_sub(size)
    };
    let (rows, columns) = match same {
        true => (padding(input[0], kernel.0), padding(input[1], kernel.1)),
        false => (0, 0),
    };
    Window {
        kernel,
        stride: (stride, stride),
        dilation: (1, 1),
        pad_before: (rows / 2, columns / 2),
        pad_after: (rows - rows / 2, columns - columns / 2),
    }
}
