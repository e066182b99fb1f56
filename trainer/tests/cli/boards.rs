//! Commands that boot boards in QEMU. They install what they need, or fail with the commands to type.

use serde_json::Value;

use crate::room::Room;

/// What a command prints; nothing on standard error, though firmware is built for it.
#[track_caller]
fn json(room: &Room, words: &str) -> Value {
    room.run(words).json()
}

#[test]
fn compare_tries_every_sample() {
    let room = Room::with_model();
    let boards = json(
        &room,
        "compare models/shoppers.till --board sifive-e --board netduinoplus2 --samples 3 --json",
    );
    let boards = boards.as_array().unwrap();
    assert_eq!(boards.len(), 2);
    for (board, name) in boards.iter().zip(["sifive-e", "netduinoplus2"]) {
        assert_eq!(
            (&board["board"], &board["data"]),
            (&Value::from(name), &Value::from("synthetic data"))
        );
        assert_eq!(
            (&board["samples"], &board["identical"]),
            (&Value::from(3), &Value::from(3))
        );
        let parts = board["counts"].as_array().unwrap();
        assert_eq!(board["data_digest"].as_str().unwrap().len(), 64);
        assert_eq!(parts[0]["part"], "shop: frontend");
        assert!(
            parts
                .iter()
                .all(|part| part["calls"] == 1 && part["instructions"].as_u64() > Some(0))
        );
    }
    let shown = room
        .run("compare models/shoppers.till --board sifive-e --samples 1 --counts")
        .succeeds();
    assert!(
        shown.out.contains("1 of 1") && shown.out.contains("shop: frontend"),
        "{shown:?}"
    );
}

#[test]
fn compare_finds_a_board_for_the_file() {
    let room = Room::with_model();
    room.run("export models/shoppers.till --target rv32imc")
        .succeeds();
    let packed = json(
        &room,
        "compare models/shoppers-rv32imc.till --samples 2 --json",
    );
    let plain = json(
        &room,
        "compare models/shoppers.till --board riscv-virt --samples 2 --json",
    );
    assert_eq!(
        (&packed[0]["board"], &packed[0]["identical"]),
        (&"riscv-virt".into(), &2.into())
    );
    let instructions = |of: &Value| of[0]["mean_instructions"].as_u64().unwrap();
    assert!(instructions(&packed) < instructions(&plain));
}

#[test]
fn the_demo_goes_the_whole_road() {
    let room = Room::new();
    let demo = json(
        &room,
        "demo --epochs 1 --limit 100 --samples 1 --show 2 --json",
    );
    let boards = demo["boards"].as_array().unwrap();
    assert_eq!(boards.len(), 2);
    assert!(boards.iter().all(|board| board["identical"] == 1));
    let sessions = demo["sessions"].as_array().unwrap();
    let agrees = |session: &Value| session["written"] == session["spoken"];
    assert!(
        sessions.len() == 2 && agrees(&sessions[0]) && !agrees(&sessions[1]),
        "{sessions:?}"
    );
    assert!(
        sessions
            .iter()
            .all(|session| session["verdicts"].as_array().unwrap().len() == 3)
    );
    assert_eq!(demo["evaluation"]["heads"].as_array().unwrap().len(), 3);
    assert_eq!(room.files(), ["models/demo.till", "models/demo.trained"]);
}

#[test]
fn instructions_counted_before_training_are_those_of_the_trained_file() {
    let room = Room::new();
    for (preset, target) in [
        ("digits", "cortex-m4"),
        ("av-digits", "cortex-m4"),
        ("credit-risk", "rv32imc"),
    ] {
        let size = "--limit 100 --epochs 1 --no-evaluation --force -o a.till";
        let trained = json(
            &room,
            &format!("train {preset} --target {target} --budget instructions=9M {size} --json"),
        );
        let told = &trained["budget"][0];
        assert_eq!(told["what"], "instructions");
        let board = if target == "rv32imc" {
            "riscv-virt"
        } else {
            "mps2-an386"
        };
        let counted = json(&room, &format!("bench model a.till --board {board} --json"));
        assert_eq!(told["needs"], counted["instructions"], "{preset}");
    }
    let ran = room.run("train shoppers --budget instructions=1k --limit 100 --epochs 1");
    ran.says_error(
        1,
        &[
            "preset shoppers for generic",
            " of 1,000 instructions (most: ",
        ],
    );
    assert_eq!(room.files(), ["a.till", "a.trained"]);
}

#[test]
fn an_installed_command_builds_firmware_in_any_folder() {
    let room = Room::with_model();
    let installed = room.path("bin/tillsense");
    std::fs::create_dir(room.path("bin")).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_tillsense"), &installed).unwrap();
    let words = "compare models/shoppers.till --board sifive-e --samples 1";
    let mut command = std::process::Command::new(&installed);
    command
        .args(words.split_whitespace())
        .current_dir(room.path(""))
        .env("XDG_CACHE_HOME", room.path("cache"))
        .env_remove("TILLSENSE_DATA");
    let ran = command.output().unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let image = room.read("cache/tillsense/firmware/images/sifive-e-terminal.elf");
    // No path of the tree where the command was built.
    let tree = concat!(env!("CARGO_MANIFEST_DIR"), "/").as_bytes();
    let folder = room.path("");
    for path in [tree, folder.as_os_str().as_encoded_bytes()] {
        assert!(!image.windows(path.len()).any(|part| part == path));
    }
}

/// A board's file of one's own, outside the sources: another name, and less RAM than the board that ships.
#[test]
fn compare_takes_a_board_of_ones_own() {
    let room = Room::with_model();
    let shipped = include_str!("../../../firmware/boards/riscv-virt.toml");
    let changed = shipped.replace("\"256K\"", "\"16K\"").replace(
        "ram = { start = 0x8080_0000, length = \"8M\" }",
        "ram = { start = 0x8080_0000, length = \"64K\" }",
    );
    assert!(changed.matches("64K").count() == 1 && !changed.contains("256K"));
    let path = room.path("mine.toml");
    std::fs::write(&path, &changed).unwrap();
    let words = format!(
        "compare models/shoppers.till --board {} --samples 2 --json",
        path.display()
    );
    let boards = json(&room, &words);
    assert_eq!(
        (&boards[0]["board"], &boards[0]["identical"]),
        (&Value::from("mine"), &Value::from(2))
    );
    // What is wrong with such a file is said at once.
    std::fs::write(&path, changed.replace("ns16550", "ns16450")).unwrap();
    room.run(&words)
        .fails(&["mine.toml", "unknown variant `ns16450`", "`ns16550`"]);
}

#[test]
fn a_board_that_is_too_small_leaves_the_others_to_run() {
    let room = Room::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tflite");
    for end in ["tflite", "in0.npy", "out0.npy"] {
        let name = format!("large.{end}");
        room.write(&name, std::fs::read(folder.join(&name)).unwrap());
    }
    let boards = "--board sifive-e --board mps2-an386";
    for command in [
        "verify large.tflite --inputs large.in0.npy --expected large.out0.npy",
        "compare large.tflite --samples 1",
    ] {
        let told = room.run(&format!("{command} {boards}"));
        assert!(told.out.contains("mps2-an386"), "{told:?}");
        told.says_error(
            1,
            &[
                "large.tflite",
                "too large for sifive-e",
                "the board has room for",
            ],
        );
        room.run(&format!("{command} --board sifive-e"))
            .fails(&["too large for sifive-e"]);
    }
}
