//! Properties of an instruction that the cost models use.

/// A set of registers, one bit each: r0 to pc and [`FLAGS`], or x1 to x31 of RISC-V; then those of [`vector`].
pub type Registers = u64;

/// The condition flags.
pub const FLAGS: Registers = 1 << 16;
/// The stack pointer.
pub const SP: Registers = 1 << 13;
/// The link register.
pub const LR: Registers = 1 << 14;
/// The program counter.
pub const PC: Registers = 1 << 15;

/// A class of instructions with the same cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sums, logic, moves and compares of registers and constants.
    Simple,
    /// Shifts, and operands that are shifted on their way.
    Shift,
    /// Instructions that work on single bits: CLZ, BFI, BFC.
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
    /// A load of one register.
    Load {
        /// Whether a byte or a halfword is loaded.
        narrow: bool,
    },
    /// LDRD, LDM and POP of this number of words.
    LoadMany(u8),
    /// A store of one register.
    Store {
        /// Whether the address is a sum of two registers.
        indexed: bool,
    },
    /// STRD, STM and PUSH of this number of words.
    StoreMany(u8),
    /// B, BL, BX, CBZ and their like.
    Branch {
        /// Whether the branch has a condition, and so may fall through.
        conditional: bool,
    },
    /// Table branches: TBB and TBH.
    Table,
    /// IT: conditions for the instructions that follow.
    IfThen,
    /// NOP and other hints.
    Nop,
    /// Instructions on the state of the processor: MRS, MSR, CPS, barriers, and what enters the debugger.
    System,
    /// Words moved between floating-point registers and memory.
    FloatMemory {
        /// Whether it is a load; otherwise it is a store.
        load: bool,
        /// Number of words.
        words: u8,
    },
    /// This number of words moved between floating-point registers and others.
    FloatMove(u8),
    /// Helium on a whole vector, in two beats of 64 bits each.
    Vector {
        /// The pipeline that executes both beats.
        unit: Unit,
        /// Cycles until the next instruction can use the result's first half.
        latency: u8,
    },
    /// Helium's predicates: VCTP, VPST, VPNOT.
    Predicate,
    /// The start of a low-overhead loop: DLS, WLS, DLSTP, WLSTP.
    LoopStart,
    /// The end of a low-overhead loop: LE, LETP.
    LoopEnd,
    /// Memory read and written at once, or reserved: RISC-V's extension A.
    Atomic,
}

/// A pipeline of a Cortex-M55 that executes vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Loads and stores.
    Memory,
    /// Sums, logic, shifts, compares and moves of integers.
    Integer,
    /// Products, and moves between vectors and other registers.
    Product,
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Class of the instruction, which decides its cost.
    pub kind: Kind,
    /// Whether the instruction has two halfwords.
    pub wide: bool,
    /// Registers read.
    pub reads: Registers,
    /// Registers among those read that make an address or are shifted: they are needed early.
    pub early: Registers,
    /// Registers among those read that are added to a product, stored, or decide a branch: they are needed late.
    pub late: Registers,
    /// Registers written.
    pub writes: Registers,
    /// The address register, where the instruction changes it.
    pub base: Registers,
}

impl Instruction {
    /// An instruction of this class that reads and writes no registers.
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

    /// Adds registers that the instruction reads.
    pub const fn reading(mut self, registers: Registers) -> Self {
        self.reads |= registers;
        self
    }

    /// Adds registers that the instruction reads for an address or to shift them.
    pub const fn early(mut self, registers: Registers) -> Self {
        // The program counter is always ready, so it is never needed early.
        let registers = registers & !PC;
        self.early |= registers;
        self.reading(registers)
    }

    /// Adds registers that the instruction reads to add them to a product, to store them, or to branch by them.
    pub const fn late(mut self, registers: Registers) -> Self {
        self.late |= registers;
        self.reading(registers)
    }

    /// Adds registers that the instruction writes.
    pub const fn writing(mut self, registers: Registers) -> Self {
        self.writes |= registers;
        self
    }

    /// Adds the address register, which the instruction also changes where `moves`.
    pub const fn base(mut self, register: Registers, moves: bool) -> Self {
        if moves {
            self.base = register;
        }
        self
    }

    /// Length of the instruction in bytes.
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
                | Kind::Atomic
        )
    }
}

/// The set of the vector register q0 to q7 with this number.
pub const fn vector(number: u16) -> Registers {
    1 << (32 + (number & 7))
}

/// The set of the register with this number.
pub const fn register(number: u16) -> Registers {
    1 << (number & 15)
}
