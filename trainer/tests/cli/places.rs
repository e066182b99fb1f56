//! What lies where a command would write, and belongs to somebody: it stays.

use std::fs;

use crate::room::{Ran, Room};

const TRAIN: &str = "--limit 100 --epochs 1 --no-evaluation";

/// The command fails with these words before an epoch, and no file has changed.
#[track_caller]
fn stays(room: &Room, command: &str, words: &[&str]) -> Ran {
    let content = |room: &Room| -> Vec<_> {
        let files = room.files().into_iter();
        files
            .map(|name| (fs::read(room.path(&name)).ok(), name))
            .collect()
    };
    let before = content(room);
    let ran = room.run(command);
    ran.fails(words);
    assert!(!ran.err.contains("epoch 1"), "{ran:?}");
    assert!(content(room) == before, "files changed");
    ran
}

#[test]
fn a_model_copied_over_another_is_of_unknown_origin() {
    let room = Room::with_model();
    room.run(&format!("train shoppers --seed 9 {TRAIN} -o other.till"))
        .succeeds();
    fs::copy(room.path("other.till"), room.path("models/shoppers.till")).unwrap();
    let train = format!("train shoppers {TRAIN}");
    stays(
        &room,
        &train,
        &[
            "models/shoppers.till: is there",
            "not known",
            "models/shoppers.trained belongs to another file",
            "--force",
        ],
    );
    room.run(&format!("{train} --force")).succeeds();
    room.run(&train).succeeds();
}

#[test]
fn somebody_elses_trained_file_stays() {
    let room = Room::with_model();
    room.write("important.trained", "hello");
    let train = format!("train shoppers {TRAIN} -o");
    stays(
        &room,
        &format!("{train} important.till"),
        &["important.trained", "written over", "--force"],
    );
    // Another stem's own, and that of a model of another description that was removed.
    stays(
        &room,
        &format!("{train} models/shoppers.bin"),
        &["models/shoppers.trained: is there", "another model"],
    );
    stays(
        &room,
        "export models/shoppers.till --target m4 -o models/shoppers.bin --force",
        &["models/shoppers.trained: belongs to models/shoppers.till"],
    );
    fs::remove_file(room.path("models/shoppers.till")).unwrap();
    room.write("shoppers.toml", room.run("presets shoppers").out);
    stays(
        &room,
        &format!("train shoppers.toml {TRAIN}"),
        &["models/shoppers.trained: is there", "another model"],
    );
    room.run(&format!("train shoppers {TRAIN}")).succeeds();
    room.run(&format!("{train} important.till --force"))
        .succeeds();
}

#[test]
fn an_older_or_damaged_trained_file_is_not_mended_by_the_refused_command() {
    let room = Room::with_model();
    for (bytes, wrong) in [
        ("\u{10}name = \"shoppers\"", "damaged"),
        ("tilltrn3of the layout before", "earlier version"),
        ("tilltrn4damaged", "damaged"),
        ("tilltrn5of the next layout", "later version"),
    ] {
        room.write("models/shoppers.trained", bytes);
        let ran = stays(
            &room,
            &format!("train shoppers {TRAIN}"),
            &["models/shoppers.till: is there", wrong, "--force"],
        );
        assert!(!ran.err.contains("`tillsense train`"), "{ran:?}");
        stays(
            &room,
            "evaluate models/shoppers.till",
            &["models/shoppers.trained", "`tillsense train`", "--force"],
        );
    }
}

#[cfg(unix)]
#[test]
fn what_belongs_to_a_model_lies_beside_the_file_that_a_link_leads_to() {
    use std::os::unix::fs::symlink;

    let room = Room::with_model();
    room.run(&format!("train credit-risk {TRAIN} -o versions/1.till"))
        .succeeds();
    symlink("versions/1.till", room.path("now.till")).unwrap();
    // The trained_file of another file beside the link is none of this file.
    fs::copy(
        room.path("models/shoppers.trained"),
        room.path("now.trained"),
    )
    .unwrap();
    stays(
        &room,
        &format!("train shoppers {TRAIN} -o now.till"),
        &["now.till: is a model of preset credit-risk, not of preset shoppers"],
    );
    let evaluated = room.run("evaluate now.till --limit 20").succeeds();
    assert!(!evaluated.err.contains("no float figures"), "{evaluated:?}");
    room.run("export now.till --target m4").succeeds();
    room.write("versions/1.checkpoint", "notes");
    stays(
        &room,
        &format!("train credit-risk {TRAIN} -o now.till --resume"),
        &["versions/1.checkpoint: is there and no checkpoint"],
    );
    fs::remove_file(room.path("versions/1.checkpoint")).unwrap();
    symlink("a.checkpoint", room.path("b.till")).unwrap();
    stays(
        &room,
        &format!("train credit-risk {TRAIN} -o b.till --force"),
        &["b.till: a file NAME.checkpoint is written beside the model"],
    );
    let before = room.files();
    room.run(&format!("train credit-risk {TRAIN} -o now.till --seed 3"))
        .succeeds();
    assert_eq!(room.files(), before, "the pair lies where it lay");
    assert!(room.path("now.till").is_symlink());
    room.run("evaluate versions/1.till --limit 20").succeeds();
}

#[test]
fn inputs_stay_even_by_force() {
    let room = Room::with_model();
    room.write("shoppers.toml", room.run("presets shoppers").out);
    for out in ["shoppers.toml", "models/../shoppers.toml"] {
        stays(
            &room,
            &format!("train shoppers.toml {TRAIN} -o {out} --force"),
            &["shoppers.toml: is the description"],
        );
    }
    room.write("sets/mnist/mine", "a file of the data");
    room.write("sets/mine", "a file beside them");
    let visits = "sets/online_shoppers/online_shoppers_intention.csv";
    room.write(visits, crate::other_data::visits(1));
    let train = format!("train shoppers {TRAIN} --data sets --force -o");
    for out in [visits, "sets/mnist/mine"] {
        stays(&room, &format!("{train} {out}"), &["is a file of the data"]);
    }
    room.run(&format!("{train} sets/mine")).succeeds();
    for more in ["", "--force"] {
        stays(
            &room,
            &format!("export models/shoppers.till --target m4 -o models/shoppers.till {more}"),
            &["models/shoppers.till: is the model that is to be exported"],
        );
    }
}

#[test]
fn a_file_in_the_place_of_a_checkpoint_stays() {
    let room = Room::new();
    room.write("a.checkpoint", "my notes, which are long enough");
    for more in ["", "--resume", "--force"] {
        stays(
            &room,
            &format!("train shoppers {TRAIN} -o a.till {more}"),
            &[
                "a.checkpoint: is there and no checkpoint of a training",
                "--out",
            ],
        );
    }
    room.write("a.checkpoint", "");
    stays(
        &room,
        &format!("train shoppers {TRAIN} -o a.till"),
        &["a.checkpoint: is there and no checkpoint of a training"],
    );
}

#[test]
fn a_project_that_was_moved_trains_as_before() {
    let room = Room::new();
    let text = room.run("presets shoppers").out;
    room.write("one/nets/mine.toml", &text);
    let whole = room.path("one/nets/mine.toml").display().to_string();
    room.run(&format!("train {whole} {TRAIN} -o one/models/mine.till"))
        .succeeds();
    room.run("export one/models/mine.till --target m4 -o one/packed/mine.till")
        .succeeds();
    for name in ["one/models/mine.trained", "one/packed/mine.trained"] {
        let bytes = String::from_utf8_lossy(&room.read(name)).into_owned();
        assert!(bytes.contains("../nets/mine.toml"), "{name}");
        assert!(!bytes.contains(&*room.path("").to_string_lossy()), "{name}");
    }
    fs::rename(room.path("one"), room.path("two")).unwrap();
    room.run("evaluate two/models/mine.till --limit 20")
        .succeeds();
    for out in ["models", "packed"] {
        room.run(&format!(
            "train two/nets/mine.toml {TRAIN} -o two/{out}/mine.till"
        ))
        .succeeds();
    }
    room.write("two/mine.toml", &text);
    stays(
        &room,
        &format!("train two/mine.toml {TRAIN} -o two/models/mine.till"),
        &["is a model of /", "two/nets/mine.toml, not of /"],
    );
}

#[test]
fn a_model_without_a_speaker_has_a_name_of_its_own() {
    let room = Room::new();
    room.run("train spoken-digits --leave-out anna --limit 60 --epochs 1 --no-evaluation")
        .succeeds();
    assert_eq!(
        room.files(),
        [
            "models/spoken-digits-without-anna.till",
            "models/spoken-digits-without-anna.trained"
        ]
    );
    stays(
        &room,
        "train spoken-digits --leave-out ../../x --limit 60 --epochs 1",
        &["no speaker `../../x`"],
    );
}

#[test]
fn what_is_for_one_model_is_refused_for_all() {
    let room = Room::new();
    for option in ["-o a.till", "--seed 7", "--leave-out anna"] {
        stays(
            &room,
            &format!("train all --limit 20 --epochs 1 {option}"),
            &["is for one model", "`train all`"],
        );
    }
}

#[test]
fn all_presets_are_trained_on_generated_data() {
    let room = Room::new();
    let ran = room
        .run("train all --limit 40 --epochs 1 --no-evaluation")
        .succeeds();
    assert!(
        ran.err
            .contains("each speaker of synthetic data left out: anna, bo, "),
        "{ran:?}"
    );
    let files = room.files();
    assert_eq!(files.len(), 2 * (9 + 6), "{files:?}");
    assert!(files.contains(&"models/spoken-digits-without-fynn.till".to_owned()));
    let scored = room.run("evaluate --preset spoken-digits").succeeds();
    assert!(scored.out.contains("speaker left out"), "{scored:?}");
}

#[test]
fn the_last_of_all_is_looked_at_before_the_first_is_trained() {
    let room = Room::new();
    room.write("models/terminal.till", "somebody's");
    stays(
        &room,
        "train all --limit 40 --epochs 1",
        &["models/terminal.till"],
    );
}

#[test]
fn advice_names_options_that_the_command_has() {
    let room = Room::new();
    room.write("a.till", "somebody's");
    let ran = stays(&room, "demo --out a.till", &["a.till: is there", "--out"]);
    assert!(!ran.err.contains("-o,") && !ran.err.contains("with -o"));
}

#[test]
fn a_folder_that_is_no_search_keeps_its_files() {
    let room = Room::new();
    let search = "search shoppers --trials 1 --epochs 1 --limit 120 -o found";
    for name in ["best.toml", "pareto.svg", "front-3.toml", "trials.jsonl"] {
        room.write(&format!("found/{name}"), "mine");
        let there = format!("found/{name}: there, but not found/search.json");
        stays(&room, search, &[&there]);
        fs::remove_file(room.path("found").join(name)).unwrap();
    }
    room.write("found/front-notes.toml", "no name of a result");
    room.run(search).succeeds();
    fs::remove_file(room.path("found/pareto.svg")).unwrap();
    fs::create_dir(room.path("found/pareto.svg")).unwrap();
    let more = search.replace("trials 1", "trials 2");
    stays(
        &room,
        &more,
        &["found/pareto.svg: cannot be written: it is a folder"],
    );
}

#[test]
fn a_search_without_a_trial_leaves_nothing() {
    let room = Room::new();
    let search = "search shoppers --trials 1 --epochs 1 --limit 120 -o far/found --budget";
    stays(&room, &format!("{search} flash=1k"), &["none of "]);
    assert!(!room.path("far").exists());
    room.write("far/found/note", "stays");
    stays(
        &room,
        "search shoppers --trials 1 --epochs 1 --limit 10 -o far/found",
        &["cannot be judged"],
    );
    room.run(&format!("{search} flash=6k")).succeeds();
    assert!(room.files().contains(&"far/found/note".to_owned()));
}

#[test]
fn a_search_goes_on_with_the_same_data_elsewhere() {
    let room = Room::new();
    let visits = "online_shoppers/online_shoppers_intention.csv";
    room.write(&format!("sets/{visits}"), crate::other_data::visits(1));
    let search = "search shoppers --trials 1 --epochs 1 -o found --data";
    room.run(&format!("{search} sets")).succeeds();
    fs::rename(room.path("sets"), room.path("moved")).unwrap();
    let again = room.run(&format!("{search} moved")).succeeds();
    assert!(!again.err.contains("trial 1/1"), "{again:?}");
    room.write(&format!("moved/{visits}"), crate::other_data::visits(2));
    stays(
        &room,
        &format!("{search} moved"),
        &["search.json: of a search with another data digest"],
    );
}
