//! Output of results: lines, tables, JSON.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};
use comfy_table::CellAlignment;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use serde::Serialize;
use tillsense_compiler::text::{shown, shown_json, shown_lines};

/// Prints a line of results.
pub fn line(text: impl Display) -> Result<()> {
    print(&shown(text))
}

/// Prints several lines, in which texts from outside are escaped already where a line end in them would matter.
pub fn lines(text: impl Display) -> Result<()> {
    print(&shown_lines(text))
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

/// A table whose cells are one line of visible text each.
pub struct Table(comfy_table::Table);

impl Table {
    /// Adds a row.
    pub fn add_row<T: Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.0.add_row(cells.into_iter().map(shown));
    }

    /// Prints the table.
    pub fn print(&self) -> Result<()> {
        lines(&self.0)
    }

    /// Characters of its longest line.
    pub fn width(&self) -> usize {
        let lines = self.0.lines().map(|line| line.chars().count());
        lines.max().unwrap_or(0)
    }

    /// Aligns a column to the left.
    pub fn align_left(&mut self, column: usize) {
        if let Some(column) = self.0.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Left);
        }
    }
}

/// A table with these headings; the first columns hold words and align left, the others hold figures and align right.
pub fn table<'a>(headings: impl IntoIterator<Item = &'a str>, words: usize) -> Table {
    let mut table = comfy_table::Table::new();
    let headings = headings.into_iter().map(shown);
    table.load_preset(UTF8_BORDERS_ONLY).set_header(headings);
    for column in table.column_iter_mut().skip(words) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    Table(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_line_that_can_be_seen() {
        let mut table = table(["head\u{1b}[2J", "figure"], 1);
        table.add_row(["a\nb\rc\u{202e}", "1"]);
        let text = table.0.to_string();
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(
            text.contains(r"head\u{1b}[2J") && text.contains(r"a\nb\rc\u{202e}"),
            "{text}"
        );
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text:?}");
    }
}
