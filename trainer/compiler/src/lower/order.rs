//! Orders the ops of a part: no order changes what an op reads, and the one found needs little memory at its busiest time.
//!
//! A beam search keeps the best few sets of ops that may have run by each step. A set decides what is alive, so the search
//! finds the best order wherever there are no more sets than it keeps, and a good one elsewhere. Among equal orders it takes
//! the one closest to the present.

use std::collections::BTreeMap;

use super::program::{Home, PartId, Program, Touch, ValueId};
use super::regions::Access;

/// Width of the beam: sets kept at a time.
const KEPT: usize = 128;
/// Ops beyond which the beam is narrower, since each set takes time by the square of their number.
const MANY: usize = 256;

/// The best order found, as numbers of ops in their present order.
pub(super) fn shortest(program: &Program, part: PartId) -> Vec<usize> {
    let ops = Ops::new(program, part);
    let mut states = vec![ops.start()];
    let over = ops.count.div_ceil(MANY).max(1).pow(2);
    let kept = KEPT.div_ceil(over);
    for _ in 0..ops.count {
        let mut next: BTreeMap<Vec<bool>, State> = BTreeMap::new();
        for (state, op) in states
            .iter()
            .flat_map(|s| ops.ready(s).map(move |op| (s, op)))
        {
            let after = ops.run(state, op);
            match next.get_mut(&after.done) {
                Some(known) if known.rank() <= after.rank() => {}
                Some(known) => *known = after,
                None => drop(next.insert(after.done.clone(), after)),
            }
        }
        states = next.into_values().collect();
        states.sort_by(|a, b| a.rank().cmp(&b.rank()));
        states.truncate(kept);
    }
    states.swap_remove(0).order
}

/// A set of ops that have run, with the best order found for it.
#[derive(Clone, Debug)]
struct State {
    done: Vec<bool>,
    order: Vec<usize>,
    /// Bytes alive at the busiest time so far.
    peak: usize,
    /// Bytes alive at present.
    alive: usize,
    /// Number of ops that have still to touch each value.
    left: Vec<usize>,
    /// Whether each value holds something at present.
    holds: Vec<bool>,
}

impl State {
    fn rank(&self) -> (usize, usize, &[usize]) {
        (self.peak, self.alive, &self.order)
    }
}

/// The ops of a part with the values in the workspace that they touch.
struct Ops {
    count: usize,
    /// Ops that must run before each op.
    before: Vec<Vec<usize>>,
    /// Values that each op touches.
    touched: Vec<Vec<usize>>,
    lens: Vec<usize>,
    /// Values that the frontend writes.
    given: Vec<usize>,
    /// Values that are still needed after the last op.
    results: Vec<usize>,
}

impl Ops {
    fn new(program: &Program, part: PartId) -> Self {
        let count = program.parts[part].ops.len();
        let touches = program.touches(part);
        let mut roots: Vec<ValueId> = Vec::new();
        let mut ops = Ops {
            count,
            before: (0..count).map(|op| needs(&touches, op + 1)).collect(),
            touched: vec![Vec::new(); count],
            lens: Vec::new(),
            given: Vec::new(),
            results: Vec::new(),
        };
        let work = |t: &&Touch| program.values[t.root].home != Home::Kept;
        for touch in touches.iter().filter(work) {
            let known = roots.iter().position(|&root| root == touch.root);
            let value = known.unwrap_or_else(|| {
                roots.push(touch.root);
                ops.lens.push(program.values[touch.root].len);
                roots.len() - 1
            });
            let list = match touch.time.checked_sub(1) {
                Some(op) => &mut ops.touched[op],
                None => &mut ops.given,
            };
            if !list.contains(&value) {
                list.push(value);
            }
        }
        let scores = program.scores.iter().map(|&score| program.root(score).0);
        let places = scores.filter_map(|score| roots.iter().position(|&root| root == score));
        ops.results = places.collect();
        ops
    }

    fn start(&self) -> State {
        let mut left = vec![0; self.lens.len()];
        for &value in self.touched.iter().flatten().chain(&self.results) {
            left[value] += 1;
        }
        let mut state = State {
            done: vec![false; self.count],
            order: Vec::new(),
            peak: 0,
            alive: 0,
            left,
            holds: vec![false; self.lens.len()],
        };
        self.touch(&mut state, &self.given);
        state
    }

    fn ready<'a>(&'a self, state: &'a State) -> impl Iterator<Item = usize> + 'a {
        let free = |op: &usize| self.before[*op].iter().all(|&other| state.done[other]);
        (0..self.count).filter(|&op| !state.done[op]).filter(free)
    }

    fn run(&self, state: &State, op: usize) -> State {
        let mut state = state.clone();
        state.done[op] = true;
        state.order.push(op);
        for &value in &self.touched[op] {
            state.left[value] -= 1;
        }
        self.touch(&mut state, &self.touched[op]);
        state
    }

    /// Makes these values alive at one time, then frees those that no further op touches.
    fn touch(&self, state: &mut State, values: &[usize]) {
        for &value in values {
            if !std::mem::replace(&mut state.holds[value], true) {
                state.alive += self.lens[value];
            }
        }
        state.peak = state.peak.max(state.alive);
        for &value in values {
            if state.left[value] == 0 && std::mem::take(&mut state.holds[value]) {
                state.alive -= self.lens[value];
            }
        }
    }
}

/// The ops before `time` that touch the same bytes as the op at `time`, where one of the two writes.
pub(super) fn needs(touches: &[Touch], time: usize) -> Vec<usize> {
    let own: Vec<&Touch> = touches.iter().filter(|t| t.time == time).collect();
    let clashes = |earlier: &Touch| {
        own.iter().any(|own| {
            let writes = own.access != Access::Read || earlier.access != Access::Read;
            let overlaps =
                own.from < earlier.from + earlier.len && earlier.from < own.from + own.len;
            writes && own.root == earlier.root && overlaps
        })
    };
    let earlier = touches.iter().filter(|t| (1..time).contains(&t.time));
    let mut needed: Vec<usize> = earlier.filter(|t| clashes(t)).map(|t| t.time - 1).collect();
    needed.dedup();
    needed
}
