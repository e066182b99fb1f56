//! Segments, shapes and common ranges of built graphs.

use super::*;
use crate::network::description::parse;
use crate::network::graph::{Activation, Bits};
use crate::network::quants::{QuantSource, kinds};

/// Facts of a small task with inputs of every kind.
pub(crate) fn facts() -> Facts {
    let quant = Quant {
        scale: 1.0 / 255.0,
        zero_point: -128,
    };
    let wide = Quant {
        scale: 1.0 / 32.0,
        zero_point: 0,
    };
    let input = |name: &str, width, quant| (name.to_owned(), InputFacts { width, quant });
    let words = |n: usize| (0..n).map(|i| format!("c{i}")).collect();
    Facts {
        inputs: BTreeMap::from([
            input("image", 64, quant),
            input("audio", 6, wide),
            input("text", 0, wide),
            input("record", 5, wide),
            input("history", 4, wide),
        ]),
        heads: BTreeMap::from([("a".to_owned(), words(3)), ("b".to_owned(), words(2))]),
    }
}

const FULL: &str = r#"
name = "toy"
data.compose = "terminal"

[[inputs]]
name = "image"
kind = "image"
size = [8, 8]
encoder = [
    { layer = "conv2d", channels = 4, kernel = [3, 3] },
    { layer = "max_pool", size = [2, 2] },
    { layer = "dense", units = 6 },
]

[[inputs]]
name = "audio"
kind = "audio"
bands = 3
max_steps = 5
encoder = [{ layer = "dense", units = 4 }, { layer = "rnn", cell = "gru", hidden = 7, read = "mean" }]

[[inputs]]
name = "text"
kind = "text"
form = "tokens"
buckets = 20
max_ids = 9
encoder = [{ layer = "embedding", channels = 3 }, { layer = "rnn", cell = "lstm", hidden = 2, direction = "both", read = "last" }]

[[inputs]]
name = "record"
kind = "record"

[fusion]
products = [["image", "audio"]]
size = 5
dense = [8]

[[heads]]
name = "a"

[[heads]]
name = "b"
auxiliary = true
from = "image"
"#;

fn find<'a>(graph: &'a Graph, name: &str) -> &'a Node {
    let names = || {
        graph
            .nodes
            .iter()
            .map(|n| n.name.as_str())
            .collect::<Vec<_>>()
    };
    graph
        .nodes
        .iter()
        .find(|n| n.name == name)
        .unwrap_or_else(|| panic!("no {name} in {:?}", names()))
}

#[test]
fn builds_every_kind_of_input() {
    let graph = build(&parse(FULL, "toy").unwrap(), &facts()).unwrap();
    let cases = [
        ("image.0.conv2d", [6, 6, 4], Segment::Step(0)),
        ("image.2.dense", [1, 1, 6], Segment::Step(0)),
        ("audio.0.dense", [5, 1, 4], Segment::Step(1)),
        ("audio.1.rnn_forward", [5, 1, 7], Segment::Step(1)),
        ("audio.1.read_forward", [1, 1, 7], Segment::Finish(1)),
        ("text.0.embedding", [9, 1, 3], Segment::Step(2)),
        ("text.1.read_backward", [1, 1, 2], Segment::Step(2)),
        ("text.1.concat", [1, 1, 4], Segment::Step(2)),
        ("fusion.rescale.record", [1, 1, 5], Segment::Trunk),
        ("fusion.image_audio.product", [1, 1, 5], Segment::Trunk),
        ("fusion.concat", [1, 1, 6 + 7 + 4 + 5 + 5], Segment::Trunk),
        ("head.a.logits", [1, 1, 3], Segment::Trunk),
    ];
    for (name, shape, segment) in cases {
        let node = find(&graph, name);
        assert_eq!((node.shape, node.segment), (shape, segment), "{name}");
    }
    assert!(graph.inputs[1].streaming && !graph.inputs[2].streaming);
    assert!(
        graph
            .nodes
            .iter()
            .enumerate()
            .all(|(id, n)| n.inputs.iter().all(|&i| i < id))
    );
}

#[test]
fn operands_of_a_concatenation_share_their_quantisation() {
    for kind in ["", "kind = \"gated\"\n"] {
        let mut text = FULL.replace("[fusion]\n", &format!("[fusion]\n{kind}"));
        if !kind.is_empty() {
            text = text.replace("products = [[\"image\", \"audio\"]]\n", "");
        }
        let graph = build(&parse(&text, "toy").unwrap(), &facts()).unwrap();
        let kinds = kinds(&graph.nodes);
        for (id, node) in graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, n)| n.op == NodeOp::Concat)
        {
            assert!(
                node.inputs.iter().all(|&i| kinds[i] == kinds[id]),
                "{}: {:?}",
                node.name,
                kinds[id]
            );
        }
        let id = |name: &str| graph.nodes.iter().position(|n| n.name == name).unwrap();
        assert!(matches!(kinds[id("text.1.concat")], QuantSource::Fixed(_)));
        assert!(matches!(
            kinds[id("fusion.concat")],
            QuantSource::Observed(_)
        ));
    }
}

#[test]
fn single_inputs_need_no_fusion() {
    let text = "name = \"one\"\ndata.set = \"online_shoppers\"\n[[inputs]]\nname = \"record\"\nkind = \"record\"\nencoder = [{ layer = \"dense\", units = 4, activation = \"tanh\" }]\n[[heads]]\nname = \"b\"\n";
    let graph = build(&parse(text, "one").unwrap(), &facts()).unwrap();
    assert_eq!(graph.nodes.len(), 3);
    assert_eq!(
        graph.nodes[1].op,
        NodeOp::Dense {
            activation: Activation::Tanh,
            bits: Bits::Eight,
        }
    );
}

#[test]
fn refuses_what_cannot_be() {
    let cases = [
        (
            "kernel = [3, 3]",
            "kernel = [9, 3]",
            "does not fit into 8 rows",
        ),
        (
            "bands = 3",
            "bands = 4",
            "the data hold 6 values where this describes 8",
        ),
        (
            "read = \"mean\" }",
            "}",
            "steps need an rnn layer with read",
        ),
        (
            "hidden = 7,",
            "hidden = 7, direction = \"both\",",
            "read while they arrive",
        ),
        (
            "form = \"tokens\"",
            "form = { words = true }",
            "inputs.text.encoder[0]: embedding reads",
        ),
        (
            "name = \"b\"",
            "name = \"z\"",
            "composition `terminal` has no such head; it has a, b",
        ),
        (
            "name = \"record\"",
            "name = \"till\"",
            "has no such input; it has audio, history",
        ),
    ];
    for (from, to, want) in cases {
        let spec = parse(&FULL.replacen(from, to, 1), "toy").unwrap();
        let error = build(&spec, &facts()).unwrap_err().to_string();
        assert!(error.contains(want), "{to}: {error}");
    }
}
