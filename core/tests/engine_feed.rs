//! Sound from a queue: nothing that was in it is lost, and nothing is taken too early.

mod support;

use std::collections::VecDeque;

use support::{Guarded, Sample, fresh, network, scores};
use tillsense_core::engine::{Model, Progress, PushError, Session};
use tillsense_core::parity::SplitMix64;

const PICTURE: usize = 0;
const SOUND: usize = 1;

#[test]
fn a_queue_gives_the_scores_of_a_push_whenever_samples_come() {
    let file = network(3).file();
    let model = Model::load(file.bytes()).unwrap();
    for seed in 0..60 {
        let mut rng = SplitMix64::new(seed);
        let sample = Sample::random(seed);
        let clip = &sample.sound;
        let mut coming = clip.iter().copied();
        let mut queue = VecDeque::new();
        let mut arena = Guarded::new(model.header().arena_len as usize);
        let mut session = Session::new(model, arena.arena()).unwrap();
        let mut taken = 0;
        while taken < clip.len() {
            // An interrupt between any two steps.
            queue.extend(coming.by_ref().take(rng.below(90)));
            if session.step(rng.below(2)) == Progress::Pending {
                let refused = session.begin_audio_from(SOUND, || panic!("ops wait"));
                assert_eq!(refused, Err(PushError::Pending));
                continue;
            }
            let before = queue.len();
            let count = session.begin_audio_from(SOUND, || queue.pop_front());
            let count = count.unwrap();
            assert_eq!(before - queue.len(), count, "what was taken was heard");
            assert!(session.is_pending() || queue.is_empty() || count > 0);
            taken += count;
        }
        assert_eq!(
            scores(&mut session),
            fresh(model, &sample, &[SOUND]),
            "{seed}"
        );
    }
}

#[test]
fn an_empty_queue_changes_nothing() {
    let file = network(3).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut arena = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, arena.arena()).unwrap();
    session.push_audio(SOUND, &Sample::random(1).sound).unwrap();
    let before = scores(&mut session);
    assert_eq!(session.begin_audio_from(SOUND, || None), Ok(0));
    let verdict = session.verdict(0).expect("the verdict stays");
    assert_eq!(verdict.scores, before[0]);
}

#[test]
fn what_is_no_sound_takes_no_sample() {
    let file = network(3).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut arena = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, arena.arena()).unwrap();
    for (input, refusal) in [
        (PICTURE, PushError::WrongKind),
        (99, PushError::NoSuchInput),
    ] {
        let refused = session.begin_audio_from(input, || panic!("nobody takes it"));
        assert_eq!(refused, Err(refusal));
    }
}

#[test]
fn a_producer_without_end_is_left_after_each_step_and_behind_the_clip() {
    let file = network(3).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut arena = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, arena.arena()).unwrap();
    for _ in 0..200 {
        let taken = session.begin_audio_from(SOUND, || Some(7)).unwrap();
        assert!((1..10_000).contains(&taken));
        assert_eq!(session.step(usize::MAX), Progress::Done);
    }
}
