//! The space holds networks only; a search that was cut off ends like one that was not.

use std::fs;

use tillsense_compiler::network::presets::{PRESETS, find};
use tillsense_compiler::target::Target;

use super::*;
use crate::data::DataSource;
use crate::learn::StepReport;

fn prepared(preset: &str) -> Prepared {
    let text = find(preset).unwrap().text;
    Prepared::new(text, preset, DataSource::Synthetic).unwrap()
}

fn options(networks: usize) -> Options {
    Options {
        networks,
        epochs: Some(1),
        limit: Some(120),
        seed: 3,
        aim: ExportOptions::at(Target::CortexM4),
        budget: "flash=6k".parse().unwrap(),
        stop: Arc::default(),
    }
}

/// A watch that stops the search at the first step of a network's training.
struct Stopper {
    at: usize,
    now: usize,
    stop: Arc<AtomicBool>,
}

impl Observer for Stopper {
    fn step(&mut self, _: &StepReport) {
        if self.now == self.at {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Watch for Stopper {
    fn network(&mut self, number: usize, _: &str) {
        self.now = number;
    }

    fn done(&mut self, _: usize, _: &str, _: &NetworkFigures) {}
}

/// Searches in a folder; the training of one network may be stopped.
fn run(folder: &Path, options: &Options, at: usize) -> Result<Found> {
    let mut prepared = prepared("shoppers");
    let space = space(&prepared, "shoppers")?;
    let options = Options {
        stop: Arc::default(),
        ..options.clone()
    };
    let mut watch = Stopper {
        at,
        now: 0,
        stop: Arc::clone(&options.stop),
    };
    search(
        &mut prepared,
        "shoppers",
        &space,
        folder,
        &options,
        &mut watch,
    )
}

fn lines(folder: &Path) -> String {
    fs::read_to_string(folder.join("trials.jsonl")).unwrap()
}

#[test]
fn spaces_of_presets_hold_descriptions() {
    for preset in PRESETS {
        let prepared = prepared(preset.name);
        let space = space(&prepared, preset.name).unwrap();
        println!("{}: {} networks", preset.name, space.len());
        assert_eq!(space.text(&space.described()), preset.text, "unchanged");
        assert_eq!(space.words(&space.described()), "as described");
        let mut seen = std::collections::BTreeSet::new();
        for candidate in space.draws(1).take(40) {
            let spec = parse(&candidate.text, preset.name).unwrap();
            assert_eq!(spec.train, prepared.spec.train);
            assert!(seen.insert(candidate.text), "drawn twice");
        }
        // Each choice taken alone gives a network.
        for (at, dimension) in space.dimensions.iter().enumerate() {
            for choice in 0..dimension.choices.len() {
                let mut choices = space.described();
                choices[at] = choice;
                let words = space.words(&choices);
                let spec = parse(&space.text(&choices), preset.name);
                let spec = spec.unwrap_or_else(|e| panic!("{words}: {e}"));
                let facts = facts(&spec, &prepared.frontends, &prepared.data);
                build(&spec, &facts).unwrap_or_else(|e| panic!("{words}: {e}"));
            }
        }
    }
}

#[test]
fn widths_and_depths_are_written_into_the_text() {
    let prepared = prepared("digits");
    let space = space(&prepared, "digits").unwrap();
    let names: Vec<_> = space.dimensions.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["image.width", "image.depth"]);
    let labels = |at: usize| -> Vec<&str> {
        let choices = space.dimensions[at].choices.iter();
        choices.map(|choice| choice.label.as_str()).collect()
    };
    let widths = [
        "8 16 20 12",
        "8 20 24 16",
        "12 28 36 24",
        "16 40 52 32",
        "24 56 72 48",
    ];
    assert_eq!(labels(0)[0], widths[0]);
    assert_eq!(labels(0)[2..], widths[2..]);
    let twice = labels(1)
        .iter()
        .position(|l| *l == "twice conv2d 2")
        .unwrap();
    let text = space.text(&[4, twice]);
    let spec = parse(&text, "wide").unwrap();
    assert_eq!(spec.inputs[0].encoder.len(), 7);
    assert!(
        text.contains("channels = 56") && text.contains("padding = \"same\""),
        "{text}"
    );
    assert!(
        text.starts_with("# Written digits"),
        "comments stay: {text}"
    );
}

#[test]
fn a_search_that_was_cut_off_ends_like_one_that_was_not() {
    let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (whole, cut) = (whole.path(), cut.path());
    let options = options(4);
    let found = run(whole, &options, 0).unwrap();
    assert_eq!((found.end, found.trained().count()), (End::Finished, 4));
    assert!(found.skipped().contains_key(&Skipped::Flash), "{found:?}");
    for (_, figures) in found.trained() {
        assert!(figures.flash <= 6_000 && figures.held_out.len() == 1);
    }

    let first = run(cut, &options, 3).unwrap();
    assert_eq!((first.end, first.trained().count()), (End::Stopped, 3));
    // The file is as if the power had gone while the next line was written.
    let half = lines(cut) + "{\"draw\":7,\"cho";
    fs::write(cut.join("trials.jsonl"), half).unwrap();
    let second = run(cut, &options, 0).unwrap();
    assert_eq!(lines(cut), lines(whole));
    let drawn = |found: &Found| {
        found
            .draws
            .iter()
            .map(|d| d.choices.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(drawn(&second), drawn(&found));
    // More networks go on from there; fewer do nothing.
    let more = Options {
        networks: 5,
        ..options.clone()
    };
    assert_eq!(run(cut, &more, 0).unwrap().trained().count(), 5);
    assert!(lines(cut).starts_with(&lines(whole)));
    let before = lines(cut);
    run(cut, &options, 0).unwrap();
    assert_eq!(lines(cut), before);
}

#[test]
fn folders_of_other_searches_and_damaged_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, options) = (folder.path(), options(1));
    run(folder, &options, 0).unwrap();
    let refused = |options: &Options, words: &str| {
        let error = run(folder, options, 0).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    };
    let seed = Options {
        seed: 4,
        ..options.clone()
    };
    refused(&seed, "search.json: of a search with seed 3, not 4;");
    let limit = Options {
        limit: None,
        ..options.clone()
    };
    refused(&limit, "limit 120, not none");
    let sound = lines(folder);
    let lines_on_disk = folder.join("trials.jsonl");
    fs::write(&lines_on_disk, format!("{{}}\n{sound}")).unwrap();
    refused(&options, "trials.jsonl:1: damaged; remove this line");
    fs::write(&lines_on_disk, &sound).unwrap();
    run(folder, &options, 0).unwrap();
    fs::remove_file(folder.join("search.json")).unwrap();
    refused(&options, "trials.jsonl: there, but not");
}
