//! Decoder of RV32IMAC ("The RISC-V Instruction Set Manual", volume I, chapter 24), as far as the cost models ask.

mod compressed;

pub use compressed::compressed;

use super::instruction::{Instruction, Kind, Registers};

/// The register that calls write: x1.
pub const LINK: Registers = 1 << 1;

/// The set of the register with this number; x0 is always 0, so nothing waits for it.
pub(super) const fn register(number: u32) -> Registers {
    if number == 0 { 0 } else { 1 << (number & 31) }
}

/// Decodes an instruction of 32 bits; `None` where it is undefined.
pub fn decode(code: u32) -> Option<Instruction> {
    let (to, left, right) = (
        register(code >> 7 & 31),
        register(code >> 15 & 31),
        register(code >> 20 & 31),
    );
    let (function, upper) = (code >> 12 & 7, code >> 25);
    let new = Instruction::new;
    let mut this = match code & 0x7f {
        // LUI, AUIPC.
        0x37 | 0x17 => new(Kind::Simple).writing(to),
        0x6f => new(Kind::Branch { conditional: false }).writing(to),
        0x67 if function == 0 => new(Kind::Branch { conditional: false })
            .reading(left)
            .writing(to),
        0x63 if !matches!(function, 2 | 3) => {
            new(Kind::Branch { conditional: true }).reading(left | right)
        }
        0x03 if matches!(function, 0..=2 | 4 | 5) => new(Kind::Load {
            narrow: function != 2,
        })
        .early(left)
        .writing(to),
        0x23 if function <= 2 => new(Kind::Store { indexed: false }).early(left).late(right),
        0x13 => constant(function, upper)?.reading(left).writing(to),
        0x33 => operation(function, upper)?
            .reading(left | right)
            .writing(to),
        0x0f if function <= 1 => new(Kind::System),
        0x73 if function == 0 => new(Kind::System),
        // Instructions on control registers; the upper half takes a constant.
        0x73 if function & 3 != 0 => {
            let operand = if function & 4 == 0 { left } else { 0 };
            new(Kind::System).reading(operand).writing(to)
        }
        0x2f if function == 2 => new(Kind::Atomic).early(left).late(right).writing(to),
        _ => return None,
    };
    this.wide = true;
    Some(this)
}

/// An operation on a register and a constant.
const fn constant(function: u32, upper: u32) -> Option<Instruction> {
    match (function, upper) {
        (1 | 5, 0) | (5, 0x20) => Some(Instruction::new(Kind::Shift)),
        (1 | 5, _) => None,
        _ => Some(Instruction::new(Kind::Simple)),
    }
}

/// An operation on two registers.
const fn operation(function: u32, upper: u32) -> Option<Instruction> {
    match (upper, function) {
        (0, 1 | 5) | (0x20, 5) => Some(Instruction::new(Kind::Shift)),
        (0, _) | (0x20, 0) => Some(Instruction::new(Kind::Simple)),
        (1, 0..=3) => Some(Instruction::new(Kind::Multiply)),
        (1, _) => Some(Instruction::new(Kind::Divide)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The set of registers with these numbers.
    pub(super) fn set(numbers: &[u32]) -> Registers {
        numbers.iter().map(|&number| register(number)).sum()
    }

    /// An encoding (as GNU as makes it), its kind, the registers read, those of them read early and late, and the registers written.
    type Case = (u32, Kind, Registers, Registers, Registers, Registers);

    pub(super) fn agrees(cases: &[Case], decode: fn(u32) -> Option<Instruction>, wide: bool) {
        for &(code, kind, reads, early, late, writes) in cases {
            let one = decode(code).unwrap_or_else(|| panic!("{code:08x}"));
            assert_eq!(
                (
                    one.kind, one.reads, one.early, one.late, one.writes, one.wide
                ),
                (kind, reads, early, late, writes, wide),
                "{code:08x}"
            );
        }
    }

    pub(super) const LOAD: Kind = Kind::Load { narrow: false };
    pub(super) const STORE: Kind = Kind::Store { indexed: false };
    pub(super) const GO: Kind = Kind::Branch { conditional: false };
    pub(super) const GO_IF: Kind = Kind::Branch { conditional: true };

    #[test]
    fn instructions_of_32_bits() {
        let cases = [
            (0x0001_0537, Kind::Simple, 0, 0, 0, set(&[10])), // lui a0, 0x10
            (0x02a5_05b3, Kind::Multiply, set(&[10]), 0, 0, set(&[11])), // mul a1, a0, a0
            (
                0x02b5_1633,
                Kind::Multiply,
                set(&[10, 11]),
                0,
                0,
                set(&[12]),
            ), // mulh a2, a0, a1
            (0x02b5_4633, Kind::Divide, set(&[10, 11]), 0, 0, set(&[12])), // div a2, a0, a1
            (0x00b5_0633, Kind::Simple, set(&[10, 11]), 0, 0, set(&[12])), // add a2, a0, a1
            (0x40b5_0633, Kind::Simple, set(&[10, 11]), 0, 0, set(&[12])), // sub a2, a0, a1
            (0x4035_5613, Kind::Shift, set(&[10]), 0, 0, set(&[12])), // srai a2, a0, 3
            (0xff85_0513, Kind::Simple, set(&[10]), 0, 0, set(&[10])), // addi a0, a0, -8
            (0x0045_2583, LOAD, set(&[10]), set(&[10]), 0, set(&[11])), // lw a1, 4(a0)
            (
                0x0045_0583,
                Kind::Load { narrow: true },
                set(&[10]),
                set(&[10]),
                0,
                set(&[11]),
            ), // lb a1, 4(a0)
            (
                0x00b5_2223,
                STORE,
                set(&[10, 11]),
                set(&[10]),
                set(&[11]),
                0,
            ), // sw a1, 4(a0)
            (0xfeb5_1ce3, GO_IF, set(&[10, 11]), 0, 0, 0),    // bne a0, a1, .-8
            (0x0000_00ef, GO, 0, 0, 0, set(&[1])),            // jal ra, .
            (0x0005_0067, GO, set(&[10]), 0, 0, 0),           // jr a0
            (0xb020_2573, Kind::System, 0, 0, 0, set(&[10])), // csrr a0, minstret
            (0x0000_0073, Kind::System, 0, 0, 0, 0),          // ecall
            (
                0x00b5_252f,
                Kind::Atomic,
                set(&[10, 11]),
                set(&[10]),
                set(&[11]),
                set(&[10]),
            ), // amoadd.w a0, a1, (a0)
        ];
        agrees(&cases, decode, true);
        for unknown in [0x0005_0053, 0x00b5_2067, 0x04b5_0633, 0x0000_007f] {
            assert_eq!(decode(unknown), None, "{unknown:08x}");
        }
    }
}
