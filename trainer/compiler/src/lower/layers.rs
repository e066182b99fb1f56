//! Nodes with trained weights.

use tillsense_core::model::records::{
    BagMode, Blob, Conv, Dense, Embedding, EmbeddingBag, Ids, Requant, Rounding, Span, View,
};
use tillsense_core::ops::bag;

use super::LowerError;
use super::nodes::{Nodes, Output, ratio, scale, shape};
use super::program::Home;
use super::requantise::{Real, Stored};
use super::window::window;
use crate::network::graph::{Bits, Node, NodeId, NodeOp};
use crate::quant::{self, int4};

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

    /// Stores the weights, biases and factors of a node's weighted sums.
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
            bits: node.op.bits(),
            channel_last,
            input_scale: self.operand_scale(node, 0)?,
            zero_point: self.operand(node, 0)?.zero_point,
            // Half of the room is for what the zero point adds to the biases of four-bit weights.
            largest_input: match node.op.bits() {
                Bits::Four => 2 * 255,
                Bits::Eight => 255,
            },
            output_scale: self.quant(self.quants.summed[id], node)?.scale.into(),
        };
        let mut stored = real.store()?;
        if real.bits == Bits::Four {
            return Ok(self.place_4(&mut stored, self.operand(node, 0)?.zero_point));
        }
        Ok(self.place(&stored))
    }

    /// Stores four-bit weights like [`place`](Self::place): rows are inputs, and biases include what the input's zero point adds.
    fn place_4(&mut self, stored: &mut Stored, zero_point: i8) -> (Blob, Blob, Requant) {
        let outputs = stored.bias.len();
        let inputs = stored.weights.len() / outputs;
        for (bias, row) in stored.bias.iter_mut().zip(stored.weights.chunks(inputs)) {
            let sum: i32 = row.iter().map(|&w| i32::from(w)).sum();
            *bias -= (i32::from(zero_point) + 128) * sum;
        }
        let by_input: Vec<i8> = (0..inputs)
            .flat_map(|i| (0..outputs).map(move |o| o * inputs + i))
            .map(|place| stored.weights[place])
            .collect();
        let weights = self.blobs.own(&int4::packed(&by_input, outputs), 16);
        let (bias, requant) = self.place_factors(stored);
        (weights, bias, requant)
    }

    pub(super) fn place(&mut self, stored: &Stored) -> (Blob, Blob, Requant) {
        let (bias, requant) = self.place_factors(stored);
        (self.blobs.own_weights(&stored.weights), bias, requant)
    }

    fn place_factors(&mut self, stored: &Stored) -> (Blob, Requant) {
        let requant = Requant {
            rounding: Rounding::Nearest,
            multipliers: self.blobs.own_i32s(&stored.multipliers),
            shifts: self.blobs.own(bytemuck::cast_slice(&stored.shifts), 1),
        };
        (self.blobs.own_i32s(&stored.bias), requant)
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
        let (table, _) = self.table(node, rows)?;
        Ok(Embedding {
            ids,
            table,
            rows: rows as u16,
            output,
        })
    }

    /// Lowers an embedding or a bag with a table of four bits.
    pub(super) fn embedding_4(
        &mut self,
        id: NodeId,
        rows: usize,
        output: View,
    ) -> Result<EmbeddingBag, LowerError> {
        let node = &self.graph.nodes[id];
        let ids = self.operand_ids(node, rows)?;
        let (mode, steps) = match node.op {
            NodeOp::EmbeddingBag { mode, .. } => (mode, 1),
            _ => (BagMode::Sum, ids.max),
        };
        if (output.h, output.w) != (steps, 1) || ids.max >= 1 << 15 {
            return Err(shape(node));
        }
        let (table, step) = self.table(node, rows)?;
        let out = self.quant(self.quants.stored[id], node)?;
        let part = self.program.part(node.segment);
        Ok(EmbeddingBag {
            ids,
            table,
            rows: rows as u16,
            mode,
            output,
            scale: scale(node, ratio(step, out.scale))?,
            scratch: Span {
                offset: self.program.add(0, 4, Home::Work(part)) as u32,
                len: 0,
            },
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
        let (table, step) = self.table(node, rows)?;
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
            scale: scale(node, ratio(step, out.scale))?,
            scratch,
        })
    }

    /// Stores a table and returns it with the real value of one step of its sums.
    fn table(&mut self, node: &Node, rows: usize) -> Result<(Blob, f32), LowerError> {
        let table = self.params.table(node, rows)?;
        let bits = node.op.bits();
        if bits == Bits::Four {
            let stored = int4::Table::new(table, node.shape[2]);
            return Ok((self.blobs.own(&stored.bytes(), 16), stored.scale));
        }
        let scale = quant::weight_scale(table.iter().copied(), bits);
        let stored: Vec<i8> = table
            .iter()
            .map(|&w| quant::weight(w, scale, bits))
            .collect();
        Ok((self.blobs.own_weights(&stored), scale))
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
