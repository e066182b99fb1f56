//! Model files, and sessions that are opened, reset and closed.

use core::ffi::c_void;
use core::slice::from_raw_parts_mut;

use tillsense_core::{Model, Session};

use crate::memory::{self, SessionMemory};
use crate::pointers::{Answer, Place, array, overlap, place};
use crate::refusal::Refusal;
use crate::status::Status;
use crate::types::{Info, Text};

/// Checks a model file as `tillsense_open` does, without a session, and says what it is.
///
/// Every byte of the file is read once; that takes as long as opening.
///
/// - `file`: the model file, at a multiple of `TILLSENSE_ALIGN`.
/// - `len`: bytes of the file, all of them.
/// - `out`: where the answer goes.
///
/// # Answers
/// `TILLSENSE_OK`, or why the file is refused, `TILLSENSE_ERROR_FILE_*`.
///
/// # Safety
/// `file` is null or points to `len` bytes that nobody changes meanwhile, `out` is null or points to a `tillsense_info`. The
/// texts in `out` are valid as long as the file is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_look(file: *const c_void, len: usize, out: *mut Info) -> Status {
    // SAFETY: the caller says what `model` and `Answer::at` ask.
    let looked = unsafe { model(file, len) }.and_then(|(model, file)| {
        // SAFETY: as above.
        let out = unsafe { Answer::at(out) }?;
        if overlap(&file, &out.place()) {
            return Err(Status::ErrorOverlap.into());
        }
        out.put(info(&model));
        Ok(())
    });
    looked.err().map_or(Status::Ok, |refusal| refusal.status())
}

/// Opens a session: checks the model file, wipes the arena.
///
/// Every byte of the file is read once here; later calls read it where it lies. Session, file and arena share no memory.
///
/// - `session`: memory for the session, whatever lies in it. An open session may be opened again, with the same model or
///   another.
/// - `file`: the model file, in flash or RAM, at a multiple of `TILLSENSE_ALIGN`.
/// - `len`: bytes of the file, all of them.
/// - `arena`: memory to compute in, in RAM, at a multiple of `TILLSENSE_ALIGN`.
/// - `arena_len`: bytes of the arena, at least as many as `tillsense_info` says.
///
/// # Answers
/// `TILLSENSE_OK`, or why the file (`TILLSENSE_ERROR_FILE_*`) or the arena (`TILLSENSE_ERROR_ARENA_*`) is refused, of which
/// `tillsense_explain` says more. Then the session is not open.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `file` to `len` bytes, `arena` to `arena_len` bytes. The file must stay
/// as it is and the arena must be left alone until the session is closed or opened again, or never used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_open(
    session: *mut SessionMemory,
    file: *const c_void,
    len: usize,
    arena: *mut c_void,
    arena_len: usize,
) -> Status {
    // Not a byte of a session that lies in its model is written: it would be one of the file.
    let places = (place(session, 1), place(file.cast::<u8>(), len));
    if let (Ok(room), Ok(file)) = places
        && overlap(&room, &file)
    {
        return Status::ErrorOverlap;
    }
    // SAFETY: the caller says what `open`, `model` and `arena_at` ask.
    unsafe {
        memory::open(session, |room| {
            let (model, file) = model(file, len)?;
            let (arena, bytes) = arena_at(arena, arena_len, &[room, &file])?;
            let session = Session::new(model, bytes).map_err(Refusal::Arena)?;
            Ok((arena, session))
        })
    }
}

/// Says what the model of a session is.
///
/// - `out`: where the answer goes.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `out` to a `tillsense_info`. The texts in `out` are valid as long as the
/// file is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_info_of(
    session: *const SessionMemory,
    out: *mut Info,
) -> Status {
    // SAFETY: the caller says what `read` and `answer` ask.
    unsafe {
        memory::read(session, |open| {
            open.answer(out)?.put(info(open.session.model()));
            Ok(())
        })
    }
}

/// Compares the model's interface with the one that a program was compiled for: 32 bytes, which `tillsense bindings --c` writes.
///
/// A program asks once, after `tillsense_open`.
///
/// # Answers
/// `TILLSENSE_OK` where they are equal, else `TILLSENSE_ERROR_INTERFACE`.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `interface_digest` to 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_expect(
    session: *const SessionMemory,
    interface_digest: *const u8,
) -> Status {
    // SAFETY: the caller says what `read` and `array` ask.
    unsafe {
        memory::read(session, |open| {
            let expected = open.array(interface_digest, 32)?;
            match open.session.model().interface() == expected {
                true => Ok(()),
                false => Err(Status::ErrorInterface),
            }
        })
    }
}

/// Forgets the transaction: wipes inputs, recurrent state, encodings, answers and work that waits. The session stays open.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_reset(session: *mut SessionMemory) -> Status {
    // SAFETY: the caller says what `change` asks.
    unsafe {
        memory::change(session, |open| {
            open.session.reset();
            Ok(())
        })
    }
}

/// Closes a session: wipes its arena, which is the caller's again. Later calls answer `TILLSENSE_ERROR_CLOSED`.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_close(session: *mut SessionMemory) -> Status {
    // SAFETY: the caller says what `close` asks.
    unsafe { memory::close(session) }
}

/// The model in a file from C, and where the file lies.
///
/// # Safety
/// Where `file` is not null, `len` bytes lie there that stay as they are while the model is used.
unsafe fn model(file: *const c_void, len: usize) -> Result<(Model<'static>, Place), Refusal> {
    let file = file.cast::<u8>();
    let place = place(file, len)?;
    // SAFETY: the caller says the same; any byte is a `u8`.
    let bytes = unsafe { array(file, len) }?;
    let model = Model::load(bytes).map_err(Refusal::File)?;
    Ok((model, place))
}

/// The arena that C gave, and its bytes. It must lie apart from these places.
///
/// # Safety
/// Where `arena` is not null, `len` bytes lie there that nobody else uses while the session is open.
unsafe fn arena_at(
    arena: *mut c_void,
    len: usize,
    others: &[&Place],
) -> Result<(Place, &'static mut [u8]), Refusal> {
    let arena = arena.cast::<u8>();
    let place = place(arena, len)?;
    if others.iter().any(|other| overlap(other, &place)) {
        return Err(Status::ErrorOverlap.into());
    }
    // SAFETY: `place` has seen that it is not null and no longer than a slice may be, and any byte is a `u8`; the caller says that
    // the bytes are there and nobody else's.
    let bytes = unsafe { from_raw_parts_mut(arena, len) };
    Ok((place, bytes))
}

/// What a model says of itself.
fn info(model: &Model<'static>) -> Info {
    Info {
        name: Text::from(model.name()),
        arena_len: model.header().arena_len as usize,
        inputs: model.inputs().count() as u32,
        heads: model.heads().count() as u32,
        model_version: model.header().model_version,
        digest: model.digest(),
        interface_digest: model.interface(),
    }
}
