//! What the ops' checks refuse: sound records with one thing changed, and the exact error for each.

mod refusals;

use refusals::{
    Change, EMPTY, FULL, HALF, TOO_FAR, TOO_SMALL, blob, check, requant, table, view, window,
};
use tillsense_core::model::records::{
    Add, BagMode, Cell, Concat, Conv, Dense, Direction, Embedding, EmbeddingBag, Gate, Ids, Lookup,
    Op, Pool, Product, ReadMode, Rnn, RnnRead, Rounding, Scale, Softmax, Span, View,
};
use tillsense_core::ops::OpError;

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
