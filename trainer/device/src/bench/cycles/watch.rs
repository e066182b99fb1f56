//! Finds what is measured in the executed instructions, and has its cycles modelled.

use std::io::{BufRead, BufReader, Read};
use std::ops::Range;

use anyhow::{Context, Result, anyhow, bail};
use tillsense_board::CycleModel;

use super::cores::{Pipeline, Step, pipeline};
use super::fetch::Fetch;
use super::instruction::{Instruction, Kind};
use super::isa::Isa;
use super::log::{Log, Stretch};

/// What is measured.
#[derive(Clone, Debug)]
pub enum Window {
    /// Each run of the function that begins here, from its first instruction to its return; each begins with a cold pipeline.
    Calls(u32),
    /// From each return of the function that begins at `begin` to the next call of `end`; the pipeline goes on from one to the
    /// next.
    Between {
        /// First address of the function that begins a measurement.
        begin: u32,
        /// First address of the function that ends it.
        end: u32,
    },
}

/// Figures of a measurement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Number of instructions.
    pub instructions: u64,
    /// Cycles of each model, in the order in which the models were named.
    pub cycles: Vec<u64>,
    /// Cycles that instructions waited for their flash.
    pub waited: u64,
    /// Cycles that they would have waited without prefetch and cache.
    pub unhidden: u64,
}

impl Measured {
    /// What was added since an earlier state of the same pipelines.
    fn since(&self, before: &Measured) -> Measured {
        let past = before.cycles.iter().copied().chain(std::iter::repeat(0));
        Measured {
            instructions: self.instructions - before.instructions,
            cycles: self
                .cycles
                .iter()
                .zip(past)
                .map(|(now, then)| now - then)
                .collect(),
            waited: self.waited - before.waited,
            unhidden: self.unhidden - before.unhidden,
        }
    }
}

/// Most returns that are remembered: calls nest less deeply.
const MOST_CALLS: usize = 256;

/// Finds the measurements in a log.
pub struct Watch {
    isa: Isa,
    window: Window,
    /// Addresses of the counter's interrupt handler, whose instructions the board does not count.
    handler: Range<u32>,
    models: Vec<CycleModel>,
    fetch: Option<Fetch>,
    /// The previous instruction; the address of its successor tells whether it branched.
    last: Option<(u32, Option<Instruction>)>,
    /// Where the calls that run return to.
    returns: Vec<u32>,
    state: State,
    cores: Cores,
    /// What they had executed before this measurement.
    before: Measured,
    done: Vec<Measured>,
}

/// Where the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    /// In the function that begins a measurement, which returns there.
    Beginning(u32),
    /// In a measurement, which ends before the instruction there.
    Inside(u32),
}

/// The models, and what they executed.
struct Cores {
    pipelines: Vec<Box<dyn Pipeline>>,
    fetch: Option<Fetch>,
    instructions: u64,
}

impl Cores {
    fn new(models: &[CycleModel], fetch: Option<Fetch>) -> Self {
        Cores {
            pipelines: models.iter().map(|&model| pipeline(model)).collect(),
            fetch,
            instructions: 0,
        }
    }

    fn execute(&mut self, step: &Step) {
        self.instructions += 1;
        if let (Some(fetch), Some(first)) = (&mut self.fetch, self.pipelines.first()) {
            let now = first.cycles() + fetch.waited();
            fetch.fetch(step.address, step.this.len(), now);
        }
        for pipeline in &mut self.pipelines {
            pipeline.execute(step);
        }
    }

    fn so_far(&self) -> Measured {
        Measured {
            instructions: self.instructions,
            cycles: self.pipelines.iter().map(|one| one.cycles()).collect(),
            waited: self.fetch.as_ref().map_or(0, Fetch::waited),
            unhidden: self.fetch.as_ref().map_or(0, Fetch::unhidden),
        }
    }
}

impl Watch {
    /// Watches code of an instruction set for a window; instructions wait for `fetch` as the first of the models runs.
    pub fn new(isa: Isa, window: Window, models: &[CycleModel], fetch: Option<Fetch>) -> Self {
        Watch {
            isa,
            window,
            handler: 0..0,
            models: models.to_vec(),
            cores: Cores::new(models, fetch.clone()),
            before: Measured::default(),
            fetch,
            last: None,
            returns: Vec::new(),
            state: State::Outside,
            done: Vec::new(),
        }
    }

    /// Leaves the instructions of an interrupt's handler out.
    pub fn without(mut self, handler: Range<u32>) -> Self {
        self.handler = handler;
        self
    }

    /// Reads a log to its end, whatever is in it: QEMU must not wait for a reader.
    pub fn read(mut self, from: impl Read) -> Result<Vec<Measured>> {
        let mut from = BufReader::with_capacity(1 << 16, from);
        let (mut log, mut line) = (Log::new(self.isa), String::new());
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
            bail!(
                "QEMU's log shows no measurement: {}",
                log.complaints.join("; ")
            );
        }
        Ok(self.done)
    }

    fn stretch(&mut self, stretch: &Stretch, count: usize) -> Result<()> {
        for &(address, this) in stretch.iter().take(count) {
            if !self.handler.contains(&address) {
                self.instruction(address, this)?;
            }
        }
        Ok(())
    }

    /// Takes the next instruction.
    fn instruction(&mut self, address: u32, this: Option<Instruction>) -> Result<()> {
        let last = self.last.replace((address, this));
        if let (State::Inside(_), Some((before, last))) = (self.state, last) {
            let last = last.ok_or_else(|| anyhow!("{before:#x}: an unknown instruction"))?;
            self.cores.execute(&Step {
                address: before,
                this: last,
                next: address,
                next_is_wide: this.is_some_and(|this| this.wide),
            });
        }
        self.follow(last, address);
        match (self.state, &self.window) {
            (State::Inside(end), _) if address == end => self.finish(),
            (State::Outside, &Window::Calls(entry)) if address == entry => {
                self.cores = Cores::new(&self.models, self.fetch.clone());
                self.before = Measured::default();
                self.state = State::Inside(self.caller()?);
                self.last = Some((address, this));
            }
            // A caller that is not logged leaves an old return there; the next one takes its place.
            (State::Outside | State::Beginning(_), &Window::Between { begin, .. })
                if address == begin =>
            {
                self.state = State::Beginning(self.caller()?);
            }
            (State::Beginning(back), &Window::Between { end, .. }) if address == back => {
                self.state = State::Inside(end);
            }
            _ => {}
        }
        Ok(())
    }

    /// Keeps the list of calls that run.
    fn follow(&mut self, last: Option<(u32, Option<Instruction>)>, address: u32) {
        while self.returns.last() == Some(&address) {
            self.returns.pop();
        }
        let Some((before, Some(last))) = last else {
            return;
        };
        let calls = matches!(last.kind, Kind::Branch { .. })
            && last.writes & self.isa.link() != 0
            && before + last.len() != address;
        if calls {
            if self.returns.len() == MOST_CALLS {
                self.returns.remove(0);
            }
            self.returns.push(before + last.len());
        }
    }

    fn caller(&self) -> Result<u32> {
        let caller = self.returns.last().copied();
        caller.context("the log does not show who began a measurement")
    }

    fn finish(&mut self) {
        let now = self.cores.so_far();
        self.done.push(now.since(&self.before));
        self.before = now;
        self.state = State::Outside;
    }
}
