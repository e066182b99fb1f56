//! Arguments of `train`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use tillsense_compiler::network::description::Budget;
use tillsense_compiler::target::{ExportOptions, FLASH_GROWTH, Target};

use crate::learn::Backend;
use crate::runs::FOLDER;

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
    pub(super) epochs: Option<usize>,
    /// Instead of the description's seed
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Train on this many samples only, spread over all
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// Go on where an interrupted training of the same model stopped
    #[arg(long)]
    pub(super) resume: bool,
    /// Version written to the file, for those who bring models to terminals; a terminal tells it and takes any
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) model_version: u64,
    /// The processor whose kernels read the weights; `tillsense export` packs for others later, without training
    #[arg(long, value_enum, default_value_t, value_name = "TARGET")]
    pub(super) target: Target,
    /// By how many percent faster algorithms may let a packed file grow
    #[arg(long, default_value_t = FLASH_GROWTH, value_name = "PCT")]
    pub(super) flash_growth: u16,
    /// What the model may take: flash (bytes of file), arena (bytes) and instructions (of one inference with every input at its
    /// longest, counted in QEMU), any of them; k and M stand for 1,000 and 1,000,000, Ki and Mi for 1,024 and 1,048,576. Goes before
    /// the description's `[budget]`
    #[arg(long, value_name = "WHAT=N,...")]
    pub(super) budget: Option<Budget>,
    /// What computes
    #[arg(long, value_enum, default_value_t = BackendName::Flex)]
    pub(super) backend: BackendName,
    /// Do not evaluate on test samples afterwards
    #[arg(long)]
    pub(super) no_evaluation: bool,
    /// The folder in which this training is kept as a run, see `tillsense runs`
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    pub(super) runs: PathBuf,
    /// Keep no run
    #[arg(long, conflicts_with = "runs")]
    pub(super) no_run: bool,
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
runs on every board, but without its fast kernels; one for another target only on boards of its kind, with the same scores.

Each training is kept as a run: runs/NAME/0001 has the description, seed, digests, how it ended and its learning curve, as JSON and as CSV,
and no sample; `tillsense runs` lists and compares them.";

impl TrainArgs {
    pub(super) fn export_options(&self) -> ExportOptions {
        ExportOptions {
            target: self.target,
            flash_growth: self.flash_growth,
        }
    }
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum BackendName {
    /// burn-flex
    Flex,
    /// burn-ndarray, in a build with the feature `ndarray`
    Ndarray,
}

impl BackendName {
    pub(super) fn backend(self) -> Result<Backend> {
        match self {
            BackendName::Flex => Ok(Backend::Flex),
            #[cfg(feature = "ndarray")]
            BackendName::Ndarray => Ok(Backend::Ndarray),
            #[cfg(not(feature = "ndarray"))]
            BackendName::Ndarray => {
                bail!("this build has no ndarray; it is in a build with the feature `ndarray`")
            }
        }
    }
}
