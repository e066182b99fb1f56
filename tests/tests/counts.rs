//! Instruction counts depend on shapes, never on values.

use std::collections::BTreeMap;

use tillsense_trainer::bench;
use tillsense_trainer::bench::data::Data;
use tillsense_trainer::terminal::{Machine, machine};

/// Different weights and inputs for every layer. Kernels refuse up to 15 of them, whose weights are all extreme.
const VARIETY: usize = 65;

fn every_layer_takes_the_same(machine: &'static Machine) {
    let data = Data::variety(VARIETY);
    let start = std::time::Instant::now();
    let mut seen = BTreeMap::new();
    for figure in bench::kernels(machine, &data).unwrap() {
        assert!(figure.equal_to_reference, "{machine}: {figure:?}");
        let counts: &mut Vec<u64> = seen.entry((figure.id, figure.algorithm)).or_default();
        counts.push(figure.instructions);
    }
    let mut differing = Vec::new();
    for (layer, counts) in seen {
        assert!(counts.len() >= VARIETY - 15, "{layer:?}: {}", counts.len());
        if counts.iter().any(|&count| count != counts[0]) {
            differing.push(format!("{layer:?}: {counts:?}"));
        }
    }
    eprintln!("{machine}: {:?}", start.elapsed());
    assert!(differing.is_empty(), "{machine}:\n{}", differing.join("\n"));
}

#[test]
fn layers_on_mps2_an386() {
    every_layer_takes_the_same(&machine::MPS2_AN386);
}

#[test]
fn layers_on_mps3_an547() {
    every_layer_takes_the_same(&machine::MPS3_AN547);
}

#[test]
fn layers_on_mps2_an385_m0() {
    every_layer_takes_the_same(&machine::MPS2_AN385_M0);
}

#[test]
fn layers_on_mps2_an385() {
    every_layer_takes_the_same(&machine::MPS2_AN385);
}

#[test]
fn layers_on_riscv_virt() {
    every_layer_takes_the_same(&machine::RISCV_VIRT);
}
