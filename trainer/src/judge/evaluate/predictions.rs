//! The answer to every scored sample, as a table for other programs.
//!
//! RFC 4180 in UTF-8: a header, one row a sample, fields quoted where they need it, lines that end with CR LF. The columns are
//! `sample` (number in the test part, from 0) and `place` (the sample's file and line, or its number), then for each head `H` of the file:
//! `H.label`, `H.answer`, `H.score`, `H.deferred` (`yes` or `no`), and `H.second`, `H.second_score`, `H.third`, `H.third_score` where it
//! has so many classes. Scores are those that the device reports, whole 256ths from 0 to 255/256. A sample without a label leaves that field empty.

use std::cmp::Reverse;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use tillsense_compiler::files;
use tillsense_compiler::run::Scores;
use tillsense_core::engine::Model;

use crate::data::dataset::Subset;
use crate::project::Prepared;

/// How every file of predictions begins.
const BEGIN: &str = "sample,place,";
/// The columns of one head.
const COLUMNS: [&str; 8] = [
    "label",
    "answer",
    "score",
    "deferred",
    "second",
    "second_score",
    "third",
    "third_score",
];
/// Answers of a sample that are told.
const TOP: usize = 3;

/// Scores of test samples, and what is known of them.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Numbers of the samples in the test part.
    pub numbers: Vec<usize>,
    /// Score bytes of each sample, by exported head.
    pub scores: Vec<Scores>,
    /// Labels by exported head.
    pub labels: Vec<Vec<Option<u16>>>,
}

/// The table of answers.
pub fn csv(prepared: &Prepared, model: &Model<'_>, answers: &Answers) -> Result<Vec<u8>> {
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let heads = prepared.exported_heads();
    let mut header = vec!["sample".to_owned(), "place".to_owned()];
    for &head in &heads {
        let (name, classes) = (&prepared.spec.heads[head].name, classes(prepared, head));
        let columns = COLUMNS[..columns(classes.len())].iter();
        header.extend(columns.map(|column| format!("{name}.{column}")));
    }
    csv.write_record(&header)?;
    for (at, (&number, scores)) in answers.numbers.iter().zip(&answers.scores).enumerate() {
        let place = prepared.data.place(Subset::Test, number);
        let mut row = vec![number.to_string(), place];
        for (output, &head) in heads.iter().enumerate() {
            let defer_below = model.head(output).map_or(0, |head| head.defer_below());
            let label = answers.labels[output][at];
            row.extend(cells(
                classes(prepared, head),
                &scores[output],
                label,
                defer_below,
            ));
        }
        csv.write_record(&row)?;
    }
    csv.into_inner().map_err(|e| anyhow!("{}", e.error()))
}

fn classes(prepared: &Prepared, head: usize) -> &[String] {
    &prepared.graph.heads[head].classes
}

/// Columns of a head with this many classes.
fn columns(classes: usize) -> usize {
    2 + 2 * classes.min(TOP)
}

/// The fields of one head of a sample.
fn cells(classes: &[String], scores: &[i8], label: Option<u16>, defer_below: u8) -> Vec<String> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    // Of equal scores the first counts, as in a verdict.
    order.sort_by_key(|&class| (Reverse(scores[class]), class));
    let byte = |class: usize| (i16::from(scores[class]) + 128) as u8;
    let score = |class: usize| (f64::from(byte(class)) / 256.0).to_string();
    let best = order[0];
    let deferred = if byte(best) < defer_below {
        "yes"
    } else {
        "no"
    };
    let label = label.map_or(String::new(), |label| classes[usize::from(label)].clone());
    let mut cells = vec![
        label,
        classes[best].clone(),
        score(best),
        deferred.to_owned(),
    ];
    for &class in order.iter().take(TOP).skip(1) {
        cells.extend([classes[class].clone(), score(class)]);
    }
    cells
}

/// Refuses a place for predictions that cannot be written or holds something else; `force` lets go of the latter. What the
/// evaluation reads (`inputs`) stays in any case.
pub fn require_place(out: &Path, inputs: &[&Path], prepared: &Prepared, force: bool) -> Result<()> {
    let shown = out.display();
    let read = inputs.iter().any(|input| files::same(out, input));
    ensure!(
        !read && !prepared.source.holds(out),
        "{shown}: is a file that is evaluated, or of its data; name another file with --predictions"
    );
    files::writable(out)?;
    ensure!(
        force || !out.exists() || is_predictions(out)?,
        "{shown}: is there and holds no predictions; name another file, or write over it with --force"
    );
    Ok(())
}

/// Whether a file begins as predictions do. An empty file may be written over, too.
fn is_predictions(path: &Path) -> Result<bool> {
    use std::io::Read;

    let cannot = || format!("{}: cannot be read", path.display());
    let file = std::fs::File::open(path).with_context(cannot)?;
    let mut start = Vec::new();
    file.take(BEGIN.len() as u64)
        .read_to_end(&mut start)
        .with_context(cannot)?;
    Ok(start.is_empty() || start == BEGIN.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_three_and_what_is_deferred() {
        let classes: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        // 1/256, 128/256, 128/256 and 0.
        let scores = [-127, 0, 0, -128];
        let told = cells(&classes, &scores, Some(2), 128);
        assert_eq!(told, ["c", "b", "0.5", "no", "c", "0.5", "a", "0.00390625"]);
        let told = cells(&classes[..2], &scores[..2], None, 129);
        assert_eq!(told, ["", "b", "0.5", "yes", "a", "0.00390625"]);
        for count in [2, 4] {
            let told = cells(&classes[..count], &scores[..count], None, 0);
            assert_eq!(told.len(), columns(count));
        }
    }
}
