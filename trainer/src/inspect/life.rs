//! When each byte of the arena holds something of use.

use tillsense_core::engine::Model;
use tillsense_core::model::records::{Op, Source, Span};

use crate::lower::regions::{self, Access};

/// A frontend or an op.
#[derive(Clone, Debug)]
pub(super) enum Doing {
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
    pub steps: Vec<(Doing, Vec<Touch>)>,
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

/// All parts of a model in the order of the plan: the steps of an input, its end, and at last the trunk.
pub(super) fn parts(model: &Model<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    for input in model.inputs() {
        let runs = match input.source {
            Source::Audio(p) => p.max_steps.into(),
            Source::Sequence(p) => p.max_steps.into(),
            Source::Image(_) | Source::Text(_) | Source::Record(_) => 1,
        };
        let first = Some(Doing::Frontend(input.source));
        parts.push(part(model, input.name.to_owned(), runs, first, input.step));
        if input.finish.len > 0 {
            let name = format!("{} end", input.name);
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

fn part(model: &Model<'_>, name: String, runs: u32, first: Option<Doing>, ops: Span) -> Part {
    let ops = model.ops(ops).map(|(at, op)| Doing::Op(at, op));
    let step = |doing: Doing| {
        let mut touches = Vec::new();
        let mut visit = |start: &mut u32, len: usize, access: Access| {
            let start = *start as usize;
            touches.push(Touch {
                start,
                end: start + len,
                access,
            });
        };
        match doing.clone() {
            Doing::Frontend(mut source) => regions::of_source(&mut source, &mut visit),
            Doing::Op(_, mut op) => regions::of_op(&mut op, &mut visit),
        }
        (doing, touches)
    };
    Part {
        name,
        runs,
        steps: first.into_iter().chain(ops).map(step).collect(),
        results: Vec::new(),
    }
}

impl Part {
    /// For each step the state of every byte of the arena.
    pub(super) fn states(&self, model: &Model<'_>) -> Vec<Vec<State>> {
        let arena_len = model.header().arena_len as usize;
        let kept = model.header().persistent_len as usize;
        let mut alive = vec![false; arena_len];
        alive[..kept].fill(true);
        for &(start, end) in &self.results {
            alive[start..end].fill(true);
        }
        let mut states = Vec::new();
        for (_, touches) in self.steps.iter().rev() {
            let after = alive
                .iter()
                .map(|&a| if a { State::Alive } else { State::Free });
            let mut now: Vec<State> = after.collect();
            for touch in touches.iter().filter(|t| t.access != Access::Read) {
                now[touch.start..touch.end].fill(State::Written);
                let needed = touch.access == Access::Update;
                alive[touch.start..touch.end].fill(needed);
            }
            for touch in touches.iter().filter(|t| t.access == Access::Read) {
                let bytes = now[touch.start..touch.end].iter_mut();
                bytes.for_each(|state| *state = (*state).max(State::Read));
                alive[touch.start..touch.end].fill(true);
            }
            alive[..kept].fill(true);
            states.push(now);
        }
        states.reverse();
        states
    }

    /// For each step the bytes that are not free.
    pub(super) fn alive(&self, model: &Model<'_>) -> Vec<usize> {
        let count = |states: &Vec<State>| states.iter().filter(|s| **s != State::Free).count();
        self.states(model).iter().map(count).collect()
    }
}
