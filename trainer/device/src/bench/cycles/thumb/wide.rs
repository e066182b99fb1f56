//! Thumb instructions of two halfwords ("Armv7-M Architecture Reference Manual", A5.3), including the DSP extension's; of
//! floating point, only moves, loads and stores.

use super::super::instruction::{FLAGS, Instruction, Kind, LR, PC, Registers, register};
use super::narrow::many;

/// The register that four bits name.
const fn at(code: u16, place: u32) -> Registers {
    register(code >> place & 15)
}

/// The register that four bits name, or none for 15.
const fn some(code: u16, place: u32) -> Registers {
    at(code, place) & !PC
}

/// Decodes an instruction; `None` where it is undefined or its cost is unknown.
pub fn decode(first: u16, second: u16) -> Option<Instruction> {
    let (group, kind) = (first >> 11 & 3, first >> 4 & 0x7f);
    let plain = match (group, kind) {
        (1 | 3, 0x40..) => return float(first, second).map(wide),
        (1, 0x20..) => shifted_register(first, second),
        (1, _) if kind & 4 == 0 => multiple(first, second),
        (1, _) => return dual(first, second).map(wide),
        (2, _) if second >> 15 == 1 => return control(first, second).map(wide),
        (2, _) if first >> 9 & 1 == 0 => modified_constant(first, second),
        (2, _) => return plain_constant(first, second).map(wide),
        (3, 0x30..=0x37) => multiply(first, second),
        (3, 0x38..) => return long_multiply(first, second).map(wide),
        (3, 0x20..) => return registers(first, second).map(wide),
        (3, _) => return single(first, second).map(wide),
        _ => return None,
    };
    Some(wide(plain))
}

const fn wide(mut instruction: Instruction) -> Instruction {
    instruction.wide = true;
    instruction
}

/// Decodes LDM and STM (A5.3.5).
fn multiple(first: u16, second: u16) -> Instruction {
    let (loads, moves) = (first >> 4 & 1 == 1, first >> 5 & 1 == 1);
    let base = at(first, 0);
    many(second, loads).early(base).base(base, moves)
}

/// Decodes LDRD, STRD, exclusive access and table branches (A5.3.6).
fn dual(first: u16, second: u16) -> Option<Instruction> {
    let base = at(first, 0);
    let (data, more) = (at(second, 12), at(second, 8));
    let moves = first >> 5 & 1 == 1;
    let loads = first >> 4 & 1 == 1;
    let load = Instruction::new(Kind::Load { narrow: false });
    let store = Instruction::new(Kind::Store { indexed: false });
    Some(match (first >> 7 & 3, first >> 4 & 3) {
        (0, 0) => store.early(base).late(data).writing(more),
        (0, 1) => load.early(base).writing(data),
        (1, 0) => store.early(base).late(data).writing(at(second, 0)),
        (1, 1) if second >> 5 & 7 == 0 => Instruction::new(Kind::Table).early(base | at(second, 0)),
        (1, 1) => load.early(base).writing(data),
        _ if loads => {
            let pair = Instruction::new(Kind::LoadMany(2)).early(base);
            pair.writing(data | more).base(base, moves)
        }
        _ => {
            let pair = Instruction::new(Kind::StoreMany(2)).early(base);
            pair.late(data | more).base(base, moves)
        }
    })
}

/// Decodes operations that A5.3.11 and A5.3.1 share: they have the same numbers on a register and on a constant.
fn operation(first: u16, second: u16, operand: Registers, kind: Kind) -> Instruction {
    let sets = first >> 4 & 1 == 1;
    let (left, to) = (some(first, 0), at(second, 8));
    let number = first >> 5 & 15;
    // ADC, SBC.
    let carry = if matches!(number, 10 | 11) { FLAGS } else { 0 };
    let flags = if sets { FLAGS } else { 0 };
    let new = Instruction::new(kind).reading(left | carry).writing(flags);
    let new = if kind == Kind::Shift {
        new.early(operand)
    } else {
        new.reading(operand)
    };
    // TST, TEQ, CMN and CMP have no other result.
    if to == PC && sets {
        new
    } else {
        new.writing(to)
    }
}

/// Decodes operations on a shifted register (A5.3.11).
fn shifted_register(first: u16, second: u16) -> Instruction {
    let amount = second >> 12 & 7 | second >> 6 & 3 | second >> 4 & 3;
    let (operand, number) = (at(second, 0), first >> 5 & 15);
    match number {
        // PKHBT, PKHTB.
        6 => Instruction::new(Kind::Parallel { latency: 1 })
            .reading(at(first, 0))
            .early(operand)
            .writing(at(second, 8)),
        // MOV, and shifts, which need nothing early.
        2 if first & 15 == 15 => {
            let kind = if amount == 0 {
                Kind::Simple
            } else {
                Kind::Shift
            };
            let flags = if first >> 4 & 1 == 1 { FLAGS } else { 0 };
            Instruction::new(kind)
                .reading(operand)
                .writing(at(second, 8) | flags)
        }
        _ if amount == 0 => operation(first, second, operand, Kind::Simple),
        _ => operation(first, second, operand, Kind::Shift),
    }
}

/// Decodes operations on a modified constant (A5.3.1).
fn modified_constant(first: u16, second: u16) -> Instruction {
    operation(first, second, 0, Kind::Simple)
}

/// Decodes operations on plain constants, saturation and bit fields (A5.3.3).
fn plain_constant(first: u16, second: u16) -> Option<Instruction> {
    let (from, to) = (at(first, 0), at(second, 8));
    Some(match first >> 4 & 0x1f {
        // ADDW and SUBW; ADR where the register is the program counter.
        0 | 10 => Instruction::new(Kind::Simple)
            .reading(some(first, 0))
            .writing(to),
        // MOVW, MOVT.
        4 => Instruction::new(Kind::Simple).writing(to),
        12 => Instruction::new(Kind::Simple).reading(to).writing(to),
        // SSAT, SSAT16, USAT, USAT16.
        16 | 18 | 24 | 26 => Instruction::new(Kind::Parallel { latency: 2 })
            .early(from)
            .writing(to),
        // SBFX, UBFX.
        20 | 28 => Instruction::new(Kind::Parallel { latency: 1 })
            .early(from)
            .writing(to),
        // BFI, BFC.
        22 => Instruction::new(Kind::Bits)
            .reading(some(first, 0) | to)
            .writing(to),
        _ => return None,
    })
}

/// Decodes branches, special registers and hints (A5.3.4).
fn control(first: u16, second: u16) -> Option<Instruction> {
    let branch = |conditional| Instruction::new(Kind::Branch { conditional });
    Some(match (second >> 12 & 5, first >> 4 & 0x7f) {
        (1, _) => branch(false),
        (5, _) => branch(false).writing(LR),
        (0, kind) if kind & 0x38 != 0x38 => branch(true).late(FLAGS),
        (0, 0x38 | 0x39) => Instruction::new(Kind::System).reading(at(first, 0)),
        (0, 0x3a) if second & 0xff == 0 => Instruction::new(Kind::Nop),
        (0, 0x3b) => Instruction::new(Kind::System),
        (0, 0x3e | 0x3f) => Instruction::new(Kind::System).writing(at(second, 8)),
        _ => return None,
    })
}

/// Decodes loads and stores of one register (A5.3.7 to A5.3.10).
fn single(first: u16, second: u16) -> Option<Instruction> {
    let (base, data) = (at(first, 0), at(second, 12));
    let (size, loads) = (first >> 5 & 3, first >> 4 & 1 == 1);
    let literal = loads && base == PC;
    let constant = first >> 7 & 1 == 1 || second >> 11 & 1 == 1;
    let moves = first >> 7 & 1 == 0 && constant && second >> 8 & 1 == 1 && !literal;
    let indexed = !constant && !literal;
    let index = if indexed { at(second, 0) } else { 0 };
    if size == 3 || (!loads && (base == PC || first >> 8 & 1 == 1)) {
        return None;
    }
    let new = match loads {
        // A preload has no destination.
        true => Instruction::new(Kind::Load { narrow: size != 2 }).writing(if size == 2 {
            data
        } else {
            some(second, 12)
        }),
        false => Instruction::new(Kind::Store { indexed }).late(data),
    };
    Some(new.early(base | index).base(base, moves))
}

/// Decodes shifts by a register, extensions, sums of parts, and what has no other place (A5.3.12).
fn registers(first: u16, second: u16) -> Option<Instruction> {
    if second >> 12 != 15 {
        return None;
    }
    let (kind, how) = (first >> 4 & 15, second >> 4 & 15);
    let (left, right, to) = (some(first, 0), at(second, 0), at(second, 8));
    let parallel = |latency| Instruction::new(Kind::Parallel { latency }).writing(to);
    Some(match (kind, how) {
        (0..=7, 0) => {
            let flags = if kind & 1 == 1 { FLAGS } else { 0 };
            let shift = Instruction::new(Kind::Shift).reading(left | right);
            shift.writing(to | flags)
        }
        (0..=5, 8..) if left == 0 => parallel(1).reading(right),
        (0..=5, 8..) => parallel(1).reading(left).early(right),
        // Sums of parts; they take longer where they saturate.
        (8.., 0 | 2 | 4 | 6) => parallel(1).reading(left | right),
        (8.., 1 | 5) => parallel(2).reading(left | right),
        (8, 8..=11) => parallel(2).reading(left | right),
        (9, 8..=11) => parallel(1).early(right),
        (10, 8) => parallel(1).reading(left | right | FLAGS),
        (11, 8) => Instruction::new(Kind::Bits).reading(right).writing(to),
        _ => return None,
    })
}

/// Decodes products, with a sum or without (A5.3.16).
fn multiply(first: u16, second: u16) -> Instruction {
    let kind = match first >> 4 & 7 {
        // USAD8, USADA8.
        7 => Kind::Parallel { latency: 2 },
        _ => Kind::Multiply,
    };
    Instruction::new(kind)
        .reading(at(first, 0) | at(second, 0))
        .late(some(second, 12))
        .writing(at(second, 8))
}

/// Decodes products of 64 bits and quotients (A5.3.17).
fn long_multiply(first: u16, second: u16) -> Option<Instruction> {
    let factors = at(first, 0) | at(second, 0);
    let (low, high) = (at(second, 12), at(second, 8));
    Some(match first >> 4 & 7 {
        0 | 2 => Instruction::new(Kind::Multiply)
            .reading(factors)
            .writing(low | high),
        1 | 3 => Instruction::new(Kind::Divide)
            .reading(factors)
            .writing(high),
        4..=6 => Instruction::new(Kind::Multiply)
            .reading(factors)
            .late(low | high)
            .writing(low | high),
        _ => return None,
    })
}

/// Decodes loads, stores and moves of floating-point registers (A6.5 to A6.7).
fn float(first: u16, second: u16) -> Option<Instruction> {
    let wide = match second >> 8 & 15 {
        10 => false,
        11 => true,
        _ => return None,
    };
    let (base, data) = (at(first, 0), at(second, 12));
    let to_core = first >> 4 & 1 == 1;
    let transfer = |words, registers| {
        let new = Instruction::new(Kind::FloatMove(words));
        if to_core {
            new.writing(registers)
        } else {
            new.reading(registers)
        }
    };
    match first >> 4 & 0xff {
        0xc4 | 0xc5 => Some(transfer(2, data | base)),
        0xe0 | 0xe1 if !wide && second >> 4 & 1 == 1 => Some(transfer(1, data)),
        kind @ 0xc0..=0xdf => {
            let (before, moves) = (kind >> 4 & 1 == 1, kind >> 1 & 1 == 1);
            let words = match (before && !moves, wide) {
                (true, false) => 1,
                (true, true) => 2,
                (false, _) => second & 0xff,
            };
            let (load, words) = (to_core, words as u8);
            let new = Instruction::new(Kind::FloatMemory { load, words }).early(base);
            Some(new.base(base, moves))
        }
        _ => None,
    }
}
