//! Features of samples, made with the frontends of `core`.

use anyhow::{Result, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};
use tillsense_core::engine::PushError;
use tillsense_core::frontend::text::TextError;
use tillsense_core::frontend::{image, record, text};
use tillsense_core::model::records::{Blob, RecordParams, TextParams};
use tillsense_core::tensor::Weights;

use super::tables::audio::AudioFrontend;
use super::{Frontend, ImageFrontend, text_params};
use crate::aligned::Aligned;
use crate::run::sample::{Cell, Raw, values};

/// The features of one input of one sample, as the frontend stores them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Features {
    /// The input is missing.
    #[default]
    Absent,
    /// All values.
    Whole(Vec<i8>),
    /// Step after step.
    Steps(Vec<i8>),
    /// Hashed ids.
    Ids(Vec<u16>),
}

impl Frontend {
    /// Makes a maker of features, which has memory of its own; use one for each thread.
    pub fn maker(&self) -> Maker {
        match self {
            Frontend::Image(image) => Maker::Image(
                Box::new(image.clone()),
                Aligned::from(bytemuck::cast_slice(&image.table)),
            ),
            Frontend::Audio { spec, tables } => {
                Maker::Audio(Box::new(AudioFrontend::new(spec, tables)))
            }
            Frontend::Text(source) => Maker::Text(text_params(source)),
            Frontend::Record(r) => Maker::Record(r.params(), r.section()),
            Frontend::Sequence(r) => Maker::Sequence(r.params(), r.section()),
        }
    }
}

/// Makes features with the frontends of `core`.
pub enum Maker {
    /// Pictures; the bytes are the table.
    Image(Box<ImageFrontend>, Aligned),
    /// Sound.
    Audio(Box<AudioFrontend>),
    /// Texts.
    Text(TextParams),
    /// Records; the bytes are the fields.
    Record(RecordParams, Vec<u8>),
    /// Sequences of records; the bytes are the fields.
    Sequence(RecordParams, Vec<u8>),
}

impl Maker {
    /// The features of one input; absence where there is nothing to read, as in a session.
    pub fn features(&mut self, raw: &Raw<'_>) -> Result<Features> {
        Ok(match self.made(raw)? {
            Features::Steps(values) if values.is_empty() => Features::Absent,
            Features::Ids(ids) if ids.is_empty() => Features::Absent,
            made => made,
        })
    }

    fn made(&mut self, raw: &Raw<'_>) -> Result<Features> {
        match (self, raw) {
            (_, Raw::Absent) => Ok(Features::Absent),
            (Maker::Image(frontend, table), Raw::Image(pixels)) => {
                let params = frontend.params(Blob {
                    offset: 0,
                    len: 256,
                });
                let mut output = vec![0; params.output.len()];
                image::run(&params, &Weights::new(table), pixels, &mut output)
                    .map_err(|e| anyhow!("{e}"))?;
                Ok(Features::Whole(output))
            }
            (Maker::Audio(frontend), Raw::Audio(samples)) => {
                Ok(Features::Steps(frontend.features(samples).concat()))
            }
            (Maker::Text(params), Raw::Text(text)) => {
                let mut scratch = vec![0; params.scratch.len as usize];
                let mut ids = vec![0; usize::from(params.ids.max)];
                match text::run(params, text.as_bytes(), &mut scratch, &mut ids) {
                    Ok(count) => ids.truncate(count),
                    Err(TextError::Empty) => ids.clear(),
                }
                Ok(Features::Ids(ids))
            }
            (Maker::Record(params, section), Raw::Record(cells)) => {
                Ok(Features::Whole(one_record(params, section, cells)?))
            }
            (Maker::Sequence(params, section), Raw::Sequence(records)) => {
                ensure!(
                    records.len() <= usize::from(params.max_steps),
                    "{}",
                    PushError::TooManySteps
                );
                let steps = records
                    .iter()
                    .map(|cells| one_record(params, section, cells));
                Ok(Features::Steps(steps.collect::<Result<Vec<_>>>()?.concat()))
            }
            _ => bail!("the data are of another kind than the input"),
        }
    }
}

fn one_record(params: &RecordParams, section: &[u8], cells: &[Cell<'_>]) -> Result<Vec<i8>> {
    let mut output = vec![0; params.output.len()];
    record::run(params, section, &values(cells), &mut output).map_err(|e| anyhow!("{e}"))?;
    Ok(output)
}
