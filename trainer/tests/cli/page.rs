//! `tillsense check --html`: the page is read again as a browser reads it.

use std::fmt::Write;

use html5gum::{Token, Tokenizer};
use serde_json::Value;

use crate::room::Room;

/// The texts of a page, and the cells of its tables row by row.
fn read(html: &[u8]) -> (String, Vec<Vec<String>>) {
    let (mut texts, mut rows, mut cell) = (String::new(), Vec::<Vec<String>>::new(), None);
    for token in Tokenizer::new(std::str::from_utf8(html).unwrap()) {
        match token.unwrap() {
            Token::StartTag(tag) => {
                let name = String::from_utf8(tag.name.to_vec()).unwrap();
                assert!(!["script", "iframe", "object"].contains(&&*name), "{name}");
                for (key, value) in &tag.attributes {
                    let (key, value) =
                        (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
                    let fetched = ["src", "href"].contains(&&*key);
                    assert!(
                        !fetched || value.starts_with('#') || value.starts_with("data:"),
                        "{key}={value}"
                    );
                }
                match &*name {
                    "tr" => rows.push(Vec::new()),
                    "td" => cell = Some(String::new()),
                    _ => {}
                }
            }
            Token::EndTag(tag) if &**tag.name == b"td" => {
                rows.last_mut().unwrap().extend(cell.take());
            }
            Token::String(text) => {
                let text = String::from_utf8_lossy(&text);
                if let Some(cell) = &mut cell {
                    cell.push_str(&text);
                }
                writeln!(texts, "{text}").unwrap();
            }
            _ => {}
        }
    }
    (texts, rows)
}

fn number(cell: &str) -> u64 {
    cell.replace(',', "")
        .parse()
        .unwrap_or_else(|_| panic!("{cell}"))
}

/// Every class of the JSON has its row of counts, and every finding its count.
fn holds(rows: &[Vec<String>], json: &Value) {
    let parts = ["train", "held_out", "test"];
    let counts = |value: &Value| parts.map(|part| value[part].as_u64().unwrap());
    let has = |name: &str, wanted: [u64; 3]| {
        let found = rows.iter().any(|row| {
            row.first().is_some_and(|first| first == name) && row.len() >= 4 && {
                let last: Vec<_> = row[row.len() - 3..].iter().collect();
                last.iter()
                    .all(|cell| cell.replace(',', "").parse::<u64>().is_ok())
                    && last.iter().map(|cell| number(cell)).eq(wanted)
            }
        });
        assert!(found, "{name} {wanted:?} is in none of {rows:?}");
    };
    for head in json["heads"].as_array().unwrap() {
        for class in head["classes"].as_array().unwrap() {
            has(
                &tillsense_compiler::text::brief(class["name"].as_str().unwrap()),
                counts(class),
            );
        }
    }
    for input in json["inputs"].as_array().unwrap() {
        has(input["name"].as_str().unwrap(), counts(&input["absent"]));
    }
    for finding in json["findings"].as_array().unwrap() {
        let (kind, count) = (
            finding["kind"].as_str().unwrap(),
            finding["count"].as_u64().unwrap(),
        );
        let found = rows
            .iter()
            .any(|row| row.len() == 4 && row[1] == kind && row[3] == count.to_string());
        assert!(found, "{kind} {count} is in none of {rows:?}");
    }
}

/// Runs `check` with both outputs, and reads them.
fn checked(room: &Room, words: &str) -> (String, Vec<Vec<String>>, Value) {
    let ran = room.run(&format!("check {words} --json --html page.html"));
    let html = room.read("page.html");
    assert!(html.len() < 5_000_000, "{}", html.len());
    let (texts, rows) = read(&html);
    let json: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    (texts, rows, json)
}

const RTL: &str = "\u{202e}evil";

/// A table with dates, gaps, copies, an empty test part and classes of hostile names.
fn hostile(room: &Room) {
    let mut csv = "answer,said,paid,day,shop\n".to_owned();
    let long = "x".repeat(300);
    for (at, class) in ["<script>alert(1)</script>", RTL, &long]
        .iter()
        .cycle()
        .take(120)
        .enumerate()
    {
        let paid = if at % 7 == 0 {
            String::new()
        } else {
            format!("{}.{:02}", at * 13 % 97, at % 100)
        };
        let shop = ["kiosk<b>", "market"][at % 2];
        let said = format!(
            "SECRETWORD customer {} asks {}",
            at * 31 % 101,
            if at % 40 == 1 { 1 } else { at }
        );
        writeln!(
            csv,
            "{class},{said},{paid},2024-{:02}-{:02},{shop}",
            1 + at % 12,
            1 + at % 28
        )
        .unwrap();
    }
    room.write("secretfile.csv", csv);
    room.run("new secretfile.csv -o till.toml --label answer")
        .succeeds();
}

#[test]
fn every_figure_of_the_json_stands_on_the_page() {
    for preset in ["shoppers", "spoken-digits", "terminal"] {
        let (texts, rows, json) = checked(&Room::new(), preset);
        holds(&rows, &json);
        assert!(texts.contains("give it to nobody"), "{preset}");
    }
}

#[test]
fn names_that_mean_harm_are_shown_and_do_nothing() {
    let room = Room::new();
    hostile(&room);
    let (texts, rows, json) = checked(&room, "till.toml");
    holds(&rows, &json);
    assert!(texts.contains("SECRETWORD") && texts.contains("<script>alert(1)"));
    assert!(!texts.contains('\u{202e}'));
}

#[test]
fn a_private_page_holds_no_sample_and_no_file() {
    let room = Room::new();
    hostile(&room);
    let (texts, rows, json) = checked(&room, "till.toml --private");
    holds(&rows, &json);
    let html = String::from_utf8(room.read("page.html")).unwrap();
    for secret in [
        "SECRETWORD",
        "secretfile",
        "kiosk",
        "till.toml",
        "data:image",
        "line 1",
    ] {
        assert!(!html.contains(secret), "{secret}");
    }
    assert!(texts.contains("Private: samples, texts"));
    room.run("check till.toml --private")
        .says_error(2, &["--html"]);
}

#[test]
fn data_of_one_class_and_without_a_test_have_a_page() {
    let room = Room::new();
    let table = |classes: [&str; 2], parts: [&str; 2]| {
        let mut csv = "answer,said,part\n".to_owned();
        for at in 0..120 {
            writeln!(
                csv,
                "{},word {at} of them,{}",
                classes[at % 2],
                parts[usize::from(at > 90)]
            )
            .unwrap();
        }
        csv
    };
    room.write("one.csv", table(["yes", "no"], ["train", "test"]));
    room.run("new one.csv -o one.toml --label answer")
        .succeeds();
    for (classes, parts) in [
        (["yes", "yes"], ["train", "test"]),
        (["yes", "no"], ["train", "train"]),
    ] {
        room.write("one.csv", table(classes, parts));
        let (texts, rows, json) = checked(&room, "one.toml");
        holds(&rows, &json);
        let wanted = match classes {
            ["yes", "yes"] => "all labels are `yes`",
            _ => " of them",
        };
        assert!(texts.contains(wanted), "{texts}");
        std::fs::remove_file(room.path("page.html")).unwrap();
    }
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_any_work() {
    let room = Room::new();
    let ran = room.run("check terminal --html nowhere/page.html");
    ran.fails(&["nowhere/page.html"]);
    assert!(!ran.err.contains("looking at"), "{ran:?}");
}
