//! The terminal, in a thread of its own.

use std::sync::mpsc::{Receiver, Sender};

use anyhow::Result;
use tillsense_compiler::run::Scores;
use tillsense_compiler::run::sample::Sample;
use tillsense_core::engine::Model;
use tillsense_core::link::Count;
use tillsense_device::compare::{Reading, here};

use crate::cli::run::board::Booted;

/// What is asked of the terminal.
#[derive(Debug)]
pub enum Request<'a> {
    /// To answer a sample.
    Run(Sample<'a>),
    /// To be started or asked for anew.
    Connect,
}

/// What became of a request.
#[derive(Debug)]
pub enum Event {
    /// The terminal is there.
    Connected(String),
    /// It has answered.
    Answered(Answered),
    /// It refuses a sample, or is gone.
    Failed(String),
}

/// A terminal's answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Scores of each head.
    pub scores: Scores,
    /// What it took.
    pub cost: Reading,
    /// What each part took.
    pub counts: Vec<Count>,
    /// Whether every byte equals this machine's.
    pub identical: bool,
}

/// The worker's ends of both channels.
pub struct Ends<'a> {
    /// What it is asked.
    pub wanted: Receiver<Request<'a>>,
    /// What it tells.
    pub told: Sender<Event>,
}

/// Carries requests out until nobody asks any more. A terminal that fails is given up; to connect starts another.
pub fn work<'a>(
    model: &Model<'_>,
    order: &[usize],
    first: Booted,
    boot: &dyn Fn() -> Result<Booted>,
    ends: Ends<'a>,
) {
    let mut terminal = Some(first);
    while let Ok(request) = ends.wanted.recv() {
        let event = match request {
            Request::Connect => {
                // The one before is ended first: a serial port is held by one alone.
                terminal = None;
                match boot() {
                    Ok(booted) => {
                        let name = booted.id().to_owned();
                        terminal = Some(booted);
                        Event::Connected(name)
                    }
                    Err(error) => Event::Failed(format!("{error:#}")),
                }
            }
            Request::Run(sample) => match &mut terminal {
                None => Event::Failed("no terminal; connect again".to_owned()),
                Some(booted) => match answered(booted, model, &sample, order) {
                    Ok(answered) => Event::Answered(answered),
                    Err(error) => {
                        // A sample that is refused leaves the terminal as it was; one that no longer answers is given up.
                        if !booted.is_alive() {
                            terminal = None;
                        }
                        Event::Failed(format!("{error:#}"))
                    }
                },
            },
        };
        if ends.told.send(event).is_err() {
            return;
        }
    }
}

fn answered(
    booted: &mut Booted,
    model: &Model<'_>,
    sample: &Sample<'_>,
    order: &[usize],
) -> Result<Answered> {
    let (answer, cost, counts) = booted.told(model, sample, order)?;
    Ok(Answered {
        identical: answer == here(model, sample, order)?,
        scores: answer,
        cost,
        counts,
    })
}
