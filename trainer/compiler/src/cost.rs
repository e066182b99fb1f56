//! What a model takes of a terminal, known before it is trained.
//!
//! Shapes decide the arena and the instructions, and the file but for softmax's tables: those are shorter where logits
//! spread widely, by up to 1,020 bytes a head. Here they are counted at their longest, so that a trained file never
//! needs more than was said.

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::inspect::{Step, inspect};
use crate::network::description::Budget;
use crate::words::grouped;

/// What a model takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Bytes of the model file.
    pub flash: u64,
    /// Bytes of arena.
    pub arena: u64,
    /// Instructions of one inference with every input at its longest, where they were counted.
    pub instructions: Option<u64>,
    /// What each part takes.
    #[serde(skip)]
    parts: Vec<Part>,
}

/// Instructions of one inference with every input at its longest, as a board counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Instructions of the whole inference.
    pub total: u64,
    /// Instructions of each frontend and op, by its number in the plan.
    pub parts: Vec<u64>,
}

/// What a frontend or an op takes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    flash: u64,
    arena: u64,
    instructions: u64,
}

/// One figure beside its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// `flash`, `arena` or `instructions`.
    pub what: &'static str,
    /// What the model takes.
    pub needs: u64,
    /// What it may take.
    pub allowed: u64,
}

/// Parts that a refusal names for each limit.
const NAMED: usize = 3;

impl Needs {
    /// What a model file takes; instructions too, where a board has counted them.
    pub fn of_file(file: &[u8], count: Option<&Count>) -> Result<Needs> {
        let inspection = inspect(file)?;
        let instructions = |step: &Step| {
            let parts = count.map(|count| &count.parts);
            parts
                .and_then(|parts| parts.get(step.number).copied())
                .unwrap_or(0)
        };
        let part = |step: &Step| Part {
            name: format!("{} {} -> {}", step.part, step.op, step.writes),
            flash: step.weights as u64,
            arena: step.alive as u64,
            instructions: instructions(step),
        };
        Ok(Needs {
            flash: inspection.bytes.file as u64,
            arena: inspection.bytes.arena as u64,
            instructions: count.map(|count| count.total),
            parts: inspection.steps.iter().map(part).collect(),
        })
    }

    /// All figures that are limited.
    pub fn lines(&self, budget: &Budget) -> Vec<Line> {
        let lines = [
            ("flash", Some(self.flash), budget.flash),
            ("arena", Some(self.arena), budget.arena),
            ("instructions", self.instructions, budget.instructions),
        ];
        let lines = lines.into_iter().filter_map(|(what, needs, allowed)| {
            Some(Line {
                what,
                needs: needs?,
                allowed: allowed?,
            })
        });
        lines.collect()
    }

    /// Refuses what takes more than it may, and says which parts take most of it.
    pub fn require(&self, budget: &Budget) -> Result<()> {
        let over = self.lines(budget).into_iter().filter(|line| !line.fits());
        let over: Vec<_> = over
            .map(|line| format!("{} ({})", line.words(), self.largest(line.what)))
            .collect();
        ensure!(
            over.is_empty(),
            "too large for its budget: {}",
            over.join("; ")
        );
        Ok(())
    }

    /// The parts that take most.
    fn largest(&self, what: &str) -> String {
        let of = |part: &Part| match what {
            "flash" => part.flash,
            "arena" => part.arena,
            _ => part.instructions,
        };
        let mut parts: Vec<_> = self.parts.iter().filter(|part| of(part) > 0).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(of(part)));
        let parts = parts.into_iter().take(NAMED);
        let parts: Vec<_> = parts
            .map(|part| format!("{}: {}", part.name, grouped(of(part))))
            .collect();
        // Bytes of arena are used again by the next part, the others add up.
        let which = if what == "arena" {
            "highest at"
        } else {
            "most:"
        };
        format!("{which} {}", parts.join(", "))
    }
}

impl Line {
    /// Whether it is within its limit.
    pub const fn fits(&self) -> bool {
        self.needs <= self.allowed
    }

    /// `flash 19,664 of 24,000 bytes`.
    pub fn words(&self) -> String {
        let (needs, allowed) = (grouped(self.needs), grouped(self.allowed));
        match self.what {
            "instructions" => format!("{needs} of {allowed} instructions"),
            what => format!("{what} {needs} of {allowed} bytes"),
        }
    }
}
