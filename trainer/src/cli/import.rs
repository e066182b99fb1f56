//! The command `tillsense import`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::import::ends::{Ends, Labels, Normalise, Pictures};
use tillsense_compiler::import::{self, Fate, Imported, What};
use tillsense_compiler::inspect::inspect;
use tillsense_compiler::target::{ExportOptions, FLASH_GROWTH, Target};
use tillsense_compiler::text::brief;
use tillsense_compiler::words::{grouped, meant};
use tillsense_compiler::{files, run};
use tillsense_core::model::records::Answer;
use tillsense_device::boards;

use super::run::example;
use super::{Shared, output};
use crate::project::network_name;

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
    /// Names of the classes of an output of probabilities, one a line; OUTPUT= where there are several (may be given again)
    #[arg(long, value_name = "[OUTPUT=]FILE")]
    labels: Vec<String>,
    /// What an input takes: image:rgb or image:gray (pixels of the input's size), or tensor; INPUT= where there are several (may be
    /// given again) [default: tensor]
    #[arg(long, value_name = "[INPUT=]KIND")]
    frontend: Vec<String>,
    /// What a pixel's value is for the network: 0..1, -1..1, 0..255, or MEAN,DEVIATION for (value - MEAN) / DEVIATION
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    normalise: Option<String>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense import kws.tflite                              writes models/kws.till
  tillsense import kws.tflite -o kws-m4.till --target cortex-m4 --labels words.txt
  tillsense import ic.tflite --frontend image:rgb --normalise 0..255
                                          `tillsense run models/ic.till --image photo.jpg` works then
  tillsense verify models/kws.till --inputs in.npy --expected out.npy

Every stored value is that of TensorFlow Lite's reference kernels. docs/IMPORT.md says which operators there are.";

/// Bytes of the largest file of names of classes.
const MOST_LABELS: u64 = 4 << 20;

#[derive(Serialize)]
struct Told<'a> {
    file: &'a Path,
    target: &'static str,
    network_bytes: usize,
    file_bytes: usize,
    arena_bytes: usize,
    /// Multiply-accumulates that the network's file asks for.
    macs_before: u64,
    /// Those that the model does.
    macs: u64,
    operators: &'a [Fate],
}

/// Imports a network.
pub fn run(args: &ImportArgs, shared: &Shared) -> Result<()> {
    let shown = args.network.display();
    let name = network_name(&args.network);
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| PathBuf::from(format!("models/{name}.till")));
    require_place(&args.network, &out, args.force)?;
    let ends = ends(args)?;
    let bytes = files::read(&args.network, import::MOST_FILE)
        .with_context(|| format!("{shown}: cannot be read"))?;
    let aim = ExportOptions {
        target: args.target,
        flash_growth: args.flash_growth,
    };
    let Imported { file, fates } =
        import::import_with(&bytes, &name, &aim, &ends).with_context(|| shown.to_string())?;
    if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("{}: the folder cannot be made", parent.display()))?;
    }
    files::write(&out, &file)?;
    let inspection = inspect(&file)?;
    let macs = inspection.steps.iter().map(|step| step.macs);
    let told = Told {
        file: &out,
        target: args.target.name(),
        network_bytes: bytes.len(),
        file_bytes: file.len(),
        arena_bytes: inspection.bytes.arena,
        macs_before: fates.iter().map(|fate| fate.macs).sum(),
        macs: macs.sum(),
        operators: &fates,
    };
    if shared.json {
        return output::json(&told);
    }
    table(&fates).print()?;
    output::paragraph(format_args!(
        "wrote {} for {}: {} bytes of model ({} of the network's file), {} bytes of arena, {} MACs ({} before)",
        out.display(),
        told.target,
        grouped(told.file_bytes),
        grouped(told.network_bytes),
        grouped(told.arena_bytes),
        grouped(told.macs),
        grouped(told.macs_before)
    ))?;
    say_next(&file, &out, args)
}

/// What became of each operator.
fn table(fates: &[Fate]) -> output::Table {
    let headings = ["", "operator", "output", "MACs", "became"];
    let mut table = output::table(headings, 2).optional(&["MACs"]);
    table.align_left(4);
    for fate in fates {
        let became = match (fate.fate, fate.into) {
            (What::Unread, _) => "removed: always the same, or read by nobody".to_owned(),
            (What::Kept, _) => format!("kept: {}", fate.became.join(", ")),
            (What::Fused, Some(other)) => format!("fused into {other}"),
            (What::Removed, _) => "removed: nothing to do".to_owned(),
            (What::Left, _) => "left to the caller: the first of the largest values".to_owned(),
            (other, _) => other.word().to_owned(),
        };
        let became = match fate.channels {
            Some([left, of]) => format!("{became}; {} of {} channels", grouped(left), grouped(of)),
            None => became,
        };
        table.add_row([
            fate.number.to_string(),
            fate.name.clone(),
            fate.shape.clone(),
            match fate.macs {
                0 => "-".to_owned(),
                macs => grouped(macs),
            },
            became,
        ]);
    }
    table
}

/// How to try the model, how to pack it, and how to count its instructions.
fn say_next(file: &[u8], out: &Path, args: &ImportArgs) -> Result<()> {
    let aligned = Aligned::from(file);
    let model = run::load(&aligned)?;
    for head in model.heads() {
        if let Answer::Classes { .. } = head.answer {
            let classes = head.scores.len();
            output::line(format_args!(
                "{}: {} classes named",
                brief(head.name),
                grouped(classes)
            ))?;
        }
    }
    output::paragraph(format_args!("try it: {}", example::command(&model, out)))?;
    // Plain weights are for every processor, and slower than those packed for one: instructions are counted of the network, which is
    // imported for the board's processor on the way.
    let mut counted = out;
    if args.target == Target::Generic {
        output::paragraph(format_args!(
            "packed for a processor it is faster: {}",
            packed(args, out)
        ))?;
        if args.network.extension().is_some_and(|end| end == "tflite") {
            counted = &args.network;
        }
    }
    let board = boards::typical(args.target).first().map(|board| board.id);
    output::paragraph(format_args!(
        "its instructions: tillsense bench model {}{}",
        example::quoted(&counted.display().to_string()),
        board.map_or(String::new(), |board| format!(" --board {board}"))
    ))
}

/// The same import for a processor, into a file beside this one.
fn packed(args: &ImportArgs, out: &Path) -> String {
    let target = Target::CortexM4;
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let beside = out.with_file_name(format!("{stem}-{target}.till"));
    let path = |path: &Path| path.display().to_string();
    let mut words = vec![
        "tillsense".to_owned(),
        "import".to_owned(),
        path(&args.network),
    ];
    let said = [("--labels", &args.labels), ("--frontend", &args.frontend)];
    for (option, values) in said {
        words.extend(
            values
                .iter()
                .flat_map(|value| [option.to_owned(), value.clone()]),
        );
    }
    words.extend(
        args.normalise
            .iter()
            .map(|range| format!("--normalise={range}")),
    );
    words.extend([
        "--target".to_owned(),
        target.to_string(),
        "-o".to_owned(),
        path(&beside),
    ]);
    let words: Vec<_> = words.iter().map(|word| example::quoted(word)).collect();
    words.join(" ")
}

/// What is said about the network's ends.
fn ends(args: &ImportArgs) -> Result<Ends> {
    let mut ends = Ends::default();
    for text in &args.labels {
        let (output, path) = named(text);
        let read = files::read_text(Path::new(path), MOST_LABELS);
        let text = read.map_err(|error| anyhow!("--labels {path}: cannot be read: {error}"))?;
        let labels = Labels::parse(output.map(str::to_owned), &text);
        ends.labels
            .push(labels.with_context(|| format!("--labels {path}"))?);
    }
    let normalise = args.normalise.as_deref().map(str::parse::<Normalise>);
    let normalise = normalise.transpose().context("--normalise")?;
    for text in &args.frontend {
        let (input, kind) = named(text);
        let Some(channels) = channels(kind)? else {
            continue;
        };
        let normalise = normalise.with_context(|| {
            format!("--frontend {text}: what a pixel's value is for the network is not known; say it by --normalise 0..1, -1..1, 0..255 or MEAN,DEVIATION")
        })?;
        ends.pictures.push(Pictures {
            input: input.map(str::to_owned),
            channels,
            normalise,
        });
    }
    ensure!(
        normalise.is_none() || !ends.pictures.is_empty(),
        "--normalise: is for inputs that take pictures; name one by --frontend image:rgb or image:gray"
    );
    Ok(ends)
}

/// A name in front of an equals sign, and what stands behind it.
fn named(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, rest)) => (Some(name), rest),
        None => (None, text),
    }
}

/// Values of a pixel of a kind of input; `None` of plain tensors.
fn channels(kind: &str) -> Result<Option<u8>> {
    match kind {
        "tensor" => Ok(None),
        "image:rgb" => Ok(Some(3)),
        "image:gray" | "image:grey" => Ok(Some(1)),
        "audio" | "log-mel" | "text" | "record" | "sequence" => bail!(
            "--frontend {kind}: networks of others were trained on features that only their makers know; compute them in the application and push them as a tensor, without --frontend"
        ),
        other => bail!(
            "--frontend {}: there are image:rgb, image:gray and tensor{}",
            brief(other),
            meant(other, ["image:rgb", "image:gray", "tensor"])
        ),
    }
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
