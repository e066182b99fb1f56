//! `evaluate --html`: every figure of `--json` stands on the page, nothing is fetched, and names stay text.

use std::collections::BTreeSet;

use html5gum::{Token, Tokenizer};
use serde_json::Value;

use crate::room::Room;

/// The texts of a page, apart from its style.
fn texts(html: &str) -> String {
    let (mut texts, mut style) = (String::new(), false);
    for token in Tokenizer::new(html) {
        match token.unwrap() {
            Token::StartTag(tag) => style = &tag.name[..] == b"style",
            Token::EndTag(_) => {
                style = false;
                texts.push('\n');
            }
            Token::String(text) if !style => texts.push_str(&String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    texts
}

/// How a page may write a number: whole ones with their thousands apart, shares in percent, others with some decimals.
fn forms(number: f64) -> Vec<String> {
    let whole = number.fract() == 0.0;
    let mut forms = vec![
        format!("{:.2} %", 100.0 * number),
        format!("{number:.4}"),
        format!("{number:.3}"),
        format!("{} %", (number * 1e6).round() / 1e4),
    ];
    if whole && number >= 0.0 {
        forms.push(tillsense_compiler::words::grouped(number as u64));
        forms.push((number as u64).to_string());
    }
    forms
}

/// Numbers of a value, each with where it stands.
fn numbers(value: &Value, at: &str, found: &mut Vec<(String, f64)>) {
    match value {
        Value::Number(number) => found.push((at.to_owned(), number.as_f64().unwrap())),
        Value::Array(all) => {
            for (index, value) in all.iter().enumerate() {
                numbers(value, &format!("{at}[{index}]"), found);
            }
        }
        Value::Object(all) => {
            for (key, value) in all {
                numbers(value, &format!("{at}.{key}"), found);
            }
        }
        _ => {}
    }
}

#[track_caller]
fn holds_all(texts: &str, json: &Value) {
    // Words and numbers as they stand between others.
    let cells = texts
        .split(['\n', '(', ')', ';'])
        .flat_map(|text| text.split(", "));
    let cells: BTreeSet<&str> = cells
        .map(|text| text.trim().trim_end_matches(" B"))
        .collect();
    let mut found = Vec::new();
    numbers(json, "", &mut found);
    assert!(found.len() > 20, "{}", found.len());
    for (at, number) in found {
        // A cell of 0 of a confusion matrix with many classes is not told.
        if number == 0.0 && at.contains("confusion.counts") {
            continue;
        }
        let forms = forms(number);
        let there = forms.iter().any(|form| {
            cells.contains(form.as_str()) || form.len() > 4 && texts.contains(form.as_str())
        });
        assert!(there, "{at}: {number} as {forms:?}");
    }
}

/// Nothing of a page makes a browser fetch or run something.
#[track_caller]
fn is_alone(html: &str) {
    for token in Tokenizer::new(html) {
        let Token::StartTag(tag) = token.unwrap() else {
            continue;
        };
        assert!(&tag.name[..] != b"script" && &tag.name[..] != b"iframe");
        for (name, value) in &tag.attributes {
            let value = String::from_utf8_lossy(value);
            if [&b"src"[..], b"href"].contains(&&name[..]) {
                assert!(
                    value.starts_with('#') || value.starts_with("data:"),
                    "{value}"
                );
            }
            assert!(!name.starts_with(b"on"), "{name:?}");
        }
    }
}

#[test]
fn every_figure_of_the_json_stands_on_the_page() {
    let room = Room::new();
    for (preset, size) in [
        ("shoppers", "--limit 400 --epochs 3"),
        ("terminal", "--limit 120 --epochs 2"),
    ] {
        room.run(&format!("train {preset} {size} --no-evaluation"))
            .succeeds();
        let words =
            format!("evaluate models/{preset}.till --limit 300 --html {preset}.html --json");
        let ran = room.run(&words);
        assert_eq!(ran.err, "");
        let json = ran.json();
        let html = String::from_utf8(room.read(&format!("{preset}.html"))).unwrap();
        is_alone(&html);
        assert!(html.len() < 5_000_000, "{}", html.len());
        let texts = texts(&html);
        holds_all(&texts, &json);
        for section in [
            "At a glance",
            "Training",
            "Samples worth a look",
            "Quantisation, layer by layer",
            "Arena over time",
            "Flash",
            "Drift",
        ] {
            assert!(texts.contains(section), "{preset}: {section}");
        }
        assert_eq!(
            texts.contains("What each input is worth"),
            preset == "terminal"
        );
        assert!(texts.contains("perhaps customers'"), "the banner");
    }
}

#[test]
fn a_private_page_holds_no_sample() {
    let room = Room::new();
    let rows = |from: usize| -> String {
        (from..from + 60)
            .map(|row| {
                format!(
                    "{},secret words {} and more,{}\n",
                    row % 7,
                    row % 13,
                    ["yes", "no"][row % 2]
                )
            })
            .collect()
    };
    room.write("rows.csv", format!("amount,said,risky\n{}", rows(0)));
    room.run("new rows.csv --label risky -o rows.toml")
        .succeeds();
    room.run("train rows.toml --epochs 2").succeeds();
    for (option, there) in [("", true), ("--private", false)] {
        let ran = room
            .run(&format!(
                "evaluate models/rows.till --html page.html {option}"
            ))
            .succeeds();
        assert!(ran.err.contains("wrote page.html"), "{ran:?}");
        let html = String::from_utf8(room.read("page.html")).unwrap();
        assert_eq!(html.contains("secret words"), there, "{option}");
        assert_eq!(html.contains("rows.csv, line"), there, "{option}");
        assert_eq!(html.contains("Private:"), !there);
    }
}

#[test]
fn names_that_mean_harm_stay_text() {
    let room = Room::new();
    let hostile = "<script>alert(1)</script>";
    let rows: String = (0..80)
        .map(|row| {
            format!(
                "{},</style><b>x{},{}\n",
                row % 9,
                row % 3,
                [hostile, "a\u{202e}b"][row % 2]
            )
        })
        .collect();
    room.write("rows.csv", format!("amount,said,class\n{rows}"));
    room.run("new rows.csv --label class -o rows.toml")
        .succeeds();
    room.run("train rows.toml --epochs 2").succeeds();
    room.run("evaluate models/rows.till --html page.html")
        .succeeds();
    let html = String::from_utf8(room.read("page.html")).unwrap();
    is_alone(&html);
    assert!(texts(&html).contains(hostile) && !html.contains('\u{202e}'));
    assert_eq!(html.matches("</style>").count(), 1);
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_scored() {
    let room = Room::with_model();
    room.write("file", "");
    room.run("evaluate models/shoppers.till --html file/page.html")
        .fails(&["file/page.html"]);
    room.run("evaluate models/shoppers.till --html page.html --board mps")
        .fails(&["no board `mps`"]);
    room.run("evaluate models/shoppers.till --private")
        .says_error(2, &["--html"]);
    room.run("evaluate models/shoppers.till --html page.html --layers")
        .says_error(2, &["--layers"]);
    assert!(!room.path("page.html").exists());
    // What is no page stays.
    let model = room.read("models/shoppers.till");
    for file in ["models/shoppers.till", "models/shoppers.trained"] {
        room.run(&format!("evaluate models/shoppers.till --html {file}"))
            .fails(&[file, "is no page"]);
        room.run(&format!("check shoppers --html {file}"))
            .fails(&[file, "is no page"]);
    }
    assert_eq!(room.read("models/shoppers.till"), model);
    for _ in 0..2 {
        room.run("evaluate models/shoppers.till --limit 50 --html page.html")
            .succeeds();
    }
}

#[test]
fn an_imported_network_has_a_page_without_samples() {
    let room = Room::new();
    let network = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/fixtures/tflite/0.tflite"
    );
    room.write("net.tflite", std::fs::read(network).unwrap());
    let ran = room
        .run("evaluate net.tflite --html net.html --json")
        .json();
    assert_eq!(ran["html"], "net.html");
    let html = String::from_utf8(room.read("net.html")).unwrap();
    is_alone(&html);
    let texts = texts(&html);
    assert!(
        texts.contains("Arena over time") && texts.contains("without samples"),
        "{texts}"
    );
    room.run("evaluate net.tflite")
        .says_error(1, &["net.tflite"]);
}
