//! The session in the caller's memory: what lies there, and how it is found again.
//!
//! A seal of two words says that a session was opened at this address: a number that memory of zeros or of anything else does not
//! hold, and the address itself, which differs where the bytes were copied. While a function works on a session or opens it the
//! number is another one, so that an interrupt that calls meanwhile is refused; while one reads it, so is an interrupt that would
//! change it. Whoever is refused has read nothing but the seal. What belongs to the seal is looked at behind its change only,
//! because an interrupt may have called just before.

use core::ffi::c_char;
use core::ops::Deref;
use core::sync::atomic::{AtomicUsize, Ordering, compiler_fence};

use tillsense_core::Session;

use crate::pointers::{Answer, Place, array, of, overlap, place};
use crate::refusal::Refusal;
use crate::status::Status;

/// Words of `tillsense_session`, besides the one of 64 bits.
pub const TILLSENSE_SESSION_WORDS: usize = 52;

/// Model files and arenas must lie at multiples of this many bytes.
pub const TILLSENSE_ALIGN: usize = 16;

/// The memory of a session. The caller provides it, on the stack or static, and need not initialise it before `tillsense_open`;
/// what lies in it is the library's own. It must stay where it is: a copy of a session is refused. A session needs nothing
/// to be freed.
#[repr(C)]
#[derive(Debug)]
pub struct SessionMemory {
    /// Not for the caller.
    pub seal: u64,
    /// Not for the caller.
    pub opaque: [usize; TILLSENSE_SESSION_WORDS],
}

/// What lies in the memory of a session.
#[repr(C)]
struct Sealed {
    seal: AtomicUsize,
    /// Where it was opened.
    home: usize,
    kept: Kept,
}

/// What is kept between calls.
struct Kept {
    /// Why the last call that would have changed it was refused, if it was.
    refusal: Option<Refusal>,
    /// Addresses of the arena.
    arena: Place,
    /// Nothing where the last attempt to open it was refused.
    session: Option<Session<'static, 'static>>,
}

/// Room that is not used, in words: 32-bit targets decide how many words there are, a 64-bit target needs fewer.
const SPARE: usize = (size_of::<SessionMemory>() - size_of::<Sealed>()) / size_of::<usize>();

const _: () = assert!(
    size_of::<Sealed>() <= size_of::<SessionMemory>()
        && align_of::<Sealed>() <= align_of::<SessionMemory>()
        && (SPARE < 8 || size_of::<usize>() > 4)
        && TILLSENSE_ALIGN == tillsense_core::model::header::ALIGN
);

/// Numbers of the seal: anything but what memory is likely to hold.
const OPEN: usize = 0x5eed_71a5;
const BUSY: usize = 0x5eed_b5e7;
const READ: usize = 0x5eed_4ead;
const CLOSED: usize = 0x5eed_c105;

/// An open session, `&Session` or `&mut Session`, and the memory that belongs to it.
pub(crate) struct Open<S> {
    pub(crate) session: S,
    taken: [Place; 2],
    file: Place,
}

/// An open session that a function reads.
pub(crate) type Reading<'s> = Open<&'s Session<'static, 'static>>;

/// An open session that a function changes.
pub(crate) type Changing<'s> = Open<&'s mut Session<'static, 'static>>;

/// Opens a session in this memory, whatever lies there, or keeps why it was refused.
///
/// # Safety
/// Where `memory` is aligned and not null, a session's memory lies there that nobody else uses until this returns.
pub(crate) unsafe fn open(
    memory: *mut SessionMemory,
    work: impl FnOnce(&Place) -> Result<(Place, Session<'static, 'static>), Refusal>,
) -> Status {
    let room = match place(memory, 1) {
        Ok(room) => room,
        Err(status) => return status,
    };
    let sealed = memory.cast::<Sealed>();
    // SAFETY: `place` has seen that the memory is aligned and not null, and it is as large and as aligned as what lies there
    // (asserted above); the caller says that it is there. Any bits are a number.
    let (seal, home) = unsafe { (&(*sealed).seal, &raw mut (*sealed).home) };
    turn(seal, BUSY);
    // SAFETY: as above; nobody else uses it.
    unsafe { home.write(memory.addr()) };
    let (refusal, arena, session) = match work(&room) {
        Ok((arena, session)) => (None, arena, Some(session)),
        Err(refusal) => (Some(refusal), 0..0, None),
    };
    let status = refusal.map_or(Status::Ok, |refusal| refusal.status());
    let kept = Kept {
        refusal,
        arena,
        session,
    };
    // SAFETY: as above.
    unsafe { (&raw mut (*sealed).kept).write(kept) };
    turn(seal, OPEN);
    status
}

/// Closes a session: wipes its arena and refuses all calls from then on.
///
/// # Safety
/// As [`change`].
pub(crate) unsafe fn close(memory: *mut SessionMemory) -> Status {
    // SAFETY: the caller says the same.
    let sealed = match unsafe { find(memory, &[OPEN]) } {
        Ok(sealed) => sealed,
        Err(status) => return status,
    };
    // SAFETY: `find` has seen the seal of an open session, so that `open` has written all of it.
    let seal = unsafe { &(*sealed).seal };
    turn(seal, BUSY);
    // SAFETY: as above. Who calls from now on reads the seal only, and is refused.
    let kept = unsafe { &mut (*sealed).kept };
    if let Some(session) = &mut kept.session {
        session.reset();
    }
    kept.session = None;
    turn(seal, CLOSED);
    Status::Ok
}

/// Does `work` on an open session. What is refused is kept for `tillsense_explain`.
///
/// # Safety
/// Where `memory` is aligned and not null, a session's memory lies there; model and arena of a session that was opened there are
/// still there; nobody else uses any of them, but an interrupt that returns before this goes on.
pub(crate) unsafe fn change(
    memory: *mut SessionMemory,
    work: impl FnOnce(&mut Changing<'_>) -> Result<(), Refusal>,
) -> Status {
    // SAFETY: the caller says the same.
    let sealed = match unsafe { find(memory, &[OPEN]) } {
        Ok(sealed) => sealed,
        Err(status) => return status,
    };
    // SAFETY: `find` has seen the seal of an open session, so that `open` has written all of it.
    let seal = unsafe { &(*sealed).seal };
    turn(seal, BUSY);
    // SAFETY: as above. Who calls from now on reads the seal only, and is refused.
    let Kept {
        refusal,
        arena,
        session,
    } = unsafe { &mut (*sealed).kept };
    let done = match session {
        Some(session) => work(&mut Open::new(room(memory), arena, session)),
        None => Err(Status::ErrorNotOpened.into()),
    };
    let status = done.err().map_or(Status::Ok, |error| error.status());
    // Why it could not be opened stays what is told. What was refused before says nothing of a call that was done.
    if session.is_some() {
        *refusal = done.err();
    }
    turn(seal, OPEN);
    status
}

/// Does `work` with an open session that stays as it is.
///
/// # Safety
/// As [`change`].
pub(crate) unsafe fn read(
    memory: *const SessionMemory,
    work: impl FnOnce(&Reading<'_>) -> Result<(), Status>,
) -> Status {
    let work = |_, open: Option<Reading<'_>>| work(&open.ok_or(Status::ErrorNotOpened)?);
    // SAFETY: the caller says the same.
    let done = unsafe { refused(memory, work) };
    done.flatten().err().unwrap_or(Status::Ok)
}

/// Does `work` with why the last change was refused, if it was, and with the session, where it is open.
///
/// # Safety
/// As [`change`].
pub(crate) unsafe fn refused<R>(
    memory: *const SessionMemory,
    work: impl FnOnce(Option<Refusal>, Option<Reading<'_>>) -> R,
) -> Result<R, Status> {
    // SAFETY: the caller says the same. Nothing but the seal is written through it.
    let sealed = unsafe { find(memory.cast_mut(), &[OPEN, READ]) }?;
    // SAFETY: `find` has seen the seal of an open session, so that `open` has written all of it.
    let seal = unsafe { &(*sealed).seal };
    let first = seal.load(Ordering::Relaxed) == OPEN;
    if first {
        turn(seal, READ);
    }
    // SAFETY: as above. Who calls from now on only reads, or is refused.
    let kept = unsafe { &(*sealed).kept };
    let open = |session| Open::new(room(memory), &kept.arena, session);
    let done = work(kept.refusal, kept.session.as_ref().map(open));
    // Whoever read before goes on reading.
    if first {
        turn(seal, OPEN);
    }
    Ok(done)
}

/// Addresses of a session's memory.
pub(crate) fn room(memory: *const SessionMemory) -> Place {
    memory.addr()..memory.wrapping_add(1).addr()
}

/// The session that was opened in this memory, where its seal is one of these.
///
/// # Safety
/// Where `memory` is aligned and not null, a session's memory lies there.
unsafe fn find(memory: *mut SessionMemory, wanted: &[usize]) -> Result<*mut Sealed, Status> {
    place(memory, 1)?;
    let sealed = memory.cast::<Sealed>();
    // SAFETY: `place` has seen that the memory is aligned and not null; the caller says that it is there. Both are numbers, of
    // which any bits are one.
    let (seal, home) = unsafe { ((*sealed).seal.load(Ordering::Relaxed), (*sealed).home) };
    if ![OPEN, BUSY, READ, CLOSED].contains(&seal) {
        return Err(Status::ErrorNoSession);
    }
    if home != memory.addr() {
        return Err(Status::ErrorCopied);
    }
    match seal {
        _ if wanted.contains(&seal) => Ok(sealed),
        CLOSED => Err(Status::ErrorClosed),
        _ => Err(Status::ErrorBusy),
    }
}

/// Turns the seal: what was done before it is done for an interrupt that sees it, and what comes after it is not.
fn turn(seal: &AtomicUsize, number: usize) {
    compiler_fence(Ordering::SeqCst);
    seal.store(number, Ordering::Relaxed);
    compiler_fence(Ordering::SeqCst);
}

impl<S: Deref<Target = Session<'static, 'static>>> Open<S> {
    /// The session in this room.
    fn new(room: Place, arena: &Place, session: S) -> Self {
        Open {
            taken: [room, arena.clone()],
            file: of(session.model().file()),
            session,
        }
    }

    /// What C gave as an array. It lies outside of the session and of the arena.
    ///
    /// # Safety
    /// As [`pointers::array`](fn@array).
    pub(crate) unsafe fn array<'a, T>(&self, at: *const T, len: usize) -> Result<&'a [T], Status> {
        // SAFETY: the caller says the same.
        let array = unsafe { array(at, len) }?;
        self.apart(&of(array))?;
        Ok(array)
    }

    /// What C gave as a name.
    ///
    /// # Safety
    /// As [`pointers::array`](fn@array).
    pub(crate) unsafe fn name<'a>(&self, at: *const c_char, len: usize) -> Result<&'a str, Status> {
        // SAFETY: the caller says the same; any byte is a `u8`.
        let bytes = unsafe { self.array(at.cast::<u8>(), len) }?;
        str::from_utf8(bytes).map_err(|_| Status::ErrorNotUtf8)
    }

    /// The place that C gave for an answer. It lies outside of the session, of the arena and of the model.
    ///
    /// # Safety
    /// As [`Answer::at`].
    pub(crate) unsafe fn answer<T>(&self, at: *mut T) -> Result<Answer<T>, Status> {
        // SAFETY: the caller says the same.
        let answer = unsafe { Answer::at(at) }?;
        self.is_free(&answer.place())?;
        Ok(answer)
    }

    /// Whether a place may be written: it lies outside of the session, of the arena and of the model.
    pub(crate) fn is_free(&self, place: &Place) -> Result<(), Status> {
        self.apart(place)?;
        match overlap(place, &self.file) {
            true => Err(Status::ErrorOverlap),
            false => Ok(()),
        }
    }

    /// Whether a place lies outside of the session and of the arena.
    fn apart(&self, place: &Place) -> Result<(), Status> {
        match self.taken.iter().any(|taken| overlap(taken, place)) {
            true => Err(Status::ErrorOverlap),
            false => Ok(()),
        }
    }
}
