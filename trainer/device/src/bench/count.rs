//! Instruction counts of model files on a board, with firmware that is built once.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::cost::Count;
use tillsense_compiler::inspect::inspect;
use tillsense_compiler::network::description::Budget;
use tillsense_compiler::run;
use tillsense_compiler::target::Target;

use super::model::{Here, There, stage_of};
use crate::boards::{self, Machine};
use crate::toolchain::{build_firmware, for_machines};

/// A board with the firmware that counts instructions.
#[derive(Debug)]
pub struct Counter {
    /// The board.
    pub machine: &'static Machine,
    firmware: PathBuf,
}

impl Counter {
    /// Builds the firmware that counts for a board.
    pub fn new(machine: &'static Machine) -> Result<Self> {
        Ok(Counter {
            machine,
            firmware: build_firmware(machine, "bench")?,
        })
    }

    /// Runs a model file once and returns its count.
    pub fn count(&self, file: &[u8]) -> Result<Count> {
        let aligned = Aligned::from(file);
        let model = run::load(&aligned)?;
        let header = model.header();
        ensure!(
            file.len() <= self.machine.slot_len as usize
                && header.arena_len <= self.machine.arena
                && header.max_input <= self.machine.inbox,
            "too large for {}, on which its instructions would be counted",
            self.machine.id
        );
        let there = There::run_with(self.machine, &self.firmware, file)?;
        ensure!(
            there.scores == Here::run(model)?.scores,
            "{}: scores differ from this machine's",
            self.machine.id
        );
        let of = |key| {
            there
                .counts
                .get(&key)
                .map_or(0, |(_, instructions)| *instructions)
        };
        let steps = inspect(file)?.steps;
        Ok(Count {
            total: there.total,
            parts: steps
                .iter()
                .map(|step| of(stage_of(step, &model)))
                .collect(),
        })
    }
}

/// The board that counts instructions for a target: the first of those that stand for the target.
pub fn counting_board(target: Target) -> &'static Machine {
    boards::typical(target)[0]
}

/// The counter for a target where the budget limits instructions, else `None`.
pub fn counter(budget: &Budget, target: Target) -> Result<Option<Counter>> {
    if budget.instructions.is_none() {
        return Ok(None);
    }
    let machine = counting_board(target);
    let missing = for_machines(&[machine])
        .into_iter()
        .find(|need| need.found().is_none());
    if let Some(need) = missing {
        bail!(
            "instructions are counted on {} in QEMU, and {} is missing; `tillsense doctor` tells how to install it",
            machine.id,
            need.name()
        );
    }
    Counter::new(machine).map(Some)
}
