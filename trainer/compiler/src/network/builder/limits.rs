//! Limits of a network's size, checked before memory is taken for it.
//!
//! The limits are generous: hundreds of times what a terminal holds, and little enough for the machine that trains.

use super::BuildError;
use crate::network::graph::{Graph, Node, Segment};
use crate::network::params;

/// Limit of trained numbers: each takes a byte of flash, and some twenty bytes while training.
pub const MOST_PARAMETERS: u64 = 16 << 20;
/// Limit of values that the nodes of a network compute for all samples of a batch.
pub const MOST_VALUES: u64 = 128 << 20;

/// Refuses a network beyond the limits; sizes are multiplied without overflow.
pub(super) fn check(graph: &Graph, batch: usize) -> Result<(), BuildError> {
    for node in &graph.nodes {
        if node.shape.iter().any(|&n| n > usize::from(u16::MAX)) {
            let [h, w, c] = node.shape;
            let problem = format!(
                "{}: a result of {h}x{w}x{c} is too large; at most {} along an axis",
                node.name,
                u16::MAX
            );
            return Err(BuildError {
                field: field(graph, node),
                problem,
            });
        }
    }
    let of_params = |node: &Node| {
        let params = params::of_node(graph, node);
        params.iter().fold(0, |sum: u64, param| {
            sum.saturating_add(product(&param.shape))
        })
    };
    require(graph, "parameters", MOST_PARAMETERS, "", of_params)?;
    let of_values = |node: &Node| product(&node.shape).saturating_mul(batch as u64);
    let hint = format!(" for a batch of {batch}");
    require(graph, "values", MOST_VALUES, &hint, of_values)
}

/// Checks that the nodes together stay within a limit; the error names the node with the largest share.
fn require(
    graph: &Graph,
    what: &str,
    most: u64,
    hint: &str,
    count: impl Fn(&Node) -> u64,
) -> Result<(), BuildError> {
    let all = graph
        .nodes
        .iter()
        .fold(0, |sum: u64, node| sum.saturating_add(count(node)));
    let largest = graph.nodes.iter().max_by_key(|node| count(node));
    match largest {
        Some(largest) if all > most => Err(BuildError {
            field: field(graph, largest),
            problem: format!(
                "the network has {all} {what}{hint}, {} of them in {}; at most {most} can be",
                count(largest),
                largest.name
            ),
        }),
        _ => Ok(()),
    }
}

/// The section of the description from which a node comes.
fn field(graph: &Graph, node: &Node) -> String {
    let head = node
        .name
        .strip_prefix("head.")
        .and_then(|rest| rest.split('.').next());
    match (node.segment, head) {
        (Segment::Step(input) | Segment::Finish(input), _) => {
            format!("inputs.{}", graph.inputs[input].name)
        }
        (Segment::Trunk, Some(head)) => format!("heads.{head}"),
        (Segment::Trunk, None) => "fusion".to_owned(),
    }
}

fn product(shape: &[usize]) -> u64 {
    shape
        .iter()
        .fold(1, |product: u64, &n| product.saturating_mul(n as u64))
}
