//! Tests against the published files, for those who have them: they run when `TILLSENSE_DATA` names the folder.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::compose::{self, Rows, Share};
use super::{DataSource, Figures, SetKind, VARIABLE};
use tillsense_compiler::run::sample::Cell;

/// The folder, or `None` with a note, because nobody must download 40 MB to run the tests.
pub(crate) fn folder() -> Option<PathBuf> {
    let dir = std::env::var_os(VARIABLE);
    if dir.is_none() {
        eprintln!("{VARIABLE} is not set: nothing to compare with the published files");
    }
    dir.map(PathBuf::from)
}

fn source() -> Option<DataSource> {
    folder().map(|dir| DataSource::Folder {
        dir,
        named_by: "$TILLSENSE_DATA",
    })
}

fn count(labels: &[u8], wanted: u8) -> usize {
    labels.iter().filter(|&&label| label == wanted).count()
}

#[test]
fn counts_are_those_published() {
    let Some(source) = source() else { return };
    let wanted = [
        (60_000, 10_000, 10),
        (2700, 300, 10),
        (10_003, 3080, 77),
        (24_000, 6000, 2),
        (9864, 2466, 2),
    ];
    for (set, (train, test, classes)) in SetKind::ALL.into_iter().zip(wanted) {
        let figures = Figures {
            set: set.name(),
            train,
            test,
            classes,
        };
        assert_eq!(super::describe(&source, set).unwrap(), figures);
    }
}

#[test]
fn images_and_clips() {
    let Some(source) = source() else { return };
    // The best of three, since other tests run beside this one.
    let timed = || {
        let start = Instant::now();
        let images = super::images(&source).unwrap();
        (start.elapsed(), images)
    };
    let runs = [timed(), timed(), timed()];
    let best = runs.iter().map(|run| run.0).min();
    assert!(best < Some(Duration::from_secs(1)), "{best:?}");
    let [(_, images), ..] = runs;
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

    let clips = super::clips(&source).unwrap();
    assert_eq!(
        clips.train.speakers,
        ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
    );
    for digit in 0..10 {
        for speaker in 0..6 {
            let of = |clips: &super::Clips| {
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
fn texts_and_records() {
    let Some(source) = source() else { return };
    let texts = super::texts(&source).unwrap();
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

    let clients = super::clients(&source).unwrap();
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

    let visits = super::visits(&source).unwrap();
    assert_eq!(
        (
            count(&visits.train.labels, 1),
            count(&visits.test.labels, 1)
        ),
        (1555, 353)
    );
}

#[test]
fn every_test_text_is_asked_once() {
    let Some(source) = source() else { return };
    let images = super::images(&source).unwrap().test;
    let clips = super::clips(&source).unwrap().test;
    let texts = super::texts(&source).unwrap().test;
    let clients = super::clients(&source).unwrap().test;
    let visits = super::visits(&source).unwrap().test;
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
