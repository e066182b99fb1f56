//! Samples of rows: the inputs as an application would push them, and the labels of the task's heads.

use std::borrow::Cow;

use tillsense_compiler::run::sample::{Raw, Sample};

use crate::data::compose::Pair;
use crate::data::{Clients, Clips, Images, Texts, Visits};

pub(super) fn image_sample(images: &Images, index: usize) -> Sample<'_> {
    Sample {
        inputs: vec![Raw::Image(Cow::Borrowed(images.image(index)))],
        labels: vec![Some(u16::from(images.labels[index]))],
    }
}

pub(super) fn clip_sample(clips: &Clips, index: usize) -> Sample<'_> {
    let clip = &clips.clips[index];
    Sample {
        inputs: vec![Raw::Audio(Cow::Borrowed(&clip.samples))],
        labels: vec![Some(u16::from(clip.label))],
    }
}

/// A sample of `av-digits`: degraded pairs of the same digit come first (head `digit`), then clean ones (head `match`).
pub(super) fn av_sample<'a>(
    images: &'a Images,
    clips: &'a Clips,
    same: &[Pair],
    mixed: &[Pair],
    index: usize,
) -> Sample<'a> {
    match same.get(index) {
        Some(pair) => degraded_pair(images, clips, pair),
        None => clean_pair(images, clips, &mixed[index - same.len()]),
    }
}

pub(super) fn degraded_pair<'a>(images: &Images, clips: &Clips, pair: &Pair) -> Sample<'a> {
    let (pixels, samples) = pair.degraded(images, clips);
    Sample {
        inputs: vec![
            Raw::Image(Cow::Owned(pixels)),
            Raw::Audio(Cow::Owned(samples)),
        ],
        labels: pair_labels(images, clips, pair, true),
    }
}

pub(super) fn clean_pair<'a>(images: &'a Images, clips: &'a Clips, pair: &Pair) -> Sample<'a> {
    let pixels = Cow::Borrowed(images.image(pair.image));
    let samples = Cow::Borrowed(clips.clips[pair.clip].samples.as_slice());
    Sample {
        inputs: vec![Raw::Image(pixels), Raw::Audio(samples)],
        labels: pair_labels(images, clips, pair, false),
    }
}

pub(super) fn pair_labels(
    images: &Images,
    clips: &Clips,
    pair: &Pair,
    degraded: bool,
) -> Vec<Option<u16>> {
    let (written, spoken) = (images.labels[pair.image], clips.clips[pair.clip].label);
    vec![
        degraded.then(|| written.into()),
        (!degraded).then(|| pair.same.into()),
        Some(written.into()),
        Some(spoken.into()),
    ]
}

pub(super) fn text_sample(texts: &Texts, index: usize) -> Sample<'_> {
    Sample {
        inputs: vec![Raw::Text(Cow::Borrowed(&texts.texts[index]))],
        labels: vec![Some(texts.labels[index])],
    }
}

pub(super) fn client_sample(clients: &Clients, index: usize) -> Sample<'_> {
    Sample {
        inputs: vec![
            Raw::Record(clients.records.row(index).to_vec()),
            Raw::Sequence(clients.history(index).map(<[_]>::to_vec).to_vec()),
        ],
        labels: vec![Some(u16::from(clients.labels[index]))],
    }
}

pub(super) fn visit_sample(visits: &Visits, index: usize) -> Sample<'_> {
    Sample {
        inputs: vec![Raw::Record(visits.records.row(index).to_vec())],
        labels: vec![Some(u16::from(visits.labels[index]))],
    }
}
