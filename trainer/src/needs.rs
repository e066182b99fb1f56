//! What a model takes of a terminal, known before it is trained.
//!
//! Shapes decide the arena and the instructions, and the file but for softmax's tables: those are shorter where logits
//! spread widely, by up to 1,020 bytes a head. Here they are counted at their longest, so that a trained file never
//! needs more than was said.

use anyhow::{Result, bail, ensure};
use serde::Serialize;

use crate::bench::Counter;
use crate::cli::grouped;
use crate::graph::{Activation, Graph, NodeId, NodeOp, Trained};
use crate::inspect::{Step, inspect};
use crate::nn::quants::activation;
use crate::nn::{Init, ParamSpec, Plan, without_batch_norm};
use crate::pipeline::Prepared;
use crate::spec::Budget;
use crate::splitmix::scatter;
use crate::target::{Aim, Target};
use crate::terminal::{Machine, machine};
use crate::toolchain::for_machines;

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
    /// Of a model file; instructions too, where there is a board that counts them.
    pub fn of_file(file: &[u8], counter: Option<&Counter>) -> Result<Needs> {
        let inspection = inspect(file)?;
        let count = counter.map(|counter| counter.count(file)).transpose()?;
        let instructions = |step: &Step| {
            let parts = count.as_ref().map(|count| &count.parts);
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
            instructions: count.as_ref().map(|count| count.total),
            parts: inspection.steps.iter().map(part).collect(),
        })
    }

    /// Of a description joined with its data, before training.
    pub fn of_untrained(
        prepared: &Prepared,
        aim: &Aim,
        counter: Option<&Counter>,
    ) -> Result<Needs> {
        Needs::of_file(
            &prepared.export(&untrained(&prepared.graph), 1, aim)?,
            counter,
        )
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

/// Refuses what no training could make a model file of, before an epoch is spent on it: too many ops, dimensions or lengths beyond
/// the file format, more than a terminal loads. All that can be refused later depends on trained values: numbers that are not finite,
/// and sums of one channel's own weights that leave 32 bits.
pub fn require_exportable(prepared: &Prepared, aim: &Aim) -> Result<()> {
    let mut trained = untrained(&prepared.graph);
    prepared.export(&trained, 1, aim)?;
    // Inputs that begin at 0 are stored from -128 on: the ranges at which sums are largest for the same weights.
    for range in trained.ranges.values_mut() {
        range.0 = 0.0;
    }
    prepared.export(&trained, 1, &Aim::GENERIC)?;
    Ok(())
}

/// Numbers as training might leave them: first values, and ranges in which softmax's tables are at their longest.
/// No two constants are equal by chance.
pub fn untrained(graph: &Graph) -> Trained {
    let plan = Plan::new(&without_batch_norm(graph));
    let mut trained = Trained::default();
    for (index, (spec, values)) in plan.params.iter().zip(plan.init(1)).enumerate() {
        let values = match spec.init {
            Init::Constant(_) | Init::Forget(_) => small(index, spec),
            Init::Uniform(_) | Init::Orthogonal(_) => values,
        };
        trained
            .params
            .insert(spec.name.clone(), (spec.shape.clone(), values));
    }
    for (id, node) in plan.graph.nodes.iter().enumerate() {
        if let Some(key) = plan.observed(id) {
            let high = 1.0 + key as f32 / 256.0;
            let low = if never_negative(&plan, key) {
                0.0
            } else {
                -high
            };
            trained.ranges.insert(node.name.clone(), (low, high));
        }
    }
    trained
}

/// Whether all that is stored in the quantisation with this key has gone through a ReLU. Its results then need no lower bound;
/// in a mixed group they do, which costs a pass over them.
fn never_negative(plan: &Plan, key: NodeId) -> bool {
    let mut members = (0..plan.graph.nodes.len()).filter(|&id| plan.observed(id) == Some(key));
    members.all(|id| {
        let op = &plan.graph.nodes[id].op;
        let hands_on = matches!(
            op,
            NodeOp::MaxPool { .. } | NodeOp::AveragePool { .. } | NodeOp::Reshape | NodeOp::Concat
        );
        hands_on || matches!(activation(op), Activation::Relu | Activation::Relu6)
    })
}

/// Values within 1/8, different for each parameter.
fn small(index: usize, spec: &ParamSpec) -> Vec<f32> {
    let value = |place: usize| {
        let hash = scatter(((index as u64) << 32) + place as u64 + 1);
        ((hash >> 40) as f32 / (1 << 24) as f32 - 0.5) / 4.0
    };
    (0..spec.len()).map(value).collect()
}

/// The board that counts instructions for a target: the first of those that show its files.
pub fn counting_board(target: Target) -> &'static Machine {
    machine::typical(target)[0]
}

/// Makes ready to count where the budget limits instructions.
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

#[cfg(test)]
mod tests;
