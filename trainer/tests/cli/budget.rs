//! Budgets: refused before anything is written, shown after training, the command line before the description.

use crate::room::Room;

const SIZE: &str = "--limit 100 --epochs 1 --no-evaluation -o out/a.till";

#[test]
fn what_is_too_large_is_refused_before_training() {
    let room = Room::new();
    let ran = room.run(&format!(
        "train shoppers --budget flash=2k,arena=100 {SIZE}"
    ));
    ran.fails(&[
        "preset shoppers for generic",
        "flash ",
        " of 2,000 bytes (most: ",
        "arena ",
        " of 100 bytes (highest at ",
        "dense",
    ]);
    assert!(!ran.err.contains("training"), "{ran:?}");
    assert!(room.files().is_empty() && !room.path("out").exists());
}

#[test]
fn what_fits_is_trained_and_its_figures_are_shown() {
    let room = Room::new();
    let ran = room
        .run(&format!(
            "train shoppers --budget flash=8k,arena=1Ki {SIZE}"
        ))
        .succeeds();
    assert!(
        ran.err.contains("fits its budget: at most flash "),
        "{ran:?}"
    );
    assert!(ran.out.starts_with("budget: flash "), "{ran:?}");
    let len = room.read("out/a.till").len() as u64;
    let json = room
        .run(&format!(
            "train shoppers --budget flash=8k,arena=1Ki {SIZE} --json"
        ))
        .succeeds()
        .json();
    let (flash, arena) = (&json["budget"][0], &json["budget"][1]);
    assert_eq!(
        (&flash["what"], &flash["needs"]),
        (&"flash".into(), &len.into())
    );
    assert_eq!(
        (&arena["what"], &arena["allowed"]),
        (&"arena".into(), &1024.into())
    );
}

#[test]
fn a_description_has_a_budget_and_the_command_line_wins() {
    let room = Room::new();
    let text = room.run("presets shoppers").out;
    room.write(
        "mine.toml",
        format!("{text}\n[budget]\nflash = \"2k\"\narena = \"1Ki\"\n"),
    );
    room.run(&format!("train mine.toml {SIZE}"))
        .fails(&["mine.toml for generic", " of 2,000 bytes"]);
    let ran = room
        .run(&format!("train mine.toml --budget flash=8k {SIZE}"))
        .succeeds();
    assert!(
        ran.out.contains(" of 8,000 bytes, arena ") && ran.out.contains(" of 1,024 bytes"),
        "{ran:?}"
    );
    room.write("mine.toml", format!("{text}\n[budget]\nflash = \"2g\"\n"));
    room.run(&format!("train mine.toml {SIZE}"))
        .fails(&["mine.toml:30: `2g` is no amount"]);
}

#[test]
fn limits_that_cannot_be_understood() {
    let room = Room::new();
    for (limit, word) in [
        ("flash", "limits nothing"),
        ("ram=3k", "`ram`"),
        ("flash=3x", "`3x`"),
    ] {
        room.run(&format!("train shoppers --budget {limit} {SIZE}"))
            .says_error(2, &["--budget", word, "tillsense train --help"]);
    }
}

/// Counting needs an emulator; without one the error says how to get it.
#[cfg(unix)]
#[test]
fn instructions_without_an_emulator() {
    let room = Room::new();
    let mut command = room.command(&format!("train shoppers --budget instructions=1M {SIZE}"));
    command.env("PATH", "/nonexistent");
    crate::room::Ran::of(command).fails(&["mps2-an386 in QEMU", "missing", "tillsense doctor"]);
    assert!(room.files().is_empty());
}
