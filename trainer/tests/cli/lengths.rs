//! Inputs that hold nothing to read, and inputs that are longer than what a model takes.

use tillsense_core::parity::SplitMix64;

use crate::room::Room;

/// A clip of noise: PCM, mono, 8,000 Hz, 16 bits.
fn wav(samples: usize, seed: u64) -> Vec<u8> {
    let bytes = 2 * samples as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    let mut numbers = SplitMix64::new(seed);
    for _ in 0..samples {
        file.extend(((numbers.next_u64() >> 50) as i16 - 8192).to_le_bytes());
    }
    file
}

/// Ten digits: one test clip each, and three training clips of which so many are short.
fn clips(room: &Room, short_test: bool, short_training: usize) {
    for digit in 0..10u32 {
        for (at, take) in [0, 5, 6, 7].into_iter().enumerate() {
            let short = if at == 0 {
                short_test
            } else {
                at <= short_training
            };
            let len = if short { 100 } else { 3000 };
            room.write(
                &format!("sets/fsdd/recordings/{digit}_anna_{take}.wav"),
                wav(len, u64::from(10 * digit + take)),
            );
        }
    }
}

#[test]
fn empty_clips_are_counted_in_training_and_evaluation() {
    let room = Room::new();
    clips(&room, true, 1);
    let trained = room
        .run("train spoken-digits --limit 30 --epochs 1 --data sets -o a.till --json")
        .json();
    assert_eq!(
        trained["input_counts"][0],
        serde_json::json!({ "input": "audio", "samples": 30, "absent": 0, "empty": 10, "cut": 0 })
    );
    let head = &trained["evaluation"]["heads"][0];
    assert_eq!(
        head["float"]["accuracy"], head["fixed"]["accuracy"],
        "one rule"
    );
    let shown = room.run("evaluate a.till --data sets").succeeds();
    assert!(
        shown
            .out
            .contains("input audio: 10 clips, 10 too short for one step of "),
        "{shown:?}"
    );
    let ablation = room
        .run("evaluate a.till --data sets --ablate --json")
        .json();
    assert_eq!(ablation["input_counts"][0]["empty"], 10);
    let ran = room
        .run("train spoken-digits --limit 30 --epochs 1 --data sets -o a.till --no-evaluation")
        .succeeds();
    assert!(
        ran.err.contains("input audio: 30 clips, 10 too short"),
        "{ran:?}"
    );
}

#[test]
fn most_clips_too_short_is_refused_before_training() {
    let room = Room::new();
    clips(&room, false, 2);
    let before = room.files();
    for words in ["train spoken-digits", "search spoken-digits"] {
        let ran = room.run(&format!("{words} --epochs 1 --data sets -o out"));
        ran.fails(&[
            "preset spoken-digits",
            "input `audio`: 20 of 30 training clips are too short for one step of ",
            "frame, hop or stack",
        ]);
        assert!(!ran.err.contains("epoch 1"), "{ran:?}");
    }
    let left: Vec<_> = room.files();
    assert!(
        left.iter()
            .filter(|file| !file.starts_with("out/"))
            .eq(&before),
        "{left:?}"
    );
}

/// Trains `credit-risk` with room for this many months.
fn months(room: &Room, steps: &str, out: &str) -> crate::room::Ran {
    let text = room.run("presets credit-risk").out;
    assert!(text.contains("max_steps = 6"));
    room.write("mine.toml", text.replacen("max_steps = 6", steps, 1));
    room.run(&format!(
        "train mine.toml --limit 400 --epochs 1 --no-evaluation -o {out}"
    ))
}

#[test]
fn sequences_are_trimmed_alike_for_training_and_evaluation() {
    let room = Room::new();
    let ran = months(&room, "max_steps = 3", "last.till").succeeds();
    let told =
        "input history: 400 sequences, 400 of more than 3 records, of which the last are kept";
    let lines: Vec<_> = ran.err.lines().collect();
    let at = |words: &str| lines.iter().position(|line| line.starts_with(words));
    assert!(at(told) < at("epoch 1/") && at(told).is_some(), "{ran:?}");
    let evaluation = room.run("evaluate last.till --limit 300 --json").json();
    assert_eq!(evaluation["input_counts"][1]["cut"], 300);
    let head = &evaluation["heads"][0];
    let [float, fixed] = ["float", "fixed"].map(|n| head[n]["auc"].as_f64().unwrap());
    assert!((float - fixed).abs() < 0.02, "{head}");
    // What is kept is written in the description beside the model.
    months(&room, "max_steps = 3\nkeep = \"last\"", "same.till").succeeds();
    months(&room, "max_steps = 3\nkeep = \"first\"", "first.till").succeeds();
    assert!(room.read("last.till") == room.read("same.till"));
    assert!(room.read("last.till") != room.read("first.till"));
    let shown = room.run("evaluate first.till --limit 20").succeeds();
    assert!(
        shown.out.contains("of which the first are kept"),
        "{shown:?}"
    );
}

#[test]
fn what_keeps_its_beginning_takes_no_keep() {
    let room = Room::new();
    let text = room.run("presets spoken-digits").out;
    let text = text.replacen("max_steps = 32", "max_steps = 32\nkeep = \"last\"", 1);
    room.write("mine.toml", text);
    room.run("train mine.toml --epochs 1")
        .fails(&["mine.toml", "keep", "does not belong"]);
}

#[test]
fn long_clips_are_heard_from_the_beginning_and_said_to_be() {
    let room = Room::new();
    clips(&room, false, 0);
    let text = room.run("presets spoken-digits").out;
    room.write(
        "mine.toml",
        text.replacen("max_steps = 32", "max_steps = 4", 1),
    );
    let ran = room
        .run("train mine.toml --limit 30 --epochs 1 --data sets -o a.till")
        .succeeds();
    let told = |text: &str, count: &str| {
        let mut lines = text.lines().filter(|line| line.starts_with("input "));
        let line = lines.next().unwrap_or_else(|| panic!("{ran:?}"));
        assert!(line.starts_with(&format!("input audio: {count} clips, {count} longer than ")));
        assert!(line.ends_with("heard from the beginning"), "{line}");
        assert_eq!(lines.next(), None);
    };
    told(&ran.err, "30");
    assert!(!ran.out.contains("input "), "told once: {ran:?}");
    told(&room.run("evaluate a.till --data sets").out, "10");
    let without = room.run("evaluate a.till --data sets --without audio");
    assert!(!without.succeeds().out.contains("input audio"));
}

#[test]
fn nothing_is_told_of_inputs_that_are_all_taken_whole() {
    let room = Room::new();
    let ran = room
        .run("train credit-risk --limit 200 --epochs 1")
        .succeeds();
    for text in [&ran.err, &ran.out] {
        assert!(!text.contains("input "), "{ran:?}");
    }
}

#[test]
fn texts_of_more_ids_than_fit_are_counted_before_training() {
    let room = Room::new();
    let text = room.run("presets bank-intents-s").out;
    let line = text.lines().find(|line| line.starts_with("max_ids"));
    let few = text.replacen(line.unwrap(), "max_ids = 8", 1);
    room.write("mine.toml", few);
    let train = "train mine.toml --limit 200 --epochs 1 -o a.till";
    let ran = room.run(&format!("{train} --no-evaluation")).succeeds();
    let at = |words: &str| ran.err.lines().position(|line| line.contains(words));
    let told = "200 of more than 512 bytes or 8 ids and read from the beginning";
    assert!(at(told).is_some() && at(told) < at("epoch 1/"), "{ran:?}");
    let trained = room.run(&format!("{train} --json")).json();
    assert_eq!(trained["input_counts"][0]["cut"], 200);
}

#[test]
fn texts_without_a_token_are_absent_and_counted() {
    let room = Room::new();
    let rows = |texts: &[&str]| {
        let rows: Vec<_> = texts
            .iter()
            .map(|t| format!("{t},card_arrival\n"))
            .collect();
        format!("text,category\n{}", rows.concat())
    };
    let training = [
        "where is my card",
        "card",
        "no card yet",
        "waiting for it",
        "my card",
    ];
    room.write(
        "sets/banking77/train.csv",
        rows(&[&training[..]; 4].concat()),
    );
    room.write(
        "sets/banking77/test.csv",
        rows(&["where is it", "card", "when"]),
    );
    let text = room.run("presets bank-intents-s").out;
    let form = text.lines().find(|line| line.starts_with("form")).unwrap();
    room.write(
        "mine.toml",
        text.replacen(form, "form = { bigrams = true }", 1),
    );
    let trained = room
        .run("train mine.toml --limit 20 --epochs 2 --data sets -o a.till --json")
        .json();
    assert_eq!(trained["input_counts"][0]["empty"], 4);
    assert_eq!(trained["evaluation"]["input_counts"][0]["empty"], 2);
}
