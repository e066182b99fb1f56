//! `image`: what is written, and what is refused. `trainer/device/tests/images.rs` reads the files back and boots boards from them.

use std::fs;

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::run::load;
use tillsense_compiler::target::Target;
use tillsense_compiler::testing::lowered::packed;
use tillsense_compiler::testing::networks::{PICTURE, described};
use tillsense_compiler::words::grouped;

use crate::room::{Ran, Room};

/// A board that several tools flash.
const BOARD: &str = include_str!("../../../firmware/boards/netduinoplus2.toml");

/// A room with a model packed for a Cortex-M4.
pub fn room() -> Room {
    let room = Room::new();
    let lowered = packed(&described(&[PICTURE], "", 3), Target::CortexM4);
    room.write("toy-cortex-m4.till", assemble(&lowered));
    room
}

/// Writes a board's file with some words changed.
pub fn board(room: &Room, name: &str, changes: &[(&str, &str)]) {
    // One flash without blocks, so that slots may end anywhere.
    let (before, rest) = BOARD.split_once("\nflash = [").unwrap();
    let (_, behind) = rest.split_once("]\nimage").unwrap();
    let flash = "flash = [{ start = 0x0800_0000, length = \"1M\" }]";
    let mut text = format!("{before}\n{flash}\nimage{behind}");
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    room.write(name, text);
}

#[test]
fn images_are_written_with_a_map_and_commands() {
    let room = room();
    let mut command = room.command("image toy-cortex-m4.till --board netduinoplus2");
    command.env("COLUMNS", "80");
    let ran = Ran::of(command).succeeds();
    let stem = "images/toy-netduinoplus2";
    let ends = [
        "all.bin",
        "all.hex",
        "firmware.bin",
        "firmware.elf",
        "firmware.hex",
        "flash.txt",
        "model.bin",
        "model.hex",
    ];
    let wanted: Vec<_> = ends.iter().map(|end| format!("{stem}.{end}")).collect();
    let files = room.files();
    assert_eq!(files[..8], wanted);
    assert_eq!(files[8..], ["toy-cortex-m4.till"]);
    let model = room.read("toy-cortex-m4.till");
    assert_eq!(room.read(&wanted[6]), model);
    let all = room.read(&wanted[0]);
    assert_eq!(
        (all.len(), &all[512 << 10..]),
        ((512 << 10) + model.len(), &model[..])
    );
    for words in [
        "0x08080000",
        "RAM: stack",
        "all parts of the engine",
        "st-flash --reset write images/toy-netduinoplus2.all.bin 0x08000000",
        "-s 0x08080000 -D images/toy-netduinoplus2.model.bin",
        "try it: tillsense flash toy-cortex-m4.till --board netduinoplus2",
    ] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    // All but commands to copy keeps within the screen.
    let lines = ran.out.lines().filter(|line| !line.starts_with("    "));
    let long: Vec<_> = lines.filter(|line| line.chars().count() > 80).collect();
    assert!(long.is_empty(), "{long:?}");
    let text = String::from_utf8(room.read(&wanted[5])).unwrap();
    assert!(text.contains("st-flash --reset write toy-netduinoplus2.all.bin 0x08000000"));
    assert!(text.contains("flash: model") && text.contains("all parts of the engine"));
    // Once more, over its own files; for machines this time.
    let json = room
        .run("image toy-cortex-m4.till --board netduinoplus2 --json")
        .json();
    let map = &json["map"];
    assert_eq!(map["model"]["used"].as_u64(), Some(model.len() as u64));
    assert_eq!(map["firmware"]["start"].as_u64(), Some(0x0800_0000));
    let file = Aligned::from(&*model);
    let header = *load(&file).unwrap().header();
    assert_eq!(map["arena"]["used"].as_u64(), Some(header.arena_len.into()));
    assert_eq!(json["files"].as_array().unwrap().len(), 7);
    assert_eq!(json["tools"][1]["model"][0][1], "--reset");
}

#[test]
fn other_peoples_files_stay() {
    let room = room();
    room.write("out/toy-netduinoplus2.all.hex", "mine");
    let words = "image toy-cortex-m4.till --board netduinoplus2 -o out";
    let ran = room.run(words);
    ran.fails(&[
        "out/toy-netduinoplus2.all.hex",
        "not of `tillsense image`",
        "--force",
    ]);
    assert!(!ran.err.contains("building"), "{ran:?}");
    assert_eq!(room.read("out/toy-netduinoplus2.all.hex"), b"mine");
    assert_eq!(room.files().len(), 2);
    room.run(&format!("{words} --force")).succeeds();
    assert_eq!(room.files().len(), 9);
    assert_ne!(room.read("out/toy-netduinoplus2.all.hex"), b"mine");
}

#[test]
fn a_firmware_that_does_not_fit_is_told_to_the_byte_or_built_with_fewer_parts() {
    let room = room();
    let tight = ("length = \"512K\" }\nmodel", "length = \"80K\" }\nmodel");
    board(&room, "tight.toml", &[tight]);
    let words = "image toy-cortex-m4.till --board tight.toml";
    room.run(&format!("{words} --parts all")).says_error(
        1,
        &[
            "with all parts",
            "bytes more than its part of the flash has, 81,920",
        ],
    );
    assert_eq!(room.files(), ["tight.toml", "toy-cortex-m4.till"]);
    let ran = room.run(words).succeeds();
    assert!(
        ran.err.contains("building with those that the model needs"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("the parts that this model needs (image, "),
        "{ran:?}"
    );
    assert!(room.read("images/toy-tight.firmware.bin").len() <= 80 << 10);
    // Not even those.
    let none = ("length = \"512K\" }\nmodel", "length = \"16K\" }\nmodel");
    board(&room, "none.toml", &[none]);
    room.run("image toy-cortex-m4.till --board none.toml")
        .says_error(
            1,
            &[
                "even with no more parts than the model needs",
                "bytes more",
                "memory.image",
            ],
        );
}

#[test]
fn what_a_board_cannot_hold_is_refused_with_figures() {
    let room = room();
    let file = Aligned::from(&*room.read("toy-cortex-m4.till"));
    let header = *load(&file).unwrap().header();
    let small = (
        "start = 0x0808_0000, length = \"512K\"",
        "start = 0x0808_0000, length = \"1K\"",
    );
    let narrow = ("arena = \"104K\"", "arena = 16");
    board(&room, "small.toml", &[small]);
    board(&room, "narrow.toml", &[narrow]);
    let refused = |words: &str, told: &[&str]| {
        let ran = room.run(words);
        ran.fails(told);
        assert!(!ran.err.contains("building"), "{ran:?}");
    };
    for command in ["image", "flash"] {
        let beyond = format!(
            "the board has room for 1,024 ({} too many)",
            grouped(file.len() - 1024)
        );
        refused(
            &format!("{command} toy-cortex-m4.till --board small.toml"),
            &[
                "toy-cortex-m4.till: too large for small",
                &beyond,
                "memory.model",
            ],
        );
        let beyond = format!(
            "has room for 16 ({} too many)",
            grouped(header.arena_len - 16)
        );
        refused(
            &format!("{command} toy-cortex-m4.till --board narrow.toml"),
            &[
                "too large for narrow",
                "bytes of arena",
                &beyond,
                "memory.arena",
            ],
        );
        refused(
            &format!("{command} toy-cortex-m4.till --board microbit"),
            &[
                "packed for cortex-m4",
                "microbit needs cortex-m0",
                "--target cortex-m0",
            ],
        );
        refused(
            &format!("{command} toy-cortex-m4.till --board netduinoplus"),
            &["no board `netduinoplus`", "did you mean `netduinoplus2`?"],
        );
        refused(
            &format!("{command} none.till --board netduinoplus2"),
            &["none.till", "no such file"],
        );
        room.write("cut.till", &room.read("toy-cortex-m4.till")[..500]);
        refused(
            &format!("{command} cut.till --board netduinoplus2"),
            &["cut.till", "cut off"],
        );
        room.write("wrong.toml", BOARD.replace("stm32-usart", "stm33-usart"));
        refused(
            &format!("{command} toy-cortex-m4.till --board wrong.toml"),
            &["wrong.toml", "`stm32-usart`"],
        );
    }
    refused(
        "image toy-cortex-m4.till --board netduinoplus2 -o cut.till",
        &["cut.till: is a file; -o names a folder"],
    );
    refused(
        "image toy-cortex-m4.till --board netduinoplus2 -o cut.till/out",
        &["cut.till/out: cannot be written"],
    );
    refused(
        "image toy-cortex-m4.till --board netduinoplus2 -o /proc/x",
        &["/proc/x: cannot be written"],
    );
    assert!(fs::exists(room.path("images")).is_ok_and(|there| !there));
    let ran = room.run("image toy-cortex-m4.till");
    assert_eq!(ran.code, Some(2), "{ran:?}");
}
