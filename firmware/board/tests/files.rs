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
        told.starts_with("toaster: there is no such board; name one of apollo510, esp32c3, "),
        "{told}"
    );
}

#[test]
fn a_file_becomes_a_layout_and_constants() {
    let board = Board::parse("mine", "mine.toml", ARM).unwrap();
    assert_eq!(board.tick(), Some((125, 2)));
    assert_eq!(board.clone().in_qemu().tick(), Some((125, 21)));
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
        "pub const TICK: (u64, u64) = (125, 2);",
        "Stm32Usart::at(0x40011000, crate::uart::Speed { hertz: 16000000, baud: 115200 });",
        "at(0x40023830);\n        REGISTER.write(REGISTER.read() | 0x00000001);",
        "REGISTER.write(REGISTER.read() & !0x003c0000 | 0x00280000);",
        "pub const UART_INTERRUPT: u32 = 37;",
    ] {
        assert!(rust.contains(part), "{part}\n{rust}");
    }
    assert!(!rust.contains("PLIC") && !rust.contains("BOOT"));

    let board = Board::parse("mine", "mine.toml", RISCV).unwrap();
    assert!(memory_x(&board).contains("REGION_ALIAS(\"REGION_TEXT\", FLASH);"));
    let rust = constants(&board);
    assert!(rust.contains("pub const PLIC: Option<(usize, u32)> = Some((0x0c000000, 10));"));
    assert!(rust.contains(
        "INSTRUCTIONS: crate::arch::Instructions = crate::arch::Instructions::Minstret;"
    ));
    assert!(rust.contains("Ns16550::at(0x10000000);"));
}

#[test]
fn steps_are_taken_one_after_the_other() {
    let steps = "setup = [
        { address = 16, set = 1 },
        { address = 16, wait_set = 2 },
        { address = 20, wait_set = 6, wait_clear = 8 },
        { address = 24, wait_clear = 1 },
        { address = 24, write = 3 },
    ]
    shows";
    let board = Board::parse("mine", "mine.toml", &RISCV.replace("shows", steps)).unwrap();
    let rust = constants(&board);
    let mut rest = &*rust;
    for part in [
        "REGISTER.write(REGISTER.read() | 0x00000001);",
        "while REGISTER.read() & 0x00000002 != 0x00000002 {}",
        "while REGISTER.read() & 0x0000000e != 0x00000006 {}",
        "while REGISTER.read() & 0x00000001 != 0x00000000 {}",
        "REGISTER.write(0x00000003);",
    ] {
        let (_, after) = rest
            .split_once(part)
            .unwrap_or_else(|| panic!("{part}\n{rust}"));
        rest = after;
    }
}

/// Text of a file, what is replaced by what, and parts of the answer.
type Case = (&'static str, &'static str, &'static str, [&'static str; 2]);

const CASES: [Case; 49] = [
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
        "run in QEMU",
        "run on hardware by A\\nB",
        ["status: ", "say in a few words"],
    ),
    (
        ARM,
        "chip = \"",
        "chip = \"--",
        ["flashing.probe-rs: ", "begins with a hyphen"],
    ),
    (
        ARM,
        "chip = \"",
        "chip = \"a\\u001b",
        ["flashing.probe-rs: ", "as the tool lists it"],
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
        "length = \"896K\"",
        "length = \"896K\" }, { start = 0x2001_0000, length = \"1K\"",
        ["memory.ram: ", "overlaps the flash"],
    ),
    (
        ARM,
        "length = \"896K\"",
        "length = \"896K\" }, { start = 0x080F_0000, length = \"64K\"",
        ["memory.flash: ", "state each address once"],
    ),
    (
        ARM,
        "erase = \"64K\"",
        "erase = 3000",
        ["memory.flash: ", "no power of two"],
    ),
    (
        ARM,
        "erase = \"16K\", write = 4",
        "erase = 1024, write = \"2K\"",
        ["memory.flash: ", "erase is the larger one"],
    ),
    (
        ARM,
        "image = { start = 0x0800_0000, length = \"512K\" }",
        "image = { start = 0x0800_0000, length = \"448K\" }",
        [
            "memory.image: ",
            "choose 0x08060000 or 0x08080000 for 0x08070000",
        ],
    ),
    (
        ARM,
        "model = { start = 0x0808_0000, length = \"512K\" }",
        "model = { start = 0x0809_0000, length = \"448K\" }",
        [
            "memory.model: ",
            "choose 0x08080000 or 0x080a0000 for 0x08090000",
        ],
    ),
    (
        ARM,
        "start = 0x0800_0000, length = \"512K\"",
        "start = 0x0800_0000, length = 512",
        [
            "memory.image: ",
            "begins or ends within a block of 16384 bytes",
        ],
    ),
    (
        RISCV,
        "model = { start = 0x8100_0000, length = \"2M\" }",
        "model = { start = 0x8100_0000, length = 512 }",
        ["memory.model: ", "512 bytes hold none"],
    ),
    (
        ARM,
        "[clock]",
        "[boot]\nformat = \"rp2350\"\n[clock]",
        ["boot.format: ", "leave [boot] out"],
    ),
    (
        ARM,
        "[clock]",
        "[boot]\nformat = \"rp2041\"\n[clock]",
        ["unknown variant `rp2041`", "`esp32c3-direct`"],
    ),
    (
        RISCV,
        "[clock]",
        "[boot]\nformat = \"esp32c3-direct\"\n[clock]",
        ["memory.flash: ", "0x3c000000 to 0x3c400000"],
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
        "hertz = 16_000_000\n\n# Flash",
        "\n# Flash",
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
        "interrupt = 37\n",
        "",
        ["uart.interrupt: ", "the number is missing"],
    ),
    (
        RISCV,
        "plic = 0x0C00_0000\n",
        "",
        ["uart.interrupt: ", "leave the key out: the firmware polls"],
    ),
    (
        ARM,
        "wiring = \"TX PA9,",
        "wiring = \"TX PA9\\n",
        ["uart.wiring: ", "more than one line"],
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
        "set = 0x0000_0010",
        "set = 1, wait_set = 1",
        ["setup[1]: ", "one step after the other"],
    ),
    (
        ARM,
        "set = 0x0000_0010",
        "wait_set = 3, wait_clear = 2",
        ["setup[1]: ", "no register ever holds such bits"],
    ),
    (
        ARM,
        "set = 0x0000_0010",
        "wait_for = 3",
        ["unknown field `wait_for`", "`wait_set`"],
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
fn a_boot_format_makes_room_for_what_the_rom_wants_to_find() {
    let layout = |id: &str| memory_x(&named(id).unwrap());
    for (id, lines) in [
        (
            "rp2040",
            &[
                "  BOOT : ORIGIN = 0x10000000, LENGTH = 256",
                "  FLASH : ORIGIN = 0x10000100, LENGTH = 1048320",
            ][..],
        ),
        (
            "rp2350",
            &[
                "  FLASH : ORIGIN = 0x10000000, LENGTH = 1M",
                "SECTIONS { .boot : ALIGN(4) { KEEP(*(.boot)); } > FLASH } INSERT AFTER .vector_table;",
            ],
        ),
        (
            "rp2350-riscv",
            &[
                "  BOOT : ORIGIN = 0x10000000, LENGTH = 32",
                "  FLASH : ORIGIN = 0x10000020, LENGTH = 1048544",
            ],
        ),
        (
            "esp32c3",
            &[
                "  BOOT : ORIGIN = 0x42000000, LENGTH = 16",
                "  FLASH : ORIGIN = 0x42000010, LENGTH = 262128",
                "  CONSTANTS : ORIGIN = 0x3c040000, LENGTH = 256K",
                "REGION_ALIAS(\"REGION_RODATA\", CONSTANTS);",
            ],
        ),
    ] {
        let layout = layout(id);
        for line in lines {
            assert!(layout.lines().any(|l| l == *line), "{line}\n{layout}");
        }
    }
}

#[test]
fn what_a_boot_rom_wants_to_find_is_in_the_source() {
    let pico = include_str!("../boards/rp2040.toml");
    let generic = pico.replace("\"rp2040\"\n", "\"rp2040-generic\"\n");
    let generic = Board::parse("mine", "mine.toml", &generic).unwrap();
    let source = |id: &str| constants(&named(id).unwrap());
    for (rust, part) in [
        (
            source("rp2040"),
            "BOOT: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;",
        ),
        (
            constants(&generic),
            "BOOT: [u8; 256] = rp2040_boot2::BOOT_LOADER_GENERIC_03H;",
        ),
        (source("rp2350"), "BOOT: [u32; 5] = [\n    0xffffded3,"),
        (source("rp2350-riscv"), "BOOT: [u32; 6] = [\n    0x200006f,"),
        (source("esp32c3"), "BOOT: [u32; 4] = [\n    0xaedb041d,"),
    ] {
        assert!(rust.contains(part), "{part}\n{rust}");
        assert!(rust.contains("#[unsafe(link_section = \".boot\")]"));
    }
}

#[test]
fn an_address_becomes_the_offset_in_its_chip() {
    for (id, address, offset) in [
        ("stm32f405", 0x0800_0000, Some(0)),
        ("stm32f405", 0x0808_0010, Some(0x8_0010)),
        ("stm32f405", 0x0810_0000, None),
        ("stm32f405", 0x2000_0000, None),
        ("rp2040", 0x1010_0000, Some(0x10_0000)),
        ("esp32c3", 0x3C10_0000, Some(0x10_0000)),
        ("esp32c3", 0x4200_0010, Some(0x10)),
        ("esp32c3", 0x4203_FFFF, Some(0x3_FFFF)),
        // Constants are not fetched.
        ("esp32c3", 0x4204_0000, None),
        ("esp32c3", 0x3FC8_0000, None),
        ("mps3-an547", 0x0100_0000, Some(0)),
    ] {
        let found = named(id).unwrap().flash_offset(address);
        assert_eq!(found, offset, "{address:#x} of {id}");
    }
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

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    for path in ["/dev/zero", "/dev", "/dev/tty"] {
        let told = Board::read(std::path::Path::new(path)).unwrap_err();
        assert!(told.to_string().contains("it is no file"), "{told}");
    }
}
