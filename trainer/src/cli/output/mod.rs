//! Output of results: lines, tables, JSON.

mod table;
mod width;

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};
use serde::Serialize;
pub use table::{Table, table};
use tillsense_compiler::text::{shown, shown_json, shown_lines};
#[cfg(feature = "train")]
pub use width::shortened;
pub use width::{width, wrapped};

/// Prints a line of results.
pub fn line(text: impl Display) -> Result<()> {
    print(&shown(text))
}

/// Prints several lines, in which texts from outside are escaped already where a line end in them would matter.
pub fn lines(text: impl Display) -> Result<()> {
    print(&shown_lines(text))
}

/// As [`lines()`], with lines that are longer than the screen is wide broken at spaces.
pub fn fitted(text: &str) -> Result<()> {
    let lines = text.trim_end().lines();
    let lines = lines.flat_map(|line| wrapped(line, width(), 2));
    self::lines(lines.collect::<Vec<_>>().join("\n"))
}

/// Prints a line of results on as many lines of the screen as it takes.
pub fn paragraph(text: impl Display) -> Result<()> {
    lines(wrapped(&shown(text), width(), 2).join("\n"))
}

/// Prints a word in a column of its own and a text beside it, on as many lines as it takes.
pub fn entry(word: &str, column: usize, text: impl Display) -> Result<()> {
    let text = shown(text);
    let whole = format!("{:<column$} {text}", shown(word));
    lines(wrapped(&whole, width(), column + 1).join("\n"))
}

/// Prints a text. A closed pipe (`tillsense presets | head -1`) is no error.
fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("standard output: cannot be written")
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub fn json(value: &impl Serialize) -> Result<()> {
    print(&shown_json(&serde_json::to_string_pretty(value)?))
}
