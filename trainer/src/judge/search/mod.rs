//! Search for a description that scores better, or as well in less flash, within a budget.
//!
//! The method is plain random search (Bergstra & Bengio 2012): networks are drawn from a stated space ([`Space`]), the described
//! one first. Networks that do not fit the budget are skipped before training ([`tillsense_compiler::cost`]); the others are
//! trained in full and judged by held-out samples of the training part. Test samples are not looked at. Every network drawn is a
//! line on disk ([`Journal`]), so that a search continues where it was stopped, and ends as if it had not been.

mod edit;
mod front;
mod journal;
mod plot;
mod space;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, anyhow, bail, ensure};
pub use front::front;
pub use journal::{Draw, Journal, NetworkFigures, Settings, Skipped, is_front};
pub use plot::{Point, svg, text as text_plot};
use serde_json::json;
pub use space::{Candidate, Choice, Dimension, Draws, FACTORS, Space};
use tillsense_compiler::cost::Needs;
use tillsense_compiler::network::builder::build;
use tillsense_compiler::network::description::{Budget, parse};
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::trained::HeadScore;
use tillsense_device::bench::{Counter, counter};

use crate::data::dataset::Subset;
use crate::data::features::FeatureSet;
use crate::data::fit::facts;
use crate::data::intake::InputCount;
use crate::learn::{self, End, Observer, TrainError, TrainOptions};
use crate::project::Prepared;

/// Part of the training samples by which networks are judged, where the description holds out less: a
/// twentieth of a small set would choose by luck.
pub const HOLDOUT: f32 = 0.2;

/// Number of networks drawn for each that is to be trained, before a search gives up.
pub const DRAWS_A_NETWORK: usize = 50;

/// Options of a search.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of networks to train.
    pub networks: usize,
    /// Number of epochs instead of the description's.
    pub epochs: Option<usize>,
    /// Number of samples to train on and to hold out together.
    pub limit: Option<usize>,
    /// Seed of the drawing.
    pub seed: u64,
    /// Target of the model files, and how much faster algorithms may let them grow.
    pub aim: ExportOptions,
    /// Budget of the models.
    pub budget: Budget,
    /// Flag that is set from outside (Ctrl-C) to stop the search.
    pub stop: Arc<AtomicBool>,
}

/// Receives the progress of a search.
pub trait Watch: Observer {
    /// Training of network `number`, counted from 1, begins.
    fn network(&mut self, number: usize, changes: &str);
    /// Training of network `number` is done.
    fn done(&mut self, number: usize, changes: &str, figures: &NetworkFigures);
}

/// Result of a search.
#[derive(Debug)]
pub struct Found {
    /// All networks drawn.
    pub draws: Vec<Draw>,
    /// Whether the search was stopped.
    pub end: End,
}

impl Found {
    /// The trained networks with their figures.
    pub fn trained(&self) -> impl Iterator<Item = (&Draw, &NetworkFigures)> {
        let draws = self.draws.iter();
        draws.filter_map(|draw| Some((draw, draw.figures.as_ref()?)))
    }

    /// The number of skipped networks by reason.
    pub fn skipped(&self) -> BTreeMap<Skipped, usize> {
        let mut counts = BTreeMap::new();
        for reason in self.draws.iter().filter_map(|draw| draw.skipped) {
            *counts.entry(reason).or_default() += 1;
        }
        counts
    }
}

/// The space around a description.
pub fn space(prepared: &Prepared, origin: &str) -> Result<Space> {
    let builds = |text: &str| {
        let Ok(spec) = parse(text, origin) else {
            return false;
        };
        let facts = facts(&spec, &prepared.frontends, &prepared.data);
        build(&spec, &facts).is_ok()
    };
    let space = Space::around(&prepared.text, &prepared.spec, builds);
    let space = space.with_context(|| origin.to_owned())?;
    ensure!(
        !space.is_empty(),
        "{origin}: it has no width or depth that could be changed"
    );
    Ok(space)
}

/// Searches until the number of networks in `options` is trained, all of the space are drawn, or the search is stopped.
pub fn search(
    prepared: &mut Prepared,
    origin: &str,
    space: &Space,
    folder: &Path,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Found> {
    let settings = settings(prepared, space, options);
    let counter = counter(&options.budget, options.aim.target)?;
    let (mut journal, mut draws) = Journal::open(folder, &settings)?;
    ensure!(
        draws.iter().all(|draw| space.holds(&draw.choices)),
        "{}: trials.jsonl is of another search; name another folder with -o",
        folder.display()
    );
    let mut search = Search {
        prepared,
        origin,
        options,
        counter,
        features: None,
    };
    for (known, candidate) in draws.iter().zip(space.draws(options.seed)) {
        ensure!(
            known.choices == candidate.choices,
            "{}: trials.jsonl is of another search; name another folder with -o",
            folder.display()
        );
    }
    let end = go_on(&mut search, space, &mut journal, &mut draws, watch);
    if trained(&draws) == 0 {
        journal.abandon();
    }
    Ok(Found { draws, end: end? })
}

fn trained(draws: &[Draw]) -> usize {
    draws.iter().filter(|draw| draw.figures.is_some()).count()
}

/// Draws and trains networks beyond those of the journal.
fn go_on(
    search: &mut Search<'_>,
    space: &Space,
    journal: &mut Journal,
    draws: &mut Vec<Draw>,
    watch: &mut dyn Watch,
) -> Result<End> {
    let options = search.options;
    let most = options.networks.saturating_mul(DRAWS_A_NETWORK);
    let fresh = space.draws(options.seed).enumerate().skip(draws.len());
    for (number, candidate) in fresh {
        let done = trained(draws);
        if done >= options.networks || number >= most {
            break;
        }
        let changes = space.words(&candidate.choices);
        let outcome = search.outcome(&candidate, done + 1, &changes, watch)?;
        let (skipped, figures) = match outcome {
            Outcome::Stopped => {
                return Ok(End::Stopped);
            }
            Outcome::Skipped(reason) => (Some(reason), None),
            Outcome::Trained(figures) => (None, Some(figures)),
        };
        let draw = Draw {
            draw: number,
            choices: candidate.choices,
            skipped,
            figures,
        };
        journal.add(&draw)?;
        if let Some(figures) = &draw.figures {
            watch.done(done + 1, &changes, figures);
        }
        draws.push(draw);
    }
    Ok(End::Finished)
}

/// All settings that the lines of a journal depend on.
fn settings(prepared: &Prepared, space: &Space, options: &Options) -> Settings {
    let dimensions = space.dimensions.iter().map(|dimension| {
        let labels: Vec<_> = dimension.choices.iter().map(|c| c.label.as_str()).collect();
        json!({ "name": dimension.name, "choices": labels })
    });
    Settings::from([
        ("description", json!(prepared.text)),
        ("space", dimensions.collect()),
        ("seed", json!(options.seed)),
        ("epochs", json!(options.epochs)),
        ("limit", json!(options.limit)),
        ("target", json!(options.aim.target.name())),
        ("flash growth", json!(options.aim.flash_growth)),
        ("budget", json!(options.budget.to_string())),
        ("data digest", json!(prepared.data.digest())),
    ])
}

struct Search<'a> {
    prepared: &'a mut Prepared,
    origin: &'a str,
    options: &'a Options,
    counter: Option<Counter>,
    /// Features of the last candidate, reused where the frontends are the same.
    features: Option<FeatureSet>,
}

enum Outcome {
    Skipped(Skipped),
    Trained(NetworkFigures),
    Stopped,
}

impl Search<'_> {
    fn outcome(
        &mut self,
        candidate: &Candidate,
        number: usize,
        changes: &str,
        watch: &mut dyn Watch,
    ) -> Result<Outcome> {
        if self.options.stop.load(Ordering::Relaxed) {
            return Ok(Outcome::Stopped);
        }
        match self.prepared.redescribe(&candidate.text, self.origin) {
            Ok(true) => {}
            Ok(false) => self.features = None,
            Err(_) => return Ok(Outcome::Skipped(Skipped::NoNetwork)),
        }
        let (aim, budget) = (&self.options.aim, &self.options.budget);
        let Ok(mut needs) = self.prepared.needs(aim, None) else {
            return Ok(Outcome::Skipped(Skipped::NoNetwork));
        };
        if self.prepared.require_exportable(aim).is_err() {
            return Ok(Outcome::Skipped(Skipped::NoNetwork));
        }
        if let Some(reason) = over(&needs, budget) {
            return Ok(Outcome::Skipped(reason));
        }
        if let Some(counter) = &self.counter {
            needs = self.prepared.needs(aim, Some(counter))?;
            if let Some(reason) = over(&needs, budget) {
                return Ok(Outcome::Skipped(reason));
            }
        }
        watch.network(number, changes);
        self.train(needs.instructions, watch)
    }

    fn train(&mut self, instructions: Option<u64>, watch: &mut dyn Watch) -> Result<Outcome> {
        let schedule = &mut self.prepared.spec.train;
        if let Some(epochs) = self.options.epochs {
            schedule.epochs = epochs;
            schedule.qat_epochs = schedule.qat_epochs.min(epochs.div_ceil(2));
        }
        schedule.holdout = schedule.holdout.max(HOLDOUT);
        let features = match self.features.take() {
            Some(features) => features,
            None => {
                let features = self.prepared.features(Subset::Train, self.options.limit)?;
                let (spec, frontends) = (&self.prepared.spec, &self.prepared.frontends);
                InputCount::require_most(&features.counts(spec, frontends))
                    .with_context(|| self.origin.to_owned())?;
                features
            }
        };
        self.require_judges(&features)?;
        let options = TrainOptions {
            stop: Arc::clone(&self.options.stop),
            ..TrainOptions::default()
        };
        let (graph, spec) = (&self.prepared.graph, &self.prepared.spec);
        let done = learn::train(graph, spec, &features, &options, watch);
        self.features = Some(features);
        let (trained, report) = match done {
            Ok(done) => done,
            Err(TrainError::Diverged(_)) => return Ok(Outcome::Skipped(Skipped::Diverged)),
            Err(error) => return Err(error.into()),
        };
        if report.end == End::Stopped {
            return Ok(Outcome::Stopped);
        }
        let exported = self.prepared.exported_heads();
        let held_out: Vec<HeadScore> = exported
            .iter()
            .filter_map(|&head| report.held_out.get(head).cloned())
            .collect();
        let score = self.score(&held_out)?;
        let file = self.prepared.export(&trained, 1, &self.options.aim)?;
        let needs = Needs::of_file(&file, None)?;
        Ok(Outcome::Trained(NetworkFigures {
            score,
            held_out,
            flash: needs.flash,
            arena: needs.arena,
            instructions,
        }))
    }

    /// Refuses to train where the held-out samples cannot judge the networks: heads without a label, or of one class only.
    fn require_judges(&self, features: &FeatureSet) -> Result<()> {
        let held = learn::held_out(features, &self.prepared.spec.train);
        for head in self.prepared.exported_heads() {
            let name = &self.prepared.spec.heads[head].name;
            let labels: Vec<_> = features.labels(head).collect();
            let labels: BTreeSet<u16> = held.iter().filter_map(|&i| labels[i]).collect();
            let why = match (labels.len(), self.prepared.graph.heads[head].classes.len()) {
                (0, _) => "no sample has a label for it",
                (1, 2) => "one class only",
                _ => continue,
            };
            bail!("head `{name}` cannot be judged by its held-out samples ({why}); raise --limit");
        }
        Ok(())
    }

    /// The mean score of the exported heads, see [`NetworkFigures::score`].
    fn score(&self, held_out: &[HeadScore]) -> Result<f64> {
        let heads = &self.prepared.spec.heads;
        let (mut sum, mut weights) = (0.0, 0.0);
        for score in held_out {
            let judged = score.judged().map_err(|why| {
                anyhow!(
                    "head `{}` cannot be judged by its held-out samples ({why}); raise --limit",
                    score.head
                )
            })?;
            let head = heads.iter().find(|head| head.name == score.head);
            let weight = head.map_or(1.0, |head| f64::from(head.weight));
            sum += weight * judged;
            weights += weight;
        }
        ensure!(weights > 0.0, "no sample is held out; raise --limit");
        Ok(sum / weights)
    }
}

/// The first limit that the needs exceed.
fn over(needs: &Needs, budget: &Budget) -> Option<Skipped> {
    let lines = needs.lines(budget);
    let line = lines.iter().find(|line| !line.fits())?;
    Some(match line.what {
        "flash" => Skipped::Flash,
        "arena" => Skipped::Arena,
        _ => Skipped::Instructions,
    })
}

#[cfg(test)]
mod tests;
