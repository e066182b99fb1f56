//! Files that were changed and then sealed anew, two hundred thousand of them: whatever loads runs, writes nowhere but in its
//! arena, and answers the same in whatever order it is asked. Every host gives every file the same fate.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use support::{File, forged, originals};
use tillsense_core::parity::forged::{Fate, Harm, fate};

/// Files tried.
const FILES: u64 = 200_000;
/// Threads that share them.
const THREADS: u64 = 4;
/// Arenas above this are not tried, in words of 16 bytes.
const MEMORY: usize = 1 << 12;
/// Bytes of the longest picture or text.
const INBOX: usize = 4096;

/// What all fates come to, whatever the host's words and whether it checks for overflow. Set anew where the format, the
/// checks or the models that are changed differ; a host that alone differs is wrong.
const DIGEST: u64 = 0xc0be_d977_617e_a656;

/// What became of some of the files.
#[derive(Default)]
struct Tally {
    refused: u64,
    too_large: u64,
    ran: u64,
    digest: u64,
    failures: Vec<(u64, Result<Harm, &'static str>)>,
}

#[test]
fn forged_files_do_no_harm_and_have_one_fate_on_every_host() {
    let originals = originals();
    let share = |first: u64| {
        let mut tally = Tally::default();
        let (mut memory, mut inbox) = (vec![0u128; MEMORY], vec![0; INBOX]);
        for seed in (first..FILES).step_by(THREADS as usize) {
            let file = forged(&originals, seed);
            tally.take(
                seed,
                &file,
                bytemuck::cast_slice_mut(&mut memory),
                &mut inbox,
            );
        }
        tally
    };
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || share(first)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let sum = |part: fn(&Tally) -> u64| tallies.iter().map(part).sum::<u64>();
    let (refused, ran) = (sum(|t| t.refused), sum(|t| t.ran));
    eprintln!(
        "{refused} refused, {ran} ran, {} too large",
        sum(|t| t.too_large)
    );
    let failures: Vec<_> = tallies.iter().flat_map(|t| &t.failures).take(20).collect();
    assert!(failures.is_empty(), "{failures:?}");
    // Neither half of the test may be empty.
    assert!(
        refused > 50_000 && ran > 20_000,
        "{refused} refused, {ran} ran"
    );
    let digest = tallies.iter().fold(0, |all, t| all ^ t.digest);
    assert_eq!(digest, DIGEST, "{digest:#018x}");
}

impl Tally {
    fn take(&mut self, seed: u64, file: &File, memory: &mut [u8], inbox: &mut [u8]) {
        let tried = AssertUnwindSafe(|| fate(file.bytes(), seed, memory, inbox));
        let fate = match catch_unwind(tried) {
            Ok(Ok(fate)) => fate,
            Ok(Err(harm)) => return self.failures.push((seed, Ok(harm))),
            Err(_) => return self.failures.push((seed, Err("panic"))),
        };
        match fate {
            Fate::Refused(_) => self.refused += 1,
            Fate::TooLarge => self.too_large += 1,
            Fate::Ran(_) => self.ran += 1,
        }
        // The order in which threads come does not matter, each file's seed does.
        let word = seed << 32 | u64::from(fate.word());
        self.digest ^= word.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}
