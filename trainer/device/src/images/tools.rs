//! The tools that write images to boards, and the command lines that each takes.
//!
//! Forms and options are those of probe-rs 0.24 to 0.31, stlink 1.7, dfu-util 0.11, picotool 2, esptool 5 and OpenOCD 0.12.

use std::path::Path;

use serde::Serialize;
use tillsense_board::{DfuUtil, Flashing};

use super::files::{Form, Holds, ImageSet};

/// A tool that writes images to boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// probe-rs, over a debug probe.
    ProbeRs,
    /// st-flash of the stlink tools, over an ST-LINK.
    StFlash,
    /// dfu-util, over USB.
    DfuUtil,
    /// picotool, over USB.
    Picotool,
    /// esptool, over a serial port.
    Esptool,
    /// OpenOCD, over a debug probe.
    Openocd,
}

/// A command line: the program and its arguments.
pub type Words = Vec<String>;

/// How one tool flashes a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The tool.
    pub tool: Tool,
    /// What has to be done before, and what the tool is connected to, for people.
    pub over: &'static str,
    /// Commands that write firmware and model, in order; none where there is no firmware.
    pub all: Vec<Words>,
    /// Commands that write the model alone and leave the firmware as it is.
    pub model: Vec<Words>,
    /// What is left to do after the model alone was written, for people.
    pub after_model: Option<&'static str>,
    /// How the tool is installed, for people.
    pub install: &'static str,
}

impl Tool {
    /// All of them, in the order of preference.
    pub const ALL: [Tool; 6] = [
        Tool::ProbeRs,
        Tool::StFlash,
        Tool::DfuUtil,
        Tool::Picotool,
        Tool::Esptool,
        Tool::Openocd,
    ];

    /// The tool's name, which is its program's.
    pub const fn name(self) -> &'static str {
        match self {
            Tool::ProbeRs => "probe-rs",
            Tool::StFlash => "st-flash",
            Tool::DfuUtil => "dfu-util",
            Tool::Picotool => "picotool",
            Tool::Esptool => "esptool",
            Tool::Openocd => "openocd",
        }
    }

    /// How it is installed.
    pub const fn install(self) -> &'static str {
        match self {
            Tool::ProbeRs => "cargo install probe-rs-tools --locked",
            Tool::StFlash => "sudo apt-get install stlink-tools",
            Tool::DfuUtil => "sudo apt-get install dfu-util",
            Tool::Picotool => "brew install picotool, or github.com/raspberrypi/pico-sdk-tools",
            Tool::Esptool => "pip install esptool",
            Tool::Openocd => "sudo apt-get install openocd",
        }
    }

    /// What it is connected to, and how the board must have been started.
    pub const fn over(self) -> &'static str {
        match self {
            Tool::ProbeRs | Tool::Openocd => "over a debug probe",
            Tool::StFlash => "over an ST-LINK",
            Tool::DfuUtil => "over USB, the board started in its boot loader (BOOT0 high)",
            Tool::Picotool => {
                "over USB, the board started in its boot loader (BOOTSEL held); or copy the .uf2 file to the drive that it shows"
            }
            Tool::Esptool => {
                "over a serial port, places counted from the start of the flash; before version 5 esptool.py and write_flash"
            }
        }
    }

    /// Whether a board's file says how this tool flashes it.
    pub const fn flashes(self, flashing: &Flashing) -> bool {
        match self {
            Tool::ProbeRs => flashing.probe_rs.is_some(),
            Tool::StFlash => flashing.st_flash.is_some(),
            Tool::DfuUtil => flashing.dfu_util.is_some(),
            Tool::Picotool => flashing.picotool.is_some(),
            Tool::Esptool => flashing.esptool.is_some(),
            Tool::Openocd => flashing.openocd.is_some(),
        }
    }

    /// The tools that a board's file names.
    pub fn of(flashing: &Flashing) -> Vec<Tool> {
        let mut tools = Tool::ALL.to_vec();
        tools.retain(|tool| tool.flashes(flashing));
        tools
    }
}

/// How each of a board's tools writes these images, whose files lie in a folder.
pub fn usages(set: &ImageSet, folder: &Path) -> Vec<Usage> {
    let tools = Tool::of(&set.machine().board.flashing);
    let usage = |tool| usage(set, folder, tool);
    tools.into_iter().map(usage).collect()
}

/// How one of a board's tools writes these images; without commands where the board's file does not name it.
pub fn usage(set: &ImageSet, folder: &Path, tool: Tool) -> Usage {
    let line = Line { set, folder };
    let all = match set.contents(Holds::All) {
        Some(_) => line.all(tool),
        None => Vec::new(),
    };
    Usage {
        tool,
        over: tool.over(),
        all,
        model: line.model(tool),
        after_model: matches!(tool, Tool::DfuUtil).then_some("then reset the board"),
        install: tool.install(),
    }
}

/// Command lines about the files of a set in a folder.
struct Line<'a> {
    set: &'a ImageSet,
    folder: &'a Path,
}

impl Line<'_> {
    /// Commands that write firmware and model.
    fn all(&self, tool: Tool) -> Vec<Words> {
        let flashing = &self.set.machine().board.flashing;
        // Where flash that is not there lies between the two, each is written by itself, and the firmware last, as it is then started.
        let flat: &[Holds] = match self.set.is_flat(Holds::All) {
            true => &[Holds::All],
            false => &[Holds::Model, Holds::Firmware],
        };
        let last = flat.len() - 1;
        let each = flat.iter().enumerate();
        match tool {
            Tool::ProbeRs => self.probe_rs(Holds::All),
            Tool::StFlash => each
                .map(|(at, &holds)| self.st_flash(holds, at == last))
                .collect(),
            Tool::DfuUtil => {
                let Some(dfu) = &flashing.dfu_util else {
                    return Vec::new();
                };
                match self.address(Holds::All) == self.address(Holds::Firmware) {
                    true => each
                        .map(|(at, &holds)| self.dfu_util(dfu, holds, at == last))
                        .collect(),
                    // The model lies first, and would be started.
                    false => vec![
                        self.dfu_util(dfu, Holds::Model, false),
                        self.dfu_util(dfu, Holds::Firmware, true),
                    ],
                }
            }
            Tool::Picotool => vec![self.picotool(&["-v", "-x"], Holds::All)],
            Tool::Esptool => self.esptool(&[Holds::Firmware, Holds::Model]),
            Tool::Openocd => self.openocd(Holds::All),
        }
    }

    /// Commands that write the model alone.
    fn model(&self, tool: Tool) -> Vec<Words> {
        let flashing = &self.set.machine().board.flashing;
        match tool {
            Tool::ProbeRs => self.probe_rs(Holds::Model),
            Tool::StFlash => vec![self.st_flash(Holds::Model, true)],
            Tool::DfuUtil => {
                let dfu = flashing.dfu_util.iter();
                dfu.map(|dfu| self.dfu_util(dfu, Holds::Model, false))
                    .collect()
            }
            // A model is no program that `-x` could start.
            Tool::Picotool => vec![
                self.picotool(&["-v"], Holds::Model),
                words(&["picotool", "reboot"]),
            ],
            Tool::Esptool => self.esptool(&[Holds::Model]),
            Tool::Openocd => self.openocd(Holds::Model),
        }
    }

    /// After a download the core stays halted, so that a reset follows.
    fn probe_rs(&self, holds: Holds) -> Vec<Words> {
        let flashing = &self.set.machine().board.flashing;
        let Some(probe_rs) = &flashing.probe_rs else {
            return Vec::new();
        };
        let chip = ["probe-rs", "reset", "--chip", &probe_rs.chip];
        let mut download = words(&["probe-rs", "download", "--chip", &probe_rs.chip]);
        // Of Espressif's parts probe-rs too wants places in the chip, and a form that says that it means them.
        match flashing.esptool {
            Some(_) => {
                download.extend(words(&["--binary-format", "bin", "--base-address"]));
                download.push(self.address(holds));
                download.push(self.file(holds, Form::Bin));
            }
            None => {
                download.extend(words(&["--binary-format", "hex"]));
                download.push(self.file(holds, Form::Hex));
            }
        }
        vec![download, words(&chip)]
    }

    fn st_flash(&self, holds: Holds, reset: bool) -> Words {
        let mut line = words(&["st-flash"]);
        line.extend(reset.then(|| "--reset".to_owned()));
        line.push("write".to_owned());
        line.push(self.file(holds, Form::Bin));
        line.push(self.address(holds));
        line
    }

    /// What is told to leave the boot loader starts at the address that was written, so only firmware may be told.
    fn dfu_util(&self, dfu: &DfuUtil, holds: Holds, leave: bool) -> Words {
        let leave = if leave { ":leave" } else { "" };
        let place = format!("{}{leave}", self.address(holds));
        let alternate = dfu.alternate.to_string();
        let mut line = words(&[
            "dfu-util",
            "-d",
            &dfu.device,
            "-a",
            &alternate,
            "-s",
            &place,
        ]);
        line.push("-D".to_owned());
        line.push(self.file(holds, Form::Bin));
        line
    }

    fn picotool(&self, options: &[&str], holds: Holds) -> Words {
        let mut line = words(&["picotool", "load"]);
        line.extend(words(options));
        line.push(self.file(holds, Form::Uf2));
        line
    }

    /// One command writes several files and leaves what lies between them.
    fn esptool(&self, all: &[Holds]) -> Vec<Words> {
        let flashing = &self.set.machine().board.flashing;
        let Some(esptool) = &flashing.esptool else {
            return Vec::new();
        };
        let mut line = words(&["esptool", "--chip", &esptool.chip, "write-flash"]);
        for &holds in all {
            line.push(self.address(holds));
            line.push(self.file(holds, Form::Bin));
        }
        vec![line]
    }

    fn openocd(&self, holds: Holds) -> Vec<Words> {
        let flashing = &self.set.machine().board.flashing;
        let Some(openocd) = &flashing.openocd else {
            return Vec::new();
        };
        // OpenOCD's words are Tcl's, where braces keep a name as it is.
        let file = self.file(holds, Form::Hex);
        let program = format!("program {{{file}}} verify reset exit");
        vec![words(&["openocd", "-f", &openocd.config, "-c", &program])]
    }

    fn file(&self, holds: Holds, form: Form) -> String {
        let path = self.folder.join(self.set.file_name(holds, form));
        path.display().to_string()
    }

    fn address(&self, holds: Holds) -> String {
        let contents = self.set.contents(holds);
        format!("{:#010x}", contents.map_or(0, |contents| contents.start()))
    }
}

fn words(words: &[&str]) -> Words {
    words.iter().map(|&word| word.to_owned()).collect()
}
