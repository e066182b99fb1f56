//! Lowered networks beside their real numbers, packed ones beside plain ones, memory plans beside a simulation, and every refusal.

mod compare;
mod errors;
mod fake;
mod float;
mod pack;
mod presets;
mod simulate;
pub(crate) mod toy;

pub(crate) use pack::deep;

/// A network with every kind of input, for tests elsewhere.
pub(crate) fn every_input() -> toy::Toy {
    compare::described(&compare::ALL, "[fusion]\nkind = \"gated\"\nsize = 6\n", 20)
}
