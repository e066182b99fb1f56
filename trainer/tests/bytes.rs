//! Every preset's model file for every target, byte for byte: what `golden/files.tsv` holds is the SHA-256 of files made of generated
//! data and seeded, untrained numbers. Trained numbers differ between processors in the last place, these do not.
//!
//! A change of the format, of a frontend, of lowering or of packing shows here, wanted or not. Where it is wanted:
//! `TILLSENSE_REFRESH=1 cargo test -p tillsense-trainer --test bytes`.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};
use tillsense_compiler::lower::untrained::untrained;
use tillsense_compiler::network::presets::PRESETS;
use tillsense_compiler::target::{ExportOptions, Target};
use tillsense_trainer::data::DataSource;
use tillsense_trainer::project::Prepared;

/// Set to anything, the file is written.
const REFRESH: &str = "TILLSENSE_REFRESH";

#[test]
fn every_preset_makes_the_same_file_for_every_target() {
    let mut lines = String::new();
    for preset in PRESETS {
        let prepared = Prepared::new(preset.text, preset.name, DataSource::Synthetic).unwrap();
        let numbers = untrained(&prepared.graph);
        for target in Target::ALL {
            let file = prepared
                .export(&numbers, 1, &ExportOptions::at(target))
                .unwrap();
            let digest = Sha256::digest(&file);
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(lines, "{}\t{target}\t{}\t{digest}", preset.name, file.len()).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/files.tsv");
    if std::env::var_os(REFRESH).is_some() {
        std::fs::write(&path, &lines).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    let changed: Vec<_> = lines
        .lines()
        .zip(golden.lines())
        .filter(|(now, then)| now != then)
        .collect();
    assert!(changed.is_empty(), "{changed:#?}");
    assert_eq!(lines.lines().count(), golden.lines().count());
}
