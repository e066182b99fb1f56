//! Figures of merit.

/// Part of the rows whose largest value is at the label; `None` without rows. Among equal values the first counts.
pub fn accuracy(rows: &[Vec<f32>], labels: &[u16]) -> Option<f64> {
    top_k(rows, labels, 1)
}

/// Part of the rows whose label is among the k largest values; `None` without rows. Among equal values the first counts.
pub fn top_k(rows: &[Vec<f32>], labels: &[u16], k: usize) -> Option<f64> {
    let hits = rows.iter().zip(labels).filter(|(row, label)| {
        let at = usize::from(**label);
        let Some(&own) = row.get(at) else {
            return false;
        };
        let before = row
            .iter()
            .enumerate()
            .filter(|&(i, &v)| v > own || (v == own && i < at))
            .count();
        before < k
    });
    let hits = hits.count() as f64;
    (!rows.is_empty()).then(|| hits / rows.len() as f64)
}

/// Area under the ROC curve: the chance that a positive sample scores above a negative one, ties counting half.
///
/// By ranks (Mann & Whitney 1947), exact. `None` where one of the classes is missing: there is no pair to compare.
pub fn auc(scores: &[f32], positive: &[bool]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len().min(positive.len())).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let positives = order.iter().filter(|&&i| positive[i]).count() as f64;
    let negatives = order.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let (mut below, mut wins) = (0.0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let up = tied.iter().filter(|&&i| positive[i]).count() as f64;
        let down = tied.len() as f64 - up;
        wins += up * (below + down / 2.0);
        below += down;
    }
    Some(wins / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auc_counts_pairs() {
        let cases: [(&[f32], &[bool], f64); 5] = [
            (&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true], 0.75),
            (&[1.0, 2.0, 3.0], &[false, false, true], 1.0),
            (&[3.0, 2.0, 1.0], &[false, false, true], 0.0),
            (&[1.0, 1.0, 1.0], &[false, true, true], 0.5),
            (&[1.0, 2.0, 2.0, 3.0], &[false, true, false, true], 0.875),
        ];
        for (scores, positive, want) in cases {
            let got = auc(scores, positive).unwrap();
            assert!((got - want).abs() < 1e-12, "{scores:?}");
        }
    }

    #[test]
    fn what_has_no_meaning_is_no_number() {
        assert_eq!(auc(&[1.0, 2.0], &[true, true]), None, "one class only");
        assert_eq!(auc(&[1.0, 2.0], &[false, false]), None);
        assert_eq!(auc(&[], &[]), None);
        assert_eq!(accuracy(&[], &[]), None);
        assert_eq!(top_k(&[], &[], 3), None);
    }

    #[test]
    fn auc_agrees_with_counting() {
        let scores: Vec<f32> = (0..60).map(|i| ((i * 37) % 11) as f32).collect();
        let positive: Vec<bool> = (0..60).map(|i| (i * 13) % 5 < 2).collect();
        let (mut wins, mut pairs) = (0.0, 0.0);
        for i in (0..60).filter(|&i| positive[i]) {
            for j in (0..60).filter(|&j| !positive[j]) {
                pairs += 1.0;
                wins += if scores[i] > scores[j] {
                    1.0
                } else {
                    f64::from(u8::from(scores[i] == scores[j])) / 2.0
                };
            }
        }
        assert!((auc(&scores, &positive).unwrap() - wins / pairs).abs() < 1e-12);
    }

    #[test]
    fn first_of_equal_values_counts() {
        let rows = [vec![1.0, 1.0, 0.0], vec![0.0, 2.0, 1.0]];
        assert_eq!(accuracy(&rows, &[0, 1]), Some(1.0));
        assert_eq!(accuracy(&rows, &[1, 2]), Some(0.0));
        assert_eq!(top_k(&rows, &[1, 2], 2), Some(1.0));
    }
}
