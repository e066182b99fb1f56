//! Values of a record from C.

use tillsense_core::frontend::record::RecordError;
use tillsense_core::{PushError, Session};

use crate::memory::{self, Changing, SessionMemory};
use crate::push::push;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::types::{self, Kind, NamedValue};

/// What the core takes for a value.
pub(crate) trait Given: 'static {
    /// What the core takes.
    type Made<'a>: Copy;

    /// What stands for a value until it is made.
    const NOTHING: Self::Made<'static>;

    /// Makes it.
    ///
    /// # Safety
    /// As [`memory::Open::name`], of each name that is not null.
    unsafe fn make<'a>(&self, open: &Changing<'_>) -> Result<Self::Made<'a>, Status>;
}

impl Given for types::Value {
    type Made<'a> = tillsense_core::Value<'a>;

    const NOTHING: Self::Made<'static> = tillsense_core::Value::Missing;

    unsafe fn make<'a>(&self, open: &Changing<'_>) -> Result<Self::Made<'a>, Status> {
        match Kind::of(self.kind) {
            Some(Kind::Missing) => Ok(tillsense_core::Value::Missing),
            Some(Kind::Number) => Ok(tillsense_core::Value::Number(self.number)),
            Some(Kind::Name) => {
                // SAFETY: the caller says the same.
                let name = unsafe { open.name(self.name, self.name_len) }?;
                Ok(tillsense_core::Value::Name(name))
            }
            None => Err(Status::ErrorValueKind),
        }
    }
}

impl Given for NamedValue {
    type Made<'a> = (&'a str, tillsense_core::Value<'a>);

    const NOTHING: Self::Made<'static> = ("", tillsense_core::Value::Missing);

    unsafe fn make<'a>(&self, open: &Changing<'_>) -> Result<Self::Made<'a>, Status> {
        // SAFETY: the caller says the same.
        unsafe {
            let field = open.name(self.field, self.field_len)?;
            Ok((field, self.value.make(open)?))
        }
    }
}

/// Gives values from C to an input.
///
/// # Safety
/// As [`memory::change`] and [`memory::Open::array`], and as [`memory::Open::name`] for each name that is not null.
pub(crate) unsafe fn take<G: Given>(
    session: *mut SessionMemory,
    input: u32,
    (at, count): (*const G, usize),
    mut work: impl FnMut(&mut Session<'static, 'static>, usize, &[G::Made<'_>]) -> Result<(), PushError>,
) -> Status {
    let work = |open: &mut Changing<'_>| {
        // SAFETY: the caller says the same; any bytes are a value of C.
        let values = unsafe { open.array(at, count) }?;
        let mut take = |open: &mut Changing<'_>, values: &[G::Made<'_>]| {
            push(open, input, |session, input| work(session, input, values))
        };
        // SAFETY: the caller says the same.
        unsafe {
            match count {
                0..=16 => make::<G, 16>(open, values, &mut take),
                17..=64 => make::<G, 64>(open, values, &mut take),
                65..=255 => make::<G, 255>(open, values, &mut take),
                // No record has as many fields. What else is wrong comes first, as it does for fewer.
                _ => take(open, &[]).map_err(too_many),
            }
        }
    };
    // SAFETY: the caller says the same.
    unsafe { memory::change(session, work) }
}

/// A record of no values was refused in place of one with too many: what it lacks is not what is wrong.
fn too_many(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Push(input, PushError::Record(_)) => {
            Refusal::Push(input, PushError::Record(RecordError::WrongCount))
        }
        other => other,
    }
}

/// What is done with the values that were made.
type Take<'t, G> =
    &'t mut dyn FnMut(&mut Changing<'_>, &[<G as Given>::Made<'_>]) -> Result<(), Refusal>;

/// Makes values, at most `N` of them, on a stack frame of their own.
///
/// # Safety
/// As [`Given::make`].
#[inline(never)]
unsafe fn make<G: Given, const N: usize>(
    open: &mut Changing<'_>,
    values: &[G],
    take: Take<'_, G>,
) -> Result<(), Refusal> {
    let mut made: [G::Made<'_>; N] = [G::NOTHING; N];
    for (to, from) in made.iter_mut().zip(values) {
        // SAFETY: the caller says the same.
        *to = unsafe { from.make(open) }?;
    }
    take(open, made.get(..values.len()).unwrap_or(&made))
}
