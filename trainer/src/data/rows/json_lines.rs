//! JSON lines: an object a line, whose keys are columns.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::delimited::{MOST_RECORD, Stop};
use super::fault::TableFault;

/// A reader of objects.
pub(super) struct Objects {
    input: BufReader<File>,
    line: u64,
    bytes: Vec<u8>,
}

/// Keys and values of an object in the order of the line.
pub(crate) struct Object(pub(crate) Vec<(String, String)>);

impl Objects {
    /// A reader from where a file stands.
    pub(super) fn new(file: File) -> Self {
        Objects {
            input: BufReader::with_capacity(64 << 10, file),
            line: 0,
            bytes: Vec::new(),
        }
    }

    /// The next object and its line; `None` where there is none. Blank lines are no objects.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Object)>, Stop> {
        loop {
            self.bytes.clear();
            let mut line = (&mut self.input).take(MOST_RECORD as u64 + 1);
            if line.read_until(b'\n', &mut self.bytes)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            let stop = |fault| Err(Stop::Fault(fault, self.line, None));
            if self.bytes.len() > MOST_RECORD {
                return stop(TableFault::LongRecord(MOST_RECORD));
            }
            let text = match std::str::from_utf8(&self.bytes) {
                Ok(text) => text.trim(),
                Err(error) => return stop(TableFault::NotUtf8(self.bytes[error.valid_up_to()])),
            };
            if text.is_empty() {
                continue;
            }
            if text.contains('\0') {
                return stop(TableFault::Nul);
            }
            if !text.starts_with('{') {
                return stop(match text.starts_with(['[', '"']) {
                    true => TableFault::NotAnObject,
                    false => TableFault::Json("a line does not begin with `{`".to_owned()),
                });
            }
            return match serde_json::from_str(text) {
                Ok(object) => Ok(Some((self.line, object))),
                Err(error) => stop(fault(&error)),
            };
        }
    }
}

/// Words by which the parser hands on faults of ours.
const NESTED: &str = "nested: ";
const TWICE: &str = "twice: ";

/// What the parser's error says of a table.
pub(crate) fn fault(error: &serde_json::Error) -> TableFault {
    let words = error.to_string();
    // The parser puts the place behind its words; the line is ours.
    let words = words.split(" at line ").next().unwrap_or_default();
    match words.strip_prefix(TWICE) {
        Some(key) => TableFault::SameKey(key.to_owned()),
        None => match words.strip_prefix(NESTED) {
            Some(key) => TableFault::Nested(Some(key.to_owned())),
            None => TableFault::Json(words.to_owned()),
        },
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if pairs.iter().any(|(there, _)| *there == key) {
                return Err(A::Error::custom(format!("{TWICE}{key}")));
            }
            let Value(value) = map.next_value()?;
            let value = value.ok_or_else(|| A::Error::custom(format!("{NESTED}{key}")))?;
            pairs.push((key, value));
        }
        Ok(Object(pairs))
    }
}

/// A value as a cell, empty for `null`; `None` for an array or an object.
struct Value(Option<String>);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text, true, false or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value(Some(String::new())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value(Some(value.to_string())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value(Some(value.to_string())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value(Some(value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value(Some(decimal(value))))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value(Some(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        while pairs.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value(None))
    }
}

/// The number as a person wrote it, most likely: the parser may be off by the last bit of 53, so 15 digits are enough where they
/// give nearly the same number.
pub(super) fn decimal(value: f64) -> String {
    let short: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    let near = (short - value).abs() <= value.abs() * 2.0 * f64::EPSILON;
    let kept = if near { short } else { value };
    // Numbers of many digits would be written out in full.
    match kept != 0.0 && !(1e-15..1e17).contains(&kept.abs()) {
        true => format!("{kept:e}"),
        false => kept.to_string(),
    }
}
