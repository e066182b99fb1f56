//! Decoder of Thumb instructions, as far as the cost models of Cortex-M ask.

mod helium;
mod narrow;
mod wide;

use super::instruction::Instruction;

/// Whether an instruction that begins with this halfword has two.
pub const fn is_wide(first: u16) -> bool {
    first >> 11 >= 0b11101
}

/// Decodes an instruction of one or two halfwords; `None` where it is undefined or its cost is unknown.
pub fn decode(first: u16, second: u16) -> Option<Instruction> {
    if is_wide(first) {
        let code = u32::from(first) << 16 | u32::from(second);
        helium::decode_orrs(code)
            .or_else(|| wide::decode(first, second))
            .or_else(|| helium::decode(code))
    } else {
        narrow::decode(first)
    }
}

#[cfg(test)]
mod tests;
