//! Instructions that every layer took when the files in `golden/counts` were written, one file a board, modelled cycles in
//! `golden/cycles`, whole models in `golden/models`. The documents' tables are made from them (`cargo tillsense bench tables`).

use std::path::Path;

use tillsense_compiler::lower::untrained::untrained;
use tillsense_compiler::target::ExportOptions;
use tillsense_device::bench::ModelFigures;
use tillsense_device::bench::data::Data;
use tillsense_device::bench::recorded::Recorded;
use tillsense_device::boards::Machine;
use tillsense_device::{bench, boards};
use tillsense_tests::held::{complaints, hold};
use tillsense_tests::{board, on_each};
use tillsense_trainer::data::DataSource;
use tillsense_trainer::project::{Prepared, description};

fn counts(machine: &'static Machine) {
    let figures = bench::kernels(machine, &[Data::random(1)]).unwrap_or_else(|error| {
        panic!("a board that `shows` a target has room for all layers that are counted: {error:#}")
    });
    let count = |f: &bench::Figure| Recorded::new(f.id, &f.algorithm, f.instructions);
    let now: Vec<_> = figures.iter().map(count).collect();
    hold(&format!("counts/{}.tsv", machine.id), &now);
}

#[test]
fn every_board_that_shows_a_target_keeps_its_counts() {
    let shows = |board: &&Machine| !board.shows.is_empty();
    on_each(boards::emulated().filter(shows), counts);
}

/// Modelled cycles of a Cortex-M4 and a Cortex-M7, of the algorithms that are shown.
fn cycles(machine: &'static Machine) {
    let figures = bench::kernels_with_cycles(machine, &[Data::random(1)]).unwrap();
    let cycles = |f: &bench::Figure| Recorded {
        figures: vec![f.cycles_m4.unwrap(), f.cycles_m7.unwrap()],
        ..Recorded::new(f.id, &f.algorithm, 0)
    };
    let now: Vec<_> = bench::fastest(figures).iter().map(cycles).collect();
    hold(&format!("cycles/{}.tsv", machine.id), &now);
}

#[test]
fn modelled_cycles_are_those_written_down() {
    on_each([board("mps2-an386"), board("mps2-an500")], cycles);
}

/// What is written down of a whole model, `bench model --json`, was measured with the trained file. Shapes decide the same
/// figures here, with untrained numbers; only softmax depends on its table, which training may shorten.
#[test]
fn a_whole_model_takes_what_is_written_down() {
    on_each([board("mps2-an386"), board("riscv-virt")], |machine| {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/models");
        let path = golden.join(format!("seed-digits-{}.json", machine.id));
        let text = std::fs::read_to_string(path).unwrap();
        let golden: ModelFigures = serde_json::from_str(&text).unwrap();
        let (text, origin) = description("seed-digits").unwrap();
        let prepared = Prepared::new(&text, &origin, DataSource::Synthetic).unwrap();
        let numbers = untrained(&prepared.graph);
        let file = prepared.export(&numbers, 1, &ExportOptions::at(machine.reads));
        let now = bench::model(machine, &file.unwrap()).unwrap();
        let complaints = complaints(&lines(&golden), &lines(&now));
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    });
}

/// The figures of a model that training does not change.
fn lines(model: &ModelFigures) -> Vec<Recorded> {
    let parts = model.parts.iter();
    let parts = parts.filter(|part| !part.layer.starts_with("softmax"));
    let lines = parts.map(|part| Recorded::new(&part.layer, &part.algorithm, part.instructions));
    let whole = [
        ("arena", model.arena_bytes.into()),
        ("engine", model.engine_bytes),
        ("stack", model.stack_bytes.into()),
    ];
    let whole = whole.map(|(what, figure)| Recorded::new("whole", what, figure));
    lines.chain(whole).collect()
}
