//! `tillsense evaluate`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::{Shared, output, percent};
use crate::aligned::Aligned;
use crate::data;
use crate::evaluate::{Evaluation, Figures, evaluate};
use crate::graph::Trained;
use crate::pipeline::{Companion, Prepared, description};
use crate::score;

/// Arguments of `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// The model file
    model: PathBuf,
    /// Score this many test samples, evenly spaced, instead of all
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// Evaluates a model file.
pub fn run(args: &EvaluateArgs, shared: &Shared) -> Result<()> {
    let (file, prepared, companion) = open(&args.model, shared)?;
    let trained = companion.as_ref().map(|c| &c.trained);
    let evaluation = figures(&prepared, trained, &file, args.limit)?;
    if shared.json {
        return output::json(&evaluation);
    }
    print(&evaluation);
    if companion.is_none() {
        println!("(no float figures: {} is not there)", crate::pipeline::companion_path(&args.model).display());
    }
    Ok(())
}

/// A model file with its data: by its companion where there is one, else by the preset of its name.
pub fn open(path: &Path, shared: &Shared) -> Result<(Vec<u8>, Prepared, Option<Companion>)> {
    let file = read(path)?;
    let companion = Companion::read(path)?;
    let source = data::locate(shared.data.as_deref());
    let prepared = match &companion {
        Some(companion) => Prepared::new(&companion.text, &companion.origin, source)?,
        None => {
            let aligned = Aligned::from(file.as_slice());
            let (text, origin) = description(score::load(&aligned)?.name())?;
            Prepared::new(&text, &origin, source)?
        }
    };
    Ok((file, prepared, companion))
}

/// Reads a model file and checks it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let file = std::fs::read(path).with_context(|| format!("{}: cannot be read; `tillsense train PRESET` writes models", path.display()))?;
    score::load(&Aligned::from(file.as_slice())).with_context(|| path.display().to_string())?;
    Ok(file)
}

/// All figures of a model in memory.
pub fn figures(prepared: &Prepared, trained: Option<&Trained>, model: &[u8], limit: Option<usize>) -> Result<Evaluation> {
    let aligned = Aligned::from(model);
    evaluate(prepared, trained, &score::load(&aligned)?, limit)
}

/// Shows an evaluation as a table.
pub fn print(evaluation: &Evaluation) {
    println!(
        "{} on {} test samples ({}), {} bytes of model, {} bytes of arena",
        evaluation.model,
        evaluation.samples,
        evaluation.data,
        output::grouped(evaluation.file_bytes as u64),
        output::grouped(evaluation.arena_bytes as u64)
    );
    println!("{}", accuracy_table(evaluation));
}

/// Float and fixed-point figures side by side.
pub fn accuracy_table(evaluation: &Evaluation) -> comfy_table::Table {
    let mut table = output::table(["head", "classes", "samples", "majority", "float", "fixed-point", "float AUC", "fixed AUC", "deferred"]);
    let auc = |f: Option<&Figures>| f.and_then(|f| f.auc).map_or(String::from("-"), |a| format!("{a:.4}"));
    for head in &evaluation.heads {
        table.add_row([
            head.head.clone(),
            head.classes.to_string(),
            head.samples.to_string(),
            percent(head.majority),
            head.float.map_or(String::from("-"), |f| percent(f.accuracy)),
            percent(head.fixed.accuracy),
            auc(head.float.as_ref()),
            auc(Some(&head.fixed)),
            percent(head.deferred),
        ]);
    }
    table
}
