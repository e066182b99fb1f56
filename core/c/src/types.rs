//! What is passed in structs.

use core::ffi::c_char;

/// A text of the model: UTF-8, not NUL-terminated. It lies in the model file (or in the library, where a function says so) and
/// stays valid as long as that does. `printf("%.*s", (int)text.len, text.at)` prints it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The first byte.
    pub at: *const c_char,
    /// Bytes.
    pub len: usize,
}

/// What a model says of itself.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The model's name.
    pub name: Text,
    /// Bytes of arena that a session of this model needs.
    pub arena_len: usize,
    /// Number of inputs, 1 to 8; they count from 0.
    pub inputs: u32,
    /// Number of heads (the model's answers), 1 to 255; they count from 0.
    pub heads: u32,
    /// Orders the releases of one model: a later one has a higher number.
    pub model_version: u64,
    /// SHA-256 of the file, as its seal states and the library has checked.
    pub digest: [u8; 32],
    /// The digest of the model's interface, as its header states: inputs, fields, heads and classes. A model that was trained
    /// again for the same inputs and answers keeps it. See `tillsense_expect`.
    pub interface_digest: [u8; 32],
}

/// What a value of a record is: the field `kind` of `tillsense_value`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is not known. The model has learned what that means where samples of its training lacked the value.
    Missing = 0,
    /// A number, in the field's units times 10^decimals: 12.50 with two decimals is 1250.
    Number = 1,
    /// The name of a category.
    Name = 2,
}

impl Kind {
    /// The kind with this number.
    pub(crate) const fn of(number: i32) -> Option<Self> {
        match number {
            0 => Some(Kind::Missing),
            1 => Some(Kind::Number),
            2 => Some(Kind::Name),
            _ => None,
        }
    }
}

/// One value of a record.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// One of `tillsense_kind`.
    pub kind: i32,
    /// The number of a `TILLSENSE_NUMBER`; else it is not read.
    pub number: i32,
    /// The name of a `TILLSENSE_NAME`, UTF-8; else it is not read. It is only read during the call.
    pub name: *const c_char,
    /// Bytes of the name, without a NUL.
    pub name_len: usize,
}

/// One value of a record, with the name of its field.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NamedValue {
    /// The name of the field, UTF-8. It is only read during the call.
    pub field: *const c_char,
    /// Bytes of the field's name, without a NUL.
    pub field_len: usize,
    /// The value.
    pub value: Value,
}

/// The answer of a head with classes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The number of the best class, from 0; the first of equals.
    pub class_number: u16,
    /// The score of the best class in 1/256: 0 to 255.
    pub score: u8,
    /// Whether the score is below the head's threshold: the terminal should ask a person.
    pub defer: bool,
    /// The score of each class as stored: 128 less than in 1/256, -128 to 127. They lie in the arena and are valid until the next
    /// call that changes the session: push, begin, step, run, reset, close, open.
    pub scores: *const i8,
    /// Number of classes, 2 to 65,535.
    pub classes: usize,
    /// The name of the best class, which lies in the model file.
    pub name: Text,
}

impl Text {
    /// No text.
    pub(crate) const NONE: Text = Text {
        at: core::ptr::null(),
        len: 0,
    };
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text {
            at: text.as_ptr().cast(),
            len: text.len(),
        }
    }
}
