//! Chooses which convolutions are computed by Winograd's algorithm: those that save most instructions a byte of flash, as long
//! as the file stays within its allowed growth.

use std::collections::BTreeSet;

use tillsense_core::model::records::{Op, PackedConv, Packing};
use tillsense_core::tensor::Weights;

use super::Constants;
use super::layer::{Algorithm, packed};

/// A convolution that either algorithm can compute.
struct Candidate {
    node: usize,
    /// Instructions that Winograd's algorithm saves.
    saving: u64,
    /// Bytes of flash that it takes more.
    growth: u64,
}

/// Chooses nodes whose growth stays within `budget` bytes; `direct` is the program packed without Winograd's algorithm.
pub(in crate::lower) fn choose(
    plain: &Constants,
    direct: &Constants,
    packing: Packing,
    budget: usize,
) -> BTreeSet<usize> {
    let mut candidates = candidates(plain, direct, packing);
    candidates.sort_by(|a, b| {
        let (left, right) = (a.saving * b.growth, b.saving * a.growth);
        right.cmp(&left).then(a.node.cmp(&b.node))
    });
    let mut room = budget as u64;
    let mut chosen = BTreeSet::new();
    for candidate in candidates {
        if candidate.growth <= room {
            room -= candidate.growth;
            chosen.insert(candidate.node);
        }
    }
    chosen
}

fn candidates(plain: &Constants, direct: &Constants, packing: Packing) -> Vec<Candidate> {
    let section = plain.blobs.so_far();
    let from = Weights::new(&section);
    let ops = direct.program.parts.iter().flat_map(|part| &part.ops);
    let convolutions = ops.filter_map(|(op, node)| match op {
        Op::PackedConv2d(conv) => Some((conv, *node)),
        _ => None,
    });
    let candidate = |(conv, node): (&PackedConv, usize)| {
        let mut sources = plain.program.parts.iter().flat_map(|part| &part.ops);
        let source = sources.find(|(op, n)| *n == node && matches!(op, Op::Conv2d(_)))?;
        let (op, _) = packed(&source.0, packing, Algorithm::Winograd, &from)?;
        let Op::WinogradConv2d(other) = op else {
            return None;
        };
        let saving = direct_cost(conv, packing).checked_sub(winograd_cost(conv, packing))?;
        let growth = other
            .matrix
            .weights
            .len
            .saturating_sub(conv.matrix.weights.len);
        (saving > 0).then_some(Candidate {
            node,
            saving,
            growth: growth.into(),
        })
    };
    convolutions.filter_map(candidate).collect()
}

/// Estimated instructions of the direct algorithm, within 10 % of counts under QEMU for layers of 1 to 64 channels. The terms are
/// products, outputs, and patches, whose values are copied and on a Cortex-M4 widened.
///
/// The kernels of [`Packing::Pairs`] are counted on a Cortex-M4, those of other packings on RV32IMC.
fn direct_cost(conv: &PackedConv, packing: Packing) -> u64 {
    let w = &conv.window;
    let depth = usize::from(w.kernel.0) * usize::from(w.kernel.1) * usize::from(conv.input.c);
    let (depth, filters) = (packing.depth(depth) as u64, u64::from(conv.output.c));
    let (strips, rows) = strips(conv);
    let patches = strips * rows * u64::from(conv.output.w);
    let each = match packing {
        Packing::Pairs => (filters * (75 * depth + 1300) + 83 * depth) / 100 + 56,
        Packing::Quads | Packing::Vectors | Packing::Squares => {
            filters * (250 * depth + 2200) / 100 + 2 * depth + 140
        }
    };
    patches * each
}

/// Estimated instructions of Winograd's algorithm, with the same precision: 16 products for each tile of four outputs, each
/// output, and each tile, which is transformed.
fn winograd_cost(conv: &PackedConv, packing: Packing) -> u64 {
    let (channels, filters) = (u64::from(conv.input.c), u64::from(conv.output.c));
    let (strips, rows) = strips(conv);
    let tiles = strips * rows.div_ceil(2) * u64::from(conv.output.w).div_ceil(2);
    let each = match packing {
        Packing::Pairs => filters * (16 * 91 * channels + 4 * 800) / 100 + 1600,
        Packing::Quads | Packing::Vectors | Packing::Squares => {
            filters * (16 * 250 * channels + 4 * 3500) / 100 + 83 * channels + 400
        }
    };
    tiles * each
}

/// Strips of output rows as (number of strips, rows of each): tiles do not reach from one row of a pool to the next.
fn strips(conv: &PackedConv) -> (u64, u64) {
    match &conv.pool {
        Some(pool) => (pool.output.h.into(), pool.window.kernel.0.into()),
        None => (1, conv.output.h.into()),
    }
}

#[cfg(test)]
mod tests {
    use tillsense_core::model::records::{Blob, Clamp, Packed, Rounding, Span, View, Window};

    use super::*;

    fn conv(size: u16, channels: u16, filters: u16) -> PackedConv {
        let view = |c: u16| View {
            offset: 0,
            h: size,
            w: size,
            c,
            zero_point: 0,
        };
        let blob = Blob { offset: 0, len: 0 };
        PackedConv {
            input: view(channels),
            output: view(filters),
            window: Window {
                kernel: (3, 3),
                stride: (1, 1),
                dilation: (1, 1),
                pad_before: (1, 1),
                pad_after: (1, 1),
            },
            matrix: Packed {
                packing: Packing::Pairs,
                rounding: Rounding::Nearest,
                left: 0,
                weights: blob,
                factors: blob,
            },
            clamp: Clamp {
                min: -128,
                max: 127,
            },
            scratch: Span::default(),
            pool: None,
        }
    }

    fn check(packing: Packing, counted: &[(PackedConv, u64, Option<u64>)]) {
        let near = |got: u64, counted: u64| got.abs_diff(counted) * 10 <= counted;
        for (conv, direct, winograd) in counted {
            let got = direct_cost(conv, packing);
            assert!(near(got, *direct), "{got} for {direct}");
            if let Some(winograd) = *winograd {
                let got = winograd_cost(conv, packing);
                assert!(near(got, winograd), "{got} for {winograd}");
            }
        }
    }

    /// The figures are counts of `tillsense bench kernels --board mps2-an386 --all`.
    #[test]
    fn costs_are_near_what_was_counted_on_a_cortex_m4() {
        let counted = [
            (conv(28, 1, 8), 196_543, None),
            (conv(14, 8, 16), 242_958, Some(201_167)),
            (conv(32, 16, 16), 2_157_202, Some(1_467_269)),
            (conv(16, 32, 32), 1_946_017, Some(1_107_677)),
            (conv(8, 64, 64), 1_851_238, Some(1_004_569)),
        ];
        check(Packing::Pairs, &counted);
    }

    /// The figures are counts of `tillsense bench kernels --board riscv-virt --all`.
    #[test]
    fn costs_are_near_what_was_counted_on_rv32imc() {
        let counted = [
            (conv(28, 1, 8), 399_475, Some(356_411)),
            (conv(14, 8, 16), 679_730, Some(429_484)),
            (conv(32, 3, 16), 1_684_621, Some(1_173_854)),
            (conv(32, 16, 16), 6_577_773, Some(3_603_458)),
            (conv(16, 32, 32), 6_269_621, Some(3_107_354)),
            (conv(8, 64, 64), 6_135_417, Some(2_876_242)),
        ];
        check(Packing::Quads, &counted);
    }
}
