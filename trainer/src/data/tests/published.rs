//! Tests against the published files. They are ignored unless asked for, because nobody must download 40 MB to run the tests:
//! `TILLSENSE_DATA=DIR cargo test -p tillsense-trainer --lib -- --ignored`.

use std::path::PathBuf;

use tillsense_compiler::run::sample::Cell;

use crate::data::compose::{self, Rows, Share};
use crate::data::{self, DataSource, SetFigures, SetKind, VARIABLE};

/// The folder of the published files.
#[track_caller]
pub(crate) fn folder() -> PathBuf {
    let dir = std::env::var_os(VARIABLE);
    dir.unwrap_or_else(|| panic!("{VARIABLE} must name the folder of the published data"))
        .into()
}

/// The published files as a command finds them.
#[track_caller]
pub(crate) fn source() -> DataSource {
    DataSource::Folder {
        dir: folder(),
        named_by: "$TILLSENSE_DATA",
    }
}

fn count(labels: &[u8], wanted: u8) -> usize {
    labels.iter().filter(|&&label| label == wanted).count()
}

#[test]
#[ignore = "needs the published data, whose folder TILLSENSE_DATA names"]
fn counts_are_those_published() {
    let source = source();
    let wanted = [
        (60_000, 10_000, 10),
        (2700, 300, 10),
        (10_003, 3080, 77),
        (24_000, 6000, 2),
        (9864, 2466, 2),
    ];
    for (set, (train, test, classes)) in SetKind::ALL.into_iter().zip(wanted) {
        let figures = SetFigures {
            set: set.name(),
            train,
            test,
            classes,
        };
        assert_eq!(data::describe(&source, set).unwrap(), figures);
    }
}

#[test]
#[ignore = "needs the published data, whose folder TILLSENSE_DATA names"]
fn images_and_clips() {
    let source = source();
    let images = data::images(&source).unwrap();
    let sum: u64 = images
        .train
        .pixels
        .iter()
        .map(|&pixel| u64::from(pixel))
        .sum();
    let mean = sum as f64 / images.train.pixels.len() as f64 / 255.0;
    assert!((mean - 0.1307).abs() < 0.0001, "{mean}");
    assert_eq!(count(&images.train.labels, 5), 5421);
    assert_eq!(count(&images.test.labels, 1), 1135);

    let clips = data::clips(&source).unwrap();
    assert_eq!(
        clips.train.speakers,
        ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
    );
    for digit in 0..10 {
        for speaker in 0..6 {
            let of = |clips: &data::Clips| {
                let mine = clips
                    .clips
                    .iter()
                    .filter(|c| c.label == digit && c.speaker == speaker);
                mine.count()
            };
            assert_eq!((of(&clips.train), of(&clips.test)), (45, 5));
        }
    }
}

#[test]
#[ignore = "needs the published data, whose folder TILLSENSE_DATA names"]
fn texts_and_records() {
    let source = source();
    let texts = data::texts(&source).unwrap();
    assert_eq!(texts.train.texts[0], "I am still waiting on my card?");
    assert_eq!(
        texts
            .train
            .texts
            .iter()
            .filter(|text| text.contains('\n'))
            .count(),
        10
    );
    for label in 0..77 {
        assert_eq!(
            texts
                .test
                .labels
                .iter()
                .filter(|&&found| found == label)
                .count(),
            40
        );
    }

    let clients = data::clients(&source).unwrap();
    assert_eq!(
        (
            count(&clients.train.labels, 1),
            count(&clients.test.labels, 1)
        ),
        (5309, 1327)
    );
    let history = clients.test.history(0);
    assert_eq!(
        history[0],
        [Cell::Name("-2"), Cell::Number(0), Cell::Number(0)]
    );
    assert_eq!(
        history[5],
        [Cell::Name("2"), Cell::Number(3913), Cell::Number(0)]
    );
    assert_eq!(history[4][2], Cell::Number(689));

    let visits = data::visits(&source).unwrap();
    assert_eq!(
        (
            count(&visits.train.labels, 1),
            count(&visits.test.labels, 1)
        ),
        (1555, 353)
    );
}

#[test]
#[ignore = "needs the published data, whose folder TILLSENSE_DATA names"]
fn every_test_text_is_asked_once() {
    let source = source();
    let images = data::images(&source).unwrap().test;
    let clips = data::clips(&source).unwrap().test;
    let texts = data::texts(&source).unwrap().test;
    let clients = data::clients(&source).unwrap().test;
    let visits = data::visits(&source).unwrap().test;
    let rows = Rows {
        images: &images,
        clips: &clips,
        texts: &texts,
        clients: &clients,
        visits: &visits,
    };
    let sessions = compose::sessions(&rows, Share::All, texts.len(), 1).unwrap();
    let mut asked: Vec<usize> = sessions.iter().map(|session| session.text).collect();
    asked.sort_unstable();
    assert!(asked.into_iter().eq(0..texts.len()));
    assert_eq!(
        sessions.iter().filter(|session| session.disagree).count(),
        616
    );
}
