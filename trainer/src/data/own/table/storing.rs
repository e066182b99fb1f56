//! The rows of a table on their way into the store.

use std::path::Path;

use anyhow::Result;
use tillsense_compiler::network::description::Input;

use super::{InputPlan, Plan};
use crate::data::DataError;
use crate::data::dataset::InputColumn;
use crate::data::own::division::Part;
use crate::data::own::report::{Level, Report};
use crate::data::own::samples::OwnSamples;
use crate::data::own::stored::{StoredCell, Value, encode};
use crate::data::own::{CHUNK, Divided, Listing, MediaFacts, OwnData, in_order, media, read_file};
use crate::data::rows::Row;
use crate::data::store::StoreWriter;

impl Plan<'_> {
    /// Makes every row what the inputs take, and puts it into the store.
    pub(super) fn store(
        &self,
        listing: &Listing,
        divided: Divided,
        mut report: Report,
    ) -> Result<OwnData> {
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
                    "" => self.absent(input, row, report),
                    path => Waiting::File(path.to_owned()),
                },
                InputPlan::Text(column) => match row.raw(*column) {
                    text if text.trim().is_empty() => self.absent(input, row, report),
                    text => Waiting::Value(Value::Text(text.to_owned())),
                },
                InputPlan::Record(fields) => {
                    let cells = fields.iter().map(|field| (field, field.column));
                    let cells: Vec<_> = cells
                        .map(|(field, column)| field.cell_or_error(row, column, report))
                        .collect();
                    match cells.iter().all(|cell| *cell == StoredCell::Missing) {
                        true => self.absent(input, row, report),
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
                    records if records.is_empty() => self.absent(input, row, report),
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

    /// Counts an input that a row lacks.
    fn absent(&self, input: &Input, row: &Row<'_>, report: &mut Report) -> Waiting {
        let what = match self.finished {
            Some(_) => "rows without it, which are answered from the others alone",
            None => "rows without it, which train the model to do without",
        };
        report.add(
            (Level::Note, "absent"),
            &format!("input {}", input.name),
            Some(format!("line {}", row.line())),
            what,
            "",
        );
        Waiting::Value(Value::Absent)
    }
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
            self.store.push(&encode(&pending.place, &values, &labels))?;
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
