//! The seeds of the fuzz targets in `fuzz/seeds`: small models of every packing and of every kind of input, and good frames.
//!
//! They are made here, so that a change of the file format or of the messages makes them anew.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{network, packed_network, tensor_network};
use tillsense_core::link::{MAX_FRAME, Request, encode};
use tillsense_core::model::records::Packing;

/// Each seed's place below `fuzz/seeds`, and its bytes.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut all = vec![("load/plain".into(), network(1).file().bytes().to_vec())];
    for packing in Packing::ALL {
        let name = format!("load/{packing:?}").to_lowercase();
        all.push((name, packed_network(1, packing).file().bytes().to_vec()));
    }
    all.push((
        "load/tensor".into(),
        tensor_network().file().bytes().to_vec(),
    ));
    let requests = [
        ("link/info", Request::Info),
        ("link/run", Request::Run),
        (
            "link/push",
            Request::Push {
                input: 1,
                offset: 0,
                total: 16,
                bytes: b"where is my card",
            },
        ),
    ];
    for (name, request) in requests {
        let mut frame = [0; MAX_FRAME];
        let len = encode(7, &request, &mut frame).unwrap();
        all.push((name.into(), frame[..len].to_vec()));
    }
    all
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(name)
}

#[test]
#[ignore = "writes the seeds anew"]
fn write_seeds() {
    for (name, bytes) in seeds() {
        fs::write(path(&name), bytes).unwrap();
    }
}

#[test]
fn the_seeds_are_todays_files_and_frames() {
    for (name, bytes) in seeds() {
        assert!(
            fs::read(path(&name)).unwrap_or_default() == bytes,
            "{name}: write them with `cargo test -p tillsense-core --test fuzz_seeds -- --ignored`"
        );
    }
}
