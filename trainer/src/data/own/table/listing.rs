//! The listing of a table's rows: labels, group, part and time of each, and a digest of what the inputs read.

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{InputPlan, Plan, column};
use crate::data::DataError;
use crate::data::own::classes::Labels;
use crate::data::own::division::{Entry, Part, short_digest};
use crate::data::own::report::{Level, Report};
use crate::data::own::{Listing, in_order, read_file};
use crate::data::rows::numbers::is_missing;
use crate::data::rows::time::TimeForm;
use crate::data::rows::{Row, TableFault};

impl Plan<'_> {
    /// Lists all rows: labels, group, part, time, and a digest of what the inputs read.
    pub(super) fn list(&mut self, report: &mut Report) -> Result<Listing> {
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
                let cell = head.map_or("".into(), |head| row.name(head));
                let label = (!cell.is_empty()).then(|| listing.heads[at].number(&cell, place));
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
}
