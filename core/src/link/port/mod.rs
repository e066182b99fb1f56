//! One end of the link over a serial port, for firmware of any kind: [`Port`] waits as its transport waits, [`AsyncPort`] awaits.
//!
//! A port reads one byte at a time, so that nothing behind a frame is taken from its transport, and keeps what has arrived of a frame
//! when the transport reports an error: the next call goes on there. Timeouts are the transport's, and so is what it does when its own
//! buffer overflows. After a frame that arrived damaged the port is at the beginning of the next one.

#[cfg(any(test, feature = "embedded-io-async"))]
mod awaited;
#[cfg(test)]
mod tests;

use core::error::Error;
use core::fmt::{self, Debug, Display, Formatter};

use embedded_io::{Read, ReadReady, Write};
use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "embedded-io-async"))]
pub use awaited::AsyncPort;

use super::{Collector, FrameError, MAX_FRAME, Request, Response, decode, encode};

/// Why a message was not received or not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortError<E> {
    /// The transport failed or timed out. What had arrived of a frame is kept.
    Transport(E),
    /// The other side closed the transport.
    Closed,
    /// A frame arrived that is no message. The next frame is received as if it had not been there.
    Frame(FrameError),
    /// The message to be sent is longer than a frame holds. Nothing was sent.
    TooLong,
}

impl<E: Debug> Display for PortError<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            PortError::Transport(error) => write!(f, "the transport failed: {error:?}"),
            PortError::Closed => f.write_str("the other side closed the transport"),
            PortError::Frame(error) => write!(f, "the message arrived {error}"),
            PortError::TooLong => f.write_str("the message is longer than a frame"),
        }
    }
}

impl<E: Debug> Error for PortError<E> {}

/// One end of the link over a transport that waits: a UART, a USB serial port, a socket.
#[derive(Debug)]
pub struct Port<T> {
    transport: T,
    collector: Collector,
}

impl<T> Port<T> {
    /// A port over this transport.
    pub const fn new(transport: T) -> Self {
        Port {
            transport,
            collector: Collector::new(),
        }
    }

    /// The transport, for settings of its own such as a time limit. Bytes that are read or written here are missing in frames.
    pub const fn transport(&mut self) -> &mut T {
        &mut self.transport
    }
}

impl<T: Read> Port<T> {
    /// Waits for the next message: a [`Request`] on a terminal, a [`Response`] on a host.
    pub fn receive<'a, M: Deserialize<'a>>(&'a mut self) -> Result<M, PortError<T::Error>> {
        loop {
            let byte = self.byte()?;
            if self.collector.is_ended_by(byte) {
                return message(&mut self.collector);
            }
        }
    }

    fn byte(&mut self) -> Result<u8, PortError<T::Error>> {
        let mut byte = [0];
        let count = self.transport.read(&mut byte);
        one(count.map_err(PortError::Transport)?, byte)
    }
}

impl<T: Read + ReadReady> Port<T> {
    /// Takes what has arrived and answers with a message where one is complete; never waits.
    pub fn poll<'a, M: Deserialize<'a>>(&'a mut self) -> Result<Option<M>, PortError<T::Error>> {
        while self.transport.read_ready().map_err(PortError::Transport)? {
            let byte = self.byte()?;
            if self.collector.is_ended_by(byte) {
                return message(&mut self.collector).map(Some);
            }
        }
        Ok(None)
    }
}

impl<T: Write> Port<T> {
    /// Sends a message and waits until the transport has taken all of it.
    pub fn send<M: Serialize>(&mut self, message: &M) -> Result<(), PortError<T::Error>> {
        let mut buffer = [0; MAX_FRAME];
        let frame = frame_of(message, &mut buffer)?;
        self.write(frame)
    }

    /// Sends an empty frame, which the other side skips. Whatever it holds of a frame that was cut off ends there, so this is the first
    /// thing to send after a start.
    pub fn begin(&mut self) -> Result<(), PortError<T::Error>> {
        self.write(&[0])
    }

    /// The transport's own `write_all` panics where it takes nothing.
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError<T::Error>> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = self.transport.write(rest).map_err(PortError::Transport)?;
            rest = behind(rest, count)?;
        }
        self.transport.flush().map_err(PortError::Transport)
    }
}

impl<T: Read + Write> Port<T> {
    /// Asks a terminal and waits for its answer, which may be [`Response::Error`].
    ///
    /// A terminal answers each request once and in order: an answer that was given up after a timeout is received before the next one.
    pub fn ask(&mut self, request: &Request<'_>) -> Result<Response<'_>, PortError<T::Error>> {
        self.send(request)?;
        self.receive()
    }

    /// Waits for a request and answers it with what `answer` makes of it. A frame that is no request is answered with the error that
    /// says so.
    pub fn serve<'s>(
        &mut self,
        answer: impl FnOnce(Request<'_>) -> Response<'s>,
    ) -> Result<(), PortError<T::Error>> {
        let response = match self.receive() {
            Ok(request) => answer(request),
            Err(PortError::Frame(error)) => Response::Error(error.into()),
            Err(error) => return Err(error),
        };
        self.send(&response)
    }
}

impl Collector {
    /// Takes a byte, and answers whether it ends a frame, which is then still to be taken by [`message`].
    fn is_ended_by(&mut self, byte: u8) -> bool {
        let ends = byte == 0 && self.len > 0;
        if !ends {
            self.push(byte);
        }
        ends
    }
}

/// The message in a frame of which all but its zero was collected.
fn message<'a, M: Deserialize<'a>, E>(collector: &'a mut Collector) -> Result<M, PortError<E>> {
    let frame = collector.push(0).unwrap_or(Err(FrameError::Bad));
    frame.and_then(decode).map_err(PortError::Frame)
}

fn frame_of<'a, M: Serialize, E>(
    message: &M,
    buffer: &'a mut [u8; MAX_FRAME],
) -> Result<&'a [u8], PortError<E>> {
    let len = encode(message, buffer).ok_or(PortError::TooLong)?;
    buffer.get(..len).ok_or(PortError::TooLong)
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
