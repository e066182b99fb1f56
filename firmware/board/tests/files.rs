//! What a board's file becomes, and what is refused with which key and remedy.

use tillsense_board::{Board, constants, memory_x, named, shipped};

const ARM: &str = include_str!("../boards/netduinoplus2.toml");
const RISCV: &str = include_str!("../boards/riscv-virt.toml");

/// What is said about `text` once `old` is `new` in it.
fn refusal(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "`{old}` is not in the file");
    let changed = text.replacen(old, new, 1);
    match Board::parse("mine", "folder/mine.toml", &changed) {
        Ok(_) => format!("`{new}` for `{old}` is taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_file_of_the_folder_is_a_board() {
    let boards = shipped().unwrap();
    assert!(boards.len() >= 10);
    for board in boards {
        assert_eq!(named(&board.id), Ok(board));
    }
}

#[test]
fn a_name_that_is_not_there_is_answered_with_those_that_are() {
    let told = named("toaster").unwrap_err().to_string();
    assert!(
        told.starts_with("toaster: there is no such board; name one of microbit, mps2-an385, "),
        "{told}"
    );
}

#[test]
fn a_file_becomes_a_layout_and_constants() {
    let board = Board::parse("mine", "mine.toml", ARM).unwrap();
    assert_eq!(board.tick(), Some((125, 21)));
    let layout = memory_x(&board);
    for line in [
        "  FLASH : ORIGIN = 0x08000000, LENGTH = 512K",
        "  MODEL : ORIGIN = 0x08080000, LENGTH = 512K",
        "  RAM : ORIGIN = 0x20000000, LENGTH = 128K",
    ] {
        assert!(layout.lines().any(|l| l == line), "{line}\n{layout}");
    }
    assert!(!layout.contains("REGION_ALIAS"));
    let rust = constants(&board);
    for part in [
        "pub const NAME: &str = \"mine\";",
        "pub const ARENA_LEN: usize = 106496;",
        "pub const TICK: (u64, u64) = (125, 21);",
        "Stm32Usart::at(0x40011000, crate::uart::Speed { hertz: 16000000, baud: 115200 });",
        "at(0x40023830);\n        REGISTER.write(REGISTER.read() | 0x00000001);",
        "REGISTER.write(REGISTER.read() & !0x003c0000 | 0x00280000);",
    ] {
        assert!(rust.contains(part), "{part}\n{rust}");
    }
    assert!(!rust.contains("PLIC"));

    let board = Board::parse("mine", "mine.toml", RISCV).unwrap();
    assert!(memory_x(&board).contains("REGION_ALIAS(\"REGION_TEXT\", FLASH);"));
    let rust = constants(&board);
    assert!(rust.contains("pub const PLIC: Option<usize> = Some(0x0c000000);"));
    assert!(rust.contains("Ns16550::at(0x10000000);"));
}

/// Text of a file, what is replaced by what, and parts of the answer.
type Case = (&'static str, &'static str, &'static str, [&'static str; 2]);

const CASES: [Case; 30] = [
    (
        ARM,
        "description = ",
        "descriptoin = ",
        ["unknown field `descriptoin`", "`description`"],
    ),
    (
        ARM,
        "inbox = \"8K\"",
        "inbox = \"8k\"",
        ["expected a number of bytes", "\"16K\""],
    ),
    (
        ARM,
        "inbox = \"8K\"\n",
        "",
        ["missing field `inbox`", "[memory]"],
    ),
    (
        ARM,
        "run in QEMU",
        "works",
        ["a status is", "run on hardware by NAME"],
    ),
    (
        ARM,
        "Netduino Plus 2 (STM32F405)",
        "",
        ["description: ", "say in a few words"],
    ),
    (
        ARM,
        "cpu = \"cortex-m4\"",
        "cpu = \"cortex-m5\"",
        ["unknown variant `cortex-m5`", "`cortex-m7`"],
    ),
    (
        ARM,
        "thumbv7em-none",
        "thumbv7m-none",
        ["core.target: ", "begins with thumbv7em-"],
    ),
    (
        ARM,
        "cpu = \"cortex-m4\"\ntarget = \"thumbv7em",
        "cpu = \"cortex-m33\"\ntarget = \"thumbv8m.main",
        ["core.flags: ", "-Ctarget-cpu=cortex-m33"],
    ),
    (
        ARM,
        "eabihf\"",
        "eabihf\"\nflags = [\"-C opt-level=0\"]",
        ["core.flags: ", "one text a flag"],
    ),
    (
        ARM,
        "eabihf\"",
        "eabihf\"\nplic = 0",
        ["core.plic: ", "leave the key out"],
    ),
    (
        ARM,
        "model = { start = 0x0808",
        "model = { start = 0x0804",
        ["memory.model: ", "overlaps memory.image"],
    ),
    (
        ARM,
        "model = { start = 0x0808",
        "model = { start = 0x0810",
        ["memory.model: ", "state all of the flash"],
    ),
    (
        ARM,
        "model = { start = 0x0808_0000",
        "model = { start = 0x0808_0008",
        ["memory.model: ", "multiples of 16"],
    ),
    (
        ARM,
        "length = \"128K\"",
        "length = 0",
        ["memory.ram: ", "is empty"],
    ),
    (
        ARM,
        "length = \"128K\"",
        "length = 3_900_000_000",
        ["memory.ram: ", "smaller length"],
    ),
    (
        ARM,
        "length = \"128K\"",
        "length = \"4000M\"",
        ["memory.ram: ", "smaller length"],
    ),
    (
        RISCV,
        "ram = { start = 0x8080",
        "ram = { start = 0x8100",
        ["memory.ram: ", "overlaps memory.model"],
    ),
    (
        ARM,
        "length = \"1M\"",
        "length = \"1M\" }, { start = 0x2001_0000, length = \"1K\"",
        ["memory.ram: ", "overlaps the flash"],
    ),
    (
        ARM,
        "arena = \"104K\"",
        "arena = 1000",
        ["memory.arena: ", "a multiple of 16"],
    ),
    (
        ARM,
        "arena = \"104K\"",
        "arena = \"118K\"",
        ["memory.arena: ", "do not fit into 128K of RAM"],
    ),
    (
        ARM,
        "stages = 96",
        "stages = 0",
        ["memory.stages: ", "from 1 to 1024"],
    ),
    (
        ARM,
        "systick",
        "minstret",
        ["clock.counter: ", "\"systick\" for a Cortex-M"],
    ),
    (
        ARM,
        "hertz = 168_000_000\n",
        "",
        ["clock.hertz: ", "write it in hertz"],
    ),
    (
        RISCV,
        "\"minstret\"",
        "\"minstret\"\nhertz = 16",
        ["clock.hertz: ", "write it in hertz"],
    ),
    (
        ARM,
        "stm32-usart",
        "stm32-uart",
        ["unknown variant `stm32-uart`", "`cmsdk`"],
    ),
    (
        ARM,
        "interrupt = 37",
        "interrupt = 240",
        ["uart.interrupt: ", "the part's manual"],
    ),
    (
        ARM,
        "speed = { hertz = 16_000_000, baud = 115_200 }",
        "",
        ["uart.speed: ", "baud = 115_200"],
    ),
    (
        ARM,
        "baud = 115_200",
        "baud = 2_000_000",
        ["uart.speed: ", "a sixteenth of the clock"],
    ),
    (
        ARM,
        "set = 0x0000_0010",
        "set = 1, write = 1",
        ["setup[1]: ", "give write, or else"],
    ),
    (
        ARM,
        "qemu-system-arm",
        "qemu-system-aarch64",
        ["qemu.program: ", "write \"qemu-system-arm\""],
    ),
];

#[test]
fn what_is_wrong_is_told_with_file_key_and_remedy() {
    let mut failures = Vec::new();
    for (text, old, new, parts) in CASES {
        let told = refusal(text, old, new);
        let complete =
            told.starts_with("folder/mine.toml: ") && parts.iter().all(|p| told.contains(p));
        if !complete {
            failures.push(format!("{parts:?} is not said of `{new}`: {told}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_board_without_qemu_is_built_and_shows_nothing() {
    let (text, _) = ARM.split_once("[qemu]").unwrap();
    assert!(refusal(text, "run in QEMU", "run in QEMU").contains("status: "));
    let built = text.replace("run in QEMU", "built");
    assert!(Board::parse("mine", "mine.toml", &built).is_ok());
    let shown = refusal(
        &built,
        "description",
        "shows = [\"cortex-m4\"]\ndescription",
    );
    assert!(shown.contains("shows: "), "{shown}");
    let other = refusal(ARM, "description", "shows = [\"cortex-m7\"]\ndescription");
    assert!(
        other.contains("name cortex-m4, generic or neither"),
        "{other}"
    );
}

#[test]
fn a_name_has_small_letters() {
    for id in ["", "My-Board", "a b", &"x".repeat(33)] {
        let told = Board::parse(id, "mine.toml", ARM).unwrap_err().to_string();
        assert!(told.contains("no name of a board"), "{told}");
    }
}
