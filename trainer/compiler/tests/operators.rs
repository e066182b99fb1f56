//! Networks of one operator each, by the hundred, and small ones of the kinds that people bring: every one answers as TensorFlow Lite's reference kernels do, or is refused for a reason
//! that is written down: `TILLSENSE_REFRESH=1 cargo test -p tillsense-compiler --test operators` writes the reasons anew.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use support::compare;

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/tflite")
        .join(name)
}

/// Names of all networks, in order.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.to_str()?.strip_suffix(".tflite")?.to_owned()))
        .collect();
    names.sort();
    names
}

/// Set to write the list anew.
const REFRESH: &str = "TILLSENSE_REFRESH";

/// Compares all networks of a folder, at least so many, on two threads.
fn held(folder: &Path, least: usize) {
    let names = names(folder);
    assert!(names.len() >= least, "{} networks", names.len());
    let half = names.len() / 2;
    let compared = |names: &[String]| -> BTreeMap<String, String> {
        let fate = |name: &String| Some((name.clone(), compare(folder, name).err()?));
        names.iter().filter_map(fate).collect()
    };
    let refused = thread::scope(|scope| {
        let first = scope.spawn(|| compared(&names[..half]));
        let mut rest = compared(&names[half..]);
        rest.extend(first.join().unwrap());
        rest
    });
    let mut lines = String::new();
    for (name, why) in refused {
        writeln!(lines, "{name}: {why}").unwrap();
    }
    let list = folder.join("refused.txt");
    if std::env::var_os(REFRESH).is_some() {
        fs::write(&list, &lines).unwrap();
    }
    let listed = fs::read_to_string(&list).unwrap();
    assert_eq!(lines, listed, "{REFRESH}=1 writes the list anew");
}

#[test]
fn every_operator_is_exact_or_its_refusal_is_listed() {
    held(&fixtures("ops"), 400);
}

/// Operators that the converter would not write so: every stored value goes through each.
#[test]
fn every_operator_put_together_by_hand_is_exact_or_its_refusal_is_listed() {
    held(&fixtures("built"), 86);
}

#[test]
fn every_network_is_exact_or_its_refusal_is_listed() {
    held(&fixtures("nets"), 24);
}
