//! Why a board's file is refused.

use std::fmt;

/// Why a board's file is refused: the file, the key, the problem and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The file, or the name of the board that was asked for.
    pub file: String,
    /// The key, such as `memory.model`; empty where the file as a whole is meant.
    pub key: String,
    /// What is wrong with the key.
    pub problem: String,
    /// What to do about the problem.
    pub remedy: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}", self.problem)?;
        match self.remedy.as_str() {
            "" => Ok(()),
            remedy => write!(f, "; {remedy}"),
        }
    }
}

impl std::error::Error for Error {}
