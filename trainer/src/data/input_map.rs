//! The map from a description to the inputs and heads of its data.

use tillsense_compiler::network::builder::BuildError;
use tillsense_compiler::network::description::Spec;
use tillsense_compiler::words::meant;

use crate::data::dataset::Dataset;

/// The data's inputs and heads that a description uses, in the description's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputMap {
    /// Index among the data's inputs, for each input of the description.
    pub inputs: Vec<usize>,
    /// Index among the data's heads, for each head of the description.
    pub heads: Vec<usize>,
}

impl InputMap {
    /// Matches a description with its data by names.
    pub fn new(spec: &Spec, data: &Dataset) -> Result<Self, BuildError> {
        let inputs: Vec<_> = data.inputs().iter().map(|i| i.name.as_str()).collect();
        let heads: Vec<_> = data.heads().iter().map(|h| h.name.as_str()).collect();
        let find = |known: &[&str], name: &str, what: &str| {
            let place = known.iter().position(|n| *n == name);
            place.ok_or_else(|| BuildError {
                field: format!("{what}s.{name}.name"),
                problem: format!(
                    "{} has no such {what}; it has {}{}",
                    spec.data.origin.words(),
                    known.join(", "),
                    meant(name, known.iter().copied())
                ),
            })
        };
        Ok(InputMap {
            inputs: spec
                .inputs
                .iter()
                .map(|i| find(&inputs, &i.name, "input"))
                .collect::<Result<_, _>>()?,
            heads: spec
                .heads
                .iter()
                .map(|h| find(&heads, &h.name, "head"))
                .collect::<Result<_, _>>()?,
        })
    }
}
