use std::fs;
use std::thread;

use tillsense_compiler::trained::{EpochReport, HeadScore, Phase};

use super::*;

fn run(model: &str) -> Run {
    Run {
        layout: LAYOUT,
        model: model.to_owned(),
        tillsense: "0".to_owned(),
        command: vec!["train".to_owned()],
        origin: "mine.toml".to_owned(),
        began: 0,
        seconds: 1.5,
        seed: 7,
        data: "generated data".to_owned(),
        data_digest: "cd".to_owned(),
        description_digest: "ab".to_owned(),
        limit: None,
        epochs: 2,
        done: 2,
        resumed: None,
        end: RunEnd::Finished,
        held_out: Vec::new(),
        test: Vec::new(),
        file: None,
    }
}

fn epoch(epoch: usize, accuracy: Option<f64>) -> EpochReport {
    EpochReport {
        epoch,
        phase: Phase::Float,
        loss: 0.5,
        held_out: vec![HeadScore {
            head: "a,b".to_owned(),
            classes: 3,
            loss: Some(0.25),
            accuracy,
            auc: None,
        }],
        best: true,
        seconds: 1.0,
    }
}

#[test]
fn what_is_kept_is_found_again() {
    let room = tempfile::tempdir().unwrap();
    let epochs = [epoch(0, Some(0.5)), epoch(1, None)];
    for number in 1..=2 {
        let place = keep(room.path(), &run("it"), "name = \"it\"", &epochs).unwrap();
        assert!(place.ends_with(format!("it/000{number}")));
    }
    let found = list(room.path(), None).unwrap();
    let names: Vec<_> = found.iter().map(Entry::name).collect();
    assert_eq!(names, ["it/1", "it/2"]);
    assert_eq!(found[0].run, Ok(run("it")));
    assert_eq!(found[1].epochs().unwrap(), epochs);
    assert_eq!(found[1].description().unwrap(), "name = \"it\"");
    let table = fs::read_to_string(found[0].path.join("curve.csv")).unwrap();
    assert_eq!(
        table,
        "epoch,phase,loss,seconds,best,\"a,b.loss\",\"a,b.accuracy\",\"a,b.auc\"\n1,float,0.5,1.000,yes,0.25,0.5,\n2,float,0.5,1.000,yes,0.25,,\n"
    );
    let left = fs::read_dir(room.path().join("it")).unwrap().count();
    assert_eq!(left, 2, "nothing half-written stays");
}

#[test]
fn trainings_that_end_at_once_take_numbers_of_their_own() {
    let room = tempfile::tempdir().unwrap();
    let places = thread::scope(|scope| {
        let keep = || keep(room.path(), &run("it"), "", &[]).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(keep)).collect();
        let places = threads.into_iter().map(|thread| thread.join().unwrap());
        places.collect::<std::collections::BTreeSet<_>>()
    });
    assert_eq!(places.len(), 8);
    assert_eq!(list(room.path(), None).unwrap().len(), 8);
}

#[test]
fn a_broken_run_does_not_hide_the_others() {
    let room = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        keep(room.path(), &run("it"), "", &[]).unwrap();
    }
    fs::write(room.path().join("it/0002/run.json"), "{}").unwrap();
    fs::create_dir(room.path().join("it/notes")).unwrap();
    fs::write(room.path().join("README"), "mine").unwrap();
    let found = list(room.path(), None).unwrap();
    let broken: Vec<_> = found.iter().map(|entry| entry.run.is_err()).collect();
    assert_eq!(broken, [false, true, false]);
    assert!(
        found[1]
            .run
            .as_ref()
            .unwrap_err()
            .contains("it/0002/run.json")
    );
}

#[test]
fn runs_are_named_by_model_and_number() {
    let named = |text| Named::parse(text).map(|named| (named.model, named.number));
    assert_eq!(named("digits").unwrap(), ("digits".to_owned(), None));
    assert_eq!(named("digits/").unwrap(), ("digits".to_owned(), None));
    assert_eq!(
        named("digits/0012").unwrap(),
        ("digits".to_owned(), Some(12))
    );
    for wrong in ["", "/", "../x", "a/b", "a/b/1", ".x/1", "a/-1"] {
        assert!(named(wrong).is_err(), "{wrong}");
    }
    let room = tempfile::tempdir().unwrap();
    let missing = |text| {
        let error = find(room.path(), &Named::parse(text).unwrap()).unwrap_err();
        format!("{error:#}")
    };
    assert!(missing("digit").contains("holds no runs"));
    keep(room.path(), &run("digits"), "", &[]).unwrap();
    assert!(
        missing("digit").contains("did you mean"),
        "{}",
        missing("digit")
    );
    assert!(missing("digits/9").contains("the last one is 1"));
}

#[test]
fn names_of_folders_stay_in_their_folder() {
    let names = ["a b/c", "..", "", "Zürich", "x\u{202e}y"].map(folder_name);
    assert_eq!(names, ["a-b-c", "model", "model", "Zürich", "x-y"]);
}

#[test]
fn only_a_stopped_run_of_the_same_description_and_seed_is_gone_on_with() {
    let room = tempfile::tempdir().unwrap();
    let stopped = |digest: &str, seed| Run {
        end: RunEnd::Stopped,
        description_digest: digest.to_owned(),
        seed,
        ..run("it")
    };
    for run in [
        stopped("ab", 7),
        stopped("ab", 8),
        stopped("cd", 7),
        run("it"),
    ] {
        keep(room.path(), &run, "", &[]).unwrap();
    }
    assert_eq!(last_stopped(room.path(), "it", "ab", 7), Some(1));
    assert_eq!(last_stopped(room.path(), "it", "ef", 7), None);
}
