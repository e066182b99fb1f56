//! Lowered networks beside their real numbers, memory plans beside a simulation, and every refusal.

mod compare;
mod errors;
mod float;
mod simulate;
pub(crate) mod toy;
