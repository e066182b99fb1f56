//! From bytes to verdicts: load (every check), run (infallible), session (what an application holds).

mod load;
mod placement;
mod run;
mod session;

pub use load::{HeadError, InputError, LoadError, MAX_INPUTS, Model, OpRefusal};
pub use session::{ArenaError, NoProbe, Probe, PushError, Session, Stage, Verdict};
