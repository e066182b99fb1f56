//! RESIZE_BILINEAR.

use tillsense_core::model::records::{Op as Record, Resize, Spread};

use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::integers::integers;
use crate::import::net::Operator;

impl Lowering<'_, '_> {
    /// Places are counted in 1/1024 of a row or column, as the int8 kernel does.
    pub(super) fn resize_bilinear(
        &mut self,
        operator: &Operator,
        align_corners: bool,
        half_pixel: bool,
    ) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let from = self.operand(input)?;
        let to = self.new_view(output, self.part)?;
        let from = self.samples(operator, input, from)?;
        let samples = self.samples(operator, output, to)?;
        let (before, after) = (from.first(), samples.first());
        let size = operator.inputs.get(1).copied().flatten();
        let size = size.and_then(|size| integers(self.tensor(size)));
        if size != Some(vec![after.h.into(), after.w.into()]) || before.c != after.c {
            return Err(refuse(
                operator,
                "has a size that is computed, or not that of its output; convert the network with fixed shapes",
            ));
        }
        let spread = |input: u16, output: u16| {
            let (input, output) = (i32::from(input), i32::from(output));
            let step = match align_corners && output > 1 {
                true => (1024 * (input - 1) + (output - 1) / 2) / (output - 1),
                false => (1024 * input + output / 2) / output,
            };
            let first = if half_pixel { step / 2 - 512 } else { 0 };
            Spread { first, step }
        };
        let (rows, columns) = (spread(before.h, after.h), spread(before.w, after.w));
        self.each_sample(operator, (from, samples), |input, output| {
            Record::Resize(Resize {
                input,
                output,
                rows,
                columns,
            })
        })?;
        self.views[output] = Some(to);
        Ok(())
    }
}
