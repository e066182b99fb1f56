//! The host's side of the link: requests over a transport, replies as plain values.

mod ask;
mod tape;

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{error, fmt};

use anyhow::{Error, Result, anyhow};
pub use ask::{Patience, Waits};
pub use tape::Tape;
use tillsense_core::engine::MAX_INPUTS;
use tillsense_core::frontend::record::Value;
use tillsense_core::link::{
    self, Count, FrameError, LinkError, MAX_CHUNK, MAX_FRAME, ModelError, Request, Response,
};

use self::ask::Asking;

/// A transport that carries frames to a terminal and back. It may lose, delay, double and change bytes, but keeps their order.
pub trait Transport: Send {
    /// Sends bytes; each frame in them ends with its own zero.
    fn send(&mut self, bytes: &[u8]) -> Result<()>;

    /// Receives the next frame, without its zero; `None` where none came within the time limit.
    fn receive(&mut self, limit: Duration) -> Result<Option<Vec<u8>>>;

    /// What arrived behind the last zero.
    fn rest(&self) -> &[u8] {
        &[]
    }

    /// What errors call the terminal at the other end.
    fn name(&self) -> String {
        "the terminal".to_owned()
    }

    /// What may be the matter where it was never heard, as the end of a sentence.
    fn hint(&self) -> &str {
        ""
    }
}

impl fmt::Debug for dyn Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        (**self).send(bytes)
    }

    fn receive(&mut self, limit: Duration) -> Result<Option<Vec<u8>>> {
        (**self).receive(limit)
    }

    fn rest(&self) -> &[u8] {
        (**self).rest()
    }

    fn name(&self) -> String {
        (**self).name()
    }

    fn hint(&self) -> &str {
        (**self).hint()
    }
}

/// Why a request failed.
#[derive(Debug)]
pub enum Failure {
    /// The terminal refused the request; inputs accepted before are still there.
    Refused(LinkError),
    /// The terminal is gone, silent, or does not speak this protocol.
    Lost(anyhow::Error),
}

/// Facts that a terminal tells about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Name of the board.
    pub board: String,
    /// Size of the arena in bytes.
    pub arena: u32,
    /// Largest text, record or picture that is resized that the terminal takes, in bytes.
    pub inbox: u32,
    /// Facts about the model, or the reason why the terminal has none.
    pub model: Result<ModelFacts, ModelError>,
}

/// Facts that a terminal tells about its model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// Name of the model.
    pub name: String,
    /// Version of the model.
    pub version: u64,
    /// SHA-256 of all bytes before the model file's seal.
    pub digest: [u8; 32],
    /// Bytes of arena that the model needs.
    pub arena: u32,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of heads.
    pub heads: usize,
}

/// A head's answer to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Number of the class with the best score.
    pub class: u16,
    /// Score of that class, in 1/256.
    pub score: u8,
    /// Whether the score is below the head's threshold, so that a person decides.
    pub defer: bool,
    /// The score of each class, in 1/256.
    pub scores: Vec<u8>,
}

/// Result of a terminal's self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTest {
    /// Whether the model's digest still is the one that was sealed.
    pub digest: bool,
    /// Number of cases run.
    pub cases: u32,
    /// Number of cases whose result differed from the definition.
    pub failures: u32,
}

/// A terminal at the other end of a transport.
///
/// Each request is carried out once and answered, whatever becomes of single bytes, or fails with [`Failure::Lost`] in the end; a
/// request of which it is not known whether it was carried out is never repeated under another number.
#[derive(Debug)]
pub struct Link<T> {
    transport: T,
    patience: Patience,
    /// Number of the last request.
    number: u8,
    /// Whether the terminal counts the requests' numbers as this link does.
    in_step: bool,
    /// Whether the terminal has ever answered.
    spoke: bool,
    /// Bytes of each clip that the terminal has taken.
    heard: [u32; MAX_INPUTS],
}

/// Default time limit of an answer.
const LIMIT: Duration = Duration::from_secs(60);

impl<T: Transport> Link<T> {
    /// Links to a terminal that listens on this transport, with [`Patience::with_pipe`] and a limit of a minute.
    pub fn over(transport: T) -> Self {
        // An answer that a link of before did not wait for should not have the number of this one's first request.
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Link {
            transport,
            patience: Patience::with_pipe(LIMIT),
            number: since.map_or(0, |since| (since.as_micros() % 256) as u8),
            in_step: false,
            spoke: false,
            heard: [0; MAX_INPUTS],
        }
    }

    /// Sets how long to wait for answers.
    pub const fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// The transport of the link.
    pub const fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    /// Asks for the facts about the terminal and its model.
    pub fn info(&mut self) -> Result<Facts, Failure> {
        let told = self.ask(&Request::Info, |response| match response {
            Response::Info(info) if info.link != link::VERSION => Some(Err(info.link)),
            Response::Info(info) => Some(Ok(Facts {
                board: info.board.to_owned(),
                arena: info.arena,
                inbox: info.inbox,
                model: info.model.map(|model| ModelFacts {
                    name: model.name.to_owned(),
                    version: model.version,
                    digest: model.digest,
                    arena: model.arena,
                    inputs: model.inputs.into(),
                    heads: model.heads.into(),
                }),
            })),
            _ => None,
        })?;
        told.map_err(|version| Failure::Lost(self.other_version(&format!("version {version}"))))
    }

    /// Asks for the facts about the terminal's model; where the terminal refuses the model, the
    /// error gives the reason with its figures.
    pub fn require_model(&mut self) -> Result<ModelFacts> {
        let facts = self.info()?;
        facts
            .model
            .map_err(|error| anyhow!("{} refuses the model: {error}", facts.board))
    }

    /// Pushes a picture, row by row.
    pub fn push_image(&mut self, input: u8, pixels: &[u8]) -> Result<(), Failure> {
        self.push_whole(input, pixels)
    }

    /// Pushes the bytes of a tensor, row by row.
    pub fn push_tensor(&mut self, input: u8, values: &[u8]) -> Result<(), Failure> {
        self.push_whole(input, values)
    }

    /// Pushes a text.
    pub fn push_text(&mut self, input: u8, text: &[u8]) -> Result<(), Failure> {
        self.push_whole(input, text)
    }

    /// Pushes a record, or the next record of a sequence.
    pub fn push_record(&mut self, input: u8, values: &[Value<'_>]) -> Result<(), Failure> {
        let bytes = postcard::to_allocvec(values).map_err(|error| Failure::Lost(error.into()))?;
        self.push_whole(input, &bytes)
    }

    /// Pushes the next samples of a clip.
    pub fn push_audio(&mut self, input: u8, samples: &[i16]) -> Result<(), Failure> {
        let bytes: Vec<u8> = samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        if bytes.is_empty() {
            let offset = self.heard.get(usize::from(input)).copied().unwrap_or(0);
            return self.push(input, offset, 0, &[]).map(drop);
        }
        for chunk in bytes.chunks(MAX_CHUNK) {
            let offset = self.heard.get(usize::from(input)).copied().unwrap_or(0);
            let next = self.push(input, offset, 0, chunk)?;
            if let Some(heard) = self.heard.get_mut(usize::from(input)) {
                *heard = next;
            }
        }
        Ok(())
    }

    /// Pushes one piece of an input and returns the offset that the terminal expects next.
    pub fn push(
        &mut self,
        input: u8,
        offset: u32,
        total: u32,
        bytes: &[u8],
    ) -> Result<u32, Failure> {
        self.ask(
            &Request::Push {
                input,
                offset,
                total,
                bytes,
            },
            |response| match response {
                Response::Accepted { next } => Some(next),
                _ => None,
            },
        )
    }

    /// Runs the model on the inputs pushed and returns the number of instructions executed since the reset.
    pub fn run(&mut self) -> Result<u64, Failure> {
        self.ask(&Request::Run, |response| match response {
            Response::Done { instructions } => Some(instructions),
            _ => None,
        })
    }

    /// Asks for the verdict of a head.
    pub fn verdict(&mut self, head: u8) -> Result<Verdict, Failure> {
        let mut verdict = Verdict {
            class: 0,
            score: 0,
            defer: false,
            scores: Vec::new(),
        };
        loop {
            let from = verdict.scores.len() as u16;
            let whole = self.ask(
                &Request::Verdict { head, from },
                |response| match response {
                    Response::Verdict {
                        class,
                        score,
                        defer,
                        classes,
                        scores,
                    } => {
                        verdict.scores.extend_from_slice(scores);
                        (verdict.class, verdict.score, verdict.defer) = (class, score, defer);
                        // A reply without a score would be asked for without end.
                        Some(scores.is_empty() || verdict.scores.len() >= usize::from(classes))
                    }
                    _ => None,
                },
            )?;
            if whole {
                return Ok(verdict);
            }
        }
    }

    /// Asks for all that a head has written, as it is stored: a tensor, or the scores of classes.
    pub fn values(&mut self, head: u8) -> Result<Vec<i8>, Failure> {
        let mut all: Vec<i8> = Vec::new();
        loop {
            let from = all.len() as u32;
            let whole = self.ask(&Request::Values { head, from }, |response| match response {
                Response::Values { total, values } => {
                    all.extend(values.iter().map(|value| value.cast_signed()));
                    // A reply without a value would be asked for without end.
                    Some(values.is_empty() || all.len() >= total as usize)
                }
                _ => None,
            })?;
            if whole {
                return Ok(all);
            }
        }
    }

    /// Asks for the instructions of each part of the session since the reset.
    pub fn counts(&mut self) -> Result<Vec<Count>, Failure> {
        let mut all = Vec::new();
        loop {
            let from = all.len() as u8;
            let whole = self.ask(&Request::Counts { from }, |response| match response {
                Response::Counts { total, counts } => {
                    all.extend_from_slice(&counts);
                    Some(counts.is_empty() || all.len() >= usize::from(total))
                }
                _ => None,
            })?;
            if whole {
                return Ok(all);
            }
        }
    }

    /// Runs the self-test: the terminal checks its model and this many cases of every op, and forgets the session.
    pub fn self_test(&mut self, cases: u16) -> Result<SelfTest, Failure> {
        self.heard = [0; MAX_INPUTS];
        self.ask(&Request::SelfTest { cases }, |response| match response {
            Response::SelfTest {
                digest,
                cases,
                failures,
            } => Some(SelfTest {
                digest,
                cases,
                failures,
            }),
            _ => None,
        })
    }

    /// Resets the session.
    pub fn reset(&mut self) -> Result<(), Failure> {
        self.heard = [0; MAX_INPUTS];
        self.ask(&Request::Reset, |response| {
            matches!(response, Response::Ready).then_some(())
        })
    }

    /// Sends a request until there is an answer, of which `read` takes what it wants.
    pub fn ask<R>(
        &mut self,
        request: &Request<'_>,
        read: impl FnOnce(Response<'_>) -> Option<R>,
    ) -> Result<R, Failure> {
        if !self.in_step && *request != Request::Info {
            self.info()?;
        }
        self.number = self.number.wrapping_add(1);
        let mut frame = [0; MAX_FRAME];
        let len = link::encode(self.number, request, &mut frame)
            .ok_or(Failure::Refused(LinkError::TooLong))?;
        // Where this fails, nobody knows whether the terminal has counted it.
        self.in_step = false;
        let mut answer = self
            .answer_to(request, &frame[..len])
            .map_err(Failure::Lost)?;
        self.spoke = true;
        let strange = |what: &str| {
            let name = self.transport.name();
            Failure::Lost(anyhow!("the answer of {name} is {what}"))
        };
        match link::decode::<Response<'_>>(&mut answer) {
            Ok((_, Response::Error(LinkError::OutOfStep))) => Err(Failure::Lost(anyhow!(
                "{} was reset in between: what it had been given before is gone",
                self.transport.name()
            ))),
            Ok((_, response)) => {
                self.in_step = true;
                match response {
                    Response::Error(error) => Err(Failure::Refused(error)),
                    response => read(response).ok_or_else(|| strange("not the one asked for")),
                }
            }
            Err(error) => Err(strange(&error.to_string())),
        }
    }

    /// The frame of the answer to a request, which is sent again where nothing comes, and where what comes is damaged.
    fn answer_to(&mut self, request: &Request<'_>, frame: &[u8]) -> Result<Vec<u8>> {
        let patience = self.patience;
        let waits = match request {
            Request::Push { .. } | Request::Run | Request::SelfTest { .. } => patience.work,
            _ => patience.quick,
        };
        self.transport.send(frame)?;
        let mut asking = Asking::new(waits);
        loop {
            let Some(heard) = self.transport.receive(asking.listen())? else {
                if !asking.sends_again(patience.tries) {
                    return Err(asking.give_up(&self.transport, self.spoke));
                }
                // The terminal may hold the beginning of a frame: an empty frame ends it.
                self.transport.send(&[&[0], frame].concat())?;
                continue;
            };
            // Of other requests, `Reset` looks like its answer; but this one comes first.
            if *request == Request::Info && frame.strip_suffix(&[0]) == Some(&heard) {
                return Err(anyhow!(
                    "{} sends back what is sent to it: are its TX and RX wired to one another, or does a shell echo there?",
                    self.transport.name()
                ));
            }
            match link::decode::<Response<'_>>(&mut heard.clone()) {
                Ok((number, _)) if number == self.number => return Ok(heard),
                // A late answer to a request of before.
                Ok(_) => {}
                Err(FrameError::NotAMessage) => return Err(self.other_version("another version")),
                // Empty frames end what was cut off.
                Err(FrameError::Again) if heard.is_empty() => {}
                Err(FrameError::Again) => asking.note_damage(&[], patience.settle),
                Err(FrameError::Bad | FrameError::TooLong) => {
                    asking.note_damage(&heard, patience.settle);
                }
            }
        }
    }

    fn other_version(&mut self, which: &str) -> Error {
        self.in_step = false;
        anyhow!(
            "{} speaks {which} of the link, this command version {}: its firmware is of another release; build this one's and write it to \
             the board (`tillsense flash`)",
            self.transport.name(),
            link::VERSION
        )
    }

    fn push_whole(&mut self, input: u8, bytes: &[u8]) -> Result<(), Failure> {
        let total = bytes.len() as u32;
        if bytes.is_empty() {
            return self.push(input, 0, 0, &[]).map(drop);
        }
        for (chunk, offset) in bytes.chunks(MAX_CHUNK).zip((0..).step_by(MAX_CHUNK)) {
            self.push(input, offset, total, chunk)?;
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(error) => write!(f, "the terminal refuses: {error}"),
            Failure::Lost(error) => write!(f, "{error:#}"),
        }
    }
}

impl error::Error for Failure {}
