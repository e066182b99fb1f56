//! One end of the link over a serial port, for firmware of any kind: [`Port`] waits as its transport waits, [`AsyncPort`] awaits.
//!
//! A port reads one byte at a time, so that nothing behind a frame is taken from its transport, and keeps what has arrived of a frame
//! when the transport reports an error: the next call goes on there. Timeouts are the transport's, and so is what it does when its own
//! buffer overflows.
//!
//! On a terminal a port hands out each request once, and sends the answer that it keeps where a host asks again; on a host it takes the
//! answer to its last request, and no other.

#[cfg(any(test, feature = "embedded-io-async"))]
mod awaited;
#[cfg(test)]
mod tests;

use core::error::Error;
use core::fmt::{self, Debug, Display, Formatter};

use embedded_io::{Read, ReadReady, Write};
use serde::Deserialize;

#[cfg(any(test, feature = "embedded-io-async"))]
pub use awaited::AsyncPort;

use super::exchange::Weighed;
use super::{AGAIN, Collector, Exchange, FrameError, Request, Response, open, read};

/// Why a message was not received or not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortError<E> {
    /// The transport failed or timed out. What had arrived of a frame is kept.
    Transport(E),
    /// The other side closed the transport.
    Closed,
    /// On a host: what arrived is no answer. [`Port::ask_again`] asks for it once more, where it arrived damaged.
    Frame(FrameError),
    /// On a host: the request is longer than a frame holds. Nothing was sent.
    TooLong,
}

impl<E: Debug> Display for PortError<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            PortError::Transport(error) => write!(f, "the transport failed: {error:?}"),
            PortError::Closed => f.write_str("the other side closed the transport"),
            PortError::Frame(error) => write!(f, "the answer arrived {error}"),
            PortError::TooLong => f.write_str("the request is longer than a frame"),
        }
    }
}

impl<E: Debug> Error for PortError<E> {}

/// One end of the link over a transport that waits: a UART, a USB serial port, a socket.
#[derive(Debug)]
pub struct Port<T> {
    transport: T,
    collector: Collector,
    exchange: Exchange,
}

impl<T> Port<T> {
    /// A port over this transport.
    pub const fn new(transport: T) -> Self {
        Port {
            transport,
            collector: Collector::new(),
            exchange: Exchange::new(),
        }
    }

    /// The transport, for settings of its own such as a time limit. Bytes that are read or written here are missing in frames.
    pub const fn transport(&mut self) -> &mut T {
        &mut self.transport
    }
}

impl<T: Read> Port<T> {
    fn byte(&mut self) -> Result<u8, PortError<T::Error>> {
        let mut byte = [0];
        let count = self.transport.read(&mut byte);
        one(count.map_err(PortError::Transport)?, byte)
    }
}

impl<T: Write> Port<T> {
    /// Sends an empty frame, which the other side skips. Whatever it holds of a frame that was cut off ends there, so this is the first
    /// thing to send after a start.
    pub fn begin(&mut self) -> Result<(), PortError<T::Error>> {
        write(&mut self.transport, &[0])
    }

    /// On a terminal: sends the answer to the request that came last, and keeps it.
    pub fn answer(&mut self, response: &Response<'_>) -> Result<(), PortError<T::Error>> {
        write(&mut self.transport, self.exchange.answer(response))
    }

    fn reply(&mut self, weighed: Weighed) -> Result<(), PortError<T::Error>> {
        match weighed {
            Weighed::New(_) => Ok(()),
            Weighed::Kept => write(&mut self.transport, self.exchange.kept()),
            Weighed::Damaged => write(&mut self.transport, &AGAIN),
        }
    }
}

impl<T: Read + Write> Port<T> {
    /// On a terminal: waits for the next request. What was asked before is answered as before, what arrived damaged is asked for again,
    /// and what is no request is refused, all in here.
    pub fn request(&mut self) -> Result<Request<'_>, PortError<T::Error>> {
        loop {
            let byte = self.byte()?;
            if let Some(weighed) = weigh(&mut self.collector, byte, &mut self.exchange) {
                self.reply(weighed)?;
                if let Weighed::New(len) = weighed {
                    return self.collector.body(len);
                }
            }
        }
    }

    /// On a terminal: waits for the next request and answers it with what `answer` makes of it.
    pub fn serve<'s>(
        &mut self,
        answer: impl FnOnce(Request<'_>) -> Response<'s>,
    ) -> Result<(), PortError<T::Error>> {
        let response = answer(self.request()?);
        self.answer(&response)
    }

    /// On a host: asks a terminal and waits for its answer, which may be [`Response::Error`].
    ///
    /// [`Request::Info`] comes first. After an error, [`Port::ask_again`] may be called as often as one likes.
    pub fn ask(&mut self, request: &Request<'_>) -> Result<Response<'_>, PortError<T::Error>> {
        let frame = self.exchange.ask(request).ok_or(PortError::TooLong)?;
        write(&mut self.transport, frame)?;
        self.wait()
    }

    /// On a host: asks the same as before, when its answer was waited for in vain or arrived damaged. However often the terminal hears
    /// it, it carries it out once.
    pub fn ask_again(&mut self) -> Result<Response<'_>, PortError<T::Error>> {
        self.begin()?;
        write(&mut self.transport, self.exchange.kept())?;
        self.wait()
    }

    fn wait(&mut self) -> Result<Response<'_>, PortError<T::Error>> {
        loop {
            let byte = self.byte()?;
            if let Some(len) = awaited(&mut self.collector, byte, &self.exchange)? {
                return self.collector.body(len);
            }
        }
    }
}

impl<T: Read + ReadReady + Write> Port<T> {
    /// On a terminal: takes what has arrived and answers with a request where one is complete; never waits for bytes.
    pub fn poll(&mut self) -> Result<Option<Request<'_>>, PortError<T::Error>> {
        while self.transport.read_ready().map_err(PortError::Transport)? {
            let byte = self.byte()?;
            if let Some(weighed) = weigh(&mut self.collector, byte, &mut self.exchange) {
                self.reply(weighed)?;
                if let Weighed::New(len) = weighed {
                    return self.collector.body(len).map(Some);
                }
            }
        }
        Ok(None)
    }
}

impl Collector {
    /// The message of the frame that was opened last, whose postcard has this length.
    fn body<'a, M: Deserialize<'a>, E>(&'a self, len: usize) -> Result<M, PortError<E>> {
        let body = self.frame.get(1..=len).ok_or(FrameError::Bad);
        body.and_then(read).map_err(PortError::Frame)
    }
}

/// Takes a byte on a terminal; where it ends a frame, what that asks for.
fn weigh(collector: &mut Collector, byte: u8, exchange: &mut Exchange) -> Option<Weighed> {
    let frame = collector.push(byte)?;
    Some(exchange.weigh(frame.and_then(|frame| open(frame))))
}

/// Takes a byte on a host; where it ends the frame of the awaited answer, the length of its postcard.
fn awaited<E>(
    collector: &mut Collector,
    byte: u8,
    exchange: &Exchange,
) -> Result<Option<usize>, PortError<E>> {
    let Some(frame) = collector.push(byte) else {
        return Ok(None);
    };
    let (number, body) = frame
        .and_then(|frame| open(frame))
        .map_err(PortError::Frame)?;
    Ok(exchange.awaits(number).then_some(body.len()))
}

/// The transport's own `write_all` panics where it takes nothing.
fn write<T: Write>(transport: &mut T, bytes: &[u8]) -> Result<(), PortError<T::Error>> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = transport.write(rest).map_err(PortError::Transport)?;
        rest = behind(rest, count)?;
    }
    transport.flush().map_err(PortError::Transport)
}

/// The byte of a read that may have found the end.
const fn one<E>(count: usize, byte: [u8; 1]) -> Result<u8, PortError<E>> {
    match count {
        0 => Err(PortError::Closed),
        _ => Ok(byte[0]),
    }
}

/// What is still to be sent after `count` bytes of it.
fn behind<E>(bytes: &[u8], count: usize) -> Result<&[u8], PortError<E>> {
    match count {
        0 => Err(PortError::Closed),
        _ => Ok(bytes.get(count..).unwrap_or(&[])),
    }
}
