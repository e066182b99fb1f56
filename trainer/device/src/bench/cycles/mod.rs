//! Cycles that a Cortex-M4 and a Cortex-M7 would take, modelled from the instructions that QEMU executed.
//!
//! QEMU logs every instruction between a trial's start and its end (`log`); each is decoded (`decode`) and given to a model
//! of each core. That the log is complete is checked: it must hold as many instructions as the board counted itself, but
//! for the few of the counter's own calls.
//!
//! # Sources
//!
//! - Cortex-M4 (`m4`): Arm, "Cortex-M4 Processor Technical Reference Manual" r0p1, 3.3.1 "Cortex-M4 instructions" and 3.3.2
//!   "Load/store timings", with memory that needs no wait states. Of ranges: a taken branch fills the pipeline in 2 cycles
//!   (1 to 3), a division takes 12 (2 to 12), MRS, MSR and CPS take 2 (1 or 2). A store to a constant offset takes one
//!   cycle: its write goes through the buffer.
//! - Cortex-M7 (`m7`): Arm publishes no such table. The units, latencies and pairs that may begin together are those of LLVM's
//!   scheduling model (`llvm/lib/Target/ARM/ARMScheduleM7.td`): two instructions a cycle, in order; one store, one
//!   product, one shifted operand, one branch and one operation on parts of a register in each cycle, the last only as
//!   the first of the two; an operand of an address or a shift is needed a cycle early, one that is stored or added to a
//!   product a cycle late. Ours: LDM, STM, LDRD and STRD move two words a cycle, alone; branches are foretold by a
//!   counter of two bits each; a branch that is taken as foretold ends its cycle, one that is not costs 4 cycles more.
//!
//! # Limits
//!
//! Neither model knows wait states of flash, caches, tightly coupled memories and their banks, unaligned access, the width of
//! fetches, or full write buffers. The log does not show whether an instruction under IT was executed: each counts as if
//! it was. So these are figures to compare kernels by, not promises; what is exact is the number of instructions.

mod instruction;
mod log;
mod m4;
mod m7;
mod narrow;
mod wide;

use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use instruction::Instruction;
use log::{Log, Stretch};
use m4::M4;
use m7::M7;
use serde::Serialize;

use crate::boards::Machine;
use crate::qemu::{Finished, run_logged};
use crate::toolchain::{Image, Symbol};

/// Modelled cycles of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cycles {
    /// Cycles on a Cortex-M4.
    pub m4: u64,
    /// Cycles on a Cortex-M7.
    pub m7: u64,
}

/// Limit of instructions that the board counts around those of a trial: the call, and the counter's return.
const AROUND: u64 = 16;

/// Functions with long loops before the trials, which need not be logged.
const PROLOGUE: [&str; 4] = ["Reset", "5stack5paint", "5bench3run", "measure_known_loop"];

/// Refuses a board whose instructions the models do not know.
pub fn require(machine: &Machine) -> Result<()> {
    ensure!(
        ["mps2-an386", "mps2-an500"].contains(&machine.id),
        "cycles are modelled of mps2-an386 and mps2-an500 only, not of {}",
        machine.id
    );
    Ok(())
}

/// Runs an image that measures trials. Returns its output, and the logged instructions and modelled cycles of each trial.
pub fn run(
    machine: &'static Machine,
    image: &Path,
    slot: &Path,
    limit: Duration,
) -> Result<(Finished, Vec<(u64, Cycles)>)> {
    let symbols = Symbols::read(image)?;
    let options = ["-d", "in_asm,exec,nochain", "-dfilter", &symbols.filter];
    let watch = Watch::new(symbols.trial, symbols.handler);
    let (finished, logged) = run_logged(machine, image, Some(slot), &options, limit, |log| {
        watch.read(log)
    })?;
    Ok((finished, logged?))
}

/// Checks that the log holds as many instructions as the board counted. All trials are called in the same way.
pub fn check(counted: &[u64], logged: &[(u64, Cycles)]) -> Result<()> {
    ensure!(
        counted.len() == logged.len(),
        "the log holds {} of {} layers",
        logged.len(),
        counted.len()
    );
    let mut around = counted.iter().zip(logged).map(|(counted, (logged, _))| {
        let around = counted.checked_sub(*logged).filter(|&more| more <= AROUND);
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

/// Decodes an instruction of one or two halfwords; `None` where it is undefined or its cost is unknown.
fn decode(first: u16, second: u16) -> Option<Instruction> {
    if first >> 11 >= 0b11101 {
        wide::decode(first, second)
    } else {
        narrow::decode(first)
    }
}

/// Addresses in an image that the log is read by.
struct Symbols {
    /// Address of the function that runs a trial.
    trial: u32,
    /// Addresses of the counter's interrupt handler, whose instructions the board does not count.
    handler: Range<u32>,
    /// Address ranges of all code but [`PROLOGUE`], in QEMU's notation.
    filter: String,
}

impl Symbols {
    fn read(path: &Path) -> Result<Self> {
        let image = Image::read(path)?;
        // Functions have odd addresses: they are Thumb code.
        let place = |symbol: &Symbol| {
            let start = symbol.address as u32 & !1;
            start..start + symbol.size as u32
        };
        let find = |part: &str| {
            let mut all = image.symbols.iter();
            let found = all.find(|symbol| symbol.size > 0 && symbol.name.contains(part));
            found
                .map(place)
                .with_context(|| format!("no `{part}` in the image"))
        };
        let mut left_out: Vec<_> = PROLOGUE
            .into_iter()
            .filter_map(|name| find(name).ok())
            .collect();
        left_out.sort_by_key(|range| range.start);
        let ends = left_out.iter().map(|range| range.start).chain([u32::MAX]);
        let starts = [0]
            .into_iter()
            .chain(left_out.iter().map(|range| range.end));
        let ranges: Vec<_> = starts
            .zip(ends)
            .filter(|(start, end)| start < end)
            .map(|(start, end)| format!("{start:#x}..{:#x}", end - 1))
            .collect();
        Ok(Symbols {
            trial: find("5trial5Trial3run")?.start,
            handler: find("SysTick")?,
            filter: ranges.join(","),
        })
    }
}

/// Finds the trials in the executed instructions, and models their cycles.
struct Watch {
    entry: u32,
    handler: Range<u32>,
    /// The previous instruction; the address of its successor tells whether it branched.
    last: Option<(u32, Option<Instruction>)>,
    trace: Option<Trace>,
    done: Vec<(u64, Cycles)>,
}

/// The trace of a running trial: its instructions so far, and the models that execute them.
#[derive(Default)]
struct Trace {
    back: u32,
    instructions: u64,
    m4: M4,
    m7: M7,
}

impl Watch {
    fn new(entry: u32, handler: Range<u32>) -> Self {
        Watch {
            entry,
            handler,
            last: None,
            trace: None,
            done: Vec::new(),
        }
    }

    /// Reads a log to its end, whatever is in it: QEMU must not wait for a reader.
    fn read(mut self, from: impl Read) -> Result<Vec<(u64, Cycles)>> {
        let mut from = BufReader::with_capacity(1 << 16, from);
        let (mut log, mut line) = (Log::default(), String::new());
        let mut went_well = Ok(());
        while from.read_line(&mut line)? > 0 {
            if went_well.is_ok() {
                went_well = log
                    .line(line.trim_end())
                    .and_then(|executed| match executed {
                        Some((stretch, count)) => self.stretch(&stretch, count),
                        None => Ok(()),
                    });
            }
            line.clear();
        }
        went_well?;
        if self.done.is_empty() {
            bail!("QEMU's log shows no layer: {}", log.complaints.join("; "));
        }
        Ok(self.done)
    }

    fn stretch(&mut self, stretch: &Stretch, count: usize) -> Result<()> {
        let executed = stretch.iter().take(count);
        executed
            .filter(|(address, _)| !self.handler.contains(address))
            .cloned()
            .collect::<Vec<_>>()
            .into_iter()
            .try_for_each(|(address, this)| self.instruction(address, this))
    }

    /// Takes the next instruction.
    fn instruction(&mut self, address: u32, this: Option<Instruction>) -> Result<()> {
        let last = self.last.replace((address, this));
        if let Some(trace) = &mut self.trace {
            if let Some((before, last)) = last {
                let last = last.ok_or_else(|| anyhow!("{before:#x}: an unknown instruction"))?;
                let taken = before + last.len() != address;
                trace.instructions += 1;
                trace.m4.execute(&last, taken);
                trace.m7.execute(before, &last, taken);
            }
            if address == trace.back {
                let (m4, m7) = (trace.m4.cycles(), trace.m7.cycles());
                self.done.push((trace.instructions, Cycles { m4, m7 }));
                self.trace = None;
            }
        } else if address == self.entry {
            let caller = last.and_then(|(before, last)| Some(before + last?.len()));
            self.trace = Some(Trace {
                back: caller.context("the log does not show who runs a layer")?,
                ..Trace::default()
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
