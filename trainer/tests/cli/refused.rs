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
fn too_many_ops() {
    let room = Room::new();
    let input = |name: &str, kind: &str, first: &str| {
        let layers = "{ layer = \"dense\", units = 4 }, ".repeat(63);
        format!("[[inputs]]\nname = \"{name}\"\nkind = \"{kind}\"\nencoder = [{first}, {layers}]\n")
    };
    // As many layers as four encoders may have: each is within its limit, all of them are not.
    let dense = "{ layer = \"dense\", units = 4 }";
    let inputs = [
        input("receipt", "image", dense),
        input(
            "request",
            "text",
            "{ layer = \"embedding_bag\", channels = 4 }",
        ),
        input("client", "record", dense),
        input("shop", "record", dense),
    ];
    room.write(
        "mine.toml",
        format!(
            "name = \"mine\"\ntask = \"terminal\"\n{}[[heads]]\nname = \"risk\"\n",
            inputs.concat()
        ),
    );
    for more in ["", "--target cortex-m4", "--seed 3 --limit 50"] {
        before_training(
            &room,
            &format!("train mine.toml {more}"),
            &["mine.toml: ", "operations; a terminal runs"],
        );
    }
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
