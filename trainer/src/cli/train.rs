//! `tillsense train`.

use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Serialize;

use super::progress::{Training, note, tell_calibration, tell_unshown};
use super::{Shared, at_least_one, budget, evaluate, output, up_to};
use crate::calibrate::{Samples, calibrate, unshown};
use crate::companion::{
    Companion, companion_path, made_beside, made_from, require_own_place, seal,
};
use crate::data::Source;
use crate::evaluate::{Evaluation, Scope};
use crate::features::FeatureSet;
use crate::files;
use crate::intake::InputCount;
use crate::labels;
use crate::needs;
use crate::pipeline::{Prepared, description, model_path};
use crate::say::complain;
use crate::scoreboard::{self, MOST_SEEDS};
use crate::spec::{Budget, MOST_EPOCHS};
use crate::target::{Aim, FLASH_GROWTH, Target};
use crate::train::{self, Backend, Batches, End, EpochReport, TrainOptions, held_out};

/// Arguments of `train`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TrainArgs {
    /// A preset (see `tillsense presets`), `all` of them, or the file of a description, NAME.toml
    model: String,
    /// The model file to write [default: models/NAME.till for the preset NAME or the description NAME.toml, models/NAME-without-SPEAKER.till with --leave-out]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over a file that is there and no model of this description
    #[arg(long)]
    force: bool,
    /// Train what `evaluate --preset NAME --seeds N` reads: N seeds, and with the first one a model for each speaker left out. Files that are there stay
    #[arg(long, value_name = "N", conflicts_with_all = ["out", "seed", "epochs", "limit", "resume"])]
    seeds: Option<usize>,
    /// With --seeds: the folder of the model files [default: models]
    #[arg(long, value_name = "DIR", requires = "seeds")]
    models: Option<PathBuf>,
    /// Of a task with speakers: train on all others, test on this one
    #[arg(long, value_name = "SPEAKER", conflicts_with = "seeds")]
    leave_out: Option<String>,
    /// Instead of the description's number of epochs
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Instead of the description's seed
    #[arg(long)]
    seed: Option<u64>,
    /// Train on this many samples only, spread over all
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Go on where an interrupted training of the same model stopped
    #[arg(long)]
    resume: bool,
    /// Version written to the file, for those who bring models to terminals; a terminal tells it and takes any
    #[arg(long, default_value_t = 1, value_name = "N")]
    model_version: u32,
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
struct Trained {
    file: PathBuf,
    data: String,
    seconds: f64,
    input_counts: Vec<InputCount>,
    epochs: Vec<EpochReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    budget: Vec<needs::Line>,
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
struct Job {
    text: String,
    origin: String,
    seed: Option<u64>,
    out: PathBuf,
    evaluate: bool,
}

/// Refuses what makes sense for one model only.
fn require_for_all(args: &TrainArgs) -> Result<()> {
    let one = [
        ("--out", args.out.is_some()),
        ("--seed", args.seed.is_some()),
        ("--leave-out", args.leave_out.is_some()),
    ];
    match one.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => bail!(
            "{option}: is for one model, and `train {}` makes several; leave it out, or name one preset",
            args.model
        ),
        None => Ok(()),
    }
}

/// Trains the models of the scoreboard that are not there, after all of them were found fit to be trained.
fn several(args: &TrainArgs, interrupt: &Interrupt, shared: &Shared) -> Result<()> {
    let folder = args
        .models
        .clone()
        .unwrap_or_else(|| PathBuf::from("models"));
    let seeds = args.seeds.unwrap_or(1) as u64;
    let presets = scoreboard::chosen(&args.model)?;
    let variants = scoreboard::all_variants(&presets, seeds, &shared.source())?;
    let left_out: Vec<_> = variants
        .iter()
        .filter_map(|variant| variant.left_out.as_deref())
        .collect();
    if !left_out.is_empty() {
        note(
            shared,
            format_args!(
                "one model more for each speaker of {} left out: {}",
                shared.source(),
                left_out.join(", ")
            ),
        );
    }
    let mut jobs: Vec<Job> = Vec::new();
    for variant in variants {
        let out = folder.join(variant.file());
        let there = match out.exists() {
            true => evaluate::read(&out)
                .and_then(|file| Companion::read(&out, &seal(&file)?))
                .or_else(|error| if args.force { Ok(None) } else { Err(error) })?,
            false => None,
        };
        if let Some(companion) = there.filter(|companion| companion.text == variant.text()) {
            require_same_data(&out, &companion, shared)?;
            note(
                shared,
                format_args!(
                    "{}: is there and stays; remove it to train it again",
                    out.display()
                ),
            );
            continue;
        }
        let job = Job {
            text: variant.text(),
            origin: format!("preset {}", variant.preset.name),
            seed: Some(variant.preset.spec()?.train.seed.wrapping_add(variant.seed)),
            out,
            evaluate: false,
        };
        // Models of one description differ in their seeds only, so what was seen of the first need not be looked at again.
        match jobs.last().filter(|last| last.text == job.text) {
            Some(_) => place(&job, args, &shared.source()).map(drop)?,
            None => ready(&job, args, shared).map(drop)?,
        }
        jobs.push(job);
    }
    let mut written = Vec::new();
    for job in &jobs {
        written.push(one(job, args, interrupt, shared)?);
    }
    if shared.json {
        return output::json(&written);
    }
    let (model, folder) = (&args.model, folder.display());
    output::line(format_args!(
        "wrote {} model files. Next: tillsense evaluate --preset {model} --seeds {seeds} --models {folder}",
        written.len()
    ))
}

/// Refuses to let a model stay that was trained on other data than those that the others are to be trained on.
fn require_same_data(out: &Path, companion: &Companion, shared: &Shared) -> Result<()> {
    let prepared = Prepared::new(&companion.text, &companion.origin, shared.source())?;
    let (own, here) = (companion.data, prepared.trained_on());
    ensure!(
        own == here,
        "{}: is there, but trained on {own}, not on {} ({}); remove it, name its data with --data, or another folder with --models",
        out.display(),
        prepared.source,
        here.digest.short()
    );
    Ok(())
}

/// What was found fit to be trained.
struct Ready {
    prepared: Prepared,
    budget: Budget,
    counted: Option<u64>,
    checkpoint: PathBuf,
}

/// All that can be refused before training.
fn ready(job: &Job, args: &TrainArgs, shared: &Shared) -> Result<Ready> {
    let Job { text, origin, .. } = job;
    args.backend.backend()?;
    let mut prepared = Prepared::new(text, origin, shared.source())?;
    shorten(&mut prepared, args.epochs, job.seed);
    needs::require_exportable(&prepared, &args.aim()).with_context(|| origin.clone())?;
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
fn place(job: &Job, args: &TrainArgs, source: &Source) -> Result<PathBuf> {
    prepare_output(&job.out, &made_from(&job.origin), source, args.force)?;
    let checkpoint = checkpoint_path(&job.out);
    files::writable(&checkpoint)?;
    ensure!(
        !checkpoint.exists() || train::is_checkpoint(&checkpoint),
        "{}: is there and no checkpoint of a training, which would be kept in its place; move it, or name another file with --out",
        checkpoint.display()
    );
    Ok(checkpoint)
}

/// Trains, exports, evaluates.
fn one(job: &Job, args: &TrainArgs, interrupt: &Interrupt, shared: &Shared) -> Result<Trained> {
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
        checkpoint: Some(checkpoint.clone()),
        resume: args.resume,
        stop: Arc::clone(&interrupt.stop),
    };
    note(
        shared,
        format_args!("{}: training on {}", prepared.spec.name, prepared.source),
    );
    let (file, course) = interrupt.cleanly(|| {
        let course = train_companion(&prepared, (origin, &out), args.limit, &options, shared)?;
        let trained = &course.companion.trained;
        let file = prepared.export(trained, args.model_version, &args.aim())?;
        write(&out, &file, &course.companion)?;
        // The checkpoint has served; it would only invite a wrong resume.
        let _ = std::fs::remove_file(files::place(&checkpoint));
        Ok((file, course))
    })?;
    let seconds = started.elapsed().as_secs_f64();
    note(
        shared,
        format_args!(
            "wrote {} ({} bytes) after {seconds:.0} s",
            out.display(),
            output::grouped(file.len())
        ),
    );
    let budget = budget::lines(&file, counted, &budget)?;
    budget::print(&budget, shared)?;
    let scope = Scope::all(&prepared);
    let figures = || {
        evaluate::figures(
            &prepared,
            Some(&course.companion.trained),
            &file,
            &scope,
            shared,
        )
    };
    Ok(Trained {
        file: out,
        data: prepared.data_words(),
        seconds,
        input_counts: course.counts,
        epochs: course.epochs,
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
pub struct Course {
    /// What is kept beside the model file.
    pub companion: Companion,
    /// How many inputs of the training samples are empty or too long.
    pub counts: Vec<InputCount>,
    /// All epochs.
    pub epochs: Vec<EpochReport>,
}

/// Trains a prepared model of a description for a model file.
pub fn train_companion(
    prepared: &Prepared,
    (origin, out): (&str, &Path),
    limit: Option<usize>,
    options: &TrainOptions,
    shared: &Shared,
) -> Result<Course> {
    let samples = prepared.training_set(limit)?;
    let counts = samples.plain().counts(&prepared.spec, &prepared.frontends);
    counts
        .iter()
        .filter_map(InputCount::line)
        .for_each(|line| note(shared, line));
    InputCount::require_most(&counts).with_context(|| origin.to_owned())?;
    train::require_enough(samples.plain(), &prepared.spec.train)?;
    require_shown(prepared, samples.plain(), limit, shared).with_context(|| origin.to_owned())?;
    labels::missing(prepared, samples.plain())
        .iter()
        .for_each(|line| note(shared, format_args!("warning: {line}")));
    let mut progress = Training::new(shared);
    let (mut trained, report) = train::train(
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
    let companion = Companion {
        text: prepared.text.clone(),
        // Where somebody's folders are is nobody's business who is given the file.
        origin: match Path::new(origin).is_absolute() {
            true => made_from.clone(),
            false => origin.to_owned(),
        },
        made_from,
        data: prepared.trained_on(),
        trained,
    };
    Ok(Course {
        companion,
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
        output::grouped(samples.len())
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

/// Makes the folder of a model file and sees to it that the file can be written there, before hours are spent on it. A file that is
/// no model of this description stays, unless it is told to go; what the model is made of stays in any case.
pub fn prepare_output(out: &Path, made_from: &str, source: &Source, force: bool) -> Result<()> {
    let ours = ["trained", "checkpoint"];
    let place = files::place(out);
    if let Some(taken) = ours
        .into_iter()
        .find(|&ours| place.extension().is_some_and(|e| e == ours))
    {
        bail!(
            "{}: a file NAME.{taken} is written beside the model; call the model NAME.till",
            out.display()
        );
    }
    ensure!(
        !out.is_dir(),
        "{}: is a folder; name a file, for example {0}/NAME.till",
        out.display()
    );
    if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        ensure!(
            parent.is_dir() || !parent.exists(),
            "{}: is a file, not a folder",
            parent.display()
        );
        std::fs::create_dir_all(parent)
            .with_context(|| format!("{}: the folder cannot be made", parent.display()))?;
    }
    for written in [out, &companion_path(out), &checkpoint_path(out)] {
        require_no_input(written, made_from, source)?;
    }
    files::writable(out)?;
    files::writable(&companion_path(out))?;
    match force {
        true => Ok(()),
        false => require_own_place(out, made_from),
    }
}

/// Refuses to write over the description or a file of the data sets.
fn require_no_input(written: &Path, made_from: &str, source: &Source) -> Result<()> {
    let shown = written.display();
    ensure!(
        !files::same(written, Path::new(made_from)),
        "{shown}: is the description of the model; name another file with --out"
    );
    ensure!(
        !source.holds(written),
        "{shown}: is a file of the data; name another file with --out"
    );
    Ok(())
}

/// Writes a model file and its companion, which names the file that it belongs to.
pub fn write(out: &Path, model: &[u8], companion: &Companion) -> Result<()> {
    let beside = companion.to_bytes(&seal(model)?)?;
    files::write_pair((&companion_path(out), &beside), (out, model))
}

/// Where the checkpoint of a model file lies: beside the file that a link leads to.
fn checkpoint_path(out: &Path) -> PathBuf {
    files::place(out).with_extension("checkpoint")
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

/// What Ctrl-C does: while a model is trained and written it asks for a clean stop, at any other time it ends the command.
pub struct Interrupt {
    /// Set by Ctrl-C while work is done that must not be cut off.
    pub stop: Arc<AtomicBool>,
    /// Whether such work is done.
    pub busy: Arc<AtomicBool>,
}

/// The usual exit code of a command that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

impl Interrupt {
    /// Watches from now on.
    pub fn watch() -> Result<Self> {
        let interrupt = Interrupt {
            stop: Arc::default(),
            busy: Arc::default(),
        };
        let (stop, busy) = (Arc::clone(&interrupt.stop), Arc::clone(&interrupt.busy));
        ctrlc::set_handler(move || {
            if !busy.load(Ordering::SeqCst) || stop.swap(true, Ordering::SeqCst) {
                process::exit(INTERRUPTED);
            }
            complain("\nstopping after this step (Ctrl-C again to stop at once)");
        })
        .context("Ctrl-C cannot be watched")?;
        Ok(interrupt)
    }

    /// Does work that must not be cut off.
    fn cleanly<R>(&self, work: impl FnOnce() -> Result<R>) -> Result<R> {
        self.busy.store(true, Ordering::SeqCst);
        let done = work()?;
        self.busy.store(false, Ordering::SeqCst);
        // Told to stop after the last step: all is written, what follows can be had from other commands.
        ensure!(
            !self.stop.load(Ordering::SeqCst),
            "stopped; the model is written and complete"
        );
        Ok(done)
    }
}
