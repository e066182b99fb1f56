//! The tensors in between: which operator is the first whose values are not those of somebody else's run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use tillsense_compiler::import::ends::Ends;
use tillsense_compiler::import::{Traced, trace};
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::text::{brief, start};
use tillsense_compiler::words::grouped;

use super::super::npy::Values;
use super::super::output;
use super::arrays::{index, load, require_shape};
use super::report::Difference;

/// Characters of a tensor's name that are shown: a converter joins the names of all that it folded.
const MOST_NAME: usize = 60;

/// What is told of the tensors in between.
#[derive(Debug, Serialize)]
pub struct Intermediates {
    /// Operators whose first result was compared.
    compared: usize,
    /// Those of them whose values are all equal.
    equal: usize,
    /// Operators for whose result the folder has no array of int8.
    without_array: usize,
    /// Operators whose result no op writes by itself: it lies where another one does, or is computed on the way to another.
    not_kept: usize,
    /// The first operator that differs.
    pub first: Option<Differs>,
}

/// An operator whose values differ.
#[derive(Debug, Serialize)]
pub struct Differs {
    operator: usize,
    name: String,
    tensor: usize,
    tensor_name: String,
    values: usize,
    equal: usize,
    first_difference: Difference,
}

/// Compares the results of all operators, in the order of the file, with the arrays of a folder.
pub fn compare(network: &[u8], folder: &Path, samples: &[Sample<'_>]) -> Result<Intermediates> {
    let shown = folder.display();
    ensure!(
        folder.is_dir(),
        "--intermediates {shown}: there is no such folder"
    );
    let pictures = |sample: &Sample<'_>| sample.inputs.iter().any(|i| matches!(i, Raw::Image(_)));
    ensure!(
        !samples.iter().any(pictures),
        "--intermediates: the model takes pictures, and the network tensors; name the .tflite file as MODEL and give its tensors"
    );
    let traced = trace(network, &Ends::default(), samples)?;
    let mut all = Intermediates {
        compared: 0,
        equal: 0,
        without_array: 0,
        not_kept: 0,
        first: None,
    };
    for one in &traced {
        match outcome(folder, one, samples.len())? {
            Outcome::WithoutArray => all.without_array += 1,
            Outcome::NotKept => all.not_kept += 1,
            Outcome::Equal => {
                all.compared += 1;
                all.equal += 1;
            }
            Outcome::Differs(differs) => {
                all.compared += 1;
                all.first.get_or_insert(differs);
            }
        }
    }
    if all.compared == 0 {
        let first = traced.first().map_or(0, |one| one.tensor);
        bail!(
            "--intermediates {shown}: holds no int8 array of a tensor that an operator writes; save one a tensor, called by its number ({first}.npy) or its name"
        );
    }
    Ok(all)
}

/// What comes of an operator.
enum Outcome {
    WithoutArray,
    NotKept,
    Equal,
    Differs(Differs),
}

/// Compares the first result of an operator with its array.
fn outcome(folder: &Path, one: &Traced, samples: usize) -> Result<Outcome> {
    let Some(path) = array(folder, one) else {
        return Ok(Outcome::WithoutArray);
    };
    let shown = || path.display().to_string();
    let given = load(&path).with_context(shown)?;
    let Values::Stored(expected) = given.values else {
        return Ok(Outcome::WithoutArray);
    };
    let Some(values) = &one.values else {
        return Ok(Outcome::NotKept);
    };
    let len = values.len() / samples.max(1);
    let tensor = format!("tensor {}", one.tensor);
    require_shape(&given.shape, &one.shape, &tensor).with_context(shown)?;
    ensure!(
        expected.len() == values.len(),
        "{}: holds {} samples, and {samples} are given",
        path.display(),
        expected.len() / len.max(1)
    );
    let pairs = || values.iter().zip(&expected);
    let Some(at) = pairs().position(|(found, expected)| found != expected) else {
        return Ok(Outcome::Equal);
    };
    Ok(Outcome::Differs(Differs {
        operator: one.number,
        name: one.name.clone(),
        tensor: one.tensor,
        tensor_name: one.tensor_name.clone(),
        values: values.len(),
        equal: pairs()
            .filter(|(found, expected)| found == expected)
            .count(),
        first_difference: Difference {
            sample: at / len.max(1),
            index: index(&given.shape, at),
            expected: expected[at],
            found: values[at],
        },
    }))
}

/// The array of a tensor: called by its number or its name, in which all that a file's name had better not hold may be an underscore.
fn array(folder: &Path, one: &Traced) -> Option<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name: String = one
        .tensor_name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    let own = one.tensor_name.contains(['/', '\\', '\0']);
    let names = [one.tensor.to_string(), name];
    let names = names
        .into_iter()
        .chain((!own).then(|| one.tensor_name.clone()));
    let mut paths = names.map(|name| folder.join(format!("{name}.npy")));
    paths.find(|path| path.is_file())
}

impl Intermediates {
    /// Prints what was found.
    pub fn print(&self, model: &str) -> Result<()> {
        let [compared, equal] = [self.compared, self.equal].map(grouped);
        output::paragraph(format_args!(
            "{model}: {equal} of {compared} operators identical; {} have no array of int8, {} have no result of their own (another op computes it too, or it stays where it is)",
            grouped(self.without_array),
            grouped(self.not_kept)
        ))?;
        let Some(first) = &self.first else {
            return Ok(());
        };
        output::paragraph(format_args!(
            "  the first that differs is operator {} ({}), tensor {} `{}`: {} of {} values equal; {}",
            first.operator,
            first.name,
            first.tensor,
            brief(start(&first.tensor_name, MOST_NAME)),
            grouped(first.equal),
            grouped(first.values),
            first.first_difference
        ))
    }
}
