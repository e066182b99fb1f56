//! Thousands of forged model files on every emulated board: each has the fate there that it has on the host, but for
//! packings and parts that the board does not hold.

#[path = "../../core/tests/support/mod.rs"]
mod support;

use std::fs;
use std::time::Duration;

use support::{File, Network, forged, originals};
use tillsense_core::parity::forged::{Fate, fate};
use tillsense_trainer::terminal::{Machine, machine, run_to_end};
use tillsense_trainer::toolchain::build_firmware;

/// Files compared on every board.
const FILES: usize = 2000;
/// First seed; any will do, and this one is no other test's.
const SEED: u64 = 3_000_000;
/// Share of files for other boards that is tried too: one of so many.
const OTHERS: u64 = 8;

/// One file of a slot, and what the host says of it.
struct Trial {
    seed: u64,
    file: File,
    wanted: Fate,
}

/// What a board's memory makes of a file, here.
struct Host {
    memory: Vec<u128>,
    arena: usize,
    inbox: Vec<u8>,
}

impl Host {
    fn of(machine: &Machine) -> Self {
        let arena = machine.arena as usize;
        Host {
            memory: vec![0; arena.div_ceil(16)],
            arena,
            inbox: vec![0; machine.inbox as usize],
        }
    }

    fn fate(&mut self, file: &File, seed: u64) -> Fate {
        let memory = &mut bytemuck::cast_slice_mut(&mut self.memory)[..self.arena];
        let fate = fate(file.bytes(), seed, memory, &mut self.inbox);
        fate.unwrap_or_else(|harm| panic!("seed {seed} does harm on this machine: {harm:?}"))
    }
}

/// The models whose weights lie in an order that the board reads, and with `others` all.
fn models(machine: &Machine) -> (Vec<(Network, File)>, Vec<(Network, File)>) {
    let native = machine.reads.packing();
    originals()
        .into_iter()
        .partition(|(network, _)| network.packing().is_none_or(|own| Some(own) == native))
}

fn agrees(machine: &'static Machine) {
    let image = build_firmware(machine, "forged").unwrap();
    let (own, others) = models(machine);
    let mut host = Host::of(machine);
    let mut seeds = SEED..;
    let (mut compared, mut ran, mut left_out) = (0, 0, 0);
    while compared < FILES {
        let trials = slot_full(machine, &mut seeds, |seed| {
            let models = if seed % OTHERS == 0 { &others } else { &own };
            let file = forged(models, seed);
            let wanted = host.fate(&file, seed);
            Trial { seed, file, wanted }
        });
        for (trial, line) in trials.iter().zip(answers(machine, &image, &trials)) {
            let wanted = format!("{:08x}", trial.wanted.word());
            let (word, name) = line.split_once(' ').unwrap_or((&line, ""));
            if name == "left out" {
                left_out += 1;
                continue;
            }
            compared += 1;
            ran += usize::from(name == "ran");
            let (seed, fate) = (trial.seed, trial.wanted);
            assert_eq!(
                word, wanted,
                "{machine}: seed {seed}: {line}, here {fate:?}"
            );
        }
    }
    eprintln!("{machine}: {compared} compared, of which {ran} ran; {left_out} for other boards");
    assert!(ran > FILES / 20, "{machine}: {ran} ran");
    assert!(left_out * 3 < compared, "{machine}: {left_out} left out");
}

/// As many trials as fit the board's slot.
fn slot_full(
    machine: &Machine,
    seeds: &mut impl Iterator<Item = u64>,
    mut trial: impl FnMut(u64) -> Trial,
) -> Vec<Trial> {
    let (mut used, mut trials) = (16, Vec::new());
    while trials.len() < FILES {
        let next = trial(seeds.next().unwrap());
        used += 16 + next.file.bytes().len().next_multiple_of(16);
        if used > machine.slot_len as usize {
            break;
        }
        trials.push(next);
    }
    trials
}

/// The board's line for each trial.
fn answers(machine: &'static Machine, image: &std::path::Path, trials: &[Trial]) -> Vec<String> {
    let mut slot = b"FORGED01".to_vec();
    slot.extend((trials.len() as u64).to_le_bytes());
    for trial in trials {
        let bytes = trial.file.bytes();
        slot.extend((bytes.len() as u64).to_le_bytes());
        slot.extend(trial.seed.to_le_bytes());
        slot.extend(bytes);
        slot.resize(slot.len().next_multiple_of(16), 0);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), slot).unwrap();
    let finished = run_to_end(machine, image, Some(file.path()), Duration::from_secs(600)).unwrap();
    let (code, said) = (finished.code, &finished.complaints);
    assert_eq!(
        code,
        Some(0),
        "{machine}: {said}\n{}",
        last(&finished.output)
    );
    let lines: Vec<String> = finished.output.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), trials.len(), "{machine}");
    lines
}

/// The lines that are not answers, and the last one.
fn last(output: &str) -> String {
    let mut lines: Vec<&str> = output.lines().filter(|line| line.contains(':')).collect();
    lines.extend(output.lines().last());
    lines.join("\n")
}

macro_rules! boards {
    ($($name:ident $machine:ident)*) => {$(
        #[test]
        fn $name() {
            agrees(&machine::$machine);
        }
    )*};
}

boards! {
    microbit_gives_forged_files_the_fate_that_the_host_gives_them MICROBIT
    mps2_an385_gives_forged_files_the_fate_that_the_host_gives_them MPS2_AN385
    mps2_an385_m0_gives_forged_files_the_fate_that_the_host_gives_them MPS2_AN385_M0
    mps2_an386_gives_forged_files_the_fate_that_the_host_gives_them MPS2_AN386
    mps2_an500_gives_forged_files_the_fate_that_the_host_gives_them MPS2_AN500
    mps2_an505_gives_forged_files_the_fate_that_the_host_gives_them MPS2_AN505
    mps3_an547_gives_forged_files_the_fate_that_the_host_gives_them MPS3_AN547
    netduinoplus2_gives_forged_files_the_fate_that_the_host_gives_them NETDUINOPLUS2
    riscv_virt_gives_forged_files_the_fate_that_the_host_gives_them RISCV_VIRT
    sifive_e_gives_forged_files_the_fate_that_the_host_gives_them SIFIVE_E
}
