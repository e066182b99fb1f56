//! Thousands of forged model files on every emulated board: each has the fate there that it has on the host, but for
//! packings and parts that the board does not hold. And bits that flip in a file once it is loaded do no harm.

#[path = "../../core/tests/support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use support::{File, Network, flip, forged, originals};
use tillsense_core::parity::SplitMix64;
use tillsense_core::parity::forged::{Fate, fate, flipped};
use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::qemu::run_to_end;
use tillsense_device::toolchain::build_firmware;
use tillsense_tests::on_each;

/// Files compared on every board.
const FILES: usize = 2000;
/// First seed; any will do, and this one is no other test's.
const SEED: u64 = 3_000_000;
/// Share of files for other boards that is tried too: one of so many.
const OTHERS: u64 = 8;

/// Flipped bits tried on every board.
const FLIPS: usize = 600;

/// One file of a slot, and what the host says of it.
struct Trial {
    seed: u64,
    file: File,
    /// What the file's bytes are once it is loaded.
    changed: Option<File>,
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

    /// A file of any of these models, changed and sealed anew.
    fn forged(&mut self, models: &[(Network, File)], seed: u64) -> Trial {
        let file = forged(models, seed);
        let memory = &mut bytemuck::cast_slice_mut(&mut self.memory)[..self.arena];
        let wanted = fate(file.bytes(), seed, memory, &mut self.inbox);
        let wanted = wanted.unwrap_or_else(|harm| panic!("seed {seed} does {harm:?} here"));
        Trial {
            seed,
            file,
            changed: None,
            wanted,
        }
    }

    /// A file of any of these models, of which one bit or two change once it is loaded.
    fn flipped(&mut self, models: &[(Network, File)], seed: u64) -> Trial {
        let mut rng = SplitMix64::new(seed);
        let file = models[rng.below(models.len())].1.clone();
        let changed = flip(&file, &mut rng);
        let memory = &mut bytemuck::cast_slice_mut(&mut self.memory)[..self.arena];
        let (old, new) = (file.bytes(), changed.bytes());
        let wanted = flipped(old, new, seed, memory, &mut self.inbox);
        let wanted = wanted.unwrap_or_else(|harm| panic!("seed {seed} does {harm:?} here"));
        Trial {
            seed,
            file,
            changed: Some(changed),
            wanted,
        }
    }
}

/// The models with their files: those whose weights lie in an order that the board reads, and the others.
fn models(machine: &Machine) -> [Vec<(Network, File)>; 2] {
    let native = machine.reads.packing();
    let (own, others) = originals()
        .into_iter()
        .partition(|(network, _)| network.packing().is_none_or(|own| Some(own) == native));
    [own, others]
}

/// What became of the files of a board.
#[derive(Default)]
struct Tally {
    compared: usize,
    ran: usize,
    left_out: usize,
}

impl Tally {
    fn take(&mut self, machine: &Machine, trial: &Trial, line: &str) {
        let wanted = format!("{:08x}", trial.wanted.word());
        let (word, name) = line.split_once(' ').unwrap_or((line, ""));
        if name == "left out" {
            self.left_out += 1;
            return;
        }
        self.compared += 1;
        self.ran += usize::from(name == "ran");
        let (seed, fate) = (trial.seed, trial.wanted);
        assert_eq!(
            word, wanted,
            "{machine}: seed {seed}: {line}, here {fate:?}"
        );
    }
}

fn agrees(machine: &'static Machine) {
    let image = build_firmware(machine, "forged").unwrap();
    let [own, others] = models(machine);
    let (mut host, mut seeds) = (Host::of(machine), SEED..);
    let mut files = Tally::default();
    while files.compared < FILES {
        let trials = slot_full(machine, &mut seeds, FILES, |seed| {
            let models = if seed % OTHERS == 0 { &others } else { &own };
            host.forged(models, seed)
        });
        let lines = answers(machine, &image, &trials);
        (trials.iter().zip(&lines)).for_each(|(trial, line)| files.take(machine, trial, line));
    }
    let mut flips = Tally::default();
    while flips.compared < FLIPS {
        let trials = slot_full(machine, &mut seeds, FLIPS, |seed| host.flipped(&own, seed));
        let lines = answers(machine, &image, &trials);
        (trials.iter().zip(&lines)).for_each(|(trial, line)| flips.take(machine, trial, line));
    }
    let Tally {
        compared,
        ran,
        left_out,
    } = files;
    eprintln!(
        "{machine}: {compared} compared, of which {ran} ran; {left_out} for other boards; {} with flipped bits",
        flips.ran
    );
    assert!(ran > FILES / 20, "{machine}: {ran} ran");
    assert!(left_out * 3 < compared, "{machine}: {left_out} left out");
    assert!(flips.ran == flips.compared, "{machine}: {} ran", flips.ran);
}

/// As many trials as fit the board's slot, `most` at most.
fn slot_full(
    machine: &Machine,
    seeds: &mut impl Iterator<Item = u64>,
    most: usize,
    mut trial: impl FnMut(u64) -> Trial,
) -> Vec<Trial> {
    let (mut used, mut trials) = (16, Vec::new());
    while trials.len() < most {
        let next = trial(seeds.next().unwrap());
        let copies = 1 + usize::from(next.changed.is_some());
        used += 16 + copies * next.file.bytes().len().next_multiple_of(16);
        if used > machine.slot_len as usize {
            break;
        }
        trials.push(next);
    }
    trials
}

/// The board's line for each trial.
fn answers(machine: &'static Machine, image: &Path, trials: &[Trial]) -> Vec<String> {
    let mut slot = b"FORGED01".to_vec();
    slot.extend((trials.len() as u64).to_le_bytes());
    for trial in trials {
        slot.extend((trial.file.bytes().len() as u32).to_le_bytes());
        slot.extend(u32::from(trial.changed.is_some()).to_le_bytes());
        slot.extend(trial.seed.to_le_bytes());
        for file in [Some(&trial.file), trial.changed.as_ref()]
            .into_iter()
            .flatten()
        {
            slot.extend(file.bytes());
            slot.resize(slot.len().next_multiple_of(16), 0);
        }
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

#[test]
fn every_board_gives_forged_files_the_fate_that_the_host_gives_them() {
    on_each(boards::emulated(), agrees);
}
