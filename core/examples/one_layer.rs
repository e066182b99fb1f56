//! A model of one fully connected layer, from records to a verdict: `cargo run -p tillsense-core --example one_layer`.
//!
//! The exporter writes such files from trained networks. Here one is written by hand, loaded with every check, run as a
//! terminal would run it, and compared with the sum on paper.

use serde::Serialize;
use tillsense_core::model::header::{DIGEST_LEN, HEADER_LEN, Header};
use tillsense_core::model::records::{
    Answer, Blob, Body, Clamp, Dense, Fit, Head, ImageParams, Input, Op, Requant, Rounding, Source,
    Span, View,
};
use tillsense_core::model::{digest, interface};
use tillsense_core::{Arena, Model, Session};

/// Two rows of four weights, and a bias for each row.
const WEIGHTS: [[i8; 4]; 2] = [[1, 2, 3, 4], [-1, 1, -1, 1]];
const BIAS: [i32; 2] = [100, -4];

fn main() {
    // A model file lies at a multiple of 16: in flash on a terminal, here in an arena of its own.
    let file = model_file();
    let mut flash = Arena::<2048>::new();
    let flash = &mut flash.as_mut_slice()[..file.len()];
    flash.copy_from_slice(&file);
    let model = Model::load(flash).unwrap_or_else(|error| panic!("refused: {error}"));

    let mut arena = Arena::<32>::new();
    let mut session = Session::new(model, arena.as_mut_slice()).expect("32 bytes are enough");
    session
        .push_image(0, &[10, 20, 30, 40])
        .expect("four pixels");
    session.run();
    let verdict = session
        .verdict(0)
        .expect("the model has one head and has run");

    // By hand: each sum times 1/8, rounded.
    //   (1 * 10 + 2 * 20 + 3 * 30 + 4 * 40 + 100) / 8 = 400 / 8 = 50
    //   (-10 + 20 - 30 + 40 - 4) / 8                  =  16 / 8 =  2
    assert_eq!(verdict.scores, [50, 2]);
    assert_eq!((verdict.class, verdict.score), (0, 50 + 128));
    println!("{}: {:?}, as by hand", model.name(), verdict.scores);
}

/// The file: header, body, weights, and the seal over all of it.
#[expect(
    clippy::too_many_lines,
    reason = "a file is written from its first byte to its last"
)]
fn model_file() -> Vec<u8> {
    // The weights section. A record names each constant by the place that it got.
    let mut weights = Vec::new();
    let mut add = |bytes: &[u8]| {
        while !weights.len().is_multiple_of(4) {
            weights.push(0);
        }
        let (offset, len) = (weights.len() as u32, bytes.len() as u32);
        weights.extend(bytes);
        Blob { offset, len }
    };
    // Pixels up to 127 are taken as they are.
    let table = add(&core::array::from_fn::<u8, 256, _>(|pixel| {
        pixel.min(127) as u8
    }));
    let layer = add(&WEIGHTS
        .as_flattened()
        .iter()
        .map(|&w| w as u8)
        .collect::<Vec<_>>());
    let bias = add(&BIAS.map(i32::to_le_bytes).concat());
    // A multiplier of 2^30 stands for 1/2; two places to the right make it 1/8.
    let multipliers = add(&[1i32 << 30; 2].map(i32::to_le_bytes).concat());
    let shifts = add(&[-2i8 as u8; 2]);
    let absent = add(&[0; 2]);

    // The arena: the encoding is kept and comes first, the picture's features lie behind it.
    let view = |offset, c| View {
        offset,
        h: 1,
        w: 1,
        c,
        zero_point: 0,
    };
    let encoding = view(0, 2);
    let features = View {
        h: 2,
        w: 2,
        ..view(16, 1)
    };
    let op = record(&Op::Dense(Dense {
        input: features,
        output: encoding,
        weights: layer,
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
    let input = record(&Input {
        name: "picture",
        source: Source::Image(ImageParams {
            source_h: 2,
            source_w: 2,
            source_c: 1,
            crop_at: (0, 0),
            crop_size: (2, 2),
            output: features,
            table,
            fit: Fit::Stretch,
        }),
        step: Span {
            offset: 0,
            len: op.len() as u32,
        },
        finish: Span::default(),
        encoding,
        absent,
    });
    // A head's scores may be any bytes that a run has written.
    let head = record(&Head {
        name: "kind",
        answer: Answer::Classes {
            names: "first\nsecond",
            defer_below: 0,
        },
        scores: encoding,
    });
    let body = Body {
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
    };
    // What an application is compiled against has a digest of its own.
    let interface = interface::digest(&body);
    let body = record(&body);

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
    file[header.weights_offset as usize..][..weights.len()].copy_from_slice(&weights);
    let seal = digest(&file[..header.digest_offset()]);
    file[header.digest_offset()..][..DIGEST_LEN].copy_from_slice(&seal);
    file
}

/// A record as the file holds it.
fn record<T: Serialize>(record: &T) -> Vec<u8> {
    let mut buffer = [0; 1024];
    postcard::to_slice(record, &mut buffer)
        .expect("a kilobyte is enough")
        .to_vec()
}
