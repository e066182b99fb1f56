//! The training section of a description.

use serde::Deserialize;

/// Limit of epochs.
pub const MOST_EPOCHS: usize = 100_000;
/// Limit of shards of a batch: each one keeps gradients of all parameters until the end of a step.
pub const MOST_SHARDS: usize = 64;

/// Settings of training.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Train {
    /// Number of passes over the training samples, including those with fake quantisation.
    pub epochs: usize,
    /// Number of epochs, the last ones, that train with fake quantisation.
    pub qat_epochs: usize,
    /// Number of samples in one step.
    pub batch: usize,
    /// Number of shards into which a batch is cut. At most so many threads compute a step side by side; a shard never waits for
    /// more. Sums are made by shard, and batch norm sees one shard at a time, so another number of shards trains another model,
    /// whereas the number of threads changes nothing.
    pub shards: usize,
    /// Highest learning rate of Adam.
    pub learning_rate: f64,
    /// How the learning rate falls.
    pub schedule: Schedule,
    /// Learning rate at the end, as a fraction of the highest.
    pub final_rate: f64,
    /// Probability that an input is left out of a sample; at least one input stays.
    pub modality_dropout: f32,
    /// Decoupled weight decay (Loshchilov & Hutter 2019); biases are spared.
    pub weight_decay: f32,
    /// Label smoothing: the part of the target that is spread over all classes.
    pub label_smoothing: f32,
    /// Patience: epochs without a better held-out loss after which a phase ends early; 0 never ends early.
    pub patience: usize,
    /// Part of the training samples that is held out to choose the best epoch; 0 takes the last epoch.
    /// Composed tasks hold out rows of their own before samples are composed; for them only 0 or not matters.
    pub holdout: f32,
    /// The group whose training samples are held out instead of a random part, to judge by one that was never seen: a
    /// speaker of the set `fsdd`, a value of the column that `[data]` names as `group`.
    pub holdout_group: Option<String>,
    /// Seed of all randomness: the same seed gives the same model.
    pub seed: u64,
}

/// Course of the learning rate over the steps of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// The highest rate all the time.
    Constant,
    /// Half a cosine from the highest to the final rate.
    Cosine,
}

impl Default for Train {
    fn default() -> Self {
        Train {
            epochs: 10,
            qat_epochs: 3,
            batch: 64,
            shards: 2,
            learning_rate: 2e-3,
            schedule: Schedule::Cosine,
            final_rate: 0.02,
            modality_dropout: 0.0,
            weight_decay: 0.0,
            label_smoothing: 0.0,
            patience: 0,
            holdout: 0.05,
            holdout_group: None,
            seed: 1,
        }
    }
}

impl Train {
    /// The first field whose value cannot be, and why.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        let unit = |x: f32| (0.0..1.0).contains(&x);
        let faults = [
            (
                self.epochs == 0 || self.epochs > MOST_EPOCHS,
                "epochs",
                "must be at least 1 and at most 100000",
            ),
            (
                self.qat_epochs > self.epochs,
                "qat_epochs",
                "counts among `epochs` and cannot be more",
            ),
            (
                self.batch == 0 || self.batch > 4096,
                "batch",
                "must be from 1 to 4096",
            ),
            (
                self.shards == 0 || self.shards > MOST_SHARDS,
                "shards",
                "must be from 1 to 64",
            ),
            (
                !(self.learning_rate > 0.0 && self.learning_rate < 1.0),
                "learning_rate",
                "must be above 0 and below 1",
            ),
            (
                !(0.0..=1.0).contains(&self.final_rate),
                "final_rate",
                "must be from 0 to 1",
            ),
            (
                !unit(self.modality_dropout),
                "modality_dropout",
                "must be at least 0 and below 1",
            ),
            (
                !(0.0..=10.0).contains(&self.weight_decay),
                "weight_decay",
                "must be from 0 to 10",
            ),
            (
                !unit(self.label_smoothing),
                "label_smoothing",
                "must be at least 0 and below 1",
            ),
            (
                !(0.0..=0.5).contains(&self.holdout),
                "holdout",
                "must be from 0 to 0.5",
            ),
        ];
        faults
            .into_iter()
            .find(|f| f.0)
            .map(|(_, field, problem)| (field, problem.to_owned()))
    }
}
