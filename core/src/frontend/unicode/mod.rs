//! What characters are read as, and what belongs to words.
//!
//! The tables are part of the contract, so that texts are read alike whatever Unicode version a compiler knows.

mod tables;

use core::slice::Iter;

use tables::{CLASS_BLOCKS, CLASSES, FORM_BLOCKS, FORMS};

/// What a character does in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Separates words.
    Gap,
    /// Is part of a word.
    Word,
    /// Vanishes without a gap.
    Silent,
    /// Is part of a word, and canonically equivalent texts may have it in another place among its neighbours.
    Mark,
}

/// The class of a character beyond ASCII that is read as itself.
pub(super) fn class(code: u32) -> Class {
    let (mut end, mut bytes) = search(&CLASS_BLOCKS, &CLASSES, code);
    while let Some(&byte) = bytes.next() {
        let mut len = u32::from(byte >> 2 & 0x1f);
        if byte >= 0x80 {
            len |= number(&mut bytes) << 5;
        }
        end += len;
        if code < end {
            return match byte & 3 {
                1 => Class::Word,
                2 => Class::Silent,
                3 => Class::Mark,
                _ => Class::Gap,
            };
        }
    }
    Class::Gap
}

/// What a character beyond ASCII is read as: its small letter without diacritics, and the letter or mark behind it, 0 where
/// there is none. The first of two may itself be read as others.
pub(super) fn form(code: u32) -> (u32, u32) {
    let (mut start, mut bytes) = search(&FORM_BLOCKS, &FORMS, code);
    // Of the run before.
    let (mut first, mut second) = (start, start);
    loop {
        start += number(&mut bytes);
        let Some(&head) = bytes.next().filter(|_| start <= code) else {
            return (code, 0);
        };
        let mut count = u32::from(head >> 3);
        if count == 0 {
            count = number(&mut bytes);
        }
        let ahead = code - start;
        let kind = head & 3;
        if kind == LIST {
            let form = listed(&mut bytes, count.min(ahead + 1));
            if ahead < count {
                return (form, 0);
            }
            start += count;
            continue;
        }
        first = first.wrapping_add(distance(&mut bytes));
        let pair = head & 4 != 0;
        if pair {
            second = second.wrapping_add(distance(&mut bytes));
        }
        let len = match kind {
            ALTERNATING => 2 * count - 1,
            _ => count,
        };
        if ahead < len {
            return match kind {
                ALTERNATING if ahead & 1 != 0 => (code, 0),
                CONSTANT => (first, if pair { second } else { 0 }),
                _ => (first + ahead, if pair { second } else { 0 }),
            };
        }
        start += len;
    }
}

/// Every other character has a form, as far from it as the first.
const ALTERNATING: u8 = 1;
/// All characters have the form of the first.
const CONSTANT: u8 = 2;
/// Each has its own.
const LIST: u8 = 3;

/// The code and the bytes at which runs are to be read for this code.
#[inline(never)]
fn search(blocks: &[u32], bytes: &'static [u8], code: u32) -> (u32, Iter<'static, u8>) {
    let after = blocks.partition_point(|block| block >> 13 <= code);
    let block = blocks.get(after.wrapping_sub(1)).copied().unwrap_or(!0);
    let bytes = bytes.get((block & 0x1fff) as usize..).unwrap_or(&[]);
    (block >> 13, bytes.iter())
}

/// Seven bits a byte, the lowest first.
#[inline(never)]
fn number(bytes: &mut Iter<'_, u8>) -> u32 {
    let (mut number, mut shift) = (0, 0);
    for &byte in bytes {
        number |= u32::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
    }
    number
}

/// A number with its sign in the lowest bit.
fn distance(bytes: &mut Iter<'_, u8>) -> u32 {
    let number = number(bytes);
    (number >> 1) ^ (number & 1).wrapping_neg()
}

/// The last of so many forms of a list: one byte is the distance from the one before, two begin at U+3000, three at U+20000.
fn listed(bytes: &mut Iter<'_, u8>, count: u32) -> u32 {
    let mut next = || bytes.next().map_or(0, |&byte| u32::from(byte));
    let mut form = 0;
    for _ in 0..count {
        let first = next();
        if first < 0x80 {
            form += first;
            continue;
        }
        form = 0x3000 + ((first & 0x7f) << 8 | next());
        if form >= 0xa000 {
            form = 0x2_0000 + ((form - 0xa000) << 8 | next());
        }
    }
    form
}
