//! Sessions that are called at random, stepped through or all at once: equal answers, nothing taken while ops wait, nothing lost.

mod support;

use support::twin::differ_nowhere;
use support::{forged, network, originals, packed_network, tensor_network};
use tillsense_core::engine::Model;
use tillsense_core::model::records::Packing;

/// Calls of each model.
const CALLS: u32 = if cfg!(miri) { 40 } else { 3000 };

/// Models of each kind.
const SEEDS: u64 = if cfg!(miri) { 1 } else { 12 };

#[test]
fn any_order_of_calls_answers_as_pushing_at_once() {
    for seed in 0..SEEDS {
        let packings = Packing::ALL.into_iter();
        let packed = packings.map(|packing| packed_network(seed, packing));
        let networks = [network(seed), tensor_network()].into_iter().chain(packed);
        for (number, network) in networks.enumerate() {
            let file = network.file();
            let Ok(model) = Model::load(file.bytes()) else {
                // Packed for another processor.
                continue;
            };
            let answers = differ_nowhere(model, 100 * seed + number as u64, CALLS);
            assert!(answers > CALLS / 20, "{seed} {number}: {answers}");
        }
    }
}

#[test]
#[cfg_attr(
    miri,
    ignore = "most files are refused, and hashing them takes minutes there"
)]
fn models_that_somebody_forged_do_so_too() {
    let originals = originals();
    let mut loaded = 0;
    for seed in 0..6000 {
        let file = forged(&originals, seed);
        if let Ok(model) = Model::load(file.bytes())
            && model.header().arena_len < 1 << 20
        {
            loaded += 1;
            differ_nowhere(model, seed, CALLS / 20);
        }
    }
    assert!(loaded > 100, "{loaded}");
}
