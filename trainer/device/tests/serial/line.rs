//! A line with faults: what goes in comes out in the same order, but for bytes that are lost, doubled, changed or late.

use std::thread;
use std::time::Duration;

use tillsense_core::parity::SplitMix64;

/// How often something happens to a byte, in parts of a million.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    pub lost: u32,
    pub doubled: u32,
    pub changed: u32,
    /// What follows of the same bytes is lost, up to 40.
    pub cut: u32,
    /// This byte and all behind it wait for a while.
    pub late: u32,
    /// The longest such wait, in milliseconds.
    pub wait: u64,
}

impl Faults {
    /// All kinds of faults as often as one another, together in so many parts of a million.
    pub const fn of_all_kinds(rate: u32) -> Self {
        Faults {
            lost: rate / 5,
            doubled: rate / 5,
            changed: rate / 5,
            cut: rate / 5,
            late: rate / 5,
            wait: 25,
        }
    }
}

/// One direction of a line.
#[derive(Debug)]
pub struct Line {
    faults: Faults,
    dice: SplitMix64,
    /// Bytes that are still to be lost of a cut.
    cut: u64,
    /// Faults so far.
    pub count: usize,
}

impl Line {
    pub fn new(faults: Faults, seed: u64) -> Self {
        Line {
            faults,
            dice: SplitMix64::new(seed),
            cut: 0,
            count: 0,
        }
    }

    /// What comes out of these bytes; sleeps where they are late.
    pub fn carry(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        self.cut = 0;
        for &byte in bytes {
            if self.cut > 0 {
                self.cut -= 1;
                continue;
            }
            let thrown = (self.dice.next_u64() % 1_000_000) as u32;
            let Faults {
                lost,
                doubled,
                changed,
                cut,
                late,
                wait,
            } = self.faults;
            let mut below = 0;
            let mut is = |rate: u32| {
                below += rate;
                thrown < below
            };
            self.count += 1;
            if is(lost) {
            } else if is(doubled) {
                out.extend([byte, byte]);
            } else if is(changed) {
                out.push(byte ^ 1 << (self.dice.next_u64() % 8));
            } else if is(cut) {
                self.cut = self.dice.next_u64() % 40;
            } else if is(late) {
                thread::sleep(Duration::from_millis(1 + self.dice.next_u64() % wait));
                out.push(byte);
            } else {
                self.count -= 1;
                out.push(byte);
            }
        }
        out
    }
}
