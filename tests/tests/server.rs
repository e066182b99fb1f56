//! The terminal's side of the link, without a board: whatever arrives, the answer is right and nothing accepted is lost.

mod fixture;

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use fixture::{CARD, CLASSES, MONTHS, PICTURE, PIXELS, SOUND, WORDS, model};
use tillsense_compiler::import::import;
use tillsense_compiler::target::ExportOptions;
use tillsense_core::arena::Arena;
use tillsense_core::engine::{LoadError, Model, PushError, Session, Stage};
use tillsense_core::frontend::image::ImageError;
use tillsense_core::frontend::record::{RecordError, Value};
use tillsense_core::frontend::tensor::TensorError;
use tillsense_core::frontend::text::TextError;
use tillsense_core::link::{
    AGAIN, Collector, Exchange, LinkError, MAX_CHUNK, MAX_FRAME, ModelError, Request, Response,
};
use tillsense_core::model::header::HeaderError;
use tillsense_core::parity::{OpKind, SplitMix64};
use tillsense_device::link::{Failure, Link, Transport};
use tillsense_firmware::server::Server;
use tillsense_firmware::stages::Clock;

/// A clock that counts 10 instructions for everything.
struct Tens;

impl Clock for Tens {
    fn begin(&mut self) {}
    fn end(&mut self) -> u64 {
        10
    }
}

/// A terminal in this process, as a transport.
struct Fake {
    server: Server<'static, 'static, Tens, 16>,
    collector: Collector,
    exchange: Exchange,
    replies: VecDeque<Vec<u8>>,
}

impl Transport for Fake {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        for &byte in bytes {
            let Some(frame) = self.collector.push(byte) else {
                continue;
            };
            let reply = self.server.answer(frame, &mut self.exchange);
            let reply = reply.strip_suffix(&[0]).unwrap();
            self.replies.push_back(reply.to_vec());
        }
        Ok(())
    }

    fn receive(&mut self, _: Duration) -> Result<Option<Vec<u8>>> {
        self.replies.pop_front().context("no reply").map(Some)
    }
}

/// A flash slot with these bytes at its start.
fn slot(file: &[u8]) -> &'static [u8] {
    let slot = Box::leak(Box::new(Arena::<{ 64 << 10 }>::new())).as_mut_slice();
    slot[..file.len()].copy_from_slice(file);
    slot
}

fn loaded() -> Model<'static> {
    let file = model(0);
    Model::load(&slot(&file)[..file.len()]).unwrap()
}

fn terminal_with(file: &[u8], inbox: usize) -> Link<Fake> {
    let arena = Box::leak(Box::new(Arena::<8192>::new())).as_mut_slice();
    let inbox = Box::leak(vec![0; inbox].into_boxed_slice());
    let server = Server::new("fake", slot(file), arena, inbox, Tens);
    Link::over(Fake {
        server,
        collector: Collector::new(),
        exchange: Exchange::new(),
        replies: VecDeque::new(),
    })
}

/// A terminal with an imported network, 126 values in and 168 out, and an inbox far smaller than its input.
fn terminal_with_tensors() -> (Model<'static>, Link<Fake>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tflite");
    let network = fs::read(folder.join("product_0.tflite")).unwrap();
    let file = import(&network, "net", &ExportOptions::GENERIC)
        .unwrap()
        .file;
    let slot = slot(&file);
    let arena = Box::leak(Box::new(Arena::<{ 64 << 10 }>::new())).as_mut_slice();
    let inbox = Box::leak(vec![0; 16].into_boxed_slice());
    let server = Server::new("fake", slot, arena, inbox, Tens);
    let link = Link::over(Fake {
        server,
        collector: Collector::new(),
        exchange: Exchange::new(),
        replies: VecDeque::new(),
    });
    (Model::load(&slot[..file.len()]).unwrap(), link)
}

fn terminal() -> Link<Fake> {
    terminal_with(&model(0), 1024)
}

fn picture() -> Vec<u8> {
    (0..PIXELS).map(|i| (i * 37 % 256) as u8).collect()
}

fn clip() -> Vec<i16> {
    (0..1000)
        .map(|i| ((i * i * 31) % 20_000 - 10_000) as i16)
        .collect()
}

const TEXT: &[u8] = b"my card has not arrived yet";
const RECORD: [Value<'_>; 2] = [Value::Number(150), Value::Name("credit")];

/// The scores of both heads.
fn verdicts(link: &mut Link<Fake>) -> Vec<Vec<u8>> {
    link.run().unwrap();
    (0..2)
        .map(|head| link.verdict(head).unwrap().scores)
        .collect()
}

/// The scores of both heads as the core computes them, given the inputs of this mask.
fn expected(mask: u32) -> Vec<Vec<u8>> {
    let mut arena = Arena::<8192>::new();
    let mut session = Session::new(loaded(), arena.as_mut_slice()).unwrap();
    let given = |input: u8| mask & 1 << input != 0;
    if given(PICTURE) {
        session.push_image(PICTURE.into(), &picture()).unwrap();
    }
    if given(SOUND) {
        session.push_audio(SOUND.into(), &clip()).unwrap();
    }
    if given(WORDS) {
        session.push_text(WORDS.into(), TEXT).unwrap();
    }
    if given(CARD) {
        session.push_record(CARD.into(), &RECORD).unwrap();
    }
    if given(MONTHS) {
        session.push_record(MONTHS.into(), &RECORD).unwrap();
        session
            .push_record(MONTHS.into(), &[Value::Missing, Value::Missing])
            .unwrap();
    }
    session.run();
    let scores = |head| {
        session
            .verdict(head)
            .unwrap()
            .scores
            .iter()
            .map(|&s| (i16::from(s) + 128) as u8)
            .collect()
    };
    (0..2).map(scores).collect()
}

fn push(link: &mut Link<Fake>, input: u8) -> Result<(), Failure> {
    match input {
        PICTURE => link.push_image(PICTURE, &picture()),
        SOUND => link.push_audio(SOUND, &clip()),
        WORDS => link.push_text(WORDS, TEXT),
        CARD => link.push_record(CARD, &RECORD),
        _ => {
            link.push_record(MONTHS, &RECORD)?;
            link.push_record(MONTHS, &[Value::Missing, Value::Missing])
        }
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Failure>, expected: LinkError) {
    match result {
        Err(Failure::Refused(error)) => assert_eq!(error, expected),
        other => panic!("expected {expected:?}, got {other:?}"),
    }
}

/// Sends bytes that are no request, which the terminal asks to hear again.
#[track_caller]
fn noise(link: &mut Link<Fake>, bytes: &[u8]) {
    link.transport().send(bytes).unwrap();
    assert_eq!(link.transport().replies.pop_front().unwrap(), AGAIN[..1]);
    assert!(link.transport().replies.is_empty());
}

#[test]
fn any_inputs_in_any_order_give_the_verdicts_of_the_core() {
    let mut link = terminal();
    for mask in 0..1 << 5 {
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]] {
            link.reset().unwrap();
            order
                .iter()
                .filter(|&&input| mask & 1 << input != 0)
                .for_each(|&input| push(&mut link, input).unwrap());
            assert_eq!(
                verdicts(&mut link),
                expected(mask),
                "inputs {mask:05b} in order {order:?}"
            );
        }
    }
    assert_ne!(expected(0), expected(31));
}

#[test]
fn info_tells_the_model() {
    let facts = terminal().info().unwrap();
    assert_eq!(
        (facts.board.as_str(), facts.arena, facts.inbox),
        ("fake", 8192, 1024)
    );
    let told = facts.model.unwrap();
    assert_eq!(
        (told.name.as_str(), told.version, told.inputs, told.heads),
        ("fixture", 3, 5, 2)
    );
    assert_eq!(told.digest, loaded().digest());
}

#[test]
fn counts_name_each_part_once() {
    let mut link = terminal();
    push(&mut link, PICTURE).unwrap();
    push(&mut link, MONTHS).unwrap();
    let total = link.run().unwrap();
    let counts = link.counts().unwrap();
    // Two frontends, their encoders, the fusion, and two ops for each head.
    assert_eq!(counts.len(), 2 + 2 + 1 + 4);
    assert_eq!(counts[0].stage, Stage::Frontend(PICTURE));
    assert_eq!(counts.iter().map(|c| c.instructions).sum::<u64>(), total);
    assert_eq!(counts.iter().map(|c| c.calls).max(), Some(2));
    link.reset().unwrap();
    assert_eq!(link.counts().unwrap(), []);
}

#[test]
fn noise_gets_an_error_and_loses_nothing() {
    let mut link = terminal();
    push(&mut link, PICTURE).unwrap();
    // Half a text is on its way while the line is disturbed.
    assert_eq!(
        link.push(WORDS, 0, TEXT.len() as u32, &TEXT[..10]).unwrap(),
        10
    );
    noise(&mut link, b"garbage\0");
    noise(&mut link, &[1, 1, 0]);
    noise(&mut link, &[200, 1, 2, 0]);
    noise(&mut link, &[[7; 5 * MAX_FRAME].as_slice(), &[0]].concat());
    // A request cut short runs into the zero of the next one.
    let mut frame = [0; MAX_FRAME];
    let request = Request::Verdict { head: 1, from: 0 };
    let len = tillsense_core::link::encode(9, &request, &mut frame).unwrap();
    noise(&mut link, &[&frame[..len - 3], &[0]].concat());
    // An empty message asks for the last answer again.
    let last = link.transport().exchange.kept().to_vec();
    link.transport().send(&AGAIN).unwrap();
    assert_eq!(
        link.transport().replies.pop_front().unwrap(),
        last[..last.len() - 1]
    );
    // Empty frames say nothing and get no answer.
    link.transport().send(&[0, 0, 0]).unwrap();
    assert!(link.transport().replies.is_empty());
    assert_eq!(
        link.push(WORDS, 10, TEXT.len() as u32, &TEXT[10..])
            .unwrap(),
        0
    );
    assert_eq!(verdicts(&mut link), expected(1 << PICTURE | 1 << WORDS));
}

#[test]
fn random_bytes_never_change_a_session() {
    let mut link = terminal();
    push(&mut link, CARD).unwrap();
    let mut numbers = SplitMix64::new(1);
    for _ in 0..2000 {
        let len = numbers.next_u64() % 512;
        let bytes: Vec<u8> = (0..len).map(|_| numbers.next_u64() as u8).collect();
        link.transport().send(&bytes).unwrap();
        link.transport().send(&[0]).unwrap();
    }
    link.transport().replies.clear();
    assert_eq!(verdicts(&mut link), expected(1 << CARD));
}

#[test]
fn wrong_order_is_told_where_to_go_on() {
    let mut link = terminal();
    let pixels = picture();
    let total = PIXELS as u32;
    refused(
        link.push(PICTURE, 10, total, &pixels[10..20]),
        LinkError::WrongOrder {
            input: PICTURE,
            next: 0,
        },
    );
    assert_eq!(link.push(PICTURE, 0, total, &pixels[..100]).unwrap(), 100);
    // A repeated piece, a gap, another length, another input and a run are refused; the piece that is there stays.
    let wrong = LinkError::WrongOrder {
        input: PICTURE,
        next: 100,
    };
    refused(link.push(PICTURE, 50, total, &pixels[50..100]), wrong);
    refused(link.push(PICTURE, 150, total, &pixels[150..200]), wrong);
    refused(link.push(PICTURE, 100, total + 1, &pixels[100..200]), wrong);
    refused(
        link.push(PICTURE, 100, total, &[0; MAX_CHUNK])
            .and_then(|_| link.push(PICTURE, 292, total, &[0; MAX_CHUNK])),
        LinkError::WrongOrder {
            input: PICTURE,
            next: 292,
        },
    );
    refused(
        link.push_text(WORDS, TEXT),
        LinkError::WrongOrder {
            input: PICTURE,
            next: 292,
        },
    );
    refused(
        link.run(),
        LinkError::WrongOrder {
            input: PICTURE,
            next: 292,
        },
    );
    // From offset 0 the same input starts again.
    push(&mut link, PICTURE).unwrap();
    assert_eq!(verdicts(&mut link), expected(1 << PICTURE));
}

#[test]
fn tensors_cross_the_link_in_pieces_both_ways() {
    let (model, mut link) = terminal_with_tensors();
    let values: Vec<u8> = (0..126).map(|n| (n * 37) as u8).collect();
    let mut arena = Box::new(Arena::<{ 64 << 10 }>::new());
    let mut session = Session::new(model, arena.as_mut_slice()).unwrap();
    session
        .push_tensor(0, bytemuck::cast_slice(&values))
        .unwrap();
    session.run();
    let expected = session.tensor(0).unwrap().to_vec();

    refused(link.values(0), LinkError::NotRun);
    link.push_tensor(0, &values).unwrap();
    link.run().unwrap();
    assert_eq!(link.values(0).unwrap(), expected);
    refused(link.verdict(0), LinkError::NotAVerdict);
    refused(link.values(1), LinkError::NoSuchHead);
    let rest = link.ask(
        &Request::Values { head: 0, from: 165 },
        |response| match response {
            Response::Values { total, values } => Some((total, values.to_vec())),
            _ => None,
        },
    );
    let last: Vec<u8> = expected[165..].iter().map(|v| v.cast_unsigned()).collect();
    assert_eq!(rest.unwrap(), (168, last));

    // Half of a tensor is told apart from a whole one, and starts again.
    link.reset().unwrap();
    assert_eq!(link.push(0, 0, 126, &values[..50]).unwrap(), 50);
    let wrong = LinkError::WrongOrder { input: 0, next: 50 };
    refused(link.run(), wrong);
    refused(link.push(0, 51, 126, &values[51..60]), wrong);
    refused(link.push(0, 50, 127, &values[50..60]), wrong);
    refused(link.push(0, 50, 126, &values[..100]), wrong);
    refused(link.values(0), LinkError::NotRun);
    let size = LinkError::Push(PushError::Tensor(TensorError::WrongSize));
    refused(link.push_tensor(0, &values[..125]), size);
    link.push_tensor(0, &values).unwrap();
    link.run().unwrap();
    assert_eq!(link.values(0).unwrap(), expected);
    // Scores of classes are values, too.
    let mut link = terminal();
    push(&mut link, CARD).unwrap();
    link.run().unwrap();
    let verdict = link.verdict(1).unwrap().scores.into_iter();
    let stored: Vec<i8> = verdict.map(|score| (score ^ 0x80).cast_signed()).collect();
    assert_eq!(link.values(1).unwrap(), stored);
}

#[test]
fn sound_goes_on_where_it_stopped() {
    let mut link = terminal();
    let samples = clip();
    link.push_audio(SOUND, &samples[..300]).unwrap();
    refused(
        link.push(SOUND, 500, 0, &[1, 2]),
        LinkError::WrongOrder {
            input: SOUND,
            next: 600,
        },
    );
    refused(
        link.push(SOUND, 600, 0, &[1, 2, 3]),
        LinkError::WrongOrder {
            input: SOUND,
            next: 600,
        },
    );
    refused(
        link.push_audio(SOUND, &[]),
        LinkError::Push(PushError::NoSamples),
    );
    link.push_text(WORDS, TEXT).unwrap();
    link.push_audio(SOUND, &samples[300..301]).unwrap();
    link.push_audio(SOUND, &samples[301..]).unwrap();
    assert_eq!(verdicts(&mut link), expected(1 << SOUND | 1 << WORDS));
}

#[test]
fn refused_inputs_leave_the_others() {
    let mut link = terminal();
    push(&mut link, SOUND).unwrap();
    let wrong_size = LinkError::Push(PushError::Image(ImageError::WrongSize));
    refused(link.push_image(PICTURE, &[0; PIXELS - 1]), wrong_size);
    refused(link.push_image(PICTURE, &[0; PIXELS + 1]), wrong_size);
    refused(link.push_image(PICTURE, &[]), wrong_size);
    refused(
        link.push_image(PICTURE, &[0; 1025]),
        LinkError::TooLarge { inbox: 1024 },
    );
    refused(
        link.push_text(WORDS, b"  "),
        LinkError::Push(PushError::Text(TextError::Empty)),
    );
    refused(
        link.push_text(WORDS, b""),
        LinkError::Push(PushError::Text(TextError::Empty)),
    );
    let field = |error| LinkError::Push(PushError::Record(error));
    refused(link.push_record(CARD, &[]), field(RecordError::WrongCount));
    refused(
        link.push_record(CARD, &[Value::Missing; 3]),
        field(RecordError::WrongCount),
    );
    refused(
        link.push_record(CARD, &[Value::Number(1), Value::Name("cash")]),
        field(RecordError::UnknownName(1)),
    );
    refused(
        link.push_record(CARD, &[Value::Name("1"), Value::Missing]),
        field(RecordError::NotANumber(0)),
    );
    refused(
        link.push_record(CARD, &[Value::Missing; 65]),
        LinkError::NotARecord,
    );
    refused(link.push(CARD, 0, 3, &[9, 9, 9]), LinkError::NotARecord);
    refused(link.push(CARD, 0, 4, &[2, 0, 0, 0]), LinkError::NotARecord);
    refused(link.push(5, 0, 1, &[0]), LinkError::NoSuchInput);
    refused(link.push(255, 0, 1, &[0]), LinkError::NoSuchInput);
    assert_eq!(verdicts(&mut link), expected(1 << SOUND));
}

#[test]
fn a_sequence_takes_no_more_than_its_steps() {
    let mut link = terminal();
    (0..3).for_each(|_| link.push_record(MONTHS, &RECORD).unwrap());
    refused(
        link.push_record(MONTHS, &RECORD),
        LinkError::Push(PushError::TooManySteps),
    );
}

#[test]
fn verdicts_come_after_a_run() {
    let mut link = terminal();
    refused(link.verdict(0), LinkError::NotRun);
    link.run().unwrap();
    refused(link.verdict(2), LinkError::NoSuchHead);
    for (head, &classes) in CLASSES.iter().enumerate() {
        let verdict = link.verdict(head as u8).unwrap();
        let best = verdict.scores.iter().max().unwrap();
        assert_eq!(verdict.scores.len(), classes);
        assert_eq!(
            (verdict.score, verdict.scores[usize::from(verdict.class)]),
            (*best, *best)
        );
        assert_eq!(verdict.defer, *best < 100);
    }
    let past = link.ask(
        &Request::Verdict { head: 0, from: 9 },
        |response| match response {
            Response::Verdict {
                classes, scores, ..
            } => Some((classes, scores.len())),
            _ => None,
        },
    );
    assert_eq!(past.unwrap(), (3, 0));
    push(&mut link, WORDS).unwrap();
    refused(link.verdict(0), LinkError::NotRun);
}

#[test]
fn a_model_that_does_not_fit_is_refused_with_the_figures() {
    let why = |file: &[u8], inbox| {
        let mut link = terminal_with(file, inbox);
        refused(link.push(PICTURE, 0, 1, &[0]), LinkError::NoModel);
        refused(link.run(), LinkError::NoModel);
        refused(link.verdict(0), LinkError::NoModel);
        refused(link.counts(), LinkError::NoModel);
        assert!(!link.self_test(0).unwrap().digest);
        link.reset().unwrap();
        link.info().unwrap().model.unwrap_err()
    };
    assert_eq!(
        why(&model(10_000), 1024),
        ModelError::Arena {
            needs: 10_000,
            has: 8192
        }
    );
    assert_eq!(
        why(&model(0), 399),
        ModelError::Inbox {
            needs: 400,
            has: 399
        }
    );
    assert_eq!(why(&[], 1024), ModelError::Empty);
    let mut file = model(0);
    file[200] ^= 1;
    assert!(matches!(
        why(&file, 1024),
        ModelError::Load(LoadError::Digest | LoadError::Body)
    ));
    let mut file = model(0);
    // The length of the whole file.
    file[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(
        why(&file, 1024),
        ModelError::Load(LoadError::Header(HeaderError::Truncated))
    );
}

#[test]
fn the_self_test_checks_model_and_ops_and_forgets_the_session() {
    let mut link = terminal();
    push(&mut link, CARD).unwrap();
    let test = link.self_test(3).unwrap();
    assert_eq!((test.digest, test.failures), (true, 0));
    assert_eq!(test.cases as usize, 3 * OpKind::ALL.len());
    push(&mut link, SOUND).unwrap();
    assert_eq!(verdicts(&mut link), expected(1 << SOUND));
}
