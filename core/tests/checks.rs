//! What the ops' checks refuse: sound records with one thing changed, and the exact error for each.

use tillsense_core::model::records::{
    Add, Axis, BagMode, Blob, Cell, Clamp, Concat, Constant, Conv, Dense, Direction, Embedding,
    EmbeddingBag, Gate, Ids, Lookup, Matmul, Op, Operand, Pool, Product, ReadMode, Rearrange,
    Requant, Resize, Rnn, RnnRead, Rounding, Scale, SequenceLstm, Softmax, Span, Spread, View,
    Window,
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
const TOO_SMALL: Scale = Scale {
    multiplier: (1 << 29) - 1,
    shift: 0,
};
const TOO_FAR: Scale = Scale {
    multiplier: 1 << 30,
    shift: 31,
};

/// Zeros but for 64 multipliers of 1/2 at 512, a bias too large at 768, a multiplier too small at 800, and tables of
/// exponentials at 832 and, with a negative one, at 844, and indices at 896.
fn section() -> Vec<u128> {
    let mut words = vec![0u32; 1024];
    words[128..192].fill(1 << 30);
    words[192] = 1 << 30;
    words[200] = 5;
    words[208..211].copy_from_slice(&[i32::MAX as u32, 9, 0]);
    words[211..214].copy_from_slice(&[i32::MAX as u32, 1 << 31, 0]);
    words[224..227].copy_from_slice(&[0xffff_0003, 0x0001_ffff, 0]);
    bytemuck::cast_slice(&words).to_vec()
}

/// The check's answer.
fn check(op: Op) -> Result<(), OpError> {
    let words = section();
    ops::check(&op, &Weights::new(bytemuck::cast_slice(&words)))
}

/// What is changed, the error it must give, and the change.
type Change<T> = (&'static str, OpError, fn(&mut T));

/// A sound record must pass, and each change must give its error.
fn table<T: Clone>(sound: &T, wrap: fn(T) -> Op, cases: &[Change<T>]) {
    assert_eq!(check(wrap(sound.clone())), Ok(()), "the sound record");
    let mut failures = Vec::new();
    for (name, wanted, change) in cases {
        let mut op = sound.clone();
        change(&mut op);
        let got = check(wrap(op));
        if got != Err(*wanted) {
            failures.push(format!("{name}: {got:?} instead of {wanted:?}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

const fn view(h: u16, w: u16, c: u16) -> View {
    View {
        offset: 0,
        h,
        w,
        c,
        zero_point: 0,
    }
}

const fn blob(offset: u32, len: u32) -> Blob {
    Blob { offset, len }
}

/// Factors of 1/2.
const fn requant(channels: u32) -> Requant {
    Requant {
        rounding: Rounding::Nearest,
        multipliers: blob(512, 4 * channels),
        shifts: blob(0, channels),
    }
}

const fn window(kernel: u16, pad: u16) -> Window {
    Window {
        kernel: (kernel, kernel),
        stride: (1, 1),
        dilation: (1, 1),
        pad_before: (pad, pad),
        pad_after: (pad, pad),
    }
}

#[test]
fn conv2d() {
    let sound = Conv {
        input: view(5, 5, 3),
        output: view(3, 3, 4),
        window: window(3, 0),
        weights: blob(1, 108),
        bias: blob(0, 16),
        requant: requant(4),
        clamp: FULL,
    };
    table(
        &sound,
        Op::Conv2d,
        &[
            ("no rows", OpError::Shape, |op| op.input.h = 0),
            ("no channels", OpError::Shape, |op| op.output.c = 0),
            ("output too high", OpError::Window, |op| op.output.h = 4),
            ("no stride", OpError::Window, |op| op.window.stride.1 = 0),
            ("no dilation", OpError::Window, |op| {
                op.window.dilation.0 = 0
            }),
            ("kernel larger than the input", OpError::Window, |op| {
                op.window.kernel.0 = 6
            }),
            ("weights too few", OpError::Weights, |op| {
                op.weights.len = 107
            }),
            ("weights past the end", OpError::Weights, |op| {
                op.weights.offset = u32::MAX
            }),
            ("biases too few", OpError::Weights, |op| op.bias.len = 12),
            ("biases not aligned", OpError::Weights, |op| {
                op.bias.offset = 2
            }),
            ("shifts too few", OpError::Weights, |op| {
                op.requant.shifts.len = 3
            }),
            ("multiplier too small", OpError::Scale, |op| {
                op.requant.multipliers.offset = 800
            }),
            ("empty clamp", OpError::Clamp, |op| op.clamp = EMPTY),
            ("bias too large", OpError::Overflow, |op| {
                op.bias.offset = 768
            }),
        ],
    );
}

#[test]
fn depthwise_conv2d() {
    let sound = Conv {
        input: view(5, 5, 2),
        output: view(5, 5, 4),
        window: window(3, 1),
        weights: blob(0, 36),
        bias: blob(0, 16),
        requant: requant(4),
        clamp: FULL,
    };
    table(
        &sound,
        Op::DepthwiseConv2d,
        &[
            ("channels no multiple", OpError::Shape, |op| op.input.c = 3),
            ("no input channels", OpError::Shape, |op| op.input.c = 0),
            ("padding missing", OpError::Window, |op| {
                op.window.pad_after.0 = 0
            }),
            ("weights too many", OpError::Weights, |op| {
                op.weights.len = 37
            }),
            ("bias too large", OpError::Overflow, |op| {
                op.bias.offset = 768
            }),
        ],
    );
}

#[test]
fn pools() {
    let sound = Pool {
        input: view(5, 5, 3),
        output: view(5, 5, 3),
        window: window(3, 1),
        clamp: FULL,
    };
    let cases: &[Change<Pool>] = &[
        ("other channels", OpError::Shape, |op| op.output.c = 2),
        ("other zero point", OpError::ZeroPoint, |op| {
            op.output.zero_point = 1
        }),
        ("dilated", OpError::Window, |op| op.window.dilation = (2, 1)),
        ("window in the padding", OpError::Window, |op| {
            (op.window, op.output) = (window(3, 3), view(9, 9, 3))
        }),
        ("output too small", OpError::Window, |op| op.output.w = 4),
        ("empty clamp", OpError::Clamp, |op| op.clamp = EMPTY),
    ];
    table(&sound, Op::MaxPool, cases);
    table(&sound, Op::AveragePool, cases);
    let large = Pool {
        input: view(3000, 3000, 1),
        output: view(1, 1, 1),
        window: window(3000, 0),
        clamp: FULL,
    };
    assert_eq!(check(Op::MaxPool(large)), Ok(()));
    assert_eq!(check(Op::AveragePool(large)), Err(OpError::Overflow));
}

#[test]
fn dense() {
    let sound = Dense {
        input: view(2, 3, 4),
        output: view(1, 1, 5),
        weights: blob(3, 120),
        bias: blob(0, 20),
        requant: requant(5),
        clamp: FULL,
    };
    table(
        &sound,
        Op::Dense,
        &[
            ("no inputs", OpError::Shape, |op| op.input.w = 0),
            ("weights too few", OpError::Weights, |op| {
                op.weights.len = 119
            }),
            ("biases too many", OpError::Weights, |op| op.bias.len = 24),
            ("multipliers not aligned", OpError::Weights, |op| {
                op.requant.multipliers.offset = 514
            }),
            ("shift of 32 bits", OpError::Scale, |op| {
                op.requant.shifts.offset = 512 + 3
            }),
            ("bias too large", OpError::Overflow, |op| {
                op.bias.offset = 768
            }),
        ],
    );
    let four = Dense {
        weights: blob(4, 24 * 4),
        ..sound
    };
    table(
        &four,
        Op::Dense4,
        &[
            ("no inputs", OpError::Shape, |op| op.input.w = 0),
            ("two words a row", OpError::Weights, |op| op.output.c = 9),
            ("weights not aligned", OpError::Weights, |op| {
                op.weights.offset = 2
            }),
            ("weights too many", OpError::Weights, |op| {
                op.weights.len += 4
            }),
            ("biases too few", OpError::Weights, |op| op.bias.len = 16),
            ("clamp", OpError::Clamp, |op| op.clamp = EMPTY),
            ("shift of 32 bits", OpError::Scale, |op| {
                op.requant.shifts.offset = 512 + 3
            }),
            ("bias too large", OpError::Overflow, |op| {
                op.bias.offset = 768
            }),
        ],
    );
}

#[test]
fn tables() {
    let ids = Ids { offset: 0, max: 6 };
    let embedding = Embedding {
        ids,
        table: blob(5, 80),
        rows: 10,
        output: view(6, 1, 8),
    };
    table(
        &embedding,
        Op::Embedding,
        &[
            ("more ids than rows", OpError::Shape, |op| op.ids.max = 7),
            ("no table", OpError::Shape, |op| op.rows = 0),
            ("table too short", OpError::Weights, |op| op.rows = 11),
            ("zero point", OpError::ZeroPoint, |op| {
                op.output.zero_point = 1
            }),
        ],
    );
    let scratch = Span { offset: 8, len: 32 };
    let bag = EmbeddingBag {
        ids,
        table: blob(5, 80),
        rows: 10,
        mode: BagMode::Mean,
        output: view(1, 1, 8),
        scale: HALF,
        scratch,
    };
    table(
        &bag,
        Op::EmbeddingBag,
        &[
            ("a sequence", OpError::Shape, |op| op.output = view(2, 1, 4)),
            ("too many ids", OpError::Overflow, |op| op.ids.max = 1 << 15),
            ("multiplier", OpError::Scale, |op| op.scale = TOO_SMALL),
            ("shift", OpError::Scale, |op| op.scale.shift = -24),
            ("scratch too short", OpError::Memory, |op| {
                op.scratch.len = 31
            }),
            ("scratch not aligned", OpError::Memory, |op| {
                op.scratch.offset = 2
            }),
            ("table too long", OpError::Weights, |op| op.table.len = 81),
        ],
    );
    let four = EmbeddingBag {
        table: blob(4, 10 * 4 + 10),
        scratch: Span { offset: 8, len: 0 },
        scale: Scale { shift: -27, ..HALF },
        ..bag
    };
    table(
        &four,
        Op::Embedding4,
        &[
            ("more ids than rows", OpError::Shape, |op| {
                op.output = view(5, 1, 8)
            }),
            ("columns", OpError::Shape, |op| op.output = view(1, 2, 4)),
            ("no table", OpError::Shape, |op| op.rows = 0),
            ("past the section", OpError::Weights, |op| {
                op.table.offset = 4048
            }),
            ("too many ids", OpError::Overflow, |op| op.ids.max = 1 << 15),
            ("multiplier", OpError::Scale, |op| op.scale = TOO_SMALL),
            ("shift", OpError::Scale, |op| op.scale.shift = -28),
            ("scratch", OpError::Memory, |op| op.scratch.len = 32),
            ("two words a row", OpError::Weights, |op| op.output.c = 9),
            ("no multipliers", OpError::Weights, |op| op.table.len = 40),
            ("table not aligned", OpError::Weights, |op| {
                op.table.offset = 5
            }),
        ],
    );
    let lookup = Lookup {
        input: view(2, 3, 4),
        output: view(1, 1, 24),
        table: blob(1, 256),
    };
    table(
        &lookup,
        Op::Lookup,
        &[
            ("sizes differ", OpError::Shape, |op| op.output.c = 23),
            ("table too short", OpError::Weights, |op| op.table.len = 255),
        ],
    );
}

#[test]
fn element_wise() {
    let v = view(2, 3, 4);
    let add = Add {
        a: v,
        b: v,
        output: v,
        a_scale: HALF,
        b_scale: HALF,
        out_scale: HALF,
        clamp: FULL,
    };
    table(
        &add,
        Op::Add,
        &[
            ("shape of a", OpError::Shape, |op| op.a.h = 3),
            ("shape of b", OpError::Shape, |op| op.b.c = 5),
            ("multiplier", OpError::Scale, |op| op.out_scale = TOO_SMALL),
            ("operand above 1", OpError::Scale, |op| op.a_scale.shift = 1),
            ("empty clamp", OpError::Clamp, |op| op.clamp = EMPTY),
        ],
    );
    let product = Product {
        a: v,
        b: v,
        output: v,
        scale: HALF,
        rounding: Rounding::Nearest,
        clamp: FULL,
    };
    table(
        &product,
        Op::Product,
        &[
            ("shape of b", OpError::Shape, |op| op.b.w = 1),
            ("shift", OpError::Scale, |op| op.scale = TOO_FAR),
            ("empty clamp", OpError::Clamp, |op| op.clamp = EMPTY),
        ],
    );
    let concat = Concat {
        parts: [view(2, 3, 4), view(2, 3, 5)].into_iter().collect(),
        output: view(2, 3, 9),
    };
    table(
        &concat,
        Op::Concat,
        &[
            ("no parts", OpError::Shape, |op| op.parts.clear()),
            ("channels", OpError::Shape, |op| op.output.c = 10),
            ("rows", OpError::Shape, |op| op.parts[1].h = 1),
            ("zero point", OpError::ZeroPoint, |op| {
                op.parts[0].zero_point = 3
            }),
        ],
    );
    let gates = View {
        zero_point: -128,
        ..view(3, 1, 8)
    };
    let gate = Gate {
        gates,
        values: view(3, 1, 8),
        output: view(1, 1, 8),
        scale: HALF,
        clamp: FULL,
    };
    table(
        &gate,
        Op::Gate,
        &[
            ("gates", OpError::Shape, |op| op.gates.h = 2),
            ("output", OpError::Shape, |op| op.output.c = 24),
            ("zero point", OpError::ZeroPoint, |op| {
                op.gates.zero_point = 0
            }),
            ("shift", OpError::Scale, |op| op.scale = TOO_FAR),
            ("too many", OpError::Overflow, |op| {
                (op.gates.h, op.values.h) = (20_000, 20_000)
            }),
        ],
    );
}

#[test]
fn softmax() {
    let output = View {
        zero_point: -128,
        ..view(1, 1, 10)
    };
    let sound = Softmax {
        input: view(1, 1, 10),
        output,
        table: blob(832, 12),
    };
    table(
        &sound,
        Op::Softmax,
        &[
            ("sizes", OpError::Shape, |op| op.output.c = 9),
            ("too many", OpError::Shape, |op| {
                (op.input.c, op.output.c) = (4096, 4096)
            }),
            ("zero point", OpError::ZeroPoint, |op| {
                op.output.zero_point = 0
            }),
            ("no table", OpError::Weights, |op| op.table.len = 0),
            ("misaligned", OpError::Weights, |op| op.table.offset = 833),
            ("first is not one", OpError::Weights, |op| {
                op.table = blob(836, 8)
            }),
            ("last counts", OpError::Weights, |op| op.table.len = 8),
            ("negative", OpError::Weights, |op| op.table.offset = 844),
            ("too long", OpError::Weights, |op| op.table.len = 4 * 257),
            ("past the end", OpError::Weights, |op| {
                op.table.offset = 4092
            }),
        ],
    );
}

#[test]
fn recurrent() {
    let sound = Rnn {
        cell: Cell::Lstm,
        direction: Direction::Backward,
        input: view(7, 1, 5),
        hidden: 3,
        state: Span { offset: 4, len: 28 },
        scratch: Span {
            offset: 32,
            len: 52,
        },
        x_weights: blob(0, 60),
        x_bias: blob(0, 48),
        x_requant: requant(12),
        h_weights: blob(1, 36),
        h_bias: blob(0, 48),
        h_requant: requant(12),
        output: Some(view(7, 1, 3)),
    };
    table(
        &sound,
        Op::Rnn,
        &[
            ("no units", OpError::Shape, |op| op.hidden = 0),
            ("a picture", OpError::Shape, |op| op.input.w = 2),
            ("output", OpError::Shape, |op| {
                op.output = Some(view(7, 1, 4))
            }),
            ("zero point", OpError::ZeroPoint, |op| {
                op.output = Some(View {
                    zero_point: 1,
                    ..view(7, 1, 3)
                })
            }),
            ("state too short", OpError::Memory, |op| op.state.len = 27),
            ("state not aligned", OpError::Memory, |op| {
                op.state.offset = 6
            }),
            ("scratch too short", OpError::Memory, |op| {
                op.scratch.len = 50
            }),
            ("rounding", OpError::Rounding, |op| {
                op.h_requant.rounding = Rounding::Tflite
            }),
            ("weights of a GRU", OpError::Weights, |op| {
                op.cell = Cell::Gru
            }),
            ("input weights", OpError::Weights, |op| {
                op.x_weights.len = 59
            }),
            ("hidden biases", OpError::Weights, |op| op.h_bias.len = 44),
            ("bias too large", OpError::Overflow, |op| {
                op.x_bias.offset = 768
            }),
        ],
    );
    let read = RnnRead {
        cell: Cell::Gru,
        state: Span { offset: 4, len: 24 },
        mode: ReadMode::Mean,
        output: view(1, 1, 3),
    };
    table(
        &read,
        Op::RnnRead,
        &[
            ("a sequence", OpError::Shape, |op| op.output.h = 2),
            ("zero point", OpError::ZeroPoint, |op| {
                op.output.zero_point = -1
            }),
            ("another cell", OpError::Memory, |op| op.cell = Cell::Lstm),
            ("state not aligned", OpError::Memory, |op| {
                op.state.offset = 5
            }),
        ],
    );
}

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
