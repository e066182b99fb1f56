//! Tests of lengths around every limit, as the frontends themselves count.

use std::borrow::Cow;

use tillsense_compiler::frontend::Features;
use tillsense_compiler::network::presets;
use tillsense_compiler::run::sample::{Cell, Raw};

use super::*;
use crate::data::DataSource;
use crate::project::Prepared;

/// The frontends of a preset with a changed description, on generated data.
fn frontends(preset: &str, from: &str, to: &str) -> Vec<Frontend> {
    let text = presets::find(preset).unwrap().text;
    assert!(text.contains(from), "{text}");
    let text = text.replacen(from, to, 1);
    Prepared::new(&text, preset, DataSource::Synthetic)
        .unwrap()
        .frontends
}

#[test]
fn sound_is_counted_as_its_frontend_hears_it() {
    let frontends = frontends("spoken-digits", "max_steps = 32", "max_steps = 4");
    let Frontend::Audio { spec, .. } = &frontends[0] else {
        panic!("{frontends:?}")
    };
    let mut maker = frontends[0].maker();
    let (step, all) = (samples_of(spec, 1), samples_of(spec, 5));
    let cases = [
        (0, Taken::Nothing),
        (1, Taken::Nothing),
        (step - 1, Taken::Nothing),
        (step, Taken::Whole),
        (all - 1, Taken::Whole),
        (all, Taken::Part),
        (20_000, Taken::Part),
    ];
    for (len, wanted) in cases {
        let mut raw = Raw::Audio(Cow::Owned(vec![300; len]));
        let heard = maker.features(&raw).unwrap();
        assert_eq!(heard == Features::Absent, wanted == Taken::Nothing, "{len}");
        assert_eq!(frontends[0].take(&mut raw), wanted, "{len}");
        assert_eq!(raw == Raw::Absent, wanted == Taken::Nothing, "{len}");
        assert_eq!(maker.features(&raw).unwrap(), heard, "{len}");
    }
}

#[test]
fn texts_without_anything_to_read_are_absent() {
    // The form takes pairs of words alone, of which a single word gives none.
    let form = "chars = [3, 4]";
    let text = presets::find("bank-intents-s").unwrap().text;
    let line = text.lines().find(|line| line.starts_with("form")).unwrap();
    let words = frontends("bank-intents-s", line, "form = { words = true }");
    let pairs = frontends("bank-intents-s", line, "form = { bigrams = true }");
    let grams = frontends("bank-intents-s", line, &format!("form = {{ {form} }}"));
    let cases = [
        ("", [true; 3]),
        ("\u{1f642} ... !?", [true; 3]),
        ("card", [false, true, false]),
        ("my card", [false; 3]),
    ];
    for (text, empty) in cases {
        for (frontends, empty) in [&words, &pairs, &grams].into_iter().zip(empty) {
            let mut raw = Raw::Text(text.into());
            let read = frontends[0].maker().features(&raw).unwrap();
            assert_eq!(read == Features::Absent, empty, "{text}: {read:?}");
            assert_eq!(
                frontends[0].take(&mut raw) == Taken::Nothing,
                empty,
                "{text}"
            );
            assert_eq!(raw == Raw::Absent, empty, "{text}");
        }
    }
}

#[test]
fn texts_with_more_ids_than_fit_are_cut() {
    let text = presets::find("bank-intents-s").unwrap().text;
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    let few = text.replacen(line("form"), "form = { words = true }", 1);
    let few = few.replacen(line("max_ids"), "max_ids = 3", 1);
    let prepared = Prepared::new(&few, "it", DataSource::Synthetic).unwrap();
    for (text, wanted) in [
        ("where is it", Taken::Whole),
        ("where is it ?!", Taken::Whole),
        ("where is my card", Taken::Part),
    ] {
        assert_eq!(
            prepared.frontends[0].take(&mut Raw::Text(text.into())),
            wanted,
            "{text}"
        );
    }
}

#[test]
fn the_last_records_are_kept_or_the_first() {
    let months: Vec<[Cell; 3]> = (0..6)
        .map(|month| [Cell::Name("0"), Cell::Number(month), Cell::Missing])
        .collect();
    let kept = |keep: &str, count: usize| {
        let steps = format!("max_steps = 3{keep}");
        let frontends = frontends("credit-risk", "max_steps = 6", &steps);
        let mut raw = Raw::Sequence(months[..count].iter().map(|m| m.to_vec()).collect());
        let taken = frontends[1].take(&mut raw);
        let Raw::Sequence(records) = raw else {
            assert_eq!((taken, count), (Taken::Nothing, 0));
            return Vec::new();
        };
        assert_eq!(taken == Taken::Part, count > 3);
        records.iter().filter_map(|r| r[1].number()).collect()
    };
    for keep in ["", "\nkeep = \"last\""] {
        assert_eq!(kept(keep, 6), [3, 4, 5]);
        assert_eq!(kept(keep, 4), [1, 2, 3]);
        assert_eq!(kept(keep, 3), [0, 1, 2]);
    }
    assert_eq!(kept("\nkeep = \"first\"", 6), [0, 1, 2]);
    assert!(kept("", 0).is_empty());
}

#[test]
fn one_record_too_many_is_refused_by_who_is_not_fed() {
    let frontends = frontends("credit-risk", "max_steps = 6", "max_steps = 2");
    let month = [Cell::Name("0"), Cell::Number(1), Cell::Missing];
    let records = Raw::Sequence(vec![month.to_vec(); 3]);
    let error = frontends[1].maker().features(&records).unwrap_err();
    assert!(error.to_string().contains("more records"), "{error}");
}

#[test]
fn counts_are_told_and_most_must_hold_something() {
    let text = presets::find("credit-risk").unwrap().text;
    let prepared = Prepared::new(text, "it", DataSource::Synthetic).unwrap();
    let of = |taken: &[Taken]| {
        let mut counts = TakenCounts::of(2);
        for &taken in taken {
            counts.add(&[Taken::Whole, taken]);
        }
        InputCount::all(&prepared.spec, &prepared.frontends, &counts)
    };
    let counts = of(&[Taken::Nothing, Taken::Part, Taken::Whole, Taken::Nothing]);
    assert_eq!(counts[0].line(), None, "a record is never empty");
    assert_eq!(
        of(&[Taken::Whole])[1].line(),
        None,
        "there is nothing to tell"
    );
    let one = of(&[Taken::Nothing])[1].line().unwrap();
    assert_eq!(
        one,
        "input history: 1 sequence, 1 without a record (absent)"
    );
    assert_eq!(
        (counts[1].empty, counts[1].cut, counts[1].samples),
        (2, 1, 4)
    );
    let line = counts[1].line().unwrap();
    assert_eq!(
        line,
        "input history: 4 sequences, 2 without a record (absent), 1 of more than 6 records, of which the last are kept"
    );
    assert!(InputCount::require_most(&counts).is_ok());
    let mostly_absent = of(&[Taken::Absent, Taken::Absent, Taken::Absent, Taken::Whole]);
    assert_eq!(
        mostly_absent[1].line().unwrap(),
        "input history: 4 sequences, 3 absent"
    );
    assert!(InputCount::require_most(&mostly_absent).is_ok());
    let most = of(&[Taken::Nothing, Taken::Whole, Taken::Nothing]);
    let error = InputCount::require_most(&most).unwrap_err().to_string();
    assert!(
        error.starts_with("input `history`: 2 of 3 training sequences are without a record; "),
        "{error}"
    );
}

/// A clip of noise: PCM, mono, 8,000 Hz, 16 bits.
fn wav(samples: usize) -> Vec<u8> {
    let mut file =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data"
            .to_vec();
    file.extend((2 * samples as u32).to_le_bytes());
    file.extend((0..samples).flat_map(|n| ((n * n * 37 % 9001) as i16).to_le_bytes()));
    let riff = (file.len() as u32 - 8).to_le_bytes();
    file[4..8].copy_from_slice(&riff);
    file
}

/// The case: such clips were zeros that had been heard in float, and nothing at all on the device.
#[test]
fn a_clip_too_short_for_one_step_scores_as_absent_in_float_and_fixed() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("fsdd/recordings");
    std::fs::create_dir_all(&recordings).unwrap();
    for (take, len) in [(0, 60), (1, 100), (5, 3000), (6, 4000)] {
        for digit in 0..10 {
            let name = format!("{digit}_anna_{take}.wav");
            std::fs::write(recordings.join(name), wav(len)).unwrap();
        }
    }
    let source = DataSource::Folder {
        dir: folder.path().to_owned(),
        named_by: "--data",
    };
    let text = presets::find("spoken-digits").unwrap().text;
    let prepared = Prepared::new(text, "it", source).unwrap();
    let trained = tillsense_compiler::lower::untrained::untrained(&prepared.graph);

    let predictor = crate::learn::Predictor::new(
        &prepared.graph,
        &trained,
        false,
        crate::learn::Backend::default(),
    );
    let predictor = predictor.unwrap();
    let features = prepared
        .features(crate::data::dataset::Subset::Test, None)
        .unwrap();
    let heard = predictor.evaluate(&features).unwrap();
    let absent = predictor.evaluate(&features.without(0)).unwrap();
    assert_eq!(heard, absent, "float");

    let file = prepared
        .export(
            &trained,
            1,
            &tillsense_compiler::target::ExportOptions::GENERIC,
        )
        .unwrap();
    let aligned = tillsense_compiler::aligned::Aligned::from(file.as_slice());
    let model = tillsense_compiler::run::load(&aligned).unwrap();
    let scores = |given: bool| {
        let scope = crate::judge::evaluate::Scope {
            limit: None,
            given: vec![given],
        };
        crate::judge::evaluate::scores(&prepared, &model, &scope).unwrap()
    };
    assert_eq!(scores(true), scores(false), "fixed");
}
