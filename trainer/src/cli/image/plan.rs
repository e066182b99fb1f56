//! A model for a board, checked before anything is built.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::inspect::parts_of;
use tillsense_compiler::run::load;
use tillsense_compiler::target::Target;
use tillsense_device::boards::Machine;
use tillsense_device::fit::Room;
use tillsense_device::images::{Choice, Firmware, ImageSet, Map};

use super::super::aim::AimArgs;
use super::super::compare::{board, require_packing};

/// Characters of a model's name that names of files begin with.
const MOST_NAME: usize = 80;

/// What `image` and `flash` are told about a model and a board.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The model file, or a .tflite file
    pub model: PathBuf,
    /// The board (see `tillsense boards`), or a board's .toml file
    #[arg(long, value_name = "BOARD")]
    pub board: String,
    /// What the firmware holds of the engine [default: all, or needed where all of it does not fit the board]
    #[arg(long, value_enum, value_name = "WHICH")]
    parts: Option<PartsArg>,
    #[command(flatten)]
    aim: AimArgs,
}

/// Which parts of the engine a firmware holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PartsArg {
    /// every part: the firmware runs every model
    All,
    /// the parts that this model needs: the smallest firmware
    Needed,
}

/// By what a terminal and its firmware know a model.
#[derive(Debug, Serialize)]
pub struct Sealed {
    /// Its name.
    name: String,
    /// Its version.
    version: u64,
    /// SHA-256 that seals the file, in hexadecimal.
    digest: String,
    /// Length of the file.
    bytes: usize,
}

/// A model that a board can hold.
pub struct Plan {
    /// The board.
    pub machine: &'static Machine,
    /// What the files are called: the model's and the board's name.
    pub name: String,
    choice: Choice,
    file: Aligned,
}

impl Plan {
    /// Reads the model and refuses it where the board cannot run it.
    pub fn new(args: &PlanArgs) -> Result<Self> {
        let machine = board(&args.board)?;
        let source = args.aim.read(&args.model)?;
        let file = Aligned::from(&*source.file(machine.reads)?);
        let model = load(&file).with_context(|| args.model.display().to_string())?;
        require_packing(machine, &model, &source)
            .and_then(|()| Ok(Room::of(machine).require(&model)?))
            .with_context(|| args.model.display().to_string())?;
        Ok(Plan {
            machine,
            name: name(&args.model, machine),
            choice: match args.parts {
                None => Choice::Fitting,
                Some(PartsArg::All) => Choice::All,
                Some(PartsArg::Needed) => Choice::Needed,
            },
            file,
        })
    }

    /// The images of firmware and model, and where they lie; the firmware is built.
    pub fn build(&self) -> Result<(ImageSet, Map)> {
        let model = load(&self.file)?;
        let firmware = Firmware::build(self.machine, self.choice, &parts_of(&model))?;
        let map = Map::of(self.machine, &firmware, &model);
        let set = ImageSet::new(self.machine, &self.name, Some(firmware), &self.file)?;
        Ok((set, map))
    }

    /// By what the board knows the model.
    pub fn sealed(&self) -> Result<Sealed> {
        let model = load(&self.file)?;
        let digest = model.digest();
        Ok(Sealed {
            name: model.name().to_owned(),
            version: model.header().model_version,
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes: self.file.len(),
        })
    }

    /// The images of the model alone.
    pub fn model_alone(&self) -> Result<ImageSet> {
        ImageSet::new(self.machine, &self.name, None, &self.file)
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = (&self.name, self.version);
        write!(f, "{name}, version {version}, SHA-256 {}", self.digest)
    }
}

/// The name of a model's file without its target, and the board's; characters that shells and tools read in their own way are left out.
fn name(model: &Path, machine: &Machine) -> String {
    let stem = model.file_stem().unwrap_or_default().to_string_lossy();
    let targets = Target::ALL.map(|target| format!("-{target}"));
    let cut = targets.iter().find_map(|target| stem.strip_suffix(target));
    let plain = |c: char| match c.is_alphanumeric() || "._-".contains(c) {
        true => c,
        false => '-',
    };
    let name: String = cut.unwrap_or(&stem).chars().map(plain).collect();
    // Tools would take a name that begins with a hyphen for an option; folders have a limit for names.
    let name: String = name
        .trim_start_matches('-')
        .chars()
        .take(MOST_NAME)
        .collect();
    match name.as_str() {
        "" => format!("model-{}", machine.id),
        name => format!("{name}-{}", machine.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_by_model_and_board() {
        let machine = board("microbit").unwrap();
        let name = |model: &str| name(Path::new(model), machine);
        assert_eq!(name("a/digits-cortex-m0.till"), "digits-microbit");
        assert_eq!(name("v1.2.tflite"), "v1.2-microbit");
        assert_eq!(name("./--rf.till"), "rf-microbit");
        assert_eq!(name("-.till"), "model-microbit");
        assert_eq!(name(&"x".repeat(250)).len(), MOST_NAME + 9);
        assert_eq!(name("my {net} 'a'.till"), "my--net---a--microbit");
    }
}
