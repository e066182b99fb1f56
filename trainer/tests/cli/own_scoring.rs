//! Samples that a finished model is only scored on: `evaluate --on`.

use serde_json::Value;

use crate::own_training::{NEW, picture, sessions};
use crate::room::Room;

/// Lines of the test samples of `sessions.csv`, by the places that `--predictions` tells.
fn test_lines(room: &Room) -> Vec<usize> {
    room.run("evaluate models/till.till --predictions out.csv")
        .succeeds();
    let answers = String::from_utf8(room.read("out.csv")).unwrap();
    let line = |answer: &str| -> usize {
        let (_, rest) = answer.split_once(", line ").unwrap();
        let digits = rest.chars().take_while(char::is_ascii_digit);
        digits.collect::<String>().parse().unwrap()
    };
    answers.lines().skip(1).map(line).collect()
}

/// The figures of the heads.
fn heads(evaluation: &Value) -> Value {
    let heads = evaluation["heads"].as_array().unwrap().iter();
    let figures = heads.map(|head| {
        let keys = ["head", "samples", "fixed", "float", "confusion", "deferred"];
        keys.map(|key| head[key].clone()).to_vec()
    });
    figures.collect::<Vec<_>>().into()
}

#[test]
fn the_same_samples_get_the_same_figures_whatever_table_holds_them() {
    let room = Room::new();
    sessions(&room, 80);
    room.run(NEW).succeeds();
    room.run("train till.toml --epochs 2 --no-evaluation")
        .succeeds();
    let own = room.run("evaluate models/till.till --json").json();
    let table = String::from_utf8(room.read("sessions.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    let tested = test_lines(&room);

    // Other order of rows and columns, another separator, and a column that the model does not know.
    let row = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells.reverse();
        cells.insert(3, "x");
        cells.join(";")
    };
    let header = row(lines[0]).replace(";x;", ";new;");
    let rows = tested.iter().rev().map(|&line| row(lines[line - 1]));
    let later: Vec<String> = std::iter::once(header).chain(rows).collect();
    room.write("later.csv", later.join("\n"));
    let run = room.run("evaluate models/till.till --on later.csv --json");
    let on = run.json();
    assert_eq!(on["samples"], own["samples"]);
    assert_eq!(heads(&on), heads(&own));
    assert_eq!(
        on["data"].as_str().unwrap().split(',').next(),
        Some("data of table `later.csv`")
    );

    // A description of other names for columns; a split of its own says which rows are test samples.
    let renamed = |(at, line): (usize, &&str)| match at {
        0 => "id,customer,when,picture,voice,words,amount,country,danger,intent,part".to_owned(),
        at if tested.contains(&(at + 1)) => format!("{line},test"),
        _ => format!("{line},train"),
    };
    let other: Vec<String> = lines.iter().enumerate().map(renamed).collect();
    room.write("other.csv", other.join("\n"));
    let text = String::from_utf8(room.read("till.toml")).unwrap();
    let text = text
        .replace(
            "table = \"sessions.csv\"",
            "table = \"other.csv\"\nsplit = \"part\"",
        )
        .replace(
            "name = \"photo\"\n",
            "name = \"photo\"\ncolumn = \"picture\"\n",
        )
        .replace(
            "name = \"request\"\n",
            "name = \"request\"\ncolumn = \"words\"\n",
        )
        .replace(
            "name = \"risk\"\n",
            "name = \"risk\"\ncolumn = \"danger\"\n",
        );
    room.write("other.toml", text);
    let run = room.run("evaluate models/till.till --on other.toml --json");
    let on = run.json();
    assert_eq!(heads(&on), heads(&own));
}

#[test]
fn what_the_training_table_had_beside_the_inputs_need_not_be_there() {
    let room = Room::new();
    let mut table = String::from("key,amount,country,label\n");
    for n in 0..60 {
        let (country, label) = (["CH", "DE", "AT"][n % 3], ["yes", "no"][n % 2]);
        table += &format!("{n},{}.5,{country},{label}\n", n * 7 % 13);
    }
    room.write("rows.csv", &table);
    room.write(
        "rows.toml",
        "name = \"rows\"\n[data]\ntable = \"rows.csv\"\n[[inputs]]\nname = \"record\"\nkind = \"record\"\nignore = [\"key\"]\n\
         [[heads]]\nname = \"label\"\n[train]\nepochs = 8\n",
    );
    room.run("train rows.toml --epochs 1 --no-evaluation")
        .succeeds();
    room.write("later.csv", "label,country,amount\nyes,FR,2\nno,,\nno,,3\n");
    let run = room.run("evaluate models/rows.till --on later.csv --json");
    let told = run.json();
    assert_eq!(told["heads"][0]["samples"], 3);
    let findings = told["findings"].as_array().unwrap();
    let places = |kind: &str| {
        let found = findings.iter().find(|finding| finding["kind"] == kind);
        found.map(|finding| finding["places"].clone())
    };
    let unseen = places("unseen_category").unwrap();
    assert_eq!(unseen, serde_json::json!(["line 2: `FR`"]));
    let absent = findings.iter().find(|finding| finding["kind"] == "absent");
    let what = absent.unwrap()["what"].as_str().unwrap();
    assert!(!what.contains("train"), "{what}");

    // The table that the model was trained on is not written over, whatever is scored.
    let findings = |table: &str| {
        let told = room.run(&format!("evaluate models/rows.till --on {table} --json"));
        told.json()["findings"].to_string()
    };
    assert!(findings("rows.csv").contains("\"trained_on\""));
    assert!(!findings("later.csv").contains("\"trained_on\""));
    let own = "evaluate models/rows.till --on later.csv --predictions rows.csv --force";
    room.run(own).fails(&["rows.csv", "of its data"]);
    assert_eq!(room.read("rows.csv"), table.as_bytes());
    room.write("unlabelled.csv", "country,amount\nFR,2\n");
    room.run("evaluate models/rows.till --on unlabelled.csv")
        .fails(&["heads.label.column", "NAME.toml", "run --table"]);
}

#[test]
fn a_second_table_of_other_rows_is_told() {
    let room = Room::new();
    let rows = |folder: &str, key: &str| {
        let (mut rows, mut paid) = (String::from("key,age,label\n"), String::from("key,sum\n"));
        for n in 0..40 {
            rows += &format!("{key}{n},{}.5,{}\n", n * 7 % 13, ["yes", "no"][n % 2]);
            paid += &format!("{key}{n},{}.5\n", n * 5 % 11);
        }
        room.write(&format!("{folder}rows.csv"), rows);
        room.write(&format!("{folder}paid.csv"), paid);
    };
    rows("", "a");
    rows("later/", "b");
    room.run("new rows.csv --sequence history=paid.csv:key=key")
        .succeeds();
    room.run("train rows.toml --epochs 1 --no-evaluation")
        .succeeds();
    let told = |words: &str| {
        let run = room.run(&format!(
            "evaluate models/rows.till --on later/rows.csv --json{words}"
        ));
        let told = run.json();
        assert_eq!(told["heads"][0]["samples"], 40);
        let findings = told["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["kind"] == "no_records")
            .count()
    };
    assert_eq!(told(""), 1);
    assert_eq!(told(" --data later"), 0);
}

#[test]
fn what_the_model_does_not_know_is_told_and_not_counted() {
    let room = Room::new();
    let mut table = String::from("question,amount,intent\n");
    for n in 0..40 {
        let intent = ["card", "cash"][n % 2];
        table += &format!("where is my {intent} number {n},{n}.25,{intent}\n");
    }
    room.write("asked.csv", table);
    room.run("new asked.csv --label intent").succeeds();
    room.run("train asked.toml --epochs 2 --no-evaluation")
        .succeeds();
    let on = |table: &str| {
        room.write("on.csv", table);
        room.run("evaluate models/asked.till --on on.csv --json")
    };
    // Another program writes whole numbers as 0.0 and 1.0; a code with zeros in front is another one.
    let numbers: String = (0..40)
        .map(|n| format!("{}.5,{}\n", n * 7 % 13, n % 2))
        .collect();
    room.write("codes.csv", format!("size,label\n{numbers}"));
    room.run("new codes.csv").succeeds();
    room.run("train codes.toml --epochs 1 --no-evaluation")
        .succeeds();
    room.write("on.csv", "size,label\n2,1.0\n3,0.0\n4,01\n");
    let told = room
        .run("evaluate models/codes.till --on on.csv --json")
        .json();
    assert_eq!(told["heads"][0]["samples"], 2);

    let told = on("question,amount,intent\nmy card,1,card\nmy cash,2,cahs\nmy cash,3,\n");
    let figures = told.json();
    let findings = figures["findings"].as_array().unwrap().iter();
    let unknown: Vec<_> = findings
        .filter(|finding| finding["kind"] == "unknown_class")
        .collect();
    assert_eq!(unknown[0]["places"][0], "`cahs`; did you mean `cash`?");
    assert_eq!(figures["samples"], 3);
    assert_eq!(figures["heads"][0]["samples"], 1);

    on("question,amuont,intent\nmy card,1,card\n").fails(&[
        "inputs.",
        "there is no column `amount`",
        "did you mean `amuont`?",
    ]);
    on("question,amount\nmy card,1\n").fails(&["heads.intent.column", "`intent`"]);
    on("question,amount,intent\nmy card,one,card\n").fails(&["on.csv", "line 2", "one"]);
    on("question,amount,intent\n").fails(&["on.csv"]);
    room.run("evaluate models/asked.till --on none.csv")
        .fails(&["none.csv", "there is no such file"]);
    room.run("evaluate models/asked.till --on asked.toml --layers")
        .says_error(2, &["--layers"]);
    room.write("photo.pgm", picture(true, 0));
    room.run("evaluate models/asked.till --on photo.pgm")
        .fails(&["photo.pgm"]);
}
