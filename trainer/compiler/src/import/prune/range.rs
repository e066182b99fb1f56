//! What values may be: an interval for each channel.

use std::rc::Rc;

/// Stored values from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least one.
    pub low: i8,
    /// The largest one.
    pub high: i8,
}

impl Range {
    /// Any value.
    pub const FULL: Range = Range {
        low: i8::MIN,
        high: i8::MAX,
    };

    /// One value.
    pub fn only(value: i8) -> Self {
        Range {
            low: value,
            high: value,
        }
    }

    /// The value, where there is one.
    pub fn single(self) -> Option<i8> {
        (self.low == self.high).then_some(self.low)
    }

    /// All values of either.
    pub fn hull(self, other: Range) -> Self {
        Range {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// The values cut off at both bounds.
    pub fn clamped(self, bounds: Range) -> Self {
        Range {
            low: self.low.clamp(bounds.low, bounds.high),
            high: self.high.clamp(bounds.low, bounds.high),
        }
    }

    /// Both ends as numbers to compute with.
    pub fn ends(self) -> [i64; 2] {
        [self.low.into(), self.high.into()]
    }
}

/// The intervals of a tensor's values in their flat order: those of value `i` are number `i` modulo how many there are, which is the number
/// of channels as long as nothing else is known.
#[derive(Clone, Debug)]
pub struct Facts(Rc<[Range]>);

impl Facts {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Facts::from(vec![Range::FULL])
    }

    /// An interval for each of so many channels.
    pub fn over(&self, channels: usize) -> Facts {
        let known = self.0.len();
        if channels == known {
            return self.clone();
        }
        if channels.is_multiple_of(known) {
            return (0..channels)
                .map(|channel| self.0[channel % known])
                .collect();
        }
        let hull = |ranges: &mut dyn Iterator<Item = &Range>| {
            ranges.copied().reduce(Range::hull).unwrap_or(Range::FULL)
        };
        match channels > 0 && known.is_multiple_of(channels) {
            true => (0..channels)
                .map(|channel| hull(&mut self.0.iter().skip(channel).step_by(channels)))
                .collect(),
            false => Facts::from(vec![hull(&mut self.0.iter())]),
        }
    }

    /// The interval of a channel.
    pub fn of(&self, channel: usize) -> Range {
        self.0[channel % self.0.len()]
    }

    /// Each interval changed.
    pub fn each(&self, change: impl Fn(Range) -> Range) -> Facts {
        self.0.iter().map(|&range| change(range)).collect()
    }
}

impl From<Vec<Range>> for Facts {
    /// Intervals, of which there is at least one.
    fn from(ranges: Vec<Range>) -> Self {
        match ranges.is_empty() {
            true => Facts::unknown(),
            false => Facts(ranges.into()),
        }
    }
}

impl FromIterator<Range> for Facts {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        Facts::from(ranges.into_iter().collect::<Vec<_>>())
    }
}
