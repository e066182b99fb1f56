//! Tables of a page.

use tillsense_compiler::text::brief;

/// Rows under headings: first columns of words, then columns of figures.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) caption: String,
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    words: usize,
}

impl Table {
    /// A table with headings, whose columns all hold words.
    pub fn new<T: AsRef<str>>(headings: impl IntoIterator<Item = T>) -> Self {
        let headings: Vec<_> = headings
            .into_iter()
            .map(|text| brief(text.as_ref()))
            .collect();
        Self {
            caption: String::new(),
            words: headings.len(),
            headings,
            rows: Vec::new(),
        }
    }

    /// Says how many columns, from the first, hold words; those behind hold figures.
    pub fn words(mut self, count: usize) -> Self {
        self.words = count;
        self
    }

    /// Adds a sentence above.
    pub fn caption(mut self, text: &str) -> Self {
        self.caption = brief(text);
        self
    }

    /// Adds a row; cells that are missing at its end stay empty.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().map(|text| brief(text.as_ref()));
        let mut cells: Vec<_> = cells.take(self.headings.len()).collect();
        cells.resize(self.headings.len(), String::new());
        self.rows.push(cells);
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The class of a column in the stylesheet.
    pub(super) fn class(&self, column: &usize) -> &'static str {
        match *column < self.words {
            true => "",
            false => "figure",
        }
    }
}
