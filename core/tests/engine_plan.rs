//! Ops, heads and kept regions of a model that is refused, each for its own reason.

mod support;

use support::{Network, Part, network};
use tillsense_core::engine::{HeadError, LoadError, MAX_OPS, OpRefusal};
use tillsense_core::model::records::{Answer, Clamp, Op, Rounding, Source};
use tillsense_core::ops::OpError;

/// A change of a network, and the op that is refused for it.
type OpCase = (&'static str, fn(&mut Network), Part, usize, OpRefusal);

/// The record of an op, to change it: `op!(network, part, index, Variant)`.
macro_rules! op {
    ($network:expr, $part:expr, $index:expr, $kind:ident) => {
        match &mut $network.ops_mut($part)[$index] {
            Op::$kind(op) => op,
            other => unreachable!("{other:?}"),
        }
    };
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn wrong_ops_are_refused() {
    use OpError::{Memory, Overflow, Scale, Shape, Weights, ZeroPoint};
    use OpRefusal::{Check, Misaligned, OutsideArena, Overlap, Persistent, Unwritten};
    use Part::{Finish, Step, Trunk};
    let cases: [OpCase; 48] = [
        // What the ops themselves check.
        (
            "no channel",
            |n| op!(n, Step(0), 0, Conv2d).output.c = 0,
            Step(0),
            0,
            Check(Shape),
        ),
        (
            "window",
            |n| op!(n, Step(0), 0, Conv2d).output.h = 7,
            Step(0),
            0,
            Check(OpError::Window),
        ),
        (
            "weights",
            |n| op!(n, Step(0), 4, Dense).weights.len -= 1,
            Step(0),
            4,
            Check(Weights),
        ),
        (
            "weights outside",
            |n| op!(n, Step(0), 4, Dense).weights.offset = u32::MAX,
            Step(0),
            4,
            Check(Weights),
        ),
        (
            "odd biases",
            |n| op!(n, Step(0), 4, Dense).bias.offset += 2,
            Step(0),
            4,
            Check(Weights),
        ),
        (
            "large bias",
            |n| put_bias(n, i32::MAX),
            Step(0),
            4,
            Check(Overflow),
        ),
        (
            "large negative bias",
            |n| put_bias(n, i32::MIN),
            Step(0),
            4,
            Check(Overflow),
        ),
        (
            "scale",
            |n| op!(n, Trunk, 3, Gate).scale.multiplier = 1,
            Trunk,
            3,
            Check(Scale),
        ),
        (
            "shift",
            |n| op!(n, Trunk, 3, Gate).scale.shift = 31,
            Trunk,
            3,
            Check(Scale),
        ),
        (
            "rounding",
            |n| op!(n, Step(1), 0, Rnn).x_requant.rounding = Rounding::Tflite,
            Step(1),
            0,
            Check(OpError::Rounding),
        ),
        (
            "clamp",
            |n| op!(n, Step(0), 1, MaxPool).clamp = Clamp { min: 1, max: 0 },
            Step(0),
            1,
            Check(OpError::Clamp),
        ),
        (
            "zero point",
            |n| op!(n, Step(0), 1, MaxPool).output.zero_point = 1,
            Step(0),
            1,
            Check(ZeroPoint),
        ),
        (
            "long bag",
            |n| op!(n, Step(2), 0, EmbeddingBag).ids.max = 1 << 15,
            Step(2),
            0,
            Check(Overflow),
        ),
        (
            "table too short",
            |n| op!(n, Step(3), 0, Embedding).rows = 17,
            Step(3),
            0,
            Check(Weights),
        ),
        (
            "more ids than rows",
            |n| op!(n, Step(3), 0, Embedding).ids.max = 7,
            Step(3),
            0,
            Check(Shape),
        ),
        (
            "short state",
            |n| op!(n, Step(1), 0, Rnn).state.len -= 4,
            Step(1),
            0,
            Check(Memory),
        ),
        (
            "short scratch",
            |n| op!(n, Step(1), 0, Rnn).scratch.len -= 4,
            Step(1),
            0,
            Check(Memory),
        ),
        (
            "odd state",
            |n| op!(n, Step(1), 0, Rnn).state.offset += 2,
            Step(1),
            0,
            Check(Memory),
        ),
        (
            "short state read",
            |n| op!(n, Finish(1), 0, RnnRead).state.len -= 4,
            Finish(1),
            0,
            Check(Memory),
        ),
        (
            "bag scratch",
            |n| op!(n, Step(2), 0, EmbeddingBag).scratch.len -= 1,
            Step(2),
            0,
            Check(Memory),
        ),
        (
            "softmax",
            |n| op!(n, Trunk, 8, Softmax).output.zero_point = 0,
            Trunk,
            8,
            Check(ZeroPoint),
        ),
        // Where things lie.
        (
            "output outside",
            |n| op!(n, Step(0), 0, Conv2d).output.offset = n.arena_len - 143,
            Step(0),
            0,
            OutsideArena,
        ),
        (
            "output far outside",
            |n| op!(n, Step(0), 0, Conv2d).output.offset = u32::MAX,
            Step(0),
            0,
            OutsideArena,
        ),
        (
            "input far outside",
            |n| op!(n, Step(0), 0, Conv2d).input.offset = u32::MAX - 3,
            Step(0),
            0,
            OutsideArena,
        ),
        (
            "huge output",
            |n| wide(n, u16::MAX),
            Step(0),
            4,
            Check(Shape),
        ),
        (
            "state outside",
            |n| op!(n, Step(1), 0, Rnn).state.offset = u32::MAX - 3,
            Step(1),
            0,
            OutsideArena,
        ),
        (
            "endless scratch",
            |n| op!(n, Step(1), 0, Rnn).scratch.len = u32::MAX,
            Step(1),
            0,
            OutsideArena,
        ),
        (
            "odd ids",
            |n| op!(n, Step(3), 0, Embedding).ids.offset += 1,
            Step(3),
            0,
            Misaligned,
        ),
        (
            "output over input",
            |n| op!(n, Step(0), 0, Conv2d).output.offset = n.persistent_len + 63,
            Step(0),
            0,
            Overlap,
        ),
        (
            "lookup half in place",
            |n| op!(n, Step(4), 1, Lookup).output.offset += 1,
            Step(4),
            1,
            Overlap,
        ),
        (
            "sum half over an operand",
            |n| op!(n, Trunk, 5, Add).output.offset = op!(n, Trunk, 5, Add).a.offset + 1,
            Trunk,
            5,
            Overlap,
        ),
        (
            "sum over an operand that the other one shares",
            |n| {
                let add = op!(n, Trunk, 5, Add);
                (add.output.offset, add.b.offset) = (add.a.offset, add.a.offset - 4)
            },
            Trunk,
            5,
            Overlap,
        ),
        (
            "output over scratch",
            |n| {
                let at = op!(n, Step(2), 0, EmbeddingBag).scratch.offset;
                op!(n, Step(2), 0, EmbeddingBag).output.offset = at
            },
            Step(2),
            0,
            Overlap,
        ),
        (
            "state over scratch",
            |n| {
                let at = op!(n, Step(3), 1, Rnn).scratch.offset;
                op!(n, Step(3), 1, Rnn).state.offset = at - 4
            },
            Step(3),
            1,
            Overlap,
        ),
        (
            "ids of none in the output",
            |n| {
                let view = op!(n, Step(3), 0, Embedding).output;
                let ids = &mut op!(n, Step(3), 0, Embedding).ids;
                (ids.offset, ids.max) = (view.offset + 2, 0)
            },
            Step(3),
            0,
            Overlap,
        ),
        // Whose memory it is.
        (
            "another input's encoding",
            |n| op!(n, Step(0), 4, Dense).output.offset = 8,
            Step(0),
            4,
            Persistent,
        ),
        (
            "half an encoding further",
            |n| op!(n, Step(2), 1, Lookup).output.offset += 1,
            Step(2),
            1,
            Persistent,
        ),
        (
            "encoding from the trunk",
            |n| op!(n, Trunk, 5, Add).output.offset = 0,
            Trunk,
            5,
            Persistent,
        ),
        (
            "scratch in encodings",
            |n| op!(n, Step(2), 0, EmbeddingBag).scratch.offset = 8,
            Step(2),
            0,
            Persistent,
        ),
        (
            "kept state of a text",
            |n| op!(n, Step(3), 1, Rnn).state.offset = 200,
            Step(3),
            1,
            Persistent,
        ),
        (
            "kept state in a finish",
            |n| {
                let rnn = n.steps[1].remove(0);
                n.finishes[1].insert(0, rnn)
            },
            Finish(1),
            0,
            Persistent,
        ),
        (
            "kept state in the trunk",
            |n| {
                let rnn = n.steps[1][0].clone();
                n.trunk.insert(0, rnn)
            },
            Trunk,
            0,
            Persistent,
        ),
        (
            "state across the border",
            |n| op!(n, Step(3), 1, Rnn).state.offset = n.persistent_len - 4,
            Step(3),
            1,
            Persistent,
        ),
        // What another part of the plan left behind.
        (
            "workspace of others",
            |n| op!(n, Step(0), 4, Dense).input.offset = n.arena_len - 8,
            Step(0),
            4,
            Unwritten,
        ),
        (
            "its own encoding",
            |n| op!(n, Step(2), 1, Lookup).input.offset = 8,
            Step(2),
            1,
            Unwritten,
        ),
        (
            "a byte too far",
            |n| op!(n, Trunk, 0, Concat).parts[5].offset += 1,
            Trunk,
            0,
            Unwritten,
        ),
        (
            "a scratch",
            |n| {
                let at = op!(n, Step(2), 0, EmbeddingBag).scratch.offset;
                op!(n, Step(2), 1, Lookup).input.offset = at
            },
            Step(2),
            1,
            Unwritten,
        ),
        (
            "the state of another",
            |n| {
                let at = op!(n, Finish(1), 0, RnnRead).state.offset;
                op!(n, Finish(5), 0, RnnRead).state.offset = at
            },
            Finish(5),
            0,
            Unwritten,
        ),
    ];
    let mut failures = Vec::new();
    for (name, change, part, index, expected) in cases {
        let mut network = network(1);
        change(&mut network);
        let got = network.error();
        let expected = LoadError::Op {
            at: network.at(part, index),
            error: expected,
        };
        if got != Some(expected) {
            failures.push((name, got, expected));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn put_bias(network: &mut Network, value: i32) {
    let at = op!(network, Part::Step(0), 4, Dense).bias.offset as usize;
    network.weights[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// A product of dimensions beyond u32.
fn wide(network: &mut Network, side: u16) {
    let output = &mut op!(network, Part::Step(0), 4, Dense).output;
    (output.h, output.w, output.c) = (side, side, side);
}

#[test]
fn sizes_beyond_any_memory_are_refused() {
    let mut network = network(1);
    // A pool has no weights whose length could give it away.
    let pool = op!(network, Part::Step(0), 1, MaxPool);
    let side = u16::MAX;
    for view in [&mut pool.input, &mut pool.output] {
        (view.h, view.w, view.c) = (side, side, side);
    }
    (pool.window.kernel, pool.window.stride) = ((1, 1), (1, 1));
    let expected = LoadError::Op {
        at: network.at(Part::Step(0), 1),
        error: OpRefusal::Check(OpError::Shape),
    };
    assert_eq!(network.error(), Some(expected));
}

fn classes(names: &str) -> Answer<'_> {
    Answer::Classes {
        names,
        defer_below: 0,
    }
}

#[test]
fn wrong_heads_are_refused() {
    type Case = (&'static str, fn(&mut Network), u8);
    let cases: [Case; 7] = [
        ("one class", |n| n.heads[0].answer = classes("only"), 0),
        (
            "a class too few",
            |n| n.heads[1].answer = classes("low\nhigh"),
            1,
        ),
        (
            "a class too many",
            |n| n.heads[1].answer = classes("low\nmid\nhigh\n"),
            1,
        ),
        ("outside", |n| n.heads[0].scores.offset = u32::MAX, 0),
        (
            "past the end",
            |n| n.heads[1].scores.offset = n.arena_len - 2,
            1,
        ),
        ("nobody writes them", |n| drop(n.trunk.pop()), 1),
        ("no value", |n| n.heads[0].scores.h = 0, 0),
    ];
    for (name, change, head) in cases {
        let mut network = network(1);
        change(&mut network);
        let expected = LoadError::Head {
            head,
            error: HeadError::Scores,
        };
        assert_eq!(network.error(), Some(expected), "{name}");
    }
}

#[test]
fn kept_regions_belong_to_one_owner() {
    type Case = (&'static str, fn(&mut Network));
    let cases: [Case; 4] = [
        ("two encodings", |n| {
            n.inputs[1].encoding.offset = 0;
            op!(n, Part::Finish(1), 1, Dense).output.offset = 0;
        }),
        ("state in an encoding", |n| {
            op!(n, Part::Step(5), 0, Rnn).state.offset = 0;
            op!(n, Part::Finish(5), 0, RnnRead).state.offset = 0;
        }),
        ("two states", |n| {
            let Source::Audio(sound) = n.inputs[1].source else {
                unreachable!("input 1 is a sound")
            };
            let at = sound.state.offset + 4;
            op!(n, Part::Step(5), 0, Rnn).state.offset = at;
            op!(n, Part::Finish(5), 0, RnnRead).state.offset = at;
        }),
        ("too many", |n| {
            let rnn = n.steps[5][0].clone();
            n.steps[5].extend(vec![rnn; 32]);
        }),
    ];
    for (name, change) in cases {
        let mut network = network(1);
        change(&mut network);
        assert_eq!(network.error(), Some(LoadError::Kept), "{name}");
    }
}

#[test]
fn more_ops_than_can_be_counted_are_refused() {
    let mut network = network(1);
    let count: usize = network.parts().iter().map(|&p| network.ops(p).len()).sum();
    let softmax = network.trunk.last().unwrap().clone();
    network.trunk.extend(vec![softmax.clone(); MAX_OPS - count]);
    assert_eq!(network.error(), None);
    network.trunk.push(softmax);
    assert_eq!(network.error(), Some(LoadError::Count));
}

#[test]
fn eight_inputs_load_and_a_ninth_is_refused() {
    let mut network = network(1);
    for extra in 6..9 {
        let mut input = network.inputs[4];
        input.encoding.offset = network.spare.offset + 8 * (extra - 6);
        let mut step = network.steps[4].clone();
        if let Some(Op::Dense(dense)) = step.last_mut() {
            dense.output.offset = input.encoding.offset;
        }
        network.inputs.push(input);
        network.steps.push(step);
        network.finishes.push(Vec::new());
        let expected = (extra == 8).then_some(LoadError::Count);
        assert_eq!(network.error(), expected, "{extra}");
    }
}
