//! What the checks of arithmetic of imported networks refuse: sound records with one thing changed, and the exact error for each.

mod refusals;

use refusals::{EMPTY, FULL, HALF, TOO_FAR, TOO_SMALL, table, view};
use tillsense_core::model::records::{
    ArgMax, Blob, L2Normalise, LogSoftmax, Op, Pair, Pairwise, Reduce, Reduction, Scale, Softmax,
    View,
};
use tillsense_core::ops::OpError;

const MORE_THAN_HALF: Scale = Scale {
    multiplier: (1 << 30) + 1,
    shift: 0,
};
const TWO: Scale = Scale {
    multiplier: 1 << 30,
    shift: 2,
};
/// A table of exponentials: 1 and 0.
const TABLE: Blob = Blob {
    offset: 960,
    len: 8,
};

/// A view with a zero point.
const fn at(h: u16, w: u16, c: u16, zero_point: i8) -> View {
    View {
        zero_point,
        ..view(h, w, c)
    }
}

#[test]
fn pairs() {
    let sound = Pairwise {
        kind: Pair::Sum,
        a: at(2, 3, 4, 0),
        b: at(1, 3, 1, 0),
        values: None,
        output: at(2, 3, 4, 0),
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
                    offset: 4094,
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
        input: at(2, 3, 4, 0),
        output: at(1, 3, 1, 0),
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
        input: at(2, 3, 4, 5),
        output: at(2, 3, 4, -128),
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
        input: at(2, 3, 4, 5),
        output: at(2, 3, 4, 127),
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
        input: at(2, 3, 4, 5),
        output: at(2, 3, 4, 0),
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
        input: at(2, 3, 4, 5),
        output: at(1, 1, 6, 0),
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
