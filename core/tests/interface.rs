//! The interface digest: it changes with all that an application is compiled against, and with nothing else.

mod support;

use sha2::{Digest, Sha256};
use support::file::bytes_of;
use support::shapes::{category, number, power};
use support::{Network, network, tensor_network};
use tillsense_core::engine::Model;
use tillsense_core::model::records::{Answer, Field, Fit, Keep, Source, TextForm};

fn interface(network: &Network) -> [u8; 32] {
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(model.interface_holds());
    model.interface()
}

/// The list of `docs/MODEL-FORMAT.md`, written down for a model of one input and one head.
#[test]
fn literal_bytes() {
    let list = [
        &1u32.to_le_bytes()[..],
        &9u32.to_le_bytes(),
        b"embedding",
        &[5, 2, 2, 1].map(u32::to_le_bytes).concat(),
        &[1 << 30, -3i32, 0].map(i32::to_le_bytes).concat(),
        &1u32.to_le_bytes(),
        &8u32.to_le_bytes(),
        b"estimate",
        &[1, 1, 3, 1].map(u32::to_le_bytes).concat(),
        &[1 << 30, 4i32, -3].map(i32::to_le_bytes).concat(),
    ];
    let expected: [u8; 32] = Sha256::digest(list.concat()).into();
    assert_eq!(interface(&tensor_network()), expected);
}

/// All kinds of inputs, field by field.
#[test]
fn literal_bytes_of_every_kind() {
    let mut list = Vec::new();
    let mut item = |text: &str, numbers: &[u32]| {
        if !text.is_empty() {
            list.extend((text.len() as u32).to_le_bytes());
            list.extend(text.as_bytes());
        }
        numbers.iter().for_each(|n| list.extend(n.to_le_bytes()));
    };
    item("", &[6]);
    item("photo", &[0, 12, 10, 1]);
    item("sound", &[1, 8000]);
    item("request", &[2]);
    item("words", &[2]);
    item("client", &[3, 3]);
    item("amount", &[0, 0]);
    item("age", &[0, 0]);
    item("visitor", &[1]);
    item("months", &[4, 2]);
    item("bill", &[0, 0]);
    item("paid", &[1]);
    item("", &[2]);
    item("digit", &[0, 4]);
    for class in ["0", "1", "2", "3"] {
        item(class, &[]);
    }
    item("risk", &[0, 3]);
    for class in ["low", "mid", "high"] {
        item(class, &[]);
    }
    let expected: [u8; 32] = Sha256::digest(&list).into();
    assert_eq!(interface(&network(1)), expected);
}

#[test]
fn other_numbers_keep_it() {
    let own = interface(&network(1));
    assert_eq!(interface(&network(2)), own, "other weights and tables");
    type Case = (&'static str, fn(&mut Network));
    let cases: [Case; 5] = [
        ("how a picture is fitted", |n| {
            match &mut n.inputs[0].source {
                Source::Image(params) => params.fit = Fit::Contain,
                _ => unreachable!(),
            }
        }),
        ("which records are kept", |n| {
            match &mut n.inputs[5].source {
                Source::Sequence(params) => params.keep = Keep::Last,
                _ => unreachable!(),
            }
        }),
        ("how many records are taken", |n| {
            match &mut n.inputs[5].source {
                Source::Sequence(params) => params.max_steps = 2,
                _ => unreachable!(),
            }
        }),
        ("what is read of a text", |n| {
            match &mut n.inputs[2].source {
                Source::Text(params) => {
                    params.max_bytes = 32;
                    params.form = TextForm::Tokens;
                }
                _ => unreachable!(),
            }
        }),
        ("when a head defers", |n| {
            let names = n.heads[0].classes();
            n.heads[0].answer = Answer::Classes {
                names,
                defer_below: 3,
            };
        }),
    ];
    for (name, change) in cases {
        let mut changed = network(1);
        change(&mut changed);
        assert_eq!(interface(&changed), own, "{name}");
    }
}

#[test]
fn whatever_an_application_relies_on_changes_it() {
    let own = interface(&network(1));
    type Case = (&'static str, fn(&mut Network));
    let cases: [Case; 8] = [
        ("an input's name", |n| n.inputs[0].name = "picture"),
        ("the size of a picture", |n| match &mut n.inputs[0].source {
            Source::Image(params) => params.source_h = 13,
            _ => unreachable!(),
        }),
        ("the rate of sound", |n| match &mut n.inputs[1].source {
            Source::Audio(params) => params.sample_rate = 16_000,
            _ => unreachable!(),
        }),
        ("a field's name", |n| fields(n, "billed", 0, "no\nyes")),
        ("a field's decimals", |n| fields(n, "bill", 3, "no\nyes")),
        ("a head's name", |n| n.heads[0].name = "figure"),
        ("a class's name", |n| {
            n.heads[1].answer = classes("low\nmed\nhigh")
        }),
        ("classes that run together", |n| {
            n.heads[1].answer = classes("lowm\nid\nhigh");
        }),
    ];
    let mut seen = vec![own];
    for (name, change) in cases {
        let mut changed = network(1);
        change(&mut changed);
        let other = interface(&changed);
        assert!(!seen.contains(&other), "{name}");
        seen.push(other);
    }
    // The names of a category are pushed as text.
    let mut changed = network(1);
    fields(&mut changed, "bill", 0, "on\nyes");
    assert_eq!(interface(&changed), own);
}

#[test]
fn a_tensors_form_is_part_of_it() {
    let own = interface(&tensor_network());
    type Case = (&'static str, fn(&mut Network));
    let cases: [Case; 5] = [
        ("the scale of an input", |n| match &mut n.inputs[0].source {
            Source::Tensor(params) => params.scale.shift += 1,
            _ => unreachable!(),
        }),
        ("its zero point", |n| match &mut n.inputs[0].source {
            Source::Tensor(params) => params.output.zero_point = 1,
            _ => unreachable!(),
        }),
        ("its shape", |n| match &mut n.inputs[0].source {
            Source::Tensor(params) => (params.output.h, params.output.c) = (1, 2),
            _ => unreachable!(),
        }),
        ("the scale of an answer", |n| {
            n.heads[0].answer = Answer::Tensor { scale: power(9) };
        }),
        ("classes in place of a tensor", |n| {
            n.heads[0].answer = classes("a\nb\nc")
        }),
    ];
    for (name, change) in cases {
        let mut changed = tensor_network();
        change(&mut changed);
        assert_ne!(interface(&changed), own, "{name}");
    }
}

fn classes(names: &str) -> Answer<'_> {
    Answer::Classes {
        names,
        defer_below: 0,
    }
}

/// Other fields of the last input, in the place of its own.
fn fields(network: &mut Network, number_name: &'static str, decimals: u8, names: &'static str) {
    let Source::Sequence(params) = &mut network.inputs[5].source else {
        panic!("input 5 is a sequence");
    };
    let mut amount = number(false, 0, -3, true);
    if let tillsense_core::model::records::FieldKind::Number {
        decimals: place, ..
    } = &mut amount
    {
        *place = decimals;
    }
    let section: Vec<u8> = [(number_name, amount), ("paid", category(names, true))]
        .iter()
        .flat_map(|&(name, kind)| bytes_of(&Field { name, kind }))
        .collect();
    network.fields.truncate(params.fields.offset as usize);
    params.fields.len = section.len() as u32;
    network.fields.extend(section);
}
