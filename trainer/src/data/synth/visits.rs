//! Visits to a web shop: each visitor has a hidden interest that moves pages, times, exit rates, page values and the purchase.

use tillsense_compiler::run::sample::Cell;

use super::super::dice::{Dice, logistic};
use super::super::shoppers;
use super::super::types::{Column, ColumnKind, Split, Visits};
use super::{Size, stream};

/// Simulated visits; about 15 % end in a purchase.
pub fn visits(size: Size, seed: u64) -> Split<Visits> {
    Split {
        train: part(size.train, &mut Dice::new(seed, stream::VISITS)),
        test: part(size.test, &mut Dice::new(seed, stream::VISITS + 1)),
    }
}

/// Frequency of each month, about per thousand.
static MONTHS: [u32; 12] = [0, 15, 155, 0, 273, 23, 35, 35, 36, 45, 243, 140];
static SYSTEMS: [u32; 8] = [210, 535, 207, 39, 1, 2, 1, 6];
static BROWSERS: [u32; 13] = [200, 646, 9, 60, 38, 14, 4, 11, 1, 13, 1, 1, 5];
static REGIONS: [u32; 9] = [388, 92, 195, 96, 26, 65, 62, 35, 41];
static TRAFFIC: [u32; 20] = [
    199, 317, 166, 87, 21, 36, 3, 28, 3, 37, 20, 1, 60, 1, 3, 1, 1, 1, 1, 16,
];
const NOVEMBER: usize = 10;

fn part(count: usize, dice: &mut Dice) -> Visits {
    let mut set = shoppers::empty();
    for _ in 0..count {
        visit(&mut set, dice);
    }
    set
}

/// Draws one visit; the order of the draws decides the bytes of the set.
fn visit(set: &mut Visits, dice: &mut Dice) {
    let interest = dice.normal();
    let kind = dice.weighted(&[855, 138, 7]);
    let month = dice.weighted(&MONTHS);
    let fresh = if kind == 1 { 1.0 } else { 0.0 };

    let products =
        libm::floor(libm::exp(2.7 + 0.55 * interest + 0.95 * dice.normal())).clamp(0.0, 705.0);
    let product_time = products * libm::exp(3.4 + 0.15 * interest + 0.55 * dice.normal());
    let administrative = pages(dice, 0.5 + 0.5 * interest, 27.0);
    let administrative_time = administrative * libm::exp(3.3 + 0.8 * dice.normal());
    let informational = pages(dice, -0.9 + 0.3 * interest, 24.0);
    let informational_time = informational * libm::exp(3.5 + 1.0 * dice.normal());

    let bounced = products <= 3.0 && dice.chance(0.5);
    let exit = 0.028 * libm::exp(-0.45 * interest - 0.3 * fresh + 0.6 * dice.normal());
    let exit = if bounced { 0.2 } else { exit.clamp(0.0, 0.2) };
    let bounce = if bounced {
        0.2
    } else {
        (exit - 0.025 * dice.unit()).max(0.0)
    };
    let valued = dice.chance(logistic(-1.6 + 1.2 * interest));
    let value = if valued {
        libm::exp(2.6 + 0.9 * dice.normal()).min(361.0)
    } else {
        0.0
    };
    let special = if dice.chance(0.1) {
        0.2 * (1 + dice.below(5)) as f64
    } else {
        0.0
    };

    let urge = urge(interest, valued.then_some(value), month, fresh, bounced);
    set.labels.push(u8::from(dice.chance(logistic(urge))));

    let numbers = [
        administrative,
        administrative_time,
        informational,
        informational_time,
        products,
        product_time.min(60_000.0),
        bounce,
        exit,
        value,
        special,
    ];
    let names = [
        month,
        dice.weighted(&SYSTEMS),
        dice.weighted(&BROWSERS),
        dice.weighted(&REGIONS),
        dice.weighted(&TRAFFIC),
        kind,
        dice.weighted(&[767, 233]),
    ];
    push_record(set, &numbers, &names);
}

/// The logit of a purchase; `value` is the page value where there is one.
fn urge(interest: f64, value: Option<f64>, month: usize, fresh: f64, bounced: bool) -> f64 {
    -3.15
        + 0.7 * interest
        + value.map_or(0.0, |value| 2.0 + 0.03 * value.min(40.0))
        + if month == NOVEMBER { 0.6 } else { 0.0 }
        + 0.4 * fresh
        - if bounced { 2.0 } else { 0.0 }
}

/// Adds a record: its numbers come first, then the categories.
fn push_record(set: &mut Visits, numbers: &[f64], names: &[usize]) {
    let (first, last) = shoppers::COLUMNS.split_at(numbers.len());
    set.records.cells.extend(
        first
            .iter()
            .zip(numbers)
            .map(|(column, value)| number(column, *value)),
    );
    set.records.cells.extend(
        last.iter()
            .zip(names)
            .map(|(column, index)| name(column, *index)),
    );
}

/// Number of pages of a kind that most visitors leave out.
fn pages(dice: &mut Dice, mean: f64, most: f64) -> f64 {
    libm::floor(libm::exp(mean + 0.9 * dice.normal())).clamp(0.0, most)
}

fn number(column: &Column, value: f64) -> Cell<'static> {
    match column.kind {
        ColumnKind::Number { decimals } => {
            Cell::Number(libm::round(value * f64::from(10u32.pow(decimals.into()))) as i32)
        }
        ColumnKind::Category(_) => Cell::Missing,
    }
}

fn name(column: &Column, index: usize) -> Cell<'static> {
    match column.kind {
        ColumnKind::Category(names) => Cell::Name(names[index]),
        ColumnKind::Number { .. } => Cell::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_everywhere() {
        let set = visits(Size::new(20, 10), 1);
        let text = format!("{set:?}");
        assert_eq!(super::super::digest(text.bytes()), "226271c6dc4248f7");
    }

    #[test]
    fn plausible_and_learnable() {
        let set = visits(Size::new(4000, 1), 2).train;
        let positive = set.labels.iter().filter(|&&label| label == 1).count();
        assert!((480..760).contains(&positive), "{positive} of 4000");
        assert!(set.records.cells.iter().all(|cell| *cell != Cell::Missing));
        // As in the real set, page values are the strongest sign of a purchase.
        let valued = |index: &usize| set.records.row(*index)[8] != Cell::Number(0);
        let (valued, rest): (Vec<usize>, Vec<usize>) = (0..4000).partition(valued);
        let rate = |group: &[usize]| {
            group
                .iter()
                .filter(|&&index| set.labels[index] == 1)
                .count() as f64
                / group.len() as f64
        };
        assert!(
            rate(&valued) > 0.3 && rate(&valued) < 0.7,
            "{}",
            rate(&valued)
        );
        assert!(rate(&rest) > 0.01 && rate(&rest) < 0.12, "{}", rate(&rest));
    }
}
