//! What instructions wait for: the wait states of the flash that they are read from, its prefetch and its cache.
//!
//! A line that the processor runs from is kept until another one is entered. Entering one costs nothing where the cache has it,
//! else the wait states; less the cycles since the line before it was entered, where the flash reads ahead and the line follows.
//! The cache throws out the line that was used longest ago. Addresses are those of the image that was run, which differ from
//! the part's own where another board was emulated.

use tillsense_board::{Cache, Timing};

/// A flash with what hides its wait states.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// Bits of an address inside a line.
    shift: u32,
    waits: u64,
    prefetch: bool,
    cache: Option<Lines>,
    /// The line that the processor runs from, and the cycle in which it was entered.
    line: Option<(u32, u64)>,
    waited: u64,
    lines: u64,
}

impl Fetch {
    /// The flash of a part at a clock; `None` where it needs no wait states there.
    pub fn new(timing: &Timing, hertz: u32) -> Option<Self> {
        let waits = timing.waits(hertz).filter(|&waits| waits > 0)?;
        Some(Fetch {
            shift: timing.line?.ilog2(),
            waits: waits.into(),
            prefetch: timing.prefetch,
            cache: timing.cache.map(Lines::new),
            line: None,
            waited: 0,
            lines: 0,
        })
    }

    /// Fetches an instruction of `len` bytes; `now` is the cycle in which it would begin without wait states.
    pub fn fetch(&mut self, address: u32, len: u32, now: u64) {
        self.enter(address >> self.shift, now);
        self.enter(address.wrapping_add(len - 1) >> self.shift, now);
    }

    /// Cycles waited so far.
    pub const fn waited(&self) -> u64 {
        self.waited
    }

    /// Cycles that would have been waited without prefetch and cache.
    pub const fn unhidden(&self) -> u64 {
        self.lines * self.waits
    }

    fn enter(&mut self, line: u32, now: u64) {
        let last = self.line;
        if last.is_some_and(|(last, _)| last == line) {
            return;
        }
        self.line = Some((line, now));
        self.lines += 1;
        if self.cache.as_mut().is_some_and(|cache| cache.has(line)) {
            return;
        }
        let ahead = match last {
            Some((last, since)) if self.prefetch && last.wrapping_add(1) == line => now - since,
            _ => 0,
        };
        self.waited += self.waits.saturating_sub(ahead);
    }
}

/// Lines that a cache holds, set by set, those used last at the end.
#[derive(Clone, Debug)]
struct Lines {
    ways: usize,
    sets: Vec<Vec<u32>>,
}

impl Lines {
    fn new(cache: Cache) -> Self {
        Lines {
            ways: cache.ways as usize,
            sets: vec![Vec::new(); (cache.lines / cache.ways) as usize],
        }
    }

    /// Whether the cache held a line; it does now.
    fn has(&mut self, line: u32) -> bool {
        let count = self.sets.len();
        let set = &mut self.sets[line as usize % count];
        let place = set.iter().rposition(|&held| held == line);
        match place {
            Some(place) => drop(set.remove(place)),
            None if set.len() == self.ways => drop(set.remove(0)),
            None => {}
        }
        set.push(line);
        place.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flash with 5 wait states and lines of 16 bytes.
    fn flash(prefetch: bool, cache: Option<(u32, u32)>) -> Fetch {
        Fetch {
            shift: 4,
            waits: 5,
            prefetch,
            cache: cache.map(|(lines, ways)| Lines::new(Cache { lines, ways })),
            line: None,
            waited: 0,
            lines: 0,
        }
    }

    #[test]
    fn a_line_is_waited_for_once() {
        let mut fetch = flash(false, None);
        (0..16).for_each(|n| fetch.fetch(2 * n, 2, n.into()));
        assert_eq!((fetch.waited(), fetch.unhidden()), (10, 10));
        // Back to the first line, and an instruction that lies in two.
        fetch.fetch(0, 2, 20);
        fetch.fetch(14, 4, 21);
        assert_eq!(fetch.waited(), 20);
    }

    #[test]
    fn a_line_read_ahead_is_waited_for_less() {
        let mut fetch = flash(true, None);
        fetch.fetch(0, 2, 0);
        fetch.fetch(16, 2, 3);
        assert_eq!(fetch.waited(), 5 + 2);
        fetch.fetch(32, 2, 13);
        assert_eq!(fetch.waited(), 7);
        fetch.fetch(0, 2, 14);
        assert_eq!((fetch.waited(), fetch.unhidden()), (12, 20));
    }

    #[test]
    fn a_cache_keeps_the_lines_used_last() {
        let mut fetch = flash(false, Some((2, 2)));
        for line in [0, 1, 0, 2, 0, 1] {
            fetch.fetch(16 * line, 2, 0);
        }
        // 0, 1, 2 and 1 again are missed: 2 took the place of 1.
        assert_eq!((fetch.waited(), fetch.unhidden()), (20, 30));
        let mut fetch = flash(false, Some((2, 1)));
        for line in [0, 2, 0, 1, 0] {
            fetch.fetch(16 * line, 2, 0);
        }
        assert_eq!(fetch.waited(), 20);
    }
}
