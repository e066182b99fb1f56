//! Packs one plain op for a target's kernels.

use tillsense_core::model::records::{
    Conv, Dense, Op, Packed, PackedConv, PackedDense, PackedDepthwise, PackedRnn, Packing, Rnn,
    Span,
};
use tillsense_core::ops::{self, packed_rnn_scratch_len};
use tillsense_core::size::Size;
use tillsense_core::tensor::Weights;

use super::matrix::Plain;
use crate::lower::blobs::Blobs;

/// The algorithm that computes a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// One product after the other.
    Direct,
    /// Winograd's F(2x2, 3x3): fewer products, more flash.
    Winograd,
}

/// The packed form of an op whose constants lie in `from`, with the section of its own constants; `None` where the op has no
/// packed form, or the core would not take it. The scratch of the packed op has a length and lies at 0.
pub fn packed(
    op: &Op,
    packing: Packing,
    algorithm: Algorithm,
    from: &Weights<'_>,
) -> Option<(Op, Blobs)> {
    let mut to = Blobs::default();
    let packed = match op {
        Op::Conv2d(c) if algorithm == Algorithm::Winograd => winograd(c, packing, from, &mut to)?,
        Op::Conv2d(c) => conv(c, packing, from, &mut to)?,
        Op::DepthwiseConv2d(c) => depthwise(c, packing, from, &mut to)?,
        Op::Dense(d) => dense(d, packing, from, &mut to)?,
        Op::Rnn(r) => rnn(r, packing, from, &mut to)?,
        _ => return None,
    };
    // Addresses come later; the core's check wants an aligned one for the state.
    let mut probe = packed.clone();
    if let Op::PackedRnn(r) = &mut probe {
        r.state.offset = 0;
    }
    let section = to.so_far();
    let accepted = ops::check(&probe, &Weights::new(&section)).is_ok();
    accepted.then_some((packed, to))
}

/// The scratch of a packed op; `None` for ops without.
pub fn scratch(op: &mut Op) -> Option<&mut Span> {
    match op {
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => Some(&mut c.scratch),
        Op::PackedDepthwise(c) => Some(&mut c.scratch),
        Op::PackedDense(d) => Some(&mut d.scratch),
        Op::PackedRnn(r) => Some(&mut r.scratch),
        _ => None,
    }
}

fn conv(c: &Conv, packing: Packing, from: &Weights<'_>, to: &mut Blobs) -> Option<Op> {
    let kernel = (c.window.kernel.0.into(), c.window.kernel.1.into());
    let matrix = plain_conv(c, from)?.conv(packing, kernel, to)?;
    let scratch = packing
        .conv_scratch_len(&c.window, &c.input, c.output.w)
        .get()?;
    Some(Op::PackedConv2d(conv_record(c, matrix, scratch)))
}

fn winograd(c: &Conv, packing: Packing, from: &Weights<'_>, to: &mut Blobs) -> Option<Op> {
    let (rows, channels) = (usize::from(c.output.c), usize::from(c.input.c));
    let plain = (c.window.kernel, c.window.stride, c.window.dilation) == ((3, 3), (1, 1), (1, 1));
    let fits = plain && packing.takes_winograd(rows, channels);
    let matrix = fits.then(|| plain_conv(c, from)?.winograd(packing, to))??;
    let scratch = packing.winograd_scratch_len(rows, channels).get()?;
    Some(Op::WinogradConv2d(conv_record(c, matrix, scratch)))
}

fn plain_conv<'a>(c: &Conv, from: &Weights<'a>) -> Option<Plain<'a>> {
    Plain::new(
        from,
        (c.weights, c.bias, &c.requant),
        (c.output.c.into(), depth(c)),
        (c.input.zero_point, c.output.zero_point),
    )
}

fn conv_record(c: &Conv, matrix: Packed, scratch: usize) -> PackedConv {
    PackedConv {
        input: c.input,
        output: c.output,
        window: c.window,
        matrix,
        clamp: c.clamp,
        scratch: span(scratch),
        pool: None,
    }
}

fn depthwise(c: &Conv, packing: Packing, from: &Weights<'_>, to: &mut Blobs) -> Option<Op> {
    let (channels, taps) = (usize::from(c.output.c), taps(c));
    let kernel = (c.window.kernel.0.into(), c.window.kernel.1.into());
    let plain = Plain::new(
        from,
        (c.weights, c.bias, &c.requant),
        (channels, taps),
        (c.input.zero_point, c.output.zero_point),
    )?;
    Some(Op::PackedDepthwise(PackedDepthwise {
        input: c.input,
        output: c.output,
        window: c.window,
        matrix: plain.row_last().depthwise(packing, kernel, to)?,
        clamp: c.clamp,
        scratch: span(
            packing
                .depthwise_scratch_len(&c.window, &c.input)
                .up_to(4)
                .get()?,
        ),
    }))
}

fn dense(d: &Dense, packing: Packing, from: &Weights<'_>, to: &mut Blobs) -> Option<Op> {
    let (rows, depth) = (d.output.len(), d.input.len());
    let plain = Plain::new(
        from,
        (d.weights, d.bias, &d.requant),
        (rows, depth),
        (d.input.zero_point, d.output.zero_point),
    )?;
    let padded = Size::of(packing.depth(depth));
    Some(Op::PackedDense(PackedDense {
        input: d.input,
        output: d.output,
        matrix: plain.direct(packing, to)?,
        clamp: d.clamp,
        scratch: span(if padded.is(depth) {
            0
        } else {
            padded.up_to(4).get()?
        }),
    }))
}

fn rnn(r: &Rnn, packing: Packing, from: &Weights<'_>, to: &mut Blobs) -> Option<Op> {
    let rows = r.cell.gates() * usize::from(r.hidden);
    let x = Plain::new(
        from,
        (r.x_weights, r.x_bias, &r.x_requant),
        (rows, r.input.c.into()),
        (r.input.zero_point, 0),
    )?;
    let h = Plain::new(
        from,
        (r.h_weights, r.h_bias, &r.h_requant),
        (rows, r.hidden.into()),
        (0, 0),
    )?;
    Some(Op::PackedRnn(PackedRnn {
        cell: r.cell,
        direction: r.direction,
        input: r.input,
        hidden: r.hidden,
        state: r.state,
        scratch: span(packed_rnn_scratch_len(packing, r.cell, r.hidden, r.input.c)),
        x: x.wide(packing, to)?,
        h: h.wide(packing, to)?,
        output: r.output,
    }))
}

fn taps(c: &Conv) -> usize {
    usize::from(c.window.kernel.0) * usize::from(c.window.kernel.1)
}

fn depth(c: &Conv) -> usize {
    taps(c) * usize::from(c.input.c)
}

fn span(len: usize) -> Span {
    Span {
        offset: 0,
        len: len as u32,
    }
}
