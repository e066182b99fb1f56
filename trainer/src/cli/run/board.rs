//! The same samples on emulated boards.

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run::sample::Sample;
use tillsense_compiler::run::{self, Scores};
use tillsense_core::engine::Model;
use tillsense_device::boards::Machine;
use tillsense_device::compare;
use tillsense_device::terminal::Terminal;
use tillsense_device::toolchain;

use super::super::Shared;
use super::super::emulate::{board, require_packing, require_room};
use super::super::progress::note;
use crate::project::{ModelSource, OnDisk};

/// What a board makes of a sample.
#[derive(Clone, Debug, Serialize)]
pub struct OnBoard {
    /// The board.
    pub board: &'static str,
    /// Its processor.
    pub processor: &'static str,
    /// Whether every byte of its answers equals this machine's.
    pub identical: bool,
    /// Instructions from the first input to the answers.
    pub instructions: u64,
}

/// A board that has booted with the model.
pub struct Booted {
    machine: &'static Machine,
    terminal: Terminal,
    /// The emulator reads the model file as long as it runs.
    _file: OnDisk,
}

/// A board with the model file that it is to run.
struct Planned {
    machine: &'static Machine,
    file: OnDisk,
}

/// Boots the boards of these names with a model; refuses those that cannot hold it before anything is built.
pub fn boot(names: &[String], source: &ModelSource, shared: &Shared) -> Result<Vec<Booted>> {
    let plan = |name: &String| {
        let machine = board(name)?;
        let file = source.file(machine.reads)?;
        require_fit(machine, source, &file)?;
        let file = source.on_disk(&file)?;
        Ok(Planned { machine, file })
    };
    let planned = names.iter().map(plan).collect::<Result<Vec<_>>>()?;
    if planned.is_empty() {
        return Ok(Vec::new());
    }
    let machines: Vec<_> = planned.iter().map(|planned| planned.machine).collect();
    toolchain::ensure(&toolchain::for_machines(&machines))?;
    let boot = |Planned { machine, file }: Planned| {
        let image = toolchain::build_firmware(machine, "terminal")?;
        note(shared, format_args!("booting {} in QEMU", machine.id));
        let mut terminal = Terminal::boot_image(machine, &image, file.path())?;
        terminal.require_model()?;
        Ok(Booted {
            machine,
            terminal,
            _file: file,
        })
    };
    planned.into_iter().map(boot).collect()
}

/// Refuses a model file that a board cannot run.
pub fn require_fit(machine: &Machine, source: &ModelSource, file: &[u8]) -> Result<()> {
    let aligned = Aligned::from(file);
    let model = run::load(&aligned)?;
    require_packing(machine, &model, source)
        .and_then(|()| require_room(machine, &model))
        .with_context(|| source.path().display().to_string())
}

impl Booted {
    /// The name of the board.
    pub const fn id(&self) -> &'static str {
        self.machine.id
    }

    /// What the board answers to a sample.
    pub fn answer(
        &mut self,
        model: &Model<'_>,
        sample: &Sample<'_>,
        order: &[usize],
    ) -> Result<Scores> {
        let answer = compare::run(&mut self.terminal, model, sample, order);
        Ok(answer.with_context(|| self.machine.id)?.scores)
    }

    /// Runs a sample, and compares its answers with those of this machine.
    pub fn run(
        &mut self,
        model: &Model<'_>,
        sample: &Sample<'_>,
        order: &[usize],
        here: &Scores,
    ) -> Result<OnBoard> {
        let answer = compare::run(&mut self.terminal, model, sample, order)
            .with_context(|| self.machine.id)?;
        Ok(OnBoard {
            board: self.machine.id,
            processor: self.machine.processor,
            identical: answer.scores == *here,
            instructions: answer.instructions,
        })
    }
}

/// Fails where a board's answers differ from this machine's.
pub fn require_identical<'a>(all: impl Iterator<Item = &'a OnBoard>) -> Result<()> {
    for on_board in all {
        ensure!(
            on_board.identical,
            "{}: its answers differ from those of this machine",
            on_board.board
        );
    }
    Ok(())
}
