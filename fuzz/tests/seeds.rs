//! Every target over its committed seeds, and over each seed cut short and with bytes changed.

use std::fs;
use std::path::Path;

use tillsense_compiler::import::tflite::read;
use tillsense_core::parity::SplitMix64;
use tillsense_core::{engine::Model, link::Collector};

/// Changed copies of each seed.
const COPIES: usize = 300;

/// The files of a target's folder.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no seeds in {}", folder.display());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn each(target: &str, run: fn(&[u8])) {
    let mut rng = SplitMix64::new(1);
    for seed in seeds(target) {
        run(&seed);
        for _ in 0..COPIES {
            let mut copy = seed.clone();
            for _ in 0..1 + rng.below(3) {
                let at = rng.below(copy.len());
                copy[at] = rng.next_u64() as u8;
            }
            if rng.below(8) == 0 {
                copy.truncate(rng.below(copy.len()));
            }
            run(&copy);
        }
    }
}

#[test]
fn load() {
    each("load", tillsense_fuzz::load::load);
}

#[test]
fn link() {
    each("link", tillsense_fuzz::link::link);
}

#[test]
fn tflite() {
    each("tflite", tillsense_fuzz::tflite::tflite);
}

#[test]
fn seeds_are_good_files_and_frames() {
    for seed in seeds("load") {
        let mut place = vec![0; seed.len() + 15];
        let at = place.as_ptr().align_offset(16);
        place[at..][..seed.len()].copy_from_slice(&seed);
        let loaded = Model::load(&place[at..][..seed.len()]);
        assert_eq!(loaded.err(), None);
    }
    for seed in seeds("link") {
        let mut collector = Collector::new();
        let frames = seed
            .iter()
            .filter(|&&byte| matches!(collector.push(byte), Some(Ok(_))));
        assert!(frames.count() > 0);
    }
    for seed in seeds("tflite") {
        assert_eq!(read(&seed).err(), None);
    }
}
