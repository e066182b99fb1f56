//! The command `tillsense library`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use clap::{Args, ValueEnum};
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::bindings::MADE_BY;
use tillsense_compiler::inspect::parts_of;
use tillsense_compiler::target::{order, packings};
use tillsense_compiler::words::{grouped, meant};
use tillsense_compiler::{files, run};
use tillsense_core::engine::Model;
use tillsense_core::parts::Part;
use tillsense_device::package::{self, Layout, Package, Placed};
use tillsense_device::toolchain::{Library, PROCESSORS, Processor, build_library};

use super::compare::board;
use super::{Shared, bindings, output};
use crate::project;

/// Arguments of `library`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LibraryArgs {
    /// A model file: the library then holds only the parts that this model needs [default: all parts]
    model: Option<PathBuf>,
    /// The processor: cortex-m0, cortex-m3, cortex-m4, cortex-m7, cortex-m33, cortex-m55, rv32imc, or host for this machine
    #[arg(long, value_name = "TARGET", value_parser = processor, required_unless_present = "board", conflicts_with = "board")]
    target: Option<&'static Processor>,
    /// A board, for its processor (see `tillsense boards`)
    #[arg(long, value_name = "BOARD")]
    board: Option<String>,
    /// The build system that the folder is laid out for
    #[arg(long, value_enum, value_name = "LAYOUT", default_value_t)]
    layout: LayoutArg,
    /// The folder to write; it is made where there is none [default: tillsense-TARGET, or tillsense for esp-idf]
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  tillsense library models/digits-cortex-m4.till --target cortex-m4
                                                   writes tillsense-cortex-m4 with libtillsense.a, tillsense.h and CMake files
  tillsense library --board riscv-virt -o third_party/tillsense
                                                   with all parts, for any model
  tillsense library models/digits-cortex-m4.till --target m4 --layout zephyr -o modules/tillsense

What it prints last is what to tell your compiler. See docs/FIRMWARE.md.";

/// The build systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LayoutArg {
    /// libtillsense.a and tillsense.h, with a package for CMake
    #[default]
    Cmake,
    /// a module of Zephyr, with a sample
    Zephyr,
    /// a precompiled library of the Arduino IDE, with an example
    Arduino,
    /// a component of ESP-IDF, with an example
    EspIdf,
}

impl LayoutArg {
    const fn layout(self) -> Layout {
        match self {
            LayoutArg::Cmake => Layout::Cmake,
            LayoutArg::Zephyr => Layout::Zephyr,
            LayoutArg::Arduino => Layout::Arduino,
            LayoutArg::EspIdf => Layout::EspIdf,
        }
    }
}

#[derive(Serialize)]
struct Written {
    folder: PathBuf,
    target: &'static str,
    parts: Vec<&'static str>,
    files: Vec<PathBuf>,
    /// Code and constants of all objects; `None` for this machine.
    code_bytes: Option<u64>,
    /// Static memory of all objects.
    ram_bytes: Option<u64>,
    arena_bytes: Option<u32>,
    compile: String,
    link: String,
}

/// Builds a library and writes it with what a build system needs.
pub fn run(args: &LibraryArgs, shared: &Shared) -> Result<()> {
    let processor = chosen(args)?;
    let layout = args.layout.layout();
    package::require(layout, processor, args.model.is_some())?;
    let file = args.model.as_deref().map(project::read).transpose()?;
    let file = file.map(|bytes| Aligned::from(&*bytes));
    let model = file.as_deref().map(run::load).transpose();
    let model = model.with_context(|| shown(args))?;
    if let Some(model) = &model {
        require_readable(processor, model).with_context(|| shown(args))?;
    }
    let parts = model.as_ref().map_or(Part::ALL.to_vec(), parts_of);
    let bindings = args.model.as_deref().zip(file.as_deref());
    let bindings = bindings.map(|(path, file)| header_of(path, file));
    let bindings = bindings.transpose().with_context(|| shown(args))?;
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| default_folder(args.layout, processor));
    let folder = name(&out)?;
    let placed = |library: &Library| {
        let package = Package {
            processor,
            library,
            parts: &parts,
            model: model.as_ref(),
            bindings: bindings.as_ref(),
            folder: &folder,
        };
        package::files(layout, &package)
    };
    // What stands in the way is told before a minute of building.
    spare(&out, &placed(&Library::default())?)?;
    prepare(&out)?;
    let library = build_library(processor, &parts)?;
    let placed = placed(&library)?;
    write(&out, &placed)?;
    let arena = model.map(|model| model.header().arena_len);
    let written = report(&out, processor, &parts, &placed, &library, arena);
    if shared.json {
        return output::json(&written);
    }
    show(&written, args.layout)
}

fn shown(args: &LibraryArgs) -> String {
    let path = args.model.as_deref().unwrap_or(Path::new(""));
    path.display().to_string()
}

/// The bindings of a model in C, in a header with the name of its file.
fn header_of(path: &Path, file: &[u8]) -> Result<Placed> {
    let facts = bindings::facts(path, file)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let header = PathBuf::from(path.file_stem().unwrap_or_default()).with_extension("h");
    Ok((header, facts.c(&name).into_bytes()))
}

/// The processor of this name, or of a target by another of its names.
fn processor(name: &str) -> Result<&'static Processor> {
    use tillsense_compiler::target::Target;
    let named = |processor: &&Processor| processor.name == name;
    if let Some(found) = PROCESSORS.iter().find(named) {
        return Ok(found);
    }
    let target = Target::from_str(name, false).ok();
    if let Some(found) = target.and_then(Processor::of) {
        return Ok(found);
    }
    let names = PROCESSORS.iter().map(|processor| processor.name);
    let list: Vec<_> = names.clone().collect();
    Err(anyhow!(
        "no library is built for `{name}`; there are {}{}",
        list.join(", "),
        meant(name, names)
    ))
}

fn chosen(args: &LibraryArgs) -> Result<&'static Processor> {
    if let Some(processor) = args.target {
        return Ok(processor);
    }
    let board = board(args.board.as_deref().unwrap_or_default())?;
    Processor::of(board.reads)
        .with_context(|| format!("{}: no library is built for its processor", board.id))
}

/// Refuses a model that the processor's kernels do not read.
fn require_readable(processor: &Processor, model: &Model<'_>) -> Result<()> {
    let Some(target) = processor.reads else {
        return Ok(());
    };
    let native = target.packing();
    match packings(model).find(|&packing| Some(packing) != native) {
        None => Ok(()),
        Some(packing) => Err(anyhow!(
            "its weights are packed for {} ({}), which {target} does not read; `tillsense export` or `tillsense import` with --target {target} writes it for that",
            model.target(),
            order(packing)
        )),
    }
}

fn default_folder(layout: LayoutArg, processor: &Processor) -> PathBuf {
    match layout {
        // Components are called by the name of their folder.
        LayoutArg::EspIdf => PathBuf::from("tillsense"),
        _ => PathBuf::from(format!("tillsense-{}", processor.name)),
    }
}

/// The folder's own name, which files of some build systems state.
fn name(out: &Path) -> Result<String> {
    let whole = std::path::absolute(out)?;
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    let name = name
        .to_str()
        .with_context(|| format!("{}: build systems need a name in UTF-8", out.display()))?;
    Ok(name.to_owned())
}

/// Makes the folder and sees whether it can be written to, before anything is built.
fn prepare(out: &Path) -> Result<()> {
    let named = || format!("{}: cannot be written", out.display());
    ensure!(
        out.is_dir() || !out.exists(),
        "{}: is a file; -o names a folder",
        out.display()
    );
    fs::create_dir_all(out).with_context(named)?;
    tempfile::tempfile_in(out)
        .map_err(files::told)
        .with_context(named)?;
    Ok(())
}

/// Of these, one stands in every text that this command writes: its own, bindings, the library's header.
const SIGNS: [&str; 3] = [
    "Written by `tillsense library`",
    MADE_BY,
    "the package `tillsense-c`",
];

/// Refuses a folder where a file would replace a person's own.
fn spare(out: &Path, placed: &[Placed]) -> Result<()> {
    for (path, bytes) in placed {
        let ours = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            SIGNS.iter().any(|sign| text.contains(sign))
        };
        let path = out.join(path);
        if let Ok(there) = fs::read(&path) {
            ensure!(
                there == *bytes || !ours(bytes) || ours(&there),
                "{}: is not of `tillsense library`; name another folder with -o",
                path.display()
            );
        }
    }
    Ok(())
}

fn write(out: &Path, placed: &[Placed]) -> Result<()> {
    for (path, bytes) in placed {
        let path = out.join(path);
        let folder = path.parent().unwrap_or(out);
        fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot be written", folder.display()))?;
        files::write(&path, bytes)?;
    }
    Ok(())
}

fn report(
    out: &Path,
    processor: &'static Processor,
    parts: &[Part],
    placed: &[Placed],
    library: &Library,
    arena: Option<u32>,
) -> Written {
    let folder = quoted(out);
    let system = match processor.reads {
        Some(_) => "-Wl,--gc-sections",
        None => "-lpthread -ldl -lm",
    };
    let flags = match processor.c_flags {
        "" => String::new(),
        flags => format!("{flags} "),
    };
    Written {
        folder: out.to_owned(),
        target: processor.name,
        parts: parts.iter().map(|part| part.feature()).collect(),
        files: placed.iter().map(|(path, _)| path.clone()).collect(),
        code_bytes: library.sizes.map(|sizes| sizes.flash()),
        ram_bytes: library.sizes.map(|sizes| sizes.ram()),
        arena_bytes: arena,
        compile: format!("{flags}-I{folder}"),
        link: format!("-L{folder} -ltillsense {system}"),
    }
}

fn show(written: &Written, layout: LayoutArg) -> Result<()> {
    let folder = quoted(&written.folder);
    let names: Vec<_> = written
        .files
        .iter()
        .map(|f| f.display().to_string())
        .collect();
    let shown = written.folder.display();
    output::line(format_args!("wrote {shown} for {}", written.target))?;
    output::entry("files", COLUMN, names.join(", "))?;
    output::entry("parts", COLUMN, written.parts.join(", "))?;
    if let (Some(code), Some(ram)) = (written.code_bytes, written.ram_bytes) {
        let (code, ram) = (grouped(code), grouped(ram));
        let text =
            format!("at most {code} bytes of flash and {ram} of RAM, less what you do not call");
        output::entry("takes", COLUMN, text)?;
    }
    if let Some(arena) = written.arena_bytes {
        let text = format!("{} bytes at a multiple of 16", grouped(arena));
        output::entry("arena", COLUMN, text)?;
    }
    let next = match layout {
        LayoutArg::Cmake => {
            output::entry("compile", COLUMN, &written.compile)?;
            output::entry("link", COLUMN, &written.link)?;
            // A folder that is not below the project's wants another one for what is built.
            let below = written.folder.is_relative() && !written.folder.starts_with("..");
            let builds = if below { "" } else { " tillsense" };
            format!(
                "add_subdirectory({folder}{builds}), target_link_libraries(app PRIVATE tillsense::tillsense)"
            )
        }
        LayoutArg::Zephyr => {
            let module = quoted(&std::path::absolute(&written.folder)?);
            format!(
                "west build -b BOARD {folder}/samples/verdict -- -DZEPHYR_EXTRA_MODULES={module}"
            )
        }
        LayoutArg::Arduino => {
            format!("copy {shown} to the sketchbook's folder libraries, open its example verdict")
        }
        LayoutArg::EspIdf => {
            format!("idf.py -C {folder}/examples/verdict set-target esp32c3 build")
        }
    };
    let word = match layout {
        LayoutArg::Cmake => "CMake",
        _ => "next",
    };
    output::entry(word, COLUMN, next)
}

/// A path as a shell and CMake take it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    match text.contains(|c: char| !c.is_alphanumeric() && !"._-+/".contains(c)) {
        true => format!("\"{text}\""),
        false => text,
    }
}

/// Width of the words before the colons.
const COLUMN: usize = 8;
