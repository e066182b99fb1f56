//! Bad input, which `check` and `train` refuse.

use std::fmt::Write;

use super::{
    Draws, checked, few_pictures, finds, is_clean, is_refused, payments, small_table, sound, wav,
};
use crate::room::Room;

#[test]
fn folders_that_are_none_are_refused() {
    let room = Room::new();
    few_pictures(&room);
    std::fs::rename(room.path("p"), room.path("old")).unwrap();
    is_refused(
        &room,
        "p.toml",
        &["p: there is no such folder", "mend the path"],
    );
    std::fs::create_dir(room.path("p")).unwrap();
    is_refused(
        &room,
        "p.toml",
        &[
            "p: holds no file of the forms",
            "put the files of each class",
        ],
    );
    let before = room.files();
    room.run("new p -o q.toml").fails(&["p", "sub-folder"]);
    std::fs::create_dir(room.path("p/a.pgm")).unwrap();
    is_refused(&room, "p.toml", &["p: holds no file of the forms"]);
    assert_eq!(room.files(), before);
}

#[test]
fn classes_of_which_nothing_can_be_learned_are_refused() {
    let room = Room::new();
    few_pictures(&room);
    room.write("p/other/one.pgm", room.read("p/dark/1.pgm"));
    is_refused(
        &room,
        "p.toml",
        &[
            "head class",
            "other/one.pgm",
            "class `other` has one sample",
            "add others",
        ],
    );
    std::fs::remove_dir_all(room.path("p/other")).unwrap();
    std::fs::remove_dir_all(room.path("p/dark")).unwrap();
    is_refused(
        &room,
        "p.toml",
        &[
            "head class: all labels are `bright`",
            "add samples of another class",
        ],
    );
    room.run("new p -o q.toml")
        .fails(&["p: holds one class, `bright`", "add a folder"]);
    assert!(!room.path("q.toml").exists());
}

#[test]
fn files_that_are_damaged_are_named() {
    let room = Room::new();
    few_pictures(&room);
    room.write("p/dark/none.png", "");
    is_refused(
        &room,
        "p.toml",
        &["p/dark/none.png", "0 bytes", "copy it again"],
    );
    let mut draws = Draws(7);
    for n in 0..30 {
        let class = ["a", "b"][n % 2];
        room.write(&format!("s/{class}/{n}.wav"), wav(&sound(&mut draws), 8000));
    }
    room.run("new s").succeeds();
    let whole = wav(&sound(&mut draws), 8000);
    room.write("s/a/cut.wav", &whole[..whole.len() / 2]);
    is_refused(&room, "s.toml", &["s/a/cut.wav", "copy"]);
}

#[test]
fn a_cell_that_names_a_folder_is_refused() {
    let room = Room::new();
    few_pictures(&room);
    let rows = (0..30).map(|n| {
        let class = ["bright", "dark"][n % 2];
        format!("p/{class}/{n}.pgm,{class}\n")
    });
    room.write(
        "t.csv",
        format!("photo,class\n{}", rows.collect::<String>()),
    );
    room.run("new t.csv").succeeds();
    let table = String::from_utf8(room.read("t.csv")).unwrap();
    room.write("t.csv", table.replace("p/dark/3.pgm", "p/dark"));
    is_refused(
        &room,
        "t.toml",
        &["t.csv, line 5", "p/dark: is a folder", "name a file"],
    );
    room.write("t.csv", table.replace("p/dark/3.pgm", "p/none.pgm"));
    let told = checked(&room, "t.toml");
    finds(&told, &["missing_file"]);
    assert_eq!(told["errors"], 0);
}

#[test]
fn tables_that_are_none_are_refused() {
    let room = Room::new();
    small_table(&room);
    let good = String::from_utf8(room.read("t.csv")).unwrap();
    room.write("t.csv", good.replace("age,city", "age,age"));
    is_refused(
        &room,
        "t.toml",
        &[
            "t.csv",
            "columns 1 and 2 have the same name `age`",
            "rename one",
        ],
    );
    room.write("t.csv", format!("{good}41,Bern\n"));
    is_refused(
        &room,
        "t.toml",
        &[
            "t.csv",
            "line 62",
            "2 fields where the header has 5",
            "correct the row",
        ],
    );
    let wide = good.encode_utf16().flat_map(u16::to_le_bytes);
    room.write(
        "t.csv",
        [0xff, 0xfe].into_iter().chain(wide).collect::<Vec<u8>>(),
    );
    is_refused(&room, "t.toml", &["t.csv", "UTF-16", "save it as UTF-8"]);
    let before = room.files();
    room.run("new t.csv -o other.toml --label risk")
        .fails(&["UTF-16"]);
    assert_eq!(room.files(), before);
}

#[test]
fn units_are_those_of_numbers_that_are_there() {
    let room = Room::new();
    small_table(&room);
    let text = String::from_utf8(room.read("t.toml")).unwrap();
    let columns = "columns = [\"age\", \"city\"]";
    let with = |units: &str| text.replace(columns, &format!("{columns}\nunits = {{ {units} }}"));
    room.write("t.toml", with("age = \"years\""));
    is_clean(&checked(&room, "t.toml"));
    for (units, words) in [
        ("city = \"km\"", ["units", "`city` is a category"]),
        ("weight = \"kg\"", ["units", "`weight` is no column"]),
        ("age = \"\"", ["units", "the unit of `age`"]),
    ] {
        room.write("t.toml", with(units));
        room.run("check t.toml").fails(&words);
    }
}

#[test]
fn several_bad_cells_are_told_at_once() {
    let room = Room::new();
    small_table(&room);
    let text = String::from_utf8(room.read("t.toml")).unwrap();
    let columns = "columns = [\"age\", \"city\"]";
    assert!(text.contains(columns), "{text}");
    room.write(
        "t.toml",
        text.replace(columns, &format!("{columns}\nnumber = [\"age\"]")),
    );
    let good = String::from_utf8(room.read("t.csv")).unwrap();
    room.write(
        "t.csv",
        format!("{good}old,Bern,a b c,low,train\nyoung,Bern,c d e,low,test\n"),
    );
    let told = checked(&room, "t.toml");
    assert_eq!(told["errors"], 2, "{told:#}");
    let ran = room.run("train t.toml");
    ran.fails(&[
        "t.csv",
        "line 62",
        "age",
        "`old` is not a number",
        "write a number there",
        "another fault",
    ]);
}

#[test]
fn too_many_categories_are_refused() {
    let room = Room::new();
    small_table(&room);
    let mut text = String::from("age,city,note,risk,part\n");
    for n in 0..100_000 {
        writeln!(
            text,
            "{},c{n},a b c d,{},train",
            n % 70,
            ["low", "high"][n % 2]
        )
        .unwrap();
    }
    room.write("t.csv", text);
    is_refused(
        &room,
        "t.toml",
        &[
            "column `city` has more than 10,000 different values",
            "leave it out",
        ],
    );
}

#[test]
fn a_label_that_occurs_in_the_test_part_only_is_refused() {
    let room = Room::new();
    small_table(&room);
    let good = String::from_utf8(room.read("t.csv")).unwrap();
    room.write(
        "t.csv",
        format!("{good}40,Bern,a b c,new,test\n41,Bern,a b d,new,test\n"),
    );
    is_refused(
        &room,
        "t.toml",
        &[
            "t.csv, line 62",
            "class `new` occurs in the test part only",
            "add training samples",
        ],
    );
}

#[test]
fn payments_of_nobody_are_refused_and_a_key_without_any_is_absent() {
    let room = Room::new();
    let good = payments(&room);
    let told = checked(&room, "t.toml");
    is_clean(&told);
    let history = told["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|input| input["name"] == "history");
    let absent = &history.unwrap()["absent"];
    let counts = ["train", "held_out", "test"].map(|part| absent[part].as_u64().unwrap());
    assert_eq!(counts.iter().sum::<u64>(), 15);
    room.write("pay.csv", format!("{good}nobody,1,5\n"));
    is_refused(
        &room,
        "t.toml",
        &[
            "pay.csv, line 92",
            "`nobody` is no `id` of the first table",
            "remove it",
        ],
    );
}
