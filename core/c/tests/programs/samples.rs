//! Models, inputs for them and the answers of Rust, as declarations in C.

use std::fmt::{Display, Write};
use std::fs;

use tillsense_core::frontend::record::Value;
use tillsense_core::model::records::{Op, Packing};
use tillsense_core::{Arena, Model, Session};

use crate::support::{File, Sample, fresh, network, packed_network, tensor_network};

/// The header `samples.h`.
pub fn header() -> String {
    let file = network(1).file();
    let model = Model::load(file.bytes()).unwrap();
    let sample = Sample::random(1);
    let mut text = String::from("#include \"tillsense.h\"\n");
    let out = &mut text;
    bytes(out, "model", &file);
    define(out, "ARENA_LEN", model.header().arena_len);
    array(out, "uint8_t", "model_digest", &model.digest());
    array(out, "uint8_t", "interface_digest", &model.interface());
    array(out, "uint8_t", "photo", &sample.photo);
    array(out, "int16_t", "sound", &sample.sound);
    define(out, "SOUND_LEN", sample.sound.len());
    array(out, "char", "request", &signed(sample.request.as_bytes()));
    array(out, "char", "words", &signed(sample.words.as_bytes()));
    records(out, &sample);
    answers(out, model, &sample);
    tensors(out);
    let (faulty, helium) = (faulty(), packed_network(1, Packing::Vectors).file());
    bytes(out, "faulty_model", &faulty);
    bytes(out, "helium_model", &helium);
    let lens = [&file, &faulty, &helium].map(|file| file.bytes().len());
    define(out, "LONGEST", lens.iter().max().unwrap());
    statuses(out);
    text
}

/// The answers to all inputs.
fn answers(out: &mut String, model: Model<'_>, sample: &Sample) {
    let scores = fresh(model, sample, &[0, 1, 2, 3, 4, 5]);
    for (number, head) in model.heads().enumerate() {
        array(
            out,
            "int8_t",
            &format!("{}_scores", head.name),
            &scores[number],
        );
        let best = scores[number].iter().max().unwrap();
        let class = scores[number]
            .iter()
            .position(|score| score == best)
            .unwrap();
        let score = i16::from(*best) + 128;
        let upper = head.name.to_uppercase();
        define(out, &format!("{upper}_CLASS"), class);
        define(out, &format!("{upper}_SCORE"), score);
        define(
            out,
            &format!("{upper}_DEFER"),
            score < i16::from(head.defer_below()),
        );
        let name = head.classes().split('\n').nth(class).unwrap();
        define(out, &format!("{upper}_NAME"), format!("{name:?}"));
    }
}

/// Records by order and by names of fields.
fn records(out: &mut String, sample: &Sample) {
    let client: Vec<String> = sample.client.iter().map(value).collect();
    array(out, "tillsense_value", "client", &client);
    define(out, "CLIENT_LEN", client.len());
    let month = |month: &Vec<Value<'_>>| {
        let values: Vec<String> = month.iter().map(value).collect();
        format!("{{{}}}", values.join(", "))
    };
    let months: Vec<String> = sample.months.iter().map(month).collect();
    define(out, "MONTHS_LEN", months.len());
    array(out, "tillsense_value", "months[2]", &months);
    // The other way round.
    let named = |month: &Vec<Value<'_>>| {
        let (bill, paid) = (value(&month[0]), value(&month[1]));
        format!("{{{{\"paid\", 4, {paid}}}, {{\"bill\", 4, {bill}}}}}")
    };
    let named: Vec<String> = sample.months.iter().map(named).collect();
    array(out, "tillsense_named_value", "named_months[2]", &named);
}

fn value(value: &Value<'_>) -> String {
    match value {
        Value::Missing => "{TILLSENSE_MISSING, 0, 0, 0}".to_owned(),
        Value::Number(number) => format!("{{TILLSENSE_NUMBER, {number}, 0, 0}}"),
        Value::Name(name) => format!("{{TILLSENSE_NAME, 0, {name:?}, {}}}", name.len()),
    }
}

/// A model of plain tensors, and its answer to four values.
fn tensors(out: &mut String) {
    let file = tensor_network().file();
    let model = Model::load(file.bytes()).unwrap();
    let mut arena = Arena::<64>::new();
    let mut session = Session::new(model, arena.as_mut_slice()).unwrap();
    session.push_tensor(0, &[10, 20, -30, 40]).unwrap();
    session.run();
    bytes(out, "tensor_model", &file);
    define(out, "TENSOR_ARENA_LEN", model.header().arena_len);
    array(out, "int8_t", "tensor_values", session.tensor(0).unwrap());
}

/// A model that is sealed and does not check.
fn faulty() -> File {
    let mut network = network(1);
    let Op::Conv2d(conv) = &mut network.steps[0][0] else {
        panic!("the first op is a convolution");
    };
    conv.weights.len -= 1;
    network.file()
}

/// Every status in the header.
fn statuses(out: &mut String) {
    let header = concat!(env!("CARGO_MANIFEST_DIR"), "/include/tillsense.h");
    let header = fs::read_to_string(header).unwrap();
    let declared = header
        .lines()
        .filter_map(|line| line.trim().split_once(" = "));
    let names: Vec<&str> = declared
        .map(|(name, _)| name)
        .filter(|name| *name == "TILLSENSE_OK" || name.starts_with("TILLSENSE_ERROR"))
        .collect();
    assert!(names.len() > 40, "{names:?}");
    define(out, "STATUSES", names.join(", "));
}

fn signed(bytes: &[u8]) -> Vec<i8> {
    bytes.iter().map(|byte| byte.cast_signed()).collect()
}

fn bytes(out: &mut String, name: &str, file: &File) {
    let name = format!("{name}[]");
    let values = listed(file.bytes());
    writeln!(
        out,
        "static const uint8_t {name} __attribute__((aligned(16), unused)) = {{{values}}};"
    )
    .unwrap();
}

fn array(out: &mut String, kind: &str, name: &str, values: &[impl Display]) {
    // Further dimensions come behind the first one.
    let (name, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let values = listed(values);
    writeln!(
        out,
        "static const {kind} {name}[]{rest} __attribute__((unused)) = {{{values}}};"
    )
    .unwrap();
}

fn listed(values: &[impl Display]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    values.join(",")
}

fn define(out: &mut String, name: &str, value: impl Display) {
    writeln!(out, "#define {name} {value}").unwrap();
}
