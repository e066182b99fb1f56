//! Checks the firmware images: no allocator, no floats, no panics, and no more memory than the boards have.

use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::toolchain::{Image, build_firmware};
use tillsense_tests::board;

/// Bytes of flash that the terminal may take, on any board.
const FLASH_BUDGET: u64 = 176 << 10;
/// Bytes of stack that must be left, on any board (`alone.rs` measures how many are used).
const STACK: u64 = 7000;

fn terminal(machine: &'static Machine) -> Image {
    Image::read(&build_firmware(machine, "terminal").unwrap()).unwrap()
}

#[test]
fn the_terminal_has_no_allocator_no_float_text_and_no_float_arithmetic() {
    for &machine in boards::ALL.iter() {
        assert_eq!(
            terminal(machine).forbidden(),
            Vec::<&str>::new(),
            "{machine}"
        );
    }
}

#[test]
fn the_terminal_cannot_panic() {
    for &machine in boards::ALL.iter() {
        assert_eq!(terminal(machine).panics(), Vec::<&str>::new(), "{machine}");
    }
}

#[test]
fn the_terminal_fits_its_board() {
    for &machine in boards::ALL.iter() {
        let sizes = terminal(machine).sizes;
        assert!(
            sizes.flash() <= FLASH_BUDGET.min(machine.flash.into()),
            "{machine}: {sizes:?}"
        );
        assert!(
            sizes.ram() + STACK <= machine.ram.into(),
            "{machine}: {sizes:?}"
        );
        assert!(
            sizes.bss >= u64::from(machine.arena + machine.inbox),
            "{machine}: {sizes:?}"
        );
    }
}

#[test]
fn the_table_of_machines_names_the_slots_that_the_linker_made() {
    for &machine in boards::ALL.iter() {
        let image = terminal(machine);
        let address = |name| {
            image
                .symbol(name)
                .unwrap_or_else(|| panic!("{machine}: no {name}"))
                .address
        };
        assert_eq!(address("_model_slot"), u64::from(machine.slot), "{machine}");
        assert_eq!(
            address("_model_slot_end"),
            u64::from(machine.slot) + u64::from(machine.slot_len),
            "{machine}"
        );
    }
}

#[test]
fn the_check_sees_what_it_looks_for() {
    // The parity suite indexes plainly, and prints.
    let image = Image::read(&build_firmware(board("mps2-an386"), "parity").unwrap()).unwrap();
    assert!(!image.panics().is_empty());
}
