//! Nodes with trained weights.

use tillsense_core::model::records::{
    Blob, Conv, Dense, Embedding, EmbeddingBag, Ids, Requant, Rounding, Span, View,
};
use tillsense_core::ops::bag;

use super::LowerError;
use super::nodes::{Nodes, Output, ratio, scale, shape};
use super::program::Home;
use super::sums::{Real, Stored};
use super::window::window;
use crate::graph::{Node, NodeId, NodeOp, Quant};

impl Nodes<'_> {
    pub(super) fn conv(
        &mut self,
        id: NodeId,
        output: View,
        depthwise: bool,
    ) -> Result<Conv, LowerError> {
        let node = &self.graph.nodes[id];
        let input = self.operand(node, 0)?;
        let window = window(node, input, output)?;
        let (kh, kw) = (window.kernel.0.into(), window.kernel.1.into());
        let (ic, oc) = (usize::from(input.c), usize::from(output.c));
        let fits = match node.op {
            NodeOp::DepthwiseConv2d { multiplier, .. } => oc == ic * multiplier,
            _ => true,
        };
        if !fits {
            return Err(shape(node));
        }
        let weights_shape = if depthwise {
            vec![kh, kw, oc]
        } else {
            vec![oc, kh, kw, ic]
        };
        let weights = self.params.get(&node.name, "weight", &weights_shape)?;
        let (weights, bias, requant) = self.matrix(id, weights, oc, depthwise)?;
        let clamp = self.clamp(id)?;
        Ok(Conv {
            input,
            output,
            window,
            weights,
            bias,
            requant,
            clamp,
        })
    }

    pub(super) fn dense(&mut self, id: NodeId, output: View) -> Result<Dense, LowerError> {
        let node = &self.graph.nodes[id];
        let input = self.operand(node, 0)?;
        let weights = self
            .params
            .get(&node.name, "weight", &[output.len(), input.len()])?;
        let (weights, bias, requant) = self.matrix(id, weights, output.len(), false)?;
        let clamp = self.clamp(id)?;
        Ok(Dense {
            input,
            output,
            weights,
            bias,
            requant,
            clamp,
        })
    }

    /// Weights, biases and factors of a node's sums.
    fn matrix(
        &mut self,
        id: NodeId,
        weights: &[f32],
        channels: usize,
        channel_last: bool,
    ) -> Result<(Blob, Blob, Requant), LowerError> {
        let node = &self.graph.nodes[id];
        let real = Real {
            node: &node.name,
            weights,
            bias: self.params.get(&node.name, "bias", &[channels])?,
            channel_last,
            input_scale: self.operand_scale(node, 0)?,
            largest_input: 255,
            output_scale: self.quant(self.quants.summed[id], node)?.scale.into(),
        };
        let stored = real.store()?;
        Ok(self.place(&stored))
    }

    pub(super) fn place(&mut self, stored: &Stored) -> (Blob, Blob, Requant) {
        let requant = Requant {
            rounding: Rounding::Nearest,
            multipliers: self.blobs.own_i32s(&stored.multipliers),
            shifts: self.blobs.own(bytemuck::cast_slice(&stored.shifts), 1),
        };
        (
            self.blobs.own_weights(&stored.weights),
            self.blobs.own_i32s(&stored.bias),
            requant,
        )
    }

    pub(super) fn embedding(
        &mut self,
        id: NodeId,
        rows: usize,
        output: View,
    ) -> Result<Embedding, LowerError> {
        let node = &self.graph.nodes[id];
        let ids = self.operand_ids(node, rows)?;
        if (output.h, output.w) != (ids.max, 1) {
            return Err(shape(node));
        }
        let (table, quant) = self.params.table(node, rows)?;
        let table = self.table(table, quant);
        Ok(Embedding {
            ids,
            table,
            rows: rows as u16,
            output,
        })
    }

    pub(super) fn bag(
        &mut self,
        id: NodeId,
        rows: usize,
        output: View,
    ) -> Result<EmbeddingBag, LowerError> {
        let node = &self.graph.nodes[id];
        let ids = self.operand_ids(node, rows)?;
        let &NodeOp::EmbeddingBag { mode, .. } = &node.op else {
            return Err(shape(node));
        };
        if (output.h, output.w) != (1, 1) || ids.max >= 1 << 15 {
            return Err(shape(node));
        }
        let (table, quant) = self.params.table(node, rows)?;
        let table = self.table(table, quant);
        let out = self.quant(self.quants.stored[id], node)?;
        let len = bag::scratch_len(output.c);
        let part = self.program.part(node.segment);
        let scratch = Span {
            offset: self.program.add(len, 4, Home::Work(part)) as u32,
            len: len as u32,
        };
        Ok(EmbeddingBag {
            ids,
            table,
            rows: rows as u16,
            mode,
            output,
            scale: scale(node, ratio(quant.scale, out.scale))?,
            scratch,
        })
    }

    fn table(&mut self, table: &[f32], quant: Quant) -> Blob {
        let stored: Vec<i8> = table
            .iter()
            .map(|&w| crate::quant::weight(w, quant.scale))
            .collect();
        self.blobs.own_weights(&stored)
    }

    fn operand_ids(&self, node: &Node, rows: usize) -> Result<Ids, LowerError> {
        let id = *node.inputs.first().ok_or_else(|| shape(node))?;
        let rows_fit = rows > 0 && rows <= usize::from(u16::MAX);
        match self.outputs.get(id) {
            Some(Some(Output::Ids(ids))) if rows_fit => Ok(*ids),
            _ => Err(shape(node)),
        }
    }
}
