//! The composition `av-digits`: pairs of a written and a spoken digit.
//!
//! A row occurs in several pairs. So that held-out figures stay honest, one row of 20 of both training sets is set aside, and the
//! held-out pairs are composed of those alone: training sees none of their pictures and clips. The description's `holdout`
//! therefore only says whether (above 0) they are held out; with 0 they are trained on too. Test pairs are composed of test rows
//! only. In training, every epoch composes its pairs anew from the rows learned: other pairs, other noise.

use std::borrow::Cow;

use tillsense_compiler::run::sample::{Raw, Sample};

use super::content::Content;
use super::published::{DIGITS, audio_input, head, image_input};
use super::rows::{av_sample, clean_pair, pair_labels};
use super::{Head, InputColumn, SampleSet, Subset};
use crate::data::compose::{self, COMPOSITION, Epochs, Pair, Share};
use crate::data::{self, Clips, DataError, DataSource, Images, Split};

/// Number of pairs of one kind.
const PAIRS: Split<usize> = Split {
    train: 24_000,
    test: 5_000,
};

/// Degraded pairs of the same digit, and clean pairs of the same or different digits.
#[derive(Debug)]
pub(super) struct AvDigits {
    images: Split<Images>,
    pub(super) clips: Split<Clips>,
    same: Split<Vec<Pair>>,
    mixed: Split<Vec<Pair>>,
    /// The training pairs of the epoch asked for last, those of the same digit first.
    epochs: Epochs<[Vec<Pair>; 2]>,
}

/// A function that composes pairs of images and clips: from which share, how many, by which seed.
type MakePairs = fn(&Images, &Clips, Share, usize, u64) -> Result<Vec<Pair>, DataError>;

impl AvDigits {
    pub(super) fn load(source: &DataSource) -> Result<Self, DataError> {
        let (images, clips) = (data::images(source)?, data::clips(source)?);
        let both = |make: MakePairs| {
            // Small (synthetic) sets give fewer pairs, so that no image occurs much more often than others.
            let count = |part: &Images, most: usize| most.min(4 * part.len());
            let pairs = count(&images.train, PAIRS.train);
            let of = |share: Share| {
                let count = share.count(pairs);
                make(&images.train, &clips.train, share, count, COMPOSITION)
            };
            let tested = count(&images.test, PAIRS.test);
            Ok::<_, DataError>(Split {
                train: [of(Share::Learned)?, of(Share::HeldOut)?].concat(),
                test: make(&images.test, &clips.test, Share::All, tested, COMPOSITION)?,
            })
        };
        let (same, mixed) = (both(compose::digit_pairs)?, both(compose::match_pairs)?);
        Ok(AvDigits {
            images,
            clips,
            same,
            mixed,
            epochs: Epochs::default(),
        })
    }

    fn compose(&self, seed: u64) -> Option<[Vec<Pair>; 2]> {
        let made = |make: MakePairs, like: &[Pair]| {
            let count = like.iter().filter(|pair| !pair.held_out).count();
            let (images, clips) = (&self.images.train, &self.clips.train);
            make(images, clips, Share::Learned, count, seed).ok()
        };
        Some([
            made(compose::digit_pairs, &self.same.train)?,
            made(compose::match_pairs, &self.mixed.train)?,
        ])
    }
}

impl SampleSet for AvDigits {
    fn inputs(&self) -> Vec<InputColumn> {
        vec![
            image_input("image", &self.images.train),
            audio_input("audio", &self.clips.train),
        ]
    }

    fn heads(&self) -> Vec<Head> {
        vec![
            head("digit", &DIGITS),
            head("match", &["different", "same"]),
            head("written", &DIGITS),
            head("spoken", &DIGITS),
        ]
    }

    fn len(&self, part: Subset) -> usize {
        self.same.of(part).len() + self.mixed.of(part).len()
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        let (images, clips) = (self.images.of(part), self.clips.of(part));
        av_sample(
            images,
            clips,
            self.same.of(part),
            self.mixed.of(part),
            index,
        )
    }

    fn rows(&self, input: usize) -> usize {
        match input {
            0 => self.images.train.len(),
            _ => self.clips.train.len(),
        }
    }

    fn row(&self, input: usize, index: usize) -> Raw<'_> {
        match input {
            0 => Raw::Image(Cow::Borrowed(self.images.train.image(index))),
            _ => Raw::Audio(Cow::Borrowed(&self.clips.train.clips[index].samples)),
        }
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        let same = &self.same.train;
        let mixed = || self.mixed.train.get(index.checked_sub(same.len())?);
        same.get(index)
            .or_else(mixed)
            .map(|pair: &Pair| pair.held_out)
    }

    fn composed(&self, index: usize, epoch: u32) -> Option<(Sample<'_>, Option<u64>)> {
        if self.held_out(index)? {
            return None;
        }
        let pairs = self.epochs.of(epoch, |seed| self.compose(seed))?;
        let [same, mixed] = &*pairs;
        // Rows that training learns from come first among the pairs of each kind.
        let (same, mixed) = match index.checked_sub(self.same.train.len()) {
            None => (same.get(index), None),
            Some(index) => (None, mixed.get(index)),
        };
        let degraded = same.is_some();
        let pair = same.or(mixed)?;
        let (images, clips) = (&self.images.train, &self.clips.train);
        let mut sample = clean_pair(images, clips, pair);
        sample.labels = pair_labels(images, clips, pair, degraded);
        Some((sample, degraded.then_some(pair.noise)))
    }

    fn content(&self, content: &mut Content) {
        content.split(&self.images, Content::images);
        content.split(&self.clips, Content::clips);
    }
}
