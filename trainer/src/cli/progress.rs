//! Progress on standard error: bars where it is a terminal, lines where it is not, nothing with `--json`.

use std::fmt::Display;

use indicatif::{ProgressBar, ProgressStyle};
use tillsense_compiler::say::say;
use tillsense_compiler::text::{brief, message};

use super::Shared;

/// Prints a line about the work that begins.
pub fn note(shared: &Shared, text: impl Display) {
    if !shared.json {
        say(message(text));
    }
}

/// A bar over this many pieces.
pub fn bar(shared: &Shared, prefix: &str, len: usize) -> ProgressBar {
    let template = "{prefix} [{bar:30}] {pos}/{len} {msg} {eta}";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = if shared.json {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(len as u64)
    };
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix(brief(prefix));
    bar
}
