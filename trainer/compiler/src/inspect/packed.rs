//! How packed layers are computed, and what that costs.

use tillsense_core::model::records::{Op, Packed, PackedConv, PoolKind};

use super::PackedLayer;
use crate::target::order;

/// Bytes that a plain row takes beside its weights: bias, multiplier, shift.
const PLAIN_ROW: usize = 4 + 4 + 1;

/// The layer of a packed op.
pub(super) fn packed_layer(op: &Op) -> Option<PackedLayer> {
    match op {
        Op::PackedConv2d(c) => Some(conv(c, "direct")),
        Op::WinogradConv2d(c) => Some(conv(c, "winograd")),
        Op::PackedDepthwise(c) => {
            let taps = usize::from(c.window.kernel.0) * usize::from(c.window.kernel.1);
            let matrix = [(&c.matrix, usize::from(c.output.c), taps)];
            Some(layer(&matrix, "direct", c.scratch.len))
        }
        Op::PackedSeparable(c) => {
            let (first, second) = (&c.depthwise, &c.pointwise);
            let taps = usize::from(first.window.kernel.0) * usize::from(first.window.kernel.1);
            let channels = usize::from(second.input.c);
            let filters = (&first.matrix, channels, taps);
            let matrix = (&second.matrix, usize::from(second.output.c), channels);
            let scratch = first.scratch.len + second.scratch.len;
            Some(layer(&[filters, matrix], "row by row", scratch))
        }
        Op::PackedDense(d) => {
            let matrix = [(&d.matrix, d.output.len(), d.input.len())];
            Some(layer(&matrix, "direct", d.scratch.len))
        }
        Op::PackedRnn(r) => {
            let rows = r.cell.gates() * usize::from(r.hidden);
            let x = (&r.x, rows, usize::from(r.input.c));
            let h = (&r.h, rows, usize::from(r.hidden));
            Some(layer(&[x, h], "direct", r.scratch.len))
        }
        _ => None,
    }
}

fn conv(c: &PackedConv, algorithm: &'static str) -> PackedLayer {
    let taps = usize::from(c.window.kernel.0) * usize::from(c.window.kernel.1);
    let depth = taps * usize::from(c.input.c);
    let pool = c.pool.as_ref().map(|pool| {
        let kind = match pool.kind {
            PoolKind::Max => "max",
            PoolKind::Average => "average",
        };
        let ((kh, kw), rows) = (pool.window.kernel, pool.rows(&c.output));
        format!("{kind} {kh}x{kw} of {}x{}x{}", rows.h, rows.w, rows.c)
    });
    let matrix = [(&c.matrix, usize::from(c.output.c), depth)];
    PackedLayer {
        pool,
        ..layer(&matrix, algorithm, c.scratch.len)
    }
}

/// Matrices with their rows and depth.
fn layer(
    matrices: &[(&Packed, usize, usize)],
    algorithm: &'static str,
    scratch: u32,
) -> PackedLayer {
    let extra = matrices.iter().map(|(matrix, rows, depth)| {
        let packed = i64::from(matrix.weights.len) + i64::from(matrix.factors.len);
        packed - (rows * (depth + PLAIN_ROW)) as i64
    });
    PackedLayer {
        order: matrices
            .first()
            .map_or("", |(matrix, ..)| order(matrix.packing)),
        algorithm,
        pool: None,
        scratch: scratch as usize,
        extra_flash: extra.sum(),
    }
}
