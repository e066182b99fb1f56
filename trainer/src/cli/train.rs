//! `tillsense train`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;

use super::progress::Bar;
use super::{Shared, evaluate, output};
use crate::data;
use crate::export;
use crate::pipeline::{Companion, Prepared, companion_path, description};
use crate::task::Part;
use crate::train::{self, Backend, End, TrainOptions};

/// Arguments of `train`.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// A preset (see `tillsense presets`) or the file of a description, NAME.toml
    model: String,
    /// The model file to write [default: models/NAME.till]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Instead of the description's number of epochs
    #[arg(long)]
    epochs: Option<usize>,
    /// Instead of the description's seed
    #[arg(long)]
    seed: Option<u64>,
    /// Train on this many samples only
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Go on where an interrupted training of the same model stopped
    #[arg(long)]
    resume: bool,
    /// Version written to the file; a terminal refuses older ones than it has run
    #[arg(long, default_value_t = 1)]
    model_version: u32,
    /// What computes
    #[arg(long, value_enum, default_value_t = BackendName::Flex)]
    backend: BackendName,
    /// Do not evaluate on test samples afterwards
    #[arg(long)]
    no_evaluation: bool,
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
            BackendName::Ndarray => bail!("this build has no ndarray; build with `cargo build --features ndarray`"),
        }
    }
}

#[derive(Serialize)]
struct Trained {
    file: PathBuf,
    data: String,
    seconds: f64,
    evaluation: Option<crate::evaluate::Evaluation>,
}

/// Trains and exports.
pub fn run(args: &TrainArgs, shared: &Shared) -> Result<()> {
    let started = std::time::Instant::now();
    let (text, origin) = description(&args.model)?;
    let mut prepared = Prepared::new(&text, &origin, data::locate(shared.data.as_deref()))?;
    shorten(&mut prepared, args.epochs, args.seed)?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("models/{}.till", prepared.spec.name)));
    let options = TrainOptions {
        backend: args.backend.backend()?,
        checkpoint: Some(out.with_extension("checkpoint")),
        resume: args.resume,
        stop: stop_on_ctrl_c()?,
    };
    make_parent(&out)?;
    eprintln!("{}: training on {}", prepared.spec.name, prepared.source);
    let companion = train_companion(&prepared, &origin, args.limit, &options)?;
    let model = prepared.export(&companion.trained, args.model_version)?;
    write(&out, &model, &companion)?;
    // The checkpoint has served; it would only invite a wrong resume.
    let _ = std::fs::remove_file(out.with_extension("checkpoint"));
    let seconds = started.elapsed().as_secs_f64();
    let evaluation = if args.no_evaluation { None } else { Some(evaluate::figures(&prepared, Some(&companion.trained), &model, None)?) };
    if shared.json {
        return output::json(&Trained { file: out, data: prepared.source.to_string(), seconds, evaluation });
    }
    println!("wrote {} ({} bytes) after {seconds:.0} s", out.display(), output::grouped(model.len() as u64));
    evaluation.iter().for_each(evaluate::print);
    Ok(())
}

/// Replaces the description's epochs and seed. Fewer epochs keep at least one with fake quantisation.
pub fn shorten(prepared: &mut Prepared, epochs: Option<usize>, seed: Option<u64>) -> Result<()> {
    let train = &mut prepared.spec.train;
    if let Some(epochs) = epochs {
        if epochs == 0 {
            bail!("--epochs must be at least 1");
        }
        train.epochs = epochs;
        train.qat_epochs = train.qat_epochs.min(epochs.div_ceil(2));
    }
    train.seed = seed.unwrap_or(train.seed);
    Ok(())
}

/// Trains a prepared model.
pub fn train_companion(prepared: &Prepared, origin: &str, limit: Option<usize>, options: &TrainOptions) -> Result<Companion> {
    let features = prepared.features(Part::Train, limit)?;
    let (trained, report) = train::train(&prepared.graph, &prepared.spec, &features, options, &mut Bar::default())?;
    if report.end == End::Stopped {
        bail!("stopped; `--resume` with the same arguments goes on from the last epoch");
    }
    Ok(Companion { text: prepared.text.clone(), origin: origin.to_owned(), trained })
}

/// Writes a model file and its companion.
pub fn write(out: &Path, model: &[u8], companion: &Companion) -> Result<()> {
    export::write_atomically(&companion_path(out), &postcard::to_allocvec(companion)?)?;
    export::write_atomically(out, model)
}

/// Makes the folder of a file.
pub fn make_parent(path: &Path) -> Result<()> {
    let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(parent).with_context(|| format!("{}: the folder cannot be made", parent.display()))
}

fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after this step (again to stop at once)");
    })?;
    Ok(stop)
}
