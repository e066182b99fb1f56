//! Words that cannot be understood, counts of nothing, names that do not exist.

use std::io::Read;
use std::process::Stdio;

use crate::room::{Ran, Room};

#[test]
fn what_cannot_be_understood_is_told_in_one_line() {
    let room = Room::new();
    let cases: [(&str, &[&str]); 7] = [
        (
            "frob",
            &["unrecognized subcommand 'frob'", "tillsense --help"],
        ),
        ("trian digits", &["'train'"]),
        ("train", &["<MODEL>", "tillsense train --help"]),
        ("train digits --epochs many", &["'many'", "--epochs"]),
        ("train digits --epochs -1", &["-1"]),
        ("train digits --limt 3", &["'--limt'", "'--limit'"]),
        (
            "evaluate m.till --only a --without b",
            &["--only", "--without"],
        ),
    ];
    for (words, wanted) in cases {
        room.run(words).says_error(2, wanted);
    }
    assert!(room.files().is_empty());
}

/// What the help of each command holds is tested beside the commands.
#[test]
fn help_and_version_are_printed() {
    let room = Room::new();
    for command in ["", "train"] {
        let ran = room.run(&format!("{command} --help")).succeeds();
        assert!(ran.out.contains("Examples:"), "{ran:?}");
    }
    assert!(
        room.run("--version")
            .succeeds()
            .out
            .starts_with("tillsense ")
    );
}

#[test]
fn nothing_is_no_count() {
    let room = Room::new();
    for words in [
        "train shoppers --epochs 0",
        "train shoppers --limit 0",
        "evaluate m.till --limit 0",
        "compare m.till --samples 0",
        "demo --epochs 0",
        "demo --limit 0",
        "demo --samples 0",
        "demo --show 0",
        "train shoppers --threads 0",
    ] {
        let option = words.split_whitespace().rev().nth(1).unwrap();
        room.run(words).fails(&[option, "at least 1"]);
    }
    assert!(room.files().is_empty());
}

#[test]
fn what_no_machine_can_count_to_is_refused() {
    let room = Room::new();
    let huge = usize::MAX;
    for words in [
        "train shoppers --epochs",
        "train all --seeds",
        "search shoppers -o found --trials",
        "search shoppers -o found --epochs",
        "demo --epochs",
        "evaluate --preset all --seeds",
        "train shoppers --threads",
    ] {
        let option = words.split_whitespace().last().unwrap();
        room.run(&format!("{words} {huge}"))
            .fails(&[option, "at most"]);
    }
    assert!(room.files().is_empty());
    // As many samples as there are.
    room.run(&format!(
        "train shoppers --epochs 1 --limit {huge} --seed {huge} --no-evaluation -o a.till"
    ))
    .succeeds();
    room.run(&format!("evaluate a.till --limit {huge}"))
        .succeeds();
}

#[test]
fn help_promises_nothing_that_no_terminal_does() {
    let help = Room::new().run("train --help").succeeds().out;
    assert!(
        help.contains("--model-version") && !help.contains("refuses older"),
        "{help}"
    );
}

#[test]
fn boards_lists_what_the_files_say() {
    let room = Room::new();
    let shown = room.run("boards").succeeds();
    let listed = room.run("boards --json").json();
    let listed = listed.as_array().unwrap();
    let machines = &tillsense_device::boards::ALL;
    assert_eq!(listed.len(), machines.len());
    for (machine, line) in machines.iter().zip(listed) {
        assert!(shown.out.contains(machine.id), "{machine}: {shown:?}");
        assert_eq!(line["board"], machine.id);
        assert_eq!(line["arena_bytes"], machine.arena);
    }
}

#[test]
fn boards_shows_a_board_as_its_file_says() {
    let room = Room::new();
    let shown = room.run("boards stm32f405").succeeds().out;
    for part in [
        "stm32f405: STM32F405RG at 168 MHz",
        "built",
        "168,000,000 Hz",
        "0x08020000 to 0x08100000  896K  flash, erases 128K, writes 4",
        "0x08080000 to 0x08100000  512K  the model's part",
        "TX PA9, RX PA10; 115,200 baud 8N1; stm32-usart at 0x40011000",
        "probe-rs, chip STM32F405RGTx",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let told = room.run("boards esp32c3 --json").json();
    assert_eq!(
        (&told["boot"]["format"], &told["memory"]["model"]["start"]),
        (&"esp32c3-direct".into(), &0x3C10_0000.into())
    );
    // A file of one's own is checked by looking at it.
    let file = include_str!("../../../firmware/boards/stm32f405.toml");
    room.write("mine.toml", file);
    let own = room.run("boards mine.toml").succeeds().out;
    assert!(own.starts_with("mine: STM32F405RG"), "{own}");
    room.write(
        "mine.toml",
        file.replace("start = 0x0808", "start = 0x0804"),
    );
    room.run("boards mine.toml")
        .fails(&["mine.toml: memory.model: ", "overlaps memory.image"]);
    room.run("boards stm32f40")
        .fails(&["no board `stm32f40`", "stm32f405"]);
}

#[test]
fn the_help_of_compare_names_all_boards() {
    let help = Room::new().run("compare --help").succeeds();
    for machine in tillsense_device::boards::ALL.iter() {
        assert!(help.out.contains(machine.id), "{machine}: {help:?}");
    }
}

#[test]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let room = Room::with_model();
    let cases: [(&str, &[&str]); 6] = [
        (
            "presets toaster",
            &["`toaster`", "bank-intents", "terminal"],
        ),
        ("train toaster", &["`toaster`", "bank-intents", "NAME.toml"]),
        (
            "compare models/shoppers.till --board toaster",
            &["`toaster`", "mps2-an386", "sifive-e"],
        ),
        (
            "data check toaster",
            &["`toaster`", "mnist", "online_shoppers"],
        ),
        (
            "data fetch toaster",
            &["`toaster`", "mnist", "online_shoppers"],
        ),
        (
            "evaluate models/shoppers.till --without toaster",
            &["`toaster`", "shop"],
        ),
    ];
    for (words, wanted) in cases {
        room.run(words).fails(wanted);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let room = Room::new();
    let mut child = room
        .command("presets")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut child = Room::new()
        .command("presets")
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    let ran = Ran {
        code: child.wait().unwrap().code(),
        out: String::new(),
        err,
    };
    ran.fails(&["standard output"]);
}

/// Progress is for people: where nobody can read it, the work is done all the same.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_error_ends_nothing() {
    let room = Room::new();
    let code = |words: &str| {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = room.command(words);
        command.stderr(full.unwrap());
        crate::room::Ran::of(command).code
    };
    assert_eq!(code("train shoppers --limit 200 --epochs 1"), Some(0));
    assert_eq!(code("evaluate models/shoppers.till --limit 20"), Some(0));
    assert_eq!(code("evaluate none.till"), Some(1));
    assert_eq!(code("evaluate --none"), Some(2));
}
