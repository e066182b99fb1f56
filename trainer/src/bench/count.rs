//! The instructions of models on a board, and nothing else: the firmware is built once.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::model::{Here, There, stage_of};
use crate::aligned::Aligned;
use crate::inspect::inspect;
use crate::score;
use crate::terminal::Machine;
use crate::toolchain::build_firmware;

/// A board that counts.
#[derive(Debug)]
pub struct Counter {
    /// Which.
    pub machine: &'static Machine,
    firmware: PathBuf,
}

/// Instructions of one inference with every input at its longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Of all.
    pub total: u64,
    /// Of each frontend and op, by its number in the plan.
    pub parts: Vec<u64>,
}

impl Counter {
    /// Builds the firmware that counts.
    pub fn new(machine: &'static Machine) -> Result<Self> {
        Ok(Counter {
            machine,
            firmware: build_firmware(machine, "bench")?,
        })
    }

    /// Runs a model file once.
    pub fn count(&self, file: &[u8]) -> Result<Count> {
        let aligned = Aligned::from(file);
        let model = score::load(&aligned)?;
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
