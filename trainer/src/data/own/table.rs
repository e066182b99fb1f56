//! Samples in a table: one row each.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};
use tillsense_compiler::network::description::{Input, Source, Spec};

use super::classes::Labels;
use super::division::{Entry, Part, short_digest};
use super::fields::{self, FieldPlan, Wanted};
use super::report::{Level, Report};
use super::samples::OwnSamples;
use super::sequence::Sequences;
use super::stored::{Value, encode};
use super::{
    CHUNK, Divided, Listing, MediaFacts, OwnData, in_order, media, read_file, require_groups, rule,
    times,
};
use crate::data::DataError;
use crate::data::dataset::InputColumn;
use crate::data::rows::numbers::is_missing;
use crate::data::rows::time::TimeForm;
use crate::data::rows::{Row, TableFault, TableFile};
use crate::data::store::StoreWriter;

/// The columns of a table and what each is for.
struct Plan<'a> {
    spec: &'a Spec,
    table: TableFile,
    /// Folder from which paths in cells start.
    folder: PathBuf,
    inputs: Vec<InputPlan>,
    heads: Vec<usize>,
    split: Option<usize>,
    group: Option<usize>,
    time: Option<(usize, TimeForm)>,
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
pub fn read(spec: &Spec, path: &Path, base: &Path) -> Result<OwnData> {
    let table = TableFile::open(path)?;
    let mut report = Report::default();
    report.add(
        (Level::Note, "form"),
        &path.display().to_string(),
        None,
        table.notes(),
        "",
    );
    let mut plan = Plan::new(spec, table)?;
    plan.find_time(&mut report)?;
    let mut listing = plan.list(&mut report)?;
    require_groups(spec, &listing.entries)?;
    let after = match &spec.data.division.after {
        Some(after) => Some(times::stated("data.after", after)?),
        None => None,
    };
    let divided = listing.divide(spec, &rule(spec, after), &mut report);
    let left = divided.parts.iter().filter(|part| part.is_none()).count();
    if left > 0 {
        report.add(
            (Level::Note, "left_out"),
            "",
            None,
            format!("{left} rows are on neither side: of a training group at the time of the test, or the other way round"),
            "",
        );
    }
    plan.fit(&divided.parts, base, &mut report)?;
    plan.store(&listing, divided, report)
}

impl<'a> Plan<'a> {
    /// Finds all columns that the description names.
    fn new(spec: &'a Spec, table: TableFile) -> Result<Self> {
        let division = &spec.data.division;
        let stated = |field: &str, name: &Option<String>| {
            let name = name.as_ref();
            let find = |name: &String| column(&table, &format!("data.{field}"), name);
            name.map(find).transpose()
        };
        let heads = spec.heads.iter().map(|head| {
            let name = head.column.as_ref().unwrap_or(&head.name);
            column(&table, &format!("heads.{}.column", head.name), name)
        });
        let inputs = spec.inputs.iter().map(|input| match input.source {
            Source::Text(_) => Ok(InputPlan::Text(single(input, &table)?)),
            Source::Image(_) | Source::Audio(_) => Ok(InputPlan::File(single(input, &table)?)),
            // Fields are fitted to the training rows, once they are known.
            Source::Record | Source::Sequence(_) => Ok(InputPlan::Record(Vec::new())),
        });
        Ok(Plan {
            spec,
            folder: table.folder().to_owned(),
            inputs: inputs.collect::<Result<_>>()?,
            heads: heads.collect::<Result<_>>()?,
            split: stated("split", &division.split)?,
            group: stated("group", &division.group)?,
            time: None,
            table,
        })
    }

    /// Finds the column of times and the form of them.
    fn find_time(&mut self, report: &mut Report) -> Result<()> {
        let Some(name) = &self.spec.data.division.time else {
            return Ok(());
        };
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

    /// Lists all rows: labels, group, part, time, and a digest of what the inputs read.
    fn list(&mut self, report: &mut Report) -> Result<Listing> {
        let mut listing = Listing {
            labels: vec![Vec::new(); self.heads.len()],
            heads: vec![Labels::default(); self.heads.len()],
            ..Listing::default()
        };
        let content = self.content_columns()?;
        let mut files: Vec<Vec<String>> = Vec::new();
        let paths: Vec<usize> = self.file_columns();
        self.table.for_each(|row| {
            let place = || self.place(row);
            let mut class = None;
            for (at, &head) in self.heads.iter().enumerate() {
                let cell = row.get(head);
                let label = (!cell.is_empty()).then(|| listing.heads[at].number(cell, place));
                listing.labels[at].push(label);
                class = class.or(label.filter(|_| at == 0));
            }
            let mut hash = Sha256::new();
            for &column in &content {
                hash.update(row.get(column).as_bytes());
                hash.update([0]);
            }
            let digest = hash.finalize();
            let first = digest[..8].try_into().expect("a digest has 32 bytes");
            listing.entries.push(Entry {
                content: u64::from_be_bytes(first),
                group: self
                    .group
                    .map(|group| row.get(group))
                    .filter(|name| !name.is_empty())
                    .map(|name| short_digest(name.as_bytes())),
                part: self.part(row, report)?,
                time: match self.time {
                    Some(time) => self.time_of(row, time, report)?,
                    None => None,
                },
                class,
            });
            if !paths.is_empty() {
                files.push(paths.iter().map(|&path| row.get(path).to_owned()).collect());
            }
            Ok(())
        })?;
        self.digest_files(&files, &mut listing);
        Ok(listing)
    }

    /// Puts what the files of each row hold into its digest, in place of their paths.
    fn digest_files(&self, files: &[Vec<String>], listing: &mut Listing) {
        let digests = in_order(files, |paths| {
            let files = paths.iter().filter(|path| !path.is_empty());
            let bytes = files.map(|path| read_file(&self.folder.join(path)).unwrap_or_default());
            let digests: Vec<u8> = bytes.flat_map(Sha256::digest).collect();
            digests
        });
        for (digests, entry) in digests.iter().zip(&mut listing.entries) {
            let mut bytes = entry.content.to_be_bytes().to_vec();
            bytes.extend(digests);
            entry.content = short_digest(&bytes);
        }
    }

    /// The part that the row states.
    fn part(&self, row: &Row<'_>, report: &mut Report) -> Result<Option<Part>, DataError> {
        let Some(split) = self.split else {
            return Ok(None);
        };
        let cell = row.get(split);
        let part = Part::named(cell);
        if part.is_none() {
            report.error(
                "unknown_part",
                format!(
                    "{}: `{}` is no part; write train, valid or test",
                    self.place(row),
                    tillsense_compiler::text::brief(cell)
                ),
            );
        }
        Ok(part)
    }

    fn time_of(
        &self,
        row: &Row<'_>,
        (column, form): (usize, TimeForm),
        report: &mut Report,
    ) -> Result<Option<i64>, DataError> {
        let cell = row.get(column);
        if is_missing(cell) {
            report.add(
                (Level::Warning, "no_time"),
                &format!("column `{}`", self.table.columns()[column]),
                Some(format!("line {}", row.line())),
                "rows without a time, which count as early",
                "fill it in",
            );
            return Ok(None);
        }
        let time = form.read(cell);
        if time.is_none() {
            let fault = TableFault::NotATime(cell.to_owned(), form.words());
            report.error("not_a_time", row.error(column, fault).to_string());
        }
        Ok(time)
    }

    fn place(&self, row: &Row<'_>) -> String {
        format!("{}, line {}", self.table.path().display(), row.line())
    }

    /// Columns with the paths of pictures and clips.
    fn file_columns(&self) -> Vec<usize> {
        let inputs = self.inputs.iter();
        let file = inputs.filter_map(|input| match input {
            InputPlan::File(column) => Some(*column),
            _ => None,
        });
        file.collect()
    }

    /// Columns whose cells are what the samples hold: two rows that agree in them are copies. The key of a second table is one.
    fn content_columns(&self) -> Result<Vec<usize>> {
        let mut columns = Vec::new();
        for (input, plan) in self.spec.inputs.iter().zip(&self.inputs) {
            match plan {
                InputPlan::Text(column) => columns.push(*column),
                InputPlan::File(_) => {}
                _ => match &input.columns.table {
                    Some(joined) => {
                        let of = joined.of.as_ref().unwrap_or(&joined.key);
                        columns.push(column(
                            &self.table,
                            &format!("inputs.{}.key", input.name),
                            of,
                        )?);
                    }
                    None => {
                        let wanted = self.wanted(input)?;
                        columns.extend(wanted.into_iter().flat_map(|field| field.columns));
                    }
                },
            }
        }
        Ok(columns)
    }

    /// The fields of a record of this table: the columns stated, else all that nothing else names.
    fn wanted(&self, input: &Input) -> Result<Vec<Wanted>> {
        let field = format!("inputs.{}.columns", input.name);
        if !input.columns.steps.is_empty() {
            let names = input.columns.columns.iter().flatten().enumerate();
            let of = |(at, name): (usize, &String)| {
                let steps = input.columns.steps.iter();
                let columns = steps.map(|step| {
                    column(
                        &self.table,
                        &format!("inputs.{}.steps", input.name),
                        &step[at],
                    )
                });
                Ok(Wanted {
                    name: name.clone(),
                    columns: columns.collect::<Result<_>>()?,
                })
            };
            return names.map(of).collect();
        }
        let one = |name: &String| {
            Ok(Wanted {
                name: name.clone(),
                columns: vec![column(&self.table, &field, name)?],
            })
        };
        match &input.columns.columns {
            Some(names) => names.iter().map(one).collect(),
            None => {
                for name in &input.columns.ignore {
                    column(&self.table, &format!("inputs.{}.ignore", input.name), name)?;
                }
                let used = self.used();
                let names = self.table.columns().iter().enumerate();
                let free = names.filter(|(place, name)| {
                    !used.contains(place) && !input.columns.ignore.contains(name)
                });
                free.map(|(_, name)| one(name)).collect()
            }
        }
    }

    /// Columns that something names: heads, the division, other inputs, keys.
    fn used(&self) -> HashSet<usize> {
        let mut used: HashSet<usize> = self.heads.iter().copied().collect();
        used.extend(
            [self.split, self.group, self.time.map(|(column, _)| column)]
                .into_iter()
                .flatten(),
        );
        let named = |name: &String| self.table.column(name).ok();
        for (input, plan) in self.spec.inputs.iter().zip(&self.inputs) {
            match plan {
                InputPlan::Text(column) | InputPlan::File(column) => {
                    used.insert(*column);
                }
                _ => {
                    let columns = &input.columns;
                    match &columns.table {
                        Some(joined) => {
                            used.extend(named(joined.of.as_ref().unwrap_or(&joined.key)))
                        }
                        None => used.extend(columns.columns.iter().flatten().filter_map(named)),
                    }
                    used.extend(columns.steps.iter().flatten().filter_map(named));
                }
            }
        }
        used
    }

    /// Fits the fields of records to the training rows.
    fn fit(&mut self, parts: &[Option<Part>], base: &Path, report: &mut Report) -> Result<()> {
        let training = |row: &Row<'_>| parts[row.index() as usize] == Some(Part::Train);
        let mut fitted = Vec::new();
        for input in &self.spec.inputs {
            let plan = match (&input.source, &input.columns.table) {
                (Source::Sequence(source), Some(joined)) => {
                    let of = joined.of.as_ref().unwrap_or(&joined.key);
                    let of = column(&self.table, &format!("inputs.{}.key", input.name), of)?;
                    let keys = self.keys(of, parts)?;
                    let joined = (joined, of);
                    let sequences = Sequences::read(
                        input,
                        *source,
                        joined,
                        base,
                        (&keys[0], &keys[1]),
                        report,
                    )?;
                    Some(InputPlan::Joined(Box::new(sequences)))
                }
                (Source::Record | Source::Sequence(_), _) => {
                    let wanted = self.wanted(input)?;
                    if wanted.is_empty() {
                        bail!(
                            "inputs.{}: no column is left for it; name some with columns = [...]",
                            input.name
                        );
                    }
                    let fields = fields::fit(
                        &self.table,
                        &input.name,
                        &wanted,
                        &input.columns,
                        training,
                        report,
                    )?;
                    Some(match input.source {
                        Source::Record => InputPlan::Record(fields),
                        _ if input.columns.steps.is_empty() => bail!(
                            "inputs.{}: a sequence comes from a second table (table, key, order) or from numbered columns (columns and steps); name one of them",
                            input.name
                        ),
                        _ => InputPlan::Steps(
                            fields,
                            wanted.into_iter().map(|field| field.columns).collect(),
                        ),
                    })
                }
                _ => None,
            };
            fitted.push(plan);
        }
        for (plan, fitted) in self.inputs.iter_mut().zip(fitted) {
            if let Some(fitted) = fitted {
                *plan = fitted;
            }
        }
        Ok(())
    }

    /// Digests of the keys of all rows that are on a side, and of those of training rows.
    fn keys(&self, of: usize, parts: &[Option<Part>]) -> Result<[HashSet<u64>; 2]> {
        let mut keys = [HashSet::new(), HashSet::new()];
        self.table.for_each(|row| {
            let key = short_digest(row.get(of).as_bytes());
            keys[0].insert(key);
            if parts[row.index() as usize] == Some(Part::Train) {
                keys[1].insert(key);
            }
            Ok(())
        })?;
        Ok(keys)
    }

    /// Makes every row what the inputs take, and puts it into the store.
    fn store(&self, listing: &Listing, divided: Divided, mut report: Report) -> Result<OwnData> {
        let mut out = Writing {
            plan: self,
            listing,
            divided: &divided,
            store: StoreWriter::new()?,
            samples: Vec::new(),
            facts: vec![MediaFacts::default(); self.inputs.len()],
            waiting: Vec::new(),
        };
        let mut failed = Ok(());
        self.table.for_each(|row| {
            if failed.is_ok() && divided.parts[row.index() as usize].is_some() {
                let pending = self.pending(row, &mut report)?;
                out.waiting.push(pending);
                if out.waiting.len() == CHUNK {
                    failed = out.flush(&mut report);
                }
            }
            Ok(())
        })?;
        failed?;
        out.flush(&mut report)?;
        let (store, samples, media) = (out.store.finish()?, out.samples, out.facts);
        let inputs = self
            .spec
            .inputs
            .iter()
            .zip(&self.inputs)
            .map(|(input, plan)| InputColumn {
                name: input.name.clone(),
                kind: media::kind_of(&input.source),
                fields: plan
                    .fields()
                    .iter()
                    .map(|field| field.field.clone())
                    .collect(),
            });
        let names = self.inputs.iter().map(|plan| {
            plan.fields()
                .iter()
                .map(|field| field.names.clone())
                .collect()
        });
        let samples = OwnSamples::new(
            inputs.collect(),
            divided.heads,
            names.collect(),
            store,
            &samples,
        );
        Ok(OwnData {
            samples: Some(samples),
            report,
            media,
            parts: divided.parts,
        })
    }

    /// A row whose files are still to be read.
    fn pending(&self, row: &Row<'_>, report: &mut Report) -> Result<Pending, DataError> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for (input, plan) in self.spec.inputs.iter().zip(&self.inputs) {
            inputs.push(match plan {
                InputPlan::File(column) => match row.get(*column) {
                    "" => absent(input, row, report),
                    path => Waiting::File(path.to_owned()),
                },
                InputPlan::Text(column) => match row.raw(*column) {
                    text if text.trim().is_empty() => absent(input, row, report),
                    text => Waiting::Value(Value::Text(text.to_owned())),
                },
                InputPlan::Record(fields) => {
                    let cells = fields.iter().map(|field| (field, field.column));
                    let cells: Vec<_> = cells
                        .map(|(field, column)| field.cell_or_error(row, column, report))
                        .collect();
                    match cells
                        .iter()
                        .all(|cell| *cell == super::stored::StoredCell::Missing)
                    {
                        true => absent(input, row, report),
                        false => Waiting::Value(Value::Records(vec![cells])),
                    }
                }
                InputPlan::Steps(fields, columns) => {
                    let steps = columns.first().map_or(0, Vec::len);
                    let step = |step: usize| {
                        let cells = fields.iter().zip(columns);
                        cells
                            .map(|(field, columns)| field.cell_or_error(row, columns[step], report))
                            .collect()
                    };
                    let records: Vec<Vec<_>> = (0..steps).map(step).collect();
                    Waiting::Value(Value::Records(records))
                }
                InputPlan::Joined(sequences) => match sequences.records(row.get(sequences.of)) {
                    records if records.is_empty() => absent(input, row, report),
                    records => Waiting::Value(Value::Records(records)),
                },
            });
        }
        Ok(Pending {
            row: row.index() as usize,
            place: self.place(row),
            inputs,
        })
    }
}

/// Counts an input that a row lacks.
fn absent(input: &Input, row: &Row<'_>, report: &mut Report) -> Waiting {
    report.add(
        (Level::Note, "absent"),
        &format!("input {}", input.name),
        Some(format!("line {}", row.line())),
        "rows without it, which train the model to do without",
        "",
    );
    Waiting::Value(Value::Absent)
}

/// A row whose files are still to be read.
struct Pending {
    row: usize,
    place: String,
    inputs: Vec<Waiting>,
}

/// A value, or the path of the file that holds it.
enum Waiting {
    Value(Value),
    File(String),
}

/// Rows on their way into the store; files of many are decoded at a time.
struct Writing<'p, 's> {
    plan: &'p Plan<'s>,
    listing: &'p Listing,
    divided: &'p Divided,
    store: StoreWriter,
    samples: Vec<(Part, u64)>,
    facts: Vec<MediaFacts>,
    waiting: Vec<Pending>,
}

/// What a file became, and what it was like; else the error in words, or nothing where there is no such file.
type Decoded = Result<(Value, MediaFacts), Option<String>>;

impl Writing<'_, '_> {
    fn flush(&mut self, report: &mut Report) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let decoded = in_order(&waiting, |pending| self.decode(pending));
        for (pending, decoded) in waiting.into_iter().zip(decoded) {
            let Some(part) = self.divided.parts[pending.row] else {
                continue;
            };
            let mut values = Vec::with_capacity(pending.inputs.len());
            for (at, (waiting, decoded)) in pending.inputs.into_iter().zip(decoded).enumerate() {
                values.push(match (waiting, decoded) {
                    (Waiting::Value(value), _) => value,
                    (Waiting::File(_), Some(Ok((value, facts)))) => {
                        self.facts[at].join(facts);
                        value
                    }
                    (Waiting::File(path), Some(Err(None))) => {
                        report.add(
                            (Level::Warning, "missing_file"),
                            &format!("input {}", self.plan.spec.inputs[at].name),
                            Some(format!("{}: {path}", pending.place)),
                            "files that are not there; the input counts as absent",
                            "mend the paths, which start from the folder of the table",
                        );
                        Value::Absent
                    }
                    (Waiting::File(_), Some(Err(Some(line)))) => {
                        report.error("unreadable", format!("{}: {line}", pending.place));
                        Value::Absent
                    }
                    (Waiting::File(_), None) => Value::Absent,
                });
            }
            let labels = self.listing.classes(self.divided, pending.row);
            self.store
                .push(&encode(&pending.place, &values, &labels))
                .context("the samples cannot be kept in a temporary file; make room on the disk")?;
            self.samples
                .push((part, self.listing.entries[pending.row].content));
        }
        Ok(())
    }

    /// The files of a row, decoded.
    fn decode(&self, pending: &Pending) -> Vec<Option<Decoded>> {
        let inputs = pending.inputs.iter().zip(&self.plan.spec.inputs);
        let decoded = inputs.map(|(waiting, input)| match waiting {
            Waiting::Value(_) => None,
            Waiting::File(path) => Some(decode(input, &self.plan.folder.join(path))),
        });
        decoded.collect()
    }
}

fn decode(input: &Input, path: &Path) -> Decoded {
    if !path.exists() {
        return Err(None);
    }
    if path.is_dir() {
        return Err(Some(format!(
            "{}: is a folder; name a file",
            path.display()
        )));
    }
    let mut facts = MediaFacts::default();
    let bytes = read_file(path).map_err(Some)?;
    let value = media::value(&input.source, bytes, path, &mut facts);
    value
        .map(|value| (value, facts))
        .map_err(|error| Some(error.to_string()))
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
