//! Sessions: scores are a function of what was pushed, in whatever order, chunks and company, and of nothing else.

mod support;

use support::{Guarded, Network, Part, Sample, fresh, network, push, push_all, scores};
use tillsense_core::engine::{ArenaError, MAX_INPUTS, Model, Probe, PushError, Session, Stage};
use tillsense_core::frontend::audio::LEVEL_FLOOR;
use tillsense_core::frontend::image::ImageError;
use tillsense_core::frontend::record::{self, RecordError, Value};
use tillsense_core::frontend::text::TextError;
use tillsense_core::model::records::{Answer, Input, Lookup, Op, Source, View};
use tillsense_core::ops;
use tillsense_core::ops::rnn::{rnn_scratch_len, state_len};
use tillsense_core::parity::SplitMix64;

const ALL: [usize; 6] = [0, 1, 2, 3, 4, 5];
/// Inputs that go on where the last push ended.
const SOUND: usize = 1;
const MONTHS: usize = 5;

fn encoding<'s>(saved: &'s [u8], input: &Input<'_>) -> &'s [u8] {
    &saved[input.encoding.offset as usize..][..input.encoding.len()]
}

#[test]
fn samples_get_different_scores() {
    let file = network(1).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut seen: Vec<_> = (0..20)
        .map(|seed| fresh(model, &Sample::random(seed), &ALL))
        .collect();
    assert!(
        seen.iter()
            .all(|s| (s[0].len(), s[1].len(), s.len()) == (4, 3, 2))
    );
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 20);
}

#[test]
fn any_order_gives_the_same_scores() {
    let mut rng = SplitMix64::new(2);
    for seed in 0..60 {
        let file = network(seed % 5).file();
        let model = Model::load(file.bytes()).unwrap();
        let sample = Sample::random(seed);
        let expected = fresh(model, &sample, &ALL);
        let mut order = ALL;
        for _ in 0..10 {
            rng.shuffle(&mut order);
            assert_eq!(fresh(model, &sample, &order), expected, "{seed} {order:?}");
        }
    }
}

#[test]
fn places_past_the_last_id_are_the_same_in_any_order() {
    let mut network = network(2);
    let Source::Text(params) = network.inputs[3].source else {
        panic!("not a text")
    };
    // An encoder that reads the place of the ids as if all of them were there.
    let places = View {
        offset: params.ids.offset,
        ..network.inputs[3].encoding
    };
    let Op::Lookup(other) = network.steps[2][1] else {
        panic!("not a lookup")
    };
    network.steps[3] = vec![Op::Lookup(Lookup {
        input: places,
        output: network.inputs[3].encoding,
        table: other.table,
    })];
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    let mut sample = Sample::random(2);
    sample.words = "card".into();
    let expected = fresh(model, &sample, &[3, 0, 1]);
    for order in [[0, 1, 3], [1, 0, 3], [0, 3, 1]] {
        assert_eq!(fresh(model, &sample, &order), expected, "{order:?}");
    }
}

#[test]
fn absent_inputs_are_their_learned_constants() {
    let original = network(3);
    let sample = Sample::random(3);
    let file = original.file();
    let model = Model::load(file.bytes()).unwrap();
    let mut memory = Guarded::new(original.arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    push_all(&mut session, &sample);
    let expected = scores(&mut session);
    let present = session.save().unwrap().1.to_vec();
    for subset in 0..1u32 << 6 {
        let given: Vec<usize> = (0..6).filter(|i| subset >> i & 1 == 1).collect();
        // A model that learned for the absent ones just what their encoders said gives the same scores.
        let mut taught = original.clone();
        for input in &original.inputs {
            let place = &mut taught.weights[input.absent.offset as usize..];
            place[..input.absent.len as usize].copy_from_slice(encoding(&present, input));
        }
        let taught = taught.file();
        let taught = Model::load(taught.bytes()).unwrap();
        assert_eq!(fresh(taught, &sample, &given), expected, "{given:?}");

        session.reset();
        for &input in &given {
            push(&mut session, input, &sample).unwrap();
        }
        session.run();
        for (number, input) in original.inputs.iter().enumerate() {
            let is_given = given.contains(&number);
            assert_eq!(session.is_present(number), is_given);
            let wanted = if is_given {
                encoding(&present, input)
            } else {
                model.weights().u8s(input.absent)
            };
            assert_eq!(
                encoding(session.save().unwrap().1, input),
                wanted,
                "{given:?} {number}"
            );
        }
    }
}

#[test]
fn absence_is_forgotten_when_the_input_comes_after_all() {
    let file = network(4).file();
    let model = Model::load(file.bytes()).unwrap();
    let sample = Sample::random(4);
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    for input in ALL {
        session.run();
        push(&mut session, input, &sample).unwrap();
        assert_eq!(session.verdict(0), None);
    }
    assert_eq!(scores(&mut session), fresh(model, &sample, &ALL));
    assert_eq!(scores(&mut session), fresh(model, &sample, &ALL), "again");
}

#[test]
fn a_second_push_replaces_the_first() {
    let file = network(5).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut memory = Guarded::new(model.header().arena_len as usize);
    for seed in 0..20 {
        let (sample, other) = (Sample::random(seed), Sample::random(seed + 100));
        let mut session = Session::new(model, memory.arena()).unwrap();
        for input in [0, 2, 3, 4] {
            push(&mut session, input, &other).unwrap();
        }
        session.run();
        push_all(&mut session, &sample);
        assert_eq!(scores(&mut session), fresh(model, &sample, &ALL), "{seed}");
    }
}

#[test]
fn a_single_record_may_be_replaced_for_ever() {
    let file = network(5).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    let sample = Sample::random(1);
    for time in 0..70_000 {
        assert_eq!(push(&mut session, 4, &sample), Ok(()), "{time}");
    }
    assert_eq!(scores(&mut session), fresh(model, &sample, &[4]));
}

#[test]
fn sound_in_any_chunks_among_other_inputs_gives_the_same_scores() {
    let mut rng = SplitMix64::new(6);
    for seed in 0..40 {
        let file = network(seed % 3).file();
        let model = Model::load(file.bytes()).unwrap();
        let sample = Sample::random(seed);
        let mut memory = Guarded::new(model.header().arena_len as usize);
        let mut session = Session::new(model, memory.arena()).unwrap();
        let mut others = vec![0, 2, 3, 4];
        others.extend([5].repeat(sample.months.len()));
        let mut months = sample.months.iter();
        let longest = [1, 7, 100, 500][seed as usize % 4];
        let mut rest = &sample.sound[..];
        while !rest.is_empty() || !others.is_empty() {
            if !rest.is_empty() {
                let (chunk, after) =
                    rest.split_at(rng.between(1, longest).min(rest.len() as i64) as usize);
                session.push_audio(SOUND, chunk).unwrap();
                rest = after;
            }
            if !others.is_empty() && (rest.is_empty() || rng.below(8) == 0) {
                match others.swap_remove(rng.below(others.len())) {
                    MONTHS => session.push_record(MONTHS, months.next().unwrap()).unwrap(),
                    input => push(&mut session, input, &sample).unwrap(),
                }
            }
            if rng.below(20) == 0 {
                session.run();
            }
        }
        assert_eq!(scores(&mut session), fresh(model, &sample, &ALL), "{seed}");
    }
}

#[test]
fn sound_after_the_last_step_is_not_heard() {
    let file = network(6).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut sample = Sample::random(6);
    // 9 steps of 2 frames, 32 samples apart, the first frame of 64.
    sample.sound.resize(64 + 17 * 32, 500);
    let expected = fresh(model, &sample, &[SOUND]);
    sample.sound.extend([12_000; 300]);
    assert_eq!(fresh(model, &sample, &[SOUND]), expected);
}

#[test]
fn a_stream_goes_on_from_what_was_saved() {
    let mut rng = SplitMix64::new(7);
    for seed in 0..40 {
        let file = network(seed % 3).file();
        let model = Model::load(file.bytes()).unwrap();
        let sample = Sample::random(seed);
        let heard = rng.below(sample.sound.len());
        let told = rng.below(sample.months.len() + 1);
        let mut memory = Guarded::new(model.header().arena_len as usize);
        let mut session = Session::new(model, memory.arena()).unwrap();
        push(&mut session, 0, &sample).unwrap();
        let chunk = &sample.sound[..heard];
        assert_eq!(session.push_audio(SOUND, chunk).is_ok(), heard > 0);
        for month in &sample.months[..told] {
            session.push_record(MONTHS, month).unwrap();
        }
        let (pieces, bytes) = session.save().unwrap();
        let bytes = bytes.to_vec();

        let mut other = Guarded::new(model.header().arena_len as usize);
        let mut session = Session::new(model, other.arena()).unwrap();
        push_all(&mut session, &Sample::random(seed + 1));
        assert_eq!(scores(&mut session).len(), 2);
        assert!(session.restore(pieces, &bytes));
        assert_eq!(session.verdict(0), None);
        session.push_audio(SOUND, &sample.sound[heard..]).unwrap();
        for month in &sample.months[told..] {
            session.push_record(MONTHS, month).unwrap();
        }
        for input in [4, 3, 2] {
            push(&mut session, input, &sample).unwrap();
        }
        assert_eq!(scores(&mut session), fresh(model, &sample, &ALL), "{seed}");
    }
}

#[test]
fn hostile_saved_bytes_do_no_harm() {
    let file = network(8).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut rng = SplitMix64::new(8);
    let sample = Sample::random(8);
    let mut memory = Guarded::new(model.header().arena_len as usize);
    for round in 0..300 {
        let mut session = Session::new(model, memory.arena()).unwrap();
        let len = session.save().unwrap().1.len();
        let extreme = [0x00, 0x7f, 0x80, 0xff][round % 4];
        let bytes: Vec<u8> = (0..len)
            .map(|_| {
                if round < 4 {
                    extreme
                } else {
                    rng.next_u64() as u8
                }
            })
            .collect();
        let pieces = [0; MAX_INPUTS]
            .map(|_: u16| rng.next_u64() as u16 & (rng.below(2) as u16).wrapping_neg());
        assert!(session.restore(pieces, &bytes));
        session.run();
        for input in ALL {
            let _ = push(&mut session, input, &sample);
        }
        let first = scores(&mut session);
        assert!(session.restore(pieces, &bytes));
        session.run();
        for input in ALL {
            let _ = push(&mut session, input, &sample);
        }
        assert_eq!(scores(&mut session), first, "{round}");
        session.reset();
        push_all(&mut session, &sample);
        assert_eq!(scores(&mut session), fresh(model, &sample, &ALL), "{round}");
        assert!(memory.is_intact());
    }
}

#[test]
fn a_saved_state_of_another_length_is_refused() {
    let file = network(8).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    push_all(&mut session, &Sample::random(8));
    let before = scores(&mut session);
    let len = session.save().unwrap().1.len();
    for bytes in [vec![1; len - 1], vec![1; len + 1], Vec::new()] {
        assert!(!session.restore([9; MAX_INPUTS], &bytes));
        assert_eq!(session.verdict(0).unwrap().scores, before[0]);
        assert_eq!(scores(&mut session), before);
    }
}

#[test]
fn reset_wipes_all_but_the_level_and_starts_afresh() {
    let network = network(9);
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    let Source::Audio(sound) = network.inputs[SOUND].source else {
        panic!("not a sound")
    };
    let peak = sound.state.offset as usize + 12;
    let mut blank = vec![0; network.arena_len as usize];
    blank[peak..peak + 4].copy_from_slice(&u32::from(LEVEL_FLOOR as u16).to_le_bytes());

    let sample = Sample::random(9);
    let mut memory = Guarded::new(network.arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    push_all(&mut session, &Sample::random(10));
    session.run();
    session.reset();
    assert_eq!((session.verdict(0), session.is_present(0)), (None, false));
    push_all(&mut session, &sample);
    assert_eq!(scores(&mut session), fresh(model, &sample, &ALL));
    session.reset();
    assert_eq!(memory.arena(), blank);
    // A session starts as one that was reset, whatever lay in the arena.
    memory.arena().fill(0xa5);
    let _ = Session::new(model, memory.arena()).unwrap();
    assert_eq!(memory.arena(), blank);
}

/// What is pushed, by which call, and the error.
type Refusal = (
    &'static str,
    fn(&mut Session<'_, '_>) -> Result<(), PushError>,
    PushError,
);

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one session, told from its beginning to its end"
)]
fn refused_pushes_lose_nothing() {
    use Value::{Missing, Name, Number};
    let cases: [Refusal; 20] = [
        (
            "no such picture",
            |s| s.push_image(6, &[0; 120]),
            PushError::NoSuchInput,
        ),
        (
            "no such sound",
            |s| s.push_audio(8, &[0]),
            PushError::NoSuchInput,
        ),
        (
            "no such text",
            |s| s.push_text(usize::MAX, b"a"),
            PushError::NoSuchInput,
        ),
        (
            "no such record",
            |s| s.push_record(7, &[]),
            PushError::NoSuchInput,
        ),
        (
            "sound to a picture",
            |s| s.push_audio(0, &[0]),
            PushError::WrongKind,
        ),
        (
            "picture to a sound",
            |s| s.push_image(1, &[0; 120]),
            PushError::WrongKind,
        ),
        (
            "record to a text",
            |s| s.push_record(2, &[Missing]),
            PushError::WrongKind,
        ),
        (
            "text to a record",
            |s| s.push_text(4, b"a"),
            PushError::WrongKind,
        ),
        (
            "text to a sequence",
            |s| s.push_text(5, b"a"),
            PushError::WrongKind,
        ),
        (
            "small picture",
            |s| s.push_image(0, &[0; 119]),
            PushError::Image(ImageError::WrongSize),
        ),
        (
            "large picture",
            |s| s.push_image(0, &[0; 121]),
            PushError::Image(ImageError::WrongSize),
        ),
        (
            "no picture",
            |s| s.push_image(0, &[]),
            PushError::Image(ImageError::WrongSize),
        ),
        ("no samples", |s| s.push_audio(1, &[]), PushError::NoSamples),
        (
            "empty text",
            |s| s.push_text(2, b""),
            PushError::Text(TextError::Empty),
        ),
        (
            "no letter",
            |s| s.push_text(3, b" \xff?! "),
            PushError::Text(TextError::Empty),
        ),
        (
            "one value too few",
            |s| s.push_record(4, &[Number(1), Number(2)]),
            PushError::Record(RecordError::WrongCount),
        ),
        (
            "name for a number",
            |s| s.push_record(4, &[Number(1), Name("2"), Name("New")]),
            PushError::Record(RecordError::NotANumber(1)),
        ),
        (
            "number for a name",
            |s| s.push_record(5, &[Number(1), Number(1)]),
            PushError::Record(RecordError::NotAName(1)),
        ),
        (
            "unknown category",
            |s| s.push_record(4, &[Number(7777), Number(2), Name("Old")]),
            PushError::Record(RecordError::UnknownName(2)),
        ),
        (
            "one month too many",
            |s| s.push_record(5, &[Number(1), Name("no")]),
            PushError::TooManySteps,
        ),
    ];
    let file = network(11).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut sample = Sample::random(11);
    sample.months = vec![vec![Number(5), Name("no")]; 4];
    let expected = fresh(model, &sample, &ALL);
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    push_all(&mut session, &sample);
    let mut failures = Vec::new();
    for (name, act, error) in cases {
        session.run();
        let before = session.save().unwrap();
        let before = (before.0, before.1.to_vec());
        if name == "number for a name" {
            // The sequence is full, which would be noticed first.
            let mut half = before.0;
            half[MONTHS] = 2;
            assert!(session.restore(half, &before.1));
            session.run();
        }
        let got = act(&mut session);
        // A frontend that had begun to work may have written where the scores lie.
        let kept = session.verdict(0).is_none_or(|v| v.scores == expected[0]);
        let after = session.save().unwrap();
        let lost = after.1 != before.1 || !kept || scores(&mut session) != expected;
        assert!(session.restore(before.0, &before.1));
        if got != Err(error) || lost {
            failures.push((name, got, lost));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn refused_first_pushes_leave_inputs_absent() {
    let file = network(12).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    let _ = session.push_image(0, &[1; 3]);
    let _ = session.push_text(2, b"...");
    let _ = session.push_record(4, &[Value::Number(1), Value::Number(2), Value::Name("?")]);
    let _ = session.push_record(5, &[Value::Number(1), Value::Number(2)]);
    // Too short for a step.
    session.push_audio(SOUND, &[100; 95]).unwrap();
    assert!(ALL.iter().all(|&input| !session.is_present(input)));
    assert_eq!(scores(&mut session), fresh(model, &Sample::random(0), &[]));
    session.push_audio(SOUND, &[100; 1]).unwrap();
    assert!(session.is_present(SOUND));
}

#[test]
fn there_is_no_verdict_before_a_run() {
    let file = network(13).file();
    let model = Model::load(file.bytes()).unwrap();
    let sample = Sample::random(13);
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    assert_eq!(session.verdict(0), None);
    for input in ALL {
        push(&mut session, input, &sample).unwrap();
        assert_eq!(session.verdict(0), None, "input {input}");
        session.run();
        assert!(session.verdict(0).is_some() && session.verdict(1).is_some());
        assert_eq!(session.verdict(2), None);
    }
    // Scores lie in the workspace: anything that works there ends their life.
    session.push_audio(SOUND, &[1]).unwrap();
    assert_eq!(session.verdict(0), None);
}

#[test]
fn verdicts_name_the_best_class_and_defer_below_the_threshold() {
    let mut network = network(14);
    for seed in 0..30 {
        let sample = Sample::random(seed);
        for threshold in [0, 1, 100, 128, 200, 254, 255] {
            let names = network.heads[0].classes();
            network.heads[0].answer = Answer::Classes {
                names,
                defer_below: threshold,
            };
            let file = network.file();
            let model = Model::load(file.bytes()).unwrap();
            let mut memory = Guarded::new(model.header().arena_len as usize);
            let mut session = Session::new(model, memory.arena()).unwrap();
            push_all(&mut session, &sample);
            session.run();
            let got = session.verdict(0).unwrap();
            let best = *got.scores.iter().max().unwrap();
            let score = (i32::from(best) + 128) as u8;
            let class = got.scores.iter().position(|&s| s == best).unwrap();
            let expected = (class as u16, score, score < threshold);
            let is = (got.class, got.score, got.defer);
            assert_eq!(is, expected, "{seed} {threshold}");
            assert_eq!(names.split('\n').nth(class), Some(got.name()));
            assert_eq!(model.class_name(0, class), Some(got.name()));
            let total: i32 = got.scores.iter().map(|&s| i32::from(s) + 128).sum();
            assert!((254..=258).contains(&total), "{:?}", got.scores);
        }
    }
}

#[test]
fn equal_scores_are_won_by_the_first_class() {
    let mut network = network(15);
    // The first head's logits are all at their lower bound.
    for op in &mut network.trunk {
        if let Op::Dense(dense) = op
            && dense.output.c == 4
        {
            dense.clamp.max = dense.clamp.min;
        }
    }
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    session.run();
    let verdict = session.verdict(0).unwrap();
    assert_eq!(
        (verdict.class, verdict.score, verdict.scores),
        (0, 64, &[-64i8; 4][..])
    );
}

/// Notes what it is told, and that every begin has one end.
#[derive(Default)]
struct Notes {
    open: bool,
    stages: Vec<Stage>,
}

impl Probe for &mut Notes {
    fn begin(&mut self, _: &[u8]) {
        assert!(!self.open);
        self.open = true;
    }
    fn end(&mut self, stage: Stage, _: &[u8]) {
        assert!(self.open);
        self.open = false;
        self.stages.push(stage);
    }
}

/// The stages of a part of the plan, after that of a frontend where there is one.
fn stages(network: &Network, frontend: Option<u8>, part: Part) -> Vec<Stage> {
    let ops = (0..network.ops(part).len()).map(|index| Stage::Op(network.at(part, index)));
    frontend
        .map(Stage::Frontend)
        .into_iter()
        .chain(ops)
        .collect()
}

#[test]
fn a_probe_sees_every_part_once() {
    let network = network(16);
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    let sample = Sample::random(16);
    let mut memory = Guarded::new(network.arena_len as usize);
    let mut notes = Notes::default();
    let mut session = Session::with_probe(model, memory.arena(), &mut notes).unwrap();
    for input in ALL {
        push(&mut session, input, &sample).unwrap();
        let seen = std::mem::take(&mut session.probe.stages);
        let once = stages(&network, Some(input as u8), Part::Step(input));
        let expected = match input {
            // A frontend call for each step, and one for what is left.
            SOUND => {
                let frames = (sample.sound.len() - 64) / 32 + 1;
                let steps = (frames / 2).min(9);
                let mut all = once.repeat(steps);
                if steps == 9 && frames > 18 || sample.sound.len() > 64 + 32 * (2 * steps - 1) {
                    all.push(Stage::Frontend(1));
                }
                all
            }
            MONTHS => once.repeat(sample.months.len()),
            _ => once,
        };
        assert_eq!(seen, expected, "input {input}");
    }
    // A refused push is counted too: it took its time.
    let _ = session.push_text(2, b"");
    assert_eq!(
        std::mem::take(&mut session.probe.stages),
        [Stage::Frontend(2)]
    );

    session.run();
    let finishes = ALL
        .iter()
        .flat_map(|&i| stages(&network, None, Part::Finish(i)));
    let expected: Vec<Stage> = finishes
        .chain(stages(&network, None, Part::Trunk))
        .collect();
    assert_eq!(std::mem::take(&mut session.probe.stages), expected);
    // What is absent is not finished.
    session.reset();
    session.run();
    let trunk = stages(&network, None, Part::Trunk);
    assert_eq!(std::mem::take(&mut session.probe.stages), trunk);
    assert!(!session.probe.open);
}

#[test]
fn records_one_by_one_equal_the_sequence_in_one_call() {
    for seed in 0..20 {
        let network = network(seed);
        let file = network.file();
        let model = Model::load(file.bytes()).unwrap();
        let sample = Sample::random(seed);
        let mut memory = Guarded::new(network.arena_len as usize);
        let mut session = Session::new(model, memory.arena()).unwrap();
        push(&mut session, MONTHS, &sample).unwrap();

        let (Source::Sequence(params), Op::Rnn(layer)) =
            (network.inputs[MONTHS].source, &network.steps[MONTHS][0])
        else {
            panic!("not a sequence")
        };
        let (steps, width) = (sample.months.len(), usize::from(params.output.c));
        let mut features = vec![0; steps * width];
        for (row, month) in features.chunks_mut(width).zip(&sample.months) {
            record::run(&params, model.fields(), month, row).unwrap();
        }
        let mut whole = *layer;
        whole.input.h = steps as u16;
        let len = state_len(whole.cell, whole.hidden);
        let mut words = [0u32; 512];
        let (state, scratch) = bytemuck::cast_slice_mut(&mut words).split_at_mut(len);
        let scratch = &mut scratch[..rnn_scratch_len(whole.cell, whole.hidden)];
        ops::rnn(
            &whole,
            model.weights(),
            steps,
            &features,
            None,
            state,
            scratch,
        );
        let kept = &session.save().unwrap().1[layer.state.offset as usize..][..len];
        assert_eq!(kept, state, "{seed}");
    }
}

#[test]
fn arenas_of_the_wrong_size_or_place_are_refused() {
    let network = network(17);
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    let needs = network.arena_len as usize;
    let mut memory = Guarded::new(needs + 16);
    for has in [0, 1, needs / 2, needs - 1] {
        let refused = Session::new(model, &mut memory.arena()[..has]).map(|_| ());
        assert_eq!(refused, Err(ArenaError::TooSmall { needs, has }));
    }
    for by in 1..16 {
        let refused = Session::new(model, &mut memory.arena()[by..]).map(|_| ());
        assert_eq!(refused, Err(ArenaError::Misaligned), "{by}");
    }
    for has in [needs, needs + 1, needs + 16] {
        assert!(Session::new(model, &mut memory.arena()[..has]).is_ok());
    }
}

#[test]
fn a_session_uses_the_first_bytes_of_a_larger_arena() {
    let network = network(18);
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    let sample = Sample::random(18);
    let needs = network.arena_len as usize;
    let mut memory = Guarded::new(needs + 50);
    memory.arena().fill(0x77);
    let mut session = Session::new(model, memory.arena()).unwrap();
    push_all(&mut session, &sample);
    assert_eq!(scores(&mut session), fresh(model, &sample, &ALL));
    session.reset();
    assert!(memory.arena()[needs..].iter().all(|&b| b == 0x77));
}
