//! A model and data that it was not trained on: asked for, or refused, and said in every table.

use crate::room::{Ran, Room};

const SHOPPERS: &str = "online_shoppers/online_shoppers_intention.csv";
const HEADER: &str = "Administrative,Administrative_Duration,Informational,Informational_Duration,ProductRelated,ProductRelated_Duration,\
BounceRates,ExitRates,PageValues,SpecialDay,Month,OperatingSystems,Browser,Region,TrafficType,VisitorType,Weekend,Revenue";

/// A table of visits of which one has this many product pages.
pub fn visits(pages: usize) -> String {
    let row = |n: usize| {
        let (product, bought) = if n == 3 {
            (pages, 0)
        } else {
            (1 + n % 7, n % 2)
        };
        format!(
            "0,0,0,0,{product},0,0.2,0.{},{bought},0,Feb,1,1,1,1,Returning_Visitor,FALSE,{}",
            n % 10,
            ["FALSE", "TRUE"][bought]
        )
    };
    let rows: Vec<_> = (0..200).map(row).collect();
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

/// `mine.till`, trained on the folder `sets`.
fn trained_on_a_folder() -> Room {
    let room = Room::new();
    room.write(&format!("sets/{SHOPPERS}"), visits(1));
    room.run("train shoppers --limit 200 --epochs 1 --no-evaluation --data sets -o mine.till")
        .succeeds();
    room
}

fn with_variable(room: &Room, words: &str) -> Ran {
    let mut command = room.command(words);
    command.env("TILLSENSE_DATA", "sets");
    Ran::of(command)
}

#[test]
fn a_model_is_scored_on_other_data_only_where_they_are_named() {
    let room = trained_on_a_folder();
    for words in [
        "evaluate mine.till",
        "evaluate mine.till --ablate",
        "compare mine.till",
    ] {
        let ran = room.run(words);
        ran.fails(&[
            "mine.till: trained on real data",
            "synthetic data",
            "--data",
        ]);
        assert!(!ran.err.contains("booting"), "{ran:?}");
    }
    let title = |words: &str| {
        let ran = room.run(&format!("evaluate mine.till --limit 20 {words}"));
        ran.succeeds().out.lines().next().unwrap().to_owned()
    };
    let other = "(synthetic data, not the real data ";
    for words in ["--data generated", "--data generated --ablate"] {
        let title = title(words);
        assert!(
            title.contains(other) && title.contains(" it was trained on)"),
            "{title}"
        );
    }
    assert!(title("--data sets").contains("(real data in sets)"));
    // The float network has its own frontends, so it can be compared on any data.
    room.run("evaluate mine.till --layers --limit 20 --data generated")
        .succeeds();
}

#[test]
fn an_export_needs_no_data() {
    let room = trained_on_a_folder();
    std::fs::remove_dir_all(room.path("sets")).unwrap();
    room.run("export mine.till --target m4 --json").json();
    room.run("export mine-cortex-m4.till --target generic -o back.till")
        .succeeds();
    assert!(room.read("back.till") == room.read("mine.till"));
}

#[test]
fn json_says_which_data_were_scored() {
    let room = trained_on_a_folder();
    let scored = |data: &str| {
        room.run(&format!(
            "evaluate mine.till --limit 20 --json --data {data}"
        ))
        .json()
    };
    let (own, other) = (scored("sets"), scored("generated"));
    assert_eq!(own["data"], "real data in sets");
    assert!(
        other["data"]
            .as_str()
            .unwrap()
            .contains("not the real data")
    );
    assert_ne!(own["data_digest"], other["data_digest"]);
    assert_eq!(own["data_digest"].as_str().unwrap().len(), 64);
    assert_eq!([&own, &other].map(|e| &e["data_generated"]), [false, true]);
    let trained_on = serde_json::json!({ "generated": false, "digest": own["data_digest"] });
    assert_eq!([&own, &other].map(|e| &e["trained_on"]), [&trained_on; 2]);
    for more in ["--ablate", "--layers"] {
        let words = format!("evaluate mine.till --limit 20 --json --data sets {more}");
        assert_eq!(room.run(&words).json()["data_digest"], own["data_digest"]);
    }
}

#[test]
fn why_float_figures_are_not_there_is_said() {
    let room = trained_on_a_folder();
    let missing = |data: &str| {
        let words = format!("evaluate mine.till --limit 20 --data {data}");
        let json = room.run(&format!("{words} --json")).json();
        let why = json["float_missing"].as_str().map(str::to_owned);
        assert_eq!(json["heads"][0]["float"].is_null(), why.is_some());
        let told = room.run(&words).succeeds().err;
        let wanted = why.as_ref().map(|why| format!("no float figures: {why}\n"));
        assert_eq!(told, wanted.unwrap_or_default());
        why.unwrap_or_default()
    };
    assert_eq!(missing("sets"), "");
    assert_eq!(
        missing("generated"),
        "",
        "its own frontends make its features"
    );
    std::fs::remove_file(room.path("mine.trained")).unwrap();
    assert!(missing("sets").contains("mine.trained is not there"));
}

#[test]
fn the_content_of_data_counts_and_not_their_place() {
    let room = trained_on_a_folder();
    with_variable(&room, "evaluate mine.till").succeeds();
    // The same number of rows, one cell changed.
    room.write(&format!("sets/{SHOPPERS}"), visits(2));
    with_variable(&room, "evaluate mine.till").fails(&["mine.till", "trained on", "sets"]);
    let ran = room.run("evaluate mine.till --data sets").succeeds();
    assert!(ran.out.contains("not the real data"), "{ran:?}");
    // A copy elsewhere is as good.
    room.write(&format!("data/{SHOPPERS}"), visits(1));
    let ran = room.run("evaluate mine.till").succeeds();
    assert!(ran.out.contains("(real data in data)"), "{ran:?}");
}

#[test]
fn without_a_trained_file_data_are_named() {
    let room = Room::with_model();
    std::fs::remove_file(room.path("models/shoppers.trained")).unwrap();
    room.run("evaluate models/shoppers.till --limit 20")
        .fails(&[
            "models/shoppers.till",
            "models/shoppers.trained",
            "not known",
            "--data generated",
        ]);
    room.run("evaluate models/shoppers.till --limit 20 --data generated")
        .succeeds();
}

#[test]
fn models_of_a_board_are_of_one_data_set() {
    let room = Room::new();
    room.write(&format!("sets/{SHOPPERS}"), visits(1));
    // As the board wants it but for its training, which is short.
    room.run("train shoppers --limit 200 --epochs 1 --no-evaluation")
        .succeeds();
    room.run("train shoppers --seeds 1 --data sets").fails(&[
        "models/shoppers.till",
        "trained on synthetic data",
        "not on real data",
    ]);
    let before = room.read("models/shoppers.till");
    room.run("train shoppers --seeds 1").succeeds();
    assert!(room.read("models/shoppers.till") == before, "it stays");
    let ran = room.run("evaluate --preset shoppers").succeeds();
    assert!(
        ran.out
            .starts_with("on all test samples (synthetic data)\n"),
        "{ran:?}"
    );
    with_variable(&room, "evaluate --preset shoppers").fails(&["trained on synthetic data"]);
    let rows = room.run("evaluate --preset shoppers --data sets --json");
    let data = rows.json()[0]["data"].clone();
    assert!(
        data.as_str().unwrap().contains("not the synthetic data"),
        "{data}"
    );
}

#[test]
fn a_trained_file_of_an_earlier_layout_is_refused_with_what_mends_it() {
    let room = Room::with_model();
    let second = [&b"tilltrn2"[..], &[7; 100]].concat();
    for earlier in [b"\x10name = \"shoppers\"\x0fpreset shoppers", &second[..]] {
        room.write("models/shoppers.trained", earlier);
        for command in ["evaluate", "export --target m4"] {
            room.run(&format!("{command} models/shoppers.till"))
                .fails(&[
                    "models/shoppers.trained",
                    "earlier version",
                    "`tillsense train`",
                ]);
        }
    }
}

#[test]
fn generated_data_lie_in_no_folder() {
    let room = Room::new();
    for command in ["check", "fetch"] {
        room.run(&format!("data {command} --data generated"))
            .fails(&["--data generated", "./generated"]);
    }
    assert!(room.files().is_empty());
}

#[cfg(unix)]
#[test]
fn training_is_not_resumed_on_other_data() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let room = Room::new();
    room.write(&format!("sets/{SHOPPERS}"), visits(1));
    let words = "train shoppers --limit 200 --epochs 5000 --no-evaluation --data sets -o cut.till";
    let mut command = room.command(words);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("epoch 3/")));
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(room.files().contains(&"cut.checkpoint".to_owned()));

    room.write(&format!("sets/{SHOPPERS}"), visits(2));
    room.run(&format!("{words} --resume"))
        .fails(&["cut.checkpoint", "other data"]);
}
