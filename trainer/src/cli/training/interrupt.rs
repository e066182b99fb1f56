//! Ctrl-C.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};

use tillsense_compiler::say::complain;

/// What Ctrl-C does: while a model is trained and written it asks for a clean stop, at any other time it ends the command.
pub struct Interrupt {
    /// Set by Ctrl-C while work is done that must not be cut off.
    pub stop: Arc<AtomicBool>,
    /// Whether such work is done.
    pub busy: Arc<AtomicBool>,
}

/// The usual exit code of a command that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

impl Interrupt {
    /// Watches from now on.
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

    /// Does work that must not be cut off.
    pub fn cleanly<R>(&self, work: impl FnOnce() -> Result<R>) -> Result<R> {
        self.busy.store(true, Ordering::SeqCst);
        let done = work()?;
        self.busy.store(false, Ordering::SeqCst);
        // Told to stop after the last step: all is written, what follows can be had from other commands.
        ensure!(
            !self.stop.load(Ordering::SeqCst),
            "stopped; the model is written and complete"
        );
        Ok(done)
    }
}
