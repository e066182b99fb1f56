//! Element-wise product.

use super::common::{OpError, Store, check_clamp, check_scale, check_views, ensure, same_shape};
use crate::model::records::{Product, Rounding};
use crate::num::{nearest, tflite};

/// Checks shapes, scale and bounds.
pub fn check(op: &Product) -> Result<(), OpError> {
    check_views(&[&op.a, &op.b, &op.output])?;
    ensure(
        same_shape(&op.a, &op.output) && same_shape(&op.b, &op.output),
        OpError::Shape,
    )?;
    check_scale(&op.scale)?;
    check_clamp(&op.clamp)
}

/// `output = clamp(z_out + round(scale * (a - z_a) * (b - z_b)))`.
pub fn product(op: &Product, a: &[i8], b: &[i8], output: &mut [i8]) {
    match op.rounding {
        Rounding::Nearest => run(op, a, b, output, nearest),
        Rounding::Tflite => run(op, a, b, output, tflite),
    }
}

fn run(op: &Product, a: &[i8], b: &[i8], output: &mut [i8], round: impl Fn(i32, i32, i32) -> i32) {
    let (za, zb) = (i32::from(op.a.zero_point), i32::from(op.b.zero_point));
    let store = Store::new(&op.output, &op.clamp);
    let shift = i32::from(op.scale.shift);
    for ((out, &a), &b) in output.iter_mut().zip(a).zip(b) {
        let product = (i32::from(a) - za) * (i32::from(b) - zb);
        *out = store.value(round(product, op.scale.multiplier, shift));
    }
}
