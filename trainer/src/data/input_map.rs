//! Which of a task's inputs and heads a description uses.

use tillsense_compiler::network::builder::BuildError;
use tillsense_compiler::network::description::Spec;

use crate::data::tasks::TaskData;

/// The task's inputs and heads that a description uses, in the description's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputMap {
    /// Index among the task's inputs, for each input of the description.
    pub inputs: Vec<usize>,
    /// Index among the task's heads, for each head of the description.
    pub heads: Vec<usize>,
}

impl InputMap {
    /// Matches a description with its task by names.
    pub fn new(spec: &Spec, data: &TaskData) -> Result<Self, BuildError> {
        let (inputs, heads) = (data.input_names(), data.heads());
        let heads: Vec<_> = heads.iter().map(|head| head.name).collect();
        let find = |known: &[&str], name: &str, what: &str| {
            let place = known.iter().position(|n| *n == name);
            place.ok_or_else(|| BuildError {
                field: format!("{what}s.{name}.name"),
                problem: format!(
                    "task `{}` has no such {what}; it has {}",
                    spec.task.name(),
                    known.join(", ")
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
