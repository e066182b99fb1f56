//! Plans whose ops lie elsewhere, and bodies of random bytes: what loads does no harm. `forged.rs` changes bytes of whole files.

#![allow(
    clippy::disallowed_methods,
    reason = "lengths of what is made here, not read from a file"
)]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use support::{Network, network, packed_network};
use tillsense_core::engine::Model;
use tillsense_core::model::header::HEADER_LEN;
use tillsense_core::model::records::{Op, Packing};
use tillsense_core::model::regions::{of_op, of_op_mut};
use tillsense_core::parity::SplitMix64;
use tillsense_core::parity::forged::{Fate, fate};

/// Files tried.
const ROUNDS: u64 = 20_000;
/// Arenas above this are not tried, in words of 16 bytes.
const MEMORY: usize = 1 << 12;

#[test]
fn plans_with_other_places_do_no_harm() {
    let plain = (0..2).map(network);
    let packed = Packing::ALL
        .into_iter()
        .map(|packing| packed_network(3, packing));
    let plans: Vec<Network> = plain.chain(packed).collect();
    let (mut memory, mut inbox) = (vec![0u128; MEMORY], vec![0; 4096]);
    let (mut refused, mut ran, mut failures) = (0, 0, Vec::new());
    for seed in 0..ROUNDS {
        let mut rng = SplitMix64::new(seed);
        let mut plan = plans[rng.below(plans.len())].clone();
        let parts = plan.parts();
        for _ in 0..rng.between(1, 3) {
            let part = parts[rng.below(parts.len())];
            let count = plan.ops(part).len();
            if count > 0 {
                let (end, index) = (plan.arena_len as usize, rng.below(count));
                displace(&mut plan.ops_mut(part)[index], end, &mut rng);
            }
        }
        let memory = bytemuck::cast_slice_mut(&mut memory);
        let tried = AssertUnwindSafe(|| fate(plan.file().bytes(), seed, memory, &mut inbox));
        match catch_unwind(tried) {
            Ok(Ok(Fate::Refused(_))) => refused += 1,
            Ok(Ok(Fate::Ran(_))) => ran += 1,
            Ok(Ok(Fate::TooLarge)) => {}
            Ok(Err(harm)) => failures.push((seed, Ok(harm))),
            Err(_) => failures.push((seed, Err("panic"))),
        }
    }
    let some = &failures[..failures.len().min(20)];
    assert!(failures.is_empty(), "{} failures: {some:?}", failures.len());
    assert!(refused > 2000 && ran > 1000, "{refused} refused, {ran} ran");
}

/// Puts one of the op's regions elsewhere. `forged.rs` changes lengths.
fn displace(op: &mut Op, arena_len: usize, rng: &mut SplitMix64) {
    let mut count = 0;
    of_op(op, &mut |_, _, _| count += 1);
    let (which, mut number) = (rng.below(count), 0);
    of_op_mut(op, &mut |region, _, _| {
        if number == which {
            let place = region.offset_mut();
            *place = match rng.below(4) {
                0 => rng.below(arena_len) as u32,
                1 => 4 * rng.below(arena_len / 4) as u32,
                2 => place.saturating_add_signed(rng.between(-8, 8) as i32),
                _ => place.saturating_add_signed(4 * rng.between(-8, 8) as i32),
            };
        }
        number += 1;
    });
}

#[test]
fn random_bytes_behind_a_good_header_are_refused() {
    let good = network(0).file();
    for seed in 0..2000 {
        let mut rng = SplitMix64::new(seed);
        let mut file = good.clone();
        let end = file.digest_offset().unwrap();
        let from = HEADER_LEN + rng.below(400);
        for byte in &mut file.bytes_mut()[from..end] {
            *byte = rng.next_u64() as u8 & 0x0f;
        }
        file.seal();
        assert!(Model::load(file.bytes()).is_err(), "{seed}");
    }
}
