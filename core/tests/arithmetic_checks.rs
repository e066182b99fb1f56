//! What the checks of arithmetic of imported networks refuse: sound records with one thing changed, and the exact error for each.

use tillsense_core::model::records::{
    ArgMax, Blob, Clamp, L2Normalise, LogSoftmax, Op, Pair, Pairwise, Reduce, Reduction, Scale,
    Softmax, View,
};
use tillsense_core::ops::{self, OpError};
use tillsense_core::tensor::Weights;

const FULL: Clamp = Clamp {
    min: -128,
    max: 127,
};
const EMPTY: Clamp = Clamp { min: 1, max: 0 };
const HALF: Scale = Scale {
    multiplier: 1 << 30,
    shift: 0,
};
const MORE_THAN_HALF: Scale = Scale {
    multiplier: (1 << 30) + 1,
    shift: 0,
};
const TWO: Scale = Scale {
    multiplier: 1 << 30,
    shift: 2,
};
const TOO_SMALL: Scale = Scale {
    multiplier: (1 << 29) - 1,
    shift: 0,
};
const TOO_FAR: Scale = Scale {
    multiplier: 1 << 30,
    shift: 31,
};
/// A table of exponentials: 1 and 0.
const TABLE: Blob = Blob { offset: 0, len: 8 };

/// The check's answer, with a table of exponentials at the start of the weights.
fn check(op: Op) -> Result<(), OpError> {
    let mut words = [0u32; 64];
    words[0] = i32::MAX.cast_unsigned();
    ops::check(&op, &Weights::new(bytemuck::cast_slice(&words)))
}

/// What is changed, the error it must give, and the change.
type Change<T> = (&'static str, OpError, fn(&mut T));

/// A sound record must pass, and each change must give its error.
fn table<T: Clone>(sound: &T, wrap: fn(T) -> Op, cases: &[Change<T>]) {
    assert_eq!(check(wrap(sound.clone())), Ok(()), "the sound record");
    for (name, wanted, change) in cases {
        let mut op = sound.clone();
        change(&mut op);
        assert_eq!(check(wrap(op)), Err(*wanted), "{name}");
    }
}

const fn view(h: u16, w: u16, c: u16, zero_point: i8) -> View {
    View {
        offset: 0,
        h,
        w,
        c,
        zero_point,
    }
}

#[test]
fn pairs() {
    let sound = Pairwise {
        kind: Pair::Sum,
        a: view(2, 3, 4, 0),
        b: view(1, 3, 1, 0),
        values: None,
        output: view(2, 3, 4, 0),
        a_scale: HALF,
        b_scale: HALF,
        out_scale: HALF,
        clamp: FULL,
    };
    table(
        &sound,
        Op::Pairwise,
        &[
            ("rows of b", OpError::Shape, |op| op.b.h = 3),
            ("channels of a", OpError::Shape, |op| op.a.c = 3),
            ("a side of neither", OpError::Shape, |op| op.a.h = 1),
            ("no channels", OpError::Shape, |op| op.output.c = 0),
            ("empty clamp", OpError::Clamp, |op| op.clamp = EMPTY),
            ("a term that grows", OpError::Scale, |op| op.b_scale = TWO),
            ("multiplier", OpError::Scale, |op| op.out_scale = TOO_SMALL),
            ("shift", OpError::Scale, |op| op.a_scale = TOO_FAR),
            ("a square's term", OpError::Scale, |op| {
                (op.kind, op.a_scale) = (Pair::SquaredDifference, MORE_THAN_HALF)
            }),
            ("compared zero points", OpError::ZeroPoint, |op| {
                (op.kind, op.b.zero_point) = (Pair::Maximum, 1)
            }),
            ("too few constants", OpError::Weights, |op| {
                op.values = Some(Blob { offset: 0, len: 2 })
            }),
            ("constants past the end", OpError::Weights, |op| {
                op.values = Some(Blob {
                    offset: 254,
                    len: 3,
                })
            }),
        ],
    );
}

#[test]
fn reductions() {
    let sound = Reduce {
        kind: Reduction::Sum,
        input: view(2, 3, 4, 0),
        output: view(1, 3, 1, 0),
        scale: HALF,
        clamp: FULL,
    };
    table(
        &sound,
        Op::Reduce,
        &[
            ("columns", OpError::Shape, |op| op.output.w = 2),
            ("more rows", OpError::Shape, |op| op.output.h = 3),
            ("no rows", OpError::Shape, |op| op.input.h = 0),
            ("multiplier", OpError::Scale, |op| op.scale = TOO_SMALL),
            ("shift", OpError::Scale, |op| op.scale = TOO_FAR),
            ("empty clamp", OpError::Clamp, |op| op.clamp = EMPTY),
            ("too many", OpError::Overflow, |op| {
                (op.input.h, op.input.w) = (3_000, 600);
                op.output.w = 1;
            }),
            ("compared zero points", OpError::ZeroPoint, |op| {
                (op.kind, op.output.zero_point) = (Reduction::Max, 1)
            }),
        ],
    );
}

#[test]
fn rows() {
    let softmax = Softmax {
        input: view(2, 3, 4, 5),
        output: view(2, 3, 4, -128),
        table: TABLE,
    };
    table(
        &softmax,
        Op::SoftmaxRows,
        &[
            ("shape", OpError::Shape, |op| op.output.c = 5),
            ("the same values otherwise", OpError::Shape, |op| {
                (op.output.h, op.output.w) = (3, 2)
            }),
            ("long rows", OpError::Shape, |op| {
                (op.input.c, op.output.c) = (4096, 4096)
            }),
            ("zero point", OpError::ZeroPoint, |op| {
                op.output.zero_point = 0
            }),
            ("table", OpError::Weights, |op| op.table.offset = 4),
        ],
    );
    let logarithm = LogSoftmax {
        input: view(2, 3, 4, 5),
        output: view(2, 3, 4, 127),
        table: TABLE,
        scale: HALF,
    };
    table(
        &logarithm,
        Op::LogSoftmax,
        &[
            ("shape", OpError::Shape, |op| op.input.w = 4),
            ("zero point", OpError::ZeroPoint, |op| {
                op.output.zero_point = -128
            }),
            ("table", OpError::Weights, |op| op.table.len = 0),
            ("multiplier", OpError::Scale, |op| op.scale = TOO_SMALL),
            ("shift", OpError::Scale, |op| op.scale.shift = -1),
        ],
    );
    let lengths = L2Normalise {
        input: view(2, 3, 4, 5),
        output: view(2, 3, 4, 0),
    };
    table(
        &lengths,
        Op::L2Normalise,
        &[
            ("shape", OpError::Shape, |op| op.input.w = 4),
            ("zero point", OpError::ZeroPoint, |op| {
                op.output.zero_point = 1
            }),
            ("long rows", OpError::Overflow, |op| {
                (op.input.c, op.output.c) = (33_026, 33_026)
            }),
        ],
    );
    let choice = ArgMax {
        input: view(2, 3, 4, 5),
        output: view(1, 1, 6, 0),
    };
    table(
        &choice,
        Op::ArgMax,
        &[
            ("rows", OpError::Shape, |op| op.output.c = 5),
            ("long rows", OpError::Overflow, |op| op.input.c = 129),
        ],
    );
}
