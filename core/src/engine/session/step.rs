//! The work of a session, op by op: what was begun waits here until it is done.

use crate::arena::split;
use crate::engine::model::MAX_INPUTS;
use crate::engine::run;
use crate::engine::session::{Probe, Session, Stage};
use crate::engine::work;
use crate::model::Records;
use crate::model::records::{Input, Op, Span};

/// Whether ops wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "ops that wait want another step"]
pub enum Progress {
    /// Ops wait: the next step goes on with them.
    Pending,
    /// Nothing waits: inputs may be pushed, and a run has its verdicts.
    Done,
}

/// What was begun and is not done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    /// Ops of the part that is under way.
    rest: Span,
    /// How many ids or steps of a sequence are valid in it.
    steps: usize,
    /// The input whose encoder it is.
    encoding: Option<u8>,
    /// A run: the next input that it turns to, and behind the last one the trunk.
    running: Option<u8>,
}

impl<P: Probe> Session<'_, '_, P> {
    /// Begins to fuse what is there, with the learned encoding of absence for what is not, and to score all heads; [`Session::step`]
    /// does it. What waits is done first; a run that waits begins anew.
    pub fn begin_run(&mut self) {
        (self.ran, self.making) = (false, None);
        if self.waiting.encoding.is_none() {
            self.waiting.rest = Span::default();
        }
        self.waiting.running = Some(0);
    }

    /// Fuses what is there, with the learned encoding of absence for what is not, and scores all heads. What waits is done first.
    pub fn run(&mut self) {
        self.begin_run();
        self.finish();
    }

    /// Runs at most so many of the ops that wait.
    ///
    /// Between two steps a main loop keeps its watchdog and its keypad. However large an op is, a step does not divide it:
    /// `tillsense bench model` shows what each of them takes.
    pub fn step(&mut self, ops: usize) -> Progress {
        let mut left = ops;
        while self.is_pending() {
            if self.waiting.rest.len == 0 {
                self.turn();
            } else if left == 0 {
                return Progress::Pending;
            } else {
                left -= 1;
                self.run_next();
            }
        }
        Progress::Done
    }

    /// Runs one of the ops that wait, and more of them while they come to no more than this work together.
    ///
    /// Work is counted in the steps of [`work`], of which each stands for a few instructions.
    pub fn step_within(&mut self, work: u64) -> Progress {
        let mut left = work;
        // Turns to the next part, so that the op that comes next is known.
        let mut progress = self.step(0);
        let mut first = true;
        while progress == Progress::Pending {
            let next = self.model.ops(self.waiting.rest).next();
            let cost = next.map_or(0, |(_, op)| work::steps_of(&op));
            if cost > left && !first {
                break;
            }
            left = left.saturating_sub(cost);
            first = false;
            progress = self.step(1);
        }
        progress
    }

    /// Whether ops wait for a [step](Session::step); no input is taken meanwhile.
    pub const fn is_pending(&self) -> bool {
        self.waiting.encoding.is_some() || self.waiting.running.is_some()
    }

    /// Does all that waits.
    pub(super) fn finish(&mut self) {
        let _ = self.step(usize::MAX);
    }

    /// Has the encoder of an input wait for the piece that its frontend has just written.
    pub(super) fn encode(&mut self, input: usize, found: &Input<'_>, steps: usize) {
        self.waiting = Waiting {
            rest: found.step,
            steps,
            encoding: Some(input as u8),
            running: None,
        };
    }

    /// Turns to what comes behind a part that is done.
    #[inline(never)]
    fn turn(&mut self) {
        self.waiting.steps = usize::MAX;
        if let Some(input) = self.waiting.encoding.take() {
            if let Some(pieces) = self.pieces.get_mut(usize::from(input)) {
                *pieces = pieces.saturating_add(1);
            }
            return;
        }
        let Some(number) = self.waiting.running.take() else {
            return;
        };
        let number = usize::from(number);
        // Behind the inputs comes the trunk, and behind the trunk nothing.
        const TRUNK: usize = MAX_INPUTS;
        if number > TRUNK {
            self.ran = true;
            return;
        }
        let Some(input) = self.model.input(number).filter(|_| number < TRUNK) else {
            self.waiting.rest = self.model.trunk();
            self.waiting.running = Some(TRUNK as u8 + 1);
            return;
        };
        self.waiting.running = Some(number as u8 + 1);
        if self.is_present(number) {
            self.waiting.rest = input.finish;
        } else if let Some([encoding]) = split(self.arena, [&input.encoding]) {
            // As long as one another, checked at load.
            let absent = self.model.weights().u8s(input.absent);
            encoding
                .iter_mut()
                .zip(absent)
                .for_each(|(to, from)| *to = *from);
        }
    }

    fn run_next(&mut self) {
        let (model, part) = (self.model, self.waiting.rest);
        // Where there is no record, which load has ruled out, the part ends.
        self.waiting.rest.len = 0;
        let mut records = Records::<Op>::new(model.op_records(part));
        let Some(op) = records.next() else { return };
        self.waiting.rest.len = records.rest().len() as u32;
        self.waiting.rest.offset = part.end() as u32 - self.waiting.rest.len;
        let persistent_len = model.header().persistent_len as usize;
        let steps = self.waiting.steps;
        self.probe.begin(self.arena);
        run::run(&op, model.weights(), self.arena, steps, persistent_len);
        self.probe.end(Stage::Op(part.offset), self.arena);
    }
}
