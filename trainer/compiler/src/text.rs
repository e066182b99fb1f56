//! Text from outside, made fit for a person's screen.
//!
//! Names of models, inputs, classes and files, and the texts of data sets may hold anything: sequences that move the cursor or
//! colour what follows, a carriage return that hides what stands before it, marks that turn the direction of reading. None of that
//! reaches a terminal, a plot or JSON: it is shown as its escape, `\u{1b}`. Everything that a command prints passes through here
//! at the place where it is printed; names that stand in a line with others also where they are put there, so that a line break
//! in them ends no line.

use std::borrow::Cow;
use std::fmt::{Display, Write};

/// Characters of a name or of another single text from outside that are shown.
pub const MOST_NAME: usize = 200;
/// Characters of an error that are shown. A path alone may have 4,096.
const MOST_MESSAGE: usize = 6000;

/// The text on one line, with all that cannot be seen escaped: control and format characters, line ends, unusual spaces.
pub fn shown(text: impl Display) -> String {
    escaped(
        &text.to_string(),
        |_| false,
        |c, out| out.extend(c.escape_debug()),
    )
}

/// As [`shown`], but lines stay lines.
pub fn shown_lines(text: impl Display) -> String {
    escaped(
        &text.to_string(),
        |c| c == '\n',
        |c, out| out.extend(c.escape_debug()),
    )
}

/// A name or another single text from outside on one line, cut where it is longer than a person reads.
pub fn brief(text: impl Display) -> String {
    shown(start(&text.to_string(), MOST_NAME))
}

/// At most so many characters of a text, the last of them an ellipsis where there are more.
pub fn start(text: &str, most: usize) -> Cow<'_, str> {
    // The character that has no place says that there is more.
    if text.char_indices().nth(most).is_none() {
        return text.into();
    }
    text.chars().take(most - 1).chain(['\u{2026}']).collect()
}

/// An error on one line. Begin and end are what matters of one that is too long: where, and how to mend it.
pub fn message(text: impl Display) -> String {
    shown(ends(&text.to_string()))
}

/// As [`message`], but lines stay lines.
pub fn message_lines(text: impl Display) -> String {
    shown_lines(ends(&text.to_string()))
}

fn ends(text: &str) -> Cow<'_, str> {
    let half = MOST_MESSAGE / 2;
    let left = text.char_indices().nth(half);
    let right = text.char_indices().nth_back(half);
    match (left, right) {
        (Some((left, _)), Some((right, _))) if left < right => {
            format!("{} \u{2026} {}", &text[..left], &text[right..]).into()
        }
        _ => text.into(),
    }
}

/// JSON with the same characters escaped as JSON escapes them. Line ends and what JSON must escape are its writer's.
pub fn shown_json(json: &str) -> String {
    escaped(
        json,
        |c| c.is_ascii() && c != '\x7f',
        |c, out| {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

/// The text as XML, for plots.
pub fn shown_xml(text: impl Display) -> String {
    let text = shown(text).replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

fn escaped(text: &str, keep: fn(char) -> bool, escape: fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if keep(c) || is_seen(c) {
            out.push(c);
        } else {
            escape(c, &mut out);
        }
    }
    out
}

/// Whether a character is what it looks like.
fn is_seen(c: char) -> bool {
    match c {
        ' '..='~' => true,
        c if c.is_ascii() => false,
        // The standard library's own list of what can be printed. It escapes a combining mark only where no letter goes before it.
        c => ['a', c].iter().collect::<String>().escape_debug().count() == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_stays() {
        for text in [
            "digits, a-b_c.toml: C:\\x 'q' \"r\" `s` {t} 100 %",
            "Zo\u{eb} Zoe\u{308} \u{3a9} \u{65e5}\u{672c} \u{1f600} \u{2192} \u{2502}\u{2550}",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_acts_on_a_screen_is_escaped() {
        let cases = [
            ("\u{1b}[31mred\u{1b}[0m", r"\u{1b}[31mred\u{1b}[0m"),
            (
                "good\rbad\nworse\t\0\u{7}\u{8}\u{7f}",
                r"good\rbad\nworse\t\0\u{7}\u{8}\u{7f}",
            ),
            ("\u{9b}2J\u{85}", r"\u{9b}2J\u{85}"),
            (
                "\u{202e}txt.exe\u{2066}\u{200f}\u{61c}",
                r"\u{202e}txt.exe\u{2066}\u{200f}\u{61c}",
            ),
            (
                "a\u{200b}b\u{2028}c\u{2029}\u{feff}\u{ad}\u{e0041}",
                r"a\u{200b}b\u{2028}c\u{2029}\u{feff}\u{ad}\u{e0041}",
            ),
            ("\u{a0}\u{3000}\u{e000}", r"\u{a0}\u{3000}\u{e000}"),
        ];
        for (text, wanted) in cases {
            assert_eq!(shown(text), wanted);
        }
        assert_eq!(shown_lines("a\r\nb\u{1b}\n"), "a\\r\nb\\u{1b}\n");
    }

    #[test]
    fn texts_of_any_length_are_cut() {
        let name = "\u{eb}".repeat(200);
        assert_eq!(brief(&name), name);
        let cut = brief(name.clone() + "x");
        assert_eq!(cut, "\u{eb}".repeat(199) + "\u{2026}");
        let text = "\u{eb}".repeat(3000) + &"x".repeat(3001);
        assert_eq!(message(&text[2..]), text[2..]);
        for more in [1, 1 << 20] {
            let text = format!("a.csv: {}; mend it", "\u{eb}".repeat(6000 + more));
            let cut = message(&text);
            assert!(cut.starts_with("a.csv: ") && cut.ends_with("; mend it"));
            assert!(cut.contains(" \u{2026} ") && cut.chars().count() <= 6010);
        }
    }

    #[test]
    fn no_character_of_a_control_or_format_category_is_left() {
        // Cc, Cf, Zl and Zp of Unicode 16, which change rarely and only grow.
        let ranges = [
            0x0..=0x1f,
            0x7f..=0x9f,
            0xad..=0xad,
            0x600..=0x605,
            0x61c..=0x61c,
            0x6dd..=0x6dd,
            0x70f..=0x70f,
            0x890..=0x891,
            0x8e2..=0x8e2,
            0x180e..=0x180e,
            0x200b..=0x200f,
            0x2028..=0x202e,
            0x2060..=0x2064,
            0x2066..=0x206f,
            0xfeff..=0xfeff,
            0xfff9..=0xfffb,
            0x110bd..=0x110bd,
            0x110cd..=0x110cd,
            0x13430..=0x1343f,
            0x1bca0..=0x1bca3,
            0x1d173..=0x1d17a,
            0xe0001..=0xe0001,
            0xe0020..=0xe007f,
        ];
        for c in ranges.into_iter().flatten().filter_map(char::from_u32) {
            assert!(!shown(c).contains(c), "{:x}", u32::from(c));
        }
    }

    #[test]
    fn json_stays_json() {
        let text = "\u{1b}\u{9b}\u{202e}\u{7f}\u{e0041}\u{eb}\n";
        let json = shown_json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert!(json.chars().all(|c| is_seen(c) || c == '\n'), "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }

    #[test]
    fn xml_stays_xml() {
        assert_eq!(shown_xml("a<b>&\u{1b}"), "a&lt;b&gt;&amp;\\u{1b}");
    }
}
