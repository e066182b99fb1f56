//! What became of each operator of a network.

use serde::Serialize;

use super::macs::macs_of;
use super::net::{Net, Op, Operator};
use super::prune::Pruned;
use crate::lower::Lowered;

/// What became of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// Its number in the file.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// The shape of its first output.
    pub shape: String,
    /// What became of it.
    pub fate: What,
    /// The ops that it became; none where nothing runs for it alone.
    pub became: Vec<&'static str>,
    /// The number of the operator whose op computes it too, where it is fused.
    pub into: Option<usize>,
    /// Multiply-accumulates that the file asks for.
    pub macs: u64,
    /// Channels of its first output that are left, and how many there were, where some are always the same or read by nobody.
    pub channels: Option<[usize; 2]>,
}

/// What may become of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It has an op of its own.
    Kept,
    /// The op of another operator computes it, too.
    Fused,
    /// Its result is known at import, and stands in the file.
    Folded,
    /// Nothing is left to do: its values stay where they are.
    Removed,
    /// The caller computes it from the answer.
    Left,
    /// All of its result is always the same, or read by nobody.
    Unread,
}

impl What {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            What::Kept => "kept",
            What::Fused => "fused",
            What::Folded => "folded",
            What::Removed => "removed",
            What::Left => "left to the caller",
            What::Unread => "unread",
        }
    }
}

/// What became of the operators of a file, of which `left` are those that were lowered, and `handed` the numbers of those that are the
/// caller's; `pruned` is what was taken out.
pub fn fates(
    file: &Net<'_>,
    left: &Net<'_>,
    lowered: &Lowered,
    (handed, pruned): (&[usize], &Pruned),
) -> Vec<Fate> {
    let computed = computed(file);
    let fate = |operator: &Operator| {
        let ops = |number: usize| {
            let own = lowered.origins.iter();
            own.filter(move |(origin, _)| *origin == number)
                .map(|(_, op)| *op)
        };
        let became: Vec<&'static str> = ops(operator.number).collect();
        let is_left = left.operators.iter().any(|o| o.number == operator.number);
        let into = reader(left, operator, |number| ops(number).next().is_some());
        let fate = match became.is_empty() {
            _ if handed.contains(&operator.number) => What::Left,
            false => What::Kept,
            true if pruned.removed.contains(&operator.number) => What::Unread,
            true if !operator.inputs.iter().flatten().any(|&id| computed[id]) => What::Folded,
            true if is_left && !moves_nothing(&operator.op) && into.is_some() => What::Fused,
            true => What::Removed,
        };
        Fate {
            number: operator.number,
            name: operator.op.name().to_owned(),
            shape: shape(file, operator),
            fate,
            became,
            into: into.filter(|_| fate == What::Fused),
            macs: macs_of(file, operator),
            channels: operator.outputs.first().and_then(|&id| pruned.channels(id)),
        }
    };
    file.operators.iter().map(fate).collect()
}

/// Which tensors depend on an input.
fn computed(net: &Net<'_>) -> Vec<bool> {
    let mut computed = vec![false; net.tensors.len()];
    net.inputs.iter().for_each(|&input| computed[input] = true);
    for operator in &net.operators {
        let any = operator.inputs.iter().flatten().any(|&id| computed[id]);
        // The shape of what is computed is known.
        let any = any && operator.op != Op::Shape;
        operator.outputs.iter().for_each(|&id| computed[id] = any);
    }
    computed
}

/// Operators that only say where values are.
const fn moves_nothing(op: &Op) -> bool {
    matches!(
        op,
        Op::Reshape { .. }
            | Op::Squeeze { .. }
            | Op::ExpandDims
            | Op::Concatenation { .. }
            | Op::Split { .. }
            | Op::SplitV { .. }
            | Op::Slice
            | Op::StridedSlice { .. }
            | Op::Quantize
            | Op::Dequantize
    )
}

/// The first operator behind another one that has an op, through operators that have none.
fn reader(net: &Net<'_>, operator: &Operator, has_op: impl Fn(usize) -> bool) -> Option<usize> {
    let mut sees = vec![false; net.tensors.len()];
    operator.outputs.iter().for_each(|&id| sees[id] = true);
    for other in &net.operators {
        if !other.inputs.iter().flatten().any(|&id| sees[id]) {
            continue;
        }
        if has_op(other.number) {
            return Some(other.number);
        }
        other.outputs.iter().for_each(|&id| sees[id] = true);
    }
    None
}

fn shape(net: &Net<'_>, operator: &Operator) -> String {
    let Some(&output) = operator.outputs.first() else {
        return String::new();
    };
    let sides = net.tensors[output].shape.iter().map(usize::to_string);
    sides.collect::<Vec<_>>().join(" x ")
}
