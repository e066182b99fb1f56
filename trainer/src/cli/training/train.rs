//! `tillsense train`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tillsense_compiler::words::grouped;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Serialize;

use super::interrupt::Interrupt;
use super::progress::{Training, tell_calibration, tell_unshown};
use super::train_all::{require_for_all, several};
use super::{budget, evaluate};
use crate::cli::progress::note;
use crate::cli::{Shared, at_least_one, output, up_to};
use crate::data::Batches;
use crate::data::Source;
use crate::data::features::FeatureSet;
use crate::data::intake::InputCount;
use crate::judge::calibrate::{Samples, calibrate, unshown};
use crate::judge::evaluate::{Evaluation, Scope};
use crate::judge::scoreboard::{self, MOST_SEEDS};
use crate::learn::unseen_classes;
use crate::learn::{self, Backend, End, TrainOptions, held_out};
use crate::project::{Prepared, description, model_path};
use crate::project::{checkpoint_path, prepare_output, write};
use tillsense_compiler::cost;
use tillsense_compiler::files;
use tillsense_compiler::network::description::{Budget, MOST_EPOCHS};
use tillsense_compiler::target::{Aim, FLASH_GROWTH, Target};
use tillsense_compiler::threads::Threads;
use tillsense_compiler::trained::EpochReport;
use tillsense_compiler::trained::{Course, TrainedFile, curve, made_beside, made_from};

/// Arguments of `train`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TrainArgs {
    /// A preset (see `tillsense presets`), `all` of them, or the file of a description, NAME.toml
    pub(super) model: String,
    /// The model file to write [default: models/NAME.till for the preset NAME or the description NAME.toml, models/NAME-without-SPEAKER.till with --leave-out]
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write over a file that is there and no model of this description
    #[arg(long)]
    pub(super) force: bool,
    /// Train what `evaluate --preset NAME --seeds N` reads: N seeds, and with the first one a model for each speaker left out. Files that are there stay
    #[arg(long, value_name = "N", conflicts_with_all = ["out", "seed", "epochs", "limit", "resume"])]
    pub(super) seeds: Option<usize>,
    /// With --seeds: the folder of the model files [default: models]
    #[arg(long, value_name = "DIR", requires = "seeds")]
    pub(super) models: Option<PathBuf>,
    /// Of a task with speakers: train on all others, test on this one
    #[arg(long, value_name = "SPEAKER", conflicts_with = "seeds")]
    pub(super) leave_out: Option<String>,
    /// Instead of the description's number of epochs
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Instead of the description's seed
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Train on this many samples only, spread over all
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Go on where an interrupted training of the same model stopped
    #[arg(long)]
    resume: bool,
    /// Version written to the file, for those who bring models to terminals; a terminal tells it and takes any
    #[arg(long, default_value_t = 1, value_name = "N")]
    model_version: u64,
    /// The processor whose kernels read the weights; `tillsense export` packs for others later, without training
    #[arg(long, value_enum, default_value_t, value_name = "TARGET")]
    target: Target,
    /// By how many percent faster algorithms may let a packed file grow
    #[arg(long, default_value_t = FLASH_GROWTH, value_name = "PCT")]
    flash_growth: u16,
    /// What the model may take: flash (bytes of file), arena (bytes) and instructions (of one inference with every input at its
    /// longest, counted in QEMU), any of them; k and M stand for 1,000 and 1,000,000, Ki and Mi for 1,024 and 1,048,576. Goes before
    /// the description's `[budget]`
    #[arg(long, value_name = "WHAT=N,...")]
    budget: Option<Budget>,
    /// What computes
    #[arg(long, value_enum, default_value_t = BackendName::Flex)]
    backend: BackendName,
    /// Do not evaluate on test samples afterwards
    #[arg(long)]
    no_evaluation: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense train digits                              writes models/digits.till
  tillsense train terminal --limit 2000 --epochs 2    a first try in a minute
  tillsense train mine.toml -o mine.till --seed 7     a description of your own
  tillsense train digits --target cortex-m4           for the kernels of one processor, several times as fast there
  tillsense train terminal --resume                   goes on after Ctrl-C
  tillsense train all --seeds 3                       everything that `tillsense evaluate --preset all --seeds 3` shows
  tillsense train spoken-digits --leave-out theo      how good is it with a voice that it never heard?
  tillsense train digits --target cortex-m4 --budget flash=24k,arena=4Ki,instructions=350k
                                                      refused before training if the model is too large

Beside FILE.till it writes FILE.trained: the numbers in float, for `tillsense evaluate`. A file that is there is
written over only if it is a model of the same description, or with --force. The same seed, description and data
give the same file, byte for byte; so does a training that was interrupted and resumed. A file for the target `generic`
runs on every board, but without its fast kernels; one for another target only on boards of its kind, with the same scores.";

impl TrainArgs {
    fn aim(&self) -> Aim {
        Aim {
            target: self.target,
            flash_growth: self.flash_growth,
        }
    }
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum BackendName {
    /// burn-flex
    Flex,
    /// burn-ndarray (needs a build with `--features ndarray`)
    Ndarray,
}

impl BackendName {
    fn backend(self) -> Result<Backend> {
        match self {
            BackendName::Flex => Ok(Backend::Flex),
            #[cfg(feature = "ndarray")]
            BackendName::Ndarray => Ok(Backend::Ndarray),
            #[cfg(not(feature = "ndarray"))]
            BackendName::Ndarray => {
                bail!("this build has no ndarray; build with `cargo build --features ndarray`")
            }
        }
    }
}

#[derive(Serialize)]
pub(super) struct Trained {
    file: PathBuf,
    data: String,
    seconds: f64,
    input_counts: Vec<InputCount>,
    epochs: Vec<EpochReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    budget: Vec<cost::Line>,
    evaluation: Option<Evaluation>,
}

/// Trains and exports.
pub fn run(args: &TrainArgs, shared: &Shared) -> Result<()> {
    up_to(MOST_EPOCHS, "--epochs", args.epochs)?;
    at_least_one("--limit", args.limit)?;
    up_to(MOST_SEEDS, "--seeds", args.seeds)?;
    let interrupt = Interrupt::watch()?;
    if args.seeds.is_some() || args.model == "all" {
        require_for_all(args)?;
        return several(args, &interrupt, shared);
    }
    let (mut text, origin) = description(&args.model)?;
    let mut out = model_path(&args.model);
    if let Some(speaker) = &args.leave_out {
        text = scoreboard::without(&text, speaker);
        let stem = out.file_stem().unwrap_or_default().to_string_lossy();
        // A name that is no speaker's is refused before anything is written.
        out.set_file_name(format!("{stem}-without-{speaker}.till"));
    }
    let job = Job {
        text,
        origin,
        seed: args.seed,
        out: args.out.clone().unwrap_or(out),
        evaluate: !args.no_evaluation,
    };
    let trained = one(&job, args, &interrupt, shared)?;
    match shared.json {
        true => output::json(&trained),
        false => trained.evaluation.iter().try_for_each(evaluate::print),
    }
}

/// One training.
pub(super) struct Job {
    pub text: String,
    pub origin: String,
    pub seed: Option<u64>,
    pub out: PathBuf,
    pub evaluate: bool,
}

/// What was found fit to be trained.
pub(super) struct Ready {
    prepared: Prepared,
    budget: Budget,
    counted: Option<u64>,
    checkpoint: PathBuf,
}

/// All that can be refused before training.
pub(super) fn ready(job: &Job, args: &TrainArgs, shared: &Shared) -> Result<Ready> {
    let Job { text, origin, .. } = job;
    args.backend.backend()?;
    let mut prepared = Prepared::new(text, origin, shared.source())?;
    shorten(&mut prepared, args.epochs, job.seed);
    prepared
        .require_exportable(&args.aim())
        .with_context(|| origin.clone())?;
    let budget = args.budget.unwrap_or_default().or(prepared.spec.budget);
    let counted = budget::require(&prepared, origin, &budget, &args.aim(), shared)?;
    let checkpoint = place(job, args, &prepared.source)?;
    Ok(Ready {
        prepared,
        budget,
        counted,
        checkpoint,
    })
}

/// Sees to it that the files of a training can be written; answers where its checkpoint lies.
pub(super) fn place(job: &Job, args: &TrainArgs, source: &Source) -> Result<PathBuf> {
    prepare_output(&job.out, &made_from(&job.origin), source, args.force)?;
    let checkpoint = checkpoint_path(&job.out);
    files::writable(&checkpoint)?;
    ensure!(
        !checkpoint.exists() || learn::is_checkpoint(&checkpoint),
        "{}: is there and no checkpoint of a training, which would be kept in its place; move it, or name another file with --out",
        checkpoint.display()
    );
    Ok(checkpoint)
}

/// Trains, exports, evaluates.
pub(super) fn one(
    job: &Job,
    args: &TrainArgs,
    interrupt: &Interrupt,
    shared: &Shared,
) -> Result<Trained> {
    let started = std::time::Instant::now();
    let (origin, out) = (&job.origin, job.out.clone());
    let Ready {
        prepared,
        budget,
        counted,
        checkpoint,
    } = ready(job, args, shared)?;
    tell_checkpoint(&checkpoint, args.resume, shared);
    let options = TrainOptions {
        backend: args.backend.backend()?,
        threads: Threads::default(),
        checkpoint: Some(checkpoint.clone()),
        resume: args.resume,
        stop: Arc::clone(&interrupt.stop),
    };
    note(
        shared,
        format_args!("{}: training on {}", prepared.spec.name, prepared.source),
    );
    let (file, outcome) = interrupt.cleanly(|| {
        let outcome = train_file(&prepared, (origin, &out), args.limit, &options, shared)?;
        let trained = &outcome.trained_file.trained;
        let file = prepared.export(trained, args.model_version, &args.aim())?;
        write(&out, &file, &outcome.trained_file)?;
        // The checkpoint has served; it would only invite a wrong resume.
        let _ = std::fs::remove_file(files::place(&checkpoint));
        Ok((file, outcome))
    })?;
    let seconds = started.elapsed().as_secs_f64();
    note(
        shared,
        format_args!(
            "wrote {} ({} bytes) after {seconds:.0} s",
            out.display(),
            grouped(file.len())
        ),
    );
    let budget = budget::lines(&file, counted, &budget)?;
    budget::print(&budget, shared)?;
    let scope = Scope::all(&prepared);
    let figures = || {
        evaluate::figures(
            &prepared,
            Some(&outcome.trained_file.trained),
            &file,
            &scope,
            shared,
        )
    };
    Ok(Trained {
        file: out,
        data: prepared.data_words(),
        seconds,
        input_counts: outcome.counts,
        epochs: outcome.epochs,
        budget,
        evaluation: job.evaluate.then(figures).transpose()?,
    })
}

/// Replaces the description's epochs and seed. Fewer epochs keep at least one with fake quantisation.
pub fn shorten(prepared: &mut Prepared, epochs: Option<usize>, seed: Option<u64>) {
    let train = &mut prepared.spec.train;
    if let Some(epochs) = epochs {
        train.epochs = epochs;
        train.qat_epochs = train.qat_epochs.min(epochs.div_ceil(2));
    }
    train.seed = seed.unwrap_or(train.seed);
}

/// What training gave, and how it went.
pub struct Outcome {
    /// What is kept beside the model file.
    pub trained_file: TrainedFile,
    /// How many inputs of the training samples are empty or too long.
    pub counts: Vec<InputCount>,
    /// All epochs.
    pub epochs: Vec<EpochReport>,
}

/// Trains a prepared model of a description for a model file.
pub fn train_file(
    prepared: &Prepared,
    (origin, out): (&str, &Path),
    limit: Option<usize>,
    options: &TrainOptions,
    shared: &Shared,
) -> Result<Outcome> {
    let samples = prepared.training_set(limit)?;
    let counts = samples.plain().counts(&prepared.spec, &prepared.frontends);
    counts
        .iter()
        .filter_map(InputCount::line)
        .for_each(|line| note(shared, line));
    InputCount::require_most(&counts).with_context(|| origin.to_owned())?;
    learn::require_enough(samples.plain(), &prepared.spec.train)?;
    require_shown(prepared, samples.plain(), limit, shared).with_context(|| origin.to_owned())?;
    unseen_classes::missing(prepared, samples.plain())
        .iter()
        .for_each(|line| note(shared, format_args!("warning: {line}")));
    let mut progress = Training::new(shared);
    let (mut trained, report) = learn::train(
        &prepared.graph,
        &prepared.spec,
        &samples,
        options,
        &mut progress,
    )?;
    if report.end == End::Stopped {
        bail!("stopped before the end; the same command with `--resume` goes on from here");
    }
    drop(progress);
    let samples = Samples {
        numbers: &prepared.training_numbers(limit),
        features: samples.plain(),
    };
    let calibration = calibrate(prepared, samples, &mut trained, options.backend)?;
    tell_calibration(&calibration, shared);
    let made_from = made_beside(out, &made_from(origin));
    let heads = prepared.graph.heads.iter();
    let classes = heads.map(|head| head.classes.join("\n"));
    let trained_file = TrainedFile {
        text: prepared.text.clone(),
        // Where somebody's folders are is nobody's business who is given the file.
        origin: match Path::new(origin).is_absolute() {
            true => made_from.clone(),
            false => origin.to_owned(),
        },
        made_from,
        data: prepared.trained_on(),
        course: Course {
            seed: prepared.spec.train.seed,
            epochs: prepared.spec.train.epochs as u64,
            limit: limit.map(|limit| limit as u64),
        },
        frontends: prepared.frontends.clone(),
        classes: classes.collect(),
        trained,
        curve: curve(&report.epochs),
    };
    Ok(Outcome {
        trained_file,
        counts,
        epochs: report.epochs,
    })
}

/// Refuses stated rates that no training can show, where the samples are those that the model is made for. Generated ones stand in
/// for them, and a limit is for trying out: there it is a warning.
fn require_shown(
    prepared: &Prepared,
    samples: &FeatureSet,
    limit: Option<usize>,
    shared: &Shared,
) -> Result<()> {
    let settings = &prepared.spec.train;
    ensure!(
        limit.is_some() || settings.holdout == 0.0 || !held_out(samples, settings).is_empty(),
        "train.holdout: {} of {} training samples holds none out; hold out more, or set it to 0",
        settings.holdout,
        grouped(samples.len())
    );
    let unshown = unshown(prepared, samples);
    if limit.is_none() && !prepared.source.is_synthetic() {
        let heads = unshown.iter().map(|head| {
            let (words, mend) = (head.words(), head.mend());
            format!("heads.{}.defer_error: {words}; {mend}", head.head)
        });
        let heads: Vec<_> = heads.collect();
        ensure!(heads.is_empty(), "{}", heads.join("; "));
    }
    tell_unshown(&unshown, shared);
    Ok(())
}

/// Says what is done about the checkpoint of an interrupted training.
fn tell_checkpoint(path: &Path, resume: bool, shared: &Shared) {
    match (resume, path.exists()) {
        (true, false) => note(
            shared,
            format_args!(
                "{}: not there, so there is nothing to go on with; training from the start",
                path.display()
            ),
        ),
        (false, true) => note(
            shared,
            format_args!(
                "{}: of an interrupted training, which `--resume` goes on with; replaced after the first epoch, or as this one is stopped",
                path.display()
            ),
        ),
        _ => {}
    }
}
