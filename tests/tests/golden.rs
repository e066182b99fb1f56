//! Instructions that every layer took when the files in `golden/counts` were written, one file a board.
//!
//! A layer that takes more fails. One that has come to take much fewer fails too, so that the file is written anew and the
//! gain cannot be lost unseen: `TILLSENSE_REFRESH=1 cargo test -p tillsense-tests --test golden`.

use std::fmt::Write;
use std::path::PathBuf;

use tillsense_device::bench;
use tillsense_device::bench::data::Data;
use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_tests::on_each;

/// The variable that, set to anything, makes the test write the files.
const REFRESH: &str = "TILLSENSE_REFRESH";

/// Parts of a thousand that a layer may take more than is written down: what a compiler's next release may cost.
const MORE: u64 = 5;

/// Parts of a thousand that a layer may take fewer than written down before the file must be written anew.
const FEWER: u64 = 20;

/// A layer, its algorithm, and its instructions.
type Count = (String, String, u64);

fn path(machine: &Machine) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/counts");
    folder.join(format!("{}.tsv", machine.id))
}

fn read(text: &str) -> Vec<Count> {
    let count = |line: &str| {
        let [id, algorithm, instructions] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("`{line}`")
        };
        let instructions = instructions.parse().unwrap();
        (id.to_owned(), algorithm.to_owned(), instructions)
    };
    text.lines().map(count).collect()
}

fn write(counts: &[Count]) -> String {
    let mut text = String::new();
    for (id, algorithm, instructions) in counts {
        writeln!(text, "{id}\t{algorithm}\t{instructions}").unwrap();
    }
    text
}

/// Differences between these counts, one line each.
fn complaints(golden: &[Count], now: &[Count]) -> Vec<String> {
    let find = |all: &[Count], (id, algorithm, _): &Count| {
        let same = all.iter().find(|c| (&c.0, &c.1) == (id, algorithm));
        same.map(|c| c.2)
    };
    let gone = golden.iter().filter(|count| find(now, count).is_none());
    let gone = gone.map(|(id, algorithm, _)| format!("{id}, {algorithm}: is measured no more"));
    let changed = now.iter().filter_map(|count| {
        let (id, algorithm, is) = count;
        match find(golden, count) {
            None => Some(format!("{id}, {algorithm}: {is}, not written down yet")),
            Some(was) if is * 1000 > was * (1000 + MORE) => {
                Some(format!("{id}, {algorithm}: {is}, slower than {was}"))
            }
            Some(was) if is * 1000 < was * (1000 - FEWER) => Some(format!(
                "{id}, {algorithm}: {is}, faster than {was}: write it down with {REFRESH}=1"
            )),
            Some(_) => None,
        }
    });
    gone.chain(changed).collect()
}

fn keeps(machine: &'static Machine) {
    let figures = bench::kernels(machine, &[Data::random(1)]).unwrap();
    let count = |f: bench::Figure| (f.id.to_owned(), f.algorithm, f.instructions);
    let now: Vec<Count> = figures.into_iter().map(count).collect();
    if std::env::var_os(REFRESH).is_some() {
        std::fs::write(path(machine), write(&now)).unwrap();
    }
    let golden = read(&std::fs::read_to_string(path(machine)).unwrap());
    let complaints = complaints(&golden, &now);
    assert!(
        complaints.is_empty(),
        "{machine}:\n{}",
        complaints.join("\n")
    );
}

#[test]
fn every_board_that_shows_a_target_keeps_its_counts() {
    let shows = |board: &&Machine| !board.shows.is_empty();
    on_each(boards::emulated().filter(shows), keeps);
}

#[test]
fn a_slower_a_faster_a_new_and_a_missing_layer_are_told() {
    let counts = |first: u64| {
        read(&format!(
            "c1\tdirect\t{first}\nc1\twinograd\t700\ns1\ttable\t10\n"
        ))
    };
    let golden = counts(1000);
    for same in [980, 1000, 1005] {
        assert_eq!(complaints(&golden, &counts(same)), Vec::<String>::new());
    }
    let told = |now: &[Count]| complaints(&golden, now).join("; ");
    assert_eq!(told(&counts(1006)), "c1, direct: 1006, slower than 1000");
    assert!(told(&counts(979)).starts_with("c1, direct: 979, faster than 1000: "));
    assert_eq!(told(&golden[..2]), "s1, table: is measured no more");
    let renamed = read("c1\tdirect\t1000\nc1\twinograd\t700\ns1\tlines\t10\n");
    assert_eq!(
        told(&renamed),
        "s1, table: is measured no more; s1, lines: 10, not written down yet"
    );
    assert_eq!(read(&write(&renamed)), renamed);
}
