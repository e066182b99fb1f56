//! What is pushed: whole samples for the test model, and anything at all for any model.

use tillsense_core::engine::{Model, PushError, Session};
use tillsense_core::frontend::record::Value;
use tillsense_core::parity::SplitMix64;

/// One transaction for [`super::network`].
#[derive(Clone, Debug)]
pub struct Sample {
    pub photo: Vec<u8>,
    pub sound: Vec<i16>,
    pub request: String,
    pub words: String,
    pub client: Vec<Value<'static>>,
    pub months: Vec<Vec<Value<'static>>>,
}

const WORDS: [&str; 8] = [
    "where",
    "is",
    "my",
    "card",
    "top",
    "up",
    "failed",
    "überweisung",
];

impl Sample {
    pub fn random(seed: u64) -> Self {
        let mut rng = SplitMix64::new(seed);
        let loudness = rng.between(4, 14);
        let mut text = |most| {
            let count = rng.between(1, most);
            let words: Vec<&str> = (0..count).map(|_| WORDS[rng.below(8)]).collect();
            words.join(" ")
        };
        let (request, words) = (text(9), text(8));
        let steps = rng.between(1, 4);
        let mut pick = |values: &[Value<'static>]| values[rng.below(values.len())];
        let names = ["New", "Returning", "Other"].map(Value::Name);
        let months = (0..steps)
            .map(|i| {
                let bill = Value::Number(i as i32 * 331 - 400);
                let paid = ["no", "yes", "never"].map(Value::Name);
                vec![pick(&[bill, Value::Missing]), pick(&paid)]
            })
            .collect();
        let client = vec![
            pick(&[Value::Number(120), Value::Number(90_000), Value::Missing]),
            pick(&[Value::Number(20), Value::Number(71)]),
            pick(&names),
        ];
        Sample {
            photo: (0..120).map(|_| rng.next_u64() as u8).collect(),
            sound: (0..rng.between(200, 900))
                .map(|_| rng.between(-1 << loudness, 1 << loudness) as i16)
                .collect(),
            request,
            words,
            client,
            months,
        }
    }
}

/// Pushes one whole input.
pub fn push<P: tillsense_core::engine::Probe>(
    session: &mut Session<'_, '_, P>,
    input: usize,
    sample: &Sample,
) -> Result<(), PushError> {
    match input {
        0 => session.push_image(0, &sample.photo),
        1 => session.push_audio(1, &sample.sound),
        2 => session.push_text(2, sample.request.as_bytes()),
        3 => session.push_text(3, sample.words.as_bytes()),
        4 => session.push_record(4, &sample.client),
        _ => (sample.months.iter()).try_for_each(|month| session.push_record(input, month)),
    }
}

/// Pushes all inputs, in order.
pub fn push_all<P: tillsense_core::engine::Probe>(
    session: &mut Session<'_, '_, P>,
    sample: &Sample,
) {
    for input in 0..6 {
        assert_eq!(push(session, input, sample), Ok(()), "input {input}");
    }
}

/// Runs, and answers the scores of all heads.
pub fn scores<P: tillsense_core::engine::Probe>(session: &mut Session<'_, '_, P>) -> Vec<Vec<i8>> {
    session.run();
    (0..)
        .map_while(|head| session.verdict(head).map(|v| v.scores.to_vec()))
        .collect()
}

/// The scores of a new session to which these inputs are pushed in this order.
pub fn fresh(model: Model<'_>, sample: &Sample, order: &[usize]) -> Vec<Vec<i8>> {
    let mut memory = super::Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    for &input in order {
        assert_eq!(push(&mut session, input, sample), Ok(()), "input {input}");
    }
    scores(&mut session)
}
