//! Faults are named with line, field and remedy.

use super::super::{Fit, Source};
use super::*;

const GOOD: &str = r#"
name = "demo"
data.set = "mnist"

[[inputs]]
name = "image"
kind = "image"
encoder = [
    { layer = "conv2d", channels = 4, kernel = [3, 3] },
    { layer = "flatten" },
]

[[heads]]
name = "digit"
defer_below = 0.5

[train]
epochs = 3
qat_epochs = 1
"#;

#[test]
fn reads_a_description() {
    let spec = parse(GOOD, "demo.toml").unwrap();
    assert_eq!(spec.name, "demo");
    assert_eq!(spec.inputs[0].encoder.len(), 2);
    assert_eq!(spec.heads[0].defer_below, 128);
    assert_eq!((spec.train.epochs, spec.train.batch), (3, 64));
}

#[test]
fn units_belong_to_numbers_of_records() {
    const UNITS: &str = r#"
name = "demo"
data.table = "clients.csv"
[[inputs]]
name = "client"
kind = "record"
units = { amount = "EUR" }
[[heads]]
name = "risk"
"#;
    let spec = parse(UNITS, "demo.toml").unwrap();
    assert_eq!(spec.inputs[0].columns.units["amount"], "EUR");
    for unit in ["", " EUR", "E\\u001bUR", "a\\nb", &"x".repeat(41)] {
        let error = parse(&UNITS.replace("EUR", unit), "demo.toml").unwrap_err();
        let error = error.to_string();
        assert!(error.contains("the unit of `amount`"), "{error}");
    }
    let foreign = UNITS.replace("\"record\"", "\"text\"");
    let error = parse(&foreign, "demo.toml").unwrap_err().to_string();
    assert!(
        error.contains("units") && error.contains("record"),
        "{error}"
    );
}

#[test]
fn pictures_and_sound_are_taken_as_a_description_says() {
    let text = GOOD.replace(
        "kind = \"image\"",
        "kind = \"image\"\nchannels = 3\nfit = \"crop\"\naugment = { flip = true, colour = 0.5 }",
    );
    let spec = parse(&text, "demo.toml").unwrap();
    let Source::Image(image) = spec.inputs[0].source else {
        panic!("it is a picture");
    };
    assert_eq!((image.channels, image.fit), (3, Fit::Crop));
    assert!(spec.inputs[0].augment.flip);
    let plain = parse(GOOD, "demo.toml").unwrap();
    assert!(matches!(plain.inputs[0].source, Source::Image(image) if image.fit == Fit::Stretch));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn names_line_field_and_remedy() {
    let cases = [
        (
            "kernel = [3, 3]",
            "kernel = [3, 3], colour = 1",
            8,
            "unknown field `colour`",
        ),
        (
            "kernel = [3, 3]",
            "kernel = [0, 3]",
            9,
            "encoder.conv2d.kernel: must be from 1 to 512",
        ),
        (
            "kind = \"image\"",
            "kind = \"image\"\nfit = \"cover\"",
            8,
            "unknown variant `cover`, expected one of `crop`, `fit`, `stretch`",
        ),
        (
            "kind = \"image\"",
            "kind = \"image\"\ntrim = true",
            5,
            "trim: does not belong to kind \"image\" but to audio",
        ),
        (
            "kind = \"image\"",
            "kind = \"image\"\naugment = { offset = 0.3 }",
            5,
            "augment.offset: does not belong to an input of kind",
        ),
        (
            "kind = \"image\"",
            "kind = \"image\"\naugment = { colour = 0.3 }",
            5,
            "augment.colour: changes colours, and channels = 1 is grey",
        ),
        (
            "kernel = [3, 3]",
            "kernel = [3, 3], bits = 4",
            8,
            "`bits` does not belong here; dense, embedding",
        ),
        (
            "{ layer = \"flatten\" }",
            "{ layer = \"dense\", units = 3, bits = 5 }",
            8,
            "bits takes 4 or 8",
        ),
        ("defer_below = 0.5", "bits = 2", 15, "bits takes 4 or 8"),
        (
            "kind = \"image\"",
            "kind = \"image\"\nbands = 3",
            5,
            "inputs.image.bands: does not belong to kind \"image\" but to audio; remove it",
        ),
        (
            "epochs = 3",
            "epochs = \"3\"",
            18,
            "expected a whole number, at least 0",
        ),
        (
            "defer_below = 0.5",
            "defer_error = 1e-12",
            13,
            "heads.digit.defer_error: is the part of answers that may be wrong: at least 0.00001",
        ),
        (
            "kind = \"image\"",
            "kind = \"picture\"",
            7,
            "unknown variant `picture`",
        ),
        (
            "defer_below = 0.5",
            "defer_below = 1.5",
            13,
            "heads.digit.defer_below",
        ),
        (
            "defer_below = 0.5",
            "defer_error = 1.0",
            13,
            "heads.digit.defer_error: is the part of answers that may be wrong",
        ),
        (
            "defer_below = 0.5",
            "defer_below = 0.5\ndefer_error = 0.02",
            13,
            "heads.digit.defer_error: and defer_below set the same threshold; keep one",
        ),
        (
            "defer_below = 0.5",
            "defer_error = 0.02\nauxiliary = true",
            13,
            "heads.digit.defer_error: does not belong to an auxiliary head",
        ),
        (
            "defer_below = 0.5\n\n[train]",
            "defer_error = 0.02\n\n[train]\nholdout = 0.0",
            13,
            "heads.digit.defer_error: is judged on held-out samples; set train.holdout",
        ),
        (
            "defer_below = 0.5",
            "from = \"sound\"",
            13,
            "no input `sound`; there are image",
        ),
        (
            "qat_epochs = 1",
            "qat_epochs = 4",
            17,
            "train.qat_epochs: counts among",
        ),
        ("qat_epochs = 1", "qat_epochs = ", 19, ""),
        (
            "name = \"demo\"",
            "name = \"De mo\"",
            2,
            "name: takes 1 to 32",
        ),
        (
            "[train]",
            "[budget]\nflash = \"24q\"\n[train]",
            18,
            "`24q` is no amount",
        ),
        (
            "[train]",
            "[budget]\nram = 3\n[train]",
            18,
            "unknown field `ram`",
        ),
        (
            "[train]",
            "[budget]\narena = 0.5\n[train]",
            18,
            "an amount such as 24000",
        ),
        (
            "data.set = \"mnist\"",
            "data.set = \"dogs\"",
            3,
            "unknown variant `dogs`",
        ),
    ];
    let mut failures = Vec::new();
    for (from, to, line, text) in cases {
        match parse(&GOOD.replacen(from, to, 1), "demo.toml") {
            Ok(_) => failures.push(format!("{to}: accepted")),
            Err(e) if e.line != line || !e.to_string().contains(text) => {
                failures.push(format!("{to}: {e}"))
            }
            Err(_) => {}
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_threshold_is_given_or_left_to_training() {
    let text = GOOD.replace("defer_below = 0.5", "defer_error = 0.02");
    let head = parse(&text, "demo.toml").unwrap().heads.remove(0);
    assert_eq!((head.defer_below, head.defer_error), (0, Some(0.02)));
    let text = GOOD.replace("defer_below = 0.5", "");
    let head = parse(&text, "demo.toml").unwrap().heads.remove(0);
    assert_eq!((head.defer_below, head.defer_error), (0, None));
}

#[test]
fn reads_bits() {
    let dense = "{ layer = \"dense\", units = 3, bits = 4 }";
    let text = GOOD
        .replace("{ layer = \"flatten\" }", dense)
        .replace("defer_below = 0.5", "bits = 4");
    let spec = parse(&text, "demo.toml").unwrap();
    assert!(matches!(
        spec.inputs[0].encoder[1],
        super::super::Layer::Dense {
            bits: Bits::Four,
            ..
        }
    ));
    assert_eq!(
        (spec.heads[0].bits, spec.fusion.bits),
        (Bits::Four, Bits::Eight)
    );
    let spec = parse(&format!("{GOOD}\n[fusion]\nbits = 4\n"), "demo.toml").unwrap();
    assert_eq!(
        (spec.heads[0].bits, spec.fusion.bits),
        (Bits::Eight, Bits::Four)
    );
}

#[test]
fn checks_fusion() {
    let cases = [
        ("[fusion]\nkind = \"gated\"\n", "fusion.kind"),
        (
            "[fusion]\nproducts = [[\"image\", \"audio\"]]\n",
            "no input `audio`",
        ),
        ("[fusion]\ndense = [0]\n", "fusion.dense"),
    ];
    for (text, want) in cases {
        let error = parse(&format!("{GOOD}\n{text}"), "demo.toml")
            .unwrap_err()
            .to_string();
        assert!(error.contains(want), "{error}");
    }
}

#[test]
fn reads_a_budget() {
    let text = format!("{GOOD}\n[budget]\nflash = \"24k\"\narena = 8000\n");
    let budget = parse(&text, "demo.toml").unwrap().budget;
    assert_eq!(budget.to_string(), "flash=24000,arena=8000");
    assert!(parse(GOOD, "demo.toml").unwrap().budget.is_empty());
}

#[test]
fn of_long_sequences_the_last_records_are_kept_unless_said_otherwise() {
    use super::super::{Keep, Source};
    let sequence = "kind = \"sequence\"\nmax_steps = 3\n";
    let encoder = "encoder = [{ layer = \"rnn\", cell = \"gru\", hidden = 4, read = \"last\" }]";
    let of = |keep: &str| {
        let start = GOOD.find("kind = ").unwrap();
        let end = GOOD.find("[[heads]]").unwrap();
        let text = format!(
            "{}{sequence}{keep}\n{encoder}\n\n{}",
            &GOOD[..start],
            &GOOD[end..]
        );
        let spec = parse(&text, "demo.toml").unwrap_or_else(|e| panic!("{e}\n{text}"));
        match &spec.inputs[0].source {
            Source::Sequence(source) => source.keep,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(of(""), Keep::Last);
    assert_eq!(of("keep = \"last\""), Keep::Last);
    assert_eq!(of("keep = \"first\""), Keep::First);
    let picture = GOOD.replace("kind = \"image\"", "kind = \"image\"\nkeep = \"last\"");
    let error = parse(&picture, "demo.toml").unwrap_err().to_string();
    assert!(
        error.contains("inputs.image.keep: does not belong"),
        "{error}"
    );
}
