//! Every preset, from synthetic data to the same score bytes on emulated boards, each of which runs a file packed for it.
//!
//! Trained for a moment only, on small generated data. What each head reaches there is pinned a few points below what it reached when
//! the preset was chosen, and fixed-point may be no more than 5 points from float: a regression in training or quantisation fails here.

use std::path::PathBuf;

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::run::load;
use tillsense_compiler::run::sample::Raw;
use tillsense_compiler::target::{ExportOptions, Target};
use tillsense_core::link::ModelError;
use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::compare::{Unit, compare};
use tillsense_device::terminal::Terminal;
use tillsense_tests::board;
use tillsense_trainer::data::DataSource;
use tillsense_trainer::data::dataset::Subset;
use tillsense_trainer::data::spread;
use tillsense_trainer::judge::evaluate::{Evaluation, evaluate};
use tillsense_trainer::learn::{Silent, TrainOptions, train};
use tillsense_trainer::project::{Prepared, description};

/// A preset trained for a moment.
struct Short {
    prepared: Prepared,
    trained: Trained,
    file: Vec<u8>,
    folder: tempfile::TempDir,
}

fn short(name: &str, samples: usize, epochs: usize) -> Short {
    let (text, origin) = description(name).unwrap();
    let mut prepared = Prepared::new(&text, &origin, DataSource::Synthetic).unwrap();
    prepared.spec.train.epochs = epochs;
    prepared.spec.train.qat_epochs = 1;
    let features = prepared.training_set(Some(samples)).unwrap();
    let options = TrainOptions::default();
    let (trained, _) = train(
        &prepared.graph,
        &prepared.spec,
        &features,
        &options,
        &mut Silent,
    )
    .unwrap();
    let file = prepared
        .export(&trained, 1, &ExportOptions::GENERIC)
        .unwrap();
    Short {
        prepared,
        trained,
        file,
        folder: tempfile::tempdir().unwrap(),
    }
}

impl Short {
    fn evaluation(&self) -> Evaluation {
        let aligned = Aligned::from(self.file.as_slice());
        evaluate(
            &self.prepared,
            Some(&self.trained),
            &load(&aligned).unwrap(),
            Some(200),
        )
        .unwrap()
    }

    /// Packs the model for a target; returns the bytes in memory and the path of a file.
    fn packed(&self, target: Target) -> (Aligned, PathBuf) {
        let file = self
            .prepared
            .export(&self.trained, 1, &ExportOptions::at(target));
        let file = file.unwrap();
        let path = self.folder.path().join(format!("{target}.till"));
        std::fs::write(&path, &file).unwrap();
        (Aligned::from(file.as_slice()), path)
    }

    /// Checks that every score byte of some test samples is the same on the board, which runs a file for this target, as on this
    /// machine, which runs the plain one.
    fn agrees(&self, board: &'static Machine, target: Target, samples: usize) {
        let aligned = Aligned::from(self.file.as_slice());
        let model = load(&aligned).unwrap();
        let mut terminal = Terminal::boot(board, &self.packed(target).1).unwrap();
        terminal.require_model().unwrap();
        let numbers = spread(self.prepared.data.len(Subset::Test), Some(samples));
        let samples = numbers
            .iter()
            .map(|&n| self.prepared.sample(Subset::Test, n));
        let order = &self.prepared.order.inputs;
        let comparison = compare(
            &mut terminal,
            (board.id, Unit::Instructions),
            &model,
            samples,
            order,
            |_, _| {},
        )
        .unwrap();
        assert_eq!(
            comparison.identical,
            comparison.samples,
            "{} for {target} on {}",
            model.name(),
            board.id
        );
        eprintln!(
            "{} for {target} on {}: {} instructions",
            model.name(),
            board.id,
            comparison.mean_instructions.unwrap()
        );
    }

    /// Checks that the small board runs the model, or refuses it with both figures.
    fn agrees_or_is_refused(&self, board: &'static Machine, samples: usize) {
        let (file, path) = self.packed(board.reads);
        let needs = load(&file).unwrap().header().arena_len;
        let mut terminal = Terminal::boot(board, &path).unwrap();
        match terminal.info().unwrap().model {
            Ok(_) => {
                drop(terminal);
                self.agrees(board, board.reads, samples);
            }
            Err(ModelError::Arena { needs: said, has }) => {
                assert_eq!((said, has), (needs, board.arena));
                assert!(needs > board.arena);
            }
            Err(other) => panic!("{}: {other:?}", board.id),
        }
    }
}

/// Bytes of arena that suffice for every preset.
const PLENTY: u32 = 64 << 10;

/// Trains a preset for a moment and runs it on all boards; `least` is what each exported head must reach on this data.
fn road(name: &str, samples: usize, epochs: usize, least: &[f64]) {
    let short = short(name, samples, epochs);
    let evaluation = short.evaluation();
    assert_eq!(evaluation.heads.len(), least.len());
    for (head, &least) in evaluation.heads.iter().zip(least) {
        let float = head.float.unwrap().accuracy.unwrap();
        let fixed = head.fixed.accuracy.unwrap();
        eprintln!("{name}, {}: float {float:.3}, fixed {fixed:.3}", head.head);
        assert!(
            fixed >= least,
            "{name}, {}: {fixed} where {least} is the least",
            head.head
        );
        assert!(
            (float - fixed).abs() <= 0.05,
            "{name}, {}: float {float}, fixed-point {fixed}",
            head.head
        );
    }
    for machine in boards::emulated().filter(|machine| machine.arena >= PLENTY) {
        let shows_plain = machine.shows.contains(&Target::Generic);
        short.agrees(machine, machine.reads, if shows_plain { 3 } else { 1 });
    }
    // A generic file runs on a board with kernels of its own, too.
    short.agrees(board("mps3-an547"), Target::Generic, 1);
    short.agrees_or_is_refused(board("sifive-e"), 1);
}

#[test]
fn seed_digits() {
    road("seed-digits", 3000, 3, &[0.8]);
}

#[test]
fn digits() {
    road("digits", 5000, 4, &[0.93]);
}

#[test]
fn spoken_digits() {
    road("spoken-digits", 400, 6, &[0.9]);
}

#[test]
fn av_digits() {
    road("av-digits", 2000, 3, &[0.55, 0.5]);
}

#[test]
fn bank_intents() {
    road("bank-intents", 2000, 6, &[0.93]);
}

#[test]
fn bank_intents_s() {
    road("bank-intents-s", 2000, 6, &[0.92]);
}

#[test]
fn credit_risk() {
    road("credit-risk", 2000, 4, &[0.78]);
}

#[test]
fn shoppers() {
    road("shoppers", 2000, 4, &[0.83]);
}

#[test]
fn terminal() {
    road("terminal", 5000, 6, &[0.95, 0.78, 0.84]);
}

#[test]
fn terminal_runs_with_any_inputs_missing() {
    let short = short("terminal", 500, 1);
    let data = &short.prepared.data;
    let subsets = 0..1usize << data.inputs().len();
    let samples = subsets.map(|given| {
        let mut sample = data.sample(Subset::Test, given % data.len(Subset::Test));
        for (input, raw) in sample.inputs.iter_mut().enumerate() {
            if given & (1 << input) == 0 {
                *raw = Raw::Absent;
            }
        }
        sample
    });
    let aligned = Aligned::from(short.file.as_slice());
    let model = load(&aligned).unwrap();
    for board in boards::typical(Target::Generic) {
        let mut terminal = Terminal::boot(board, &short.packed(board.reads).1).unwrap();
        terminal.require_model().unwrap();
        let order = &short.prepared.order.inputs;
        let all = samples.clone();
        let comparison = compare(
            &mut terminal,
            (board.id, Unit::Instructions),
            &model,
            all,
            order,
            |_, _| {},
        )
        .unwrap();
        assert_eq!(
            (comparison.samples, comparison.identical),
            (64, 64),
            "{}",
            board.id
        );
    }
}

#[test]
fn a_file_for_another_kind_of_processor_is_refused() {
    let short = short("shoppers", 200, 1);
    let (_, path) = short.packed(Target::CortexM55);
    let mut terminal = Terminal::boot(board("mps2-an386"), &path).unwrap();
    let told = terminal.require_model().unwrap_err().to_string();
    assert!(
        told.contains("packed for another kind of processor"),
        "{told}"
    );
}
