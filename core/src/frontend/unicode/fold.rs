//! Latin letters without their diacritics.

/// Where the plain form changes from one character to the next: code << 16 | the form of what follows.
static CHANGES: [u32; count()] = changes();

/// The plain form of a lower-case Latin letter with a diacritic, and of ligatures; zeros for other characters, one where it
/// has a single letter.
pub(in crate::frontend) fn fold(c: char) -> [u8; 2] {
    let code = c as u32;
    let after = CHANGES.partition_point(|change| change >> 16 <= code);
    let form = CHANGES.get(after.wrapping_sub(1)).copied().unwrap_or(0);
    (form as u16).to_le_bytes()
}

/// The definition, of which the compiler makes the table: a `match` in the image would take three times the flash.
const fn by_definition(c: char) -> [u8; 2] {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ'..='ặ' => *b"a\0",
        'æ' | 'ǽ' => *b"ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => *b"c\0",
        'ď' | 'đ' | 'ð' => *b"d\0",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ'..='ệ' => *b"e\0",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' | 'ǧ' => *b"g\0",
        'ĥ' | 'ħ' => *b"h\0",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' | 'ỉ'..='ị' => *b"i\0",
        'ĵ' => *b"j\0",
        'ķ' => *b"k\0",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => *b"l\0",
        'ñ' | 'ń' | 'ņ' | 'ň' => *b"n\0",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ǒ' | 'ọ'..='ợ' => *b"o\0",
        'œ' => *b"oe",
        'ŕ' | 'ŗ' | 'ř' => *b"r\0",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => *b"s\0",
        'ß' => *b"ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => *b"t\0",
        'þ' => *b"th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ǔ' | 'ụ'..='ự' => {
            *b"u\0"
        }
        'ŵ' => *b"w\0",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ'..='ỹ' => *b"y\0",
        'ź' | 'ż' | 'ž' => *b"z\0",
        _ => [0; 2],
    }
}

/// One more than the last code with a plain form.
const END: u32 = 'ỹ' as u32 + 1;

const fn form(code: u32) -> u32 {
    match char::from_u32(code) {
        Some(c) if code < END => u16::from_le_bytes(by_definition(c)) as u32,
        _ => 0,
    }
}

const fn count() -> usize {
    let (mut count, mut code) = (0, 1);
    while code <= END {
        count += (form(code) != form(code - 1)) as usize;
        code += 1;
    }
    count
}

const fn changes<const N: usize>() -> [u32; N] {
    let (mut changes, mut count, mut code) = ([0; N], 0, 1);
    while code <= END {
        if form(code) != form(code - 1) {
            changes[count] = code << 16 | form(code);
            count += 1;
        }
        code += 1;
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_definition() {
        for c in '\0'..=char::MAX {
            assert_eq!(fold(c), by_definition(c), "{c:?}");
        }
    }
}
