//! Nodes without weights: pooling, sums, products, concatenation, gates, changes of scale.

use tillsense_core::model::records::{Add, Concat, Gate, Lookup, Pool, Product, Rounding, View};

use super::nodes::{FULL, Nodes, ratio, scale, shape};
use super::window::window;
use super::{LowerError, tables};
use crate::network::graph::{Node, NodeId};
use crate::network::quants::SIGMOID;

impl Nodes<'_> {
    pub(super) fn pool(&mut self, id: NodeId, output: View) -> Result<Pool, LowerError> {
        let node = &self.graph.nodes[id];
        let input = self.operand(node, 0)?;
        if input.c != output.c {
            return Err(shape(node));
        }
        let window = window(node, input, output)?;
        Ok(Pool {
            input,
            output,
            window,
            clamp: FULL,
        })
    }

    /// The parameters of TensorFlow Lite's ADD: operands are raised by 20 bits and brought to twice the larger scale.
    pub(super) fn sum(&mut self, id: NodeId, output: View) -> Result<Add, LowerError> {
        let node = &self.graph.nodes[id];
        let (a, b) = self.pair(node, output)?;
        let (a_scale, b_scale) = (self.operand_scale(node, 0)?, self.operand_scale(node, 1)?);
        let twice = 2.0 * f64::from(a_scale.max(b_scale));
        let out = f64::from(self.quant(self.quants.summed[id], node)?.scale);
        Ok(Add {
            a,
            b,
            output,
            a_scale: scale(node, f64::from(a_scale) / twice)?,
            b_scale: scale(node, f64::from(b_scale) / twice)?,
            out_scale: scale(node, twice / (f64::from(1 << 20) * out))?,
            clamp: self.clamp(id)?,
        })
    }

    pub(super) fn product(&mut self, id: NodeId, output: View) -> Result<Product, LowerError> {
        let node = &self.graph.nodes[id];
        let (a, b) = self.pair(node, output)?;
        let (a_scale, b_scale) = (self.operand_scale(node, 0)?, self.operand_scale(node, 1)?);
        let out = self.quant(self.quants.summed[id], node)?.scale;
        let real = f64::from(a_scale) * f64::from(b_scale) / f64::from(out);
        Ok(Product {
            a,
            b,
            output,
            scale: scale(node, real)?,
            rounding: Rounding::Nearest,
            clamp: self.clamp(id)?,
        })
    }

    pub(super) fn concat(&mut self, node: &Node, output: View) -> Result<Concat, LowerError> {
        let mut concat = Concat {
            parts: Default::default(),
            output,
        };
        for number in 0..node.inputs.len() {
            let part = self.operand(node, number)?;
            concat.parts.push(part).map_err(|_| shape(node))?;
        }
        let same = |p: &View| (p.h, p.w) == (output.h, output.w);
        let channels: usize = concat.parts.iter().map(|p| usize::from(p.c)).sum();
        if channels != usize::from(output.c) || !concat.parts.iter().all(same) {
            return Err(shape(node));
        }
        Ok(concat)
    }

    pub(super) fn gate(&mut self, id: NodeId, output: View) -> Result<Gate, LowerError> {
        let node = &self.graph.nodes[id];
        let (gates, values) = (self.operand(node, 0)?, self.operand(node, 1)?);
        let same = (gates.h, gates.w, gates.c) == (values.h, values.w, values.c);
        if !same || gates.w != 1 || (output.h, output.w, output.c) != (1, 1, gates.c) {
            return Err(shape(node));
        }
        let out = self.quant(self.quants.stored[id], node)?;
        let real = ratio(self.operand_scale(node, 1)? * SIGMOID.scale, out.scale);
        Ok(Gate {
            gates,
            values,
            output,
            scale: scale(node, real)?,
            clamp: FULL,
        })
    }

    /// A function of each value by itself.
    pub(super) fn by_table(
        &mut self,
        id: NodeId,
        output: View,
        function: impl Fn(f64) -> f64,
    ) -> Result<Lookup, LowerError> {
        let node = &self.graph.nodes[id];
        let input = self.operand(node, 0)?;
        if input.len() != output.len() {
            return Err(shape(node));
        }
        let from = node.inputs.first().and_then(|&i| self.quants.stored[i]);
        let from = self.quant(from, node)?;
        let to = self.quant(self.quants.stored[id], node)?;
        let table = self.blobs.weights(&tables::table(from, to, function));
        Ok(Lookup {
            input,
            output,
            table,
        })
    }

    fn pair(&self, node: &Node, output: View) -> Result<(View, View), LowerError> {
        let (a, b) = (self.operand(node, 0)?, self.operand(node, 1)?);
        let same = |v: &View| (v.h, v.w, v.c) == (output.h, output.w, output.c);
        if same(&a) && same(&b) {
            Ok((a, b))
        } else {
            Err(shape(node))
        }
    }
}
