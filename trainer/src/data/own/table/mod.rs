//! Samples in a table: one row each.

mod fitting;
mod listing;
mod storing;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use tillsense_compiler::network::description::{Input, Source, Spec};

use super::fields::FieldPlan;
use super::report::{Level, Report};
use super::sequence::Sequences;
use super::{Divided, Finished, OwnData, require_groups, rule, times};
use crate::data::rows::time::TimeForm;
use crate::data::rows::{Row, TableFile};

/// The columns of a table and what each is for.
struct Plan<'a> {
    spec: &'a Spec,
    table: TableFile,
    /// Folder from which paths in cells start.
    folder: PathBuf,
    inputs: Vec<InputPlan>,
    /// Column of each head; `None` of one that samples to be scored have no label for.
    heads: Vec<Option<usize>>,
    split: Option<usize>,
    group: Option<usize>,
    time: Option<(usize, TimeForm)>,
    /// The model that the rows are to be scored with; `None` where one is trained on them.
    finished: Option<Finished<'a>>,
}

/// How an input reads a row.
enum InputPlan {
    /// A cell with the path of a picture or a clip.
    File(usize),
    /// A cell with a text.
    Text(usize),
    /// Cells of a record.
    Record(Vec<FieldPlan>),
    /// Cells of the steps of a sequence: a field is spread over a column for each step.
    Steps(Vec<FieldPlan>, Vec<Vec<usize>>),
    /// Records of a second table.
    Joined(Box<Sequences>),
}

/// Reads the samples of a table.
pub fn read(
    spec: &Spec,
    path: &Path,
    base: &Path,
    finished: Option<Finished<'_>>,
) -> Result<OwnData> {
    let table = TableFile::open(path)?;
    let mut report = Report::default();
    report.add(
        (Level::Note, "form"),
        &path.display().to_string(),
        None,
        table.notes(),
        "",
    );
    let mut plan = Plan::new(spec, table, finished)?;
    plan.find_time(&mut report)?;
    let mut listing = plan.list(&mut report)?;
    let divided = match finished {
        Some(finished) => listing.scored(spec, finished, &mut report)?,
        None => {
            require_groups(spec, &listing.entries)?;
            let after = spec.data.division.after.as_ref();
            let after = after.map(|after| times::stated("data.after", after));
            listing.divide(spec, &rule(spec, after.transpose()?), &mut report)
        }
    };
    tell_left_out(&divided, finished, &mut report);
    plan.fit(&divided.parts, base, &mut report)?;
    plan.store(&listing, divided, report)
}

/// Tells of rows that are on neither side.
fn tell_left_out(divided: &Divided, finished: Option<Finished<'_>>, report: &mut Report) {
    let left = divided.parts.iter().filter(|part| part.is_none()).count();
    if left > 0 {
        let what = match finished {
            Some(_) => "rows are no test samples and are not scored",
            None => {
                "rows are on neither side: of a training group at the time of the test, or the other way round"
            }
        };
        report.add(
            (Level::Note, "left_out"),
            "",
            None,
            format!("{left} {what}"),
            "",
        );
    }
}

impl<'a> Plan<'a> {
    /// Finds all columns that the description names.
    fn new(spec: &'a Spec, table: TableFile, finished: Option<Finished<'a>>) -> Result<Self> {
        let division = &spec.data.division;
        let stated = |field: &str, name: &Option<String>| {
            let name = name.as_ref();
            let find = |name: &String| column(&table, &format!("data.{field}"), name);
            // What divides training data need not be there in others.
            let there = name.filter(|name| finished.is_none() || table.column(name).is_ok());
            there.map(find).transpose()
        };
        let heads = spec.heads.iter().map(|head| {
            let name = head.column.as_ref().unwrap_or(&head.name);
            let found = column(&table, &format!("heads.{}.column", head.name), name);
            match finished {
                Some(_) => Ok(found.ok()),
                None => found.map(Some),
            }
        });
        let heads: Vec<_> = heads.collect::<Result<_>>()?;
        require_labels(spec, &table, &heads)?;
        let single = |input: &Input| {
            let found = single(input, &table);
            found.map_err(|error| match finished {
                Some(_) => anyhow!("{error}, or {ELSEWHERE}"),
                None => error,
            })
        };
        let inputs = spec.inputs.iter().map(|input| match input.source {
            Source::Text(_) => Ok(InputPlan::Text(single(input)?)),
            Source::Image(_) | Source::Audio(_) => Ok(InputPlan::File(single(input)?)),
            // Fields are fitted to the training rows, once they are known.
            Source::Record | Source::Sequence(_) => Ok(InputPlan::Record(Vec::new())),
        });
        Ok(Plan {
            spec,
            folder: table.folder().to_owned(),
            inputs: inputs.collect::<Result<_>>()?,
            heads,
            split: stated("split", &division.split)?,
            group: stated("group", &division.group)?,
            time: None,
            finished,
            table,
        })
    }

    /// Finds the column of times and the form of them.
    fn find_time(&mut self, report: &mut Report) -> Result<()> {
        let Some(name) = &self.spec.data.division.time else {
            return Ok(());
        };
        if self.finished.is_some() {
            return Ok(());
        }
        let place = column(&self.table, "data.time", name)?;
        let (form, open) = times::form(&self.table, place)?;
        if open {
            report.add(
                (Level::Warning, "ambiguous_dates"),
                &format!("column `{name}`"),
                None,
                format!(
                    "dates that may be read in two ways, and are read as {}",
                    form.words()
                ),
                "write them as 2026-01-31",
            );
        }
        self.time = Some((place, form));
        Ok(())
    }

    fn place(&self, row: &Row<'_>) -> String {
        format!("{}, line {}", self.table.path().display(), row.line())
    }
}

impl InputPlan {
    fn fields(&self) -> &[FieldPlan] {
        match self {
            InputPlan::File(_) | InputPlan::Text(_) => &[],
            InputPlan::Record(fields) | InputPlan::Steps(fields, _) => fields,
            InputPlan::Joined(sequences) => &sequences.fields,
        }
    }
}

/// Refuses samples that have a label for no head.
fn require_labels(spec: &Spec, table: &TableFile, heads: &[Option<usize>]) -> Result<()> {
    if heads.iter().any(Option::is_some) {
        return Ok(());
    }
    let head = &spec.heads[0];
    let name = head.column.as_ref().unwrap_or(&head.name);
    let found = column(table, &format!("heads.{}.column", head.name), name);
    found.map(drop).map_err(|error| {
        anyhow!("{error}, or {ELSEWHERE}; without labels `tillsense run --table` answers")
    })
}

/// What to do where a table to be scored calls its columns otherwise than the model's description.
const ELSEWHERE: &str = "score a description (NAME.toml) that says with `column` which it is";

/// The place of a column that a field of the description names.
fn column(table: &TableFile, field: &str, name: &str) -> Result<usize> {
    table
        .column(name)
        .map_err(|error| anyhow!("{field}: {error}"))
}

/// The column of a picture, a clip or a text.
fn single(input: &Input, table: &TableFile) -> Result<usize> {
    let name = input.columns.column.as_ref().unwrap_or(&input.name);
    column(table, &format!("inputs.{}.column", input.name), name)
}
