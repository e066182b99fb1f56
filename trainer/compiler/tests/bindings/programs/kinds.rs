//! Pushes every kind of input by name, at once and step by step, and prints scores.
#![deny(warnings, missing_docs)]

mod bindings;

use bindings::{A, ARENA_LEN, OpenError, Record, RecordKind, Run, Session, Type, TypeKind, inputs};
use tillsense_core::{Arena, Progress, include_model};

static MODEL: &[u8] = bindings::checked(include_model!("model.till"));
static AGAIN: &[u8] = bindings::checked(include_model!("again.till"));
static OTHER: &[u8] = include_model!("other.till");

const CLIENT: Record<'_> = Record {
    plain: Some(12),
    gaps: None,
    kind: Some(RecordKind::New),
};
const MONTHS: [Type<'_>; 2] = [
    Type {
        plain: None,
        gaps: Some(-250),
        kind: Some(TypeKind::Another("odd")),
    },
    Type {
        plain: Some(-7),
        gaps: Some(99),
        kind: None,
    },
];

fn pixels() -> [u8; inputs::image::LEN] {
    core::array::from_fn(|i| (i * 7) as u8)
}

fn samples() -> Vec<i16> {
    (0..3000).map(|i| ((i * 37) % 2000) as i16 - 1000).collect()
}

fn at_once(session: &mut Session<'_, '_>) {
    session.push_image(&pixels()).unwrap();
    session.push_audio(&samples()).unwrap();
    session.push_text("my card has not arrived").unwrap();
    session.push_record(&CLIENT).unwrap();
    for month in &MONTHS {
        session.push_type_(month).unwrap();
    }
    session.run();
}

fn work(session: &mut Session<'_, '_>) {
    while session.step(1) == Progress::Pending {
        assert!(session.is_pending());
    }
}

fn step_by_step(session: &mut Session<'_, '_>) {
    session.reset();
    let samples = samples();
    let mut rest = &samples[..];
    while !rest.is_empty() {
        let taken = session.begin_audio(rest).unwrap();
        rest = &rest[taken..];
        work(session);
    }
    session.begin_image(&pixels()).unwrap();
    work(session);
    session.begin_record(&CLIENT).unwrap();
    assert!(session.push_record(&CLIENT).is_err());
    work(session);
    for month in &MONTHS {
        session.begin_type_(month).unwrap();
        work(session);
    }
    session.begin_text("my card has not arrived").unwrap();
    work(session);
    session.begin_run();
    work(session);
}

/// Prints the scores of all classes, and compares verdicts with them.
fn print(session: &Session<'_, '_>) {
    let plain = session.session();
    for head in 0..2 {
        println!("{:?}", plain.scores(head).unwrap());
    }
    let (a, run) = (session.a().unwrap(), session.run_().unwrap());
    let verdict = plain.verdict(bindings::heads::a::NUMBER).unwrap();
    assert_eq!((verdict.score, verdict.defer), (a.score, a.defer));
    assert_eq!(verdict.name(), a.class.as_str());
    assert_eq!(A::from_number(verdict.class), Some(a.class));
    let name = plain.verdict(bindings::heads::run_::NUMBER).unwrap().name();
    assert_eq!(run.class.as_str(), name);
}

fn main() {
    let names = [A::Below30, A::True, A::U434u430].map(A::as_str);
    assert_eq!(names, ["<30", "true", "да"]);
    assert_eq!((A::from_number(3), Run::from_number(2)), (None, None));

    let mut arena = Arena::<ARENA_LEN>::new();
    let mut session = Session::open(MODEL, arena.as_mut_slice()).unwrap();
    assert!(session.a().is_none());
    at_once(&mut session);
    print(&session);
    step_by_step(&mut session);
    print(&session);

    let refused = Session::open(OTHER, arena.as_mut_slice()).unwrap_err();
    assert_eq!(refused, OpenError::OtherModel);
    assert!(refused.to_string().contains("other inputs or answers"));
    let small = &mut arena.as_mut_slice()[..ARENA_LEN - 1];
    assert!(matches!(Session::open(MODEL, small), Err(OpenError::Arena(_))));
    let cut = Session::open(&MODEL[..100], arena.as_mut_slice());
    assert!(matches!(cut, Err(OpenError::Model(_))));

    let mut session = Session::open(AGAIN, arena.as_mut_slice()).unwrap();
    at_once(&mut session);
    print(&session);
}
