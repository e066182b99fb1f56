//! Faults of the columns of a table.

use std::fmt::Write;

use super::{Draws, WORDS, checked, finds, is_clean, is_refused, table};
use crate::room::Room;

#[test]
fn faults_of_columns_are_found() {
    let room = Room::new();
    room.write("t.csv", table(400, "", |_, _, _| String::new()));
    room.run("new t.csv --label risk").succeeds();
    is_clean(&checked(&room, "t.toml"));
    let bad = table(
        400,
        ",id,always,told,moved,customer,kind,rare",
        |n, high, draws| {
            let moved = draws.below(50) + if n % 5 == 0 { 40 } else { 0 };
            let kind = if n == 7 { "ZÃ¼rich" } else { "Wien" };
            let rare = if n == 11 { "odd" } else { ["x", "y"][n % 2] };
            let told = if high {
                900 + draws.below(90)
            } else {
                draws.below(90)
            };
            format!(",k{n},1,{told},{moved},c{},{kind},{rare}", draws.below(40))
        },
    );
    let first = bad.lines().nth(3).unwrap().to_owned();
    let cells: Vec<&str> = first.splitn(6, ',').collect();
    let shouted = cells[2].to_uppercase();
    let flipped = if cells[3] == "high" { "low" } else { "high" };
    let mut bad = bad;
    // The third row again with the other label, and its note in capitals; a long note and an empty one.
    writeln!(
        bad,
        "{},{},{},{flipped},{},{}",
        cells[0], cells[1], cells[2], cells[4], cells[5]
    )
    .unwrap();
    writeln!(bad, "50,Bern,{shouted},{},test,{}", cells[3], cells[5]).unwrap();
    for _ in 0..12 {
        let long = WORDS.join(" ").repeat(20 + bad.len() % 7);
        writeln!(bad, "50,Bern,{long},{},train,{}", cells[3], cells[5]).unwrap();
    }
    writeln!(bad, "50,Bern,,{},train,{}", cells[3], cells[5]).unwrap();
    room.write("t.csv", bad);
    let text = String::from_utf8(room.read("t.toml")).unwrap();
    let columns = "columns = [\"age\", \"city\"";
    assert!(text.contains(columns), "{text}");
    let more = format!("{columns}, \"id\", \"always\", \"told\", \"moved\", \"kind\", \"rare\"");
    room.write("t.toml", text.replace(columns, &more));
    let told = checked(&room, "t.toml");
    finds(
        &told,
        &[
            "constant",
            "nearly_unique",
            "leak",
            "drift",
            "likely_group",
            "encoding",
            "rare_categories",
            "conflicting_duplicates",
            "near_duplicates_across",
            "long_texts",
            "absent",
        ],
    );
}

#[test]
fn classes_that_are_rare_or_shift_are_found() {
    let room = Room::new();
    let mut draws = Draws(5);
    let mut text = String::from("size,weight,kind,part\n");
    for n in 0..600 {
        let test = n % 4 == 0;
        let kind = match (n % 40, test) {
            (1, false) => "rare",
            (_, true) if n % 8 == 0 => "rare",
            _ => "usual",
        };
        let part = if test { "test" } else { "train" };
        writeln!(
            text,
            "{},{},{kind},{part}",
            draws.below(1000),
            draws.below(1000)
        )
        .unwrap();
    }
    room.write("t.csv", text);
    room.run("new t.csv --label kind").succeeds();
    finds(&checked(&room, "t.toml"), &["imbalance", "label_drift"]);
}

#[test]
fn quoted_line_breaks_and_dates_are_read() {
    let room = Room::new();
    let rows = table(60, ",when", |n, _, _| format!(",2026-01-{:02}", 1 + n % 28));
    let (header, rows) = rows.split_once('\n').unwrap();
    let broken = rows.lines().map(|line| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        cells[2] = format!("\"{}\"", cells[2].replacen(' ', "\n", 1));
        cells.join(",") + "\n"
    });
    room.write("t.csv", format!("{header}\n{}", broken.collect::<String>()));
    let ran = room.run("new t.csv --label risk").succeeds();
    assert!(ran.out.contains("--time when"), "{ran:?}");
    let text = String::from_utf8(room.read("t.toml")).unwrap();
    assert!(text.contains("columns = [\"age\", \"city\"]"), "{text}");
    let told = checked(&room, "t.toml");
    assert_eq!(told["errors"], 0, "{told:#}");
    let all = ["train", "held_out", "test"].map(|part| told["samples"][part].as_u64().unwrap());
    assert_eq!(all.iter().sum::<u64>(), 60);
}

#[test]
fn groups_on_both_sides_of_a_table_are_found() {
    let room = Room::new();
    room.write(
        "t.csv",
        table(200, ",owner", |n, _, _| format!(",o{}", n % 5)),
    );
    // The rows say their parts: every fifth is tested on, so that each owner is on one side.
    room.run("new t.csv --label risk --group owner").succeeds();
    is_clean(&checked(&room, "t.toml"));
    room.write(
        "t.csv",
        table(200, ",owner", |n, _, _| format!(",o{}", n % 7)),
    );
    let told = checked(&room, "t.toml");
    finds(&told, &["group_on_both_sides"]);
    let findings = told["findings"].as_array().unwrap();
    let groups = findings.iter().find(|f| f["kind"] == "group_on_both_sides");
    assert_eq!(groups.unwrap()["count"], 7);
}

/// The findings about a table whose column `sum` holds this cell, and others of this form of a number below 10,000.
fn with_sums(cell: &str, form: impl Fn(u64) -> String) -> serde_json::Value {
    let room = Room::new();
    let rows = |cell: &str| {
        table(200, ",sum", |n, _, draws| match n % 7 {
            3 => format!(",{cell}"),
            _ => format!(",{}", form(draws.below(10_000))),
        })
    };
    // `new` leaves columns out whose numbers are too large.
    room.write("t.csv", rows("81"));
    room.run("new t.csv --label risk").succeeds();
    room.write("t.csv", rows(cell));
    checked(&room, "t.toml")
}

/// The lines of the findings of a kind.
fn lines(told: &serde_json::Value, kind: &str) -> Vec<String> {
    let findings = told["findings"].as_array().unwrap().iter();
    let of_kind = findings.filter(|finding| finding["kind"] == kind);
    of_kind.map(|finding| finding["what"].to_string()).collect()
}

#[test]
fn numbers_beyond_32_bits_are_found() {
    let whole = |n: u64| n.to_string();
    let told = with_sums("3000000000", whole);
    finds(&told, &["large_numbers"]);
    assert!(lines(&told, "decimals").is_empty(), "{told:#}");
    // 2 * 123456.12345 * 10^3 fits into 31 bits, and ten times that does not.
    let hundredths = |n: u64| format!("{}.{:02}", n / 100, n % 100);
    let told = with_sums("123456.12345", hundredths);
    let [line] = &lines(&told, "decimals")[..] else {
        panic!("{told:#}");
    };
    assert!(line.contains("3 of 5 decimals are kept"), "{line}");
    assert!(lines(&told, "large_numbers").is_empty(), "{told:#}");
    let told = with_sums("12.25", hundredths);
    assert!(lines(&told, "decimals").is_empty(), "{told:#}");
    assert!(lines(&told, "large_numbers").is_empty(), "{told:#}");
}

#[test]
fn texts_of_which_nothing_can_be_read_are_found() {
    let room = Room::new();
    room.write("t.csv", table(200, "", |_, _, _| String::new()));
    room.run("new t.csv --label risk").succeeds();
    let good = String::from_utf8(room.read("t.csv")).unwrap();
    room.write("t.csv", format!("{good}40,Bern,?! ...,low,train\n"));
    let told = checked(&room, "t.toml");
    assert_eq!(lines(&told, "empty_texts").len(), 1, "{told:#}");
    assert!(lines(&told, "empty_texts")[0].contains("1 of 201 texts"));
}

/// A table with so many columns of numbers more, and its description.
fn wide(room: &Room, columns: usize) {
    let names: String = (0..columns).map(|n| format!(",f{n}")).collect();
    let cells = |draws: &mut Draws| -> String {
        (0..columns)
            .map(|_| format!(",{}", draws.below(90)))
            .collect()
    };
    room.write("t.csv", table(100, &names, |_, _, draws| cells(draws)));
    room.run("new t.csv --label risk --force").succeeds();
}

#[test]
fn more_fields_than_a_terminal_takes_are_found() {
    let room = Room::new();
    // With age and city.
    wide(&room, 63);
    let told = checked(&room, "t.toml");
    assert_eq!(told["errors"], 0);
    let [line] = &lines(&told, "many_fields")[..] else {
        panic!("{told:#}");
    };
    assert!(line.contains("65 fields") && line.contains("takes 64"));
    wide(&room, 62);
    assert!(lines(&checked(&room, "t.toml"), "many_fields").is_empty());
    // `new` leaves out what is too much; a description of one's own may not.
    wide(&room, 254);
    let text = String::from_utf8(room.read("t.toml")).unwrap();
    let stated = |line: &&str| !line.starts_with("columns = ") && !line.starts_with("category = ");
    let all: Vec<&str> = text.lines().filter(stated).collect();
    room.write("t.toml", all.join("\n"));
    is_refused(
        &room,
        "t.toml",
        &["256 columns", "at most 255 fields", "leave others out"],
    );
}
