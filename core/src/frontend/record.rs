//! Record frontend: numbers and names of a schema to int8 features.
//!
//! - number: `t = x`, or `t = sign(x) * log2(1 + |x|)` in Q8 with `log`, of the integer x given (value * 10^decimals);
//!   `stored = clip((t - center) * scale, -127, 127)`, rounded half up. Missing: 0, and `one` in the flag where there is one.
//! - category: `one` at the place of its name, 0 at the others. Missing, or unknown with `other`: all 0.

use serde::{Deserialize, Serialize};

use crate::frontend::{FrontendError, require};
use crate::model::records::{Field, FieldKind, RecordParams, Scale};
use crate::num::log2_q8;

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
}

/// The fields of a record, decoded as they are taken.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    left: u8,
    bytes: &'a [u8],
}

/// The fields of `params`, whose records lie in the field section `section`. Ends early where one cannot be decoded.
pub fn fields<'a>(params: &RecordParams, section: &'a [u8]) -> Fields<'a> {
    let start = params.fields.offset as usize;
    let end = start.saturating_add(params.fields.len as usize);
    Fields {
        left: params.field_count,
        bytes: section.get(start..end).unwrap_or(&[]),
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (field, rest) = postcard::take_from_bytes(self.bytes).ok()?;
        self.bytes = rest;
        Some(field)
    }
}

/// The names of a category.
pub fn names(list: &str) -> impl Iterator<Item = &str> + Clone {
    list.split('\n')
}

/// Stored values of a field.
pub fn width(kind: &FieldKind<'_>) -> usize {
    match kind {
        FieldKind::Number { flag, .. } => 1 + *flag as usize,
        FieldKind::Category { names: list, .. } => names(list).count(),
    }
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
        let (own, others) = rest
            .split_at_mut_checked(width(&field.kind))
            .unwrap_or_default();
        rest = others;
        match field.kind {
            FieldKind::Number {
                log,
                center,
                scale,
                flag,
                one,
                ..
            } => {
                let (stored, missing) = match value {
                    Value::Number(x) => (store(transform(*x, log), center, scale), 0),
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
                let (given, known_as_missing) = match value {
                    Value::Name(name) => (*name, other),
                    Value::Missing => ("", true),
                    Value::Number(_) => return Err(RecordError::NotAName(index)),
                };
                let mut found = known_as_missing;
                for (out, name) in own.iter_mut().zip(names(list)) {
                    let same = name == given;
                    found |= same;
                    *out = if same { one } else { 0 };
                }
                if !found {
                    return Err(RecordError::UnknownName(index));
                }
            }
        }
    }
    Ok(())
}

/// What is centred and scaled: `x`, or `sign(x) * log2(1 + |x|)` in Q8.
pub fn transform(x: i32, log: bool) -> i32 {
    if log {
        log2_q8(1 + x.unsigned_abs() as u64) * x.signum()
    } else {
        x
    }
}

/// `clip((t - center) * scale, -127, 127)`, rounded half up; the difference saturates.
fn store(t: i32, center: i32, scale: Scale) -> i8 {
    let product = t.saturating_sub(center) as i64 * scale.multiplier as i64;
    let total = (31 - scale.shift as i32).clamp(1, 62);
    ((product + (1 << (total - 1))) >> total).clamp(-127, 127) as i8
}

fn check_field(field: &Field<'_>) -> bool {
    let sound = match field.kind {
        FieldKind::Number {
            decimals,
            scale,
            one,
            ..
        } => {
            decimals <= 9
                && one >= 0
                && (scale.multiplier == 0 || scale.multiplier >= 1 << 30)
                && (-31..=30).contains(&scale.shift)
        }
        FieldKind::Category {
            names: list, one, ..
        } => {
            let distinct = |(i, name)| !names(list).take(i).any(|other| other == name);
            one >= 0
                && names(list).all(|name| !name.is_empty())
                && names(list).enumerate().all(distinct)
        }
    };
    sound && !field.name.is_empty()
}
