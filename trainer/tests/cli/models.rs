//! Model files that are missing, damaged, foreign, too large, or not what they are taken for.

use std::fs;

use crate::room::Room;

/// Commands that take a model file.
const COMMANDS: [&str; 4] = ["evaluate", "inspect", "compare", "export --target m4"];

/// Every command refuses this file and says so, with its name.
#[track_caller]
fn refused(room: &Room, file: &str, words: &[&str]) {
    let words = [&[file], words].concat();
    for command in COMMANDS {
        room.run(&format!("{command} {file}")).fails(&words);
    }
}

#[test]
fn no_file_at_all() {
    let room = Room::new();
    refused(&room, "none.till", &["no such file", "tillsense train"]);
    fs::create_dir(room.path("folder.till")).unwrap();
    refused(&room, "folder.till", &["cannot be read"]);
}

#[test]
fn cut_off_or_too_long() {
    let room = Room::with_model();
    let whole = room.read("models/shoppers.till");
    for len in [1, 15, 60, 64, 500, whole.len() / 2, whole.len() - 1] {
        room.write("cut.till", &whole[..len]);
        refused(&room, "cut.till", &["cut off"]);
    }
    room.write("empty.till", "");
    refused(&room, "empty.till", &["empty.till: empty"]);
    room.write("long.till", [&whole[..], &[0]].concat());
    refused(&room, "long.till", &["after its end"]);
}

#[test]
fn garbled_anywhere() {
    let room = Room::with_model();
    let whole = room.read("models/shoppers.till");
    let garbled = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        bytes
    };
    // Body, weights, digest.
    for at in [70, 300, whole.len() / 2, whole.len() - 64 - 16] {
        room.write("bad.till", garbled(at));
        refused(&room, "bad.till", &["damaged", "train again"]);
    }
    // The place of the signature must be zero.
    room.write("bad.till", garbled(whole.len() - 5));
    refused(&room, "bad.till", &["must be zero"]);
    room.write("bad.till", garbled(0));
    refused(&room, "bad.till", &["not a Tillsense model"]);
    room.write("text.till", "This is a text, and it is long enough to be mistaken for a header of a hundred and twenty-eight bytes, or even of more bytes than that.");
    refused(
        &room,
        "text.till",
        &["not a Tillsense model", "tillsense train"],
    );
}

#[test]
fn of_another_numeric_contract() {
    let room = Room::with_model();
    let mut bytes = room.read("models/shoppers.till");
    bytes[8] = 1;
    room.write("foreign.till", bytes);
    refused(
        &room,
        "foreign.till",
        &[
            "numeric contract 1",
            "by contract 2",
            "export it again",
            "train it again",
        ],
    );
}

/// A file as the version before this one wrote it: core's `examples/one_layer.rs` of then.
#[test]
fn of_an_earlier_format() {
    let room = Room::new();
    room.write(
        "old.till",
        include_bytes!("../../../core/tests/format1.till"),
    );
    let told = ["earlier version", "format 1", "`tillsense train`"];
    refused(&room, "old.till", &told);
    // The .trained file of then does not help.
    for layout in ["tilltrn1", "tilltrn2", "tilltrn3"] {
        room.write("old.trained", format!("{layout}{}", "x".repeat(100)));
        refused(&room, "old.till", &told);
    }
}

#[test]
fn too_large_for_a_board() {
    let room = Room::new();
    // 26 x 26 x 32 values of one layer are more than the whole RAM of this part.
    room.run("train seed-digits --limit 16 --epochs 1 --no-evaluation")
        .succeeds();
    let ran = room.run("compare models/seed-digits.till --board sifive-e");
    ran.fails(&[
        "models/seed-digits.till",
        "sifive-e",
        "needs",
        "bytes of arena",
        "the board has room for",
    ]);
    assert!(
        !ran.err.contains("booting"),
        "refused before anything is built: {ran:?}"
    );
}

#[test]
fn of_which_nobody_knows_what_it_was_trained_for() {
    let room = Room::with_model();
    let description = room
        .run("presets shoppers")
        .out
        .replace("name = \"shoppers\"", "name = \"mine\"");
    room.write("mine.toml", &description);
    room.run("train mine.toml --limit 100 --epochs 1 --no-evaluation")
        .succeeds();
    room.run("evaluate models/mine.till --limit 20").succeeds();
    fs::remove_file(room.path("models/mine.trained")).unwrap();
    room.run("evaluate models/mine.till")
        .fails(&["`mine`", "models/mine.trained", "no preset"]);
    room.run("inspect models/mine.till").succeeds();
    // A preset's model needs no trained_file; it then has no float figures.
    fs::remove_file(room.path("models/shoppers.trained")).unwrap();
    let ran = room
        .run("evaluate models/shoppers.till --limit 20 --data generated")
        .succeeds();
    assert!(ran.err.contains("no float figures"), "{ran:?}");
}

#[test]
fn with_the_name_of_another_preset() {
    let room = Room::new();
    let description = room
        .run("presets shoppers")
        .out
        .replace("name = \"shoppers\"", "name = \"digits\"");
    room.write("wrong.toml", &description);
    room.run("train wrong.toml --limit 100 --epochs 1 --no-evaluation")
        .succeeds();
    fs::remove_file(room.path("models/wrong.trained")).unwrap();
    room.run("evaluate models/wrong.till")
        .fails(&["models/wrong.till", "shop", "image"]);
}

#[test]
fn with_a_trained_file_that_is_damaged_or_of_another_file() {
    let room = Room::with_model();
    let trained_file = room.read("models/shoppers.trained");
    room.write(
        "models/shoppers.trained",
        &trained_file[..trained_file.len() / 2],
    );
    room.run("evaluate models/shoppers.till")
        .fails(&["models/shoppers.trained", "damaged"]);

    room.run("train shoppers --limit 200 --epochs 1 --seed 9 --no-evaluation -o other.till")
        .succeeds();
    fs::copy(
        room.path("other.trained"),
        room.path("models/shoppers.trained"),
    )
    .unwrap();
    for command in ["evaluate", "evaluate --layers", "export --target m4"] {
        room.run(&format!("{command} models/shoppers.till"))
            .fails(&[
                "models/shoppers.trained: belongs to another file than models/shoppers.till",
                "--force makes it",
                "remove it",
            ]);
    }
    // Without it the preset's name is enough.
    fs::remove_file(room.path("models/shoppers.trained")).unwrap();
    let ran = room.run("evaluate models/shoppers.till --limit 50 --data generated");
    assert!(ran.succeeds().err.contains("no float figures"));
}
