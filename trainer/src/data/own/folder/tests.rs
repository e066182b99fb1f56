//! Folders and archives as people have them, and as nobody should.

use std::io::{Cursor, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn tree(paths: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for path in paths {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"x").unwrap();
    }
    root
}

fn found(paths: &[&str], grouping: Option<Grouping>) -> (Vec<FolderFile>, Report) {
    let (root, mut report) = (tree(paths), Report::default());
    let files = files(root.path(), &["png"], grouping, &mut report).unwrap();
    (files, report)
}

#[test]
fn the_sub_folder_is_the_class() {
    let (files, report) = found(
        &[
            "ship/2.PNG",
            "cat/1.png",
            "cat/.hidden.png",
            "cat/read.me",
            "loose.png",
        ],
        None,
    );
    let seen: Vec<_> = files
        .iter()
        .map(|f| (&*f.name, &*f.class, f.part))
        .collect();
    assert_eq!(
        seen,
        [("cat/1.png", "cat", None), ("ship/2.PNG", "ship", None)]
    );
    let kinds: Vec<_> = report.findings().map(|f| f.kind).collect();
    assert_eq!(kinds, ["no_class", "passed_over"]);
}

#[test]
fn parts_stand_above_classes() {
    let (files, _) = found(&["train/a/1.png", "valid/a/2.png", "test/b/3.png"], None);
    let parts: Vec<_> = files.iter().map(|f| (f.part, &*f.class)).collect();
    assert_eq!(
        parts,
        [
            (Some(Part::Test), "b"),
            (Some(Part::Train), "a"),
            (Some(Part::Valid), "a")
        ]
    );
    // A class of the name of a part is a class where others stand beside it.
    let (files, _) = found(&["train/1.png", "ship/1.png"], None);
    assert!(files.iter().all(|f| f.part.is_none()));
}

#[test]
fn groups_are_folders_or_prefixes() {
    let paths = ["yes/anna/1.png", "no/ben/2.png"];
    let groups = |files: Vec<FolderFile>| -> Vec<_> {
        files.into_iter().map(|f| f.group.unwrap()).collect()
    };
    assert_eq!(
        groups(found(&paths, Some(Grouping::Folder)).0),
        ["ben", "anna"]
    );
    let paths = ["yes/anna_1.png", "no/ben-2.png"];
    assert_eq!(
        groups(found(&paths, Some(Grouping::Prefix)).0),
        ["ben", "anna"]
    );
}

#[test]
fn what_is_no_folder_of_classes_is_told() {
    let root = tree(&["a.txt"]);
    let fault = |path: &Path| {
        let error = files(path, &["png"], None, &mut Report::default()).unwrap_err();
        error.to_string()
    };
    assert!(fault(&root.path().join("x")).contains("there is no such folder"));
    assert!(fault(&root.path().join("a.txt")).contains("is a file, not a folder"));
    assert!(fault(root.path()).contains("holds no file of the forms png in a sub-folder"));
}

/// Files as an archive of the form that the ending says.
fn archive(ending: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    if ending == "zip" {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        return writer.finish().unwrap().into_inner();
    }
    let mut bytes = Vec::new();
    for (name, content) in files {
        bytes.extend(member(name, tar::EntryType::Regular, content));
    }
    bytes.resize(bytes.len() + 1024, 0);
    match ending {
        "tar" => bytes,
        _ => gzip(&bytes),
    }
}

/// An entry of a tar archive, whatever its name.
fn member(name: &str, kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut bytes = [header.as_bytes(), content].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Looks for pictures in a file of this name and content.
fn packed(name: &str, bytes: &[u8]) -> (Result<Vec<FolderFile>>, Report) {
    let (root, mut report) = (tempfile::tempdir().unwrap(), Report::default());
    let path = root.path().join(name);
    fs::write(&path, bytes).unwrap();
    let found = files(&path, &["png", "pgm"], None, &mut report);
    // Nothing is unpacked beside it.
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    (found, report)
}

#[track_caller]
fn refused(name: &str, bytes: &[u8], words: &[&str]) {
    let line = packed(name, bytes).0.unwrap_err().to_string();
    assert!(!line.contains('\n'), "{line}");
    for word in words {
        assert!(line.contains(word), "`{word}` is not in: {line}");
    }
}

const ENDINGS: [&str; 4] = ["zip", "tar", "tar.gz", "tgz"];

#[test]
fn an_archive_stands_for_the_folder_that_it_holds() {
    let plain: &[(&str, &[u8])] = &[
        ("yes/1.png", b"one"),
        ("no/2.png", b"two"),
        ("no/.hidden.png", b"x"),
        ("__MACOSX/no/2.png", b"x"),
        ("notes.md", b"x"),
    ];
    let named = plain
        .iter()
        .map(|(name, bytes)| (format!("./top/{name}"), *bytes));
    let named: Vec<_> = named.collect();
    let below: Vec<_> = named
        .iter()
        .map(|(name, bytes)| (&**name, *bytes))
        .collect();
    for ending in ENDINGS {
        for all in [plain, &below] {
            let (found, report) = packed(&format!("c.{ending}"), &archive(ending, all));
            let found = found.unwrap();
            let seen = found.iter().map(|file| {
                let bytes = file.file.read().unwrap();
                (&*file.name, &*file.class, bytes)
            });
            let seen: Vec<_> = seen.collect();
            assert_eq!(
                seen,
                [
                    ("no/2.png", "no", b"two".to_vec()),
                    ("yes/1.png", "yes", b"one".to_vec())
                ],
                "{ending}"
            );
            let told: Vec<_> = report.findings().map(ToString::to_string).collect();
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains("notes.md"), "{told:?}");
        }
    }
}

#[test]
fn parts_of_an_archive_are_no_top_folder() {
    let files: &[(&str, &[u8])] = &[("train/a/1.png", b"1"), ("train/b/2.png", b"2")];
    for file in packed("c.tar", &archive("tar", files)).0.unwrap() {
        assert_eq!(file.part, Some(Part::Train));
        assert!(["a", "b"].contains(&&*file.class));
    }
}

#[test]
fn hostile_paths_are_refused() {
    for name in ["../a/1.png", "/a/1.png", "a/../../1.png", "C:/a/1.png"] {
        for ending in ["zip", "tar"] {
            let bytes = archive(ending, &[("a/0.png", b"x"), (name, b"x")]);
            let words = [name, "leads out of the archive", "pack the folder again"];
            refused(&format!("c.{ending}"), &bytes, &words);
        }
    }
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let bytes = member("a/1.png", kind, b"");
        refused(
            "c.tar",
            &bytes,
            &["a/1.png", "a link", "pack the file itself"],
        );
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .add_symlink("a/1.png", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    refused("c.zip", &bytes, &["a/1.png", "a link"]);
}

#[test]
fn two_files_of_one_name_are_refused() {
    let twice: &[(&str, &[u8])] = &[("a/1.png", b"x"), ("./a/1.png", b"y")];
    for ending in ["zip", "tar"] {
        let bytes = archive(ending, twice);
        refused(&format!("c.{ending}"), &bytes, &["two files of one name"]);
    }
    let mut bytes = archive("zip", &[("a/1.png", b"x"), ("a/2.png", b"y")]);
    while let Some(at) = bytes.windows(7).position(|name| name == b"a/2.png") {
        bytes[at + 2] = b'1';
    }
    refused("c.zip", &bytes, &["two files of one name"]);
}

#[test]
fn damaged_and_encrypted_archives_are_refused() {
    let files: &[(&str, &[u8])] = &[("a/1.png", &[7; 4000]), ("b/2.png", &[9; 4000])];
    for ending in ENDINGS {
        let name = format!("c.{ending}");
        let whole = archive(ending, files);
        let cut = &whole[..whole.len() / 2];
        refused(&name, cut, &[&name, "damaged or cut off", "again"]);
        refused(&name, b"no archive", &[&name, "damaged or cut off"]);
        refused(&name, b"", &[&name, "again"]);
    }
    let mut bytes = archive("zip", files);
    // Bit 0 of the flags says that an entry is encrypted.
    for (sign, place) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let starts: Vec<usize> = (0..bytes.len() - 4)
            .filter(|&at| bytes[at..].starts_with(sign))
            .collect();
        starts.iter().for_each(|at| bytes[at + place] |= 1);
    }
    refused("c.zip", &bytes, &["a/1.png", "is encrypted", "password"]);
    let mut bytes = archive("zip", &[("a/1.png", &[7; 400])]);
    bytes[40] ^= 1;
    refused("c.zip", &bytes, &["a/1.png", "damaged"]);
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let zeros = vec![0; 300 << 20];
    for ending in ["zip", "tgz"] {
        let bytes = archive(ending, &[("a/1.png", &zeros)]);
        assert!(bytes.len() < 2 << 20);
        let words = ["more than 268,435,456 bytes", "unpack it yourself"];
        refused(&format!("c.{ending}"), &bytes, &words);
    }
}

/// An IDX file of bytes with these sizes.
fn idx_file(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    sizes
        .iter()
        .for_each(|size| file.extend(size.to_be_bytes()));
    file.extend(bytes);
    file
}

/// A folder with pictures and labels for training and testing.
fn idx_folder() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| fs::write(root.path().join(name), bytes).unwrap();
    let pixels: Vec<u8> = (0..3 * 6).collect();
    write(
        "train-images-idx3-ubyte.gz",
        gzip(&idx_file(&[3, 2, 3], &pixels)),
    );
    write(
        "train-labels-idx1-ubyte.gz",
        gzip(&idx_file(&[3], &[4, 1, 4])),
    );
    write("t10k-images.idx3-ubyte", idx_file(&[1, 2, 3], &pixels[..6]));
    write("t10k-labels.idx1-ubyte", idx_file(&[1], &[1]));
    write("README", b"x".to_vec());
    root
}

#[test]
fn idx_files_are_pictures_with_labels() {
    let root = idx_folder();
    let mut report = Report::default();
    let found = files(root.path(), &["pgm"], None, &mut report).unwrap();
    let seen: Vec<_> = found.iter().map(|f| (&*f.class, f.part)).collect();
    let [train, test] = [Part::Train, Part::Test].map(Some);
    assert_eq!(
        seen,
        [("1", test), ("4", train), ("1", train), ("4", train)]
    );
    assert_eq!(found[3].name, "train-images-idx3-ubyte.gz, item 2");
    let picture = found[3].file.read().unwrap();
    assert_eq!(
        picture,
        [&b"P5 3 2 255\n"[..], &[12, 13, 14, 15, 16, 17]].concat()
    );
    let told: Vec<_> = report.findings().map(|f| f.kind).collect();
    assert_eq!(told, ["passed_over"]);
    // They may lie in an archive too.
    let names = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"];
    let read = names.map(|name| {
        (
            format!("set/{name}"),
            fs::read(root.path().join(name)).unwrap(),
        )
    });
    let members: Vec<_> = read
        .iter()
        .map(|(name, bytes)| (&**name, &**bytes))
        .collect();
    let found = packed("set.zip", &archive("zip", &members)).0.unwrap();
    assert_eq!(found.len(), 3);
}

#[test]
fn pictures_of_other_dimensions_are_read() {
    let root = tempfile::tempdir().unwrap();
    let first = |sizes: &[u32]| {
        let name = format!("x-images-idx{}-ubyte", sizes.len());
        let pixels = vec![9; sizes.iter().product::<u32>() as usize];
        fs::write(
            root.path().join("x-labels-idx1-ubyte"),
            idx_file(&[2], &[0, 1]),
        )
        .unwrap();
        fs::write(root.path().join(&name), idx_file(sizes, &pixels)).unwrap();
        let found = files(root.path(), &["pgm"], None, &mut Report::default());
        fs::remove_file(root.path().join(&name)).unwrap();
        found.map(|found| found[0].file.read().unwrap())
    };
    assert!(first(&[2, 9]).unwrap().starts_with(b"P5 3 3 255\n"));
    assert!(first(&[2, 4, 5, 3]).unwrap().starts_with(b"P6 5 4 255\n"));
    let fault = first(&[2, 8]).unwrap_err().to_string();
    assert!(fault.contains("which is no square"), "{fault}");
    let fault = first(&[2, 8, 8, 2]).unwrap_err().to_string();
    assert!(fault.contains("pictures of 2 channels"), "{fault}");
}

#[test]
fn bad_idx_files_are_refused() {
    let fault = |name: &str, bytes: &[u8]| {
        let root = idx_folder();
        match bytes.is_empty() {
            true => fs::remove_file(root.path().join(name)).unwrap(),
            false => fs::write(root.path().join(name), bytes).unwrap(),
        }
        let error = files(root.path(), &["pgm"], None, &mut Report::default()).unwrap_err();
        error.to_string()
    };
    let (pictures, labels) = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz");
    let three = idx_file(&[3], &[4, 1, 4]);
    let magic = fault(pictures, &gzip(&three));
    assert!(
        magic.contains("begins with 0x00000801, not with 0x00000803"),
        "{magic}"
    );
    let counts = fault(labels, &gzip(&idx_file(&[2], &[4, 1])));
    assert!(counts.contains("3 pictures, and 2 labels in"), "{counts}");
    let whole = idx_file(&[3, 2, 3], &[1; 18]);
    let cut = fault(pictures, &gzip(&whole[..30]));
    assert!(
        cut.contains("cut off after 30 of 34 bytes; get it again"),
        "{cut}"
    );
    let gzip_cut = fault(pictures, &gzip(&whole)[..20]);
    assert!(gzip_cut.contains("the gzip data end"), "{gzip_cut}");
    let long = fault(pictures, &gzip(&[&whole[..], b"x"].concat()));
    assert!(long.contains("35 bytes or more where 34 are due"), "{long}");
    let huge = fault(pictures, &gzip(&idx_file(&[u32::MAX, 28, 28], &[])));
    assert!(huge.contains("more than 268,435,456 bytes"), "{huge}");
    let alone = fault(labels, b"");
    assert!(
        alone.contains("there is no `train-labels-idx1-ubyte` (or .gz) beside it"),
        "{alone}"
    );
    for line in [magic, counts, cut, gzip_cut, long, huge, alone] {
        assert!(line.contains("idx") && !line.contains('\n'), "{line}");
    }
}
