//! Search: what it leaves, how it goes on, what it refuses.

use crate::room::Room;

const QUICK: &str = "--trials 3 --epochs 1 --limit 120 -o found";

#[test]
fn the_best_description_can_be_trained() {
    let room = Room::new();
    let ran = room
        .run(&format!("search shoppers --budget flash=6k {QUICK}"))
        .succeeds();
    for words in [
        "shoppers: a space of ",
        "shop.width",
        "shop.depth",
        "trial 3/3: purchase AUC",
    ] {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    for words in [
        "purchase AUC",
        "flash",
        "bytes of flash",
        "best: found/best.toml",
    ] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    let files = room.files();
    for name in ["best.toml", "pareto.svg", "search.json", "trials.jsonl"] {
        assert!(files.contains(&format!("found/{name}")), "{files:?}");
    }
    let fronts: Vec<_> = files
        .iter()
        .filter(|name| name.starts_with("found/front-"))
        .collect();
    assert!(!fronts.is_empty(), "{files:?}");
    for name in fronts.into_iter().chain([&"found/best.toml".to_owned()]) {
        room.run(&format!(
            "train {name} --limit 100 --epochs 1 --no-evaluation --budget flash=6k --force -o a.till"
        ))
        .succeeds();
    }
    // Again: nothing is trained, the results are the same.
    let again = room
        .run(&format!("search shoppers --budget flash=6k {QUICK}"))
        .succeeds();
    assert!(
        !again.err.contains("trial 1/3") && again.out == ran.out,
        "{again:?}"
    );
}

#[test]
fn results_as_json() {
    let room = Room::new();
    let json = room
        .run(&format!(
            "search credit-risk --budget flash=8k {QUICK} --json"
        ))
        .succeeds()
        .json();
    let trials = json["trials"].as_array().unwrap();
    assert_eq!((trials.len(), &json["model"]), (3, &"credit-risk".into()));
    let scores: Vec<_> = trials
        .iter()
        .map(|t| t["score"].as_f64().unwrap())
        .collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{json}");
    assert_eq!(trials[0]["front"], true, "the best is on the front");
    assert!(trials.iter().all(|t| t["flash"].as_u64() <= Some(8000)));
    assert_eq!(json["space"][0]["name"], "history.width");
}

#[test]
fn what_cannot_be_searched() {
    let room = Room::new();
    let words = |more: &str| format!("search shoppers {QUICK} {more}");
    room.run(&words("--budget flash=1k"))
        .fails(&["none of ", "too much flash", "allow more"]);
    room.run(&words("--budget flash=6k")).succeeds();
    room.run(&words("--budget flash=6k --seed 2"))
        .fails(&["search.json", "seed 1, not 2", "-o"]);
    room.run("search shoppers --trials 0 -o found")
        .fails(&["--trials", "at least 1"]);
    room.run("search shoppers").says_error(2, &["--out"]);
    room.run("search toaster -o found")
        .fails(&["no preset `toaster`"]);
    room.write("file", "");
    room.run("search shoppers --trials 1 --epochs 1 --limit 100 -o file")
        .fails(&["file: is a file, not a folder"]);
}

#[cfg(unix)]
#[test]
fn interrupted_it_goes_on_with_the_same_results() {
    use crate::interrupt::interrupted;

    let room = Room::new();
    let words = "search shoppers --trials 3 --epochs 12 --limit 3000 -o";
    let rest = interrupted(&room, &format!("{words} cut"), "trial 1/3: ");
    assert!(
        rest.last()
            .unwrap()
            .starts_with("error: stopped after 1 of 3 trials"),
        "{rest:?}"
    );
    assert_eq!(room.files(), ["cut/search.json", "cut/trials.jsonl"]);
    let on = room.run(&format!("{words} cut")).succeeds();
    assert!(
        !on.err.contains("trial 1/3: ") && on.err.contains("trial 2/3: "),
        "{on:?}"
    );
    room.run(&format!("{words} whole")).succeeds();
    for name in ["trials.jsonl", "best.toml", "pareto.svg"] {
        let read = |folder: &str| room.read(&format!("{folder}/{name}"));
        assert!(read("cut") == read("whole"), "{name} differs");
    }
}
