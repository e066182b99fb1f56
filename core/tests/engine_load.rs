//! Loading: a valid file loads, each wrong one is refused for its own reason, and whatever loads can be run.

mod support;

use support::{Draft, File, Network, Part, network};
use tillsense_core::engine::{HeadError, InputError, LoadError, MAX_OPS, Model, OpRefusal};
use tillsense_core::frontend::FrontendError;
use tillsense_core::frontend::record::MAX_NAMES;
use tillsense_core::model::header::{DIGEST_LEN, HEADER_LEN, HeaderError, SIGNATURE_LEN};
use tillsense_core::model::records::{
    AudioParams, Clamp, ImageParams, Op, RecordParams, Rounding, Source, Span, TextParams,
};
use tillsense_core::ops::OpError;

fn error(file: &File) -> Option<LoadError> {
    Model::load(file.bytes()).err()
}

fn input(input: u8, error: InputError) -> LoadError {
    LoadError::Input { input, error }
}

#[test]
fn a_valid_file_loads() {
    let network = network(1);
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    assert_eq!(model.name(), "everything");
    assert_eq!(model.header().model_version, 3);
    assert_eq!(model.file(), file.bytes());
    assert!(model.digest_holds());
    assert_eq!(model.inputs().count(), 6);
    assert_eq!(model.input_named("months"), Some(5));
    assert_eq!(model.input_named("day"), None);
    assert_eq!(model.input(6), None);
    assert_eq!(
        model.heads().map(|h| h.name).collect::<Vec<_>>(),
        ["digit", "risk"]
    );
    for (number, given) in network.inputs.iter().enumerate() {
        let loaded = model.input(number).unwrap();
        assert_eq!((loaded.name, loaded.source), (given.name, given.source));
        let ops: Vec<_> = model.ops(loaded.step).collect();
        assert_eq!(ops.len(), network.steps[number].len());
        for (index, (at, op)) in ops.iter().enumerate() {
            assert_eq!(*at, network.at(Part::Step(number), index));
            assert_eq!(*op, network.steps[number][index]);
        }
    }
    assert_eq!(model.ops(model.trunk()).count(), network.trunk.len());
}

#[test]
fn every_op_and_every_input_is_in_it() {
    let network = network(1);
    let mut names: Vec<&str> = network
        .parts()
        .iter()
        .flat_map(|&part| network.ops(part))
        .map(Op::name)
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 15, "{names:?}");
}

#[test]
fn other_addresses_are_refused() {
    let file = network(1).file();
    let mut room = vec![0u128; file.bytes().len().div_ceil(16) + 1];
    let room: &mut [u8] = bytemuck::cast_slice_mut(&mut room);
    for by in 0..16 {
        let place = &mut room[by..][..file.bytes().len()];
        place.copy_from_slice(file.bytes());
        let expected = (by > 0).then_some(LoadError::Misaligned);
        assert_eq!(Model::load(place).err(), expected, "{by}");
    }
}

#[test]
fn every_other_length_is_refused() {
    let file = network(1).file();
    for len in 0..file.bytes().len() {
        let expected = LoadError::Header(HeaderError::Truncated);
        assert_eq!(
            Model::load(&file.bytes()[..len]).err(),
            Some(expected),
            "{len}"
        );
    }
    let mut longer = file.bytes().to_vec();
    longer.push(0);
    let expected = LoadError::Header(HeaderError::TooLong);
    assert_eq!(error(&File::new(&longer)), Some(expected));
}

#[test]
fn every_changed_byte_is_noticed() {
    let mut file = network(1).file();
    let end = file.bytes().len() - SIGNATURE_LEN;
    for at in 0..file.bytes().len() {
        let bit = 1 << (at % 8);
        file.bytes_mut()[at] ^= bit;
        let got = error(&file);
        match got {
            Some(LoadError::Header(_)) if at < HEADER_LEN || at >= end => {}
            // Padding is looked at with the header.
            Some(LoadError::Header(HeaderError::Reserved)) => {}
            Some(LoadError::Digest) if at < end => {}
            other => panic!("byte {at}: {other:?}"),
        }
        file.bytes_mut()[at] ^= bit;
    }
    assert_eq!(error(&file), None);
}

#[test]
fn headers_of_other_files_are_refused() {
    type Case = (&'static str, fn(&mut [u8]), HeaderError);
    fn put(bytes: &mut [u8], at: usize, word: u32) {
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    let cases: [Case; 13] = [
        ("magic", |b| b[0] = b't', HeaderError::NotAModel),
        ("contract", |b| b[8] = 2, HeaderError::Contract(2)),
        ("header length", |b| b[10] = 65, HeaderError::Layout),
        ("flags", |b| b[12] = 1, HeaderError::Reserved),
        ("total length", |b| b[20] ^= 16, HeaderError::Layout),
        ("body offset", |b| b[24] = 80, HeaderError::Layout),
        ("body length", |b| b[29] = 0x50, HeaderError::Layout),
        ("huge body", |b| put(b, 28, u32::MAX), HeaderError::Layout),
        (
            "huge weights",
            |b| put(b, 36, u32::MAX),
            HeaderError::Layout,
        ),
        (
            "weights offset",
            |b| put(b, 32, u32::MAX - 15),
            HeaderError::Layout,
        ),
        (
            "persistent above arena",
            |b| put(b, 44, 1 << 20),
            HeaderError::Layout,
        ),
        ("reserved", |b| b[63] = 1, HeaderError::Reserved),
        ("signature", |b| b[b.len() - 1] = 1, HeaderError::Reserved),
    ];
    for (name, change, expected) in cases {
        let mut file = network(1).file();
        change(file.bytes_mut());
        file.seal();
        assert_eq!(error(&file), Some(LoadError::Header(expected)), "{name}");
    }
}

#[test]
fn padding_must_be_zero_even_where_sealed() {
    let mut padded = 0;
    for name in ["a", "ab", "abc", "abcd"] {
        let draft = Draft {
            name,
            ..network(1).draft()
        };
        let mut file = draft.file();
        let header = *Model::load(file.bytes()).unwrap().header();
        for at in HEADER_LEN + header.body_len as usize..header.weights_offset as usize {
            file.bytes_mut()[at] = 1;
            file.seal();
            let expected = LoadError::Header(HeaderError::Reserved);
            assert_eq!(error(&file), Some(expected), "byte {at}");
            file.bytes_mut()[at] = 0;
            padded += 1;
        }
    }
    assert!(padded > 0);
}

#[test]
fn a_file_of_another_seal_is_refused() {
    let mut file = network(1).file();
    let at = file.digest_offset().unwrap();
    file.bytes_mut()[at..][..DIGEST_LEN].fill(0);
    assert_eq!(error(&file), Some(LoadError::Digest));
}

#[test]
fn wrong_sections_are_refused() {
    type Case = (&'static str, fn(&mut Draft), LoadError);
    let cases: [Case; 16] = [
        ("byte after the body", |d| d.tail.push(0), LoadError::Body),
        (
            "two persistent lengths",
            |d| d.persistent_len -= 4,
            LoadError::Body,
        ),
        ("no input", |d| d.input_count = 0, LoadError::Count),
        ("nine inputs", |d| d.input_count = 9, LoadError::Count),
        ("no head", |d| d.head_count = 0, LoadError::Count),
        ("one input unread", |d| d.input_count = 5, LoadError::Body),
        (
            "one input missing",
            |d| d.input_count = 7,
            input(6, InputError::Record),
        ),
        (
            "byte after the inputs",
            |d| d.inputs.push(1),
            LoadError::Body,
        ),
        (
            "half an input",
            |d| d.inputs.truncate(d.inputs.len() - 1),
            input(5, InputError::Record),
        ),
        ("one head unread", |d| d.head_count = 1, LoadError::Body),
        (
            "one head missing",
            |d| d.head_count = 3,
            LoadError::Head {
                head: 2,
                error: HeadError::Record,
            },
        ),
        ("byte after the heads", |d| d.heads.push(1), LoadError::Body),
        ("trunk past the ops", |d| d.trunk.len += 1, LoadError::Body),
        (
            "trunk far outside",
            |d| d.trunk.offset = u32::MAX,
            LoadError::Body,
        ),
        (
            "no fields",
            |d| d.fields.clear(),
            input(4, InputError::Frontend(FrontendError::Field(0))),
        ),
        (
            "no trunk",
            |d| d.trunk.len = 0,
            LoadError::Head {
                head: 0,
                error: HeadError::Scores,
            },
        ),
    ];
    let mut failures = Vec::new();
    for (name, change, expected) in cases {
        let mut draft = network(1).draft();
        change(&mut draft);
        let got = error(&draft.file());
        if got != Some(expected) {
            failures.push((name, got));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn parts_that_end_within_a_record_are_refused() {
    let network = network(1);
    for part in network.parts() {
        let count = network.ops(part).len();
        let Some(last) = count.checked_sub(1) else {
            continue;
        };
        let at = network.at(part, last);
        let mut short = network.clone();
        let mut draft = match part {
            Part::Step(i) => {
                let whole = Model::load(network.file().bytes())
                    .unwrap()
                    .input(i)
                    .unwrap()
                    .step;
                short.inputs[i].step = Span {
                    len: whole.len - 1,
                    ..whole
                };
                short.draft()
            }
            Part::Finish(i) => {
                let whole = Model::load(network.file().bytes())
                    .unwrap()
                    .input(i)
                    .unwrap()
                    .finish;
                short.inputs[i].finish = Span {
                    len: whole.len - 1,
                    ..whole
                };
                short.draft()
            }
            Part::Trunk => short.draft(),
        };
        if part == Part::Trunk {
            draft.trunk.len -= 1;
        }
        let expected = LoadError::Op {
            at,
            error: OpRefusal::Record,
        };
        assert_eq!(error(&draft.file()), Some(expected), "{part:?}");
    }
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
        let got = error(&network.file());
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
        let got = error(&network.file());
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

/// A change of a network, and the op that is refused for it.
type OpCase = (&'static str, fn(&mut Network), Part, usize, OpRefusal);

/// The record of an op, to change it: `op!(network, part, index, Variant)`.
macro_rules! op {
    ($network:expr, $part:expr, $index:expr, $kind:ident) => {
        match &mut $network.ops_mut($part)[$index] {
            Op::$kind(op) => op,
            other => unreachable!("{other:?}"),
        }
    };
}

#[test]
fn wrong_ops_are_refused() {
    use OpError::{Memory, Overflow, Scale, Shape, Weights, ZeroPoint};
    use OpRefusal::{Check, Misaligned, OutsideArena, Overlap, Persistent, Unwritten};
    use Part::{Finish, Step, Trunk};
    let cases: [OpCase; 46] = [
        // What the ops themselves check.
        (
            "no channel",
            |n| op!(n, Step(0), 0, Conv2d).output.c = 0,
            Step(0),
            0,
            Check(Shape),
        ),
        (
            "window",
            |n| op!(n, Step(0), 0, Conv2d).output.h = 7,
            Step(0),
            0,
            Check(OpError::Window),
        ),
        (
            "weights",
            |n| op!(n, Step(0), 4, Dense).weights.len -= 1,
            Step(0),
            4,
            Check(Weights),
        ),
        (
            "weights outside",
            |n| op!(n, Step(0), 4, Dense).weights.offset = u32::MAX,
            Step(0),
            4,
            Check(Weights),
        ),
        (
            "odd biases",
            |n| op!(n, Step(0), 4, Dense).bias.offset += 2,
            Step(0),
            4,
            Check(Weights),
        ),
        (
            "large bias",
            |n| put_bias(n, i32::MAX),
            Step(0),
            4,
            Check(Overflow),
        ),
        (
            "large negative bias",
            |n| put_bias(n, i32::MIN),
            Step(0),
            4,
            Check(Overflow),
        ),
        (
            "scale",
            |n| op!(n, Trunk, 3, Gate).scale.multiplier = 1,
            Trunk,
            3,
            Check(Scale),
        ),
        (
            "shift",
            |n| op!(n, Trunk, 3, Gate).scale.shift = 31,
            Trunk,
            3,
            Check(Scale),
        ),
        (
            "rounding",
            |n| op!(n, Step(1), 0, Rnn).x_requant.rounding = Rounding::Tflite,
            Step(1),
            0,
            Check(OpError::Rounding),
        ),
        (
            "clamp",
            |n| op!(n, Step(0), 1, MaxPool).clamp = Clamp { min: 1, max: 0 },
            Step(0),
            1,
            Check(OpError::Clamp),
        ),
        (
            "zero point",
            |n| op!(n, Step(0), 1, MaxPool).output.zero_point = 1,
            Step(0),
            1,
            Check(ZeroPoint),
        ),
        (
            "long bag",
            |n| op!(n, Step(2), 0, EmbeddingBag).ids.max = 1 << 15,
            Step(2),
            0,
            Check(Overflow),
        ),
        (
            "table too short",
            |n| op!(n, Step(3), 0, Embedding).rows = 17,
            Step(3),
            0,
            Check(Weights),
        ),
        (
            "more ids than rows",
            |n| op!(n, Step(3), 0, Embedding).ids.max = 7,
            Step(3),
            0,
            Check(Shape),
        ),
        (
            "short state",
            |n| op!(n, Step(1), 0, Rnn).state.len -= 4,
            Step(1),
            0,
            Check(Memory),
        ),
        (
            "short scratch",
            |n| op!(n, Step(1), 0, Rnn).scratch.len -= 4,
            Step(1),
            0,
            Check(Memory),
        ),
        (
            "odd state",
            |n| op!(n, Step(1), 0, Rnn).state.offset += 2,
            Step(1),
            0,
            Check(Memory),
        ),
        (
            "short state read",
            |n| op!(n, Finish(1), 0, RnnRead).state.len -= 4,
            Finish(1),
            0,
            Check(Memory),
        ),
        (
            "bag scratch",
            |n| op!(n, Step(2), 0, EmbeddingBag).scratch.len -= 1,
            Step(2),
            0,
            Check(Memory),
        ),
        (
            "softmax",
            |n| op!(n, Trunk, 8, Softmax).output.zero_point = 0,
            Trunk,
            8,
            Check(ZeroPoint),
        ),
        // Where things lie.
        (
            "output outside",
            |n| op!(n, Step(0), 0, Conv2d).output.offset = n.arena_len - 143,
            Step(0),
            0,
            OutsideArena,
        ),
        (
            "output far outside",
            |n| op!(n, Step(0), 0, Conv2d).output.offset = u32::MAX,
            Step(0),
            0,
            OutsideArena,
        ),
        (
            "input far outside",
            |n| op!(n, Step(0), 0, Conv2d).input.offset = u32::MAX - 3,
            Step(0),
            0,
            OutsideArena,
        ),
        (
            "huge output",
            |n| wide(n, u16::MAX),
            Step(0),
            4,
            Check(Weights),
        ),
        (
            "state outside",
            |n| op!(n, Step(1), 0, Rnn).state.offset = u32::MAX - 3,
            Step(1),
            0,
            OutsideArena,
        ),
        (
            "endless scratch",
            |n| op!(n, Step(1), 0, Rnn).scratch.len = u32::MAX,
            Step(1),
            0,
            OutsideArena,
        ),
        (
            "odd ids",
            |n| op!(n, Step(3), 0, Embedding).ids.offset += 1,
            Step(3),
            0,
            Misaligned,
        ),
        (
            "output over input",
            |n| op!(n, Step(0), 0, Conv2d).output.offset = n.persistent_len + 63,
            Step(0),
            0,
            Overlap,
        ),
        (
            "lookup half in place",
            |n| op!(n, Step(4), 1, Lookup).output.offset += 1,
            Step(4),
            1,
            Overlap,
        ),
        (
            "output over scratch",
            |n| {
                let at = op!(n, Step(2), 0, EmbeddingBag).scratch.offset;
                op!(n, Step(2), 0, EmbeddingBag).output.offset = at
            },
            Step(2),
            0,
            Overlap,
        ),
        (
            "state over scratch",
            |n| {
                let at = op!(n, Step(3), 1, Rnn).scratch.offset;
                op!(n, Step(3), 1, Rnn).state.offset = at - 4
            },
            Step(3),
            1,
            Overlap,
        ),
        (
            "ids of none in the output",
            |n| {
                let view = op!(n, Step(3), 0, Embedding).output;
                let ids = &mut op!(n, Step(3), 0, Embedding).ids;
                (ids.offset, ids.max) = (view.offset + 2, 0)
            },
            Step(3),
            0,
            Overlap,
        ),
        // Whose memory it is.
        (
            "another input's encoding",
            |n| op!(n, Step(0), 4, Dense).output.offset = 8,
            Step(0),
            4,
            Persistent,
        ),
        (
            "half an encoding further",
            |n| op!(n, Step(2), 1, Lookup).output.offset += 1,
            Step(2),
            1,
            Persistent,
        ),
        (
            "encoding from the trunk",
            |n| op!(n, Trunk, 5, Add).output.offset = 0,
            Trunk,
            5,
            Persistent,
        ),
        (
            "scratch in encodings",
            |n| op!(n, Step(2), 0, EmbeddingBag).scratch.offset = 8,
            Step(2),
            0,
            Persistent,
        ),
        (
            "kept state of a text",
            |n| op!(n, Step(3), 1, Rnn).state.offset = 200,
            Step(3),
            1,
            Persistent,
        ),
        (
            "kept state in a finish",
            |n| {
                let rnn = n.steps[1].remove(0);
                n.finishes[1].insert(0, rnn)
            },
            Finish(1),
            0,
            Persistent,
        ),
        (
            "kept state in the trunk",
            |n| {
                let rnn = n.steps[1][0].clone();
                n.trunk.insert(0, rnn)
            },
            Trunk,
            0,
            Persistent,
        ),
        (
            "state across the border",
            |n| op!(n, Step(3), 1, Rnn).state.offset = n.persistent_len - 4,
            Step(3),
            1,
            Persistent,
        ),
        // What another part of the plan left behind.
        (
            "workspace of others",
            |n| op!(n, Step(0), 4, Dense).input.offset = n.arena_len - 8,
            Step(0),
            4,
            Unwritten,
        ),
        (
            "its own encoding",
            |n| op!(n, Step(2), 1, Lookup).input.offset = 8,
            Step(2),
            1,
            Unwritten,
        ),
        (
            "a byte too far",
            |n| op!(n, Trunk, 0, Concat).parts[5].offset += 1,
            Trunk,
            0,
            Unwritten,
        ),
        (
            "a scratch",
            |n| {
                let at = op!(n, Step(2), 0, EmbeddingBag).scratch.offset;
                op!(n, Step(2), 1, Lookup).input.offset = at
            },
            Step(2),
            1,
            Unwritten,
        ),
        (
            "the state of another",
            |n| {
                let at = op!(n, Finish(1), 0, RnnRead).state.offset;
                op!(n, Finish(5), 0, RnnRead).state.offset = at
            },
            Finish(5),
            0,
            Unwritten,
        ),
    ];
    let mut failures = Vec::new();
    for (name, change, part, index, expected) in cases {
        let mut network = network(1);
        change(&mut network);
        let got = error(&network.file());
        let expected = LoadError::Op {
            at: network.at(part, index),
            error: expected,
        };
        if got != Some(expected) {
            failures.push((name, got, expected));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn put_bias(network: &mut Network, value: i32) {
    let at = op!(network, Part::Step(0), 4, Dense).bias.offset as usize;
    network.weights[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// A product of dimensions beyond u32.
fn wide(network: &mut Network, side: u16) {
    let output = &mut op!(network, Part::Step(0), 4, Dense).output;
    (output.h, output.w, output.c) = (side, side, side);
}

#[test]
fn sizes_beyond_any_memory_are_refused() {
    let mut network = network(1);
    // A pool has no weights whose length could give it away.
    let pool = op!(network, Part::Step(0), 1, MaxPool);
    let side = u16::MAX;
    for view in [&mut pool.input, &mut pool.output] {
        (view.h, view.w, view.c) = (side, side, side);
    }
    (pool.window.kernel, pool.window.stride) = ((1, 1), (1, 1));
    let expected = LoadError::Op {
        at: network.at(Part::Step(0), 1),
        error: OpRefusal::OutsideArena,
    };
    assert_eq!(error(&network.file()), Some(expected));
}

#[test]
fn wrong_heads_are_refused() {
    type Case = (&'static str, fn(&mut Network), u8);
    let cases: [Case; 7] = [
        ("one class", |n| n.heads[0].classes = "only", 0),
        ("a class too few", |n| n.heads[1].classes = "low\nhigh", 1),
        (
            "a class too many",
            |n| n.heads[1].classes = "low\nmid\nhigh\n",
            1,
        ),
        ("outside", |n| n.heads[0].scores.offset = u32::MAX, 0),
        (
            "past the end",
            |n| n.heads[1].scores.offset = n.arena_len - 2,
            1,
        ),
        ("nobody writes them", |n| drop(n.trunk.pop()), 1),
        ("no value", |n| n.heads[0].scores.h = 0, 0),
    ];
    for (name, change, head) in cases {
        let mut network = network(1);
        change(&mut network);
        let expected = LoadError::Head {
            head,
            error: HeadError::Scores,
        };
        assert_eq!(error(&network.file()), Some(expected), "{name}");
    }
}

#[test]
fn kept_regions_belong_to_one_owner() {
    type Case = (&'static str, fn(&mut Network));
    let cases: [Case; 4] = [
        ("two encodings", |n| {
            n.inputs[1].encoding.offset = 0;
            op!(n, Part::Finish(1), 1, Dense).output.offset = 0;
        }),
        ("state in an encoding", |n| {
            op!(n, Part::Step(5), 0, Rnn).state.offset = 0;
            op!(n, Part::Finish(5), 0, RnnRead).state.offset = 0;
        }),
        ("two states", |n| {
            let at = sound(n).state.offset + 4;
            op!(n, Part::Step(5), 0, Rnn).state.offset = at;
            op!(n, Part::Finish(5), 0, RnnRead).state.offset = at;
        }),
        ("too many", |n| {
            let rnn = n.steps[5][0].clone();
            n.steps[5].extend(vec![rnn; 32]);
        }),
    ];
    for (name, change) in cases {
        let mut network = network(1);
        change(&mut network);
        assert_eq!(error(&network.file()), Some(LoadError::Kept), "{name}");
    }
}

#[test]
fn more_ops_than_can_be_counted_are_refused() {
    let mut network = network(1);
    let count: usize = network.parts().iter().map(|&p| network.ops(p).len()).sum();
    let softmax = network.trunk.last().unwrap().clone();
    network.trunk.extend(vec![softmax.clone(); MAX_OPS - count]);
    assert_eq!(error(&network.file()), None);
    network.trunk.push(softmax);
    assert_eq!(error(&network.file()), Some(LoadError::Count));
}

#[test]
fn eight_inputs_load_and_a_ninth_is_refused() {
    let mut network = network(1);
    for extra in 6..9 {
        let mut input = network.inputs[4];
        input.encoding.offset = network.spare.offset + 8 * (extra - 6);
        let mut step = network.steps[4].clone();
        if let Some(Op::Dense(dense)) = step.last_mut() {
            dense.output.offset = input.encoding.offset;
        }
        network.inputs.push(input);
        network.steps.push(step);
        network.finishes.push(Vec::new());
        let expected = (extra == 8).then_some(LoadError::Count);
        assert_eq!(error(&network.file()), expected, "{extra}");
    }
}
