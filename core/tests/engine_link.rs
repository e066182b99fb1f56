//! Frames: whatever arrives, the next good frame is understood.

mod support;

use tillsense_core::engine::{HeadError, InputError, LoadError, OpRefusal, PushError, Stage};
use tillsense_core::frontend::FrontendError;
use tillsense_core::link::{
    Collector, Info, LinkError, MAX_FRAME, ModelError, Request, Response, decode, encode,
};
use tillsense_core::model::header::HeaderError;
use tillsense_core::ops::OpError;
use tillsense_core::parity::SplitMix64;

fn frame<T: serde::Serialize>(message: &T) -> Vec<u8> {
    let mut frame = [0; MAX_FRAME];
    let len = encode(7, message, &mut frame).unwrap();
    frame[..len].to_vec()
}

#[test]
fn a_good_frame_is_understood_after_any_noise() {
    let request = Request::Push {
        input: 3,
        offset: 77,
        total: 300,
        bytes: b"where is my card",
    };
    let good = frame(&request);
    for seed in 0..3000 {
        let mut rng = SplitMix64::new(seed);
        let mut stream: Vec<u8> = (0..rng.below(700)).map(|_| rng.next_u64() as u8).collect();
        match rng.below(3) {
            // A frame with a few wrong bytes.
            0 => {
                stream = good.clone();
                for _ in 0..=rng.below(3) {
                    let at = rng.below(stream.len());
                    stream[at] = rng.next_u64() as u8;
                }
            }
            // Few zeros: frames that are too long.
            1 => stream.iter_mut().for_each(|byte| *byte |= 1),
            _ => {}
        }
        stream.push(0);
        let mut collector = Collector::new();
        for &byte in &stream {
            if let Some(Ok(bytes)) = collector.push(byte) {
                let mut copy = bytes.to_vec();
                let got = decode::<Request>(bytes).ok();
                assert!(got.is_none_or(|got| got == (7, request)), "{seed}");
                assert!(decode::<Response>(&mut copy).is_err(), "{seed}");
            }
        }
        let mut got = None;
        for &byte in &good {
            if let Some(Ok(bytes)) = collector.push(byte) {
                got = Some(bytes.to_vec());
            }
        }
        assert_eq!(decode(&mut got.unwrap()), Ok((7, request)), "{seed}");
    }
}

#[test]
fn every_refusal_travels() {
    let load = [
        LoadError::Misaligned,
        LoadError::Header(HeaderError::Contract(9)),
        LoadError::Digest,
        LoadError::Body,
        LoadError::Count,
        LoadError::Kept,
        LoadError::Input {
            input: 7,
            error: InputError::Frontend(FrontendError::Field(255)),
        },
        LoadError::Op {
            at: u32::MAX,
            error: OpRefusal::Check(OpError::Memory),
        },
        LoadError::Op {
            at: 0,
            error: OpRefusal::Unwritten,
        },
        LoadError::Head {
            head: 255,
            error: HeadError::Scores,
        },
    ];
    for error in load {
        let info = Response::Info(Info {
            link: 2,
            board: "netduinoplus2",
            arena: u32::MAX,
            inbox: u32::MAX,
            model: Err(ModelError::Load(error)),
        });
        let mut bytes = frame(&info);
        bytes.pop();
        assert_eq!(decode(&mut bytes), Ok((7, info)), "{error:?}");
    }
    let refused = Response::Error(LinkError::Push(PushError::TooManySteps));
    let mut bytes = frame(&refused);
    bytes.pop();
    assert_eq!(decode(&mut bytes), Ok((7, refused)));
    assert_ne!(Stage::Frontend(0), Stage::Op(0));
}
