//! How training varies the samples of an input, as a description says it.

use serde::Deserialize;

/// Random changes of training samples, drawn anew in every epoch. All are off at 0; a kind of input takes its own ones only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Pictures: whole pixels, up or down, left or right.
    pub shift: usize,
    /// Pictures: degrees, either way.
    pub rotate: f32,
    /// Pictures: larger or smaller by up to this part.
    pub zoom: f32,
    /// Pictures: rows slide by up to this part of their distance from the middle.
    pub shear: f32,
    /// Pictures: pixels by which a smooth random field bends them (Simard et al. 2003).
    pub elastic: f32,
    /// Sound: louder or softer by up to so many dB.
    pub gain: f32,
    /// Sound: white noise from this signal-to-noise ratio in dB to 30 dB above it.
    pub noise: Option<f32>,
    /// Sound: faster and higher, or slower and lower, by up to this part (Ko et al. 2015).
    pub speed: f32,
    /// Sound: begins up to so many seconds later or earlier.
    pub lag: f32,
    /// Sound: deviation of a smooth random curve over the bands, added to all frames of a clip, as another microphone or voice would.
    /// In deviations of the training data.
    pub equalise: f32,
    /// Sound: up to so many neighbouring bands are masked (Park et al. 2019).
    pub mask_bands: usize,
    /// Sound and sequences: up to so many neighbouring steps are masked.
    pub mask_steps: usize,
    /// Texts: probability that a word is left out.
    pub drop_words: f32,
    /// Texts: probability that an id of the bag is left out.
    pub drop_ids: f32,
    /// Records and sequences: deviation of noise on their numbers, in deviations of the training data.
    pub jitter: f32,
}

impl Augment {
    /// The first field that is given and is out of range or does not belong to this kind of input, and how to mend it.
    pub(super) fn fault(&self, kind: &str) -> Option<(&'static str, String)> {
        let sound: &[&str] = &["audio"];
        let steps: &[&str] = &["audio", "sequence"];
        let records: &[&str] = &["record", "sequence"];
        let fields: [(&'static str, f32, f32, &[&str]); 15] = [
            ("shift", self.shift as f32, 64.0, &["image"]),
            ("rotate", self.rotate, 180.0, &["image"]),
            ("zoom", self.zoom, 0.9, &["image"]),
            ("shear", self.shear, 1.0, &["image"]),
            ("elastic", self.elastic, 16.0, &["image"]),
            ("gain", self.gain, 60.0, sound),
            (
                "noise",
                self.noise.map_or(0.0, |ratio| ratio.max(1.0)),
                100.0,
                sound,
            ),
            ("speed", self.speed, 0.5, sound),
            ("lag", self.lag, 10.0, sound),
            ("equalise", self.equalise, 4.0, sound),
            ("mask_bands", self.mask_bands as f32, 128.0, sound),
            ("mask_steps", self.mask_steps as f32, 4096.0, steps),
            ("drop_words", self.drop_words, 0.95, &["text"]),
            ("drop_ids", self.drop_ids, 0.95, &["text"]),
            ("jitter", self.jitter, 4.0, records),
        ];
        fields.into_iter().find_map(|(field, value, most, kinds)| {
            let problem = match value {
                0.0 => return None,
                _ if !kinds.contains(&kind) => {
                    format!("does not belong to an input of kind \"{kind}\"; remove it")
                }
                _ if !(0.0..=most).contains(&value) => format!("must be from 0 to {most}"),
                _ => return None,
            };
            Some((field, problem))
        })
    }
}
