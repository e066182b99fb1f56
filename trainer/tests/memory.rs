//! Files that announce more than is in them: one clear line, at once, and within a gigabyte of memory.
//!
//! A test program of its own, because the system tells the peak of all processes that this one has waited for.

#[path = "cli/room.rs"]
mod room;

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use nix::sys::resource::{UsageWho, getrusage};
use room::{Ran, Room};
use sha2::{Digest, Sha256};
use tillsense_core::model::digest;
use tillsense_core::model::header::Header;

/// Peak of resident memory, in kilobytes.
const MOST: i64 = 1 << 20;
const LONGEST: Duration = Duration::from_secs(20);

/// Runs a command and sees to its time and memory.
#[track_caller]
fn frugal(room: &Room, words: &str) -> Ran {
    let started = Instant::now();
    let ran = room.run(words);
    let (took, peak) = (
        started.elapsed(),
        getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss(),
    );
    assert!(took < LONGEST, "{words}: {took:?}");
    assert!(peak < MOST, "{words}: {peak} kilobytes\n{ran:?}");
    ran
}

#[track_caller]
fn refused(room: &Room, command: &str, words: &[&str]) {
    frugal(room, command).fails(words);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A gzip of a header and so many zeros behind it.
fn gzip_of_zeros(head: &[u8], megabytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(head).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..megabytes {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

fn idx(sizes: [u32; 3]) -> Vec<u8> {
    let words = [[0x0000_0803].as_slice(), &sizes].concat();
    words
        .iter()
        .flat_map(|word: &u32| word.to_be_bytes())
        .collect()
}

/// A hole of this length: all its bytes are there for who reads them, and none on the disk.
fn hole(room: &Room, name: &str, len: u64) {
    room.write(name, "");
    File::create(room.path(name)).unwrap().set_len(len).unwrap();
}

/// Writes a head and as much of a piece again and again; in pieces, because the system may count memory of this process as its
/// children's.
fn repeat(room: &Room, name: &str, head: &[u8], piece: &[u8], len: usize) {
    room.write(name, head);
    let mut file = File::options().append(true).open(room.path(name)).unwrap();
    let pieces = piece.repeat((1 << 20) / piece.len());
    for _ in 0..len / pieces.len() {
        file.write_all(&pieces).unwrap();
    }
}

#[test]
fn model_files_that_announce_a_large_arena() {
    let room = Room::with_model();
    let file = room.read("models/shoppers.till");
    for arena_len in [0xffff_fff0, 0x8000_0000, 0x1000_0000, 0x10_0000] {
        let header = Header::parse(&file).unwrap();
        let mut forged = file.clone();
        let start = Header {
            arena_len,
            ..header
        }
        .emit(&file[64..96].try_into().unwrap());
        forged[..start.len()].copy_from_slice(&start);
        let end = header.digest_offset();
        let seal = digest(&forged[..end]);
        forged[end..end + seal.len()].copy_from_slice(&seal);
        room.write("forged.till", &forged);
        for command in ["inspect", "inspect --json", "evaluate", "compare"] {
            let ran = frugal(&room, &format!("{command} forged.till"));
            if ran.code != Some(0) {
                ran.says_error(1, &["forged.till"]);
            }
        }
    }
    // The last one is within all limits.
    let inspected = room.run("inspect --json forged.till").json();
    assert_eq!(inspected["bytes"]["arena"], 0x10_0000);
}

#[test]
fn files_that_have_no_end() {
    let room = Room::with_model();
    hole(&room, "hole.till", 1 << 40);
    hole(&room, "hole.toml", 1 << 40);
    for (command, words) in [
        ("inspect hole.till", "hole.till"),
        ("inspect /dev/zero", "/dev/zero"),
        ("train hole.toml", "hole.toml"),
    ] {
        refused(&room, command, &[words, "cannot be read", "more than"]);
    }
    std::fs::remove_file(room.path("models/shoppers.trained")).unwrap();
    hole(&room, "models/shoppers.trained", 1 << 40);
    refused(
        &room,
        "evaluate models/shoppers.till",
        &["shoppers.trained", "more than"],
    );
    hole(&room, "a.checkpoint", 1 << 40);
    refused(
        &room,
        "train shoppers --limit 100 --epochs 1 --resume -o a.till",
        &["a.checkpoint", "no checkpoint of a training"],
    );
    // What begins like one, and is larger than that of this network can be.
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(room.path("a.checkpoint"))
        .unwrap();
    std::io::Write::write_all(&mut file, b"tillckp2").unwrap();
    refused(
        &room,
        "train shoppers --limit 100 --epochs 1 --resume -o a.till",
        &["a.checkpoint", "another description"],
    );
    hole(&room, "found/search.json", 1 << 40);
    refused(
        &room,
        "search shoppers --limit 100 --epochs 1 --trials 1 -o found",
        &["search.json", "cannot be read"],
    );
    // JSON takes many times its bytes.
    repeat(&room, "found/search.json", b"[", b"0,", 60 << 20);
    refused(
        &room,
        "search shoppers --limit 100 --epochs 1 --trials 1 -o found",
        &["search.json", "more than"],
    );
}

#[test]
fn trained_files_and_checkpoints_that_announce_much() {
    let room = Room::with_model();
    let whole = room.read("models/shoppers.trained");
    // Behind magic and seal the lengths follow: of a text, of lists.
    for at in 40..60 {
        let mut forged = whole.clone();
        forged[at..at + 10]
            .copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
        room.write("models/shoppers.trained", forged);
        refused(
            &room,
            "evaluate models/shoppers.till",
            &["models/shoppers.trained", "damaged"],
        );
    }
    hole(&room, "models/shoppers.trained", 70 << 20);
    refused(
        &room,
        "evaluate models/shoppers.till",
        &["models/shoppers.trained", "damaged"],
    );
}

/// A `.trained` file of this model with these bytes of frontends, of parameters and of epochs.
fn trained_file(whole: &[u8], frontends: &[u8], params: &[u8], curve: &[u8]) -> Vec<u8> {
    let mut bytes = whole[..40].to_vec();
    // Three texts, real data, and their digest; seed, epochs, no limit.
    bytes.extend(*b"\x01x\x01x\x01x\x01");
    bytes.extend([7; 32]);
    bytes.extend([1, 1, 0]);
    bytes.extend(frontends);
    // No classes.
    bytes.push(0);
    bytes.extend(params);
    // No ranges, temperatures, thresholds.
    bytes.extend([0; 3]);
    bytes.extend(curve);
    bytes.extend(Sha256::digest(&bytes));
    bytes
}

#[test]
fn trained_files_whose_bytes_become_many_in_memory() {
    let room = Room::with_model();
    let whole = room.read("models/shoppers.trained");
    let evaluate = |bytes: Vec<u8>, words: &[&str]| {
        room.write("models/shoppers.trained", bytes);
        let words = [&["models/shoppers.trained"], words].concat();
        refused(&room, "evaluate models/shoppers.till", &words);
    };
    // One parameter of so many axes.
    for (megabytes, word) in [(70, "damaged"), (90, "more than")] {
        let axes = postcard::to_allocvec(&(1, "p", megabytes << 20)).unwrap();
        let axes = [axes, vec![0; megabytes << 20]].concat();
        evaluate(trained_file(&whole, &[0], &axes, &[0]), &[word]);
    }
    // So many parameters of nothing.
    let count = 8 << 20;
    let mut params = postcard::to_allocvec(&count).unwrap();
    for number in 0..count {
        let name = (number as u32).to_le_bytes().map(|byte| byte & 0x7f);
        params.push(4);
        params.extend(name);
        params.extend([0, 0]);
    }
    evaluate(trained_file(&whole, &[0], &params, &[0]), &["damaged"]);
    // A record of so many fields of nothing, and so many epochs of nothing.
    let mut fields = vec![1, 3];
    fields.extend(postcard::to_allocvec(&count).unwrap());
    fields.resize(fields.len() + 6 * count, 0);
    evaluate(trained_file(&whole, &fields, &[0], &[0]), &["damaged"]);
    let mut epochs = postcard::to_allocvec(&count).unwrap();
    epochs.resize(epochs.len() + 8 * count, 0);
    evaluate(trained_file(&whole, &[0], &[0], &epochs), &["damaged"]);
}

#[test]
fn pictures_that_announce_much() {
    let room = Room::new();
    let images = "sets/mnist/train-images-idx3-ubyte.gz";
    let many = 4 << 20;
    // With more than a gigabyte behind it, so that who reads on takes that.
    let endless = |head: &[u8]| gzip_of_zeros(head, 1200);
    let cases: [(Vec<u8>, &[&str]); 4] = [
        (
            endless(&idx([1, 65_535, 65_535])),
            &["65535 x 65535 pixels"],
        ),
        (endless(&idx([many, 28, 28])), &["more than", "bytes"]),
        (gzip(&idx([u32::MAX, 28, 28])), &["more than", "bytes"]),
        (endless(&idx([9, 28, 28])), &["are due"]),
    ];
    for (bytes, words) in cases {
        room.write(images, bytes);
        refused(
            &room,
            "train digits --data sets",
            &[&[images], words].concat(),
        );
    }
}

/// A tar entry of 512 bytes that is a hole of seven gigabytes.
fn sparse(name: &str) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(0);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.set_real_size(7 << 30);
    gnu.sparse[0].set_offset(7 << 30);
    gnu.sparse[0].set_length(0);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn archives_with_holes() {
    let room = Room::new();
    let archive = "sets/fsdd/fsdd.tar";
    room.write(archive, sparse("recordings/7_anna_0.wav"));
    let train = "train spoken-digits --data sets";
    refused(&room, train, &[archive, "7_anna_0.wav", "holes"]);
    // An entry that is really there, as a hole of the file system; a name of gigabytes.
    for (kind, name) in [
        (tar::EntryType::Regular, "recordings/7_anna_0.wav"),
        (tar::EntryType::GNULongName, "long"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_path(name).unwrap();
        header.set_entry_type(kind);
        header.set_size(5 << 30);
        header.set_cksum();
        room.write(archive, header.as_bytes());
        File::options()
            .append(true)
            .open(room.path(archive))
            .unwrap()
            .set_len(6 << 30)
            .unwrap();
        refused(&room, train, &[archive]);
    }
    std::fs::remove_file(room.path(archive)).unwrap();
    hole(&room, "sets/fsdd/recordings/7_anna_0.wav", 6 << 30);
    refused(&room, train, &["7_anna_0.wav", "more than"]);
}

#[test]
fn archives_with_long_names() {
    let room = Room::new();
    let archive = "sets/fsdd/fsdd.tar";
    for kind in [
        tar::EntryType::GNULongName,
        tar::EntryType::GNULongLink,
        tar::EntryType::XHeader,
        tar::EntryType::XGlobalHeader,
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(200 << 20);
        header.set_cksum();
        repeat(&room, archive, header.as_bytes(), b"n", 200 << 20);
        let train = "train spoken-digits --data sets";
        refused(&room, train, &[archive, "more than 4096 bytes"]);
    }
}

#[test]
fn tables_of_commas_and_of_empty_cells() {
    let room = Room::new();
    let shoppers = "Administrative,Administrative_Duration,Informational,Informational_Duration,ProductRelated,\
        ProductRelated_Duration,BounceRates,ExitRates,PageValues,SpecialDay,Month,OperatingSystems,Browser,Region,TrafficType,\
        VisitorType,Weekend,Revenue\n";
    let credit = "ID,LIMIT_BAL,SEX,EDUCATION,MARRIAGE,AGE,PAY_0,PAY_2,PAY_3,PAY_4,PAY_5,PAY_6,BILL_AMT1,BILL_AMT2,\
        BILL_AMT3,BILL_AMT4,BILL_AMT5,BILL_AMT6,PAY_AMT1,PAY_AMT2,PAY_AMT3,PAY_AMT4,PAY_AMT5,PAY_AMT6,default.payment.next.month\n";
    let tables = [
        (
            "online_shoppers/online_shoppers_intention.csv",
            "shoppers",
            shoppers,
            ",".repeat(17) + "FALSE\n",
        ),
        (
            "credit_default/UCI_Credit_Card.csv",
            "credit-risk",
            credit,
            ",".repeat(24) + "0\n",
        ),
        (
            "banking77/train.csv",
            "bank-intents",
            "text,category\n",
            "a,card_arrival\n".to_owned(),
        ),
    ];
    for (file, preset, header, row) in tables {
        let command = format!("train {preset} --data sets");
        let file = format!("sets/{file}");
        for (header, line) in [("", "line 1"), (header, "line 2")] {
            repeat(&room, &file, header.as_bytes(), b",", 120 << 20);
            refused(&room, &command, &[&file, line, "a record of more than"]);
        }
        repeat(&room, &file, header.as_bytes(), row.as_bytes(), 120 << 20);
        refused(&room, &command, &[&file, "more than 500000 records"]);
    }
}

#[test]
fn tables_without_end() {
    let room = Room::new();
    for (file, preset) in [
        ("banking77/train.csv", "bank-intents"),
        ("online_shoppers/online_shoppers_intention.csv", "shoppers"),
        ("credit_default/UCI_Credit_Card.csv", "credit-risk"),
    ] {
        hole(&room, &format!("sets/{file}"), 1 << 40);
        refused(
            &room,
            &format!("train {preset} --data sets"),
            &[file, "more than"],
        );
        hole(&room, &format!("sets/{file}"), 100 << 20);
        refused(&room, &format!("train {preset} --data sets"), &[file]);
    }
}

#[test]
fn descriptions_of_huge_networks() {
    let room = Room::new();
    let describe = |encoder: &str, more: &str| {
        format!(
            "name = \"huge\"\ndata.set = \"mnist\"\n\n[[inputs]]\nname = \"image\"\nkind = \"image\"\n{more}encoder = [{encoder}]\n\n[[heads]]\nname = \"digit\"\n"
        )
    };
    let dense = "{ layer = \"dense\", units = 4096 }, ";
    let conv = "{ layer = \"conv2d\", channels = 4096, kernel = [512, 512], padding = \"same\" }, ";
    let large = "size = [512, 512]\n";
    let cases: [(String, &[&str]); 7] = [
        (
            describe(&dense.repeat(9), ""),
            &["huge.toml:4: inputs.image", "parameters", "at most"],
        ),
        (
            describe(&conv.repeat(3), large),
            &["huge.toml:4: inputs.image", "too large", "at most"],
        ),
        (
            describe(&(conv.repeat(3) + "{ layer = \"global_pool\" }"), large),
            &["huge.toml:4: inputs.image", "parameters", "at most"],
        ),
        (
            describe(
                "{ layer = \"conv2d\", channels = 64, kernel = [1, 1] }, { layer = \"max_pool\", size = [512, 512] }",
                large,
            ),
            &["huge.toml:4: inputs.image", "values for a batch of 64"],
        ),
        (
            describe(&dense.repeat(65), ""),
            &["inputs.image.encoder", "65 layers"],
        ),
        (
            describe(
                "{ layer = \"max_pool\", size = [2, 2], padding = [9223372036854775807, 0, 0, 0] }",
                "",
            ),
            &["pool.padding", "0 to 512"],
        ),
        (format!("name = {}", "[".repeat(900_000)), &["huge.toml:1"]),
    ];
    for (text, words) in cases {
        room.write("huge.toml", text);
        refused(&room, "train huge.toml", words);
        assert_eq!(room.files(), ["huge.toml"]);
    }
}

/// A header of a tar archive for a file of so many bytes.
fn tar_header(name: &str, len: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_size(len);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn archives_that_stand_for_folders() {
    let room = Room::new();
    for name in ["p.zip", "p.tar", "p.tgz"] {
        hole(&room, name, 1 << 40);
        refused(&room, &format!("new {name}"), &[name]);
    }
    let larger = "more than 268,435,456 bytes; unpack it yourself if you trust it";
    // Files that are wanted, and one that is passed over.
    let wanted = tar_header("a/1.png", 300 << 20);
    room.write("p.tgz", gzip_of_zeros(&wanted, 300));
    refused(&room, "new p.tgz", &["p.tgz", larger]);
    let other = tar_header("a/1.doc", 1200 << 20);
    room.write("p.tgz", gzip_of_zeros(&other, 1200));
    refused(&room, "new p.tgz", &["p.tgz", "damaged or cut off"]);
    let file = File::create(room.path("p.zip")).unwrap();
    let mut writer = zip::ZipWriter::new(file);
    let zeros = vec![0; 1 << 20];
    for name in ["a/1.png", "b/2.png"] {
        writer
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        for _ in 0..200 {
            writer.write_all(&zeros).unwrap();
        }
    }
    writer.finish().unwrap();
    refused(&room, "new p.zip", &["p.zip", larger]);
    assert_eq!(room.files(), ["p.tar", "p.tgz", "p.zip"]);
}

#[test]
fn idx_files_of_ones_own() {
    let room = Room::new();
    let labels = |count: u32| {
        let words = [0x0000_0801, count].map(u32::to_be_bytes);
        words.concat()
    };
    let (pictures, numbers) = (
        "s/train-images-idx3-ubyte.gz",
        "s/train-labels-idx1-ubyte.gz",
    );
    room.write(pictures, gzip_of_zeros(&idx([250 << 20, 1, 1]), 250));
    room.write(numbers, gzip_of_zeros(&labels(250 << 20), 250));
    refused(
        &room,
        "new s",
        &[numbers, "262,144,000 labels, and 1,000,000 are read"],
    );
    room.write(numbers, gzip(&[&labels(4)[..], &[0; 4]].concat()));
    room.write(pictures, gzip_of_zeros(&idx([4, 1 << 13, 1 << 13]), 1200));
    refused(&room, "new s", &[pictures, "bytes or more where"]);
    room.write(pictures, gzip_of_zeros(&idx([4, 1 << 15, 1 << 15]), 1));
    refused(
        &room,
        "new s",
        &[pictures, "more than 268,435,456 bytes", "get it again"],
    );
    assert_eq!(room.files(), [pictures, numbers]);
}
