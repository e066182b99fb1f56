//! Trained parameters, fetched by name and checked.

use super::LowerError;
use crate::graph::{Node, Quant, Trained};

/// The parameters of a graph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Params<'a>(pub &'a Trained);

impl<'a> Params<'a> {
    /// The values of `<owner>.<parameter>`, which must have this shape.
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

    /// The table of an embedding and its scale: one for the whole table, zero point 0.
    pub(super) fn table(&self, node: &Node, rows: usize) -> Result<(&'a [f32], Quant), LowerError> {
        let table = self.get(&node.name, "table", &[rows, node.shape[2]])?;
        let scale = crate::quant::weight_scale(table.iter().copied());
        Ok((
            table,
            Quant {
                scale,
                zero_point: 0,
            },
        ))
    }

    /// The quantisation of an embedding node's table.
    pub(super) fn table_quant(&self, node: &Node) -> Result<Quant, LowerError> {
        match node.op {
            crate::graph::NodeOp::Embedding { rows }
            | crate::graph::NodeOp::EmbeddingBag { rows, .. } => Ok(self.table(node, rows)?.1),
            _ => Err(LowerError::Quantisation {
                node: node.name.clone(),
            }),
        }
    }
}
