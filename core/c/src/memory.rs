//! The session in the caller's memory: what lies there, and how it is found again.
//!
//! A seal of two words says that a session was opened at this address: a number that memory of zeros or of anything else does not
//! hold, and the address itself, which differs where the bytes were copied. While a function works on a session the number is
//! another one, so that an interrupt that calls meanwhile is refused. Whoever is refused has read nothing but the seal.

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
    /// What was refused last.
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
    let (refusal, arena, session) = match work(&room) {
        Ok((arena, session)) => (None, arena, Some(session)),
        Err(refusal) => (Some(refusal), 0..0, None),
    };
    let status = refusal.map_or(Status::Ok, |refusal| refusal.status());
    let sealed = Sealed {
        seal: AtomicUsize::new(OPEN),
        home: memory.addr(),
        kept: Kept {
            refusal,
            arena,
            session,
        },
    };
    // SAFETY: `place` has seen that the memory is aligned and not null, and it is as large and as aligned as what is written
    // (asserted above); the caller says that it is there.
    unsafe { memory.cast::<Sealed>().write(sealed) };
    status
}

/// Closes a session: wipes its arena and refuses all calls from then on.
///
/// # Safety
/// As [`change`].
pub(crate) unsafe fn close(memory: *mut SessionMemory) -> Status {
    // SAFETY: the caller says the same.
    let sealed = match unsafe { find(memory) } {
        Ok(sealed) => sealed,
        Err(status) => return status,
    };
    // SAFETY: `find` has seen the seal of an open session, so that `open` has written all of it. Who calls meanwhile reads the
    // seal only, and is refused.
    let (seal, kept) = unsafe { (&(*sealed).seal, &mut (*sealed).kept) };
    seal.store(BUSY, Ordering::Relaxed);
    compiler_fence(Ordering::SeqCst);
    if let Some(session) = &mut kept.session {
        session.reset();
    }
    kept.session = None;
    compiler_fence(Ordering::SeqCst);
    seal.store(CLOSED, Ordering::Relaxed);
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
    let sealed = match unsafe { find(memory) } {
        Ok(sealed) => sealed,
        Err(status) => return status,
    };
    // SAFETY: `find` has seen the seal of an open session, so that `open` has written all of it. Who calls meanwhile reads the
    // seal only, and is refused.
    let (seal, kept) = unsafe { (&(*sealed).seal, &mut (*sealed).kept) };
    let Some(session) = &mut kept.session else {
        return Status::ErrorNotOpened;
    };
    seal.store(BUSY, Ordering::Relaxed);
    compiler_fence(Ordering::SeqCst);
    let done = work(&mut Open::new(room(memory), &kept.arena, session));
    let status = match done {
        Ok(()) => Status::Ok,
        Err(refusal) => {
            kept.refusal = Some(refusal);
            refusal.status()
        }
    };
    compiler_fence(Ordering::SeqCst);
    seal.store(OPEN, Ordering::Relaxed);
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
    // SAFETY: the caller says the same.
    let kept = match unsafe { kept(memory) } {
        Ok(kept) => kept,
        Err(status) => return status,
    };
    let Some(session) = &kept.session else {
        return Status::ErrorNotOpened;
    };
    let done = work(&Open::new(room(memory), &kept.arena, session));
    done.err().unwrap_or(Status::Ok)
}

/// What was refused last, and the session, where it is open.
///
/// # Safety
/// As [`change`].
pub(crate) unsafe fn refused<'s>(
    memory: *const SessionMemory,
) -> Result<(Option<Refusal>, Option<Reading<'s>>), Status> {
    // SAFETY: the caller says the same.
    let kept = unsafe { kept(memory) }?;
    let open = |session| Open::new(room(memory), &kept.arena, session);
    let session = kept.session.as_ref().map(open);
    Ok((kept.refusal, session))
}

/// Addresses of a session's memory.
pub(crate) fn room(memory: *const SessionMemory) -> Place {
    memory.addr()..memory.wrapping_add(1).addr()
}

/// What is kept of a session, to be read.
///
/// # Safety
/// As [`change`].
unsafe fn kept<'s>(memory: *const SessionMemory) -> Result<&'s Kept, Status> {
    // SAFETY: the caller says the same. Nothing is written through it.
    let sealed = unsafe { find(memory.cast_mut()) }?;
    // SAFETY: `find` has seen the seal of an open session, so that `open` has written all of it.
    Ok(unsafe { &(*sealed).kept })
}

/// The session that was opened in this memory, which nobody works on.
///
/// # Safety
/// Where `memory` is aligned and not null, a session's memory lies there.
unsafe fn find(memory: *mut SessionMemory) -> Result<*mut Sealed, Status> {
    place(memory, 1)?;
    let sealed = memory.cast::<Sealed>();
    // SAFETY: `place` has seen that the memory is aligned and not null; the caller says that it is there. Both are numbers, of
    // which any bits are one.
    let (seal, home) = unsafe { ((*sealed).seal.load(Ordering::Relaxed), (*sealed).home) };
    if ![OPEN, BUSY, CLOSED].contains(&seal) {
        return Err(Status::ErrorNoSession);
    }
    if home != memory.addr() {
        return Err(Status::ErrorCopied);
    }
    match seal {
        OPEN => Ok(sealed),
        BUSY => Err(Status::ErrorBusy),
        _ => Err(Status::ErrorClosed),
    }
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
        self.apart(&answer.place())?;
        match overlap(&answer.place(), &self.file) {
            true => Err(Status::ErrorOverlap),
            false => Ok(answer),
        }
    }

    /// Whether a place lies outside of the session and of the arena.
    pub(crate) fn apart(&self, place: &Place) -> Result<(), Status> {
        match self.taken.iter().any(|taken| overlap(taken, place)) {
            true => Err(Status::ErrorOverlap),
            false => Ok(()),
        }
    }
}
