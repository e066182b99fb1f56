//! `tillsense bindings`. Nothing is trained here, so that a command without `train` passes too.

use std::fs;

use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::lower::lower;
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::testing::toy::Toy;
use tillsense_compiler::trained::{ContentDigest, Course, Seal, TrainedFile, TrainedOn, seal};

use crate::room::Room;

const DESCRIPTION: &str = r#"
name = "toy"
data.table = "clients.csv"
[[inputs]]
name = "client"
kind = "record"
units = { gaps = "EUR" }
[[heads]]
name = "a"
"#;

/// A folder with a model of a record, `toy.till`, and its file for training, which belongs to the file with this seal or to the model.
fn room(owner: Option<Seal>) -> Room {
    let toy = Toy::from_description(DESCRIPTION, 1);
    let aim = ExportOptions::GENERIC;
    let file = assemble(&lower(&toy.graph, &toy.trained, &toy.frontends, &aim).unwrap());
    let trained = TrainedFile {
        text: DESCRIPTION.to_owned(),
        origin: "toy.toml".to_owned(),
        made_from: "toy.toml".to_owned(),
        data: TrainedOn {
            generated: false,
            digest: ContentDigest([1; 32]),
        },
        course: Course {
            seed: 1,
            epochs: 1,
            limit: None,
        },
        frontends: toy.frontends,
        classes: vec!["c0\nc1\nc2".to_owned()],
        trained: Trained::default(),
        curve: Vec::new(),
    };
    let owner = owner.unwrap_or(seal(&file).unwrap());
    let room = Room::new();
    room.write("toy.till", file);
    room.write("toy.trained", trained.to_bytes(&owner).unwrap());
    room
}

#[test]
fn bindings_go_to_the_screen_or_to_a_file() {
    let room = room(None);
    for (language, name) in [("--rust", "client.rs"), ("--c", "client.h")] {
        let shown = room
            .run(&format!("bindings toy.till {language}"))
            .succeeds();
        assert_eq!(shown.err, "");
        let told = room.run(&format!("bindings toy.till {language} -o {name}"));
        let words = format!("wrote {name} for toy.till: ");
        assert!(told.succeeds().out.starts_with(&words));
        assert_eq!(shown.out, String::from_utf8(room.read(name)).unwrap());
        assert!(shown.out.contains("`gaps` in EUR x 10^2: 1.23 EUR is 123"));
        // Made anew, over itself.
        room.run(&format!("bindings toy.till {language} -o {name}"))
            .succeeds();
        let command = format!("`tillsense bindings toy.till {language}`");
        assert!(shown.out.contains(&command), "{}", shown.out);
    }
    let told = room.run("bindings toy.till --rust --json").json();
    assert_eq!(
        (&told["language"], &told["file"]),
        (&"rust".into(), &serde_json::Value::Null)
    );
    assert_eq!(told["features"][0], "record");
    assert_eq!(
        told["interface"],
        room.run("inspect toy.till --json").json()["interface"]
    );
    let fields = &told["inputs"][0]["fields"];
    assert_eq!(told["inputs"][0]["kind"], "record");
    assert_eq!(
        (&fields[1]["kind"], &fields[1]["unit"]),
        (&"number".into(), &"EUR".into())
    );
    assert_eq!(fields[2]["names"].as_array().unwrap().len(), 2);
    assert_eq!(told["heads"][0]["names"][2], "c2");
    let told = room.run("bindings toy.till --c --json -o b.h").json();
    assert_eq!(told["file"], "b.h");
    assert!(!room.read("b.h").is_empty());
}

#[test]
fn without_units_bindings_are_written_all_the_same() {
    let other = room(Some([9; 32]));
    let shown = other.run("bindings toy.till --rust").succeeds();
    assert!(shown.err.contains("without units of numbers"), "{shown:?}");
    assert!(shown.out.contains("`gaps` x 10^2: 1.23 is 123"));
    fs::remove_file(other.path("toy.trained")).unwrap();
    let alone = other.run("bindings toy.till --rust").succeeds();
    assert_eq!((alone.err.as_str(), alone.out), ("", shown.out));
}

#[test]
fn one_language_is_chosen() {
    let room = room(None);
    room.run("bindings toy.till")
        .says_error(2, &["--rust", "--c", "tillsense bindings --help"]);
    room.run("bindings toy.till --rust --c")
        .says_error(2, &["--rust", "--c"]);
    room.run("bindings --rust").says_error(2, &["MODEL"]);
}

#[test]
fn what_is_no_model_has_no_bindings() {
    let room = room(None);
    let whole = room.read("toy.till");
    room.write("cut.till", &whole[..whole.len() / 2]);
    room.write("text.till", "name = \"toy\"\n".repeat(30));
    room.write("empty.till", "");
    fs::create_dir(room.path("folder.till")).unwrap();
    for (file, why) in [
        ("none.till", "no such file"),
        ("cut.till", "cut off"),
        ("text.till", "not a Tillsense model"),
        ("empty.till", "empty"),
        ("folder.till", "cannot be read"),
    ] {
        for language in ["--rust", "--c"] {
            room.run(&format!("bindings {file} {language}"))
                .fails(&[file, why]);
            room.run(&format!("bindings {file} {language} -o out.h"))
                .fails(&[file, why]);
        }
    }
    assert!(!room.files().contains(&"out.h".to_owned()));
}

#[test]
fn a_place_that_cannot_be_written_stays() {
    let room = room(None);
    let model = room.read("toy.till");
    let mine = room.run("bindings toy.till --rust").succeeds().out;
    room.write("mine.rs", &mine);
    let mut permissions = fs::metadata(room.path("mine.rs")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(room.path("mine.rs"), permissions).unwrap();
    fs::create_dir(room.path("folder")).unwrap();
    let before = room.files();
    for (out, why) in [
        ("missing/b.rs", "cannot be written"),
        ("mine.rs", "read-only"),
        ("folder", "a folder"),
        ("toy.till", "is the model"),
        ("./toy.trained", "what training left beside the model"),
    ] {
        room.run(&format!("bindings toy.till --rust -o {out}"))
            .fails(&[out, why]);
    }
    room.write("main.rs", "fn main() {}");
    room.run("bindings toy.till --rust -o main.rs").fails(&[
        "main.rs: is there",
        "did not write it",
        "--force",
    ]);
    assert_eq!(room.read("main.rs"), b"fn main() {}");
    room.run("bindings toy.till --rust -o main.rs --force")
        .succeeds();
    room.run("bindings toy.till --rust -o toy.till --force")
        .fails(&["toy.till: is the model"]);
    fs::remove_file(room.path("main.rs")).unwrap();
    assert_eq!(room.files(), before);
    assert!(room.read("toy.till") == model && room.read("mine.rs") == mine.as_bytes());
}
