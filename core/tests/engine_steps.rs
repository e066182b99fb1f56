//! A session op by op: the same scores however it is divided, nothing taken while ops wait, nothing lost that was taken.

mod support;

use support::{Guarded, Sample, fresh, network, push_all, scores, tensor_network};
use tillsense_core::engine::work::{MAX_WORK, taken};
use tillsense_core::engine::{Model, NoProbe, Probe, Progress, PushError, Session, Stage};
use tillsense_core::parity::SplitMix64;
use tillsense_core::{RefusedInput, Value};

const ALL: [usize; 6] = [0, 1, 2, 3, 4, 5];
const SOUND: usize = 1;
const MONTHS: usize = 5;

/// How a test steps through what waits.
type Steps<'r> = &'r mut dyn FnMut(&mut Session<'_, '_>);

/// Begins one whole input, and steps as often as it must.
fn begin(session: &mut Session<'_, '_>, input: usize, sample: &Sample, steps: Steps<'_>) {
    match input {
        0 => session.begin_image(0, &sample.photo).unwrap(),
        SOUND => {
            let mut rest = &sample.sound[..];
            while !rest.is_empty() {
                let taken = session.begin_audio(SOUND, rest).unwrap();
                assert!(taken > 0 && taken <= rest.len());
                rest = &rest[taken..];
                steps(session);
            }
        }
        2 => session.begin_text(2, sample.request.as_bytes()).unwrap(),
        3 => session.begin_text(3, sample.words.as_bytes()).unwrap(),
        4 => session.begin_record(4, &sample.client).unwrap(),
        _ => {
            for month in &sample.months {
                session.begin_record(MONTHS, month).unwrap();
                steps(session);
            }
        }
    }
    steps(session);
}

fn stepped(model: Model<'_>, sample: &Sample, order: &[usize], steps: Steps<'_>) -> Vec<Vec<i8>> {
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    for &input in order {
        begin(&mut session, input, sample, steps);
        assert!(session.is_present(input));
    }
    session.begin_run();
    assert_eq!(session.verdict(0), None);
    steps(&mut session);
    let scores = (0..).map_while(|head| session.verdict(head).map(|v| v.scores.to_vec()));
    let scores = scores.collect();
    assert!(memory.is_intact());
    scores
}

#[test]
fn steps_of_any_size_give_the_scores_of_one_run() {
    let mut rng = SplitMix64::new(1);
    for seed in 0..60 {
        let file = network(seed % 5).file();
        let model = Model::load(file.bytes()).unwrap();
        let sample = Sample::random(seed);
        let mut order = ALL;
        rng.shuffle(&mut order);
        let order = &order[..rng.below(7)];
        let expected = fresh(model, &sample, order);
        let one =
            &mut |session: &mut Session<'_, '_>| while session.step(1) == Progress::Pending {};
        assert_eq!(stepped(model, &sample, order, one), expected, "{seed}");
        let any = &mut |session: &mut Session<'_, '_>| {
            while session.step(rng.below(4)) == Progress::Pending {}
        };
        assert_eq!(stepped(model, &sample, order, any), expected, "{seed}");
        let within = &mut |session: &mut Session<'_, '_>| {
            let work = [0, 1, 1000, 5000, MAX_WORK];
            let mut turn = seed as usize;
            while session.step_within(work[turn % work.len()]) == Progress::Pending {
                turn += 1;
            }
        };
        assert_eq!(stepped(model, &sample, order, within), expected, "{seed}");
    }
}

#[test]
fn a_step_runs_so_many_ops_and_work_bounds_it() {
    #[derive(Default)]
    struct Ops(Vec<u32>);
    impl Probe for &mut Ops {
        fn begin(&mut self, _: &[u8]) {}
        fn end(&mut self, stage: Stage, _: &[u8]) {
            if let Stage::Op(at) = stage {
                self.0.push(at);
            }
        }
    }
    let file = network(1).file();
    let model = Model::load(file.bytes()).unwrap();
    let input = model.input(0).unwrap();
    let count = |part| model.ops(part).count();
    let sample = Sample::random(1);
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut ops = Ops::default();
    let mut session = Session::with_probe(model, memory.arena(), &mut ops).unwrap();
    assert_eq!(session.step(5), Progress::Done);
    session.begin_image(0, &sample.photo).unwrap();
    let steps = count(input.step);
    assert!(steps >= 2);
    for done in 0..steps {
        assert_eq!(session.probe.0.len(), done);
        assert_eq!(session.step(0), Progress::Pending);
        // The one behind the last op has nothing left.
        let progress = [Progress::Pending, Progress::Done][usize::from(done + 1 == steps)];
        assert_eq!(session.step(1), progress);
    }
    let places: Vec<_> = model.ops(input.step).map(|(at, _)| at).collect();
    assert_eq!(session.probe.0, places);
    // No budget is too small for one op, and all of it at once is enough for all ops.
    session.begin_run();
    let before = session.probe.0.len();
    assert_eq!(session.step_within(0), Progress::Pending);
    assert_eq!(session.probe.0.len(), before + 1);
    assert_eq!(session.step_within(taken(&model).steps), Progress::Done);
    let run = count(input.finish) + count(model.trunk());
    assert_eq!(session.probe.0.len(), before + run);
}

#[test]
fn nothing_is_taken_while_ops_wait_and_nothing_taken_is_lost() {
    let file = network(2).file();
    let model = Model::load(file.bytes()).unwrap();
    let sample = Sample::random(2);
    let expected = fresh(model, &sample, &ALL);
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    for input in ALL {
        begin(&mut session, input, &sample, &mut |session| {
            let pending = session.is_pending();
            for other in ALL {
                if pending {
                    let refused = support::push(session, other, &sample);
                    assert_eq!(refused, Err(PushError::Pending), "{other}");
                }
            }
            if pending {
                assert_eq!(session.save(), None);
                assert_eq!(session.begin_audio(SOUND, &[1]), Err(PushError::Pending));
                assert_eq!(session.push_named(4, &[]), Err(PushError::Pending));
            }
            assert_eq!(session.verdict(0), None);
            let _ = session.step(usize::MAX);
        });
    }
    session.begin_run();
    let _ = session.step(1);
    assert_eq!(
        session.push_text(2, b"late"),
        Err(PushError::Pending),
        "while a run waits"
    );
    let said = RefusedInput::new(model, 2, PushError::Pending).to_string();
    assert!(said.contains("step"), "{said}");
    // A run that is divided and begun again is one run.
    assert_eq!(scores(&mut session), expected);
}

#[test]
fn a_run_does_what_waits_first() {
    let file = network(3).file();
    let model = Model::load(file.bytes()).unwrap();
    let sample = Sample::random(3);
    let expected = fresh(model, &sample, &[0, 2]);
    let mut memory = Guarded::new(model.header().arena_len as usize);
    for ops in 0..3 {
        let mut session = Session::new(model, memory.arena()).unwrap();
        session.push_image(0, &sample.photo).unwrap();
        session.begin_text(2, sample.request.as_bytes()).unwrap();
        let _ = session.step(ops);
        assert_eq!(scores(&mut session), expected, "after {ops} ops");
    }
}

#[test]
fn resetting_and_restoring_forget_what_waits() {
    let file = network(4).file();
    let model = Model::load(file.bytes()).unwrap();
    let (first, second) = (Sample::random(4), Sample::random(5));
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    push_all(&mut session, &first);
    let saved = session
        .save()
        .map(|(pieces, bytes)| (pieces, bytes.to_vec()));
    let (pieces, bytes) = saved.unwrap();
    session.begin_image(0, &second.photo).unwrap();
    let _ = session.step(1);
    assert!(session.restore(pieces, &bytes));
    assert!(!session.is_pending());
    assert_eq!(scores(&mut session), fresh(model, &first, &ALL));
    session.begin_record(4, &second.client).unwrap();
    session.reset();
    assert!(!session.is_pending());
    push_all(&mut session, &second);
    assert_eq!(scores(&mut session), fresh(model, &second, &ALL));
}

#[test]
fn a_tensor_in_pieces_waits_behind_its_last_one() {
    let file = tensor_network().file();
    let model = Model::load(file.bytes()).unwrap();
    let number = (0..).find(|&n| model.input(n).is_some()).unwrap();
    let tillsense_core::model::records::Source::Tensor(params) =
        model.input(number).unwrap().source
    else {
        panic!("not a tensor");
    };
    let values: Vec<i8> = (0..params.output.len()).map(|i| i as i8).collect();
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session: Session<'_, '_, NoProbe> = Session::new(model, memory.arena()).unwrap();
    session.push_tensor(number, &values).unwrap();
    session.run();
    let expected = session.scores(0).map(<[i8]>::to_vec);
    session.reset();
    let half = values.len() / 2;
    let piece = session.begin_tensor_piece(number, 0, &values[..half]);
    assert_eq!((piece, session.is_pending()), (Ok(false), false));
    let piece = session.begin_tensor_piece(number, half, &values[half..]);
    assert_eq!((piece, session.is_pending()), (Ok(true), true));
    session.run();
    assert_eq!(session.scores(0).map(<[i8]>::to_vec), expected);
    assert!(expected.is_some());
}

#[test]
fn a_record_by_names_is_the_record_by_order() {
    let mut rng = SplitMix64::new(6);
    for seed in 0..40 {
        let file = network(seed % 5).file();
        let model = Model::load(file.bytes()).unwrap();
        let sample = Sample::random(seed);
        let fields: Vec<_> = model.record_fields(4).unwrap().collect();
        let named = fields.iter().map(|field| field.name);
        let mut named: Vec<(&str, Value<'_>)> = named.zip(sample.client.iter().copied()).collect();
        rng.shuffle(&mut named);
        let expected = fresh(model, &sample, &[4]);
        let mut memory = Guarded::new(model.header().arena_len as usize);
        let mut session = Session::new(model, memory.arena()).unwrap();
        session.push_named(4, &named).unwrap();
        assert_eq!(scores(&mut session), expected);
        // What is refused leaves the record before it.
        let refused = |session: &mut Session<'_, '_>, values: &[(&str, Value<'_>)]| {
            let error = session.push_named(4, values).unwrap_err();
            RefusedInput::new(model, 4, error).to_string()
        };
        let said = refused(&mut session, &named[1..]);
        let missing = format!("field `{}`: no value is given", named[0].0);
        assert!(said.ends_with(&missing), "{said}");
        let twice = [&named[..], &named[..1]].concat();
        let said = refused(&mut session, &twice);
        assert!(said.ends_with("two values are given"), "{said}");
        let more = [&named[..], &[("nobody", Value::Missing)]].concat();
        let said = refused(&mut session, &more);
        let number = format!("value {} (counted from 0)", named.len());
        assert!(said.contains(&number), "{said}");
        let all: Vec<_> = fields
            .iter()
            .map(|field| format!("`{}`", field.name))
            .collect();
        let all = format!("; its fields are {}", all.join(", "));
        assert!(said.ends_with(&all), "{said}");
        let error = session.push_record(4, &sample.client[1..]).unwrap_err();
        let said = RefusedInput::new(model, 4, error).to_string();
        assert!(said.ends_with(&all), "{said}");
        let error = session.push_text(4, b"no record").unwrap_err();
        let said = RefusedInput::new(model, 4, error).to_string();
        assert!(said.ends_with("it takes `record`"), "{said}");
        assert_eq!(scores(&mut session), expected);
    }
    let file = network(0).file();
    let model = Model::load(file.bytes()).unwrap();
    assert!(model.record_fields(0).is_none());
    assert_eq!(model.head_named("nobody"), None);
    for (number, head) in model.heads().enumerate() {
        assert_eq!(model.head_named(head.name), Some(number));
        let names: Vec<_> = head.classes().split('\n').collect();
        for (class, name) in names.iter().enumerate() {
            assert_eq!(model.class_name(number, class), Some(*name));
        }
        assert_eq!(model.class_name(number, names.len()), None);
    }
}
