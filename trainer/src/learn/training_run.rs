//! One run of training, from its start or from a checkpoint to its end.

use std::time::Instant;

use burn::tensor::Device;
use tillsense_compiler::network::Plan;
use tillsense_compiler::network::description::{Head, Schedule, Spec, Train};
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::trained::{EpochReport, HeadScore, Phase};

use super::adam::Adam;
use super::checkpoint::{self, Fingerprint};
use super::data::{DataError, collate};
use super::export::export;
use super::loss::Targets;
use super::observer::{Observer, Start, StepReport};
use super::options::TrainOptions;
use super::predict::evaluate;
use super::random::{Purpose, shuffled};
use super::report::{End, TrainError, TrainReport};
use super::running::{Ranges, Running, join_ranges};
use super::shards::{Gradients, Setting, Step};
use super::state::{Best, TrainingState};
use super::workers::Workers;
use crate::data::{Batches, FeatureSample, LEAST_TRAINED};
use crate::learn::net::{BatchNorm, Mode, Net, forward};

/// Number of batches that give the first ranges of the quantised phase.
const CALIBRATION: usize = 32;

pub(super) struct TrainingRun<'a> {
    setting: Setting<'a>,
    train: &'a Train,
    options: &'a TrainOptions,
    fingerprint: Fingerprint,
    /// Numbers of the samples trained on, and of those held out.
    used: Vec<usize>,
    held: Vec<usize>,
    device: Device,
    workers: Workers,
    net: Net,
    adam: Adam,
    state: TrainingState,
}

impl<'a> TrainingRun<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        spec: &'a Spec,
        data: &'a dyn Batches,
        options: &'a TrainOptions,
    ) -> Result<Self, TrainError> {
        let train = &spec.train;
        let (held, used) = split(data, train);
        require_enough(&used, data)?;
        // The digest is only needed where a checkpoint must recognise its data.
        let content = options.checkpoint.as_ref().map(|_| data.digest());
        let content = content.map_or(String::new(), |digest| digest.to_string());
        let fingerprint = checkpoint::fingerprint(&[
            &format!("{spec:?}"),
            &format!("{:?}", plan.graph),
            &data.len().to_string(),
            &content,
        ]);
        let saved = match &options.checkpoint {
            Some(path) if options.resume => {
                checkpoint::load(path, &fingerprint, (plan, train.epochs))?
            }
            _ => None,
        };
        let state = saved.unwrap_or_else(|| TrainingState {
            epoch: 0,
            step: 0,
            loss: 0.0,
            quantised: false,
            values: plan.init(train.seed),
            moments: vec![None; plan.params.len()],
            running: Running::new(plan.graph.nodes.len()),
            best: None,
            since_best: 0,
            history: Vec::new(),
        });
        let device = options.backend.device();
        let net = Net::new(state.values.clone(), &device);
        let mut adam = Adam::new(plan, train.weight_decay);
        adam.load(state.moments.clone());
        let setting = setting(plan, spec, data);
        Ok(TrainingRun {
            setting,
            train,
            options,
            fingerprint,
            used,
            held,
            device,
            workers: Workers::new(options.threads),
            net,
            adam,
            state,
        })
    }

    /// Runs until the end or until `stop` says so.
    pub(super) fn run(
        &mut self,
        observer: &mut dyn Observer,
        stop: impl Fn() -> bool,
    ) -> Result<End, TrainError> {
        let plan = self.setting.plan;
        observer.start(&Start {
            epochs: self.train.epochs,
            steps: self.steps(),
            done: self.state.epoch as usize,
            parameters: plan.params.iter().map(|p| p.len()).sum(),
            samples: (self.used.len(), self.held.len()),
        });
        while (self.state.epoch as usize) < self.train.epochs {
            if self.phase() == Phase::Quantised && !self.state.quantised {
                self.begin_quantised()?;
            }
            let started = Instant::now();
            if self.epoch(observer, &stop)? == End::Stopped {
                self.save()?;
                return Ok(End::Stopped);
            }
            let report = self.close_epoch(started)?;
            observer.epoch(&report);
            self.save()?;
        }
        if !self.state.quantised {
            self.begin_quantised()?;
        }
        Ok(End::Finished)
    }

    /// The numbers that lowering reads, and the report.
    pub(super) fn finish(self, end: End) -> (Trained, TrainReport) {
        let kept = match (&self.state.best, end) {
            (Some(best), End::Finished) => export(self.setting.plan, &best.values, &best.running),
            _ => export(self.setting.plan, &self.net.to_vecs(), &self.state.running),
        };
        let held_out = self
            .state
            .history
            .iter()
            .rev()
            .find(|e| e.best)
            .map(|e| e.held_out.clone())
            .unwrap_or_default();
        (
            kept,
            TrainReport {
                end,
                epochs: self.state.history,
                held_out,
            },
        )
    }

    fn phase(&self) -> Phase {
        let float = self.train.epochs - self.train.qat_epochs;
        if (self.state.epoch as usize) < float {
            Phase::Float
        } else {
            Phase::Quantised
        }
    }

    /// Number of steps in an epoch.
    fn steps(&self) -> usize {
        self.used.len().div_ceil(self.train.batch)
    }

    fn epoch(
        &mut self,
        observer: &mut dyn Observer,
        stop: &impl Fn() -> bool,
    ) -> Result<End, TrainError> {
        let epoch = self.state.epoch as usize;
        let order = shuffled(
            self.used.clone(),
            self.train.seed,
            Purpose::Order,
            self.state.epoch,
        );
        for (step, samples) in order
            .chunks(self.train.batch)
            .enumerate()
            .skip(self.state.step as usize)
        {
            if stop() {
                return Ok(End::Stopped);
            }
            let number = epoch * self.steps() + step;
            let rate = self.rate(number);
            let result = self.gradients(number, samples)?;
            if !result.loss.is_finite() {
                return Err(TrainError::Diverged(epoch));
            }
            self.adam
                .step(&mut self.net, &result.grads, rate, &self.workers);
            self.state.running.see(&result.seen);
            result
                .stats
                .iter()
                .for_each(|s| self.state.running.take_stats(s));
            self.state.loss += result.loss;
            self.state.step += 1;
            observer.step(&StepReport {
                epoch,
                step,
                loss: self.state.loss / self.state.step as f64,
                rate,
            });
        }
        Ok(End::Finished)
    }

    /// Computes the gradients of step `number`, in the manner of the present phase.
    fn gradients(&self, number: usize, samples: &[usize]) -> Result<Gradients, TrainError> {
        let quantised = self.phase() == Phase::Quantised;
        // In the last half of the quantised phase ranges no longer move.
        let start = (self.train.epochs - self.train.qat_epochs) * self.steps();
        let observe = quantised && number < start + self.train.qat_epochs * self.steps() / 2;
        let batch_norm = match quantised {
            false => BatchNorm::Batch,
            true => BatchNorm::Running(&self.state.running.stats),
        };
        let step = Step {
            epoch: self.state.epoch as usize,
            number,
            samples,
            ranges: quantised.then_some(&self.state.running.ranges),
            observe,
            batch_norm,
        };
        Ok(self.setting.gradients(&self.workers, &self.net, &step)?)
    }

    /// Scores the epoch, keeps it if it is the best, and moves to the next.
    fn close_epoch(&mut self, started: Instant) -> Result<EpochReport, TrainError> {
        let (epoch, phase) = (self.state.epoch as usize, self.phase());
        let held_out = self.score()?;
        let judged = judged(&held_out, &self.setting.targets.weights);
        let better = |loss: &f64| {
            let best = self.state.best.as_ref();
            loss.is_finite() && best.is_none_or(|best| *loss < best.loss)
        };
        let better = judged.filter(better);
        let best = better.is_some();
        if let Some(loss) = better {
            self.state.best = Some(Best {
                loss,
                values: self.net.to_vecs(),
                running: self.state.running.clone(),
            });
            self.state.since_best = 0;
        } else {
            self.state.since_best += 1;
        }
        let mean = self.state.loss / self.state.step.max(1) as f64;
        let report = EpochReport {
            epoch,
            phase,
            loss: mean,
            held_out,
            best,
            seconds: started.elapsed().as_secs_f64(),
        };
        self.state.history.push(report.clone());
        let tired = self.train.patience > 0
            && judged.is_some()
            && self.state.since_best >= self.train.patience as u64;
        let end = if phase == Phase::Float {
            self.train.epochs - self.train.qat_epochs
        } else {
            self.train.epochs
        };
        self.state.epoch = if tired {
            end as u64
        } else {
            self.state.epoch + 1
        };
        (self.state.step, self.state.loss) = (0, 0.0);
        Ok(report)
    }

    /// Returns to the best float epoch and observes the first ranges.
    fn begin_quantised(&mut self) -> Result<(), TrainError> {
        if let Some(best) = self.state.best.take() {
            self.net = Net::new(best.values, &self.device);
            self.state.running = best.running;
        }
        self.state.running.ranges = self.calibrate()?;
        self.state.quantised = true;
        self.state.since_best = 0;
        Ok(())
    }

    /// The means over batches of the lowest and of the highest values.
    fn calibrate(&self) -> Result<Ranges, TrainError> {
        let plan = self.setting.plan;
        let order = shuffled(self.used.clone(), self.train.seed, Purpose::Order, u64::MAX);
        let mut sums: Vec<(f32, f32, f32)> = vec![(0.0, 0.0, 0.0); plan.graph.nodes.len()];
        for batch in order.chunks(self.train.batch).take(CALIBRATION) {
            let mode = Mode {
                ranges: None,
                observe: true,
                batch_norm: BatchNorm::Running(&self.state.running.stats),
                dropout: None,
            };
            let shards = self.setting.cut(batch).collect();
            let shards = self.workers.map(shards, |shard: &[usize]| {
                let samples: Vec<FeatureSample> = shard
                    .iter()
                    .map(|&i| self.setting.data.sample(i, None))
                    .collect();
                let batch = collate(plan, &samples).map_err(|e| DataError {
                    sample: shard[e.sample],
                    ..e
                })?;
                Ok::<_, DataError>(forward(plan, &self.net, &batch, mode).seen)
            });
            let mut seen: Ranges = vec![None; sums.len()];
            for shard in shards {
                join_ranges(&mut seen, &shard?);
            }
            for (sum, (low, high)) in sums
                .iter_mut()
                .zip(&seen)
                .filter_map(|(sum, seen)| seen.map(|s| (sum, s)))
            {
                *sum = (sum.0 + low, sum.1 + high, sum.2 + 1.0);
            }
        }
        Ok(sums
            .into_iter()
            .map(|(low, high, n)| (n > 0.0).then(|| (low / n, high / n)))
            .collect())
    }

    fn score(&self) -> Result<Vec<HeadScore>, TrainError> {
        if self.held.is_empty() {
            return Ok(Vec::new());
        }
        let ranges = (self.phase() == Phase::Quantised).then_some(&self.state.running.ranges[..]);
        let mode = Mode {
            ranges,
            observe: false,
            batch_norm: BatchNorm::Running(&self.state.running.stats),
            dropout: None,
        };
        let results = evaluate(
            self.setting.plan,
            &self.net,
            self.setting.data,
            &self.held,
            mode,
            &self.workers,
        )?;
        Ok(results.iter().map(|r| r.score()).collect())
    }

    fn rate(&self, number: usize) -> f64 {
        let Train {
            learning_rate,
            final_rate,
            schedule,
            epochs,
            ..
        } = *self.train;
        let progress = number as f64 / (epochs * self.steps()) as f64;
        match schedule {
            Schedule::Constant => learning_rate,
            Schedule::Cosine => {
                let part = 0.5 * (1.0 + libm::cos(std::f64::consts::PI * progress));
                learning_rate * (final_rate + (1.0 - final_rate) * part)
            }
        }
    }

    fn save(&mut self) -> Result<(), TrainError> {
        if let Some(path) = &self.options.checkpoint {
            self.state.values = self.net.to_vecs();
            self.state.moments = self.adam.save();
            checkpoint::save(path, &self.fingerprint, &self.state)?;
        }
        Ok(())
    }
}

/// The loss that judges an epoch: that of the heads for which held-out samples have labels; `None` where there is no such
/// head. Then no epoch is better than another: the last one is kept, and patience never ends a phase.
fn judged(held_out: &[HeadScore], weights: &[f32]) -> Option<f64> {
    let heads = held_out.iter().zip(weights);
    let losses = heads.filter_map(|(score, &weight)| Some(score.loss? * f64::from(weight)));
    losses.fold(None, |sum, loss| Some(sum.unwrap_or(0.0) + loss))
}

/// Fails if too few samples are not held out.
pub(super) fn require_enough(used: &[usize], data: &dyn Batches) -> Result<(), TrainError> {
    let (left, all) = (used.len(), data.len());
    match left < LEAST_TRAINED {
        true => Err(TrainError::TooFew { left, all }),
        false => Ok(()),
    }
}

/// The numbers of the held-out samples, and of the others.
pub(super) fn split(data: &dyn Batches, train: &Train) -> (Vec<usize>, Vec<usize>) {
    split_of(data.len(), &|i| data.held_out(i), train)
}

/// As [`split`], of so many samples, of which `stated` says whether a sample must be held out.
pub(super) fn split_of(
    len: usize,
    stated: &dyn Fn(usize) -> Option<bool>,
    train: &Train,
) -> (Vec<usize>, Vec<usize>) {
    if train.holdout > 0.0 && (0..len).any(|i| stated(i).is_some()) {
        return (0..len).partition(|&i| stated(i) == Some(true));
    }
    let all = shuffled((0..len).collect(), train.seed, Purpose::Holdout, 0);
    let held = (len as f64 * f64::from(train.holdout)).round() as usize;
    let (mut held, mut used) = (all[..held].to_vec(), all[held..].to_vec());
    held.sort_unstable();
    used.sort_unstable();
    (held, used)
}

/// Weights of the classes of heads that ask for balance: a class counts as much as any other, however many samples it has.
fn balance(plan: &Plan, spec: &Spec, data: &dyn Batches) -> Vec<Vec<f32>> {
    let classes = plan.graph.heads.iter().map(|head| head.classes.len());
    let mut counts: Vec<Vec<usize>> = classes.map(|classes| vec![0; classes]).collect();
    if spec.heads.iter().any(|head| head.balance) {
        for index in split(data, &spec.train).1 {
            let labels = data.sample(index, None).labels;
            for (counts, label) in counts.iter_mut().zip(labels) {
                if let Some(count) = label.and_then(|label| counts.get_mut(usize::from(label))) {
                    *count += 1;
                }
            }
        }
    }
    let weights = |(head, counts): (&Head, Vec<usize>)| -> Vec<f32> {
        if !head.balance {
            return Vec::new();
        }
        let seen = counts.iter().filter(|&&count| count > 0).count();
        let even = counts.iter().sum::<usize>() as f64 / seen.max(1) as f64;
        let weight = |&count: &usize| match count {
            0 => 0.0,
            count => (even / count as f64) as f32,
        };
        counts.iter().map(weight).collect()
    };
    spec.heads.iter().zip(counts).map(weights).collect()
}

fn setting<'a>(plan: &'a Plan, spec: &'a Spec, data: &'a dyn Batches) -> Setting<'a> {
    let input_of = |name: &String| spec.inputs.iter().position(|i| i.name == *name);
    let targets = Targets {
        weights: spec.heads.iter().map(|h| h.weight).collect(),
        needs: spec
            .heads
            .iter()
            .map(|h| h.from.as_ref().and_then(input_of))
            .collect(),
        smoothing: spec.train.label_smoothing,
        balance: balance(plan, spec, data),
    };
    Setting {
        plan,
        data,
        shards: spec.train.shards,
        targets,
        absent: spec.inputs.iter().map(|i| i.absent_rate).collect(),
        dropout: spec.inputs.iter().map(|i| i.dropout).collect(),
        seed: spec.train.seed,
    }
}
