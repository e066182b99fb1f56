//! Trained parameters, fetched by name and checked.

use super::LowerError;
use crate::network::graph::{Bits, Node, NodeOp, Quant, Trained};
use crate::quant::{self, int4};

/// Access to the trained parameters of a graph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Params<'a>(pub &'a Trained);

impl<'a> Params<'a> {
    /// The values of `<owner>.<parameter>`; another shape than `shape`, or a value that is not finite, is an error.
    pub(super) fn get(
        &self,
        owner: &str,
        parameter: &str,
        shape: &[usize],
    ) -> Result<&'a [f32], LowerError> {
        let parameter = format!("{owner}.{parameter}");
        let Some((found, values)) = self.0.params.get(&parameter) else {
            return Err(LowerError::Missing { parameter });
        };
        if found != shape || values.len() != shape.iter().product::<usize>() {
            let (expected, found) = (shape.to_vec(), found.clone());
            return Err(LowerError::ParameterShape {
                parameter,
                expected,
                found,
            });
        }
        if !values.iter().all(|v| v.is_finite()) {
            return Err(LowerError::NotFinite { parameter });
        }
        Ok(values)
    }

    /// The values of an embedding node's table.
    pub(super) fn table(&self, node: &Node, rows: usize) -> Result<&'a [f32], LowerError> {
        self.get(&node.name, "table", &[rows, node.shape[2]])
    }

    /// The quantisation of an embedding node's output, which is that of its table.
    pub(super) fn table_quant(&self, node: &Node) -> Result<Quant, LowerError> {
        match node.op {
            NodeOp::Embedding { rows, bits } => {
                let table = self.table(node, rows)?;
                let scale = match bits {
                    Bits::Four => int4::Table::new(table, node.shape[2]).embedding_scale(),
                    Bits::Eight => quant::weight_scale(table.iter().copied(), bits),
                };
                Ok(Quant {
                    scale,
                    zero_point: 0,
                })
            }
            _ => Err(LowerError::Quantisation {
                node: node.name.clone(),
            }),
        }
    }
}
