//! A value out of the optimiser's sight.

/// The value itself, which the optimiser knows nothing about.
///
/// Armv6-M and RISC-V have no conditional moves, and a choice of which the optimiser sees that it is one becomes a
/// jump there. No instruction is spent.
#[cfg(any(kernels = "arm_v6m", kernels = "riscv"))]
#[allow(
    unsafe_code,
    reason = "assembly is the only barrier that costs nothing"
)]
#[inline(always)]
pub(crate) fn opaque(mut x: i32) -> i32 {
    // SAFETY: there is no instruction; the register comes back as it was.
    unsafe {
        core::arch::asm!("/* {0} */", inout(reg) x, options(pure, nomem, nostack, preserves_flags));
    }
    x
}

/// The value itself: this target has conditional moves, and a choice takes the same instructions either way.
#[cfg(not(any(kernels = "arm_v6m", kernels = "riscv")))]
#[inline(always)]
pub(crate) fn opaque(x: i32) -> i32 {
    x
}
