//! What the tables of `frontend/unicode` hold, by definition, from the Unicode data of the crates.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{
    canonical_combining_class, decompose_canonical, decompose_compatible,
};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The version that the tables are made from, and that both crates hold.
pub const VERSION: &str = "17.0.0";

/// What a character that is its own small letter does in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Separates words.
    Gap = 0,
    /// Is part of a word.
    Word = 1,
    /// Vanishes.
    Silent = 2,
    /// Is part of a word, and may change places with other marks.
    Mark = 3,
}

/// Whether Unicode says what this character is.
pub fn is_assigned(c: char) -> bool {
    use GeneralCategory::{PrivateUse, Unassigned};
    !matches!(c.general_category(), Unassigned | PrivateUse)
}

/// All characters that Unicode says something about.
pub fn assigned() -> impl Iterator<Item = char> {
    ('\0'..=char::MAX).filter(|&c| is_assigned(c))
}

/// Whether a form is one syllable of Hangul.
pub fn is_syllable(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// The class of a character, and of a sign that is the same as another, of the other.
pub fn class(c: char) -> Class {
    let mut same = Vec::new();
    decompose_canonical(c, |piece| same.push(piece));
    match same[..] {
        _ if is_wide(c) => class_of_itself(std::iter::once(c).nfkc().next().unwrap_or(c)),
        [same] => class_of_itself(same),
        _ => class_of_itself(c),
    }
}

fn class_of_itself(c: char) -> Class {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    match canonical_combining_class(c) {
        0 => {}
        // Nukta, dakuten, virama; length marks and vowels of Telugu, Thai, Lao, Tibetan.
        6..=9 | 84..=132 => return Class::Mark,
        _ => return Class::Silent,
    }
    let mark = matches!(
        c.general_category(),
        EnclosingMark | NonspacingMark | SpacingMark
    );
    // Unicode does not call all signs inside Thai and Lao words alphabetic.
    let thai = mark && ('\u{e00}'..='\u{eff}').contains(&c);
    if is_apostrophe(c) {
        Class::Silent
    } else if c.is_alphanumeric() || thai {
        Class::Word
    } else if mark {
        Class::Silent
    } else {
        Class::Gap
    }
}

/// Vanishes without being a mark: apostrophes, soft hyphen, zero-width space, joiners and byte order mark.
fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '´' | 'ʼ' | '‘' | '’' | '‛' | '＇' | '\u{ad}' | '\u{200b}'
            ..='\u{200d}' | '\u{feff}'
    )
}

/// The small letter that a letter shares with its capital.
fn folded(c: char) -> char {
    let single = |mut all: &mut dyn Iterator<Item = char>| {
        let first = (&mut all).next();
        first.filter(|&c| all.next().is_none() && is_assigned(c))
    };
    let capital = single(&mut c.to_uppercase()).unwrap_or(c);
    single(&mut capital.to_lowercase()).unwrap_or(c)
}

/// Letters that are written with others, though Unicode does not decompose them.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ŀ' | 'ł' => "l",
        'ø' => "o",
        'œ' => "oe",
        'ß' => "ss",
        'ŧ' => "t",
        'þ' => "th",
        _ => return None,
    })
}

/// Forms of letters that only compatibility decomposes and the frontend folds: ligatures, Croatian digraphs, full width.
fn is_form(c: char) -> bool {
    matches!(c as u32,
        0x132..=0x133 | 0x149 | 0x1c4..=0x1cc | 0x1f1..=0x1f3 | 0x587 | 0x1e9a | 0xfb00..=0xfb06 | 0xfb13..=0xfb17)
        || is_wide(c)
}

/// Full and half width.
pub fn is_wide(c: char) -> bool {
    matches!(c as u32, 0xff10..=0xff19 | 0xff21..=0xff3a | 0xff40..=0xff5a | 0xff66..=0xff9f)
}

/// Half-width consonants and vowels of Hangul, to those that stand alone.
pub fn standing_alone(c: char) -> Option<char> {
    let (code, from, to) = match c as u32 {
        code @ 0xffa1..=0xffbe => (code, 0xffa1, 0x3131),
        code @ 0xffc2..=0xffc7 => (code, 0xffc2, 0x314f),
        code @ 0xffca..=0xffcf => (code, 0xffca, 0x3155),
        code @ 0xffd2..=0xffd7 => (code, 0xffd2, 0x315b),
        code @ 0xffda..=0xffdc => (code, 0xffda, 0x3161),
        _ => return None,
    };
    char::from_u32(code - from + to)
}

/// What a character becomes: letters and marks, in canonical order; nothing where it vanishes, and where it separates.
pub fn pieces(c: char) -> Vec<char> {
    if is_syllable(c) {
        return vec![c];
    }
    let mut decomposed = Vec::new();
    match (standing_alone(c), is_form(c)) {
        (Some(alone), _) => decomposed.push(alone),
        (None, true) => decompose_compatible(c, |piece| decomposed.push(piece)),
        (None, false) => decompose_canonical(c, |piece| decomposed.push(piece)),
    }
    let mut pieces = Vec::new();
    // The capital of the iota below would be a letter.
    let stay = |&piece: &char| matches!(class(piece), Class::Word | Class::Mark);
    for piece in decomposed.into_iter().filter(stay) {
        let piece = folded(piece);
        match plain(piece) {
            Some(letters) => pieces.extend(letters.chars()),
            // The capital of some letters is another letter with a mark.
            None => decompose_canonical(piece, |piece| pieces.push(piece)),
        }
    }
    pieces.retain(stay);
    pieces
}
