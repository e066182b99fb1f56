//! Files that the firmware's build makes of a board: the linker's layout and the constants.

use std::fmt::Write as _;

use crate::board::{Board, Write};

/// Regions of the `riscv-rt` crate, and the memory that each lies in.
const RISCV_REGIONS: [(&str, &str); 6] = [
    ("REGION_TEXT", "FLASH"),
    ("REGION_RODATA", "FLASH"),
    ("REGION_DATA", "RAM"),
    ("REGION_BSS", "RAM"),
    ("REGION_HEAP", "RAM"),
    ("REGION_STACK", "RAM"),
];

/// `memory.x`, as the linker scripts of `cortex-m-rt` and `riscv-rt` include it.
pub fn memory_x(board: &Board) -> String {
    let memory = &board.memory;
    let mut out = format!("/* {}: {} */\nMEMORY\n{{\n", board.id, board.description);
    for (name, region) in [
        ("FLASH", memory.image),
        ("MODEL", memory.model),
        ("RAM", memory.ram),
    ] {
        let (start, length) = (region.start, region.length);
        push(
            &mut out,
            format_args!("  {name} : ORIGIN = {start:#010x}, LENGTH = {length}"),
        );
    }
    out.push_str("}\n\n");
    if board.core.cpu.is_riscv() {
        for (region, memory) in RISCV_REGIONS {
            push(
                &mut out,
                format_args!("REGION_ALIAS(\"{region}\", {memory});"),
            );
        }
        out.push('\n');
    }
    out.push_str(
        "/* The model lies outside the image and is flashed by itself: one image runs every model. */\n\
         _model_slot = ORIGIN(MODEL);\n\
         _model_slot_end = ORIGIN(MODEL) + LENGTH(MODEL);\n",
    );
    out
}

/// The Rust source that the firmware's `board` module includes.
pub fn constants(board: &Board) -> String {
    let memory = &board.memory;
    let mut out = String::new();
    let mut constant = |docs: &str, item: String| {
        push(&mut out, format_args!("/// {docs}\npub const {item};"));
    };
    constant(
        "Name of the board on the link.",
        format!("NAME: &str = {:?}", board.id),
    );
    constant(
        "Bytes of the arena.",
        format!("ARENA_LEN: usize = {}", memory.arena.0),
    );
    constant(
        "Bytes of the longest picture, text or record.",
        format!("INBOX_LEN: usize = {}", memory.inbox.0),
    );
    constant(
        "Parts of a session that are counted one by one.",
        format!("STAGES: usize = {}", memory.stages),
    );
    if let Some((nanoseconds, ticks)) = board.tick() {
        constant(
            "Nanoseconds that a tick of the processor clock takes, as a fraction.",
            format!("TICK: (u64, u64) = ({nanoseconds}, {ticks})"),
        );
    }
    if board.core.cpu.is_riscv() {
        let plic = board.core.plic.map(|plic| format!("Some({plic:#010x})"));
        constant(
            "First address of the interrupt controller, where there is one.",
            format!(
                "PLIC: Option<usize> = {}",
                plic.unwrap_or("None".to_owned())
            ),
        );
    }
    constant(
        "Number of the UART's interrupt.",
        format!("UART_INTERRUPT: u32 = {}", board.uart.interrupt),
    );
    let driver = format!("crate::uart::{}", board.uart.driver.rust_type());
    let base = format!("{:#010x}", board.uart.base);
    let speed = board.uart.speed.map(|speed| {
        let (hertz, baud) = (speed.hertz, speed.baud);
        format!(", crate::uart::Speed {{ hertz: {hertz}, baud: {baud} }}")
    });
    let speed = speed.unwrap_or_default();
    constant(
        "The board's UART.",
        format!("UART: {driver} = {driver}::at({base}{speed})"),
    );
    setup(&mut out, &board.setup);
    out
}

/// The function that writes the registers of clocks and pins.
fn setup(out: &mut String, writes: &[Write]) {
    push(out, format_args!("fn setup() {{"));
    for write in writes {
        let register = format!("crate::mmio::Register::<u32>::at({:#010x})", write.address);
        let value = match (write.write, write.clear, write.set) {
            (Some(value), ..) => format!("{value:#010x}"),
            (None, Some(clear), Some(set)) => {
                format!("REGISTER.read() & !{clear:#010x} | {set:#010x}")
            }
            (None, Some(clear), None) => format!("REGISTER.read() & !{clear:#010x}"),
            (None, None, set) => format!("REGISTER.read() | {:#010x}", set.unwrap_or_default()),
        };
        push(
            out,
            format_args!(
                "    {{\n        const REGISTER: crate::mmio::Register<u32> = {register};\n        REGISTER.write({value});\n    }}"
            ),
        );
    }
    push(out, format_args!("}}"));
}

fn push(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{line}");
}
