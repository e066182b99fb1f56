//! The division of samples into training, held-out and test samples.
//!
//! What the data say themselves comes first: folders, or the cells of a column. Else a point in time, a group that is left out, or
//! chance. Chance is drawn for units that stay together: groups, and samples of the same content, so that no copy of a training
//! sample is tested on. Units are drawn class by class, so that both sides have the shares of the whole (stratified), in the order
//! of a hash of the seed and the unit: neither the order of rows or files nor the operating system matters.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// The part of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Trained on.
    Train,
    /// Held out of training, for the choices that are made.
    Valid,
    /// Tested on.
    Test,
}

impl Part {
    /// The part that a folder's name or a cell says.
    pub fn named(name: &str) -> Option<Part> {
        match name.trim().to_ascii_lowercase().as_str() {
            "train" | "training" | "learn" => Some(Part::Train),
            "valid" | "validation" | "val" | "dev" | "held-out" | "holdout" => Some(Part::Valid),
            "test" | "testing" | "eval" => Some(Part::Test),
            _ => None,
        }
    }
}

/// What of a sample decides on which side it stands.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// First bytes of the digest of the sample's content.
    pub content: u64,
    /// Digest of the group's name, where there are groups; samples without a group are groups of their own.
    pub group: Option<u64>,
    /// The part that the data state.
    pub part: Option<Part>,
    /// Time in seconds.
    pub time: Option<i64>,
    /// Class by which shares are kept; `None` where it is not known.
    pub class: Option<u32>,
}

/// How samples are divided.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Part of the samples that are test samples.
    pub test: f64,
    /// Part of the training samples that are held out.
    pub holdout: f64,
    /// Seed of the chance.
    pub seed: u64,
    /// Time in seconds from which on samples are test samples.
    pub after: Option<i64>,
    /// Digest of the group that is tested on.
    pub leave_out: Option<u64>,
    /// Digest of the group that is held out.
    pub holdout_group: Option<u64>,
}

/// The first bytes of the digest of some content.
pub fn short_digest(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

/// The part of each sample; `None` of those that are on neither side: rows of a group of one side at the time of the other.
pub fn divide(entries: &[Entry], rule: &Rule) -> Vec<Option<Part>> {
    let stated = |part| entries.iter().any(|entry| entry.part == Some(part));
    let mut parts: Vec<Option<Part>> = if stated(Part::Test) {
        let part = |entry: &Entry| Some(entry.part.unwrap_or(Part::Train));
        entries.iter().map(part).collect()
    } else if let Some(group) = rule.leave_out {
        let part = |entry: &Entry| match entry.group == Some(group) {
            true => Part::Test,
            false => Part::Train,
        };
        entries.iter().map(|entry| Some(part(entry))).collect()
    } else {
        by_time_or_chance(entries, rule)
    };
    for (part, entry) in parts.iter_mut().zip(entries) {
        if *part == Some(Part::Train) && entry.part == Some(Part::Valid) {
            *part = Some(Part::Valid);
        }
    }
    if !parts.contains(&Some(Part::Valid)) {
        hold_out(entries, rule, &mut parts);
    }
    parts
}

fn by_time_or_chance(entries: &[Entry], rule: &Rule) -> Vec<Option<Part>> {
    // Those that are stated to be held out are not drawn.
    let free = |at: &usize| entries[*at].part != Some(Part::Valid);
    let free: Vec<usize> = (0..entries.len()).filter(free).collect();
    let grouped = entries.iter().any(|entry| entry.group.is_some());
    let mut parts = vec![Some(Part::Train); entries.len()];
    let drawn = match rule.after {
        Some(_) if !grouped => vec![true; entries.len()],
        _ => draw(entries, &free, rule.test, rule.seed, Salt::Test),
    };
    for &at in &free {
        let late = rule
            .after
            .map(|after| entries[at].time.is_some_and(|time| time >= after));
        parts[at] = match (late, drawn[at]) {
            (None | Some(true), true) => Some(Part::Test),
            (None | Some(false), false) => Some(Part::Train),
            (Some(false), true) if !grouped => Some(Part::Train),
            _ => None,
        };
    }
    parts
}

/// Holds out a group, or a part of the training samples.
fn hold_out(entries: &[Entry], rule: &Rule, parts: &mut [Option<Part>]) {
    let learned: Vec<usize> = (0..entries.len())
        .filter(|&at| parts[at] == Some(Part::Train))
        .collect();
    let held = match rule.holdout_group {
        Some(group) => entries
            .iter()
            .map(|entry| entry.group == Some(group))
            .collect(),
        None if rule.holdout > 0.0 => {
            draw(entries, &learned, rule.holdout, rule.seed, Salt::Holdout)
        }
        None => return,
    };
    for at in learned {
        if held[at] {
            parts[at] = Some(Part::Valid);
        }
    }
}

/// What a draw is for: draws of one seed are independent of one another.
#[derive(Clone, Copy)]
enum Salt {
    Test,
    Holdout,
}

/// Samples that stay together.
struct Unit {
    members: Vec<usize>,
    /// The most frequent class of the members, the first of several.
    class: Option<u32>,
}

/// Draws this part of the samples, at least one unit and never all of a class that has several.
fn draw(entries: &[Entry], among: &[usize], part: f64, seed: u64, salt: Salt) -> Vec<bool> {
    let mut strata: BTreeMap<Option<u32>, Vec<(u64, Unit)>> = BTreeMap::new();
    for (key, unit) in units(entries, among) {
        let mut bytes = key.to_le_bytes().to_vec();
        bytes.extend(seed.to_le_bytes());
        bytes.push(salt as u8);
        let rank = short_digest(&bytes);
        strata.entry(unit.class).or_default().push((rank, unit));
    }
    let mut drawn = vec![false; entries.len()];
    for units in strata.values_mut() {
        units.sort_by_key(|(rank, _)| *rank);
        let samples: usize = units.iter().map(|(_, unit)| unit.members.len()).sum();
        let wanted = libm::round(part * samples as f64).max(1.0) as usize;
        let mut taken = 0;
        let most = units.len().saturating_sub(1);
        for (_, unit) in units.iter().take(most) {
            let size = unit.members.len();
            // A unit that overshoots more than it falls short stays out.
            if taken > 0
                && taken + size > wanted
                && taken + size - wanted > wanted.saturating_sub(taken)
            {
                continue;
            }
            if taken >= wanted {
                break;
            }
            taken += size;
            unit.members.iter().for_each(|&at| drawn[at] = true);
        }
    }
    drawn
}

fn units(entries: &[Entry], among: &[usize]) -> BTreeMap<u64, Unit> {
    let mut units: BTreeMap<u64, Unit> = BTreeMap::new();
    for &at in among {
        let key = entries[at].group.unwrap_or(entries[at].content);
        let unit = units.entry(key).or_insert_with(|| Unit {
            members: Vec::new(),
            class: None,
        });
        unit.members.push(at);
    }
    for unit in units.values_mut() {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for class in unit.members.iter().filter_map(|&at| entries[at].class) {
            *counts.entry(class).or_default() += 1;
        }
        // The last of equal counts is the first class, as the order is turned.
        let most = counts.iter().rev().max_by_key(|(_, count)| **count);
        unit.class = most.map(|(class, _)| *class);
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        test: 0.2,
        holdout: 0.1,
        seed: 1,
        after: None,
        leave_out: None,
        holdout_group: None,
    };

    fn entries(count: u32) -> Vec<Entry> {
        let entry = |n: u32| Entry {
            content: short_digest(&n.to_le_bytes()),
            class: Some(u32::from(n.is_multiple_of(10))),
            ..Entry::default()
        };
        (0..count).map(entry).collect()
    }

    fn count(parts: &[Option<Part>], part: Option<Part>) -> usize {
        parts.iter().filter(|&&p| p == part).count()
    }

    #[test]
    fn shares_of_the_classes_are_kept() {
        let all = entries(1000);
        let parts = divide(&all, &RULE);
        assert_eq!(count(&parts, Some(Part::Test)), 200);
        assert_eq!(count(&parts, Some(Part::Valid)), 80);
        let rare = (0..1000).filter(|n| n % 10 == 0 && parts[*n] == Some(Part::Test));
        assert_eq!(rare.count(), 20);
        let other = divide(&all, &Rule { seed: 2, ..RULE });
        assert_ne!(parts, other);
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let all = entries(300);
        let parts = divide(&all, &RULE);
        let turned: Vec<_> = all.iter().rev().cloned().collect();
        let mut back = divide(&turned, &RULE);
        back.reverse();
        assert_eq!(parts, back);
    }

    #[test]
    fn copies_and_groups_stay_on_one_side() {
        let mut all = entries(400);
        for n in 0..100 {
            all[n + 100].content = all[n].content;
        }
        let parts = divide(&all, &RULE);
        assert!((0..100).all(|n| parts[n] == parts[n + 100]));
        for (n, entry) in all.iter_mut().enumerate() {
            entry.group = Some(n as u64 % 37);
        }
        let parts = divide(&all, &RULE);
        for n in 37..400 {
            assert_eq!(parts[n], parts[n - 37]);
        }
        let tested = count(&parts, Some(Part::Test));
        assert!((60..=110).contains(&tested), "{tested}");
    }

    #[test]
    fn a_point_in_time_divides_and_groups_beside_it_leave_rows_out() {
        let mut all = entries(400);
        for (n, entry) in all.iter_mut().enumerate() {
            entry.time = Some(n as i64);
        }
        let late = Rule {
            after: Some(300),
            ..RULE
        };
        let parts = divide(&all, &late);
        assert!((300..400).all(|n| parts[n] == Some(Part::Test)));
        assert_eq!(count(&parts, Some(Part::Test)), 100);
        for (n, entry) in all.iter_mut().enumerate() {
            entry.group = Some(n as u64 % 40);
        }
        let parts = divide(&all, &late);
        let groups = |part: Part| -> Vec<usize> {
            let mut groups: Vec<_> = (0..400)
                .filter(|&n| parts[n] == Some(part))
                .map(|n| n % 40)
                .collect();
            groups.sort_unstable();
            groups.dedup();
            groups
        };
        assert!((0..400).all(|n| (n >= 300) || parts[n] != Some(Part::Test)));
        assert!(
            (0..400).all(|n| (n < 300) || !matches!(parts[n], Some(Part::Train | Part::Valid)))
        );
        assert!(
            groups(Part::Train)
                .iter()
                .all(|group| !groups(Part::Test).contains(group))
        );
        assert!(count(&parts, None) > 0);
    }

    #[test]
    fn what_the_data_state_is_kept() {
        let mut all = entries(100);
        for entry in &mut all[..10] {
            entry.part = Some(Part::Valid);
        }
        let parts = divide(&all, &RULE);
        assert!(parts[..10].iter().all(|&part| part == Some(Part::Valid)));
        assert_eq!(count(&parts, Some(Part::Valid)), 10);
        assert_eq!(count(&parts, Some(Part::Test)), 18);
        for entry in &mut all[50..] {
            entry.part = Some(Part::Test);
        }
        assert_eq!(count(&divide(&all, &RULE), Some(Part::Test)), 50);
    }

    #[test]
    fn a_group_can_be_left_out_or_held_out() {
        let mut all = entries(100);
        for (n, entry) in all.iter_mut().enumerate() {
            entry.group = Some(n as u64 % 5);
        }
        let rule = Rule {
            leave_out: Some(3),
            holdout_group: Some(4),
            ..RULE
        };
        let parts = divide(&all, &rule);
        for (n, part) in parts.into_iter().enumerate() {
            let wanted = match n % 5 {
                3 => Part::Test,
                4 => Part::Valid,
                _ => Part::Train,
            };
            assert_eq!(part, Some(wanted));
        }
    }

    #[test]
    fn twenty_samples_are_enough() {
        let mut all = entries(20);
        for (n, entry) in all.iter_mut().enumerate() {
            entry.class = Some(n as u32 % 2);
        }
        let parts = divide(&all, &RULE);
        for class in 0..2 {
            let of = |part| {
                (0..20)
                    .filter(|n| n % 2 == class && parts[*n] == Some(part))
                    .count()
            };
            assert_eq!(
                [of(Part::Train), of(Part::Valid), of(Part::Test)],
                [7, 1, 2]
            );
        }
    }
}
