//! Which operators an input runs by itself, and what of it the rest of the network reads: its encoding.
//!
//! An input is encoded as soon as it is there, and the encoding is kept until the network runs. Any tensor that all later operators
//! see the input through will do, if it is int8; the shortest one is taken, and of equal ones the last, since it is kept all the time. What comes
//! after, and all operators that read several inputs, are the trunk.

use super::wrong;
use crate::import::error::ImportError;
use crate::import::net::{Element, Net, TensorId};
use crate::lower::program::PartId;

/// The parts of a network.
pub struct Cut {
    /// The part of each operator.
    pub parts: Vec<PartId>,
    /// The encoding of each input.
    pub encodings: Vec<TensorId>,
}

impl Cut {
    /// Cuts a network.
    pub fn of(net: &Net<'_>) -> Result<Self, ImportError> {
        let trunk = 2 * net.inputs.len();
        let owners = owners(net);
        let mut cut = Cut {
            parts: vec![trunk; net.operators.len()],
            encodings: Vec::new(),
        };
        for (number, &input) in net.inputs.iter().enumerate() {
            let (encoding, until) = cut_of(net, &owners, number, input)?;
            cut.encodings.push(encoding);
            for (at, operator) in net.operators.iter().enumerate().take(until) {
                if operator
                    .outputs
                    .iter()
                    .all(|&o| owners[o] == Owner::One(number))
                {
                    cut.parts[at] = 2 * number;
                }
            }
        }
        Ok(cut)
    }
}

/// The input that a tensor's values depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// None: a constant.
    Nobody,
    /// One.
    One(usize),
    /// Several.
    Several,
}

fn owners(net: &Net<'_>) -> Vec<Owner> {
    let mut owners = vec![Owner::Nobody; net.tensors.len()];
    for (number, &input) in net.inputs.iter().enumerate() {
        owners[input] = Owner::One(number);
    }
    for operator in &net.operators {
        let operands = operator.inputs.iter().flatten().map(|&id| owners[id]);
        let owner = operands.fold(Owner::Nobody, |all, one| match (all, one) {
            (Owner::Nobody, one) => one,
            (all, Owner::Nobody) => all,
            (all, one) if all == one => all,
            _ => Owner::Several,
        });
        // What is computed of constants is computed where all inputs are there.
        let owner = match owner {
            Owner::Nobody => Owner::Several,
            owner => owner,
        };
        for &output in &operator.outputs {
            owners[output] = owner;
        }
    }
    owners
}

/// The encoding of an input, and the number of the first operator behind it.
fn cut_of(
    net: &Net<'_>,
    owners: &[Owner],
    number: usize,
    input: TensorId,
) -> Result<(TensorId, usize), ImportError> {
    let own = |id: &TensorId| owners[*id] == Owner::One(number);
    let bytes = |id: TensorId| net.tensors[id].len().unwrap_or(usize::MAX);
    let mut last = vec![0; net.tensors.len()];
    for (at, operator) in net.operators.iter().enumerate() {
        operator
            .inputs
            .iter()
            .flatten()
            .for_each(|&id| last[id] = at + 1);
    }
    let mut live = vec![input];
    let (mut best, mut best_bytes) = ((input, 0), bytes(input));
    for (at, operator) in net.operators.iter().enumerate() {
        if !operator.outputs.iter().any(own) {
            // It belongs to the trunk, which then sees the input through what it reads, and not through anything later.
            if operator.inputs.iter().flatten().any(own) {
                break;
            }
            continue;
        }
        // An output of the network is computed by the trunk.
        if operator.outputs.iter().any(|id| net.outputs.contains(id)) {
            break;
        }
        live.extend(operator.outputs.iter().filter(|id| own(id)));
        live.retain(|&id| last[id] > at + 1);
        // Operators of other inputs may lie between: what they read of this one would be live, too.
        if let [only] = live[..]
            && net.tensors[only].element == Element::Int8
            && bytes(only) <= best_bytes
        {
            (best, best_bytes) = ((only, at + 1), bytes(only));
        }
    }
    if net.outputs.contains(&input) && best.1 > 0 {
        return Err(wrong(
            net,
            input,
            "is an input and an output at once; remove one of them",
        ));
    }
    Ok(best)
}
