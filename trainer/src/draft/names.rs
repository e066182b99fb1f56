//! Plain names for anything: inputs, heads and models are called by 1 to 32 of the characters a-z, 0-9, `-` and `_`.

use std::collections::BTreeSet;

/// Names that are taken, so that each is given once.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// The plain name for a column, a file or a folder; one that is taken gets a number.
    pub fn plain(&mut self, name: &str) -> String {
        let plain = plain(name);
        let mut candidate = plain.clone();
        let mut number = 2;
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{}-{number}", &plain[..plain.len().min(28)]);
            number += 1;
        }
        candidate
    }
}

/// The name in small letters without accents, with `_` for what has no plain letter.
pub fn plain(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' | '-' | '_' => plain.push(letter),
            'ä' | 'à' | 'á' | 'â' | 'ã' | 'å' => plain.push('a'),
            'ç' => plain.push('c'),
            'è' | 'é' | 'ê' | 'ë' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ñ' => plain.push('n'),
            'ö' | 'ò' | 'ó' | 'ô' | 'õ' | 'ø' => plain.push('o'),
            'ü' | 'ù' | 'ú' | 'û' => plain.push('u'),
            'ß' => plain.push_str("ss"),
            _ if !plain.ends_with('_') => plain.push('_'),
            _ => {}
        }
    }
    let plain: String = plain.trim_matches(['_', '-']).chars().take(32).collect();
    match plain.is_empty() {
        true => "model".to_owned(),
        false => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_a_plain_one() {
        let cases = [
            ("Größe (cm)", "grosse_cm"),
            ("default.payment.next.month", "default_payment_next_month"),
            ("客户", "model"),
            ("photo", "photo"),
        ];
        for (name, wanted) in cases {
            assert_eq!(plain(name), wanted);
        }
        let mut names = Names::default();
        assert_eq!(names.plain("客户"), "model");
        assert_eq!(names.plain("金额"), "model-2");
        assert_eq!(names.plain(&"x".repeat(40)).len(), 32);
        assert_eq!(names.plain(&"x".repeat(40)).len(), 30);
    }
}
