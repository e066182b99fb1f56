//! Text frontend: UTF-8 to hashed ids.
//!
//! Normalised, by the data of Unicode 17.0.0, so that canonically equivalent texts have the same ids:
//! - characters are decomposed, in full; letters take the small form that they share with their capital (`ς` is `σ`);
//! - accents and points vanish, in every script (`é` is `e`, `й` is `и`, `ά` is `α`, `أ` is `ا`): the marks of all
//!   combining classes but those of the next line. Some Latin letters that do not decompose become others (`ß` is `ss`);
//! - nukta, dakuten and virama stay, and the vowels and tones of Telugu, Thai, Lao and Tibetan that have a class. Behind
//!   one letter the lowest and the highest of them stay, in this order, whatever order they come in;
//! - vowel signs and other marks without a class stay if Unicode calls them alphabetic, else they vanish;
//! - parts of syllables of Hangul become syllables;
//! - full-width and half-width forms and the ligatures of letters become what they stand for;
//! - apostrophes, straight or typographic, vanish (`don't` is `dont`), and so do joiners;
//! - letters and digits of every script stay; everything else, invalid UTF-8 included, separates words.
//!
//! Features, hashed by FNV-1a (32 bits, Fowler, Noll & Vo) over a prefix byte, UTF-8 bytes and a closing zero byte:
//! - word: `w` word;
//! - pair of words: `b` word, space, word;
//! - character n-gram: `c` and n neighbouring characters of `<word>`.
//!
//! The id is `(hash * buckets) >> 32`. It is the high bits that decide, and FNV's last byte reaches few of them; the zero
//! byte lets it reach all. (The 2472 character trigrams of Banking77 in 1900 buckets: chi-square per degree of freedom
//! 1.46 without, 0.99 with it.)
//!
//! Ids come in the order of that list, so that where they do not all fit the words are kept.

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::frontend::unicode::{Class, class, form};
use crate::frontend::{FrontendError, require};
use crate::model::records::{TextForm, TextParams};

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextError {
    /// There is no letter or digit in it (or in the part that is read), or nothing of what the form takes: a single word is no pair.
    Empty,
}

impl Display for TextError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TextError::Empty => "the text has no letter and no digit in the part that is read, or nothing that the model's form takes",
        })
    }
}

impl Error for TextError {}

/// Longest character n-gram.
pub const MAX_CHARS: u8 = 8;

/// Checks what [`run`] relies on.
pub fn check(params: &TextParams) -> Result<(), FrontendError> {
    let form = match params.form {
        TextForm::Tokens => true,
        TextForm::Bag {
            words,
            bigrams,
            chars: (0, 0),
        } => words || bigrams,
        TextForm::Bag {
            chars: (from, to), ..
        } => 1 <= from && from <= to && to <= MAX_CHARS,
    };
    let counts = params.buckets > 0 && params.max_bytes > 0 && params.ids.max > 0;
    require(form && counts, FrontendError::Shape)?;
    let memory =
        params.ids.offset.is_multiple_of(2) && params.scratch.len >= params.max_bytes as u32;
    require(memory, FrontendError::Memory)
}

/// Writes the ids of a text to `ids` and answers how many, at least one; `scratch` is at least `max_bytes` long.
///
/// What does not fit into `max_bytes`, as [`normalise`] counts them, is not read, and ids that do not fit are not taken.
pub fn run(
    params: &TextParams,
    text: &[u8],
    scratch: &mut [u8],
    ids: &mut [u16],
) -> Result<usize, TextError> {
    let room = scratch.len().min(params.max_bytes.into());
    let normal = normalise(text, scratch.get_mut(..room).unwrap_or_default());
    if normal.is_empty() {
        return Err(TextError::Empty);
    }
    let mut sink = Sink {
        ids: ids.iter_mut(),
        taken: 0,
        buckets: params.buckets,
    };
    match params.form {
        TextForm::Tokens => words(normal, &mut sink),
        TextForm::Bag {
            words: single,
            bigrams,
            chars,
        } => {
            if single {
                words(normal, &mut sink);
            }
            if bigrams {
                pairs(normal, &mut sink);
            }
            if chars.1 > 0 {
                grams(normal, chars, &mut sink);
            }
        }
    }
    match sink.taken {
        0 => Err(TextError::Empty),
        taken => Ok(taken),
    }
}

/// Writes the normalised words of `text`, single spaces between them, to `out`, and answers what it wrote.
///
/// Stops at the first character that does not fit. Separators beyond the space that they leave, and apostrophes of ASCII,
/// take a byte of the room as well: ASCII is read up to as many bytes as `out` has. Accents take none, so that a text is cut
/// at the same letter however it is composed.
pub fn normalise<'a>(text: &[u8], out: &'a mut [u8]) -> &'a str {
    let mut writer = Writer {
        out,
        len: 0,
        skipped: 0,
        gap: false,
        last: 0,
        marks: NO_MARKS,
    };
    'all: for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            if !writer.character(c) {
                break 'all;
            }
        }
        if !chunk.invalid().is_empty() && !writer.separator() {
            break;
        }
    }
    writer.flush();
    let Writer { out, len, .. } = writer;
    out.get(..len)
        .and_then(|bytes| core::str::from_utf8(bytes).ok())
        .unwrap_or("")
}

/// The words of a normalised text, as UTF-8.
fn spaced(normal: &str) -> impl Iterator<Item = &[u8]> {
    normal.as_bytes().split(|&byte| byte == b' ')
}

fn words(normal: &str, sink: &mut Sink<'_>) {
    for word in spaced(normal) {
        sink.push(Hash::new(b'w').bytes(word));
    }
}

fn pairs(normal: &str, sink: &mut Sink<'_>) {
    let mut first = None;
    for second in spaced(normal) {
        if let Some(first) = first.replace(second) {
            sink.push(Hash::new(b'b').bytes(first).byte(b' ').bytes(second));
        }
    }
}

fn grams(normal: &str, (from, to): (u8, u8), sink: &mut Sink<'_>) {
    for word in spaced(normal) {
        let mut start = Bounded {
            opens: true,
            word,
            closes: true,
        };
        while start.closes {
            let mut gram = start;
            let mut hash = Hash::new(b'c');
            for n in 1..=to {
                let Some(character) = gram.next() else { break };
                hash = hash.bytes(character);
                if n >= from {
                    sink.push(hash);
                }
            }
            start.next();
        }
    }
}

/// The characters of `<word>` that are left, as UTF-8.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    opens: bool,
    word: &'a [u8],
    closes: bool,
}

impl<'a> Bounded<'a> {
    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.opens {
            self.opens = false;
            return Some(b"<");
        }
        if self.word.is_empty() {
            return core::mem::take(&mut self.closes).then_some(b">");
        }
        // A character goes on as long as bytes are 10xxxxxx.
        let mut after = self.word.iter().skip(1);
        let len = after.position(|&byte| byte & 0xc0 != 0x80);
        let (character, rest) = self
            .word
            .split_at_checked(1 + len.unwrap_or(self.word.len() - 1))?;
        self.word = rest;
        Some(character)
    }
}

/// FNV-1a in progress.
#[derive(Clone, Copy)]
struct Hash(u32);

impl Hash {
    const fn new(prefix: u8) -> Self {
        Hash(0x811c_9dc5).byte(prefix)
    }

    const fn byte(self, byte: u8) -> Self {
        Hash((self.0 ^ byte as u32).wrapping_mul(0x0100_0193))
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |hash, byte| hash.byte(*byte))
    }
}

/// Where the ids go.
struct Sink<'a> {
    ids: core::slice::IterMut<'a, u16>,
    taken: usize,
    buckets: u16,
}

impl Sink<'_> {
    fn push(&mut self, hash: Hash) {
        if let Some(id) = self.ids.next() {
            *id = ((hash.byte(0).0 as u64 * self.buckets as u64) >> 32) as u16;
            self.taken += 1;
        }
    }
}

/// Normalised text in the making.
struct Writer<'a> {
    out: &'a mut [u8],
    len: usize,
    /// Bytes of room taken by characters that left nothing.
    skipped: usize,
    /// Whether a separator was read since the last word character.
    gap: bool,
    /// The last word character, where no separator was read since.
    last: u32,
    /// Marks that were read since: the lowest and the highest.
    marks: (u32, u32),
}

const NO_MARKS: (u32, u32) = (u32::MAX, 0);

/// The most pieces that a character has.
const PIECES: usize = 4;

impl Writer<'_> {
    /// Takes one character; `false` where there is no more room.
    fn character(&mut self, c: char) -> bool {
        // From the last place on, the first piece in front.
        let mut pieces = [0; PIECES];
        let (mut rest, mut code) = (pieces.iter_mut().rev(), c as u32);
        while !c.is_ascii()
            && let Some(place) = rest.next()
        {
            let (first, second) = form(code);
            (code, *place) = (first, second);
            if second == 0 {
                break;
            }
        }
        self.piece(code) && pieces.iter().all(|&piece| piece == 0 || self.piece(piece))
    }

    /// Takes a character that is read as itself, or a capital of ASCII.
    fn piece(&mut self, code: u32) -> bool {
        if let Ok(byte @ ..0x80) = u8::try_from(code) {
            return match byte {
                b'\'' | b'`' => self.skip(),
                _ if byte.is_ascii_alphanumeric() => self.letter(byte.to_ascii_lowercase().into()),
                _ => self.separator(),
            };
        }
        match class(code) {
            Class::Word => self.letter(code),
            Class::Gap => self.separator(),
            Class::Silent => true,
            Class::Mark => {
                let (low, high) = self.marks;
                self.marks = (low.min(code), high.max(code));
                true
            }
        }
    }

    /// Ends the word.
    fn separator(&mut self) -> bool {
        let fits = self.flush();
        self.gap = true;
        self.last = 0;
        fits && self.skip()
    }

    /// Takes room for a character that leaves nothing.
    fn skip(&mut self) -> bool {
        self.skipped += 1;
        self.len + self.skipped <= self.out.len()
    }

    /// Appends to the word the marks of its last character.
    fn flush(&mut self) -> bool {
        let (low, high) = core::mem::replace(&mut self.marks, NO_MARKS);
        low > high || self.append(low) && (low == high || self.append(high))
    }

    /// Appends a letter or digit to the word, or begins one.
    fn letter(&mut self, code: u32) -> bool {
        if !self.flush() {
            return false;
        }
        let Some(syllable) = syllable(self.last, code) else {
            return self.append(code);
        };
        // All parts of syllables, and syllables, take three bytes.
        self.len -= 3;
        self.append(syllable)
    }

    #[inline(never)]
    fn append(&mut self, code: u32) -> bool {
        let mut encoded = [0; 4];
        let Some(c) = char::from_u32(code) else {
            return true;
        };
        let bytes = c.encode_utf8(&mut encoded).as_bytes();
        let space = usize::from(self.gap && self.len > 0);
        // What was skipped holds a byte for this space.
        let skipped = self.skipped - space;
        let end = self.len + space + bytes.len();
        if end + skipped > self.out.len() {
            return false;
        }
        let Some(free) = self.out.get_mut(self.len..end) else {
            return false;
        };
        for (free, byte) in free.iter_mut().rev().zip(bytes.iter().rev()) {
            *free = *byte;
        }
        if let Some(first) = free.first_mut().filter(|_| space > 0) {
            *first = b' ';
        }
        (self.len, self.skipped, self.gap, self.last) = (end, skipped, false, code);
        true
    }
}

/// The syllable of Hangul that two parts make: a consonant and a vowel, or these and another consonant.
fn syllable(first: u32, second: u32) -> Option<u32> {
    let (lead, vowel) = (first.wrapping_sub(0x1100), second.wrapping_sub(0x1161));
    if lead < 19 && vowel < 21 {
        return Some(0xac00 + (lead * 21 + vowel) * 28);
    }
    let (open, tail) = (first.wrapping_sub(0xac00), second.wrapping_sub(0x11a7));
    (open < 11_172 && open % 28 == 0 && (1..28).contains(&tail)).then(|| first + tail)
}
