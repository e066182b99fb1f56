//! The Tillsense terminal: what is flashed.

#![cfg_attr(target_os = "none", no_std)]

#[cfg(target_os = "none")]
pub mod arch;
#[cfg(target_os = "none")]
mod mmio;

#[cfg(all(target_os = "none", feature = "board-mps2-an386"))]
#[path = "../boards/mps2_an386.rs"]
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

/// Makes a function `fn() -> !` the program that a board starts.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[cfg(target_os = "none")]
        #[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
        #[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
        fn start() -> ! {
            $main()
        }
    };
}
