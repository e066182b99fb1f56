//! Identifiers for names that people gave to inputs, fields and classes.
//!
//! A name may hold anything: spaces, a keyword, another script, nothing at all. Its identifier is of ASCII, made of the name's words, so that
//! compilers of all kinds take it, and no two names of one place share one. The same names in the same order give the same identifiers.

use std::collections::{HashMap, HashSet};

use tillsense_core::frontend::text::normalise;

/// Most bytes of an identifier before a number tells it from others.
const MOST: usize = 40;

/// The way in which words are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `card_type`.
    Snake,
    /// `CardType`.
    Camel,
    /// `CARD_TYPE`.
    Upper,
}

/// The identifiers of one place, each given once.
#[derive(Debug)]
pub(super) struct Names {
    style: Style,
    reserved: &'static [&'static str],
    taken: HashSet<String>,
    /// The number that the next name with this identifier gets.
    next: HashMap<String, usize>,
}

impl Names {
    /// A place in which these words are no identifiers.
    pub(super) fn new(style: Style, reserved: &'static [&'static str]) -> Self {
        Names {
            style,
            reserved,
            taken: HashSet::new(),
            next: HashMap::new(),
        }
    }

    /// The identifier of a name; `kind` and `number` stand for a name in which nothing can be read, and `kind` before one that starts with
    /// a digit.
    pub(super) fn give(&mut self, name: &str, kind: &str, number: usize) -> String {
        self.give_all(&[name], kind, number)
    }

    /// The identifier of several names joined, as [`Names::give`] makes it.
    pub(super) fn give_all(&mut self, names: &[&str], kind: &str, number: usize) -> String {
        let words: Vec<String> = names.iter().flat_map(|name| words(name)).collect();
        self.unique(identifier(words, self.style, kind, number))
    }

    /// An identifier that is made of others, unless it is taken.
    pub(super) fn unique(&mut self, mut wanted: String) -> String {
        if self.reserved.contains(&wanted.as_str()) {
            wanted.push('_');
        }
        if self.taken.insert(wanted.clone()) {
            return wanted;
        }
        // Words of a type are not set apart by a line below, but digits are.
        let apart = self.style != Style::Camel || wanted.ends_with(|c: char| c.is_ascii_digit());
        let mark = if apart { "_" } else { "" };
        let next = self.next.entry(wanted.clone()).or_insert(2);
        loop {
            let other = format!("{}{mark}{next}", wanted.trim_end_matches('_'));
            *next += 1;
            if self.taken.insert(other.clone()) {
                return other;
            }
        }
    }
}

/// The identifier of a name by itself.
pub(super) fn alone(name: &str, style: Style, kind: &str) -> String {
    identifier(words(name), style, kind, 0)
}

fn identifier(mut words: Vec<String>, style: Style, kind: &str, number: usize) -> String {
    if words.is_empty() {
        words = vec![kind.to_owned(), number.to_string()];
    }
    if words[0].starts_with(|c: char| c.is_ascii_digit()) {
        words.insert(0, kind.to_owned());
    }
    let mut all = String::new();
    for word in &words {
        let digits = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let apart =
            style != Style::Camel || digits(all.chars().next_back()) && digits(word.chars().next());
        if apart && !all.is_empty() {
            all.push('_');
        }
        match style {
            Style::Snake => all.push_str(word),
            Style::Upper => all.push_str(&word.to_ascii_uppercase()),
            Style::Camel => {
                let (first, rest) = word.split_at(1);
                all.push_str(&first.to_ascii_uppercase());
                all.push_str(rest);
            }
        }
    }
    all.truncate(MOST);
    all.truncate(all.trim_end_matches('_').len());
    all
}

/// The words of a name, in small letters and digits of ASCII.
fn words(name: &str) -> Vec<String> {
    let found = split(name);
    if !found.is_empty() || name.is_empty() {
        return found;
    }
    // Signs without a letter or digit.
    let signs = name.chars().take(MOST).map(code);
    vec![signs.collect()]
}

fn split(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().take(4 * MOST).collect();
    let (mut words, mut word) = (Vec::new(), String::new());
    for (at, &c) in letters.iter().enumerate() {
        let (before, after) = (
            at.checked_sub(1).map(|at| letters[at]),
            letters.get(at + 1).copied(),
        );
        let read = match sign(c, before, after) {
            Some(sign) => {
                end(&mut word, &mut words);
                words.push(sign.to_owned());
                continue;
            }
            None => letter(c),
        };
        if read.is_empty() {
            // An accent belongs to the letter before it.
            if !is_mark(c) {
                end(&mut word, &mut words);
            }
            continue;
        }
        if starts_word(before, c, after) {
            end(&mut word, &mut words);
        }
        word.push_str(&read);
    }
    end(&mut word, &mut words);
    words
}

fn end(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Signs that tell names of classes apart: `<30` from `>30`, `-1` from `1`.
fn sign(c: char, before: Option<char>, after: Option<char>) -> Option<&'static str> {
    let before_number = after.is_some_and(|c| c.is_ascii_digit());
    Some(match c {
        '<' => "below",
        '>' => "above",
        '=' => "equal",
        '+' => "plus",
        '%' => "percent",
        '&' => "and",
        '-' | '\u{2212}' if before.is_none() && before_number => "minus",
        _ => return None,
    })
}

/// Whether a capital starts a word: `KaufDatum`, and the `S` of `HTTPServer`.
fn starts_word(before: Option<char>, c: char, after: Option<char>) -> bool {
    let Some(before) = before.filter(|_| c.is_uppercase()) else {
        return false;
    };
    before.is_lowercase() || before.is_uppercase() && after.is_some_and(char::is_lowercase)
}

/// A letter or digit as the text frontend reads it, without accents; one of another script as its number. Nothing for all else.
fn letter(c: char) -> String {
    if c.is_ascii() {
        let kept = c.is_ascii_alphanumeric();
        return kept.then(|| c.to_ascii_lowercase()).into_iter().collect();
    }
    let mut place = [0; 32];
    let mut encoded = [0; 4];
    let read = normalise(c.encode_utf8(&mut encoded).as_bytes(), &mut place);
    let plain = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_string(),
        false => code(c),
    };
    read.chars().filter(|&c| c != ' ').map(plain).collect()
}

/// Whether a character beyond ASCII vanishes within a word.
fn is_mark(c: char) -> bool {
    let mut place = [0; 32];
    let mut text = String::from("a");
    text.extend([c, 'a']);
    normalise(text.as_bytes(), &mut place) == "aa"
}

/// The number of a character.
fn code(c: char) -> String {
    format!("u{:x}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snake(name: &str) -> String {
        alone(name, Style::Snake, "class")
    }

    #[test]
    fn words_are_found() {
        let cases = [
            ("amount", "amount"),
            ("Card Type", "card_type"),
            ("KaufDatum", "kauf_datum"),
            ("HTTPServer", "http_server"),
            ("VISITOR", "visitor"),
            ("PageValues2", "page_values2"),
            ("card_arrival?", "card_arrival"),
            ("  a--b  ", "a_b"),
            ("größe", "grosse"),
            ("Cafe\u{301} noir", "cafe_noir"),
            ("don't know", "dont_know"),
            ("да", "u434u430"),
            ("金額 in JPY", "u91d1u984d_in_jpy"),
            ("<30", "below_30"),
            (">=30", "above_equal_30"),
            ("-1", "minus_1"),
            ("1-2", "class_1_2"),
            ("3d", "class_3d"),
            ("", "class_0"),
            ("?", "u3f"),
            ("👍", "u1f44d"),
            ("*/ \n evil", "evil"),
            ("\u{202e}abc", "abc"),
        ];
        for (name, wanted) in cases {
            assert_eq!(snake(name), wanted, "{name:?}");
        }
    }

    #[test]
    fn styles_join_words() {
        let styles = [Style::Snake, Style::Camel, Style::Upper];
        let of = |name: &str| styles.map(|style| alone(name, style, "class"));
        assert_eq!(of("card type"), ["card_type", "CardType", "CARD_TYPE"]);
        assert_eq!(of("1.5"), ["class_1_5", "Class1_5", "CLASS_1_5"]);
        assert_eq!(of("15 x"), ["class_15_x", "Class15X", "CLASS_15_X"]);
    }

    #[test]
    fn names_of_one_place_differ() {
        let mut names = Names::new(Style::Snake, &["type", "session"]);
        let given: Vec<_> = [
            "a b", "a_b", "A-B", "a b 2", "type", "Type", "", "", "é", "e",
        ]
        .iter()
        .enumerate()
        .map(|(number, name)| names.give(name, "field", number))
        .collect();
        let wanted = [
            "a_b", "a_b_2", "a_b_3", "a_b_2_2", "type_", "type_2", "field_6", "field_7", "e", "e_2",
        ];
        assert_eq!(given, wanted);
        let mut names = Names::new(Style::Camel, &["Self", "Session"]);
        let given: Vec<_> = ["self", "Self", "a", "A", "a2", "A2", "session"]
            .iter()
            .map(|name| names.give(name, "class", 0))
            .collect();
        assert_eq!(
            given,
            ["Self_", "Self2", "A", "A2", "A2_2", "A2_3", "Session_"]
        );
    }

    #[test]
    fn any_names_become_identifiers() {
        let strange: Vec<String> = (0..0x3000u32)
            .step_by(7)
            .filter_map(char::from_u32)
            .flat_map(|c| {
                [
                    format!("{c}"),
                    format!("a{c}b"),
                    format!("1{c}"),
                    format!("_{c}_"),
                ]
            })
            .chain((0..300).map(|_| "x".repeat(500)))
            .collect();
        for style in [Style::Snake, Style::Camel, Style::Upper] {
            let mut names = Names::new(style, &[]);
            let mut again = Names::new(style, &[]);
            let mut seen = HashSet::new();
            for (number, name) in strange.iter().enumerate() {
                let given = names.give(name, "class", number);
                assert_eq!(given, again.give(name, "class", number));
                let first = given.chars().next().unwrap();
                assert!(first.is_ascii_alphabetic(), "{name:?}: {given}");
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                assert!(given.chars().all(plain), "{name:?}: {given}");
                assert!(!given.contains("__") && given.len() <= MOST + 6, "{given}");
                assert!(seen.insert(given.clone()), "{name:?}: {given} twice");
            }
        }
    }

    #[test]
    fn as_many_names_as_a_head_may_have_take_no_time() {
        let mut names = Names::new(Style::Camel, &[]);
        let all: HashSet<_> = (0..65_535)
            .map(|n| names.give("same", "class", n))
            .collect();
        assert_eq!(all.len(), 65_535);
    }
}
