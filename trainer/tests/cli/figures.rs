//! Figures by class, every sample's answer, suspected labels, and what was meant by a name that is none.

use serde_json::Value;

use crate::room::Room;

const EVALUATE: &str = "evaluate models/shoppers.till --limit 150";

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn the_matrix_agrees_with_every_figure() {
    let room = Room::with_model();
    let head = room.run(&format!("{EVALUATE} --json")).json()["heads"][0].clone();
    let matrix = &head["confusion"];
    assert_eq!(matrix["classes"].as_array().unwrap().len(), 2);
    let cell = |row: usize, column: usize| count(&matrix["counts"][row][column]);
    let all: u64 = (0..4).map(|at| cell(at / 2, at % 2)).sum();
    assert_eq!((all, count(&head["samples"])), (150, 150));
    let right = (cell(0, 0) + cell(1, 1)) as f64 / 150.0;
    assert_eq!(head["fixed"]["accuracy"].as_f64(), Some(right));
    for (at, class) in head["by_class"].as_array().unwrap().iter().enumerate() {
        assert_eq!(class["class"], matrix["classes"][at]);
        assert_eq!(count(&class["samples"]), cell(at, 0) + cell(at, 1));
        let answered = cell(0, at) + cell(1, at);
        assert_eq!(count(&class["answered"]), answered);
        match answered {
            0 => assert!(class["precision"].is_null(), "{class}"),
            _ => {
                let precision = cell(at, at) as f64 / answered as f64;
                let told = class["precision"].as_f64().unwrap();
                assert!((told - precision).abs() < 1e-12, "{class}");
            }
        }
    }
    assert_eq!(head["positive"], matrix["classes"][1]);
    let shown = room.run(EVALUATE).succeeds().out;
    for words in [
        "precision",
        "recall",
        "F1",
        "(positive)",
        "(mean of all classes)",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    for confused in head["confused"].as_array().unwrap() {
        let [class, taken_for] = ["class", "taken_for"].map(|key| confused[key].as_str().unwrap());
        let line = format!(
            "  {class} taken for {taken_for}: {} of {}\n",
            confused["samples"], confused["of"]
        );
        assert!(shown.contains(&line), "{line}: {shown}");
    }
}

#[test]
fn a_figure_of_nothing_is_null() {
    let room = Room::with_model();
    let head = room
        .run("evaluate models/shoppers.till --limit 1 --json")
        .json()["heads"][0]
        .clone();
    let classes = head["by_class"].as_array().unwrap();
    let without = classes.iter().find(|class| class["samples"] == 0).unwrap();
    assert!(without["recall"].is_null(), "{without}");
    let unanswered = classes.iter().find(|class| class["answered"] == 0).unwrap();
    assert!(unanswered["precision"].is_null(), "{unanswered}");
}

/// The lines of a file whose fields hold no quotes.
fn rows(text: &str) -> Vec<Vec<&str>> {
    assert!(text.ends_with("\r\n") && !text.contains('"'), "{text}");
    text.trim_end()
        .split("\r\n")
        .map(|line| line.split(',').collect())
        .collect()
}

#[test]
fn every_answer_is_written() {
    let room = Room::with_model();
    let evaluation = room
        .run(&format!("{EVALUATE} --predictions out.csv --json"))
        .json();
    let text = String::from_utf8(room.read("out.csv")).unwrap();
    let rows = rows(&text);
    let header = [
        "sample",
        "place",
        "purchase.label",
        "purchase.answer",
        "purchase.score",
        "purchase.deferred",
        "purchase.second",
        "purchase.second_score",
    ];
    assert_eq!(rows[0], header);
    assert_eq!(rows.len(), 1 + 150);
    let head = &evaluation["heads"][0];
    let right = rows[1..].iter().filter(|row| row[2] == row[3]).count();
    assert_eq!(
        head["fixed"]["accuracy"].as_f64(),
        Some(right as f64 / 150.0)
    );
    let deferred = rows[1..].iter().filter(|row| row[5] == "yes").count();
    assert_eq!(head["deferred"].as_f64(), Some(deferred as f64 / 150.0));
    for row in &rows[1..] {
        let score: f64 = row[4].parse().unwrap();
        let steps = score * 256.0;
        assert!(
            steps.fract() == 0.0 && (0.0..=255.0).contains(&steps),
            "{row:?}"
        );
    }
    // Again, over itself.
    room.run(&format!("{EVALUATE} --predictions out.csv"))
        .succeeds();
    assert_eq!(room.read("out.csv"), text.as_bytes());
}

#[test]
fn predictions_replace_nothing_else() {
    let room = Room::with_model();
    room.write("notes.txt", "sample of handwriting");
    let model = room.read("models/shoppers.till");
    let force = "--force";
    for (file, words, stays) in [
        ("notes.txt", "", "holds no predictions"),
        ("models/shoppers.till", force, "is a file that is evaluated"),
        (
            "models/shoppers.trained",
            force,
            "is a file that is evaluated",
        ),
    ] {
        room.run(&format!("{EVALUATE} --predictions {file} {words}"))
            .fails(&[file, stays]);
    }
    room.run(&format!("{EVALUATE} --predictions models"))
        .fails(&["models", "a folder"]);
    assert_eq!(room.read("models/shoppers.till"), model);
    assert_eq!(room.read("notes.txt"), b"sample of handwriting");
    room.run(&format!("{EVALUATE} --predictions notes.txt --force"))
        .succeeds();
    assert!(room.read("notes.txt").starts_with(b"sample,place,"));
    room.run(&format!("{EVALUATE} --predictions no/such/out.csv"))
        .fails(&["no/such/out.csv"]);
}

/// Texts of two kinds that nobody confuses, of which a few are labelled as the other.
fn texts(wrong: &[usize]) -> String {
    let mut table = "text,kind\n".to_owned();
    for number in 0..400usize {
        let lost = number % 2 == 0;
        let text = match lost {
            true => format!("my card is lost number {number}"),
            false => format!("what does a transfer cost {number}"),
        };
        let kind = match lost != wrong.contains(&number) {
            true => "lost",
            false => "cost",
        };
        table.push_str(&format!("{text},{kind}\n"));
    }
    table
}

const TEXTS: &str = r#"
name = "texts"
[data]
table = "texts.csv"
[[inputs]]
name = "text"
kind = "text"
column = "text"
form = { words = true, bigrams = false }
buckets = 256
max_ids = 16
encoder = [{ layer = "embedding_bag", channels = 8 }]
[[heads]]
name = "kind"
positive = "lost"
[train]
epochs = 8
qat_epochs = 2
learning_rate = 0.02
holdout = 0.5
"#;

#[test]
fn wrong_labels_are_suspected_among_held_out_samples() {
    let room = Room::new();
    let wrong = [20, 41, 62, 83, 104, 125, 146, 167, 188, 209, 230, 251];
    room.write("texts.csv", texts(&wrong));
    room.write("texts.toml", TEXTS);
    let trained = room.run("train texts.toml --json").json();
    let labels = &trained["evaluation"]["suspected_labels"];
    assert!(labels["not_judged"].is_null(), "{labels}");
    let suspects = labels["suspects"].as_array().unwrap();
    assert!(!suspects.is_empty(), "{labels}");
    for suspect in suspects {
        // A place names the line of the table; its first row is line 2.
        let place = suspect["place"].as_str().unwrap();
        let line = place
            .rsplit(|c: char| !c.is_ascii_digit())
            .find(|digits| !digits.is_empty());
        let number = line.unwrap().parse::<usize>().unwrap() - 2;
        assert!(wrong.contains(&number), "{suspect}");
        assert_ne!(suspect["label"], suspect["answer"]);
    }
    // The same from the finished file, and on the screen.
    let evaluated = room.run("evaluate models/texts.till --json").json();
    assert_eq!(evaluated["suspected_labels"], *labels);
    let shown = room.run("evaluate models/texts.till").succeeds().out;
    let flat = shown.replace("\n  ", " ");
    let told = format!(
        "labels that may be wrong: {} of {} held-out training samples",
        suspects.len(),
        labels["held_out"]
    );
    assert!(flat.contains(&told), "{told}: {shown}");
    assert!(
        flat.contains("which the model was not trained on"),
        "{shown}"
    );
    // The stated class is the positive one, whatever its place.
    assert_eq!(evaluated["heads"][0]["positive"], "lost");
    room.write("texts.toml", TEXTS.replace("\"lost\"", "\"lots\""));
    room.run("train texts.toml --force").fails(&[
        "texts.toml",
        "heads.kind.positive",
        "no class `lots`",
        "did you mean `lost`?",
    ]);
    // Without held-out samples nothing is judged, and it is said.
    room.write("texts.toml", TEXTS.replace("0.5", "0.0"));
    let shown = room.run("train texts.toml --force").succeeds();
    assert!(
        shown
            .out
            .contains("labels are not judged: training held no samples out"),
        "{shown:?}"
    );
}

#[test]
fn what_was_meant_is_asked() {
    let room = Room::with_model();
    let preset = room.run("presets shoppers").out;
    for (old, new, meant) in [
        ("[[heads]]", "[[heds]]", "did you mean `heads`?"),
        ("epochs =", "epoch =", "did you mean `epochs`?"),
        (
            "kind = \"record\"",
            "kind = \"recrod\"",
            "did you mean `record`?",
        ),
        (
            "name = \"purchase\"",
            "name = \"purchse\"",
            "did you mean `purchase`?",
        ),
    ] {
        assert!(preset.contains(old), "{old}: {preset}");
        room.write("a.toml", preset.replacen(old, new, 1));
        room.run("train a.toml").fails(&["a.toml", meant]);
    }
    for (words, meant) in [
        ("presets shopers", "did you mean `shoppers`?"),
        ("train shopers", "did you mean `shoppers`?"),
        ("data check --data models mnits", "did you mean `mnist`?"),
        (
            "evaluate models/shoppers.till --without shp",
            "did you mean `shop`?",
        ),
        (
            "compare models/shoppers.till --board riscv-vrit",
            "did you mean `riscv-virt`?",
        ),
    ] {
        room.run(words).fails(&[meant]);
    }
}
