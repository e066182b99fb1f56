//! A grid of lines that leaves columns out where the screen is too narrow.

/// A column: its heading, its width, and whether it aligns to the right.
pub(super) struct Column(pub &'static str, pub usize, pub bool);

/// Which columns of a grid are shown.
pub(super) struct Grid<'a> {
    columns: &'a [Column],
    shown: Vec<bool>,
    width: usize,
}

impl<'a> Grid<'a> {
    /// A grid for a screen of this width; of `optional` columns, the first are left out first.
    pub fn new(columns: &'a [Column], optional: &[&str], width: usize) -> Self {
        let mut shown = vec![true; columns.len()];
        let mut optional = optional.iter();
        let taken = |shown: &[bool]| {
            let shown = columns.iter().zip(shown).filter(|(_, shown)| **shown);
            // A space behind each.
            shown.map(|(column, _)| column.1 + 1).sum::<usize>()
        };
        while taken(&shown) > width {
            let Some(out) = optional.next() else { break };
            for (column, shown) in columns.iter().zip(&mut shown) {
                *shown &= column.0 != *out;
            }
        }
        Grid {
            columns,
            shown,
            width,
        }
    }

    /// The line of the headings.
    pub fn head(&self) -> String {
        self.line(self.columns.iter().map(|column| column.0.to_owned()))
    }

    /// A line of cells, one for each column of the whole grid.
    pub fn line(&self, cells: impl IntoIterator<Item = String>) -> String {
        let mut line = String::new();
        for ((column, shown), cell) in self.columns.iter().zip(&self.shown).zip(cells) {
            let &Column(_, width, right) = column;
            if !shown {
                continue;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&match right {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            });
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }

    /// A line that says what is left out; empty where nothing is.
    pub fn left_out(&self) -> String {
        let columns = self.columns.iter().zip(&self.shown);
        let out: Vec<&str> = columns
            .filter(|(_, shown)| !**shown)
            .map(|(column, _)| column.0)
            .collect();
        let word = match out.len() {
            0 => return String::new(),
            1 => "column",
            _ => "columns",
        };
        let (out, width) = (out.join(", "), self.width);
        format!("{word} {out} left out at {width} columns; --json has all\n")
    }
}
