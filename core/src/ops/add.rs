//! Element-wise sum.

use super::common::{OpError, check_clamp, check_scale, check_views, ensure, same_shape};
use crate::kernels::elementwise::{self, Operand, Sum};
use crate::model::records::{Add, Scale, View};

/// Checks shapes, scales and bounds; the operands' factors must be at most 1, so that their sum stays in range.
pub fn check(op: &Add) -> Result<(), OpError> {
    check_views(&[&op.a, &op.b, &op.output])?;
    ensure(
        same_shape(&op.a, &op.output) && same_shape(&op.b, &op.output),
        OpError::Shape,
    )?;
    check_scale(&op.a_scale)?;
    check_scale(&op.b_scale)?;
    check_scale(&op.out_scale)?;
    ensure(
        op.a_scale.shift <= 0 && op.b_scale.shift <= 0,
        OpError::Scale,
    )?;
    check_clamp(&op.clamp)
}

/// `output = clamp(z_out + out_scale * (a_scale * ((a - z_a) << 20) + b_scale * ((b - z_b) << 20)))`, each product
/// rounded by the `tflite` rule: TensorFlow Lite's int8 ADD.
pub fn add(op: &Add, a: &[i8], b: &[i8], output: &mut [i8]) {
    let sum = Sum {
        a: operand(&op.a, op.a_scale),
        b: operand(&op.b, op.b_scale),
        multiplier: op.out_scale.multiplier,
        shift: op.out_scale.shift.into(),
        zero_point: op.output.zero_point.into(),
        low: op.clamp.min.into(),
        high: op.clamp.max.into(),
    };
    elementwise::add(&sum, a, b, output);
}

/// How one operand is brought to the common scale.
fn operand(view: &View, scale: Scale) -> Operand {
    // `check` has seen to it that the shift is not positive; repeated here, it bounds the sum whatever the record says.
    Operand {
        zero_point: view.zero_point.into(),
        multiplier: scale.multiplier,
        right: scale.shift.min(0).unsigned_abs().into(),
    }
}
