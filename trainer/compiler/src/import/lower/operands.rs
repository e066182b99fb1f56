//! Operands where an op wants them: parts of values, constants, and values that are repeated.

use tillsense_core::model::records::{Axis, Blob, Constant, Op as Record, Rearrange, View};

use super::mapping::{Mapping, Runs};
use super::scales::quant;
use super::{Lowering, refuse, sides, wrong};
use crate::import::error::ImportError;
use crate::import::net::{Operator, TensorId};
use crate::lower::program::Home;

/// Values of a repeated constant that are written as they are; a longer one is repeated by an op.
const SHORT: usize = 64;

impl Lowering<'_, '_> {
    /// The values of an operand, computed or constant. A constant becomes an op that writes it.
    pub(super) fn operand(&mut self, tensor: TensorId) -> Result<View, ImportError> {
        let Some(values) = self.constant(tensor) else {
            return self.view(tensor);
        };
        self.written(&self.tensor(tensor).shape.clone(), &values, tensor)
    }

    /// The values of a constant int8 tensor.
    pub(super) fn constant(&self, tensor: TensorId) -> Option<Vec<i8>> {
        let data = self.tensor(tensor).data?;
        quant(self.net, tensor).ok()?;
        Some(data.iter().map(|byte| byte.cast_signed()).collect())
    }

    /// The values of an operand, computed or constant, in a larger shape, as TensorFlow Lite broadcasts them: shapes are aligned at their
    /// last sides, and a side of 1 is repeated. It costs nothing where both have the same sides.
    pub(super) fn broadcast(
        &mut self,
        operator: &Operator,
        operand: TensorId,
        to: &[usize],
    ) -> Result<View, ImportError> {
        let from = self.tensor(operand).shape.clone();
        let larger = sides(to).ok_or_else(|| {
            refuse(
                operator,
                format!("makes the shape {to:?}, of which a side is 0 or more than 65,535"),
            )
        })?;
        let mapping = Mapping::repeated(&from, to).ok_or_else(|| {
            refuse(
                operator,
                format!("cannot repeat an operand of the shape {from:?} to {to:?}"),
            )
        })?;
        if let Some(values) = self.constant(operand).filter(|_| mapping.len() <= SHORT) {
            let places = mapping.places();
            let repeated: Vec<i8> = places.into_iter().flatten().map(|at| values[at]).collect();
            return self.written(to, &repeated, operand);
        }
        let view = self.operand(operand)?;
        self.mapped(operator, view, &mapping, (larger, 0))
    }

    /// Values in the arena by an op that writes them; they have the scale of `like`.
    fn written(
        &mut self,
        shape: &[usize],
        values: &[i8],
        like: TensorId,
    ) -> Result<View, ImportError> {
        let [h, w, c] = sides(shape).ok_or_else(|| {
            wrong(
                self.net,
                like,
                format!("of the shape {shape:?} has a side of 0 or of more than 65,535"),
            )
        })?;
        let value = self.program.add(values.len(), 1, Home::Work(self.part));
        let output = View {
            offset: value as u32,
            h,
            w,
            c,
            zero_point: quant(self.net, like)?.zero_point as i8,
        };
        let values = self.blobs.bytes(bytemuck::cast_slice(values), 4);
        self.emit(Record::Constant(Constant { output, values }));
        Ok(output)
    }

    /// The values of a view that a mapping chooses, in a view of these sides; what is filled gets `fill`. Values that lie side by side
    /// stay where they are.
    pub(super) fn mapped(
        &mut self,
        operator: &Operator,
        input: View,
        mapping: &Mapping,
        (sides, fill): ([u16; 3], i8),
    ) -> Result<View, ImportError> {
        let runs = mapping.runs().ok_or_else(|| {
            refuse(
                operator,
                "moves values along more than 6 axes, or sides of more than 65,535; reshape before it",
            )
        })?;
        if runs.axes.is_empty() {
            return Ok(self.part_of(input, runs.start as usize, sides));
        }
        let value = self.program.add(mapping.len(), 1, Home::Work(self.part));
        let [h, w, c] = sides;
        let output = View {
            offset: value as u32,
            h,
            w,
            c,
            ..input
        };
        let record = self.rearrangement(input, output, &runs, fill);
        self.emit(Record::Rearrange(record));
        Ok(output)
    }

    /// The record of a rearrangement.
    fn rearrangement(&mut self, input: View, output: View, runs: &Runs, fill: i8) -> Rearrange {
        let mut record = Rearrange {
            input,
            output,
            start: runs.start as u32,
            axes: Default::default(),
            run: runs.run as u32,
            fill,
        };
        for strides in &runs.axes {
            let indices: Vec<u8> = strides
                .table
                .iter()
                .flat_map(|index| index.to_le_bytes())
                .collect();
            let indices = match indices[..] {
                [] => Blob { offset: 0, len: 0 },
                _ => self.blobs.bytes(&indices, 4),
            };
            let axis = Axis {
                count: strides.count as u16,
                step: strides.step as i32,
                indices,
            };
            record.axes.extend([axis]);
        }
        record
    }

    /// Values side by side in a view, from one of them on.
    pub(super) fn part_of(&mut self, view: View, at: usize, [h, w, c]: [u16; 3]) -> View {
        let part = View { h, w, c, ..view };
        let value = self.program.part_of(view.offset as usize, at, part.len());
        View {
            offset: value as u32,
            ..part
        }
    }

    /// Adds an op of the operator at hand.
    pub(super) fn emit(&mut self, record: Record) {
        self.program.parts[self.part].ops.push((record, self.node));
    }
}
