//! Ports over transports that stop, fail, say little at a time and say nothing.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::vec::Vec;

use embedded_io::{ErrorKind, ErrorType};

use super::*;
use crate::link::{LinkError, MAX_CHUNK};

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

fn frame<M: Serialize>(message: &M) -> Vec<u8> {
    let mut frame = [0; MAX_FRAME];
    let len = encode(message, &mut frame).unwrap();
    frame[..len].to_vec()
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

#[test]
fn a_host_and_a_terminal_understand_each_other() {
    let mut host = Port::new(Wire::default());
    host.transport().takes = 5;
    host.begin().unwrap();
    host.send(&PUSH).unwrap();
    let mut terminal = Port::new(Wire::of(&host.transport().written));
    let answer = |request: Request<'_>| {
        assert_eq!(request, PUSH);
        Response::Accepted { next: 0 }
    };
    terminal.serve(answer).unwrap();
    assert_eq!(terminal.receive::<Request<'_>>(), Err(PortError::Closed));
    let mut host = Port::new(Wire::of(&terminal.transport().written));
    let answered = host.ask(&Request::Run).unwrap();
    assert_eq!(answered, Response::Accepted { next: 0 });
}

#[test]
fn a_timeout_in_a_frame_loses_nothing() {
    let bytes = frame(&PUSH);
    for at in 0..bytes.len() {
        let mut port = Port::new(Wire::of(&bytes));
        port.transport().to_read.insert(at, None);
        let timeout = PortError::Transport(ErrorKind::TimedOut);
        assert_eq!(port.receive::<Request<'_>>(), Err(timeout), "{at}");
        assert_eq!(port.receive::<Request<'_>>(), Ok(PUSH), "{at}");
    }
}

#[test]
fn after_noise_the_next_frame_is_received() {
    let long = [7; 3 * MAX_FRAME];
    let cases: [(&[u8], FrameError); 4] = [
        (b"noise", FrameError::Bad),
        (&[1], FrameError::Bad),
        (&long, FrameError::TooLong),
        (&frame(&200u8)[..6], FrameError::NotAMessage),
    ];
    for (noise, expected) in cases {
        let stream = [noise, &[0], &frame(&PUSH)].concat();
        let mut port = Port::new(Wire::of(&stream));
        let refused = port.receive::<Request<'_>>();
        assert_eq!(refused, Err(PortError::Frame(expected)), "{noise:?}");
        assert_eq!(port.receive::<Request<'_>>(), Ok(PUSH), "{noise:?}");

        let mut terminal = Port::new(Wire::of(&stream));
        let nobody = |_: Request<'_>| -> Response<'static> { panic!("noise is no request") };
        terminal.serve(nobody).unwrap();
        let mut host = Port::new(Wire::of(&terminal.transport().written));
        let told = host.receive::<Response<'_>>().unwrap();
        assert_eq!(told, Response::Error(LinkError::from(expected)));
    }
}

#[test]
fn polling_takes_what_is_there() {
    let bytes = frame(&PUSH);
    let mut port = Port::new(Wire::default());
    for &byte in &bytes {
        assert_eq!(port.poll::<Request<'_>>(), Ok(None));
        port.transport().to_read.push_back(Some(byte));
    }
    assert_eq!(port.poll::<Request<'_>>(), Ok(Some(PUSH)));
    assert_eq!(port.poll::<Request<'_>>(), Ok(None));
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
    assert_eq!(port.send(&long), Err(PortError::TooLong));
    assert_eq!(port.transport().written, []);
    // A transport that takes nothing is closed; `write_all` of the traits would panic.
    port.transport().takes = 0;
    assert_eq!(port.send(&PUSH), Err(PortError::Closed));
}

#[test]
fn an_awaited_port_answers_alike_and_survives_dropped_futures() {
    let mut host = AsyncPort::new(Wire::of(&[]));
    wait(host.begin()).unwrap();
    wait(host.send(&PUSH)).unwrap();
    let mut terminal = AsyncPort::new(Wire::of(&host.transport().written));
    terminal.transport().pends = true;
    // A future that is dropped at every pause: each poll takes one byte, and the next future goes on behind it.
    let mut rounds = 0;
    let received = loop {
        rounds += 1;
        let mut future = pin!(terminal.receive::<Request<'_>>());
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
    let answer = frame(&Response::Ready);
    let mut host = AsyncPort::new(Wire::of(&answer));
    assert_eq!(wait(host.ask(&Request::Reset)), Ok(Response::Ready));
    let closed = wait(host.ask(&Request::Reset));
    assert_eq!(closed, Err(PortError::Closed));
}
