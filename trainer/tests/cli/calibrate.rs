//! Scores that are probabilities, and thresholds for a stated part of wrong answers.

use crate::room::{Ran, Room};

/// Trains the cheapest preset with a changed description.
fn train(room: &Room, changes: &[[&str; 2]], words: &str) -> Ran {
    let mut text = room.run("presets shoppers").out;
    for [from, to] in changes {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replacen(from, to, 1);
    }
    room.write("mine.toml", text);
    room.run(&format!("train mine.toml -o mine.till {words}"))
}

#[test]
fn a_stated_rate_sets_the_threshold() {
    let room = Room::new();
    let stated = ["defer_error = 0.05", "defer_error = 0.08"];
    let short = ["epochs = 40\nqat_epochs = 8", "epochs = 4\nqat_epochs = 2"];
    let ran = train(&room, &[stated, short], "--no-evaluation").succeeds();
    assert!(
        ran.err
            .contains("calibrated on 600 held-out samples; temperature: purchase "),
        "{ran:?}"
    );
    assert!(
        ran.err.contains("purchase: defers below ")
            && ran.err.contains("at most 8 % wrong answers"),
        "{ran:?}"
    );
    let shown = room.run("evaluate mine.till --reliability").succeeds();
    assert!(shown.out.contains("(at most 8 %)"), "{shown:?}");
    assert!(
        shown
            .out
            .contains("purchase: answers by score (defers below "),
        "{shown:?}"
    );
    assert_eq!(shown.err, "", "the trained_file makes this very file");
    let head = room.run("evaluate mine.till --json").json()["heads"][0].clone();
    let share = |name: &str| head[name].as_f64().unwrap();
    assert!(
        share("defer_error") > 0.079 && share("defer_error") < 0.081,
        "{head}"
    );
    assert!(
        share("wrong_answers") <= 0.1 && share("deferred") > 0.05,
        "{head}"
    );
    assert!(
        share("temperature") > 0.1 && share("temperature") < 10.0,
        "{head}"
    );
    // Thresholds and temperatures are kept with the numbers.
    room.run("export mine.till --target cortex-m4 -o packed.till")
        .succeeds();
    let threshold = |file: &str| {
        room.run(&format!("inspect {file} --json")).json()["heads"][0]["defer_below"].clone()
    };
    assert_eq!(threshold("packed.till"), threshold("mine.till"));
    assert_eq!(
        share("defer_below"),
        threshold("mine.till").as_f64().unwrap() / 256.0
    );
}

#[test]
fn a_rate_that_cannot_be_shown_is_not_claimed() {
    let room = Room::new();
    let stated = ["defer_error = 0.05", "defer_error = 0.01"];
    let ran = train(&room, &[stated], "--limit 300 --epochs 1 --no-evaluation").succeeds();
    let warned = ran
        .err
        .lines()
        .find(|line| line.starts_with("warning: purchase: "));
    let warned = warned.unwrap_or_else(|| panic!("{ran:?}"));
    for words in [
        "at most 1 %",
        "30 held-out samples",
        "that takes 437 answers",
        "train.holdout",
    ] {
        assert!(warned.contains(words), "`{words}` is not in: {warned}");
    }
    let head = room.run("evaluate mine.till --json").json()["heads"][0].clone();
    assert_eq!(head["defer_below"].as_f64(), Some(255.0 / 256.0));
}

#[test]
fn without_held_out_samples_scores_stay() {
    let room = Room::new();
    let none = ["holdout = 0.1", "holdout = 0.0"];
    let fixed = ["defer_error = 0.05", "defer_below = 0.6"];
    let ran = train(&room, &[none, fixed], "--limit 200 --epochs 1").succeeds();
    let notes = ran
        .err
        .lines()
        .filter(|line| line.contains("not calibrated"));
    assert_eq!(notes.count(), 1, "{ran:?}");
    let head = room.run("evaluate mine.till --json").json()["heads"][0].clone();
    assert_eq!(head["temperature"].as_f64(), Some(1.0));
    train(&room, &[none], "--limit 200 --epochs 1").fails(&[
        "mine.toml:",
        "heads.purchase.defer_error",
        "set train.holdout above 0",
    ]);
}
