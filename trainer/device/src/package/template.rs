//! Texts with words between two `@`.

/// A template with each of these words replaced.
pub(super) fn fill(template: &str, words: &[(&str, &str)]) -> String {
    let mut text = template.to_owned();
    for (word, value) in words {
        text = text.replace(&format!("@{word}@"), value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_wherever_they_stand() {
        let words = [("A", "one"), ("B", "two")];
        assert_eq!(fill("@A@, @B@, @A@; a@b", &words), "one, two, one; a@b");
    }
}
