//! Instructions of 16 bits ("The RISC-V Instruction Set Manual", volume I, 16.8): each does what one of 32 bits does.

use super::super::instruction::{Instruction, Kind, Registers};
use super::{LINK, register};

/// The stack pointer.
const SP: Registers = 1 << 2;

/// The register x8 to x15 that three bits name.
const fn short(code: u16, place: u32) -> Registers {
    register(8 + (code as u32 >> place & 7))
}

/// The register that five bits name.
const fn full(code: u16, place: u32) -> Registers {
    register(code as u32 >> place & 31)
}

/// Decodes an instruction of 16 bits; `None` where it is undefined or on floating-point registers.
pub fn compressed(code: u16) -> Option<Instruction> {
    match (code & 3, code >> 13) {
        (0, function) => memory(code, function),
        (1, function) => constants(code, function),
        (2, function) => registers(code, function),
        _ => None,
    }
}

/// Quadrant 0: sums with the stack pointer, loads and stores by x8 to x15.
fn memory(code: u16, function: u16) -> Option<Instruction> {
    let (base, other) = (short(code, 7), short(code, 2));
    match function {
        0 if code >> 5 & 0xff != 0 => {
            Some(Instruction::new(Kind::Simple).reading(SP).writing(other))
        }
        2 => Some(
            Instruction::new(Kind::Load { narrow: false })
                .early(base)
                .writing(other),
        ),
        6 => Some(
            Instruction::new(Kind::Store { indexed: false })
                .early(base)
                .late(other),
        ),
        _ => None,
    }
}

/// Quadrant 1: operations on constants, jumps and branches.
fn constants(code: u16, function: u16) -> Option<Instruction> {
    let (any, low) = (full(code, 7), short(code, 7));
    let simple = Instruction::new(Kind::Simple);
    let jump = Instruction::new(Kind::Branch { conditional: false });
    match function {
        0 => Some(simple.reading(any).writing(any)),
        1 => Some(jump.writing(LINK)),
        2 => Some(simple.writing(any)),
        // C.ADDI16SP reads what it writes, C.LUI nothing.
        3 if any == SP => Some(simple.reading(SP).writing(SP)),
        3 => Some(simple.writing(any)),
        4 => match (code >> 10 & 3, code >> 12 & 1) {
            (0 | 1, 0) => Some(Instruction::new(Kind::Shift).reading(low).writing(low)),
            (2, _) => Some(simple.reading(low).writing(low)),
            (3, 0) => Some(simple.reading(low | short(code, 2)).writing(low)),
            _ => None,
        },
        5 => Some(jump),
        _ => Some(Instruction::new(Kind::Branch { conditional: true }).reading(low)),
    }
}

/// Quadrant 2: loads and stores by the stack pointer, moves, sums, and jumps to registers.
fn registers(code: u16, function: u16) -> Option<Instruction> {
    let (to, from) = (full(code, 7), full(code, 2));
    let jump = Instruction::new(Kind::Branch { conditional: false });
    match (function, code >> 12 & 1) {
        (0, 0) => Some(Instruction::new(Kind::Shift).reading(to).writing(to)),
        (2, _) if to != 0 => Some(
            Instruction::new(Kind::Load { narrow: false })
                .early(SP)
                .writing(to),
        ),
        (4, 0) if from == 0 && to != 0 => Some(jump.reading(to)),
        (4, 0) if from != 0 => Some(Instruction::new(Kind::Simple).reading(from).writing(to)),
        (4, 1) if from == 0 && to == 0 => Some(Instruction::new(Kind::System)),
        (4, 1) if from == 0 => Some(jump.reading(to).writing(LINK)),
        (4, 1) => Some(
            Instruction::new(Kind::Simple)
                .reading(to | from)
                .writing(to),
        ),
        (6, _) => Some(
            Instruction::new(Kind::Store { indexed: false })
                .early(SP)
                .late(from),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{GO, GO_IF, LOAD, STORE, agrees, set};
    use super::*;

    #[test]
    fn instructions_of_16_bits() {
        let (simple, shift) = (Kind::Simple, Kind::Shift);
        let cases = [
            (0x6541, simple, 0, 0, 0, set(&[10])),          // lui a0, 0x10
            (0x0505, simple, set(&[10]), 0, 0, set(&[10])), // addi a0, a0, 1
            (0x4501, simple, 0, 0, 0, set(&[10])),          // li a0, 0
            (0x4602, LOAD, SP, SP, 0, set(&[12])),          // lw a2, 0(sp)
            (0xc22a, STORE, SP | set(&[10]), SP, set(&[10]), 0), // sw a0, 4(sp)
            (0x414c, LOAD, set(&[10]), set(&[10]), 0, set(&[11])), // lw a1, 4(a0)
            (0xc14c, STORE, set(&[10, 11]), set(&[10]), set(&[11]), 0), // sw a1, 4(a0)
            (0x0028, simple, SP, 0, 0, set(&[10])),         // addi a0, sp, 8
            (0x1141, simple, SP, 0, 0, SP),                 // addi sp, sp, -16
            (0x717d, simple, SP, 0, 0, SP),                 // addi sp, sp, -16 (c.addi16sp)
            (0x050e, shift, set(&[10]), 0, 0, set(&[10])),  // slli a0, a0, 3
            (0x850d, shift, set(&[10]), 0, 0, set(&[10])),  // srai a0, a0, 3
            (0x893d, simple, set(&[10]), 0, 0, set(&[10])), // andi a0, a0, 15
            (0x8d0d, simple, set(&[10, 11]), 0, 0, set(&[10])), // sub a0, a0, a1
            (0x852e, simple, set(&[11]), 0, 0, set(&[10])), // mv a0, a1
            (0x952e, simple, set(&[10, 11]), 0, 0, set(&[10])), // add a0, a0, a1
            (0xa001, GO, 0, 0, 0, 0),                       // j .
            (0xd17d, GO_IF, set(&[10]), 0, 0, 0),           // beqz a0
            (0x8082, GO, set(&[1]), 0, 0, 0),               // ret
            (0x9502, GO, set(&[10]), 0, 0, set(&[1])),      // jalr a0
            (0x9002, Kind::System, 0, 0, 0, 0),             // ebreak
        ];
        agrees(&cases, |code| compressed(code as u16), false);
        // All zeros, and a load of a floating-point register.
        for unknown in [0x0000, 0x6108] {
            assert_eq!(compressed(unknown), None, "{unknown:04x}");
        }
    }
}
