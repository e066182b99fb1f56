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
    elementwise::add(&sum(op), a, b, output);
}

/// As [`add`], over the first operand.
pub fn add_to_a(op: &Add, a: &mut [i8], b: &[i8]) {
    over(&sum(op), a, Some(b), false);
}

/// As [`add`], over the second operand.
pub fn add_to_b(op: &Add, a: &[i8], b: &mut [i8]) {
    over(&sum(op), b, Some(a), true);
}

/// As [`add`], where both operands and the output are the same.
pub fn add_twice(op: &Add, data: &mut [i8]) {
    over(&sum(op), data, None, false);
}

/// Values that are copied at a time where the output lies over an operand: kernels read and write apart.
const PIECE: usize = 256;

/// Writes over an operand, piece by piece with a copy of it; without another one it is both.
fn over(sum: &Sum, data: &mut [i8], mut other: Option<&[i8]>, is_second: bool) {
    for values in data.chunks_mut(PIECE) {
        let (mut old, len) = ([0; PIECE], values.len());
        let old = old.get_mut(..len).unwrap_or(&mut []);
        old.copy_from_slice(values);
        let piece = match &mut other {
            Some(rest) => {
                let (piece, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
                *rest = after;
                piece
            }
            None => &*old,
        };
        let (a, b) = if is_second {
            (piece, &*old)
        } else {
            (&*old, piece)
        };
        elementwise::add(sum, a, b, values);
    }
}

#[inline(never)]
fn sum(op: &Add) -> Sum {
    Sum {
        a: operand(&op.a, op.a_scale),
        b: operand(&op.b, op.b_scale),
        multiplier: op.out_scale.multiplier,
        shift: op.out_scale.shift.into(),
        zero_point: op.output.zero_point.into(),
        low: op.clamp.min.into(),
        high: op.clamp.max.into(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::records::Clamp;

    #[test]
    fn sums_over_an_operand_are_those_elsewhere() {
        let view = |zero_point: i8| View {
            offset: 0,
            h: 16,
            w: 16,
            c: 1,
            zero_point,
        };
        let scale = |multiplier: i32, shift: i8| Scale { multiplier, shift };
        let op = Add {
            a: view(-7),
            b: view(40),
            output: view(3),
            a_scale: scale(1 << 30, 0),
            b_scale: scale(0x5555_5555, -2),
            out_scale: scale(0x6000_0000, -18),
            clamp: Clamp { min: -100, max: 90 },
        };
        assert_eq!(check(&op), Ok(()));
        let a: [i8; 256] = core::array::from_fn(|i| i as u8 as i8);
        let b = a.map(|x| x.wrapping_mul(77).wrapping_add(5));
        let mut wanted = [0; 256];
        add(&op, &a, &b, &mut wanted);
        let (mut over_a, mut over_b, mut twice, mut of_twice) = (a, b, a, [0; 256]);
        add_to_a(&op, &mut over_a, &b);
        add_to_b(&op, &a, &mut over_b);
        assert_eq!((over_a, over_b), (wanted, wanted));
        add(&op, &a, &a, &mut of_twice);
        add_twice(&op, &mut twice);
        assert_eq!(twice, of_twice);
        assert!(wanted.contains(&-100) && wanted.contains(&90));
    }
}
