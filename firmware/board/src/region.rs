//! Lengths and ranges of addresses.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A number of bytes: `896`, `"16K"` (1,024 bytes each) or `"2M"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Bytes(pub u32);

impl Bytes {
    /// Half of the bytes.
    pub(crate) const fn half(self) -> Bytes {
        Bytes(self.0 / 2)
    }
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// First address.
    pub start: u32,
    /// Length of the region in bytes.
    pub length: Bytes,
}

impl Region {
    /// First address behind the region; 64 bits, so that a region may reach the end of the address space.
    pub fn end(&self) -> u64 {
        u64::from(self.start) + u64::from(self.length.0)
    }

    /// Whether an address belongs to the region.
    pub fn has(&self, address: u32) -> bool {
        self.start <= address && u64::from(address) < self.end()
    }

    /// Whether every address of `other` belongs to this region.
    pub fn holds(&self, other: &Region) -> bool {
        self.start <= other.start && other.end() <= self.end()
    }

    /// Whether the two regions share an address.
    pub fn overlaps(&self, other: &Region) -> bool {
        u64::from(self.start) < other.end() && u64::from(other.start) < self.end()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x} to {:#010x}", self.start, self.end())
    }
}

impl fmt::Display for Bytes {
    /// The shortest way to write the length, as a linker script and a board's file take it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n > 0 && n.is_multiple_of(1 << 20) => write!(f, "{}M", n >> 20),
            n if n > 0 && n.is_multiple_of(1 << 10) => write!(f, "{}K", n >> 10),
            n => write!(f, "{n}"),
        }
    }
}

/// What a file may give as a length, for errors.
const WRITTEN: &str = "a number of bytes, or a text like \"16K\" or \"2M\", below 4 GiB";

struct Written;

impl de::Visitor<'_> for Written {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WRITTEN)
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Bytes, E> {
        let bytes = u32::try_from(bytes).map(Bytes);
        bytes.map_err(|_| E::invalid_value(de::Unexpected::Other("that number"), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
        let bytes = parse(text).map(Bytes);
        bytes.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Written)
    }
}

fn parse(text: &str) -> Option<u32> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 1 << 10),
        b'M' => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    digits.parse::<u32>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_they_are_written() {
        for (text, bytes) in [("896", 896), ("16K", 16 << 10), ("2M", 2 << 20)] {
            assert_eq!(parse(text), Some(bytes));
            assert_eq!(Bytes(bytes).to_string(), text);
        }
        for text in ["", "K", "16k", "-1", "1.5K", "4096M", "ü"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn regions_that_touch_do_not_overlap() {
        let region = |start, length| Region {
            start,
            length: Bytes(length),
        };
        assert!(!region(0, 16).overlaps(&region(16, 16)));
        assert!(region(0, 17).overlaps(&region(16, 16)));
        assert!(region(0xFFFF_0000, 0x1_0000).holds(&region(0xFFFF_FFF0, 16)));
        assert!(!region(0, 16).holds(&region(8, 16)));
    }
}
