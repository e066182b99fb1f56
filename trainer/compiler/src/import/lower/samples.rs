//! Batches: an op with a window moves over one sample at a time.

use tillsense_core::model::records::{Op as Record, View};

use super::{Lowering, refuse, sides};
use crate::import::error::ImportError;
use crate::import::net::{Operator, TensorId};
use crate::lower::program::ValueId;

/// Batch, rows, columns and channels of a tensor that a window moves over, and where its values lie.
#[derive(Clone, Copy)]
pub struct Samples {
    view: View,
    sides: [u16; 3],
    count: usize,
}

impl Samples {
    /// The first sample.
    pub fn first(&self) -> View {
        let [h, w, c] = self.sides;
        View {
            h,
            w,
            c,
            ..self.view
        }
    }
}

impl Samples {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// All samples, one below the other.
    pub fn whole(&self) -> View {
        let [h, w, c] = self.sides;
        let rows = self.count * usize::from(h);
        View {
            h: rows as u16,
            w,
            c,
            ..self.view
        }
    }

    /// As many samples of other sides.
    pub fn with_sides(self, sides: [u16; 3]) -> Self {
        Samples { sides, ..self }
    }

    /// As many samples of so many channels.
    pub fn with_channels(self, channels: u16) -> Self {
        let [h, w, _] = self.sides;
        self.with_sides([h, w, channels])
    }

    /// The same samples in another value.
    pub fn at(self, value: ValueId) -> Self {
        let view = View {
            offset: value as u32,
            ..self.view
        };
        Samples { view, ..self }
    }
}

impl Lowering<'_, '_> {
    /// The samples of a tensor whose values lie there.
    pub(super) fn samples(
        &self,
        operator: &Operator,
        tensor: TensorId,
        view: View,
    ) -> Result<Samples, ImportError> {
        let shape = &self.tensor(tensor).shape;
        let found = match shape[..] {
            [count, h, w, c] => sides(&[h, w, c]).map(|_| (count, [h, w, c].map(|n| n as u16))),
            _ => None,
        };
        let (count, sides) = found.ok_or_else(|| {
            refuse(
                operator,
                format!(
                    "moves over the shape {shape:?}, which is not [batch, rows, columns, channels]"
                ),
            )
        })?;
        Ok(Samples { view, sides, count })
    }

    /// Adds an op for each sample: that of the first one, with the views of the others in their turn.
    pub(super) fn each_sample(
        &mut self,
        operator: &Operator,
        (input, output): (Samples, Samples),
        record: impl Fn(View, View) -> Record,
    ) -> Result<(), ImportError> {
        if input.count != output.count {
            return Err(refuse(
                operator,
                format!("makes {} samples of {}", output.count, input.count),
            ));
        }
        for number in 0..input.count {
            let views = [input, output].map(|of| {
                let at = number * of.first().len();
                self.part_of(of.view, at, of.sides)
            });
            self.emit(record(views[0], views[1]));
        }
        Ok(())
    }
}
