//! Numbers that sum up the records of a sequence, so that a sample has one of each: how many records there are, the mean of a number
//! over them, and the share of those with a name of a category.

use std::collections::BTreeMap;

use tillsense_compiler::run::sample::{Cell, Raw};
use tillsense_compiler::text::brief;

use crate::data::dataset::{FieldType, InputColumn};

/// Names of a category whose shares are looked at: the most frequent ones.
const MOST_NAMES: usize = 16;
/// The share of all records.
const WHOLE: usize = 1000;

/// What of a sample's input is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// A cell of a record.
    Cell(usize),
    /// The number of records.
    Records,
    /// The mean of a number.
    Mean(usize),
    /// The part of the records that have a name, in thousandths.
    Share(usize, String),
}

impl Look {
    /// What is looked at of a sequence, whose training values are `rows`.
    pub fn of_sequence<'a>(input: &InputColumn, rows: impl Iterator<Item = Raw<'a>>) -> Vec<Look> {
        let mut names: Vec<BTreeMap<String, u64>> = vec![BTreeMap::new(); input.fields.len()];
        for raw in rows {
            let Raw::Sequence(records) = raw else {
                continue;
            };
            for record in &records {
                for (cell, names) in record.iter().zip(&mut names) {
                    let Some(name) = cell.name() else { continue };
                    match names.get_mut(name) {
                        Some(count) => *count += 1,
                        None => drop(names.insert(name.to_owned(), 1)),
                    }
                }
            }
        }
        let mut looks = vec![Look::Records];
        for (place, (field, names)) in input.fields.iter().zip(names).enumerate() {
            if field.kind != FieldType::Category {
                looks.push(Look::Mean(place));
                continue;
            }
            let mut names: Vec<(String, u64)> = names.into_iter().collect();
            names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let frequent = names.into_iter().take(MOST_NAMES);
            looks.extend(frequent.map(|(name, _)| Look::Share(place, name)));
        }
        looks
    }

    /// What a sample shows; `None` where it lacks the input.
    pub fn at<'a>(&self, raw: &Raw<'a>) -> Option<Cell<'a>> {
        match (self, raw) {
            (Look::Cell(place), Raw::Record(cells)) => cells.get(*place).copied(),
            (Look::Records, Raw::Sequence(records)) => Some(Cell::Number(records.len() as i32)),
            (Look::Mean(place), Raw::Sequence(records)) => {
                let numbers = records.iter().filter_map(|record| record[*place].number());
                let (mut sum, mut count) = (0, 0);
                for number in numbers {
                    sum += i64::from(number);
                    count += 1;
                }
                // The mean of numbers of 32 bits is one.
                Some(match count {
                    0 => Cell::Missing,
                    count => Cell::Number(sum.div_euclid(count) as i32),
                })
            }
            (Look::Share(place, name), Raw::Sequence(records)) => {
                let named = |record: &&Vec<Cell<'_>>| record[*place].name() == Some(name.as_str());
                let count = records.iter().filter(named).count();
                Some(match records.len() {
                    0 => Cell::Missing,
                    all => Cell::Number((WHOLE * count / all) as i32),
                })
            }
            _ => None,
        }
    }

    /// It in words, as the subject of a finding.
    pub fn words(&self, input: &InputColumn) -> String {
        let column = |place: &usize| &input.fields[*place].name;
        match self {
            Look::Cell(place) => format!("column `{}`", column(place)),
            Look::Records => format!("input {}: the number of records", input.name),
            Look::Mean(place) => format!("input {}: the mean of `{}`", input.name, column(place)),
            Look::Share(place, name) => format!(
                "input {}: the share of `{}` in `{}`",
                input.name,
                brief(name),
                column(place)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{Field, InputKind};

    #[test]
    fn records_are_summed_up() {
        let field = |name: &str, kind| Field {
            name: name.to_owned(),
            kind,
        };
        let number = FieldType::Number {
            decimals: 0,
            log: None,
        };
        let input = InputColumn {
            name: "history".to_owned(),
            kind: InputKind::Sequence,
            fields: vec![field("sum", number), field("shop", FieldType::Category)],
        };
        let record = |sum, shop| vec![Cell::Number(sum), Cell::Name(shop)];
        let empty = vec![Cell::Missing, Cell::Missing];
        let raw = Raw::Sequence(vec![record(3, "a"), record(-8, "b"), record(1, "b"), empty]);
        let looks = Look::of_sequence(&input, [raw.clone(), Raw::Absent].into_iter());
        let shown: Vec<_> = looks
            .iter()
            .map(|look| (look.words(&input), look.at(&raw)))
            .collect();
        let of = |words: &str, number| {
            (
                format!("input history: {words}"),
                Some(Cell::Number(number)),
            )
        };
        assert_eq!(
            shown,
            [
                of("the number of records", 4),
                of("the mean of `sum`", -2),
                of("the share of `b` in `shop`", 500),
                of("the share of `a` in `shop`", 250),
            ]
        );
        assert!(looks.iter().all(|look| look.at(&Raw::Absent).is_none()));
        let none = Raw::Sequence(Vec::new());
        let shown: Vec<_> = looks.iter().map(|look| look.at(&none).unwrap()).collect();
        assert_eq!(shown[0], Cell::Number(0));
        assert!(shown[1..].iter().all(|cell| *cell == Cell::Missing));
    }
}
