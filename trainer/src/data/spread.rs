//! An even choice of some of many samples.

use tillsense_compiler::scatter::scatter;

/// `limit` of `len` numbers in rising order, one from each of as many equal stretches; all where there is no limit.
///
/// Which one is as good as random but always the same: at even distances a set whose classes take turns would lose some of them.
pub fn spread(len: usize, limit: Option<usize>) -> Vec<usize> {
    let count = limit.unwrap_or(len).min(len);
    let pick = |i: usize| {
        let (start, end) = (i * len / count, (i + 1) * len / count);
        let hash = scatter(i as u64 + 1);
        start + (hash >> 32) as usize % (end - start)
    };
    (0..count).map(pick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_keeps_classes_that_take_turns() {
        for count in [100, 500, 3000] {
            let numbers = spread(6000, Some(count));
            assert_eq!(numbers.len(), count);
            assert!(numbers.is_sorted_by(|a, b| a < b) && numbers.iter().all(|&n| n < 6000));
            for class in 0..10 {
                let share = numbers.iter().filter(|&n| n % 10 == class).count();
                assert!(share * 20 > count, "{share} of {count} are {class}");
            }
        }
        assert_eq!(spread(3, None), [0, 1, 2]);
        assert_eq!(spread(3, Some(9)), [0, 1, 2]);
        assert!(spread(0, Some(5)).is_empty());
    }
}
