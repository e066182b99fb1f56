//! Fusion and heads, and their answers.

use tillsense_core::Session;

use crate::memory::{self, Reading, SessionMemory};
use crate::status::Status;
use crate::types::{Text, Verdict};

/// Fuses what was pushed, with the learned encoding of absence for what was not, and scores all heads.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_run(session: *mut SessionMemory) -> Status {
    // SAFETY: the caller says what `change` asks.
    unsafe {
        memory::change(session, |open| {
            open.session.run();
            Ok(())
        })
    }
}

/// Says which class a head answers with.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `out` to a `tillsense_verdict_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_verdict(
    session: *const SessionMemory,
    head: u32,
    out: *mut Verdict,
) -> Status {
    // SAFETY: the caller says what `read` and `answer` ask.
    unsafe {
        memory::read(session, |open| {
            let out = open.answer(out)?;
            answered(open, head)?;
            let number = head as usize;
            let verdict = open.session.verdict(number);
            let verdict = verdict.ok_or(Status::ErrorNoClasses)?;
            let name = crate::names::class(open.session.model(), number, verdict.class);
            out.put(Verdict {
                class_number: verdict.class,
                score: verdict.score,
                defer: verdict.defer,
                scores: verdict.scores.as_ptr(),
                classes: verdict.scores.len(),
                name: name.map_or(Text::NONE, Text::from),
            });
            Ok(())
        })
    }
}

/// Says where the values lie that a head answered with: those of its tensor row by row, or the score of each class. They lie in
/// the arena and are valid until the next call that changes the session.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `values` to a pointer, `count` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_values(
    session: *const SessionMemory,
    head: u32,
    values: *mut *const i8,
    count: *mut usize,
) -> Status {
    // SAFETY: the caller says what `read` and `answer` ask.
    unsafe {
        memory::read(session, |open| {
            let (values, count) = (open.answer(values)?, open.answer(count)?);
            answered(open, head)?;
            let found = open.session.scores(head as usize);
            let found = found.ok_or(Status::ErrorNotRun)?;
            values.put(found.as_ptr());
            count.put(found.len());
            Ok(())
        })
    }
}

/// Whether there is such a head, and it has answered.
fn answered(open: &Reading<'_>, head: u32) -> Result<(), Status> {
    let session: &Session<'_, '_> = open.session;
    if session.model().head(head as usize).is_none() {
        return Err(Status::ErrorNoSuchHead);
    }
    match session.scores(head as usize) {
        Some(_) => Ok(()),
        None => Err(Status::ErrorNotRun),
    }
}
