//! What was refused last, in words. Only a program that asks for the words holds them.

use core::ffi::c_char;
use core::fmt::{self, Write};
use core::slice::from_raw_parts_mut;

use tillsense_core::engine::LoadError;
use tillsense_core::{ArenaError, RefusedInput};

use crate::memory::{self, Reading, SessionMemory};
use crate::pointers::{Answer, Place, overlap, place};
use crate::refusal::Refusal;
use crate::status::Status;
use crate::types::Text;

/// Says in one line of English why the last call that would have changed this session was refused, or why it could not be
/// opened. The line names the input and the field, the bytes that are needed or the part to build in, where there is one, and
/// what mends it. Of a call that was done, and of calls that only read (`tillsense_verdict`, `tillsense_expect`, names), it says
/// nothing: a program that has a status at hand says this line where it has bytes, else `tillsense_status_text`.
///
/// Only a program that calls this function holds these texts and what formats them.
///
/// - `buffer`: where the line goes. It is cut where it does not fit, between two characters, and ends with a NUL.
/// - `len`: bytes of the buffer. With 0 nothing is written and `buffer` may be null.
///
/// # Answers
/// The bytes of the whole line without the NUL, as `snprintf` does: the line was cut unless that is below `len`. Where that call
/// was not refused, or closed the session, the line is empty, and so it is where none was opened. 0, and nothing is written,
/// where `buffer` is null or lies in the session, its arena or its model file.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `buffer` to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_explain(
    session: *const SessionMemory,
    buffer: *mut c_char,
    len: usize,
) -> usize {
    let explained = |refusal: Option<Refusal>, open: Option<Reading<'_>>| {
        // SAFETY: the caller says what `room` asks.
        let Some(room) = (unsafe { room(session, open.as_ref(), buffer, len) }) else {
            return 0;
        };
        let mut line = Line::new(room);
        if let Some(refusal) = refusal {
            line.say(&refusal, open);
        }
        line.end()
    };
    // SAFETY: the caller says what `refused` asks.
    match unsafe { memory::refused(session, explained) } {
        Ok(len) => len,
        // Who closed it or never opened it knows; why, such as another model, is in the status that the program holds.
        Err(Status::ErrorClosed | Status::ErrorNoSession) => explained(None, None),
        Err(status) => explained(Some(status.into()), None),
    }
}

/// Says which part the model needs and this library was built without, where a refusal with
/// `TILLSENSE_ERROR_FILE_PART_LEFT_OUT` was the session's last; else a text of no bytes.
///
/// The part's name is that of a Cargo feature of the package `tillsense-c`. The text is a constant of the library.
///
/// # Safety
/// `session` is null or points to a `tillsense_session`, `part` to a `tillsense_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tillsense_left_out(
    session: *const SessionMemory,
    part: *mut Text,
) -> Status {
    let told = |refusal: Option<Refusal>, open: Option<Reading<'_>>| {
        // SAFETY: the caller says what `Answer::at` asks.
        let out = unsafe { Answer::at(part) }?;
        is_free(session, open.as_ref(), &out.place())?;
        let part = refusal.and_then(|refusal| refusal.left_out());
        out.put(part.map_or(Text::NONE, |part| part.feature().into()));
        Ok(())
    };
    // SAFETY: the caller says what `refused` asks.
    let done = unsafe { memory::refused(session, told) };
    done.flatten().err().unwrap_or(Status::Ok)
}

/// Whether a place lies outside of a session, and of all that belongs to it where it is open.
fn is_free(
    session: *const SessionMemory,
    open: Option<&Reading<'_>>,
    place: &Place,
) -> Result<(), Status> {
    match open {
        Some(open) => open.is_free(place),
        None if overlap(place, &memory::room(session)) => Err(Status::ErrorOverlap),
        None => Ok(()),
    }
}

/// The bytes that C gave for a line, outside of the session.
///
/// # Safety
/// Where `buffer` is not null, `len` bytes lie there that nobody else uses while they are lent.
unsafe fn room<'a>(
    session: *const SessionMemory,
    open: Option<&Reading<'_>>,
    buffer: *mut c_char,
    len: usize,
) -> Option<&'a mut [u8]> {
    if len == 0 {
        return Some(&mut []);
    }
    let place = place(buffer, len).ok()?;
    is_free(session, open, &place).ok()?;
    // SAFETY: `place` has seen that it is not null and no longer than a slice may be; the caller says that the bytes are there.
    Some(unsafe { from_raw_parts_mut(buffer.cast(), len) })
}

/// A line on its way into a buffer.
struct Line<'b> {
    room: &'b mut [u8],
    /// Bytes in the buffer.
    written: usize,
    /// Bytes that were to be written.
    whole: usize,
}

impl<'b> Line<'b> {
    const fn new(room: &'b mut [u8]) -> Self {
        Line {
            room,
            written: 0,
            whole: 0,
        }
    }

    /// Writes why something was refused.
    fn say(&mut self, refusal: &Refusal, open: Option<Reading<'_>>) {
        let said = match (refusal, open) {
            (Refusal::Push(input, error), Some(open)) => {
                let refused = RefusedInput::new(*open.session.model(), *input, *error);
                write!(self, "{refused}")
            }
            (Refusal::Push(_, error), None) => write!(self, "{error}"),
            (Refusal::File(LoadError::Misaligned), _) => self.write_str(
                "the model file does not lie at a multiple of 16; align it where it is embedded or where its slot begins",
            ),
            (Refusal::File(error), _) => match refusal.left_out() {
                Some(part) => write!(
                    self,
                    "the library was built without the part `{}`, which the model needs; `tillsense library MODEL` builds one with all that it needs",
                    part.feature()
                ),
                None => write!(self, "{error}"),
            },
            (Refusal::Arena(ArenaError::Misaligned), _) => self.write_str(
                "the arena does not lie at a multiple of 16; declare it with __attribute__((aligned(TILLSENSE_ALIGN)))",
            ),
            (Refusal::Arena(error), _) => write!(self, "{error}"),
            (Refusal::Call(status), _) => {
                // Texts of statuses are ASCII.
                self.write_str(status.text().to_str().unwrap_or_default())
            }
        };
        // No line fails to be written: what does not fit is counted.
        said.unwrap_or_default();
    }

    /// Ends the line; answers the bytes of all of it.
    fn end(self) -> usize {
        if let Some(end) = self.room.get_mut(self.written) {
            *end = 0;
        }
        self.whole
    }
}

impl Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // What comes after a cut has no place.
        let cut = self.written < self.whole;
        self.whole += text.len();
        // One byte is kept for the NUL.
        let left = self.room.len().saturating_sub(self.written + 1);
        let fits = text.floor_char_boundary(if cut { 0 } else { left });
        let place = self.room.get_mut(self.written..self.written + fits);
        if let (Some(place), Some(text)) = (place, text.as_bytes().get(..fits)) {
            (place.iter_mut().zip(text)).for_each(|(to, from)| *to = *from);
            self.written += fits;
        }
        Ok(())
    }
}
