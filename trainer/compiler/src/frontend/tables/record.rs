//! Record frontend: fields fitted to training rows.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tillsense_core::frontend::record::transform;
use tillsense_core::model::records::{Field, FieldKind, Scale};

use crate::quant;

/// A field that owns its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FittedField {
    /// The field's name.
    pub name: String,
    kind: Kind,
}

/// [`FieldKind`] with text of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Number {
        decimals: u8,
        log: bool,
        center: i32,
        scale: Scale,
        flag: bool,
        one: i8,
    },
    Category {
        names: String,
        other: bool,
        one: i8,
    },
}

impl FittedField {
    /// A number fitted to training values (scaled integers, `None` where missing): its median becomes 0 and its
    /// spread 1, stored in steps of `step`.
    ///
    /// The logarithm is taken where `log` says so, or says nothing and the values have a long tail that it shortens; there is a flag where any is missing.
    pub fn number(
        name: &str,
        decimals: u8,
        values: &[Option<i32>],
        log: Option<bool>,
        step: f64,
    ) -> Self {
        let spread_of = |log| {
            let mut all: Vec<i32> = values
                .iter()
                .flatten()
                .map(|x| transform(*x, log))
                .collect();
            all.sort_unstable();
            Spread::of(&all)
        };
        let (plain, logarithmic) = (spread_of(false), spread_of(true));
        let helps = plain.tail() > LONG_TAIL && logarithmic.tail() < plain.tail();
        let log = log.unwrap_or(helps);
        let chosen = if log { logarithmic } else { plain };
        let (multiplier, shift) = quant::multiplier(1.0 / (chosen.spread * step));
        let kind = Kind::Number {
            decimals,
            log,
            center: chosen.median,
            scale: Scale { multiplier, shift },
            flag: values.contains(&None),
            one: one(step),
        };
        FittedField {
            name: name.to_owned(),
            kind,
        }
    }

    /// A category with all names in the training values, the most frequent first. Blank values count as missing, and
    /// so will names that are not among these.
    pub fn category(name: &str, values: &[&str], step: f64) -> Result<Self> {
        let mut counts = BTreeMap::new();
        for value in values.iter().filter(|v| !v.is_empty()) {
            ensure!(
                !value.contains('\n'),
                "field {name:?}: the category {value:?} contains a line break"
            );
            *counts.entry(*value).or_insert(0usize) += 1;
        }
        ensure!(
            !counts.is_empty(),
            "field {name:?}: no value in the training rows"
        );
        let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
        // Stable, so that equally frequent names stay in alphabetical order.
        names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let names: Vec<&str> = names.into_iter().map(|(name, _)| name).collect();
        let kind = Kind::Category {
            names: names.join("\n"),
            other: true,
            one: one(step),
        };
        Ok(FittedField {
            name: name.to_owned(),
            kind,
        })
    }

    /// The field's record.
    pub fn field(&self) -> Field<'_> {
        let kind = match &self.kind {
            &Kind::Number {
                decimals,
                log,
                center,
                scale,
                flag,
                one,
            } => FieldKind::Number {
                decimals,
                log,
                center,
                scale,
                flag,
                one,
            },
            Kind::Category { names, other, one } => FieldKind::Category {
                names,
                other: *other,
                one: *one,
            },
        };
        Field {
            name: &self.name,
            kind,
        }
    }
}

/// The field records, one after the other, as a model's field section holds them.
pub fn encode(fields: &[FittedField]) -> Result<Vec<u8>> {
    let mut section = Vec::new();
    for field in fields {
        section.extend(postcard::to_allocvec(&field.field()).context("encoding a field record")?);
    }
    Ok(section)
}

/// `value * 10^decimals` as the nearest integer; `None` for what is not a number or does not fit.
pub fn scaled(value: f64, decimals: u8) -> Option<i32> {
    let scaled = libm::round(value * 10f64.powi(decimals as i32));
    (scaled.abs() <= i32::MAX as f64).then_some(scaled as i32)
}

/// A 99 % quantile this many spreads from the median is a long tail; of a normal distribution it is 2.3.
const LONG_TAIL: f64 = 5.0;

/// The stored value of 1.0.
fn one(step: f64) -> i8 {
    libm::round(1.0 / step).clamp(1.0, 127.0) as i8
}

/// Location and width of sorted values.
#[derive(Clone, Copy)]
struct Spread {
    median: i32,
    /// As a deviation: the wider of the middle half and the middle nine tenths, each by its width in a normal distribution.
    spread: f64,
    /// The farther of the 1 % and 99 % quantiles from the median.
    far: f64,
}

impl Spread {
    fn of(sorted: &[i32]) -> Self {
        let at = |part: f64| match sorted {
            [] => 0.0,
            _ => sorted[libm::round(part * (sorted.len() - 1) as f64) as usize] as f64,
        };
        let median = at(0.5);
        let far = (at(0.99) - median).max(median - at(0.01));
        let wide = ((at(0.75) - at(0.25)) / 1.349).max((at(0.95) - at(0.05)) / 3.290);
        // Nearly constant: by the few values that differ, and where there is none, a step is a step.
        let rare = sorted
            .first()
            .zip(sorted.last())
            .map_or(0.0, |(first, last)| (*last as f64 - *first as f64) / 4.0);
        let spread = [wide, rare, 1.0]
            .into_iter()
            .find(|s| *s > 0.0)
            .unwrap_or(1.0);
        Spread {
            median: median as i32,
            spread,
            far,
        }
    }

    fn tail(&self) -> f64 {
        self.far / self.spread
    }
}

#[cfg(test)]
mod tests {
    use tillsense_core::frontend::record::{self, Value};
    use tillsense_core::model::records::{Keep, RecordParams, Span, View};

    use super::*;

    const STEP: f64 = 1.0 / 32.0;

    fn run(fields: &[FittedField], values: &[Value<'_>]) -> Vec<i8> {
        let section = encode(fields).unwrap();
        let width: usize = fields.iter().map(|f| record::width(&f.field().kind)).sum();
        let params = RecordParams {
            field_count: fields.len() as u8,
            fields: Span {
                offset: 0,
                len: section.len() as u32,
            },
            output: View {
                offset: 0,
                h: 1,
                w: 1,
                c: width as u16,
                zero_point: 0,
            },
            max_steps: 1,
            keep: Keep::Last,
        };
        assert_eq!(record::check(&params, &section), Ok(()));
        let mut output = vec![0; width];
        record::run(&params, &section, values, &mut output).unwrap();
        output
    }

    fn is_log(field: &FittedField) -> bool {
        matches!(field.kind, Kind::Number { log: true, .. })
    }

    #[test]
    fn even_values_are_taken_as_they_are() {
        let values: Vec<Option<i32>> = (2000..8001).map(Some).collect();
        let field = FittedField::number("age", 2, &values, None, STEP);
        assert!(!is_log(&field));
        // Interquartile range 3000, spread 2224.
        for (x, expected) in [
            (5000, 0),
            (7224, 32),
            (2776, -32),
            (50000, 127),
            (-50000, -127),
        ] {
            assert_eq!(
                run(std::slice::from_ref(&field), &[Value::Number(x)]),
                [expected]
            );
        }
    }

    #[test]
    fn long_tails_are_taken_by_their_logarithm() {
        let values: Vec<Option<i32>> = (0..2000)
            .map(|i| Some(libm::exp2(i as f64 / 100.0) as i32))
            .collect();
        let field = FittedField::number("amount", 0, &values, None, STEP);
        assert!(is_log(&field));
        let stored = |x| run(std::slice::from_ref(&field), &[Value::Number(x)])[0];
        assert!(
            stored(1023).abs() <= 1
                && stored(0) < -30
                && stored(1 << 20) > 30
                && stored(i32::MAX) < 127
        );
    }

    #[test]
    fn rare_and_constant_values_still_count() {
        let mut values = vec![Some(0); 1000];
        values[7] = Some(4);
        let rare = FittedField::number("visits", 0, &values, None, STEP);
        assert_eq!(run(std::slice::from_ref(&rare), &[Value::Number(0)]), [0]);
        assert!(run(&[rare], &[Value::Number(4)])[0] > 30);
        let constant = FittedField::number("c", 0, &[Some(5); 10], None, STEP);
        assert_eq!(run(&[constant], &[Value::Number(5)]), [0]);
        let nothing = FittedField::number("n", 0, &[None; 10], None, STEP);
        assert_eq!(run(&[nothing], &[Value::Missing]), [0, 32]);
    }

    #[test]
    fn missing_values_get_a_flag() {
        let field = FittedField::number("x", 0, &[Some(1), None, Some(3)], None, STEP);
        assert_eq!(
            run(std::slice::from_ref(&field), &[Value::Missing]),
            [0, 32]
        );
        assert_eq!(run(&[field], &[Value::Number(3)])[1], 0);
    }

    #[test]
    fn categories_are_sorted_by_frequency() {
        let field =
            FittedField::category("month", &["Feb", "Mar", "", "Feb", "Apr"], STEP).unwrap();
        assert_eq!(
            field.field().kind,
            FieldKind::Category {
                names: "Feb\nApr\nMar",
                other: true,
                one: 32
            }
        );
        assert_eq!(
            run(std::slice::from_ref(&field), &[Value::Name("Apr")]),
            [0, 32, 0]
        );
        assert_eq!(run(&[field], &[Value::Name("Dec")]), [0, 0, 0]);
        assert!(FittedField::category("x", &["", ""], STEP).is_err());
        assert!(FittedField::category("x", &["a\nb"], STEP).is_err());
    }

    #[test]
    fn decimals_become_integers() {
        assert_eq!(scaled(12.345, 2), Some(1235));
        assert_eq!(scaled(-0.005, 2), Some(-1));
        for bad in [f64::NAN, f64::INFINITY, 3e7] {
            assert_eq!(scaled(bad, 2), None);
        }
    }
}
