//! Descriptions with a fault: the file, the line, the field, and how to mend it.

use crate::room::Room;

/// Changes a preset's text and tries to train it; `words` must stand in the error, after file and line.
#[track_caller]
fn refused(preset: &str, change: [&str; 2], line: usize, words: &[&str]) {
    let room = Room::new();
    let text = room.run(&format!("presets {preset}")).out;
    assert!(text.contains(change[0]), "{change:?} is not in {text}");
    room.write("mine.toml", text.replacen(change[0], change[1], 1));
    let place = format!("mine.toml:{line}: ");
    let words = [&[place.as_str()], words].concat();
    room.run("train mine.toml --limit 50 --epochs 1 -o out/mine.till")
        .fails(&words);
    assert_eq!(room.files(), ["mine.toml"], "nothing is written");
}

#[test]
fn unknown_fields_and_values() {
    refused(
        "shoppers",
        ["units = 32", "unitz = 32"],
        10,
        &["`unitz`", "`units`"],
    );
    refused(
        "shoppers",
        ["[train]", "[training]"],
        21,
        &["`training`", "`train`"],
    );
    refused(
        "shoppers",
        ["set = \"online_shoppers\"", "set = \"toaster\""],
        5,
        &["`toaster`", "`online_shoppers`"],
    );
    refused(
        "shoppers",
        ["\"relu\"", "\"gelu\""],
        10,
        &["`gelu`", "`relu`"],
    );
    refused(
        "shoppers",
        ["name = \"shoppers\"", "name = \"My Model\""],
        2,
        &["name", "a-z"],
    );
}

#[test]
fn values_out_of_range() {
    refused(
        "shoppers",
        ["units = 32", "units = 0"],
        11,
        &["units", "1 to 4096", "0"],
    );
    refused(
        "shoppers",
        ["epochs = 40", "epochs = 0"],
        21,
        &["train.epochs", "at least 1"],
    );
    refused(
        "shoppers",
        ["learning_rate = 0.004", "learning_rate = nan"],
        21,
        &["train.learning_rate"],
    );
    refused(
        "shoppers",
        ["holdout = 0.1", "holdout = 0.9"],
        21,
        &["train.holdout", "0.5"],
    );
    for shards in [0, 65] {
        refused(
            "shoppers",
            [
                "holdout = 0.1",
                &format!("holdout = 0.1\nshards = {shards}"),
            ],
            21,
            &["train.shards", "1 to 64"],
        );
    }
    for epochs in ["18446744073709551615", "9223372036854775807", "100001"] {
        refused(
            "shoppers",
            ["epochs = 40", &format!("epochs = {epochs}")],
            21,
            &["train.epochs", "at most 100000"],
        );
    }
    refused(
        "digits",
        ["kernel = [3, 3]", "kernel = [3, 3], dilation = [20, 1]"],
        7,
        &[
            "a kernel of [3, 3] with a dilation of [20, 1] spans 41 rows and 3 columns",
            "does not fit into 28 rows and 28 columns",
        ],
    );
    refused(
        "digits",
        [
            "kernel = [3, 3]",
            "kernel = [3, 3], padding = [0, 0, 0, 9223372036854775807]",
        ],
        13,
        &["conv2d.padding", "0 to 512"],
    );
    refused(
        "digits",
        ["kernel = [3, 3]", "kernel = [3, 99]"],
        7,
        &["inputs.image.encoder[0]", "28 columns"],
    );
}

#[test]
fn names_and_kinds_that_the_data_do_not_have() {
    refused(
        "shoppers",
        ["name = \"shop\"", "name = \"till\""],
        7,
        &["inputs.till.name", "`online_shoppers`", "shop"],
    );
    refused(
        "shoppers",
        ["name = \"purchase\"", "name = \"profit\""],
        17,
        &["heads.profit.name", "purchase"],
    );
    refused(
        "shoppers",
        ["kind = \"record\"", "kind = \"sequence\"\nmax_steps = 2"],
        7,
        &["inputs.shop.kind", "\"record\""],
    );
    refused(
        "spoken-digits",
        ["sample_rate = 8000", "sample_rate = 16000"],
        8,
        &["inputs.audio.sample_rate", "8000"],
    );
    refused(
        "terminal",
        ["from = \"amount\"", "from = \"sum\""],
        101,
        &["heads.spoken.from", "`sum`", "amount"],
    );
}

#[test]
fn not_a_description() {
    let room = Room::new();
    room.write("binary.toml", [0xff, 0xfe, 0]);
    room.run("train binary.toml")
        .fails(&["binary.toml", "UTF-8"]);
    room.write("empty.toml", "");
    room.run("train empty.toml")
        .fails(&["empty.toml:1", "`name`"]);
    room.write("other.toml", "a = [1, 2\nb = 3");
    room.run("train other.toml").fails(&["other.toml:"]);
    room.run("train none.toml")
        .fails(&["none.toml", "no such file", "tillsense presets"]);
    assert_eq!(room.files(), ["binary.toml", "empty.toml", "other.toml"]);
}
