//! From bytes to verdicts: load (every check), run (infallible), session (what an application holds).

mod check;
mod error;
mod load;
mod model;
mod placement;
mod run;
mod session;
pub mod work;
mod written;

pub use check::{MAX_HEADS_LEN, MAX_INPUTS_LEN};
pub use error::{ArenaError, HeadError, InputError, LoadError, OpRefusal, PushError, RefusedInput};
pub use model::{MAX_INPUTS, MAX_OPS, Model};
pub use session::{NoProbe, Probe, Progress, Session, Stage, Verdict};

/// Runs one checked op by itself.
#[cfg(feature = "parity")]
pub(crate) fn run_alone(
    op: &crate::model::records::Op,
    weights: &crate::tensor::Weights<'_>,
    arena: &mut [u8],
    steps: usize,
    persistent_len: usize,
) {
    run::run(op, weights, arena, steps, persistent_len);
}
