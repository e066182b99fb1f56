//! Whole models on boards: what `bench model --json` said, in `tests/golden/models`.

use std::path::Path;

use anyhow::{Context, Result};
use tillsense_compiler::files;
use tillsense_compiler::words::grouped;

use super::{MOST, markdown};
use crate::bench::ModelFigures;

/// The boards that a short line compares.
const BOARDS: [&str; 2] = ["mps2-an386", "riscv-virt"];

/// A model's parts on a board.
pub fn table(golden: &Path, model: &str, board: &str) -> Result<String> {
    let figures = read(golden, model, board)?;
    let rows = figures.parts.iter().map(|part| {
        vec![
            part.part.clone(),
            part.layer.clone(),
            part.algorithm.clone(),
            grouped(part.calls),
            grouped(part.instructions),
            grouped(part.weight_bytes),
            grouped(part.scratch_bytes),
        ]
    });
    let headings = [
        "part",
        "layer",
        "algorithm",
        "calls",
        "instructions",
        "weights",
        "scratch",
    ];
    let table = markdown::table(&headings, 3, rows);
    Ok(format!(
        "{} (`{}`): {} instructions, {} bytes of file, {} of engine code, {} of arena, {} of stack (loading included).\n\n{table}",
        figures.processor,
        figures.board,
        grouped(figures.instructions),
        grouped(figures.file_bytes),
        grouped(figures.engine_bytes),
        grouped(figures.arena_bytes),
        grouped(figures.stack_bytes),
    ))
}

/// Instructions and arena of a model, a line a board.
pub fn short(golden: &Path, model: &str) -> Result<String> {
    let mut lines = String::new();
    for board in BOARDS {
        let figures = read(golden, model, board)?;
        lines += &format!(
            "- {}: {} instructions and {} bytes of arena\n",
            figures.processor,
            grouped(figures.instructions),
            grouped(figures.arena_bytes),
        );
    }
    Ok(lines)
}

fn read(golden: &Path, model: &str, board: &str) -> Result<ModelFigures> {
    let path = golden.join("models").join(format!("{model}-{board}.json"));
    let named = || path.display().to_string();
    let text = files::read_text(&path, MOST).with_context(named)?;
    serde_json::from_str(&text).with_context(named)
}
