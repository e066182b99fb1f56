//! What becomes of a model file that somebody changed and sealed anew: the same on every host and on every board.
//!
//! A file that loads is played twice, in two orders of its inputs, on an arena of exactly the bytes that it asks for, with
//! canaries around it: scores must be a function of what was pushed, and not of what another input left in the arena.

use serde::Serialize;

use super::SplitMix64;
use super::bench::Digest;
use crate::engine::{LoadError, MAX_INPUTS, Model, PushError, Session};
use crate::frontend::record::{self, Value};
use crate::frontend::{image, tensor};
use crate::model::header::ALIGN;
use crate::model::records::{FieldKind, RecordParams, Source};

/// Bytes of canary before and after the arena.
const GUARD: usize = 4 * ALIGN;
const CANARY: u8 = 0xc5;
/// Characters of random texts; not every mixture is UTF-8.
const CHARACTERS: &[u8] = b"abc dE\xc3\xa9\xff9'";
/// Samples pushed at a time.
const PIECE: usize = 96;
/// Values of a record that are made; a model that wants more refuses the record.
const MOST_VALUES: usize = 48;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Fate {
    /// It did not load.
    Refused(LoadError),
    /// It loaded, and its arena does not fit the memory that there is.
    TooLarge,
    /// It ran: the digest of what each push was answered and of all scores.
    Ran(u32),
}

impl Fate {
    /// One word that differs where fates do.
    pub fn word(&self) -> u32 {
        let mut digest = Digest::new();
        let mut buffer = [0; 64];
        // No fate takes more bytes.
        digest.add_bytes(postcard::to_slice(self, &mut buffer).map_or(&[], |bytes| bytes));
        digest.value()
    }
}

/// What no file may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// The arena that it asked for was refused.
    NoSession,
    /// It ran in one byte less than it asked for.
    SmallArena,
    /// It wrote outside the arena.
    Outside,
    /// Its scores depend on the order of pushes.
    Order,
    /// A second run gave other scores.
    SecondRun,
    /// A head had no verdict.
    NoVerdict,
}

/// Loads a file, 16-byte aligned, and plays what loads. `memory`, 16-byte aligned, holds the arena between its canaries, `inbox` pictures and texts.
///
/// The answer depends on the lengths of both, and not on what they hold.
pub fn fate(file: &[u8], seed: u64, memory: &mut [u8], inbox: &mut [u8]) -> Result<Fate, Harm> {
    match Model::load(file) {
        Ok(model) => played(model, seed, memory, inbox),
        Err(error) => Ok(Fate::Refused(error)),
    }
}

/// Plays a file that loads over bytes that have changed since: a flash cell may lose its charge at any time. Scores may then
/// be anything; what the model writes still stays in its arena.
pub fn flipped(
    file: &[u8],
    changed: &[u8],
    seed: u64,
    memory: &mut [u8],
    inbox: &mut [u8],
) -> Result<Fate, Harm> {
    let model = match Model::load(file) {
        Ok(model) => model.over(changed),
        Err(error) => return Ok(Fate::Refused(error)),
    };
    let needs = model.map_or(usize::MAX, |model| model.header().arena_len as usize);
    let place = memory.get_mut(..needs.saturating_add(2 * GUARD));
    let (Some(model), Some(place)) = (model, place) else {
        return Ok(Fate::TooLarge);
    };
    let order: [usize; MAX_INPUTS + 1] = core::array::from_fn(|input| input);
    match play(model, seed, &order, place, inbox) {
        Ok(_) | Err(Harm::SecondRun | Harm::NoVerdict) => Ok(Fate::Ran(0)),
        Err(harm) => Err(harm),
    }
}

/// Plays a model that loaded.
fn played(model: Model<'_>, seed: u64, memory: &mut [u8], inbox: &mut [u8]) -> Result<Fate, Harm> {
    let needs = model.header().arena_len as usize;
    let Some(place) = memory.get_mut(..needs.saturating_add(2 * GUARD)) else {
        return Ok(Fate::TooLarge);
    };
    if needs > 0 && Session::new(model, &mut place[GUARD..][..needs - 1]).is_ok() {
        return Err(Harm::SmallArena);
    }
    let count = model.inputs().count();
    let mut order: [usize; MAX_INPUTS + 1] = core::array::from_fn(|input| input);
    let order = &mut order[..=count];
    let first = play(model, seed, order, place, inbox)?;
    let mut rng = SplitMix64::new(seed);
    for i in (1..order.len()).rev() {
        order.swap(i, rng.between(0, i as i64) as usize);
    }
    if first != play(model, seed, order, place, inbox)? {
        return Err(Harm::Order);
    }
    Ok(Fate::Ran(first))
}

/// Pushes random inputs in this order; the digest of what was answered.
fn play(
    model: Model<'_>,
    seed: u64,
    order: &[usize],
    place: &mut [u8],
    inbox: &mut [u8],
) -> Result<u32, Harm> {
    let end = place.len() - GUARD;
    place.fill(CANARY);
    let answer = answer(model, seed, order, &mut place[GUARD..end], inbox);
    let (before, after) = (&place[..GUARD], &place[end..]);
    let is_intact = before.iter().chain(after).all(|&byte| byte == CANARY);
    if is_intact {
        answer
    } else {
        Err(Harm::Outside)
    }
}

/// One session on this arena.
fn answer(
    model: Model<'_>,
    seed: u64,
    order: &[usize],
    arena: &mut [u8],
    inbox: &mut [u8],
) -> Result<u32, Harm> {
    let mut session = Session::new(model, arena).map_err(|_| Harm::NoSession)?;
    let mut told = [0u32; MAX_INPUTS + 1];
    for &input in order {
        // What is pushed depends on the input, not on its turn.
        let mut rng = SplitMix64::new(seed ^ (input as u64 + 1) << 40);
        if !rng.one_in(4) {
            told[input] = 1 + code(push(&mut session, input, &mut rng, inbox));
        }
    }
    let first = scores(&mut session)?;
    if first != scores(&mut session)? {
        return Err(Harm::SecondRun);
    }
    session.reset();
    let mut digest = Digest::new();
    told.iter()
        .chain([&first])
        .for_each(|word| digest.add_bytes(&word.to_le_bytes()));
    Ok(digest.value())
}

/// Runs; the digest of all scores.
fn scores(session: &mut Session<'_, '_>) -> Result<u32, Harm> {
    session.run();
    let mut digest = Digest::new();
    for head in 0..session.model().heads().count() {
        let scores = session.scores(head).ok_or(Harm::NoVerdict)?;
        if session.verdict(head).is_some() == session.tensor(head).is_some() {
            return Err(Harm::NoVerdict);
        }
        digest.add_bytes(bytemuck::cast_slice(scores));
    }
    Ok(digest.value())
}

/// A number for each answer to a push.
fn code(pushed: Result<(), PushError>) -> u32 {
    let mut buffer = [0; 16];
    let bytes = postcard::to_slice(&pushed, &mut buffer).map_or(&[][..], |bytes| bytes);
    let mut digest = Digest::new();
    digest.add_bytes(bytes);
    digest.value() >> 1
}

/// Pushes random bytes, samples, characters or values to an input of any model.
fn push(
    session: &mut Session<'_, '_>,
    number: usize,
    rng: &mut SplitMix64,
    inbox: &mut [u8],
) -> Result<(), PushError> {
    let model = *session.model();
    let Some(input) = model.input(number) else {
        return session.push_text(number, b"nobody asked");
    };
    match input.source {
        Source::Image(params) => {
            // One that is larger than the inbox is refused.
            let len = image::source_len(&params).min(inbox.len());
            let pixels = &mut inbox[..len];
            pixels
                .iter_mut()
                .for_each(|pixel| *pixel = rng.next_u64() as u8);
            session.push_image(number, pixels)
        }
        Source::Audio(_) => {
            let mut left = rng.between(1, 1500) as usize;
            while left > 0 {
                let mut piece = [0; PIECE];
                let piece = &mut piece[..left.min(PIECE)];
                piece
                    .iter_mut()
                    .for_each(|sample| *sample = rng.next_u64() as i16);
                left -= piece.len();
                session.push_audio(number, piece)?;
            }
            Ok(())
        }
        Source::Text(_) => {
            let len = rng.between(1, 90) as usize;
            let text = &mut inbox[..len];
            text.iter_mut()
                .for_each(|byte| *byte = *rng.pick(CHARACTERS));
            session.push_text(number, text)
        }
        Source::Tensor(params) => {
            let len = params.output.len().min(inbox.len());
            let values = &mut inbox[..len];
            values
                .iter_mut()
                .for_each(|value| *value = rng.next_u64() as u8);
            session.push_tensor(number, tensor::values(values))
        }
        Source::Record(params) => push_record(session, number, &params, rng),
        Source::Sequence(params) => {
            for _ in 0..rng.between(1, params.max_steps.clamp(1, 9).into()) {
                push_record(session, number, &params, rng)?;
            }
            Ok(())
        }
    }
}

fn push_record(
    session: &mut Session<'_, '_>,
    number: usize,
    params: &RecordParams,
    rng: &mut SplitMix64,
) -> Result<(), PushError> {
    let (model, mut values, mut count) = (*session.model(), [Value::Missing; MOST_VALUES], 0);
    for (value, field) in values
        .iter_mut()
        .zip(record::fields(params, model.fields()))
    {
        count += 1;
        if rng.one_in(5) {
            continue;
        }
        *value = match field.kind {
            FieldKind::Number { .. } => Value::Number(rng.next_u64() as i32 >> rng.between(0, 31)),
            FieldKind::Category { names, .. } => {
                let which = rng.between(0, record::name_count(names) as i64 - 1) as usize;
                record::names(names)
                    .nth(which)
                    .map_or(Value::Missing, Value::Name)
            }
        };
    }
    session.push_record(number, &values[..count])
}
