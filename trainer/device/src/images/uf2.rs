//! UF2 (USB Flashing Format, github.com/microsoft/uf2): blocks of 512 bytes, each with the address of its 256 bytes, for boot
//! loaders that show themselves as a drive.

use std::collections::BTreeMap;

use super::Contents;
use super::contents::ERASED;

/// Bytes of flash that a block carries; the boot ROMs of RP2040 and RP2350 take no other number.
const PAYLOAD: usize = 256;
/// Bytes of a block between its head and its last word.
const ROOM: usize = 476;
/// Words at the start and the end of every block.
const MAGIC: [u32; 2] = [0x0A32_4655, 0x9E5D_5157];
const MAGIC_END: u32 = 0x0AB1_6F30;
/// The flag by which the eighth word is the number of a family, not a length of a file.
const HAS_FAMILY: u32 = 0x2000;
/// Bytes that are erased together. The boot ROM of RP2040 takes from a block's number whether it begins such a sector, so that each
/// sector has all of its blocks.
const SECTOR: u32 = 4096;

/// The bytes of a `.uf2` file for parts of this family. Sectors of which something is written are written whole, with
/// [`ERASED`] where there is nothing; gaps beyond stay gaps.
///
/// There is no block of the family "absolute" in front, by which makers of `.uf2` files work around erratum E10 of RP2350: that
/// concerns parts with a table of partitions, of which this firmware has none.
pub fn uf2(contents: &Contents, family: u32) -> Vec<u8> {
    let mut sectors: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for piece in contents.pieces() {
        for (address, &byte) in (u64::from(piece.address)..).zip(&piece.bytes) {
            // An address has 32 bits: `Contents` has no bytes behind the last one.
            let address = address as u32;
            let sector = sectors.entry(address / SECTOR);
            let sector = sector.or_insert_with(|| vec![ERASED; SECTOR as usize]);
            sector[(address % SECTOR) as usize] = byte;
        }
    }
    let pages = sectors.iter().flat_map(|(&number, bytes)| {
        let starts = (number * SECTOR..).step_by(PAYLOAD);
        starts.zip(bytes.as_chunks::<PAYLOAD>().0)
    });
    let count = (sectors.len() * SECTOR as usize / PAYLOAD) as u32;
    let mut out = Vec::with_capacity(count as usize * 512);
    for (number, (address, page)) in (0..).zip(pages) {
        let length = PAYLOAD as u32;
        let head = [HAS_FAMILY, address, length, number, count, family];
        for word in MAGIC.iter().chain(&head) {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(page);
        out.resize(out.len() + ROOM - PAYLOAD, 0);
        out.extend_from_slice(&MAGIC_END.to_le_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_are_whole_and_blocks_are_512_bytes() {
        let one = Contents::at(0x1000_0100, &[7; 10]).unwrap();
        let both = one.with(&Contents::at(0x1004_0FFF, &[9]).unwrap()).unwrap();
        let file = uf2(&both, 0xE48B_FF56);
        assert_eq!(file.len(), 2 * 16 * 512);
        let word = |block: usize, at: usize| {
            let at = block * 512 + at * 4;
            u32::from_le_bytes(file[at..at + 4].try_into().unwrap())
        };
        for block in 0..32 {
            let sector = if block < 16 { 0x1000_0000 } else { 0x1004_0000 };
            assert_eq!(word(block, 3), sector + (block as u32 % 16) * 256);
            assert_eq!((word(block, 5), word(block, 6)), (block as u32, 32));
            assert_eq!(word(block, 7), 0xE48B_FF56);
            assert_eq!(word(block, 127), 0x0AB1_6F30);
        }
        assert_eq!(&file[512 + 32..512 + 43], &[&[7; 10][..], &[0xFF]].concat());
        assert_eq!(file[31 * 512 + 32 + 255], 9);
        assert!(uf2(&Contents::default(), 1).is_empty());
    }
}
