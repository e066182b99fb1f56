//! Compares the boards' instruction counters with loops whose instructions are known.

use std::time::Duration;

use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::qemu::run_to_end;
use tillsense_device::toolchain::build_firmware;
use tillsense_tests::on_each;

/// Limit of the instructions that lead to a loop and are counted with it; their number is the same before every loop.
const LEAD: u64 = 4;

fn is_exact(machine: &'static Machine) {
    let image = build_firmware(machine, "clock").unwrap();
    let finished = run_to_end(machine, &image, None, Duration::from_secs(300)).unwrap();
    assert_eq!(finished.code, Some(0), "{}", finished.complaints);
    let leads: Vec<_> = finished.output.lines().map(lead).collect();
    assert_eq!(leads.len(), 68, "{machine}: {}", finished.output);
    assert!(
        leads[0] <= LEAD && leads.iter().all(|&lead| lead == leads[0]),
        "{machine}: {leads:?}"
    );
}

/// The instructions counted beyond those of the loop.
fn lead(line: &str) -> u64 {
    let (loop_has, counted) = line.split_once(' ').unwrap();
    let (loop_has, counted): (u64, u64) = (loop_has.parse().unwrap(), counted.parse().unwrap());
    assert!(counted >= loop_has, "{line}");
    counted - loop_has
}

#[test]
fn every_board_counts_known_loops_to_the_instruction() {
    on_each(boards::emulated(), is_exact);
}
