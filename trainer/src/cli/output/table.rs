//! Tables that fit the screen.
//!
//! A table that is too wide gives way in this order: headings of several words stand on two lines, long names are shortened in
//! the middle, columns that it can do without are left out (each table says which, least important first), names are shortened
//! more. Where all that is not enough, each row is told on lines of its own, with nothing left out. A line below says so.

use std::fmt::Display;

use anyhow::Result;
use comfy_table::CellAlignment;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use console::measure_text_width;
use tillsense_compiler::text::shown;

use super::lines;
use super::width::{shortened, width, wrapped};

/// Columns that names keep where others could be left out instead.
const NAME: usize = 28;
/// Columns that names keep at least, and in a last attempt before rows are stacked.
const SHORT_NAME: usize = 14;

/// A table whose cells are one line of visible text each.
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Whether each column aligns to the left.
    left: Vec<bool>,
    /// Columns that may be left out, the least important first.
    optional: Vec<usize>,
}

/// A table with these headings; the first columns hold words and align left, the others hold figures and align right.
pub fn table<'a>(headings: impl IntoIterator<Item = &'a str>, words: usize) -> Table {
    let headings: Vec<String> = headings.into_iter().map(shown).collect();
    Table {
        left: (0..headings.len()).map(|column| column < words).collect(),
        headings,
        rows: Vec::new(),
        optional: Vec::new(),
    }
}

/// What a table shows on a screen.
struct Shape {
    /// Numbers of the columns.
    columns: Vec<usize>,
    /// Columns of the screen that a word takes at most.
    most: usize,
    /// Whether headings may stand on several lines.
    high: bool,
}

impl Table {
    /// Names the columns that a narrow screen can do without, the least important first.
    pub fn optional(mut self, headings: &[&str]) -> Self {
        let of = |heading: &&str| self.headings.iter().position(|own| own == heading);
        self.optional = headings.iter().filter_map(of).collect();
        self
    }

    /// Adds a row.
    pub fn add_row<T: Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(shown).collect());
    }

    /// Prints the table as wide as the screen is.
    pub fn print(&self) -> Result<()> {
        lines(self.text(width()))
    }

    /// Aligns a column to the left.
    pub fn align_left(&mut self, column: usize) {
        if let Some(left) = self.left.get_mut(column) {
            *left = true;
        }
    }

    /// Whether the screen is wide enough for all of the table as it is.
    pub fn fits(&self) -> bool {
        let whole = Shape {
            columns: (0..self.headings.len()).collect(),
            most: usize::MAX,
            high: false,
        };
        self.width(&whole) <= width()
    }

    /// The table, and below it what was done to make it as narrow as this.
    fn text(&self, width: usize) -> String {
        let all: Vec<usize> = (0..self.headings.len()).collect();
        let mut shape = Shape {
            columns: all,
            most: usize::MAX,
            high: false,
        };
        let fits = |shape: &Shape| self.width(shape) <= width;
        if fits(&shape) {
            return self.drawn(&shape);
        }
        shape.high = true;
        // Names give way by as little as is needed.
        let shorten = |shape: &mut Shape, least: usize| {
            let longest = self.longest_word(shape).min(shape.most);
            shape.most = longest;
            while !fits(shape) && shape.most > least {
                shape.most -= 1;
            }
        };
        shorten(&mut shape, NAME);
        let mut out = self.optional.iter();
        while !fits(&shape) {
            match out.next() {
                Some(column) => shape.columns.retain(|kept| kept != column),
                None => break,
            }
        }
        shorten(&mut shape, SHORT_NAME);
        match fits(&shape) {
            true => self.narrowed(&shape, width),
            false => self.stacked(width),
        }
    }

    /// The table in this shape, and what is missing in it.
    fn narrowed(&self, shape: &Shape, width: usize) -> String {
        let mut text = self.drawn(shape);
        let out = self.headings.iter().enumerate();
        let out = out.filter(|(column, _)| !shape.columns.contains(column));
        let out: Vec<&str> = out.map(|(_, heading)| heading.as_str()).collect();
        let short = shape.columns.iter().any(|&column| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            self.left[column]
                && cells
                    .into_iter()
                    .any(|cell| measure_text_width(cell) > shape.most)
        });
        let word = if out.len() == 1 { "column" } else { "columns" };
        let note = match (short, out.is_empty()) {
            (false, true) => return text,
            (true, true) => "names shortened".to_owned(),
            (true, false) => format!("names shortened and {word} {} left out", out.join(", ")),
            (false, false) => format!("{word} {} left out", out.join(", ")),
        };
        text.push('\n');
        text.push_str(
            &wrapped(
                &format!("{note} at {width} columns; --json has all"),
                width,
                2,
            )
            .join("\n"),
        );
        text
    }

    /// Columns of the screen that the table takes: a frame, and a space on both sides of each cell and between two.
    fn width(&self, shape: &Shape) -> usize {
        let columns = shape.columns.iter();
        columns
            .map(|&column| self.column_width(column, shape) + 3)
            .sum::<usize>()
            + 1
    }

    /// Columns of the screen that the longest word of a column aligned to the left takes.
    fn longest_word(&self, shape: &Shape) -> usize {
        let columns = shape.columns.iter().filter(|&&column| self.left[column]);
        let whole = Shape {
            columns: Vec::new(),
            most: usize::MAX,
            high: shape.high,
        };
        columns
            .map(|&column| self.cells_width(column, &whole))
            .max()
            .unwrap_or(0)
    }

    fn column_width(&self, column: usize, shape: &Shape) -> usize {
        let heading = self.heading(column, shape);
        let heading = heading.lines().map(measure_text_width).max();
        heading.unwrap_or(0).max(self.cells_width(column, shape))
    }

    /// Columns of the screen that the widest cell of a column takes.
    fn cells_width(&self, column: usize, shape: &Shape) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widest = cells
            .map(|cell| measure_text_width(cell))
            .max()
            .unwrap_or(0);
        match self.left[column] {
            true => widest.min(shape.most),
            false => widest,
        }
    }

    /// A heading, on as many lines as make it no wider than the cells below where it may stand on several.
    fn heading(&self, column: usize, shape: &Shape) -> String {
        let heading = &self.headings[column];
        if !shape.high {
            return heading.clone();
        }
        let words = heading.split(' ').map(measure_text_width).max();
        let room = self.cells_width(column, shape).max(words.unwrap_or(0));
        wrapped(heading, room.max(1), 0).join("\n")
    }

    fn drawn(&self, shape: &Shape) -> String {
        let mut drawn = comfy_table::Table::new();
        drawn.load_preset(UTF8_BORDERS_ONLY);
        drawn.set_header(
            shape
                .columns
                .iter()
                .map(|&column| self.heading(column, shape)),
        );
        for row in &self.rows {
            let cell = |&column: &usize| {
                let cell = row.get(column).map_or("", String::as_str);
                match self.left[column] {
                    true => shortened(cell, shape.most),
                    false => cell.to_owned(),
                }
            };
            drawn.add_row(shape.columns.iter().map(cell));
        }
        for (drawn, &column) in drawn.column_iter_mut().zip(&shape.columns) {
            if !self.left[column] {
                drawn.set_cell_alignment(CellAlignment::Right);
            }
        }
        drawn.to_string()
    }

    /// Each row on lines of its own: every heading with its cell.
    fn stacked(&self, width: usize) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let cells = self.headings.iter().zip(row);
            let cells = cells.filter(|(_, cell)| !cell.is_empty());
            let parts: Vec<String> = cells
                .map(|(heading, cell)| match heading.is_empty() {
                    true => cell.clone(),
                    false => format!("{heading}: {cell}"),
                })
                .collect();
            text.push_str(&wrapped(&parts.join("; "), width, 2).join("\n"));
            text.push('\n');
        }
        let note = format!(
            "each row on lines of its own, because the table is wider than {width} columns"
        );
        text.push_str(&wrapped(&note, width, 2).join("\n"));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrow(text: &str, width: usize) {
        for line in text.lines() {
            assert!(measure_text_width(line) <= width, "{width}: {line}\n{text}");
        }
    }

    #[test]
    fn a_cell_is_one_line_that_can_be_seen() {
        let mut table = table(["head\u{1b}[2J", "figure"], 1);
        table.add_row(["a\nb\rc\u{202e}", "1"]);
        let text = table.text(80);
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(
            text.contains(r"head\u{1b}[2J") && text.contains(r"a\nb\rc\u{202e}"),
            "{text}"
        );
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text:?}");
    }

    /// A table of one name and five figures, 96 columns wide.
    fn wide() -> Table {
        let headings = [
            "class",
            "first figure",
            "second figure",
            "third",
            "fourth",
            "fifth",
        ];
        let mut table = table(headings, 1).optional(&["fourth", "third"]);
        table.add_row([
            "what_a_very_long_name_of_a_class",
            "1",
            "2",
            "3",
            "4",
            "5,000,000",
        ]);
        table
    }

    #[test]
    fn headings_give_way_then_names_then_columns() {
        let table = wide();
        assert!(table.text(96).contains("first figure"));
        let name = "what_a_very_long_name_of_a_class";
        let cases = [
            (85, name, ""),
            (
                80,
                "what_a_very_lo\u{2026}ame_of_a_class",
                "names shortened at 80",
            ),
            (
                75,
                "what_a_very_lo\u{2026}me_of_a_class",
                "names shortened and column fourth left out at 75",
            ),
            (
                58,
                "what_a_very_\u{2026}_of_a_class",
                "names shortened and columns third, fourth left out at 58",
            ),
        ];
        for (width, name, told) in cases {
            let text = table.text(width);
            narrow(&text, width);
            assert!(
                !text.contains("first figure") && text.contains(name),
                "{text}"
            );
            let flat = text.replace("\n  ", " ");
            match told {
                "" => assert!(text.ends_with('\u{2518}'), "{text}"),
                told => assert!(
                    flat.ends_with(&format!("{told} columns; --json has all")),
                    "{text}"
                ),
            }
        }
    }

    #[test]
    fn a_row_that_fits_no_table_is_stacked() {
        let text = wide().text(24);
        narrow(&text, 24);
        let flat = text.replace("\n  ", " ");
        for part in [
            "fourth: 4",
            "fifth: 5,000,000",
            "each row on lines of its own",
        ] {
            assert!(flat.contains(part), "{part}: {text}");
        }
    }
}
