//! Serial ports: a board that is attached to this machine.

mod name;

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
pub use name::{DEFAULT_BAUD, PortName};
use serialport::{ClearBuffer, SerialPort};
use tillsense_core::link::MAX_FRAME;

use crate::link::Transport;

/// An open serial port that carries frames, eight bits, no parity, one stop bit. Nobody else can open it meanwhile.
pub struct Serial {
    name: PortName,
    port: Box<dyn SerialPort>,
    /// Whole frames that arrived, without their zero.
    frames: VecDeque<Vec<u8>>,
    /// The frame in the making; of one that is too long, its beginning.
    rest: Vec<u8>,
    hint: String,
}

/// Time limit of the operating system's taking what is sent; a line of 300 baud needs 9 seconds for the longest frame.
const WRITE_LIMIT: Duration = Duration::from_secs(15);

impl Serial {
    /// Opens a serial port; the error says what is the matter with it and what to do.
    pub fn open(name: &PortName) -> Result<Self> {
        let port = serialport::new(&name.path, name.baud)
            .timeout(WRITE_LIMIT)
            .open()
            .map_err(|error| name::refusal(name, &error))?;
        // What arrived before belongs to nobody.
        port.clear(ClearBuffer::Input)
            .with_context(|| format!("{} cannot be used", name.path))?;
        let hint = format!(
            ": is the board powered, does it run the terminal's program (`tillsense flash` writes it; a reset starts it), \
             is its TX wired to the adapter's RX and RX to TX, and is {} its baud rate? ({}:BAUD takes another one)",
            name.baud, name.path
        );
        Ok(Serial {
            name: name.clone(),
            port,
            frames: VecDeque::new(),
            rest: Vec::new(),
            hint,
        })
    }

    /// Cuts what arrived into frames.
    fn split(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == 0 {
                self.frames.push_back(std::mem::take(&mut self.rest));
            } else if self.rest.len() <= MAX_FRAME {
                // One byte more than a frame may have shows that it is too long; the link then refuses it.
                self.rest.push(byte);
            }
        }
    }

    fn vanished(&self, why: &impl std::fmt::Display) -> anyhow::Error {
        anyhow!(
            "{} has vanished: was the board unplugged or its USB reset? ({why})",
            self.name.path
        )
    }
}

impl Transport for Serial {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let allowed = self.port.set_timeout(WRITE_LIMIT);
        allowed.map_err(|error| self.vanished(&error))?;
        match self.port.write_all(bytes) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                bail!("{} takes no bytes any more", self.name.path)
            }
            Err(error) => Err(self.vanished(&error)),
        }
    }

    fn receive(&mut self, limit: Duration) -> Result<Option<Vec<u8>>> {
        let end = Instant::now() + limit;
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Ok(Some(frame));
            }
            let left = end.saturating_duration_since(Instant::now());
            let allowed = self.port.set_timeout(left);
            allowed.map_err(|error| self.vanished(&error))?;
            let mut bytes = [0; MAX_FRAME];
            match self.port.read(&mut bytes) {
                Ok(0) => return Err(self.vanished(&"end of file")),
                Ok(count) => self.split(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    if left.is_zero() || end <= Instant::now() {
                        return Ok(None);
                    }
                }
                Err(error) => return Err(self.vanished(&error)),
            }
            // A port that never falls silent must not keep the link from its time limit.
            if self.frames.is_empty() && end <= Instant::now() {
                return Ok(None);
            }
        }
    }

    fn rest(&self) -> &[u8] {
        &self.rest
    }

    fn name(&self) -> String {
        self.name.to_string()
    }

    fn hint(&self) -> &str {
        &self.hint
    }
}

impl std::fmt::Debug for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serial").field("name", &self.name).finish()
    }
}
