//! `run`: files of one's own on finished models that nobody has trained.

use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::lower::{Lowered, LoweredAnswer};
use tillsense_compiler::target::Target;
use tillsense_compiler::testing::lowered::packed;
use tillsense_compiler::testing::networks::{self, described};
use tillsense_core::model::records::{Scale, Source, TensorParams};

use crate::room::{Ran, Room};

/// Pictures of 8 x 9, sound at 8 kHz, two texts, two records, a sequence of at most four; heads `a` (3 classes) and `b` (2).
fn every_input() -> Lowered {
    let toy = described(&networks::ALL, "[fusion]\nkind = \"gated\"\nsize = 6\n", 20);
    packed(&toy, Target::Generic)
}

/// A room with such a model, `m.till`, and files for it.
fn room() -> Room {
    let room = Room::new();
    let mut lowered = every_input();
    if let LoweredAnswer::Classes { defer_below, .. } = &mut lowered.heads[0].answer {
        *defer_below = 255;
    }
    room.write("m.till", assemble(&lowered));
    room.write("a.pgm", pgm(8, 9));
    room.write("wide.ppm", ppm(40, 18));
    room.write("a.wav", wav(8000, 1, 4000));
    room.write("stereo.wav", wav(16000, 2, 8000));
    room.write(
        "client.json",
        r#"{"plain": 3, "gaps": 1.25, "kind": "new"}"#,
    );
    room.write(
        "rows.csv",
        "plain,gaps,kind\n1,0.5,new\n2,,old\n3,1.5,new\n",
    );
    room
}

fn pgm(width: usize, height: usize) -> Vec<u8> {
    let pixels = (0..width * height).map(|i| (i * 7) as u8);
    let head = format!("P5 {width} {height} 255\n").into_bytes();
    head.into_iter().chain(pixels).collect()
}

fn ppm(width: usize, height: usize) -> Vec<u8> {
    let pixels = (0..3 * width * height).map(|i| (i * 5) as u8);
    let head = format!("P6 {width} {height} 255\n").into_bytes();
    head.into_iter().chain(pixels).collect()
}

fn wav(rate: u32, channels: u16, frames: u32) -> Vec<u8> {
    let samples = (0..frames * u32::from(channels)).map(|i| ((i * 37) % 2000) as i16 - 1000);
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let width = 2 * channels;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(width)).to_le_bytes());
    bytes.extend(width.to_le_bytes());
    bytes.extend(b"\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

/// Runs `tillsense run m.till` with words that may hold blanks.
fn run(room: &Room, words: &[&str]) -> Ran {
    let mut command = room.command("run m.till");
    command.args(words);
    Ran::of(command)
}

#[test]
fn every_kind_of_input_is_taken_and_the_rest_is_absent() {
    let room = room();
    let ran = run(
        &room,
        &[
            "--image",
            "wide.ppm",
            "--audio",
            "amount.wav=none",
            "--text",
            "text=my card is gone",
        ],
    );
    ran.fails(&["amount.wav=none: there is no such file"]);
    let words = [
        "--image",
        "wide.ppm",
        "--audio",
        "audio=stereo.wav",
        "--text",
        "text=my card = gone",
        "--record",
        "record=client.json",
        "--sequence",
        "rows.csv",
    ];
    let ran = run(&room, &words).succeeds();
    for told in [
        "toy is given image, audio, text, record, history",
        "absent: tokens, bare",
        "wide.ppm: 40 x 18 RGB, stretched to 8 x 9 grey",
        "stereo.wav: 16,000 Hz stereo, resampled to 8,000 Hz",
        "history: without a value: gaps (in 1 of 3 records)",
        "a: defers to a person: ",
        "% is below 99.6 %",
        "b: c",
        "without",
    ] {
        assert!(ran.out.contains(told), "{told}: {ran:?}");
    }
    let table = ran.out.lines().filter(|line| line.starts_with(['│', '┌']));
    assert!(table.clone().count() > 10, "{ran:?}");
    for line in table {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let json = run(&room, &[&words[..], &["--json"]].concat()).json();
    assert_eq!(json["model"], "toy");
    assert_eq!(
        (&json["inputs"][3]["given"], &json["inputs"][3]["kind"]),
        (&false.into(), &"text".into())
    );
    let head = &json["heads"][0];
    let classes = head["classes"].as_array().unwrap();
    assert_eq!((classes.len(), &head["defers"]), (3, &true.into()));
    assert_eq!(classes[0]["class"], head["answer"]);
    assert_eq!(json["without"].as_array().unwrap().len(), 5);
}

/// What an input is worth is what the model answers when it is not given.
#[test]
fn an_input_left_out_is_an_input_not_given() {
    let room = room();
    let all = [
        "--image",
        "a.pgm",
        "--text",
        "text=why is there a fee",
        "--json",
    ];
    let both = run(&room, &all).json();
    let alone = run(&room, &["--image", "a.pgm", "--json"]).json();
    let without = &both["without"][1];
    assert_eq!(without["input"], "text");
    for head in 0..2 {
        let (left_out, not_given) = (&without["heads"][head], &alone["heads"][head]);
        assert_eq!(left_out["score"], not_given["score"]);
        assert_eq!(left_out["answer"], not_given["answer"]);
    }
}

#[test]
fn a_record_is_the_same_however_it_is_written() {
    let room = room();
    let scores = |record: &str| {
        let mut json = run(&room, &["--record", record, "--json"]).json();
        json["heads"].take()
    };
    let file = scores("record=client.json");
    room.write(
        "semi.csv",
        "note;plain;gaps;kind\nx;3;1,25;new\ny;4;2,5;old\n",
    );
    for same in [
        r#"record={"kind": "new", "plain": 3, "gaps": "1.25"}"#,
        "record=plain=3,gaps=1.25,kind=new",
        "record=semi.csv",
    ] {
        assert_eq!(scores(same), file, "{same}");
    }
    assert_ne!(scores("record=plain=3,gaps=1.25,kind=old"), file);
    let ran = run(&room, &["--record", "record=semi.csv"]).succeeds();
    for told in [
        "record: columns that the model does not take: note",
        "the first of 2 rows of semi.csv is taken; --table answers all",
    ] {
        assert!(ran.out.contains(told), "{told}: {ran:?}");
    }
}

#[test]
fn the_last_records_of_a_long_sequence_are_kept() {
    let room = room();
    let rows = |range: std::ops::Range<i32>| {
        let rows = range.map(|n| format!("{n},1.5,new\n"));
        format!("plain,gaps,kind\n{}", rows.collect::<String>())
    };
    room.write("long.csv", rows(0..9));
    room.write("short.csv", rows(5..9));
    let heads = |file: &str| run(&room, &["--sequence", file, "--json"]).json()["heads"].take();
    assert_eq!(heads("long.csv"), heads("short.csv"));
    let list = r#"[{"plain": 5, "gaps": 1.5, "kind": "new"}, {"plain": 6, "gaps": 1.5, "kind": "new"},
        {"plain": 7, "gaps": 1.5, "kind": "new"}, {"plain": 8, "gaps": 1.5, "kind": "new"}]"#;
    assert_eq!(heads("short.csv"), heads(list));
    let ran = run(&room, &["--sequence", "long.csv"]).succeeds();
    assert!(
        ran.out
            .contains("history: 9 records, of which the last 4 are kept"),
        "{ran:?}"
    );
}

#[test]
fn nothing_given_shows_an_example_as_inspect_does() {
    let room = room();
    let ran = run(&room, &[]);
    let example =
        "tillsense run m.till --image photo.png --audio clip.wav --text 'text=some words'";
    ran.fails(&[
        "nothing to try",
        example,
        "record=plain=12,gaps=12.5,kind=new",
    ]);
    let inspected = room.run("inspect m.till").succeeds().out;
    let last = inspected.lines().last().unwrap();
    assert!(last.starts_with(&format!("try it: {example}")), "{last}");
    for told in [
        "gaps                   a number with 2 decimals",
        "one of 2 names",
    ] {
        assert!(inspected.contains(told), "{inspected}");
    }
    let json = room.run("inspect m.till --json").json();
    let fields = &json["inputs"][4]["fields"];
    assert_eq!(
        (&fields[1]["name"], &fields[1]["decimals"]),
        (&"gaps".into(), &2.into())
    );
    assert_eq!(fields[2]["names"], serde_json::json!(["new", "old"]));
}

#[test]
fn names_and_kinds_that_do_not_fit() {
    let room = room();
    room.write(
        "pixels.till",
        assemble(&packed(
            &described(&[networks::PICTURE], "", 3),
            Target::Generic,
        )),
    );
    room.run("run pixels.till --text hello").fails(&[
        "--text",
        "no input of this kind",
        "--image image",
    ]);
    for (words, told) in [
        (
            &["--image", "imgae=a.pgm"][..],
            &["no input `imgae`", "did you mean `image`?"][..],
        ),
        (
            &["--text", "tokns=a b"],
            &["no input `tokns`", "did you mean `tokens`?"],
        ),
        (
            &["--text", "hello"],
            &["2 inputs of this kind (text, tokens)", "--text text=VALUE"],
        ),
        (
            &["--image", "record=a.pgm"],
            &["input `record` is of another kind; give it by --record"],
        ),
        (
            &["--image", "a.pgm", "--image", "image=a.pgm"],
            &["`image` is given twice"],
        ),
        (
            &["--tensor", "x.npy"],
            &["--tensor", "no input of this kind", "--sequence history"],
        ),
        (
            &["--board", "mps3", "--image", "a.pgm"],
            &["no board `mps3`", "mps2-an386"],
        ),
    ] {
        run(&room, words).fails(told);
    }
}

#[test]
fn records_that_do_not_fit() {
    let room = room();
    room.write("list.json", "[1]");
    room.write("wrong.csv", "plian,gaps,kind\n1,2,new\n");
    room.write("other.csv", "x,y\n1,2\n");
    room.write("twice.csv", "plain,plain\n1,2\n");
    for (record, told) in [
        (
            "plin=3",
            &[
                "`plin` is no field of record `record`",
                "did you mean `plain`?",
            ][..],
        ),
        ("weather=3", &["it has plain, gaps, kind"]),
        ("plain=x", &["record: field `plain`: `x` is not a number"]),
        ("plain=1,plain=2", &["field `plain` stands there twice"]),
        ("plain=1,2", &["`2` has no equals sign", "JSON"]),
        (
            r#"{"plain": 1, "plain": 2}"#,
            &["`plain` stands there twice"],
        ),
        (r#"{"plain": [1]}"#, &["array or object", "line 1"]),
        (r#"{"plain": "#, &["not JSON"]),
        ("list.json", &["list.json", "write one object"]),
        ("none.json", &["`none.json` is no file that is there"]),
        (
            "wrong.csv",
            &["wrong.csv: column `plian`", "did you mean `plain`?"],
        ),
        (
            "other.csv",
            &[
                "none of its columns is a field of `record`",
                "plain, gaps, kind",
            ],
        ),
        ("twice.csv", &["twice.csv", "the same name"]),
    ] {
        run(&room, &["--record", &format!("record={record}")]).fails(told);
    }
    room.write("bad.csv", "plain,gaps,kind\n1,2,new\n1,x,new\n");
    let bad = [
        ("bad.csv", &["bad.csv, line 3", "`x` is not a number"][..]),
        ("none.csv", &["none.csv: there is no such file"]),
        ("[1]", &["not JSON", "list of objects"]),
        (
            r#"[{"plain": 1}, {"plian": 1}]"#,
            &["history, record 2", "did you mean `plain`?"],
        ),
    ];
    for (sequence, told) in bad {
        run(&room, &["--sequence", sequence]).fails(told);
    }
}

#[test]
fn unknown_names_are_told_with_the_known_ones() {
    let room = room();
    let ran = run(&room, &["--record", "record=plain=99999999999,kind=newer"]);
    // The toy's category refuses what it does not know, or counts it as missing: its field says which.
    let other = room.run("inspect m.till --json").json()["inputs"][4]["fields"][2]["other"].clone();
    let told = "`newer` is none of the names that it knows (new, old)";
    match other.as_bool().unwrap() {
        true => assert!(ran.succeeds().out.contains(told)),
        false => ran.fails(&["`newer` is none of its names", "it takes new, old"]),
    }
    let ran = run(&room, &["--record", "record=plain=99999999999"]).succeeds();
    assert!(
        ran.out.contains("99999999999 has no place in 32 bits"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("record: without a value: gaps, kind"),
        "{ran:?}"
    );
}

#[test]
fn what_holds_nothing_to_read_is_absent_and_told() {
    let room = room();
    room.write("short.wav", wav(8000, 1, 10));
    for (words, told) in [
        (
            ["--text", "text=..."],
            "text: nothing in the text can be read",
        ),
        (
            ["--audio", "short.wav"],
            "short.wav: 0.001 s, less than the",
        ),
        (
            ["--record", "bare=plain="],
            "bare: no field has a value, so the record counts as absent",
        ),
        (
            ["--sequence", "[]"],
            "history: no record, so it counts as absent",
        ),
    ] {
        let ran = run(&room, &words).succeeds();
        assert!(ran.out.contains(told), "{told}: {ran:?}");
        assert!(
            ran.out.contains("given nothing that it can read"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_folder_or_a_pattern_is_a_table() {
    let room = room();
    for name in ["photos/b.pgm", "photos/deep/a.pgm", "photos/c.pgm"] {
        room.write(name, pgm(8, 9));
    }
    room.write("photos/notes.txt", "not a picture");
    let ran = run(&room, &["--image", "photos", "--text", "text=fee"]).succeeds();
    let lines: Vec<_> = ran
        .out
        .lines()
        .filter(|line| line.contains("photos/"))
        .collect();
    assert_eq!(lines.len(), 3, "{ran:?}");
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{ran:?}"
    );
    let json = run(&room, &["--image", "photos/*.pgm", "--json"]).json();
    let samples: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["sample"].as_str().unwrap())
        .collect();
    assert_eq!(samples, ["photos/b.pgm", "photos/c.pgm"]);
    let alone = run(&room, &["--image", "photos/b.pgm", "--json"]).json();
    assert_eq!(json[0]["heads"], alone["heads"]);

    room.write("photos/bad.pgm", "P5 8");
    let ran = run(&room, &["--image", "photos"]);
    ran.says_error(1, &["1 of 4 samples cannot be read"]);
    assert!(
        ran.err.contains("not answered: photos/bad.pgm: "),
        "{ran:?}"
    );
    assert_eq!(
        ran.out
            .lines()
            .filter(|line| line.contains("photos/"))
            .count(),
        3,
        "{ran:?}"
    );
    run(&room, &["--image", "*.gif"]).fails(&["no file matches *.gif"]);
    run(&room, &["--audio", "photos"]).fails(&["no file of this folder ends in wav"]);
    run(&room, &["--image", "photos", "--audio", "*.wav"])
        .fails(&["only one input may have several"]);
}

#[test]
fn a_table_has_a_sample_a_row() {
    let room = room();
    room.write(
        "t/samples.csv",
        "image,text,record.plain,gaps,history,label\n\
         ../a.pgm,my card,3,1.25,../rows.csv,x\n\
         ,why,1,,,y\n\
         none.pgm,fee,2,2,,z\n",
    );
    let ran = run(&room, &["--table", "t/samples.csv", "--json"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let given = |row: usize, input: usize| json[row]["inputs"][input]["given"].as_bool().unwrap();
    assert!(given(0, 0) && given(0, 2) && given(0, 4) && given(0, 6) && !given(0, 3));
    assert!(!given(1, 0) && given(1, 2) && !given(1, 6));
    assert!(
        json[2]["error"].as_str().unwrap().contains("none.pgm"),
        "{json}"
    );
    assert!(ran.err.contains("not answered: line 4: "), "{ran:?}");
    let alone = run(
        &room,
        &[
            "--image",
            "a.pgm",
            "--text",
            "text=my card",
            "--record",
            "record=plain=3,gaps=1.25",
            "--record",
            "bare=gaps=1.25",
            "--sequence",
            "rows.csv",
            "--json",
        ],
    );
    assert_eq!(json[0]["heads"], alone.json()["heads"]);
    room.write("no.csv", "x,y\n1,2\n");
    run(&room, &["--table", "no.csv"]).fails(&["none of its columns", "--image image"]);
    room.write("near.csv", "imgae,text\na.pgm,b\n");
    run(&room, &["--table", "near.csv"]).fails(&["column `imgae`", "did you mean `image`?"]);
    run(&room, &["--table", "gone.csv"]).fails(&["gone.csv: there is no such file"]);
}

/// A picture's encoder behind a plain tensor in place of the picture.
fn of_a_tensor() -> Vec<u8> {
    let mut lowered = packed(&described(&[networks::PICTURE], "", 3), Target::Generic);
    let Source::Image(params) = lowered.inputs[0].source else {
        panic!("a picture")
    };
    // Steps of 1/256.
    let scale = Scale {
        multiplier: 1 << 30,
        shift: -7,
    };
    lowered.inputs[0].source = Source::Tensor(TensorParams {
        output: params.output,
        scale,
    });
    assemble(&lowered)
}

fn npy(form: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{form}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let len = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), data].concat()
}

#[test]
fn tensors_are_given_as_stored_or_quantised() {
    let room = Room::new();
    room.write("m.till", of_a_tensor());
    let stored: Vec<i8> = (0..72).map(|i| i - 36).collect();
    let bytes: Vec<u8> = stored.iter().map(|&x| x.cast_unsigned()).collect();
    room.write("i.npy", npy("|i1", "(9, 8)", &bytes));
    // Its zero point is -128.
    let reals = stored.iter().map(|&x| (f32::from(x) + 128.0) / 256.0);
    let reals: Vec<u8> = reals.flat_map(f32::to_le_bytes).collect();
    room.write("f.npy", npy("<f4", "(1, 9, 8)", &reals));
    room.write("wrong.npy", npy("|i1", "(8, 9)", &bytes));
    let heads = |file: &str| run(&room, &["--tensor", file, "--json"]).json()["heads"].take();
    assert_eq!(heads("i.npy"), heads("f.npy"));
    let ran = run(&room, &["--tensor", "f.npy"]).succeeds();
    assert!(ran.out.contains("f.npy: quantised to 8 bits"), "{ran:?}");
    run(&room, &["--tensor", "wrong.npy"]).fails(&[
        "wrong.npy",
        "its shape is [8, 9]",
        "[9, 8, 1]",
    ]);
    room.write("text.npy", "1 2 3");
    run(&room, &["--tensor", "text.npy"]).fails(&["text.npy", "no .npy file"]);
}

#[test]
fn a_board_gives_the_same_bytes() {
    let room = room();
    let words = [
        "--image",
        "wide.ppm",
        "--sequence",
        "rows.csv",
        "--text",
        "tokens=my card",
        "--record",
        "record=client.json",
        "--board",
        "mps2-an386",
    ];
    let json = run(&room, &[&words[..], &["--json"]].concat()).json();
    let board = &json["boards"][0];
    assert_eq!(
        (&board["board"], &board["identical"]),
        (&"mps2-an386".into(), &true.into())
    );
    assert!(board["instructions"].as_u64() > Some(1000), "{board}");
    let ran = run(&room, &words).succeeds();
    assert!(ran.out.contains("equal to this machine's"), "{ran:?}");
}
