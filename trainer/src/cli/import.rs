//! The command `tillsense import`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::import::{self, Fate, Imported};
use tillsense_compiler::target::{ExportOptions, FLASH_GROWTH, Target};
use tillsense_compiler::words::grouped;
use tillsense_compiler::{files, run};

use super::{Shared, output};

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// The network: a .tflite file with int8 weights and values
    network: PathBuf,
    /// The model file to write [default: models/NAME.till, for the name of the network's file]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The processor whose kernels read the weights
    #[arg(long, value_enum, value_name = "TARGET", default_value_t = Target::Generic)]
    target: Target,
    /// By how many percent faster algorithms may let a packed file grow
    #[arg(long, default_value_t = FLASH_GROWTH, value_name = "PCT")]
    flash_growth: u16,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense import kws.tflite                              writes models/kws.till
  tillsense import kws.tflite -o kws-m4.till --target cortex-m4
  tillsense verify models/kws.till --inputs in.npy --expected out.npy

Every stored value is that of TensorFlow Lite's reference kernels. docs/IMPORT.md says which operators there are.";

#[derive(Serialize)]
struct Told<'a> {
    file: &'a Path,
    target: &'static str,
    network_bytes: usize,
    file_bytes: usize,
    arena_bytes: usize,
    operators: &'a [Fate],
}

/// Imports a network.
pub fn run(args: &ImportArgs, shared: &Shared) -> Result<()> {
    let shown = args.network.display();
    let stem = args.network.file_stem().unwrap_or_default();
    let name = stem.to_string_lossy().into_owned();
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| PathBuf::from(format!("models/{name}.till")));
    require_place(&args.network, &out, args.force)?;
    let bytes = files::read(&args.network, import::MOST_FILE)
        .with_context(|| format!("{shown}: cannot be read"))?;
    let aim = ExportOptions {
        target: args.target,
        flash_growth: args.flash_growth,
    };
    let Imported { file, fates, .. } =
        import::import(&bytes, &name, &aim).with_context(|| shown.to_string())?;
    if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("{}: the folder cannot be made", parent.display()))?;
    }
    files::write(&out, &file)?;
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let told = Told {
        file: &out,
        target: args.target.name(),
        network_bytes: bytes.len(),
        file_bytes: file.len(),
        arena_bytes: model.header().arena_len as usize,
        operators: &fates,
    };
    if shared.json {
        return output::json(&told);
    }
    let mut table = output::table(["", "operator", "output", "became"], 2);
    for fate in &fates {
        table.add_row([
            fate.number.to_string(),
            fate.name.clone(),
            fate.shape.clone(),
            fate.became.unwrap_or("-").to_owned(),
        ]);
    }
    table.print()?;
    if fates.iter().any(|fate| fate.became.is_none()) {
        output::paragraph("-: its values stay where they are, or another op computes it too")?;
    }
    output::paragraph(format_args!(
        "wrote {} for {}: {} bytes of model ({} of the network's file), {} bytes of arena",
        out.display(),
        told.target,
        grouped(told.file_bytes),
        grouped(told.network_bytes),
        grouped(told.arena_bytes)
    ))
}

/// Refuses to write over the network, or over another file without `--force`.
fn require_place(network: &Path, out: &Path, force: bool) -> Result<()> {
    let shown = out.display();
    ensure!(
        !files::same(network, out),
        "{shown}: is the network that is read; name another file with --out"
    );
    ensure!(
        !out.is_dir(),
        "{shown}: is a folder; name a file with --out"
    );
    ensure!(
        force || !out.exists(),
        "{shown}: is there already; name another file with --out, or write over it with --force"
    );
    // A folder that is not there is made once there is something to write.
    let folder = out.parent().unwrap_or(Path::new(""));
    match folder.as_os_str().is_empty() || folder.exists() {
        true => files::writable(out),
        false => Ok(()),
    }
}
