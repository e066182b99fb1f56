//! Measures how much flash the engine takes: the firmware program `engine` is built with the parts that a model needs.

use std::path::PathBuf;

use anyhow::Result;
use tillsense_core::parts::Part;

use crate::boards::Machine;
use crate::toolchain::elf::{Image, Symbol};
use crate::toolchain::firmware::build_for_qemu;

/// Functions of the program `engine` into which the engine's own are inlined; their bytes count.
const ENGINE: [&str; 2] = ["6engine5infer", "6engine8push_all"];

/// Functions that start a Cortex-M or RISC-V board (`cortex-m-rt`, `riscv-rt`) before the program; their bytes do not count.
const START: [&str; 16] = [
    "__EXCEPTIONS",
    "__INTERRUPTS",
    "__RESET_VECTOR",
    "Reset",
    "DefaultHandler_",
    "DefaultPreInit",
    "HardFault",
    "HardFault_",
    "SysTick",
    "main",
    "_start",
    "_abs_start",
    "_start_rust",
    "_start_trap",
    "_start_trap_rust",
    "_default_start_trap",
];

/// Builds the program `engine` for a board with these parts only.
pub fn build_engine(machine: &'static Machine, parts: &[Part]) -> Result<PathBuf> {
    build_for_qemu(machine, "engine", parts)
}

/// Bytes of code and constants of the engine with these parts: loading with every check and the seal, sessions, frontends
/// and ops. The board's start, its UART, its counter and what the program prints do not count.
pub fn engine_code(machine: &'static Machine, parts: &[Part]) -> Result<u64> {
    let image = Image::read(&build_engine(machine, parts)?)?;
    Ok(code(&image))
}

fn code(image: &Image) -> u64 {
    let others = image.symbols.iter().filter(|symbol| symbol.in_flash);
    let others = others.filter(|symbol| is_of_the_board(symbol));
    image.sizes.text - others.map(|symbol| symbol.size).sum::<u64>()
}

fn is_of_the_board(symbol: &Symbol) -> bool {
    let name = symbol.name.as_str();
    let ours = name.contains("tillsense_firmware") || name.contains("cortex_m_rt");
    START.contains(&name) || ours && !ENGINE.iter().any(|function| name.contains(function))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::Sizes;

    #[test]
    fn what_belongs_to_the_board_does_not_count() {
        let symbol = |name: &str, size, in_flash| Symbol {
            name: name.to_owned(),
            address: 0,
            size,
            in_flash,
        };
        let image = Image {
            sizes: Sizes {
                text: 1000,
                data: 7,
                bss: 5000,
            },
            symbols: vec![
                symbol(
                    "_ZN18tillsense_firmware8programs6engine5infer17h0E",
                    300,
                    true,
                ),
                symbol("_ZN18tillsense_firmware8programs6engine3say17h0E", 40, true),
                symbol("_ZN18tillsense_firmware6memory5ARENA17h0E", 4000, false),
                symbol("_ZN14tillsense_core5model6digest17h0E", 200, true),
                symbol("Reset", 60, true),
            ],
        };
        assert_eq!(code(&image), 900);
    }
}
