//! Record frontend: numbers and names of a schema to int8 features.
//!
//! - number: `t = x`, or `t = sign(x) * log2(1 + |x|)` in Q8 with `log`, of the integer x given (value * 10^decimals);
//!   `stored = clip((t - center) * scale, -127, 127)`, rounded half up; differences saturate at 2^30. Missing: 0, and `one` in the flag where there is one.
//! - category: `one` at the place of its name, 0 at the others. Missing, or unknown with `other`: all 0.

use core::error::Error;
use core::fmt::{self, Display, Formatter};
use core::hint::black_box;

use serde::{Deserialize, Serialize};

use crate::frontend::{FrontendError, require};
use crate::model::decode;
use crate::model::records::{Field, FieldKind, RecordParams, Scale};
use crate::num::requantise::{ACC_LIMIT, is_valid_scale};
use crate::num::select::{mask_if_negative, saturate_i32};
use crate::num::{clamp, log2_q8, nearest_by_call};

/// One value of a record, as an application gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value<'a> {
    /// Not known.
    Missing,
    /// A number times 10^decimals of its field.
    Number(i32),
    /// The name of a category.
    Name(&'a str),
}

/// Why a record is refused. Fields count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordError {
    /// Not one value for each field.
    WrongCount,
    /// A name where this field wants a number.
    NotANumber(u8),
    /// A number where this field wants a name.
    NotAName(u8),
    /// This field knows no such name.
    UnknownName(u8),
    /// No value is given for this field.
    NotGiven(u8),
    /// Two values are given for this field.
    GivenTwice(u8),
    /// Of the values given with names, this one (counted from 0) has a name that no field has.
    NoSuchField(u8),
}

impl RecordError {
    /// The field that is at fault, where it is one.
    pub const fn field(self) -> Option<u8> {
        match self {
            RecordError::WrongCount | RecordError::NoSuchField(_) => None,
            RecordError::NotANumber(field)
            | RecordError::NotAName(field)
            | RecordError::UnknownName(field)
            | RecordError::NotGiven(field)
            | RecordError::GivenTwice(field) => Some(field),
        }
    }

    /// What is wrong, without the field.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            RecordError::WrongCount => "the record does not have one value for each field",
            RecordError::NotANumber(_) => "a name where a number is due",
            RecordError::NotAName(_) => "a number where a name is due",
            RecordError::UnknownName(_) => "no such name",
            RecordError::NotGiven(_) => "no value is given",
            RecordError::GivenTwice(_) => "two values are given",
            RecordError::NoSuchField(_) => "the record has no field of this name",
        }
    }
}

impl Display for RecordError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field() {
            write!(f, "field {field} (counted from 0): ")?;
        }
        if let RecordError::NoSuchField(value) = self {
            write!(f, "value {value} (counted from 0): ")?;
        }
        f.write_str(self.reason())
    }
}

impl Error for RecordError {}

/// Most names of a category. They are compared each with each, which must not take a hostile model hours.
pub const MAX_NAMES: usize = 256;

/// The fields of a record, decoded as they are taken.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    left: u8,
    bytes: &'a [u8],
}

/// The fields of `params`, whose records lie in the field section `section`. Ends early where one cannot be decoded.
pub fn fields<'a>(params: &RecordParams, section: &'a [u8]) -> Fields<'a> {
    let range = params.fields.offset as usize..params.fields.end();
    Fields {
        left: params.field_count,
        bytes: section.get(range).unwrap_or(&[]),
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (field, rest) = decode::take(self.bytes).ok()?;
        self.bytes = rest;
        Some(field)
    }
}

/// The names of a category.
pub const fn names(list: &str) -> Names<'_> {
    Names { rest: Some(list) }
}

/// How many names a list has.
pub fn name_count(list: &str) -> usize {
    1 + list.bytes().filter(|&byte| byte == b'\n').count()
}

/// Names on their way out of a list.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    rest: Option<&'a str>,
}

impl<'a> Iterator for Names<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        let list = self.rest?;
        let Some(end) = list.bytes().position(|byte| byte == b'\n') else {
            return self.rest.take();
        };
        self.rest = list.get(end + 1..);
        list.get(..end)
    }
}

/// Stored values of a field.
pub fn width(kind: &FieldKind<'_>) -> usize {
    match kind {
        FieldKind::Number { flag, .. } => 1 + *flag as usize,
        FieldKind::Category { names: list, .. } => name_count(list),
    }
}

/// Bytes that [`check`] compares: each field's name with those of the records before it, and each name of a category with
/// those before it.
pub(crate) fn compared(params: &RecordParams, section: &[u8]) -> u64 {
    let all = fields(params, section);
    let of_fields = u64::from(params.field_count) * all.bytes.len() as u64;
    let of_names = all.map(|field| match field.kind {
        FieldKind::Number { .. } => 0,
        FieldKind::Category { names: list, .. } => list.len() as u64 * name_count(list) as u64,
    });
    (of_fields + of_names.sum::<u64>()) / 2
}

/// Checks every field record, and that together they fill the output.
pub fn check(params: &RecordParams, section: &[u8]) -> Result<(), FrontendError> {
    let mut all = fields(params, section);
    let mut total = 0;
    for index in 0..params.field_count {
        let field = all.next().ok_or(FrontendError::Field(index))?;
        let again = fields(params, section)
            .take(index as usize)
            .any(|other| other.name == field.name);
        require(!again && check_field(&field), FrontendError::Field(index))?;
        total += width(&field.kind);
    }
    let output = &params.output;
    let shape = params.field_count > 0
        && params.max_steps > 0
        && all.bytes.is_empty()
        && (output.h, output.w) == (1, 1)
        && output.c as usize == total;
    require(shape, FrontendError::Shape)?;
    require(output.zero_point == 0, FrontendError::ZeroPoint)
}

/// Writes the features of `values`, in the schema's order, to `output`. What is written before an error has no meaning.
pub fn run(
    params: &RecordParams,
    section: &[u8],
    values: &[Value<'_>],
    output: &mut [i8],
) -> Result<(), RecordError> {
    if values.len() != params.field_count as usize {
        return Err(RecordError::WrongCount);
    }
    let mut rest = output;
    for (index, (field, value)) in (0..=u8::MAX).zip(fields(params, section).zip(values)) {
        rest = write(index, &field.kind, *value, rest)?;
    }
    Ok(())
}

/// Writes the features of values that come with the names of their fields, in any order, each field once. What is written before an
/// error has no meaning.
pub fn run_named(
    params: &RecordParams,
    section: &[u8],
    values: &[(&str, Value<'_>)],
    output: &mut [i8],
) -> Result<(), RecordError> {
    for (number, (name, _)) in values.iter().enumerate() {
        let known = fields(params, section).any(|field| field.name == *name);
        if !known {
            return Err(RecordError::NoSuchField(number.min(255) as u8));
        }
    }
    let mut rest = output;
    for (index, field) in (0..=u8::MAX).zip(fields(params, section)) {
        let mut given = values.iter().filter(|(name, _)| *name == field.name);
        let &(_, value) = given.next().ok_or(RecordError::NotGiven(index))?;
        if given.next().is_some() {
            return Err(RecordError::GivenTwice(index));
        }
        rest = write(index, &field.kind, value, rest)?;
    }
    Ok(())
}

/// Writes the features of a value to the start of `place` and returns what is behind them.
#[inline(always)]
fn write<'o>(
    index: u8,
    kind: &FieldKind<'_>,
    value: Value<'_>,
    place: &'o mut [i8],
) -> Result<&'o mut [i8], RecordError> {
    let (own, rest) = place.split_at_mut_checked(width(kind)).unwrap_or_default();
    match *kind {
        FieldKind::Number {
            log,
            center,
            scale,
            flag,
            one,
            ..
        } => {
            let (stored, missing) = match value {
                Value::Number(x) => (store(transform(x, log), center, scale), 0),
                Value::Missing => (0, one),
                Value::Name(_) => return Err(RecordError::NotANumber(index)),
            };
            for (out, stored) in own.iter_mut().zip([stored, if flag { missing } else { 0 }]) {
                *out = stored;
            }
        }
        FieldKind::Category {
            names: list,
            other,
            one,
        } => {
            let (given, known) = match value {
                Value::Name(name) => (name, other),
                Value::Missing => ("", true),
                Value::Number(_) => return Err(RecordError::NotAName(index)),
            };
            let mut found = known;
            for (out, name) in own.iter_mut().zip(names(list)) {
                let same = is_same(name, given);
                found |= same;
                *out = one * same as i8;
            }
            if !found {
                return Err(RecordError::UnknownName(index));
            }
        }
    }
    Ok(rest)
}

/// What is centred and scaled: `x`, or `sign(x) * log2(1 + |x|)` in Q8.
pub fn transform(x: i32, log: bool) -> i32 {
    if !log {
        return x;
    }
    let sign = mask_if_negative(x);
    (log2_q8(1 + x.unsigned_abs() as u64) ^ sign) - sign
}

/// `clip((t - center) * scale, -127, 127)`, rounded half up; differences saturate at 2^30.
fn store(t: i32, center: i32, scale: Scale) -> i8 {
    // Opaque, because a compiler that knows the bounds' range sees a minimum in the masks of `clamp`, and branches.
    let (limit, bound) = black_box((ACC_LIMIT / 2 - 1, 127));
    let difference = saturate_i32(t as i64 - center as i64);
    // The halves differ from the limits by less than 2^31; the differences might not.
    let half = clamp(difference >> 1, -limit, limit);
    let limited = half << 1 | difference & 1;
    clamp(
        nearest_by_call(limited, scale.multiplier, scale.shift as i32),
        -bound,
        bound,
    ) as i8
}

/// Whether two names are equal, looking at all their bytes: how long that takes tells nothing but their lengths.
fn is_same(name: &str, given: &str) -> bool {
    let bytes = name.bytes().zip(given.bytes());
    bytes.fold(name.len() ^ given.len(), |difference, (a, b)| {
        difference | (a ^ b) as usize
    }) == 0
}

fn check_field(field: &Field<'_>) -> bool {
    let sound = match field.kind {
        FieldKind::Number {
            decimals,
            scale,
            one,
            ..
        } => decimals <= 9 && one >= 0 && is_valid_scale(scale.multiplier, scale.shift),
        FieldKind::Category {
            names: list, one, ..
        } => {
            let distinct = |(i, name)| !names(list).take(i).any(|other| other == name);
            name_count(list) <= MAX_NAMES
                && one >= 0
                && names(list).all(|name| !name.is_empty())
                && names(list).enumerate().all(distinct)
        }
    };
    sound && !field.name.is_empty()
}
