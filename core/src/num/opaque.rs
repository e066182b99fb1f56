//! Values out of the optimiser's sight.

/// The value itself, which the optimiser knows nothing about. No instruction is spent.
#[cfg(any(target_arch = "arm", target_arch = "riscv32"))]
#[allow(
    unsafe_code,
    reason = "assembly is the only barrier that costs nothing"
)]
#[inline(always)]
pub(crate) fn hidden(mut x: i32) -> i32 {
    // SAFETY: there is no instruction; the register comes back as it was.
    unsafe {
        core::arch::asm!("/* {0} */", inout(reg) x, options(pure, nomem, nostack, preserves_flags));
    }
    x
}

/// The value itself.
#[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
#[inline(always)]
pub(crate) fn hidden(x: i32) -> i32 {
    x
}

/// [`hidden`] where there are no conditional moves: a choice of which the optimiser sees that it is one becomes a jump on
/// Armv6-M and RISC-V, and takes the same instructions either way elsewhere.
#[inline(always)]
pub(crate) fn opaque(x: i32) -> i32 {
    if cfg!(any(kernels = "arm_v6m", kernels = "riscv")) {
        hidden(x)
    } else {
        x
    }
}
