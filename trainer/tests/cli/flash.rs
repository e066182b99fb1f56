//! `flash`, with tools that only note what they are told.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::image::{board, room};
use crate::room::{Ran, Room};

/// Puts a program in the folder `tools` that notes its words and keeps every file that they name, and then does this.
fn tool(room: &Room, name: &str, does: &str) {
    let text = format!(
        "#!/bin/sh\n\
         PATH=/bin:/usr/bin\n\
         echo {name} \"$@\" >> {0}\n\
         for word; do if [ -f \"$word\" ]; then cp \"$word\" {1}/; fi; done\n\
         {does}\n",
        room.path("noted").display(),
        room.path("kept").display(),
    );
    fs::create_dir_all(room.path("kept")).unwrap();
    let path = format!("tools/{name}");
    room.write(&path, text);
    fs::set_permissions(room.path(&path), PermissionsExt::from_mode(0o755)).unwrap();
}

/// Runs with the tools of the room before all others.
fn flash(room: &Room, words: &str) -> Ran {
    let mut command = room.command(&format!("flash toy-cortex-m4.till {words}"));
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", room.path("tools").display()));
    Ran::of(command)
}

fn noted(room: &Room) -> Vec<String> {
    let text = String::from_utf8(room.read("noted")).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_tool_is_told_where_and_given_the_bytes() {
    let room = room();
    tool(&room, "probe-rs", "echo erased; echo to-errors >&2");
    let ran = flash(&room, "--board netduinoplus2").succeeds();
    assert!(
        ran.out
            .contains("flashed firmware and model into netduinoplus2 with probe-rs"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("erased") && ran.err.contains("to-errors"),
        "{ran:?}"
    );
    let told = noted(&room);
    assert_eq!(told.len(), 2, "{told:?}");
    let start = "probe-rs download --chip STM32F405RGTx --binary-format hex /";
    assert!(
        told[0].starts_with(start) && told[0].ends_with("/toy-netduinoplus2.all.hex"),
        "{told:?}"
    );
    assert_eq!(told[1], "probe-rs reset --chip STM32F405RGTx");
    // The same bytes as `image` writes, and nothing of them is left.
    room.run("image toy-cortex-m4.till --board netduinoplus2")
        .succeeds();
    let kept = room.read("kept/toy-netduinoplus2.all.hex");
    assert!(kept == room.read("images/toy-netduinoplus2.all.hex"));
    let path = told[0].rsplit(' ').next().unwrap();
    assert!(!fs::exists(path).unwrap(), "{path}");
}

#[test]
fn the_model_alone_needs_no_firmware() {
    let room = room();
    tool(&room, "st-flash", "");
    let words = "--board netduinoplus2 --model-only --tool st-flash";
    let ran = flash(&room, words).succeeds();
    assert!(!ran.err.contains("building"), "{ran:?}");
    assert!(
        ran.out
            .contains("flashed the model into netduinoplus2 with st-flash")
    );
    let told = noted(&room);
    assert!(
        told[0].starts_with("st-flash --reset write /")
            && told[0].ends_with("toy-netduinoplus2.model.bin 0x08080000"),
        "{told:?}"
    );
    assert!(room.read("kept/toy-netduinoplus2.model.bin") == room.read("toy-cortex-m4.till"));
    // For machines: what the tool prints does not get between.
    tool(&room, "dfu-util", "echo noise");
    let mut command = room.command(
        "flash toy-cortex-m4.till --board netduinoplus2 --model-only --tool dfu-util --json",
    );
    command.env("PATH", room.path("tools"));
    let ran = Ran::of(command).succeeds();
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&json["tool"], &json["ran"]),
        (&"dfu-util".into(), &true.into())
    );
    assert!(ran.err.contains("noise"), "{ran:?}");
}

#[test]
fn a_dry_run_runs_nothing() {
    let room = room();
    tool(&room, "probe-rs", "");
    let ran = flash(&room, "--board netduinoplus2 --model-only --dry-run").succeeds();
    let line =
        "probe-rs download --chip STM32F405RGTx --binary-format hex toy-netduinoplus2.model.hex";
    assert!(ran.out.lines().any(|said| said == line), "{ran:?}");
    let words =
        "flash toy-cortex-m4.till --board netduinoplus2 --model-only --dry-run --tool dfu-util";
    let mut without = room.command(words);
    without.env("PATH", room.path("none"));
    let ran = Ran::of(without).succeeds();
    assert!(ran.out.contains("dfu-util is not installed: "), "{ran:?}");
    let left = room.files();
    assert!(
        !left
            .iter()
            .any(|file| file == "noted" || file.contains("netduinoplus2")),
        "{left:?}"
    );
}

#[test]
fn the_first_tool_that_is_there_is_taken() {
    let room = room();
    for name in ["dfu-util", "st-flash"] {
        tool(&room, name, "");
    }
    let mut command = room.command("flash toy-cortex-m4.till --board netduinoplus2 --model-only");
    command.env("PATH", room.path("tools"));
    let ran = Ran::of(command);
    assert!(ran.err.contains("st-flash (over an ST-LINK):"), "{ran:?}");
}

#[test]
fn esptool_of_before_is_told_in_its_own_words() {
    let room = room();
    board(
        &room,
        "esp.toml",
        &[("[flashing]", "[flashing]\nesptool = { chip = \"esp32c3\" }")],
    );
    tool(
        &room,
        "esptool.py",
        "if [ \"$1\" = version ]; then echo esptool.py v4.7.0; echo 4.7.0; fi",
    );
    let words = "--board esp.toml --model-only --tool esptool";
    flash(&room, words).succeeds();
    let told = noted(&room);
    assert!(
        told.last()
            .unwrap()
            .starts_with("esptool.py --chip esp32c3 write_flash 0x00080000 /"),
        "{told:?}"
    );
    tool(
        &room,
        "esptool",
        "if [ \"$1\" = version ]; then echo esptool v5.0.2; echo 5.0.2; fi",
    );
    flash(&room, words).succeeds();
    let told = noted(&room);
    assert!(
        told.last()
            .unwrap()
            .starts_with("esptool --chip esp32c3 write-flash 0x00080000 /"),
        "{told:?}"
    );
}

#[test]
fn what_cannot_be_flashed_is_refused_in_a_line() {
    let room = room();
    let refused = |words: &str, told: &[&str]| {
        let mut command = room.command(&format!("flash toy-cortex-m4.till {words}"));
        command.env("PATH", room.path("tools"));
        let ran = Ran::of(command);
        ran.fails(told);
        assert!(!ran.err.contains("building"), "{ran:?}");
    };
    refused(
        "--board netduinoplus2",
        &[
            "nothing that flashes netduinoplus2 is installed",
            "probe-rs, st-flash, dfu-util",
            "cargo install probe-rs-tools",
        ],
    );
    refused(
        "--board netduinoplus2 --tool dfu-util",
        &["dfu-util is not installed: sudo apt-get install dfu-util"],
    );
    refused(
        "--board netduinoplus2 --tool picotool",
        &["netduinoplus2 is not flashed with picotool, but with probe-rs"],
    );
    refused(
        "--board mps2-an386",
        &[
            "mps2-an386: its file names no tool",
            "tillsense compare toy-cortex-m4.till --board mps2-an386",
        ],
    );
    board(
        &room,
        "bare.toml",
        &[
            ("[flashing]\n", ""),
            ("probe-rs = { chip = \"STM32F405RGTx\" }\n", ""),
            ("st-flash = {}\n", ""),
            ("dfu-util = { device = \"0483:df11\", alternate = 0 }\n", ""),
            ("[qemu]\n", ""),
            ("program = \"qemu-system-arm\"\n", ""),
            (
                "arguments = [\"-M\", \"netduinoplus2\"]\nhertz = 168_000_000\n",
                "",
            ),
            ("run in QEMU", "built"),
        ],
    );
    refused(
        "--board bare.toml",
        &[
            "bare: its file names no tool",
            "tillsense image toy-cortex-m4.till --board bare.toml",
        ],
    );
    tool(&room, "probe-rs", "echo no probe was found >&2; exit 3");
    let ran = flash(&room, "--board netduinoplus2 --model-only");
    ran.says_error(1, &["probe-rs failed", "probe-rs download"]);
    assert!(ran.err.contains("no probe was found"), "{ran:?}");
    assert_eq!(
        noted(&room).len(),
        1,
        "nothing after the command that failed"
    );
}
