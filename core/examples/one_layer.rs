//! A model of one fully connected layer, from records to a verdict: `cargo run -p tillsense-core --example one_layer`.
//!
//! The exporter writes such files from trained networks. Here one is written by hand, loaded with every check, run as a
//! terminal would run it, and compared with the sum on paper.

use serde::Serialize;
use tillsense_core::model::header::{DIGEST_LEN, HEADER_LEN, Header};
use tillsense_core::model::records::{
    Answer, Blob, Body, Clamp, Dense, Head, Input, Op, Requant, Rounding, Scale, Source, Span,
    TensorParams, View,
};
use tillsense_core::model::{digest, interface};
use tillsense_core::{Arena, Model, Session};

fn main() {
    // A model file lies at a multiple of 16: in flash on a terminal, here in an arena of its own.
    let file = model_file();
    let mut flash = Arena::<2048>::new();
    let flash = &mut flash.as_mut_slice()[..file.len()];
    flash.copy_from_slice(&file);
    let model = Model::load(flash).unwrap_or_else(|error| panic!("refused: {error}"));

    let mut arena = Arena::<32>::new();
    let mut session = Session::new(model, arena.as_mut_slice()).expect("32 bytes are enough");
    let pushed = session.push_tensor(0, &[10, 20, 30, 40]);
    pushed.expect("the input has four values");
    session.run();
    let verdict = session.verdict(0).expect("head 0 has run");

    // By hand: each sum times 1/8, rounded.
    //   (1 * 10 + 2 * 20 + 3 * 30 + 4 * 40 + 100) / 8 = 400 / 8 = 50
    //   (-10 + 20 - 30 + 40 - 4) / 8                  =  16 / 8 =  2
    assert_eq!(verdict.scores, [50, 2]);
    assert_eq!((verdict.class, verdict.score), (0, 50 + 128));
    println!("{}: {:?}, as by hand", model.name(), verdict.scores);
}

/// The file: header, body, weights, and the seal over all of it.
fn model_file() -> Vec<u8> {
    // The weights section. A record names each constant by the place that it got.
    let mut weights = Vec::new();
    let bias = add(&mut weights, &[100i32, -4].map(i32::to_le_bytes).concat());
    // A multiplier of 2^30 stands for 1/2, and two places to the right make it 1/8: one factor for all rows.
    let multipliers = add(&mut weights, &(1i32 << 30).to_le_bytes());
    let shifts = add(&mut weights, &[-2i8 as u8]);
    // Two rows of four weights, and what stands for the encoding where the input is absent.
    let rows = [1i8, 2, 3, 4, -1, 1, -1, 1].map(|weight| weight as u8);
    let rows = add(&mut weights, &rows);
    let absent = add(&mut weights, &[0; 2]);

    // The arena: the encoding is kept and comes first, the input's values lie behind it.
    let (encoding, values) = (vector(0, 2), vector(16, 4));
    let op = record(&Op::Dense(Dense {
        input: values,
        output: encoding,
        weights: rows,
        bias,
        requant: Requant {
            rounding: Rounding::Nearest,
            multipliers,
            shifts,
        },
        clamp: Clamp {
            min: -128,
            max: 127,
        },
    }));
    let whole = Span {
        offset: 0,
        len: op.len() as u32,
    };
    let input = record(&Input {
        name: "measured",
        source: Source::Tensor(TensorParams {
            output: values,
            scale: Scale {
                multiplier: 1 << 30,
                shift: 1,
            },
        }),
        step: whole,
        finish: Span::default(),
        encoding,
        absent,
    });
    let head = record(&Head {
        name: "kind",
        answer: Answer::Classes {
            names: "first\nsecond",
            defer_below: 0,
        },
        scores: encoding,
    });
    sealed(
        &Body {
            name: "one layer",
            input_count: 1,
            head_count: 1,
            inputs: &input,
            fields: &[],
            ops: &op,
            trunk: Span::default(),
            heads: &head,
            target: "generic",
            flash_growth: 0,
        },
        &weights,
    )
}

/// The header is planned for the lengths of body and weights; the seal is the digest of all bytes before it.
fn sealed(body: &Body<'_>, weights: &[u8]) -> Vec<u8> {
    // What an application is compiled against has a digest of its own.
    let (interface, body) = (interface::digest(body), record(body));
    let header = Header {
        model_version: 1,
        body_len: 0,
        weights_offset: 0,
        weights_len: 0,
        arena_len: 32,
        persistent_len: 16,
        max_input: 4,
    };
    let header = header.with_lengths(body.len() as u32, weights.len() as u32);
    let mut file = vec![0; header.total_len()];
    file[..HEADER_LEN].copy_from_slice(&header.emit(&interface));
    file[HEADER_LEN..][..body.len()].copy_from_slice(&body);
    file[header.weights_offset as usize..][..weights.len()].copy_from_slice(weights);
    let seal = digest(&file[..header.digest_offset()]);
    file[header.digest_offset()..][..DIGEST_LEN].copy_from_slice(&seal);
    file
}

/// Adds a constant to the weights section, at a multiple of 4.
fn add(weights: &mut Vec<u8>, bytes: &[u8]) -> Blob {
    while !weights.len().is_multiple_of(4) {
        weights.push(0);
    }
    let (offset, len) = (weights.len() as u32, bytes.len() as u32);
    weights.extend(bytes);
    Blob { offset, len }
}

/// A vector of `c` values in the arena, with a zero point of 0.
const fn vector(offset: u32, c: u16) -> View {
    View {
        offset,
        h: 1,
        w: 1,
        c,
        zero_point: 0,
    }
}

/// A record as the file holds it.
fn record<T: Serialize>(record: &T) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let written = postcard::to_slice(record, &mut buffer);
    written.expect("a kilobyte is enough").to_vec()
}
