//! Toys lowered for a target, and the scores of their samples.

use tillsense_core::engine::{Model, Session};
use tillsense_core::model::records::Op;

use super::toy::Toy;
use crate::aligned::Aligned;
use crate::lower::file::assemble;
use crate::lower::{Lowered, lower};
use crate::run::sample::push;
use crate::target::{ExportOptions, Target, packings};

/// Lowers with a growth that is no limit.
pub fn packed(toy: &Toy, target: Target) -> Lowered {
    packed_within(toy, target, 1000)
}

pub fn packed_within(toy: &Toy, target: Target, flash_growth: u16) -> Lowered {
    let aim = ExportOptions {
        target,
        flash_growth,
    };
    lower(&toy.graph, &toy.trained, &toy.frontends, &aim).unwrap()
}

/// The scores of all samples, by sample and head.
pub fn scores(lowered: &Lowered, toy: &Toy) -> Vec<Vec<Vec<i8>>> {
    let file = Aligned::from(&assemble(lowered)[..]);
    let model = Model::load(&file).unwrap();
    let packing = lowered.aim.target.packing();
    assert!(packings(&model).all(|found| Some(found) == packing));
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(model, &mut arena).unwrap();
    let mut run = |sample: &Vec<crate::run::sample::Raw<'static>>| {
        session.reset();
        for (input, raw) in sample.iter().enumerate() {
            push(&mut session, input, raw).unwrap();
        }
        session.run();
        let heads = 0..lowered.heads.len();
        heads
            .map(|head| session.verdict(head).unwrap().scores.to_vec())
            .collect()
    };
    toy.samples.iter().map(&mut run).collect()
}

/// Every target's file gives the scores of the plain one; answers the files.
pub fn same_scores(toy: &Toy) -> Vec<Lowered> {
    let plain = packed(toy, Target::Generic);
    let wanted = scores(&plain, toy);
    let pack = |target| {
        let lowered = packed(toy, target);
        assert!(scores(&lowered, toy) == wanted, "{target}");
        lowered
    };
    Target::ALL.into_iter().map(pack).collect()
}

pub fn ops(lowered: &Lowered) -> impl Iterator<Item = &Op> {
    let inputs = lowered.inputs.iter();
    let encoders = inputs.flat_map(|i| i.step.iter().chain(&i.finish));
    encoders.chain(&lowered.trunk)
}
