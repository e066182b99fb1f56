//! Boards on a serial port: a pseudo-terminal with the firmware's server at its other end, and everything that may be the matter.
#![cfg(unix)]

mod board;
#[path = "../../../../tests/tests/fixture/mod.rs"]
mod fixture;
mod line;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use board::{Attached, Manner, terminal};
use fixture::{CARD, CLASSES, MONTHS, PICTURE, PIXELS, SOUND, WORDS, model};
use line::Faults;
use tillsense_core::frontend::record::Value;
use tillsense_core::link::{self, Count, Info, LinkError, MAX_FRAME, Request, Response};
use tillsense_device::link::{Failure, Link, Patience, Waits};
use tillsense_device::serial::Serial;
use tillsense_device::terminal::Terminal;

/// Sessions at a time.
const WORKERS: u64 = 6;
const TEXT: &[u8] = b"my card has not arrived yet";
const RECORD: [Value<'_>; 2] = [Value::Number(150), Value::Name("credit")];

/// What a terminal makes of a session.
#[derive(Clone, Debug, PartialEq)]
struct Session {
    instructions: u64,
    scores: Vec<Vec<u8>>,
    counts: Vec<Count>,
}

/// A session with inputs of all kinds, and all that is asked behind it.
fn session(link: &mut Link<Serial>) -> Result<Session, Failure> {
    let picture: Vec<u8> = (0..PIXELS).map(|i| (i * 37 % 256) as u8).collect();
    let clip: Vec<i16> = (0..400i32)
        .map(|i| (i * i * 31 % 20_000 - 10_000) as i16)
        .collect();
    link.reset()?;
    link.push_image(PICTURE, &picture)?;
    link.push_audio(SOUND, &clip)?;
    link.push_text(WORDS, TEXT)?;
    link.push_record(CARD, &RECORD)?;
    link.push_record(MONTHS, &RECORD)?;
    link.push_record(MONTHS, &[Value::Missing, Value::Missing])?;
    let instructions = link.run()?;
    let scores = (0..CLASSES.len() as u8).map(|head| Ok(link.verdict(head)?.scores));
    let scores = scores.collect::<Result<_, Failure>>()?;
    let counts = link.counts()?;
    Ok(Session {
        instructions,
        scores,
        counts,
    })
}

fn patience(again: u64, limit: u64, tries: u32) -> Patience {
    let waits = Waits {
        again: Duration::from_millis(again),
        limit: Duration::from_millis(limit),
    };
    Patience {
        quick: waits,
        work: waits,
        settle: Duration::from_millis(2),
        tries,
    }
}

fn linked(board: &Attached, patience: Patience) -> Link<Serial> {
    let mut link = Link::over(Serial::open(&board.port).unwrap());
    link.set_patience(patience);
    link
}

/// The session on a line without faults.
fn expected() -> Session {
    let board = Attached::new(Box::new(terminal(&model(0))));
    let session = session(&mut linked(&board, patience(2000, 20_000, 4))).unwrap();
    assert_eq!(
        session.counts.iter().map(|c| c.instructions).sum::<u64>(),
        session.instructions
    );
    session
}

#[test]
fn faults_on_the_line_change_no_score_and_no_count() {
    let expected = expected();
    for (rate, seeds) in [(100, 200), (1_000, 300), (5_000, 150), (12_000, 50)] {
        let faults = AtomicUsize::new(0);
        let try_one = |seed| {
            let board =
                Attached::with_faults(Faults::of_all_kinds(rate), seed, terminal(&model(0)));
            let got = session(&mut linked(&board, patience(8, 60_000, 2000)));
            // Each stage ran as often as it should: no piece was taken twice, and none is missing.
            let got = got.unwrap_or_else(|error| panic!("rate {rate}, seed {seed}: {error}"));
            assert_eq!(got, expected, "rate {rate}, seed {seed}");
            faults.fetch_add(board.faults.load(Ordering::Relaxed), Ordering::Relaxed);
        };
        // They wait most of the time.
        thread::scope(|scope| {
            for first in 0..WORKERS {
                let try_one = &try_one;
                scope.spawn(move || (first..seeds).step_by(WORKERS as usize).for_each(try_one));
            }
        });
        let faults = faults.into_inner();
        eprintln!("{rate} of a million bytes: {faults} faults in {seeds} sessions");
        assert!(faults > 0);
    }
}

#[test]
fn each_kind_of_fault_by_itself_changes_nothing() {
    let expected = expected();
    let none = Faults::default();
    let kinds = [
        Faults { lost: 4000, ..none },
        Faults {
            doubled: 4000,
            ..none
        },
        Faults {
            changed: 4000,
            ..none
        },
        Faults { cut: 1000, ..none },
        // Answers come later than the link waits for before it asks again.
        Faults {
            late: 2000,
            wait: 60,
            ..none
        },
    ];
    for kind in kinds {
        for seed in 0..10 {
            let board = Attached::with_faults(kind, seed, terminal(&model(0)));
            let got = session(&mut linked(&board, patience(8, 60_000, 2000)));
            assert_eq!(got.unwrap(), expected, "{kind:?}, seed {seed}");
        }
    }
}

#[test]
fn a_hopeless_line_is_given_up_in_one_line() {
    let board = Attached::with_faults(Faults::of_all_kinds(200_000), 3, terminal(&model(0)));
    let began = Instant::now();
    let error = session(&mut linked(&board, patience(8, 60_000, 12))).unwrap_err();
    assert!(matches!(error, Failure::Lost(_)), "{error}");
    let told = error.to_string();
    assert!(
        told.starts_with(&board.port.path) && !told.contains('\n'),
        "{told}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
}

/// A terminal that answers each request later than the host waits: what comes too late is never another request's.
#[test]
fn an_answer_that_comes_after_the_request_was_given_up_is_nobodys() {
    let expected = expected();
    let mut server = terminal(&model(0));
    let mut requests = 0;
    let manner: Manner = Box::new(move |bytes| {
        let said = server(bytes);
        requests += usize::from(said.as_ref().is_some_and(|said| !said.is_empty()));
        if requests == 5 {
            thread::sleep(Duration::from_millis(400));
            requests += 1;
        }
        said
    });
    let board = Attached::new(manner);
    let mut link = linked(&board, patience(60, 150, 9));
    let given_up = session(&mut link).unwrap_err();
    assert!(
        given_up.to_string().contains("has stopped answering"),
        "{given_up}"
    );
    thread::sleep(Duration::from_millis(500));
    assert_eq!(session(&mut link).unwrap(), expected);
}

#[test]
fn a_terminal_that_is_reset_in_the_middle_says_so() {
    let expected = expected();
    let mut server = terminal(&model(0));
    let mut heard = 0;
    let manner: Manner = Box::new(move |bytes| {
        let before = heard;
        heard += bytes.len();
        if before < 900 && heard >= 900 {
            server = terminal(&model(0));
        }
        server(bytes)
    });
    let board = Attached::new(manner);
    let mut link = linked(&board, patience(50, 5000, 9));
    let error = session(&mut link).unwrap_err();
    assert!(
        error.to_string().contains("was reset in between"),
        "{error}"
    );
    // The next session begins anew.
    assert_eq!(session(&mut link).unwrap(), expected);
}

#[test]
fn a_second_host_starts_from_the_beginning() {
    let expected = expected();
    let board = Attached::new(Box::new(terminal(&model(0))));
    for _ in 0..20 {
        let mut link = linked(&board, patience(500, 5000, 9));
        assert_eq!(session(&mut link).unwrap(), expected);
        // It ends in the middle of another session.
        link.push(PICTURE, 0, PIXELS as u32, &[1; 100]).unwrap();
    }
}

#[track_caller]
fn attach_fails(board: &Attached, expected: &[&str]) {
    let began = Instant::now();
    let told = Terminal::attach(&board.port).unwrap_err().to_string();
    for words in expected {
        assert!(told.contains(words), "{told}");
    }
    assert!(
        told.contains(&board.port.path) && !told.contains('\n'),
        "{told}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_silent_port_is_told_with_what_to_look_at() {
    let board = Attached::new(Box::new(|_| Some(Vec::new())));
    attach_fails(
        &board,
        &[
            "does not answer within 5s",
            "tries",
            "powered",
            "RX to TX",
            "115200",
        ],
    );
}

#[test]
fn what_speaks_something_else_is_told_with_what_it_says() {
    let nmea = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n";
    let board = Attached::new(Box::new(move |_| Some(nmea.to_vec())));
    attach_fails(
        &board,
        &[
            "speaks something else",
            "it sends text, `$GPGGA,1",
            "another program",
        ],
    );
    let log = b"\x1b[2J\x1b[1mets Jul 29 2019\r\nrst:0x1 (POWERON)\r\n";
    let mut sent = false;
    let manner: Manner = Box::new(move |_| {
        let first = !std::mem::replace(&mut sent, true);
        Some(if first { log.to_vec() } else { Vec::new() })
    });
    let board = Attached::new(Box::new(manner));
    // The log comes before the port is opened, or it is heard; both are told, and nothing acts on the screen.
    let told = Terminal::attach(&board.port).unwrap_err().to_string();
    assert!(!told.contains('\x1b'), "{told}");
    let mut dice = tillsense_core::parity::SplitMix64::new(7);
    let manner: Manner = Box::new(move |_| Some((0..20).map(|_| dice.next_u64() as u8).collect()));
    let board = Attached::new(manner);
    attach_fails(&board, &["speaks something else", "no frames", "baud rate"]);
    let board = Attached::new(Box::new(|bytes| Some(bytes.to_vec())));
    attach_fails(&board, &["sends back what is sent"]);
}

#[test]
fn a_terminal_of_another_version_is_told() {
    // Version 1: without numbers, and what it does not know is `Response::Error(LinkError::NotARequest)`.
    let first: Manner = Box::new(|bytes| {
        let asked = bytes.iter().any(|&byte| byte != 0);
        // COBS of 7, 2 and their CRC-32.
        Some(if asked { version_1() } else { Vec::new() })
    });
    attach_fails(
        &Attached::new(first),
        &["speaks another version of the link", "tillsense flash"],
    );
    let later: Manner = Box::new(|bytes| {
        let mut frame = bytes
            .split(|&byte| byte == 0)
            .find(|frame| !frame.is_empty())?
            .to_vec();
        let (number, request) = link::decode::<Request<'_>>(&mut frame).ok()?;
        assert_eq!(request, Request::Info);
        let info = Info {
            link: 9,
            board: "later",
            arena: 1,
            inbox: 1,
            model: Err(link::ModelError::Empty),
        };
        let mut frame = [0; MAX_FRAME];
        let len = link::encode(number, &Response::Info(info), &mut frame)?;
        Some(frame[..len].to_vec())
    });
    let mut later = later;
    let quiet_first: Manner = Box::new(move |bytes| match bytes {
        [] => Some(Vec::new()),
        bytes => later(bytes),
    });
    attach_fails(
        &Attached::new(quiet_first),
        &["speaks version 9 of the link", "version 2"],
    );
}

/// The frame in which a terminal of version 1 says that a message is no request.
fn version_1() -> Vec<u8> {
    let plain = [7u8, 2];
    let crc = !plain.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 * (crc & 1))
        })
    });
    let mut bytes = plain.to_vec();
    bytes.extend(crc.to_le_bytes());
    assert!(!bytes.contains(&0), "one block of COBS");
    [&[bytes.len() as u8 + 1], &*bytes, &[0]].concat()
}

#[test]
fn a_port_that_vanishes_in_the_middle_is_told() {
    let mut server = terminal(&model(0));
    let mut heard = 0;
    let manner: Manner = Box::new(move |bytes| {
        heard += bytes.len();
        (heard < 900).then(|| server(bytes)).flatten()
    });
    let board = Attached::new(manner);
    let mut link = linked(&board, patience(50, 5000, 9));
    let began = Instant::now();
    let told = session(&mut link).unwrap_err().to_string();
    assert!(
        told.contains("has vanished: was the board unplugged"),
        "{told}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    let told = link.info().unwrap_err().to_string();
    assert!(told.contains("has vanished"), "{told}");
}

#[test]
fn a_busy_port_is_told() {
    let board = Attached::new(Box::new(terminal(&model(0))));
    let first = Serial::open(&board.port).unwrap();
    attach_fails(&board, &["is busy", "another program has it open"]);
    drop(first);
    let (_, facts) = Terminal::attach(&board.port).unwrap();
    assert_eq!(facts.board, "bench-board");
}

#[test]
fn what_the_terminal_refuses_is_refused_once() {
    let board = Attached::with_faults(Faults::of_all_kinds(1000), 5, terminal(&model(0)));
    let mut link = linked(&board, patience(8, 60_000, 2000));
    for _ in 0..20 {
        let refused = link.push(PICTURE, 10, 400, &[0; 10]).unwrap_err();
        let expected = LinkError::WrongOrder {
            input: PICTURE,
            next: 0,
        };
        assert!(
            matches!(refused, Failure::Refused(error) if error == expected),
            "{refused}"
        );
    }
}
