//! Times as tables have them, as milliseconds since 1970-01-01 00:00 UTC.
//!
//! | form | examples |
//! |---|---|
//! | ISO 8601 | `2026-01-31`, `2026-01`, `2026/01/31`, `2026-01-31 12:30`, `2026-01-31T12:30:05.250Z`, `...+02:00` |
//! | day first | `31.01.2026`, `31.1.2026 12:30`, `31/01/2026`, `31-01-2026` |
//! | month first | `01/31/2026`, `1/31/2026 12:30:05` |
//! | seconds since 1970 | `1767225600` (from 2000 to 2050) |
//! | milliseconds since 1970 | `1767225600000` (from 2000 to 2050) |
//! | a count | `1`, `2`, `3.5`: steps of any unit, compared with one another only |
//!
//! A time without an offset is taken as UTC: the table knows its zone, and all its times are compared in the same one. Years have four digits, because
//! `01.02.03` is three dates. `01/02/2026` is two: the column's other cells decide, and where none has a day above 12, a person must.

use super::numbers::{DecimalMark, Number};

/// How the times of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeForm {
    /// Year, month, day.
    Iso,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMillis,
    /// A plain number.
    Count,
}

impl TimeForm {
    /// The form in words.
    pub const fn words(self) -> &'static str {
        match self {
            TimeForm::Iso => "year-month-day",
            TimeForm::DayFirst => "day.month.year",
            TimeForm::MonthFirst => "month/day/year",
            TimeForm::EpochSeconds => "seconds since 1970",
            TimeForm::EpochMillis => "milliseconds since 1970",
            TimeForm::Count => "a number",
        }
    }

    /// Reads a trimmed cell of this form.
    pub fn read(self, text: &str) -> Option<i64> {
        match self {
            TimeForm::Iso | TimeForm::DayFirst | TimeForm::MonthFirst => calendar(text, self),
            TimeForm::EpochSeconds => epoch(text)?.checked_mul(1000),
            TimeForm::EpochMillis => epoch(text),
            TimeForm::Count => Number::read(text, DecimalMark::Point)?.wide(3),
        }
    }
}

/// The forms that a cell may have; none where it is no time. [`TimeForm::Count`] is never among them, since every number is one.
pub fn forms(text: &str) -> impl Iterator<Item = TimeForm> + '_ {
    const DATES: [TimeForm; 3] = [TimeForm::Iso, TimeForm::DayFirst, TimeForm::MonthFirst];
    let dates = DATES
        .into_iter()
        .filter(|form| calendar(text, *form).is_some());
    let epochs = [TimeForm::EpochSeconds, TimeForm::EpochMillis];
    dates.chain(epochs.into_iter().filter(|form| {
        // Years 2000 to 2049: a wider range would take more numbers that are none.
        let plausible = 946_684_800_000..2_524_608_000_000;
        form.read(text)
            .is_some_and(|millis| plausible.contains(&millis))
    }))
}

fn epoch(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && text.len() <= 15)
        .then(|| text.parse().ok())
        .flatten()
}

/// A date, perhaps with a time of day behind it.
fn calendar(text: &str, form: TimeForm) -> Option<i64> {
    // The longest form has 35 characters, and a cell may have a million.
    if !(6..=40).contains(&text.len()) || !text.is_ascii() {
        return None;
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (text, None),
    };
    let day = date_of(date, form)?;
    let millis = match time {
        Some(time) => time_of(time)?,
        None => 0,
    };
    Some(day * 86_400_000 + millis)
}

/// Days since 1970-01-01.
fn date_of(text: &str, form: TimeForm) -> Option<i64> {
    let mark = text.chars().find(|c| !c.is_ascii_digit())?;
    let mut parts = text.split(mark);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match (form, mark, third) {
        (TimeForm::Iso, '-' | '/' | '.', Some(day)) => (first, second, day),
        (TimeForm::Iso, '-', None) => (first, second, "1"),
        (TimeForm::DayFirst, '.' | '/' | '-', Some(year)) => (year, second, first),
        (TimeForm::MonthFirst, '/' | '-', Some(year)) => (year, first, second),
        _ => return None,
    };
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    days(number(year)?, number(month)?, number(day)?)
}

/// Days since 1970-01-01 of a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) || year == 0 {
        return None;
    }
    // Years begin in March, so that the leap day is their last: then 153 days are five months.
    let year = if month <= 2 { year - 1 } else { year };
    let months = (month + 9) % 12;
    let before = 365 * year + year / 4 - year / 100 + year / 400;
    Some(before + (153 * months + 2) / 5 + day - 1 - 719_468)
}

/// Milliseconds since midnight, of a time of day with an offset perhaps: less than 0 where the offset says so.
fn time_of(text: &str) -> Option<i64> {
    let (clock, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => (text[..at].trim_end(), offset_of(&text[at..])?),
        None => (text, 0),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (
        two_digits(parts.next()?, 23)?,
        two_digits(parts.next()?, 59)?,
    );
    let (second, fraction) = match parts.next() {
        Some(second) => second.split_once(['.', ',']).unwrap_or((second, "")),
        None => ("0", ""),
    };
    // A leap second is taken as the one before.
    let second = two_digits(second, 60)?.min(59);
    if parts.next().is_some() || fraction.len() > 9 || clock.ends_with(['.', ',']) {
        return None;
    }
    let millis = match fraction {
        "" => 0,
        digits => number(&format!("{digits:0<3}")[..3]).filter(|_| number(digits).is_some())?,
    };
    Some(((hour * 60 + minute) * 60 + second) * 1000 + millis - offset)
}

/// `Z`, `+02:00`, `-0530`, `+02` in milliseconds.
fn offset_of(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replacen(':', "", 1);
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() {
        0
    } else {
        two_digits(minutes, 59)?
    };
    Some(sign * (two_digits(hours, 14)? * 60 + minutes) * 60_000)
}

fn two_digits(text: &str, most: i64) -> Option<i64> {
    let value = number(text)?;
    (text.len() <= 2 && value <= most).then_some(value)
}

/// Digits only, at most nine.
fn number(text: &str) -> Option<i64> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::TimeForm::{Count, DayFirst, EpochMillis, EpochSeconds, Iso, MonthFirst};
    use super::*;

    #[test]
    fn times_of_all_forms() {
        let noon = 1_769_862_600_000;
        let cases = [
            (Iso, "1970-01-01", 0),
            (Iso, "1969-12-31", -86_400_000),
            (Iso, "2000-02-29", 951_782_400_000),
            (Iso, "2026-01-31", 1_769_817_600_000),
            (Iso, "2026/1/31", 1_769_817_600_000),
            (Iso, "2026-01", 1_767_225_600_000),
            (Iso, "2026-01-31 12:30", noon),
            (Iso, "2026-01-31T12:30:00Z", noon),
            (Iso, "2026-01-31T14:30:00+02:00", noon),
            (Iso, "2026-01-31T07:00:00.000-0530", noon),
            (Iso, "2026-01-31T12:30:05.25", noon + 5250),
            (Iso, "2026-01-31T12:30:05.123456789", noon + 5123),
            (DayFirst, "31.01.2026", 1_769_817_600_000),
            (DayFirst, "31.1.2026 12:30", noon),
            (DayFirst, "31/01/2026", 1_769_817_600_000),
            (MonthFirst, "1/31/2026 12:30:00", noon),
            (EpochSeconds, "1769862600", noon),
            (EpochMillis, "1769862600000", noon),
            (Count, "3.5", 3500),
        ];
        for (form, text, millis) in cases {
            assert_eq!(form.read(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        let texts = [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-1-32",
            "26-01-31",
            "01.02.03",
            "1.2.3.2026",
            "2026-01-31T25:00",
            "2026-01-31T12",
            "2026-01-31T12:30+99:00",
            "2026-01-31T12:30:05.",
            "2026-01-31 noon",
            "0000-01-01",
            "31.01.2026Z",
            "12:30",
            "1-800-555-1234",
            "2026-01-31T12:30:05.12x",
        ];
        for text in texts {
            assert_eq!(forms(text).next(), None, "{text}");
        }
    }

    #[test]
    fn a_cell_may_have_two_forms() {
        let of = |text| forms(text).collect::<Vec<_>>();
        assert_eq!(of("01/02/2026"), [DayFirst, MonthFirst]);
        assert_eq!(of("13/02/2026"), [DayFirst]);
        assert_eq!(of("02/13/2026"), [MonthFirst]);
        assert_eq!(of("1769862600"), [EpochSeconds]);
        assert_eq!(of("1769862600000"), [EpochMillis]);
        assert!(of("41111111").is_empty());
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut expected = days(1900, 1, 1).unwrap();
        for year in 1900..2300 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(number) = days(year, month, day) {
                        assert_eq!(number, expected, "{year}-{month}-{day}");
                        expected += 1;
                    }
                }
            }
        }
        assert_eq!(
            expected - days(1900, 1, 1).unwrap(),
            146_097,
            "days of four centuries"
        );
    }
}
