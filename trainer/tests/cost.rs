//! Figures before training are those after it.

#![cfg(feature = "train")]

use std::collections::BTreeMap;

use tillsense_compiler::cost::Needs;
use tillsense_compiler::inspect::inspect;
use tillsense_compiler::lower::untrained::untrained;
use tillsense_compiler::network::graph::{Graph, Trained};
use tillsense_compiler::network::presets::PRESETS;
use tillsense_compiler::target::{ExportOptions, Target};
use tillsense_trainer::data::DataSource;
use tillsense_trainer::data::dataset::Subset as Share;
use tillsense_trainer::learn::{Silent, TrainOptions, train};
use tillsense_trainer::project::Prepared;

/// Trains for one epoch on a handful of samples.
fn trained(prepared: &mut Prepared) -> Trained {
    (prepared.spec.train.epochs, prepared.spec.train.qat_epochs) = (1, 1);
    let features = prepared.features(Share::Train, Some(60)).unwrap();
    let (trained, _) = train(
        &prepared.graph,
        &prepared.spec,
        &features,
        &TrainOptions::default(),
        &mut Silent,
    )
    .unwrap();
    trained
}

/// The same numbers with logits in a narrow range, so that softmax's tables are long, or in a wide one.
fn with_logits(graph: &Graph, trained: &Trained, limit: f32) -> Trained {
    let mut changed = trained.clone();
    for head in &graph.heads {
        let range = (-limit, limit);
        changed
            .ranges
            .insert(graph.nodes[head.logits].name.clone(), range);
    }
    changed
}

#[test]
fn training_changes_nothing_but_softmax_tables() {
    for preset in PRESETS {
        let mut prepared = Prepared::new(preset.text, preset.name, DataSource::Synthetic).unwrap();
        let numbers = trained(&mut prepared);
        let heads = prepared.exported_heads().len();
        // One of each packing.
        let targets = [
            Target::Generic,
            Target::CortexM0,
            Target::CortexM4,
            Target::CortexM55,
            Target::Rv32imc,
        ];
        for target in targets {
            let aim = ExportOptions::at(target);
            let told = prepared.needs(&aim, None).unwrap();
            let of = |numbers: &Trained| {
                let file = prepared.export(numbers, 1, &aim).unwrap();
                Needs::of_file(&file, None).unwrap()
            };
            let place = format!("{} for {target}", preset.name);
            let longest = of(&with_logits(&prepared.graph, &numbers, 1.0));
            assert_eq!(longest, told, "{place}");
            for found in [
                numbers.clone(),
                with_logits(&prepared.graph, &numbers, 40.0),
            ] {
                let found = of(&found);
                assert_eq!(found.arena, told.arena, "{place}");
                let spared = told.flash.checked_sub(found.flash);
                assert!(
                    spared.is_some_and(|spared| spared <= 1024 * heads as u64),
                    "{place}: {spared:?}"
                );
            }
        }
    }
}

/// The layers are the same too, those by Winograd's algorithm included, whatever the logits are and however little flash there is.
#[test]
fn training_does_not_change_the_choice_of_algorithms() {
    let text = PRESETS[1].text.replace("channels = 8", "channels = 16");
    let prepared = Prepared::new(&text, "wide", DataSource::Synthetic).unwrap();
    let numbers = untrained(&prepared.graph);
    let mut seen = std::collections::BTreeSet::new();
    for growth in 0..60 {
        let aim = ExportOptions {
            target: Target::CortexM4,
            flash_growth: growth,
        };
        let names = |limit: f32| {
            let numbers = with_logits(&prepared.graph, &numbers, limit);
            let file = prepared.export(&numbers, 1, &aim).unwrap();
            let steps = inspect(&file).unwrap().steps;
            steps.iter().map(|step| step.op).collect::<Vec<_>>()
        };
        let chosen = names(1.0);
        assert_eq!(names(80.0), chosen, "{growth} %");
        seen.insert(chosen);
    }
    assert!(
        seen.len() > 1,
        "Winograd's algorithm is never or always chosen"
    );
}

#[test]
fn a_refusal_names_figures_and_the_largest_parts() {
    let prepared = Prepared::new(PRESETS[1].text, "digits", DataSource::Synthetic).unwrap();
    let needs = prepared.needs(&ExportOptions::GENERIC, None).unwrap();
    let fits = format!("flash={},arena={}", needs.flash, needs.arena);
    assert!(needs.require(&fits.parse().unwrap()).is_ok());
    let error = needs.require(&"flash=9k,arena=2k".parse().unwrap());
    let error = error.unwrap_err().to_string();
    for words in [
        "flash ",
        " of 9,000 bytes",
        "dense",
        "arena ",
        " of 2,000 bytes",
    ] {
        assert!(error.contains(words), "{error}");
    }
    assert!(!error.contains('\n'));
}

#[test]
fn results_of_a_relu_have_no_lower_bound_alone_and_one_beside_others() {
    let of = |text: &str| {
        let prepared = Prepared::new(text, "a test", DataSource::Synthetic).unwrap();
        untrained(&prepared.graph).ranges
    };
    let low = |ranges: &BTreeMap<String, (f32, f32)>, node: &str| ranges[node].0;
    let digits = of(PRESETS[1].text);
    assert_eq!(low(&digits, "image.0.conv2d"), 0.0);
    assert!(low(&digits, "head.digit.logits") < 0.0);
    let pairs = of(PRESETS[3].text);
    assert_eq!(low(&pairs, "image.2.conv2d"), 0.0);
    assert!(
        low(&pairs, "image.5.dense") < 0.0,
        "it lies beside a product"
    );
}

/// Whatever the ranges are that training finds, every preset stays within the bounds of its sums.
#[test]
fn every_preset_can_be_exported_before_it_is_trained() {
    for preset in PRESETS {
        let prepared = Prepared::new(preset.text, preset.name, DataSource::Synthetic).unwrap();
        for target in [Target::Generic, Target::CortexM4, Target::CortexM55] {
            prepared
                .require_exportable(&ExportOptions::at(target))
                .unwrap();
        }
    }
}

/// Sums are bounded by a channel's own weights: 50,176 terms fit with those of a start, wherever the inputs' zero point is.
#[test]
fn long_layers_can_be_exported_before_they_are_trained() {
    let text = PRESETS[1].text;
    let start = text.find("encoder = [").unwrap();
    let end = start + text[start..].find("\n\n").unwrap();
    for activation in ["relu", "linear"] {
        let layers = format!(
            "encoder = [{{ layer = \"conv2d\", channels = 64, kernel = [1, 1], activation = \"{activation}\" }}, {{ layer = \"flatten\" }}, {{ layer = \"dense\", units = 4 }}]"
        );
        let text = format!("{}{layers}{}", &text[..start], &text[end..]);
        let prepared = Prepared::new(&text, "long", DataSource::Synthetic).unwrap();
        prepared
            .require_exportable(&ExportOptions::GENERIC)
            .unwrap();
    }
}
