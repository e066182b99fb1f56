//! `tillsense runs`, and what `train` keeps for it.

use std::fs;

use crate::room::Room;

const TRAIN: &str = "train shoppers --limit 300 --epochs 2";

#[test]
fn each_training_is_kept_listed_shown_and_compared() {
    let room = Room::new();
    let ran = room.run(TRAIN).succeeds();
    assert!(
        ran.err.contains("kept this training as runs/shoppers/0001"),
        "{ran:?}"
    );
    room.run(&format!("{TRAIN} --no-evaluation --seed 7 -o other.till"))
        .succeeds();
    let mut kept = room.all_files();
    kept.retain(|name| name.starts_with("runs/"));
    let files = ["curve.csv", "curve.json", "description.toml", "run.json"];
    let expected: Vec<_> = ["0001", "0002"]
        .iter()
        .flat_map(|number| files.map(|file| format!("runs/shoppers/{number}/{file}")))
        .collect();
    assert_eq!(kept, expected);

    let listed = room.run("runs --json").json();
    let first = &listed[0];
    assert_eq!(first["run"], "shoppers/1");
    assert_eq!(first["end"], "finished");
    assert_eq!(first["done"], 2);
    let inspected = room.run("inspect models/shoppers.till --json").json();
    assert_eq!(first["file"]["seal"], inspected["digest"]);
    let evaluated = room.run("evaluate models/shoppers.till --json").json();
    let head = &evaluated["heads"][0];
    assert_eq!(first["test"][0]["fixed"], head["fixed"]["accuracy"]);
    assert_eq!(first["data_digest"], evaluated["data_digest"]);
    assert_eq!(
        listed[1]["test"].as_array().unwrap().len(),
        0,
        "not evaluated"
    );
    assert_eq!(listed[1]["file"]["path"], "other.till");

    let all = room.run("runs").succeeds().out;
    assert!(
        all.contains("shoppers/1") && all.contains("shoppers/2") && all.contains("finished"),
        "{all}"
    );
    let one = room.run("runs shoppers/1").succeeds().out;
    assert!(
        one.contains("tillsense train shoppers --limit 300") && one.contains("loss over 2 epochs"),
        "{one}"
    );
    assert!(one.contains('▁') || one.contains('█'), "a curve: {one}");
    let both = room.run("runs shoppers/1 shoppers/2").succeeds().out;
    assert!(
        both.contains("the same description") && both.contains("seed"),
        "{both}"
    );
    let whole = room.run("runs shoppers/2 --json").json();
    assert_eq!(whole["seed"], 7);
    assert_eq!(whole["curve"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_changed_is_told_line_by_line() {
    let room = Room::new();
    let text = room.run("presets shoppers").succeeds().out;
    room.write("mine.toml", &text);
    room.run("train mine.toml --limit 200 --epochs 1 --no-evaluation")
        .succeeds();
    let (rate, _) = text
        .split_once("learning_rate = ")
        .map(|(_, rest)| rest.split_once('\n').unwrap())
        .unwrap();
    let changed = text.replace(&format!("learning_rate = {rate}"), "learning_rate = 0.0015");
    room.write("mine.toml", changed);
    room.run("train mine.toml --limit 200 --epochs 1 --no-evaluation")
        .succeeds();
    let name = room.run("runs --json").json()[0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    let model = name.trim_end_matches("/1");
    let told = room
        .run(&format!("runs {model}/1 {model}/2"))
        .succeeds()
        .out;
    assert!(
        told.contains(&format!("- learning_rate = {rate}")),
        "{told}"
    );
    assert!(told.contains("+ learning_rate = 0.0015"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_stopped_training_says_so_and_the_one_that_goes_on_names_it() {
    use crate::interrupt::interrupted;

    let room = Room::new();
    let words = "train shoppers --limit 4000 --epochs 25 --no-evaluation -o cut.till";
    interrupted(&room, words, "epoch 3/");
    room.run(&format!("{words} --resume")).succeeds();
    let listed = room.run("runs --json").json();
    assert_eq!(listed[0]["end"], "stopped");
    assert!(listed[0]["file"].is_null());
    assert_eq!(
        (&listed[1]["end"], &listed[1]["resumed"]),
        (&"finished".into(), &1.into())
    );
    let whole = room.run("runs shoppers/2 --json").json();
    let epochs: Vec<_> = whole["curve"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["epoch"].as_u64().unwrap())
        .collect();
    assert_eq!(
        epochs,
        (0..epochs.len() as u64).collect::<Vec<_>>(),
        "all epochs, each once"
    );
}

#[test]
fn none_is_kept_where_nobody_wants_one_or_it_cannot_be() {
    let room = Room::new();
    let words = "train shoppers --limit 100 --epochs 1 --no-evaluation --force";
    room.run(&format!("{words} --no-run")).succeeds();
    assert!(!room.path("runs").exists());
    room.write("runs", "a file");
    let ran = room.run(words).succeeds();
    assert!(ran.err.contains("warning: runs: is no folder"), "{ran:?}");
    assert_eq!(fs::read(room.path("runs")).unwrap(), b"a file");
    room.run(&format!("{words} --runs kept")).succeeds();
    assert!(
        room.run("runs --in kept")
            .succeeds()
            .out
            .contains("shoppers/1")
    );
    room.run("runs").fails(&["runs: holds no runs", "--in"]);
}

#[test]
fn wrong_names_and_broken_runs() {
    let room = Room::new();
    room.run("train shoppers --limit 100 --epochs 1 --no-evaluation")
        .succeeds();
    room.run("runs shopper")
        .fails(&["no run of `shopper`", "shoppers"]);
    room.run("runs shoppers/2")
        .fails(&["shoppers/2: no such run", "the last one is 1"]);
    room.run("runs ../x").fails(&["names no run"]);
    room.run("runs a b c d e f g").fails(&["at most 6"]);
    room.write("runs/shoppers/0002/run.json", "{");
    let ran = room.run("runs").succeeds();
    assert!(ran.out.contains("shoppers/1"), "{ran:?}");
    assert!(
        ran.err.contains("shoppers/2: runs/shoppers/0002/run.json"),
        "{ran:?}"
    );
    room.run("runs shoppers/2")
        .fails(&["shoppers/2", "run.json"]);
    room.write("runs/shoppers/0001/curve.json", "[1]");
    room.run("runs shoppers/1").fails(&["curve.json"]);
}
