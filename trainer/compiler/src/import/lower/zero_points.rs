//! Weights with a zero point, which TensorFlow Lite has for fully connected layers with one scale for all weights.
//!
//! Their difference to the zero point takes nine bits. Where it needs no more than eight it is the weight itself; elsewhere the layer reads
//! its input twice, with two halves of each weight.

use tillsense_core::model::records::{Concat, Op as Record, View};

use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Operator, TensorId};
use crate::lower::program::Home;

impl Lowering<'_, '_> {
    /// The rows of a fully connected layer over `samples` times `depth` values, and what it reads: as many values, or each of them twice.
    pub(super) fn dense_rows(
        &mut self,
        operator: &Operator,
        filter: TensorId,
        (samples, depth): (usize, usize),
        input: View,
    ) -> Result<(Vec<Vec<i8>>, View), ImportError> {
        let zero_point = match self.tensor(filter).whole() {
            Some((_, zero_point)) if zero_point != 0 => zero_point as i16,
            _ => {
                let values = self.weights(operator, filter)?;
                return Ok((values.chunks(depth).map(<[i8]>::to_vec).collect(), input));
            }
        };
        let values = self.stored_weights(operator, filter)?;
        let wide = values.iter().map(|&value| i16::from(value) - zero_point);
        let wide: Vec<i16> = wide.collect();
        let narrow: Option<Vec<i8>> = wide.iter().map(|&w| i8::try_from(w).ok()).collect();
        if let Some(narrow) = narrow {
            return Ok((narrow.chunks(depth).map(<[i8]>::to_vec).collect(), input));
        }
        let halves = wide.chunks(depth).map(|row| {
            let low = row.iter().map(|&w| (w >> 1) as i8);
            let high = row.iter().map(|&w| (w - (w >> 1)) as i8);
            low.chain(high).collect()
        });
        let twice = self.twice(operator, (samples, depth), input)?;
        Ok((halves.collect(), twice))
    }

    /// Each sample's values, twice.
    fn twice(
        &mut self,
        operator: &Operator,
        (samples, depth): (usize, usize),
        input: View,
    ) -> Result<View, ImportError> {
        let sides = [samples, depth, 2 * depth].map(u16::try_from);
        let [Ok(h), Ok(c), Ok(both)] = sides else {
            return Err(refuse(
                operator,
                "has weights of nine bits, less their zero point, in rows of more than 32,767",
            ));
        };
        let value = self.program.add(2 * input.len(), 1, Home::Work(self.part));
        let part = View {
            h,
            w: 1,
            c,
            ..input
        };
        let output = View {
            offset: value as u32,
            c: both,
            ..part
        };
        let mut record = Concat {
            parts: Default::default(),
            output,
        };
        record.parts.extend([part, part]);
        let ops = &mut self.program.parts[self.part].ops;
        ops.push((Record::Concat(record), self.node));
        Ok(output)
    }
}
