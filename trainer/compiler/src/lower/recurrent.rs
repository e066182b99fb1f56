//! Recurrent layers.

use tillsense_core::model::records::{Blob, Op, ReadMode, Requant, Rnn, RnnRead, View};
use tillsense_core::ops::rnn;

use super::LowerError;
use super::nodes::{Nodes, Output, shape, size};
use super::program::{Home, PartId};
use super::requantise::Real;
use crate::network::graph::{Bits, Node, NodeId, NodeOp};

/// Real value of one step of a pre-activation, Q3.12.
const PRE_ACTIVATION: f64 = 1.0 / 4096.0;
/// Real value of one step of the int8 hidden state.
const HIDDEN: f32 = 1.0 / 128.0;

/// The values that one product of a cell multiplies.
struct Values {
    count: u16,
    /// Real value of one step.
    scale: f32,
    zero_point: i8,
    /// Largest magnitude of a value less its zero point.
    largest: i64,
}

impl Nodes<'_> {
    /// Lowers a recurrent layer. A layer that reads a stream keeps its state between calls; one
    /// that sees a whole sequence at once does not.
    pub(super) fn rnn(&mut self, id: NodeId, part: PartId) -> Result<Output, LowerError> {
        let node = &self.graph.nodes[id];
        let &NodeOp::Rnn {
            cell,
            direction,
            hidden,
        } = &node.op
        else {
            return Err(shape(node));
        };
        let input = self.operand(node, 0)?;
        let view = self.view(id)?;
        let units = u16::try_from(hidden).map_err(|_| size(node))?;
        if input.w != 1 || (view.h, view.w, view.c) != (input.h, 1, units) {
            return Err(shape(node));
        }
        let home = if self.streams(node) {
            Home::Kept
        } else {
            Home::Work(part)
        };
        let state = self.words(rnn::state_len(cell, units), home);
        let scratch = self.words(rnn::rnn_scratch_len(cell, units), Home::Work(part));
        let output = self.read_by_values(id).then(|| View {
            offset: self.program.add(view.len(), 1, Home::Work(part)) as u32,
            ..view
        });
        let rows = cell.gates() * hidden;
        let values = Values {
            count: input.c,
            scale: self.operand_scale(node, 0)?,
            zero_point: input.zero_point,
            largest: 255,
        };
        let (x_weights, x_bias, x_requant) = self.gates(node, "x", rows, values)?;
        let values = Values {
            count: units,
            scale: HIDDEN,
            zero_point: 0,
            largest: 128,
        };
        let (h_weights, h_bias, h_requant) = self.gates(node, "h", rows, values)?;
        self.push(
            part,
            id,
            Op::Rnn(Rnn {
                cell,
                direction,
                input,
                hidden: units,
                state,
                scratch,
                x_weights,
                x_bias,
                x_requant,
                h_weights,
                h_bias,
                h_requant,
                output,
            }),
        );
        Ok(Output::Layer { state, output })
    }

    /// Stores one of the two products of a cell.
    fn gates(
        &mut self,
        node: &Node,
        which: &str,
        rows: usize,
        values: Values,
    ) -> Result<(Blob, Blob, Requant), LowerError> {
        let (weight, bias) = (format!("{which}_weight"), format!("{which}_bias"));
        let real = Real {
            node: &node.name,
            weights: self
                .params
                .get(&node.name, &weight, &[rows, values.count.into()])?,
            bias: self.params.get(&node.name, &bias, &[rows])?,
            bits: Bits::Eight,
            channel_last: false,
            input_scale: values.scale,
            zero_point: values.zero_point,
            largest_input: values.largest,
            output_scale: PRE_ACTIVATION,
        };
        let stored = real.store()?;
        Ok(self.place(&stored))
    }

    pub(super) fn rnn_read(
        &mut self,
        node: &Node,
        mode: ReadMode,
        output: View,
        id: NodeId,
        part: PartId,
    ) -> Result<(), LowerError> {
        let layer = *node.inputs.first().ok_or_else(|| shape(node))?;
        let (Some(Some(Output::Layer { state, .. })), NodeOp::Rnn { cell, hidden, .. }) =
            (self.outputs.get(layer), &self.graph.nodes[layer].op)
        else {
            return Err(shape(node));
        };
        if (output.h, output.w, usize::from(output.c)) != (1, 1, *hidden) {
            return Err(shape(node));
        }
        let read = RnnRead {
            cell: *cell,
            state: *state,
            mode,
            output,
        };
        self.push(part, id, Op::RnnRead(read));
        Ok(())
    }

    /// Whether a node reads the hidden states of all steps.
    fn read_by_values(&self, layer: NodeId) -> bool {
        let nodes = self.graph.nodes.iter().zip(self.live);
        nodes
            .filter(|(node, live)| **live && !matches!(node.op, NodeOp::RnnRead { .. }))
            .any(|(node, _)| node.inputs.contains(&layer))
    }
}
