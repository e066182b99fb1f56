//! Names of inputs, heads and classes, and the numbers that belong to names.

use core::ffi::c_char;

use tillsense_core::Model;
use tillsense_core::model::records::Answer;

use crate::memory::{self, Reading, SessionMemory};
use crate::status::Status;
use crate::types::Text;

/// Says what an input is called.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `name` to a `tillsense_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_input_name(
    session: *const SessionMemory,
    input: u32,
    name: *mut Text,
) -> Status {
    // SAFETY: the caller says what `name` asks.
    unsafe {
        named(session, name, |model| {
            let input = model.input(input as usize);
            input
                .map(|input| input.name)
                .ok_or(Status::ErrorNoSuchInput)
        })
    }
}

/// Says what a head is called.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `name` to a `tillsense_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_head_name(
    session: *const SessionMemory,
    head: u32,
    name: *mut Text,
) -> Status {
    // SAFETY: the caller says what `name` asks.
    unsafe {
        named(session, name, |model| {
            let head = model.head(head as usize);
            head.map(|head| head.name).ok_or(Status::ErrorNoSuchHead)
        })
    }
}

/// Says what a class of a head is called.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `name` to a `tillsense_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_class_name(
    session: *const SessionMemory,
    head: u32,
    class_number: u16,
    name: *mut Text,
) -> Status {
    // SAFETY: the caller says what `name` asks.
    unsafe {
        named(session, name, |model| {
            let found = model.head(head as usize).ok_or(Status::ErrorNoSuchHead)?;
            match found.answer {
                Answer::Tensor { .. } => Err(Status::ErrorNoClasses),
                Answer::Classes { .. } => model
                    .class_name(head as usize, class_number.into())
                    .ok_or(Status::ErrorNoSuchClass),
            }
        })
    }
}

/// Says which number the input with this name has: `len` bytes of UTF-8 without a NUL.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `name` to `len` bytes, `input` to a `uint32_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_find_input(
    session: *const SessionMemory,
    name: *const c_char,
    len: usize,
    input: *mut u32,
) -> Status {
    // SAFETY: the caller says what `find` asks.
    unsafe {
        find(session, (name, len), input, |model, name| {
            let number = model.input_named(name);
            number.ok_or(Status::ErrorNoSuchInput)
        })
    }
}

/// Says which number the head with this name has: `len` bytes of UTF-8 without a NUL.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `name` to `len` bytes, `head` to a `uint32_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_find_head(
    session: *const SessionMemory,
    name: *const c_char,
    len: usize,
    head: *mut u32,
) -> Status {
    // SAFETY: the caller says what `find` asks.
    unsafe {
        find(session, (name, len), head, |model, name| {
            let number = model.head_named(name);
            number.ok_or(Status::ErrorNoSuchHead)
        })
    }
}

/// Writes a name of the model.
///
/// # Safety
/// As [`memory::read`] and [`memory::Open::answer`].
unsafe fn named(
    session: *const SessionMemory,
    out: *mut Text,
    find: impl FnOnce(&Model<'static>) -> Result<&'static str, Status>,
) -> Status {
    let work = |open: &Reading<'_>| {
        // SAFETY: the caller says the same.
        let out = unsafe { open.answer(out) }?;
        out.put(find(open.session.model())?.into());
        Ok(())
    };
    // SAFETY: the caller says the same.
    unsafe { memory::read(session, work) }
}

/// Writes the number that belongs to a name.
///
/// # Safety
/// As [`memory::read`], [`memory::Open::name`] and [`memory::Open::answer`].
unsafe fn find(
    session: *const SessionMemory,
    (at, len): (*const c_char, usize),
    out: *mut u32,
    find: impl FnOnce(&Model<'static>, &str) -> Result<usize, Status>,
) -> Status {
    let work = |open: &Reading<'_>| {
        // SAFETY: the caller says the same.
        let (out, name) = unsafe { (open.answer(out)?, open.name(at, len)?) };
        out.put(find(open.session.model(), name)? as u32);
        Ok(())
    };
    // SAFETY: the caller says the same.
    unsafe { memory::read(session, work) }
}
