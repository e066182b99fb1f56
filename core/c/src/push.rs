//! What a transaction pushes, in any order; what is not pushed counts as absent.

use core::ffi::c_char;

use tillsense_core::{PushError, Session, Value};

use crate::memory::{self, Changing, SessionMemory};
use crate::refusal::Refusal;
use crate::status::Status;
use crate::types::{self, Kind};

/// Takes a picture and runs its encoder.
///
/// `pixels` points to `len` bytes: rows from the top, pixels from the left, one byte a grey pixel, three of a coloured one (red,
/// green, blue), as many as the model takes.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `pixels` to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_image(
    session: *mut SessionMemory,
    input: u32,
    pixels: *const u8,
    len: usize,
) -> Status {
    // SAFETY: the caller says what `change` and `array` ask; any byte is a `u8`.
    unsafe {
        memory::change(session, |open| {
            let pixels = open.array(pixels, len)?;
            push(open, input, |session, input| {
                session.push_image(input, pixels)
            })
        })
    }
}

/// Takes the next samples of a clip, and runs its encoder for each step that they fill. Pieces may have any length. What comes
/// after the model's last step is not heard.
///
/// `samples` points to `count` samples of 16 bits, signed, one channel, at the model's rate (8,000 or 16,000 a second).
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `samples` to `count` samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_audio(
    session: *mut SessionMemory,
    input: u32,
    samples: *const i16,
    count: usize,
) -> Status {
    // SAFETY: the caller says what `change` and `array` ask; any two bytes are an `i16`.
    unsafe {
        memory::change(session, |open| {
            let samples = open.array(samples, count)?;
            push(open, input, |session, input| {
                session.push_audio(input, samples)
            })
        })
    }
}

/// Takes a text and runs its encoder.
///
/// `text` points to `len` bytes of UTF-8, without a NUL. Bytes that are no UTF-8 stand for nothing.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `text` to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_text(
    session: *mut SessionMemory,
    input: u32,
    text: *const c_char,
    len: usize,
) -> Status {
    // SAFETY: the caller says what `change` and `array` ask; any byte is a `u8`.
    unsafe {
        memory::change(session, |open| {
            let text = open.array(text.cast::<u8>(), len)?;
            push(open, input, |session, input| session.push_text(input, text))
        })
    }
}

/// Takes a record, or the next one of a sequence, and runs its encoder.
///
/// `values` points to `count` values, one for each field in the order of the model's schema. A single record replaces the one
/// before it. Where a value is refused, `tillsense_explain` names its field.
///
/// The values are read on the stack: 12 bytes each on a target of 32 bits, room for 16, 64 or 255 of them.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
/// they say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_record(
    session: *mut SessionMemory,
    input: u32,
    values: *const types::Value,
    count: usize,
) -> Status {
    // SAFETY: the caller says what `change`, `array` and `record` ask; any bytes are a `tillsense_value`.
    unsafe {
        memory::change(session, |open| {
            let values = open.array(values, count)?;
            let mut take = |values: &[Value<'_>], open: &mut Changing<'_>| {
                push(open, input, |session, input| {
                    session.push_record(input, values)
                })
            };
            match count {
                0..=16 => record::<16>(open, values, &mut take),
                17..=64 => record::<64>(open, values, &mut take),
                65..=255 => record::<255>(open, values, &mut take),
                // No record has so many fields, nor one without any.
                _ => take(&[], open),
            }
        })
    }
}

/// Takes a plain tensor and runs its encoder.
///
/// `values` points to `count` values as stored, row by row: real value = scale * (stored - zero point).
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_tensor(
    session: *mut SessionMemory,
    input: u32,
    values: *const i8,
    count: usize,
) -> Status {
    // SAFETY: the caller says what `change` and `array` ask; any byte is an `i8`.
    unsafe {
        memory::change(session, |open| {
            let values = open.array(values, count)?;
            push(open, input, |session, input| {
                session.push_tensor(input, values)
            })
        })
    }
}

/// Pushes to an input, and says which one it was where that is refused.
fn push(
    open: &mut Changing<'_>,
    input: u32,
    work: impl FnOnce(&mut Session<'static, 'static>, usize) -> Result<(), PushError>,
) -> Result<(), Refusal> {
    let input = input as usize;
    work(open.session, input).map_err(|error| Refusal::Push(input, error))
}

/// What is done with the values of a record.
type Take<'t> = &'t mut dyn FnMut(&[Value<'_>], &mut Changing<'_>) -> Result<(), Refusal>;

/// Makes values of at most `N` from C.
///
/// # Safety
/// The names of `values` point to as many bytes as they say, where they are not null.
#[inline(never)]
unsafe fn record<const N: usize>(
    open: &mut Changing<'_>,
    values: &[types::Value],
    take: Take<'_>,
) -> Result<(), Refusal> {
    let mut made = [Value::Missing; N];
    for (to, from) in made.iter_mut().zip(values) {
        *to = match Kind::of(from.kind) {
            Some(Kind::Missing) => Value::Missing,
            Some(Kind::Number) => Value::Number(from.number),
            // SAFETY: the caller says what `name` asks.
            Some(Kind::Name) => Value::Name(unsafe { open.name(from.name, from.name_len) }?),
            None => return Err(Status::ErrorValueKind.into()),
        };
    }
    take(made.get(..values.len()).unwrap_or(&made), open)
}
