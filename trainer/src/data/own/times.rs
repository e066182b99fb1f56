//! Times in a column of one form, and points in time that a description states.

use anyhow::{Result, anyhow, bail};

use crate::data::rows::numbers::is_missing;
use crate::data::rows::time::{TimeForm, forms};
use crate::data::rows::{TableFault, TableFile};

/// The form of all times of a column; the first of two where the cells leave that open, which is told.
pub fn form(table: &TableFile, column: usize) -> Result<(TimeForm, bool)> {
    let mut left: Option<Vec<TimeForm>> = None;
    table.for_each(|row| {
        let cell = row.get(column);
        if is_missing(cell) {
            return Ok(());
        }
        let here: Vec<TimeForm> = forms(cell).collect();
        let both: Vec<TimeForm> = match &left {
            None => here,
            Some(left) => left
                .iter()
                .copied()
                .filter(|form| here.contains(form))
                .collect(),
        };
        if both.is_empty() {
            let wanted = match left.as_deref() {
                Some([form, ..]) => form.words(),
                _ => "a date such as 2026-01-31 or 2026-01-31 12:30",
            };
            return Err(row.error(column, TableFault::NotATime(cell.to_owned(), wanted)));
        }
        left = Some(both);
        Ok(())
    })?;
    match left.as_deref() {
        Some([form]) => Ok((*form, false)),
        Some([form, ..]) => Ok((*form, true)),
        _ => bail!(
            "{}: column `{}` holds no time at all; name another column",
            table.path().display(),
            table.columns()[column]
        ),
    }
}

/// A point in time as a description states it, in milliseconds.
pub fn stated(field: &str, text: &str) -> Result<i64> {
    let read = forms(text).next().and_then(|form| form.read(text));
    read.ok_or_else(|| {
        anyhow!("{field}: `{text}` is no time; write it as 2026-01-31 or 2026-01-31 12:30:00")
    })
}

/// The day of a time in milliseconds, as `2026-01-31`: days from civil, after H. Hinnant, "chrono-compatible low-level date
/// algorithms" (2013).
pub fn day(millis: i64) -> String {
    let days = millis.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for text in [
            "1970-01-01",
            "2000-02-29",
            "2026-11-30",
            "2024-12-31",
            "1999-03-01",
        ] {
            assert_eq!(day(TimeForm::Iso.read(text).unwrap()), text);
        }
        assert_eq!(stated("data.after", "2026-01-31").unwrap() % 86_400_000, 0);
        assert!(
            stated("data.after", "soon")
                .unwrap_err()
                .to_string()
                .contains("data.after")
        );
    }
}
