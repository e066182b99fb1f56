//! Lengths that do not fit 32 bits: whoever wrote them into a file and sealed it is refused, on a 32-bit host (run these with
//! `--target i686-unknown-linux-musl`, with and without overflow checks) as on a 64-bit one, with the same error.

#![allow(
    clippy::disallowed_methods,
    reason = "lengths of what is made here, not read from a file"
)]

mod support;

use support::shapes::FULL;
use support::{Network, Part, network};
use tillsense_core::engine::{LoadError, Model, OpRefusal};
use tillsense_core::model::header::HeaderError;
use tillsense_core::model::records::{
    Op, Packed, PackedConv, PackedDense, PackedDepthwise, Packing, Rounding, Source, Span, View,
    Window,
};
use tillsense_core::ops::OpError;
use tillsense_core::size::MAX_LEN;

/// The part of the plan that is changed, a picture's.
const PHOTO: Part = Part::Step(0);
/// Outputs of a row of [`wrapping_strip`].
const WIDTH: u16 = 44_024;

/// `depth` weights of 0 for each of `rows`, in no particular order.
fn matrix(network: &mut Network, packing: Packing, rows: usize, depth: usize) -> Packed {
    let factor: [u8; 16] = bytemuck::cast([0, 1 << 30, 1, 1i32]);
    Packed {
        packing,
        rounding: Rounding::Nearest,
        left: 0,
        weights: network.constant(&vec![0; rows * depth]),
        factors: network.constant(&factor.repeat(rows)),
    }
}

/// The window of 32,768 taps, one above the other, over a picture of one row: with the padding beside it, the strip that
/// [`Packing::Vectors`] lays out for a row of outputs has 2^32 values and more.
const TALL: Window = Window {
    kernel: (32_768, 1),
    stride: (1, 3),
    dilation: (1, 1),
    pad_before: (32_767, 65_535),
    pad_after: (0, 65_535),
};

/// A model that is sound but for the scratch of a convolution: none, where a strip of more than 2^32 bytes is needed.
fn wrapping_strip() -> Network {
    let mut network = network(1);
    let input = View {
        offset: network.arena_len.next_multiple_of(16),
        h: 1,
        w: 1000,
        c: 1,
        zero_point: 0,
    };
    let output = View {
        offset: input.offset + 1008,
        w: WIDTH,
        c: 4,
        ..input
    };
    network.arena_len = output.offset + 4 * u32::from(WIDTH);
    let Source::Image(photo) = &mut network.inputs[0].source else {
        panic!("input 0 is a picture");
    };
    photo.output = input;
    let conv = PackedConv {
        input,
        output,
        window: TALL,
        matrix: matrix(&mut network, Packing::Vectors, 4, 32_768),
        clamp: FULL,
        scratch: Span {
            offset: input.offset,
            len: 0,
        },
        pool: None,
    };
    let ops = network.ops_mut(PHOTO);
    let last = ops.pop();
    let Some(Op::Dense(mut last)) = last else {
        panic!("a dense layer writes the encoding");
    };
    last.input.offset = input.offset;
    *ops = vec![Op::PackedConv2d(conv), Op::Dense(last)];
    network
}

/// The error of the first op that takes the picture.
fn op_error(network: &Network, error: OpError) -> Option<LoadError> {
    let at = network.at(PHOTO, 0);
    let error = OpRefusal::Check(error);
    Some(LoadError::Op { at, error })
}

#[test]
fn a_strip_of_more_than_32_bits_does_not_pass_for_no_scratch_at_all() {
    let network = wrapping_strip();
    assert_eq!(network.error(), op_error(&network, OpError::Window));
}

#[test]
fn without_its_padding_the_same_model_wants_its_scratch_and_loads_with_it() {
    let mut network = wrapping_strip();
    let top = network.arena_len.next_multiple_of(4);
    let Op::PackedConv2d(conv) = &mut network.ops_mut(PHOTO)[0] else {
        unreachable!()
    };
    conv.window.pad_before = (32_767, 0);
    conv.window.pad_after = (0, 0);
    conv.output.w = 334;
    // 1000 columns of 32,768 taps; the strip ends with the last of them.
    let strip = 1000 * 32_768;
    conv.scratch = Span {
        offset: top,
        len: strip - 1,
    };
    network.arena_len = top + strip;
    assert_eq!(network.error(), op_error(&network, OpError::Memory));
    let Op::PackedConv2d(conv) = &mut network.ops_mut(PHOTO)[0] else {
        unreachable!()
    };
    conv.scratch.len = strip;
    assert_eq!(network.error(), None);
}

#[test]
fn rows_of_more_than_32_bits_do_not_pass_for_an_empty_matrix() {
    for packing in Packing::ALL {
        let mut network = network(1);
        let Some(Op::Dense(last)) = network.ops_mut(PHOTO).pop() else {
            panic!("a dense layer writes the encoding");
        };
        let dense = PackedDense {
            input: last.input,
            output: View {
                offset: 0,
                h: u16::MAX,
                w: u16::MAX,
                c: u16::MAX,
                zero_point: 0,
            },
            matrix: matrix(&mut network, packing, 0, 0),
            clamp: FULL,
            scratch: Span::default(),
        };
        network
            .ops_mut(PHOTO)
            .splice(.., [Op::PackedDense(dense), Op::Dense(last)]);
        assert_eq!(network.error(), op_error(&network, OpError::Shape));
    }
}

#[test]
fn filters_of_more_than_32_bits_do_not_pass_for_none() {
    for packing in Packing::ALL {
        let mut network = network(1);
        let input = View {
            offset: 0,
            h: 2,
            w: 1,
            c: 65_532,
            zero_point: 0,
        };
        let window = Window {
            kernel: (u16::MAX, u16::MAX),
            stride: (u16::MAX, u16::MAX),
            dilation: (1, 1),
            pad_before: (u16::MAX, u16::MAX),
            pad_after: (0, 0),
        };
        let conv = PackedDepthwise {
            input,
            output: View { h: 1, ..input },
            window,
            matrix: matrix(&mut network, packing, 0, 0),
            clamp: FULL,
            scratch: Span::default(),
        };
        network.ops_mut(PHOTO)[0] = Op::PackedDepthwise(conv);
        assert_eq!(network.error(), op_error(&network, OpError::Window));
    }
}

#[test]
fn lengths_beyond_the_limit_are_refused_before_anything_else() {
    type Change = (&'static str, fn(&mut Network));
    let cases: [Change; 3] = [
        ("arena", |n| n.arena_len = MAX_LEN + 1),
        ("arena of 32 bits", |n| n.arena_len = u32::MAX),
        ("all kept", |n| {
            n.persistent_len = u32::MAX;
            n.arena_len = u32::MAX;
        }),
    ];
    for (name, change) in cases {
        let mut network = network(1);
        change(&mut network);
        let wanted = LoadError::Header(HeaderError::TooLarge);
        assert_eq!(network.error(), Some(wanted), "{name}");
    }
    let mut longest = network(1);
    longest.arena_len = MAX_LEN;
    assert_eq!(longest.error(), None);
    let mut draft = network(1).draft();
    draft.header.max_input = MAX_LEN + 1;
    let wanted = LoadError::Header(HeaderError::TooLarge);
    assert_eq!(Model::load(draft.file().bytes()).err(), Some(wanted));
}

#[test]
fn a_region_whose_end_has_more_than_32_bits_lies_outside_the_arena() {
    let mut network = network(1);
    let Op::Conv2d(conv) = &mut network.ops_mut(PHOTO)[0] else {
        panic!("a convolution takes the picture");
    };
    conv.output.offset = u32::MAX;
    let wanted = LoadError::Op {
        at: network.at(PHOTO, 0),
        error: OpRefusal::OutsideArena,
    };
    assert_eq!(network.error(), Some(wanted));
}
