//! Words left out of texts.

use crate::data::dice::Dice;

/// Leaves out each word with this probability; one word always stays.
pub(super) fn drop_words(text: &str, probability: f32, dice: &mut Dice) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() < 2 {
        return text.to_owned();
    }
    let spared = dice.below(words.len());
    let kept = words.iter().enumerate().filter(|&(place, _)| {
        let dropped = dice.chance(probability.into());
        place == spared || !dropped
    });
    kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_but_never_all() {
        let mut kept = 0;
        for n in 0..300 {
            let text = drop_words("where is my new card", 0.4, &mut Dice::new(1, n));
            let words: Vec<_> = text.split(' ').collect();
            assert!(!text.is_empty() && words.len() <= 5);
            kept += words.len();
        }
        // One of five is spared, of the other four 60 % stay: 3.4 of 5.
        assert!((kept as f64 / 300.0 - 3.4).abs() < 0.2, "{kept}");
        assert_eq!(drop_words("card", 0.9, &mut Dice::new(1, 1)), "card");
        assert!(!drop_words("my card", 0.95, &mut Dice::new(1, 2)).is_empty());
    }
}
