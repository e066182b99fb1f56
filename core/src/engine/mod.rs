//! From bytes to verdicts: load (every check), run (infallible), session (what an application holds).

mod check;
mod load;
mod placement;
mod run;
mod session;
mod written;

pub use load::{HeadError, InputError, LoadError, MAX_INPUTS, MAX_OPS, Model, OpRefusal};
pub use session::{ArenaError, NoProbe, Probe, PushError, Session, Stage, Verdict};
