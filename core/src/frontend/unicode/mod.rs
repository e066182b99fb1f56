//! Small letters, plain letters, and what belongs to words: a quarter of the flash that the standard library's tables take.
//!
//! The tables are part of the contract, so that texts are read alike whatever Unicode version a compiler knows.

mod fold;
mod tables;

pub(super) use fold::fold;
use tables::{BLOCKS, DISTANCES, LOWER, RUNS};

/// The small letter of a capital; other characters are their own. The dot that Unicode puts on the small letter of `\u{130}`
/// is left out.
pub(super) fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let code = c as u32;
    let after = LOWER.partition_point(|run| run >> 8 <= code);
    let index = after.wrapping_sub(1);
    let (Some(run), Some(&distance)) = (LOWER.get(index), DISTANCES.get(index)) else {
        return c;
    };
    let (ahead, every_other, count) = (code - (run >> 8), run >> 7 & 1, run & 0x7f);
    if ahead & every_other != 0 || ahead >> every_other >= count {
        return c;
    }
    // Within 2^16 codes.
    let small = (code as u16).wrapping_add(distance);
    char::from_u32(code & !0xffff | u32::from(small)).unwrap_or(c)
}

/// Letters and digits, and the signs inside words of Indic scripts and Thai that Unicode does not call alphabetic.
pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let code = c as u32;
    let after = BLOCKS.partition_point(|block| block >> 11 <= code);
    let block = BLOCKS.get(after.wrapping_sub(1)).copied().unwrap_or(0);
    // Blocks have an even number of runs: each begins with one of no words.
    let (mut end, mut is_word) = (block >> 11, false);
    let (mut len, mut shift) = (0, 0);
    for &byte in RUNS.get((block & 0x7ff) as usize..).unwrap_or(&[]) {
        len |= u32::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            end += len;
            if code < end {
                return is_word;
            }
            (is_word, len, shift) = (!is_word, 0, 0);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version of the tables.
    const VERSION: (u8, u8, u8) = (17, 0, 0);

    /// [`is_word`] by the standard library.
    fn is_word_by_definition(c: char) -> bool {
        let code = c as u32;
        let indic = matches!(code, 0x900..=0xdff) && matches!(code & 0x7f, 0x3c | 0x4d);
        c.is_alphanumeric() || indic || matches!(code, 0xe47..=0xe4e)
    }

    #[test]
    fn every_character_is_as_unicode_has_it() {
        let newer = char::UNICODE_VERSION > VERSION;
        for c in '\0'..=char::MAX {
            // Later versions of Unicode have more letters; those that were there stay what they are.
            let (ours, theirs) = (is_word(c), is_word_by_definition(c));
            assert!(ours == theirs || newer && theirs, "{c:?}");
            let (ours, theirs) = (lower(c), c.to_lowercase().next().unwrap());
            assert!(ours == theirs || newer && ours == c, "{c:?}");
        }
    }

    #[test]
    fn one_small_letter_each() {
        let several = ('\0'..=char::MAX).filter(|c| c.to_lowercase().count() > 1);
        assert_eq!(several.collect::<std::string::String>(), "\u{130}");
    }
}
