//! The terminal: answers a host's requests over the board's UART.
//!
//! At its start it sends one zero byte, an empty frame: from then on it listens.

use tillsense_core::link::{Collector, Exchange};

use crate::arch::{self, Counter};
use crate::board;
use crate::memory::{self, Buffers};
use crate::server::Server;

/// Serves requests without end.
pub fn run() -> ! {
    board::init();
    let Buffers { arena, inbox } = Buffers::take();
    let counter = Counter::start();
    let mut server = Server::<_, { board::STAGES }>::new(
        board::NAME,
        memory::model_slot(),
        arena,
        inbox,
        counter,
    );
    let mut collector = Collector::new();
    let mut exchange = Exchange::new();
    board::write(0);
    loop {
        let Some(byte) = board::read() else {
            arch::sleep();
            continue;
        };
        let Some(frame) = collector.push(byte) else {
            continue;
        };
        let reply = server.answer(frame, &mut exchange);
        reply.iter().for_each(|&byte| board::write(byte));
    }
}
