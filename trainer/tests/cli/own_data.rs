//! `tillsense check`: faults that were planted are found, clean data are not blamed, and bad input is refused in words.

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

#[test]
fn faults_of_pictures_are_found() {
    let room = Room::new();
    let all = pictures(&room);
    room.run("new p").succeeds();
    let told = checked(&room, "p.toml");
    is_clean(&told);
    assert_eq!(told["samples"]["test"], 20);
    assert_eq!(told["heads"][0]["classes"][1]["test"], 10);
    let nearly: Vec<u8> = all[9]
        .iter()
        .enumerate()
        .map(|(at, &v)| v + (at % 2) as u8)
        .collect();
    room.write("p/test/bright/copy.pgm", pgm(&all[8], 16));
    room.write("p/test/dark/nearly.pgm", pgm(&nearly, 16));
    room.write("p/train/dark/other.pgm", pgm(&all[10], 16));
    room.write("p/train/dark/empty.png", "");
    let large: Vec<u8> = (0..400).map(|at| (at * 7 % 251) as u8).collect();
    room.write("p/train/dark/large.pgm", pgm(&large, 20));
    let colours: Vec<u8> = (0..768).map(|at| (at * 11 % 241) as u8).collect();
    room.write(
        "p/train/dark/rgb.ppm",
        [&b"P6 16 16 255\n"[..], &colours].concat(),
    );
    let told = checked(&room, "p.toml");
    finds(
        &told,
        &[
            "unreadable",
            "duplicates_across",
            "near_duplicates_across",
            "conflicting_duplicates",
            "mixed_sizes",
            "mixed_colours",
        ],
    );
    let ran = narrow(&room, "check p.toml");
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("empty.png"), "{ran:?}");
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
}

#[test]
fn groups_of_a_folder_on_both_sides_are_found() {
    let room = Room::new();
    let mut draws = Draws(2);
    for (part, count) in [("train", 60), ("test", 20)] {
        for n in 0..count {
            let class = ["bright", "dark"][n % 2];
            let name = format!("p/{part}/{class}/g{}_{n}.pgm", n % 7);
            room.write(&name, pgm(&picture(&mut draws, n % 2 == 0), 16));
        }
    }
    room.run("new p --group prefix").succeeds();
    finds(&checked(&room, "p.toml"), &["group_on_both_sides"]);
}

#[test]
fn faults_of_sounds_are_found() {
    let room = Room::new();
    let mut draws = Draws(3);
    let mut all = Vec::new();
    for (part, count) in [("train", 60), ("test", 20)] {
        for n in 0..count {
            let samples = sound(&mut draws);
            let class = ["a", "b"][n % 2];
            room.write(&format!("s/{part}/{class}/{n}.wav"), wav(&samples, 8000));
            all.push(samples);
        }
    }
    room.run("new s").succeeds();
    is_clean(&checked(&room, "s.toml"));
    let softer: Vec<i16> = all[4]
        .iter()
        .map(|&s| (i32::from(s) * 7 / 10) as i16)
        .collect();
    room.write("s/test/a/softer.wav", wav(&softer, 8000));
    let clipped: Vec<i16> = all[5].iter().map(|&s| s.saturating_mul(60)).collect();
    room.write("s/train/b/clipped.wav", wav(&clipped, 8000));
    room.write("s/train/b/silent.wav", wav(&[0; 4000], 8000));
    room.write("s/train/b/short.wav", wav(&all[6][..40], 8000));
    let late = [vec![0; 3000], sound(&mut draws)].concat();
    room.write("s/train/a/late.wav", wav(&late, 8000));
    room.write("s/train/a/rate.wav", wav(&sound(&mut draws), 6000));
    room.write("s/train/c/one.wav", wav(&sound(&mut draws), 8000));
    room.write("s/train/c/two.wav", wav(&sound(&mut draws), 8000));
    let told = checked(&room, "s.toml");
    finds(
        &told,
        &[
            "near_duplicates_across",
            "clipped",
            "silent",
            "short_clips",
            "late",
            "mixed_rates",
            "few_samples",
            "imbalance",
            "not_in_test",
        ],
    );
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

#[test]
fn faults_of_columns_are_found() {
    let room = Room::new();
    room.write("t.csv", table(400, "", |_, _, _| String::new()));
    room.run("new t.csv --label risk").succeeds();
    is_clean(&checked(&room, "t.toml"));
    let bad = table(
        400,
        ",id,always,told,moved,customer,kind,rare",
        |n, high, draws| {
            let moved = draws.below(50) + if n % 5 == 0 { 40 } else { 0 };
            let kind = if n == 7 { "ZÃ¼rich" } else { "Wien" };
            let rare = if n == 11 { "odd" } else { ["x", "y"][n % 2] };
            let told = if high {
                900 + draws.below(90)
            } else {
                draws.below(90)
            };
            format!(",k{n},1,{told},{moved},c{},{kind},{rare}", draws.below(40))
        },
    );
    let first = bad.lines().nth(3).unwrap().to_owned();
    let cells: Vec<&str> = first.splitn(6, ',').collect();
    let shouted = cells[2].to_uppercase();
    let flipped = if cells[3] == "high" { "low" } else { "high" };
    let mut bad = bad;
    // The third row again with the other label, and its note in capitals; a long note and an empty one.
    writeln!(
        bad,
        "{},{},{},{flipped},{},{}",
        cells[0], cells[1], cells[2], cells[4], cells[5]
    )
    .unwrap();
    writeln!(bad, "50,Bern,{shouted},{},test,{}", cells[3], cells[5]).unwrap();
    for _ in 0..12 {
        let long = WORDS.join(" ").repeat(20 + bad.len() % 7);
        writeln!(bad, "50,Bern,{long},{},train,{}", cells[3], cells[5]).unwrap();
    }
    writeln!(bad, "50,Bern,,{},train,{}", cells[3], cells[5]).unwrap();
    room.write("t.csv", bad);
    let text = String::from_utf8(room.read("t.toml")).unwrap();
    let columns = "columns = [\"age\", \"city\"";
    assert!(text.contains(columns), "{text}");
    let more = format!("{columns}, \"id\", \"always\", \"told\", \"moved\", \"kind\", \"rare\"");
    room.write("t.toml", text.replace(columns, &more));
    let told = checked(&room, "t.toml");
    finds(
        &told,
        &[
            "constant",
            "nearly_unique",
            "leak",
            "drift",
            "likely_group",
            "encoding",
            "rare_categories",
            "conflicting_duplicates",
            "near_duplicates_across",
            "long_texts",
            "absent",
        ],
    );
}

#[test]
fn classes_that_are_rare_or_shift_are_found() {
    let room = Room::new();
    let mut draws = Draws(5);
    let mut text = String::from("size,weight,kind,part\n");
    for n in 0..600 {
        let test = n % 4 == 0;
        let kind = match (n % 40, test) {
            (1, false) => "rare",
            (_, true) if n % 8 == 0 => "rare",
            _ => "usual",
        };
        let part = if test { "test" } else { "train" };
        writeln!(
            text,
            "{},{},{kind},{part}",
            draws.below(1000),
            draws.below(1000)
        )
        .unwrap();
    }
    room.write("t.csv", text);
    room.run("new t.csv --label kind").succeeds();
    finds(&checked(&room, "t.toml"), &["imbalance", "label_drift"]);
}

/// Runs a command on a screen of 80 columns.
fn narrow(room: &Room, words: &str) -> Ran {
    let mut command = room.command(words);
    command.env("COLUMNS", "80");
    Ran::of(command)
}

#[test]
fn presets_say_their_samples() {
    let room = Room::new();
    let ran = narrow(&room, "check shoppers --data generated").succeeds();
    assert!(ran.out.contains("samples"), "{ran:?}");
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
    let told = checked(&room, "shoppers");
    assert!(told["samples"]["test"].as_u64().unwrap() > 0, "{told:#}");
    assert_eq!(told["errors"], 0, "{told:#}");
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

#[test]
fn folders_that_are_none_are_refused() {
    let room = Room::new();
    few_pictures(&room);
    std::fs::rename(room.path("p"), room.path("old")).unwrap();
    is_refused(
        &room,
        "p.toml",
        &["p: there is no such folder", "mend the path"],
    );
    std::fs::create_dir(room.path("p")).unwrap();
    is_refused(
        &room,
        "p.toml",
        &[
            "p: holds no file of the forms",
            "put the files of each class",
        ],
    );
    let before = room.files();
    room.run("new p -o q.toml").fails(&["p", "sub-folder"]);
    std::fs::create_dir(room.path("p/a.pgm")).unwrap();
    is_refused(&room, "p.toml", &["p: holds no file of the forms"]);
    assert_eq!(room.files(), before);
}

#[test]
fn classes_of_which_nothing_can_be_learned_are_refused() {
    let room = Room::new();
    few_pictures(&room);
    room.write("p/other/one.pgm", room.read("p/dark/1.pgm"));
    is_refused(
        &room,
        "p.toml",
        &[
            "head class",
            "other/one.pgm",
            "class `other` has one sample",
            "add others",
        ],
    );
    std::fs::remove_dir_all(room.path("p/other")).unwrap();
    std::fs::remove_dir_all(room.path("p/dark")).unwrap();
    is_refused(
        &room,
        "p.toml",
        &[
            "head class: all labels are `bright`",
            "add samples of another class",
        ],
    );
    room.run("new p -o q.toml")
        .fails(&["p: holds one class, `bright`", "add a folder"]);
    assert!(!room.path("q.toml").exists());
}

#[test]
fn files_that_are_damaged_are_named() {
    let room = Room::new();
    few_pictures(&room);
    room.write("p/dark/none.png", "");
    is_refused(
        &room,
        "p.toml",
        &["p/dark/none.png", "0 bytes", "copy it again"],
    );
    let mut draws = Draws(7);
    for n in 0..30 {
        let class = ["a", "b"][n % 2];
        room.write(&format!("s/{class}/{n}.wav"), wav(&sound(&mut draws), 8000));
    }
    room.run("new s").succeeds();
    let whole = wav(&sound(&mut draws), 8000);
    room.write("s/a/cut.wav", &whole[..whole.len() / 2]);
    is_refused(&room, "s.toml", &["s/a/cut.wav", "copy"]);
}

#[test]
fn a_cell_that_names_a_folder_is_refused() {
    let room = Room::new();
    few_pictures(&room);
    let rows = (0..30).map(|n| {
        let class = ["bright", "dark"][n % 2];
        format!("p/{class}/{n}.pgm,{class}\n")
    });
    room.write(
        "t.csv",
        format!("photo,class\n{}", rows.collect::<String>()),
    );
    room.run("new t.csv").succeeds();
    let table = String::from_utf8(room.read("t.csv")).unwrap();
    room.write("t.csv", table.replace("p/dark/3.pgm", "p/dark"));
    is_refused(
        &room,
        "t.toml",
        &["t.csv, line 5", "p/dark: is a folder", "name a file"],
    );
    room.write("t.csv", table.replace("p/dark/3.pgm", "p/none.pgm"));
    let told = checked(&room, "t.toml");
    finds(&told, &["missing_file"]);
    assert_eq!(told["errors"], 0);
}

#[test]
fn tables_that_are_none_are_refused() {
    let room = Room::new();
    small_table(&room);
    let good = String::from_utf8(room.read("t.csv")).unwrap();
    room.write("t.csv", good.replace("age,city", "age,age"));
    is_refused(
        &room,
        "t.toml",
        &[
            "t.csv",
            "columns 1 and 2 have the same name `age`",
            "rename one",
        ],
    );
    room.write("t.csv", format!("{good}41,Bern\n"));
    is_refused(
        &room,
        "t.toml",
        &[
            "t.csv",
            "line 62",
            "2 fields where the header has 5",
            "correct the row",
        ],
    );
    let wide = good.encode_utf16().flat_map(u16::to_le_bytes);
    room.write(
        "t.csv",
        [0xff, 0xfe].into_iter().chain(wide).collect::<Vec<u8>>(),
    );
    is_refused(&room, "t.toml", &["t.csv", "UTF-16", "save it as UTF-8"]);
    let before = room.files();
    room.run("new t.csv -o other.toml --label risk")
        .fails(&["UTF-16"]);
    assert_eq!(room.files(), before);
}

#[test]
fn several_bad_cells_are_told_at_once() {
    let room = Room::new();
    small_table(&room);
    let text = String::from_utf8(room.read("t.toml")).unwrap();
    let columns = "columns = [\"age\", \"city\"]";
    assert!(text.contains(columns), "{text}");
    room.write(
        "t.toml",
        text.replace(columns, &format!("{columns}\nnumber = [\"age\"]")),
    );
    let good = String::from_utf8(room.read("t.csv")).unwrap();
    room.write(
        "t.csv",
        format!("{good}old,Bern,a b c,low,train\nyoung,Bern,c d e,low,test\n"),
    );
    let told = checked(&room, "t.toml");
    assert_eq!(told["errors"], 2, "{told:#}");
    let ran = room.run("train t.toml");
    ran.fails(&[
        "t.csv",
        "line 62",
        "age",
        "`old` is not a number",
        "write a number there",
        "another fault",
    ]);
}

#[test]
fn too_many_categories_are_refused() {
    let room = Room::new();
    small_table(&room);
    let mut text = String::from("age,city,note,risk,part\n");
    for n in 0..100_000 {
        writeln!(
            text,
            "{},c{n},a b c d,{},train",
            n % 70,
            ["low", "high"][n % 2]
        )
        .unwrap();
    }
    room.write("t.csv", text);
    is_refused(
        &room,
        "t.toml",
        &[
            "column `city` has more than 10,000 different values",
            "leave it out",
        ],
    );
}

#[test]
fn a_label_that_occurs_in_the_test_part_only_is_refused() {
    let room = Room::new();
    small_table(&room);
    let good = String::from_utf8(room.read("t.csv")).unwrap();
    room.write(
        "t.csv",
        format!("{good}40,Bern,a b c,new,test\n41,Bern,a b d,new,test\n"),
    );
    is_refused(
        &room,
        "t.toml",
        &[
            "t.csv, line 62",
            "class `new` occurs in the test part only",
            "add training samples",
        ],
    );
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

#[test]
fn payments_of_nobody_are_refused_and_a_key_without_any_is_absent() {
    let room = Room::new();
    let good = payments(&room);
    let told = checked(&room, "t.toml");
    is_clean(&told);
    let history = told["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|input| input["name"] == "history");
    let absent = &history.unwrap()["absent"];
    let counts = ["train", "held_out", "test"].map(|part| absent[part].as_u64().unwrap());
    assert_eq!(counts.iter().sum::<u64>(), 15);
    room.write("pay.csv", format!("{good}nobody,1,5\n"));
    is_refused(
        &room,
        "t.toml",
        &[
            "pay.csv, line 92",
            "`nobody` is no `id` of the first table",
            "remove it",
        ],
    );
}

#[test]
fn quoted_line_breaks_and_dates_are_read() {
    let room = Room::new();
    let rows = table(60, ",when", |n, _, _| format!(",2026-01-{:02}", 1 + n % 28));
    let (header, rows) = rows.split_once('\n').unwrap();
    let broken = rows.lines().map(|line| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        cells[2] = format!("\"{}\"", cells[2].replacen(' ', "\n", 1));
        cells.join(",") + "\n"
    });
    room.write("t.csv", format!("{header}\n{}", broken.collect::<String>()));
    let ran = room.run("new t.csv --label risk").succeeds();
    assert!(ran.out.contains("--time when"), "{ran:?}");
    let text = String::from_utf8(room.read("t.toml")).unwrap();
    assert!(text.contains("columns = [\"age\", \"city\"]"), "{text}");
    let told = checked(&room, "t.toml");
    assert_eq!(told["errors"], 0, "{told:#}");
    let all = ["train", "held_out", "test"].map(|part| told["samples"][part].as_u64().unwrap());
    assert_eq!(all.iter().sum::<u64>(), 60);
}
