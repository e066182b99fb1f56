//! Operators that choose values and compute none.

use super::convs::Padded;
use super::mapping::Mapping;
use super::scales::quant;
use super::strided::Strided;
use super::{Lowering, refuse, sides};
use crate::import::error::ImportError;
use crate::import::integers::integers;
use crate::import::net::{Op, Operator, TensorId};

/// Which values an operator's results hold, a mapping of its first operand each; `None` of an operator that does not choose values.
///
/// `shape` and `numbers` answer the shape of a tensor, and the values of one of known integers.
pub fn mappings<'m>(
    shape: &'m dyn Fn(TensorId) -> &'m [usize],
    numbers: &'m dyn Fn(TensorId) -> Option<Vec<i64>>,
    operator: &'m Operator,
) -> Option<Result<Vec<Mapping>, String>> {
    let moving = Moving {
        shape,
        numbers,
        operator,
    };
    let one = |mapping: Result<Mapping, String>| mapping.map(|mapping| vec![mapping]);
    Some(match &operator.op {
        Op::Pad | Op::PadV2 => one(moving.pad()),
        Op::MirrorPad { symmetric } => one(moving.mirror_pad(*symmetric)),
        Op::Slice => one(moving.slice()),
        Op::StridedSlice { .. } => one(moving.strided_slice()),
        Op::Split { parts } => moving.split(*parts),
        Op::SplitV { parts } => moving.split_v(*parts),
        Op::Unpack { axis, parts } => moving.unpack(*axis, *parts),
        Op::Transpose => one(moving.transpose()),
        Op::Tile => one(moving.tile()),
        Op::BroadcastTo => one(moving.broadcast_to()),
        Op::Reverse => one(moving.reverse()),
        Op::SpaceToDepth { block } => one(moving.space_to_depth(*block)),
        Op::DepthToSpace { block } => one(moving.depth_to_space(*block)),
        Op::Gather { axis, batch_dims } => one(moving.gather(*axis, *batch_dims)),
        Op::ResizeNearestNeighbor {
            align_corners,
            half_pixel_centers,
        } => one(moving.nearest(*align_corners, *half_pixel_centers)),
        _ => return None,
    })
}

impl Lowering<'_, '_> {
    /// An operator that chooses values of its first operand, but of SPLIT its second.
    pub(super) fn moves(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let shape = |id: TensorId| self.net.tensors[id].shape.as_slice();
        let numbers = |id: TensorId| integers(&self.net.tensors[id]);
        let mappings = mappings(&shape, &numbers, operator)
            .unwrap_or(Err("does not move values".to_owned()))
            .map_err(|problem| refuse(operator, problem))?;
        if let Some((output, padded)) = self.only_pads(operator) {
            self.padded.insert(output, padded);
            return Ok(());
        }
        let source = match operator.op {
            Op::Split { .. } => operator.inputs.get(1),
            _ => operator.inputs.first(),
        };
        let Some(&Some(source)) = source else {
            return Err(refuse(operator, "lacks its input"));
        };
        let from = self.operand(source)?;
        for (mapping, &output) in mappings.iter().zip(&operator.outputs) {
            let to = quant(self.net, output)?;
            let fill = self.fill(operator, output)?;
            let sides = self.sides_of(operator, mapping, output)?;
            let mut view = self.mapped(operator, from, mapping, (sides, fill))?;
            view.zero_point = to.zero_point as i8;
            self.views[output] = Some(view);
        }
        Ok(())
    }

    /// Sides of a result that holds what a mapping chooses.
    pub(super) fn sides_of(
        &self,
        operator: &Operator,
        mapping: &Mapping,
        output: TensorId,
    ) -> Result<[u16; 3], ImportError> {
        let shape = &self.tensor(output).shape;
        let sides = sides(shape).filter(|_| self.tensor(output).len() == Some(mapping.len()));
        sides.ok_or_else(|| {
            refuse(
                operator,
                format!("makes {} values, and the file says {shape:?}; convert the network with fixed shapes", mapping.len()),
            )
        })
    }

    /// The result of an operator that pads with real zero what convolutions alone read.
    fn only_pads(&self, operator: &Operator) -> Option<(TensorId, Padded)> {
        if !matches!(operator.op, Op::Pad | Op::PadV2) {
            return None;
        }
        let shape = |id: TensorId| self.net.tensors[id].shape.as_slice();
        let numbers = |id: TensorId| integers(&self.net.tensors[id]);
        let moving = Moving {
            shape: &shape,
            numbers: &numbers,
            operator,
        };
        let paddings = moving.paddings(moving.shape(0).ok()?).ok()?;
        let padded = self.padding_of_windows(operator, &paddings)?;
        let output = *operator.outputs.first()?;
        let of = quant(self.net, output).ok()?;
        let same = quant(self.net, padded.source).ok()? == of;
        let zero = self.fill(operator, output).ok()? == of.zero_point as i8;
        (same && zero).then_some((output, padded))
    }

    /// What an operator fills with: real zero, or the value that PADV2 is given.
    fn fill(&self, operator: &Operator, output: TensorId) -> Result<i8, ImportError> {
        let given = match (&operator.op, operator.inputs.get(2)) {
            (Op::PadV2, Some(Some(value))) => *value,
            _ => return Ok(quant(self.net, output)?.zero_point as i8),
        };
        if quant(self.net, given)? != quant(self.net, output)? {
            return Err(refuse(
                operator,
                "fills with a value of another scale than that of its output",
            ));
        }
        match self.constant(given).as_deref() {
            Some(&[value]) => Ok(value),
            _ => Err(refuse(
                operator,
                "fills with a value that is computed, which is not supported",
            )),
        }
    }
}

/// An operator that moves values, with what it moves.
struct Moving<'m> {
    shape: &'m dyn Fn(TensorId) -> &'m [usize],
    numbers: &'m dyn Fn(TensorId) -> Option<Vec<i64>>,
    operator: &'m Operator,
}

impl Moving<'_> {
    fn pad(&self) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let mut mapping = Mapping::of(shape);
        for (along, [before, after]) in mapping.axes.iter_mut().zip(self.paddings(shape)?) {
            let inside = std::mem::take(&mut along.indices);
            let front = std::iter::repeat_n(None, before);
            along.indices = front.chain(inside).collect();
            along.indices.extend(std::iter::repeat_n(None, after));
        }
        Ok(mapping)
    }

    /// What lies beyond an edge mirrors what lies inside it, with the edge itself or without.
    fn mirror_pad(&self, symmetric: bool) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let edge = usize::from(!symmetric);
        let mut mapping = Mapping::of(shape);
        let paddings = self.paddings(shape)?;
        for ((along, &side), [before, after]) in mapping.axes.iter_mut().zip(shape).zip(paddings) {
            if before.max(after) + edge > side {
                return Err(format!(
                    "mirrors {before} and {after} values of {side}, which are not there"
                ));
            }
            let front = (0..before).rev().map(|at| at + edge);
            let back = (0..after).map(|at| side - 1 - edge - at);
            along.indices = front.chain(0..side).chain(back).map(Some).collect();
        }
        Ok(mapping)
    }

    fn slice(&self) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let (begins, sizes) = (self.numbers(1)?, self.numbers(2)?);
        self.as_many(&[&begins, &sizes], shape.len())?;
        let mut mapping = Mapping::of(shape);
        for (axis, (&begin, &size)) in begins.iter().zip(&sizes).enumerate() {
            let size = if size == -1 {
                shape[axis] as i64 - begin
            } else {
                size
            };
            mapping = mapping.with(axis, within(begin, size, shape[axis])?);
        }
        Ok(mapping)
    }

    fn strided_slice(&self) -> Result<Mapping, String> {
        let &Op::StridedSlice {
            begin_mask,
            end_mask,
            ellipsis_mask,
            new_axis_mask,
            shrink_axis_mask,
            offset,
        } = &self.operator.op
        else {
            return Err("is no slice".to_owned());
        };
        let strided = Strided {
            begins: self.numbers(1)?,
            ends: self.numbers(2)?,
            strides: self.numbers(3)?,
            begin_mask,
            end_mask,
            ellipsis_mask,
            new_axis_mask,
            shrink_axis_mask,
            offset,
        };
        strided.mapping(self.shape(0)?)
    }

    fn split(&self, parts: usize) -> Result<Vec<Mapping>, String> {
        let shape = self.shape(1)?;
        let axis = self.axis(self.number(0)?, shape.len())?;
        if !shape[axis].is_multiple_of(parts) {
            return Err(format!("splits {} values into {parts} parts", shape[axis]));
        }
        let size = (shape[axis] / parts) as i64;
        let one = |part: usize| within(part as i64 * size, size, shape[axis]);
        (0..parts)
            .map(|part| Ok(Mapping::of(shape).with(axis, one(part)?)))
            .collect()
    }

    fn split_v(&self, parts: usize) -> Result<Vec<Mapping>, String> {
        let shape = self.shape(0)?;
        let (mut sizes, axis) = (self.numbers(1)?, self.axis(self.number(2)?, shape.len())?);
        self.as_many(&[&sizes], parts)?;
        let known: i64 = sizes.iter().filter(|&&size| size != -1).sum();
        let rest = shape[axis] as i64 - known;
        for size in sizes.iter_mut().filter(|size| **size == -1) {
            *size = rest;
        }
        let mut begin = 0;
        let one = |&size: &i64| {
            let chosen = within(begin, size, shape[axis])?;
            begin += size;
            Ok(Mapping::of(shape).with(axis, chosen))
        };
        sizes.iter().map(one).collect()
    }

    fn unpack(&self, axis: i64, parts: usize) -> Result<Vec<Mapping>, String> {
        let shape = self.shape(0)?;
        let axis = self.axis(axis, shape.len())?;
        if shape[axis] != parts {
            return Err(format!("takes {parts} parts of {} values", shape[axis]));
        }
        let one = |part: usize| Mapping::of(shape).with(axis, vec![Some(part)]);
        Ok((0..parts).map(one).collect())
    }

    fn transpose(&self) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let order = self.numbers(1)?;
        self.as_many(&[&order], shape.len())?;
        let axes = Mapping::of(shape).axes;
        let mut taken = vec![false; shape.len()];
        let mut turned = Vec::new();
        for axis in order {
            let axis = self.axis(axis, shape.len())?;
            if std::mem::replace(&mut taken[axis], true) {
                return Err(format!("names axis {axis} twice"));
            }
            turned.push(axes[axis].clone());
        }
        Ok(Mapping { axes: turned })
    }

    fn tile(&self) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let times = self.numbers(1)?;
        self.as_many(&[&times], shape.len())?;
        let mut mapping = Mapping::of(shape);
        for (along, &times) in mapping.axes.iter_mut().zip(&times) {
            let (side, times) = (along.indices.len(), usize::try_from(times).ok());
            let len = times.and_then(|times| times.checked_mul(side));
            let len = len.filter(|len| (1..=MOST_SIDE).contains(len));
            let len = len.ok_or("makes a side of 0 or of more than 65,535")?;
            along.indices = (0..len).map(|at| Some(at % side)).collect();
        }
        Ok(mapping)
    }

    fn broadcast_to(&self) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let sides = self.numbers(1)?;
        let side = |&side: &i64| usize::try_from(side).ok().filter(|&side| side <= MOST_SIDE);
        let to: Option<Vec<usize>> = sides.iter().map(side).collect();
        to.and_then(|to| Mapping::repeated(shape, &to))
            .ok_or_else(|| format!("cannot repeat the shape {shape:?} to {sides:?}"))
    }

    fn reverse(&self) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let mut mapping = Mapping::of(shape);
        for axis in self.numbers(1)? {
            let axis = self.axis(axis, shape.len())?;
            mapping.axes[axis].indices.reverse();
        }
        Ok(mapping)
    }

    /// Blocks of pixels become channels: row, column and channel in a block, the channel last.
    fn space_to_depth(&self, block: usize) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let &[n, h, w, c] = shape else {
            return Err(format!("takes blocks of the shape {shape:?}"));
        };
        if !h.is_multiple_of(block) || !w.is_multiple_of(block) {
            return Err(format!(
                "takes blocks of {block} of {h} rows and {w} columns"
            ));
        }
        let within = Mapping::of(&[n, h / block, block, w / block, block, c]);
        Ok(within.in_order([0, 1, 3, 2, 4, 5]))
    }

    /// The reverse of [`Self::space_to_depth`].
    fn depth_to_space(&self, block: usize) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let &[n, h, w, c] = shape else {
            return Err(format!("makes blocks of the shape {shape:?}"));
        };
        let area = block
            .checked_mul(block)
            .filter(|area| c.is_multiple_of(*area));
        let area = area.ok_or_else(|| format!("makes blocks of {block} of {c} channels"))?;
        let within = Mapping::of(&[n, h, w, block, block, c / area]);
        Ok(within.in_order([0, 1, 3, 2, 4, 5]))
    }

    fn gather(&self, axis: i64, batch_dims: i64) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let axis = self.axis(axis, shape.len())?;
        if batch_dims != 0 {
            return Err(format!(
                "has {batch_dims} batch dimensions; only 0 are supported"
            ));
        }
        let index = |index: i64| {
            let index = usize::try_from(index).ok();
            index.filter(|&index| index < shape[axis]).map(Some)
        };
        let indices = self.numbers(1)?;
        let chosen: Option<Vec<_>> = indices.into_iter().map(index).collect();
        let chosen = chosen.ok_or_else(|| {
            format!(
                "gathers beyond the {} values along axis {axis}",
                shape[axis]
            )
        })?;
        Ok(Mapping::of(shape).with(axis, chosen))
    }

    /// Sides are scaled in single precision.
    fn nearest(&self, align_corners: bool, half_pixel: bool) -> Result<Mapping, String> {
        let shape = self.shape(0)?;
        let sizes = self.numbers(1)?;
        let (&[_, h, w, _], &[rows, columns]) = (shape, &sizes[..]) else {
            return Err(format!("resizes the shape {shape:?} to {sizes:?}"));
        };
        let along = |input: usize, output: i64| -> Result<Vec<Option<usize>>, String> {
            let output = usize::try_from(output)
                .ok()
                .filter(|&side| side <= MOST_SIDE);
            let output = output.ok_or("makes a side of more than 65,535")?;
            let scale = match align_corners && output > 1 {
                true => (input - 1) as f32 / (output - 1) as f32,
                false => input as f32 / output as f32,
            };
            let offset = if half_pixel { 0.5f32 } else { 0.0 };
            let place = |at: usize| {
                let real = (at as f32 + offset) * scale;
                let whole = if align_corners {
                    real.round()
                } else {
                    real.floor()
                };
                Some((whole as usize).min(input - 1))
            };
            Ok((0..output).map(place).collect())
        };
        let mapping = Mapping::of(shape);
        Ok(mapping.with(1, along(h, rows)?).with(2, along(w, columns)?))
    }
}

/// The longest side of a view.
const MOST_SIDE: usize = u16::MAX as usize;

/// So many indices from one on, all within a side.
fn within(begin: i64, size: i64, side: usize) -> Result<Vec<Option<usize>>, String> {
    let end = begin.checked_add(size);
    match (usize::try_from(begin), end.map(usize::try_from)) {
        (Ok(begin), Some(Ok(end))) if begin < end && end <= side => {
            Ok((begin..end).map(Some).collect())
        }
        _ => Err(format!(
            "takes {size} values from number {begin} on, of {side}"
        )),
    }
}

/// What an operator's operands say.
impl<'m> Moving<'m> {
    /// The shape of an operand, of which no side is empty or longer than views may be.
    fn shape(&self, place: usize) -> Result<&'m [usize], String> {
        let shape = (self.shape)(self.tensor(place)?);
        let sound = |&side: &usize| (1..=MOST_SIDE).contains(&side);
        match shape.iter().all(sound) {
            true => Ok(shape),
            false => Err(format!(
                "reads the shape {shape:?}, of which a side is 0 or more than 65,535"
            )),
        }
    }

    fn tensor(&self, place: usize) -> Result<TensorId, String> {
        match self.operator.inputs.get(place) {
            Some(&Some(id)) => Ok(id),
            _ => Err("lacks an operand".to_owned()),
        }
    }

    /// The numbers of a constant operand.
    fn numbers(&self, place: usize) -> Result<Vec<i64>, String> {
        (self.numbers)(self.tensor(place)?).ok_or_else(|| {
            format!("reads operand {place} as it runs, which must be a constant of integers; convert the network with fixed shapes")
        })
    }

    fn number(&self, place: usize) -> Result<i64, String> {
        match self.numbers(place)?[..] {
            [only] => Ok(only),
            _ => Err(format!("has not one number as operand {place}")),
        }
    }

    /// An axis, counted from the end where it is negative.
    fn axis(&self, axis: i64, rank: usize) -> Result<usize, String> {
        let counted = if axis < 0 { axis + rank as i64 } else { axis };
        usize::try_from(counted)
            .ok()
            .filter(|&axis| axis < rank)
            .ok_or_else(|| format!("names axis {axis} of {rank}"))
    }

    fn as_many(&self, lists: &[&Vec<i64>], wanted: usize) -> Result<(), String> {
        match lists.iter().find(|list| list.len() != wanted) {
            None => Ok(()),
            Some(list) => Err(format!("has {} numbers for {wanted}", list.len())),
        }
    }

    /// How much an operator pads before and behind each axis.
    fn paddings(&self, shape: &[usize]) -> Result<Vec<[usize; 2]>, String> {
        let numbers = self.numbers(1)?;
        self.as_many(&[&numbers], 2 * shape.len())?;
        let (pairs, _) = numbers.as_chunks::<2>();
        let small = |number: i64| usize::try_from(number).ok().filter(|&n| n <= MOST_SIDE);
        let pair = |[before, after]: &[i64; 2]| Some([small(*before)?, small(*after)?]);
        let pairs: Option<Vec<_>> = pairs.iter().map(pair).collect();
        pairs.ok_or_else(|| "pads by less than 0 or more than 65,535".to_owned())
    }
}
