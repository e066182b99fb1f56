//! The command `tillsense export`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Args;
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::target::{ExportOptions, FLASH_GROWTH, Target};
use tillsense_compiler::trained::{TrainedFile, made_beside, trained_path};
use tillsense_compiler::words::grouped;
use tillsense_compiler::{files, run};

use super::{Shared, output};
use crate::project::{self, prepare_output, write};

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// The model file, with what training left beside it (NAME.trained)
    model: PathBuf,
    /// The processor whose kernels read the weights
    #[arg(long, value_enum, value_name = "TARGET")]
    target: Target,
    /// The model file to write [default: NAME-TARGET.till beside the model]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over a file that is there and no model of the same description
    #[arg(long)]
    force: bool,
    /// By how many percent faster algorithms may let a packed file grow
    #[arg(long, default_value_t = FLASH_GROWTH, value_name = "PCT")]
    flash_growth: u16,
}

const EXAMPLES: &str = "Examples:
  tillsense export models/digits.till --target cortex-m4      writes models/digits-cortex-m4.till
  tillsense export models/digits.till --target m7 --flash-growth 0 -o small.till
  tillsense export models/digits-cortex-m4.till --target rv32imc

It needs no data, only what training left beside the model, and makes the same model: every score byte stays what it was.";

#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    target: &'static str,
    flash_growth: u16,
    file_bytes: usize,
    arena_bytes: usize,
}

/// Exports a trained model anew, for a target.
pub fn run(args: &ExportArgs, shared: &Shared) -> Result<()> {
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| beside(&args.model, args.target));
    require_other(&args.model, &out)?;
    let file = project::read(&args.model)?;
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let (shown, beside) = (args.model.display(), trained_path(&args.model));
    let trained_file = TrainedFile::read(&args.model, &model.digest())?;
    let mut trained_file = trained_file.ok_or_else(|| {
        anyhow!(
            "{shown}: {} is not there (`tillsense train` writes it), so there are no numbers to export",
            beside.display()
        )
    })?;
    ensure!(
        trained_file.makes(&file),
        "{shown}: {} does not make this very file again, so it was changed or another version of tillsense wrote it; train again, or export with that version",
        beside.display()
    );
    let made_from = trained_file.description(&args.model);
    prepare_output(&out, &made_from, &shared.source(), args.force)?;
    trained_file.made_from = made_beside(&out, &made_from);
    let aim = ExportOptions {
        target: args.target,
        flash_growth: args.flash_growth,
    };
    let made = trained_file.export(model.header().model_version, &aim)?;
    write(&out, &made, &trained_file)?;
    let aligned = Aligned::from(made.as_slice());
    let model = run::load(&aligned).with_context(|| out.display().to_string())?;
    let exported = Exported {
        target: aim.target.name(),
        flash_growth: model.flash_growth(),
        file_bytes: made.len(),
        arena_bytes: model.header().arena_len as usize,
        file: out,
    };
    if shared.json {
        return output::json(&exported);
    }
    output::line(format_args!(
        "wrote {} for {}: {} bytes of model, {} bytes of arena",
        exported.file.display(),
        exported.target,
        grouped(exported.file_bytes),
        grouped(exported.arena_bytes)
    ))
}

/// Refuses to write over the model that is read, or over the files beside it.
fn require_other(model: &Path, out: &Path) -> Result<()> {
    ensure!(
        !files::same(model, out),
        "{}: is the model that is to be exported; name another file with --out",
        out.display()
    );
    let beside = trained_path(out);
    ensure!(
        !files::same(&trained_path(model), &beside),
        "{}: belongs to {}; name a file with another stem with --out",
        beside.display(),
        model.display()
    );
    Ok(())
}

/// The path `NAME-TARGET.till` beside the model; where the name already ends in another target, this one replaces it.
fn beside(model: &Path, target: Target) -> PathBuf {
    let stem = model.file_stem().unwrap_or_default().to_string_lossy();
    let others = Target::ALL.map(|other| format!("-{other}"));
    let name = others.iter().find_map(|other| stem.strip_suffix(other));
    model.with_file_name(format!("{}-{target}.till", name.unwrap_or(&stem)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_for_another_target_lies_beside() {
        let beside = |name: &str| beside(Path::new(name), Target::CortexM33);
        let wanted = Path::new("a/b.c-cortex-m33.till");
        assert_eq!(beside("a/b.c.till"), wanted);
        assert_eq!(beside("a/b.c-rv32imc.till"), wanted);
        assert_eq!(beside("a/b.c-cortex-m33.till"), wanted);
    }
}
