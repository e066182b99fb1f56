//! Boards of one's own: the worked example of docs/BOARDS.md is built, boots in QEMU from its file alone, and takes a model.

use std::path::Path;

use tillsense_device::boards;
use tillsense_device::terminal::Terminal;
use tillsense_device::toolchain::{ensure, for_machines};

#[test]
fn the_worked_example_runs_a_model() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let machine = boards::read(&root.join("examples/boards/till-f407.toml")).unwrap();
    assert!(!machine.is_carried());
    ensure(&for_machines(&[machine])).unwrap();
    let model = root.join("examples/firmware/cortex-m/model.till");
    let mut terminal = Terminal::boot(machine, &model).unwrap();
    let facts = terminal.info().unwrap();
    assert_eq!(
        (facts.board.as_str(), facts.arena, facts.inbox),
        ("till-f407", machine.arena, machine.inbox)
    );
    assert!(facts.model.is_ok());
    let tested = terminal.self_test(0).unwrap();
    assert!(tested.digest);
}
