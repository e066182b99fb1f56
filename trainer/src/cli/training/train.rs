//! The command `tillsense train`.

use anyhow::Result;
use tillsense_compiler::network::description::MOST_EPOCHS;

use super::evaluate;
use super::interrupt::Interrupt;
use super::train_all::{require_for_all, several};
use super::train_args::TrainArgs;
use super::train_one::{Job, one};
use crate::cli::{Shared, at_least_one, output, up_to};
use crate::judge::scoreboard::{self, MOST_SEEDS};
use crate::project::{description, model_path};

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
