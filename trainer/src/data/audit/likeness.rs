//! Marks by which samples that are nearly copies of one another are found, and the comparison that decides.
//!
//! - A picture's mark is its dHash: 64 bits, whether each of 9 x 8 areas is clearly darker than the one to its right.
//! - A recording's mark has 60 bits: whether the difference of neighbouring octaves grows from one of 13 stretches of time to the next
//!   (after Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", 2002). The octaves are those of a Haar transform.
//! - A text's mark is a MinHash of its words and pairs of words, in eight bands.
//!
//! What has a mark in common is compared as a whole ([`alike`]), so that a mark alone accuses nobody.

use std::collections::BTreeSet;

use tillsense_compiler::run::sample::Raw;
use tillsense_compiler::scatter::scatter;

use crate::data::dataset::InputKind;
use crate::data::media::leading_silence;

/// Bits in which the marks of near copies differ at most.
const MOST_BITS: u32 = 3;
/// Parts of a mark of bits. Marks that differ in three bits agree in two of five parts.
const PARTS: [(u32, u32); 5] = [(0, 13), (13, 13), (26, 13), (39, 13), (52, 12)];
/// Pairs of those parts.
const PAIRS: [(usize, usize); 10] = [
    (0, 1),
    (0, 2),
    (0, 3),
    (0, 4),
    (1, 2),
    (1, 3),
    (1, 4),
    (2, 3),
    (2, 4),
    (3, 4),
];
/// Bands of a text's mark.
const BANDS: usize = 8;
/// Samples of a bucket with which each is compared.
const NEIGHBOURS: usize = 8;

/// Difference of the brightness of two areas, of 255, up to which they are equal: noise decides nothing in an even picture.
const EVEN: f64 = 2.0;

const STRETCHES: usize = 13;
const OCTAVES: usize = 6;
/// Growth of a difference, in powers of two, from which on it counts: a steady sound has none.
const GROWTH: f64 = 0.25;
/// Mean difference of the levels of near copies, in powers of two.
const LEVELS: f64 = 0.25;
/// Part of a picture's contrast in which near copies differ at most, as a root of mean squares: a correlation of 0.992.
const CONTRAST: f64 = 1.0 / 8.0;
/// Words and pairs of words that near copies share at least.
const SHARED: f64 = 0.8;

/// The mark of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Bits of a picture or a recording.
    Bits(u64),
    /// Bands of a text.
    Bands([u32; BANDS]),
}

impl Mark {
    /// The mark of an input; `None` of kinds without one, and of what has nothing to tell it by.
    pub fn of(raw: &Raw<'_>, kind: InputKind) -> Option<Self> {
        match (raw, kind) {
            (
                Raw::Image(pixels),
                InputKind::Image {
                    height,
                    width,
                    channels,
                },
            ) => picture(&areas(pixels, [height, width, channels], [8, 9])),
            (Raw::Audio(samples), InputKind::Audio { sample_rate }) => {
                levels(samples, sample_rate).map(|levels| sound(&levels))
            }
            (Raw::Text(text), _) => text_mark(text),
            _ => None,
        }
    }

    fn keys(&self) -> usize {
        match self {
            Mark::Bits(_) => PAIRS.len(),
            Mark::Bands(_) => BANDS,
        }
    }

    /// Near copies agree in one of these keys.
    fn key(&self, at: usize) -> u32 {
        match self {
            Mark::Bands(bands) => bands[at],
            Mark::Bits(bits) => {
                let part = |at: usize| {
                    let (start, len) = PARTS[at];
                    (bits >> start) as u32 & ((1 << len) - 1)
                };
                (part(PAIRS[at].0) << 13) | part(PAIRS[at].1)
            }
        }
    }

    fn is_near(&self, other: &Mark) -> bool {
        match (self, other) {
            (Mark::Bits(a), Mark::Bits(b)) => (a ^ b).count_ones() <= MOST_BITS,
            (Mark::Bands(a), Mark::Bands(b)) => a.iter().zip(b).any(|(a, b)| a == b),
            _ => false,
        }
    }
}

/// Calls `found` with pairs of marks that are near one another, by their numbers in rising order, some of them several times. Work and
/// memory grow with the number of marks, not with its square: of many alike, each is compared with its neighbours in order.
pub fn near(marks: &[Mark], mut found: impl FnMut(usize, usize)) {
    let keys = marks.first().map_or(0, Mark::keys);
    for at in 0..keys {
        let mut order: Vec<(u32, u32)> = marks.iter().map(|mark| mark.key(at)).zip(0..).collect();
        order.sort_unstable();
        for (start, &(key, one)) in order.iter().enumerate() {
            let others = order[start + 1..].iter().take(NEIGHBOURS);
            for &(_, other) in others.take_while(|(k, _)| *k == key) {
                let (one, other) = (one as usize, other as usize);
                if marks[one].is_near(&marks[other]) {
                    found(one, other);
                }
            }
        }
    }
}

/// Whether two inputs are nearly copies of one another.
pub fn alike(one: &Raw<'_>, other: &Raw<'_>, kind: InputKind) -> bool {
    match (one, other, kind) {
        (
            Raw::Image(one),
            Raw::Image(other),
            InputKind::Image {
                height,
                width,
                channels,
            },
        ) => {
            let small = |pixels: &[u8]| areas(pixels, [height, width, channels], [16, 16]);
            let (one, other) = (small(one), small(other));
            {
                let squares = one.iter().zip(&other).map(|(a, b)| (a - b) * (a - b));
                let mean = squares.sum::<f64>() / one.len() as f64;
                libm::sqrt(mean) <= CONTRAST * deviation(&one)
            }
        }
        (Raw::Audio(one), Raw::Audio(other), InputKind::Audio { sample_rate }) => {
            let centred = |samples: &[i16]| {
                levels(samples, sample_rate).map(|levels| {
                    let all: Vec<f64> = levels.into_iter().flatten().collect();
                    let mean = all.iter().sum::<f64>() / all.len() as f64;
                    all.into_iter().map(|level| level - mean).collect()
                })
            };
            // A recording of another length is another one, whatever its stretches are like.
            if one.len().abs_diff(other.len()) > one.len() / 10 {
                return false;
            }
            let (one, other): (Option<Vec<f64>>, _) = (centred(one), centred(other));
            one.zip(other)
                .is_some_and(|(one, other)| mean_difference(&one, &other) <= LEVELS)
        }
        (Raw::Text(one), Raw::Text(other), _) => {
            let (one, other) = (pieces(one), pieces(other));
            let shared = one.intersection(&other).count() as f64;
            shared >= SHARED * (one.union(&other).count() as f64)
        }
        _ => false,
    }
}

fn mean_difference(one: &[f64], other: &[f64]) -> f64 {
    let sum: f64 = one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum();
    sum / one.len().max(1) as f64
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    libm::sqrt(squares / count)
}

/// Mean brightness of areas of a picture, row by row.
fn areas(
    pixels: &[u8],
    [height, width, channels]: [usize; 3],
    [rows, columns]: [usize; 2],
) -> Vec<f64> {
    let span = |at: usize, of: usize, len: usize| {
        let start = at * len / of;
        start..((at + 1) * len / of).max(start + 1)
    };
    let mut means = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        for column in 0..columns {
            let (mut sum, mut count) = (0u64, 0u64);
            for y in span(row, rows, height) {
                for x in span(column, columns, width) {
                    let start = (y * width + x) * channels;
                    let pixel = &pixels[start..start + channels];
                    sum += pixel.iter().map(|&value| u64::from(value)).sum::<u64>();
                    count += channels as u64;
                }
            }
            means.push(sum as f64 / count.max(1) as f64);
        }
    }
    means
}

/// dHash of areas `[8, 9]`; `None` of a picture of one shade.
fn picture(areas: &[f64]) -> Option<Mark> {
    if deviation(areas) < 1.0 {
        return None;
    }
    let mut bits = 0;
    for row in areas.chunks_exact(9) {
        for pair in row.windows(2) {
            bits = (bits << 1) | u64::from(pair[0] + EVEN < pair[1]);
        }
    }
    Some(Mark::Bits(bits))
}

/// Levels of octaves in stretches of a recording, from the beginning of its sound on, as powers of two.
fn levels(samples: &[i16], rate: u32) -> Option<Vec<[f64; OCTAVES]>> {
    let samples = &samples[leading_silence(samples, rate)..];
    if samples.len() < STRETCHES << OCTAVES {
        return None;
    }
    let mut low: Vec<f64> = samples.iter().map(|&sample| sample.into()).collect();
    let mut levels = vec![[0.0; OCTAVES]; STRETCHES];
    for octave in 0..OCTAVES {
        let (pairs, _) = low.as_chunks::<2>();
        let details: Vec<f64> = pairs.iter().map(|[a, b]| (a - b) / 2.0).collect();
        for (stretch, levels) in levels.iter_mut().enumerate() {
            let (start, end) = (
                stretch * details.len() / STRETCHES,
                (stretch + 1) * details.len() / STRETCHES,
            );
            let energy: f64 = details[start..end].iter().map(|d| d * d).sum();
            levels[octave] = libm::log2(1.0 + energy / (end - start) as f64) / 2.0;
        }
        low = pairs.iter().map(|[a, b]| (a + b) / 2.0).collect();
    }
    Some(levels)
}

fn sound(levels: &[[f64; OCTAVES]]) -> Mark {
    let mut bits = 0;
    for pair in levels.windows(2) {
        for octave in 0..OCTAVES - 1 {
            let slope = |levels: &[f64; OCTAVES]| levels[octave] - levels[octave + 1];
            bits = (bits << 1) | u64::from(slope(&pair[1]) - slope(&pair[0]) > GROWTH);
        }
    }
    Mark::Bits(bits)
}

/// Words of a text, and pairs of them, as hashes: without capitals, marks and spaces.
fn pieces(text: &str) -> BTreeSet<u64> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let words: Vec<u64> = words
        .filter(|word| !word.is_empty())
        .map(|word| {
            word.bytes()
                .fold(0, |hash, byte| scatter(hash ^ u64::from(byte) ^ 0x100))
        })
        .collect();
    let pairs = words
        .windows(2)
        .map(|pair| scatter(pair[0] ^ pair[1].rotate_left(17)));
    words.iter().copied().chain(pairs).collect()
}

fn text_mark(text: &str) -> Option<Mark> {
    let pieces = pieces(text);
    if pieces.is_empty() {
        return None;
    }
    let smallest = |seed: usize| {
        let hashes = pieces
            .iter()
            .map(|piece| scatter(piece ^ ((seed as u64 + 1) << 48)));
        hashes.min().unwrap_or_default()
    };
    let mut bands = [0; BANDS];
    for (at, band) in bands.iter_mut().enumerate() {
        *band = scatter(smallest(2 * at) ^ smallest(2 * at + 1).rotate_left(32)) as u32;
    }
    Some(Mark::Bands(bands))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dice::Dice;

    fn found(raws: &[Raw<'_>], kind: InputKind) -> Vec<(usize, usize)> {
        let marks: Vec<Mark> = raws
            .iter()
            .map(|raw| Mark::of(raw, kind).unwrap())
            .collect();
        let mut pairs = BTreeSet::new();
        near(&marks, |one, other| {
            if alike(&raws[one], &raws[other], kind) {
                pairs.insert((one, other));
            }
        });
        pairs.into_iter().collect()
    }

    #[test]
    fn pictures_that_differ_by_a_little_noise_are_found() {
        let kind = InputKind::Image {
            height: 24,
            width: 20,
            channels: 1,
        };
        let mut dice = Dice::new(1, 1);
        let mut all: Vec<Vec<u8>> = Vec::new();
        for _ in 0..200 {
            // Patches of 4 x 4, so that pictures have parts.
            let patches: Vec<u8> = (0..30).map(|_| dice.below(256) as u8).collect();
            let pixel = |at: usize| patches[at / 20 / 4 * 5 + at % 20 / 4];
            all.push((0..480).map(pixel).collect());
        }
        let copy = all[7].iter().enumerate();
        all.push(
            copy.map(|(at, &v)| v.saturating_add((at % 3) as u8))
                .collect(),
        );
        let raws: Vec<Raw<'_>> = all.iter().map(|p| Raw::Image(p.into())).collect();
        assert_eq!(found(&raws, kind), [(7, 200)]);
        assert_eq!(Mark::of(&Raw::Image(vec![9; 480].into()), kind), None);
    }

    #[test]
    fn recordings_of_another_level_are_found() {
        let kind = InputKind::Audio { sample_rate: 8000 };
        let mut dice = Dice::new(2, 1);
        let mut all: Vec<Vec<i16>> = Vec::new();
        for _ in 0..60 {
            let mut clip = Vec::new();
            for _ in 0..20 {
                let (level, hold) = (dice.between(200.0, 9000.0), 1 + dice.below(20));
                let mut value = 0.0;
                for at in 0..160 {
                    if at % hold == 0 {
                        value = level * dice.normal();
                    }
                    clip.push(value as i16);
                }
            }
            all.push(clip);
        }
        all.push(
            all[11]
                .iter()
                .map(|&s| (f64::from(s) * 0.7) as i16)
                .collect(),
        );
        let raws: Vec<Raw<'_>> = all.iter().map(|s| Raw::Audio(s.into())).collect();
        assert_eq!(found(&raws, kind), [(11, 60)]);
    }

    #[test]
    fn texts_that_differ_by_marks_or_a_word_of_many_are_found() {
        let texts = [
            "My card has not arrived yet, and I have been waiting for it since Monday last week",
            "my card has NOT arrived yet and I have been waiting for it since monday last week!",
            "My card has not arrived yet, and I have been waiting for it since Monday of last week",
            "How do I change the number that I enter at a machine?",
            "My card has been stolen",
        ];
        let raws: Vec<Raw<'_>> = texts.iter().map(|&t| Raw::Text(t.into())).collect();
        assert_eq!(found(&raws, InputKind::Text), [(0, 1), (0, 2), (1, 2)]);
    }
}
