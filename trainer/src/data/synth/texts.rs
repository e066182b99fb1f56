//! Bank requests from templates: a greeting, a phrase of the intent, a remark, words left out and slips of the finger.

use std::path::PathBuf;

use super::super::dice::Dice;
use super::super::intents::INTENTS;
use super::super::types::{Split, Texts};
use super::phrases::PHRASES;
use super::{Size, stream};

static OPENINGS: [&str; 12] = [
    "",
    "",
    "",
    "",
    "Hi, ",
    "Hello, ",
    "Please help: ",
    "Quick question, ",
    "I am confused, ",
    "Good morning, ",
    "Sorry to bother you but ",
    "Help! ",
];

/// Remarks; some name things that other intents are about.
static REMARKS: [&str; 18] = [
    "",
    "",
    "",
    "",
    "",
    "",
    " Thanks.",
    " Please advise.",
    " I was in {country} last week.",
    " I checked the app already.",
    " It is about {amount}.",
    " I have waited for two days.",
    " This happened at {shop}.",
    " My card is new.",
    " I need the money soon.",
    " My account was opened this year.",
    " I asked {name} about it.",
    " The cash machine was no help.",
];

/// Slots with the words that may fill them.
static SLOTS: [(&str, &[&str]); 6] = [
    (
        "{amount}",
        &[
            "10 pounds",
            "$25",
            "\u{20ac}40",
            "\u{a3}100",
            "3 euros",
            "200 dollars",
        ],
    ),
    (
        "{currency}",
        &["euros", "pounds", "dollars", "GBP", "USD", "francs", "yen"],
    ),
    (
        "{country}",
        &[
            "France", "Spain", "Japan", "the US", "Germany", "Poland", "Brazil",
        ],
    ),
    (
        "{shop}",
        &[
            "the supermarket",
            "a hotel",
            "an online shop",
            "the petrol station",
            "a cafe",
        ],
    ),
    (
        "{name}",
        &[
            "my sister",
            "my landlord",
            "a friend",
            "my employer",
            "Sam",
            "Maria",
        ],
    ),
    ("{age}", &["12", "15", "16", "17"]),
];

/// Requests with their intents, all intents equally often, in random order.
pub fn texts(size: Size, seed: u64) -> Split<Texts> {
    Split {
        train: part(size.train, &mut Dice::new(seed, stream::TEXTS)),
        test: part(size.test, &mut Dice::new(seed, stream::TEXTS + 1)),
    }
}

fn part(count: usize, dice: &mut Dice) -> Texts {
    let mut labels: Vec<u16> = (0..count)
        .map(|index| (index % INTENTS.len()) as u16)
        .collect();
    dice.shuffle(&mut labels);
    Texts {
        texts: labels.iter().map(|&label| request(label, dice)).collect(),
        lines: Vec::new(),
        file: PathBuf::new(),
        labels,
        categories: &INTENTS,
    }
}

fn request(label: u16, dice: &mut Dice) -> String {
    let phrase = *dice.pick(PHRASES[usize::from(label)]);
    let mut words: Vec<&str> = phrase.split(' ').collect();
    if words.len() > 4 && dice.chance(0.3) {
        words.remove(dice.below(words.len()));
    }
    if words.len() > 4 && dice.chance(0.1) {
        let at = dice.below(words.len() - 1);
        words.swap(at, at + 1);
    }
    let end = *dice.pick(&["?", "?", ".", "", "!"]);
    let opening = *dice.pick(&OPENINGS);
    let mut text = fill(
        &format!("{opening}{}{end}{}", words.join(" "), dice.pick(&REMARKS)),
        dice,
    );
    if opening.is_empty() && dice.chance(0.7) {
        text = capitalised(&text);
    }
    if dice.chance(0.25) {
        text = slip(&text, dice);
    }
    if dice.chance(0.1) {
        text = text.to_lowercase();
    }
    text
}

fn fill(text: &str, dice: &mut Dice) -> String {
    let mut text = text.to_owned();
    for (slot, values) in SLOTS {
        while text.contains(slot) {
            let value: &str = values[dice.below(values.len())];
            text = text.replacen(slot, value, 1);
        }
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Makes a slip of the finger: two neighbouring letters swapped, or one left out.
fn slip(text: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = dice.below(letters.len() - 1);
    if dice.chance(0.5) {
        letters.swap(at, at + 1);
    } else {
        letters.remove(at);
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_same_bytes_everywhere() {
        let set = texts(Size::new(40, 20), 1);
        let all = set.train.texts.iter().chain(&set.test.texts);
        let bytes = all.flat_map(|text| text.bytes().chain([0]));
        assert_eq!(super::super::digest(bytes), "e2ab0ab4cba48fdd");
    }

    #[test]
    fn every_intent_equally_often_and_nothing_left_to_fill_in() {
        let set = texts(Size::new(770, 154), 2);
        let mut counts = [0; 77];
        for &label in &set.test.labels {
            counts[usize::from(label)] += 1;
        }
        assert_eq!(counts, [2; 77]);
        for text in &set.train.texts {
            assert!(
                !text.contains(['{', '}']) && text.len() > 5 && text.len() < 250,
                "{text}"
            );
        }
    }

    /// Naive Bayes over words gets far above chance, and not all right.
    #[test]
    fn learnable_but_not_trivial() {
        let words = |text: &str| -> Vec<String> {
            let text = text.to_lowercase();
            text.split(|c: char| !c.is_alphanumeric())
                .map(str::to_owned)
                .collect()
        };
        let set = texts(Size::new(3080, 770), 3);
        let mut counts: HashMap<String, [f64; 77]> = HashMap::new();
        let mut totals = [0.0; 77];
        for (text, &label) in set.train.texts.iter().zip(&set.train.labels) {
            for word in words(text) {
                counts.entry(word).or_insert([0.0; 77])[usize::from(label)] += 1.0;
                totals[usize::from(label)] += 1.0;
            }
        }
        let right = (0..set.test.len())
            .filter(|&index| {
                let mut scores = [0.0; 77];
                for word in words(&set.test.texts[index]) {
                    let Some(count) = counts.get(&word) else {
                        continue;
                    };
                    for label in 0..77 {
                        scores[label] += libm::log((count[label] + 0.1) / (totals[label] + 50.0));
                    }
                }
                let best = (0..77).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
                best == Some(usize::from(set.test.labels[index]))
            })
            .count();
        assert!((500..755).contains(&right), "{right} of 770");
    }
}
