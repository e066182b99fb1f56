//! Strange names and shapes of anyone's data: what `new` writes for them trains, and what cannot be done is told with the mend.

use std::fmt::Write;

use crate::own_training::picture;
use crate::room::{Ran, Room};

/// A description that `new` writes with these words is checked without an error and trained.
#[track_caller]
fn walks(room: &Room, words: &str, description: &str) {
    room.run(&format!("new {words} -o {description}"))
        .succeeds();
    room.run(&format!("check {description}")).succeeds();
    room.run(&format!("train {description} --epochs 1 --force"))
        .succeeds();
}

/// A table of 60 rows with two numbers and a label `yes` or `no` beside the column that `cell` gives.
fn table(name: &str, labels: [&str; 2], cell: impl Fn(usize) -> String) -> String {
    let mut text = format!("size,{name},label\n");
    for n in 0..60 {
        let label = labels[n % 2];
        writeln!(text, "{}.5,{},\"{label}\"", n * 7 % 13, cell(n)).unwrap();
    }
    text
}

#[test]
fn names_may_hold_what_ends_lines_elsewhere() {
    let room = Room::new();
    let broken = |n: usize| ["\"CH\nZug\"", "\"AT\r\nWien\"", "DE"][n % 3].to_owned();
    room.write(
        "broken.csv",
        table("\"where\nfrom\"", ["yes\nreally", "no\r\nnever"], broken),
    );
    walks(&room, "broken.csv", "broken.toml");
    let own = room.run("evaluate models/broken.till --json").json();
    assert_eq!(own["heads"][0]["classes"], 2);
    // The finished model knows the same names: none is told as unknown, and a record takes them as they are.
    let on = room.run("evaluate models/broken.till --on broken.csv --json");
    let on = on.json();
    assert_eq!(on["heads"][0]["samples"], 60);
    let findings = on["findings"].to_string();
    assert!(
        !findings.contains("unknown_class") && !findings.contains("unseen"),
        "{on}"
    );
    let mut command = room.command("run models/broken.till --record");
    command.arg("{\"size\": 2, \"where\\nfrom\": \"CH\\nZug\"}");
    let ran = Ran::of(command).succeeds();
    assert!(!ran.out.contains("none of the names"), "{ran:?}");

    // A colour of the terminal in a name that a comment tells, and in a class.
    let coloured = table("\u{1b}[31mid", ["\u{7}yes", "no"], |n| format!("row{n}"));
    room.write("coloured.csv", coloured);
    walks(&room, "coloured.csv", "coloured.toml");
    for (class, shade) in [("a\nb", 0), ("c", 1)] {
        for n in 0..20 {
            let file = format!("pictures/{class}/{n}.pgm");
            room.write(&file, picture(shade == 1, n));
        }
    }
    walks(&room, "pictures", "pictures.toml");
}

#[test]
fn what_is_more_than_a_model_holds_is_left_out_and_told() {
    let room = Room::new();
    let words = |n: usize| {
        let of = |column: usize| {
            let colour = ["red", "green", "blue"][(n * (column + 3)) % 3];
            format!("these are some words {n} of {colour} in {column}")
        };
        (0..9).map(of).collect::<Vec<_>>().join(",")
    };
    let texts: Vec<String> = (0..9).map(|column| format!("text{column}")).collect();
    room.write("texts.csv", table(&texts.join(","), ["yes", "no"], words));
    let told = room.run("new texts.csv").succeeds().out;
    let left = "A model has at most 8 inputs; left out: `text7`, `text8`.";
    assert!(told.contains(left), "{told}");
    assert!(told.contains("input `record`"), "{told}");
    room.run("check texts.toml").succeeds();

    let columns: Vec<String> = (0..260).map(|column| format!("c{column}")).collect();
    let numbers = |n: usize| {
        let cells = (0..260).map(|column| format!("{}.5", (n * 31 + column * 7) % 50));
        cells.collect::<Vec<_>>().join(",")
    };
    room.write(
        "wide.csv",
        table(&columns.join(","), ["yes", "no"], numbers),
    );
    let told = room.run("new wide.csv").succeeds().out;
    let left = "at most 255 fields; 6 columns from \"c254\" to \"c259\" are left out";
    assert!(told.contains(left), "{told}");
    room.run("check wide.toml").succeeds();
}

#[test]
fn a_label_is_taken_once_and_no_more_than_a_model_has() {
    let room = Room::new();
    room.write(
        "rows.csv",
        table("count", ["yes", "no"], |n| (n % 5).to_string()),
    );
    room.run("new rows.csv --label label --label label")
        .fails(&["--label label", "is a label already"]);
    room.run("new rows.csv --label label --group label")
        .fails(&["--label label", "or the split, group or time"]);
    let many = " --label label".repeat(17);
    room.run(&format!("new rows.csv{many}"))
        .fails(&["given 17 times", "at most 16 heads"]);
}

#[test]
fn what_is_too_little_or_reads_alike_is_found_before_training() {
    let room = Room::new();
    let rows = |labels: [&str; 2], count: usize| {
        let all = table("count", labels, |n| (n % 5).to_string());
        all.lines().take(1 + count).collect::<Vec<_>>().join("\n")
    };
    room.write("few.csv", rows(["yes", "no"], 8));
    room.run("new few.csv").succeeds();
    let told = room.run("check few.toml --json").out;
    assert!(
        told.contains("\"too_few\"") && told.contains("at least 8"),
        "{told}"
    );
    for (labels, alike) in [
        (["Yes", "yes\u{200b}"], true),
        (["a b", "ab"], true),
        // Other vowels of one consonant.
        (["\u{e01}\u{e34}", "\u{e01}\u{e38}"], false),
    ] {
        room.write("alike.csv", rows(labels, 60));
        room.run("new alike.csv --force").succeeds();
        let told = room.run("check alike.toml --json").out;
        assert_eq!(
            told.contains("similar_classes"),
            alike,
            "{labels:?}: {told}"
        );
    }
}

#[test]
fn where_nothing_is_left_to_learn_from_the_columns_are_named() {
    let room = Room::new();
    room.write("one.csv", "label\n".to_owned() + &"yes\nno\n".repeat(20));
    room.run("new one.csv")
        .fails(&["no column beside the label", "add columns"]);
    let rows: String = (0..40)
        .map(|n| format!("row{n},same,{}\n", ["yes", "no"][n % 2]))
        .collect();
    room.write("ids.csv", format!("key,kind,label\n{rows}"));
    room.run("new ids.csv")
        .fails(&["`key` (id), `kind` (constant)", "columns = [...]"]);
}

#[test]
fn a_column_with_a_comma_in_its_name_joins_a_second_table() {
    let room = Room::new();
    let rows = table("\"key, of it\"", ["yes", "no"], |n| n.to_string());
    room.write("rows.csv", rows);
    let mut paid = String::from("\"key, of it\",at,sum\n");
    for n in 0..180 {
        writeln!(paid, "{},{n},{}.5", n / 3, n * 7 % 19).unwrap();
    }
    room.write("paid.csv", paid);
    let mut command = room.command("new rows.csv --sequence");
    command.arg("history=paid.csv:key=\"key, of it\",order=at");
    Ran::of(command).succeeds();
    room.run("check rows.toml").succeeds();
}

#[test]
fn a_record_is_no_pattern_because_of_its_fields_names() {
    let room = Room::new();
    let units = |n: usize| (n % 5).to_string();
    let rows = table("price [EUR]", ["yes", "no"], units);
    room.write("rows.csv", rows);
    walks(&room, "rows.csv", "rows.toml");
    let tried = |record: &str| {
        let mut command = room.command("run models/rows.till --record");
        command.arg(record);
        Ran::of(command)
    };
    let ran = tried("price [EUR]=3,size=2.5").succeeds();
    assert!(ran.out.contains("is given record"), "{ran:?}");
    room.write("records/a=1.json", "{\"size\": 2.5}");
    tried("records/*=1.json").succeeds();
    tried("records/*.csv").fails(&["no file matches"]);

    // The line that `inspect` gives as an example is one that can be typed.
    let coloured = table("\u{1b}[31mprice", ["yes", "no"], units);
    room.write("coloured.csv", coloured);
    walks(&room, "coloured.csv", "coloured.toml");
    let told = room.run("inspect models/coloured.till").succeeds().out;
    assert!(told.contains("--record record.json"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_link_back_to_a_folder_above_is_not_followed_in_circles() {
    let room = Room::new();
    for n in 0..40 {
        let class = ["a", "b"][n % 2];
        room.write(&format!("pictures/{class}/{n}.pgm"), picture(n % 2 == 0, n));
    }
    std::os::unix::fs::symlink(room.path("pictures"), room.path("pictures/a/back")).unwrap();
    room.run("new pictures").succeeds();
    let found = room.run("check pictures.toml --json");
    let found: serde_json::Value = serde_json::from_str(&found.out).unwrap();
    let samples = &found["samples"];
    let all = ["train", "held_out", "test"].map(|part| samples[part].as_u64().unwrap());
    assert_eq!(all.iter().sum::<u64>(), 40, "{found}");
}

#[cfg(unix)]
#[test]
fn nobody_is_waited_for_who_would_write_into_a_pipe() {
    let room = Room::new();
    let pipe = |name: &str| {
        let mut make = std::process::Command::new("mkfifo");
        assert!(make.arg(room.path(name)).status().unwrap().success());
    };
    for n in 0..40 {
        let class = ["a", "b"][n % 2];
        room.write(&format!("pictures/{class}/{n}.pgm"), picture(n % 2 == 0, n));
    }
    pipe("pictures/a/pipe.pgm");
    walks(&room, "pictures", "pictures.toml");
    pipe("pictures.zip");
    room.run("new pictures.zip --force")
        .fails(&["pictures.zip"]);
    let cell = |n: usize| match n {
        7 => "pictures/a/pipe.pgm".to_owned(),
        _ => format!("pictures/{}/{}.pgm", ["a", "b"][n % 2], n % 40),
    };
    room.write("rows.csv", table("photo", ["yes", "no"], cell));
    room.run("new rows.csv").succeeds();
    room.run("check rows.toml")
        .says_error(1, &["an error that must be mended"]);
}

#[cfg(unix)]
#[test]
fn samples_that_cannot_be_kept_are_told_with_the_folder_and_the_mend() {
    let room = Room::new();
    room.write(
        "rows.csv",
        table("count", ["yes", "no"], |n| format!("{}", n % 5)),
    );
    walks(&room, "rows.csv", "rows.toml");
    for words in [
        "check rows.toml",
        "train rows.toml --force",
        "evaluate models/rows.till",
        "evaluate models/rows.till --on rows.csv",
    ] {
        let mut command = room.command(words);
        command.env("TMPDIR", room.path("gone"));
        Ran::of(command).says_error(1, &["/gone: samples cannot be kept", "TMPDIR"]);
    }
}
