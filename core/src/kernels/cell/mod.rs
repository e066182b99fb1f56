//! One step of a recurrent cell, unit by unit, and what becomes of its hidden state.
//!
//! `a = sat(x + h)` adds the two pre-activations (Q3.12, int16, saturating); `s` is the logistic function and `t` the
//! hyperbolic tangent by table (Q0.15). Products of two Q0.15 numbers are rounded half up. `x` and `h` hold a vector for
//! each gate, one after the other; `x` holds anything afterwards.
//!
//! `portable` defines every result and is what Armv6-M, Armv7-M and RISC-V run. All take slices of any address and length;
//! where lengths do not fit together, they do less.

#[cfg(kernels = "arm_dsp")]
mod arm_dsp;
#[cfg(kernels = "arm_mve")]
mod arm_mve;
#[cfg_attr(
    kernels = "arm_mve",
    allow(dead_code, reason = "Helium needs it for a part only")
)]
mod portable;

#[cfg(kernels = "arm_dsp")]
use arm_dsp as chosen;
#[cfg(kernels = "arm_mve")]
use arm_mve as chosen;
#[cfg(not(any(kernels = "arm_dsp", kernels = "arm_mve")))]
use portable as chosen;

/// `state = t(sat(x + h))`.
pub(crate) fn elman(x: &[i16], h: &[i16], state: &mut [i16]) {
    chosen::elman(x, h, state);
}

/// Gates r, z, n: `n = t(sat(x_n + r * h_n))`, `state = sat((1 - z) * n + z * state)`, rounded once.
pub(crate) fn gru(x: &mut [i16], h: &[i16], state: &mut [i16]) {
    chosen::gru(x, h, state);
}

/// Gates i, f, g, o: `cell = sat(f * cell + i * g)`, `state = o * t(cell)`.
///
/// `i * g` is in Q0.30 and is brought to the Q3.27 of `f * cell`, rounded half up, before both are added and rounded to Q3.12.
pub(crate) fn lstm(x: &mut [i16], h: &[i16], state: &mut [i16], cell: &mut [i16]) {
    chosen::lstm(x, h, state, cell);
}

/// `out = sat((h + 128) >> 8)`: from Q0.15 to int8 with scale 1/128, rounded half up.
pub(crate) fn narrow(h: &[i16], out: &mut [i8]) {
    chosen::narrow(h, out);
}

/// `sums += h`, modulo 2^32.
pub(crate) fn add_up(sums: &mut [i32], h: &[i16]) {
    chosen::add_up(sums, h);
}

#[cfg(test)]
mod tests;
