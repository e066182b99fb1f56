//! Tests of the rates that the presets state, on the data that they are made for.

use tillsense_compiler::network::presets::PRESETS;

use super::*;
use crate::data::dataset::Subset;
use crate::data::tests::published::source;
use crate::data::{Batches, FeatureSample};

/// Labels and held-out samples without features: all that is needed to tell whether a rate can be shown.
struct Labels<'a>(&'a Prepared);

impl Batches for Labels<'_> {
    fn len(&self) -> usize {
        self.0.data.len(Subset::Train)
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        self.0.data.held_out(index)
    }

    fn sample(&self, _: usize, _: Option<u32>) -> FeatureSample<'_> {
        unreachable!("the choice of held-out samples does not depend on what they hold")
    }
}

/// Each speaker left out, too: `train all --seeds N` does so.
#[test]
#[ignore = "needs the published data, whose folder TILLSENSE_DATA names"]
fn every_preset_can_show_its_rates_on_the_published_data() {
    for preset in PRESETS {
        let prepared = Prepared::new(preset.text, preset.name, source()).unwrap();
        let held = held_out(&Labels(&prepared), &prepared.spec.train);
        for (number, head) in prepared.spec.heads.iter().enumerate() {
            let Some(rate) = head.defer_error else {
                continue;
            };
            let place = prepared.order.heads[number];
            let labels = held
                .iter()
                .map(|&n| prepared.data.sample(Subset::Train, n).labels[place]);
            let samples = labels.filter(Option::is_some).count();
            let needed = needed(f64::from(rate));
            let words = format!(
                "{} {}: {samples} held out, {needed} needed",
                preset.name, head.name
            );
            // Where a speaker is left out there are a sixth fewer samples.
            assert!(samples * 5 / 6 >= needed, "{words}");
        }
    }
}
