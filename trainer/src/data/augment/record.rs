//! Noise on the numbers of records.

use crate::data::dice::Dice;

/// Stored steps of one deviation of the training data.
const DEVIATION: f64 = 32.0;

/// Adds noise of `deviation` deviations to the values that are numbers; `numbers` tells which of a record's values are.
pub(super) fn jitter(values: &mut [i8], numbers: &[bool], deviation: f32, dice: &mut Dice) {
    if deviation == 0.0 {
        return;
    }
    for record in values.chunks_exact_mut(numbers.len().max(1)) {
        for (value, _) in record.iter_mut().zip(numbers).filter(|(_, is)| **is) {
            let noisy = f64::from(*value) + DEVIATION * f64::from(deviation) * dice.normal();
            *value = libm::round(noisy.clamp(-128.0, 127.0)) as i8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_get_noise() {
        let mut values: Vec<i8> = [32, 0, 64].repeat(500);
        jitter(
            &mut values,
            &[true, false, false],
            0.25,
            &mut Dice::new(1, 1),
        );
        assert!(values.chunks(3).all(|r| r[1..] == [0, 64]));
        let noise = values.chunks(3).map(|r| f64::from(r[0]) - 32.0);
        let power = noise.map(|n| n * n).sum::<f64>() / 500.0;
        assert!((power.sqrt() - 8.0).abs() < 1.0, "{power}");
    }
}
