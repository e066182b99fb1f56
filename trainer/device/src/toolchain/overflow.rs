//! What a linker says of an image that does not fit its board.

use std::{error, fmt};

use tillsense_compiler::words::grouped;

use crate::boards::Machine;

/// A memory that an image fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fills {
    /// The part of the flash for the image.
    Flash,
    /// The RAM.
    Ram,
}

/// An image that does not fit its board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// Name of the board.
    pub board: String,
    /// The memory that is too small.
    pub fills: Fills,
    /// What fills it, for people.
    what: &'static str,
    /// Bytes that there are.
    pub has: u32,
    /// Bytes that are missing.
    pub missing: u64,
}

impl Overflow {
    /// The overflow that a linker tells of in these lines, of the first memory that it names; the last section of a memory is the
    /// one that says how much is missing in all. LLD writes `will not fit in region 'FLASH': overflowed by 12736 bytes`, and
    /// GNU's linker `` region `FLASH' overflowed by 12736 bytes ``.
    pub(super) fn told(machine: &Machine, said: &str) -> Option<Self> {
        let board = &machine.board;
        let code = board.code().length.0;
        // An ESP32-C3 has code in one half of the image and constants in the other.
        let [whole, half] = ["the firmware", "the code of the firmware"];
        let image = if code == machine.flash { whole } else { half };
        let constants = "the constants of the firmware";
        let memories = [
            ("FLASH'", Fills::Flash, image, code),
            ("CONSTANTS'", Fills::Flash, constants, machine.flash - code),
            ("RAM'", Fills::Ram, whole, machine.ram),
        ];
        memories.into_iter().find_map(|(name, fills, what, has)| {
            let lines = said.lines().filter(|line| line.contains(name));
            let bytes = lines.filter_map(|line| {
                let (_, number) = line.split_once("overflowed by ")?;
                number.split(' ').next()?.parse().ok()
            });
            Some(Overflow {
                board: machine.id.to_owned(),
                fills,
                what,
                has,
                missing: bytes.max()?,
            })
        })
    }
}

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, board) = (self.what, &self.board);
        let (has, missing) = (grouped(self.has), grouped(self.missing));
        match self.fills {
            Fills::Flash => write!(
                f,
                "{what} for {board} takes {missing} bytes more than its part of the flash has, {has} (memory.image)"
            ),
            Fills::Ram => write!(
                f,
                "{what} for {board} takes {missing} bytes more than the {has} of its RAM; make memory.arena or memory.inbox smaller"
            ),
        }
    }
}

impl error::Error for Overflow {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boards::find;

    #[test]
    fn the_most_that_is_missing_of_the_first_memory_counts() {
        let machine = find("microbit").unwrap();
        let lld = "rust-lld: error: section '.text' will not fit in region 'FLASH': overflowed by 4128 bytes\n\
                   rust-lld: error: section '.rodata' will not fit in region 'FLASH': overflowed by 12736 bytes\n\
                   rust-lld: error: section '.bss' will not fit in region 'RAM': overflowed by 99999 bytes";
        let gnu = "ld: region `RAM' overflowed by 48 bytes";
        let told = |said| Overflow::told(machine, said).map(|o| (o.fills, o.missing));
        assert_eq!(told(lld), Some((Fills::Flash, 12736)));
        assert_eq!(told(gnu), Some((Fills::Ram, 48)));
        assert_eq!(told("error[E0425]: cannot find value `FLASH'`"), None);
        let text = Overflow::told(machine, lld).unwrap().to_string();
        assert!(text.contains("12,736 bytes more") && text.contains("has, 196,608"));
    }
}
