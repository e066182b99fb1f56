//! Inputs of a model that is refused, each for its own reason.

mod support;

use support::{Network, network};
use tillsense_core::engine::{InputError, LoadError};
use tillsense_core::frontend::FrontendError;
use tillsense_core::frontend::record::MAX_NAMES;
use tillsense_core::model::records::{
    AudioParams, ImageParams, RecordParams, Source, Span, TextParams,
};

fn input(input: u8, error: InputError) -> LoadError {
    LoadError::Input { input, error }
}

/// A change of a network, and the input that is refused for it.
type InputCase = (&'static str, fn(&mut Network), u8, InputError);

fn image(network: &mut Network) -> &mut ImageParams {
    match &mut network.inputs[0].source {
        Source::Image(params) => params,
        _ => unreachable!("input 0 is a picture"),
    }
}

fn sound(network: &mut Network) -> &mut AudioParams {
    match &mut network.inputs[1].source {
        Source::Audio(params) => params,
        _ => unreachable!("input 1 is a sound"),
    }
}

fn text(network: &mut Network) -> &mut TextParams {
    match &mut network.inputs[2].source {
        Source::Text(params) => params,
        _ => unreachable!("input 2 is a text"),
    }
}

fn record(network: &mut Network, input: usize) -> &mut RecordParams {
    match &mut network.inputs[input].source {
        Source::Record(params) | Source::Sequence(params) => params,
        _ => unreachable!("inputs 4 and 5 are records"),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn wrong_inputs_are_refused() {
    use FrontendError::{Blob, Field, Memory, Shape, Table, ZeroPoint};
    use InputError::{Encoding, Frontend, Ops, Placement, Steps};
    let cases: [InputCase; 37] = [
        (
            "picture of no pixel",
            |n| image(n).source_h = 0,
            0,
            Frontend(Shape),
        ),
        (
            "picture of 2^30 pixels",
            |n| (image(n).source_h, image(n).source_w) = (u16::MAX, u16::MAX),
            0,
            Frontend(Shape),
        ),
        (
            "crop outside",
            |n| image(n).crop_at.0 = 2,
            0,
            Frontend(Shape),
        ),
        (
            "table outside",
            |n| image(n).table.offset = u32::MAX,
            0,
            Frontend(Blob),
        ),
        (
            "short table",
            |n| image(n).table.len = 255,
            0,
            Frontend(Blob),
        ),
        (
            "odd rate",
            |n| sound(n).sample_rate = 8001,
            1,
            Frontend(Shape),
        ),
        ("no hop", |n| sound(n).hop = 0, 1, Frontend(Shape)),
        (
            "short state",
            |n| sound(n).state.len -= 1,
            1,
            Frontend(Memory),
        ),
        (
            "odd state",
            |n| sound(n).state.offset += 2,
            1,
            Frontend(Memory),
        ),
        (
            "short scratch",
            |n| sound(n).scratch.len -= 1,
            1,
            Frontend(Memory),
        ),
        (
            "odd window",
            |n| sound(n).window.offset += 1,
            1,
            Frontend(Blob),
        ),
        (
            "loud window",
            |n| put_u16(n, |n| sound(n).window.offset, 40_000),
            1,
            Frontend(Table),
        ),
        (
            "wide band",
            |n| put_u16(n, |n| sound(n).band_bins.offset, 30),
            1,
            Frontend(Table),
        ),
        ("no buckets", |n| text(n).buckets = 0, 2, Frontend(Shape)),
        ("no ids", |n| text(n).ids.max = 0, 2, Frontend(Shape)),
        ("odd ids", |n| text(n).ids.offset += 1, 2, Frontend(Memory)),
        (
            "short text scratch",
            |n| text(n).max_bytes += 1,
            2,
            Frontend(Memory),
        ),
        (
            "no field",
            |n| record(n, 4).field_count = 0,
            4,
            Frontend(Shape),
        ),
        (
            "a field too many",
            |n| record(n, 4).field_count += 1,
            4,
            Frontend(Field(3)),
        ),
        (
            "wrong width",
            |n| record(n, 4).output.c += 1,
            4,
            Frontend(Shape),
        ),
        (
            "zero point",
            |n| record(n, 5).output.zero_point = 1,
            5,
            Frontend(ZeroPoint),
        ),
        ("two steps", |n| record(n, 4).max_steps = 2, 4, Steps),
        (
            "picture outside",
            |n| image(n).output.offset = n.arena_len - 63,
            0,
            Placement,
        ),
        (
            "picture far outside",
            |n| image(n).output.offset = u32::MAX,
            0,
            Placement,
        ),
        (
            "picture persistent",
            |n| image(n).output.offset = n.persistent_len - 1,
            0,
            Placement,
        ),
        (
            "sound in its scratch",
            |n| sound(n).output.offset = sound(n).scratch.offset + 4,
            1,
            Placement,
        ),
        (
            "scratch persistent",
            |n| sound(n).scratch.offset = 0,
            1,
            Placement,
        ),
        (
            "state in the workspace",
            |n| sound(n).state.offset = n.persistent_len,
            1,
            Placement,
        ),
        (
            "ids in the scratch",
            |n| text(n).scratch.offset = text(n).ids.offset + 79,
            2,
            Placement,
        ),
        (
            "record outside",
            |n| record(n, 4).output.offset = n.arena_len,
            4,
            Placement,
        ),
        (
            "encoding in the workspace",
            |n| n.inputs[2].encoding.offset = n.persistent_len - 7,
            2,
            Encoding,
        ),
        (
            "empty encoding",
            |n| n.inputs[2].encoding.c = 0,
            2,
            Encoding,
        ),
        ("short absence", |n| n.inputs[3].absent.len = 7, 3, Encoding),
        (
            "absence outside",
            |n| n.inputs[3].absent.offset = u32::MAX,
            3,
            Encoding,
        ),
        (
            "nobody writes the encoding",
            |n| drop(n.steps[0].pop()),
            0,
            Encoding,
        ),
        (
            "step outside",
            |n| {
                n.inputs[0].step = Span {
                    offset: 1,
                    len: u32::MAX,
                }
            },
            0,
            Ops,
        ),
        (
            "finish outside",
            |n| {
                n.inputs[1].finish = Span {
                    offset: 1 << 20,
                    len: 1,
                }
            },
            1,
            Ops,
        ),
    ];
    let mut failures = Vec::new();
    for (name, change, number, expected) in cases {
        let mut network = network(1);
        change(&mut network);
        let got = network.error();
        if got != Some(input(number, expected)) {
            failures.push((name, got));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn put_u16(network: &mut Network, at: impl Fn(&mut Network) -> u32, value: u16) {
    let at = at(network) as usize;
    network.weights[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn categories_of_too_many_names_are_refused() {
    use tillsense_core::model::records::{Field, FieldKind};
    for count in [2, MAX_NAMES, MAX_NAMES + 1] {
        let mut network = network(1);
        let names: Vec<String> = (0..count).map(|i| format!("{i}")).collect();
        let names = names.join("\n").leak();
        let kind = FieldKind::Category {
            names,
            other: true,
            one: 1,
        };
        let mut buffer = vec![0; 4096];
        let bytes = postcard::to_slice(&Field { name: "n", kind }, &mut buffer).unwrap();
        let offset = network.fields.len() as u32;
        network.fields.extend_from_slice(bytes);
        let params = record(&mut network, 4);
        params.field_count = 1;
        params.fields = Span {
            offset,
            len: bytes.len() as u32,
        };
        let got = network.error();
        let expected = if count > MAX_NAMES {
            FrontendError::Field(0)
        } else {
            // The fields are sound, but the record is not as wide as they are.
            FrontendError::Shape
        };
        assert_eq!(
            got,
            Some(input(4, InputError::Frontend(expected))),
            "{count}"
        );
    }
}
