//! What `[timing]` of a board's file says, and what is refused with which key and remedy.

use tillsense_board::{Board, CycleModel, Place, shipped};

const ARM: &str = include_str!("../boards/netduinoplus2.toml");
const RISCV: &str = include_str!("../boards/riscv-virt.toml");

/// A `[timing]` of a RISC-V part that runs from serial flash.
const XIP: &str = "\n[timing]\nmodel = \"hazard3\"\nhertz_max = 150_000_000\ncode = \"xip\"\nline = 8\n\
    flash_waits = [{ hertz = 150_000_000, waits = 40 }]\ncache = { lines = 2048, ways = 2 }\nsource = \"its datasheet\"\n\
    power = { active_ua_per_mhz = 60.5, volts = 3.3, source = \"its datasheet\" }\n";

fn parse(text: &str) -> Result<Board, String> {
    Board::parse("mine", "mine.toml", text).map_err(|error| error.to_string())
}

/// What is said about `text` once `old` is `new` in it.
fn refusal(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "`{old}` is not in the file");
    match parse(&text.replacen(old, new, 1)) {
        Ok(_) => format!("`{new}` for `{old}` is taken"),
        Err(error) => error,
    }
}

#[test]
fn wait_states_follow_the_clock() {
    let board = parse(ARM).unwrap();
    assert_eq!(board.cycle_model(), Some(CycleModel::CortexM4));
    let timing = board.timing.unwrap();
    let waits = [16_000_000, 30_000_000, 30_000_001, 168_000_000, 168_000_001];
    let waits = waits.map(|hertz| timing.waits(hertz));
    assert_eq!(waits, [Some(0), Some(0), Some(1), Some(5), None]);
}

#[test]
fn a_riscv_part_names_its_pipeline() {
    assert_eq!(parse(RISCV).unwrap().cycle_model(), None);
    let board = parse(&format!("{RISCV}{XIP}")).unwrap();
    assert_eq!(board.cycle_model(), Some(CycleModel::Hazard3));
    let timing = board.timing.unwrap();
    assert_eq!(timing.code, Place::Xip);
    let power = timing.power.unwrap();
    assert_eq!(
        (power.active_ua_per_mhz.value(), power.volts.value()),
        (60.5, 3.3)
    );
}

#[test]
fn a_processor_of_every_board_has_its_pipeline() {
    for board in shipped().unwrap() {
        let model = board.cycle_model();
        assert!(
            model.is_some_and(|model| model.cpu() == board.core.cpu)
                || board.core.cpu.is_riscv() && board.timing.is_none(),
            "{}",
            board.id
        );
    }
}

#[test]
fn timing_that_makes_no_sense_is_refused() {
    let cases = [
        (
            "hertz_max = 168_000_000",
            "hertz_max = 168",
            ["timing.hertz_max: 168 is no frequency", "168_000_000"],
        ),
        (
            "hertz_max = 168_000_000",
            "hertz_max = 180_000_000",
            [
                "timing.flash_waits: no wait states are given for 180000000",
                "slowest first",
            ],
        ),
        (
            "hertz = 60_000_000, waits = 1",
            "hertz = 20_000_000, waits = 1",
            [
                "timing.flash_waits: clocks and wait states must rise",
                "slowest first",
            ],
        ),
        (
            "line = 16",
            "line = 12",
            [
                "timing.line: a read of the flash brings a power of two",
                "line = 16",
            ],
        ),
        (
            "lines = 64, ways = 64",
            "lines = 60, ways = 4",
            ["timing.cache: 60 lines of 4 ways make no cache", "quotient"],
        ),
        (
            "lines = 64, ways = 64",
            "lines = 64, ways = 0",
            ["timing.cache: 64 lines of 0 ways make no cache", "quotient"],
        ),
        (
            "code = \"flash\"",
            "code = \"tcm\"",
            [
                "timing.code: memory without wait states",
                "code = \"flash\"",
            ],
        ),
        (
            "hertz_max = 168_000_000",
            "hertz_max = 168_000_000\nmodel = \"cortex-m7\"",
            [
                "timing.model: cortex-m7 is no pipeline of cortex-m4",
                "\"cortex-m4\"",
            ],
        ),
        (
            "hertz_max = 168_000_000",
            "hertz_max = 168_000_000\nmodel = \"cortex-m9\"",
            ["unknown variant `cortex-m9`", "`cortex-m4`"],
        ),
        (
            "source = \"ST",
            "source = \"\" # \"ST",
            ["timing.source: the text is empty", "name the document"],
        ),
        (
            "active_ua_per_mhz = 238",
            "active_ua_per_mhz = 0",
            ["a positive number", "238 or 3.3"],
        ),
        (
            "source = \"ST, product page",
            "source = \" \" } # \"",
            [
                "timing.power.source: the text is empty",
                "name the document",
            ],
        ),
    ];
    for (old, new, parts) in cases {
        let told = refusal(ARM, old, new);
        assert!(
            parts.iter().all(|part| told.contains(part)),
            "{new}: {told}"
        );
    }
    let riscv = format!("{RISCV}{XIP}");
    let told = refusal(&riscv, "model = \"hazard3\"", "");
    assert!(told.contains("timing.model: there are several pipelines of rv32imc; write one of \"e31\", \"hazard3\", \"esp32c3\""), "{told}");
    let told = refusal(&riscv, "cache = { lines = 2048, ways = 2 }", "");
    assert!(
        told.contains("timing.cache: flash on a serial bus is run through a cache"),
        "{told}"
    );
}
