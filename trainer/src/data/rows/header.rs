//! The names of columns.

use std::collections::HashMap;

use super::cells::Cells;
use super::fault::TableFault;
use super::numbers::{DecimalMark, Number};

/// The names on the first line, each its own.
pub(super) fn names(cells: &Cells) -> Result<Vec<String>, TableFault> {
    let names: Vec<String> = (0..cells.len())
        .map(|column| {
            cells
                .get(column)
                .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
                .to_owned()
        })
        .collect();
    if let Some(value) = values_for_names(&names) {
        return Err(TableFault::NoHeader(value.to_owned()));
    }
    require_names(&names)?;
    Ok(names)
}

/// Requires that every column has a name, and no two the same.
pub(super) fn require_names(names: &[String]) -> Result<(), TableFault> {
    let mut places = HashMap::new();
    for (place, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(TableFault::NoName(place + 1));
        }
        if let Some(before) = places.insert(name, place) {
            return Err(TableFault::SameName(name.clone(), before + 1, place + 1));
        }
    }
    Ok(())
}

/// A name that is a value. Years and the numbers of columns, which pandas writes from 0, are names; `5.1`, `-3` and a line of numbers only are not.
fn values_for_names(names: &[String]) -> Option<&str> {
    let is_fraction =
        |name: &str| number(name).is_some_and(|n| n.decimals() > 0 || n.value() < 0.0);
    if let Some(value) = names.iter().find(|name| is_fraction(name)) {
        return Some(value);
    }
    let counted = names
        .iter()
        .enumerate()
        .all(|(place, name)| name.parse() == Ok(place));
    let all = names.iter().all(|name| number(name).is_some());
    (all && !counted)
        .then(|| names.first().map(String::as_str))
        .flatten()
}

fn number(name: &str) -> Option<Number<'_>> {
    let read = |mark| Number::read(name, mark);
    read(DecimalMark::Point).or_else(|| read(DecimalMark::Comma))
}
