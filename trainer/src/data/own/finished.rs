//! What a finished model takes and answers, for data that are only scored with it.

use anyhow::{Result, anyhow, bail};
use tillsense_compiler::frontend::{FittedField, Frontend};
use tillsense_compiler::words::meant;

use super::division::{Entry, Part};
use super::fields::{FieldPlan, Wanted};

/// A finished model: nothing is fitted to the data that it scores, and none of them are training samples.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'a> {
    /// The frontends of its inputs, in the order of the description.
    pub frontends: &'a [Frontend],
    /// The classes of its heads, in the order of the description.
    pub classes: &'a [Vec<String>],
    /// Whether the samples are those that it was trained and tested on.
    pub own: bool,
}

impl Finished<'_> {
    /// The fields of an input, read from the columns of these names: each must be there, in any order.
    pub fn fields(&self, input: usize, name: &str, wanted: &[Wanted]) -> Result<Vec<Field>> {
        let fitted: &[FittedField] = match &self.frontends[input] {
            Frontend::Record(record) | Frontend::Sequence(record) => &record.fields,
            _ => &[],
        };
        let field = |fitted: &FittedField| {
            let found = wanted.iter().find(|wanted| wanted.name == fitted.name);
            let wanted = found.ok_or_else(|| {
                let names = wanted.iter().map(|wanted| wanted.name.as_str());
                anyhow!(
                    "inputs.{name}: the model reads `{}`, and there is no such column{}; add it, empty where it is not known",
                    fitted.name,
                    meant(&fitted.name, names)
                )
            })?;
            let (plan, columns) = (FieldPlan::of_model(fitted, wanted), wanted.columns.clone());
            Ok(Field { plan, columns })
        };
        fitted.iter().map(field).collect()
    }

    /// The parts: where the data say themselves which samples are test samples those, else all of them.
    pub fn parts(entries: &[Entry]) -> Result<Vec<Option<Part>>> {
        if entries.is_empty() {
            bail!("there is no sample to score");
        }
        let stated = entries.iter().any(|entry| entry.part == Some(Part::Test));
        let scored = |entry: &Entry| !stated || entry.part == Some(Part::Test);
        let parts = entries.iter();
        Ok(parts
            .map(|entry| scored(entry).then_some(Part::Test))
            .collect())
    }
}

/// A field of a finished model, and the columns that hold it: one, or one for each step.
pub struct Field {
    /// The field.
    pub plan: FieldPlan,
    /// Its columns.
    pub columns: Vec<usize>,
}
