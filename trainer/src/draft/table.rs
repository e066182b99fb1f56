//! A draft for a table: a row is a sample.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Result, anyhow, bail, ensure};
use tillsense_compiler::network::description::{MAX_HEADS, MAX_INPUTS};
use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;

use super::folder::quoted;
use super::{
    Draft, DraftHead, DraftInput, DraftKind, Names, Request, SequenceRequest, relative, seen,
};
use crate::data::own::{MOST_FIELDS, Part, SampleFile, day, stated_time, time_form};
use crate::data::rows::guess::{Role, guess};
use crate::data::rows::numbers::is_missing;
use crate::data::rows::profile::Distinct;
use crate::data::rows::profile::{ColumnProfile, Profile};
use crate::data::rows::{TableFile, one_line, time::TimeForm};

/// Names that columns of labels have.
const LABELS: [&str; 9] = [
    "label", "class", "target", "category", "intent", "outcome", "y", "answer", "risk",
];

/// Classes of a label: a column of numbers with more values is a measurement.
const MOST_NUMBERS: u64 = 20;
/// Limit of classes of a head.
const MOST_CLASSES: u64 = 1000;

/// A table that is looked at.
struct Looked<'a> {
    request: &'a Request,
    table: TableFile,
    profile: Profile,
    roles: Vec<Role>,
    /// Columns that have another use than an input.
    used: Vec<usize>,
    names: Names,
    told: Vec<String>,
}

/// Looks at a table and drafts a description for it.
pub fn draft(request: &Request) -> Result<Draft> {
    let table = TableFile::open(&request.data)?;
    let profile = Profile::of(&table, |_| true)?;
    let guesses = profile.columns.iter().map(guess);
    let roles = guesses.map(|guess| guess.role).collect();
    let mut looked = Looked {
        request,
        told: vec![format!(
            "{}: {} rows, {}.",
            request.data.display(),
            grouped(table.rows()),
            table.notes()
        )],
        table,
        profile,
        roles,
        used: Vec::new(),
        names: Names::default(),
    };
    let (mut data, trained) = looked.division()?;
    data.insert(
        0,
        format!(
            "table = {}",
            quoted(&relative(&request.data, &request.beside))
        ),
    );
    let heads = looked.heads()?;
    let mut inputs = Vec::new();
    for sequence in &request.sequences {
        inputs.push(looked.sequence(sequence)?);
    }
    inputs.extend(looked.single_inputs());
    inputs.extend(looked.record());
    if inputs.is_empty() {
        bail!("{}: {}", request.data.display(), looked.nothing_left());
    }
    let inputs = looked.within_limit(inputs);
    Ok(Draft {
        name: request.name.clone(),
        data,
        inputs,
        heads,
        samples: looked.table.rows() as usize,
        trained,
        told: looked.told,
    })
}

impl Looked<'_> {
    fn column(&self, flag: &str, name: &str) -> Result<usize> {
        self.table
            .column(name)
            .map_err(|error| anyhow!("{flag} {name}: {error}"))
    }

    fn profile(&self, column: usize) -> &ColumnProfile {
        &self.profile.columns[column]
    }

    /// The lines that divide the samples, and the part of them that is trained on.
    fn division(&mut self) -> Result<(Vec<String>, f64)> {
        let mut lines = Vec::new();
        let split = match &self.request.split {
            Some(name) => Some(self.column("--split", name)?),
            None => {
                (0..self.roles.len()).find(|&column| says_parts(self.profile(column)).is_some())
            }
        };
        let mut trained = 0.8;
        if let Some(split) = split {
            let name = self.table.columns()[split].clone();
            let Some(tested) = says_parts(self.profile(split)) else {
                bail!(
                    "--split {name}: its cells are not train, valid and test; name another column"
                );
            };
            lines.push(format!(
                "split = {}    # its cells say train, valid or test",
                quoted(&name)
            ));
            self.used.push(split);
            trained = 1.0 - tested;
        }
        if let Some(name) = &self.request.group {
            let group = self.column("--group", name)?;
            lines.push(format!(
                "group = {}    # all rows of a group stay on one side",
                quoted(name)
            ));
            self.used.push(group);
        }
        if let Some(name) = &self.request.time {
            let column = self.column("--time", name)?;
            let after = match &self.request.after {
                Some(after) => {
                    stated_time("--after", after)?;
                    after.clone()
                }
                None => self.late(column)?,
            };
            lines.push(format!("time = {}", quoted(name)));
            lines.push(format!(
                "after = {}    # rows from then on are tested on",
                quoted(&after)
            ));
            self.used.push(column);
        } else if self.request.after.is_some() {
            bail!("--after: needs --time COLUMN, the time of each row");
        }
        if split.is_none() && (self.request.time.is_none() || self.request.group.is_some()) {
            lines.push("test = 0.2    # a fifth is tested on, always the same, with the shares of the classes".to_owned());
        }
        Ok((lines, trained))
    }

    /// The day from which on a fifth of the rows are.
    fn late(&self, column: usize) -> Result<String> {
        let (form, _) = time_form(&self.table, column)?;
        let mut times = Vec::new();
        self.table.for_each(|row| {
            times.extend(form.read(row.get(column)));
            Ok(())
        })?;
        times.sort_unstable();
        let late = times[(times.len() - 1) * 4 / 5];
        Ok(match form {
            TimeForm::EpochSeconds => (late / 1000).to_string(),
            TimeForm::EpochMillis | TimeForm::Count => late.to_string(),
            TimeForm::Iso | TimeForm::DayFirst | TimeForm::MonthFirst => day(late),
        })
    }

    fn heads(&mut self) -> Result<Vec<DraftHead>> {
        let columns: Vec<usize> = match &self.request.labels[..] {
            [] => vec![self.likely_label()?],
            names => names
                .iter()
                .map(|name| self.column("--label", name))
                .collect::<Result<_>>()?,
        };
        ensure!(
            columns.len() <= MAX_HEADS,
            "--label: given {} times, and a model has at most {MAX_HEADS} heads; leave some out",
            columns.len()
        );
        let mut heads = Vec::new();
        for column in columns {
            let name = self.table.columns()[column].clone();
            ensure!(
                !self.used.contains(&column),
                "--label {name}: is a label already, or the split, group or time; name another column"
            );
            let classes = self.classes(column, &name)?;
            let plain = self.names.plain(&name);
            heads.push(DraftHead {
                column: (plain != name).then_some(name),
                name: plain,
                classes,
            });
            self.used.push(column);
        }
        Ok(heads)
    }

    /// The column that is called like a label, or the only category of the table.
    fn likely_label(&mut self) -> Result<usize> {
        let free = |column: &usize| !self.used.contains(column);
        let fits = |column: &usize| {
            let distinct = self.profile(*column).distinct.count();
            (2..=MOST_CLASSES).contains(&distinct) && self.classes(*column, "").is_ok()
        };
        let all = || (0..self.roles.len()).filter(free);
        let called = all()
            .filter(fits)
            .find(|&column| LABELS.contains(&self.table.columns()[column].to_lowercase().as_str()));
        let categories: Vec<usize> = all()
            .filter(|&column| self.roles[column] == Role::Category)
            .collect();
        let found = called.or(match categories[..] {
            [only] => Some(only),
            _ => None,
        });
        let Some(found) = found else {
            let candidates: Vec<&str> = categories
                .iter()
                .map(|&c| self.table.columns()[c].as_str())
                .collect();
            let candidates = match candidates.is_empty() {
                true => self.table.columns().iter().map(String::as_str).collect(),
                false => candidates,
            };
            bail!(
                "{}: which column is the answer to learn? Name it with --label COLUMN; it could be {}",
                self.request.data.display(),
                candidates.join(", ")
            );
        };
        self.told.push(format!(
            "`{}` was taken as the label; another one is named with --label.",
            self.table.columns()[found]
        ));
        Ok(found)
    }

    /// The classes of a column with their numbers of rows; refuses measurements and identifiers.
    fn classes(&self, column: usize, name: &str) -> Result<Vec<(String, usize)>> {
        let profile = self.profile(column);
        let count = profile.distinct.count();
        if profile.is_numeric()
            && (count > MOST_NUMBERS || profile.numbers.decimals > 0 && count > 2)
        {
            bail!(
                "--label {name}: {} different numbers are a measurement, and a model answers with classes; add a column with ranges (low, middle, high) and name it",
                grouped(count)
            );
        }
        match &profile.distinct {
            Distinct::Exact(cells) if cells.len() as u64 <= MOST_CLASSES => {
                ensure!(
                    cells.len() > 1,
                    "--label {name}: all rows have the same value; a question has two or more answers"
                );
                let one =
                    |(cell, count): &(String, u64)| (one_line(cell).into_owned(), *count as usize);
                Ok(cells.iter().map(one).collect())
            }
            _ => bail!(
                "--label {name}: about {} different values, and a model has at most {} classes; name another column",
                grouped(count),
                grouped(MOST_CLASSES)
            ),
        }
    }

    /// Pictures, sounds and texts: an input each.
    fn single_inputs(&mut self) -> Vec<DraftInput> {
        let mut inputs = Vec::new();
        for column in 0..self.roles.len() {
            if self.used.contains(&column) {
                continue;
            }
            let Some((kind, seen)) = self.single(column) else {
                continue;
            };
            let name = self.table.columns()[column].clone();
            let plain = self.names.plain(&name);
            inputs.push(DraftInput {
                columns: (plain != name)
                    .then(|| format!("column = {}", quoted(&name)))
                    .into_iter()
                    .collect(),
                name: plain,
                seen,
                kind,
            });
            self.used.push(column);
        }
        inputs
    }

    fn single(&self, column: usize) -> Option<(DraftKind, String)> {
        let files = || {
            let mut files = Vec::new();
            let read = self.table.for_each(|row| {
                let cell = row.get(column);
                if !cell.is_empty() {
                    files.push(SampleFile::from(self.table.folder().join(cell)));
                }
                Ok(())
            });
            read.ok().map(|()| files)
        };
        match self.roles[column] {
            Role::Picture => seen::pictures(&files()?),
            Role::Sound => seen::sounds(&files()?),
            Role::Text => {
                let texts = &self.profile(column).texts;
                let bytes = seen::text_bytes(texts.most_bytes);
                let words = self.profile(column).mean_words();
                let seen = format!(
                    "texts of {words:.1} words, at most {} bytes",
                    grouped(texts.most_bytes)
                );
                Some((DraftKind::Text { bytes }, seen))
            }
            _ => None,
        }
    }

    /// Numbers and categories: one record.
    fn record(&mut self) -> Option<DraftInput> {
        let (mut columns, mut numbers, mut left) = (Vec::new(), 0, Vec::new());
        let (mut categories, mut beyond) = (Vec::new(), Vec::new());
        for column in 0..self.roles.len() {
            if self.used.contains(&column) {
                continue;
            }
            let name = quoted(&self.table.columns()[column]);
            match &self.roles[column] {
                Role::Number { .. } | Role::Category if columns.len() == MOST_FIELDS => {
                    beyond.push(name);
                }
                Role::Number { .. } => {
                    numbers += 1;
                    columns.push(name);
                }
                Role::Category => {
                    // A reader that sees numbers alone would take them as such.
                    if self.profile(column).is_numeric() {
                        categories.push(name.clone());
                    }
                    columns.push(name);
                }
                Role::Time(_) => {
                    let plain = &self.table.columns()[column];
                    self.told.push(format!(
                        "`{plain}` holds times and is left out: `--time {plain}` tests on the latest rows."
                    ));
                }
                role => left.push(format!(
                    "`{}` ({})",
                    self.table.columns()[column],
                    role.name()
                )),
            }
        }
        if !left.is_empty() {
            self.told.push(format!("Left out: {}.", left.join(", ")));
        }
        self.told.extend(too_many(&beyond));
        if columns.is_empty() {
            return None;
        }
        let seen = format!(
            "{numbers} numbers and {} categories",
            columns.len() - numbers
        );
        let fields = columns.len();
        let mut lines = vec![format!("columns = [{}]", columns.join(", "))];
        if !categories.is_empty() {
            lines.push(format!(
                "category = [{}]    # codes, not amounts",
                categories.join(", ")
            ));
        }
        Some(DraftInput {
            name: self.names.plain("record"),
            seen,
            columns: lines,
            kind: DraftKind::Record { fields },
        })
    }

    /// Leaves inputs out where there are more than a model has, and tells which. The record stays, because it holds many columns.
    fn within_limit(&mut self, mut inputs: Vec<DraftInput>) -> Vec<DraftInput> {
        if inputs.len() <= MAX_INPUTS {
            return inputs;
        }
        let record = inputs.pop_if(|input| matches!(input.kind, DraftKind::Record { .. }));
        let left = inputs.split_off(MAX_INPUTS - usize::from(record.is_some()));
        let left: Vec<_> = left.iter().map(|i| format!("`{}`", i.name)).collect();
        self.told.push(format!(
            "A model has at most {MAX_INPUTS} inputs; left out: {}.",
            left.join(", ")
        ));
        inputs.extend(record);
        inputs
    }

    /// Why no column is an input, and what to do.
    fn nothing_left(&self) -> String {
        let columns = self.table.columns().iter().zip(&self.roles).enumerate();
        let others = columns.filter(|(column, _)| !self.used.contains(column));
        let others = others.map(|(_, (name, role))| format!("`{}` ({})", brief(name), role.name()));
        let others: Vec<String> = others.collect();
        match others.is_empty() {
            true => "has no column beside the label, and so nothing to learn from; add columns with what is known of each row".to_owned(),
            false => format!(
                "no column is left to learn from: {}; add columns with what is known of each row, or write a description that names these with `columns = [...]`",
                others.join(", ")
            ),
        }
    }

    /// A sequence out of a second table.
    fn sequence(&mut self, request: &SequenceRequest) -> Result<DraftInput> {
        let flag = format!("--sequence {}", request.name);
        let table = TableFile::open(&request.table).map_err(|error| anyhow!("{flag}: {error}"))?;
        let find = |name: &str| {
            table
                .column(name)
                .map_err(|error| anyhow!("{flag}: {error}"))
        };
        let key = find(&request.key)?;
        let order = request.order.as_deref().map(find).transpose()?;
        let of = self.column(&flag, request.of.as_deref().unwrap_or(&request.key))?;
        self.used.push(of);
        let profile = Profile::of(&table, |_| true)?;
        let (mut columns, mut categories, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let mut beyond = Vec::new();
        for (place, column) in profile.columns.iter().enumerate() {
            if place == key || Some(place) == order {
                continue;
            }
            let role = guess(column).role;
            match role {
                Role::Number { .. } | Role::Category if columns.len() == MOST_FIELDS => {
                    beyond.push(quoted(&column.name));
                }
                Role::Number { .. } => columns.push(quoted(&column.name)),
                Role::Category => {
                    if column.is_numeric() {
                        categories.push(quoted(&column.name));
                    }
                    columns.push(quoted(&column.name));
                }
                role => left.push(format!("`{}` ({})", column.name, role.name())),
            }
        }
        ensure!(
            !columns.is_empty(),
            "{flag}: {}: no column is left to learn from beside the key and the order",
            request.table.display()
        );
        if !left.is_empty() {
            self.told.push(format!(
                "Left out of {}: {}.",
                request.table.display(),
                left.join(", ")
            ));
        }
        self.told.extend(too_many(&beyond));
        let lengths = lengths(&table, key)?;
        let nearly_all = lengths[(lengths.len() - 1) * 19 / 20];
        let mut lines = vec![
            format!(
                "table = {}",
                quoted(&relative(&request.table, &self.request.beside))
            ),
            format!("key = {}", quoted(&request.key)),
        ];
        lines.extend(request.of.as_ref().map(|of| format!("of = {}", quoted(of))));
        lines.extend(
            request
                .order
                .as_ref()
                .map(|order| format!("order = {}", quoted(order))),
        );
        lines.push(format!("columns = [{}]", columns.join(", ")));
        if !categories.is_empty() {
            lines.push(format!(
                "category = [{}]    # codes, not amounts",
                categories.join(", ")
            ));
        }
        Ok(DraftInput {
            name: self.names.plain(&request.name),
            seen: format!(
                "{} records, up to {} a sample, mostly at most {nearly_all}",
                grouped(table.rows()),
                lengths[lengths.len() - 1]
            ),
            columns: lines,
            kind: DraftKind::Sequence {
                fields: columns.len(),
                steps: nearly_all.clamp(1, 64),
            },
        })
    }
}

/// What is told of columns that a record has no more fields for.
fn too_many(beyond: &[String]) -> Option<String> {
    let (first, last) = (beyond.first()?, beyond.last()?);
    Some(format!(
        "A record has at most {MOST_FIELDS} fields; {} columns from {first} to {last} are left out: name those that matter with `columns`.",
        grouped(beyond.len())
    ))
}

/// The part of the rows that is tested on, where the cells of a column say train, valid and test.
fn says_parts(column: &ColumnProfile) -> Option<f64> {
    let Distinct::Exact(cells) = &column.distinct else {
        return None;
    };
    let all: u64 = cells.iter().map(|(_, count)| count).sum();
    let parts: Option<BTreeMap<Part, u64>> = cells
        .iter()
        .map(|(cell, count)| Part::named(cell).map(|part| (part, *count)))
        .collect();
    let parts = parts.filter(|parts| parts.len() > 1 && parts.contains_key(&Part::Train))?;
    let tested = parts.get(&Part::Test).copied().unwrap_or_default();
    Some(tested as f64 / all.max(1) as f64)
}

/// Numbers of records that belong to each key, in rising order.
fn lengths(table: &TableFile, key: usize) -> Result<Vec<usize>> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    table.for_each(|row| {
        let cell = row.get(key);
        if !is_missing(cell) {
            *counts.entry(cell.to_owned()).or_default() += 1;
        }
        Ok(())
    })?;
    let mut lengths: Vec<usize> = counts.into_values().collect();
    lengths.sort_unstable();
    match lengths.is_empty() {
        true => bail!("{}: no record has a key", Path::display(table.path())),
        false => Ok(lengths),
    }
}
