//! Small networks learn small tasks, every kind of layer among them; runs repeat and resume exactly.

mod fake_quantisation;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use tillsense_compiler::network::builder::{Facts, InputFacts, build};
use tillsense_compiler::network::description::{Train, parse};
use tillsense_compiler::network::graph::Quant;
use tillsense_compiler::threads::Threads;
use tillsense_core::parity::SplitMix64;

use super::training_run::split;
use super::*;
use crate::data::{Batches, FeatureSample, Piece};

/// Number of steps of the longest toy clip.
const STEPS: usize = 5;
/// Quantisation of all toy features.
const QUANT: Quant = Quant {
    scale: 1.0 / 64.0,
    zero_point: 0,
};

/// Two classes: the sign of a pattern that all inputs show, with noise; every fourth sample lacks one input.
struct Toy {
    rows: Vec<(Vec<Vec<i8>>, Vec<u16>, u16)>,
    inputs: Vec<&'static str>,
}

impl Toy {
    fn new(count: usize, inputs: &[&'static str]) -> Self {
        let mut numbers = SplitMix64::new(7);
        let mut noise = move || (numbers.next_u64() >> 56) as i32 - 128;
        let rows = (0..count).map(|_| {
            let class = (noise() > 0) as u16;
            let sign = if class == 1 { 40 } else { -40 };
            let mut values = |len: usize| {
                (0..len)
                    .map(|i| (sign * [1, -1, 1, 1][i % 4] + noise() / 6).clamp(-128, 127) as i8)
                    .collect::<Vec<_>>()
            };
            let steps = 2 + usize::from(class) + count % 2;
            let clip = values(steps.min(STEPS) * 3);
            let (image, record) = (values(64), values(5));
            let ids: Vec<u16> = (0..6).map(|i| (i * 2 + class * 3) % 20).collect();
            (vec![image, clip, record], ids, class)
        });
        Toy {
            rows: rows.collect(),
            inputs: inputs.to_vec(),
        }
    }
}

/// Samples that share rows: every seventh must be held out.
struct Composed;

impl Batches for Composed {
    fn len(&self) -> usize {
        70
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        Some(index.is_multiple_of(7))
    }

    fn sample(&self, _index: usize, _epoch: Option<u32>) -> FeatureSample<'_> {
        FeatureSample::default()
    }
}

#[test]
fn what_the_data_hold_out_is_held_out() {
    let mut train = Train::default();
    let (held, used) = split(&Composed, &train);
    assert!(held.into_iter().eq((0..70).step_by(7)));
    assert!(used.len() == 60 && used.iter().all(|i| i % 7 != 0));
    train.holdout = 0.0;
    let (held, used) = split(&Composed, &train);
    assert_eq!((held.len(), used.len()), (0, 70));
}

impl Batches for Toy {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn sample(&self, index: usize, _epoch: Option<u32>) -> FeatureSample<'_> {
        let (values, ids, class) = &self.rows[index];
        let piece = |name: &&str| match *name {
            "text" => Piece::Ids(Cow::Borrowed(ids)),
            _ if self.inputs.len() > 1 && index % 4 == 3 => Piece::Absent,
            "image" => Piece::Values(Cow::Borrowed(&values[0])),
            "audio" => Piece::Values(Cow::Borrowed(&values[1])),
            _ => Piece::Values(Cow::Borrowed(&values[2])),
        };
        FeatureSample {
            inputs: self.inputs.iter().map(piece).collect(),
            labels: vec![Some(*class)],
        }
    }
}

fn facts() -> Facts {
    let input = |name: &str, width| {
        (
            name.to_owned(),
            InputFacts {
                width,
                quant: QUANT,
            },
        )
    };
    Facts {
        inputs: BTreeMap::from([
            input("image", 64),
            input("audio", 3),
            input("text", 0),
            input("record", 5),
        ]),
        heads: BTreeMap::from([("answer".to_owned(), vec!["no".to_owned(), "yes".to_owned()])]),
    }
}

const AUDIO: &str = "name = \"audio\"\nkind = \"audio\"\nbands = 3\nstack = 1\nmax_steps = 5\n";
const IMAGE: &str = "name = \"image\"\nkind = \"image\"\nsize = [8, 8]\n";
const RECORD: &str = "name = \"record\"\nkind = \"record\"\n";
const TRAIN: &str =
    "[train]\nepochs = 6\nqat_epochs = 2\nbatch = 16\nlearning_rate = 0.02\nholdout = 0.2\n";

fn describe(inputs: &[String], rest: &str, train: &str) -> (Spec, Graph) {
    let inputs: String = inputs
        .iter()
        .map(|i| format!("[[inputs]]\n{i}\n"))
        .collect();
    let text = format!(
        "name = \"toy\"\ndata.set = \"mnist\"\n{inputs}\n{rest}\n[[heads]]\nname = \"answer\"\n{train}"
    );
    let spec = parse(&text, "toy").unwrap_or_else(|e| panic!("{e}\n{text}"));
    let graph = build(&spec, &facts()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    (spec, graph)
}

fn text(form: &str, encoder: &str) -> String {
    format!(
        "name = \"text\"\nkind = \"text\"\nform = {form}\nbuckets = 20\nmax_ids = 9\nencoder = [{encoder}]"
    )
}

fn input(start: &str, encoder: &str) -> String {
    format!("{start}encoder = [{encoder}]")
}

fn quiet(graph: &Graph, spec: &Spec, data: &Toy, options: &TrainOptions) -> (Trained, TrainReport) {
    train(graph, spec, data, options, &mut Silent).unwrap()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a description and what it must come to"
)]
fn every_layer_learns_and_keeps_it_in_fixed_point() {
    let conv = "{ layer = \"conv2d\", channels = 4, kernel = [3, 3]";
    let cases: Vec<(Vec<&'static str>, Vec<String>)> = vec![
        (
            vec!["record"],
            vec![input(
                RECORD,
                "{ layer = \"dense\", units = 8, activation = \"tanh\" }",
            )],
        ),
        (
            vec!["record"],
            vec![input(
                RECORD,
                "{ layer = \"dense\", units = 8, activation = \"relu6\" }, { layer = \"dense\", units = 4, activation = \"sigmoid\" }",
            )],
        ),
        (
            vec!["image"],
            vec![input(
                IMAGE,
                &format!("{conv} }}, {{ layer = \"max_pool\", size = [2, 2] }}"),
            )],
        ),
        (
            vec!["image"],
            vec![input(
                IMAGE,
                &format!(
                    "{conv}, batch_norm = true, padding = \"same\", stride = [2, 2] }}, {{ layer = \"global_pool\" }}"
                ),
            )],
        ),
        (
            vec!["image"],
            vec![input(
                IMAGE,
                &format!(
                    "{conv}, activation = \"tanh\" }}, {{ layer = \"depthwise_conv2d\", kernel = [3, 3], multiplier = 2, batch_norm = true }}, {{ layer = \"average_pool\", size = [2, 2], padding = \"same\" }}, {{ layer = \"flatten\" }}"
                ),
            )],
        ),
        (
            vec!["audio"],
            vec![input(
                AUDIO,
                "{ layer = \"rnn\", cell = \"elman\", hidden = 6, read = \"last\" }",
            )],
        ),
        (
            vec!["audio"],
            vec![input(
                AUDIO,
                "{ layer = \"rnn\", cell = \"gru\", hidden = 6, read = \"mean\" }",
            )],
        ),
        (
            vec!["audio"],
            vec![input(
                AUDIO,
                "{ layer = \"dense\", units = 5 }, { layer = \"rnn\", cell = \"lstm\", hidden = 6 }, { layer = \"rnn\", cell = \"gru\", hidden = 4, read = \"last\" }",
            )],
        ),
        (
            vec!["text"],
            vec![text(
                "{ words = true }",
                "{ layer = \"embedding_bag\", channels = 6 }",
            )],
        ),
        (
            vec!["text"],
            vec![text(
                "\"tokens\"",
                "{ layer = \"embedding\", channels = 4 }, { layer = \"rnn\", cell = \"lstm\", hidden = 4, direction = \"both\", read = \"last\" }",
            )],
        ),
    ];
    let mut failures = Vec::new();
    for (names, inputs) in &cases {
        let (spec, graph) = describe(inputs, "", TRAIN);
        let data = Toy::new(240, names);
        let (trained, report) = quiet(&graph, &spec, &data, &TrainOptions::default());
        let score = |quantised| {
            Predictor::new(&graph, &trained, quantised, Backend::Flex)
                .unwrap()
                .evaluate(&data)
                .unwrap()[0]
                .accuracy()
                .unwrap()
        };
        let (float, fixed) = (score(false), score(true));
        let (first, last) = (
            report.epochs[0].loss,
            report.epochs[report.epochs.len() - 1].loss,
        );
        if float < 0.95 || fixed < 0.95 || last > first {
            failures.push(format!(
                "{}: float {float:.3} fixed {fixed:.3} loss {first:.3} to {last:.3}",
                inputs[0]
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A network with all kinds of input, so that absence, rescaling and products occur.
fn fused(rest: &str, train: &str) -> (Spec, Graph, Toy) {
    let inputs = [
        input(
            IMAGE,
            "{ layer = \"conv2d\", channels = 2, kernel = [3, 3] }, { layer = \"max_pool\", size = [3, 3] }, { layer = \"dense\", units = 6 }",
        ),
        input(
            AUDIO,
            "{ layer = \"rnn\", cell = \"gru\", hidden = 4, read = \"mean\" }",
        ),
        text(
            "{ words = true }",
            "{ layer = \"embedding_bag\", channels = 4 }",
        ),
        RECORD.to_owned(),
    ];
    let (spec, graph) = describe(&inputs, rest, &format!("{train}modality_dropout = 0.2\n"));
    (
        spec,
        graph,
        Toy::new(160, &["image", "audio", "text", "record"]),
    )
}

#[test]
fn every_fusion_learns() {
    let fusions = [
        "[fusion]\nproducts = [[\"image\", \"audio\"]]\nsize = 5\ndense = [8]\n",
        "[fusion]\nkind = \"gated\"\nsize = 6\n",
        "[fusion]\nkind = \"product\"\nsize = 6\ndense = [6]\n",
    ];
    let mut failures = Vec::new();
    for fusion in fusions {
        let (spec, graph, data) = fused(fusion, TRAIN);
        let (trained, _) = quiet(&graph, &spec, &data, &TrainOptions::default());
        for quantised in [false, true] {
            let predictor = Predictor::new(&graph, &trained, quantised, Backend::Flex).unwrap();
            let accuracy = predictor.evaluate(&data).unwrap()[0].accuracy().unwrap();
            if accuracy < 0.95 {
                failures.push(format!("{fusion} quantised {quantised}: {accuracy:.3}"));
            }
        }
        assert!(trained.params.contains_key("record.absent"));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (spec, graph, data) = fused("", TRAIN);
    let run = |spec: &Spec| quiet(&graph, spec, &data, &TrainOptions::default()).0;
    let (a, b) = (run(&spec), run(&spec));
    assert!(a.params == b.params && a.ranges == b.ranges);
    let mut other = spec.clone();
    other.train.seed = 2;
    assert!(run(&other).params != a.params);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for shards in [1, 2, 3, 5] {
        let settings = TRAIN.replace("[train]", &format!("[train]\nshards = {shards}"));
        let (spec, graph, data) = fused("", &settings);
        assert_eq!(spec.train.shards, shards);
        let run = |threads: usize| {
            let options = TrainOptions {
                threads: Threads::new(threads.try_into().unwrap()),
                ..TrainOptions::default()
            };
            let (trained, report) = quiet(&graph, &spec, &data, &options);
            let judged = report.epochs.into_iter().map(|e| (e.loss, e.held_out));
            (trained.params, trained.ranges, judged.collect::<Vec<_>>())
        };
        let one = run(1);
        for threads in [2, 4, 7] {
            assert!(run(threads) == one, "{shards} shards on {threads} threads");
        }
    }
}

/// An observer that sets the stop flag after some steps.
struct StopAfter(AtomicUsize, std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Observer for StopAfter {
    fn step(&mut self, _: &StepReport) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.1.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_resumed_run_ends_like_an_uninterrupted_one() {
    let (spec, graph, data) = fused(
        "",
        &TRAIN.replace(
            "holdout = 0.2",
            "holdout = 0.1\nweight_decay = 0.01\npatience = 5",
        ),
    );
    let folder = tempfile::tempdir().unwrap();
    let whole = quiet(&graph, &spec, &data, &TrainOptions::default()).0;
    // The stops lie in the middle of a float epoch, and in the quantised phase.
    for steps in [13, 41] {
        let path = folder.path().join(format!("{steps}.ckpt"));
        let options = TrainOptions {
            checkpoint: Some(path),
            resume: true,
            ..TrainOptions::default()
        };
        let mut observer = StopAfter(AtomicUsize::new(steps), options.stop.clone());
        let (_, report) = train(&graph, &spec, &data, &options, &mut observer).unwrap();
        assert_eq!(report.end, End::Stopped);
        options.stop.store(false, Ordering::Relaxed);
        let (resumed, report) = quiet(&graph, &spec, &data, &options);
        assert_eq!((report.end, report.epochs.len()), (End::Finished, 6));
        assert!(
            resumed.params == whole.params && resumed.ranges == whole.ranges,
            "stopped after {steps}"
        );
    }
}

/// A toy of which every fifth sample is held out, and of those none, or only those of class 1, has a label.
struct Unjudged(Toy, bool);

impl Batches for Unjudged {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        Some(index.is_multiple_of(5))
    }

    fn sample(&self, index: usize, epoch: Option<u32>) -> FeatureSample<'_> {
        let mut sample = self.0.sample(index, epoch);
        if index.is_multiple_of(5) {
            sample.labels[0] = sample.labels[0].filter(|&class| self.1 && class == 1);
        }
        sample
    }
}

#[test]
fn epochs_that_cannot_be_judged_do_not_end_training() {
    let (spec, graph, data) = fused(
        "",
        &TRAIN.replace("holdout = 0.2", "holdout = 0.2\npatience = 1"),
    );
    let data = Unjudged(data, false);
    let (_, report) = train(&graph, &spec, &data, &TrainOptions::default(), &mut Silent).unwrap();
    assert_eq!(report.epochs.len(), 6, "patience has nothing to go by");
    for epoch in &report.epochs {
        let [score] = &epoch.held_out[..] else {
            panic!("{epoch:?}")
        };
        assert_eq!((score.loss, score.accuracy, score.auc), (None, None, None));
        assert!(!epoch.best);
    }
}

#[test]
fn one_class_held_out_gives_no_area() {
    let (spec, graph, data) = fused("", &TRAIN.replace("epochs = 6", "epochs = 2"));
    let data = Unjudged(data, true);
    let (_, report) = train(&graph, &spec, &data, &TrainOptions::default(), &mut Silent).unwrap();
    let score = &report.held_out[0];
    assert!(score.loss.is_some() && score.accuracy.is_some());
    assert_eq!((score.auc, score.judged()), (None, Err("one class only")));
}

#[test]
fn refuses_foreign_and_damaged_checkpoints() {
    let (spec, graph, data) = fused("", &TRAIN.replace("epochs = 6", "epochs = 2"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ckpt");
    let options = TrainOptions {
        checkpoint: Some(path.clone()),
        resume: true,
        ..TrainOptions::default()
    };
    quiet(&graph, &spec, &data, &options);
    let mut other = spec.clone();
    other.train.seed = 9;
    let error = |spec: &Spec| {
        train(&graph, spec, &data, &options, &mut Silent)
            .unwrap_err()
            .to_string()
    };
    assert!(error(&other).contains("belongs to another"));
    // The file is sealed again with other lists than this network has, and with more bytes than it has numbers.
    let whole = std::fs::read(&path).unwrap();
    // The offset of the fields behind epoch, step, loss and quantised.
    let at = 40 + 2 + 8 + 1;
    assert!(usize::from(whole[at]) > 1, "number of parameters");
    let forge = |lists: usize| {
        let mut bytes = whole[..at].to_vec();
        bytes.extend(postcard::to_allocvec(&lists).unwrap());
        bytes.resize(bytes.len() + lists, 0);
        // Empty lists: moments, ranges, statistics, best epoch, history.
        bytes.extend([0; 6]);
        bytes.extend(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
        std::fs::write(&path, bytes).unwrap();
        error(&spec)
    };
    assert!(forge(1).contains("damaged"));
    assert!(forge(1 << 20).contains("belongs to another"));
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(error(&spec).contains("damaged"));
    std::fs::write(&path, &bytes[..5]).unwrap();
    assert!(error(&spec).contains("damaged"));
}

#[test]
fn a_checkpoint_knows_the_content_of_its_data() {
    let (spec, graph, data) = fused("", &TRAIN.replace("epochs = 6", "epochs = 2"));
    let folder = tempfile::tempdir().unwrap();
    let options = TrainOptions {
        checkpoint: Some(folder.path().join("a.ckpt")),
        resume: true,
        ..TrainOptions::default()
    };
    quiet(&graph, &spec, &data, &options);
    let mut other = fused("", TRAIN).2;
    assert_eq!(other.digest(), data.digest());
    // The data have as many samples, of which one value is changed.
    other.rows[5].0[0][0] ^= 1;
    assert_ne!(other.digest(), data.digest());
    let error = train(&graph, &spec, &other, &options, &mut Silent).unwrap_err();
    assert!(error.to_string().contains("other data"), "{error}");
    quiet(&graph, &spec, &data, &options);
}

#[test]
fn names_samples_that_do_not_fit() {
    let (spec, graph, mut data) = fused("", TRAIN);
    data.rows[77].0[2].pop();
    let error = train(&graph, &spec, &data, &TrainOptions::default(), &mut Silent)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "sample 77: input record: has 4 values where each piece holds 5"
    );
    data.rows.truncate(6);
    let error = train(&graph, &spec, &data, &TrainOptions::default(), &mut Silent)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("samples") && error.contains("at least 8"),
        "{error}"
    );
}
