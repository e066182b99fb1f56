//! Bits that flip in flash after load: records and constants are read where they lie at every run, so that any number may
//! differ from what was checked. Whatever it is, nothing panics and nothing is written outside the arena.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use support::file::bytes_of;
use support::layers::layers;
use support::{Guarded, flip, originals};
use tillsense_core::model::decode;
use tillsense_core::model::records::{Op, Packing, Span};
use tillsense_core::parity::SplitMix64;
use tillsense_core::parity::forged::{Fate, flipped};
use tillsense_core::tensor::Weights;
use tillsense_core::trial::{Trial, Work};

/// Flips in the file under a session.
const SESSIONS: u64 = 60_000;
/// Flips in the record or the weights of each packed layer, in each order.
const FLIPS: u64 = 1_500;

#[test]
fn bits_that_flip_under_a_session_do_no_harm() {
    let originals = originals();
    let (mut memory, mut inbox) = (vec![0u128; 1 << 12], vec![0; 4096]);
    let mut failures = Vec::new();
    for seed in 0..SESSIONS {
        let mut rng = SplitMix64::new(seed);
        let file = &originals[rng.below(originals.len())].1;
        let changed = flip(file, &mut rng);
        let memory = bytemuck::cast_slice_mut(&mut memory);
        let (old, new) = (file.bytes(), changed.bytes());
        let tried = AssertUnwindSafe(|| flipped(old, new, seed, memory, &mut inbox));
        match catch_unwind(tried) {
            Ok(Ok(Fate::Ran(_))) => {}
            Ok(other) => failures.push((seed, format!("{other:?}"))),
            Err(_) => failures.push((seed, "panic".to_owned())),
        }
    }
    let some = &failures[..failures.len().min(20)];
    assert!(failures.is_empty(), "{} failures: {some:?}", failures.len());
}

#[test]
fn bits_that_flip_under_packed_layers_do_no_harm() {
    let (mut failures, mut ran) = (Vec::new(), 0u64);
    for packing in Packing::ALL {
        for (number, (section, op, len)) in layers(packing).into_iter().enumerate() {
            for seed in 0..FLIPS {
                let mut rng = SplitMix64::new(seed << 8 | number as u64);
                let (mut record, mut bytes) = (bytes_of(&op), section.aligned());
                for _ in 0..[1, 1, 1, 2, 4][rng.below(5)] {
                    let bit = 1u8 << rng.below(8);
                    if rng.below(5) > 0 {
                        let at = rng.below(record.len());
                        record[at] ^= bit;
                    } else {
                        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut bytes);
                        let at = rng.below(bytes.len());
                        bytes[at] ^= bit;
                    }
                }
                // A record that cannot be read is not run.
                let Ok((changed, _)) = decode::take::<Op>(&record) else {
                    continue;
                };
                ran += 1;
                let weights = Weights::new(bytemuck::cast_slice(&bytes));
                let run = AssertUnwindSafe(|| alone(changed, &weights, len, &mut rng));
                match catch_unwind(run) {
                    Ok(true) => {}
                    Ok(false) => failures.push((packing, op.name(), seed, "outside the arena")),
                    Err(_) => failures.push((packing, op.name(), seed, "panic")),
                }
            }
        }
    }
    let some = &failures[..failures.len().min(20)];
    assert!(failures.is_empty(), "{} failures: {some:?}", failures.len());
    assert!(ran > 20 * FLIPS, "{ran}");
}

/// Whether an op stays in its arena.
fn alone(op: Op, weights: &Weights<'_>, len: usize, rng: &mut SplitMix64) -> bool {
    let mut memory = Guarded::new(len);
    memory
        .arena()
        .iter_mut()
        .for_each(|byte| *byte = rng.next_u64() as u8);
    let trial = Trial {
        work: Work::Op(op),
        steps: rng.between(0, 9) as u16,
        persistent_len: 0,
        arena_len: len as u32,
        inputs: heapless::Vec::new(),
        result: Span::default(),
    };
    trial.run(weights, memory.arena());
    memory.is_intact()
}
