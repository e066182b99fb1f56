//! Anyone's samples, as they lie in the store.

use tillsense_compiler::run::sample::Sample;

use super::division::Part;
use super::stored::decode;
use crate::data::dataset::content::Content;
use crate::data::dataset::{Head, InputColumn, SampleSet, Subset};
use crate::data::store::Store;

/// Samples of a folder or a table.
#[derive(Debug)]
pub struct OwnSamples {
    inputs: Vec<InputColumn>,
    heads: Vec<Head>,
    /// Names of the categories, by input and field.
    names: Vec<Vec<Vec<String>>>,
    store: Store,
    /// Places of the training samples in the store, those held out among them.
    train: Vec<u32>,
    /// Whether each training sample is held out.
    held: Vec<bool>,
    /// Places of the test samples in the store.
    test: Vec<u32>,
}

impl OwnSamples {
    /// Samples of a store; each has its part and the first bytes of the digest of its content. They are put into the order of those
    /// digests, so that training does not depend on the order of rows or files.
    pub fn new(
        inputs: Vec<InputColumn>,
        heads: Vec<Head>,
        names: Vec<Vec<Vec<String>>>,
        store: Store,
        samples: &[(Part, u64)],
    ) -> Self {
        let of = |wanted: fn(Part) -> bool| {
            let places = samples.iter().enumerate();
            let mut places: Vec<u32> = places
                .filter(|(_, (part, _))| wanted(*part))
                .map(|(place, _)| place as u32)
                .collect();
            places.sort_by_key(|&place| (samples[place as usize].1, place));
            places
        };
        let train = of(|part| part != Part::Test);
        let held = train
            .iter()
            .map(|&at| samples[at as usize].0 == Part::Valid);
        OwnSamples {
            held: held.collect(),
            test: of(|part| part == Part::Test),
            inputs,
            heads,
            names,
            store,
            train,
        }
    }

    fn stored(&self, part: Subset, index: usize) -> Vec<u8> {
        let places = match part {
            Subset::Train => &self.train,
            Subset::Test => &self.test,
        };
        self.store.read(places[index] as usize)
    }
}

impl SampleSet for OwnSamples {
    fn inputs(&self) -> Vec<InputColumn> {
        self.inputs.clone()
    }

    fn heads(&self) -> Vec<Head> {
        self.heads.clone()
    }

    fn len(&self, part: Subset) -> usize {
        match part {
            Subset::Train => self.train.len(),
            Subset::Test => self.test.len(),
        }
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        let bytes = self.stored(part, index);
        let sample = decode(&bytes);
        let inputs = sample.inputs.iter().zip(&self.inputs).zip(&self.names);
        Sample {
            inputs: inputs
                .map(|((stored, input), names)| stored.raw(input.kind, names))
                .collect(),
            labels: sample.labels,
        }
    }

    fn place(&self, part: Subset, index: usize) -> Option<String> {
        Some(decode(&self.stored(part, index)).place.to_owned())
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        Some(self.held[index])
    }

    /// The bytes of all samples but for their places, and what gives them their meaning.
    fn content(&self, content: &mut Content) {
        for input in &self.inputs {
            content.bytes(input.name.as_bytes());
            content.bytes(format!("{:?} {:?}", input.kind, input.fields).as_bytes());
        }
        for head in &self.heads {
            content.bytes(head.name.as_bytes());
            head.classes
                .iter()
                .for_each(|class| content.bytes(class.as_bytes()));
        }
        for name in self.names.iter().flatten().flatten() {
            content.bytes(name.as_bytes());
        }
        for part in [Subset::Train, Subset::Test] {
            content.number(self.len(part));
            for index in 0..self.len(part) {
                let mut bytes = self.stored(part, index);
                let place = decode(&bytes).place.len();
                // The place stands in front, behind its length.
                let skipped =
                    postcard::to_allocvec(&place).map_or(0, |length| length.len()) + place;
                content.bytes(&bytes.split_off(skipped));
            }
        }
        self.held
            .iter()
            .for_each(|&held| content.number(usize::from(held)));
    }
}
