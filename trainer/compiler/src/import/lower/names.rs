//! What inputs and outputs are called.

use super::Lowering;
use crate::import::net::TensorId;

impl Lowering<'_, '_> {
    /// A name for an input or an output: the one that the file's signature has for it, or else that of its tensor, where it is a plain
    /// one that says something.
    pub(super) fn name(&self, number: usize, tensor: TensorId, otherwise: &str) -> String {
        let called = match otherwise {
            "input" => &self.net.input_names,
            _ => &self.net.output_names,
        };
        if let Some(name) = called.get(number).map(|name| name.to_lowercase())
            && is_plain(&name)
            && called
                .iter()
                .filter(|other| other.to_lowercase() == name)
                .count()
                == 1
        {
            return name;
        }
        let name = &self.net.tensors[tensor].name;
        let start = name.split([':', '/', ';']).next().unwrap_or_default();
        let start = start
            .strip_prefix("serving_default_")
            .unwrap_or(start)
            .to_lowercase();
        let one = [&self.net.inputs, &self.net.outputs]
            .iter()
            .any(|all| all.len() == 1 && all[0] == tensor);
        let twice = |list: &[TensorId]| {
            let same = |&&other: &&TensorId| {
                let other = self.net.tensors[other].name.to_lowercase();
                other.contains(&start)
            };
            list.iter().filter(same).count() > 1
        };
        let clear = !twice(&self.net.inputs) && !twice(&self.net.outputs);
        // What converters call the result of everything.
        let clear = clear && !start.contains("partitionedcall");
        if clear && is_plain(&start) {
            return start;
        }
        match one {
            true => otherwise.to_owned(),
            false => format!("{otherwise}{number}"),
        }
    }
}

/// Whether a model file, a command line and a screen take a name as it is.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    (1..=32).contains(&name.len()) && name.chars().all(plain)
}
