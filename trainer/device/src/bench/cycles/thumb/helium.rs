//! Instructions of Armv8.1-M: Helium on integers, low-overhead loops, conditional selects and shifts of two registers
//! ("Armv8-M Architecture Reference Manual", C2.4).
//!
//! A table holds the forms that have a cost here, each with the fixed bits of its encoding, the pipeline and latency of LLVM's
//! scheduling model for the Cortex-M55 (`llvm/lib/Target/ARM/ARMScheduleM55.td`) and the fields that name registers. Helium on
//! floating point, and what no code here uses, is not in it, and so unknown.

use super::super::instruction::{
    FLAGS, Instruction, Kind, LR, PC, Registers, Unit, register, vector,
};

/// A field of an encoding that names a register.
#[derive(Clone, Copy)]
enum Field {
    /// q0 to q7: destination, or what is summed up.
    Qd,
    /// q0 to q7: the first operand; the destination of VDUP and of moves to a lane.
    Qn,
    /// q0 to q7: the second operand.
    Qm,
    /// A register: an address.
    Rn,
    /// r0 to r7: the address of a load that widens, of a store that narrows.
    Low,
    /// A register: the second operand.
    Rm,
    /// A register: a transfer's.
    Rt,
    /// An even register: a sum, or a counter of VIDUP.
    Even,
    /// An even register where VIDUP has its counter.
    Counter,
    /// The odd register above a sum of 64 bits.
    Odd,
    /// The two or four vectors of VLD2, VLD4, VST2 and VST4.
    Several,
}

use Field::{Counter, Even, Low, Odd, Qd, Qm, Qn, Rm, Rn, Rt, Several};

/// A form of instructions: the fixed bits and their values, the class, the registers read and written.
type Form = (u32, u32, Kind, &'static [Field], &'static [Field]);

const fn integer(latency: u8) -> Kind {
    Kind::Vector {
        unit: Unit::Integer,
        latency,
    }
}

const fn product(latency: u8) -> Kind {
    Kind::Vector {
        unit: Unit::Product,
        latency,
    }
}

const fn memory(latency: u8) -> Kind {
    Kind::Vector {
        unit: Unit::Memory,
        latency,
    }
}

const MOVE: Kind = Kind::FloatMove(1);

/// The forms; of those that fit, the first holds.
const FORMS: [Form; 58] = [
    // VCMP and VPSEL, VPST and VPNOT.
    (0xFFBF_1FFF, 0xFE31_0F4D, Kind::Predicate, &[], &[]),
    (0xFFB1_1F51, 0xFE31_0F01, integer(1), &[Qn, Qm], &[Qd]),
    (0xFF81_0F50, 0xFE01_0F40, product(1), &[Qn, Rm], &[]),
    (0xFF81_0F50, 0xFE01_0F00, product(1), &[Qn, Qm], &[]),
    // Sums, logic, shifts and products of two vectors, by bits 11 to 8 and 4.
    (0xEF81_1F51, 0xEF00_0040, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0050, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0140, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0150, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0240, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0250, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0440, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0450, integer(2), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0540, integer(2), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0550, integer(2), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0640, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0650, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0740, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0840, integer(1), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0950, product(2), &[Qn, Qm], &[Qd]),
    (0xEF81_1F51, 0xEF00_0B40, product(2), &[Qn, Qm], &[Qd]),
    // One vector: reversals, counts, complements; absolute and negative values.
    (0xFFB3_1051, 0xFFB0_0040, integer(1), &[Qm], &[Qd]),
    (0xFFB3_1451, 0xFFB1_0040, integer(1), &[Qm], &[Qd]),
    // Constants; shifts by a constant: right, rounded, left.
    (0xEFB8_10D0, 0xEF80_0050, product(2), &[], &[Qd]),
    (0xEF80_1FD1, 0xEF80_0050, integer(1), &[Qm], &[Qd]),
    (0xEF80_1FD1, 0xEF80_0250, integer(2), &[Qm], &[Qd]),
    (0xEF80_1FD1, 0xEF80_0550, integer(1), &[Qm, Qd], &[Qd]),
    (0xEF80_1FD1, 0xEF80_0750, integer(2), &[Qm], &[Qd]),
    // VIDUP and its like; sums of a vector and a register.
    (
        0xEF81_0F70,
        0xEE01_0F60,
        integer(1),
        &[Counter],
        &[Qd, Counter],
    ),
    (0xEF80_0F50, 0xEE00_0F40, integer(1), &[Qn, Rm], &[Qd]),
    // Shifts by a register: VSHL, the rounded and saturated.
    (0xEFB3_0FD0, 0xEE31_0E40, integer(1), &[Qd, Rm], &[Qd]),
    (0xEFB0_0F50, 0xEE30_0E40, integer(2), &[Qd, Rm], &[Qd]),
    // Products of a vector and a register; those that add.
    (0xEF81_1F70, 0xEE01_1E60, product(2), &[Qn, Rm], &[Qd]),
    (0xEF81_1F70, 0xEE01_0E60, product(2), &[Qn, Rm], &[Qd]),
    (0xEF80_0F50, 0xEE00_0E40, product(2), &[Qn, Rm, Qd], &[Qd]),
    // Sums across a vector: VADDV, VADDLV; VMAXV of bytes, halfwords and words; sums of products.
    (0xEFF3_1FD1, 0xEEF1_0F00, product(2), &[Qm, Even], &[Even]),
    (
        0xEF83_1FD1,
        0xEE81_0F00,
        product(2),
        &[Qm, Even, Odd],
        &[Even, Odd],
    ),
    (0xEFFF_0F51, 0xEEE2_0F00, integer(2), &[Qm, Rt], &[Rt]),
    (0xEFFF_0F51, 0xEEE6_0F00, integer(3), &[Qm, Rt], &[Rt]),
    (0xEFFF_0F51, 0xEEEA_0F00, integer(4), &[Qm, Rt], &[Rt]),
    (
        0xEFF0_0ED0,
        0xEEF0_0E00,
        product(2),
        &[Qn, Qm, Even],
        &[Even],
    ),
    (
        0xEF80_0ED1,
        0xEE80_0E00,
        product(2),
        &[Qn, Qm, Even, Odd],
        &[Even, Odd],
    ),
    // VSHLL by the element; narrowing moves.
    (0xEFB3_0FD1, 0xEE31_0E01, integer(1), &[Qm], &[Qd]),
    (0xEFB1_0F51, 0xEE31_0E01, integer(3), &[Qm, Qd], &[Qd]),
    // VMULL, VMULH; the dual products.
    (0xEF81_0F51, 0xEE01_0E00, product(2), &[Qn, Qm], &[Qd]),
    (0xEF81_0F51, 0xEE01_0E01, product(2), &[Qn, Qm], &[Qd]),
    (0xEF81_0F50, 0xEE00_0E00, product(2), &[Qn, Qm, Qd], &[Qd]),
    // VMOVL and VSHLL; narrowing shifts.
    (0xEFA0_0FD1, 0xEEA0_0F40, integer(1), &[Qm], &[Qd]),
    (0xEFA0_0F51, 0xEE80_0F41, integer(3), &[Qm, Qd], &[Qd]),
    // Moves: two lanes at once, one lane, all lanes; VMSR and VMRS.
    (0xFFB0_1FE0, 0xEC10_0F00, product(1), &[Qd, Rm, Rn], &[Qd]),
    (0xFFB0_1FE0, 0xEC00_0F00, product(1), &[Qd], &[Rm, Rn]),
    (0xFF90_0F1F, 0xEE10_0B10, product(1), &[Qn], &[Rt]),
    (0xFF90_0F1F, 0xEE00_0B10, product(1), &[Qn, Rt], &[Qn]),
    (0xFFB0_0F5F, 0xEEA0_0B10, integer(1), &[Rt], &[Qn]),
    (0xFFF0_0FFF, 0xEEE0_0A10, MOVE, &[Rt], &[]),
    (0xFFF0_0FFF, 0xEEF0_0A10, MOVE, &[], &[Rt]),
    // VCTP and the starts of loops.
    (0xFFC0_FFFF, 0xF000_E801, Kind::Predicate, &[Rn], &[]),
    (0xFF80_FFFF, 0xF000_E001, Kind::LoopStart, &[Rn], &[]),
    (0xFF80_F001, 0xF000_C001, Kind::LoopStart, &[Rn], &[]),
];

/// Decodes what Armv7-M has no place for; `None` where it is undefined or its cost is unknown.
pub fn decode(code: u32) -> Option<Instruction> {
    let mut this = loop_end(code)
        .or_else(|| transfer(code))
        .or_else(|| form(code))?;
    this.wide = true;
    Some(this)
}

/// Decodes what has the bits of Armv7-M's ORRS, but with such in places that must be 0 there: selects, and shifts of two
/// registers.
pub fn decode_orrs(code: u32) -> Option<Instruction> {
    let named = |place: u32| register((code >> place) as u16);
    let mut this = if code & 0xFFF0_C000 == 0xEA50_8000 {
        let operands = (named(16) | named(0)) & !PC;
        Instruction::new(Kind::Simple)
            .reading(operands | FLAGS)
            .writing(named(8))
    } else if code & 0xFFF0_800D == 0xEA50_000D {
        let (low, high) = (
            register((code >> 16 & 14) as u16),
            register((code >> 8 & 14 | 1) as u16),
        );
        let pair = (low | high) & !PC;
        Instruction::new(Kind::Shift).reading(pair).writing(pair)
    } else {
        return None;
    };
    this.wide = true;
    Some(this)
}

/// LE and LETP, which count down the link register but for the endless form.
fn loop_end(code: u32) -> Option<Instruction> {
    let ends = code & 0xFFCF_F001 == 0xF00F_C001;
    ends.then(|| Instruction::new(Kind::LoopEnd).reading(LR).writing(LR))
}

/// Loads and stores of vectors.
fn transfer(code: u32) -> Option<Instruction> {
    let load = code >> 20 & 1 == 1;
    let (base, indexed, several) = match code {
        // [Qn, #imm]; VLD2, VLD4 and their stores; [Rn, Qm]; then [Rn, #imm], and what widens or narrows.
        _ if code & 0xFF00_1E00 == 0xFD00_1E00 => (Qn, true, false),
        _ if code & 0xFF80_1E00 == 0xFC80_1E00 => (Rn, false, true),
        _ if code & 0xEFA0_1E00 == 0xEC80_0E00 => (Rn, true, false),
        // Neither before nor after the transfer, that is none: lanes are moved.
        _ if code & 0x0120_0000 == 0 => return None,
        _ if code & 0xFE00_1E00 == 0xEC00_1E00 => (Rn, false, false),
        _ if code & 0xEE00_1E00 == 0xEC00_0E00 => (Low, false, false),
        _ => return None,
    };
    let data = named(code, if several { Several } else { Qd });
    let address = named(code, base);
    let index = match (indexed, base) {
        (true, Rn) => named(code, Qm),
        _ => 0,
    };
    let new = Instruction::new(memory(if indexed && load { 2 } else { 1 })).early(address | index);
    let new = if load {
        new.writing(data)
    } else {
        new.late(data)
    };
    let moves = code >> 21 & 1 == 1;
    // A changed vector of addresses is a result like others.
    Some(new.base(address, moves))
}

fn form(code: u32) -> Option<Instruction> {
    let fits = |form: &&Form| code & form.0 == form.1;
    let &(_, _, kind, reads, writes) = FORMS.iter().find(fits)?;
    let set = |fields: &[Field]| {
        fields
            .iter()
            .fold(0, |all, &field| all | named(code, field))
    };
    // A program counter stands for no register here: for the flags, or for the constant zero.
    let this = Instruction::new(kind).reading(set(reads) & !PC);
    Some(this.writing(set(writes) & !PC))
}

/// The registers that a field names.
fn named(code: u32, field: Field) -> Registers {
    let at = |place: u32| (code >> place) as u16;
    match field {
        Qd => vector(at(13)),
        Qn => vector(at(17)),
        Qm => vector(at(1)),
        Rn => register(at(16)),
        Low => register(at(16) & 7),
        Rm => register(at(0)),
        Rt => register(at(12)),
        Even => register(at(12) & 14),
        Counter => register(at(16) & 14),
        Odd => register((at(20) & 7) << 1 | 1),
        Several => {
            let first = at(13);
            let two = vector(first) | vector(first + 1);
            if code & 1 == 0 {
                two
            } else {
                two | vector(first + 2) | vector(first + 3)
            }
        }
    }
}
