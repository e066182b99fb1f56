//! The presets, with random numbers: their plans load, run in every combination of inputs, and fit the boards.

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::lower::lower;
use tillsense_compiler::network::builder::build;
use tillsense_compiler::network::description::{Input, Spec};
use tillsense_compiler::network::presets::{PRESETS, Preset};
use tillsense_compiler::run::sample::{Raw, push};
use tillsense_compiler::target::{ExportOptions, Target};
use tillsense_compiler::testing::lowered::{ops, packed, scores};
use tillsense_compiler::testing::toy::Toy;
use tillsense_core::engine::{Model, Session};
use tillsense_core::model::records::Op;
use tillsense_trainer::data::DataSource;
use tillsense_trainer::data::dataset::{Dataset, Subset};
use tillsense_trainer::data::fit::{facts, fit};

/// RAM of the smallest board that takes all presets but `seed-digits`; its stack and inbox need some of it.
const ARENA: u32 = 96 * 1024;

/// A preset with random numbers.
fn toy(preset: &Preset) -> (Toy, Spec, Dataset) {
    let spec = preset.spec().unwrap();
    let data = Dataset::load(&spec, &DataSource::Synthetic).unwrap();
    let frontends = fit(&spec, &data).unwrap();
    let graph = build(&spec, &facts(&spec, &frontends, &data)).unwrap();
    (Toy::new(graph, frontends, 80), spec, data)
}

#[test]
fn every_preset_lowers_loads_and_runs() {
    for preset in &PRESETS {
        let (toy, spec, data) = toy(preset);
        let lowered = lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC,
        )
        .unwrap();
        let file = Aligned::from(&assemble(&lowered)[..]);
        let model = Model::load(&file).unwrap_or_else(|e| panic!("{}: {e:?}", preset.name));
        let arena_len = model.header().arena_len;
        assert!(arena_len <= ARENA, "{}: {arena_len}", preset.name);
        let mut arena = Aligned::zeros(arena_len as usize);
        let mut session = Session::new(model, &mut arena).unwrap();
        let find = |input: &Input| data.input(&input.name).unwrap();
        let order: Vec<usize> = spec.inputs.iter().map(find).collect();
        let sample = data.sample(Subset::Test, 0);
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

/// Bytes of arena of `seed-digits` on a Cortex-M4: picture, two rows of the convolution, pooled values, and some more.
const SEED_DIGITS: u32 = 9 * 1024;

/// What kernels may need beside the plain op's memory: patches, or a copy of an input that they read in whole units.
const SCRATCH: u32 = 128;

#[test]
fn every_preset_scores_alike_for_every_target() {
    for preset in &PRESETS {
        let (toy, ..) = toy(preset);
        let plain = packed(&toy, Target::Generic);
        let wanted = scores(&plain, &toy);
        for target in Target::ALL {
            let aim = ExportOptions::at(target);
            let lowered = lower(&toy.graph, &toy.trained, &toy.frontends, &aim).unwrap();
            let (len, arena) = (assemble(&lowered).len(), lowered.arena_len);
            println!(
                "{} {target}: {len} bytes of file, {arena} of arena",
                preset.name
            );
            assert!(
                scores(&lowered, &toy) == wanted,
                "{}, {target}",
                preset.name
            );
            assert!(
                arena <= plain.arena_len + SCRATCH,
                "{}, {target}: {arena}",
                preset.name
            );
            let left =
                ops(&lowered).filter(|op| matches!(op, Op::Conv2d(_) | Op::Dense(_) | Op::Rnn(_)));
            assert_eq!(
                left.count() > 0,
                target == Target::Generic,
                "{}, {target}",
                preset.name
            );
            if (preset.name, target) == ("seed-digits", Target::CortexM4) {
                assert!(arena <= SEED_DIGITS, "{arena}");
            }
        }
    }
}
