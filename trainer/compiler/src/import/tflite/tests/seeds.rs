//! Small files: seeds of the fuzz target, which are read whatever becomes of their bytes.

use std::fs;
use std::path::{Path, PathBuf};

use super::builder::quantised;
use super::operators::every_operator;
use super::{Field, File, int8, read};

use Field::{I8, I32, U64};

/// A small network with everything that a tensor may have: scales, constants in a buffer and behind the tables, two graphs.
fn small() -> Vec<u8> {
    let mut file = File {
        description: Some("small"),
        more_graphs: 1,
        ..File::default()
    };
    file.tensor([int8("x", &[1, 2, 2, 1]), vec![quantised(&[0.5], &[-3], 0)]].concat());
    let weights = file.constant(&[2, 1, 1, 1], 9, vec![3, 0xfd]);
    file.tensors[1].push(quantised(&[0.5, 0.25], &[0, 0], 0));
    let bias = file.constant(&[2], 2, vec![1; 8]);
    file.tensors[2].push(quantised(&[0.25, 0.125], &[0, 0], 3));
    file.tensor(int8("y", &[1, 2, 2, 2]));
    let four = file.constant(&[1, 2, 2, 2], 17, vec![0; 4]);
    file.buffers[3] = vec![(1, U64(8)), (2, U64(4))];
    file.tensor(int8("z", &[1, 2, 2, 2]));
    let conv = vec![(0, I8(1)), (1, I32(1)), (2, I32(1)), (3, I8(1))];
    file.operator(3, &[0, weights, bias], &[3], Some((1, conv)));
    file.operator(0, &[3, four], &[5], None);
    file.inputs = vec![0];
    file.outputs = vec![5, 3];
    file.bytes()
}

/// Names of the seeds, and their bytes.
fn seeds() -> [(&'static str, Vec<u8>); 2] {
    [("small", small()), ("operators", every_operator().bytes())]
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds/tflite")
        .join(name)
}

#[test]
#[ignore = "writes the seeds anew"]
fn write_seeds() {
    for (name, bytes) in seeds() {
        fs::write(path(name), bytes).unwrap();
    }
}

#[test]
fn the_seeds_are_todays_files() {
    for (name, bytes) in seeds() {
        assert!(
            fs::read(path(name)).unwrap_or_default() == bytes,
            "{name}: write them with `cargo test -p tillsense-compiler --lib write_seeds -- --ignored`"
        );
    }
}

#[test]
fn the_seeds_are_read() {
    let bytes = small();
    let net = read(&bytes).unwrap();
    assert_eq!(net.description, "small");
    assert_eq!(net.outputs, [5, 3]);
    assert_eq!(net.tensors[2].quant.as_ref().unwrap().scales, [0.25, 0.125]);
    assert_eq!(net.tensors[4].data, Some(&bytes[8..12]));
    let bytes = every_operator().bytes();
    assert!(read(&bytes).unwrap().operators.len() > 50);
}
