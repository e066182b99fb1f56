//! What the monitor knows. Events and keys change it; drawing reads it.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use tillsense_compiler::inspect::Inspection;
use tillsense_compiler::run::sample::Raw;
use tillsense_compiler::text::brief;
use tillsense_compiler::words::{grouped, percent};
use tillsense_core::engine::{Model, Stage};
use tillsense_device::compare::Reading;

use super::samples::Chosen;
use super::worker::{Answered, Event};
use crate::cli::run::answer::{Answer, Said, answers};
use crate::cli::run::inputs::{self, Input, Kind};

/// Lines of the log that are kept.
const MOST_LOG: usize = 200;

/// How the terminal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits.
    Ready,
    /// It computes.
    Busy,
    /// It is being started.
    Starting,
    /// It is gone, for this reason.
    Lost(String),
}

/// What somebody is typing.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What for.
    pub kind: Kind,
    /// What there is of it.
    pub text: String,
}

/// The monitor's state.
pub struct State<'a> {
    /// The model.
    pub model: Model<'a>,
    /// Its inputs.
    pub inputs: Vec<Input<'a>>,
    /// Name of the board.
    pub board: String,
    /// How the terminal is.
    pub status: Status,
    /// What is in the model file.
    pub bytes: tillsense_compiler::inspect::Bytes,
    /// The inputs as they were sent, or will be.
    pub values: Vec<Raw<'a>>,
    /// Which of them are given.
    pub given: Vec<bool>,
    /// Which sample it is.
    pub title: String,
    /// The right class of each head, where it is known.
    pub truth: Vec<Option<usize>>,
    /// The answers of all heads to what was sent last.
    pub answers: Vec<Answer>,
    /// What they took.
    pub cost: Option<Reading>,
    /// What each part took: its name and its count.
    pub parts: Vec<(String, u64)>,
    /// Whether every byte was this machine's.
    pub identical: Option<bool>,
    /// Samples answered, and those of them with a byte that differs.
    pub answered: [u64; 2],
    /// What happened, with seconds since the beginning.
    pub log: VecDeque<(f64, String)>,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// Whether help is shown.
    pub help: bool,
    /// Whether samples are sent one after the other.
    pub running: bool,
    /// The input that is shown large.
    pub shown: usize,
    /// Lines that were not understood.
    pub misunderstood: usize,
    stages: HashMap<Key, String>,
    began: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Frontend(u8),
    Op(u32),
}

impl From<Stage> for Key {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Frontend(input) => Key::Frontend(input),
            Stage::Op(at) => Key::Op(at),
        }
    }
}

impl<'a> State<'a> {
    /// Nothing sent to a board that is ready.
    pub fn new(model: &Model<'a>, inspection: &Inspection, board: &str) -> Self {
        let inputs = inputs::of_model(model);
        let stages = inspection.steps.iter().map(|step| {
            let frontend = || {
                inputs
                    .iter()
                    .position(|input| input.name == step.part)
                    .unwrap_or(0)
            };
            let key = step
                .record
                .map_or_else(|| Key::Frontend(frontend() as u8), Key::Op);
            (key, format!("{} {} {}", step.number, step.part, step.op))
        });
        State {
            model: *model,
            stages: stages.collect(),
            board: brief(board),
            status: Status::Ready,
            bytes: inspection.bytes,
            values: vec![Raw::Absent; inputs.len()],
            given: vec![true; inputs.len()],
            title: String::new(),
            truth: Vec::new(),
            answers: Vec::new(),
            cost: None,
            parts: Vec::new(),
            identical: None,
            answered: [0; 2],
            log: VecDeque::new(),
            prompt: None,
            help: false,
            running: false,
            shown: 0,
            misunderstood: 0,
            inputs,
            began: Instant::now(),
        }
    }

    /// Adds a line to the log.
    pub fn say(&mut self, text: impl AsRef<str>) {
        let seconds = self.began.elapsed().as_secs_f64();
        self.log
            .push_back((seconds, tillsense_compiler::text::message(text.as_ref())));
        while self.log.len() > MOST_LOG {
            self.log.pop_front();
        }
    }

    /// Takes a sample to be sent.
    pub fn take(&mut self, chosen: Chosen<'a>) {
        (self.title, self.values, self.truth) = (brief(&chosen.title), chosen.inputs, chosen.truth);
    }

    /// Takes one input that somebody gave; the right answer is no longer known.
    pub fn put(&mut self, input: usize, value: Raw<'a>) {
        (self.values[input], self.given[input], self.shown) = (value, true, input);
        self.title = format!("own {}", brief(self.inputs[input].name));
        self.truth.clear();
    }

    /// Takes note of what the terminal did.
    pub fn update(&mut self, event: Event) {
        match event {
            Event::Connected(board) => {
                self.status = Status::Ready;
                self.board = brief(&board);
                self.say("connected");
            }
            Event::Failed(why) => {
                self.running = false;
                // A refusal leaves the terminal; that there is none is said by asking again.
                self.status = Status::Lost(brief(&why));
                self.say(format!("failed: {why}"));
            }
            Event::Answered(answered) => self.answered(answered),
        }
    }

    fn answered(&mut self, told: Answered) {
        self.status = Status::Ready;
        self.answered[0] += 1;
        self.answered[1] += u64::from(!told.identical);
        self.answers = answers(&self.model, &told.scores);
        self.cost = Some(told.cost);
        self.identical = Some(told.identical);
        let part = |count: &tillsense_core::link::Count| {
            let name = self.stages.get(&Key::from(count.stage));
            (name.map_or("?".to_owned(), brief), count.instructions)
        };
        self.parts = told.counts.iter().map(part).collect();
        let line = self.summary();
        self.say(line);
    }

    /// The last answer in a line.
    pub fn summary(&self) -> String {
        let heads: Vec<_> = (0..self.answers.len())
            .map(|head| self.told(head))
            .collect();
        let cost = self.cost.map_or(String::new(), |cost| {
            format!("; {} {}", grouped(cost.number()), cost.unit().word())
        });
        let differs = if self.identical == Some(false) {
            "; DIFFERS from this machine"
        } else {
            ""
        };
        format!("{}{cost}{differs} ({})", heads.join(", "), self.title)
    }

    /// A head's answer in words.
    pub fn told(&self, head: usize) -> String {
        let answer = &self.answers[head];
        let said = match &answer.said {
            Said::Class(class) => {
                let defers = if class.defers { " (to a person)" } else { "" };
                format!("{} {}{defers}", brief(&class.answer), percent(class.score))
            }
            Said::Tensor(tensor) => format!("{} values", grouped(tensor.values.len())),
        };
        let right = match self.right(head) {
            Some(right) => format!(", right: {}", brief(right)),
            None => String::new(),
        };
        format!("{} {said}{right}", brief(&answer.head))
    }

    /// Name of the right class of a head, where it is known.
    pub fn right(&self, head: usize) -> Option<&'a str> {
        let class = (*self.truth.get(head)?)?;
        self.model.class_name(head, class)
    }
}
