//! What a library for Arm states of itself, and what it may not find in a C program.
//!
//! **Floats.** A linker refuses to join objects that pass floats in the registers of the FPU with objects that do not. No function of
//! this library has a float, so it belongs to both: build attribute 28 (`Tag_ABI_VFP_args`) is 3, "compatible with both the base
//! and VFP variants" (Addenda to, and Errata in, the ABI for the Arm Architecture). One library links with every `-mfloat-abi`.
//!
//! **Copies.** LLVM calls `memcpy` and `memset` by the names of Arm's run-time ABI, which newlib and picolibc have and a program
//! without a C library has not. They are defined here, weakly, by the four functions that every C compiler asks for: a program's own
//! take their place.

use core::arch::global_asm;

global_asm!(".eabi_attribute 28, 3");

/// Functions of the run-time ABI whose names end in the alignment of their operands: all of them are this one.
macro_rules! weak {
    ($name:literal, $calls:literal $(, $before:literal)*) => {
        global_asm!(
            concat!(".section .text.", $name, ",\"ax\",%progbits"),
            ".p2align 1",
            concat!(".weak ", $name, ", ", $name, "4, ", $name, "8"),
            concat!(".type ", $name, ", %function"),
            concat!(".type ", $name, "4, %function"),
            concat!(".type ", $name, "8, %function"),
            ".thumb_func",
            concat!($name, ":"),
            ".thumb_func",
            concat!($name, "4:"),
            ".thumb_func",
            concat!($name, "8:"),
            $($before,)*
            // A branch alone does not reach far enough on Armv6-M.
            "push {{r7, lr}}",
            concat!("bl ", $calls),
            "pop {{r7, pc}}",
            concat!(".size ", $name, ", . - ", $name),
            ".previous",
        );
    };
}

weak!("__aeabi_memcpy", "memcpy");
weak!("__aeabi_memmove", "memmove");
// The value comes last here, and the length last in C.
weak!(
    "__aeabi_memset",
    "memset",
    "mov r3, r1",
    "mov r1, r2",
    "mov r2, r3"
);
weak!("__aeabi_memclr", "memset", "mov r2, r1", "movs r1, #0");
