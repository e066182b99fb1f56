//! Counts the instructions that each part of a session takes.

use heapless::Vec;
use tillsense_core::engine::{Probe, Stage};
use tillsense_core::link::Count;

/// A clock that counts instructions.
pub trait Clock {
    /// Starts a measurement.
    fn begin(&mut self);
    /// Returns the number of instructions since `begin`.
    fn end(&mut self) -> u64;
}

/// Sums of instructions by stage, in the order of first runs, and the sum of all.
///
/// Stages that come after the first `N` count in the total only.
#[derive(Debug)]
pub struct Stages<C, const N: usize> {
    clock: C,
    counts: Vec<Count, N>,
    total: u64,
}

impl<C, const N: usize> Stages<C, N> {
    /// Starts with sums of zero.
    pub const fn new(clock: C) -> Self {
        Stages {
            clock,
            counts: Vec::new(),
            total: 0,
        }
    }

    /// Sets all counts to zero.
    pub fn clear(&mut self) {
        self.counts.clear();
        self.total = 0;
    }

    /// The sum of each stage that ran.
    pub fn counts(&self) -> &[Count] {
        &self.counts
    }

    /// The instructions of all stages together.
    pub const fn total(&self) -> u64 {
        self.total
    }
}

impl<C: Clock, const N: usize> Probe for Stages<C, N> {
    fn begin(&mut self, _: &[u8]) {
        self.clock.begin();
    }

    fn end(&mut self, stage: Stage, _: &[u8]) {
        let instructions = self.clock.end();
        self.total = self.total.wrapping_add(instructions);
        match self.counts.iter_mut().find(|count| count.stage == stage) {
            Some(count) => {
                count.calls = count.calls.wrapping_add(1);
                count.instructions = count.instructions.wrapping_add(instructions);
            }
            // A full table keeps what it has; the total goes on.
            None => drop(self.counts.push(Count {
                stage,
                calls: 1,
                instructions,
            })),
        }
    }
}
