//! Files that the firmware's build makes of a board: the linker's layout and the constants.

use std::fmt::Write as _;

use crate::board::{Board, Counter, Step};
use crate::region::{Bytes, Region};

/// Regions of the `riscv-rt` crate, and the memory that each lies in; constants may lie elsewhere.
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
    // The name alone: a description may hold what ends a comment.
    let mut out = format!("/* {} */\nMEMORY\n{{\n", board.id);
    let mut regions = code_regions(board);
    regions.extend([("MODEL", memory.model), ("RAM", memory.ram)]);
    let constants = match regions.iter().any(|(name, _)| *name == CONSTANTS) {
        true => CONSTANTS,
        false => "FLASH",
    };
    for (name, region) in regions {
        let (start, length) = (region.start, region.length);
        push(
            &mut out,
            format_args!("  {name} : ORIGIN = {start:#010x}, LENGTH = {length}"),
        );
    }
    out.push_str("}\n\n");
    if board.core.cpu.is_riscv() {
        for (region, memory) in RISCV_REGIONS {
            let memory = match region {
                "REGION_RODATA" => constants,
                _ => memory,
            };
            push(
                &mut out,
                format_args!("REGION_ALIAS(\"{region}\", {memory});"),
            );
        }
        out.push('\n');
    }
    out.push_str(boot_section(board));
    out.push_str(
        "/* The model lies outside the image and is flashed by itself: one image runs every model. */\n\
         _model_slot = ORIGIN(MODEL);\n\
         _model_slot_end = ORIGIN(MODEL) + LENGTH(MODEL);\n",
    );
    out
}

/// Memory for constants, where they are not read at the addresses at which code is fetched.
const CONSTANTS: &str = "CONSTANTS";

/// The parts of the image's flash: what the boot ROM reads, code, constants.
fn code_regions(board: &Board) -> Vec<(&'static str, Region)> {
    let (image, code, header) = (board.memory.image, board.code(), board.header());
    let boot = Region {
        start: code.start,
        length: Bytes(header),
    };
    let rest = Region {
        start: code.start + header,
        length: Bytes(code.length.0 - header),
    };
    let constants = Region {
        start: image.start + code.length.0,
        length: Bytes(image.length.0 - code.length.0),
    };
    let regions = [("BOOT", boot), ("FLASH", rest), (CONSTANTS, constants)];
    let there = regions
        .into_iter()
        .filter(|(_, region)| region.length.0 > 0);
    there.collect()
}

/// Where the linker puts what the boot ROM wants to find.
fn boot_section(board: &Board) -> &'static str {
    match (board.format(), board.header()) {
        (None, _) => "",
        (Some(_), 0) => {
            "/* The boot ROM looks for its block in the first 4 KiB, behind the vectors. */\n\
             SECTIONS { .boot : ALIGN(4) { KEEP(*(.boot)); } > FLASH } INSERT AFTER .vector_table;\n\
             _stext = ALIGN(ADDR(.boot) + SIZEOF(.boot), ALIGNOF(.text));\n\n"
        }
        (Some(_), _) => {
            "/* What the boot ROM wants to find at the start. */\n\
             SECTIONS { .boot ORIGIN(BOOT) : { KEEP(*(.boot)); } > BOOT } INSERT BEFORE .text;\n\n"
        }
    }
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
    let interrupt = board.uart.interrupt.unwrap_or_default();
    if board.core.cpu.is_riscv() {
        let plic = board.core.plic;
        let plic = plic.map(|plic| format!("Some(({plic:#010x}, {interrupt}))"));
        constant(
            "First address of the interrupt controller and number of the UART's interrupt, where there is one.",
            format!(
                "PLIC: Option<(usize, u32)> = {}",
                plic.unwrap_or("None".to_owned())
            ),
        );
        constant(
            "The counter of instructions.",
            format!(
                "INSTRUCTIONS: crate::arch::Instructions = crate::arch::Instructions::{}",
                counter(board.clock.counter)
            ),
        );
    } else {
        constant(
            "Number of the UART's interrupt.",
            format!("UART_INTERRUPT: u32 = {interrupt}"),
        );
    }
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
    if let Some((words, kind)) = board.boot_words() {
        push(
            &mut out,
            format_args!(
                "#[used]\n#[unsafe(link_section = \".boot\")]\nstatic BOOT: {kind} = {words};"
            ),
        );
    }
    setup(&mut out, &board.setup);
    out
}

/// Name of a RISC-V core's counter in the firmware's `arch` module.
fn counter(counter: Counter) -> &'static str {
    match counter {
        Counter::Esp32c3 => "Esp32c3",
        Counter::MinstretInhibited => "MinstretInhibited",
        Counter::Minstret | Counter::Systick => "Minstret",
    }
}

/// The function that sets up clocks and pins.
fn setup(out: &mut String, steps: &[Step]) {
    push(out, format_args!("fn setup() {{"));
    for step in steps {
        let register = format!("crate::mmio::Register::<u32>::at({:#010x})", step.address);
        push(
            out,
            format_args!(
                "    {{\n        const REGISTER: crate::mmio::Register<u32> = {register};\n        {}\n    }}",
                statement(step)
            ),
        );
    }
    push(out, format_args!("}}"));
}

fn statement(step: &Step) -> String {
    let value = match (step.write, step.clear, step.set) {
        (Some(value), ..) => format!("{value:#010x}"),
        (None, Some(clear), Some(set)) => {
            format!("REGISTER.read() & !{clear:#010x} | {set:#010x}")
        }
        (None, Some(clear), None) => format!("REGISTER.read() & !{clear:#010x}"),
        (None, None, Some(set)) => format!("REGISTER.read() | {set:#010x}"),
        (None, None, None) => {
            let set = step.wait_set.unwrap_or_default();
            let seen = set | step.wait_clear.unwrap_or_default();
            return format!("while REGISTER.read() & {seen:#010x} != {set:#010x} {{}}");
        }
    };
    format!("REGISTER.write({value});")
}

fn push(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{line}");
}
