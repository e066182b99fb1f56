//! Products of matrices that are both values, or one of which is a constant.

use super::common::{OpError, Store, check_clamp, check_i8s, check_scale, check_views, ensure};
use crate::model::records::{Matmul, Operand, Rounding};
use crate::num::{ACC_LIMIT, nearest_by_call, tflite};
use crate::size::Size;
use crate::tensor::Weights;

/// Largest magnitude of a product of two values less their zero points.
const MOST: usize = 255 * 255;

/// Checks shapes `[matrices, m, k]` and `[matrices, k, n]` to `[matrices, m, n]`, factor, bounds and constants.
pub fn check(op: &Matmul, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.a.view, &op.b.view, &op.output])?;
    let (a, b) = (sides(&op.a), sides(&op.b));
    let fits = (a.1, b.0, a.0, b.1) == (b.0, a.1, op.output.w, op.output.c);
    let matrices = |operand: &Operand| [1, op.output.h].contains(&operand.view.h);
    ensure(fits && matrices(&op.a) && matrices(&op.b), OpError::Shape)?;
    let both = op.a.constant.is_some() && op.b.constant.is_some();
    ensure(!both, OpError::Weights)?;
    for operand in [&op.a, &op.b] {
        if let Some(constant) = operand.constant {
            check_i8s(weights, constant, Size::of(operand.view.len()))?;
        }
    }
    let most = Size::of(usize::from(a.1)).times(MOST).or_beyond();
    ensure(most < ACC_LIMIT as usize, OpError::Overflow)?;
    check_scale(&op.scale)?;
    check_clamp(&op.clamp)
}

/// Rows and columns of a matrix as it is multiplied.
fn sides(operand: &Operand) -> (u16, u16) {
    match operand.transposed {
        false => (operand.view.w, operand.view.c),
        true => (operand.view.c, operand.view.w),
    }
}

/// `output = clamp(z_out + round(scale * sum_k (a - z_a) * (b - z_b)))`; an operand that is a constant is read from the weights.
pub fn matmul(op: &Matmul, weights: &Weights<'_>, a: &[i8], b: &[i8], output: &mut [i8]) {
    let a = Side::new(&op.a, op.a.transposed, weights, a);
    let b = Side::new(&op.b, !op.b.transposed, weights, b);
    let store = Store::new(&op.output, &op.clamp);
    let (m, n) = (usize::from(op.output.w), usize::from(op.output.c).max(1));
    let rows = output.chunks_exact_mut(n).enumerate();
    for (place, row) in rows {
        let (matrix, line) = (place / m.max(1), place % m.max(1));
        for (column, out) in row.iter_mut().enumerate() {
            let terms = a.line(matrix, line).zip(b.line(matrix, column));
            let sum = terms.fold(0i32, |sum, (a, b)| sum.wrapping_add(a.wrapping_mul(b)));
            let (multiplier, shift) = (op.scale.multiplier, op.scale.shift.into());
            *out = store.value(match op.rounding {
                Rounding::Nearest => nearest_by_call(sum, multiplier, shift),
                Rounding::Tflite => tflite(sum, multiplier, shift),
            });
        }
    }
}

/// An operand's values, and where those of one line lie: a row of the first, a column of the second.
struct Side<'a> {
    values: &'a [i8],
    zero_point: i32,
    matrix_step: usize,
    line_step: usize,
    step: usize,
    terms: usize,
}

impl<'a> Side<'a> {
    /// An operand whose lines lie one after the other, or, `across`, beside one another.
    fn new(operand: &Operand, across: bool, weights: &Weights<'a>, values: &'a [i8]) -> Self {
        let (view, c) = (&operand.view, usize::from(operand.view.c));
        let w = usize::from(view.w);
        let (line_step, step, terms) = if across { (1, c, w) } else { (c, 1, c) };
        Side {
            values: operand.constant.map_or(values, |blob| weights.i8s(blob)),
            zero_point: view.zero_point.into(),
            matrix_step: if view.h == 1 { 0 } else { w * c },
            line_step,
            step: step.max(1),
            terms,
        }
    }

    /// The values of a line less the zero point.
    fn line(&self, matrix: usize, line: usize) -> impl Iterator<Item = i32> + use<'_> {
        let start = matrix * self.matrix_step + line * self.line_step;
        let values = self.values.get(start..).unwrap_or(&[]);
        let values = values.iter().step_by(self.step).take(self.terms);
        values.map(|&value| i32::from(value) - self.zero_point)
    }
}
