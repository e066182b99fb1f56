//! One node after the other to ops.

use tillsense_core::model::records::{
    Add, Blob, Clamp, Concat, Conv, Dense, Embedding, EmbeddingBag, Gate, Ids, Lookup, Op, Pool,
    Product, Requant, Rnn, RnnRead, Rounding, Scale, Softmax, Span, View, Window,
};
use tillsense_core::ops::{bag, rnn};

use super::LowerError;
use super::blobs::Blobs;
use super::params::Params;
use super::program::{Home, PartId, Program};
use super::quants::Quants;
use super::sums::{Real, Stored, factor};
use super::tables;
use crate::build::pads;
use crate::graph::{Activation, Graph, Node, NodeId, NodeOp, Padding, Quant, Segment};
use crate::nn::quants::{SIGMOID, activation};

/// The int8 range.
const FULL: Clamp = Clamp {
    min: i8::MIN,
    max: i8::MAX,
};
/// Real value of one step of a recurrent pre-activation, Q3.12.
const PRE_ACTIVATION: f64 = 1.0 / 4096.0;
/// Real value of one step of the int8 hidden state.
const HIDDEN: f32 = 1.0 / 128.0;

/// What a node's output is in the arena.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    /// int8 values.
    Values(View),
    /// Ids.
    Ids(Ids),
    /// A recurrent layer: its state, and its output where a node other than a reader of the state wants it.
    Layer { state: Span, output: Option<View> },
}

/// The ops so far.
pub(super) struct Nodes<'a> {
    pub graph: &'a Graph,
    pub params: Params<'a>,
    pub quants: &'a Quants,
    pub live: &'a [bool],
    pub blobs: Blobs,
    pub program: Program,
    /// By node; `None` for those that are not lowered.
    pub outputs: Vec<Option<Output>>,
}

impl Nodes<'_> {
    /// Adds the ops of a node whose operands are there.
    pub(super) fn add(&mut self, id: NodeId) -> Result<(), LowerError> {
        let graph = self.graph;
        let node = &graph.nodes[id];
        let part = self.program.part(node.segment);
        let output = match &node.op {
            NodeOp::Ids => self.ids(node, part)?,
            NodeOp::Features(_) => Output::Values(self.new_view(id, part)?),
            NodeOp::Reshape => self.reshape(id)?,
            NodeOp::Rnn { .. } => self.rnn(id, part)?,
            NodeOp::RnnRead { mode } => {
                let output = self.new_view(id, part)?;
                self.rnn_read(node, *mode, output, id, part)?;
                Output::Values(output)
            }
            _ => Output::Values(self.computed(id, part)?),
        };
        self.outputs[id] = Some(output);
        Ok(())
    }

    /// Adds softmax behind the logits of a head; answers its scores.
    pub(super) fn scores(&mut self, logits: NodeId) -> Result<View, LowerError> {
        let node = &self.graph.nodes[logits];
        let input = self.values(logits, node)?;
        let part = self.program.parts.len() - 1;
        let value = self.program.add(input.len(), 1, Home::Work(part));
        self.program.scores.push(value);
        let output = View {
            offset: value as u32,
            zero_point: SIGMOID.zero_point as i8,
            ..input
        };
        let (scale, diff_min) = tables::softmax(self.scale(logits, node)?);
        self.push(
            part,
            logits,
            Op::Softmax(Softmax {
                input,
                output,
                scale,
                diff_min,
            }),
        );
        Ok(output)
    }

    /// Copies an encoding that a frontend writes itself to where it is kept.
    pub(super) fn copy(&mut self, node: NodeId, input: View) -> View {
        let part = self.program.part(self.graph.nodes[node].segment);
        let output = View {
            offset: self.program.add(input.len(), 1, Home::Work(part)) as u32,
            ..input
        };
        let mut whole = Concat {
            parts: Default::default(),
            output,
        };
        whole.parts.extend([input]);
        self.push(part, node, Op::Concat(whole));
        output
    }

    /// The view of an operand.
    pub(super) fn values(&self, id: NodeId, reader: &Node) -> Result<View, LowerError> {
        match self.outputs.get(id) {
            Some(Some(Output::Values(view))) => Ok(*view),
            Some(Some(Output::Layer {
                output: Some(view), ..
            })) => Ok(*view),
            _ => Err(shape(reader)),
        }
    }

    /// A node with weights, a table or a window, and the table of its activation.
    fn computed(&mut self, id: NodeId, part: PartId) -> Result<View, LowerError> {
        let node = &self.graph.nodes[id];
        let stored = self.new_view(id, part)?;
        let summed = self.quant(self.quants.summed[id], node)?;
        let output = View {
            zero_point: summed.zero_point as i8,
            ..stored
        };
        let op = self.op(id, output)?;
        self.push(part, id, op);
        let target = self.quant(self.quants.stored[id], node)?;
        if let Some(table) = tables::activation(activation(&node.op), summed, target) {
            let table = self.blobs.weights(&table);
            self.push(
                part,
                id,
                Op::Lookup(Lookup {
                    input: output,
                    output: stored,
                    table,
                }),
            );
        }
        Ok(stored)
    }

    fn op(&mut self, id: NodeId, output: View) -> Result<Op, LowerError> {
        let node = &self.graph.nodes[id];
        Ok(match &node.op {
            NodeOp::Conv2d { .. } => Op::Conv2d(self.conv(id, output, false)?),
            NodeOp::DepthwiseConv2d { .. } => Op::DepthwiseConv2d(self.conv(id, output, true)?),
            NodeOp::MaxPool { .. } => Op::MaxPool(self.pool(id, output)?),
            NodeOp::AveragePool { .. } => Op::AveragePool(self.pool(id, output)?),
            NodeOp::Dense { .. } => Op::Dense(self.dense(id, output)?),
            NodeOp::Embedding { rows } => Op::Embedding(self.embedding(id, *rows, output)?),
            NodeOp::EmbeddingBag { rows, .. } => Op::EmbeddingBag(self.bag(id, *rows, output)?),
            NodeOp::Add { .. } => Op::Add(self.sum(id, output)?),
            NodeOp::Product { .. } => Op::Product(self.product(id, output)?),
            NodeOp::Concat => Op::Concat(self.concat(node, output)?),
            NodeOp::Gate => Op::Gate(self.gate(id, output)?),
            NodeOp::Rescale => Op::Lookup(self.rescale(id, output)?),
            NodeOp::Features(_)
            | NodeOp::Ids
            | NodeOp::Reshape
            | NodeOp::Rnn { .. }
            | NodeOp::RnnRead { .. } => return Err(shape(node)),
        })
    }

    fn ids(&mut self, node: &Node, part: PartId) -> Result<Output, LowerError> {
        let max = u16::try_from(node.shape[0]).map_err(|_| size(node))?;
        let value = self.program.add(2 * usize::from(max), 2, Home::Work(part));
        Ok(Output::Ids(Ids {
            offset: value as u32,
            max,
        }))
    }

    fn reshape(&mut self, id: NodeId) -> Result<Output, LowerError> {
        let node = &self.graph.nodes[id];
        let input = self.operand(node, 0)?;
        let view = View {
            offset: input.offset,
            ..self.view(id)?
        };
        if view.len() != input.len() {
            return Err(shape(node));
        }
        Ok(Output::Values(view))
    }

    fn conv(&mut self, id: NodeId, output: View, depthwise: bool) -> Result<Conv, LowerError> {
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

    fn dense(&mut self, id: NodeId, output: View) -> Result<Dense, LowerError> {
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

    fn place(&mut self, stored: &Stored) -> (Blob, Blob, Requant) {
        let requant = Requant {
            rounding: Rounding::Nearest,
            multipliers: self.blobs.i32s(&stored.multipliers),
            shifts: self.blobs.i8s(&stored.shifts),
        };
        (
            self.blobs.weights(&stored.weights),
            self.blobs.i32s(&stored.bias),
            requant,
        )
    }

    fn pool(&mut self, id: NodeId, output: View) -> Result<Pool, LowerError> {
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

    fn embedding(
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

    fn bag(&mut self, id: NodeId, rows: usize, output: View) -> Result<EmbeddingBag, LowerError> {
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
        self.blobs.weights(&stored)
    }

    /// TensorFlow Lite's parameters of ADD: operands are raised by 20 bits and brought to twice the larger scale.
    fn sum(&mut self, id: NodeId, output: View) -> Result<Add, LowerError> {
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

    fn product(&mut self, id: NodeId, output: View) -> Result<Product, LowerError> {
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

    fn concat(&mut self, node: &Node, output: View) -> Result<Concat, LowerError> {
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

    fn gate(&mut self, id: NodeId, output: View) -> Result<Gate, LowerError> {
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

    fn rescale(&mut self, id: NodeId, output: View) -> Result<Lookup, LowerError> {
        let node = &self.graph.nodes[id];
        let input = self.operand(node, 0)?;
        if input.len() != output.len() {
            return Err(shape(node));
        }
        let from = node.inputs.first().and_then(|&i| self.quants.stored[i]);
        let from = self.quant(from, node)?;
        let to = self.quant(self.quants.stored[id], node)?;
        let table = self.blobs.weights(&tables::table(from, to, |x| x));
        Ok(Lookup {
            input,
            output,
            table,
        })
    }

    /// A layer that reads a stream keeps its state between calls; one that sees a whole sequence at once does not.
    fn rnn(&mut self, id: NodeId, part: PartId) -> Result<Output, LowerError> {
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
        let scale = self.operand_scale(node, 0)?;
        let (x_weights, x_bias, x_requant) = self.gates(node, "x", rows, input.c, scale, 255)?;
        let (h_weights, h_bias, h_requant) = self.gates(node, "h", rows, units, HIDDEN, 128)?;
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

    /// One of the two products of a cell.
    fn gates(
        &mut self,
        node: &Node,
        which: &str,
        rows: usize,
        columns: u16,
        input_scale: f32,
        largest_input: i64,
    ) -> Result<(Blob, Blob, Requant), LowerError> {
        let (weight, bias) = (format!("{which}_weight"), format!("{which}_bias"));
        let real = Real {
            node: &node.name,
            weights: self
                .params
                .get(&node.name, &weight, &[rows, columns.into()])?,
            bias: self.params.get(&node.name, &bias, &[rows])?,
            channel_last: false,
            input_scale,
            largest_input,
            output_scale: PRE_ACTIVATION,
        };
        let stored = real.store()?;
        Ok(self.place(&stored))
    }

    fn rnn_read(
        &mut self,
        node: &Node,
        mode: tillsense_core::model::records::ReadMode,
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

    fn push(&mut self, part: PartId, node: NodeId, op: Op) {
        self.program.parts[part].ops.push((op, node));
    }

    fn words(&mut self, len: usize, home: Home) -> Span {
        Span {
            offset: self.program.add(len, 4, home) as u32,
            len: len as u32,
        }
    }

    /// A view of a new value in the workspace, with the node's shape and stored zero point.
    fn new_view(&mut self, id: NodeId, part: PartId) -> Result<View, LowerError> {
        let view = self.view(id)?;
        let offset = self.program.add(view.len(), 1, Home::Work(part)) as u32;
        Ok(View { offset, ..view })
    }

    /// The node's shape in the plan: steps of a stream come one at a time.
    fn view(&self, id: NodeId) -> Result<View, LowerError> {
        let node = &self.graph.nodes[id];
        let [h, w, c] = node.shape;
        let h = if self.streams(node) { 1 } else { h };
        let dimension = |n: usize| match u16::try_from(n) {
            Ok(n) if n > 0 => Ok(n),
            _ => Err(size(node)),
        };
        let zero_point = self.quant(self.quants.stored[id], node)?.zero_point as i8;
        let view = View {
            offset: 0,
            h: dimension(h)?,
            w: dimension(w)?,
            c: dimension(c)?,
            zero_point,
        };
        // Lengths are u32 in the file, and no arena is near that.
        if view.len() > 1 << 28 {
            return Err(size(node));
        }
        Ok(view)
    }

    fn streams(&self, node: &Node) -> bool {
        matches!(node.segment, Segment::Step(input) if self.graph.inputs[input].streaming)
    }

    /// Whether a node reads the hidden states of all steps.
    fn read_by_values(&self, layer: NodeId) -> bool {
        let nodes = self.graph.nodes.iter().zip(self.live);
        nodes
            .filter(|(node, live)| **live && !matches!(node.op, NodeOp::RnnRead { .. }))
            .any(|(node, _)| node.inputs.contains(&layer))
    }

    fn operand(&self, node: &Node, number: usize) -> Result<View, LowerError> {
        let id = node.inputs.get(number).ok_or_else(|| shape(node))?;
        self.values(*id, node)
    }

    fn operand_ids(&self, node: &Node, rows: usize) -> Result<Ids, LowerError> {
        let id = *node.inputs.first().ok_or_else(|| shape(node))?;
        let rows_fit = rows > 0 && rows <= usize::from(u16::MAX);
        match self.outputs.get(id) {
            Some(Some(Output::Ids(ids))) if rows_fit => Ok(*ids),
            _ => Err(shape(node)),
        }
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

    fn operand_scale(&self, node: &Node, number: usize) -> Result<f32, LowerError> {
        let id = *node.inputs.get(number).ok_or_else(|| shape(node))?;
        self.scale(id, node)
    }

    fn scale(&self, id: NodeId, reader: &Node) -> Result<f32, LowerError> {
        Ok(self.quant(self.quants.stored[id], reader)?.scale)
    }

    fn quant(&self, quant: Option<Quant>, node: &Node) -> Result<Quant, LowerError> {
        quant.ok_or_else(|| shape(node))
    }

    /// Bounds of a fused activation.
    fn clamp(&self, id: NodeId) -> Result<Clamp, LowerError> {
        let node = &self.graph.nodes[id];
        let quant = self.quant(self.quants.stored[id], node)?;
        let steps = |x: f32| crate::quant::store(x, quant);
        Ok(match activation(&node.op) {
            Activation::Relu => Clamp {
                min: steps(0.0),
                max: i8::MAX,
            },
            Activation::Relu6 => Clamp {
                min: steps(0.0),
                max: steps(6.0),
            },
            _ => FULL,
        })
    }
}

/// Geometry of a convolution or pooling, checked against the node's shape.
fn window(node: &Node, input: View, output: View) -> Result<Window, LowerError> {
    let (kernel, stride, dilation, padding) = match &node.op {
        NodeOp::Conv2d {
            kernel,
            stride,
            dilation,
            padding,
            ..
        }
        | NodeOp::DepthwiseConv2d {
            kernel,
            stride,
            dilation,
            padding,
            ..
        } => (*kernel, *stride, *dilation, *padding),
        NodeOp::MaxPool {
            kernel,
            stride,
            padding,
        }
        | NodeOp::AveragePool {
            kernel,
            stride,
            padding,
        } => (*kernel, *stride, [1, 1], *padding),
        _ => return Err(shape(node)),
    };
    let sizes = [kernel, stride, dilation].concat();
    let explicit = match padding {
        Padding::Explicit(pads) => pads,
        _ => [0; 4],
    };
    let fits = |n: &usize| *n <= usize::from(u16::MAX);
    if sizes.contains(&0) || !sizes.iter().chain(&explicit).all(fits) {
        return Err(size(node));
    }
    let given = [usize::from(input.h), usize::from(input.w)];
    let (made, pad) = pads(given, kernel, stride, dilation, padding).ok_or_else(|| shape(node))?;
    if made != [usize::from(output.h), usize::from(output.w)] {
        return Err(shape(node));
    }
    let two = |pair: [usize; 2]| (pair[0] as u16, pair[1] as u16);
    let [(top, bottom), (left, right)] = pad;
    Ok(Window {
        kernel: two(kernel),
        stride: two(stride),
        dilation: two(dilation),
        pad_before: two([top, left]),
        pad_after: two([bottom, right]),
    })
}

fn ratio(numerator: f32, denominator: f32) -> f64 {
    f64::from(numerator) / f64::from(denominator)
}

fn scale(node: &Node, real: f64) -> Result<Scale, LowerError> {
    let (multiplier, shift) = factor(&node.name, real)?;
    Ok(Scale { multiplier, shift })
}

fn shape(node: &Node) -> LowerError {
    LowerError::Shape {
        node: node.name.clone(),
    }
}

fn size(node: &Node) -> LowerError {
    LowerError::Size {
        node: node.name.clone(),
    }
}
