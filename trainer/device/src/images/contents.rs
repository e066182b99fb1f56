//! Bytes at addresses: what an image puts into memory.

use anyhow::{Context, Result, bail, ensure};
use object::Endianness;
use object::elf::PT_LOAD;
use object::read::elf::{ElfFile32, ProgramHeader};
use tillsense_board::Region;
use tillsense_compiler::words::grouped;

/// The value of a byte of flash that was erased and not written.
pub const ERASED: u8 = 0xFF;

/// Bytes at addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// In the order of their addresses; none is empty, and between two of them lies a gap.
    pieces: Vec<Piece>,
}

/// Bytes one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Address of the first byte.
    pub address: u32,
    /// The bytes; at least one.
    pub bytes: Vec<u8>,
}

impl Piece {
    /// First address behind the bytes; 64 bits, so that they may reach the end of the address space.
    pub fn end(&self) -> u64 {
        u64::from(self.address) + self.bytes.len() as u64
    }
}

impl Contents {
    /// What an ELF file puts into memory: the segments that are loaded, at their physical addresses, which is where flash tools
    /// write them. Memory that the program itself zeroes or copies is not part of it.
    pub fn of_elf(elf: &[u8]) -> Result<Self> {
        let elf = ElfFile32::<Endianness>::parse(elf).context("no ELF file of 32 bits")?;
        let endian = elf.endian();
        let mut pieces = Vec::new();
        for header in elf.elf_program_headers() {
            if header.p_type(endian) != PT_LOAD {
                continue;
            }
            let bytes = header.data(endian, elf.data());
            let bytes = bytes.ok().context("a segment lies outside the ELF file")?;
            pieces.push(Piece {
                address: header.p_paddr(endian),
                bytes: bytes.to_vec(),
            });
        }
        Self::of_pieces(pieces)
    }

    /// These bytes from this address on.
    pub fn at(address: u32, bytes: &[u8]) -> Result<Self> {
        Self::of_pieces(vec![Piece {
            address,
            bytes: bytes.to_vec(),
        }])
    }

    /// Both of these; they must not overlap.
    pub fn with(&self, other: &Self) -> Result<Self> {
        Self::of_pieces([&self.pieces[..], &other.pieces].concat())
    }

    /// The same bytes elsewhere, as `place` moves the first address of each piece; an error says which it does not know.
    pub fn moved(&self, place: impl Fn(u32) -> Option<u32>) -> Result<Self> {
        let moved = self.pieces.iter().map(|piece| {
            let address = place(piece.address);
            let address = address.with_context(|| format!("{:#010x} has no place", piece.address));
            Ok(Piece {
                address: address?,
                bytes: piece.bytes.clone(),
            })
        });
        Self::of_pieces(moved.collect::<Result<_>>()?)
    }

    fn of_pieces(mut pieces: Vec<Piece>) -> Result<Self> {
        pieces.retain(|piece| !piece.bytes.is_empty());
        pieces.sort_by_key(|piece| piece.address);
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            let start = u64::from(piece.address);
            ensure!(piece.end() <= 1 << 32, "bytes lie behind the last address");
            match joined.last_mut() {
                Some(last) if last.end() > start => bail!("two pieces overlap at {start:#010x}"),
                Some(last) if last.end() == start => last.bytes.extend(piece.bytes),
                _ => joined.push(piece),
            }
        }
        Ok(Contents { pieces: joined })
    }

    /// The pieces in the order of their addresses; between any two there is a gap.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The first address; 0 where there are no bytes.
    pub fn start(&self) -> u32 {
        self.pieces.first().map_or(0, |piece| piece.address)
    }

    /// First address behind the last byte.
    pub fn end(&self) -> u64 {
        self.pieces.last().map_or(0, Piece::end)
    }

    /// Number of bytes without those of gaps.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes.len()).sum()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// All bytes from the first address to the last one; gaps hold [`ERASED`]. This is a `.bin` file.
    pub fn flat(&self) -> Vec<u8> {
        let mut flat = Vec::new();
        for piece in &self.pieces {
            flat.resize((piece.address - self.start()) as usize, ERASED);
            flat.extend_from_slice(&piece.bytes);
        }
        flat
    }

    /// Refuses bytes outside a region, called `what` in the error, which says how many bytes too long they are.
    pub fn require_within(&self, region: &Region, what: &str) -> Result<()> {
        ensure!(!self.is_empty(), "{what}: there is nothing to write");
        ensure!(
            self.start() >= region.start,
            "{what} begins at {:#010x}, before its part of the flash, {region}",
            self.start()
        );
        let beyond = self.end().saturating_sub(region.end());
        ensure!(
            beyond == 0,
            "{what} is {} bytes longer than its part of the flash, {region}",
            grouped(beyond)
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tillsense_board::Bytes;

    use super::*;

    fn at(address: u32, bytes: &[u8]) -> Contents {
        Contents::at(address, bytes).unwrap()
    }

    #[test]
    fn pieces_that_touch_become_one_and_others_keep_their_gap() {
        let both = at(0x104, &[5]).with(&at(0x100, &[1, 2, 3, 4])).unwrap();
        assert_eq!(both, at(0x100, &[1, 2, 3, 4, 5]));
        let apart = both.with(&at(0x107, &[8])).unwrap();
        assert_eq!((apart.pieces().len(), apart.len()), (2, 6));
        assert_eq!((apart.start(), apart.end()), (0x100, 0x108));
        assert_eq!(apart.flat(), [1, 2, 3, 4, 5, ERASED, ERASED, 8]);
        assert!(at(7, &[]).is_empty() && at(7, &[]).flat().is_empty());
    }

    #[test]
    fn bytes_that_overlap_or_lie_behind_the_last_address_are_refused() {
        let error = at(0x100, &[1, 2]).with(&at(0x101, &[2])).unwrap_err();
        assert_eq!(error.to_string(), "two pieces overlap at 0x00000101");
        assert_eq!(at(u32::MAX, &[1]).end(), 1 << 32);
        assert!(Contents::at(u32::MAX, &[1, 2]).is_err());
    }

    #[test]
    fn what_does_not_fit_is_told_to_the_byte() {
        let region = Region {
            start: 0x100,
            length: Bytes(16),
        };
        at(0x100, &[0; 16])
            .require_within(&region, "the firmware")
            .unwrap();
        let told = |contents: Contents| {
            let error = contents.require_within(&region, "the firmware");
            error.unwrap_err().to_string()
        };
        assert!(told(at(0x108, &[0; 1009])).contains("is 1,001 bytes longer than"));
        assert!(told(at(0xF0, &[0; 8])).contains("begins at 0x000000f0"));
        assert!(told(Contents::default()).contains("nothing to write"));
    }

    #[test]
    fn pieces_are_moved_one_by_one() {
        let two = at(0x4200_0000, &[1]).with(&at(0x3C00_0001, &[2])).unwrap();
        let moved = two.moved(|address| Some(address & 0xFF)).unwrap();
        assert_eq!(moved, at(0, &[1, 2]));
        assert!(two.moved(|_| None).is_err());
    }

    #[test]
    fn what_is_no_elf_file_is_refused() {
        for bytes in [&b""[..], b"\x7fELF", &[0; 64]] {
            assert!(Contents::of_elf(bytes).is_err());
        }
    }
}
