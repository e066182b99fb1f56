//! Faults of sequences out of a second table.

use std::fmt::Write;

use serde_json::Value;

use super::{Draws, checked, finds, is_clean, payments, table};
use crate::room::Room;

#[test]
fn payments_without_a_fault_are_not_blamed() {
    let room = Room::new();
    payments(&room);
    is_clean(&checked(&room, "t.toml"));
}

/// What a sample's payments depend on: its number, which is that of a test row where it is a multiple of 5, and its label.
type Payment<'a> = &'a mut dyn FnMut(usize, bool, &mut Draws) -> String;

/// 400 rows in `t.csv`, `count` payments of each in `pay.csv`.
fn write(room: &Room, count: impl Fn(usize) -> usize, payment: Payment<'_>) {
    let mut pays = String::from("key,at,sum,shop\n");
    let rows = table(400, ",key", |n, high, draws| {
        for at in 0..count(n) {
            writeln!(pays, "k{n},{at},{}", payment(n, high, draws)).unwrap();
        }
        format!(",k{n}")
    });
    room.write("t.csv", rows);
    room.write("pay.csv", pays);
}

/// A room with payments that say nothing of the label, and their description.
fn room() -> Room {
    let room = Room::new();
    write(&room, |n| 1 + n * 7 % 4, &mut |_, _, draws| {
        let shop = ["food", "books", "fuel"][draws.below(3) as usize];
        format!("{},{shop}", draws.below(500))
    });
    room.run("new t.csv --label risk --sequence history=pay.csv:key=key,order=at")
        .succeeds();
    room
}

/// The subjects of findings of a kind.
fn subjects<'t>(told: &'t Value, kind: &str) -> Vec<&'t str> {
    let findings = told["findings"].as_array().unwrap().iter();
    let of_kind = findings.filter(|finding| finding["kind"] == kind);
    of_kind.map(|f| f["subject"].as_str().unwrap()).collect()
}

#[test]
fn a_sequence_that_tells_the_label_is_found() {
    let room = room();
    is_clean(&checked(&room, "t.toml"));
    write(&room, |n| 1 + n * 7 % 4, &mut |_, high, draws| {
        let shop = match (high, draws.below(2)) {
            (true, 0) => "food",
            (true, _) => "books",
            (false, _) => "fuel",
        };
        let sum = draws.below(500) + if high { 2000 } else { 0 };
        format!("{sum},{shop}")
    });
    let told = checked(&room, "t.toml");
    let leaks = subjects(&told, "leak");
    for wanted in [
        "input history: the mean of `sum`",
        "input history: the share of `fuel` in `shop`",
    ] {
        assert!(leaks.contains(&wanted), "{leaks:?}");
    }
    // A fifth of single payments has one of two shops, so that one shop alone tells less.
    let books = "input history: the share of `books` in `shop`";
    assert!(!leaks.contains(&books), "{leaks:?}");
}

#[test]
fn sequences_that_differ_between_training_and_test_are_found() {
    let room = room();
    let tested = |n: usize| n.is_multiple_of(5);
    let count = |n: usize| if tested(n) { 4 } else { 1 + n * 7 % 4 };
    write(&room, count, &mut |n, _, draws| {
        let shops = if tested(n) { 2 } else { 3 };
        let shop = ["food", "books", "fuel"][draws.below(shops) as usize];
        let sum = draws.below(500) + if tested(n) { 300 } else { 0 };
        format!("{sum},{shop}")
    });
    let told = checked(&room, "t.toml");
    assert_eq!(
        subjects(&told, "drift"),
        [
            "input history: the mean of `sum`",
            "input history: the number of records",
            "input history: the share of `books` in `shop`",
            "input history: the share of `food` in `shop`",
            "input history: the share of `fuel` in `shop`",
        ],
        "{told:#}"
    );
    assert!(subjects(&told, "leak").is_empty(), "{told:#}");
}

#[test]
fn sequences_beyond_the_limit_are_found() {
    let room = room();
    write(&room, |n| 1 + n % 9, &mut |_, _, draws| {
        format!("{},food", draws.below(500))
    });
    finds(&checked(&room, "t.toml"), &["long_sequences"]);
}

#[test]
fn the_second_table_is_never_written_over() {
    let room = room();
    let before = room.read("pay.csv");
    room.run("train t.toml --epochs 1 --force --out pay.csv")
        .fails(&["pay.csv", "is a file of the data"]);
    assert_eq!(room.read("pay.csv"), before);
}

#[test]
fn nobodys_own_data_are_generated() {
    let room = room();
    for command in ["check t.toml", "train t.toml --epochs 1"] {
        room.run(&format!("{command} --data generated")).fails(&[
            "t.toml: reads table `t.csv`",
            "no data can be generated",
            "leave `--data generated` out",
        ]);
    }
}
