//! How many threads compute: what the machine has, or what the command line says. No result depends on it.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::thread;

/// A machine of more processors is not held back by it; a mistyped number does not start a million threads.
pub const MOST_THREADS: usize = 1024;

/// The number that this process was told.
static TOLD: OnceLock<NonZeroUsize> = OnceLock::new();

/// A number of threads. The default is what [`Threads::set_default`] said, else what the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads(NonZeroUsize);

impl Threads {
    /// So many threads, at most [`MOST_THREADS`].
    pub fn new(count: NonZeroUsize) -> Self {
        Threads(count.min(NonZeroUsize::new(MOST_THREADS).unwrap_or(count)))
    }

    /// Makes it the default of this process. The first call counts.
    pub fn set_default(self) {
        TOLD.get_or_init(|| self.0);
    }

    /// The number.
    pub fn count(self) -> usize {
        self.0.get()
    }
}

impl Default for Threads {
    fn default() -> Self {
        let machine = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Threads::new(TOLD.get().copied().unwrap_or_else(machine))
    }
}
