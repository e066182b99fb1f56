//! Lowered networks beside their real numbers, packed ones beside plain ones, memory plans beside a simulation, and every refusal.

use crate::testing::networks;
use crate::testing::toy::Toy;

mod compare;
mod errors;
mod examples;
mod pack;
mod simulate;

pub(crate) use pack::deep;

/// A network with every kind of input, for tests elsewhere.
pub(crate) fn every_input() -> Toy {
    networks::described(&networks::ALL, "[fusion]\nkind = \"gated\"\nsize = 6\n", 20)
}
