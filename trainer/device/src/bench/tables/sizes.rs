//! Bytes of flash of the engine, from `tests/golden/sizes.tsv`, and of programs in C, from `tests/golden/c`.

use std::path::Path;

use anyhow::{Context, Result};
use tillsense_compiler::words::grouped;
use tillsense_core::parts::Part;

use super::markdown;
use crate::bench::Owner;
use crate::bench::peers::tflm;
use crate::bench::recorded::{self, Recorded};
use crate::boards;

/// The board whose parts are shown one by one.
const BOARD: &str = "mps2-an386";

fn read(golden: &Path) -> Result<Vec<Recorded>> {
    recorded::read(&golden.join("sizes.tsv"))
}

fn bytes(sizes: &[Recorded], board: &str, what: &str) -> Result<u64> {
    let figures = recorded::find(sizes, board, what).and_then(|all| all.first());
    let figure = figures.with_context(|| format!("{board}, {what}: not in tests/golden/sizes.tsv"));
    figure.copied()
}

/// The engine with all parts, with those of `seed-digits` and with none, a line a board.
pub fn boards(golden: &Path) -> Result<String> {
    let sizes = read(golden)?;
    let mut rows = Vec::new();
    for line in sizes.iter().filter(|line| line.what == "all") {
        let machine = boards::find(&line.id).with_context(|| format!("no board {}", line.id))?;
        let mut row = vec![line.id.clone(), machine.processor.to_owned()];
        for what in ["all", "seed-digits", "none"] {
            row.push(grouped(bytes(&sizes, &line.id, what)?));
        }
        rows.push(row);
    }
    let headings = ["board", "core", "all parts", "`seed-digits`", "no part"];
    Ok(markdown::table(&headings, 2, rows))
}

/// The engine with one part alone.
pub fn parts(golden: &Path) -> Result<String> {
    let sizes = read(golden)?;
    let none = bytes(&sizes, BOARD, "none")?;
    let mut rows = Vec::new();
    for part in Part::ALL {
        let alone = bytes(&sizes, BOARD, part.feature())?;
        let adds = grouped(alone.saturating_sub(none));
        rows.push(vec![format!("`{}`", part.feature()), grouped(alone), adds]);
    }
    let table = markdown::table(&["part", "bytes", "adds"], 1, rows);
    Ok(format!(
        "One part alone on `{BOARD}`, and what it adds to the {} bytes of an engine without parts:\n\n{table}",
        grouped(none)
    ))
}

/// Programs in C around two networks on a Cortex-M4, part by part, beside TensorFlow Lite Micro's engine.
pub fn c_programs(golden: &Path) -> Result<String> {
    let networks = ["seed-digits", "kws"];
    let figures = networks.map(|network| {
        let lines = recorded::read(&golden.join("c").join(format!("{network}.tsv")))?;
        let of = |owner: Owner| {
            recorded::find(&lines, BOARD, owner.name())?
                .first()
                .copied()
        };
        let figures = Owner::ALL.map(|owner| of(owner).context(owner.name()));
        figures.into_iter().collect::<Result<Vec<_>>>()
    });
    let [digits, kws] = figures;
    let (digits, kws) = (digits?, kws?);
    let both = |what: String, sum: fn(&[u64]) -> u64| {
        vec![what, grouped(sum(&digits)), grouped(sum(&kws))]
    };
    let mut rows: Vec<_> = Owner::ALL
        .iter()
        .zip(digits.iter().zip(&kws))
        .map(|(owner, (one, other))| vec![owner.name().to_owned(), grouped(*one), grouped(*other)])
        .collect();
    rows.push(both("all".to_owned(), |bytes| bytes.iter().sum()));
    rows.push(both("engine and C boundary".to_owned(), |bytes| {
        bytes[..2].iter().sum()
    }));
    for (what, number) in [
        ("TFLM + CMSIS-NN, default registrations", 0),
        ("the same, int8 alone", 1),
    ] {
        let theirs = networks.map(|network| tflm(network).map(|all| format!("{} KB", all[number])));
        let theirs = theirs.map(Option::unwrap_or_default);
        rows.push([&[what.to_owned()], &theirs[..]].concat());
    }
    Ok(markdown::table(
        &["bytes of flash", "`seed-digits`", "MLPerf Tiny kws"],
        1,
        rows,
    ))
}
