//! What the cost models need to know of an instruction.

/// A set of registers, a bit each: r0 to pc, and [`FLAGS`].
pub type Registers = u32;

/// The condition flags.
pub const FLAGS: Registers = 1 << 16;
/// The stack pointer, the link register and the program counter.
pub const SP: Registers = 1 << 13;
pub const LR: Registers = 1 << 14;
pub const PC: Registers = 1 << 15;

/// A class of instructions that cost the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sums, logic, moves and compares of registers and constants.
    Simple,
    /// Shifts, and operands that are shifted on their way.
    Shift,
    /// What works on one bit after the other: CLZ, BFI, BFC.
    Bits,
    /// Extensions, saturation, bit fields, reversals, and sums of the parts of a register.
    Parallel {
        /// Cycles until a Cortex-M7 can use the result.
        latency: u8,
    },
    /// Products, with a sum or without, of 32 or 64 bits.
    Multiply,
    /// SDIV and UDIV.
    Divide,
    /// One register.
    Load {
        /// A byte or a half.
        narrow: bool,
    },
    /// LDRD, LDM and POP: so many words.
    LoadMany(u8),
    /// One register.
    Store {
        /// The address is a sum of two registers.
        indexed: bool,
    },
    /// STRD, STM and PUSH: so many words.
    StoreMany(u8),
    /// B, BL, BX, CBZ and their like.
    Branch {
        /// It may fall through.
        conditional: bool,
    },
    /// TBB and TBH.
    Table,
    /// IT.
    IfThen,
    /// NOP and other hints.
    Nop,
    /// MRS, MSR, CPS, barriers, and what enters the debugger.
    System,
    /// So many words between a floating-point register and memory.
    FloatMemory {
        /// Else it is a store.
        load: bool,
        /// Words.
        words: u8,
    },
    /// So many words between floating-point registers and others.
    FloatMove(u8),
}

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What it costs.
    pub kind: Kind,
    /// Two halfwords.
    pub wide: bool,
    /// Registers read.
    pub reads: Registers,
    /// Those of them that make an address or are shifted: needed early.
    pub early: Registers,
    /// Those of them that are added to a product, stored, or decide a branch: needed late.
    pub late: Registers,
    /// Registers written.
    pub writes: Registers,
    /// The register of the address where it is moved on.
    pub base: Registers,
}

impl Instruction {
    /// One that reads and writes no registers.
    pub const fn new(kind: Kind) -> Self {
        Instruction {
            kind,
            wide: false,
            reads: 0,
            early: 0,
            late: 0,
            writes: 0,
            base: 0,
        }
    }

    /// Reads these too.
    pub const fn reading(mut self, registers: Registers) -> Self {
        self.reads |= registers;
        self
    }

    /// Reads these too, for an address or to shift them.
    pub const fn early(mut self, registers: Registers) -> Self {
        // The program counter is always there.
        let registers = registers & !PC;
        self.early |= registers;
        self.reading(registers)
    }

    /// Reads these too, to add them to a product, to store them, or to branch by them.
    pub const fn late(mut self, registers: Registers) -> Self {
        self.late |= registers;
        self.reading(registers)
    }

    /// Writes these too.
    pub const fn writing(mut self, registers: Registers) -> Self {
        self.writes |= registers;
        self
    }

    /// Moves its address on where `moves`.
    pub const fn base(mut self, register: Registers, moves: bool) -> Self {
        if moves {
            self.base = register;
        }
        self
    }

    /// Bytes.
    pub const fn len(&self) -> u32 {
        if self.wide { 4 } else { 2 }
    }

    /// Whether it reads or writes memory.
    pub const fn is_memory(&self) -> bool {
        matches!(
            self.kind,
            Kind::Load { .. }
                | Kind::LoadMany(_)
                | Kind::Store { .. }
                | Kind::StoreMany(_)
                | Kind::Table
                | Kind::FloatMemory { .. }
        )
    }
}

/// The register with this number, alone in a set.
pub const fn register(number: u16) -> Registers {
    1 << (number & 15)
}
