//! Instruction counts depend on shapes, never on values.

#[path = "../fixture/mod.rs"]
mod fixture;
mod inputs;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use inputs::Inputs;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::run::load;
use tillsense_compiler::target::{ExportOptions, Target};
use tillsense_core::link::Count;
use tillsense_device::bench::data::{Data, Fill};
use tillsense_device::boards::Machine;
use tillsense_device::terminal::Terminal;
use tillsense_device::{bench, boards};
use tillsense_tests::on_each;
use tillsense_trainer::data::DataSource;
use tillsense_trainer::data::dataset::Subset;
use tillsense_trainer::learn::{Silent, TrainOptions, train};
use tillsense_trainer::project::{Prepared, description};

/// Number of different weights and inputs for every layer. Kernels refuse up to 15 of them, whose weights are all extreme.
const VARIETY: usize = 65;

/// Number of different inputs for a model with each of its weights.
const INPUTS: u64 = 25;
const WEIGHTS: u64 = 2;

fn every_layer_takes_the_same(machine: &'static Machine) {
    let data = Data::variety(VARIETY);
    let start = std::time::Instant::now();
    let mut seen = BTreeMap::new();
    for figure in bench::kernels(machine, &data).unwrap() {
        assert!(figure.equal_to_reference, "{machine}: {figure:?}");
        let counts: &mut Vec<u64> = seen.entry((figure.id, figure.algorithm)).or_default();
        counts.push(figure.instructions);
    }
    let mut differing = Vec::new();
    for (layer, counts) in seen {
        assert!(counts.len() >= VARIETY - 15, "{layer:?}: {}", counts.len());
        if counts.iter().any(|&count| count != counts[0]) {
            differing.push(format!("{layer:?}: {counts:?}"));
        }
    }
    eprintln!("{machine}: {:?}", start.elapsed());
    assert!(differing.is_empty(), "{machine}:\n{}", differing.join("\n"));
}

#[test]
fn layers_take_the_same_on_a_board_of_every_packing() {
    on_each(of_every_packing(), every_layer_takes_the_same);
}

/// One board for each family of kernels.
fn of_every_packing() -> [&'static Machine; 5] {
    let targets = [
        Target::CortexM4,
        Target::CortexM55,
        Target::CortexM0,
        Target::CortexM3,
        Target::Rv32imc,
    ];
    targets.map(|target| boards::typical(target)[0])
}

/// Files of models with the same ops and different weights.
type Models = [Vec<u8>; WEIGHTS as usize];

/// The hand-made model, which has an input of every kind, with two seeds of weights.
static BY_HAND: LazyLock<Models> = LazyLock::new(|| [7, 8].map(|seed| fixture::model_of(seed, 0)));

/// The preset that has an input of every kind, trained for a moment with two seeds.
static TERMINAL: LazyLock<(Prepared, [Trained; WEIGHTS as usize])> = LazyLock::new(|| {
    let (text, origin) = description("terminal").unwrap();
    let mut prepared = Prepared::new(&text, &origin, DataSource::Synthetic).unwrap();
    let features = prepared.features(Subset::Train, Some(64)).unwrap();
    (prepared.spec.train.epochs, prepared.spec.train.qat_epochs) = (1, 1);
    let trained = [1, 2].map(|seed| {
        prepared.spec.train.seed = seed;
        let (graph, options) = (&prepared.graph, TrainOptions::default());
        let trained = train(graph, &prepared.spec, &features, &options, &mut Silent);
        trained.unwrap().0
    });
    (prepared, trained)
});

/// The files of the preset `terminal`, packed for a board's processor.
fn terminal(machine: &Machine) -> Models {
    let (prepared, trained) = &*TERMINAL;
    trained.each_ref().map(|trained| {
        prepared
            .export(trained, 1, &ExportOptions::at(machine.reads))
            .unwrap()
    })
}

/// Checks that every part of every run takes the same instructions.
fn every_run_takes_the_same(machine: &'static Machine, models: &Models) {
    let mut first: Option<Vec<Count>> = None;
    let mut differing = Vec::new();
    for (weights, file) in models.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.till");
        std::fs::write(&path, file).unwrap();
        let aligned = Aligned::from(file.as_slice());
        let model = load(&aligned).unwrap();
        let mut link = Terminal::boot(machine, &path).unwrap();
        for seed in 0..INPUTS {
            let fill = Fill::CONSTANT.get(seed as usize).copied();
            link.reset().unwrap();
            let seed = INPUTS * weights as u64 + seed;
            let mut inputs = Inputs::new(model, seed, fill.unwrap_or(Fill::Random));
            inputs.push(&mut link).unwrap();
            let total = link.run().unwrap();
            let counts = link.counts().unwrap();
            let sum: u64 = counts.iter().map(|count| count.instructions).sum();
            assert_eq!(sum, total, "{machine}");
            let wanted = first.get_or_insert_with(|| counts.clone());
            assert_eq!(counts.len(), wanted.len(), "{machine}");
            for (wanted, count) in wanted.iter().zip(counts) {
                if *wanted != count {
                    differing.push(format!("{weights}, {seed}: {count:?}, not {wanted:?}"));
                }
            }
        }
    }
    assert!(differing.is_empty(), "{machine}:\n{}", differing.join("\n"));
}

fn models(machine: &'static Machine) {
    let start = std::time::Instant::now();
    every_run_takes_the_same(machine, &BY_HAND);
    eprintln!("{machine}: {:?}", start.elapsed());
    every_run_takes_the_same(machine, &terminal(machine));
    eprintln!("{machine}: {:?}", start.elapsed());
}

#[test]
fn models_take_the_same_on_a_board_of_every_packing() {
    on_each(of_every_packing(), models);
}
