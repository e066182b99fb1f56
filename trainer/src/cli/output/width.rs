//! The width of the screen, and texts made to fit it.

use console::{Term, measure_text_width};

/// Columns where nothing tells how many there are: no terminal, no `COLUMNS`.
const USUAL: usize = 80;
/// The narrowest screen for which anything is laid out.
const NARROWEST: usize = 20;

/// Columns of the screen: those that `COLUMNS` states, else those of the terminal, else 80.
pub fn width() -> usize {
    let stated = std::env::var("COLUMNS").ok();
    let stated = stated.and_then(|text| text.trim().parse().ok());
    let of_terminal = || {
        let (_, columns) = Term::stdout().size_checked()?;
        Some(usize::from(columns))
    };
    let columns = stated.filter(|columns| *columns > 0).or_else(of_terminal);
    columns.unwrap_or(USUAL).max(NARROWEST)
}

/// A name of at most this many columns: of a longer one the begin and the end, which both may tell it from others.
pub fn shortened(name: &str, most: usize) -> String {
    if measure_text_width(name) <= most {
        return name.to_owned();
    }
    let room = most.saturating_sub(1);
    let begin = fitting(name.chars(), room.div_ceil(2));
    let end = fitting(name.chars().rev(), room / 2);
    let end = end.into_iter().rev();
    begin.into_iter().chain(['\u{2026}']).chain(end).collect()
}

/// The first characters that have this many columns together.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> Vec<char> {
    let mut taken = 0;
    let fits = characters.take_while(|c| {
        taken += measure_text_width(c.encode_utf8(&mut [0; 4]));
        taken <= columns
    });
    fits.collect()
}

/// The words of a text with the spaces behind them; a percent sign belongs to the number before it.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    for (at, _) in text.match_indices(' ') {
        let rest = &text[at + 1..];
        if !rest.starts_with('%') {
            words.push(&text[begin..=at]);
            begin = at + 1;
        }
    }
    words.push(&text[begin..]);
    words
}

/// A text on lines of at most `width` columns, broken at spaces where there are some; all but the first are indented.
pub fn wrapped(text: &str, width: usize, indent: usize) -> Vec<String> {
    let indent = " ".repeat(indent.min(width / 2));
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let word_columns = measure_text_width(word.trim_end());
        if measure_text_width(&line) + word_columns > width && !line.trim().is_empty() {
            lines.push(line.trim_end().to_owned());
            line.clone_from(&indent);
        }
        for c in word.chars() {
            if c != ' '
                && measure_text_width(&line) + measure_text_width(c.encode_utf8(&mut [0; 4]))
                    > width
            {
                lines.push(line.trim_end().to_owned());
                line.clone_from(&indent);
            }
            line.push(c);
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_begin_and_end() {
        let cases = [
            ("card_arrival", 12, "card_arrival"),
            ("card_arrival", 9, "card\u{2026}ival"),
            ("card_arrival", 8, "card\u{2026}val"),
            (
                "\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{540d}\u{524d}",
                9,
                "\u{65e5}\u{672c}\u{2026}\u{540d}\u{524d}",
            ),
        ];
        for (name, most, short) in cases {
            assert_eq!(shortened(name, most), short);
        }
    }

    #[test]
    fn lines_break_at_spaces() {
        let lines = wrapped("one two  three four", 9, 2);
        assert_eq!(lines, ["one two", "  three", "  four"]);
        let long = wrapped(&format!("a {}", "x".repeat(25)), 10, 2);
        assert!(long.iter().all(|line| line.len() <= 10), "{long:?}");
        assert_eq!(long.concat().matches('x').count(), 25);
        assert_eq!(wrapped("", 10, 2), [""]);
        assert_eq!(
            wrapped("said 93 %), in", 9, 2),
            ["said", "  93 %),", "  in"]
        );
    }
}
