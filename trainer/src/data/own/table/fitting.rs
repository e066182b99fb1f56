//! The fields of a table's records and sequences, fitted to the training rows.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Result, bail};
use tillsense_compiler::network::description::{Input, Source};

use super::{InputPlan, Plan, column};
use crate::data::own::division::{Part, short_digest};
use crate::data::own::fields::{self, Wanted};
use crate::data::own::report::Report;
use crate::data::own::sequence::Sequences;
use crate::data::rows::Row;

impl Plan<'_> {
    /// Fits the fields of records to the training rows.
    pub(super) fn fit(
        &mut self,
        parts: &[Option<Part>],
        base: &Path,
        report: &mut Report,
    ) -> Result<()> {
        let training = |row: &Row<'_>| parts[row.index() as usize] == Some(Part::Train);
        let mut fitted = Vec::new();
        for (number, input) in self.spec.inputs.iter().enumerate() {
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
                        self.finished.map(|finished| (finished, number)),
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
                    let (fields, columns) = match self.finished {
                        Some(finished) => {
                            let fields = finished.fields(number, &input.name, &wanted)?;
                            fields.into_iter().map(|f| (f.plan, f.columns)).unzip()
                        }
                        None => {
                            let (name, stated) = (&input.name, &input.columns);
                            let fields =
                                fields::fit(&self.table, name, &wanted, stated, training, report)?;
                            let columns = wanted.into_iter().map(|field| field.columns);
                            (fields, columns.collect())
                        }
                    };
                    Some(match input.source {
                        Source::Record => InputPlan::Record(fields),
                        _ if input.columns.steps.is_empty() => bail!(
                            "inputs.{}: a sequence comes from a second table (table, key, order) or from numbered columns (columns and steps); name one of them",
                            input.name
                        ),
                        _ => InputPlan::Steps(fields, columns),
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

    /// The fields of a record of this table: the columns stated, else all that nothing else names.
    pub(super) fn wanted(&self, input: &Input) -> Result<Vec<Wanted>> {
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
                // What is ignored need not be there in data that are only scored.
                let ignored = input.columns.ignore.iter();
                for name in ignored.filter(|_| self.finished.is_none()) {
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
        let mut used: HashSet<usize> = self.heads.iter().copied().flatten().collect();
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
}
