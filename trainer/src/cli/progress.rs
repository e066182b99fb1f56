//! Progress on standard error: bars where it is a terminal, lines where it is not, nothing with `--json`.

use std::fmt::Display;
use std::time::Duration;

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

/// Does some work of unknown length; a line on a terminal says what it is and for how long it has been going on.
pub fn waiting<T>(shared: &Shared, what: &str, work: impl FnOnce() -> T) -> T {
    let spinner = match shared.json {
        true => ProgressBar::hidden(),
        false => ProgressBar::new_spinner(),
    };
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.set_message(brief(what));
    spinner.enable_steady_tick(TICK);
    let done = work();
    spinner.finish_and_clear();
    done
}

/// What is waited for where samples are read.
pub const READING: &str = "reading the samples";

/// Time between two pictures of a spinner.
const TICK: Duration = Duration::from_millis(200);

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

/// A bar over pieces that take their time: it also tells for how long it has been going on.
pub fn slow_bar(shared: &Shared, prefix: &str, len: usize) -> ProgressBar {
    let bar = bar(shared, prefix, len);
    let template = "{prefix} [{bar:30}] {pos}/{len} {elapsed}, {eta} to go";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(TICK);
    bar
}
