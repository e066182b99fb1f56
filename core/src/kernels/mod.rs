//! The inner loops that all matrix ops share. One facade: ops call what is exported here and nothing else.
//!
//! `portable` defines every result bit for bit. A faster version for an instruction set is chosen here, at compile
//! time, and must pass the parity suite.

#![allow(clippy::too_many_lines, reason = "a loop in assembly is one piece")]

/// `naked_asm!` for the DSP extension: Rust's target for Armv8-M does not let the assembler take its instructions unless it is
/// told the processor.
#[cfg(kernels = "arm_dsp")]
macro_rules! dsp_asm {
    ($($text:tt)*) => {
        core::arch::naked_asm!(dsp_cpu!(), $($text)*)
    };
}
#[cfg(all(kernels = "arm_dsp", armv8m))]
macro_rules! dsp_cpu {
    () => {
        ".cpu cortex-m33"
    };
}
#[cfg(all(kernels = "arm_dsp", not(armv8m)))]
macro_rules! dsp_cpu {
    () => {
        ".cpu cortex-m4"
    };
}

pub(crate) mod bag;
pub(crate) mod bytes;
pub(crate) mod cell;
pub(crate) mod elementwise;
pub(crate) mod matrix;
pub(crate) mod nibbles;
mod portable;
pub(crate) mod softmax;
pub(crate) mod spectrum;

use portable::mac4;
pub(crate) use portable::{mac, mac_each};

use crate::size::Size;

/// Multiplies a matrix `[rows, x.len()]` by a vector and hands each row's sum to `put` with the row's number.
///
/// `sum = bias[row] + sum_i weights[row][i] * (x[i] - zero_point)`, modulo 2^32.
///
/// There once for all ops that call it: `put` is no type of its own.
#[inline(never)]
pub(crate) fn rows(
    weights: &[i8],
    bias: &[i32],
    x: &[i8],
    zero_point: i32,
    put: &mut dyn FnMut(usize, i32),
) {
    let n = x.len().max(1);
    let mut blocks = weights.chunks_exact(Size::of(n).times(4).or_beyond().max(1));
    let mut biases = bias.chunks_exact(4);
    let mut row = 0;
    for (block, bias) in blocks.by_ref().zip(biases.by_ref()) {
        let &[b0, b1, b2, b3] = bias else { continue };
        for sum in mac4([b0, b1, b2, b3], x, zero_point, block, n) {
            put(row, sum);
            row += 1;
        }
    }
    for (weights, &bias) in blocks.remainder().chunks_exact(n).zip(biases.remainder()) {
        put(row, mac(bias, x, zero_point, weights));
        row += 1;
    }
}
