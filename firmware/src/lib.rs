//! The Tillsense terminal: the firmware of the boards.
//!
//! - [`server`] answers the host's requests and [`stages`] counts instructions: no hardware, so the host's tests run them too.
//! - `board` holds what the build script makes of a board's file (`boards/NAME.toml`, read by the crate `tillsense-board`):
//!   sizes, clock, pins, and the UART with its address.
//! - `uart` holds drivers of serial ports, one of which a board's file names; the host tests them on registers of plain memory.
//! - `arch` counts instructions and leaves QEMU, on Cortex-M and on RISC-V.
//! - `memory` holds the model slot in flash, the arena, the inbox and the stack.
//!
//! - `programs`: `terminal` talks over the UART, `verdict` runs alone on a session built into it, `parity` checks every op
//!   against its definition, `forged` tries model files that somebody changed, `bench` measures single ops, `clock` measures
//!   loops whose instructions are known, `engine` is the engine and nothing else. Each is built for one board, which the
//!   variable TILLSENSE_BOARD names.

#![cfg_attr(target_os = "none", no_std)]

pub mod self_test;
pub mod server;
pub mod stages;

#[cfg(target_os = "none")]
pub mod arch;
#[cfg(target_os = "none")]
pub mod board;
#[cfg(target_os = "none")]
pub mod memory;
#[cfg(any(target_os = "none", test))]
mod mmio;
#[cfg(all(
    target_os = "none",
    any(feature = "clock", feature = "parity", feature = "standalone")
))]
#[macro_use]
pub mod print;
#[cfg(target_os = "none")]
pub mod programs;
#[cfg(target_os = "none")]
pub mod stack;
#[cfg(any(target_os = "none", test))]
pub mod uart;

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    arch::exit(101)
}

/// Makes a function `fn() -> !` the program that a board starts. On the host it prints that the program belongs on a board.
#[macro_export]
macro_rules! start {
    ($run:path) => {
        #[cfg(target_os = "none")]
        #[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
        #[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
        fn start() -> ! {
            $run()
        }

        #[cfg(not(target_os = "none"))]
        fn main() {
            eprintln!(
                "this program runs on a board; `tillsense compare` builds it and starts it in QEMU"
            );
            std::process::exit(1);
        }
    };
}
