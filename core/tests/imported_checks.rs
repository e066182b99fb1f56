//! What the checks of recurrent layers, products and moves of imported networks refuse: sound records with one thing changed, and the
//! exact error for each.

mod refusals;

use refusals::{EMPTY, FULL, HALF, TOO_FAR, TOO_SMALL, blob, check, table, view};
use tillsense_core::model::records::{
    Axis, Constant, Matmul, Op, Operand, Rearrange, Resize, Rounding, SequenceLstm, Span, Spread,
};
use tillsense_core::ops::OpError;

#[test]
fn sequence_lstm() {
    let sound = SequenceLstm {
        input: view(3, 1, 5),
        output: view(3, 1, 4),
        x_weights: blob(0, 80),
        x_bias: blob(0, 64),
        x_scales: [HALF; 4],
        h_zero_point: 0,
        h_weights: blob(0, 64),
        h_scales: [HALF; 4],
        cell_bits: 4,
        cell_clip: 0,
        scale: HALF,
        scratch: Span { offset: 0, len: 40 },
    };
    table(
        &sound,
        Op::SequenceLstm,
        &[
            ("no steps", OpError::Shape, |op| op.input.h = 0),
            ("other steps", OpError::Shape, |op| op.output.h = 2),
            ("several columns", OpError::Shape, |op| op.input.w = 2),
            ("several columns out", OpError::Shape, |op| op.output.w = 2),
            ("little scratch", OpError::Memory, |op| op.scratch.len = 39),
            ("scratch anywhere", OpError::Memory, |op| {
                op.scratch.offset = 2
            }),
            ("a factor of the input", OpError::Scale, |op| {
                op.x_scales[3] = TOO_SMALL
            }),
            ("a factor of the state", OpError::Scale, |op| {
                op.h_scales[0] = TOO_FAR
            }),
            ("a factor of the output", OpError::Scale, |op| {
                op.scale = TOO_FAR
            }),
            ("a large cell", OpError::Scale, |op| op.cell_bits = 7),
            ("a large bound", OpError::Scale, |op| op.cell_clip = 1 << 15),
            ("few weights", OpError::Weights, |op| op.x_weights.len = 79),
            ("few biases", OpError::Weights, |op| op.x_bias.len = 60),
            ("few weights of the state", OpError::Weights, |op| {
                op.h_weights.len = 63
            }),
            ("a large bias", OpError::Overflow, |op| {
                op.x_bias.offset = 768
            }),
        ],
    );
}

#[test]
fn matmul() {
    let side = |h, w, c| Operand {
        view: view(h, w, c),
        transposed: false,
        constant: None,
    };
    let sound = Matmul {
        a: side(2, 3, 4),
        b: side(1, 4, 5),
        output: view(2, 3, 5),
        scale: HALF,
        rounding: Rounding::Tflite,
        clamp: FULL,
    };
    table(
        &sound,
        Op::Matmul,
        &[
            ("no matrices", OpError::Shape, |op| op.a.view.h = 0),
            ("other matrices", OpError::Shape, |op| op.b.view.h = 3),
            ("other terms", OpError::Shape, |op| op.b.view.w = 3),
            ("rows", OpError::Shape, |op| op.output.w = 4),
            ("columns", OpError::Shape, |op| op.output.c = 4),
            ("rows for columns", OpError::Shape, |op| {
                op.a.transposed = true
            }),
            ("a short constant", OpError::Weights, |op| {
                op.b.constant = Some(blob(0, 19))
            }),
            ("two constants", OpError::Weights, |op| {
                op.a.constant = Some(blob(0, 24));
                op.b.constant = Some(blob(0, 20));
            }),
            ("many terms", OpError::Overflow, |op| {
                op.a.view.c = 16_600;
                op.b.view.w = 16_600;
            }),
            ("a factor", OpError::Scale, |op| op.scale = TOO_FAR),
            ("bounds", OpError::Clamp, |op| op.clamp = EMPTY),
        ],
    );
    let mut constant = sound;
    constant.b.constant = Some(blob(0, 20));
    assert_eq!(check(Op::Matmul(constant)), Ok(()));
}

/// Rows of 5 values from number 3 on, the third one first, and two that are filled; the indices lie at 896.
fn rearrangement() -> Rearrange {
    let axis = |count, step, indices| Axis {
        count,
        step,
        indices,
    };
    Rearrange {
        input: view(4, 1, 10),
        output: view(5, 2, 5),
        start: 3,
        axes: [axis(5, 10, blob(896, 10)), axis(2, -1, blob(0, 0))]
            .into_iter()
            .collect(),
        run: 5,
        fill: -7,
    }
}

#[test]
fn moves() {
    table(
        &rearrangement(),
        Op::Rearrange,
        &[
            ("output", OpError::Shape, |op| op.output.h = 6),
            ("no run", OpError::Shape, |op| op.run = 0),
            ("no places", OpError::Shape, |op| op.axes[1].count = 0),
            ("places beyond all", OpError::Shape, |op| {
                (op.axes[0].count, op.run) = (u16::MAX, u32::MAX);
                op.axes[0].indices.len = 0;
            }),
            ("odd place of indices", OpError::Weights, |op| {
                op.axes[0].indices.offset = 897
            }),
            ("too few indices", OpError::Weights, |op| {
                op.axes[0].indices.len = 8
            }),
            ("indices past the end", OpError::Weights, |op| {
                op.axes[0].indices.offset = 4090
            }),
            ("beyond the input", OpError::Window, |op| op.start = 6),
            ("before the input", OpError::Window, |op| op.start = 0),
            ("far beyond", OpError::Window, |op| op.start = u32::MAX),
            ("far step", OpError::Window, |op| op.axes[0].step = i32::MAX),
            ("back", OpError::Window, |op| op.axes[0].step = i32::MIN),
            ("a shorter input", OpError::Window, |op| op.input.h = 3),
        ],
    );
    let constant = Constant {
        output: view(2, 3, 4),
        values: blob(1, 24),
    };
    table(
        &constant,
        Op::Constant,
        &[
            ("too few", OpError::Weights, |op| op.values.len = 23),
            ("past the end", OpError::Weights, |op| {
                op.values.offset = 4090
            }),
            ("nothing", OpError::Shape, |op| op.output.h = 0),
        ],
    );
    let spread = Spread {
        first: -512,
        step: 700,
    };
    let resize = Resize {
        input: view(3, 4, 5),
        output: view(7, 2, 5),
        rows: spread,
        columns: spread,
    };
    table(
        &resize,
        Op::Resize,
        &[
            ("channels", OpError::Shape, |op| op.output.c = 4),
            ("no rows", OpError::Shape, |op| op.input.h = 0),
            ("backwards", OpError::Window, |op| op.rows.step = -1),
            ("too early", OpError::Window, |op| op.columns.first = -1025),
            ("too late", OpError::Window, |op| op.rows.step = 1 << 26),
            ("far too late", OpError::Window, |op| {
                op.columns.first = i32::MAX
            }),
        ],
    );
}
