//! Element-wise sum.

use super::common::{OpError, Store, check_clamp, check_scale, check_views, ensure, same_shape};
use crate::model::records::{Add, Scale, View};
use crate::num::tflite;

/// Both operands are raised by this before they are brought to one scale, as in TensorFlow Lite.
const LEFT_SHIFT: u32 = 20;

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
    let sum = Sum::new(op);
    for ((out, &a), &b) in output.iter_mut().zip(a).zip(b) {
        *out = sum.value(a, b);
    }
}

/// As [`add`], over the first operand.
pub fn add_to_a(op: &Add, a: &mut [i8], b: &[i8]) {
    let sum = Sum::new(op);
    for (a, &b) in a.iter_mut().zip(b) {
        *a = sum.value(*a, b);
    }
}

/// As [`add`], over the second operand.
pub fn add_to_b(op: &Add, a: &[i8], b: &mut [i8]) {
    let sum = Sum::new(op);
    for (b, &a) in b.iter_mut().zip(a) {
        *b = sum.value(a, *b);
    }
}

/// As [`add`], where both operands and the output are the same.
pub fn add_twice(op: &Add, data: &mut [i8]) {
    let sum = Sum::new(op);
    for value in data {
        *value = sum.value(*value, *value);
    }
}

/// One sum.
#[derive(Clone, Copy)]
struct Sum {
    a: Operand,
    b: Operand,
    multiplier: i32,
    shift: i32,
    store: Store,
}

impl Sum {
    fn new(op: &Add) -> Self {
        Sum {
            a: Operand::new(&op.a, op.a_scale),
            b: Operand::new(&op.b, op.b_scale),
            multiplier: op.out_scale.multiplier,
            shift: op.out_scale.shift.into(),
            store: Store::new(&op.output, &op.clamp),
        }
    }

    #[inline(always)]
    fn value(&self, a: i8, b: i8) -> i8 {
        let sum = self.a.value(a) + self.b.value(b);
        self.store.value(tflite(sum, self.multiplier, self.shift))
    }
}

/// How one operand is brought to the common scale.
#[derive(Clone, Copy)]
struct Operand {
    zero_point: i32,
    multiplier: i32,
    shift: i32,
}

impl Operand {
    fn new(view: &View, scale: Scale) -> Self {
        // `check` has seen to it that the shift is not positive; repeated here, it bounds the sum whatever the record says.
        Operand {
            zero_point: view.zero_point.into(),
            multiplier: scale.multiplier,
            shift: scale.shift.min(0).into(),
        }
    }

    /// Below 2^28 in magnitude.
    #[inline(always)]
    fn value(self, stored: i8) -> i32 {
        tflite(
            (i32::from(stored) - self.zero_point) << LEFT_SHIFT,
            self.multiplier,
            self.shift,
        )
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
