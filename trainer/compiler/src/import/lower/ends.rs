//! Names of classes and pictures in place of tensors, where a person says so.

use tillsense_core::model::records::{Fit, ImageParams, View};

use super::scales::quant;
use super::{Lowering, wrong};
use crate::import::ends::{Ends, Labels, Pictures, find, picture};
use crate::import::error::ImportError;
use crate::import::net::TensorId;
use crate::lower::LoweredAnswer;

/// What is said about each input and output.
pub struct Said<'e> {
    /// Of inputs.
    pub pictures: Vec<Option<&'e Pictures>>,
    /// Of outputs.
    pub labels: Vec<Option<&'e Labels>>,
}

impl<'e> Said<'e> {
    /// Finds the input or output of everything that is said.
    pub fn of(lowering: &Lowering<'_, '_>, ends: &'e Ends) -> Result<Self, ImportError> {
        let net = lowering.net;
        let names = |ids: &[TensorId], otherwise: &str| -> Vec<String> {
            let ids = ids.iter().enumerate();
            ids.map(|(number, &id)| lowering.name(number, id, otherwise))
                .collect()
        };
        let (inputs, outputs) = (names(&net.inputs, "input"), names(&net.outputs, "output"));
        let mut said = Said {
            pictures: vec![None; inputs.len()],
            labels: vec![None; outputs.len()],
        };
        for pictures in &ends.pictures {
            let place = find("--frontend", pictures.input.as_deref(), &inputs)?;
            once(
                "--frontend",
                &inputs[place],
                &mut said.pictures[place],
                pictures,
            )?;
        }
        for labels in &ends.labels {
            let place = find("--labels", labels.output.as_deref(), &outputs)?;
            once("--labels", &outputs[place], &mut said.labels[place], labels)?;
        }
        Ok(said)
    }
}

fn once<'e, T>(
    option: &str,
    name: &str,
    place: &mut Option<&'e T>,
    value: &'e T,
) -> Result<(), ImportError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(ImportError::Net(format!(
            "{option}: `{name}` is given twice"
        ))),
    }
}

impl Lowering<'_, '_> {
    /// The frontend of an input that takes pictures of the tensor's own size.
    pub(super) fn pictures(
        &mut self,
        input: TensorId,
        output: View,
        pictures: &Pictures,
    ) -> Result<ImageParams, ImportError> {
        let shape = &self.net.tensors[input].shape;
        let sides = picture(self.net, input).and_then(|sides| {
            let [h, w, c] = sides.map(u16::try_from);
            Some([h.ok()?, w.ok()?, c.ok()?])
        });
        let Some([h, w, c]) = sides else {
            let shape = format!(
                "of the shape {shape:?} is no picture [1, rows, columns, 1 or 3]; push it as a tensor, without --frontend"
            );
            return Err(wrong(self.net, input, shape));
        };
        if !matches!((pictures.channels, c), (1, 1) | (3, 1 | 3)) {
            return Err(wrong(
                self.net,
                input,
                format!("takes {c} values of a pixel, and grey pictures have one; say image:rgb"),
            ));
        }
        let table = pictures.normalise.table(quant(self.net, input)?);
        Ok(ImageParams {
            source_h: h,
            source_w: w,
            source_c: pictures.channels,
            crop_at: (0, 0),
            crop_size: (h, w),
            output: View { h, w, c, ..output },
            table: self.blobs.weights(&table),
            fit: Fit::Stretch,
        })
    }

    /// The classes of an output, whose values must be scores as a verdict reads them.
    pub(super) fn classes(
        &self,
        output: TensorId,
        labels: &Labels,
    ) -> Result<LoweredAnswer, ImportError> {
        let (named, len) = (labels.classes.len(), self.tensor(output).len().unwrap_or(0));
        if named != len {
            return Err(wrong(
                self.net,
                output,
                format!(
                    "has {len} values, and --labels names {named} classes; write a name for each, in their order"
                ),
            ));
        }
        let at = quant(self.net, output)?;
        if at.scale.to_bits() != (1.0f32 / 256.0).to_bits() || at.zero_point != -128 {
            return Err(wrong(
                self.net,
                output,
                format!(
                    "has a scale of {} and a zero point of {}, and scores of classes are probabilities in steps of 1/256 from -128 on; end the network with a softmax or sigmoid, or import it without --labels and compare values",
                    at.scale, at.zero_point
                ),
            ));
        }
        Ok(LoweredAnswer::Classes {
            classes: labels.classes.clone(),
            defer_below: 0,
        })
    }
}
