//! Arithmetic of two operands, each of which may stand for many places.

use super::common::{OpError, Store, check_clamp, check_i8s, check_scale, check_views, ensure};
use crate::model::records::{Pair, Pairwise, Scale, View};
use crate::num::{max, min, tflite};
use crate::size::Size;
use crate::tensor::Weights;

/// Bits by which sums and differences are raised before they are scaled.
const SUM_BITS: u32 = 20;

/// Bits by which the terms of a squared difference are raised.
const SQUARE_BITS: u32 = 7;

/// Checks shapes, scales, bounds and the constant operand. Terms of sums may not grow, those of a squared difference are at most halves,
/// so that the square stays in range; a maximum or minimum has one zero point.
pub fn check(op: &Pairwise, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.a, &op.b, &op.output])?;
    let sides = |view: &View| [view.h, view.w, view.c];
    let [a, b, output] = [&op.a, &op.b, &op.output].map(sides);
    let fits = a.iter().zip(b).zip(output).all(|((&a, b), output)| {
        (a == output || a == 1) && (b == output || b == 1) && (a == output || b == output)
    });
    ensure(fits, OpError::Shape)?;
    if let Some(values) = op.values {
        check_i8s(weights, values, Size::of(op.b.len()))?;
    }
    check_scale(&op.a_scale)?;
    check_scale(&op.b_scale)?;
    check_scale(&op.out_scale)?;
    let allowed = match op.kind {
        Pair::Sum | Pair::Difference | Pair::Reverse => {
            op.a_scale.shift <= 0 && op.b_scale.shift <= 0
        }
        Pair::SquaredDifference => is_half_or_less(op.a_scale) && is_half_or_less(op.b_scale),
        Pair::Product | Pair::Maximum | Pair::Minimum | Pair::Prelu => true,
    };
    ensure(allowed, OpError::Scale)?;
    let compares = matches!(op.kind, Pair::Maximum | Pair::Minimum);
    let zero = op.output.zero_point;
    let same = op.a.zero_point == zero && op.b.zero_point == zero;
    ensure(!compares || same, OpError::ZeroPoint)?;
    check_clamp(&op.clamp)
}

const fn is_half_or_less(scale: Scale) -> bool {
    scale.shift < 0 || (scale.shift == 0 && scale.multiplier <= 1 << 30)
}

/// `output = clamp(z_out + f(a - z_a, b - z_b))`, rounded by the `tflite` rule. An operand that is `None` is what the output holds; the
/// second one is constant where the record says so.
pub fn pairwise(
    op: &Pairwise,
    weights: &Weights<'_>,
    a: Option<&[i8]>,
    b: Option<&[i8]>,
    output: &mut [i8],
) {
    let b = op.values.map_or(b, |values| Some(weights.i8s(values)));
    let (a, b) = (Operand::new(&op.a, a), Operand::new(&op.b, b));
    let store = Store::new(&op.output, &op.clamp);
    let function = function(op.kind);
    let (columns, channels) = (usize::from(op.output.w), usize::from(op.output.c).max(1));
    for (place, pixel) in output.chunks_mut(channels).enumerate() {
        // Its width is at least 1 in any record that was checked.
        let (row, column) = (place / columns.max(1), place % columns.max(1));
        let (mut i, mut j) = (a.start(row, column), b.start(row, column));
        for out in pixel {
            let result = function(op, a.value(i, *out), b.value(j, *out));
            *out = store.value(result);
            i = i.wrapping_add(a.steps[2]);
            j = j.wrapping_add(b.steps[2]);
        }
    }
}

/// One operand: its values, and how far apart those of neighbouring places lie.
struct Operand<'a> {
    values: Option<&'a [i8]>,
    steps: [usize; 3],
    zero_point: i32,
}

impl<'a> Operand<'a> {
    fn new(view: &View, values: Option<&'a [i8]>) -> Self {
        let [h, w, c] = [view.h, view.w, view.c].map(usize::from);
        let step = |side: usize, step: usize| if side == 1 { 0 } else { step };
        Operand {
            values,
            steps: [step(h, w.wrapping_mul(c)), step(w, c), step(c, 1)],
            zero_point: view.zero_point.into(),
        }
    }

    fn start(&self, row: usize, column: usize) -> usize {
        let [rows, columns, _] = self.steps;
        row.wrapping_mul(rows)
            .wrapping_add(column.wrapping_mul(columns))
    }

    #[inline(always)]
    fn value(&self, at: usize, here: i8) -> i32 {
        let stored = self
            .values
            .map_or(here, |values| values.get(at).copied().unwrap_or(0));
        i32::from(stored) - self.zero_point
    }
}

/// A function of two values less their zero points.
type Function = fn(&Pairwise, i32, i32) -> i32;

fn function(kind: Pair) -> Function {
    match kind {
        Pair::Sum => |op, x, y| sum(op, x, y),
        Pair::Difference => |op, x, y| sum(op, x, -y),
        Pair::Reverse => |op, x, y| sum(op, -x, y),
        Pair::Product => |op, x, y| scaled(x * y, op.out_scale),
        Pair::SquaredDifference => squared_difference,
        Pair::Maximum => |_, x, y| max(x, y),
        Pair::Minimum => |_, x, y| min(x, y),
        Pair::Prelu => prelu,
    }
}

fn sum(op: &Pairwise, x: i32, y: i32) -> i32 {
    let sum = scaled(x << SUM_BITS, op.a_scale).wrapping_add(scaled(y << SUM_BITS, op.b_scale));
    scaled(sum, op.out_scale)
}

fn squared_difference(op: &Pairwise, x: i32, y: i32) -> i32 {
    let (x, y) = (
        scaled(x << SQUARE_BITS, op.a_scale),
        scaled(y << SQUARE_BITS, op.b_scale),
    );
    let difference = x.wrapping_sub(y);
    scaled(difference.wrapping_mul(difference), op.out_scale)
}

/// Of both results, the one that the sign asks for.
fn prelu(op: &Pairwise, x: i32, y: i32) -> i32 {
    let (kept, bent) = (scaled(x, op.a_scale), scaled(x * y, op.out_scale));
    let negative = x >> 31;
    (bent & negative) | (kept & !negative)
}

fn scaled(x: i32, scale: Scale) -> i32 {
    tflite(x, scale.multiplier, scale.shift.into())
}
