//! Bytes of flash of the engine, from `tests/golden/sizes.tsv`.

use std::path::Path;

use anyhow::{Context, Result};
use tillsense_compiler::words::grouped;
use tillsense_core::parts::Part;

use super::markdown;
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
