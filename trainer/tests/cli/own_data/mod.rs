//! Anyone's data: `tillsense check` finds faults that were planted and does not blame clean data, and bad input is refused in words.

mod columns;
mod media;
mod refused;
mod sequences;
mod sources;

use std::fmt::Write;

use serde_json::Value;

use crate::room::{Ran, Room};

/// Numbers that are the same each time.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A grey picture of 16 x 16 in random patches, the upper half brighter where the class is.
fn picture(draws: &mut Draws, bright: bool) -> Vec<u8> {
    let patches: Vec<u8> = (0..16)
        .map(|at| draws.below(150) as u8 + if bright == (at < 8) { 100 } else { 0 })
        .collect();
    (0..256)
        .map(|at| patches[at / 64 * 4 + at % 16 / 4])
        .collect()
}

fn pgm(pixels: &[u8], side: usize) -> Vec<u8> {
    [format!("P5 {side} {side} 255\n").as_bytes(), pixels].concat()
}

/// Half a second at 8 kHz of noise whose level and pitch change.
fn sound(draws: &mut Draws) -> Vec<i16> {
    let mut samples = Vec::new();
    for _ in 0..20 {
        let (level, hold) = (1000 + draws.below(5000) as i64, 1 + draws.below(15));
        let mut value = 0;
        for at in 0..200 {
            if at % hold == 0 {
                value = draws.below(2 * level as u64) as i64 - level;
            }
            samples.push(value as i16);
        }
    }
    samples
}

fn wav(samples: &[i16], rate: u32) -> Vec<u8> {
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(rate.to_le_bytes());
    bytes.extend((2 * rate).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

/// What `check --json` says, whatever its exit code.
fn checked(room: &Room, description: &str) -> Value {
    let ran = room.run(&format!("check {description} --json"));
    let told: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let errors = told["errors"].as_u64().unwrap();
    assert_eq!(ran.code, Some(i32::from(errors > 0)), "{ran:?}");
    told
}

/// The kinds of findings of a level, in order.
fn kinds<'t>(told: &'t Value, levels: &[&str]) -> Vec<&'t str> {
    let findings = told["findings"].as_array().unwrap().iter();
    let of = findings.filter(|finding| levels.contains(&finding["level"].as_str().unwrap()));
    let mut kinds: Vec<&str> = of
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect();
    kinds.dedup();
    kinds
}

#[track_caller]
fn finds(told: &Value, wanted: &[&str]) {
    let found = kinds(told, &["error", "warning", "note"]);
    for kind in wanted {
        assert!(
            found.contains(kind),
            "{kind} is not among {found:?}\n{told:#}"
        );
    }
}

#[track_caller]
fn is_clean(told: &Value) {
    assert!(kinds(told, &["error", "warning"]).is_empty(), "{told:#}");
}

/// Pictures of two classes, in folders that divide them.
fn pictures(room: &Room) -> Vec<Vec<u8>> {
    let mut draws = Draws(1);
    let mut all = Vec::new();
    for (part, count) in [("train", 60), ("test", 20)] {
        for n in 0..count {
            let pixels = picture(&mut draws, n % 2 == 0);
            let class = ["bright", "dark"][n % 2];
            room.write(&format!("p/{part}/{class}/{n}.pgm"), pgm(&pixels, 16));
            all.push(pixels);
        }
    }
    all
}

const WORDS: [&str; 24] = [
    "river", "stone", "cloud", "paper", "green", "seven", "window", "garden", "bottle", "summer",
    "winter", "market", "silver", "yellow", "travel", "number", "letter", "copper", "island",
    "bridge", "forest", "candle", "mirror", "pocket",
];

/// Rows of a table; `more` adds cells to each.
fn table(
    rows: usize,
    header: &str,
    mut more: impl FnMut(usize, bool, &mut Draws) -> String,
) -> String {
    let mut draws = Draws(4);
    let mut text = format!("age,city,note,risk,part{header}\n");
    for n in 0..rows {
        let age = 18 + draws.below(70);
        let high = draws.below(100) < age;
        let note: Vec<&str> = (0..9).map(|_| WORDS[draws.below(24) as usize]).collect();
        let part = if n % 5 == 0 { "test" } else { "train" };
        let city = ["Bern", "Lyon", "Graz", "Bonn"][draws.below(4) as usize];
        let risk = if high { "high" } else { "low" };
        let more = more(n, high, &mut draws);
        writeln!(text, "{age},{city},{},{risk},{part}{more}", note.join(" ")).unwrap();
    }
    text
}

/// Runs a command on a screen of 80 columns.
fn narrow(room: &Room, words: &str) -> Ran {
    let mut command = room.command(words);
    command.env("COLUMNS", "80");
    Ran::of(command)
}

/// Thirty pictures of two classes in `p`, and their description `p.toml`.
fn few_pictures(room: &Room) {
    let mut draws = Draws(6);
    for n in 0..30 {
        let class = ["bright", "dark"][n % 2];
        room.write(
            &format!("p/{class}/{n}.pgm"),
            pgm(&picture(&mut draws, n % 2 == 0), 16),
        );
    }
    room.run("new p").succeeds();
}

/// A table of sixty rows, and its description `t.toml`.
fn small_table(room: &Room) {
    room.write("t.csv", table(60, "", |_, _, _| String::new()));
    room.run("new t.csv --label risk").succeeds();
}

/// Both `check` and `train` refuse it with these words, and nothing is written.
#[track_caller]
fn is_refused(room: &Room, description: &str, words: &[&str]) {
    let before = room.files();
    let ran = room.run(&format!("check {description}"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let told = format!("{}{}", ran.out, ran.err);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
    room.run(&format!("train {description} --epochs 1"))
        .fails(words);
    assert_eq!(room.files(), before);
}

/// `t.csv` with keys, payments of most of them, and a description.
fn payments(room: &Room) -> String {
    room.write("t.csv", table(60, ",id", |n, _, _| format!(",k{n}")));
    let mut payments = String::from("key,at,sum\n");
    for n in 0..60 {
        for at in 0..n % 4 {
            writeln!(payments, "k{n},{at},{}", n * 7 % 90 + at).unwrap();
        }
    }
    room.write("pay.csv", &payments);
    room.run("new t.csv --label risk --sequence history=pay.csv:key=key,of=id,order=at")
        .succeeds();
    payments
}
