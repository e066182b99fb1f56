//! Tests of the samples of published sets and compositions, on generated data.

use tillsense_compiler::network::presets::PRESETS;
use tillsense_compiler::run::sample::Cell;

use super::*;

/// The data of every preset, each once.
fn origins() -> Vec<Origin> {
    let mut origins: Vec<Origin> = Vec::new();
    for preset in &PRESETS {
        let origin = preset.spec().unwrap().data.origin;
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    assert_eq!(origins.len(), 7);
    origins
}

fn load(origin: &Origin) -> Dataset {
    let mut spec = PRESETS[0].spec().unwrap();
    spec.data.origin = origin.clone();
    Dataset::load(&spec, &DataSource::Synthetic).unwrap()
}

#[test]
fn every_sample_fits_its_inputs_and_heads() {
    for origin in origins() {
        let (data, origin) = (load(&origin), origin.words());
        for part in [Subset::Train, Subset::Test] {
            assert!(!data.is_empty(part), "{origin}");
            for index in [0, data.len(part) / 2, data.len(part) - 1] {
                let sample = data.sample(part, index);
                assert_eq!(sample.inputs.len(), data.inputs().len(), "{origin}");
                assert_eq!(sample.labels.len(), data.heads().len(), "{origin}");
                for (label, head) in sample.labels.iter().zip(data.heads()) {
                    assert!(
                        label.is_none_or(|l| usize::from(l) < head.classes.len()),
                        "{origin} {}",
                        head.name
                    );
                }
                for (raw, input) in sample.inputs.iter().zip(data.inputs()) {
                    assert!(fits(raw, input), "{origin} {}", input.name);
                }
            }
        }
    }
}

fn fits(raw: &Raw<'_>, input: &InputColumn) -> bool {
    let record = |cells: &Vec<Cell<'_>>| cells.len() == input.fields.len() && !cells.is_empty();
    match (raw, input.kind) {
        (
            Raw::Image(pixels),
            InputKind::Image {
                height,
                width,
                channels,
            },
        ) => pixels.len() == height * width * channels,
        (Raw::Audio(_), InputKind::Audio { .. }) | (Raw::Text(_), InputKind::Text) => true,
        (Raw::Record(cells), InputKind::Record) => record(cells),
        (Raw::Sequence(records), InputKind::Sequence) => records.iter().all(record),
        _ => false,
    }
}

#[test]
fn frontends_are_fitted_to_each_training_row_once() {
    for origin in origins() {
        let (data, origin) = (load(&origin), origin.words());
        for (place, input) in data.inputs().iter().enumerate() {
            let rows: Vec<_> = data.training_rows(place).collect();
            assert!(rows.iter().all(|raw| fits(raw, input)), "{origin}");
            let (rows, samples) = (rows.len(), data.len(Subset::Train));
            // Compositions use their rows several times.
            assert!(rows > 0 && rows <= samples, "{origin} {}", input.name);
        }
    }
}

#[test]
fn compositions_hold_out_a_twentieth() {
    for origin in origins() {
        let data = load(&origin);
        let all: Vec<_> = (0..data.len(Subset::Train))
            .map(|i| data.held_out(i))
            .collect();
        let held = all.iter().filter(|&&held| held == Some(true)).count();
        match origin {
            Origin::Composition(_) => {
                assert!(all.iter().all(Option::is_some), "{origin:?}");
                assert_eq!(held, all.len() / 20, "{origin:?}");
            }
            _ => assert!(all.iter().all(Option::is_none), "{origin:?}"),
        }
    }
}

#[test]
fn a_terminal_session_tells_its_story() {
    let data = load(&Origin::Composition(Composition::Terminal));
    for index in 0..50 {
        let (story, sample) = (
            data.session_truth(Subset::Test, index).unwrap(),
            data.sample(Subset::Test, index),
        );
        let risky = story.defaults || story.written != story.spoken;
        assert_eq!(sample.labels[1], Some(u16::from(risky)));
        assert_eq!(
            sample.labels[3..],
            [
                Some(u16::from(story.written)),
                Some(u16::from(story.spoken))
            ]
        );
    }
}

fn digest(samples: &dyn SampleSet) -> ContentDigest {
    let mut content = Content::default();
    samples.content(&mut content);
    content.digest()
}

/// The digest changes with each of these changes.
fn changes<T: SampleSet>(make: fn() -> T, changes: &[fn(&mut T)]) {
    let plain = digest(&make());
    assert_eq!(plain, digest(&make()));
    for (at, change) in changes.iter().enumerate() {
        let mut changed = make();
        change(&mut changed);
        assert_ne!(plain, digest(&changed), "change {at} of {changed:?}");
    }
}

#[test]
fn the_digest_is_of_all_rows_and_of_nothing_else() {
    changes::<WrittenDigits>(
        || WrittenDigits(data::images(&DataSource::Synthetic).unwrap()),
        &[
            |set| set.0.test.pixels[7] ^= 1,
            |set| set.0.train.labels.swap(0, 1),
        ],
    );
    changes::<SpokenDigits>(
        || SpokenDigits::new(data::clips(&DataSource::Synthetic).unwrap()),
        &[|set| {
            let speaker = data::clips(&DataSource::Synthetic).unwrap().train.speakers[0].clone();
            set.leave_out(&speaker).unwrap();
        }],
    );
    changes::<BankRequests>(
        || BankRequests(data::texts(&DataSource::Synthetic).unwrap()),
        &[|set| set.0.train.texts[9].push('!')],
    );
    changes::<CreditClients>(
        || CreditClients(data::clients(&DataSource::Synthetic).unwrap()),
        &[|set| set.0.train.months.cells[1] = Cell::Missing],
    );
    changes::<ShopVisits>(
        || ShopVisits(data::visits(&DataSource::Synthetic).unwrap()),
        &[|set| set.0.test.records.cells[0] = Cell::Missing],
    );
    changes::<AvDigits>(
        || AvDigits::load(&DataSource::Synthetic).unwrap(),
        &[|set| set.clips.test.clips[3].speaker ^= 1],
    );
    changes::<TerminalSessions>(
        || TerminalSessions::load(&DataSource::Synthetic).unwrap(),
        &[|set| set.visits.train.labels[5] ^= 1],
    );
}
