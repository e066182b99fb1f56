//! What is wrong with a description, where, and how to mend it.

use std::fmt;

/// One fault in a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// The file, or the name of the preset.
    pub file: String,
    /// Line, counted from 1; 0 where the fault has no place in the text.
    pub line: usize,
    /// Path of the field; empty where the text is not TOML.
    pub field: String,
    /// The fault and its remedy, for a person to read.
    pub problem: String,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for SpecError {}
