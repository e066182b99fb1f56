//! Handling of Ctrl-C.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use tillsense_compiler::say::complain;

/// State of the Ctrl-C handler: while a model is trained and written, Ctrl-C asks for a clean
/// stop; at any other time it ends the command.
pub struct Interrupt {
    /// Whether Ctrl-C was pressed during work that must not be cut off.
    pub stop: Arc<AtomicBool>,
    /// Whether work that must not be cut off is going on.
    pub busy: Arc<AtomicBool>,
}

/// Usual exit code of a command that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

impl Interrupt {
    /// Installs the handler.
    pub fn watch() -> Result<Self> {
        let interrupt = Interrupt {
            stop: Arc::default(),
            busy: Arc::default(),
        };
        let (stop, busy) = (Arc::clone(&interrupt.stop), Arc::clone(&interrupt.busy));
        ctrlc::set_handler(move || {
            if !busy.load(Ordering::SeqCst) || stop.swap(true, Ordering::SeqCst) {
                process::exit(INTERRUPTED);
            }
            complain("\nstopping after this step (Ctrl-C again to stop at once)");
        })
        .context("Ctrl-C cannot be watched")?;
        Ok(interrupt)
    }

    /// Does work that must not be cut off; a stop asked for meanwhile is an error afterwards.
    pub fn cleanly<R>(&self, work: impl FnOnce() -> Result<R>) -> Result<R> {
        self.busy.store(true, Ordering::SeqCst);
        let done = work()?;
        self.busy.store(false, Ordering::SeqCst);
        // Ctrl-C came after the last step: all is written, and other commands give what would follow.
        ensure!(
            !self.stop.load(Ordering::SeqCst),
            "stopped; the model is written and complete"
        );
        Ok(done)
    }
}
