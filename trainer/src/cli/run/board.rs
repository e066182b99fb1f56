//! The same samples on emulated boards.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tillsense_compiler::run::Scores;
use tillsense_compiler::run::sample::Sample;
use tillsense_core::engine::Model;
use tillsense_core::model::records::Answer;
use tillsense_device::boards::Machine;
use tillsense_device::compare;
use tillsense_device::terminal::Terminal;
use tillsense_device::toolchain;

use super::super::Shared;
use super::super::emulate::{board, require_packing, require_room};
use super::super::progress::note;

/// What a board makes of a sample.
#[derive(Clone, Debug, Serialize)]
pub struct OnBoard {
    /// The board.
    pub board: &'static str,
    /// Its processor.
    pub processor: &'static str,
    /// Whether every byte of its scores equals this machine's.
    pub identical: bool,
    /// Instructions from the first input to the verdicts.
    pub instructions: u64,
}

/// A board that has booted with the model.
pub struct Booted {
    machine: &'static Machine,
    terminal: Terminal,
}

/// Boots the boards of these names with a model file; refuses those that cannot hold it before anything is built.
pub fn boot(
    names: &[String],
    model: &Model<'_>,
    path: &Path,
    shared: &Shared,
) -> Result<Vec<Booted>> {
    let machines: Vec<_> = names
        .iter()
        .map(|name| board(name))
        .collect::<Result<_>>()?;
    if machines.is_empty() {
        return Ok(Vec::new());
    }
    let is_tensor = |answer: &Answer<'_>| matches!(answer, Answer::Tensor { .. });
    if let Some(head) = model.heads().find(|head| is_tensor(&head.answer)) {
        anyhow::bail!(
            "--board: head `{}` answers with a tensor, and terminals send verdicts only; run it without --board",
            head.name
        );
    }
    for machine in &machines {
        require_packing(machine, model, path)
            .and_then(|()| require_room(machine, model))
            .with_context(|| path.display().to_string())?;
    }
    toolchain::ensure(&toolchain::for_machines(&machines))?;
    let boot = |machine: &'static Machine| {
        let image = toolchain::build_firmware(machine, "terminal")?;
        note(shared, format_args!("booting {} in QEMU", machine.id));
        let mut terminal = Terminal::boot_image(machine, &image, path)?;
        terminal.require_model()?;
        Ok(Booted { machine, terminal })
    };
    machines.into_iter().map(boot).collect()
}

impl Booted {
    /// Runs a sample, and compares its scores with those of this machine.
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

/// Fails where a board's scores differ from this machine's.
pub fn require_identical<'a>(all: impl Iterator<Item = &'a OnBoard>) -> Result<()> {
    for on_board in all {
        ensure!(
            on_board.identical,
            "{}: its scores differ from those of this machine",
            on_board.board
        );
    }
    Ok(())
}
