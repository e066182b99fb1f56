//! Names and texts from outside never act on a person's screen.

use std::ffi::OsStr;

use tillsense_compiler::aligned::Aligned;
use tillsense_core::Model;
use tillsense_core::model::digest;
use tillsense_core::model::header::Header;

use crate::room::{Ran, Room};

/// Moves the cursor, colours, overwrites a line, turns the direction of reading, and more of the kind.
const HOSTILE: &str = "a\u{1b}[2J\rb\u{202e}c\u{9b}31m\u{2066}\nerror: d\u{7f}\u{200b}";

/// All that was printed can be seen, and lines end with a line feed alone.
#[track_caller]
fn seen(ran: Ran) -> Ran {
    for text in [&ran.out, &ran.err] {
        let acts = |c: &char| {
            let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            c.is_control() && *c != '\n' || turns
        };
        let found = text.chars().find(acts);
        assert!(found.is_none(), "{found:?} is in {text:?}");
    }
    ran
}

fn run(room: &Room, words: &str, more: &[&OsStr]) -> Ran {
    let mut command = room.command(words);
    command.args(more);
    seen(Ran::of(command))
}

/// Names replaced in the records of a model, by others of as many bytes; sealed again.
fn renamed(file: &[u8], names: &[(&str, &str)]) -> Vec<u8> {
    let mut file = file.to_vec();
    for (old, new) in names {
        assert_eq!(old.len(), new.len(), "{old}");
        let place = file
            .windows(old.len())
            .position(|bytes| bytes == old.as_bytes());
        let place = place.unwrap_or_else(|| panic!("no {old}"));
        file[place..place + new.len()].copy_from_slice(new.as_bytes());
    }
    seal(&mut file);
    // The names are part of the interface.
    let interface = Model::load(&Aligned::from(file.as_slice()))
        .unwrap()
        .interface_of_records();
    file[64..96].copy_from_slice(&interface);
    seal(&mut file);
    file
}

fn seal(file: &mut [u8]) {
    let end = Header::parse(file).unwrap().digest_offset();
    let seal = digest(&file[..end]);
    file[end..end + seal.len()].copy_from_slice(&seal);
}

#[test]
fn a_model_with_hostile_names() {
    let room = Room::with_model();
    let names = [
        ("shoppers", "\u{1b}[31mred"),
        ("purchase", "\u{202e}abc\r\n"),
        ("leaves", "\u{1b}[2Jab"),
    ];
    room.write(
        "bad.till",
        renamed(&room.read("models/shoppers.till"), &names),
    );
    let inspected = run(&room, "inspect bad.till", &[]).succeeds();
    for shown in [r"\u{1b}[31mred", r"\u{202e}abc\r\n", r"\u{1b}[2J"] {
        assert!(inspected.out.contains(shown), "{shown}: {}", inspected.out);
    }
    let json = run(&room, "inspect bad.till --json", &[]).json();
    assert_eq!(json["name"], "\u{1b}[31mred");
    assert_eq!(json["heads"][0]["name"], "\u{202e}abc\r\n");
    // Without a `.trained` file the model's name must be a preset's; with that of another file the file is named.
    run(&room, "export --target m4 bad.till", &[]).fails(&["bad.till", "bad.trained"]);
    for command in ["evaluate", "compare"] {
        run(&room, &format!("{command} bad.till"), &[]).fails(&["bad.till", r"\u{1b}[31mred"]);
    }
    let names = [names[1], ("shop", "a\rb\n")];
    // The first `shop` is the model's name, which is to stay.
    let mut file = room.read("models/shoppers.till");
    let at = file
        .windows(5)
        .position(|bytes| bytes == b"\x04shop")
        .unwrap();
    file[at + 1..at + 5].copy_from_slice(names[1].1.as_bytes());
    room.write("inputs.till", renamed(&file, &names[..1]));
    run(&room, "evaluate inputs.till --data generated", &[]).fails(&["inputs.till", r"a\rb\n"]);
}

#[test]
fn names_of_files_and_words_of_the_command_line() {
    let room = Room::with_model();
    let hostile = OsStr::new(HOSTILE);
    let toml = format!("{HOSTILE}.toml");
    let till = format!("{HOSTILE}.till");
    for (words, more) in [
        ("inspect", &[OsStr::new(&till)][..]),
        ("train", &[OsStr::new(&toml)]),
        ("train", &[hostile]),
        ("presets", &[hostile]),
        ("evaluate models/shoppers.till --without", &[hostile]),
        ("compare models/shoppers.till --board", &[hostile]),
        ("data check", &[hostile]),
        ("data check --data", &[hostile]),
        ("train shoppers --data", &[hostile]),
        ("train spoken-digits --leave-out", &[hostile]),
    ] {
        run(&room, words, more).fails(&[r"\u{1b}[2J"]);
    }
    for more in ["--epochs", "--target", "--budget", HOSTILE] {
        let ran = run(&room, "train shoppers", &[OsStr::new(more), hostile]);
        // The parser of arguments leaves out some of it by itself.
        ran.says_error(2, &[r"\rb\u{202e}c"]);
    }
    // Where it succeeds, too.
    room.write(&toml, room.run("presets shoppers").out);
    let folder = format!("{HOSTILE}/");
    let words = "train --limit 100 --epochs 1 --no-evaluation -o";
    let out = format!("{folder}{till}");
    let ran = run(&room, words, &[OsStr::new(&out), OsStr::new(&toml)]).succeeds();
    assert!(ran.err.contains(r"\u{1b}[2J"), "{ran:?}");
    run(&room, "inspect", &[OsStr::new(&out)]).succeeds();
    run(&room, "inspect --json", &[OsStr::new(&out)]).json();
    run(&room, "evaluate --limit 20 --json", &[OsStr::new(&out)]).json();
}

#[test]
fn descriptions_and_tables() {
    let room = Room::new();
    let preset = room.run("presets shoppers").out;
    let quoted = toml::Value::from(HOSTILE).to_string();
    for field in [
        "name = \"shoppers\"",
        "set = \"online_shoppers\"",
        "name = \"shop\"",
        "kind = \"record\"",
        "name = \"purchase\"",
    ] {
        let (key, _) = field.split_once(" = ").unwrap();
        room.write(
            "a.toml",
            preset.replacen(field, &format!("{key} = {quoted}"), 1),
        );
        run(&room, "train a.toml", &[]).fails(&["a.toml"]);
    }
    room.write("a.toml", format!("{quoted} = 1\n{preset}"));
    run(&room, "train a.toml", &[]).fails(&["a.toml"]);
    for (file, preset, text) in [
        (
            "banking77/train.csv",
            "bank-intents",
            format!("text,category\nWhere?,\"{HOSTILE}\"\n"),
        ),
        (
            "online_shoppers/online_shoppers_intention.csv",
            "shoppers",
            format!("\"{HOSTILE}\",b\n"),
        ),
    ] {
        room.write(&format!("sets/{file}"), text);
        run(&room, &format!("train {preset} --data sets"), &[]).fails(&[file]);
    }
    room.write(&format!("sets/fsdd/recordings/{HOSTILE}.wav"), "");
    run(&room, "train spoken-digits --data sets", &[]).fails(&[r"\u{1b}[2J"]);
    run(&room, "data check --data sets", &[]).says_error(1, &["sets"]);
}
