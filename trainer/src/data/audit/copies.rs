//! Samples that occur more than once: exact copies, and near ones of pictures, sound and texts.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use tillsense_compiler::run::sample::{Cell, Raw, Sample};

use super::likeness::{Mark, alike, near};
use crate::data::dataset::{Dataset, Subset};
use crate::data::own::{Level, Part, Report};

/// Pairs of near copies that are counted; more say nothing new.
const MOST_PAIRS: usize = 1 << 18;
/// Pairs that are named.
const MOST_NAMED: usize = 5;

/// A sample in its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    tested: bool,
    index: u32,
}

/// Two samples that are copies of one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Kind of the finding.
    pub kind: &'static str,
    /// The input in which they are nearly the same; `None` where all is the same.
    pub input: Option<usize>,
    /// Which they are.
    pub samples: [(Subset, usize); 2],
}

impl Pair {
    fn of(kind: &'static str, input: Option<usize>, (one, other): (Place, Place)) -> Self {
        let sample = |place: Place| (place.subset(), place.index as usize);
        Pair {
            kind,
            input,
            samples: [sample(one), sample(other)],
        }
    }
}

/// Digests and marks of the samples that were seen: some 24 bytes each, and 8 to 36 for each input.
#[derive(Debug, Default)]
pub struct Copies {
    digests: Vec<(u64, Place)>,
    inputs: Vec<Marked>,
}

/// The marks of an input, and whose they are: places and digests.
#[derive(Debug, Default)]
struct Marked {
    marks: Vec<Mark>,
    samples: Vec<(Place, u64)>,
}

impl Copies {
    /// Nothing seen of data with so many inputs.
    pub fn new(inputs: usize) -> Self {
        let inputs = (0..inputs).map(|_| Marked::default());
        Copies {
            digests: Vec::new(),
            inputs: inputs.collect(),
        }
    }

    /// Takes note of a sample.
    pub fn take(&mut self, data: &Dataset, (part, index): (Part, usize), sample: &Sample<'_>) {
        if sample.inputs.iter().all(|raw| *raw == Raw::Absent) {
            return;
        }
        let place = Place {
            tested: part == Part::Test,
            index: index as u32,
        };
        let digest = digest(sample);
        self.digests.push((digest, place));
        let inputs = sample.inputs.iter().zip(data.inputs());
        for ((raw, input), seen) in inputs.zip(&mut self.inputs) {
            if let Some(mark) = Mark::of(raw, input.kind) {
                seen.marks.push(mark);
                seen.samples.push((place, digest));
            }
        }
    }

    /// Reports all copies, and says which of them are named.
    pub fn report(mut self, data: &Dataset, report: &mut Report) -> Vec<Pair> {
        let mut pairs = self.exact(data, report);
        for (input, seen) in self.inputs.iter().enumerate() {
            pairs.extend(near_copies(data, input, seen, report));
        }
        pairs
    }

    fn exact(&mut self, data: &Dataset, report: &mut Report) -> Vec<Pair> {
        let mut pairs = Vec::new();
        self.digests.sort_unstable();
        let mut told = [0; 3];
        for copies in self.digests.chunk_by(|a, b| a.0 == b.0) {
            let [(_, first), .., (_, last)] = copies else {
                continue;
            };
            let differs = copies[1..]
                .iter()
                .find(|(_, other)| conflict(data, *first, *other));
            let (kind, pair) = match differs {
                Some((_, other)) => (Kind::Conflicting, (*first, *other)),
                None if first.tested != last.tested => (Kind::Across, (*first, *last)),
                None => (Kind::Within, (*first, *last)),
            };
            told[kind as usize] += 1;
            let named = told[kind as usize] <= MOST_NAMED;
            kind.report("", named.then(|| names(data, pair)), report);
            if named {
                pairs.push(Pair::of(kind.words().1, None, pair));
            }
        }
        pairs
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Within,
    Across,
    Conflicting,
}

impl Kind {
    fn words(self) -> (Level, &'static str, &'static str, &'static str) {
        match self {
            Kind::Within => (
                Level::Note,
                "duplicates_within",
                "the same sample several times in one part",
                "remove copies that nobody meant",
            ),
            Kind::Across => (
                Level::Warning,
                "duplicates_across",
                "the same sample in training and in test, so that its test only shows memory",
                "remove one of them, or name what they share as the group",
            ),
            Kind::Conflicting => (
                Level::Warning,
                "conflicting_duplicates",
                "the same sample with different labels, of which at most one can be learned",
                "correct the labels, or remove one of them",
            ),
        }
    }

    fn report(self, subject: &str, place: Option<String>, report: &mut Report) {
        let (level, kind, what, mend) = self.words();
        report.add((level, kind), subject, place, what, mend);
    }
}

fn near_copies(data: &Dataset, input: usize, seen: &Marked, report: &mut Report) -> Vec<Pair> {
    let mut shown = Vec::new();
    let column = &data.inputs()[input];
    let mut pairs = BTreeSet::new();
    let places = &seen.samples;
    near(&seen.marks, |one, other| {
        // Exact copies are told already.
        if places[one].1 != places[other].1 && pairs.len() < MOST_PAIRS {
            pairs.insert((one.min(other), one.max(other)));
        }
    });
    // Where a model has other inputs too, the same picture may well stand beside different records.
    let level = match data.inputs().len() {
        1 => Level::Warning,
        _ => Level::Note,
    };
    // A sample is counted once, however many others it is like.
    let mut counted = [BTreeSet::new(), BTreeSet::new()];
    for (one, other) in pairs {
        let (one, other) = (places[one].0, places[other].0);
        let raw = |place: Place| place.sample(data).inputs.swap_remove(input);
        if !alike(&raw(one), &raw(other), column.kind) {
            continue;
        }
        let across = one.tested != other.tested;
        let told = &mut counted[usize::from(across)];
        if !told.insert(one.max(other)) {
            continue;
        }
        let named = told.len() <= MOST_NAMED;
        let (kind, what, mend) = match across {
            true => (
                (level, "near_duplicates_across"),
                "training and test samples that are nearly the same, so that the test is too easy",
                "remove one of each pair, or name what they share as the group",
            ),
            false => (
                (Level::Note, "near_duplicates_within"),
                "samples of one part that are nearly the same",
                "look at them; copies add nothing",
            ),
        };
        if named {
            shown.push(Pair::of(kind.1, Some(input), (one, other)));
        }
        let place = named.then(|| names(data, (one, other)));
        report.add(kind, &format!("input {}", column.name), place, what, mend);
    }
    shown
}

impl Place {
    fn subset(self) -> Subset {
        match self.tested {
            true => Subset::Test,
            false => Subset::Train,
        }
    }

    fn sample(self, data: &Dataset) -> Sample<'_> {
        data.sample(self.subset(), self.index as usize)
    }

    const fn part(self) -> &'static str {
        match self.tested {
            true => "test",
            false => "training",
        }
    }
}

/// Both samples; a file of both is named once by the description.
fn names(data: &Dataset, (one, other): (Place, Place)) -> String {
    let [first, second] =
        [one, other].map(|place| data.place(place.subset(), place.index as usize));
    let (first, second) = match (first.rsplit_once(", "), second.rsplit_once(", ")) {
        (Some((file, line)), Some((same, other))) if file == same => (line, other),
        _ => (&first[..], &second[..]),
    };
    format!("{} {first} and {} {second}", one.part(), other.part())
}

/// Whether a head has two different labels of them.
fn conflict(data: &Dataset, one: Place, other: Place) -> bool {
    let (one, other) = (one.sample(data), other.sample(data));
    let mut labels = one.labels.iter().zip(&other.labels);
    labels.any(|(one, other)| one.zip(*other).is_some_and(|(one, other)| one != other))
}

/// The first bytes of the digest of what a sample's inputs hold.
fn digest(sample: &Sample<'_>) -> u64 {
    let mut hash = Sha256::new();
    for raw in &sample.inputs {
        match raw {
            Raw::Absent => hash.update([0]),
            Raw::Image(pixels) => {
                hash.update([1]);
                hash.update(pixels);
            }
            Raw::Audio(samples) => {
                hash.update([2]);
                samples
                    .iter()
                    .for_each(|sample| hash.update(sample.to_le_bytes()));
            }
            Raw::Text(text) => {
                hash.update([3]);
                hash.update(text.as_bytes());
            }
            Raw::Record(cells) => record(&mut hash, cells),
            Raw::Sequence(records) => records.iter().for_each(|cells| record(&mut hash, cells)),
            Raw::Tensor(values) => {
                hash.update([5]);
                values
                    .iter()
                    .for_each(|value| hash.update(value.to_le_bytes()));
            }
        }
        hash.update([0xff; 2]);
    }
    let digest = hash.finalize();
    u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

fn record(hash: &mut Sha256, cells: &[Cell<'_>]) {
    hash.update([4]);
    for cell in cells {
        match cell {
            Cell::Missing => hash.update([0]),
            Cell::Number(number) => {
                hash.update([1]);
                hash.update(number.to_le_bytes());
            }
            Cell::Name(name) => {
                hash.update([2]);
                hash.update(name.as_bytes());
                hash.update([0]);
            }
        }
    }
}
