//! Numbers as people write them: decimal points or commas, thousands set apart, a currency or percent sign.
//!
//! A number is `[sign] digits [mark digits] [e exponent]`. Its whole part may be set apart in groups of three by the other mark, a space
//! (also a narrow or unbreakable one) or an apostrophe, one kind in a number: `1,234.5`, `1.234,5`, `1 234,5`, `1'234.5`. A group of the left must
//! not begin with 0. One sign `$ € £ ¥ ₹ %` may stand before or behind it and changes nothing: `12 %` is 12. Hexadecimal numbers, fractions,
//! `(5)` for -5 and infinities are no numbers.
//!
//! In a column of numbers the words of [`MISSING`] stand for an empty cell, in capitals or not; in other columns they are words.

use std::borrow::Cow;

use super::super::decimal;
use super::fault::TableFault;

/// Words for an absent number or time, compared without regard to capitals: what pandas, R, SQL and spreadsheets write, and what people do.
pub const MISSING: [&str; 14] = [
    "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null", "none", "nil", "-", "--", "?", "\\n",
];

/// The mark between whole part and decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecimalMark {
    /// `12.5`
    Point,
    /// `12,5`
    Comma,
}

/// A cell that was read as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number<'a> {
    /// The number in plain form: digits, a point, an exponent.
    plain: Cow<'a, str>,
    /// The currency or percent sign, if there is one.
    pub unit: Option<char>,
}

/// What a cell says about the mark of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It is a number with this mark only.
    Only(DecimalMark),
    /// It is a number with either mark, and not the same one: `1,234`.
    Either,
    /// It is the same number with both marks.
    Same,
    /// It is no number.
    None,
}

/// Whether a cell of a column of numbers or times holds nothing.
pub fn is_missing(text: &str) -> bool {
    // No word has more than four bytes.
    text.is_empty()
        || (text.len() <= 4 && MISSING.iter().any(|word| word.eq_ignore_ascii_case(text)))
}

impl<'a> Number<'a> {
    /// Reads a trimmed cell; `None` where it is no number.
    pub fn read(text: &'a str, mark: DecimalMark) -> Option<Self> {
        let (bare, unit) = without_unit(text);
        let plain = plain(bare, mark)?;
        Some(Number { plain, unit })
    }

    /// The nearest number of 64 bits.
    pub fn value(&self) -> f64 {
        // The form was checked, and Rust reads it, rounded correctly.
        self.plain.parse().unwrap_or(f64::NAN)
    }

    /// `value * 10^decimals` as the nearest integer, halves away from zero; `None` where it does not fit in 64 bits.
    pub fn wide(&self, decimals: u8) -> Option<i64> {
        let wide = decimal::wide(&self.plain, decimals).ok()?;
        (wide.unsigned_abs() < i64::MAX as u64).then_some(wide)
    }

    /// As [`Number::wide`], in the 32 bits that a terminal takes.
    pub fn scaled(&self, decimals: u8) -> Result<i32, TableFault> {
        decimal::scaled(&self.plain, decimals)
            .map_err(|_| TableFault::OutOfRange(self.plain.clone().into_owned(), decimals))
    }

    /// Number of decimals without which the number would be another one.
    pub fn decimals(&self) -> u8 {
        let (mantissa, exponent) = self.parts();
        let fraction = mantissa
            .split_once('.')
            .map_or("", |(_, fraction)| fraction);
        let kept = match fraction.trim_end_matches('0').len() {
            0 => -trailing_zeros(mantissa),
            digits => digits as i64,
        };
        (kept - exponent).clamp(0, 255) as u8
    }

    /// Whether the whole part begins with needless zeros, as codes do: `007`.
    pub fn has_leading_zeros(&self) -> bool {
        let digits = self.plain.trim_start_matches('-');
        let whole = digits.split(['.', 'e']).next().unwrap_or_default();
        whole.len() > 1 && whole.starts_with('0')
    }

    fn parts(&self) -> (&str, i64) {
        match self.plain.split_once('e') {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().unwrap_or(0)),
            None => (&self.plain, 0),
        }
    }
}

/// What a trimmed cell says about the mark of its column.
pub fn evidence(text: &str) -> Evidence {
    let read = |mark| Number::read(text, mark);
    match (read(DecimalMark::Point), read(DecimalMark::Comma)) {
        (None, None) => Evidence::None,
        (Some(_), None) => Evidence::Only(DecimalMark::Point),
        (None, Some(_)) => Evidence::Only(DecimalMark::Comma),
        (Some(point), Some(comma)) if point == comma => Evidence::Same,
        (Some(_), Some(_)) => Evidence::Either,
    }
}

/// Zeros at the end of a number without decimals, which an exponent may turn to decimals.
fn trailing_zeros(mantissa: &str) -> i64 {
    let whole = mantissa.split('.').next().unwrap_or_default();
    let zeros = whole.len() - whole.trim_end_matches('0').len();
    // All digits of 0 are zeros: it needs no decimals, whatever the exponent.
    if zeros == whole.trim_start_matches('-').len() {
        512
    } else {
        zeros as i64
    }
}

/// A number without its sign for currency or percent.
fn without_unit(text: &str) -> (&str, Option<char>) {
    const UNITS: [char; 6] = ['$', '€', '£', '¥', '₹', '%'];
    let of = |c: Option<char>| c.filter(|c| UNITS.contains(c));
    if let Some(unit) = of(text.chars().next_back()) {
        return (text[..text.len() - unit.len_utf8()].trim_end(), Some(unit));
    }
    match of(text.chars().next()) {
        // `%5` is not how percents are written.
        Some(unit) if unit != '%' => (text[unit.len_utf8()..].trim_start(), Some(unit)),
        _ => (text, None),
    }
}

/// The plain form of a number.
fn plain(text: &str, mark: DecimalMark) -> Option<Cow<'_, str>> {
    let (negative, body) = match text.chars().next()? {
        '-' => (true, &text[1..]),
        '+' => (false, &text[1..]),
        // The minus of typography.
        '\u{2212}' => (true, &text['\u{2212}'.len_utf8()..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(exponent(&body[at + 1..])?)),
        None => (body, None),
    };
    let (decimal, group) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let (whole, fraction) = mantissa.split_once(decimal).unwrap_or((mantissa, ""));
    if !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if is_digits(whole) && mark == DecimalMark::Point && exponent.is_none() {
        // As it stands, but for a plus and the other minus.
        return Some(match text.starts_with(['+', '\u{2212}']) {
            true => Cow::Owned(assemble(negative, whole, fraction, None)),
            false => Cow::Borrowed(text.trim_end_matches('.')),
        });
    }
    let whole = match is_digits(whole) {
        true => Cow::Borrowed(whole),
        false => Cow::Owned(ungrouped(whole, group)?),
    };
    Some(Cow::Owned(assemble(negative, &whole, fraction, exponent)))
}

fn assemble(negative: bool, whole: &str, fraction: &str, exponent: Option<i8>) -> String {
    let mut out = String::with_capacity(whole.len() + fraction.len() + 8);
    if negative {
        out.push('-');
    }
    out.push_str(whole);
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        out.push('e');
        out.push_str(&exponent.to_string());
    }
    out
}

/// The digits of a whole part in groups of three.
fn ungrouped(whole: &str, other_mark: char) -> Option<String> {
    let group = whole.chars().find(|c| !c.is_ascii_digit())?;
    if group != other_mark && !matches!(group, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}') {
        return None;
    }
    let mut groups = whole.split(group);
    let first = groups.next()?;
    let leads = (1..=3).contains(&first.len()) && is_digits(first) && !first.starts_with('0');
    let rest = groups.all(|digits| digits.len() == 3 && is_digits(digits));
    (leads && rest).then(|| whole.split(group).collect())
}

/// An exponent of at most two digits.
fn exponent(text: &str) -> Option<i8> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    (is_digits(digits) && (1..=2).contains(&digits.len()))
        .then(|| text.parse().ok())
        .flatten()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::DecimalMark::{Comma, Point};
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        let cases = [
            ("12", Point, 12.0),
            ("-12.50", Point, -12.5),
            ("+.5", Point, 0.5),
            ("7.", Point, 7.0),
            ("1,234.5", Point, 1234.5),
            ("1,234", Point, 1234.0),
            ("1,234", Comma, 1.234),
            ("1.234,5", Comma, 1234.5),
            ("1.234", Comma, 1234.0),
            ("1.234.567", Comma, 1_234_567.0),
            ("12,5", Comma, 12.5),
            ("0.001", Point, 0.001),
            ("1 234 567,8", Comma, 1_234_567.8),
            ("1\u{202f}234,8", Comma, 1234.8),
            ("1'234.8", Point, 1234.8),
            ("1e5", Point, 1e5),
            ("1,5E-3", Comma, 1.5e-3),
            ("9.83E-05", Point, 9.83e-5),
            ("\u{2212}3.5", Point, -3.5),
            ("12 %", Point, 12.0),
            ("€ 12,50", Comma, 12.5),
            ("12,50€", Comma, 12.5),
            ("$1,000.00", Point, 1000.0),
        ];
        for (text, mark, value) in cases {
            let number = Number::read(text, mark).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(number.value(), value, "{text}");
        }
    }

    #[test]
    fn what_is_no_number() {
        let texts = [
            "",
            "-",
            ".",
            "%",
            "$",
            "NaN",
            "inf",
            "1e",
            "e3",
            "1e100",
            "1.5",
            "0.123",
            "1,2,3",
            "0x10",
            "--1",
            "1,234.5",
            "12 34",
            "1,5 x",
            "(5)",
            "1.234 567",
            "0.123.456",
            "1..2",
            "\u{663}",
            "%5",
            "5$%",
            "1.2.2026",
            "030 123 456",
        ];
        for text in texts {
            assert_eq!(Number::read(text, Comma), None, "{text}");
        }
        assert_eq!(Number::read("1,5", Point), None);
    }

    #[test]
    fn decimals_are_those_that_matter() {
        let cases = [
            ("12", 0),
            ("12.50", 1),
            ("0.001", 3),
            ("1e5", 0),
            ("1.5e3", 0),
            ("1.25e1", 1),
            ("1e-3", 3),
            ("100e-2", 0),
            ("120e-2", 1),
            ("0e-9", 0),
            ("-0.10", 1),
            ("2.0", 0),
        ];
        for (text, decimals) in cases {
            assert_eq!(
                Number::read(text, Point).unwrap().decimals(),
                decimals,
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_become_integers_without_floats() {
        let number = Number::read("1.234,565", Comma).unwrap();
        assert_eq!(number.scaled(2), Ok(123_457));
        assert_eq!(number.wide(6), Some(1_234_565_000));
        let card = Number::read("4111111111111111", Point).unwrap();
        assert!(matches!(card.scaled(0), Err(TableFault::OutOfRange(..))));
        assert_eq!(card.wide(0), Some(4_111_111_111_111_111));
        assert_eq!(Number::read("1e99", Point).unwrap().wide(0), None);
        assert!(Number::read("007", Point).unwrap().has_leading_zeros());
        assert!(!Number::read("0.7", Point).unwrap().has_leading_zeros());
    }

    #[test]
    fn a_mark_is_seen_where_one_reading_is_left() {
        let cases = [
            ("1.5", Evidence::Only(Point)),
            ("1,5", Evidence::Only(Comma)),
            ("0.123", Evidence::Only(Point)),
            ("1.234,00", Evidence::Only(Comma)),
            ("1234.567", Evidence::Only(Point)),
            ("1,234", Evidence::Either),
            ("1.234", Evidence::Either),
            ("1234", Evidence::Same),
            ("1.2.2026", Evidence::None),
        ];
        for (text, expected) in cases {
            assert_eq!(evidence(text), expected, "{text}");
        }
    }

    #[test]
    fn words_for_nothing() {
        assert!(
            ["", "NA", "NaN", "null", "-", "?", "N/A"]
                .iter()
                .all(|text| is_missing(text))
        );
        assert!(
            !["0", "no", "x", "unknown"]
                .iter()
                .any(|text| is_missing(text))
        );
    }
}
