//! The tables as Rust source, laid out as `frontend/unicode` reads them.

use std::fmt::Write;

use unicode_normalization::char::{decompose_canonical, decompose_compatible};

use crate::definition::{Class, VERSION, assigned, class, is_syllable, is_wide, pieces};

/// Bytes of runs between two places where a search may begin.
const CLASS_BLOCK: usize = 40;
const FORM_BLOCK: usize = 80;
/// Characters in a list.
const LIST: usize = 40;

/// Runs in bytes, and where blocks of them begin.
struct Table {
    bytes: Vec<u8>,
    blocks: Vec<u32>,
    block: usize,
}

impl Table {
    fn new(block: usize) -> Self {
        Table {
            bytes: Vec::new(),
            blocks: Vec::new(),
            block,
        }
    }

    /// Begins a block where the last one is full.
    fn begin(&mut self, code: u32) -> bool {
        let start = self.blocks.last().map(|last| last & 0x1fff);
        let full = start.is_none_or(|start| self.bytes.len() >= start as usize + self.block);
        // What is beyond belongs to the last block.
        if full && code < 1 << 19 {
            assert!(self.bytes.len() < 1 << 13);
            self.blocks.push(code << 13 | self.bytes.len() as u32);
            return true;
        }
        false
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u32) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// A distance: the sign in the lowest bit.
    fn distance(&mut self, from: u32, to: u32) {
        let distance = to as i32 - from as i32;
        self.number((distance << 1 ^ distance >> 31) as u32);
    }
}

/// Classes of characters from 0x80 on. Characters that are not assigned and those that have a form are of the class before.
fn classes() -> Table {
    let mut runs: Vec<(u32, Class)> = vec![(0x80, Class::Gap)];
    for c in assigned().skip_while(char::is_ascii) {
        let gap_of_pieces = pieces(c).is_empty();
        let class = class(c);
        let free = form(c).is_some() || is_syllable(c);
        assert!(
            free || class == Class::Mark
                || gap_of_pieces == matches!(class, Class::Gap | Class::Silent)
        );
        if !free && runs.last().is_some_and(|last| last.1 != class) {
            runs.push((c as u32, class));
        }
    }
    let mut table = Table::new(CLASS_BLOCK);
    let ends = runs.iter().skip(1).map(|run| run.0);
    // The last run takes what is left.
    for (&(start, class), end) in runs.iter().zip(ends.chain([0x11_0000])) {
        table.begin(start);
        let len = end - start;
        let first = class as u8 | (len as u8 & 0x1f) << 2;
        if len < 0x20 {
            table.bytes.push(first);
        } else {
            table.bytes.push(first | 0x80);
            table.number(len >> 5);
        }
    }
    table
}

/// What the second table says of a character: another one, and what follows it.
fn form(c: char) -> Option<(u32, u32)> {
    let all = pieces(c);
    let Some((&last, first)) = all.split_last() else {
        // A sign that is the same as one of ASCII takes as much of the room.
        let mut same = Vec::new();
        match is_wide(c) {
            true => decompose_compatible(c, |piece| same.push(piece)),
            false => decompose_canonical(c, |piece| same.push(piece)),
        }
        return match same[..] {
            [ascii] if ascii.is_ascii() && ascii != c => Some((ascii as u32, 0)),
            _ => None,
        };
    };
    match first {
        _ if all == [c] => None,
        [] => Some((last as u32, 0)),
        [first] => Some((*first as u32, last as u32)),
        // A character that stands for all but the last.
        several => {
            let mut candidates = assigned().filter(|&c| pieces(c) == several);
            Some((candidates.next().unwrap() as u32, last as u32))
        }
    }
}

/// How the forms of a run follow from its first.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// The first, the one after it and so on.
    Rising = 0,
    /// The same, and every other character has none.
    Alternating = 1,
    /// All have the first.
    Constant = 2,
    /// Each has its own.
    List = 3,
}

type Form = (u32, (u32, u32));

/// How many of the first forms make a run of this kind.
fn fits(kind: Kind, forms: &[Form]) -> usize {
    let (step, rise) = match kind {
        Kind::Rising => (1, 1),
        Kind::Alternating => (2, 2),
        Kind::Constant => (1, 0),
        Kind::List => return list_len(forms),
    };
    let follows = |pair: &&[Form]| {
        let [(a, (first, second)), (b, form)] = **pair else {
            return false;
        };
        b == a + step && form == (first + rise, second)
    };
    1 + forms.windows(2).take_while(follows).count()
}

/// Ideographs, and half-width kana.
fn list_len(forms: &[Form]) -> usize {
    let listed = |form: &Form| {
        form.1.1 == 0 && matches!(form.0, 0xf900..0xfb00 | 0xff66..0xff9e | 0x2_f800..)
    };
    let first = forms[0].0;
    let follows = |(at, form): &(usize, &Form)| form.0 == first + *at as u32 && listed(form);
    forms
        .iter()
        .enumerate()
        .take(LIST)
        .take_while(follows)
        .count()
}

/// The forms of characters from 0x80 on.
fn forms() -> Table {
    let all: Vec<Form> = assigned()
        .skip_while(char::is_ascii)
        .filter_map(|c| Some((c as u32, form(c)?)))
        .collect();
    let mut table = Table::new(FORM_BLOCK);
    let (mut rest, mut end) = (&all[..], 0x80);
    let mut before = (end, end);
    while let Some(&(code, (first, second))) = rest.first() {
        let kinds = [Kind::Rising, Kind::Alternating, Kind::Constant, Kind::List];
        let listed = list_len(rest);
        let kind = match listed {
            0 => kinds[..3]
                .iter()
                .rev()
                .max_by_key(|&&kind| fits(kind, rest)),
            _ => kinds.last(),
        };
        let &kind = kind.unwrap();
        let count = fits(kind, rest);
        if table.begin(end) {
            before = (end, end);
        }
        table.number(code - end);
        let head = kind as u8 | u8::from(second != 0) << 2;
        if count < 0x20 {
            table.bytes.push(head | (count as u8) << 3);
        } else {
            table.bytes.push(head);
            table.number(count as u32);
        }
        if kind == Kind::List {
            list(&mut table, &rest[..count]);
        } else {
            table.distance(before.0, first);
            before.0 = first;
            if second != 0 {
                table.distance(before.1, second);
                before.1 = second;
            }
        }
        end = rest[count - 1].0 + 1;
        rest = &rest[count..];
    }
    table
}

/// One byte where a form is up to 127 behind the one before, two from U+3000 on, three beyond the first plane.
fn list(table: &mut Table, forms: &[Form]) {
    let mut before = 0;
    for &(_, (form, _)) in forms {
        if (before + 1..before + 0x80).contains(&form) {
            table.bytes.push((form - before) as u8);
        } else if form < 0xa000 {
            let place = form - 0x3000;
            table.bytes.extend([(place >> 8) as u8 | 0x80, place as u8]);
        } else {
            let place = form - 0x2_0000;
            let high = 0x7000 + (place >> 8);
            table
                .bytes
                .extend([(high >> 8) as u8 | 0x80, high as u8, place as u8]);
        }
        before = form;
    }
}

/// The source of `frontend/unicode/tables.rs`.
pub fn source() -> String {
    let (classes, forms) = (classes(), forms());
    let mut out = format!(
        "//! Unicode {VERSION} in tables for [`super`]; `core/tests/unicode` makes this file, and says how.\n"
    );
    write_words(
        &mut out,
        "CLASS_BLOCKS",
        "Where runs of [`CLASSES`] begin: first code << 13 | index of the byte.",
        &classes.blocks,
    );
    write_bytes(
        &mut out,
        "CLASSES",
        "Runs of one class: the class in two bits, the length in five, and in more bytes where the highest bit is set.",
        &classes.bytes,
    );
    write_words(
        &mut out,
        "FORM_BLOCKS",
        "Where runs of [`FORMS`] begin: the code behind the run before << 13 | index of the byte.",
        &forms.blocks,
    );
    write_bytes(
        &mut out,
        "FORMS",
        "Runs of characters that are read as others.",
        &forms.bytes,
    );
    out
}

fn write_words(out: &mut String, name: &str, doc: &str, words: &[u32]) {
    let words: Vec<_> = words.iter().map(|word| format!("{word:#010x}")).collect();
    write_array(out, name, doc, "u32", &words, 9);
}

fn write_bytes(out: &mut String, name: &str, doc: &str, bytes: &[u8]) {
    let bytes: Vec<_> = bytes.iter().map(u8::to_string).collect();
    write_array(out, name, doc, "u8", &bytes, 24);
}

fn write_array(out: &mut String, name: &str, doc: &str, kind: &str, all: &[String], line: usize) {
    write!(
        out,
        "\n/// {doc}\n#[rustfmt::skip]\npub(super) static {name}: [{kind}; {}] = [\n",
        all.len()
    )
    .unwrap();
    for items in all.chunks(line) {
        writeln!(out, "    {},", items.join(", ")).unwrap();
    }
    out.push_str("];\n");
}
