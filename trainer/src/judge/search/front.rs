//! The Pareto front of many networks.

/// Whether each of these (score, flash) is on the Pareto front: none scores as well with less flash, or better with as little. Of equal
/// ones the first is.
pub fn front(figures: &[(f64, u64)]) -> Vec<bool> {
    let beaten = |at: usize| {
        let (score, flash) = figures[at];
        figures.iter().enumerate().any(|(other, &(s, f))| {
            let as_good = s >= score && f <= flash;
            as_good && (s > score || f < flash || other < at)
        })
    };
    (0..figures.len()).map(|at| !beaten(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beaten_is_not_on_the_front() {
        let figures = [
            (0.9, 500),
            (0.8, 300),
            (0.8, 400),
            (0.95, 900),
            (0.9, 500),
            (0.7, 300),
            (0.6, 200),
        ];
        let wanted = [true, true, false, true, false, false, true];
        assert_eq!(front(&figures), wanted);
        assert!(front(&[]).is_empty());
        assert_eq!(front(&[(0.5, 10)]), [true]);
    }
}
