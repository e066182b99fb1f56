//! Boards at the other end of a pseudo-terminal, each in a thread: the firmware's own server, and others that are none.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serialport::{SerialPort, TTYPort};
use tillsense_core::arena::Arena;
use tillsense_core::link::{Collector, Exchange};
use tillsense_device::serial::PortName;
use tillsense_firmware::server::Server;
use tillsense_firmware::stages::Clock;

use crate::line::{Faults, Line};

/// A clock that counts 10 instructions for everything.
#[derive(Debug)]
pub struct Tens;

impl Clock for Tens {
    fn begin(&mut self) {}
    fn end(&mut self) -> u64 {
        10
    }
}

/// What a board does with the bytes that it hears; the answer is what it says, `None` that it vanishes.
pub type Manner = Box<dyn FnMut(&[u8]) -> Option<Vec<u8>> + Send>;

/// A board that is attached to this machine.
pub struct Attached {
    pub port: PortName,
    pub faults: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// As long as it is open, the pseudo-terminal is there though nobody else has opened it.
    _kept: TTYPort,
}

impl Attached {
    pub fn new(mut manner: Manner) -> Self {
        Self::with_faults(Faults::default(), 0, move |bytes| manner(bytes))
    }

    /// A board behind a line with faults in both directions.
    pub fn with_faults(
        faults: Faults,
        seed: u64,
        mut manner: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static,
    ) -> Self {
        let (mut master, slave) = TTYPort::pair().unwrap();
        let path = slave.name().unwrap();
        let (stop, count) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let (stopped, counted) = (stop.clone(), count.clone());
        let thread = thread::spawn(move || {
            let (mut there, mut back) =
                (Line::new(faults, 2 * seed), Line::new(faults, 2 * seed + 1));
            master.set_timeout(Duration::from_millis(5)).unwrap();
            let mut bytes = [0; 512];
            while !stopped.load(Ordering::Relaxed) {
                let heard = match master.read(&mut bytes) {
                    Ok(count) => there.carry(&bytes[..count]),
                    Err(error) if error.kind() == ErrorKind::TimedOut => Vec::new(),
                    Err(_) => return,
                };
                let Some(said) = manner(&heard) else { return };
                let said = back.carry(&said);
                counted.store(there.count + back.count, Ordering::Relaxed);
                if master.write_all(&said).is_err() {
                    return;
                }
            }
        });
        Attached {
            port: PortName {
                path,
                baud: 115_200,
            },
            faults: count,
            stop,
            thread: Some(thread),
            _kept: slave,
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that failed has said why.
            drop(thread.join());
        }
    }
}

/// The firmware's server with this model.
pub fn server(file: &[u8]) -> Server<'static, 'static, Tens, 16> {
    let slot = Box::leak(Box::new(Arena::<{ 64 << 10 }>::new())).as_mut_slice();
    slot[..file.len()].copy_from_slice(file);
    let arena = Box::leak(Box::new(Arena::<8192>::new())).as_mut_slice();
    let inbox = Box::leak(vec![0; 1024].into_boxed_slice());
    Server::new("bench-board", slot, arena, inbox, Tens)
}

/// A terminal with this model: the loop of the firmware's program `terminal`.
pub fn terminal(file: &[u8]) -> impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + use<> {
    let mut server = server(file);
    let (mut collector, mut exchange) = (Collector::new(), Exchange::new());
    move |bytes| {
        let mut said = Vec::new();
        for &byte in bytes {
            if let Some(frame) = collector.push(byte) {
                said.extend_from_slice(server.answer(frame, &mut exchange));
            }
        }
        Some(said)
    }
}
