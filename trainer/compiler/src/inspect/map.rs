//! The arena over time as text.

use tillsense_core::engine::Model;

use super::life::{State, Stretch, parts};

/// Columns before the map: a range of addresses.
const LABEL: usize = 18;
/// Most rows.
const ROWS: usize = 28;

/// The arena over time: rows are address ranges, columns are steps of the plan; parts are set apart by a bar.
#[derive(Clone, Debug)]
pub(super) struct Map {
    /// Number of each step, empty at a bar, and what it does with each range.
    columns: Vec<(String, Vec<char>)>,
    /// Bytes of a range.
    row: usize,
    arena_len: usize,
    /// Bytes that are kept between calls.
    kept: u32,
}

impl Map {
    /// The map of a model's arena.
    pub fn new(model: &Model<'_>) -> Self {
        let arena_len = model.header().arena_len as usize;
        let row = arena_len.div_ceil(ROWS).max(1).next_multiple_of(4);
        let mut columns: Vec<(String, Vec<char>)> = Vec::new();
        let mut number = 0;
        for part in parts(model) {
            for states in part.states(model) {
                let rows = (0..arena_len).step_by(row);
                let cells = rows.map(|start| cell(&states, start, start + row));
                columns.push((number.to_string(), cells.collect()));
                number += 1;
            }
            columns.push((String::new(), vec!['|'; arena_len.div_ceil(row)]));
        }
        columns.pop();
        Map {
            columns,
            row,
            arena_len,
            kept: model.header().persistent_len,
        }
    }

    /// The map as text of this many columns, in blocks of as many steps as fit, with their numbers above.
    pub fn text(&self, width: usize) -> String {
        let digits = self.columns.iter().map(|(number, _)| number.len()).max();
        let digits = digits.unwrap_or(0);
        let mut text = String::new();
        for block in self.columns.chunks(width.saturating_sub(LABEL).max(1)) {
            for digit in 0..digits {
                let heading = block.iter().map(|(number, _)| {
                    let place = (digit + number.len()).checked_sub(digits);
                    place.and_then(|p| number.chars().nth(p)).unwrap_or(' ')
                });
                line(&mut text, "", heading);
            }
            for (index, start) in (0..self.arena_len).step_by(self.row).enumerate() {
                let end = (start + self.row).min(self.arena_len) - 1;
                let label = format!("{start:>7} -{end:>7}");
                line(
                    &mut text,
                    &label,
                    block.iter().map(|(_, cells)| cells[index]),
                );
            }
            text.push('\n');
        }
        let kept = self.kept;
        text.push_str(&format!(
            "w written, r read, # holds something of use, . free; the first {kept} bytes are kept between calls\n"
        ));
        text
    }
}

fn line(text: &mut String, label: &str, cells: impl Iterator<Item = char>) {
    let cells: String = cells.collect();
    text.push_str(format!("{label:<LABEL$}{cells}").trim_end());
    text.push('\n');
}

/// What most deserves to be seen of a range.
fn cell(stretches: &[Stretch], start: usize, end: usize) -> char {
    let inside = stretches.iter().filter(|s| s.start < end && s.end > start);
    match inside.map(|stretch| stretch.state).max() {
        Some(State::Written) => 'w',
        Some(State::Read) => 'r',
        Some(State::Alive) => '#',
        Some(State::Free) | None => '.',
    }
}
