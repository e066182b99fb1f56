//! The host's side of the link: requests over a transport, replies as plain values.

mod tape;

use std::time::Duration;
use std::{error, fmt};

use anyhow::Result;
pub use tape::Tape;
use tillsense_core::engine::MAX_INPUTS;
use tillsense_core::frontend::record::Value;
use tillsense_core::link::{
    self, Count, LinkError, MAX_CHUNK, MAX_FRAME, ModelError, Request, Response,
};

/// A transport that carries frames to a terminal and back.
pub trait Transport {
    /// Sends bytes; each frame in them ends with its own zero.
    fn send(&mut self, bytes: &[u8]) -> Result<()>;
    /// Receives the next frame, without its zero, within a time limit.
    fn receive(&mut self, limit: Duration) -> Result<Vec<u8>>;
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
#[derive(Debug)]
pub struct Link<T> {
    transport: T,
    limit: Duration,
    /// Bytes of each clip that the terminal has taken.
    heard: [u32; MAX_INPUTS],
}

/// Default time limit of a reply.
const REPLY_LIMIT: Duration = Duration::from_secs(60);

impl<T: Transport> Link<T> {
    /// Links to a terminal that listens on this transport.
    pub const fn over(transport: T) -> Self {
        Link {
            transport,
            limit: REPLY_LIMIT,
            heard: [0; MAX_INPUTS],
        }
    }

    /// Sets the time limit of a reply.
    pub const fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// The transport of the link.
    pub const fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    /// Asks for the facts about the terminal and its model.
    pub fn info(&mut self) -> Result<Facts, Failure> {
        self.ask(&Request::Info, |response| match response {
            Response::Info(info) if info.link == link::VERSION => Some(Facts {
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
            }),
            _ => None,
        })
    }

    /// Asks for the facts about the terminal's model; where the terminal refuses the model, the
    /// error gives the reason with its figures.
    pub fn require_model(&mut self) -> Result<ModelFacts> {
        let facts = self.info()?;
        facts
            .model
            .map_err(|error| anyhow::anyhow!("{} refuses the model: {error}", facts.board))
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

    /// Sends a request and reads the reply, of which `read` takes what it wants.
    pub fn ask<R>(
        &mut self,
        request: &Request<'_>,
        read: impl FnOnce(Response<'_>) -> Option<R>,
    ) -> Result<R, Failure> {
        let mut frame = [0; MAX_FRAME];
        let len = link::encode(request, &mut frame).ok_or(Failure::Refused(LinkError::TooLong))?;
        self.transport.send(&frame[..len]).map_err(Failure::Lost)?;
        self.reply(read)
    }

    /// Reads the reply to a request already sent, or to bytes that are none.
    pub fn reply<R>(&mut self, read: impl FnOnce(Response<'_>) -> Option<R>) -> Result<R, Failure> {
        let mut frame = self.transport.receive(self.limit).map_err(Failure::Lost)?;
        let strange =
            |what: String| Failure::Lost(anyhow::anyhow!("the terminal's reply is {what}"));
        match link::decode::<Response<'_>>(&mut frame) {
            Ok(Response::Error(error)) => Err(Failure::Refused(error)),
            Ok(response) => {
                read(response).ok_or_else(|| strange("not the one asked for".to_owned()))
            }
            Err(error) => Err(strange(error.to_string())),
        }
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
