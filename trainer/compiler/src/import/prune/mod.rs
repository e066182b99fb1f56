//! Channels that are always the same, and channels that nobody reads, are taken out of a network; every stored value of an output stays what
//! it was.
//!
//! - `range`: what values may be; `sums` and `reach`: what sums of them may be, with TensorFlow Lite's rounding and padding; `facts` and
//!   `probe`: what all other operators make of them;
//! - `links`, `classes`: which channels of an operator's tensors belong together;
//! - `analysis`: both of a whole network; `stays`: which channels stay;
//! - `rewrite`: the network without the others, whose share goes into biases.

mod analysis;
mod classes;
mod facts;
mod links;
mod probe;
mod range;
mod reach;
mod rewrite;
mod stays;
mod sums;
#[cfg(test)]
mod tests;

use self::analysis::Analysis;
use self::rewrite::Rewrite;
use self::stays::Stays;
use super::net::{Element, Net, Operator, Quantisation, Tensor, TensorId};

/// What is taken out of a network.
#[derive(Clone, Debug, Default)]
pub struct Pruned {
    /// Numbers of the operators that vanish, as the file has them.
    pub removed: Vec<usize>,
    /// Tensors that lose channels, with the numbers of those that stay, among how many.
    pub left: Vec<Left>,
    /// The operators that stay; `None` where nothing changes.
    operators: Option<Vec<Operator>>,
    /// Constants behind those of the file.
    constants: Vec<Constant>,
}

/// The channels of a tensor that stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The tensor.
    pub tensor: TensorId,
    /// Numbers of the channels that stay.
    pub channels: Vec<usize>,
    /// How many there were; value `i` of the tensor was one of channel `i` modulo this.
    pub of: usize,
    /// The last side of the tensor's shape from now on.
    side: usize,
}

/// A constant that is not in the file.
#[derive(Clone, Debug)]
struct Constant {
    shape: Vec<usize>,
    element: Element,
    quant: Option<Quantisation>,
    data: Vec<u8>,
}

/// Finds what can be taken out of a network.
pub fn prune(net: &Net<'_>) -> Pruned {
    let Some(analysis) = Analysis::of(net) else {
        return Pruned::default();
    };
    let stays = Stays::of(net, &analysis);
    Rewrite::of(net, &analysis, &stays).unwrap_or_default()
}

impl Pruned {
    /// Of a tensor that loses channels: how many are left, and how many there were.
    pub fn channels(&self, tensor: TensorId) -> Option<[usize; 2]> {
        let left = self.left.iter().find(|left| left.tensor == tensor)?;
        Some([left.channels.len(), left.of])
    }

    /// The network without it.
    pub fn apply<'p>(&'p self, mut net: Net<'p>) -> Net<'p> {
        let Some(operators) = &self.operators else {
            return net;
        };
        net.operators.clone_from(operators);
        for left in &self.left {
            if let Some(side) = net.tensors[left.tensor].shape.last_mut() {
                *side = left.side;
            }
        }
        net.tensors
            .extend(self.constants.iter().map(|constant| Tensor {
                name: String::new(),
                shape: constant.shape.clone(),
                element: constant.element,
                quant: constant.quant.clone(),
                data: Some(&constant.data),
                variable: false,
            }));
        net
    }
}
