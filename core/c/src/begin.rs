//! Pushes whose encoder waits: a program steps through it, and does other things in between.

use core::ffi::c_char;

use tillsense_core::Session;

use crate::memory::SessionMemory;
use crate::push::{take, take_told};
use crate::record;
use crate::status::Status;
use crate::types::{NamedValue, Value};

/// Takes a picture, as `tillsense_push_image`; its encoder waits for `tillsense_step`. Until that has nothing left to do, other
/// inputs are refused with `TILLSENSE_ERROR_PENDING`; so it is with all `begin` functions.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `pixels` to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_image(
    session: *mut SessionMemory,
    input: u32,
    pixels: *const u8,
    len: usize,
) -> Status {
    // SAFETY: the caller says what `take` asks; any byte is a `u8`.
    unsafe { take(session, input, (pixels, len), Session::begin_image) }
}

/// Takes the next bytes of a picture, as `tillsense_push_image_piece`; its encoder waits behind the last of them.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `bytes` to `len` bytes, `whole` to a `bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_image_piece(
    session: *mut SessionMemory,
    input: u32,
    offset: usize,
    bytes: *const u8,
    len: usize,
    whole: *mut bool,
) -> Status {
    let begin = |session: &mut Session<'_, '_>, input, bytes: &[u8]| {
        session.begin_image_piece(input, offset, bytes)
    };
    // SAFETY: the caller says what `take_told` asks; any byte is a `u8`.
    unsafe { take_told(session, input, (bytes, len), whole, begin) }
}

/// Takes the next samples of a clip, up to those that make a step of its encoder whole. Where they do, the encoder waits; the
/// samples that were not taken are pushed again when it is done.
///
/// - `input`: the number of the input.
/// - `samples`: as in `tillsense_push_audio`.
/// - `count`: number of samples, 1 or more.
/// - `taken`: where the answer goes: how many were taken, 1 or more.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `samples` to `count` samples, `taken` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_audio(
    session: *mut SessionMemory,
    input: u32,
    samples: *const i16,
    count: usize,
    taken: *mut usize,
) -> Status {
    let samples = (samples, count);
    // SAFETY: the caller says what `take_told` asks; any two bytes are an `i16`.
    unsafe { take_told(session, input, samples, taken, Session::begin_audio) }
}

/// Takes a text, as `tillsense_push_text`; its encoder waits.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `text` to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_text(
    session: *mut SessionMemory,
    input: u32,
    text: *const c_char,
    len: usize,
) -> Status {
    let text = text.cast::<u8>();
    // SAFETY: the caller says what `take` asks; any byte is a `u8`.
    unsafe { take(session, input, (text, len), Session::begin_text) }
}

/// Takes a record, or the next one of a sequence, as `tillsense_push_record`; its encoder waits.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
/// they say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_record(
    session: *mut SessionMemory,
    input: u32,
    values: *const Value,
    count: usize,
) -> Status {
    // SAFETY: the caller says what `record::take` asks.
    unsafe { record::take(session, input, (values, count), Session::begin_record) }
}

/// Takes a record whose values come with the names of their fields, as `tillsense_push_named`; its encoder waits.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
/// they say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_named(
    session: *mut SessionMemory,
    input: u32,
    values: *const NamedValue,
    count: usize,
) -> Status {
    // SAFETY: the caller says what `record::take` asks.
    unsafe { record::take(session, input, (values, count), Session::begin_named) }
}

/// Takes a plain tensor, as `tillsense_push_tensor`; its encoder waits.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_tensor(
    session: *mut SessionMemory,
    input: u32,
    values: *const i8,
    count: usize,
) -> Status {
    // SAFETY: the caller says what `take` asks; any byte is an `i8`.
    unsafe { take(session, input, (values, count), Session::begin_tensor) }
}

/// Takes the next values of a plain tensor, as `tillsense_push_tensor_piece`; its encoder waits behind the last of them.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values, `whole` to a `bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_tensor_piece(
    session: *mut SessionMemory,
    input: u32,
    offset: usize,
    values: *const i8,
    count: usize,
    whole: *mut bool,
) -> Status {
    let begin = |session: &mut Session<'_, '_>, input, values: &[i8]| {
        session.begin_tensor_piece(input, offset, values)
    };
    // SAFETY: the caller says what `take_told` asks; any byte is an `i8`.
    unsafe { take_told(session, input, (values, count), whole, begin) }
}
