//! Which bytes of the arena hold something by the time an op runs.
//!
//! The workspace is shared by all inputs, so a byte that a part of the plan reads before it wrote it would hold what
//! another input left there, and scores would depend on the order of pushes. `Model::load` follows each part with a
//! [`Written`] and refuses such plans: scores are a function of what was pushed, and of nothing else.

use core::ops::Range;

use heapless::Vec;

/// Most separate ranges that are remembered; neighbours count as one. Further ones count as not written.
const MAX_RANGES: usize = 32;

/// Disjoint byte ranges, none of which touches another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written(Vec<Range<usize>, MAX_RANGES>);

impl Written {
    /// Nothing.
    pub const fn new() -> Self {
        Written(Vec::new())
    }

    /// These bytes are written.
    pub fn add(&mut self, range: Range<usize>) {
        let mut joined = range;
        self.0.retain(|known| {
            let apart = known.end < joined.start || joined.end < known.start;
            if !apart {
                joined = known.start.min(joined.start)..known.end.max(joined.end);
            }
            apart
        });
        self.keep(joined);
    }

    /// These bytes no longer hold anything that a plan may rely on.
    pub fn remove(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let mut rest = Written::new();
        for known in &self.0 {
            rest.keep(known.start..known.end.min(range.start));
            rest.keep(known.start.max(range.end)..known.end);
        }
        *self = rest;
    }

    /// Whether all of these bytes are written.
    pub fn covers(&self, range: &Range<usize>) -> bool {
        self.0
            .iter()
            .any(|known| known.start <= range.start && range.end <= known.end)
    }

    fn keep(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            // What does not fit counts as not written, which refuses more, never less.
            let _ = self.0.push(range);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_bit_for_each_byte() {
        const LEN: usize = 40;
        let mut state = 1u64;
        let mut below = |n: usize| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as usize % n
        };
        for _ in 0..300 {
            let (mut written, mut bits) = (Written::new(), [false; LEN]);
            for _ in 0..30 {
                let start = below(LEN);
                let range = start..start + below(LEN - start + 1);
                let value = below(3) > 0;
                bits[range.clone()].fill(value);
                if value {
                    written.add(range);
                } else {
                    written.remove(range);
                }
                for (from, to) in (0..LEN).flat_map(|a| (a + 1..=LEN).map(move |b| (a, b))) {
                    let all = bits[from..to].iter().all(|&bit| bit);
                    assert_eq!(written.covers(&(from..to)), all, "{written:?} {from}..{to}");
                }
            }
        }
    }

    #[test]
    fn too_many_pieces_count_as_not_written() {
        let mut written = Written::new();
        for piece in 0..MAX_RANGES + 1 {
            written.add(2 * piece..2 * piece + 1);
        }
        let last = 2 * MAX_RANGES;
        assert!(written.covers(&(0..1)) && !written.covers(&(last..last + 1)));
        written.add(0..last);
        assert!(written.covers(&(0..last)));
    }
}
