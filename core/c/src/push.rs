//! What a transaction pushes, in any order; what is not pushed counts as absent.

use core::ffi::c_char;

use tillsense_core::{PushError, Session};

use crate::memory::{self, Changing, SessionMemory};
use crate::record;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::types::{NamedValue, Value};

/// Takes a picture and runs its encoder.
///
/// - `input`: the number of the input.
/// - `pixels`: rows from the top, pixels from the left, one byte a grey pixel, three a coloured one (red, green, blue).
/// - `len`: bytes of the picture, exactly as many as the model takes.
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
    // SAFETY: the caller says what `take` asks; any byte is a `u8`.
    unsafe { take(session, input, (pixels, len), Session::push_image) }
}

/// Takes the next bytes of a picture, in a program that has no room for all of it, and runs its encoder behind the last of them.
///
/// Only a picture that the model neither crops nor resizes may come in pieces, and whole pixels at a time. A piece from offset 0
/// starts it again. What is half there is forgotten when anything else is pushed, on a run and on a reset; the next piece is then
/// refused with `TILLSENSE_ERROR_PIECE_ORDER`.
///
/// - `input`: the number of the input.
/// - `offset`: where the piece begins: the bytes before it have come.
/// - `bytes`: the piece.
/// - `len`: bytes of the piece.
/// - `whole`: where the answer goes: whether the picture is whole now.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `bytes` to `len` bytes, `whole` to a `bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_image_piece(
    session: *mut SessionMemory,
    input: u32,
    offset: usize,
    bytes: *const u8,
    len: usize,
    whole: *mut bool,
) -> Status {
    let push = |session: &mut Session<'_, '_>, input, bytes: &[u8]| {
        session.push_image_piece(input, offset, bytes)
    };
    // SAFETY: the caller says what `take_told` asks; any byte is a `u8`.
    unsafe { take_told(session, input, (bytes, len), whole, push) }
}

/// Takes the next samples of a clip, and runs its encoder for each step that they fill. Pieces may have any length. What comes
/// after the model's last step is not heard.
///
/// - `input`: the number of the input.
/// - `samples`: signed samples of 16 bits, of one channel, at the model's rate: 8,000 or 16,000 a second.
/// - `count`: number of samples, 1 or more.
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
    // SAFETY: the caller says what `take` asks; any two bytes are an `i16`.
    unsafe { take(session, input, (samples, count), Session::push_audio) }
}

/// Takes a text and runs its encoder.
///
/// - `input`: the number of the input.
/// - `text`: UTF-8; bytes that are none separate words.
/// - `len`: bytes of the text, without a NUL.
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
    let text = text.cast::<u8>();
    // SAFETY: the caller says what `take` asks; any byte is a `u8`.
    unsafe { take(session, input, (text, len), Session::push_text) }
}

/// Takes a record, or the next one of a sequence, and runs its encoder.
///
/// A single record replaces the one before it. Where a value is refused, `tillsense_explain` names its field. The call takes
/// stack for 16 values, 64 or 255, whichever is enough: 12 bytes each on a processor of 32 bits.
///
/// - `input`: the number of the input.
/// - `values`: one value for each field, in the order of the model's fields.
/// - `count`: number of values.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
/// they say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_record(
    session: *mut SessionMemory,
    input: u32,
    values: *const Value,
    count: usize,
) -> Status {
    // SAFETY: the caller says what `record::take` asks.
    unsafe { record::take(session, input, (values, count), Session::push_record) }
}

/// Takes a record, or the next one of a sequence, of which each value comes with the name of its field, in any order; runs its
/// encoder.
///
/// Each field is named once; one whose value is not known has `TILLSENSE_MISSING`. The call takes stack for 16 values, 64 or 255,
/// whichever is enough: 20 bytes each on a processor of 32 bits.
///
/// - `input`: the number of the input.
/// - `values`: one value for each field, with its name.
/// - `count`: number of values.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
/// they say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_named(
    session: *mut SessionMemory,
    input: u32,
    values: *const NamedValue,
    count: usize,
) -> Status {
    // SAFETY: the caller says what `record::take` asks.
    unsafe { record::take(session, input, (values, count), Session::push_named) }
}

/// Takes a plain tensor and runs its encoder.
///
/// - `input`: the number of the input.
/// - `values`: values as stored, row by row: real value = scale * (stored - zero point).
/// - `count`: number of values, exactly as many as the model takes.
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
    // SAFETY: the caller says what `take` asks; any byte is an `i8`.
    unsafe { take(session, input, (values, count), Session::push_tensor) }
}

/// Takes the next values of a plain tensor, in a program that has no room for all of it, and runs its encoder behind the last of
/// them. The rules are those of `tillsense_push_image_piece`, with values in place of bytes.
///
/// - `input`: the number of the input.
/// - `offset`: the number of the first value of the piece: those before it have come.
/// - `values`: the piece.
/// - `count`: number of values of the piece.
/// - `whole`: where the answer goes: whether the tensor is whole now.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to `count` values, `whole` to a `bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_push_tensor_piece(
    session: *mut SessionMemory,
    input: u32,
    offset: usize,
    values: *const i8,
    count: usize,
    whole: *mut bool,
) -> Status {
    let push = |session: &mut Session<'_, '_>, input, values: &[i8]| {
        session.push_tensor_piece(input, offset, values)
    };
    // SAFETY: the caller says what `take_told` asks; any byte is an `i8`.
    unsafe { take_told(session, input, (values, count), whole, push) }
}

/// Gives an array from C to an input.
///
/// # Safety
/// As [`memory::change`] and [`memory::Open::array`].
pub(crate) unsafe fn take<T>(
    session: *mut SessionMemory,
    input: u32,
    (at, len): (*const T, usize),
    work: impl FnOnce(&mut Session<'static, 'static>, usize, &[T]) -> Result<(), PushError>,
) -> Status {
    let work = |open: &mut Changing<'_>| {
        // SAFETY: the caller says the same.
        let given = unsafe { open.array(at, len) }?;
        push(open, input, |session, input| work(session, input, given))
    };
    // SAFETY: the caller says the same.
    unsafe { memory::change(session, work) }
}

/// As [`take`], where C is told something.
///
/// # Safety
/// As [`memory::change`], [`memory::Open::array`] and [`memory::Open::answer`].
pub(crate) unsafe fn take_told<T, A>(
    session: *mut SessionMemory,
    input: u32,
    (at, len): (*const T, usize),
    told: *mut A,
    work: impl FnOnce(&mut Session<'static, 'static>, usize, &[T]) -> Result<A, PushError>,
) -> Status {
    let work = |open: &mut Changing<'_>| {
        // SAFETY: the caller says the same.
        let (given, told) = unsafe { (open.array(at, len)?, open.answer(told)?) };
        let answer = push(open, input, |session, input| work(session, input, given))?;
        told.put(answer);
        Ok(())
    };
    // SAFETY: the caller says the same.
    unsafe { memory::change(session, work) }
}

/// Pushes to an input, and says which one it was where that is refused.
pub(crate) fn push<A>(
    open: &mut Changing<'_>,
    input: u32,
    work: impl FnOnce(&mut Session<'static, 'static>, usize) -> Result<A, PushError>,
) -> Result<A, Refusal> {
    let input = input as usize;
    work(open.session, input).map_err(|error| Refusal::Push(input, error))
}
