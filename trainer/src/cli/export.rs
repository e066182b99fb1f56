//! `tillsense export`.

use std::path::{Path, PathBuf};
use tillsense_compiler::words::grouped;

use anyhow::{Context, Result, anyhow, ensure};
use clap::Args;
use serde::Serialize;

use crate::project::{self, Opened, prepare_output, write};

use super::{Shared, output};
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::files;
use tillsense_compiler::run;
use tillsense_compiler::target::{Aim, FLASH_GROWTH, Target};
use tillsense_compiler::trained::{companion_path, made_beside};

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

It needs the data that the model was trained on, and makes the same model: every score byte stays what it was.";

#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    target: &'static str,
    flash_growth: u16,
    file_bytes: usize,
    arena_bytes: usize,
}

/// Exports a trained model anew.
pub fn run(args: &ExportArgs, shared: &Shared) -> Result<()> {
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| beside(&args.model, args.target));
    require_other(&args.model, &out)?;
    let Opened {
        file,
        prepared,
        companion,
    } = project::open(&args.model, shared.source(), shared.data.is_some())?;
    let (shown, beside) = (args.model.display(), companion_path(&args.model));
    let mut companion = companion.ok_or_else(|| {
        anyhow!(
            "{shown}: {} is not there (`tillsense train` writes it), so there are no numbers to export",
            beside.display()
        )
    })?;
    ensure!(
        prepared.makes(&companion.trained, &file),
        "{shown}: {} and this data do not make this very file (trained on other data, or by another version); name the right data with --data, or train again",
        beside.display()
    );
    let made_from = companion.description(&args.model);
    prepare_output(&out, &made_from, &prepared.source, args.force)?;
    companion.made_from = made_beside(&out, &made_from);
    let aim = Aim {
        target: args.target,
        flash_growth: args.flash_growth,
    };
    let aligned = Aligned::from(file.as_slice());
    let version = run::load(&aligned)?.header().model_version;
    let made = prepared.export(&companion.trained, version, &aim)?;
    write(&out, &made, &companion)?;
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

/// Refuses to write over the model that is read, or over what lies beside it.
fn require_other(model: &Path, out: &Path) -> Result<()> {
    ensure!(
        !files::same(model, out),
        "{}: is the model that is to be exported; name another file with --out",
        out.display()
    );
    let beside = companion_path(out);
    ensure!(
        !files::same(&companion_path(model), &beside),
        "{}: belongs to {}; name a file with another stem with --out",
        beside.display(),
        model.display()
    );
    Ok(())
}

/// `NAME-TARGET.till`; the name of a file for another target loses that one's.
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
