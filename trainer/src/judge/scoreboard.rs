//! The scoreboard: what every preset must reach on the official test part, and the bytes it may take.
//!
//! The first seed is the one that ships; its figure counts. All figures are of the exported file, scored by `core`.

use anyhow::{Result, anyhow};
use serde::Serialize;
use tillsense_compiler::network::presets::{self, Preset};
use tillsense_compiler::run;

use crate::data::dataset::Subset;
use crate::data::{self, DataSource};
use crate::judge::evaluate::{Scope, scores};
use crate::learn::HeadResult;
use crate::project::Prepared;

/// A measure of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Part of the answers whose class is right.
    Accuracy,
    /// Mean accuracy over models that never heard the speaker they are tested on, one for each speaker; of the first seed.
    UnseenSpeakers,
    /// Accuracy with all inputs less that of the better single input.
    FusionGain,
    /// Area under the ROC curve.
    Auc,
    /// Area under the ROC curve with all inputs less that of the best single input.
    AucGain,
    /// Part of the sessions whose written and spoken digit differ that score above 95 % of the sessions without any risk.
    DisagreementsFound,
    /// Accuracy less that of this preset, which does nothing else.
    AccuracyBeside(&'static str),
    /// Area under the ROC curve less that of this preset, which does nothing else.
    AucBeside(&'static str),
    /// Size of the arena in bytes.
    Arena,
}

/// A requirement of a preset: a measure with its target.
#[derive(Clone, Copy, Debug)]
pub struct Requirement {
    /// Name of the preset.
    pub preset: &'static str,
    /// Name of the head; empty where the model as a whole is meant.
    pub head: &'static str,
    /// The measure.
    pub measure: Measure,
    /// The figure that the first seed must reach (must not exceed, for [`Measure::Arena`]).
    pub target: f64,
    /// Limit of the model file in bytes.
    pub most_bytes: usize,
}

/// All requirements.
pub static REQUIREMENTS: [Requirement; 17] = [
    line("seed-digits", "digit", Measure::Accuracy, 0.985, 360_000),
    line("digits", "digit", Measure::Accuracy, 0.993, 24_000),
    line("spoken-digits", "digit", Measure::Accuracy, 0.987, 24_000),
    line(
        "spoken-digits",
        "digit",
        Measure::UnseenSpeakers,
        0.85,
        24_000,
    ),
    line("av-digits", "digit", Measure::Accuracy, 0.955, 40_000),
    line("av-digits", "digit", Measure::FusionGain, 0.05, 40_000),
    line("av-digits", "match", Measure::Accuracy, 0.984, 40_000),
    line("bank-intents", "intent", Measure::Accuracy, 0.917, 128_000),
    line("bank-intents-s", "intent", Measure::Accuracy, 0.908, 48_000),
    line("credit-risk", "default", Measure::Auc, 0.778, 6_000),
    line("shoppers", "purchase", Measure::Auc, 0.934, 8_000),
    line(
        "terminal",
        "service",
        Measure::AccuracyBeside("bank-intents"),
        -0.01,
        256_000,
    ),
    line("terminal", "risk", Measure::Auc, 0.0, 256_000),
    line("terminal", "risk", Measure::AucGain, 0.0, 256_000),
    line(
        "terminal",
        "risk",
        Measure::DisagreementsFound,
        0.9,
        256_000,
    ),
    line(
        "terminal",
        "behaviour",
        Measure::AucBeside("shoppers"),
        -0.01,
        256_000,
    ),
    line("terminal", "", Measure::Arena, 24_576.0, 256_000),
];

const fn line(
    preset: &'static str,
    head: &'static str,
    measure: Measure,
    target: f64,
    most_bytes: usize,
) -> Requirement {
    Requirement {
        preset,
        head,
        measure,
        target,
        most_bytes,
    }
}

impl Measure {
    /// The measure in words.
    pub fn name(self) -> String {
        match self {
            Measure::Accuracy => "accuracy".to_owned(),
            Measure::UnseenSpeakers => "accuracy, speaker left out".to_owned(),
            Measure::FusionGain => "gain over the better input".to_owned(),
            Measure::Auc => "AUC".to_owned(),
            Measure::AucGain => "AUC gain over the best input".to_owned(),
            Measure::DisagreementsFound => "disagreements found, 5 % false alarms".to_owned(),
            Measure::AccuracyBeside(preset) => format!("accuracy less that of {preset}"),
            Measure::AucBeside(preset) => format!("AUC less that of {preset}"),
            Measure::Arena => "bytes of arena".to_owned(),
        }
    }

    /// Whether a figure meets a target.
    pub fn meets(self, figure: f64, target: f64) -> bool {
        match self {
            Measure::Arena => figure <= target,
            _ => figure >= target,
        }
    }
}

/// Limit of seeds, more than anybody trains.
pub const MOST_SEEDS: usize = 1000;

/// A model of a preset: a seed, and perhaps a speaker who is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The preset.
    pub preset: &'static Preset,
    /// Seed, counted from the description's own: 0 is the description's seed, 1 the next.
    pub seed: u64,
    /// The speaker left out of training.
    pub left_out: Option<String>,
}

impl Variant {
    /// The description that is trained. Only the speaker left out shows in it: a seed is an argument.
    pub fn text(&self) -> String {
        match &self.left_out {
            Some(speaker) => without(self.preset.text, speaker),
            None => self.preset.text.to_owned(),
        }
    }

    /// Name of the model file.
    pub fn file(&self) -> String {
        let mut name = self.preset.name.to_owned();
        if let Some(speaker) = &self.left_out {
            name += &format!("-without-{speaker}");
        }
        if self.seed > 0 {
            name += &format!("-seed{}", self.seed + 1);
        }
        name + ".till"
    }
}

/// A description in which this speaker is left out.
pub fn without(text: &str, speaker: &str) -> String {
    let leave_out = format!("[data]\nleave_out = {}\n", toml::Value::from(speaker));
    text.replacen("[data]\n", &leave_out, 1)
}

/// The models that the requirements of these presets need, with this number of seeds. The speakers are those of the data.
pub fn all_variants(
    presets: &[&'static Preset],
    seeds: u64,
    source: &DataSource,
) -> Result<Vec<Variant>> {
    let mut speakers = Vec::new();
    if presets.iter().any(|preset| leaves_out(preset)) {
        speakers = data::clips(source)?.train.speakers;
        // A single speaker cannot be left out: nobody would be left to learn from.
        speakers = if speakers.len() > 1 {
            speakers
        } else {
            Vec::new()
        };
    }
    let of = |preset: &&'static Preset| variants(preset, seeds, &speakers);
    Ok(presets.iter().flat_map(of).collect())
}

fn leaves_out(preset: &Preset) -> bool {
    let mut lines = REQUIREMENTS
        .iter()
        .filter(|requirement| requirement.preset == preset.name);
    lines.any(|requirement| requirement.measure == Measure::UnseenSpeakers)
}

/// The models that a preset's requirements need, with this number of seeds. Speakers are left out with the first seed only:
/// models that are each tested on another voice spread more than seeds do.
fn variants(preset: &'static Preset, seeds: u64, speakers: &[String]) -> Vec<Variant> {
    let left_out = if leaves_out(preset) { speakers } else { &[] };
    let seeds = (0..seeds).map(|seed| (seed, None));
    let voices = left_out.iter().map(|speaker| (0, Some(speaker.clone())));
    let variant = |(seed, left_out)| Variant {
        preset,
        seed,
        left_out,
    };
    seeds.chain(voices).map(variant).collect()
}

/// The preset with this name, or all of them for `all`.
pub fn chosen(name: &str) -> Result<Vec<&'static Preset>> {
    if name == "all" {
        return Ok(presets::PRESETS.iter().collect());
    }
    let preset = presets::find(name).ok_or_else(|| {
        anyhow!(
            "no preset `{name}`; there are all, {}{}",
            crate::project::preset_names(),
            crate::project::preset_meant(name)
        )
    })?;
    Ok(vec![preset])
}

/// A requirement with its figures: one row of the scoreboard.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the preset.
    pub preset: &'static str,
    /// Name of the head; empty where the model as a whole is meant.
    pub head: &'static str,
    /// The measure in words.
    pub measure: String,
    /// The data that the first seed was tested on, in words.
    pub data: String,
    /// The figure that the first seed must reach; `None` where a figure only stands beside others.
    pub target: Option<f64>,
    /// Figure of each seed, the shipped one first; `None` where it is not defined on the samples that are there.
    pub seeds: Vec<Option<f64>>,
    /// Mean of the seeds' figures; `None` where one is not defined.
    pub mean: Option<f64>,
    /// Standard deviation (n - 1) of the seeds' figures; `None` also for one seed.
    pub deviation: Option<f64>,
    /// Figure of the first seed.
    pub shipped: Option<f64>,
    /// Size of the first seed's file in bytes.
    pub file_bytes: usize,
    /// Limit of the file in bytes.
    pub most_bytes: usize,
    /// Whether the first seed's figure and size meet the requirement.
    pub met: bool,
}

/// The row of a requirement, from the figure of each seed.
pub fn row(
    requirement: &Requirement,
    seeds: Vec<Option<f64>>,
    file_bytes: usize,
    data: &str,
) -> Row {
    let n = seeds.len() as f64;
    let known: Option<Vec<f64>> = seeds.iter().copied().collect();
    let known = known.filter(|known| !known.is_empty());
    let mean = known.as_ref().map(|known| known.iter().sum::<f64>() / n);
    let deviation = known.zip(mean).filter(|(known, _)| known.len() > 1);
    let deviation = deviation.map(|(known, mean)| {
        let squares: f64 = known.iter().map(|f| (f - mean).powi(2)).sum();
        (squares / (n - 1.0)).sqrt()
    });
    let shipped = seeds.first().copied().flatten();
    let target = (requirement.measure != Measure::Auc || requirement.target > 0.0)
        .then_some(requirement.target);
    let meets = |target| shipped.is_some_and(|shipped| requirement.measure.meets(shipped, target));
    let reached = target.is_none_or(meets);
    Row {
        preset: requirement.preset,
        head: requirement.head,
        measure: requirement.measure.name(),
        data: data.to_owned(),
        target,
        mean,
        deviation,
        shipped,
        seeds,
        file_bytes,
        most_bytes: requirement.most_bytes,
        met: reached && file_bytes <= requirement.most_bytes,
    }
}

/// The figure of one model by itself; `None` where it is not defined on the samples that are there. For a measure beside another
/// preset, that preset's figure is not yet subtracted.
pub fn figure(requirement: &Requirement, prepared: &Prepared, file: &[u8]) -> Result<Option<f64>> {
    let aligned = tillsense_compiler::aligned::Aligned::from(file);
    let model = run::load(&aligned)?;
    let all = Scope::all(prepared);
    let head = |scope: &Scope| -> Result<HeadResult> {
        let results = scores(prepared, &model, scope)?;
        let found = results.into_iter().find(|r| r.head == requirement.head);
        found.ok_or_else(|| {
            anyhow!(
                "the model has no head `{}`; train it again",
                requirement.head
            )
        })
    };
    let single = |measure: fn(&HeadResult) -> Option<f64>| -> Result<Option<f64>> {
        let inputs = all.given.len();
        let only = (0..inputs).map(|input| {
            let given = (0..inputs).map(|i| i == input).collect();
            Ok(measure(&head(&Scope { limit: None, given })?))
        });
        let figures: Option<Vec<f64>> = only.collect::<Result<_>>()?;
        Ok(figures.and_then(|figures| figures.into_iter().reduce(f64::max)))
    };
    Ok(match requirement.measure {
        Measure::Accuracy | Measure::UnseenSpeakers | Measure::AccuracyBeside(_) => {
            head(&all)?.accuracy()
        }
        Measure::Auc | Measure::AucBeside(_) => head(&all)?.auc(),
        Measure::FusionGain => less(head(&all)?.accuracy(), single(HeadResult::accuracy)?),
        Measure::AucGain => less(head(&all)?.auc(), single(HeadResult::auc)?),
        Measure::DisagreementsFound => found(prepared, &head(&all)?),
        Measure::Arena => Some(f64::from(model.header().arena_len)),
    })
}

/// The difference of two figures where both are defined, else `None`.
pub fn less(figure: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(figure? - other?)
}

/// The part of disagreements found at the lowest threshold that flags at most 5 % of the sessions without risk; `None` without
/// such sessions, or without others.
fn found(prepared: &Prepared, risk: &HeadResult) -> Option<f64> {
    let high: Vec<f32> = risk.logits.iter().map(|row| row[1]).collect();
    let mut calm: Vec<f32> = Vec::new();
    let mut differing: Vec<f32> = Vec::new();
    for (at, (&score, label)) in high.iter().zip(&risk.labels).enumerate() {
        let story = prepared.data.session_truth(Subset::Test, at);
        let differs = story.is_some_and(|story| story.written != story.spoken);
        if *label == Some(0) {
            calm.push(score);
        } else if differs {
            differing.push(score);
        }
    }
    if differing.is_empty() {
        return None;
    }
    calm.sort_by(|a, b| b.total_cmp(a));
    // A session is flagged above the threshold, so that equal scores are on the same side of it.
    let threshold = *calm.get(calm.len() / 20)?;
    let caught = differing.iter().filter(|&&score| score > threshold).count();
    Some(caught as f64 / differing.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_preset_and_every_preset_a_line() {
        for requirement in &REQUIREMENTS {
            let spec = presets::find(requirement.preset).unwrap().spec().unwrap();
            let head = spec.heads.iter().any(|head| head.name == requirement.head);
            assert!(
                head || requirement.measure == Measure::Arena,
                "{requirement:?}"
            );
        }
        for preset in &presets::PRESETS {
            assert!(
                REQUIREMENTS
                    .iter()
                    .any(|requirement| requirement.preset == preset.name)
            );
        }
    }

    #[test]
    fn files_of_seeds_and_speakers_have_names_of_their_own() {
        let spoken = presets::find("spoken-digits").unwrap();
        let speakers = ["george", "jackson"].map(str::to_owned);
        let names: Vec<_> = variants(spoken, 2, &speakers)
            .iter()
            .map(Variant::file)
            .collect();
        assert_eq!(
            names[..2],
            ["spoken-digits.till", "spoken-digits-seed2.till"]
        );
        assert_eq!(names[2], "spoken-digits-without-george.till");
        assert_eq!(names.len(), 2 + speakers.len());
        let text = variants(spoken, 1, &speakers)[1].text();
        let spec = tillsense_compiler::network::description::parse(&text, "it").unwrap();
        assert_eq!(spec.data.division.leave_out.as_deref(), Some("george"));
        let digits = presets::find("digits").unwrap();
        assert_eq!(variants(digits, 3, &speakers).len(), 3);
        assert!(chosen("toaster").is_err() && chosen("all").unwrap().len() == 9);
    }

    #[test]
    fn who_is_left_out_is_a_speaker_of_the_data() {
        let spoken = presets::find("spoken-digits").unwrap();
        let digits = presets::find("digits").unwrap();
        let all = all_variants(&[digits, spoken], 1, &DataSource::Synthetic).unwrap();
        let left_out: Vec<_> = all.iter().map(|v| v.left_out.as_deref()).collect();
        assert_eq!(left_out[..3], [None, None, Some("anna")]);
        assert_eq!(all.len(), 2 + 6);
        let alone = variants(spoken, 1, &[]);
        assert_eq!(alone.len(), 1);
    }

    #[test]
    fn the_first_seed_counts() {
        let requirement = &REQUIREMENTS[1];
        let made = row(requirement, vec![Some(0.992), Some(0.996)], 20_000, "it");
        assert!(!made.met && (made.mean.unwrap() - 0.994).abs() < 1e-12);
        assert!((made.deviation.unwrap() - 0.002_828).abs() < 1e-6);
        assert!(row(requirement, vec![Some(0.994), Some(0.99)], 24_000, "it").met);
        assert!(!row(requirement, vec![Some(0.994)], 24_001, "it").met);
        let arena = REQUIREMENTS.last().unwrap();
        assert!(
            row(arena, vec![Some(24_576.0)], 1, "it").met
                && !row(arena, vec![Some(24_577.0)], 1, "it").met
        );
    }

    #[test]
    fn an_undefined_figure_is_null_and_not_met() {
        let made = row(&REQUIREMENTS[1], vec![None, Some(0.996)], 20_000, "it");
        assert_eq!(
            (made.shipped, made.mean, made.deviation, made.met),
            (None, None, None, false)
        );
        let json = serde_json::to_value(&made).unwrap();
        assert!(
            json["shipped"].is_null() && json["seeds"][0].is_null(),
            "{json}"
        );
        let made = row(&REQUIREMENTS[1], vec![Some(0.996), None], 20_000, "it");
        assert_eq!(
            (made.shipped, made.mean, made.met),
            (Some(0.996), None, true)
        );
        assert_eq!(less(Some(0.5), None), None);
        assert_eq!(less(Some(0.5), Some(0.25)), Some(0.25));
    }
}
