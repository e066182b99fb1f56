//! The terminal's side of the link: a request in, a reply out. No hardware here, so the host's tests run it too.
//!
//! Functions with buffers of their own are kept out of line: inlined, all those buffers would share one frame, and the
//! smallest board has 16 KiB of RAM.

use heapless::Vec;
use tillsense_core::engine::{ArenaError, InputError, LoadError, Model, Probe, PushError, Session};
use tillsense_core::frontend::record::Value;
use tillsense_core::frontend::tensor::TensorError;
use tillsense_core::frontend::{FrontendError, image, tensor};
use tillsense_core::link::{
    self, AGAIN, Exchange, FrameError, Info, LinkError, MAX_COUNTS, MAX_SCORES, MAX_VALUES,
    ModelError, ModelInfo, Request, Response, Turn,
};
use tillsense_core::model::header::{Header, HeaderError};
use tillsense_core::model::records::{Input, Source};

use crate::self_test::{self, Outcome};
use crate::stages::{Clock, Stages};

/// Limit of a record's fields: the terminal refuses records with more.
pub const MAX_FIELDS: usize = 64;
/// Limit of the bytes that the terminal tells of a model's name.
const MAX_NAME: usize = 64;
/// Limit of a model's inputs.
const MAX_INPUTS: usize = tillsense_core::engine::MAX_INPUTS;

/// An input of which some bytes have arrived.
#[derive(Clone, Copy, Debug)]
struct Making {
    input: u8,
    next: u32,
    total: u32,
    /// Whether they have gone on to the session, and are not in the inbox.
    passed_on: bool,
}

/// A server that answers for a terminal with its model, or with the reason why it runs none.
#[derive(Debug)]
pub struct Server<'m, 'a, C, const STAGES: usize> {
    board: &'static str,
    arena: u32,
    inbox: &'a mut [u8],
    session: Result<Session<'m, 'a, Stages<C, STAGES>>, ModelError>,
    making: Option<Making>,
    /// Bytes of each clip that have been taken.
    heard: [u32; MAX_INPUTS],
}

impl<'m, 'a, C: Clock, const STAGES: usize> Server<'m, 'a, C, STAGES> {
    /// Makes the server of a terminal whose model file lies at the start of `slot`.
    pub fn new(
        board: &'static str,
        slot: &'m [u8],
        arena: &'a mut [u8],
        inbox: &'a mut [u8],
        clock: C,
    ) -> Self {
        let arena_len = arena.len() as u32;
        let session = open(slot, arena, inbox.len(), clock);
        Server {
            board,
            arena: arena_len,
            inbox,
            session,
            making: None,
            heard: [0; MAX_INPUTS],
        }
    }

    /// Takes a frame, carries out the request in it where it is a new one, and returns the frames to be sent.
    pub fn answer<'x>(
        &mut self,
        frame: Result<&mut [u8], FrameError>,
        exchange: &'x mut Exchange,
    ) -> &'x [u8] {
        match exchange.take(frame) {
            Turn::New(request) => {
                if let Err(error) = self.carry_out(&request, exchange) {
                    exchange.answer(&Response::Error(error));
                }
                exchange.kept()
            }
            Turn::Kept => exchange.kept(),
            Turn::Damaged => &AGAIN,
        }
    }

    fn carry_out(
        &mut self,
        request: &Request<'_>,
        exchange: &mut Exchange,
    ) -> Result<(), LinkError> {
        let response = match *request {
            Request::Info => {
                self.info(exchange);
                return Ok(());
            }
            Request::Verdict { head, from } => return self.verdict(head, from, exchange),
            Request::Counts { from } => return self.counts(from, exchange),
            Request::Push {
                input,
                offset,
                total,
                bytes,
            } => {
                let next = self.push(input, offset, total, bytes)?;
                Response::Accepted { next }
            }
            Request::Values { head, from } => return self.values(head, from, exchange),
            Request::Run => self.run()?,
            Request::SelfTest { cases } => self.self_test(cases),
            Request::Reset => {
                self.reset();
                Response::Ready
            }
        };
        exchange.answer(&response);
        Ok(())
    }

    #[inline(never)]
    fn info(&self, exchange: &mut Exchange) {
        let model = self
            .session
            .as_ref()
            .map_err(|&error| error)
            .map(|session| {
                let model = session.model();
                ModelInfo {
                    name: beginning(model.name()),
                    version: model.header().model_version,
                    digest: model.digest(),
                    arena: model.header().arena_len,
                    inputs: model.inputs().count() as u8,
                    heads: model.heads().count() as u8,
                }
            });
        let (arena, inbox) = (self.arena, self.inbox.len() as u32);
        exchange.answer(&Response::Info(Info {
            link: link::VERSION,
            board: self.board,
            arena,
            inbox,
            model,
        }));
    }

    #[inline(never)]
    fn push(&mut self, input: u8, offset: u32, total: u32, bytes: &[u8]) -> Result<u32, LinkError> {
        let session = self.session.as_mut().map_err(|_| LinkError::NoModel)?;
        let found = session
            .model()
            .input(usize::from(input))
            .ok_or(LinkError::NoSuchInput)?;
        if let Source::Audio(_) = found.source {
            // Sound would be worked on where the beginning of another input lies.
            if let Some(Making {
                input,
                next,
                passed_on: true,
                ..
            }) = self.making
            {
                return Err(LinkError::WrongOrder { input, next });
            }
            let heard = self
                .heard
                .get_mut(usize::from(input))
                .ok_or(LinkError::NoSuchInput)?;
            if offset != *heard || !bytes.len().is_multiple_of(2) {
                return Err(LinkError::WrongOrder {
                    input,
                    next: *heard,
                });
            }
            hear(session, input, bytes).map_err(LinkError::Push)?;
            *heard = heard.wrapping_add(bytes.len() as u32);
            return Ok(*heard);
        }
        let piece = Making {
            input,
            next: offset,
            total,
            passed_on: goes_on(&found.source, total, self.inbox.len()),
        };
        let making = follow(self.making, piece, bytes.len())?;
        let number = usize::from(input);
        if piece.passed_on {
            let whole = pass_on(session, number, &found.source, piece, bytes)?;
            self.making = (!whole).then_some(making);
            return Ok(if whole { 0 } else { making.next });
        }
        collect(self.inbox, piece, bytes)?;
        if making.next < total {
            self.making = Some(making);
            return Ok(making.next);
        }
        // Taken or refused, this input is no longer in the making.
        self.making = None;
        let whole = self.inbox.get(..total as usize).unwrap_or(&[]);
        take(session, number, &found, whole)?;
        Ok(0)
    }

    fn run(&mut self) -> Result<Response<'static>, LinkError> {
        let session = self.session.as_mut().map_err(|_| LinkError::NoModel)?;
        if let Some(Making { input, next, .. }) = self.making {
            return Err(LinkError::WrongOrder { input, next });
        }
        session.run();
        Ok(Response::Done {
            instructions: session.probe.total(),
        })
    }

    #[inline(never)]
    fn verdict(&self, head: u8, from: u16, exchange: &mut Exchange) -> Result<(), LinkError> {
        let session = self.session.as_ref().map_err(|_| LinkError::NoModel)?;
        session
            .model()
            .head(usize::from(head))
            .ok_or(LinkError::NoSuchHead)?;
        if session.tensor(usize::from(head)).is_some() {
            return Err(LinkError::NotAVerdict);
        }
        let verdict = session
            .verdict(usize::from(head))
            .ok_or(LinkError::NotRun)?;
        let wanted = verdict.scores.get(usize::from(from)..).unwrap_or(&[]);
        let mut scores = [0; MAX_SCORES];
        for (score, &stored) in scores.iter_mut().zip(wanted) {
            *score = stored.cast_unsigned() ^ 0x80;
        }
        let response = Response::Verdict {
            class: verdict.class,
            score: verdict.score,
            defer: verdict.defer,
            classes: verdict.scores.len() as u16,
            scores: scores.get(..wanted.len().min(MAX_SCORES)).unwrap_or(&[]),
        };
        exchange.answer(&response);
        Ok(())
    }

    #[inline(never)]
    fn values(&self, head: u8, from: u32, exchange: &mut Exchange) -> Result<(), LinkError> {
        let session = self.session.as_ref().map_err(|_| LinkError::NoModel)?;
        let number = usize::from(head);
        session.model().head(number).ok_or(LinkError::NoSuchHead)?;
        let all = tensor::bytes(session.scores(number).ok_or(LinkError::NotRun)?);
        let wanted = all.get(from as usize..).unwrap_or(&[]);
        let response = Response::Values {
            total: all.len() as u32,
            values: wanted.get(..MAX_VALUES).unwrap_or(wanted),
        };
        exchange.answer(&response);
        Ok(())
    }

    #[inline(never)]
    fn counts(&self, from: u8, exchange: &mut Exchange) -> Result<(), LinkError> {
        let session = self.session.as_ref().map_err(|_| LinkError::NoModel)?;
        let all = session.probe.counts();
        let counts: Vec<_, MAX_COUNTS> = all
            .iter()
            .skip(usize::from(from))
            .take(MAX_COUNTS)
            .copied()
            .collect();
        exchange.answer(&Response::Counts {
            total: all.len().min(255) as u8,
            counts,
        });
        Ok(())
    }

    /// Runs the self-test. The ops need the arena, so the session is forgotten.
    #[inline(never)]
    fn self_test(&mut self, cases: u16) -> Response<'static> {
        let Ok(session) = &mut self.session else {
            return Response::SelfTest {
                digest: false,
                cases: 0,
                failures: 0,
            };
        };
        let digest = session.model().digest_holds();
        let Outcome { cases, failures } = session.lend_arena(|arena| self_test::run(cases, arena));
        self.reset();
        Response::SelfTest {
            digest,
            cases,
            failures,
        }
    }

    fn reset(&mut self) {
        if let Ok(session) = &mut self.session {
            session.reset();
            session.probe.clear();
        }
        self.inbox.fill(0);
        self.making = None;
        self.heard = [0; MAX_INPUTS];
    }
}

fn open<'m, 'a, C: Clock, const STAGES: usize>(
    slot: &'m [u8],
    arena: &'a mut [u8],
    inbox: usize,
    clock: C,
) -> Result<Session<'m, 'a, Stages<C, STAGES>>, ModelError> {
    let len = Header::file_len(slot).ok_or(ModelError::Empty)?;
    let file = slot
        .get(..len)
        .ok_or(ModelError::Load(LoadError::Header(HeaderError::Truncated)))?;
    let model = Model::load(file).map_err(ModelError::Load)?;
    let needs = model.header().max_input;
    if needs as usize > inbox {
        return Err(ModelError::Inbox {
            needs,
            has: inbox as u32,
        });
    }
    for (number, input) in model.inputs().enumerate() {
        if let Source::Record(params) | Source::Sequence(params) = input.source
            && usize::from(params.field_count) > MAX_FIELDS
        {
            return Err(ModelError::Load(LoadError::Input {
                input: number as u8,
                error: InputError::Frontend(FrontendError::Shape),
            }));
        }
    }
    Session::with_probe(model, arena, Stages::new(clock)).map_err(|error| match error {
        ArenaError::TooSmall { needs, has } => ModelError::Arena {
            needs: needs as u32,
            has: has as u32,
        },
        ArenaError::Misaligned => ModelError::Load(LoadError::Misaligned),
    })
}

/// Whether the pieces of an input go on to the session: tensors, and pictures that the inbox cannot hold and need not.
fn goes_on(source: &Source, total: u32, inbox: usize) -> bool {
    match source {
        Source::Tensor(_) => true,
        Source::Image(params) => {
            let long = total as usize > inbox && total as usize == image::source_len(params);
            long && image::is_by_pixel(params)
        }
        _ => false,
    }
}

/// The input in the making after a piece. A piece from offset 0 of it starts it again.
fn follow(making: Option<Making>, piece: Making, len: usize) -> Result<Making, LinkError> {
    let expected = match making {
        Some(making)
            if making.input != piece.input || (piece.next != 0 && making.total != piece.total) =>
        {
            return Err(LinkError::WrongOrder {
                input: making.input,
                next: making.next,
            });
        }
        Some(making) if piece.next != 0 => making.next,
        _ => 0,
    };
    let end = piece.next.checked_add(len as u32);
    let end = end.filter(|&end| piece.next == expected && end <= piece.total);
    let next = end.ok_or(LinkError::WrongOrder {
        input: piece.input,
        next: expected,
    })?;
    Ok(Making { next, ..piece })
}

/// Puts a piece of an input into the inbox.
fn collect(inbox: &mut [u8], piece: Making, bytes: &[u8]) -> Result<(), LinkError> {
    if piece.total as usize > inbox.len() {
        return Err(LinkError::TooLarge {
            inbox: inbox.len() as u32,
        });
    }
    for (place, &byte) in inbox.iter_mut().skip(piece.next as usize).zip(bytes) {
        *place = byte;
    }
    Ok(())
}

/// Hands a piece of an input to the session; whether the input is whole now.
#[inline(never)]
fn pass_on<P: Probe>(
    session: &mut Session<'_, '_, P>,
    number: usize,
    source: &Source,
    piece: Making,
    bytes: &[u8],
) -> Result<bool, LinkError> {
    let offset = piece.next as usize;
    let pushed = match source {
        Source::Tensor(params) if piece.total as usize == params.output.len() => {
            session.push_tensor_piece(number, offset, tensor::values(bytes))
        }
        Source::Tensor(_) => Err(PushError::Tensor(TensorError::WrongSize)),
        _ => session.push_image_piece(number, offset, bytes),
    };
    pushed.map_err(LinkError::Push)
}

fn take<P: Probe>(
    session: &mut Session<'_, '_, P>,
    number: usize,
    input: &Input<'_>,
    bytes: &[u8],
) -> Result<(), LinkError> {
    let taken = match input.source {
        Source::Image(_) => session.push_image(number, bytes),
        Source::Text(_) => session.push_text(number, bytes),
        Source::Record(_) | Source::Sequence(_) => return record(session, number, bytes),
        // Sound and tensors are taken piece by piece, in `push`.
        Source::Audio(_) | Source::Tensor(_) => Err(PushError::WrongKind),
    };
    taken.map_err(LinkError::Push)
}

/// Takes a record as it crosses the link: postcard of the sequence of its values.
#[inline(never)]
fn record<P: Probe>(
    session: &mut Session<'_, '_, P>,
    number: usize,
    bytes: &[u8],
) -> Result<(), LinkError> {
    let next = |bytes| postcard::take_from_bytes(bytes).map_err(|_| LinkError::NotARecord);
    let (count, mut rest) =
        postcard::take_from_bytes::<u32>(bytes).map_err(|_| LinkError::NotARecord)?;
    let mut all = [Value::Missing; MAX_FIELDS];
    let values = all.get_mut(..count as usize).ok_or(LinkError::NotARecord)?;
    for value in values.iter_mut() {
        (*value, rest) = next(rest)?;
    }
    if !rest.is_empty() {
        return Err(LinkError::NotARecord);
    }
    session.push_record(number, values).map_err(LinkError::Push)
}

/// Hands little-endian samples to the session, a few at a time: a frame need not start at an even address.
#[inline(never)]
fn hear<P: Probe>(
    session: &mut Session<'_, '_, P>,
    input: u8,
    bytes: &[u8],
) -> Result<(), PushError> {
    if bytes.is_empty() {
        return Err(PushError::NoSamples);
    }
    let mut samples = [0i16; link::MAX_CHUNK / 2];
    for chunk in bytes.chunks(link::MAX_CHUNK) {
        let (pairs, _) = chunk.as_chunks::<2>();
        for (sample, &pair) in samples.iter_mut().zip(pairs) {
            *sample = i16::from_le_bytes(pair);
        }
        session.push_audio(
            usize::from(input),
            samples.get(..pairs.len()).unwrap_or(&[]),
        )?;
    }
    Ok(())
}

/// The beginning of a name that the terminal tells, cut between characters.
fn beginning(name: &str) -> &str {
    name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or("")
}
