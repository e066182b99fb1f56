//! From a network to the records of `core`: each tensor becomes a view, each operator one op or none.
//!
//! - `cut`: which operators belong to an input alone, and where its encoding is taken;
//! - `dispatch`: which function lowers which operator;
//! - `names`, `ends`: what inputs and outputs are called; names of classes and pictures in place of tensors, where a person says so;
//! - `scales`: quantisation as TensorFlow Lite computes with it;
//! - `mapping`, `operands`: which value of an input each of an output is; parts of values, constants, repeated operands;
//! - `convs`, `transposed`, `samples`, `resize`: windows over pictures and batches of them;
//! - `joins`: operators that join tensors;
//! - `moves`, `strided`, `blocks`: operators that choose values;
//! - `matmul`, `sequence`: products of matrices that are both values, and LSTM; `zero_points`: weights that have some;
//! - `weighted`, `plain`, `lookups`: operators with weights, without, and of each value by itself;
//! - `tables`: functions of one value that are more than a change of scale;
//! - `floats`: functions of one value that the file computes with floats;
//! - `pairs`, `reductions`: arithmetic of two operands; along axes and over rows.
//!
//! All rounding is TensorFlow Lite's, so that every stored value is that of its reference kernels.

pub(super) mod blocks;
mod convs;
mod cut;
mod dispatch;
mod ends;
mod floats;
mod joins;
#[cfg(test)]
mod limits;
mod lookups;
pub(super) mod mapping;
mod matmul;
pub(super) mod moves;
mod names;
mod operands;
mod pairs;
mod plain;
mod reductions;
mod resize;
mod samples;
pub(super) mod scales;
mod sequence;
mod strided;
mod tables;
mod transposed;
mod weighted;
mod zero_points;

use std::collections::BTreeMap;

use tillsense_core::engine::{MAX_INPUTS, MAX_OPS};
use tillsense_core::model::records::{Concat, Op as Record, Source, TensorParams, View};

use self::convs::Padded;
use self::cut::Cut;
use self::ends::Said;
use self::floats::Floats;
use self::scales::{quant, stored_scale};
use super::ends::{Ends, Labels, Pictures};
use super::error::ImportError;
use super::net::{Element, Net, Op, Operator, Tensor, TensorId};
use crate::lower::blobs::Blobs;
use crate::lower::pack::Constants;
use crate::lower::program::{Home, PartId, Program};
use crate::lower::{Draft, DraftInput, LowerError, Lowered, LoweredAnswer, LoweredHead};
use crate::network::graph::Quant;
use crate::target::ExportOptions;
use crate::text::brief;

/// Values of a tensor, at most: more than any terminal has bytes of memory.
const MOST_VALUES: usize = 1 << 22;
/// Bytes of all weights, at most: operators may share those of the file, and each gets its own.
const MOST_WEIGHTS: usize = 1 << 26;
/// Ops before some of them are fused, for each op that a core takes.
const FUSED: usize = 4;

/// Lowers a network.
pub fn lower(
    net: &Net<'_>,
    name: &str,
    aim: &ExportOptions,
    ends: &Ends,
) -> Result<Lowered, ImportError> {
    lowered(net, name, aim, ends).map_err(|error| match net.open {
        true => ImportError::Open(Box::new(error)),
        false => error,
    })
}

fn lowered(
    net: &Net<'_>,
    name: &str,
    aim: &ExportOptions,
    ends: &Ends,
) -> Result<Lowered, ImportError> {
    if net.inputs.len() > MAX_INPUTS {
        return Err(LowerError::Count.into());
    }
    no_loops(net)?;
    let cut = Cut::of(net)?;
    let mut lowering = Lowering {
        net,
        program: Program::new(net.inputs.len()),
        blobs: Blobs::sharing(),
        views: vec![None; net.tensors.len()],
        padded: BTreeMap::new(),
        floats: BTreeMap::new(),
        part: 0,
        node: 0,
    };
    let said = Said::of(&lowering, ends)?;
    for (number, &input) in net.inputs.iter().enumerate() {
        lowering.source(number, input, said.pictures[number])?;
    }
    let mut copies: Vec<Option<View>> = vec![None; net.inputs.len()];
    for (at, operator) in net.operators.iter().enumerate() {
        lowering.enter(cut.parts[at], operator.number, &cut, &mut copies);
        let lowered = lowering.operator(operator);
        lowered
            .and_then(|()| lowering.bounded(operator))
            .map_err(|error| error.of(net, operator))?;
    }
    let trunk = lowering.program.parts.len() - 1;
    lowering.enter(trunk, the_end(net), &cut, &mut copies);
    let heads = net.outputs.iter().enumerate();
    let heads = heads
        .map(|(number, &output)| lowering.head(number, output, said.labels[number]))
        .collect::<Result<_, _>>()?;
    lowering.finish(name, &cut, heads, aim)
}

/// How whole numbers are stored.
const NUMBERS: Quant = Quant {
    scale: 1.0,
    zero_point: 0,
};

/// A network on its way into records.
struct Lowering<'n, 'a> {
    net: &'n Net<'a>,
    program: Program,
    blobs: Blobs,
    /// Where the values of each tensor lie, once they are there.
    views: Vec<Option<View>>,
    /// Tensors that are never made, since the windows that read them pad.
    padded: BTreeMap<TensorId, Padded>,
    /// Float tensors between int8 tensors.
    floats: BTreeMap<TensorId, Floats>,
    /// The part that ops go to.
    part: PartId,
    /// The number of the operator at hand.
    node: usize,
}

impl<'a> Lowering<'_, 'a> {
    /// Takes an input as a plain tensor, or as a picture.
    fn source(
        &mut self,
        number: usize,
        input: TensorId,
        pictures: Option<&Pictures>,
    ) -> Result<(), ImportError> {
        let at = quant(self.net, input)?;
        let part = 2 * number;
        let output = self.new_view(input, part)?;
        let scale = stored_scale(at.scale)
            .ok_or_else(|| wrong(self.net, input, format!("a scale of {} has no place in a model file; it may be from 2^-32 to below 2^30", at.scale)))?;
        let source = match pictures {
            None => Source::Tensor(TensorParams { output, scale }),
            Some(pictures) => Source::Image(self.pictures(input, output, pictures)?),
        };
        self.program.parts[part].source = Some(source);
        self.views[input] = Some(output);
        Ok(())
    }

    /// Goes on in a part. When the trunk begins, encodings move into the part of the arena that is kept.
    fn enter(&mut self, part: PartId, node: usize, cut: &Cut, copies: &mut [Option<View>]) {
        (self.part, self.node) = (part, node);
        if part + 1 < self.program.parts.len() {
            return;
        }
        for (number, &encoding) in cut.encodings.iter().enumerate() {
            if copies[number].is_some() {
                continue;
            }
            let Some(view) = self.views[encoding] else {
                continue;
            };
            // What the frontend writes is never kept, whatever shape it is seen in.
            // Nor is a part of a value.
            let (root, _) = self.program.root(view.offset as usize);
            let given = self.views[self.net.inputs[number]].map(|view| view.offset as usize);
            let is_part = self.program.values[root].len != view.len();
            let kept = match given == Some(root) || is_part {
                true => self.copy(2 * number, view),
                false => view,
            };
            let (root, _) = self.program.root(kept.offset as usize);
            self.program.values[root].home = Home::Kept;
            self.views[encoding] = Some(kept);
            copies[number] = Some(kept);
        }
    }

    /// Copies values.
    fn copy(&mut self, part: PartId, input: View) -> View {
        let value = self.program.add(input.len(), 1, Home::Work(part));
        let output = View {
            offset: value as u32,
            ..input
        };
        let mut whole = Concat {
            parts: Default::default(),
            output,
        };
        whole.parts.extend([input]);
        self.program.parts[part]
            .ops
            .push((Record::Concat(whole), self.node));
        output
    }

    /// Goes on only where a model file may still hold what there is, so that no network takes more memory than that on its way.
    fn bounded(&self, operator: &Operator) -> Result<(), ImportError> {
        let ops = self.program.parts.iter().map(|part| part.ops.len()).sum();
        if ops > FUSED * MAX_OPS {
            return Err(LowerError::Ops { ops }.into());
        }
        if self.blobs.bytes_so_far() > MOST_WEIGHTS {
            return Err(refuse(
                operator,
                "and those before it have more weights than 64 MB, the most that a model file takes",
            ));
        }
        Ok(())
    }

    /// An output of the network.
    fn head(
        &mut self,
        number: usize,
        output: TensorId,
        labels: Option<&Labels>,
    ) -> Result<LoweredHead, ImportError> {
        let mut scores = self.view(output)?;
        let given = self.net.inputs.contains(&output);
        let value = self.program.root(scores.offset as usize).0;
        let kept = self.program.values[value].home == Home::Kept;
        if given || kept || self.program.scores.contains(&(scores.offset as usize)) {
            scores = self.copy(self.part, scores);
        }
        self.program.scores.push(scores.offset as usize);
        let at = match self.tensor(output).element {
            Element::Int32 | Element::Int64 => NUMBERS,
            _ => quant(self.net, output)?,
        };
        let scale = stored_scale(at.scale).ok_or_else(|| {
            wrong(
                self.net,
                output,
                format!("a scale of {} has no place in a model file", at.scale),
            )
        })?;
        let answer = match labels {
            None => LoweredAnswer::Tensor(scale),
            Some(labels) => self.classes(output, labels)?,
        };
        Ok(LoweredHead {
            name: self.name(number, output, "output"),
            answer,
            scores,
        })
    }

    fn finish(
        self,
        name: &str,
        cut: &Cut,
        heads: Vec<LoweredHead>,
        aim: &ExportOptions,
    ) -> Result<Lowered, ImportError> {
        let (mut inputs, mut absents) = (Vec::new(), Vec::new());
        let names: Vec<String> = self
            .net
            .inputs
            .iter()
            .enumerate()
            .map(|(number, &input)| self.name(number, input, "input"))
            .collect();
        let Lowering {
            net,
            program,
            mut blobs,
            views,
            ..
        } = self;
        for (input, &encoding) in names.into_iter().zip(&cut.encodings) {
            let view = views[encoding].ok_or_else(|| wrong(net, encoding, "is never computed"))?;
            // What is absent counts as real zero where the network goes on.
            absents.push(blobs.own_weights(&vec![view.zero_point; view.len()]));
            inputs.push(DraftInput {
                name: input,
                encoding: view,
                quant: quant(net, encoding)?,
            });
        }
        // By number: operators that are gone leave gaps.
        let mut nodes = vec!["the end".to_owned(); the_end(net) + 1];
        for operator in &net.operators {
            nodes[operator.number] = name_of(operator);
        }
        let draft = Draft {
            name: name.to_owned(),
            inputs,
            heads,
            nodes,
            fields: Vec::new(),
            // Tensors and pictures that are not resized come in pieces.
            max_input: 0,
        };
        let constants = Constants {
            program,
            blobs,
            absents,
        };
        Ok(draft.fit(constants, aim)?)
    }

    /// The view of a tensor that is there.
    fn view(&self, tensor: TensorId) -> Result<View, ImportError> {
        self.views[tensor].ok_or_else(|| wrong(self.net, tensor, "is a constant where values that are computed are expected; a converter folds such operators"))
    }

    /// A new view for the values of a tensor.
    fn new_view(&mut self, tensor: TensorId, part: PartId) -> Result<View, ImportError> {
        let zero_point = quant(self.net, tensor)?.zero_point as i8;
        self.new_room(tensor, part, zero_point)
    }

    /// A new view of a tensor's shape.
    fn new_room(
        &mut self,
        tensor: TensorId,
        part: PartId,
        zero_point: i8,
    ) -> Result<View, ImportError> {
        let [h, w, c] = dimensions(self.net, tensor)?;
        let value = self.program.add(
            usize::from(h) * usize::from(w) * usize::from(c),
            1,
            Home::Work(part),
        );
        Ok(View {
            offset: value as u32,
            h,
            w,
            c,
            zero_point,
        })
    }

    fn push(&mut self, record: Record, output: TensorId, view: View) {
        self.emit(record);
        self.views[output] = Some(view);
    }

    fn tensor(&self, id: TensorId) -> &Tensor<'a> {
        &self.net.tensors[id]
    }
}

/// Rows, columns and channels of a tensor: all sides but the last two are rows.
fn dimensions(net: &Net<'_>, tensor: TensorId) -> Result<[u16; 3], ImportError> {
    let shape = &net.tensors[tensor].shape;
    let found = sides(shape).ok_or_else(|| {
        wrong(
            net,
            tensor,
            format!("of the shape {shape:?} has a side of 0, or more than 65,535 rows, columns or channels"),
        )
    })?;
    match net.tensors[tensor].len() {
        Some(len) if len <= MOST_VALUES => Ok(found),
        _ => Err(wrong(
            net,
            tensor,
            format!(
                "of the shape {shape:?} has more than {MOST_VALUES} values, which no terminal holds"
            ),
        )),
    }
}

/// Rows, columns and channels of a shape; `None` where one of them is 0 or has more than 16 bits.
fn sides(shape: &[usize]) -> Option<[u16; 3]> {
    let all = match shape {
        [] => [1, 1, 1],
        [c] => [1, 1, *c],
        [n, c] => [*n, 1, *c],
        [1, t, c] => [*t, 1, *c],
        [outer @ .., w, c] => {
            let rows = outer
                .iter()
                .try_fold(1usize, |rows, &side| rows.checked_mul(side));
            [rows?, *w, *c]
        }
    };
    let narrow = |side: usize| u16::try_from(side).ok().filter(|&side| side > 0);
    let [h, w, c] = all.map(narrow);
    Some([h?, w?, c?])
}

/// Refuses loops, whatever else there is in a network with one.
fn no_loops(net: &Net<'_>) -> Result<(), ImportError> {
    let looped = |operator: &&Operator| matches!(&operator.op, Op::Other(name) if name == "WHILE");
    match net.operators.iter().find(looped) {
        Some(operator) => Err(refuse(
            operator,
            "is a loop, as Keras 3 writes recurrent layers; convert with unroll=True in the layer, or an LSTM layer of Keras 2 (tf_keras)",
        )),
        None => Ok(()),
    }
}

/// An error about a tensor.
fn wrong(net: &Net<'_>, tensor: TensorId, problem: impl Into<String>) -> ImportError {
    ImportError::Tensor {
        tensor: format!("{tensor} `{}`", brief(&net.tensors[tensor].name)),
        problem: problem.into(),
    }
}

/// An error about an operator.
fn refuse(operator: &Operator, problem: impl Into<String>) -> ImportError {
    ImportError::Operator {
        number: operator.number,
        name: operator.op.name().to_owned(),
        shapes: String::new(),
        problem: problem.into(),
    }
}

/// The number of what comes after all operators.
fn the_end(net: &Net<'_>) -> usize {
    let numbers = net.operators.iter().map(|operator| operator.number);
    numbers.max().map_or(0, |last| last + 1)
}

fn name_of(operator: &Operator) -> String {
    format!("{} ({})", operator.number, operator.op.name())
}
