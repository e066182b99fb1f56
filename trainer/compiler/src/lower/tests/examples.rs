//! The models of `examples/firmware`, which are committed there: a few kilobytes each, made here without a training framework.
//!
//! Encoders keep random numbers, as a network has them before training; the heads are fitted to the samples below, which is a convex
//! problem of some hundred parameters. Such a model tells its own samples apart and knows nothing else: enough for an example.
//!
//! The test fails where a committed file is not the one that is made here, as when the format changes:
//! `TILLSENSE_REFRESH=1 cargo test -p tillsense-compiler --lib examples` writes them anew.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use crate::aligned::Aligned;
use crate::files;
use crate::frontend::tables::audio::{AudioSpec, AudioTables};
use crate::frontend::{FittedField, Frontend, NORMALISED, RecordFrontend};
use crate::lower::file::make;
use crate::network::builder::{Facts, build};
use crate::network::description::{self, Keep, Source, Spec};
use crate::network::graph::NodeOp;
use crate::run::load;
use crate::run::sample::{Cell, Raw};
use crate::target::{ExportOptions, Target};
use crate::testing::float::Pass;
use crate::testing::toy::Toy;

/// A sample, and the class that each head is to answer.
type Sample = (Vec<Raw<'static>>, Vec<usize>);

/// What a model is made of.
struct Example {
    folder: &'static str,
    target: Target,
    description: &'static str,
    heads: &'static [(&'static str, &'static [&'static str])],
    samples: Vec<Sample>,
}

#[test]
fn the_models_of_the_firmware_examples_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/firmware");
    let refresh = env::var_os("TILLSENSE_REFRESH").is_some();
    for example in [payment(), counter(), sounds(), requests()] {
        let path = folder.join(example.folder).join("model.till");
        let made = example.file();
        if refresh {
            files::write(&path, &made).unwrap();
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(
            made == committed,
            "{} is not what is made of its description: TILLSENSE_REFRESH=1 cargo test -p tillsense-compiler --lib examples",
            path.display()
        );
    }
}

const REQUESTS: [(&str, usize); 18] = [
    ("how much money is left", 0),
    ("show me my balance", 0),
    ("what is on my account", 0),
    ("balance please", 0),
    ("how much is on this card", 0),
    ("what can I still spend", 0),
    ("my card was stolen", 1),
    ("I have lost my card", 1),
    ("somebody took my card", 1),
    ("block the card now", 1),
    ("the card is gone", 1),
    ("I cannot find my card", 1),
    ("send money to my daughter", 2),
    ("I want to make a transfer", 2),
    ("pay the rent", 2),
    ("transfer to my landlord", 2),
    ("send twenty to a friend", 2),
    ("how do I pay a bill", 2),
];

const SERVICES: &[&str] = &["balance", "card_lost", "transfer"];
const ENTRIES: [&str; 3] = ["chip", "contactless", "magstripe"];

/// Amount in cents, hour of the day, and how the card was read.
fn payment_of(number: usize) -> (Vec<Cell<'static>>, usize) {
    let amount = [250, 990, 1895, 4200, 7999, 15_000, 42_000, 89_900][number % 8];
    let hour = [3, 9, 12, 15, 18, 22][number / 8 % 6];
    let entry = number % 3;
    let strange = amount > 10_000 && (entry == 2 || hour < 6) || amount > 40_000 && hour > 20;
    let cells = vec![
        Cell::Number(amount),
        Cell::Number(hour),
        Cell::Name(ENTRIES[entry]),
    ];
    (cells, usize::from(strange))
}

/// One record, one verdict: the smallest model that says something.
fn payment() -> Example {
    let sample = |number| {
        let (cells, strange) = payment_of(number);
        (vec![Raw::Record(cells)], vec![strange])
    };
    Example {
        folder: "riscv",
        target: Target::Rv32imc,
        description: r#"
            name = "payment"
            data.compose = "terminal"
            [[inputs]]
            name = "payment"
            kind = "record"
            encoder = [{ layer = "dense", units = 16, activation = "relu" }]
            [[heads]]
            name = "advice"
            defer_below = 0.7
        "#,
        heads: &[("advice", &["approve", "review"])],
        samples: (0..48).map(sample).collect(),
    }
}

/// A text and a record, two verdicts.
fn counter() -> Example {
    let sample = |number: usize| {
        let (text, service) = REQUESTS[number % REQUESTS.len()];
        let (cells, strange) = payment_of(number);
        let inputs = vec![Raw::Text(text.into()), Raw::Record(cells)];
        (inputs, vec![service, strange])
    };
    Example {
        folder: "cortex-m",
        target: Target::CortexM4,
        description: r#"
            name = "counter"
            data.compose = "terminal"
            [[inputs]]
            name = "request"
            kind = "text"
            form = { words = true, bigrams = true, chars = [0, 0] }
            buckets = 200
            max_bytes = 96
            max_ids = 48
            encoder = [
                { layer = "embedding_bag", channels = 16, mode = "sqrt_n" },
                { layer = "dense", units = 32, activation = "relu" },
            ]
            [[inputs]]
            name = "payment"
            kind = "record"
            encoder = [{ layer = "dense", units = 16, activation = "relu" }]
            [[heads]]
            name = "service"
            defer_below = 0.5
            [[heads]]
            name = "advice"
            defer_below = 0.7
        "#,
        heads: &[("service", SERVICES), ("advice", &["approve", "review"])],
        samples: (0..144).map(sample).collect(),
    }
}

/// Sound that steps a recurrent layer.
fn sounds() -> Example {
    let sample = |number: usize| {
        let class = number % 3;
        (vec![Raw::Audio(sound(class, number).into())], vec![class])
    };
    Example {
        folder: "rtic",
        target: Target::CortexM3,
        description: r#"
            name = "sounds"
            data.compose = "terminal"
            [[inputs]]
            name = "microphone"
            kind = "audio"
            sample_rate = 8000
            frame = 128
            hop = 128
            fft = 128
            bands = 8
            stack = 2
            max_steps = 16
            encoder = [{ layer = "rnn", cell = "gru", hidden = 12, read = "mean" }]
            [[heads]]
            name = "sound"
            defer_below = 0.5
        "#,
        heads: &[("sound", &["quiet", "chime", "alarm"])],
        samples: (0..30).map(sample).collect(),
    }
}

/// Noise alone, a chime of 600 Hz, an alarm of 2 kHz: triangles, 4000 samples at 8 kHz.
fn sound(class: usize, number: usize) -> Vec<i16> {
    let period = [1, 13, 4][class];
    let loudness = [0, 4000, 9000][class] + 150 * (number as i32 % 7);
    let sample = |at: i32| {
        let phase = at % period * 4 * loudness / period;
        let triangle = (phase - 2 * loudness).abs() - loudness;
        let noise = crate::scatter::scatter((number * 4000) as u64 + at as u64 + 1) >> 56;
        (if class == 0 { 0 } else { triangle } + noise as i32 - 128) as i16
    };
    (0..4000).map(sample).collect()
}

/// A text that comes over a link.
fn requests() -> Example {
    let sample =
        |(text, service): &(&'static str, usize)| (vec![Raw::Text((*text).into())], vec![*service]);
    Example {
        folder: "embassy",
        target: Target::CortexM3,
        description: r#"
            name = "requests"
            data.compose = "terminal"
            [[inputs]]
            name = "request"
            kind = "text"
            form = { words = true, bigrams = true, chars = [0, 0] }
            buckets = 200
            max_bytes = 96
            max_ids = 48
            encoder = [
                { layer = "embedding_bag", channels = 16, mode = "sqrt_n" },
                { layer = "dense", units = 32, activation = "relu" },
            ]
            [[heads]]
            name = "service"
            defer_below = 0.5
        "#,
        heads: &[("service", SERVICES)],
        samples: REQUESTS.iter().map(sample).collect(),
    }
}

impl Example {
    /// The model file. It answers its own samples.
    fn file(self) -> Vec<u8> {
        let spec = description::parse(self.description, "example").unwrap();
        let frontends = self.frontends(&spec);
        let inputs = spec.inputs.iter().zip(&frontends);
        let facts = Facts {
            inputs: inputs
                .map(|(input, frontend)| (input.name.clone(), frontend.facts()))
                .collect(),
            heads: self.heads.iter().map(owned).collect::<BTreeMap<_, _>>(),
        };
        let graph = build(&spec, &facts).unwrap();
        let mut toy = Toy::new(graph, frontends, 12);
        let (samples, classes): (Vec<_>, Vec<_>) = self.samples.into_iter().unzip();
        toy.samples = samples;
        fit(&mut toy, &classes);
        toy.round_weights();
        toy.observe();
        let aim = ExportOptions {
            target: self.target,
            ..ExportOptions::default()
        };
        let file = make(&toy.graph, &toy.trained, &toy.frontends, 1, &aim).unwrap();
        let right = right_answers(&toy, &file, &classes);
        let all = classes.len() * toy.graph.heads.len();
        assert!(
            right * 20 >= all * 19,
            "{}: {right} of {all}",
            toy.graph.name
        );
        file
    }

    fn frontends(&self, spec: &Spec) -> Vec<Frontend> {
        let inputs = spec.inputs.iter().enumerate();
        let frontend = |(number, input): (usize, &description::Input)| match &input.source {
            Source::Text(text) => Frontend::Text(*text),
            Source::Record => Frontend::Record(self.fields(number)),
            Source::Audio(s) => {
                let spec = AudioSpec {
                    sample_rate: s.sample_rate as u16,
                    frame_len: s.frame as u16,
                    hop: s.hop as u16,
                    bands: s.bands as u8,
                    stack: s.stack as u8,
                    max_steps: s.max_steps as u16,
                    level: s.level,
                    low_hz: 60.0,
                    high_hz: s.sample_rate as f64 / 2.0,
                };
                let clips = self
                    .samples
                    .iter()
                    .filter_map(|(raw, _)| match &raw[number] {
                        Raw::Audio(clip) => Some(clip),
                        _ => None,
                    });
                let tables = AudioTables::fit(&spec, clips, NORMALISED.scale.into());
                Frontend::Audio { spec, tables }
            }
            other => panic!("no example takes {other:?}"),
        };
        inputs.map(frontend).collect()
    }

    /// The fields of a payment, fitted to the samples' records.
    fn fields(&self, input: usize) -> RecordFrontend {
        let records: Vec<&Vec<Cell<'_>>> = self
            .samples
            .iter()
            .filter_map(|(raw, _)| match &raw[input] {
                Raw::Record(cells) => Some(cells),
                _ => None,
            })
            .collect();
        let numbers = |field: usize| -> Vec<Option<i32>> {
            records.iter().map(|cells| cells[field].number()).collect()
        };
        let names: Vec<&str> = records.iter().filter_map(|cells| cells[2].name()).collect();
        let step = NORMALISED.scale.into();
        RecordFrontend {
            fields: vec![
                FittedField::number("amount", 2, &numbers(0), Some(true), step),
                FittedField::number("hour", 0, &numbers(1), None, step),
                FittedField::category("entry", &names, step).unwrap(),
            ],
            max_steps: 1,
            keep: Keep::Last,
        }
    }
}

fn owned((name, classes): &(&str, &[&str])) -> (String, Vec<String>) {
    let classes = classes.iter().map(|&class| class.to_owned()).collect();
    ((*name).to_owned(), classes)
}

/// Fits each head to what it reads of the samples: gradient descent on the cross entropy of all of them.
fn fit(toy: &mut Toy, classes: &[Vec<usize>]) {
    let passes: Vec<Pass> = (0..toy.samples.len())
        .map(|sample| Pass::run(&toy.graph, &toy.trained, &toy.features(sample)))
        .collect();
    for (number, head) in toy.graph.heads.iter().enumerate() {
        let node = &toy.graph.nodes[head.logits];
        assert!(matches!(node.op, NodeOp::Dense { .. }));
        let read = |pass: &Pass| {
            let mut values = pass.values[node.inputs[0]].clone().unwrap().data;
            values.push(1.0);
            values
        };
        let inputs: Vec<Vec<f64>> = passes.iter().map(read).collect();
        let labels: Vec<usize> = classes.iter().map(|of| of[number]).collect();
        let rows = softmax_regression(&inputs, &labels, head.classes.len());
        let (weights, biases): (Vec<_>, Vec<_>) =
            rows.iter().map(|row| row.split_at(row.len() - 1)).unzip();
        let to_f32 = |values: Vec<&[f64]>| -> Vec<f32> {
            values.concat().iter().map(|&value| value as f32).collect()
        };
        let params = &mut toy.trained.params;
        for (name, values) in [("weight", to_f32(weights)), ("bias", to_f32(biases))] {
            let param = params.get_mut(&format!("{}.{name}", node.name)).unwrap();
            assert_eq!(param.1.len(), values.len());
            param.1 = values;
        }
    }
}

/// A row of weights for each class, its bias last.
fn softmax_regression(inputs: &[Vec<f64>], labels: &[usize], classes: usize) -> Vec<Vec<f64>> {
    const ROUNDS: usize = 3000;
    const DECAY: f64 = 1e-4;
    let mut rows = vec![vec![0.0; inputs[0].len()]; classes];
    let energy: f64 = inputs.iter().flatten().map(|x| x * x).sum();
    // Below the inverse of the steepest curvature, so that every round descends.
    let rate = inputs.len() as f64 / energy;
    for _ in 0..ROUNDS {
        let mut gradient = vec![vec![0.0; inputs[0].len()]; classes];
        for (input, &label) in inputs.iter().zip(labels) {
            let dot = |row: &Vec<f64>| row.iter().zip(input).map(|(w, x)| w * x).sum::<f64>();
            let powers: Vec<f64> = rows.iter().map(|row| libm::exp(dot(row))).collect();
            let sum: f64 = powers.iter().sum();
            for (class, (gradient, power)) in gradient.iter_mut().zip(powers).enumerate() {
                let error = power / sum - f64::from(u8::from(class == label));
                for (g, x) in gradient.iter_mut().zip(input) {
                    *g += error * x / inputs.len() as f64;
                }
            }
        }
        for (w, g) in rows.iter_mut().flatten().zip(gradient.iter().flatten()) {
            *w -= rate * (g + DECAY * *w);
        }
    }
    rows
}

/// How many of the samples' verdicts are the classes that they should be.
fn right_answers(toy: &Toy, file: &[u8], classes: &[Vec<usize>]) -> usize {
    let file = Aligned::from(file);
    let model = load(&file).unwrap();
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = tillsense_core::Session::new(model, &mut arena).unwrap();
    let mut right = 0;
    for (sample, classes) in toy.samples.iter().zip(classes) {
        session.reset();
        for (input, raw) in sample.iter().enumerate() {
            crate::run::sample::push(&mut session, input, raw).unwrap();
        }
        session.run();
        for (head, &class) in classes.iter().enumerate() {
            right += usize::from(usize::from(session.verdict(head).unwrap().class) == class);
        }
    }
    right
}
