//! Random changes of training samples, one file a kind of input.
//!
//! Pictures, sound and words are changed before the frontend, because only the frontend knows what a change of speed or a
//! missing word does to the features. Masks, bags of ids and records are changed as features. Every draw comes
//! from the seed, the epoch and the number of the sample: the same training sees the same samples on every machine.

mod picture;
mod record;
mod sound;
mod text;

use std::borrow::Cow;

use tillsense_compiler::frontend::{Features, Frontend};
use tillsense_compiler::network::description::{Augment, Input, Source};
use tillsense_compiler::run::sample::Raw;

use crate::data::compose;
use crate::data::dice::Dice;
use crate::data::media::leading_silence;

/// Whether the settings change what is pushed, before the frontend.
pub fn changes_raw(input: &Input) -> bool {
    let augment = &input.augment;
    trims(input) || picture::changes(augment) || sound::changes(augment) || augment.drop_words > 0.0
}

/// Whether clips are heard from the beginning of their sound on.
fn trims(input: &Input) -> bool {
    matches!(&input.source, Source::Audio(audio) if audio.trim)
}

/// Whether the settings change features, after the frontend.
pub fn changes_features(augment: &Augment) -> bool {
    augment.drop_ids > 0.0
        || augment.jitter > 0.0
        || augment.equalise > 0.0
        || augment.mask_bands + augment.mask_steps > 0
}

/// An input as an application would have pushed it, perhaps changed.
pub enum Varied<'a> {
    /// The input without a change.
    Same(&'a Raw<'a>),
    /// A changed picture.
    Picture(Vec<u8>),
    /// A changed clip.
    Sound(Vec<i16>),
    /// A changed text.
    Text(String),
}

impl Varied<'_> {
    /// Adds the noise of a composed pair.
    pub fn degraded(self, frontend: &Frontend, dice: &mut Dice) -> Self {
        match (self.raw(), frontend) {
            (Raw::Image(pixels), Frontend::Image(image)) => {
                let mut pixels = pixels.into_owned();
                compose::degrade_image(&mut pixels, image.source[0], image.source[1], dice);
                Varied::Picture(pixels)
            }
            (Raw::Audio(samples), _) => {
                let mut samples = samples.into_owned();
                compose::degrade_clip(&mut samples, dice);
                Varied::Sound(samples)
            }
            _ => self,
        }
    }

    /// The input to push.
    pub fn raw(&self) -> Raw<'_> {
        match self {
            Varied::Same(raw) => (*raw).clone(),
            Varied::Picture(pixels) => Raw::Image(Cow::Borrowed(pixels)),
            Varied::Sound(samples) => Raw::Audio(Cow::Borrowed(samples)),
            Varied::Text(text) => Raw::Text(Cow::Borrowed(text)),
        }
    }
}

/// Changes an input before the frontend, where the description asks for it.
pub fn raw<'a>(
    raw: &'a Raw<'a>,
    frontend: &Frontend,
    input: &Input,
    dice: &mut Dice,
) -> Varied<'a> {
    let augment = &input.augment;
    match (raw, frontend) {
        (Raw::Image(pixels), Frontend::Image(image)) if picture::changes(augment) => {
            let [h, w] = image.source;
            let shape = [h, w, image.source_channels];
            Varied::Picture(picture::vary(pixels, shape, augment, dice))
        }
        (Raw::Audio(samples), Frontend::Audio { spec, .. })
            if trims(input) || sound::changes(augment) =>
        {
            let rate = spec.sample_rate.into();
            let silence = match trims(input) {
                true => leading_silence(samples, rate),
                false => 0,
            };
            Varied::Sound(sound::vary(&samples[silence..], augment, rate, dice))
        }
        (Raw::Text(text), _) if augment.drop_words > 0.0 => {
            Varied::Text(text::drop_words(text, augment.drop_words, dice))
        }
        (same, _) => Varied::Same(same),
    }
}

/// Changes features in place, where the description asks for it.
pub fn features(features: &mut Features, frontend: &Frontend, augment: &Augment, dice: &mut Dice) {
    match (&mut *features, frontend) {
        (Features::Steps(values), Frontend::Audio { spec, .. }) => {
            let (bands, stack) = (usize::from(spec.bands), usize::from(spec.stack));
            sound::equalise(values, bands, augment.equalise, dice);
            sound::mask_bands(values, bands, augment.mask_bands, dice);
            sound::mask_steps(values, bands * stack, augment.mask_steps, dice);
        }
        (Features::Steps(values), Frontend::Sequence(records)) => {
            record::jitter(values, &records.numbers(), augment.jitter, dice);
            sound::mask_steps(values, records.width(), augment.mask_steps, dice);
        }
        (Features::Whole(values), Frontend::Record(records)) => {
            record::jitter(values, &records.numbers(), augment.jitter, dice);
        }
        (Features::Ids(ids), _) if augment.drop_ids > 0.0 => {
            ids.retain(|_| !dice.chance(augment.drop_ids.into()));
        }
        _ => {}
    }
    // No id is left, so the text counts as absent.
    if matches!(features, Features::Ids(ids) if ids.is_empty()) {
        *features = Features::Absent;
    }
}

#[cfg(test)]
mod tests {
    use tillsense_compiler::network::description::parse;
    use tillsense_compiler::testing::networks::{CLEAR_SOUND, described};

    use super::*;

    #[test]
    fn only_a_description_that_asks_for_it_trims_clips() {
        let tone = (0..4000).map(|i| if i % 40 < 20 { 900 } else { -900 });
        let late: Vec<i16> = std::iter::repeat_n(0, 1600).chain(tone).collect();
        let late = Raw::Audio(Cow::Owned(late));
        let toy = described(&[CLEAR_SOUND], "", 1);
        for (line, silence) in [("trim = true", 1600 - 320), ("trim = false", 0)] {
            let input = CLEAR_SOUND.replace("max_steps = 4", &format!("max_steps = 4\n{line}"));
            let head = "[[heads]]\nname = \"digit\"\n";
            let text = format!("name = \"x\"\ndata.set = \"fsdd\"\n{input}{head}");
            let spec = parse(&text, "x.toml").unwrap();
            let input = &spec.inputs[0];
            assert_eq!(changes_raw(input), silence > 0);
            let varied = raw(&late, &toy.frontends[0], input, &mut Dice::new(1, 1));
            let (Raw::Audio(heard), Raw::Audio(late)) = (varied.raw(), &late) else {
                panic!("it is sound");
            };
            assert_eq!(heard[..], late[silence..]);
        }
    }
}
