//! The files of firmware and model, in the forms that flash tools take.

use anyhow::Result;
use serde::Serialize;

use super::place::{as_written, is_one_flash, region_as_written};
use super::{Contents, Firmware, hex, uf2};
use crate::boards::Machine;

/// What an image holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// The firmware alone.
    Firmware,
    /// A model alone, at its slot.
    Model,
    /// Both.
    All,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// As the linker made it, with symbols, for debuggers.
    Elf,
    /// Bytes from the first address on; whoever writes them must know it.
    Bin,
    /// Intel HEX.
    Hex,
    /// Blocks for boot loaders that show themselves as a drive.
    Uf2,
}

/// A file to be flashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// What it holds.
    pub holds: Holds,
    /// Its form.
    pub form: Form,
    /// The address at which its first byte is written; for parts that esptool flashes, the place in the chip.
    pub address: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Firmware and model of a board, at the addresses that its flash tools write.
#[derive(Clone, Debug)]
pub struct ImageSet {
    machine: &'static Machine,
    /// The name that all files begin with.
    name: String,
    /// `None` where the model alone is wanted.
    firmware: Option<Firmware>,
    model: Contents,
    both: Option<Contents>,
}

impl ImageSet {
    /// The images of a board with a model file, which is refused where its slot does not hold it, and with this firmware. Files
    /// begin with the name.
    pub fn new(
        machine: &'static Machine,
        name: &str,
        firmware: Option<Firmware>,
        model: &[u8],
    ) -> Result<Self> {
        let board = &machine.board;
        let model = as_written(board, &Contents::at(machine.slot, model)?)?;
        let slot = region_as_written(board, &board.memory.model)?;
        model.require_within(&slot, "the model")?;
        let both = firmware.as_ref().map(|own| own.written.with(&model));
        Ok(ImageSet {
            machine,
            name: name.to_owned(),
            both: both.transpose()?,
            firmware,
            model,
        })
    }

    /// The board.
    pub const fn machine(&self) -> &'static Machine {
        self.machine
    }

    /// The name that all files begin with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The firmware, where the set has one.
    pub const fn firmware(&self) -> Option<&Firmware> {
        self.firmware.as_ref()
    }

    /// What is written of this, where the set has it.
    pub fn contents(&self, holds: Holds) -> Option<&Contents> {
        match holds {
            Holds::Firmware => self.firmware.as_ref().map(|own| &own.written),
            Holds::Model => Some(&self.model),
            Holds::All => self.both.as_ref(),
        }
    }

    /// Whether there is a flat file of this: of both only where they lie in one flash.
    pub fn is_flat(&self, holds: Holds) -> bool {
        let contents = self.contents(holds);
        contents.is_some_and(|contents| is_one_flash(&self.machine.board, contents))
    }

    /// All files: firmware, model and both, in each form that the board's tools take.
    pub fn files(&self) -> Vec<ImageFile> {
        let mut files = Vec::new();
        for holds in Holds::ALL {
            let Some(contents) = self.contents(holds) else {
                continue;
            };
            let mut push = |form, bytes| {
                files.push(ImageFile {
                    holds,
                    form,
                    address: contents.start(),
                    bytes,
                });
            };
            if let (Holds::Firmware, Some(firmware)) = (holds, &self.firmware) {
                push(Form::Elf, firmware.elf.clone());
            }
            if self.is_flat(holds) {
                push(Form::Bin, contents.flat());
            }
            push(Form::Hex, hex(contents).into_bytes());
            if let Some(picotool) = &self.machine.board.flashing.picotool {
                push(Form::Uf2, uf2(contents, picotool.family));
            }
        }
        files
    }

    /// The name of a file: `digits-microbit.model.hex`.
    pub fn file_name(&self, holds: Holds, form: Form) -> String {
        file_name(&self.name, holds, form)
    }
}

/// The name of a file of a set with this name.
pub fn file_name(set: &str, holds: Holds, form: Form) -> String {
    format!("{set}.{}.{}", holds.name(), form.extension())
}

impl Holds {
    /// All of them.
    pub const ALL: [Holds; 3] = [Holds::Firmware, Holds::Model, Holds::All];

    /// Its word in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Holds::Firmware => "firmware",
            Holds::Model => "model",
            Holds::All => "all",
        }
    }
}

impl Form {
    /// All of them.
    pub const ALL: [Form; 4] = [Form::Elf, Form::Bin, Form::Hex, Form::Uf2];

    /// The end of file names.
    pub const fn extension(self) -> &'static str {
        match self {
            Form::Elf => "elf",
            Form::Bin => "bin",
            Form::Hex => "hex",
            Form::Uf2 => "uf2",
        }
    }
}
