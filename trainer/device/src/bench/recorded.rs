//! Figures that were measured once and are committed, in `tests/golden`: the end-to-end tests hold them, the tables of the
//! documents are made from them.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use tillsense_compiler::files;

/// Longest file of figures.
const MOST: u64 = 1 << 20;

/// A line: what was measured, in two words, and its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The layer, or the board.
    pub id: String,
    /// The algorithm, or the parts of an engine.
    pub what: String,
    /// The figures.
    pub figures: Vec<u64>,
}

impl Recorded {
    /// A line of one figure.
    pub fn new(id: &str, what: &str, figure: u64) -> Self {
        Recorded {
            id: id.to_owned(),
            what: what.to_owned(),
            figures: vec![figure],
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        Some(Recorded {
            id: cells.next()?.to_owned(),
            what: cells.next()?.to_owned(),
            figures: cells.map(|cell| cell.parse().ok()).collect::<Option<_>>()?,
        })
    }
}

/// Reads lines with tabs between their cells.
pub fn parse(text: &str) -> Result<Vec<Recorded>> {
    let lines = text.lines();
    lines
        .map(|line| {
            Recorded::parse(line).with_context(|| format!("`{line}` is no line of figures"))
        })
        .collect()
}

/// Reads a file of figures.
pub fn read(path: &Path) -> Result<Vec<Recorded>> {
    let named = || path.display().to_string();
    parse(&files::read_text(path, MOST).with_context(named)?).with_context(named)
}

/// The lines as a file holds them.
pub fn text(lines: &[Recorded]) -> String {
    let mut text = String::new();
    for line in lines {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}\t{}", line.id, line.what);
        for figure in &line.figures {
            let _ = write!(text, "\t{figure}");
        }
        text.push('\n');
    }
    text
}

/// The figures of a line.
pub fn find<'a>(lines: &'a [Recorded], id: &str, what: &str) -> Option<&'a [u64]> {
    let line = lines.iter().find(|line| line.id == id && line.what == what);
    line.map(|line| &line.figures[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let wide = Recorded {
            figures: vec![3, 4],
            ..Recorded::new("c1", "direct, pairs", 0)
        };
        let lines = [Recorded::new("c1", "direct", 7), wide];
        assert_eq!(text(&lines), "c1\tdirect\t7\nc1\tdirect, pairs\t3\t4\n");
        assert_eq!(parse(&text(&lines)).unwrap(), lines);
        assert_eq!(find(&lines, "c1", "direct, pairs"), Some(&[3, 4][..]));
        assert_eq!(find(&lines, "c1", "winograd"), None);
        assert!(parse("c1\tdirect\tmany").is_err() && parse("c1").is_err());
    }
}
