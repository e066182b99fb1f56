//! Loading: a valid file loads, each wrong one is refused for its own reason, and whatever loads can be run.

mod support;

use support::{Draft, File, Part, network};
use tillsense_core::engine::{HeadError, InputError, LoadError, Model, OpRefusal};
use tillsense_core::frontend::FrontendError;
use tillsense_core::model::header::{DIGEST_LEN, HEADER_LEN, Header, HeaderError, SIGNATURE_LEN};
use tillsense_core::model::records::{Op, Span};

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
    // Without bytes there is no address that could be wrong.
    let nothing = Model::load(&[]).err();
    assert_eq!(nothing, Some(LoadError::Header(HeaderError::Truncated)));
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
    let cases: [Case; 22] = [
        ("magic", |b| b[0] = b't', HeaderError::NotAModel),
        ("contract", |b| b[8] = 1, HeaderError::Contract(1)),
        ("contract", |b| b[8] = 3, HeaderError::Contract(3)),
        ("header length", |b| b[10] = 65, HeaderError::Layout),
        ("format", |b| b[12] = 0, HeaderError::Format(0)),
        ("format", |b| b[12] = 3, HeaderError::Format(3)),
        ("format", |b| b[13] = 1, HeaderError::Format(258)),
        ("signed", |b| b[14] = 1, HeaderError::Flags),
        ("encrypted", |b| b[14] = 2, HeaderError::Flags),
        ("total length", |b| b[24] ^= 16, HeaderError::Layout),
        (
            "golden vectors elsewhere",
            |b| b[52] ^= 16,
            HeaderError::Layout,
        ),
        ("golden vectors", |b| b[56] = 16, HeaderError::Golden),
        ("product line", |b| b[96] = b'a', HeaderError::ProductLine),
        ("product line", |b| b[111] = 1, HeaderError::ProductLine),
        ("key", |b| b[127] = 1, HeaderError::KeyId),
        ("body length", |b| b[29] = 0x50, HeaderError::Layout),
        ("huge body", |b| put(b, 28, u32::MAX), HeaderError::TooLarge),
        (
            "huge weights",
            |b| put(b, 36, u32::MAX),
            HeaderError::TooLarge,
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
        ("reserved", |b| b[60] = 1, HeaderError::Reserved),
        ("signature", |b| b[b.len() - 1] = 1, HeaderError::Reserved),
    ];
    for (name, change, expected) in cases {
        let mut file = network(1).file();
        change(file.bytes_mut());
        file.seal();
        assert_eq!(error(&file), Some(LoadError::Header(expected)), "{name}");
    }
}

/// A file as the version before this one wrote it: its `examples/one_layer.rs`.
#[test]
fn a_file_of_format_1_is_refused_with_what_makes_it_anew() {
    let file = File::new(include_bytes!("format1.till"));
    let expected = LoadError::Header(HeaderError::Format(1));
    assert_eq!(error(&file), Some(expected));
    let text = expected.to_string();
    assert!(
        text.contains("earlier version") && text.contains("`tillsense train`"),
        "{text}"
    );
    // A terminal looks at as much of its slot as the header says, and at a whole header.
    assert_eq!(Header::file_len(file.bytes()), Some(HEADER_LEN));
    let short = File::new(&file.bytes()[..HEADER_LEN]);
    assert_eq!(error(&short), Some(expected));
}

#[test]
fn releases_of_a_model_are_ordered_by_any_number() {
    for version in [0, 1, u64::from(u32::MAX) + 1, u64::MAX] {
        let mut draft = network(1).draft();
        draft.header.model_version = version;
        let file = draft.file();
        let model = Model::load(file.bytes()).unwrap();
        assert_eq!(model.header().model_version, version);
    }
}

/// A loader takes what is sealed; host tools compute it.
#[test]
fn an_interface_that_is_not_that_of_the_records_is_known() {
    let mut file = network(1).file();
    for at in 64..96 {
        file.bytes_mut()[at] ^= 1;
        file.seal();
        let model = Model::load(file.bytes()).unwrap();
        assert!(!model.interface_holds(), "byte {at}");
        file.bytes_mut()[at] ^= 1;
    }
    file.seal();
    assert!(Model::load(file.bytes()).unwrap().interface_holds());
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
    let cases: [Case; 15] = [
        ("byte after the body", |d| d.tail.push(0), LoadError::Body),
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
