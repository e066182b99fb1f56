//! Direct formulas in wide integers, with the branches and divisions that the ops avoid.

use crate::model::records::{Clamp, Requant, Rounding, View, Window};
use crate::tensor::Weights;

/// A sum requantised with one of the two rules, before any saturation.
pub(super) fn requantise(rounding: Rounding, sum: i64, multiplier: i32, shift: i8) -> i64 {
    let (sum, multiplier, shift) = (i128::from(sum), i128::from(multiplier), i32::from(shift));
    let exact = match rounding {
        Rounding::Nearest => {
            let total = 31 - shift;
            (sum * multiplier + (1 << (total - 1))) >> total
        }
        Rounding::Tflite => {
            let product = (sum << shift.max(0)) * multiplier;
            let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
            divide_by_power((product + nudge) / (1 << 31), (-shift).max(0))
        }
    };
    exact.clamp(-(1 << 40), 1 << 40) as i64
}

/// `x / 2^exponent`, rounded half away from zero.
pub(super) fn divide_by_power(x: i128, exponent: i32) -> i128 {
    let half = if exponent > 0 {
        1i128 << (exponent - 1)
    } else {
        0
    };
    if x >= 0 {
        (x + half) >> exponent
    } else {
        -((-x + half) >> exponent)
    }
}

/// A channel's factor.
pub(super) fn factor(weights: &Weights<'_>, requant: &Requant, channel: usize) -> (i32, i8) {
    (
        weights.i32s(requant.multipliers)[channel],
        weights.i8s(requant.shifts)[channel],
    )
}

/// The stored value of a requantised sum.
pub(super) fn store(value: i64, output: &View, clamp: &Clamp) -> i64 {
    (value + i64::from(output.zero_point)).clamp(clamp.min.into(), clamp.max.into())
}

/// Where a tap of the window lies in the input, if inside.
pub(super) fn position(
    window: &Window,
    input: &View,
    out: (usize, usize),
    tap: (usize, usize),
) -> Option<(usize, usize)> {
    let axis = |out: usize, stride: u16, tap: usize, dilation: u16, before: u16, size: u16| {
        let at =
            out as i64 * i64::from(stride) + tap as i64 * i64::from(dilation) - i64::from(before);
        (0 <= at && at < i64::from(size)).then_some(at as usize)
    };
    let y = axis(
        out.0,
        window.stride.0,
        tap.0,
        window.dilation.0,
        window.pad_before.0,
        input.h,
    )?;
    let x = axis(
        out.1,
        window.stride.1,
        tap.1,
        window.dilation.1,
        window.pad_before.1,
        input.w,
    )?;
    Some((y, x))
}

/// The index of a value in a tensor.
pub(super) fn index(view: &View, y: usize, x: usize, c: usize) -> usize {
    (y * usize::from(view.w) + x) * usize::from(view.c) + c
}

/// Row, column and channel of a value.
pub(super) fn place(view: &View, index: usize) -> (usize, usize, usize) {
    let (w, c) = (usize::from(view.w), usize::from(view.c));
    (index / c / w, index / c % w, index % c)
}
