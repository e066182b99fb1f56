//! What cannot become a model is refused before an epoch is spent on it.

use crate::room::{Ran, Room};

/// The command says this at once, and leaves nothing behind.
#[track_caller]
fn before_training(room: &Room, command: &str, words: &[&str]) -> Ran {
    let before = room.files();
    let ran = room.run(command);
    ran.fails(words);
    for sign in ["epoch", "parameters,", "input "] {
        let told = ran.err.lines().any(|line| line.starts_with(sign));
        assert!(!told && !ran.err.contains(" parameters, "), "{ran:?}");
    }
    assert_eq!(room.files(), before);
    ran
}

#[test]
fn thresholds_that_cannot_be_shown_are_told_before_the_first_epoch() {
    let room = Room::new();
    let text = room.run("presets shoppers").out;
    room.write(
        "mine.toml",
        text.replacen("defer_error = 0.05", "defer_error = 0.01", 1),
    );
    let ran = room
        .run("train mine.toml --limit 300 --epochs 1 --no-evaluation")
        .succeeds();
    let place = |words: &str| ran.err.lines().position(|line| line.contains(words));
    let told = place("warning: purchase: 30 held-out samples cannot show");
    assert!(told.is_some() && told < place("epoch 1/1"), "{ran:?}");
    assert!(ran.err.contains("437 answers"), "{ran:?}");
    let warnings = ran.err.lines().filter(|line| line.contains("purchase: "));
    let warnings = warnings.filter(|line| line.starts_with("warning"));
    assert_eq!(warnings.count(), 1, "told once: {ran:?}");
}

const SHOPPERS: &str = "sets/online_shoppers/online_shoppers_intention.csv";

/// A table of visits, of which every one ends in this way.
fn visits(count: usize, bought: &str) -> String {
    let columns = "Administrative,Administrative_Duration,Informational,Informational_Duration,ProductRelated,\
ProductRelated_Duration,BounceRates,ExitRates,PageValues,SpecialDay,Month,OperatingSystems,Browser,Region,TrafficType,\
VisitorType,Weekend,Revenue";
    let row = |n: usize| {
        format!("0,0,0,0,{n},0,0.2,0.1,0,0,Feb,1,1,1,1,Returning_Visitor,FALSE,{bought}\n")
    };
    let rows: String = (0..count).map(row).collect();
    format!("{columns}\n{rows}")
}

/// 500 rows leave 40 held-out samples; the preset's 5 % take 86.
#[test]
fn rates_that_real_data_cannot_show_are_refused_and_the_least_one_said() {
    let room = Room::new();
    room.write(SHOPPERS, visits(500, "TRUE"));
    before_training(
        &room,
        "train shoppers --epochs 1 --data sets",
        &[
            "preset shoppers: heads.purchase.defer_error: 40 held-out samples cannot show",
            "at most 5 %",
            "86 answers",
            "raise defer_error to at least 0.11,",
            "hold out more (train.holdout), or leave defer_error out",
        ],
    );
    let text = room.run("presets shoppers").out;
    room.write(
        "mine.toml",
        text.replacen("defer_error = 0.05", "defer_error = 0.11", 1),
    );
    let train = "train mine.toml --epochs 1 --data sets --no-evaluation";
    room.run(train).succeeds();
    room.run("train shoppers --epochs 1 --data sets --no-evaluation --limit 500")
        .succeeds();
}

#[test]
fn rates_and_parts_held_out_that_mean_nothing_are_refused() {
    let room = Room::new();
    let text = room.run("presets shoppers").out;
    for (from, to, words) in [
        (
            "defer_error = 0.05",
            "defer_error = 1e-12",
            "at least 0.00001",
        ),
        (
            "holdout = 0.1",
            "holdout = 1e-6",
            "train.holdout: 0.000001 of ",
        ),
    ] {
        assert!(text.contains(from), "{text}");
        room.write("mine.toml", text.replacen(from, to, 1));
        before_training(&room, "train mine.toml --epochs 1", &["mine.toml", words]);
    }
}

#[test]
fn classes_without_a_training_sample_are_named_before_the_first_epoch() {
    let room = Room::new();
    room.write(SHOPPERS, visits(500, "FALSE"));
    let told = |words: &str, wanted: &str| {
        let ran = room.run(&format!("train {words} --epochs 1 --no-evaluation"));
        let ran = ran.succeeds();
        let place = |words: &str| ran.err.lines().position(|line| line.starts_with(words));
        assert!(place(wanted).is_some(), "{ran:?}");
        assert!(place(wanted) < place("epoch 1/"), "{ran:?}");
    };
    told(
        "shoppers --data sets --limit 500",
        "warning: purchase: all training samples are of class `",
    );
    told(
        "bank-intents-s --limit 40",
        "warning: intent: no training sample of classes `",
    );
}

#[test]
fn a_search_that_held_out_samples_cannot_judge() {
    let room = Room::new();
    let ran = room.run("search shoppers --limit 10 --trials 1 --epochs 1 -o found");
    ran.fails(&[
        "`purchase` cannot be judged by its held-out samples",
        "--limit",
    ]);
    assert!(!ran.err.contains("trial 1"), "{ran:?}");
}
