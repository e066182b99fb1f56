//! Archives that stand for folders, and pictures in idx files.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Draws, checked, few_pictures, is_clean, is_refused, picture};
use crate::room::Room;

/// The files below a folder of the room, in a zip archive.
fn zipped(room: &Room, folder: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in room.files() {
        if name.starts_with(folder) {
            writer
                .start_file(&name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(&room.read(&name)).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

/// The files below a folder of the room, in a gzipped tar archive.
fn tarred(room: &Room, folder: &str) -> Vec<u8> {
    let packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(packer);
    builder.append_dir_all(".", room.path(folder)).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

#[test]
fn an_archive_trains_what_its_folder_trains() {
    let room = Room::new();
    few_pictures(&room);
    room.run("train p.toml --epochs 1 --no-evaluation --out p.till")
        .succeeds();
    let of_folder = checked(&room, "p.toml");
    for (archive, bytes) in [
        ("p.zip", zipped(&room, "p/")),
        ("p.tar.gz", tarred(&room, "p")),
    ] {
        room.write(archive, bytes);
        // Called like the archive without its ending.
        let ran = room.run(&format!("new {archive} --force")).succeeds();
        assert!(ran.out.contains("wrote p.toml"), "{ran:?}");
        let text = String::from_utf8(room.read("p.toml")).unwrap();
        assert!(text.contains(&format!("folder = \"{archive}\"")), "{text}");
        let before = room.files();
        assert_eq!(checked(&room, "p.toml"), of_folder);
        assert_eq!(room.files(), before);
        let out = format!("{archive}.till");
        room.run(&format!(
            "train p.toml --epochs 1 --no-evaluation --out {out}"
        ))
        .succeeds();
        assert_eq!(room.read(&out), room.read("p.till"), "{archive}");
        // An output never replaces the data.
        room.run(&format!("train p.toml --epochs 1 --force --out {archive}"))
            .fails(&[archive, "is a file of the data"]);
    }
}

#[test]
fn archives_that_are_none_are_refused() {
    let room = Room::new();
    few_pictures(&room);
    let whole = zipped(&room, "p/");
    room.write("p.zip", &whole);
    room.run("new p.zip --force").succeeds();
    room.write("p.zip", &whole[..whole.len() / 2]);
    let words = ["p.zip", "damaged or cut off", "copy it again"];
    is_refused(&room, "p.toml", &words);
    room.run("new p.zip -o q.toml").fails(&words);
    room.write("p.rar", "Rar!");
    room.run("new p.rar -o q.toml").fails(&["p.rar"]);
    assert!(!room.path("q.toml").exists());
}

/// An idx file of bytes with these sizes.
fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    sizes
        .iter()
        .for_each(|size| file.extend(size.to_be_bytes()));
    file.extend(bytes);
    file
}

/// Pictures of two classes, 3 and 7, in the idx files of `set`.
fn idx_set(room: &Room) {
    let mut draws = Draws(8);
    for (part, count) in [("train", 60u32), ("t10k", 20)] {
        let pixels = (0..count).flat_map(|n| picture(&mut draws, n % 2 == 0));
        let pixels: Vec<u8> = pixels.collect();
        let labels = (0..count).map(|n| if n % 2 == 0 { 7 } else { 3 });
        let labels: Vec<u8> = labels.collect();
        let name = |kind: &str| format!("set/{part}-{kind}-ubyte");
        room.write(&name("images-idx3"), idx(&[count, 16, 16], &pixels));
        room.write(&name("labels-idx1"), idx(&[count], &labels));
    }
}

#[test]
fn idx_files_are_recognised_and_trained() {
    let room = Room::new();
    idx_set(&room);
    room.run("new set").succeeds();
    let told = checked(&room, "set.toml");
    is_clean(&told);
    assert_eq!(told["samples"]["test"], 20, "{told:#}");
    let class = |told: &serde_json::Value, at: usize| {
        let class = &told["heads"][0]["classes"][at];
        (
            class["name"].as_str().unwrap().to_owned(),
            class["test"].as_u64().unwrap(),
        )
    };
    assert_eq!(class(&told, 0), ("3".to_owned(), 10));
    assert_eq!(class(&told, 1), ("7".to_owned(), 10));
    room.run("train set.toml --epochs 1").succeeds();
    // Names of the classes in the order of their numbers.
    let text = String::from_utf8(room.read("set.toml")).unwrap();
    let named = |names: &str| {
        let head = "name = \"class\"";
        assert!(text.contains(head), "{text}");
        let with = format!("{head}\nclasses = [{names}]");
        room.write("set.toml", text.replace(head, &with));
    };
    named(r#""a", "b", "c", "dark", "e", "f", "g", "bright""#);
    let told = checked(&room, "set.toml");
    assert_eq!(class(&told, 3), ("dark".to_owned(), 10), "{told:#}");
    named(r#""a", "b", "c", "dark""#);
    is_refused(
        &room,
        "set.toml",
        &["t10k-images-idx3-ubyte, item 0", "label 7", "names 0 to 3"],
    );
}

#[test]
fn idx_files_that_do_not_belong_together_are_refused() {
    let room = Room::new();
    idx_set(&room);
    room.run("new set").succeeds();
    let labels = "set/t10k-labels-idx1-ubyte";
    room.write(labels, idx(&[19], &[3; 19]));
    let words = ["20 pictures, and 19 labels", "get both files of one set"];
    is_refused(&room, "set.toml", &words);
    room.write(labels, idx(&[20], &[3; 18]));
    is_refused(
        &room,
        "set.toml",
        &[labels, "cut off after 26 of 28 bytes; get it again"],
    );
    room.write(labels, [0, 0, 0x0d, 1, 0, 0, 0, 20]);
    is_refused(
        &room,
        "set.toml",
        &[labels, "begins with 0x00000d01", "idx files of bytes"],
    );
    std::fs::remove_file(room.path(labels)).unwrap();
    let words = ["there is no `t10k-labels-idx1-ubyte`"];
    is_refused(&room, "set.toml", &words);
    room.run("new set -o other.toml").fails(&words);
}
