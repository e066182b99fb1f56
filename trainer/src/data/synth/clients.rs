//! Card clients, simulated month by month: each has a hidden solvency that moves limit, spending, payments, delays and the label.

use tillsense_compiler::run::sample::Cell;

use super::super::credit;
use super::super::dice::{Dice, logistic};
use super::super::types::{Clients, Column, ColumnKind, MONTHS, Split};
use super::{Size, stream};

/// Simulated clients; about 22 % do not pay in the month after the last.
pub fn clients(size: Size, seed: u64) -> Split<Clients> {
    Split {
        train: part(size.train, &mut Dice::new(seed, stream::CLIENTS)),
        test: part(size.test, &mut Dice::new(seed, stream::CLIENTS + 1)),
    }
}

fn part(count: usize, dice: &mut Dice) -> Clients {
    let mut set = credit::empty();
    for _ in 0..count {
        client(&mut set, dice);
    }
    set
}

fn client(set: &mut Clients, dice: &mut Dice) {
    let solvency = dice.normal();
    let limit = libm::exp(11.7 + 0.35 * solvency + 0.8 * dice.normal());
    let limit = (libm::round(limit / 10_000.0) * 10_000.0).clamp(10_000.0, 1_000_000.0);
    let education = if dice.chance(logistic(0.6 * solvency - 0.6)) {
        1
    } else {
        2 + dice.weighted(&[70, 28, 2])
    };
    let age = (34.0 + 9.0 * dice.normal()).abs().clamp(21.0, 79.0);
    let [_, sex, schooling, marriage, _] = &credit::CLIENT_COLUMNS;
    set.records.cells.extend([
        number(limit),
        name(sex, dice.weighted(&[40, 60])),
        name(schooling, education),
        name(marriage, 1 + dice.weighted(&[45, 53, 2])),
        number(age),
    ]);

    let debt = history(set, solvency, limit, dice);
    let strain = -1.95 - 0.5 * solvency
        + 1.1 * f64::from(debt.late.min(3))
        + 0.25 * f64::from(debt.late_months)
        + 0.8 * (debt.balance / limit - 0.4);
    set.labels.push(u8::from(dice.chance(logistic(strain))));
}

/// A client's debt after the last month.
struct Debt {
    balance: f64,
    /// Months that the payment is late.
    late: u32,
    /// Number of months at whose end the client was late.
    late_months: u32,
}

/// Simulates the months of a client.
fn history(set: &mut Clients, solvency: f64, limit: f64, dice: &mut Dice) -> Debt {
    // Some clients pay in full each month, others carry a balance.
    let in_full = dice.chance(logistic(0.8 * solvency - 0.6));
    let mut balance = if in_full {
        0.0
    } else {
        limit * logistic(-0.6 * solvency + dice.normal())
    };
    let (mut late, mut late_months) = (0u32, 0);
    for _ in 0..MONTHS {
        let spent = limit * 0.08 * libm::exp(0.9 * dice.normal() - 0.5);
        let active = dice.chance(0.9);
        let bill = libm::round((balance + if active { spent } else { 0.0 }).min(1.2 * limit));
        let missed = bill > 0.0
            && dice.chance(logistic(
                -2.9 - 0.9 * solvency + 1.6 * f64::from(late.min(2)),
            ));
        late = if missed {
            (late + 1).min(8)
        } else {
            late.saturating_sub(2)
        };
        late_months += u32::from(late > 0);
        let share = match (missed, in_full) {
            (true, _) => 0.0,
            (false, true) => 1.0,
            (false, false) => 0.03 + 0.12 * dice.unit(),
        };
        let paid = libm::round(bill * share);
        balance = bill - paid;
        let status = match (late, in_full) {
            (0, true) if bill == 0.0 => "-2",
            (0, true) => "-1",
            (0, false) => "0",
            (months, _) => delay(months),
        };
        set.months
            .cells
            .extend([Cell::Name(status), number(bill), number(paid)]);
    }
    Debt {
        balance,
        late,
        late_months,
    }
}

fn number(value: f64) -> Cell<'static> {
    Cell::Number(libm::round(value) as i32)
}

fn name(column: &Column, index: usize) -> Cell<'static> {
    match column.kind {
        ColumnKind::Category(names) => Cell::Name(names[index]),
        ColumnKind::Number { .. } => Cell::Missing,
    }
}

/// The published code of a delay of 1 to 8 months.
fn delay(months: u32) -> &'static str {
    match credit::MONTH_COLUMNS[0].kind {
        ColumnKind::Category(names) => names[2 + months as usize],
        ColumnKind::Number { .. } => "0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_everywhere() {
        let set = clients(Size::new(20, 10), 1);
        let text = format!("{set:?}");
        assert_eq!(super::super::digest(text.bytes()), "01c1d6ef34f19f39");
    }

    #[test]
    fn plausible_and_learnable() {
        let set = clients(Size::new(4000, 1), 2).train;
        assert_eq!((set.records.len(), set.months.len()), (4000, 24_000));
        let positive = set.labels.iter().filter(|&&label| label == 1).count();
        assert!((720..1040).contains(&positive), "{positive} of 4000");
        // Clients who were late in the last month pay less often.
        let late =
            |index: &usize| !matches!(set.history(*index)[5][0], Cell::Name("-2" | "-1" | "0"));
        let (late, in_time): (Vec<usize>, Vec<usize>) = (0..4000).partition(late);
        let rate = |group: &[usize]| {
            group
                .iter()
                .filter(|&&index| set.labels[index] == 1)
                .count() as f64
                / group.len() as f64
        };
        assert!(late.len() > 300, "{}", late.len());
        assert!(rate(&late) > 0.4 && rate(&late) < 0.85, "{}", rate(&late));
        assert!(
            rate(&in_time) > 0.05 && rate(&in_time) < 0.25,
            "{}",
            rate(&in_time)
        );
    }
}
