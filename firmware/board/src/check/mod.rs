//! Checks whether a board's file makes sense, before a compiler or a linker finds that it does not.

mod flash;
mod memory;

use crate::Error;
use crate::board::{Board, Counter, Cpu, Status, Step};
use crate::timing;

/// Limit of a board's name on the link, in bytes.
const MOST_NAME: usize = 32;
/// Limit of a text about a board, in bytes.
const MOST_WORDS: usize = 200;
/// Targets that a board may show: the plain one and those of the processors.
const GENERIC: &str = "generic";

/// Name of a file, for errors about its keys.
pub(crate) struct File<'a>(&'a str);

impl File<'_> {
    /// Refuses a key unless `holds`.
    pub(crate) fn require(
        &self,
        holds: bool,
        key: &str,
        problem: String,
        remedy: &str,
    ) -> Result<(), Error> {
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
    memory::regions(board, &file)?;
    memory::buffers(board, &file)?;
    flash::blocks(board, &file)?;
    flash::boot(board, &file)?;
    clock(board, &file)?;
    uart(board, &file)?;
    for (number, step) in board.setup.iter().enumerate() {
        setup(number, step, &file)?;
    }
    timing::check(board, &file)?;
    flashing(board, &file)?;
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
    let texts = [
        ("description", Some(&board.description)),
        ("core.name", Some(&board.core.name)),
        ("uart.wiring", board.uart.wiring.as_ref()),
    ];
    let by = match &board.status {
        Status::RunOnHardware { by } => Some(by),
        Status::Built | Status::RunInQemu => None,
    };
    for (key, text) in texts.into_iter().chain([("status", by)]) {
        let Some(text) = text else { continue };
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

/// Checks the words that flash tools are told: one beginning with a hyphen would be taken for an option.
fn flashing(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let flashing = &board.flashing;
    let words = [
        (
            "flashing.probe-rs",
            flashing.probe_rs.as_ref().map(|tool| &tool.chip),
        ),
        (
            "flashing.dfu-util",
            flashing.dfu_util.as_ref().map(|tool| &tool.device),
        ),
        (
            "flashing.esptool",
            flashing.esptool.as_ref().map(|tool| &tool.chip),
        ),
        (
            "flashing.openocd",
            flashing.openocd.as_ref().map(|tool| &tool.config),
        ),
    ];
    for (key, word) in words {
        let Some(word) = word else { continue };
        let strange = |c: char| c.is_whitespace() || c.is_control();
        let plain = !word.is_empty() && !word.starts_with('-') && !word.contains(strange);
        file.require(
            plain && word.len() <= MOST_WORDS,
            key,
            String::from("the name is empty, very long, begins with a hyphen or has a blank in it"),
            "write it as the tool lists it",
        )?;
    }
    Ok(())
}

fn clock(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let clock = &board.clock;
    let is_riscv = board.core.cpu.is_riscv();
    file.require(
        (clock.counter == Counter::Systick) != is_riscv,
        "clock.counter",
        format!("{} has no such counter", board.core.cpu.name()),
        "write \"systick\" for a Cortex-M; \"minstret\", \"minstret-inhibited\" or \"esp32c3\" for RISC-V",
    )?;
    if clock.hertz.is_some() || !is_riscv {
        frequency("clock.hertz", clock.hertz.unwrap_or(0), file)?;
    }
    let machine = board.qemu.as_ref().and_then(|qemu| qemu.hertz);
    machine.map_or(Ok(()), |hertz| frequency("qemu.hertz", hertz, file))
}

/// Refuses what is no frequency of a processor clock. A tick of a nanosecond or less would be shorter than the instruction that
/// reads it.
fn frequency(key: &str, hertz: u32, file: &File<'_>) -> Result<(), Error> {
    file.require(
        (1_000_000..1_000_000_000).contains(&hertz),
        key,
        String::from("this is no frequency of a processor clock"),
        "write it in hertz, from 1_000_000 to 999_999_999",
    )
}

fn uart(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let uart = &board.uart;
    file.require(
        uart.base.is_multiple_of(4),
        "uart.base",
        format!("{:#010x} is no address of a register", uart.base),
        "choose a multiple of 4",
    )?;
    interrupt(board, file)?;
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

fn interrupt(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let core = &board.core;
    let polls = core.cpu.is_riscv() && core.plic.is_none();
    let Some(number) = board.uart.interrupt else {
        return file.require(
            polls,
            "uart.interrupt",
            String::from("the number is missing: a received byte ends the processor's sleep"),
            "take the number from the part's manual",
        );
    };
    file.require(
        !polls,
        "uart.interrupt",
        String::from("without a core.plic nothing takes an interrupt"),
        "leave the key out: the firmware polls",
    )?;
    // The numbers that one enable word of the PLIC, or all words of the NVIC, can hold.
    let (first, last) = match core.cpu {
        Cpu::Rv32imc => (1, 31),
        // Armv6-M has one word.
        Cpu::CortexM0 => (0, 31),
        _ => (0, 239),
    };
    file.require(
        (first..=last).contains(&number),
        "uart.interrupt",
        format!("{number} is not from {first} to {last}"),
        "take the number from the part's manual",
    )
}

fn setup(number: usize, step: &Step, file: &File<'_>) -> Result<(), Error> {
    let key = format!("setup[{number}]");
    file.require(
        step.address.is_multiple_of(4),
        &key,
        format!("{:#010x} is no address of a register", step.address),
        "choose a multiple of 4",
    )?;
    let changes = step.clear.is_some() || step.set.is_some();
    let waits = step.wait_set.is_some() || step.wait_clear.is_some();
    file.require(
        [step.write.is_some(), changes, waits].iter().filter(|&&does| does).count() == 1,
        &key,
        String::from("a step writes a whole register, or changes some of its bits, or waits for some"),
        "give write, or else clear, set or both, or else wait_set, wait_clear or both; one step after the other",
    )?;
    let (set, clear) = (step.wait_set.unwrap_or(0), step.wait_clear.unwrap_or(0));
    file.require(
        !waits || set & clear == 0 && set | clear != 0,
        &key,
        String::from("no register ever holds such bits, or none are waited for"),
        "wait for bits to become 1 (wait_set) and for others to become 0 (wait_clear)",
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
