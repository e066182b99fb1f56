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
    // Title, frame and heading, sets, frame.
    assert_eq!(shown.out.lines().count(), 1 + 3 + 3 + 1, "{shown:?}");
    room.run(&format!("{words} --only client"))
        .says_error(2, &["--ablate", "--only"]);
}

#[test]
fn what_quantisation_does_to_each_layer() {
    let room = Room::with_model();
    let words = "evaluate models/shoppers.till --layers --limit 50";
    let layers = room.run(&format!("{words} --json")).json();
    assert_eq!(layers["samples"], 50);
    let layers = layers["layers"].as_array().unwrap();
    let named = |op: &str| layers.iter().filter(|l| l["op"] == op).collect::<Vec<_>>();
    let [features] = named("features")[..] else {
        panic!("{layers:?}")
    };
    assert_eq!(features["sqnr"], Value::Null, "features are int8 anyway");
    let dense = named("dense");
    assert_eq!(dense.len(), 3);
    for layer in dense {
        for (name, low) in [("sqnr", 15.0), ("weights_sqnr", 30.0)] {
            let decibels = layer[name].as_f64().unwrap();
            assert!((low..70.0).contains(&decibels), "{layer}");
        }
        assert!(
            (0.0..0.2).contains(&layer["clipped"].as_f64().unwrap()),
            "{layer}"
        );
    }
    let shown = room.run(words).succeeds();
    assert!(
        shown
            .out
            .starts_with("shoppers on 50 training samples (synthetic data)"),
        "{shown:?}"
    );
    assert!(
        shown.out.contains("head.purchase.logits") && shown.out.contains("exact"),
        "{shown:?}"
    );
    std::fs::remove_file(room.path("models/shoppers.trained")).unwrap();
    room.run(words)
        .fails(&["models/shoppers.trained", "not there", "tillsense train"]);
}

#[test]
fn figures_without_a_meaning_are_undefined() {
    let room = Room::with_model();
    // One sample is of one class.
    let words = "evaluate models/shoppers.till --limit 1";
    let head = room.run(&format!("{words} --json")).json()["heads"][0].clone();
    for network in ["float", "fixed"] {
        assert!(head[network]["accuracy"].is_number(), "{head}");
        assert!(head[network]["auc"].is_null(), "{head}");
    }
    let told = "purchase: AUC of `buys` undefined, because all samples are of it, or none is\n";
    let shown = room.run(words).succeeds();
    assert!(shown.out.contains(told), "{shown:?}");
    assert!(!shown.out.contains(".5000"), "{shown:?}");
    let ablation = room.run(&format!("{words} --ablate --json")).json();
    assert!(
        ablation["sets"][0]["heads"][0]["auc"].is_null(),
        "{ablation}"
    );
    let shown = room.run(&format!("{words} --ablate")).succeeds();
    assert!(
        shown.out.contains("purchase AUC") && shown.out.contains(told),
        "{shown:?}"
    );
}

#[test]
fn a_head_without_labels_has_no_figures() {
    let room = Room::new();
    room.run("train av-digits --limit 60 --epochs 1 --no-evaluation")
        .succeeds();
    // The first test pairs are degraded ones, which have no label for `match`.
    let evaluation = room
        .run("evaluate models/av-digits.till --limit 1 --json")
        .json();
    let heads = evaluation["heads"].as_array().unwrap();
    let head = heads.iter().find(|head| head["samples"] == 0).unwrap();
    for figure in ["majority", "error", "deferred", "wrong_answers"] {
        assert!(head[figure].is_null(), "{figure}: {head}");
    }
    assert!(head["fixed"]["accuracy"].is_null() && head["float"]["accuracy"].is_null());
    let shown = room
        .run("evaluate models/av-digits.till --limit 1")
        .succeeds();
    let told = format!(
        "{}: no figures, because no sample has a label for it",
        head["head"].as_str().unwrap()
    );
    assert!(shown.out.contains(&told), "{shown:?}");
    assert!(!shown.out.contains("NaN"), "{shown:?}");
}
