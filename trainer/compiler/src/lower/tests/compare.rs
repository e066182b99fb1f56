//! Runs lowered model files through the core and compares them with the graph in real numbers.

use tillsense_core::engine::{Model, Session};
use tillsense_core::model::records::{BagMode, Cell, Direction, Op, ReadMode};

use crate::aligned::Aligned;
use crate::frontend::{Features, Frontend};
use crate::lower::file::assemble;
use crate::lower::{Lowered, LoweredAnswer, lower};
use crate::network::graph::{
    Activation, Bits, Graph, GraphHead, GraphInput, Node, NodeId, NodeOp, Padding, Segment,
};
use crate::run::sample::push;
use crate::target::ExportOptions;
use crate::testing::float::{Pass, real};
use crate::testing::networks::{
    ALL, BAG, BARE, EACH, HISTORY, PICTURE, RECORD, SOUND, TOKENS, described,
};
use crate::testing::toy::{PIXEL, Toy, image, tokens};

/// Largest accepted differences between model file and real numbers.
struct Tolerance {
    /// Largest difference of an encoding's value, in quantisation steps.
    steps: f64,
    /// Largest difference of a score, as a probability.
    score: f64,
}

/// Usual tolerance. The hidden states of recurrent layers are rounded at each step to 1/128, which a narrow encoding shows.
const USUAL: Tolerance = Tolerance {
    steps: 5.0,
    score: 0.03,
};

/// Lowers, loads, runs all samples, and compares encodings and scores.
fn compare(toy: &Toy, tolerance: &Tolerance) -> Lowered {
    let lowered = lower(
        &toy.graph,
        &toy.trained,
        &toy.frontends,
        &ExportOptions::GENERIC,
    )
    .unwrap();
    let file = Aligned::from(&assemble(&lowered)[..]);
    let model = Model::load(&file).unwrap();
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(model, &mut arena).unwrap();
    for (number, sample) in toy.samples.iter().enumerate() {
        session.reset();
        for (input, raw) in sample.iter().enumerate() {
            push(&mut session, input, raw).unwrap();
        }
        session.run();
        let features = toy.features(number);
        let pass = Pass::run(&toy.graph, &toy.trained, &features);
        let (_, kept) = session.save().unwrap();
        for ((input, lowered), features) in
            toy.graph.inputs.iter().zip(&lowered.inputs).zip(&features)
        {
            let wanted = &pass.values[input.encoding].as_ref().unwrap().data;
            let stored = &kept[lowered.encoding.offset as usize..][..wanted.len()];
            let limit = if *features == Features::Absent {
                0.51
            } else {
                tolerance.steps
            };
            for (&got, want) in stored.iter().zip(wanted) {
                let got = real(got as i8, lowered.quant);
                let off = (got - want).abs() / f64::from(lowered.quant.scale);
                assert!(
                    off < limit,
                    "sample {number}, {}: {got} for {want}, {off} steps",
                    input.name
                );
            }
        }
        let heads = toy.graph.heads.iter().filter(|h| !h.auxiliary);
        for (number_of_head, head) in heads.enumerate() {
            let verdict = session.verdict(number_of_head).unwrap();
            let wanted = pass.scores(head.logits, toy.trained.temperature(&head.name));
            for (&got, want) in verdict.scores.iter().zip(wanted) {
                let got = f64::from(i32::from(got) + 128) / 256.0;
                assert!(
                    (got - want).abs() < tolerance.score,
                    "sample {number}, {}: {got} for {want}",
                    head.name
                );
            }
        }
    }
    lowered
}

fn ops(lowered: &Lowered) -> Vec<&'static str> {
    let inputs = lowered
        .inputs
        .iter()
        .flat_map(|i| i.step.iter().chain(&i.finish));
    inputs.chain(&lowered.trunk).map(Op::name).collect()
}

#[test]
fn every_kind_of_input_alone() {
    for (seed, input) in EACH.iter().enumerate() {
        compare(&described(&[input], "", seed as u64), &USUAL);
    }
}

#[test]
fn temperatures_and_thresholds_reach_the_file() {
    for temperature in [0.3, 4.0] {
        let mut toy = described(&[RECORD, BAG], "", 70);
        let usual = compare(&toy, &USUAL);
        let trained = &mut toy.trained;
        trained.temperatures.insert("a".to_owned(), temperature);
        trained.thresholds.insert("b".to_owned(), 200);
        // A step of a logit counts for more at a low temperature.
        let score = USUAL.score * f64::from(temperature.recip()).max(1.0);
        let fitted = compare(&toy, &Tolerance { score, ..USUAL });
        assert!(matches!(
            fitted.heads[1].answer,
            LoweredAnswer::Classes {
                defer_below: 200,
                ..
            }
        ));
        assert_eq!(fitted.heads[0].answer, usual.heads[0].answer);
        assert_ne!(fitted.weights, usual.weights, "softmax's table");
        assert_eq!(fitted.trunk.len(), usual.trunk.len());
        assert_eq!(fitted.arena_len, usual.arena_len);
    }
}

#[test]
fn all_inputs_in_every_fusion() {
    let concat = "[fusion]\nproducts = [[\"image\", \"audio\"]]\nsize = 6\ndense = [8]\n";
    let gated = "[fusion]\nkind = \"gated\"\nsize = 6\n";
    let product = "[fusion]\nkind = \"product\"\nsize = 6\n";
    for fusion in [concat, gated] {
        compare(&described(&ALL, fusion, 20), &USUAL);
    }
    let pair = [PICTURE, SOUND, HISTORY];
    compare(&described(&pair, product, 21), &USUAL);
}

#[test]
fn encodings_that_are_only_joined_lie_side_by_side() {
    let lowered = compare(&described(&[PICTURE, RECORD, BAG], "", 30), &USUAL);
    assert!(!ops(&lowered).contains(&"concat"));
    let [a, b, c] = [0, 1, 2].map(|i| lowered.inputs[i].encoding);
    assert_eq!((a.offset + 7, b.offset + 8), (b.offset, c.offset));
}

#[test]
fn both_directions_write_into_one_encoding() {
    let lowered = compare(&described(&[TOKENS], "", 31), &USUAL);
    // The sequences of the first layer are interleaved, which needs a copy; the vectors at the end do not.
    let concats = ops(&lowered).iter().filter(|op| **op == "concat").count();
    assert_eq!(concats, 1);
}

#[test]
fn auxiliary_heads_leave_nothing() {
    let mut toy = described(&[RECORD], "", 32);
    let with = lower(
        &toy.graph,
        &toy.trained,
        &toy.frontends,
        &ExportOptions::GENERIC,
    )
    .unwrap();
    assert_eq!((with.heads.len(), with.trunk.len()), (2, 5));
    toy.trained
        .params
        .retain(|name, _| !name.starts_with("head.c"));
    toy.trained
        .ranges
        .retain(|name, _| !name.starts_with("head.c"));
    let without = lower(
        &toy.graph,
        &toy.trained,
        &toy.frontends,
        &ExportOptions::GENERIC,
    )
    .unwrap();
    assert_eq!(assemble(&with), assemble(&without));
}

/// A graph made by hand, for what descriptions cannot say.
pub(super) struct Hand {
    pub graph: Graph,
    pub frontends: Vec<Frontend>,
}

impl Hand {
    pub(super) fn picture(size: [usize; 2]) -> Hand {
        let mut hand = Hand::empty(image(size, 1));
        hand.push("image", NodeOp::Features(PIXEL), &[], [size[0], size[1], 1]);
        hand
    }

    fn text(max_ids: usize) -> Hand {
        let mut hand = Hand::empty(tokens(40, max_ids));
        hand.push("text", NodeOp::Ids, &[], [max_ids, 1, 1]);
        hand
    }

    fn empty(frontend: Frontend) -> Hand {
        let graph = Graph {
            name: "hand".to_owned(),
            inputs: vec![GraphInput {
                name: "in".to_owned(),
                features: 0,
                encoding: 0,
                streaming: false,
            }],
            nodes: Vec::new(),
            heads: Vec::new(),
        };
        Hand {
            graph,
            frontends: vec![frontend],
        }
    }

    pub(super) fn push(
        &mut self,
        name: &str,
        op: NodeOp,
        inputs: &[NodeId],
        shape: [usize; 3],
    ) -> NodeId {
        self.graph.nodes.push(Node {
            name: name.to_owned(),
            op,
            inputs: inputs.to_vec(),
            shape,
            segment: Segment::Step(0),
        });
        self.graph.nodes.len() - 1
    }

    /// Completes the graph: the last node becomes the encoding, and a head reads it.
    pub(super) fn toy(mut self, seed: u64) -> Toy {
        let encoding = self.graph.nodes.len() - 1;
        self.graph.inputs[0].encoding = encoding;
        let op = NodeOp::Dense {
            activation: Activation::Linear,
            bits: Bits::Eight,
        };
        let logits = self.push("logits", op, &[encoding], [1, 1, 3]);
        self.graph.nodes[logits].segment = Segment::Trunk;
        self.graph.heads.push(GraphHead {
            name: "head".to_owned(),
            logits,
            classes: ["x", "y", "z"].map(str::to_owned).to_vec(),
            auxiliary: false,
            defer_below: 100,
        });
        Toy::new(self.graph, self.frontends, seed)
    }
}

pub(super) fn conv(kernel: [usize; 2], padding: Padding, activation: Activation) -> NodeOp {
    NodeOp::Conv2d {
        kernel,
        stride: [1, 1],
        dilation: [1, 1],
        padding,
        activation,
        batch_norm: false,
    }
}

#[test]
fn sums_products_pools_and_paddings() {
    use Activation::{Linear, Relu, Relu6, Sigmoid, Tanh};
    for (seed, activation) in [Linear, Relu, Relu6, Sigmoid, Tanh].into_iter().enumerate() {
        let mut hand = Hand::picture([7, 6]);
        let explicit = Padding::Explicit([2, 0, 1, 3]);
        let a = hand.push("a", conv([3, 3], Padding::Same, Tanh), &[0], [7, 6, 4]);
        let b = hand.push("b", conv([4, 4], explicit, activation), &[0], [7, 6, 4]);
        let sum = hand.push("sum", NodeOp::Add { activation }, &[a, b], [7, 6, 4]);
        let product = hand.push(
            "product",
            NodeOp::Product { activation },
            &[a, sum],
            [7, 6, 4],
        );
        let dilated = NodeOp::Conv2d {
            kernel: [2, 3],
            stride: [2, 1],
            dilation: [3, 2],
            padding: Padding::Same,
            activation: Linear,
            batch_norm: false,
        };
        let dilated = hand.push("dilated", dilated, &[product], [4, 6, 5]);
        let pool = NodeOp::AveragePool {
            kernel: [3, 2],
            stride: [2, 2],
            padding: Padding::Same,
        };
        let pooled = hand.push("pooled", pool, &[dilated], [2, 3, 5]);
        let flat = hand.push("flat", NodeOp::Reshape, &[pooled], [1, 1, 30]);
        hand.push("out", NodeOp::Rescale, &[flat], [1, 1, 30]);
        compare(&hand.toy(40 + seed as u64), &USUAL);
    }
}

#[test]
fn bags_and_layers_in_the_workspace() {
    let modes = [BagMode::Sum, BagMode::Mean, BagMode::SqrtN];
    let bits = [Bits::Eight, Bits::Four];
    for (mode, bits) in modes
        .into_iter()
        .flat_map(|mode| bits.map(|bits| (mode, bits)))
    {
        let mut hand = Hand::text(12);
        let bag = hand.push(
            "bag",
            NodeOp::EmbeddingBag {
                rows: 40,
                mode,
                bits,
            },
            &[0],
            [1, 1, 9],
        );
        let words = hand.push(
            "words",
            NodeOp::Embedding { rows: 40, bits },
            &[0],
            [12, 1, 4],
        );
        let mut ends = vec![bag];
        for (cell, direction, mode) in [
            (Cell::Elman, Direction::Forward, ReadMode::Last),
            (Cell::Gru, Direction::Backward, ReadMode::Mean),
            (Cell::Lstm, Direction::Backward, ReadMode::Last),
        ] {
            let name = format!("{cell:?}");
            let op = NodeOp::Rnn {
                cell,
                direction,
                hidden: 6,
            };
            let layer = hand.push(&name, op, &[words], [12, 1, 6]);
            let read = NodeOp::RnnRead { mode };
            let read = hand.push(&format!("read {name}"), read, &[layer], [1, 1, 6]);
            ends.push(hand.push(
                &format!("rescale {name}"),
                NodeOp::Rescale,
                &[read],
                [1, 1, 6],
            ));
        }
        hand.push("all", NodeOp::Concat, &ends, [1, 1, 27]);
        let lowered = compare(&hand.toy(50), &USUAL);
        assert!(!ops(&lowered).contains(&"concat"));
        // Each rescale writes over what it reads.
        let apart = |op: &&Op| matches!(op, Op::Lookup(l) if l.input.offset != l.output.offset);
        assert_eq!(lowered.inputs[0].step.iter().filter(apart).count(), 0);
    }
}

#[test]
fn four_bits_wherever_they_can_be() {
    let four = |text: &str| {
        text.replace("units", "bits = 4, units")
            .replace("layer = \"embedding", "bits = 4, layer = \"embedding")
    };
    let inputs = ALL.map(four);
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    for fusion in ["", "kind = \"gated\"\nsize = 6\n"] {
        let fusion = format!("[fusion]\nbits = 4\n{fusion}");
        let mut toy = described(&inputs, &fusion, 70);
        let heads = toy.graph.heads.iter().map(|h| h.logits);
        for id in heads.collect::<Vec<_>>() {
            if let NodeOp::Dense { bits, .. } = &mut toy.graph.nodes[id].op {
                *bits = Bits::Four;
            }
        }
        toy.round_weights();
        toy.observe();
        let lowered = compare(&toy, &USUAL);
        let count = |name: &str| ops(&lowered).iter().filter(|op| **op == name).count();
        assert_eq!(count("embedding_4"), 2);
        assert!(count("dense_4") >= 7 && count("embedding") + count("embedding_bag") == 0);
    }
}

#[test]
fn channels_without_weights_keep_their_bias() {
    let mut hand = Hand::picture([4, 4]);
    hand.push(
        "a",
        conv([4, 4], Padding::Valid, Activation::Linear),
        &[0],
        [1, 1, 6],
    );
    let mut toy = hand.toy(60);
    let params = &mut toy.trained.params;
    params.get_mut("a.weight").unwrap().1[..16].fill(0.0);
    params.get_mut("a.weight").unwrap().1[16..32].fill(1e-12);
    params.get_mut("a.bias").unwrap().1[..2].copy_from_slice(&[0.3, -1.2]);
    toy.observe();
    compare(&toy, &USUAL);
}

#[test]
fn an_input_that_fusion_reads_as_it_comes_is_copied() {
    let lowered = compare(&described(&[BARE, RECORD], "", 61), &USUAL);
    assert_eq!(ops(&lowered)[0], "concat");
}
