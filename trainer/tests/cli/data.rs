//! Data folders that are missing, incomplete or damaged: the file, the line, the field, and how to mend it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::room::Room;

const SHOPPERS: &str = "online_shoppers/online_shoppers_intention.csv";
const SHOPPERS_HEADER: &str = "Administrative,Administrative_Duration,Informational,Informational_Duration,ProductRelated,ProductRelated_Duration,\
BounceRates,ExitRates,PageValues,SpecialDay,Month,OperatingSystems,Browser,Region,TrafficType,VisitorType,Weekend,Revenue";
const SHOPPERS_ROW: &str = "0,0,0,0,1,0,0.2,0.2,0,0,Feb,1,1,1,1,Returning_Visitor,FALSE,FALSE";
const CREDIT: &str = "credit_default/UCI_Credit_Card.csv";
const CREDIT_HEADER: &str = "ID,LIMIT_BAL,SEX,EDUCATION,MARRIAGE,AGE,PAY_0,PAY_2,PAY_3,PAY_4,PAY_5,PAY_6,BILL_AMT1,BILL_AMT2,BILL_AMT3,\
BILL_AMT4,BILL_AMT5,BILL_AMT6,PAY_AMT1,PAY_AMT2,PAY_AMT3,PAY_AMT4,PAY_AMT5,PAY_AMT6,default.payment.next.month";
const CREDIT_ROW: &str = "1,20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,0,0,689,0,0,0,0,1";

/// Training `preset` on a folder that holds these files fails with these words, and leaves nothing behind.
#[track_caller]
fn refused(preset: &str, files: &[(&str, &[u8])], words: &[&str]) {
    let room = Room::new();
    for (name, bytes) in files {
        room.write(&format!("sets/{name}"), bytes);
    }
    let before = room.files();
    room.run(&format!("train {preset} --data sets --epochs 1"))
        .fails(words);
    assert_eq!(room.files(), before);
}

/// A table of 12 rows like `row`, the third of which (line 4) has a value replaced.
fn table(header: &str, row: &str, column: &str, value: &str) -> Vec<u8> {
    let place = header.split(',').position(|name| name == column).unwrap();
    let mut bad: Vec<_> = row.split(',').collect();
    bad[place] = value;
    let bad = bad.join(",");
    let rows = (0..12).map(|i| if i == 2 { bad.as_str() } else { row });
    // The published file of shop visits ends its lines like this.
    [header]
        .into_iter()
        .chain(rows)
        .collect::<Vec<_>>()
        .join("\r\n")
        .into_bytes()
}

#[test]
fn no_folder_or_nothing_in_it() {
    let room = Room::new();
    room.run("train shoppers --data none")
        .fails(&["none", "--data", "does not exist"]);
    let mut command = room.command("train shoppers");
    command.env("TILLSENSE_DATA", "nowhere");
    crate::room::Ran::of(command).fails(&["nowhere", "TILLSENSE_DATA"]);
    room.run("data check")
        .fails(&["data", "no such folder", "tillsense data fetch"]);
    room.run("data check --data none")
        .fails(&["none", "tillsense data fetch --data none"]);
    refused(
        "shoppers",
        &[("note.txt", b"")],
        &[SHOPPERS, "not found", "tillsense data fetch"],
    );
    refused("digits", &[("note.txt", b"")], &["mnist", "not found"]);
    refused(
        "spoken-digits",
        &[("note.txt", b"")],
        &["fsdd", "not found"],
    );
    refused(
        "bank-intents",
        &[("note.txt", b"")],
        &["banking77", "not found"],
    );
    refused("credit-risk", &[("note.txt", b"")], &[CREDIT, "not found"]);
}

#[test]
fn the_default_folder_is_used_where_it_is_there() {
    let room = Room::new();
    room.write("data/note.txt", "");
    room.run("train shoppers")
        .fails(&["data/online_shoppers", "not found"]);
}

#[test]
fn records_that_are_wrong() {
    let shop = |column, value| table(SHOPPERS_HEADER, SHOPPERS_ROW, column, value);
    let cases = [
        ("BounceRates", "NaN", "`NaN` is not a number"),
        ("ExitRates", "inf", "`inf` is not a number"),
        ("ProductRelated", "99999999999", "out of range"),
        ("Month", "Febtober", "unknown category `Febtober`"),
        ("Revenue", "maybe", "unknown label `maybe`"),
    ];
    for (column, value, words) in cases {
        let field = format!("line 4, field `{column}`");
        refused(
            "shoppers",
            &[(SHOPPERS, &shop(column, value))],
            &[SHOPPERS, &field, words],
        );
    }
    let credit = |column, value| table(CREDIT_HEADER, CREDIT_ROW, column, value);
    refused(
        "credit-risk",
        &[(CREDIT, &credit("SEX", "7"))],
        &[CREDIT, "line 4, field `SEX`", "`7`"],
    );
    refused(
        "credit-risk",
        &[(CREDIT, &credit("BILL_AMT3", "nan"))],
        &[CREDIT, "line 4, field `BILL_AMT3`", "`nan`"],
    );
}

#[test]
fn tables_that_are_cut_off() {
    let whole = table(SHOPPERS_HEADER, SHOPPERS_ROW, "Month", "Mar");
    refused(
        "shoppers",
        &[(SHOPPERS, &whole[..whole.len() - 40])],
        &[
            SHOPPERS,
            "line 13",
            "fields where the header has 18",
            "correct the row",
        ],
    );
    refused(
        "shoppers",
        &[(SHOPPERS, &whole[..100])],
        &[SHOPPERS, "line 1", "no column"],
    );
    refused("shoppers", &[(SHOPPERS, b"")], &[SHOPPERS, "nothing in it"]);
}

#[test]
fn texts_that_are_wrong() {
    let good: &[u8] = b"text,category\nWhere is my card?,card_arrival\n";
    let files = |bad: &'static [u8]| [("banking77/train.csv", bad), ("banking77/test.csv", good)];
    refused(
        "bank-intents",
        &files(b"text,category\nWhere?,card_arrival\n  ,card_arrival\n"),
        &[
            "train.csv",
            "line 3, field `text`",
            "no letter and no digit",
        ],
    );
    refused(
        "bank-intents",
        &files(b"text,category\nWhere?,card_departure\n"),
        &["train.csv", "line 2, field `category`", "`card_departure`"],
    );
    refused(
        "bank-intents",
        &files(b"text,category\n\xff\xfe,card_arrival\n"),
        &["train.csv", "line 2", "UTF-8"],
    );
}

#[test]
fn a_text_without_letters_is_told_with_its_file_and_line() {
    let good: &[u8] = b"text,category\nWhere is my card?,card_arrival\n";
    let bad = "text,category\nWhere?,card_arrival\n\u{1f600}\u{1f44d} !?,card_arrival\n";
    refused(
        "bank-intents",
        &[
            ("banking77/train.csv", bad.as_bytes()),
            ("banking77/test.csv", good),
        ],
        &["train.csv, line 3, field `text`", "no letter and no digit"],
    );
    // There are letters, but not in the part that is read: that is a matter of the description, and the text is absent.
    let room = Room::new();
    let late = format!("{}card?,card_arrival\n", "\u{1f600}".repeat(200));
    let whole = "Where is it?,card_arrival\n".repeat(20);
    room.write(
        "sets/banking77/train.csv",
        format!("text,category\n{whole}{late}"),
    );
    room.write("sets/banking77/test.csv", good);
    let text = room.run("presets bank-intents").out;
    let most = "max_bytes = 512";
    assert!(text.contains(most), "{text}");
    room.write("short.toml", text.replacen(most, "max_bytes = 64", 1));
    let ran = room
        .run("train short.toml --data sets --limit 21 --epochs 1 --no-evaluation")
        .succeeds();
    assert!(
        ran.err
            .contains("21 texts, 1 without anything that could be read (absent)"),
        "{ran:?}"
    );
}

#[test]
fn what_is_empty_or_no_file_is_called_that() {
    for (preset, file, bytes) in [
        (
            "bank-intents",
            "banking77/train.csv",
            &b"text,category\n"[..],
        ),
        (
            "digits",
            "mnist/train-images-idx3-ubyte",
            &[0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28],
        ),
    ] {
        let labels = (
            "mnist/train-labels-idx1-ubyte",
            &[0, 0, 8, 1, 0, 0, 0, 0][..],
        );
        refused(
            preset,
            &[(file, bytes), labels],
            &[file, "nothing in it; get the published file"],
        );
    }
    for (preset, file, header) in [
        ("shoppers", SHOPPERS, SHOPPERS_HEADER),
        ("credit-risk", CREDIT, CREDIT_HEADER),
    ] {
        let header = format!("{header}\n");
        for bytes in [b"", header.as_bytes()] {
            refused(preset, &[(file, bytes)], &[file, "nothing in it"]);
        }
    }
    let one = table(SHOPPERS_HEADER, SHOPPERS_ROW, "Month", "Mar");
    let one: Vec<_> = one.split_inclusive(|&byte| byte == b'\n').take(2).collect();
    refused(
        "shoppers",
        &[(SHOPPERS, &one.concat())],
        &[SHOPPERS, "train split", "every fifth row"],
    );
    for (file, bytes) in [
        ("fsdd/fsdd.tar", &[0; 10_240][..]),
        ("fsdd/fsdd.tar", b""),
        ("fsdd/recordings/._7_anna_0.wav", b"kept by macOS"),
    ] {
        let place = file.split("/._").next().unwrap();
        refused(
            "spoken-digits",
            &[(file, bytes)],
            &[place, "no recording in it", "7_anna_0.wav"],
        );
    }
    let inside = format!("{SHOPPERS}/note");
    refused(
        "shoppers",
        &[(&inside, b"")],
        &[SHOPPERS, "a file belongs there"],
    );
}

#[test]
fn too_few_samples_are_counted_as_they_are_used() {
    let rows = table(SHOPPERS_HEADER, SHOPPERS_ROW, "Month", "Mar");
    let lines: Vec<_> = rows.split_inclusive(|&byte| byte == b'\n').collect();
    // Of 11 rows 8 are no test rows, and of those one is held out.
    let eleven = lines[..12].concat();
    refused(
        "shoppers",
        &[(SHOPPERS, &eleven)],
        &["7 of 8 samples are left to train on", "at least 8"],
    );
}

#[test]
fn recordings_whose_names_differ_in_case_are_read_and_those_of_one_clip_refused() {
    let empty = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x02\0\0\0\x01\0";
    let at = |name: &str| format!("fsdd/recordings/{name}");
    let (one, other) = (at("7_anna_5.wav"), at("7_anna_5.WAV"));
    for second in [&other, &at("7_anna_05.wav")] {
        refused(
            "spoken-digits",
            &[(&one, empty), (second, empty)],
            &[
                "fsdd/recordings",
                "7_anna_5.wav",
                "are the same clip",
                "keep one",
            ],
        );
    }
    refused(
        "spoken-digits",
        &[(&at("7_anna_5.Wav"), b"no sound")],
        &["7_anna_5.Wav", "not a RIFF WAVE file"],
    );
}

#[test]
fn pictures_and_clips_that_are_cut_off() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed
        .write_all(&[0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28, 1, 2, 3])
        .unwrap();
    let packed = packed.finish().unwrap();
    let images = "mnist/train-images-idx3-ubyte.gz";
    refused(
        "digits",
        &[(images, &packed)],
        &[images, "cut off", "tillsense data fetch"],
    );
    refused(
        "digits",
        &[(images, &packed[..packed.len() - 9])],
        &[images, "cut off"],
    );
    refused(
        "digits",
        &[(images, b"no gzip at all")],
        &[images, "damaged"],
    );

    // A clip without a sample: RIFF, fmt of 16 bytes (PCM, mono, 8000 Hz, 16 bits), data of 0 bytes.
    let empty = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0";
    let clip = "fsdd/recordings/7_anna_0.wav";
    refused("spoken-digits", &[(clip, empty)], &[clip, "sample"]);
    let refused_clip = |bytes: &[u8], words: &str| {
        let again = "record or copy the clip again";
        refused("spoken-digits", &[(clip, bytes)], &[clip, words, again]);
    };
    refused_clip(&empty[..30], "cut off");
    refused_clip(b"", "empty");
    let mut odd = [&empty[..], &[1, 2, 3]].concat();
    odd[40] = 3;
    refused_clip(&odd, "ends within a sample");
    odd[40] = 4;
    refused_clip(&odd, "cut off");
    refused(
        "spoken-digits",
        &[("fsdd/fsdd.tar", &[7; 700])],
        &["fsdd/fsdd.tar", "tar"],
    );
}

#[test]
fn a_folder_that_is_checked() {
    let room = Room::new();
    room.write(
        &format!("sets/{SHOPPERS}"),
        table(SHOPPERS_HEADER, SHOPPERS_ROW, "Month", "Mar"),
    );
    let ran = room
        .run("data check online_shoppers --data sets")
        .succeeds();
    assert!(
        ran.out.contains("differs from the published file"),
        "{ran:?}"
    );
    let ran = room.run("data check --data sets");
    ran.says_error(1, &["sets", "tillsense data fetch --data sets"]);
    assert!(ran.out.contains("missing"), "{ran:?}");
}
