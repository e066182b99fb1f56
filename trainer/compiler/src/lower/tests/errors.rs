//! Every refusal of lowering.

use super::compare::{Hand, conv};
use crate::lower::{LowerError, lower};
use crate::network::graph::{Activation, Bits, NodeOp, Padding, Segment};
use crate::target::ExportOptions;
use crate::testing::networks::described;
use crate::testing::toy::{Toy, image};
use tillsense_core::engine::MAX_OPS;

fn toy() -> Toy {
    let mut hand = Hand::picture([4, 4]);
    let padding = Padding::Valid;
    hand.push(
        "a",
        conv([3, 3], padding, Activation::Linear),
        &[0],
        [2, 2, 3],
    );
    hand.push("flat", NodeOp::Reshape, &[1], [1, 1, 12]);
    let dense = NodeOp::Dense {
        activation: Activation::Tanh,
        bits: Bits::Eight,
    };
    hand.push("b", dense, &[2], [1, 1, 4]);
    hand.toy(1)
}

fn error(change: impl FnOnce(&mut Toy)) -> LowerError {
    let mut toy = toy();
    change(&mut toy);
    lower(
        &toy.graph,
        &toy.trained,
        &toy.frontends,
        &ExportOptions::GENERIC,
    )
    .unwrap_err()
}

fn named(name: &str) -> String {
    name.to_owned()
}

#[test]
fn parameters() {
    let missing = |parameter: &str| LowerError::Missing {
        parameter: named(parameter),
    };
    for name in ["a.weight", "a.bias", "in.absent", "logits.weight"] {
        let got = error(|t| drop(t.trained.params.remove(name)));
        assert_eq!(got, missing(name));
    }
    let got = error(|t| t.trained.params.get_mut("a.weight").unwrap().0 = vec![3, 9]);
    let wanted = LowerError::ParameterShape {
        parameter: named("a.weight"),
        expected: vec![3, 3, 3, 1],
        found: vec![3, 9],
    };
    assert_eq!(got, wanted);
    let got = error(|t| t.trained.params.get_mut("b.bias").unwrap().1[1] = f32::NAN);
    assert_eq!(
        got,
        LowerError::NotFinite {
            parameter: named("b.bias")
        }
    );
}

#[test]
fn ranges() {
    // Node `a` shares its quantisation with `flat`, so the range of either suffices.
    for name in ["b.pre", "logits"] {
        let node = named(name.trim_end_matches(".pre"));
        let got = error(|t| {
            t.trained.ranges.remove(name);
        });
        assert_eq!(got, LowerError::NoRange { node: node.clone() });
        let got = error(|t| t.trained.ranges.get_mut(name).unwrap().1 = f32::NAN);
        assert_eq!(got, LowerError::Range { node });
    }
    let mut one = toy();
    one.trained.ranges.remove("flat");
    assert!(
        lower(
            &one.graph,
            &one.trained,
            &one.frontends,
            &ExportOptions::GENERIC
        )
        .is_ok()
    );
}

#[test]
fn sums_and_factors() {
    let got = error(|t| {
        t.trained.ranges.insert(named("logits"), (0.0, 0.0));
        let weights = &mut t.trained.params.get_mut("logits.weight").unwrap().1;
        weights.iter_mut().for_each(|w| *w *= 1e12);
    });
    assert_eq!(
        got,
        LowerError::Factor {
            node: named("logits")
        }
    );
    // All weights are 127: more terms than the bound of sums leaves room for.
    let mut hand = Hand::picture([300, 300]);
    hand.push("flat", NodeOp::Reshape, &[0], [1, 2, 45_000]);
    let dense = NodeOp::Dense {
        activation: Activation::Linear,
        bits: Bits::Eight,
    };
    hand.push("wide", dense, &[1], [1, 1, 2]);
    let mut toy = hand.toy(2);
    let weights = toy.trained.params.get_mut("wide.weight").unwrap();
    weights.1.fill(1.0);
    assert_eq!(
        lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC
        )
        .unwrap_err(),
        LowerError::Sums {
            node: named("wide")
        }
    );
}

#[test]
fn too_many_ops() {
    let mut hand = Hand::picture([2, 2]);
    let activation = Activation::Linear;
    let mut last = hand.push("flat", NodeOp::Reshape, &[0], [1, 1, 4]);
    for number in 0..MAX_OPS {
        let sum = NodeOp::Add { activation };
        last = hand.push(&format!("sum {number}"), sum, &[last, 1], [1, 1, 4]);
    }
    let toy = hand.toy(5);
    assert_eq!(
        lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC
        )
        .err(),
        Some(LowerError::Ops { ops: MAX_OPS + 2 })
    );
}

#[test]
fn shapes_and_quantisations() {
    let shape = |node: &str| LowerError::Shape { node: named(node) };
    assert_eq!(
        error(|t| t.graph.nodes[2].shape = [1, 1, 11]),
        shape("flat")
    );
    assert_eq!(error(|t| t.graph.nodes[1].shape = [3, 2, 3]), shape("a"));
    assert_eq!(error(|t| t.graph.nodes[1].inputs.clear()), shape("a"));
    assert_eq!(error(|t| t.graph.nodes[1].inputs[0] = 1), shape("a"));
    let got = error(|t| t.graph.nodes[3].shape = [1, 1, 70_000]);
    assert_eq!(got, LowerError::Size { node: named("b") });
    let got = error(|t| {
        let NodeOp::Conv2d { stride, .. } = &mut t.graph.nodes[1].op else {
            return;
        };
        *stride = [0, 1];
    });
    assert_eq!(got, LowerError::Size { node: named("a") });
    // The graph concatenates a tanh and a feature without a rescale.
    let mut hand = Hand::picture([1, 1]);
    let dense = NodeOp::Dense {
        activation: Activation::Tanh,
        bits: Bits::Eight,
    };
    let tanh = hand.push("tanh", dense, &[0], [1, 1, 4]);
    hand.push("both", NodeOp::Concat, &[0, tanh], [1, 1, 5]);
    let toy = hand.toy(3);
    assert!(matches!(
        lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC
        ),
        Err(LowerError::Quantisation { .. })
    ));
}

#[test]
fn parts_frontends_and_heads() {
    let got = error(|t| {
        // The trunk reads a value that only the encoder keeps.
        t.graph.nodes[4].inputs[0] = 2;
        let weights = (vec![3, 12], vec![0.1; 36]);
        t.trained.params.insert(named("logits.weight"), weights);
    });
    assert_eq!(
        got,
        LowerError::Crosses {
            node: named("logits")
        }
    );
    let got = error(|t| t.graph.nodes[3].segment = Segment::Finish(0));
    assert_eq!(got, LowerError::Crosses { node: named("b") });
    let input = named("in");
    let wrong = LowerError::Frontend { input };
    assert_eq!(error(|t| t.frontends = vec![image([5, 4], 1)]), wrong);
    assert_eq!(error(|t| t.graph.inputs[0].streaming = true), wrong);
    assert_eq!(error(|t| t.frontends.clear()), LowerError::Count);
    assert_eq!(
        error(|t| t.graph.heads[0].auxiliary = true),
        LowerError::Count
    );
    let classes = LowerError::Classes {
        head: named("head"),
    };
    assert_eq!(error(|t| drop(t.graph.heads[0].classes.pop())), classes);
    assert_eq!(error(|t| t.graph.heads[0].classes[0].push('\n')), classes);
}

#[test]
fn errors_name_what_to_mend() {
    let mut toy = described(&[crate::testing::networks::RECORD], "", 4);
    toy.trained.params.remove("record.0.dense.weight");
    let error = lower(
        &toy.graph,
        &toy.trained,
        &toy.frontends,
        &ExportOptions::GENERIC,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "parameter `record.0.dense.weight` is missing; train again"
    );
}
