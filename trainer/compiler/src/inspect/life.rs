//! When each byte of the arena holds something of use.

use tillsense_core::engine::Model;
use tillsense_core::model::records::{Op, Source, Span};

use crate::lower::regions::{self, Access};

/// A frontend or an op.
#[derive(Clone, Debug)]
pub(super) enum PlanStep {
    /// The frontend of an input.
    Frontend(Source),
    /// An op and where its record starts.
    Op(u32, Op),
}

/// A byte range of the arena and what is done with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub start: usize,
    pub end: usize,
    pub access: Access,
}

/// What runs without a break.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its name.
    pub name: String,
    /// How often it runs at most.
    pub runs: u32,
    /// What it does, with the bytes touched.
    pub steps: Vec<(PlanStep, Vec<Touch>)>,
    /// Ranges that are of use after it.
    results: Vec<(usize, usize)>,
}

/// What is done with a byte while a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Free.
    Free,
    /// Holds what a later step or a later call reads.
    Alive,
    /// Read.
    Read,
    /// Written.
    Written,
}

/// Neighbouring bytes of the arena that are in the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub start: usize,
    pub end: usize,
    pub state: State,
}

/// All parts of a model in the order of the plan: the steps of an input, its end, and at last the trunk.
pub(super) fn parts(model: &Model<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    for input in model.inputs() {
        let runs = match input.source {
            Source::Audio(p) => p.max_steps.into(),
            Source::Sequence(p) => p.max_steps.into(),
            Source::Image(_) | Source::Text(_) | Source::Record(_) | Source::Tensor(_) => 1,
        };
        let first = Some(PlanStep::Frontend(input.source));
        parts.push(part(
            model,
            super::name(input.name),
            runs,
            first,
            input.step,
        ));
        if input.finish.len > 0 {
            let name = format!("{} end", super::name(input.name));
            parts.push(part(model, name, 1, None, input.finish));
        }
    }
    let mut trunk = part(model, "trunk".to_owned(), 1, None, model.trunk());
    let scores = model.heads().map(|head| {
        let start = head.scores.offset as usize;
        (start, start + head.scores.len())
    });
    trunk.results = scores.collect();
    parts.push(trunk);
    parts
}

fn part(model: &Model<'_>, name: String, runs: u32, first: Option<PlanStep>, ops: Span) -> Part {
    let ops = model.ops(ops).map(|(at, op)| PlanStep::Op(at, op));
    let step = |plan_step: PlanStep| {
        let mut touches = Vec::new();
        let mut visit = |start: &mut u32, len: usize, access: Access| {
            let start = *start as usize;
            touches.push(Touch {
                start,
                end: start + len,
                access,
            });
        };
        match plan_step.clone() {
            PlanStep::Frontend(mut source) => regions::of_source(&mut source, &mut visit),
            PlanStep::Op(_, mut op) => regions::of_op(&mut op, &mut visit),
        }
        (plan_step, touches)
    };
    Part {
        name,
        runs,
        steps: first.into_iter().chain(ops).map(step).collect(),
        results: Vec::new(),
    }
}

impl Part {
    /// For each step the stretches that make up the arena, in order. Cut where a region of this part begins or ends, so that their
    /// number depends on the plan and not on how many bytes of arena a file announces.
    pub(super) fn states(&self, model: &Model<'_>) -> Vec<Vec<Stretch>> {
        let (cuts, kept) = (self.cuts(model), model.header().persistent_len as usize);
        let at = |byte: usize| cuts.partition_point(|&cut| cut < byte);
        let cells = |start: usize, end: usize| at(start)..at(end);
        let mut alive = vec![false; cuts.len() - 1];
        for &(start, end) in self.results.iter().chain([&(0, kept)]) {
            alive[cells(start, end)].fill(true);
        }
        let mut states = Vec::new();
        for (_, touches) in self.steps.iter().rev() {
            let after = alive
                .iter()
                .map(|&a| if a { State::Alive } else { State::Free });
            let mut now: Vec<State> = after.collect();
            for touch in touches.iter().filter(|t| t.access != Access::Read) {
                let cells = cells(touch.start, touch.end);
                now[cells.clone()].fill(State::Written);
                alive[cells].fill(touch.access == Access::Update);
            }
            for touch in touches.iter().filter(|t| t.access == Access::Read) {
                let cells = cells(touch.start, touch.end);
                let read = now[cells.clone()].iter_mut();
                read.for_each(|state| *state = (*state).max(State::Read));
                alive[cells].fill(true);
            }
            alive[cells(0, kept)].fill(true);
            let stretch = |(ends, &state): (&[usize], &State)| Stretch {
                start: ends[0],
                end: ends[1],
                state,
            };
            states.push(cuts.windows(2).zip(&now).map(stretch).collect());
        }
        states.reverse();
        states
    }

    /// Where regions of this part begin or end, from 0 to the end of the arena.
    fn cuts(&self, model: &Model<'_>) -> Vec<usize> {
        let len = model.header().arena_len as usize;
        let touches = self.steps.iter().flat_map(|(_, touches)| touches);
        let touches = touches.flat_map(|touch| [touch.start, touch.end]);
        let results = self.results.iter().flat_map(|&(start, end)| [start, end]);
        let kept = model.header().persistent_len as usize;
        let mut cuts: Vec<usize> = touches.chain(results).chain([0, kept, len]).collect();
        cuts.retain(|&cut| cut <= len);
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// For each step the bytes that are not free.
    pub(super) fn alive(&self, model: &Model<'_>) -> Vec<usize> {
        let count = |stretches: &Vec<Stretch>| {
            let used = stretches.iter().filter(|s| s.state != State::Free);
            used.map(|s| s.end - s.start).sum()
        };
        self.states(model).iter().map(count).collect()
    }
}
