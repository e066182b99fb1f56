//! Training: the same bytes each time, a clean stop, nothing half-made.

use std::fs;

use crate::room::Room;

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let room = Room::new();
    for (preset, size) in [
        ("shoppers", "--limit 300 --epochs 2"),
        ("av-digits", "--limit 60 --epochs 1"),
    ] {
        let train = |out: &str, more: &str| {
            room.run(&format!(
                "train {preset} {size} --no-evaluation -o {preset}-{out}.till {more}"
            ))
            .succeeds();
            (
                room.read(&format!("{preset}-{out}.till")),
                room.read(&format!("{preset}-{out}.trained")),
            )
        };
        let (first, again) = (train("first", ""), train("again", ""));
        assert!(first == again, "{preset}: the bytes differ");
        for threads in [1, 2, 4] {
            let other = train(&format!("on-{threads}"), &format!("--threads {threads}"));
            assert!(
                first == other,
                "{preset}: the bytes differ on {threads} threads"
            );
        }
        let (seven, seven_again) = (train("seven", "--seed 7"), train("seven-again", "--seed 7"));
        assert!(
            seven == seven_again && seven.0 != first.0,
            "{preset}: seeds"
        );
    }
}

#[test]
fn the_version_is_written() {
    let room = Room::new();
    room.run("train shoppers --limit 100 --epochs 1 --no-evaluation --model-version 41 -o a.till")
        .succeeds();
    let inspected = room.run("inspect a.till --json").json();
    assert_eq!(inspected["version"], 41);
}

#[cfg(unix)]
#[test]
fn interrupted_and_resumed_it_gives_the_same_bytes() {
    use crate::interrupt::interrupted;

    let room = Room::new();
    // Long enough that the signal arrives before the end, whatever else this machine does.
    let words = "train shoppers --limit 4000 --epochs 25 --no-evaluation -o";
    let rest = interrupted(&room, &format!("{words} cut.till"), "epoch 3/");
    assert!(
        rest.last().unwrap().starts_with("error: stopped")
            && rest.last().unwrap().contains("--resume"),
        "{rest:?}"
    );
    assert_eq!(room.files(), ["cut.checkpoint"], "no model");

    let resumed = room.run(&format!("{words} cut.till --resume")).succeeds();
    assert!(resumed.err.contains("going on after epoch"), "{resumed:?}");
    room.run(&format!("{words} whole.till")).succeeds();
    assert!(
        room.read("cut.till") == room.read("whole.till"),
        "the bytes differ"
    );
    assert!(
        room.read("cut.trained") == room.read("whole.trained"),
        "the float numbers differ"
    );
    assert_eq!(
        room.files(),
        ["cut.till", "cut.trained", "whole.till", "whole.trained"],
        "the checkpoint has served"
    );
}

#[test]
fn checkpoints_that_cannot_be_used() {
    let room = Room::new();
    let words = "train shoppers --limit 100 --epochs 1 --no-evaluation -o a.till";
    let ran = room.run(&format!("{words} --resume")).succeeds();
    assert!(ran.err.contains("a.checkpoint: not there"), "{ran:?}");
    room.write("a.checkpoint", "tillckp1, and damaged");
    room.run(&format!("{words} --resume"))
        .fails(&["a.checkpoint", "damaged", "remove it"]);
    let ran = room.run(words).succeeds();
    assert!(
        ran.err.contains("a.checkpoint") && ran.err.contains("--resume"),
        "{ran:?}"
    );
    assert_eq!(room.files(), ["a.till", "a.trained"]);
}

#[test]
fn what_cannot_be_written_is_told_before_training() {
    let room = Room::new();
    room.write("file", "");
    fs::create_dir(room.path("folder")).unwrap();
    let cases: [(&str, &[&str]); 5] = [
        ("file/a.till", &["file", "not a folder"]),
        ("folder", &["folder", "is a folder"]),
        ("a.trained", &["a.trained", "NAME.till"]),
        ("a.checkpoint", &["a.checkpoint", "NAME.till"]),
        ("/proc/a.till", &["/proc/a.till", "cannot be written"]),
    ];
    for (out, words) in cases {
        let ran = room.run(&format!("train shoppers --limit 100 --epochs 1 -o {out}"));
        ran.fails(words);
        assert!(!ran.err.contains("epoch"), "{ran:?}");
    }
    room.run("demo -o file/a.till").says_error(2, &["-o"]);
    room.run("demo --out file/a.till")
        .fails(&["file", "not a folder"]);
    assert_eq!(room.files(), ["file"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_before_training_and_stays() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    let room = Room::with_model();
    let pipe = |name: &&str| {
        let made = Command::new("mkfifo").arg(room.path(name)).status();
        assert!(made.unwrap().success());
    };
    ["a.till", "b.trained", "c.checkpoint"]
        .iter()
        .for_each(pipe);
    symlink("a.till", room.path("link.till")).unwrap();
    let _socket = UnixListener::bind(room.path("d.till")).unwrap();
    fs::create_dir(room.path("e.trained")).unwrap();
    let cases = [
        ("a.till", "a.till: cannot be written: it is a pipe"),
        ("link.till", "link.till: cannot be written: it is a pipe"),
        ("b.till", "b.trained: cannot be written: it is a pipe"),
        ("c.till", "c.checkpoint: cannot be written: it is a pipe"),
        ("d.till", "d.till: cannot be written: it is a socket"),
        ("e.till", "e.trained: cannot be written: it is a folder"),
    ];
    for (out, words) in cases {
        let ran = room.run(&format!("train shoppers --limit 100 --epochs 1 -o {out}"));
        ran.fails(&[words]);
        assert!(!ran.err.contains("epoch"), "{ran:?}");
    }
    room.run("export models/shoppers.till --target m4 -o a.till")
        .fails(&["a.till: cannot be written: it is a pipe"]);
    let kind = |name: &str| fs::symlink_metadata(room.path(name)).unwrap().file_type();
    assert!(
        ["a.till", "b.trained", "c.checkpoint"]
            .iter()
            .all(|name| kind(name).is_fifo())
    );
    assert!(kind("link.till").is_symlink() && kind("d.till").is_socket());
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_the_model_is_written_where_it_leads() {
    use std::os::unix::fs::symlink;

    let room = Room::new();
    room.write("versions/note", "");
    // The second one leads to a file that is not there yet.
    symlink("versions/1.till", room.path("now.till")).unwrap();
    symlink("versions/1.trained", room.path("now.trained")).unwrap();
    for seed in [1, 2] {
        room.run(&format!(
            "train shoppers --limit 100 --epochs 1 --no-evaluation --seed {seed} -o now.till"
        ))
        .succeeds();
        room.run("evaluate now.till --limit 20").succeeds();
    }
    assert!(room.path("now.till").is_symlink() && room.path("now.trained").is_symlink());
    assert_eq!(
        room.files(),
        [
            "now.till",
            "now.trained",
            "versions/1.till",
            "versions/1.trained",
            "versions/note"
        ]
    );
}

#[test]
fn a_model_is_named_after_the_file_of_its_description() {
    let room = Room::with_model();
    let shoppers = room.read("models/shoppers.till");
    // The name in the description is that of another model; it decides nothing.
    room.write("mine/first.toml", room.run("presets shoppers").out);
    let train = "--limit 100 --epochs 1 --no-evaluation";
    let ran = room
        .run(&format!("train mine/first.toml {train}"))
        .succeeds();
    assert!(ran.err.contains("wrote models/first.till"), "{ran:?}");
    assert!(room.read("models/shoppers.till") == shoppers);
    room.run("evaluate models/first.till --limit 20").succeeds();
}

#[test]
fn a_model_of_another_description_is_written_over_only_by_force() {
    let room = Room::with_model();
    let text = room.run("presets shoppers").out;
    room.write("shoppers.toml", &text);
    room.write("other/shoppers.toml", &text);
    let train = "--limit 100 --epochs 1 --no-evaluation";
    let before = (
        room.read("models/shoppers.till"),
        room.read("models/shoppers.trained"),
    );
    let ran = room.run(&format!("train shoppers.toml {train}"));
    ran.fails(&[
        "models/shoppers.till: is a model of preset shoppers, not of /",
        "shoppers.toml; ",
        "--force",
    ]);
    assert!(!ran.err.contains("epoch"), "{ran:?}");
    assert!(
        before
            == (
                room.read("models/shoppers.till"),
                room.read("models/shoppers.trained")
            )
    );
    room.run(&format!("train shoppers.toml {train} --force"))
        .succeeds();
    // The same file by another name, and changed; then another file of this name.
    room.write("shoppers.toml", text.replace("epochs = 40", "epochs = 41"));
    room.run(&format!("train other/../shoppers.toml {train}"))
        .succeeds();
    for words in ["train other/shoppers.toml", "train shoppers"] {
        room.run(&format!("{words} {train}")).fails(&[
            "models/shoppers.till: is a model of /",
            "shoppers.toml, not of ",
            "--force",
        ]);
    }
    // What nobody knows, and what is no model at all.
    fs::remove_file(room.path("models/shoppers.trained")).unwrap();
    room.run(&format!("train shoppers.toml {train}")).fails(&[
        "models/shoppers.till: is there",
        "not known",
        "--force",
    ]);
    room.write("notes.txt", "precious");
    room.run(&format!("train shoppers {train} -o notes.txt"))
        .fails(&["notes.txt: is there", "not known"]);
    assert_eq!(room.read("notes.txt"), b"precious");
}

#[test]
fn an_export_writes_over_models_of_its_own_description() {
    let room = Room::with_model();
    room.write("mine.toml", room.run("presets shoppers").out);
    room.run("train mine.toml --limit 100 --epochs 1 --no-evaluation")
        .succeeds();
    let export = "export models/shoppers.till --target m4 -o";
    for _ in 0..2 {
        room.run(&format!("{export} m4.till")).succeeds();
    }
    room.run(&format!("{export} models/mine.till")).fails(&[
        "models/mine.till: is a model of /",
        "mine.toml, not of preset shoppers",
        "--force",
    ]);
    room.run(&format!("{export} models/mine.till --force"))
        .succeeds();
}

#[test]
fn an_error_leaves_the_old_model_alone() {
    let room = Room::with_model();
    let before = room.read("models/shoppers.till");
    room.run("train shoppers --limit 5 --epochs 1")
        .fails(&["5 samples", "at least 8"]);
    assert!(room.read("models/shoppers.till") == before);
    assert_eq!(
        room.files(),
        ["models/shoppers.till", "models/shoppers.trained"]
    );
}

#[cfg(unix)]
#[test]
fn a_model_is_a_file_like_any_other() {
    use std::os::unix::fs::PermissionsExt;

    let room = Room::with_model();
    room.write("plain", "");
    let mode = |name: &str| fs::metadata(room.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("models/shoppers.till"), mode("plain"));
}
