//! Cycles that processors would take, modelled from the instructions that QEMU executed.
//!
//! QEMU logs every instruction between the start of a measurement and its end (`log`); each is decoded (`thumb`, `riscv`) and
//! given to models of processors (`cores`), and its fetch to a model of the flash (`fetch`). That the log is complete is
//! checked: it must hold as many instructions as the board counted itself, but for the few of the counter's own calls.
//! The log is read while it is written, and not kept.
//!
//! # Sources
//!
//! - Cortex-M4 (`cores::m4`): Arm, "Cortex-M4 Processor Technical Reference Manual" r0p1, 3.3.1 "Cortex-M4 instructions" and 3.3.2
//!   "Load/store timings", with memory that needs no wait states. Of ranges: a taken branch fills the pipeline in 2 cycles
//!   (1 to 3), a division takes 12 (2 to 12), MRS, MSR and CPS take 2 (1 or 2). A store to a constant offset takes one
//!   cycle: its write goes through the buffer.
//! - Cortex-M7 (`cores::m7`): Arm publishes no such table. The units, latencies and pairs that may begin together are those of LLVM's
//!   scheduling model (`llvm/lib/Target/ARM/ARMScheduleM7.td`): two instructions a cycle, in order; one store, one
//!   product, one shifted operand, one branch and one operation on parts of a register in each cycle, the last only as
//!   the first of the two; an operand of an address or a shift is needed a cycle early, one that is stored or added to a
//!   product a cycle late. Ours: LDM, STM, LDRD and STRD move two words a cycle, alone; branches are foretold by a
//!   counter of two bits each; a branch that is taken as foretold ends its cycle, one that is not costs 4 cycles more.
//! - Cortex-M0, M0+, M3, M33, M55, SiFive E31, Hazard3 and ESP32-C3: each module names its own. Manuals have tables of the first
//!   three and of Hazard3, and the latencies of the E31; the others are put together from less.
//!
//! # Limits
//!
//! No model knows unaligned access, banks of memory that collide, or full write buffers; the Cortex-M's none of caches of data.
//! The log shows addresses of instructions but none of data: what loads of weights and literals wait for is bounded elsewhere
//! (`timing`), not modelled. The log does not show whether an instruction under IT was executed: each counts as if
//! it was. So these are figures to compare by, not promises; `docs/PERFORMANCE.md` says how far each was from silicon. What
//! is exact is the number of instructions.

mod cores;
mod fetch;
mod instruction;
mod isa;
mod log;
mod riscv;
mod symbols;
mod thumb;
mod watch;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tillsense_board::{CycleModel, Timing};

use crate::boards::Machine;
use crate::qemu::{Finished, run_logged};
use isa::Isa;
use symbols::Symbols;
pub use watch::Measured;
use watch::Watch;

/// Limit of instructions that the board counts around those of a trial: the call, and the counter's return.
const AROUND: u64 = 16;

/// The pipeline of a board; the error says what to do where it has none.
pub fn model_of(machine: &Machine) -> Result<CycleModel> {
    machine.board.cycle_model().with_context(|| {
        format!(
            "{}: no cycles are modelled, as there are several pipelines of its core; name one in the board's file, \
             such as `model = \"e31\"` under [timing]",
            machine.id
        )
    })
}

/// Runs an image that measures trials. Returns its output, and the instructions and the cycles of these models for each trial.
pub fn run_trials(
    machine: &'static Machine,
    image: &Path,
    slot: &Path,
    models: &[CycleModel],
    limit: Duration,
) -> Result<(Finished, Vec<Measured>)> {
    let symbols = Symbols::read(image)?;
    let watch = Watch::new(
        Isa::of(machine.board.core.cpu),
        symbols.trials()?,
        models,
        None,
    );
    run(machine, image, slot, &symbols, watch, limit)
}

/// Runs an image that measures a model, whose first model of a pipeline waits for a flash where one is given. Returns its
/// output and the figures of each run of a part of the session.
pub fn run_model(
    machine: &'static Machine,
    image: &Path,
    slot: &Path,
    model: CycleModel,
    flash: Option<(&Timing, u32)>,
    limit: Duration,
) -> Result<(Finished, Vec<Measured>)> {
    let symbols = Symbols::read(image)?;
    let fetch = flash.and_then(|(timing, hertz)| fetch::Fetch::new(timing, hertz));
    let isa = Isa::of(machine.board.core.cpu);
    let watch = Watch::new(isa, symbols.parts()?, &[model], fetch);
    run(machine, image, slot, &symbols, watch, limit)
}

fn run(
    machine: &'static Machine,
    image: &Path,
    slot: &Path,
    symbols: &Symbols,
    watch: Watch,
    limit: Duration,
) -> Result<(Finished, Vec<Measured>)> {
    let options = ["-d", "in_asm,exec,nochain", "-dfilter", &symbols.filter];
    let watch = watch.without(symbols.handler.clone());
    let (finished, measured) = run_logged(machine, image, Some(slot), &options, limit, |log| {
        watch.read(log)
    })?;
    Ok((finished, measured?))
}

/// Checks that the log holds as many instructions as the board counted. All trials are called in the same way.
pub fn check(counted: &[u64], logged: &[Measured]) -> Result<()> {
    ensure!(
        counted.len() == logged.len(),
        "the log holds {} of {} layers",
        logged.len(),
        counted.len()
    );
    let mut around = counted.iter().zip(logged).map(|(counted, logged)| {
        let logged = logged.instructions;
        let around = counted.checked_sub(logged).filter(|&more| more <= AROUND);
        around.with_context(|| format!("{logged} instructions are logged and {counted} counted"))
    });
    let first = around.next().transpose()?;
    for this in around {
        let this = this?;
        ensure!(
            Some(this) == first,
            "{this} instructions more are counted than logged, and {first:?} before"
        );
    }
    Ok(())
}

/// Checks that the log holds as many instructions as the board counted of a model whose parts ran this often. The same few of
/// the counter's own calls are logged with each run and not counted.
pub fn check_model(counted: u64, runs: u64, logged: &[Measured]) -> Result<()> {
    ensure!(
        logged.len() as u64 == runs,
        "the log holds {} of {runs} runs of a part",
        logged.len()
    );
    let all: u64 = logged.iter().map(|part| part.instructions).sum();
    let around = all.checked_sub(counted);
    ensure!(
        around.is_some_and(|more| more.is_multiple_of(runs) && more / runs <= AROUND),
        "{all} instructions are logged in {runs} runs and {counted} counted"
    );
    Ok(())
}

#[cfg(test)]
mod tests;
