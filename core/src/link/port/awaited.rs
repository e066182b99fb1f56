//! The port of programs that await their transport.

use embedded_io_async::{Read, Write};
use serde::{Deserialize, Serialize};

use super::{PortError, behind, frame_of, message, one};
use crate::link::{Collector, MAX_FRAME, Request, Response};

/// One end of the link over a transport that is awaited, such as an interrupt's buffer under Embassy.
///
/// A future of it that is dropped before its end loses nothing that had arrived, where the transport's own reads lose nothing.
#[derive(Debug)]
pub struct AsyncPort<T> {
    transport: T,
    collector: Collector,
}

impl<T> AsyncPort<T> {
    /// A port over this transport.
    pub const fn new(transport: T) -> Self {
        AsyncPort {
            transport,
            collector: Collector::new(),
        }
    }

    /// The transport, for settings of its own. Bytes that are read or written here are missing in frames.
    pub const fn transport(&mut self) -> &mut T {
        &mut self.transport
    }
}

impl<T: Read> AsyncPort<T> {
    /// Awaits the next message; see [`Port::receive`](super::Port::receive).
    pub async fn receive<'a, M: Deserialize<'a>>(&'a mut self) -> Result<M, PortError<T::Error>> {
        loop {
            let mut byte = [0];
            let count = self.transport.read(&mut byte).await;
            let byte = one(count.map_err(PortError::Transport)?, byte)?;
            if self.collector.is_ended_by(byte) {
                return message(&mut self.collector);
            }
        }
    }
}

impl<T: Write> AsyncPort<T> {
    /// Sends a message; see [`Port::send`](super::Port::send).
    pub async fn send<M: Serialize>(&mut self, message: &M) -> Result<(), PortError<T::Error>> {
        let mut buffer = [0; MAX_FRAME];
        let frame = frame_of(message, &mut buffer)?;
        self.write(frame).await
    }

    /// Sends an empty frame; see [`Port::begin`](super::Port::begin).
    pub async fn begin(&mut self) -> Result<(), PortError<T::Error>> {
        self.write(&[0]).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), PortError<T::Error>> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = self.transport.write(rest).await;
            rest = behind(rest, count.map_err(PortError::Transport)?)?;
        }
        self.transport.flush().await.map_err(PortError::Transport)
    }
}

impl<T: Read + Write> AsyncPort<T> {
    /// Asks a terminal and awaits its answer; see [`Port::ask`](super::Port::ask).
    pub async fn ask(
        &mut self,
        request: &Request<'_>,
    ) -> Result<Response<'_>, PortError<T::Error>> {
        self.send(request).await?;
        self.receive().await
    }
}
