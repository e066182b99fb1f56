//! The worked examples of docs/NUMBERS.md, computed.

use tillsense_core::num;

/// The rows of numbers below a heading that begins with these cells.
fn rows(text: &str, heading: &str) -> Vec<Vec<f64>> {
    let below = text.lines().skip_while(|line| !line.starts_with(heading));
    let rows = below.skip(2).take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().parse().unwrap()).collect()
    };
    rows.map(row).collect()
}

/// The chapter, where this package lies in its workspace.
fn chapter() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/NUMBERS.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn requantised_sums_are_those_of_the_chapter() {
    let rows = rows(&chapter(), "| sum | multiplier | shift |");
    assert!(rows.len() >= 8, "{rows:?}");
    for row in &rows {
        let [sum, multiplier, shift] = [row[0], row[1], row[2]].map(|number| number as i32);
        let told = [row[3] as i32, row[4] as i32];
        let computed = [
            num::nearest(sum, multiplier, shift),
            num::tflite(sum, multiplier, shift),
        ];
        assert_eq!(computed, told, "{row:?}");
    }
    assert!(rows.iter().any(|row| row[3] != row[4]), "where they differ");
}

#[test]
fn sigmoids_are_those_of_the_chapter() {
    let rows = rows(&chapter(), "| x, Q3.12 | real x |");
    assert!(rows.len() >= 4, "{rows:?}");
    for row in &rows {
        let stored = num::sigmoid_q15(row[0] as i16);
        assert_eq!(f64::from(stored), row[2], "{row:?}");
        assert!((row[0] / 4096.0 - row[1]).abs() < 1e-9, "{row:?}");
        let real = 1.0 / (1.0 + libm::exp(-row[1]));
        assert!(
            (row[3] - real).abs() < 1e-4 && (row[2] / 32768.0 - real).abs() < 8e-5,
            "{row:?}"
        );
    }
}
