//! Tillsense for C: the functions of `tillsense.h` over [`tillsense_core`], without an allocator, a callback or a global variable.
//!
//! The caller owns all memory: the model file, the arena, and the session itself, whose size the header states. What C passes is
//! checked before it is used: each pointer for null and for its alignment, each length for its end, the session by the seal that
//! [`memory`] keeps in it, texts for UTF-8. What no library can check is that memory is there and that nobody else uses it
//! meanwhile; each function says under *Safety* what it takes on trust.
//!
//! - [`status`]: what functions answer, and its text.
//! - [`types`]: what is passed in structs.
//! - `pointers`: addresses and lengths to slices, and places for answers.
//! - [`memory`]: the session in the caller's memory.
//! - `refusal`: why something was refused, kept for [`explain::tillsense_explain`].
//! - [`open`], [`push`], [`begin`], [`run`], [`names`], [`explain`]: the functions; `record` makes the values of a record.
//!
//! On a processor without an operating system the library is `no_std`. It holds no panic: the handler below is for the compiler,
//! and a linker that drops unused sections (`--gc-sections`) drops it.

#![cfg_attr(target_os = "none", no_std)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod arm;

// In the order in which cbindgen writes them to the header.
pub mod version;

pub mod status;

pub mod types;

pub mod memory;
mod pointers;
mod refusal;

pub mod open;

pub mod push;
mod record;

pub mod begin;

pub mod run;

pub mod names;

pub mod explain;

#[cfg(test)]
mod tests;

/// No function of this library panics, so nothing calls this.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
