//! Walks of docs/TUTORIAL.md in small, from `new` to `run`, without an edit of what `new` writes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::room::{Ran, Room};

/// A file of `examples/own-data`.
fn example(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/own-data");
    std::fs::read(root.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn intents_in_two_languages_go_from_new_to_run() {
    let room = Room::new();
    room.write("intents.csv", example("intents.csv"));
    room.run("new intents.csv").succeeds();
    let told = room.run("check intents.toml --json").succeeds().json();
    assert_eq!((&told["errors"], &told["warnings"]), (&0.into(), &0.into()));
    let trained = room.run("train intents.toml --epochs 12 --json").succeeds();
    let figures = &trained.json()["evaluation"];
    assert_eq!(figures["samples"], 60);
    // Guessing is right in 20 %.
    let right = figures["heads"][0]["fixed"]["accuracy"].as_f64().unwrap();
    assert!(right > 0.4, "{right}");
    let mut asked = room.command("run models/intents.till --json");
    asked.args(["--text", "jemand hat meine Karte gestohlen"]);
    let answer = Ran::of(asked).succeeds().json();
    assert_eq!(answer["heads"][0]["answer"], "lost_card");
}

/// `purchases.csv`, 400 rows of 80 customers, and `payments.csv`, the records before each; risky where the amount is far above those.
fn purchases(room: &Room) {
    let mut table = String::from("purchase,customer,when,amount,country,risk\n");
    let mut payments = String::from("purchase,at,amount,status\n");
    for n in 0..400 {
        let usual = 20 + 17 * (n % 9);
        let risky = n * 7 % 10 < 3;
        let amount = if risky { 5 * usual } else { usual + n % 13 };
        writeln!(
            table,
            "p{n},c{},2026-{:02}-{:02},{amount}.50,{},{}",
            n % 80,
            1 + n * 5 % 12,
            1 + n % 28,
            ["DE", "FR", "AT"][n % 3],
            if risky { "high" } else { "low" },
        )
        .unwrap();
        for at in 0..n % 5 {
            let sum = usual + 3 * at;
            writeln!(payments, "p{n},2025-12-{:02} 08:00,{sum},approved", 1 + at).unwrap();
        }
    }
    room.write("purchases.csv", table);
    room.write("payments.csv", payments);
}

#[test]
fn purchases_with_a_history_are_divided_by_customer_and_time() {
    let room = Room::new();
    purchases(&room);
    room.run("new purchases.csv -o risk.toml --group customer --time when --sequence history=payments.csv:key=purchase,order=at")
        .succeeds();
    let text = String::from_utf8(room.read("risk.toml")).unwrap();
    for line in [
        "group = \"customer\"",
        "time = \"when\"",
        "positive = \"high\"",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let after = text.lines().find(|line| line.starts_with("after"));
    let after = after.and_then(|line| line.split('"').nth(1)).unwrap();
    let told = room.run("check risk.toml --json").succeeds().json();
    assert_eq!(told["errors"], 0, "{told}");
    room.run("train risk.toml --epochs 4").succeeds();
    room.run("evaluate models/risk.till --predictions out.csv")
        .succeeds();
    let rows = String::from_utf8(room.read("purchases.csv")).unwrap();
    let rows: BTreeMap<String, &str> = rows
        .lines()
        .enumerate()
        .map(|(at, row)| (format!("\"purchases.csv, line {}\"", at + 1), row))
        .collect();
    let out = String::from_utf8(room.read("out.csv")).unwrap();
    let tested = rows.iter().filter(|(place, _)| out.contains(*place));
    let times: Vec<&str> = tested
        .filter_map(|(_, row)| row.split(',').nth(2))
        .collect();
    assert!(times.len() > 5, "{times:?}");
    assert!(times.iter().all(|time| *time >= after), "{after} {times:?}");
    room.write(
        "before.csv",
        "at,amount,status\n2026-01-01 09:00,20,approved\n2026-01-02 09:00,25,approved\n",
    );
    let tried = room
        .run("run models/risk.till --record amount=900,country=DE --sequence before.csv --json")
        .succeeds()
        .json();
    let answer = tried["heads"][0]["answer"].as_str().unwrap();
    assert!(["high", "low"].contains(&answer), "{tried}");
}
