//! What a terminal takes of an input: one rule for features, training, float figures, evaluation and emulation.
//!
//! - What holds nothing to read is absent: sound too short for one step, a text without a token, a sequence without records.
//! - Of more records than `max_steps` the first or the last ones are kept, as the description's `keep` says. A terminal itself
//!   refuses the record that is one too many: who feeds it trims, as [`Frontend::take`] does.
//! - Sound and texts keep their beginning: what comes after `max_steps` is not heard, what comes after `max_bytes` or gives more than
//!   `max_ids` ids not read.

use tillsense_core::frontend::text;

use super::tables::audio::AudioSpec;
use super::{Frontend, RecordFrontend, text_params};
use crate::network::description::{Keep, TextSource};
use crate::run::sample::Raw;

/// How much of an input is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// All of it.
    Whole,
    /// A part: the rest is beyond what the frontend takes.
    Part,
    /// Nothing: there is nothing in it that could be read, and it is absent.
    Nothing,
    /// Nothing: the sample lacks the input.
    Absent,
}

impl Frontend {
    /// Trims what is pushed to what is taken of it; nothing to read becomes absence.
    pub fn take(&self, raw: &mut Raw<'_>) -> Taken {
        let taken = match (self, &mut *raw) {
            (Frontend::Audio { spec, .. }, Raw::Audio(samples)) => sound(spec, samples.len()),
            (Frontend::Text(source), Raw::Text(text)) => self::text(source, text),
            (Frontend::Sequence(frontend), Raw::Sequence(records)) => frontend.trim(records),
            (_, Raw::Absent) => Taken::Absent,
            _ => Taken::Whole,
        };
        if taken == Taken::Nothing {
            *raw = Raw::Absent;
        }
        taken
    }
}

impl RecordFrontend {
    fn trim<T>(&self, records: &mut Vec<T>) -> Taken {
        let Some(beyond) = records.len().checked_sub(self.max_steps + 1) else {
            return match records.is_empty() {
                true => Taken::Nothing,
                false => Taken::Whole,
            };
        };
        match self.keep {
            Keep::First => records.truncate(self.max_steps),
            Keep::Last => drop(records.drain(..=beyond)),
        }
        Taken::Part
    }
}

/// Samples that this many steps need.
pub fn samples_of(spec: &AudioSpec, steps: usize) -> usize {
    let frames = steps * usize::from(spec.stack);
    usize::from(spec.frame_len) + frames.saturating_sub(1) * usize::from(spec.hop)
}

fn sound(spec: &AudioSpec, samples: usize) -> Taken {
    let most = usize::from(spec.max_steps);
    if samples < samples_of(spec, 1) {
        Taken::Nothing
    } else if samples >= samples_of(spec, most + 1) {
        Taken::Part
    } else {
        Taken::Whole
    }
}

fn text(source: &TextSource, text: &str) -> Taken {
    let mut scratch = vec![0; source.max_bytes];
    // One more than fit tells whether all did.
    let mut ids = vec![0; source.max_ids + 1];
    match text::run(
        &text_params(source),
        text.as_bytes(),
        &mut scratch,
        &mut ids,
    ) {
        Err(_) => Taken::Nothing,
        Ok(ids) if ids > source.max_ids || text.len() > source.max_bytes => Taken::Part,
        Ok(_) => Taken::Whole,
    }
}
