//! What is said on standard error: best effort, so that a full disk or a closed pipe ends no training.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static SILENT: AtomicBool = AtomicBool::new(false);

/// From now on only errors are said.
pub fn be_silent() {
    SILENT.store(true, Ordering::Relaxed);
}

/// Says a line about progress.
pub fn say(text: impl Display) {
    if !SILENT.load(Ordering::Relaxed) {
        complain(text);
    }
}

/// Says a line about an error, always.
pub fn complain(text: impl Display) {
    // Nothing is left to do about words that nobody can read.
    let _ = writeln!(io::stderr(), "{text}");
}
