//! Fake quantisation compared with the device: what training sees is what ships, recurrent cells included.

use std::borrow::Cow;

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::frontend::Features;
use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::lower::lower;
use tillsense_compiler::quant;
use tillsense_compiler::run::sample::push;
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::testing::networks::{EACH, HISTORY, PICTURE, SOUND, TOKENS, described};
use tillsense_compiler::testing::toy::Toy;
use tillsense_core::engine::{Model, Session};

use crate::data::{Batches, FeatureSample, Piece};
use crate::learn::{Backend, Predictor};

/// The features of a toy's samples.
struct Data {
    features: Vec<Vec<Features>>,
    heads: usize,
}

impl Batches for Data {
    fn len(&self) -> usize {
        self.features.len()
    }

    fn sample(&self, index: usize, _epoch: Option<u32>) -> FeatureSample<'_> {
        let piece = |features: &'_ Features| match features {
            Features::Absent => Piece::Absent,
            Features::Whole(values) | Features::Steps(values) => {
                Piece::Values(Cow::Owned(values.clone()))
            }
            Features::Ids(ids) => Piece::Ids(Cow::Owned(ids.clone())),
        };
        FeatureSample {
            inputs: self.features[index].iter().map(piece).collect(),
            labels: vec![None; self.heads],
        }
    }
}

/// Encodings of all samples: the largest difference in steps, and the part of values that differ at all.
fn differences(toy: &Toy) -> (i32, f64) {
    let lowered = lower(
        &toy.graph,
        &toy.trained,
        &toy.frontends,
        &ExportOptions::GENERIC,
    )
    .unwrap();
    let file = Aligned::from(&assemble(&lowered)[..]);
    let model = Model::load(&file).unwrap();
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(model, &mut arena).unwrap();
    // Training gives the range before a table under the node's own name.
    let mut trained = toy.trained.clone();
    for (name, &range) in &toy.trained.ranges {
        if let Some(node) = name.strip_suffix(".pre") {
            trained.ranges.insert(node.to_owned(), range);
        }
    }
    let predictor = Predictor::new(&toy.graph, &trained, true, Backend::default()).unwrap();
    let data = Data {
        features: (0..toy.samples.len()).map(|n| toy.features(n)).collect(),
        heads: toy.graph.heads.len(),
    };
    let (mut largest, mut different, mut count) = (0, 0, 0);
    for (number, sample) in toy.samples.iter().enumerate() {
        session.reset();
        for (input, raw) in sample.iter().enumerate() {
            push(&mut session, input, raw).unwrap();
        }
        session.run();
        let (_, kept) = session.save().unwrap();
        let values = predictor.node_values(&data, &[number]).unwrap();
        for (input, lowered) in toy.graph.inputs.iter().zip(&lowered.inputs) {
            let wanted = &values[input.encoding];
            let stored = &kept[lowered.encoding.offset as usize..][..wanted.len()];
            for (&got, &want) in stored.iter().zip(wanted) {
                let want = quant::store(want, lowered.quant);
                let off = (i32::from(got as i8) - i32::from(want)).abs();
                largest = largest.max(off);
                different += usize::from(off > 0);
                count += 1;
            }
        }
    }
    (largest, different as f64 / count as f64)
}

#[test]
fn encodings_are_those_of_the_device() {
    for (seed, input) in EACH.iter().enumerate() {
        let (largest, part) = differences(&described(&[input], "", 80 + seed as u64));
        // A mean of a picture's values can lie halfway between two steps, and one step of it is several of the narrow encoding.
        let (most, share) = if *input == PICTURE {
            (3, 0.2)
        } else {
            (1, 0.06)
        };
        assert!(largest <= most && part < share, "{seed}: {largest} {part}");
    }
}

/// Weights so large that the products of a cell saturate.
#[test]
fn saturated_cells_are_those_of_the_device() {
    for (seed, input) in [SOUND, TOKENS, HISTORY].iter().enumerate() {
        let mut toy = described(&[input], "", 90 + seed as u64);
        for (name, (_, values)) in &mut toy.trained.params {
            if name.ends_with("x_weight") || name.ends_with("h_weight") {
                values.iter_mut().for_each(|w| *w *= 16.0);
            }
        }
        let (largest, part) = differences(&toy);
        assert!(largest <= 2 && part < 0.2, "{seed}: {largest} {part}");
    }
}
