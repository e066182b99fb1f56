//! The presets, with random numbers: their plans load, run in every combination of inputs, and fit the boards.

use tillsense_core::engine::{Model, Session};

use super::toy::Toy;
use crate::aligned::Aligned;
use crate::build::build;
use crate::data::Source;
use crate::export::assemble;
use crate::frontends::{facts, fit};
use crate::lower::lower;
use crate::presets::PRESETS;
use crate::sample::{Raw, push};
use crate::spec::Input;
use crate::task::{Part, TaskData};

/// RAM of the smallest board that takes all presets but `seed-digits`; its stack and inbox need some of it.
const ARENA: u32 = 96 * 1024;

#[test]
fn every_preset_lowers_loads_and_runs() {
    for preset in &PRESETS {
        let spec = preset.spec().unwrap();
        let data = TaskData::load(spec.task, &Source::Synthetic).unwrap();
        let frontends = fit(&spec, &data).unwrap();
        let graph = build(&spec, &facts(&spec, &frontends, &data)).unwrap();
        let toy = Toy::new(graph, frontends, 80);
        let lowered = lower(&toy.graph, &toy.trained, &toy.frontends).unwrap();
        let file = Aligned::from(&assemble(&lowered)[..]);
        let model = Model::load(&file).unwrap_or_else(|e| panic!("{}: {e:?}", preset.name));
        let arena_len = model.header().arena_len;
        assert!(arena_len <= ARENA, "{}: {arena_len}", preset.name);
        let mut arena = Aligned::zeros(arena_len as usize);
        let mut session = Session::new(model, &mut arena).unwrap();
        let names = data.input_names();
        let find = |input: &Input| names.iter().position(|n| *n == input.name).unwrap();
        let order: Vec<usize> = spec.inputs.iter().map(find).collect();
        let sample = data.sample(Part::Test, 0);
        for kept in 0..1u32 << order.len() {
            session.reset();
            for (input, &source) in order.iter().enumerate() {
                let raw = &sample.inputs[source];
                if kept >> input & 1 > 0 && *raw != Raw::Absent {
                    push(&mut session, input, raw).unwrap();
                }
            }
            session.run();
            assert!(session.verdict(lowered.heads.len() - 1).is_some());
        }
    }
}
