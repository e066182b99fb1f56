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
