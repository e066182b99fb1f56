//! Data of one's own from `new` to a trained model: folders, tables with all kinds of inputs, groups, times.

use std::fmt::Write;

use crate::room::Room;

/// A grey picture of 12 x 12 with a bright bar, upright or level, which noise makes different each time.
pub fn picture(upright: bool, n: usize) -> Vec<u8> {
    let mut bytes = b"P5 12 12 255\n".to_vec();
    for place in 0..144 {
        let (row, column) = (place / 12, place % 12);
        let along = if upright { column } else { row };
        let bright = along == 4 + n % 4;
        let noise = (n * 31 + place * 17) % 40;
        bytes.push(if bright {
            200 + noise as u8
        } else {
            noise as u8
        });
    }
    bytes
}

/// A recording of 0.4 s at 8 kHz: a low or a high tone.
fn recording(high: bool, n: usize) -> Vec<u8> {
    let period = if high { 6 } else { 30 } + n % 3;
    let samples = (0..3200).map(|at| {
        if (at / period).is_multiple_of(2) {
            6000i16
        } else {
            -6000
        }
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(8000u32.to_le_bytes());
    bytes.extend(16000u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

/// Whether session `n` is risky: what all inputs tell.
fn risky(n: usize) -> bool {
    n * 7 % 10 < 4
}

/// `sessions.csv` with every kind of input, two heads and cells that are empty; `payments.csv` with the records of most sessions;
/// pictures and recordings beside them.
pub fn sessions(room: &Room, count: usize) {
    let mut table =
        String::from("id,customer,when,photo,voice,request,amount,country,risk,intent\n");
    let mut payments = String::from("session,at,sum,shop\n");
    for n in 0..count {
        let risk = risky(n);
        let intent = ["card", "cash", "fee"][n % 3];
        let photo = format!("media/{n}.pgm");
        room.write(&photo, picture(risk, n));
        let voice = format!("media/{n}.wav");
        room.write(&voice, recording(risk, n));
        let empty = |cell: String, at: usize| {
            if (n + at).is_multiple_of(5) {
                String::new()
            } else {
                cell
            }
        };
        writeln!(
            table,
            "{n},c{},2026-0{}-{:02},{},{},{},{},{},{},{}",
            n / 3,
            1 + n * 6 / count,
            1 + n % 28,
            empty(photo, 0),
            empty(voice, 1),
            empty(
                format!("please help me with my {intent} number {}", n % 11),
                2
            ),
            empty(
                format!("{}.5", if risk { 900 + n % 50 } else { 20 + n % 50 }),
                3
            ),
            empty(["de", "fr"][n % 2].to_owned(), 4),
            if risk { "high" } else { "low" },
            empty(intent.to_owned(), 3),
        )
        .unwrap();
        for at in 0..n % 4 {
            let sum = if risk { 500 } else { 5 } + at;
            writeln!(payments, "{n},{at},{sum},s{}", at % 2).unwrap();
        }
    }
    room.write("sessions.csv", table);
    room.write("payments.csv", payments);
}

pub const NEW: &str = "new sessions.csv -o till.toml --label risk --label intent --sequence history=payments.csv:key=session,of=id,order=at";

#[test]
fn a_table_with_every_kind_of_input_is_trained_as_it_was_described() {
    let room = Room::new();
    sessions(&room, 150);
    room.run(&format!("{NEW} --group customer")).succeeds();
    let text = String::from_utf8(room.read("till.toml")).unwrap();
    for line in [
        "table = \"sessions.csv\"",
        "group = \"customer\"",
        "kind = \"image\"",
        "kind = \"audio\"",
        "kind = \"text\"",
        "kind = \"record\"",
        "kind = \"sequence\"",
        "key = \"session\"",
        "columns = [\"amount\", \"country\"]",
        "name = \"intent\"",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("\ndefer_error"), "{text}");
    let trained = room.run("train till.toml --epochs 8 --json").succeeds();
    let figures = trained.json();
    let heads = figures["evaluation"]["heads"].as_array().unwrap();
    assert_eq!(heads.len(), 2);
    // The classes of `risk` are 40 and 60 %, and every input tells them.
    let right = heads[0]["fixed"]["accuracy"].as_f64().unwrap();
    assert!(right > 0.75, "{right}: {figures}");
    room.run("evaluate models/till.till --json").json();
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let room = Room::new();
    sessions(&room, 60);
    room.run(NEW).succeeds();
    let train = "train till.toml --epochs 1 --no-evaluation --force";
    room.run(&format!("{train} -o one.till")).succeeds();
    let table = String::from_utf8(room.read("sessions.csv")).unwrap();
    let (header, rows) = table.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    room.write("sessions.csv", format!("{header}\n{}\n", rows.join("\n")));
    room.run(&format!("{train} -o two.till")).succeeds();
    assert!(room.read("one.till") == room.read("two.till"));
}

#[test]
fn rows_are_divided_by_time_and_by_what_they_say() {
    let room = Room::new();
    sessions(&room, 60);
    room.run("new sessions.csv --label risk --time when -o time.toml")
        .succeeds();
    let text = String::from_utf8(room.read("time.toml")).unwrap();
    assert!(text.contains("time = \"when\"\nafter = \"2026-0"), "{text}");
    room.run("train time.toml --epochs 1").succeeds();
    let table = room.read("sessions.csv");
    room.run("train time.toml --epochs 1 --force -o sessions.csv")
        .fails(&["sessions.csv", "is a file of the data"]);
    assert!(room.read("sessions.csv") == table);
    let table = String::from_utf8(room.read("sessions.csv")).unwrap();
    let divided = table.lines().enumerate().map(|(n, line)| {
        let part = match n {
            0 => "part",
            n if n % 4 == 0 => "test",
            n if n % 4 == 1 => "valid",
            _ => "train",
        };
        format!("{line},{part}\n")
    });
    room.write("parts.csv", divided.collect::<String>());
    room.run("new parts.csv --label risk").succeeds();
    let text = String::from_utf8(room.read("parts.toml")).unwrap();
    assert!(text.contains("split = \"part\""), "{text}");
    let trained = room
        .run("train parts.toml --epochs 1 --json")
        .succeeds()
        .json();
    assert_eq!(trained["evaluation"]["samples"], 15);
}

#[test]
fn a_folder_of_classes_is_trained_and_fits_a_board() {
    let room = Room::new();
    for n in 0..40 {
        let class = ["level", "upright"][n % 2];
        room.write(&format!("bars/{class}/{n}.pgm"), picture(n % 2 == 1, n));
    }
    room.run("new bars --board sifive-e").succeeds();
    let text = String::from_utf8(room.read("bars.toml")).unwrap();
    assert!(text.contains("[budget]"), "{text}");
    room.run("train bars.toml --epochs 2").succeeds();
    room.run("new bars")
        .fails(&["bars.toml", "is there already", "--force"]);
    room.run("new bars --force").succeeds();
}

#[test]
fn data_lie_beside_the_description_or_where_a_flag_says() {
    let room = Room::new();
    for n in 0..40 {
        let class = ["level", "upright"][n % 2];
        room.write(
            &format!("mine/bars/{class}/{n}.pgm"),
            picture(n % 2 == 1, n),
        );
    }
    room.run("new mine/bars -o mine/bars.toml").succeeds();
    room.run("train mine/bars.toml --epochs 1 --no-evaluation")
        .succeeds();
    std::fs::rename(room.path("mine/bars"), room.path("elsewhere")).unwrap();
    room.write("moved/bars/x", "");
    std::fs::remove_file(room.path("moved/bars/x")).unwrap();
    std::fs::remove_dir(room.path("moved/bars")).unwrap();
    std::fs::rename(room.path("elsewhere"), room.path("moved/bars")).unwrap();
    room.run("evaluate models/bars.till")
        .fails(&["mine/bars", "no such folder", "--data DIR"]);
    room.run("evaluate models/bars.till --data moved")
        .succeeds();
}
