//! Frontends and networks for a draft: small ones for few samples, as large as is of use for many.

use super::{Draft, DraftInput, DraftKind};

/// Widths of a network relative to those that the number of samples suggests; a budget makes them smaller.
pub const SCALES: [f64; 6] = [1.0, 0.7, 0.5, 0.35, 0.25, 0.15];

/// A width at a scale: whole fours, at least four.
fn width(full: usize, scale: f64) -> usize {
    let scaled = libm::round(full as f64 * scale / 4.0) as usize;
    (4 * scaled).max(4)
}

/// The lines of an input's frontend, augmentation and encoder.
pub fn input_lines(draft: &Draft, input: &DraftInput, scale: f64) -> Vec<String> {
    let trained = draft.training_samples();
    match &input.kind {
        DraftKind::Image { size, rgb, fit } => image(*size, *rgb, trained, scale, fit.name()),
        DraftKind::Audio {
            rate,
            seconds,
            range,
        } => audio(*rate, *seconds, *range, trained, scale),
        DraftKind::Text { bytes } => text(*bytes, trained, scale, texts_alone(draft)),
        DraftKind::Record { fields } => record(*fields, trained, scale),
        DraftKind::Sequence { steps, .. } => sequence(*steps, trained, scale),
    }
}

fn image([h, w]: [usize; 2], rgb: bool, trained: usize, scale: f64, fit: &str) -> Vec<String> {
    let channels = match trained {
        ..400 => [8, 16, 24],
        400..8000 => [16, 32, 48],
        _ => [24, 48, 64],
    };
    let mut lines = vec![
        format!("size = [{h}, {w}]"),
        format!("channels = {}", if rgb { 3 } else { 1 }),
        format!("fit = \"{fit}\""),
    ];
    let shift = (h.min(w) / 10).max(1);
    lines.push(match rgb {
        // Things look the same mirrored and in another light; writing does not.
        true => format!("augment = {{ shift = {shift}, zoom = 0.1, flip = true, brightness = 0.15, contrast = 0.15 }}"),
        false => format!("augment = {{ shift = {shift}, rotate = 8, zoom = 0.1, shear = 0.1 }}"),
    });
    lines.push("encoder = [".to_owned());
    let mut side = h.min(w);
    // What is left of it by kernels without padding, and the kernels that are still to come.
    let mut left = side;
    for (to_come, channels) in (0..channels.len()).rev().zip(channels) {
        lines.push(format!(
            "    {{ layer = \"conv2d\", channels = {}, kernel = [3, 3], activation = \"relu\", batch_norm = true }},",
            width(channels, scale)
        ));
        left = left.saturating_sub(2);
        if side >= 8 && left / 2 > 2 * to_come {
            lines.push("    { layer = \"max_pool\", size = [2, 2] },".to_owned());
            side /= 2;
            left /= 2;
        }
    }
    lines.push("    { layer = \"global_pool\" },".to_owned());
    lines.push("]".to_owned());
    lines
}

/// The strongest noise that training adds, in decibels below a clip, where its quiet parts are `range` below the loud ones. The
/// faintest is 30 dB below that: training hears about as much noise as the recordings have, since a model that was trained on noise
/// alone does not know a clean clip.
fn noise(range: f64) -> f64 {
    libm::round(range - 40.0).clamp(10.0, 30.0)
}

fn audio(rate: usize, seconds: f64, range: f64, trained: usize, scale: f64) -> Vec<String> {
    let (frame, bands) = if rate == 16_000 { (512, 28) } else { (256, 20) };
    let hop = frame / 2;
    let stack = 2;
    // A clip may begin a third of a second late.
    let steps = libm::ceil((seconds + 0.3) * rate as f64 / (hop * stack) as f64) as usize;
    let hidden = match trained {
        ..300 => 24,
        300..3000 => 40,
        _ => 56,
    };
    vec![
        format!("sample_rate = {rate}"),
        format!("frame = {frame}"),
        format!("hop = {hop}"),
        format!("fft = {frame}"),
        format!("bands = {bands}"),
        format!("stack = {stack}"),
        format!("max_steps = {}", steps.clamp(4, 512)),
        "level = true".to_owned(),
        format!(
            "# Noise from {0} dB below a clip on, as these recordings have (quiet parts {range:.0} dB below loud ones).",
            noise(range)
        ),
        format!(
            "augment = {{ offset = 0.3, speed = 0.06, noise = {}, equalise = 0.3, mask_steps = 2, mask_bands = 2 }}",
            noise(range)
        ),
        format!(
            "encoder = [{{ layer = \"rnn\", cell = \"gru\", hidden = {}, read = \"mean\" }}]",
            width(hidden, scale)
        ),
    ]
}

/// Number of classes where a draft reads texts and nothing else; `None` of others.
///
/// A table of their words is then held down by its weights' decay instead of by leaving words out. This and the settings of
/// [`train_lines`] were chosen by cross-validation on training and held-out texts alone.
fn texts_alone(draft: &Draft) -> Option<usize> {
    let is_text = |input: &DraftInput| matches!(input.kind, DraftKind::Text { .. });
    let classes = draft.heads.iter().map(|head| head.classes.len());
    let alone = draft.inputs.iter().all(is_text);
    alone.then(|| classes.max().unwrap_or(0))
}

/// Training texts below which they share few words, and fewer pieces of words.
const FEW_TEXTS: usize = 500;

fn text(bytes: usize, trained: usize, scale: f64, alone: Option<usize>) -> Vec<String> {
    // Shorter pieces are what new texts have in common with few; in fusion each of those counts as it is.
    let (chars, fused) = match trained {
        ..FEW_TEXTS => ([2, 4], "sum"),
        _ => ([3, 5], "mean"),
    };
    let mut lines = vec![
        format!("form = {{ words = true, bigrams = true, chars = {chars:?} }}"),
        format!("buckets = {}", width(10_000, scale)),
        format!("max_bytes = {bytes}"),
        // Words, pairs of words, and three n-grams a letter.
        format!("max_ids = {}", (4 * bytes).clamp(128, 2048)),
    ];
    let (channels, mode) = match alone {
        Some(classes) => {
            lines.push("dropout = 0.2".to_owned());
            (if classes > 16 { 48 } else { 32 }, "sqrt_n")
        }
        None => {
            lines.push("augment = { drop_ids = 0.2 }".to_owned());
            lines.push("dropout = 0.5".to_owned());
            (32, fused)
        }
    };
    lines.push(format!(
        "encoder = [{{ layer = \"embedding_bag\", channels = {channels}, mode = \"{mode}\", bits = 4 }}]"
    ));
    lines
}

fn record(fields: usize, trained: usize, scale: f64) -> Vec<String> {
    let units = match (trained, fields) {
        (..1000, _) => [16, 8],
        (_, ..8) => [24, 16],
        _ => [32, 16],
    };
    vec![
        "augment = { jitter = 0.1 }".to_owned(),
        "encoder = [".to_owned(),
        format!(
            "    {{ layer = \"dense\", units = {}, activation = \"relu\" }},",
            width(units[0], scale)
        ),
        format!(
            "    {{ layer = \"dense\", units = {}, activation = \"relu\" }},",
            width(units[1], scale)
        ),
        "]".to_owned(),
    ]
}

fn sequence(steps: usize, trained: usize, scale: f64) -> Vec<String> {
    let hidden = if trained < 1000 { 12 } else { 20 };
    vec![
        format!("max_steps = {steps}"),
        "keep = \"last\"".to_owned(),
        "augment = { jitter = 0.1 }".to_owned(),
        format!(
            "encoder = [{{ layer = \"rnn\", cell = \"gru\", hidden = {}, read = \"last\" }}]",
            width(hidden, scale)
        ),
    ]
}

/// The lines of fusion: none for one input.
pub fn fusion_lines(draft: &Draft, scale: f64) -> Vec<String> {
    match draft.inputs.len() {
        ..2 => Vec::new(),
        _ => vec![
            "[fusion]".to_owned(),
            format!("dense = [{}]", width(32, scale)),
            String::new(),
        ],
    }
}

/// The lines of training: about as many steps whatever the number of samples, within reason.
pub fn train_lines(draft: &Draft) -> Vec<String> {
    let trained = draft.training_samples().max(1);
    let is_text = |input: &DraftInput| matches!(input.kind, DraftKind::Text { .. });
    let text = draft.inputs.iter().any(is_text);
    let epochs = (96_000 / trained).clamp(6, 60);
    let text_only = texts_alone(draft).is_some();
    let batch = match trained {
        ..200 => 8,
        200..2000 => 32,
        2000..50_000 if text_only => 32,
        2000..50_000 => 64,
        _ => 128,
    };
    // Tables of hashed texts have most of their weights for what is seen once or twice.
    let (rate, decay, smoothing) = match (text_only, text) {
        (true, _) => (0.003, 1.5, 0.1),
        (_, true) => (0.004, 0.4, 0.05),
        _ => (0.004, 0.05, 0.05),
    };
    let mut lines = vec![
        "[train]".to_owned(),
        format!("epochs = {epochs}"),
        format!(
            "qat_epochs = {}    # of these, with the arithmetic of the device",
            (epochs / 5).max(2)
        ),
        format!("batch = {batch}"),
        format!("learning_rate = {rate}"),
        format!("weight_decay = {decay}"),
        format!("label_smoothing = {smoothing}"),
        format!(
            "holdout = {}    # held out of training, for the choices that are made after it",
            holdout(trained)
        ),
    ];
    if draft.inputs.len() > 1 {
        // Of several inputs one that is soon known by heart, as texts are, hides the others from training.
        let rate = if draft.inputs.len() > 2 { 0.3 } else { 0.15 };
        lines.push(format!(
            "modality_dropout = {rate}    # so that it answers when an input is missing"
        ));
    }
    lines
}

/// Part of the training samples that is held out: a tenth, of many samples less.
pub fn holdout(trained: usize) -> f64 {
    match trained {
        ..20_000 => 0.1,
        _ => 0.05,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_about_what_recordings_have() {
        for (range, wanted) in [(28.0, 10.0), (60.0, 20.0), (90.0, 30.0)] {
            assert_eq!(noise(range), wanted, "{range}");
        }
    }
}
