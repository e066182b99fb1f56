//! Models, what is pushed into them, and names that nobody would think of.

use std::path::Path;

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::bindings::{
    Answers, Facts, FieldFacts, HeadFacts, InputFacts, Kept, Takes, TensorFacts, Values,
};
use tillsense_compiler::import::import;
use tillsense_compiler::lower::file::assemble;
use tillsense_compiler::lower::{Lowered, LoweredAnswer, lower};
use tillsense_compiler::run::load;
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::testing::networks::{BAG, HISTORY, PICTURE, RECORD, SOUND, described};
use tillsense_core::{Session, Value};

/// A network with a picture, sound, a text, a record and a sequence, some with names that are words of Rust and C.
pub fn kinds(seed: u64) -> Lowered {
    let toy = described(&[PICTURE, SOUND, BAG, RECORD, HISTORY], "", seed);
    let aim = ExportOptions::GENERIC;
    let mut lowered = lower(&toy.graph, &toy.trained, &toy.frontends, &aim).unwrap();
    "type".clone_into(&mut lowered.inputs[4].name);
    "run".clone_into(&mut lowered.heads[1].name);
    let LoweredAnswer::Classes { classes, .. } = &mut lowered.heads[0].answer else {
        panic!("head `a` answers with a class");
    };
    *classes = ["<30", "true", "да"].map(str::to_owned).to_vec();
    lowered
}

/// The model file.
pub fn kinds_file(seed: u64) -> Vec<u8> {
    assemble(&kinds(seed))
}

/// A model file of the same inputs but for the name of one.
pub fn other_file() -> Vec<u8> {
    let mut lowered = kinds(1);
    "photo".clone_into(&mut lowered.inputs[0].name);
    assemble(&lowered)
}

/// A network that takes tensors and answers with them.
pub fn tensors_file() -> Vec<u8> {
    let network = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/tflite/nets/several.tflite");
    let network = std::fs::read(network).unwrap();
    import(&network, "several", &ExportOptions::GENERIC)
        .unwrap()
        .file
}

/// The picture, as programs make it too.
pub fn pixels() -> Vec<u8> {
    (0..72u32).map(|i| (i * 7) as u8).collect()
}

/// The sound, likewise.
pub fn samples() -> Vec<i16> {
    (0..3000u32)
        .map(|i| ((i * 37) % 2000) as i16 - 1000)
        .collect()
}

/// Values of a tensor, likewise.
pub fn values(len: usize) -> Vec<i8> {
    (0..len as u32).map(|i| (i * 11) as u8 as i8).collect()
}

/// The scores of [`kinds_file`] by a plain session, a line a head.
pub fn plain_scores(file: &[u8]) -> String {
    let file = Aligned::from(file);
    let model = load(&file).unwrap();
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(model, &mut arena).unwrap();
    session.push_image(0, &pixels()).unwrap();
    session.push_audio(1, &samples()).unwrap();
    session.push_text(2, b"my card has not arrived").unwrap();
    let records = [
        [Value::Number(12), Value::Missing, Value::Name("new")],
        [Value::Missing, Value::Number(-250), Value::Name("odd")],
        [Value::Number(-7), Value::Number(99), Value::Missing],
    ];
    session.push_record(3, &records[0]).unwrap();
    session.push_record(4, &records[1]).unwrap();
    session.push_record(4, &records[2]).unwrap();
    session.run();
    lines(&session)
}

/// The values of [`tensors_file`] by a plain session, a line a head.
pub fn plain_values(file: &[u8]) -> String {
    let lens: Vec<usize> = Facts::read(file)
        .unwrap()
        .inputs
        .iter()
        .map(|input| match &input.takes {
            Takes::Tensor(facts) => facts.len(),
            takes => panic!("{takes:?}"),
        })
        .collect();
    let file = Aligned::from(file);
    let model = load(&file).unwrap();
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(model, &mut arena).unwrap();
    for (input, len) in lens.into_iter().enumerate() {
        session.push_tensor(input, &values(len)).unwrap();
    }
    session.run();
    lines(&session)
}

fn lines(session: &Session<'_, '_>) -> String {
    (0..session.model().heads().count())
        .map(|head| format!("{:?}\n", session.scores(head).unwrap()))
        .collect()
}

/// Names of inputs, fields and classes that no program would have.
pub fn strange_names() -> Vec<String> {
    let names = [
        "",
        " ",
        "a b",
        "a_b",
        "A-B",
        "a b",
        "type",
        "Self",
        "self",
        "crate",
        "fn",
        "class",
        "template",
        "int",
        "and",
        "NULL",
        "errno",
        "run",
        "session",
        "Session",
        "Option",
        "None",
        "value",
        "record",
        "number",
        "name",
        "clone",
        "from_x",
        "into x",
        "1",
        "1.5",
        "15",
        "2nd",
        "-1",
        "?",
        "??/",
        "\\",
        "\"",
        "'",
        "*/",
        "/*",
        "//",
        "*/ evil();",
        "`x`",
        "[link]",
        "<script>",
        "{}",
        "{0}",
        "%s",
        "$",
        "\n",
        "a\nb",
        "\r",
        "\t",
        "\0",
        "\u{7f}",
        "\u{202e}abc",
        "\u{2066}x\u{2069}",
        "\u{200b}",
        "\u{feff}",
        "да",
        "金額",
        "عربي",
        "größe",
        "cafe\u{301}",
        "é",
        "👍",
        "👎",
        "\u{301}",
        "x#",
        "#",
        "a\\",
        "union",
        "gen",
        "unix",
        "__x__",
        "_",
        "missing",
        "another",
        "Another",
    ];
    let long = "long name of more than a hundred letters ".repeat(9);
    let names = names.into_iter().map(str::to_owned);
    names
        .chain([long.clone(), long + "!", "全".repeat(60)])
        .collect()
}

/// A model with all of them, each as a field, a category's name and a class, and some as inputs and heads.
pub fn strange() -> Facts {
    let names = strange_names();
    let number = |unit: Option<&str>, decimals| Values::Number {
        decimals,
        unit: unit.map(str::to_owned),
    };
    let category = |other| Values::Category {
        names: names.clone(),
        other,
    };
    let fields = |shift: usize| -> Vec<FieldFacts> {
        let values = |at: usize| match (at + shift) % 16 {
            0 => category(true),
            7 => category(false),
            at => number(Some("EUR */ `").filter(|_| at % 2 > 0), at as u8 % 10),
        };
        let field = |(at, name): (usize, &String)| FieldFacts {
            name: name.clone(),
            values: values(at),
        };
        // All of them once is enough.
        let most = if shift == 0 { names.len() } else { 9 };
        names.iter().enumerate().take(most).map(field).collect()
    };
    let tensor = TensorFacts {
        shape: [1, 2, 3],
        scale: 3.7e-9,
        zero_point: -128,
    };
    let takes = |at: usize| match at % 6 {
        0 => Takes::Record { fields: fields(at) },
        1 => Takes::Image {
            height: 3,
            width: 5,
            channels: 3,
        },
        2 => Takes::Audio {
            sample_rate: 16000,
            most_samples: 32000,
        },
        3 => Takes::Text { most_bytes: 200 },
        4 => Takes::Tensor(tensor),
        _ => Takes::Sequence {
            fields: vec![FieldFacts {
                name: names[at].clone(),
                values: number(None, 2),
            }],
            most_records: 9,
            keep: Kept::Last,
        },
    };
    let input = |(at, name): (usize, &String)| InputFacts {
        name: name.clone(),
        takes: takes(at),
    };
    let head = |(at, name): (usize, &String)| HeadFacts {
        name: name.clone(),
        answers: match at % 7 {
            1 => Answers::Tensor(tensor),
            _ => Answers::Classes {
                names: names[if at == 0 { 0 } else { names.len() - 3 }..].to_vec(),
            },
        },
    };
    Facts {
        name: "*/ \n`strange`\u{202e} ??/".to_owned(),
        target: "\"\\".to_owned(),
        inputs: names.iter().enumerate().step_by(3).map(input).collect(),
        heads: names.iter().enumerate().step_by(4).map(head).collect(),
        ..Facts::read(&kinds_file(1)).unwrap()
    }
}
