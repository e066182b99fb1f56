//! Figures with some of the inputs only.

use serde_json::Value;

use crate::room::Room;

fn heads(room: &Room, words: &str) -> Value {
    room.run(&format!(
        "evaluate models/credit-risk.till --limit 300 --json {words}"
    ))
    .json()
}

#[test]
fn inputs_are_left_out() {
    let room = Room::new();
    room.run("train credit-risk --limit 400 --epochs 2 --no-evaluation")
        .succeeds();
    let all = heads(&room, "");
    assert_eq!(
        (&all["inputs"], &all["without"]),
        (
            &Value::from(vec!["client", "history"]),
            &Value::from(Vec::<String>::new())
        )
    );
    let without = heads(&room, "--without client");
    assert_eq!(without["inputs"], Value::from(vec!["history"]));
    assert_eq!(without["without"], Value::from(vec!["client"]));
    assert_eq!(
        without,
        heads(&room, "--only history"),
        "two ways to say the same"
    );
    assert_ne!(without["heads"], all["heads"]);
    assert_eq!(heads(&room, "--only client --only history"), all);
    // Without any input all samples are the same: the area under the curve is that of a guess.
    let none = heads(&room, "--without client --without history");
    assert_eq!(
        (
            &none["heads"][0]["fixed"]["auc"],
            &none["heads"][0]["float"]["auc"]
        ),
        (&Value::from(0.5), &Value::from(0.5))
    );

    every_set_of_inputs(&room, &all, &without);

    let shown = room
        .run("evaluate models/credit-risk.till --limit 300 --only history")
        .succeeds();
    let title = shown.out.lines().next().unwrap();
    assert!(title.contains("given only history (not client)"), "{title}");
    let shown = room
        .run("evaluate models/credit-risk.till --limit 300")
        .succeeds();
    assert!(
        shown
            .out
            .starts_with("credit-risk on 300 test samples (synthetic data)\n"),
        "{shown:?}"
    );
}

/// The same figures as with the inputs named one by one.
fn every_set_of_inputs(room: &Room, all: &Value, history: &Value) {
    let words = "evaluate models/credit-risk.till --limit 300 --ablate";
    let ablation = room.run(&format!("{words} --json")).json();
    let sets = ablation["sets"].as_array().unwrap();
    let given: Vec<_> = sets.iter().map(|set| set["given"].clone()).collect();
    let names = |names: &[&str]| Value::from(names.to_vec());
    assert_eq!(
        given,
        [
            names(&["client"]),
            names(&["history"]),
            names(&["client", "history"])
        ]
    );
    for (set, evaluation) in [(&sets[1], history), (&sets[2], all)] {
        let (head, fixed) = (&set["heads"][0], &evaluation["heads"][0]["fixed"]);
        assert_eq!(head["accuracy"], fixed["accuracy"]);
        assert_eq!(head["auc"], fixed["auc"]);
    }
    let shown = room.run(words).succeeds();
    assert!(shown.out.contains("with every set of inputs"), "{shown:?}");
    assert!(shown.out.contains("default AUC"), "{shown:?}");
    assert_eq!(shown.out.lines().count(), 1 + 3 + 3 + 1, "{shown:?}");
    room.run(&format!("{words} --only client"))
        .says_error(2, &["--ablate", "--only"]);
}
