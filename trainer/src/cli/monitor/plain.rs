//! A line for each event, and a command a line.

use std::io::{BufRead, stdin};
use std::sync::mpsc::{Receiver, Sender};

use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;
use tillsense_compiler::text::brief;
use tillsense_device::compare::Reading;

use super::samples::{Samples, sample};
use super::state::{State, Status};
use super::worker::{Event, Request};
use crate::cli::output;
use crate::cli::run::answer::Answer;
use crate::cli::run::inputs::Kind;

/// What a line of standard input asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The next sample, or a random one.
    Sample {
        /// Whether chance chooses.
        random: bool,
    },
    /// A value for an input of this kind.
    Give(Kind, String),
    /// To leave an input out (`false`) or give it (`true`).
    Include(String, bool),
    /// To send the same again.
    Again,
    /// To connect again.
    Connect,
    /// What can be asked for.
    Help,
    /// The end.
    Quit,
}

/// What can be asked for.
const HELP: &str = "next, random, picture FILE, audio FILE, text WORDS, record NAME=VALUE,..., sequence FILE, tensor FILE, without INPUT, with INPUT, again, connect, quit";

impl Command {
    /// Reads a line; `None` of an empty one.
    pub fn parse(line: &str) -> Result<Option<Self>> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim().to_owned();
        let give = |kind| Command::Give(kind, rest.clone());
        Ok(Some(match word {
            "" => return Ok(None),
            "next" => Command::Sample { random: false },
            "random" => Command::Sample { random: true },
            "picture" | "image" => give(Kind::Image),
            "clip" | "audio" => give(Kind::Audio),
            "text" => give(Kind::Text),
            "record" => give(Kind::Record),
            "sequence" => give(Kind::Sequence),
            "tensor" => give(Kind::Tensor),
            "without" => Command::Include(rest, false),
            "with" => Command::Include(rest, true),
            "again" => Command::Again,
            "connect" => Command::Connect,
            "help" => Command::Help,
            "quit" | "exit" => Command::Quit,
            other => bail!("`{}` is not understood; there are {HELP}", brief(other)),
        }))
    }
}

/// An event as JSON.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    heads: Vec<Head<'a>>,
    #[serde(flatten)]
    cost: Option<Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identical: Option<bool>,
}

/// A head's answer and the right class, where it is known.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(flatten)]
    answer: &'a Answer,
    right: Option<&'a str>,
}

/// Reads commands until there are no more, and tells what comes of each before the next.
pub fn run<'a>(
    state: &mut State<'a>,
    samples: &Samples<'a>,
    (requests, events): (&Sender<Request<'a>>, &Receiver<Event>),
    json: bool,
) -> Result<()> {
    let ready = format!("{} runs {}", state.board, state.model.name());
    tell("connected", &ready, json)?;
    let mut next = 0;
    for line in stdin().lock().lines() {
        let line = line.context("standard input cannot be read")?;
        let request = match Command::parse(&line) {
            Ok(None) => continue,
            Ok(Some(Command::Quit)) => break,
            Ok(Some(Command::Help)) => {
                tell("help", HELP, json)?;
                continue;
            }
            Ok(Some(command)) => carry_out(state, samples, command, &mut next),
            Err(error) => Err(error),
        };
        match request {
            Ok(request) => {
                requests
                    .send(request)
                    .map_err(|_| anyhow!("the terminal's thread has ended"))?;
                let event = events.recv().context("the terminal's thread has ended")?;
                told(state, event, json)?;
            }
            Err(error) => {
                state.misunderstood += 1;
                tell("refused", &format!("{error:#}"), json)?;
            }
        }
    }
    Ok(())
}

/// What the terminal is asked for a command.
pub fn carry_out<'a>(
    state: &mut State<'a>,
    samples: &Samples<'a>,
    command: Command,
    next: &mut usize,
) -> Result<Request<'a>> {
    match command {
        Command::Sample { random } => {
            let number = match random {
                true => samples.random(state.answered[0].wrapping_mul(0x9e37_79b9) ^ *next as u64),
                false => *next,
            };
            *next = number + 1;
            state.take(samples.choose(number)?);
        }
        Command::Give(kind, text) => {
            let (input, raw, notes) = samples.given(kind, &text)?;
            state.put(input, raw);
            notes.iter().for_each(|note| state.say(note));
        }
        Command::Include(name, given) => {
            let input = samples.input(&name)?;
            state.given[input] = given;
            if state.title.is_empty() {
                state.take(samples.choose(*next)?);
            }
        }
        Command::Connect => {
            state.status = Status::Starting;
            return Ok(Request::Connect);
        }
        Command::Again | Command::Help | Command::Quit => {
            if state.title.is_empty() {
                bail!("nothing was sent yet; `next` sends a sample");
            }
        }
    }
    state.status = Status::Busy;
    Ok(Request::Run(sample(&state.values, &state.given)))
}

/// Tells an event.
fn told(state: &mut State<'_>, event: Event, json: bool) -> Result<()> {
    let answered = matches!(event, Event::Answered(_));
    let kind = match &event {
        Event::Connected(_) => "connected",
        Event::Failed(_) => "failed",
        Event::Answered(_) => "answered",
    };
    state.update(event);
    if !(answered && json) {
        let line = state
            .log
            .back()
            .map_or(String::new(), |(_, line)| line.clone());
        return tell(kind, &line, json);
    }
    let heads = state.answers.iter().enumerate().map(|(head, answer)| Head {
        answer,
        right: state.right(head),
    });
    json_line(&Line {
        event: kind,
        said: None,
        sample: Some(&state.title),
        heads: heads.collect(),
        cost: state.cost,
        identical: state.identical,
    })
}

fn tell(event: &'static str, said: &str, json: bool) -> Result<()> {
    if !json {
        return output::line(format_args!("{event}: {said}"));
    }
    json_line(&Line {
        event,
        said: Some(said),
        sample: None,
        heads: Vec::new(),
        cost: None,
        identical: None,
    })
}

/// JSON on one line, so that a program reads line by line.
fn json_line(line: &Line<'_>) -> Result<()> {
    output::lines(tillsense_compiler::text::shown_json(
        &serde_json::to_string(line)?,
    ))
}
