//! Augmentation: how training varies the samples of an input, as a description says it.

use serde::Deserialize;

/// Random changes of training samples, drawn anew in every epoch. A value of 0 switches a change off; each
/// kind of input accepts only its own changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Largest shift of a picture in whole pixels, up or down and left or right.
    pub shift: usize,
    /// Largest rotation of a picture in degrees, either way.
    pub rotate: f32,
    /// Largest change of a picture's size, as a fraction.
    pub zoom: f32,
    /// Largest shear of a picture: rows slide by up to this fraction of their distance from the middle.
    pub shear: f32,
    /// Elastic distortion of a picture: the pixels by which a smooth random field bends it (Simard et al. 2003).
    pub elastic: f32,
    /// Whether half of the pictures are mirrored, left to right: good for things, wrong for writing.
    pub flip: bool,
    /// Largest change of a picture's brightness, as a fraction.
    pub brightness: f32,
    /// Largest change of a picture's contrast, as a fraction of what each value is from the mean.
    pub contrast: f32,
    /// Largest change of how strong a picture's colours are, as a fraction of what each is from grey.
    pub colour: f32,
    /// Largest change of a sound's level in dB, louder or softer.
    pub gain: f32,
    /// White noise added to a sound, with a signal-to-noise ratio from this value to 30 dB above it.
    pub noise: Option<f32>,
    /// Largest change of a sound's speed and pitch together, as a fraction (Ko et al. 2015).
    pub speed: f32,
    /// Largest shift of a sound in time in seconds, later or earlier.
    pub lag: f32,
    /// Longest time in seconds by which a sound begins later, with silence or faint noise before it: a model that has heard only clips
    /// that begin at once takes a late beginning for another word. What then goes beyond `max_steps` is not heard.
    pub offset: f32,
    /// Random equalisation of a sound: the deviation of a smooth random curve over the bands, added to all frames of a clip, as
    /// another microphone or voice would. The unit is the deviation of the training data.
    pub equalise: f32,
    /// Largest number of neighbouring bands of a sound that are masked (Park et al. 2019).
    pub mask_bands: usize,
    /// Largest number of neighbouring steps of a sound or sequence that are masked.
    pub mask_steps: usize,
    /// Probability that a word of a text is left out.
    pub drop_words: f32,
    /// Probability that an id of a text's bag is left out.
    pub drop_ids: f32,
    /// Deviation of the noise added to the numbers of records and sequences, in deviations of the training data.
    pub jitter: f32,
}

impl Augment {
    /// The first field that is given and is out of range or does not belong to this kind of input, and how to mend it.
    pub(super) fn fault(&self, kind: &str) -> Option<(&'static str, String)> {
        let sound: &[&str] = &["audio"];
        let steps: &[&str] = &["audio", "sequence"];
        let records: &[&str] = &["record", "sequence"];
        let fields: [(&'static str, f32, f32, &[&str]); 20] = [
            ("shift", self.shift as f32, 64.0, &["image"]),
            ("rotate", self.rotate, 180.0, &["image"]),
            ("zoom", self.zoom, 0.9, &["image"]),
            ("shear", self.shear, 1.0, &["image"]),
            ("elastic", self.elastic, 16.0, &["image"]),
            ("flip", f32::from(self.flip), 1.0, &["image"]),
            ("brightness", self.brightness, 1.0, &["image"]),
            ("contrast", self.contrast, 1.0, &["image"]),
            ("colour", self.colour, 1.0, &["image"]),
            ("gain", self.gain, 60.0, sound),
            (
                "noise",
                self.noise.map_or(0.0, |ratio| ratio.max(1.0)),
                100.0,
                sound,
            ),
            ("speed", self.speed, 0.5, sound),
            ("lag", self.lag, 10.0, sound),
            ("offset", self.offset, 10.0, sound),
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
