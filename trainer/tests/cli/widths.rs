//! What is printed keeps within the screen.

use crate::room::{Ran, Room};

/// Every character here takes one column. A command to copy stays on its line, however long.
#[track_caller]
fn keeps_within(ran: &Ran, width: usize) {
    let lines = ran.out.lines();
    for line in lines.filter(|line| !line.starts_with("try it: ")) {
        assert!(
            line.chars().count() <= width,
            "{width}: {line}\n{}",
            ran.out
        );
    }
}

fn at(room: &Room, words: &str, width: usize) -> Ran {
    let mut command = room.command(words);
    command.env("COLUMNS", width.to_string());
    Ran::of(command)
}

#[test]
fn tables_and_reports_at_80_and_60_columns() {
    let room = Room::with_model();
    for width in [80, 60] {
        for words in [
            "presets",
            "boards",
            "boards stm32f405",
            "inspect models/shoppers.till",
            "evaluate models/shoppers.till --limit 100",
            "evaluate models/shoppers.till --limit 100 --reliability",
            "evaluate models/shoppers.till --limit 100 --ablate",
            "evaluate models/shoppers.till --layers --limit 20",
        ] {
            let ran = at(&room, words, width).succeeds();
            keeps_within(&ran, width);
        }
        // Nothing is there: every file is missing, and that is the result.
        let checked = at(&room, "data check --data .", width);
        assert_eq!(checked.code, Some(1), "{checked:?}");
        keeps_within(&checked, width);
    }
    let told = at(&room, "evaluate models/shoppers.till --limit 100", 80).succeeds();
    let flat = told.out.replace("\n  ", " ");
    assert!(
        flat.contains("left out at 80 columns; --json has all"),
        "{told:?}"
    );
    let wide = at(&room, "evaluate models/shoppers.till --limit 100", 200).succeeds();
    assert!(
        !wide.out.contains("left out") && wide.out.contains("float AUC"),
        "{wide:?}"
    );
}

#[test]
fn a_screen_of_unknown_width_has_80_columns() {
    let room = Room::new();
    for columns in ["", "wide", "0"] {
        let mut command = room.command("boards");
        command.env("COLUMNS", columns);
        let ran = Ran::of(command).succeeds();
        keeps_within(&ran, 80);
        assert!(ran.out.contains("at 80 columns; --json has all"), "{ran:?}");
    }
}

#[test]
fn rows_of_many_inputs_are_stacked() {
    let room = Room::new();
    room.run("train terminal --limit 40 --epochs 1 --no-evaluation")
        .succeeds();
    for width in [80, 60] {
        let ran = at(
            &room,
            "evaluate models/terminal.till --limit 4 --ablate",
            width,
        )
        .succeeds();
        let table = ran
            .out
            .lines()
            .skip_while(|line| !line.starts_with("receipt: x"))
            .count();
        assert!(table >= 63, "{ran:?}");
        assert!(ran.out.contains("each row on lines of its own"), "{ran:?}");
    }
}
