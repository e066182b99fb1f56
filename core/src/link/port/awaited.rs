//! The port of programs that await their transport.

use embedded_io_async::{Read, Write};

use super::{PortError, awaited, behind, one, weigh};
use crate::link::exchange::Weighed;
use crate::link::{AGAIN, Collector, Exchange, Request, Response};

/// One end of the link over a transport that is awaited, such as an interrupt's buffer under Embassy.
///
/// A future of it that is dropped before its end loses nothing that had arrived, where the transport's own reads lose nothing.
#[derive(Debug)]
pub struct AsyncPort<T> {
    transport: T,
    collector: Collector,
    exchange: Exchange,
}

impl<T> AsyncPort<T> {
    /// A port over this transport.
    pub const fn new(transport: T) -> Self {
        AsyncPort {
            transport,
            collector: Collector::new(),
            exchange: Exchange::new(),
        }
    }

    /// The transport, for settings of its own. Bytes that are read or written here are missing in frames.
    pub const fn transport(&mut self) -> &mut T {
        &mut self.transport
    }
}

impl<T: Read> AsyncPort<T> {
    async fn byte(&mut self) -> Result<u8, PortError<T::Error>> {
        let mut byte = [0];
        let count = self.transport.read(&mut byte).await;
        one(count.map_err(PortError::Transport)?, byte)
    }
}

impl<T: Write> AsyncPort<T> {
    /// Sends an empty frame; see [`Port::begin`](super::Port::begin).
    pub async fn begin(&mut self) -> Result<(), PortError<T::Error>> {
        write(&mut self.transport, &[0]).await
    }

    /// On a terminal: sends the answer to the request that came last; see [`Port::answer`](super::Port::answer).
    pub async fn answer(&mut self, response: &Response<'_>) -> Result<(), PortError<T::Error>> {
        write(&mut self.transport, self.exchange.answer(response)).await
    }
}

impl<T: Read + Write> AsyncPort<T> {
    /// On a terminal: awaits the next request; see [`Port::request`](super::Port::request).
    pub async fn request(&mut self) -> Result<Request<'_>, PortError<T::Error>> {
        loop {
            let byte = self.byte().await?;
            match weigh(&mut self.collector, byte, &mut self.exchange) {
                None => {}
                Some(Weighed::New(len)) => return self.collector.body(len),
                Some(Weighed::Kept) => write(&mut self.transport, self.exchange.kept()).await?,
                Some(Weighed::Damaged) => write(&mut self.transport, &AGAIN).await?,
            }
        }
    }

    /// On a host: asks a terminal and awaits its answer; see [`Port::ask`](super::Port::ask).
    pub async fn ask(
        &mut self,
        request: &Request<'_>,
    ) -> Result<Response<'_>, PortError<T::Error>> {
        let frame = self.exchange.ask(request).ok_or(PortError::TooLong)?;
        write(&mut self.transport, frame).await?;
        self.wait().await
    }

    /// On a host: asks the same as before; see [`Port::ask_again`](super::Port::ask_again).
    pub async fn ask_again(&mut self) -> Result<Response<'_>, PortError<T::Error>> {
        self.begin().await?;
        write(&mut self.transport, self.exchange.kept()).await?;
        self.wait().await
    }

    async fn wait(&mut self) -> Result<Response<'_>, PortError<T::Error>> {
        loop {
            let byte = self.byte().await?;
            if let Some(len) = awaited(&mut self.collector, byte, &self.exchange)? {
                return self.collector.body(len);
            }
        }
    }
}

async fn write<T: Write>(transport: &mut T, bytes: &[u8]) -> Result<(), PortError<T::Error>> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = transport.write(rest).await;
        rest = behind(rest, count.map_err(PortError::Transport)?)?;
    }
    transport.flush().await.map_err(PortError::Transport)
}
