//! Files that load in no time and would keep a terminal busy for hours, and files whose checks would: refused, by counting.
//! What people train stays far inside the limits.

mod support;

use support::shapes::FULL;
use support::{Network, Part, bytes_of, network};
use tillsense_core::engine::work::{MAX_READS, MAX_WORK, MIN_READS, taken};
use tillsense_core::engine::{LoadError, Model};
use tillsense_core::model::records::{
    Blob, Conv, Dense, Field, FieldKind, Op, Packed, PackedConv, Packing, Pool, Requant, Rounding,
    Scale, Source, Span, View, Window,
};

/// Parts of the plan: a picture's, and a step of a sequence's.
const PHOTO: Part = Part::Step(0);
const MONTH: Part = Part::Step(5);

/// Biases of 0 and factors of 1/2.
fn finish(network: &mut Network, channels: usize) -> (Blob, Requant) {
    let half = (1i32 << 30).to_le_bytes();
    let requant = Requant {
        rounding: Rounding::Nearest,
        multipliers: network.constant(&half.repeat(channels)),
        shifts: network.constant(&vec![0; channels]),
    };
    (network.constant(&vec![0; 4 * channels]), requant)
}

fn conv(network: &mut Network, input: View, output: View, window: Window) -> Op {
    let terms = usize::from(window.kernel.0) * usize::from(window.kernel.1);
    let len = terms * usize::from(input.c) * usize::from(output.c);
    let weights = network.constant(&vec![1; len]);
    let (bias, requant) = finish(network, output.c.into());
    Op::Conv2d(Conv {
        input,
        output,
        window,
        weights,
        bias,
        requant,
        clamp: FULL,
    })
}

fn square(kernel: u16, pad: u16) -> Window {
    Window {
        kernel: (kernel, kernel),
        stride: (1, 1),
        dilation: (1, 1),
        pad_before: (pad, pad),
        pad_after: (pad, pad),
    }
}

/// The model with a picture of this size; a first op takes it, and the encoding is made of its first bytes.
fn with_picture(side: (u16, u16), op: impl FnOnce(&mut Network, View) -> Op) -> Network {
    let mut network = network(1);
    let picture = network.region((side.0, side.1, 1));
    let Source::Image(params) = &mut network.inputs[0].source else {
        panic!("input 0 is a picture");
    };
    params.output = picture;
    let op = op(&mut network, picture);
    let Some(Op::Dense(mut last)) = network.ops_mut(PHOTO).pop() else {
        panic!("a dense layer writes the encoding");
    };
    last.input.offset = picture.offset;
    *network.ops_mut(PHOTO) = vec![op, Op::Dense(last)];
    network
}

#[test]
fn a_small_file_that_pools_for_hours_is_refused() {
    let pooled = |kernel: u16, outputs: u16| {
        with_picture((4096, 4096), |network, input| {
            let output = network.region((outputs, outputs, 1));
            Op::MaxPool(Pool {
                input,
                output,
                window: square(kernel, 0),
                clamp: FULL,
            })
        })
    };
    assert_eq!(pooled(3, 4094).error(), None);
    assert_eq!(pooled(512, 3585).error(), Some(LoadError::Work));
}

#[test]
fn padding_makes_no_outputs_without_counting() {
    let padded = |pad: u16, channels: u16| {
        with_picture((1, 8), |network, input| {
            let output = network.region((2 * pad - 1, 2 * pad + 6, channels));
            conv(network, input, output, square(3, pad))
        })
    };
    assert_eq!(padded(255, 64).error(), None);
    assert_eq!(padded(1024, 15).error(), None);
    // The same op for each step of a sequence, over what its frontend wrote.
    let mut network = padded(255, 64);
    let op = network.ops(PHOTO)[0].clone();
    let Source::Sequence(params) = &mut network.inputs[5].source else {
        panic!("input 5 is a sequence");
    };
    params.max_steps = 1000;
    let features = params.output;
    let Op::Conv2d(mut op) = op else {
        unreachable!()
    };
    op.input = View { c: 1, ..features };
    op.output.w = 2 * 255 - 1;
    network.ops_mut(MONTH).push(Op::Conv2d(op));
    assert_eq!(network.error(), Some(LoadError::Work));
    let Source::Sequence(params) = &mut network.inputs[5].source else {
        unreachable!()
    };
    params.max_steps = 2;
    assert_eq!(network.error(), None);
}

/// What reports say is what a load counts: to the step.
#[test]
fn what_is_counted_again_is_what_was_counted() {
    let with_steps = |steps: u16| {
        let mut network = network(1);
        let Source::Sequence(params) = &mut network.inputs[5].source else {
            panic!("input 5 is a sequence");
        };
        params.max_steps = steps;
        let input = View {
            c: 1,
            ..params.output
        };
        let output = network.region((509, 509, 64));
        let op = conv(&mut network, input, output, square(3, 255));
        network.ops_mut(MONTH).push(op);
        network
    };
    let counted = |steps: u16| {
        let file = with_steps(steps).file();
        taken(&Model::load(file.bytes()).unwrap())
    };
    let (one, two) = (counted(1), counted(2));
    assert_eq!((one.reads, one.ops), (two.reads, two.ops));
    let parts = with_steps(1);
    let ops: usize = parts
        .parts()
        .iter()
        .map(|&part| parts.ops(part).len())
        .sum();
    assert_eq!(one.ops, ops);
    assert!(one.reads < one.most_reads);
    let each = two.steps - one.steps;
    let most = 1 + ((MAX_WORK - one.steps) / each) as u16;
    assert!(counted(most).steps <= MAX_WORK);
    assert_eq!(with_steps(most + 1).error(), Some(LoadError::Work));
}

#[test]
fn scratch_that_is_cleared_for_each_output_counts() {
    // Dilated columns: a strip for each output, of which every one has padding in it.
    let dilated = |scratch: u32| {
        with_picture((1, 8), |network, input| {
            let output = network.region((1, 4104, 4));
            let factor: [u8; 16] = bytemuck::cast([0, 1 << 30, 1, 1i32]);
            let matrix = Packed {
                packing: Packing::Vectors,
                rounding: Rounding::Nearest,
                left: 0,
                weights: network.constant(&[0; 4 * 16]),
                factors: network.constant(&factor.repeat(4)),
            };
            let place = network.region((1024, 4096, 1));
            let window = Window {
                kernel: (1, 3),
                stride: (1, 1),
                dilation: (1, 4),
                pad_before: (0, 2052),
                pad_after: (0, 2052),
            };
            Op::PackedConv2d(PackedConv {
                input,
                output,
                window,
                matrix,
                clamp: FULL,
                scratch: Span {
                    offset: place.offset,
                    len: scratch,
                },
                pool: None,
            })
        })
    };
    assert_eq!(dilated(16).error(), None);
    assert_eq!(dilated(4 << 20).error(), Some(LoadError::Work));
}

#[test]
fn many_records_that_name_the_same_large_constants_are_refused() {
    let layers = |count: usize| {
        let mut network = network(1);
        let input = network.inputs[5].encoding;
        let output = network.region((1, 1, 16_384));
        let weights = network.constant(&vec![1; 8 * 16_384]);
        let (bias, requant) = finish(&mut network, 16_384);
        let layer = Op::Dense(Dense {
            input,
            output,
            weights,
            bias,
            requant,
            clamp: FULL,
        });
        let more = std::iter::repeat_n(layer, count);
        network.ops_mut(Part::Trunk).splice(0..0, more);
        network
    };
    let bytes = layers(1).weights.len();
    // Two bytes for each step of a row: 24, and one a weight.
    let most = (MAX_READS as usize * bytes + MIN_READS as usize) / (2 * 16_384 * (24 + 8));
    assert_eq!(layers(most - 1).error(), None);
    assert_eq!(layers(most + 1).error(), Some(LoadError::Work));
}

/// A client's record of these fields, which a dense layer takes.
fn with_fields(fields: &[(&'static str, FieldKind<'static>)], width: u16) -> Network {
    let mut network = network(1);
    let offset = network.fields.len() as u32;
    for &(name, kind) in fields {
        network.fields.extend(bytes_of(&Field { name, kind }));
    }
    let output = network.region((1, 1, width));
    let len = network.fields.len() as u32 - offset;
    let Source::Record(params) = &mut network.inputs[4].source else {
        panic!("input 4 is a record");
    };
    let before = params.output;
    params.output = output;
    params.field_count = fields.len() as u8;
    params.fields = Span { offset, len };
    let Op::Dense(first) = &mut network.ops_mut(Part::Step(4))[0] else {
        panic!("a dense layer takes the record");
    };
    assert!(before.c <= width);
    first.input.offset = output.offset;
    network
}

#[test]
fn names_that_are_compared_each_with_each_count() {
    let category = |letters: usize| {
        let names: Vec<String> = (0..256)
            .map(|n| format!("{n:0letters$}", letters = letters))
            .collect();
        let names: &'static str = names.join("\n").leak();
        FieldKind::Category {
            names,
            other: false,
            one: 64,
        }
    };
    let two = |letters: usize| {
        let fields = ["first", "second"].map(|name| (name, category(letters)));
        with_fields(&fields, 512)
    };
    assert_eq!(two(20).error(), None);
    assert_eq!(two(200).error(), Some(LoadError::Work));
    let number = FieldKind::Number {
        decimals: 0,
        log: false,
        center: 0,
        scale: Scale {
            multiplier: 1 << 30,
            shift: 0,
        },
        flag: false,
        one: 64,
    };
    let many = |letters: usize| {
        let name = |n: usize| &*format!("{n:0letters$}", letters = letters).leak();
        let fields: Vec<_> = (0..255).map(|n| (name(n), number)).collect();
        with_fields(&fields, 255)
    };
    assert_eq!(many(20).error(), None);
    assert_eq!(many(400).error(), Some(LoadError::Work));
}

#[test]
fn a_stream_of_32_767_steps_loads() {
    let mut network = network(1);
    let Source::Audio(sound) = &mut network.inputs[1].source else {
        panic!("input 1 is sound");
    };
    sound.max_steps = 32_767;
    let Source::Sequence(months) = &mut network.inputs[5].source else {
        panic!("input 5 is a sequence");
    };
    months.max_steps = 32_767;
    assert_eq!(network.error(), None);
}

#[test]
fn a_picture_network_of_12_million_products_is_small() {
    let loads = |copies: usize| {
        let mut network = with_picture((1, 1), |network, _| {
            let input = network.region((20, 20, 64));
            let output = network.region((18, 18, 64));
            conv(network, input, output, square(3, 0))
        });
        let Op::Conv2d(op) = network.ops(PHOTO)[0].clone() else {
            unreachable!()
        };
        // What it reads is written by a pool over the picture, padded to its size.
        let first = network.region((20, 20, 1));
        let Source::Image(params) = &mut network.inputs[0].source else {
            unreachable!()
        };
        params.output = first;
        let spread = conv(&mut network, first, op.input, square(1, 0));
        let ops = network.ops_mut(PHOTO);
        if let Op::Dense(last) = &mut ops[1] {
            last.input.offset = first.offset;
        }
        ops.splice(0..1, [spread]);
        let more = std::iter::repeat_n(Op::Conv2d(op), copies);
        ops.splice(1..1, more);
        network.error()
    };
    assert_eq!(loads(1), None);
    // The sixtieth part of what may be.
    assert_eq!(loads(60), None);
    const { assert!(60 * 18 * 18 * 64 * 9 * 64 < MAX_WORK / 8) };
}

#[test]
fn names_that_are_read_again_with_every_piece_have_a_limit() {
    let with_name = |bytes: usize, steps: u16| {
        let mut network = network(1);
        network.inputs[0].name = "n".repeat(bytes).leak();
        let Source::Sequence(months) = &mut network.inputs[5].source else {
            panic!("a sequence");
        };
        months.max_steps = steps;
        network.error()
    };
    assert_eq!(with_name(60_000, 32_767), None);
    assert_eq!(with_name(1 << 16, 2), Some(LoadError::Count));
}

#[test]
fn heads_that_are_read_again_with_every_verdict_have_a_limit() {
    let with_heads = |count: usize, bytes: usize| {
        let mut network = network(1);
        let head = network.heads[0];
        let name: &'static str = "n".repeat(bytes).leak();
        network.heads = vec![tillsense_core::model::records::Head { name, ..head }; count];
        network.error()
    };
    assert_eq!(with_heads(8, 10_000), None);
    assert_eq!(with_heads(255, 20_000), Some(LoadError::Count));
}

/// A matrix of one column in vectors of 16 takes 64 bytes of padded weights for each weight of a block.
#[test]
fn padded_weights_and_factors_count_as_read() {
    let packing = Packing::Vectors;
    let with_ops = |ops: usize| {
        let mut network = network(1);
        let rows = 32 * 1024usize;
        let input = View {
            c: 1,
            ..network.inputs[5].encoding
        };
        let output = network.region((1, 32, 1024));
        let mut bytes = vec![0; packing.weights_len(rows, 1).get().unwrap()];
        packing.pack(rows, 1, &mut bytes, |_, _| 1);
        let weights = network.constant(&bytes);
        let factor = [0i32, 1 << 30, 1, 1].map(i32::to_le_bytes).concat();
        let factors = network.constant(&factor.repeat(rows));
        let matrix = Packed {
            packing,
            rounding: Rounding::Nearest,
            left: 0,
            weights,
            factors,
        };
        let scratch = network.region((1, 1, 16));
        let dense = Op::PackedDense(tillsense_core::model::records::PackedDense {
            input,
            output,
            matrix,
            clamp: FULL,
            scratch: Span {
                offset: scratch.offset,
                len: 16,
            },
        });
        let more = std::iter::repeat_n(dense, ops);
        network.ops_mut(Part::Trunk).splice(0..0, more);
        network.error()
    };
    assert_eq!(with_ops(4), None);
    assert_eq!(with_ops(128), Some(LoadError::Work));
}
