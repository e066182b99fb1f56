//! Thumb instructions of one halfword ("Armv7-M Architecture Reference Manual", A5.2).

use super::super::instruction::{FLAGS, Instruction, Kind, LR, PC, Registers, SP, register};

/// The register r0 to r7 that three bits of a halfword name.
const fn low(code: u16, at: u32) -> Registers {
    register(code >> at & 7)
}

/// Decodes an instruction; `None` where it is undefined. The match follows the table of A5.2 line by line.
pub fn decode(code: u16) -> Option<Instruction> {
    let new = Instruction::new;
    Some(match code >> 11 {
        // A shift by nothing is a move.
        0b00000 if code >> 6 & 0x1f == 0 => new(Kind::Simple)
            .reading(low(code, 3))
            .writing(low(code, 0) | FLAGS),
        0b00000..=0b00010 => new(Kind::Shift)
            .reading(low(code, 3))
            .writing(low(code, 0) | FLAGS),
        0b00011 => {
            let second = if code >> 10 & 1 == 0 { low(code, 6) } else { 0 };
            let sum = new(Kind::Simple).reading(low(code, 3) | second);
            sum.writing(low(code, 0) | FLAGS)
        }
        0b00100 => new(Kind::Simple).writing(low(code, 8) | FLAGS),
        0b00101 => new(Kind::Simple).reading(low(code, 8)).writing(FLAGS),
        0b00110 | 0b00111 => new(Kind::Simple)
            .reading(low(code, 8))
            .writing(low(code, 8) | FLAGS),
        0b01000 if code >> 10 & 1 == 0 => data_processing(code),
        0b01000 => special(code),
        0b01001 => new(Kind::Load { narrow: false }).writing(low(code, 8)),
        0b01010 | 0b01011 => {
            let address = low(code, 3) | low(code, 6);
            match code >> 9 & 7 {
                0..=2 => store(true).early(address).late(low(code, 0)),
                kind => load(kind != 4).early(address).writing(low(code, 0)),
            }
        }
        0b01100..=0b10001 => {
            let (stores, words) = (code >> 11 & 1 == 0, code >> 12 == 0b0110);
            if stores {
                store(false).early(low(code, 3)).late(low(code, 0))
            } else {
                load(!words).early(low(code, 3)).writing(low(code, 0))
            }
        }
        0b10010 => store(false).early(SP).late(low(code, 8)),
        0b10011 => load(false).early(SP).writing(low(code, 8)),
        0b10100 => new(Kind::Simple).writing(low(code, 8)),
        0b10101 => new(Kind::Simple).reading(SP).writing(low(code, 8)),
        0b10110 | 0b10111 => return miscellaneous(code),
        0b11000 => many(code & 0xff, false)
            .early(low(code, 8))
            .base(low(code, 8), true),
        0b11001 => {
            let moves = Registers::from(code & 0xff) & low(code, 8) == 0;
            many(code & 0xff, true)
                .early(low(code, 8))
                .base(low(code, 8), moves)
        }
        0b11010 | 0b11011 => match code >> 8 & 15 {
            14 => return None,
            15 => new(Kind::System),
            _ => new(Kind::Branch { conditional: true }).late(FLAGS),
        },
        0b11100 => new(Kind::Branch { conditional: false }),
        _ => return None,
    })
}

const fn load(narrow: bool) -> Instruction {
    Instruction::new(Kind::Load { narrow })
}

const fn store(indexed: bool) -> Instruction {
    Instruction::new(Kind::Store { indexed })
}

/// LDM and STM of a list of registers.
pub(super) const fn many(list: u16, loads: bool) -> Instruction {
    let count = list.count_ones() as u8;
    if loads {
        Instruction::new(Kind::LoadMany(count)).writing(list as Registers)
    } else {
        Instruction::new(Kind::StoreMany(count)).late(list as Registers)
    }
}

/// Decodes data processing instructions (A5.2.2).
fn data_processing(code: u16) -> Instruction {
    let (to, from) = (low(code, 0), low(code, 3));
    let kind = match code >> 6 & 15 {
        2 | 3 | 4 | 7 => Kind::Shift,
        13 => Kind::Multiply,
        _ => Kind::Simple,
    };
    let one = Instruction::new(kind).reading(from).writing(FLAGS);
    match code >> 6 & 15 {
        // TST, CMP, CMN.
        8 | 10 | 11 => one.reading(to),
        // RSB, MVN.
        9 | 15 => one.writing(to),
        // ADC, SBC.
        5 | 6 => one.reading(to | FLAGS).writing(to),
        _ => one.reading(to).writing(to),
    }
}

/// Decodes special data instructions, and branch and exchange (A5.2.3).
fn special(code: u16) -> Instruction {
    let to = register(code >> 4 & 8 | code & 7);
    let from = register(code >> 3 & 15);
    let branch = Instruction::new(Kind::Branch { conditional: false });
    match code >> 8 & 3 {
        3 => branch
            .reading(from)
            .writing(if code >> 7 & 1 == 1 { LR } else { 0 }),
        0 | 2 if to == PC => branch.reading(from),
        0 => Instruction::new(Kind::Simple)
            .reading(to | from)
            .writing(to),
        1 => Instruction::new(Kind::Simple)
            .reading(to | from)
            .writing(FLAGS),
        _ => Instruction::new(Kind::Simple).reading(from).writing(to),
    }
}

/// Decodes miscellaneous instructions (A5.2.5).
fn miscellaneous(code: u16) -> Option<Instruction> {
    let new = Instruction::new;
    Some(match code >> 8 & 15 {
        0 => new(Kind::Simple).reading(SP).writing(SP),
        1 | 3 | 9 | 11 => new(Kind::Branch { conditional: true }).late(low(code, 0)),
        2 => new(Kind::Parallel { latency: 1 })
            .reading(low(code, 3))
            .writing(low(code, 0)),
        10 if code >> 6 & 3 != 2 => new(Kind::Parallel { latency: 1 })
            .early(low(code, 3))
            .writing(low(code, 0)),
        4 | 5 => many(code & 0xff | (code >> 8 & 1) << 14, false)
            .early(SP)
            .base(SP, true),
        12 | 13 => many(code & 0xff | (code >> 8 & 1) << 15, true)
            .early(SP)
            .base(SP, true),
        6 | 14 => new(Kind::System),
        15 if code & 15 != 0 => new(Kind::IfThen),
        15 => new(Kind::Nop),
        _ => return None,
    })
}
