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

/// Number of files compared on every board.
const FILES: usize = 2000;
/// First seed; any will do, and this one is no other test's.
const SEED: u64 = 3_000_000;
/// One of this many files for other boards is tried too.
const OTHERS: u64 = 8;

/// Number of files with flipped bits tried on every board.
const FLIPS: usize = 600;

/// One file of a slot, and the fate that the host predicts for it.
struct ForgedFile {
    seed: u64,
    file: File,
    /// The bytes that the file has once it is loaded.
    changed: Option<File>,
    wanted: Fate,
}

/// Predicts on this machine what a board's memory makes of a file.
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

    /// Makes a file of any of these models that is changed and sealed anew.
    fn forged(&mut self, models: &[(Network, File)], seed: u64) -> ForgedFile {
        let file = forged(models, seed);
        let memory = &mut bytemuck::cast_slice_mut(&mut self.memory)[..self.arena];
        let wanted = fate(file.bytes(), seed, memory, &mut self.inbox);
        let wanted = wanted.unwrap_or_else(|harm| panic!("seed {seed} does {harm:?} here"));
        ForgedFile {
            seed,
            file,
            changed: None,
            wanted,
        }
    }

    /// Makes a file of any of these models of which one bit or two change once it is loaded.
    fn flipped(&mut self, models: &[(Network, File)], seed: u64) -> ForgedFile {
        let mut rng = SplitMix64::new(seed);
        let file = models[rng.below(models.len())].1.clone();
        let changed = flip(&file, &mut rng);
        let memory = &mut bytemuck::cast_slice_mut(&mut self.memory)[..self.arena];
        let (old, new) = (file.bytes(), changed.bytes());
        let wanted = flipped(old, new, seed, memory, &mut self.inbox);
        let wanted = wanted.unwrap_or_else(|harm| panic!("seed {seed} does {harm:?} here"));
        ForgedFile {
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

/// Fates of the files of a board.
#[derive(Default)]
struct Tally {
    compared: usize,
    ran: usize,
    left_out: usize,
}

impl Tally {
    fn take(&mut self, machine: &Machine, forged_file: &ForgedFile, line: &str) {
        let wanted = format!("{:08x}", forged_file.wanted.word());
        let (word, name) = line.split_once(' ').unwrap_or((line, ""));
        if name == "left out" {
            self.left_out += 1;
            return;
        }
        self.compared += 1;
        self.ran += usize::from(name == "ran");
        let (seed, fate) = (forged_file.seed, forged_file.wanted);
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
        let forged_files = slot_full(machine, &mut seeds, FILES, |seed| {
            let models = if seed % OTHERS == 0 { &others } else { &own };
            host.forged(models, seed)
        });
        let lines = answers(machine, &image, &forged_files);
        (forged_files.iter().zip(&lines))
            .for_each(|(forged_file, line)| files.take(machine, forged_file, line));
    }
    let mut flips = Tally::default();
    while flips.compared < FLIPS {
        let forged_files = slot_full(machine, &mut seeds, FLIPS, |seed| host.flipped(&own, seed));
        let lines = answers(machine, &image, &forged_files);
        (forged_files.iter().zip(&lines))
            .for_each(|(forged_file, line)| flips.take(machine, forged_file, line));
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

/// Files that fill the board's slot, `most` at most.
fn slot_full(
    machine: &Machine,
    seeds: &mut impl Iterator<Item = u64>,
    most: usize,
    mut make: impl FnMut(u64) -> ForgedFile,
) -> Vec<ForgedFile> {
    let (mut used, mut forged_files) = (16, Vec::new());
    while forged_files.len() < most {
        let next = make(seeds.next().unwrap());
        let copies = 1 + usize::from(next.changed.is_some());
        used += 16 + copies * next.file.bytes().len().next_multiple_of(16);
        if used > machine.slot_len as usize {
            break;
        }
        forged_files.push(next);
    }
    forged_files
}

/// The line that the board prints for each file.
fn answers(machine: &'static Machine, image: &Path, forged_files: &[ForgedFile]) -> Vec<String> {
    let mut slot = b"FORGED01".to_vec();
    slot.extend((forged_files.len() as u64).to_le_bytes());
    for forged_file in forged_files {
        slot.extend((forged_file.file.bytes().len() as u32).to_le_bytes());
        slot.extend(u32::from(forged_file.changed.is_some()).to_le_bytes());
        slot.extend(forged_file.seed.to_le_bytes());
        for file in [Some(&forged_file.file), forged_file.changed.as_ref()]
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
    assert_eq!(lines.len(), forged_files.len(), "{machine}");
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
