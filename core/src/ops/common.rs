//! What the ops' checks and output stages share.

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::model::records::{Blob, Clamp, Requant, Rounding, Scale, View, Window};
use crate::num::requantise::is_valid_scale;
use crate::num::{clamp, nearest_by_call, sums_fit, tflite};
use crate::parts::Part;
use crate::size::{MAX_LEN, Size};
use crate::tensor::Weights;
use crate::window::Axis;

/// Why an op's record cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpError {
    /// A dimension is 0, or input, output and parameters do not fit together.
    Shape,
    /// Kernel, stride, dilation or padding do not give the output's size, or are not supported by this op.
    Window,
    /// A blob of weights, biases, shifts or a table has the wrong length, place or alignment.
    Weights,
    /// A multiplier or shift is out of range.
    Scale,
    /// A rounding rule that this op does not have.
    Rounding,
    /// Lowest output value above the highest.
    Clamp,
    /// Zero points that this op requires to be equal, or of a fixed value, are not.
    ZeroPoint,
    /// An accumulator could overflow.
    Overflow,
    /// State or scratch is too short or not aligned.
    Memory,
    /// Weights packed for another family of kernels than this build has.
    Packing,
    /// This build lacks the part that the op belongs to.
    LeftOut(Part),
}

impl Display for OpError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OpError::Shape => "its shapes do not fit together",
            OpError::Window => {
                "its kernel, stride, dilation and padding do not give its output's size"
            }
            OpError::Weights => "its constants have a wrong length, place or alignment",
            OpError::Scale => "a multiplier or shift is out of range",
            OpError::Rounding => "it does not have this rounding",
            OpError::Clamp => "its lowest output is above its highest",
            OpError::ZeroPoint => "its zero points are not what it requires",
            OpError::Overflow => "a sum could overflow",
            OpError::Memory => "its state or scratch is too short or misaligned",
            OpError::Packing => {
                "its weights are packed for another kind of processor; `tillsense export` or `import` packs for this one (by --target)"
            }
            OpError::LeftOut(part) => return part.say_left_out(f),
        })
    }
}

impl Error for OpError {}

/// `Ok` where the condition holds.
pub(in crate::ops) const fn ensure(condition: bool, error: OpError) -> Result<(), OpError> {
    if condition { Ok(()) } else { Err(error) }
}

/// Every dimension is at least 1, and no view is longer than [`MAX_LEN`], also one that never exists as a whole.
#[inline(never)]
pub(in crate::ops) fn check_views(views: &[&View]) -> Result<(), OpError> {
    ensure(
        views
            .iter()
            .all(|view| (1..=MAX_LEN as usize).contains(&view.len())),
        OpError::Shape,
    )
}

/// Both views have the same dimensions.
pub(in crate::ops) fn same_shape(a: &View, b: &View) -> bool {
    (a.h, a.w, a.c) == (b.h, b.w, b.c)
}

/// The window gives the output's height and width, and moves over no more than [`MAX_EXTENT`](crate::size::MAX_EXTENT) values.
pub(in crate::ops) fn check_window(
    window: &Window,
    input: &View,
    output: &View,
) -> Result<(), OpError> {
    let (rows, columns) = Axis::pair(window, input);
    let fits = window.is_within_limits(input)
        && rows.output_len() == Some(output.h.into())
        && columns.output_len() == Some(output.w.into());
    ensure(fits, OpError::Window)
}

/// The window suits pooling: not dilated, and never wholly in the padding.
pub(in crate::ops) fn check_pool_window(window: &Window) -> Result<(), OpError> {
    let (kernel, before, after) = (window.kernel, window.pad_before, window.pad_after);
    let touches =
        before.0 < kernel.0 && before.1 < kernel.1 && after.0 < kernel.0 && after.1 < kernel.1;
    ensure(touches && window.dilation == (1, 1), OpError::Window)
}

/// The output bounds are in order.
pub(in crate::ops) fn check_clamp(clamp: &Clamp) -> Result<(), OpError> {
    ensure(clamp.min <= clamp.max, OpError::Clamp)
}

/// The factor is one that the rounding rules are defined for.
#[inline(never)]
pub(in crate::ops) fn check_scale(scale: &Scale) -> Result<(), OpError> {
    ensure(
        is_valid_scale(scale.multiplier, scale.shift),
        OpError::Scale,
    )
}

/// Factors of `channels` channels, or one for all of them.
pub(in crate::ops) fn check_requant(
    requant: &Requant,
    weights: &Weights<'_>,
    channels: usize,
) -> Result<(), OpError> {
    let (multipliers, shifts) = (
        weights.i32s(requant.multipliers),
        weights.i8s(requant.shifts),
    );
    let count = multipliers.len();
    ensure(
        (count == channels || count == 1) && shifts.len() == count,
        OpError::Weights,
    )?;
    ensure(
        requant.multipliers.offset.is_multiple_of(4),
        OpError::Weights,
    )?;
    ensure(
        multipliers
            .iter()
            .zip(shifts)
            .all(|(&m, &s)| is_valid_scale(m, s)),
        OpError::Scale,
    )
}

/// `len` int8 values.
#[inline(never)]
pub(in crate::ops) fn check_i8s(
    weights: &Weights<'_>,
    blob: Blob,
    len: Size,
) -> Result<(), OpError> {
    ensure(
        len.is(blob.len as usize) && weights.i8s(blob).len() == blob.len as usize,
        OpError::Weights,
    )
}

/// One bias for each channel, and no channel's sum of `terms` products of `weight(channel, term)` and an input less its zero
/// point can leave its range.
#[inline(never)]
pub(in crate::ops) fn check_sums(
    weights: &Weights<'_>,
    bias: Blob,
    (channels, terms): (usize, usize),
    zero_point: i32,
    weight: &dyn Fn(usize, usize) -> i32,
) -> Result<(), OpError> {
    let bias_values = weights.i32s(bias);
    ensure(
        bias_values.len() == channels && bias.offset.is_multiple_of(4),
        OpError::Weights,
    )?;
    for (channel, &bias) in bias_values.iter().enumerate() {
        let (mut sum, mut magnitude) = (0i32, 0u32);
        for term in 0..terms {
            let weight = weight(channel, term);
            // Only a sum whose magnitude saturates far beyond its range can be wrapped.
            sum = sum.wrapping_add(weight);
            magnitude = magnitude.saturating_add(weight.unsigned_abs());
        }
        let folded = i64::from(bias) - i64::from(zero_point) * i64::from(sum);
        ensure(sums_fit(folded, magnitude, 0), OpError::Overflow)?;
    }
    Ok(())
}

/// [`check_sums`] of int8 weights, of which those of a channel lie `steps.1` apart, and the first ones of channels `steps.0`.
pub(in crate::ops) fn check_i8_sums(
    weights: &Weights<'_>,
    (matrix, bias): (Blob, Blob),
    size: (usize, usize),
    steps: (usize, usize),
    zero_point: i8,
) -> Result<(), OpError> {
    let values = weights.i8s(matrix);
    check_i8s(weights, matrix, Size::of(size.0).times(size.1))?;
    check_sums(weights, bias, size, zero_point.into(), &|channel, term| {
        let at = channel * steps.0 + term * steps.1;
        values.get(at).map_or(0, |&value| value.into())
    })
}

/// The last stage of an op: add the zero point, clamp to the output bounds.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Store {
    zero_point: i32,
    low: i32,
    high: i32,
}

impl Store {
    /// For an output view and its bounds.
    #[inline(never)]
    pub(in crate::ops) fn new(output: &View, bounds: &Clamp) -> Self {
        let zero_point = i32::from(output.zero_point);
        // Bounds before the zero point is added: the sum then cannot overflow.
        Store {
            zero_point,
            low: i32::from(bounds.min) - zero_point,
            high: i32::from(bounds.max) - zero_point,
        }
    }

    /// The stored value of a requantised sum.
    #[inline(always)]
    pub(in crate::ops) fn value(self, requantised: i32) -> i8 {
        clamp(requantised, self.low, self.high).wrapping_add(self.zero_point) as i8
    }
}

/// All of the int8 range.
pub(in crate::ops) const FULL_RANGE: Clamp = Clamp {
    min: i8::MIN,
    max: i8::MAX,
};

/// One factor for each channel, or one for all of them.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Factors<'a> {
    multipliers: &'a [i32],
    shifts: &'a [i8],
}

impl<'a> Factors<'a> {
    /// The factors of a record.
    pub(in crate::ops) fn new(requant: &Requant, weights: &Weights<'a>) -> Self {
        Factors {
            multipliers: weights.i32s(requant.multipliers),
            shifts: weights.i8s(requant.shifts),
        }
    }

    /// Multiplier and shift of a channel; 0 past the end of several.
    #[inline(always)]
    pub(in crate::ops) fn get(self, channel: usize) -> (i32, i32) {
        match (self.multipliers.get(channel), self.shifts.get(channel)) {
            (Some(&m), Some(&s)) => (m, i32::from(s)),
            _ => self.shared(),
        }
    }

    /// What all channels share. Out of the way: a layer with a factor for each channel never asks.
    #[cold]
    #[inline(never)]
    fn shared(self) -> (i32, i32) {
        match (self.multipliers, self.shifts) {
            (&[m], &[s]) => (m, i32::from(s)),
            _ => (0, 0),
        }
    }
}

/// What makes a channel's sum its stored value; there once, for all plain ops and both rounding rules.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Finish<'a> {
    rounding: Rounding,
    factors: Factors<'a>,
    store: Store,
}

impl<'a> Finish<'a> {
    /// For a record's factors, output and bounds.
    pub(in crate::ops) fn new(
        requant: &Requant,
        weights: &Weights<'a>,
        output: &View,
        clamp: &Clamp,
    ) -> Self {
        Finish {
            rounding: requant.rounding,
            factors: Factors::new(requant, weights),
            store: Store::new(output, clamp),
        }
    }

    /// The stored value.
    #[inline(never)]
    pub(in crate::ops) fn value(&self, channel: usize, sum: i32) -> i8 {
        let (multiplier, shift) = self.factors.get(channel);
        self.store.value(match self.rounding {
            Rounding::Nearest => nearest_by_call(sum, multiplier, shift),
            Rounding::Tflite => tflite(sum, multiplier, shift),
        })
    }
}
