//! Figures in words.

/// A share as percent with two decimals.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A share that a person has written, as percent without needless zeros.
pub fn short_percent(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}

/// A number with thousands set apart.
pub fn grouped(number: impl TryInto<u64>) -> String {
    // A count that is no u64 does not occur; it would show as the largest.
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The candidate that a person most likely meant by `name`, where one is near: letters that are wrong, missing, added or swapped are
/// few beside its length. Upper and lower case do not count.
pub fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let distances = candidates.iter().map(|candidate| {
        let other = candidate.to_lowercase();
        let length = lower.chars().count().max(other.chars().count());
        (
            strsim::damerau_levenshtein(&lower, &other),
            length,
            *candidate,
        )
    });
    let near = distances.filter(|(distance, length, _)| *distance <= (length / 3).max(1));
    near.min_by_key(|(distance, ..)| *distance)
        .map(|(_, _, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_as_they_were_written() {
        for (share, text) in [(0.02, "2 %"), (0.005, "0.5 %"), (1.0 / 3.0, "33.3333 %")] {
            assert_eq!(short_percent(f64::from(share as f32)), text);
        }
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        let cases = [
            (0u64, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1234567, "1,234,567"),
        ];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_slip_of_the_hand_is_understood() {
        let known = ["customer", "country", "amount"];
        for (typed, meant) in [
            ("custmer", Some("customer")),
            ("Amuont", Some("amount")),
            ("contry", Some("country")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, &known), meant, "{typed}");
        }
    }
}
