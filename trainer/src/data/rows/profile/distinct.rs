//! Different cells: counted exactly up to a limit, then estimated.
//!
//! The estimate is by the k smallest of all hashes (Bar-Yossef et al., RANDOM 2002): where the k-th smallest of hashes between 0 and 1 is `h`, there are
//! about `(k - 1) / h` different ones. With k = 1,024 its standard error is 3 %.

use std::collections::{BTreeMap, BTreeSet};

/// Different cells that are counted one by one.
pub const MOST_EXACT: usize = 1024;

/// Bytes of a cell that is kept whole; of a longer one its beginning and its hash are.
const MOST_KEPT: usize = 200;

/// The different cells of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Distinct {
    /// Each with how often it comes, most frequent ones first, equally frequent ones by name.
    Exact(Vec<(String, u64)>),
    /// More than [`MOST_EXACT`]: about so many.
    About(u64),
}

impl Distinct {
    /// Their number, exact or estimated.
    pub fn count(&self) -> u64 {
        match self {
            Distinct::Exact(cells) => cells.len() as u64,
            Distinct::About(count) => *count,
        }
    }
}

/// Counts different cells.
#[derive(Default)]
pub(super) struct Counter {
    exact: BTreeMap<String, u64>,
    smallest: BTreeSet<u64>,
    many: bool,
}

impl Counter {
    pub(super) fn add(&mut self, cell: &str) {
        let hash = hash(cell);
        if self.smallest.len() < MOST_EXACT {
            self.smallest.insert(hash);
        } else if self.smallest.last().is_some_and(|&last| hash < last)
            && self.smallest.insert(hash)
        {
            self.smallest.pop_last();
        }
        if self.many {
            return;
        }
        let key = kept(cell, hash);
        if let Some(count) = self.exact.get_mut(key.as_ref()) {
            *count += 1;
        } else if self.exact.len() < MOST_EXACT {
            self.exact.insert(key.into_owned(), 1);
        } else {
            self.many = true;
            self.exact.clear();
        }
    }

    pub(super) fn finish(self) -> Distinct {
        if self.many {
            let last = self.smallest.last().copied().unwrap_or(u64::MAX);
            let share = (last as f64 / u64::MAX as f64).max(f64::MIN_POSITIVE);
            let about = libm::round((MOST_EXACT - 1) as f64 / share) as u64;
            return Distinct::About(about.max(MOST_EXACT as u64 + 1));
        }
        let mut cells: Vec<(String, u64)> = self.exact.into_iter().collect();
        // The sort keeps the order of names among equals.
        cells.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        Distinct::Exact(cells)
    }
}

fn kept(cell: &str, hash: u64) -> std::borrow::Cow<'_, str> {
    if cell.len() <= MOST_KEPT {
        return cell.into();
    }
    let end = (0..=MOST_KEPT).rev().find(|&at| cell.is_char_boundary(at));
    format!("{}\u{2026} {hash:016x}", &cell[..end.unwrap_or(0)]).into()
}

/// FNV-1a, then the finaliser of SplitMix64, so that all bits depend on all bytes.
fn hash(text: &str) -> u64 {
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: impl IntoIterator<Item = String>) -> Distinct {
        let mut counter = Counter::default();
        cells.into_iter().for_each(|cell| counter.add(&cell));
        counter.finish()
    }

    #[test]
    fn few_are_counted_and_many_estimated() {
        let few = of(["b", "a", "c", "c"].map(str::to_owned));
        let wanted = [("c", 2), ("a", 1), ("b", 1)].map(|(name, count)| (name.to_owned(), count));
        assert_eq!(few, Distinct::Exact(wanted.to_vec()));
        let names = |count: usize| (0..2 * count).map(move |i| format!("name {}", i % count));
        assert_eq!(of(names(MOST_EXACT)).count(), MOST_EXACT as u64);
        for count in [MOST_EXACT + 1, 5000, 100_000] {
            let Distinct::About(about) = of(names(count)) else {
                panic!("{count}")
            };
            let error = (about as f64 - count as f64).abs() / count as f64;
            assert!(error < 0.1, "{about} for {count}");
        }
    }

    #[test]
    fn long_cells_are_told_apart_though_not_kept() {
        let long = |end: &str| "ä".repeat(5000) + end;
        let Distinct::Exact(cells) = of([long("a"), long("b"), long("a")]) else {
            panic!()
        };
        assert_eq!(cells.len(), 2);
        assert!(cells.iter().all(|(cell, _)| cell.len() < 250));
    }
}
