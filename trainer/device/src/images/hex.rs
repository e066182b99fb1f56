//! Intel HEX ("Intel Hexadecimal Object File Format Specification", revision A, 1988): addresses and bytes as text.

use std::fmt::Write;

use super::Contents;

/// Bytes of a record of data; every reader takes as many.
const RECORD: usize = 16;
/// Addresses that records reach before a record of the upper half follows.
const PAGE: u32 = 1 << 16;

/// Types of records.
const DATA: u8 = 0;
const END: u8 = 1;
const UPPER_HALF: u8 = 4;

/// The text of a `.hex` file; gaps stay gaps.
pub fn hex(contents: &Contents) -> String {
    let mut out = String::with_capacity(contents.len() * 3);
    // Until a file says otherwise, the upper half of all addresses is 0.
    let mut page = 0;
    for piece in contents.pieces() {
        let mut bytes = &piece.bytes[..];
        let mut address = piece.address;
        while !bytes.is_empty() {
            let upper = address / PAGE;
            if upper != page {
                page = upper;
                record(&mut out, 0, UPPER_HALF, &(upper as u16).to_be_bytes());
            }
            // Records begin at multiples of their length where they can, and none crosses into another page.
            let most = RECORD - address as usize % RECORD;
            let (now, rest) = bytes.split_at(most.min(bytes.len()));
            record(&mut out, (address % PAGE) as u16, DATA, now);
            bytes = rest;
            // Behind the last address no bytes are left.
            address = address.wrapping_add(now.len() as u32);
        }
    }
    record(&mut out, 0, END, &[]);
    out
}

/// One line: length, lower half of the address, type, bytes, and the byte that makes the sum of all 0.
fn record(out: &mut String, address: u16, kind: u8, bytes: &[u8]) {
    let [high, low] = address.to_be_bytes();
    let head = [bytes.len() as u8, high, low, kind];
    let all = head.iter().chain(bytes);
    let sum = all.clone().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    out.push(':');
    for byte in all.chain([&sum.wrapping_neg()]) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02X}");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums by hand.
    #[test]
    fn records_break_at_pages_and_multiples_of_sixteen() {
        let contents = Contents::at(0x0800_FFFE, &[1, 2, 3]).unwrap();
        assert_eq!(
            hex(&contents),
            ":020000040800F2\n:02FFFE000102FE\n:020000040801F1\n:0100000003FC\n:00000001FF\n"
        );
        let low = Contents::at(0x1F, &[0xFF; 18]).unwrap();
        let text = hex(&low);
        let lengths: Vec<_> = text.lines().map(|line| &line[1..3]).collect();
        assert_eq!(lengths, ["01", "10", "01", "00"]);
        assert_eq!(hex(&Contents::default()), ":00000001FF\n");
        assert!(hex(&Contents::at(u32::MAX, &[7]).unwrap()).contains(":01FFFF0007FA"));
    }
}
