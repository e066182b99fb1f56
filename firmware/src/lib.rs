//! The Tillsense terminal: what is flashed.
//!
//! - [`server`] answers the host's requests and [`stages`] counts instructions: no hardware, so the host's tests run them too.
//! - `board`: one file a board under `boards/`, with its memory layout under `memory/`: UART, sizes, clock.
//! - `cmsdk_uart`: the UART of Arm's FPGA boards, which several boards share.
//! - `arch`: counting instructions and leaving QEMU, on Cortex-M and on RISC-V.
//! - `memory`: the model slot in flash, the arena, the inbox, the stack.
//!
//! - `programs`: `terminal` talks over the UART, `verdict` runs alone on a session built into it, `parity` checks every op
//!   against its definition, `forged` tries model files that somebody changed, `bench` measures single ops, `clock` measures loops whose instructions are known,
//!   `engine` is the engine and nothing else. Each is built for one board, chosen by a Cargo feature.

#![cfg_attr(target_os = "none", no_std)]

pub mod self_test;
pub mod server;
pub mod stages;

#[cfg(target_os = "none")]
pub mod arch;
#[cfg(all(target_os = "none", target_arch = "arm"))]
pub mod cmsdk_uart;
#[cfg(target_os = "none")]
pub mod memory;
#[cfg(target_os = "none")]
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

#[cfg(all(target_os = "none", feature = "board-microbit"))]
#[path = "../boards/microbit.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-mps2-an385"))]
#[path = "../boards/mps2_an385.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-mps2-an385-m0"))]
#[path = "../boards/mps2_an385_m0.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-mps2-an386"))]
#[path = "../boards/mps2_an386.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-mps2-an500"))]
#[path = "../boards/mps2_an500.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-mps2-an505"))]
#[path = "../boards/mps2_an505.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-mps3-an547"))]
#[path = "../boards/mps3_an547.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-netduinoplus2"))]
#[path = "../boards/netduinoplus2.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-riscv-virt"))]
#[path = "../boards/riscv_virt.rs"]
pub mod board;
#[cfg(all(target_os = "none", feature = "board-sifive-e"))]
#[path = "../boards/sifive_e.rs"]
pub mod board;

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    arch::exit(101)
}

/// Makes a function `fn() -> !` the program that a board starts. On the host it says where it belongs.
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
                "this program runs on a board; `tillsense emulate` builds it and starts it in QEMU"
            );
            std::process::exit(1);
        }
    };
}
