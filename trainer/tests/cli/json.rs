//! `--json`: one value on standard output, nothing on standard error, fields that stay.

use serde_json::Value;

use crate::room::Room;

#[track_caller]
fn fields(value: &Value, wanted: &[&str]) {
    let mut found: Vec<_> = value
        .as_object()
        .unwrap_or_else(|| panic!("{value}"))
        .keys()
        .map(String::as_str)
        .collect();
    let mut wanted = wanted.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

const EVALUATION: [&str; 14] = [
    "model",
    "data",
    "data_digest",
    "data_generated",
    "trained_on",
    "float_missing",
    "inputs",
    "without",
    "samples",
    "input_counts",
    "file_bytes",
    "arena_bytes",
    "heads",
    "suspected_labels",
];
const HEAD: [&str; 18] = [
    "head",
    "classes",
    "samples",
    "positive",
    "majority",
    "float",
    "fixed",
    "temperature",
    "defer_below",
    "defer_error",
    "bins",
    "error",
    "deferred",
    "wrong_answers",
    "confusion",
    "confused",
    "by_class",
    "macro_average",
];

#[test]
fn presets() {
    let room = Room::new();
    let all = room.run("presets --json").json();
    assert_eq!(all.as_array().unwrap().len(), 9);
    fields(
        &all[0],
        &["name", "about", "data", "inputs", "heads", "epochs"],
    );
    let one = room.run("presets terminal --json").json();
    fields(
        &one,
        &["name", "about", "data", "inputs", "heads", "epochs", "text"],
    );
    assert_eq!(
        one["text"].as_str().unwrap(),
        room.run("presets terminal").out
    );
}

#[test]
fn train_evaluate_inspect() {
    let room = Room::new();
    let trained = room
        .run("train shoppers --limit 200 --epochs 2 --json")
        .json();
    fields(
        &trained,
        &[
            "file",
            "data",
            "seconds",
            "input_counts",
            "epochs",
            "evaluation",
        ],
    );
    assert_eq!(
        (&trained["file"], &trained["data"]),
        (
            &Value::from("models/shoppers.till"),
            &Value::from("synthetic data")
        )
    );
    assert_eq!(trained["epochs"].as_array().unwrap().len(), 2);
    fields(&trained["evaluation"], &EVALUATION);

    let evaluation = room.run("evaluate models/shoppers.till --json").json();
    assert_eq!(evaluation, trained["evaluation"]);
    let head = &evaluation["heads"][0];
    fields(head, &HEAD);
    fields(&head["float"], &["accuracy", "auc"]);
    fields(
        &head["bins"][0],
        &["from", "below", "samples", "score", "accuracy"],
    );
    fields(&head["fixed"], &["accuracy", "auc"]);
    let shares = [
        &head["majority"],
        &head["defer_below"],
        &head["deferred"],
        &head["error"],
        &head["bins"][0]["score"],
        &head["bins"][0]["accuracy"],
        &head["fixed"]["accuracy"],
        &head["fixed"]["auc"],
        &head["float"]["accuracy"],
    ];
    // So few samples show no rate: where nothing is answered, no answer is wrong.
    match head["wrong_answers"].as_f64() {
        Some(share) => assert!((0.0..=1.0).contains(&share), "{share}"),
        None => assert_eq!(head["deferred"].as_f64(), Some(1.0)),
    }
    for share in shares {
        assert!((0.0..=1.0).contains(&share.as_f64().unwrap()), "{share}");
    }

    let inspected = room.run("inspect models/shoppers.till --json").json();
    assert_eq!(
        (&inspected["name"], &inspected["version"]),
        (&Value::from("shoppers"), &Value::from(1))
    );
    assert_eq!(inspected["bytes"]["file"], evaluation["file_bytes"]);
}

#[test]
fn doctor_and_data_check() {
    let room = Room::new();
    let ran = room.run("doctor --json");
    let findings: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(findings.as_array().unwrap().len() >= 4);
    fields(&findings[0], &["need", "name", "found", "mend"]);
    let missing = findings
        .as_array()
        .unwrap()
        .iter()
        .any(|finding| finding["found"].is_null());
    assert_eq!(ran.code, Some(i32::from(missing)));

    room.write("sets/note.txt", "");
    let ran = room.run("data check mnist --data sets --json");
    ran.says_error(1, &["sets"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    fields(&report, &["files", "sets"]);
    assert_eq!(report["files"][0]["state"], "missing");
}

#[test]
fn errors_leave_standard_output_empty() {
    let room = Room::new();
    for words in [
        "train toaster",
        "evaluate none.till",
        "inspect none.till",
        "compare none.till",
        "presets toaster",
        "data check --data none",
    ] {
        room.run(&format!("{words} --json")).says_error(1, &[]);
        assert_eq!(room.run(&format!("{words} --json")).out, "");
    }
}
