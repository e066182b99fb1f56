//! How long models take on parts, and how far the models of cycles are from silicon.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use tillsense_compiler::files;
use tillsense_compiler::words::grouped;

use super::{MOST, markdown};
use crate::bench::ModelFigures;

/// A program whose cycles on silicon are published.
#[derive(Deserialize)]
struct Yardstick {
    /// The processor.
    core: String,
    /// The program, and on which part it was measured.
    program: String,
    /// What is compared: `speed`, a ratio to a Cortex-M4 running the same, or `cycles an instruction`.
    compared: String,
    /// The published figure.
    published: f64,
    /// The modelled figure.
    modelled: f64,
    /// Where the published figure is from.
    source: String,
}

/// A model on parts: what `bench model MODEL --board BOARD --json` said, in `tests/golden/times`.
pub fn table(golden: &Path, model: &str) -> Result<String> {
    let folder = golden.join("times");
    let named = || folder.display().to_string();
    let entries = std::fs::read_dir(&folder).with_context(named)?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(named)?;
    paths.sort();
    let prefix = format!("{model}-");
    let of_model = |path: &&std::path::PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&prefix))
    };
    let rows = paths.iter().filter(of_model).map(|path| row(path));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let headings = [
        "board",
        "pipeline",
        "MHz",
        "instructions",
        "cycles",
        "ms",
        "best to worst",
        "mJ",
    ];
    Ok(markdown::table(&headings, 2, rows))
}

fn row(path: &Path) -> Result<Vec<String>> {
    let figures: ModelFigures = read(path)?;
    let time = figures
        .time
        .with_context(|| format!("{}: no time in it", path.display()))?;
    let energy = time
        .millijoules
        .map(|energy| format!("{:.2}", energy.modelled));
    Ok(vec![
        format!("`{}`", time.board),
        time.pipeline,
        format!("{}", f64::from(time.hertz) / 1e6),
        grouped(time.instructions),
        grouped(time.cycles.modelled),
        format!("{:.2}", time.milliseconds.modelled),
        format!(
            "{:.2} to {:.2}",
            time.milliseconds.best, time.milliseconds.worst
        ),
        energy.unwrap_or("-".to_owned()),
    ])
}

/// Published figures beside modelled ones, and by how much the models are off.
pub fn calibration(golden: &Path) -> Result<String> {
    let all: Vec<Yardstick> = read(&golden.join("calibration.json"))?;
    let rows = all.into_iter().map(|one| {
        let error = (one.modelled / one.published - 1.0) * 100.0;
        vec![
            one.core,
            one.program,
            one.compared,
            format!("{:.2}", one.published),
            format!("{:.2}", one.modelled),
            format!("{error:+.0} %"),
            one.source,
        ]
    });
    let headings = [
        "core",
        "program",
        "compared",
        "published",
        "modelled",
        "error",
        "source",
    ];
    Ok(markdown::table(&headings, 3, rows))
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let named = || path.display().to_string();
    let text = files::read_text(path, MOST).with_context(named)?;
    serde_json::from_str(&text).with_context(named)
}
