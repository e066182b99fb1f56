//! The section `[data]`, and the columns of inputs, as written.

use serde::Deserialize;
use toml::Spanned;

use super::super::data::{Columns, Composition, Data, Division, Joined, Origin, SetKind};
use super::input::RawInput;
use super::{Fault, Place, SpecError};
use crate::text::{brief, shown};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawData {
    set: Option<SetKind>,
    compose: Option<Composition>,
    folder: Option<String>,
    table: Option<String>,
    split: Option<String>,
    test: Option<f64>,
    seed: Option<u64>,
    group: Option<String>,
    time: Option<String>,
    after: Option<String>,
    leave_out: Option<String>,
}

/// Checks the section.
pub(super) fn data(raw: &Spanned<RawData>, place: &Place) -> Result<Data, SpecError> {
    let fail =
        |(field, problem): Fault| place.error(raw.span().start, &format!("data.{field}"), &problem);
    raw.get_ref().resolve().map_err(fail)
}

impl RawData {
    fn resolve(&self) -> Result<Data, Fault> {
        let fault = |field: &str, problem: &str| Err((field.to_owned(), problem.to_owned()));
        let origins = [
            self.set.map(Origin::Set),
            self.compose.map(Origin::Composition),
            self.folder.clone().map(Origin::Folder),
            self.table.clone().map(Origin::Table),
        ];
        let mut origins = origins.into_iter().flatten();
        let (Some(origin), None) = (origins.next(), origins.next()) else {
            return fault(
                "folder",
                "[data] names one of folder, table, set and compose, and only one",
            );
        };
        if let Some((field, problem)) = self.foreign(&origin) {
            return fault(field, problem);
        }
        let plain = Division::default();
        let test = self.test.unwrap_or(plain.test);
        if !(test > 0.0 && test < 1.0) {
            return fault("test", "is a part of the samples: above 0 and below 1");
        }
        match (&self.split, &self.after, &self.time, &self.leave_out) {
            (Some(_), Some(_), ..) => {
                return fault("after", "and split both divide the rows; keep one of them");
            }
            (_, Some(_), None, _) => {
                return fault("after", "needs time = \"COLUMN\", the time of each row");
            }
            (_, None, Some(_), _) => {
                return fault(
                    "time",
                    "needs after = \"DATE\", from which on rows are test rows",
                );
            }
            (_, _, _, Some(_)) if self.group.is_none() && origin.is_own() => {
                return fault(
                    "leave_out",
                    "needs group = \"COLUMN\", of which it is one value",
                );
            }
            _ => {}
        }
        Ok(Data {
            origin,
            division: Division {
                split: self.split.clone(),
                test,
                seed: self.seed.unwrap_or(plain.seed),
                group: self.group.clone(),
                time: self.time.clone(),
                after: self.after.clone(),
                leave_out: self.leave_out.clone(),
            },
        })
    }

    /// The first field that this origin does not take.
    fn foreign(&self, origin: &Origin) -> Option<(&'static str, &'static str)> {
        let columns = [
            ("split", self.split.is_some()),
            ("time", self.time.is_some()),
            ("after", self.after.is_some()),
        ];
        let chance = [
            ("group", self.group.is_some()),
            ("test", self.test.is_some()),
            ("seed", self.seed.is_some()),
        ];
        let given = |fields: &[(&'static str, bool)]| {
            let found = fields.iter().find(|(_, given)| *given);
            found.map(|(field, _)| *field)
        };
        match origin {
            Origin::Table(_) => None,
            Origin::Folder(_) => given(&columns).map(|field| {
                (
                    field,
                    "names a column, and a folder has none; name a table, or remove it",
                )
            }),
            Origin::Set(_) | Origin::Composition(_) => {
                let given = given(&columns).or_else(|| given(&chance));
                given.map(|field| (field, "published sets have their own split; remove it"))
            }
        }
    }
}

/// What of the columns of an input of this kind does not fit.
pub(super) fn columns(raw: &RawInput) -> Result<Columns, Fault> {
    let fault = |field: &str, problem: &str| Err((field.to_owned(), problem.to_owned()));
    let joined = match (&raw.table, &raw.key) {
        (Some(table), Some(key)) => Some(Joined {
            table: table.clone(),
            key: key.clone(),
            of: raw.of.clone(),
            order: raw.order.clone(),
        }),
        (Some(_), None) => {
            return fault(
                "table",
                "needs key = \"COLUMN\", which says to which sample a record belongs",
            );
        }
        (None, _) if raw.key.is_some() || raw.of.is_some() || raw.order.is_some() => {
            return fault(
                "key",
                "belongs to a sequence from a second table; name it with table",
            );
        }
        (None, _) => None,
    };
    if joined.is_some() && !raw.steps.is_empty() {
        return fault(
            "steps",
            "and table both say where the records come from; keep one",
        );
    }
    let fields = raw.columns.as_ref().map(Vec::len);
    if let Some(step) = raw.steps.iter().find(|step| Some(step.len()) != fields) {
        let problem = format!(
            "each step names one column for each field of `columns`; [{}] does not",
            step.join(", ")
        );
        return Err(("steps".to_owned(), problem));
    }
    if raw.columns.is_some() && !raw.ignore.is_empty() {
        return fault(
            "ignore",
            "belongs to a record that names no columns; remove it",
        );
    }
    if raw.columns.as_ref().is_some_and(Vec::is_empty) {
        return fault(
            "columns",
            "is empty; name a column, or leave it out for all columns",
        );
    }
    if let Some((name, unit)) = raw.units.iter().find(|(_, unit)| !is_unit(unit)) {
        let problem = format!(
            "the unit of `{name}` is a word of up to {MOST_UNIT} characters, like \"EUR\"; \"{}\" is none",
            brief(unit)
        );
        return Err(("units".to_owned(), problem));
    }
    Ok(Columns {
        column: raw.column.clone(),
        columns: raw.columns.clone(),
        ignore: raw.ignore.clone(),
        number: raw.number.clone(),
        category: raw.category.clone(),
        log: raw.log.clone(),
        units: raw.units.clone(),
        steps: raw.steps.clone(),
        table: joined,
    })
}

/// Characters of a unit.
const MOST_UNIT: usize = 40;

/// Whether a text is a unit, as it stands in comments of programs.
fn is_unit(unit: &str) -> bool {
    let len = unit.chars().count();
    (1..=MOST_UNIT).contains(&len) && unit.trim() == unit && shown(unit) == unit
}
