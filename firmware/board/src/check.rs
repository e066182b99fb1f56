//! Checks whether a board's file makes sense, before a compiler or a linker finds that it does not.

use crate::Error;
use crate::board::{Board, Counter, Flash, Status, Write};
use crate::region::Region;

/// Alignment of every region and of the arena: the model slot is read in words, and the arena in vectors of 16 bytes.
const ALIGNMENT: u32 = 16;
/// Limit of a board's name on the link, in bytes.
const MOST_NAME: usize = 32;
/// Limit of a text about a board, in bytes.
const MOST_WORDS: usize = 200;
/// Smallest RAM beside arena and inbox, for the stack and other static memory.
const LEAST_STACK: u32 = 4096;
/// Targets that a board may show: the plain one and those of the processors.
const GENERIC: &str = "generic";

/// Name of a file, for errors about its keys.
struct File<'a>(&'a str);

impl File<'_> {
    /// Refuses a key unless `holds`.
    fn require(&self, holds: bool, key: &str, problem: String, remedy: &str) -> Result<(), Error> {
        if holds {
            return Ok(());
        }
        Err(Error {
            file: self.0.to_owned(),
            key: key.to_owned(),
            problem,
            remedy: remedy.to_owned(),
        })
    }
}

/// Checks a board; the error names the first key that makes no sense.
pub(crate) fn check(board: &Board, file: &str) -> Result<(), Error> {
    let file = File(file);
    name(board, &file)?;
    core(board, &file)?;
    regions(board, &file)?;
    buffers(board, &file)?;
    clock(board, &file)?;
    uart(board, &file)?;
    for (number, write) in board.setup.iter().enumerate() {
        setup(number, write, &file)?;
    }
    use_of(board, &file)
}

fn name(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let id = &board.id;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    file.require(
        !id.is_empty() && id.len() <= MOST_NAME && id.chars().all(plain),
        "",
        format!("`{id}` is no name of a board"),
        "name the file with at most 32 small letters, digits and hyphens, and .toml",
    )?;
    for (key, text) in [
        ("description", &board.description),
        ("core.name", &board.core.name),
    ] {
        let one_line = !text.trim().is_empty() && !text.chars().any(char::is_control);
        let one_line = one_line && text.len() <= MOST_WORDS;
        let problem = String::from("the text is empty, very long, or has more than one line");
        file.require(one_line, key, problem, "say in a few words what it is")?;
    }
    Ok(())
}

fn core(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let core = &board.core;
    let architecture = core.target.split('-').next().unwrap_or_default();
    let fitting = core.cpu.architectures();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    file.require(
        fitting.contains(&architecture) && core.target.chars().all(plain),
        "core.target",
        format!("{} is no target for {}", core.target, core.cpu.name()),
        &format!("name one that begins with {}-", fitting.join("- or ")),
    )?;
    if let Some(flag) = core.cpu.flag() {
        file.require(
            core.flags.iter().any(|given| given == flag),
            "core.flags",
            format!("the kernels of {} need a flag", core.cpu.name()),
            &format!("write flags = [\"{flag}\"]"),
        )?;
    }
    let words = |flag: &String| !flag.is_empty() && !flag.contains(char::is_whitespace);
    file.require(
        core.flags.iter().all(words),
        "core.flags",
        String::from("a flag is empty or has a blank in it"),
        "write one text a flag, such as \"-Ctarget-cpu=cortex-m33\"",
    )?;
    file.require(
        core.plic.is_none() || core.cpu.is_riscv(),
        "core.plic",
        String::from("an Arm board has no such interrupt controller"),
        "leave the key out",
    )
}

fn regions(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let memory = &board.memory;
    let named = [
        ("memory.image", &memory.image),
        ("memory.model", &memory.model),
        ("memory.ram", &memory.ram),
    ];
    let flash: Vec<_> = memory.flash.iter().map(Flash::region).collect();
    let each = flash.iter().map(|region| ("memory.flash", region));
    for (key, region) in named.into_iter().chain(each) {
        shape(key, region, file)?;
    }
    for (at, (one, first)) in named.iter().enumerate() {
        for (other, second) in &named[at + 1..] {
            file.require(
                !first.overlaps(second),
                other,
                format!("{second} overlaps {one}, {first}"),
                "choose another start or a smaller length",
            )?;
        }
    }
    for (key, region) in &named[..2] {
        file.require(
            is_covered(region, &flash),
            key,
            format!("{region} is not all in memory.flash"),
            "choose a part of the flash, or state all of the flash",
        )?;
    }
    file.require(
        !flash.iter().any(|flash| flash.overlaps(&memory.ram)),
        "memory.ram",
        format!("{} overlaps the flash", memory.ram),
        "state as flash only what keeps image and model",
    )
}

/// Whether every address of a region belongs to one of these, which may lie side by side.
fn is_covered(region: &Region, by: &[Region]) -> bool {
    let mut at = u64::from(region.start);
    while at < region.end() {
        let holds = |one: &&Region| u64::from(one.start) <= at && at < one.end();
        let Some(next) = by.iter().find(holds) else {
            return false;
        };
        at = next.end();
    }
    true
}

fn shape(key: &str, region: &Region, file: &File<'_>) -> Result<(), Error> {
    let aligned =
        region.start.is_multiple_of(ALIGNMENT) && region.length.0.is_multiple_of(ALIGNMENT);
    file.require(
        aligned && region.length.0 > 0,
        key,
        format!("{region} is empty, or not aligned"),
        "choose a start and a length that are multiples of 16",
    )?;
    file.require(
        region.end() <= 1 << 32,
        key,
        format!("{region} ends behind the last address"),
        "choose a smaller length",
    )
}

fn buffers(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let memory = &board.memory;
    for (key, bytes) in [
        ("memory.arena", memory.arena.0),
        ("memory.inbox", memory.inbox.0),
    ] {
        file.require(
            bytes > 0 && bytes.is_multiple_of(ALIGNMENT),
            key,
            format!("{bytes} bytes are none, or not a multiple of 16"),
            "choose a multiple of 16",
        )?;
    }
    let used = u64::from(memory.arena.0) + u64::from(memory.inbox.0) + u64::from(LEAST_STACK);
    file.require(
        used <= u64::from(memory.ram.length.0),
        "memory.arena",
        format!(
            "arena, inbox and a stack of at least {LEAST_STACK} bytes do not fit into {} of RAM",
            memory.ram.length
        ),
        "make arena or inbox smaller",
    )?;
    file.require(
        (1..=1024).contains(&memory.stages),
        "memory.stages",
        format!("{} parts cannot be counted", memory.stages),
        "choose a number from 1 to 1024",
    )
}

fn clock(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let clock = &board.clock;
    let counter = match board.core.cpu.is_riscv() {
        true => Counter::Minstret,
        false => Counter::Systick,
    };
    file.require(
        clock.counter == counter,
        "clock.counter",
        format!("{} has no such counter", board.core.cpu.name()),
        "write \"systick\" for a Cortex-M, \"minstret\" for RISC-V",
    )?;
    match (counter, clock.hertz) {
        (Counter::Minstret, None) => Ok(()),
        // A tick of a nanosecond or less would be shorter than the instruction that reads it.
        (_, hertz) => file.require(
            hertz.is_some_and(|hertz| (1_000_000..1_000_000_000).contains(&hertz)),
            "clock.hertz",
            String::from("this is no frequency of a processor clock"),
            "write it in hertz, from 1_000_000 to 999_999_999",
        ),
    }
}

fn uart(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let uart = &board.uart;
    file.require(
        uart.base.is_multiple_of(4),
        "uart.base",
        format!("{:#010x} is no address of a register", uart.base),
        "choose a multiple of 4",
    )?;
    // The numbers that one enable word of the PLIC, or all words of the NVIC, can hold.
    let (first, last) = match board.core.cpu.is_riscv() {
        true => (1, 31),
        false => (0, 239),
    };
    file.require(
        (first..=last).contains(&uart.interrupt),
        "uart.interrupt",
        format!("{} is not from {first} to {last}", uart.interrupt),
        "take the number from the part's manual",
    )?;
    match uart.speed {
        None => file.require(
            !uart.driver.has_speed(),
            "uart.speed",
            String::from("the driver needs to know its clock"),
            "write speed = { hertz = 16_000_000, baud = 115_200 } with the board's numbers",
        ),
        Some(speed) => {
            file.require(
                uart.driver.has_speed(),
                "uart.speed",
                String::from("this driver leaves the speed as it is"),
                "leave the key out",
            )?;
            file.require(
                speed.baud >= 300 && speed.hertz / 16 >= speed.baud,
                "uart.speed",
                format!(
                    "{} baud cannot be made from {} hertz",
                    speed.baud, speed.hertz
                ),
                "choose at least 300 baud and at most a sixteenth of the clock",
            )
        }
    }
}

fn setup(number: usize, write: &Write, file: &File<'_>) -> Result<(), Error> {
    let key = format!("setup[{number}]");
    file.require(
        write.address.is_multiple_of(4),
        &key,
        format!("{:#010x} is no address of a register", write.address),
        "choose a multiple of 4",
    )?;
    file.require(
        write.write.is_some() != (write.clear.is_some() || write.set.is_some()),
        &key,
        String::from("a register is written as a whole, or some of its bits are"),
        "give write, or else clear, set or both",
    )
}

fn use_of(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let own = board.core.cpu.name();
    for shown in &board.shows {
        file.require(
            shown == own || shown == GENERIC,
            "shows",
            format!("the board does not run files for `{shown}` with its own kernels"),
            &format!("name {own}, {GENERIC} or neither"),
        )?;
    }
    file.require(
        board.shows.is_empty() || board.qemu.is_some(),
        "shows",
        String::from("a board that stands for a target is emulated"),
        "add [qemu], or leave the key out",
    )?;
    file.require(
        board.status != Status::RunInQemu || board.qemu.is_some(),
        "status",
        String::from("the board has no [qemu] to be run in"),
        "add [qemu], or write status = \"built\"",
    )?;
    let Some(qemu) = &board.qemu else {
        return Ok(());
    };
    let program = match board.core.cpu.is_riscv() {
        true => "qemu-system-riscv32",
        false => "qemu-system-arm",
    };
    file.require(
        qemu.program == program,
        "qemu.program",
        format!("`{}` does not emulate {own}", qemu.program),
        &format!("write \"{program}\""),
    )
}
