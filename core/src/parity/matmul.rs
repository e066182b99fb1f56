//! Cases of matrix products, against plain indexing.

use super::bench::{Bench, Digest, accepted};
use super::oracle::{requantise, store};
use super::{Mismatch, SplitMix64};
use crate::model::records::{Matmul, Operand, View};
use crate::ops;
use crate::tensor::Weights;

pub(super) fn matmul(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let matrices = rng.size(3);
    let [m, k, n] = [rng.size(7), rng.size(30), rng.size(7)];
    let constant = rng.between(0, 3);
    let a = operand(rng, &mut bench, (matrices, m, k), constant == 1)?;
    let b = operand(rng, &mut bench, (matrices, k, n), constant == 2)?;
    let bits = 13 + i64::from(k.ilog2()) / 2;
    let op = Matmul {
        a,
        b,
        output: View {
            offset: 0,
            h: matrices,
            w: m,
            c: n,
            zero_point: rng.zero_point(),
        },
        scale: rng.scale(bits, -31, 30),
        rounding: rng.rounding(),
        clamp: rng.clamp(),
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::matmul::check(&op, &weights))?;
    let left = bench.memory.random_anywhere(rng, op.a.view.len())?;
    let right = bench.memory.random_anywhere(rng, op.b.view.len())?;
    let y = bench.memory.anywhere(rng, op.output.len())?;
    ops::matmul(&op, &weights, left, right, y);
    let value = |side: &Operand, values: &[i8], (matrix, row, column): (usize, usize, usize)| {
        let (row, column) = match side.transposed {
            false => (row, column),
            true => (column, row),
        };
        let matrix = if side.view.h == 1 { 0 } else { matrix };
        let at = (matrix * usize::from(side.view.w) + row) * usize::from(side.view.c) + column;
        let values = side.constant.map_or(values, |blob| weights.i8s(blob));
        i64::from(values[at]) - i64::from(side.view.zero_point)
    };
    let (m, n) = (usize::from(m), usize::from(n));
    let mut digest = Digest::new();
    for (i, &got) in y.iter().enumerate() {
        let (matrix, row, column) = (i / n / m, i / n % m, i % n);
        let terms = (0..usize::from(k)).map(|term| {
            value(&op.a, left, (matrix, row, term)) * value(&op.b, right, (matrix, term, column))
        });
        let scaled = requantise(
            op.rounding,
            terms.sum(),
            op.scale.multiplier,
            op.scale.shift,
        );
        digest.expect(i, got, store(scaled, &op.output, &op.clamp))?;
    }
    Ok(digest)
}

/// An operand of so many matrices, or of one for all, of a size as they are multiplied.
fn operand(
    rng: &mut SplitMix64,
    bench: &mut Bench<'_>,
    (matrices, rows, columns): (u16, u16, u16),
    constant: bool,
) -> Result<Operand, Mismatch> {
    let transposed = rng.one_in(2);
    let (w, c) = match transposed {
        false => (rows, columns),
        true => (columns, rows),
    };
    let view = View {
        offset: 0,
        h: *rng.pick(&[1, matrices]),
        w,
        c,
        zero_point: rng.zero_point(),
    };
    let constant = match constant {
        true => Some(bench.weights.i8s(rng, view.len(), -128)?),
        false => None,
    };
    Ok(Operand {
        view,
        transposed,
        constant,
    })
}
