//! Figures that are written down in `golden`, and held.
//!
//! A figure that has grown fails. One that has shrunk much fails too, so that the file is written anew and the gain cannot be
//! lost unseen: `TILLSENSE_REFRESH=1 cargo test -p tillsense-tests --test golden --test size`.

use std::path::Path;

use tillsense_device::bench::recorded::{self, Recorded};

/// Set to anything, the files are written.
const REFRESH: &str = "TILLSENSE_REFRESH";

/// Parts of a thousand that a figure may be above what is written down: what a compiler's next release may cost.
const MORE: u64 = 5;

/// Parts of a thousand that a figure may be below before it must be written down.
const FEWER: u64 = 20;

/// Compares figures with the file of this name in `golden`, or writes it.
pub fn hold(file: &str, now: &[Recorded]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(file);
    if std::env::var_os(REFRESH).is_some() {
        std::fs::write(&path, recorded::text(now)).unwrap();
    }
    let complaints = complaints(&recorded::read(&path).unwrap(), now);
    assert!(complaints.is_empty(), "{file}:\n{}", complaints.join("\n"));
}

/// What is wrong with these figures, in lines.
pub fn complaints(golden: &[Recorded], now: &[Recorded]) -> Vec<String> {
    let find = |all: &[Recorded], count: &Recorded| {
        recorded::find(all, &count.id, &count.what).map(|figures| figures[0])
    };
    let gone = golden.iter().filter(|count| find(now, count).is_none());
    let gone = gone.map(|count| format!("{}, {}: is measured no more", count.id, count.what));
    let changed = now.iter().filter_map(|count| {
        let (id, algorithm, is) = (&count.id, &count.what, count.figures[0]);
        match find(golden, count) {
            None => Some(format!("{id}, {algorithm}: {is}, not written down yet")),
            Some(was) if is * 1000 > was * (1000 + MORE) => {
                Some(format!("{id}, {algorithm}: {is}, more than {was}"))
            }
            Some(was) if is * 1000 < was * (1000 - FEWER) => Some(format!(
                "{id}, {algorithm}: {is}, fewer than {was}: write it down with {REFRESH}=1"
            )),
            Some(_) => None,
        }
    });
    gone.chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_fewer_new_and_missing_figures_are_told() {
        let counts = |first: u64| {
            [
                Recorded::new("c1", "direct", first),
                Recorded::new("c1", "winograd", 700),
                Recorded::new("s1", "table", 10),
            ]
        };
        let golden = counts(1000);
        for same in [980, 1000, 1005] {
            assert_eq!(complaints(&golden, &counts(same)), Vec::<String>::new());
        }
        let told = |now: &[Recorded]| complaints(&golden, now).join("; ");
        assert_eq!(told(&counts(1006)), "c1, direct: 1006, more than 1000");
        assert!(told(&counts(979)).starts_with("c1, direct: 979, fewer than 1000: "));
        assert_eq!(told(&golden[..2]), "s1, table: is measured no more");
        let mut renamed = counts(1000);
        renamed[2].what = "lines".to_owned();
        assert_eq!(
            told(&renamed),
            "s1, table: is measured no more; s1, lines: 10, not written down yet"
        );
    }
}
