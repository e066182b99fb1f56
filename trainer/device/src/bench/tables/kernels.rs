//! Layers on boards, beside CMSIS-NN.

use std::path::Path;

use anyhow::{Context, Result};
use tillsense_compiler::lower::blobs::Blobs;
use tillsense_compiler::words::grouped;

use super::markdown;
use crate::bench::data::Data;
use crate::bench::layers::{ROWS, Row};
use crate::bench::recorded::{self, Recorded};
use crate::bench::summary::{fastest, summary};
use crate::bench::trials::{self, Candidate};
use crate::bench::{Figure, peers};
use crate::boards::{self, Machine};

/// The boards in the order in which processors are compared.
const BOARDS: [&str; 7] = [
    "mps2-an386",
    "mps2-an500",
    "mps2-an505",
    "mps3-an547",
    "mps2-an385",
    "mps2-an385-m0",
    "riscv-virt",
];

/// The fastest algorithm of each layer on a board.
pub fn table(golden: &Path, board: &str) -> Result<String> {
    let figures = fastest(figures(golden, machine(board)?)?);
    let cycles = figures.iter().any(|figure| figure.cycles_m4.is_some());
    let mut headings = vec!["row", "layer", "algorithm", "instructions", "each"];
    headings.extend(["CMSIS-NN", "ratio", "weights", "scratch"]);
    headings.extend(["cycles M4", "cycles M7"].into_iter().filter(|_| cycles));
    let rows = figures.iter().map(|figure| row(figure, cycles));
    let table = markdown::table(&headings, 3, rows);
    let (mean, worst) = summary(&figures).context("nothing is compared")?;
    Ok(format!(
        "Geometric mean of CMSIS-NN / ours {mean:.2}, smallest {:.2} ({}).\n\n{table}",
        worst.ratio.unwrap_or_default(),
        worst.id
    ))
}

fn row(figure: &Figure, cycles: bool) -> Vec<String> {
    let count = |value: Option<u64>| value.map_or("-".to_owned(), grouped);
    let mut row = vec![
        figure.id.to_owned(),
        figure.layer.to_owned(),
        figure.algorithm.clone(),
        grouped(figure.instructions),
        format!("{:.2}", figure.per_mac),
        count(figure.cmsis_nn),
        figure
            .ratio
            .map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
        grouped(figure.weight_bytes),
        grouped(figure.scratch_bytes),
    ];
    let both = [figure.cycles_m4, figure.cycles_m7];
    row.extend(both.into_iter().filter(|_| cycles).map(count));
    row
}

/// A line a board: mean and smallest ratio.
pub fn speed(golden: &Path) -> Result<String> {
    let mut rows = Vec::new();
    for board in BOARDS {
        let machine = machine(board)?;
        let figures = fastest(figures(golden, machine)?);
        let (mean, worst) = summary(&figures).context("nothing is compared")?;
        let worst = format!("{:.2} ({})", worst.ratio.unwrap_or_default(), worst.id);
        rows.push(vec![
            machine.processor.to_owned(),
            format!("{mean:.2}"),
            worst,
        ]);
    }
    let headings = ["core", "geometric mean", "smallest"];
    Ok(markdown::table(&headings, 1, rows))
}

/// A sentence on the boards where Winograd's algorithm is among the fastest.
pub fn without_winograd(golden: &Path) -> Result<String> {
    let mut means = Vec::new();
    for board in BOARDS {
        let machine = machine(board)?;
        let mut figures = figures(golden, machine)?;
        let all = figures.len();
        figures.retain(|figure| !figure.algorithm.starts_with("winograd"));
        if figures.len() < all {
            let figures = fastest(figures);
            let (mean, _) = summary(&figures).context("nothing is compared")?;
            means.push(format!("{mean:.2} on {}", machine.processor));
        }
    }
    Ok(format!(
        "Without Winograd, for models short of flash (`--all` shows both), the geometric mean is {}.",
        means.join(", ")
    ))
}

fn machine(board: &str) -> Result<&'static Machine> {
    boards::find(board).with_context(|| format!("there is no board {board}"))
}

/// All algorithms of all layers, from the counts of a board, and its cycles where they were modelled.
fn figures(golden: &Path, machine: &'static Machine) -> Result<Vec<Figure>> {
    let file = format!("{}.tsv", machine.id);
    let counts = recorded::read(&golden.join("counts").join(&file))?;
    let cycles = golden.join("cycles").join(&file);
    let cycles = match cycles.exists() {
        true => recorded::read(&cycles)?,
        false => Vec::new(),
    };
    let mut figures = Vec::new();
    for row in &ROWS {
        let packing = machine.reads.packing();
        let made = trials::make(row.layer, Data::random(1), packing, &mut Blobs::default());
        for candidate in &made.candidates {
            figures.push(figure(machine, row, candidate, &counts, &cycles)?);
        }
    }
    Ok(figures)
}

fn figure(
    machine: &Machine,
    row: &Row,
    candidate: &Candidate,
    counts: &[Recorded],
    cycles: &[Recorded],
) -> Result<Figure> {
    let algorithm = &candidate.algorithm;
    let instructions = recorded::find(counts, row.id, algorithm).and_then(|all| all.first());
    let &instructions = instructions
        .with_context(|| format!("{}, {algorithm}: not in tests/golden/counts", row.id))?;
    let cycles = recorded::find(cycles, row.id, algorithm).unwrap_or_default();
    let cmsis_nn = peers::cmsis_nn(row.id, machine);
    Ok(Figure {
        id: row.id,
        layer: row.what,
        macs: row.macs,
        instructions,
        per_mac: instructions as f64 / row.macs as f64,
        cycles_m4: cycles.first().copied(),
        cycles_m7: cycles.get(1).copied(),
        cycles: None,
        algorithm: algorithm.clone(),
        weight_bytes: candidate.weight_bytes,
        scratch_bytes: candidate.scratch_bytes,
        equal_to_reference: true,
        cmsis_nn,
        ratio: cmsis_nn.map(|theirs| theirs as f64 / instructions as f64),
    })
}
