//! Fusion and heads, and their answers.

use tillsense_core::{Progress, Session};

use crate::memory::{self, Changing, Reading, SessionMemory};
use crate::status::Status;
use crate::types::Verdict;

/// Fuses what was pushed, with the learned encoding of absence for what was not, and scores all heads. Work that waits is done
/// first.
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

/// Begins a run, as `tillsense_run`; `tillsense_step` does it. Work that waits is done first; a run that waits begins anew.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_begin_run(session: *mut SessionMemory) -> Status {
    // SAFETY: the caller says what `change` asks.
    unsafe {
        memory::change(session, |open| {
            open.session.begin_run();
            Ok(())
        })
    }
}

/// Does a part of the work that waits: so many of the model's ops at most.
///
/// Between two steps a main loop keeps its watchdog and its keypad. However large an op is, a step does not divide it. Where
/// nothing waits there is nothing to do, and that is no error.
///
/// - `ops`: the most ops to run, 1 or more; with 0 the call only tells whether any wait.
/// - `pending`: where the answer goes: whether work still waits. Until it does not, no input is taken and nothing is answered.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `pending` to a `bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_step(
    session: *mut SessionMemory,
    ops: u32,
    pending: *mut bool,
) -> Status {
    // SAFETY: the caller says what `step` asks.
    unsafe { step(session, pending, |session| session.step(ops as usize)) }
}

/// Does a part of the work that waits: one op, and more while they come to no more than this work together.
///
/// - `work`: how much, in steps, of which each stands for a few instructions: a product of a layer, or what takes as long.
/// - `pending`: where the answer goes, as in `tillsense_step`.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `pending` to a `bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_step_within(
    session: *mut SessionMemory,
    work: u64,
    pending: *mut bool,
) -> Status {
    // SAFETY: the caller says what `step` asks.
    unsafe { step(session, pending, |session| session.step_within(work)) }
}

/// Says which class a head answers with.
///
/// - `head`: the number of the head.
/// - `out`: where the answer goes.
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
            out.put(Verdict {
                class_number: verdict.class,
                score: verdict.score,
                defer: verdict.defer,
                scores: verdict.scores.as_ptr(),
                classes: verdict.scores.len(),
                name: verdict.name().into(),
            });
            Ok(())
        })
    }
}

/// Says where the values lie that a head answered with: those of its tensor row by row, or the score of each class. They lie in
/// the arena and are valid until the next call that changes the session.
///
/// - `head`: the number of the head.
/// - `values`: where the address of the first value goes.
/// - `count`: where the number of values goes.
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

/// Steps, and tells whether work still waits.
///
/// # Safety
/// As [`memory::change`] and [`memory::Open::answer`].
unsafe fn step(
    session: *mut SessionMemory,
    pending: *mut bool,
    work: impl FnOnce(&mut Session<'static, 'static>) -> Progress,
) -> Status {
    let work = |open: &mut Changing<'_>| {
        // SAFETY: the caller says the same.
        let pending = unsafe { open.answer(pending) }?;
        pending.put(work(open.session) == Progress::Pending);
        Ok(())
    };
    // SAFETY: the caller says the same.
    unsafe { memory::change(session, work) }
}
