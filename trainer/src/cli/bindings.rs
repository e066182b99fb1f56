//! The command `tillsense bindings`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::bindings::{Facts, MADE_BY};
use tillsense_compiler::files;
use tillsense_compiler::network::description::parse;
use tillsense_compiler::run::load;
use tillsense_compiler::say::say;
use tillsense_compiler::trained::{TrainedFile, trained_path};
use tillsense_compiler::words::grouped;

use super::{Shared, output};
use crate::project;

/// Arguments of `bindings`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BindingsArgs {
    /// The model file
    model: PathBuf,
    #[command(flatten)]
    language: LanguageArgs,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over a file that is there and that no `tillsense bindings` wrote
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LanguageArgs {
    /// Write Rust: a module for a program with tillsense-core
    #[arg(long)]
    rust: bool,
    /// Write C: a header beside tillsense.h, for C99 and C++11
    #[arg(long)]
    c: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense bindings models/terminal.till --rust -o src/terminal.rs
  tillsense bindings models/terminal.till --c -o terminal.h
  tillsense bindings models/terminal.till --c --json | jq '.features'

A model that is trained again with the same inputs and answers keeps its bindings valid. Units of numbers come from `units` in the
description, by way of what training left beside the model (NAME.trained). docs/FIRMWARE.md shows programs that use bindings.";

/// Bytes in which bindings say what they are.
const BEGINNING: u64 = 8 << 10;

#[derive(Serialize)]
struct Told<'a> {
    file: Option<&'a Path>,
    language: &'static str,
    #[serde(flatten)]
    facts: &'a Facts,
}

/// Writes the bindings of a model file.
pub fn run(args: &BindingsArgs, shared: &Shared) -> Result<()> {
    let file = project::read(&args.model)?;
    let facts = facts(&args.model, &file).with_context(|| args.model.display().to_string())?;
    let name = args.model.file_name().unwrap_or_default().to_string_lossy();
    let (language, text) = match args.language.rust {
        true => ("rust", facts.rust(&name)),
        false => ("c", facts.c(&name)),
    };
    if let Some(out) = &args.out {
        require_place(&args.model, out, args.force)?;
        files::write(out, text.as_bytes())?;
    }
    if shared.json {
        return output::json(&Told {
            file: args.out.as_deref(),
            language,
            facts: &facts,
        });
    }
    let Some(out) = &args.out else {
        return output::lines(text.trim_end());
    };
    output::paragraph(format_args!(
        "wrote {} for {}: {} bytes of arena, parts {}",
        out.display(),
        args.model.display(),
        grouped(facts.arena_bytes),
        facts.features.join(", ")
    ))?;
    if args.language.rust {
        output::paragraph(format_args!(
            "add to the program: cargo add tillsense-core --no-default-features --features {}",
            facts.features.join(",")
        ))?;
    }
    Ok(())
}

/// What bindings say of a model file, with the units that lie beside it.
pub fn facts(path: &Path, file: &[u8]) -> Result<Facts> {
    let mut facts = Facts::read(file)?;
    set_units(&mut facts, path, file);
    Ok(facts)
}

/// Units are for people, so bindings are written without them where what lies beside the model is of no use.
fn set_units(facts: &mut Facts, path: &Path, file: &[u8]) {
    let described = || {
        let aligned = Aligned::from(file);
        let trained = TrainedFile::read(path, &load(&aligned)?.digest())?;
        let spec = trained.map(|trained| parse(&trained.text, &trained.origin));
        anyhow::Ok(spec.transpose()?)
    };
    match described() {
        Ok(Some(spec)) => facts.set_units(&spec),
        Ok(None) => {}
        Err(error) => say(format_args!("without units of numbers: {error:#}")),
    }
}

/// Refuses to write over the model, over what training left beside it, and over what is no bindings.
fn require_place(model: &Path, out: &Path, force: bool) -> Result<()> {
    let shown = out.display();
    for (path, what) in [
        (model, "the model"),
        (&trained_path(model), "what training left beside the model"),
    ] {
        ensure!(
            !files::same(path, out),
            "{shown}: is {what}; name another file with --out"
        );
    }
    ensure!(
        force || !out.is_file() || is_bindings(out),
        "{shown}: is there, and `tillsense bindings` did not write it; name another file with --out, or write over it with --force"
    );
    Ok(())
}

/// Whether a file begins as bindings do, whichever model they are of.
fn is_bindings(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut start));
    read.is_ok() && String::from_utf8_lossy(&start).contains(MADE_BY)
}
