//! Ports over transports that stop, fail, say little at a time and say nothing.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::vec::Vec;

use embedded_io::{ErrorKind, ErrorType};

use serde::Serialize;

use super::*;
use crate::link::{LinkError, MAX_CHUNK, MAX_FRAME, encode};

/// A transport of bytes that were said before, and failures between them; `None` in place of a byte is a timeout.
#[derive(Debug, Default)]
struct Wire {
    to_read: VecDeque<Option<u8>>,
    written: Vec<u8>,
    /// Most bytes that a write takes.
    takes: usize,
    /// Whether reads of [`AsyncPort`] pend once before each byte.
    pends: bool,
}

impl Wire {
    fn of(bytes: &[u8]) -> Self {
        Wire {
            to_read: bytes.iter().map(|&byte| Some(byte)).collect(),
            takes: 3,
            ..Wire::default()
        }
    }

    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        match (self.to_read.pop_front(), buffer) {
            (None, _) => Ok(0),
            (Some(None), _) => Err(ErrorKind::TimedOut),
            (Some(Some(byte)), [place, ..]) => {
                *place = byte;
                Ok(1)
            }
            (Some(_), []) => panic!("a read without a place"),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> usize {
        let count = self.takes.min(bytes.len());
        self.written.extend(&bytes[..count]);
        count
    }
}

impl ErrorType for Wire {
    type Error = ErrorKind;
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.next(buffer)
    }
}

impl ReadReady for Wire {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(!self.to_read.is_empty())
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        Ok(self.take(bytes))
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl embedded_io_async::Read for Wire {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let mut waits = self.pends;
        core::future::poll_fn(|_| match core::mem::take(&mut waits) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        })
        .await;
        self.next(buffer)
    }
}

impl embedded_io_async::Write for Wire {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        Ok(self.take(bytes))
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

const PUSH: Request<'_> = Request::Push {
    input: 2,
    offset: 0,
    total: 16,
    bytes: b"where is my card",
};

fn frame<M: Serialize>(number: u8, message: &M) -> Vec<u8> {
    let mut frame = [0; MAX_FRAME];
    let len = encode(number, message, &mut frame).unwrap();
    frame[..len].to_vec()
}

/// What a host sends before anything else, and a push.
fn info_and_push() -> Vec<u8> {
    [frame(7, &Request::Info), frame(8, &PUSH)].concat()
}

/// Polls a future to its end.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return value;
        }
    }
}

/// Takes the frames of these bytes on a terminal that answers `Info` with `Ready` and all else with the next offset.
fn served(bytes: &[u8], requests: usize) -> Vec<u8> {
    let mut terminal = Port::new(Wire::of(bytes));
    for _ in 0..requests {
        let answer = |request: Request<'_>| match request {
            Request::Info => Response::Ready,
            other => {
                assert_eq!(other, PUSH);
                Response::Accepted { next: 16 }
            }
        };
        terminal.serve(answer).unwrap();
    }
    assert_eq!(terminal.request(), Err(PortError::Closed));
    terminal.transport().written.clone()
}

#[test]
fn a_host_and_a_terminal_understand_each_other() {
    let mut host = Port::new(Wire::default());
    host.transport().takes = 5;
    host.begin().unwrap();
    for request in [Request::Info, PUSH] {
        // The answers come from below.
        assert_eq!(host.ask(&request), Err(PortError::Closed));
    }
    let written = served(&host.transport().written, 2);
    let mut host = Port::new(Wire::of(&written));
    assert_eq!(host.ask(&Request::Info), Ok(Response::Ready));
    assert_eq!(host.ask(&PUSH), Ok(Response::Accepted { next: 16 }));
}

#[test]
fn what_is_asked_again_is_answered_as_before() {
    let mut host = Port::new(Wire::of(&[]));
    assert_eq!(host.ask(&Request::Info), Err(PortError::Closed));
    assert_eq!(host.ask(&PUSH), Err(PortError::Closed));
    // The terminal hears it three times, carries it out once and answers each time.
    assert_eq!(host.ask_again(), Err(PortError::Closed));
    assert_eq!(host.ask_again(), Err(PortError::Closed));
    let written = served(&host.transport().written, 2);
    let answer = frame(1, &Response::Accepted { next: 16 });
    let expected = [frame(0, &Response::Ready), answer.repeat(3)].concat();
    assert_eq!(written, expected);
    // Late answers are nobody's.
    let last = frame(2, &Response::Done { instructions: 9 });
    let mut host = Port::new(Wire::of(&[expected, last].concat()));
    assert_eq!(host.ask(&Request::Info), Ok(Response::Ready));
    assert_eq!(host.ask(&PUSH), Ok(Response::Accepted { next: 16 }));
    let done = Ok(Response::Done { instructions: 9 });
    assert_eq!(host.ask(&Request::Run), done);
}

#[test]
fn a_timeout_in_a_frame_loses_nothing() {
    let bytes = info_and_push();
    let info = frame(7, &Request::Info).len();
    for at in info..bytes.len() {
        let mut port = Port::new(Wire::of(&bytes));
        port.transport().to_read.insert(at, None);
        port.serve(|_| Response::Ready).unwrap();
        let timeout = PortError::Transport(ErrorKind::TimedOut);
        assert_eq!(port.request(), Err(timeout), "{at}");
        assert_eq!(port.request(), Ok(PUSH), "{at}");
    }
}

#[test]
fn after_noise_the_next_frame_is_received() {
    let long = [7; 3 * MAX_FRAME];
    let noises: [&[u8]; 4] = [b"noise", &[1, 1], &long, &frame(8, &PUSH)[..9]];
    let answers = [
        frame(7, &Response::Ready),
        AGAIN.to_vec(),
        frame(8, &Response::Accepted { next: 16 }),
    ];
    let from_host = [
        FrameError::Bad,
        FrameError::Bad,
        FrameError::TooLong,
        FrameError::Bad,
    ];
    for (noise, expected) in noises.into_iter().zip(from_host) {
        let stream = [&*frame(7, &Request::Info), noise, &[0], &frame(8, &PUSH)].concat();
        assert_eq!(served(&stream, 2), answers.concat(), "{noise:?}");
        // On a host the next answer is received once it is asked again.
        let stream = [noise, &[0], &answers[0]].concat();
        let mut host = Port::new(Wire::of(&stream));
        let refused = host.ask(&Request::Info);
        assert_eq!(refused, Err(PortError::Frame(expected)), "{noise:?}");
    }
    // What the terminal could not read is told to the host, and so is what is no request.
    let mut host = Port::new(Wire::of(&AGAIN));
    let again = Err(PortError::Frame(FrameError::Again));
    assert_eq!(host.ask(&Request::Info), again);
    let stream = [frame(7, &Request::Info), frame(8, &200u8)].concat();
    let refused = frame(8, &Response::Error(LinkError::NotARequest));
    assert!(served(&stream, 1).ends_with(&refused));
}

#[test]
fn polling_takes_what_is_there() {
    let mut port = Port::new(Wire::of(&[]));
    for (at, &byte) in info_and_push().iter().enumerate() {
        assert!(port.poll().unwrap().is_none_or(|_| at < 16));
        port.transport().to_read.push_back(Some(byte));
    }
    assert_eq!(port.poll(), Ok(Some(PUSH)));
    assert_eq!(port.poll(), Ok(None));
    port.answer(&Response::Ready).unwrap();
    assert_eq!(port.transport().written, frame(8, &Response::Ready));
}

#[test]
fn what_fits_no_frame_is_not_sent() {
    let bytes = [1; MAX_CHUNK + 100];
    let long = Request::Push {
        input: 0,
        offset: 0,
        total: 292,
        bytes: &bytes,
    };
    let mut port = Port::new(Wire::of(&[]));
    assert_eq!(port.ask(&long), Err(PortError::TooLong));
    assert_eq!(port.transport().written, []);
    // A transport that takes nothing is closed; `write_all` of the traits would panic.
    port.transport().takes = 0;
    assert_eq!(port.ask(&PUSH), Err(PortError::Closed));
    // A terminal that has more to say than fits says so.
    let mut port = Port::new(Wire::of(&frame(3, &Request::Info)));
    let bytes = [1; 300];
    port.serve(|_| Response::Values {
        total: 300,
        values: &bytes,
    })
    .unwrap();
    let told = frame(3, &Response::Error(LinkError::TooLong));
    assert_eq!(port.transport().written, told);
}

#[test]
fn an_awaited_port_answers_alike_and_survives_dropped_futures() {
    let mut host = AsyncPort::new(Wire::of(&[]));
    wait(host.begin()).unwrap();
    for request in [Request::Info, PUSH] {
        assert_eq!(wait(host.ask(&request)), Err(PortError::Closed));
    }
    assert_eq!(wait(host.ask_again()), Err(PortError::Closed));
    let mut terminal = AsyncPort::new(Wire::of(&host.transport().written));
    assert_eq!(wait(terminal.request()), Ok(Request::Info));
    wait(terminal.answer(&Response::Ready)).unwrap();
    terminal.transport().pends = true;
    // A future that is dropped at every pause: each poll takes one byte, and the next future goes on behind it.
    let mut rounds = 0;
    let received = loop {
        rounds += 1;
        let mut future = pin!(terminal.request());
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        if let Poll::Ready(received) = future.as_mut().poll(&mut context) {
            break received == Ok(PUSH);
        }
        if rounds > 4 * MAX_FRAME {
            break false;
        }
    };
    assert!(received, "after {rounds} rounds");
    wait(terminal.answer(&Response::Accepted { next: 16 })).unwrap();
    // The push comes once more, and is answered without anybody's doing.
    assert_eq!(wait(terminal.request()), Err(PortError::Closed));
    let written = terminal.transport().written.clone();
    let accepted = frame(1, &Response::Accepted { next: 16 });
    let expected = [frame(0, &Response::Ready), accepted.repeat(2)].concat();
    assert_eq!(written, expected);
    let mut host = AsyncPort::new(Wire::of(&written));
    assert_eq!(wait(host.ask(&Request::Info)), Ok(Response::Ready));
    let accepted = Ok(Response::Accepted { next: 16 });
    assert_eq!(wait(host.ask(&PUSH)), accepted);
}
