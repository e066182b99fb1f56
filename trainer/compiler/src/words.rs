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

/// The candidate that a person may have meant by a name that is none of them; of equally near ones the first.
///
/// Letters left out, put in, changed or swapped count one each, and at most a third of the name's letters may differ: a name
/// that is farther off would be a guess.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let letters = wanted.chars().count();
    if letters > MOST_COMPARED {
        return None;
    }
    let most = (letters / 3).max(1);
    let near = candidates.into_iter().filter_map(|candidate| {
        let other = candidate.to_lowercase();
        // Lengths that differ by more cannot be near, and the comparison takes their product.
        if other.chars().count().abs_diff(letters) > most {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&wanted, &other);
        // Names that have no letter in common are not near, however short.
        (distance <= most && distance < letters).then_some((distance, candidate))
    });
    near.min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The question whether a person meant the nearest of these names, to go at the end of an error; empty where none is near.
pub fn meant<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let found = nearest(name, candidates);
    found.map_or(String::new(), |found| format!("; did you mean `{found}`?"))
}

/// Letters of a name up to which another is looked for.
const MOST_COMPARED: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_what_a_person_meant() {
        let names = ["amount", "currency", "Kaufdatum", "id", "größe"];
        let cases = [
            ("amonut", Some("amount")),
            ("Amount", Some("amount")),
            ("curency", Some("currency")),
            ("kaufdatun", Some("Kaufdatum")),
            ("grösse", Some("größe")),
            ("ids", Some("id")),
            ("weather", None),
            ("xy", None),
            ("", None),
        ];
        for (name, meant) in cases {
            assert_eq!(nearest(name, names), meant, "{name}");
        }
        assert_eq!(nearest("a1", ["a2", "a3"]), Some("a2"));
        assert_eq!(nearest("z", ["a", "b"]), None);
        assert_eq!(meant("curency", names), "; did you mean `currency`?");
        assert_eq!(meant("weather", names), "");
        assert_eq!(nearest(&"x".repeat(101), [&*"x".repeat(101)]), None);
    }

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
}
