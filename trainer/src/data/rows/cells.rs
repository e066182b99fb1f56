//! The cells of one row, in one text.

/// A row's cells, whose memory the next row uses again.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    pub(super) text: String,
    pub(super) ends: Vec<usize>,
    /// The line on which the row begins, and the one on which it ends.
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Cells {
    /// Begins a row.
    pub(super) fn clear(&mut self, first: u64, last: u64) {
        self.text.clear();
        self.ends.clear();
        (self.first, self.last) = (first, last);
    }

    /// Takes all cells of a row.
    pub(super) fn fill(&mut self, text: &str, ends: &[usize]) {
        self.text.push_str(text);
        self.ends.extend(ends);
    }

    /// Adds a cell.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell of a column as it stands in the file.
    pub(super) fn get(&self, column: usize) -> &str {
        let start = if column == 0 {
            0
        } else {
            self.ends[column - 1]
        };
        &self.text[start..self.ends[column]]
    }
}
