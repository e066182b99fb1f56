//! Asking until there is an answer: how long to wait, when to ask again, and what to say in the end.

use std::time::{Duration, Instant};

use anyhow::{Error, anyhow};
use tillsense_compiler::text::brief;
use tillsense_core::link::MAX_FRAME;

use super::Transport;

/// How long a link waits for an answer, and when it asks again.
///
/// A request that is asked again is carried out once, so that a short wait costs some bytes and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// With requests that are looked up: facts, verdicts, values, counts, a reset.
    pub quick: Waits,
    /// With requests that the terminal works on, during which it hears nothing: a push, a run, a self-test.
    pub work: Waits,
    /// Time from the sign of a damaged frame until the request is sent again, so that what is left of it has passed.
    pub settle: Duration,
    /// Most times that a request is sent.
    pub tries: u32,
}

/// Times of one kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Until it is sent for the second time; each further wait is twice as long, up to an eighth of the limit.
    pub again: Duration,
    /// Until it is given up, counted from its first sending.
    pub limit: Duration,
}

impl Patience {
    /// With a transport that loses nothing, such as a pipe: a request is sent once, and given up after this time.
    pub const fn with_pipe(limit: Duration) -> Self {
        let waits = Waits {
            again: limit,
            limit,
        };
        Patience {
            quick: waits,
            work: waits,
            settle: Duration::from_millis(100),
            tries: 16,
        }
    }

    /// With a serial line of this speed, in bits a second.
    pub fn with_line(baud: u32) -> Self {
        // Ten bits a byte; the longest request and the longest answer.
        let bits = 2 * 10 * MAX_FRAME as u32;
        let wire = Duration::from_secs_f64(f64::from(bits) / f64::from(baud.max(1)));
        let waits = |again, limit| Waits {
            again: Duration::from_millis(again) + wire,
            limit: Duration::from_secs(limit) + 8 * wire,
        };
        Patience {
            quick: waits(250, 5),
            work: waits(1000, 60),
            // A USB adapter keeps bytes back for up to 16 ms.
            settle: Duration::from_millis(40),
            tries: 32,
        }
    }
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Asking {
    waits: Waits,
    began: Instant,
    /// When it is sent again.
    next: Instant,
    wait: Duration,
    sent: u32,
    /// Frames that arrived damaged, this terminal's signs of such frames among them.
    damaged: u32,
    /// The first bytes that were no frame.
    strange: Vec<u8>,
}

/// Bytes that are shown of what was heard.
const SHOWN: usize = 48;

impl Asking {
    /// A request that has just been sent.
    pub fn new(waits: Waits) -> Self {
        let began = Instant::now();
        Asking {
            waits,
            began,
            next: began + waits.again,
            wait: waits.again,
            sent: 1,
            damaged: 0,
            strange: Vec::new(),
        }
    }

    /// For how long to listen until the next step.
    pub fn listen(&self) -> Duration {
        let end = self.next.min(self.began + self.waits.limit);
        end.saturating_duration_since(Instant::now())
    }

    /// Whether to send it again, now that nothing came in time.
    pub fn sends_again(&mut self, tries: u32) -> bool {
        let again = self.began.elapsed() < self.waits.limit && self.sent < tries;
        if again {
            self.sent += 1;
            self.wait = (2 * self.wait).min(self.waits.limit / 8);
            self.next = Instant::now() + self.wait;
        }
        again
    }

    /// Notes a frame that arrived damaged, or the terminal's word that the request did: it is sent again soon.
    pub fn note_damage(&mut self, frame: &[u8], settle: Duration) {
        self.damaged += 1;
        // Somebody is there and is not busy.
        self.wait = self.waits.again;
        self.next = self.next.min(Instant::now() + settle);
        self.overhear(frame);
    }

    /// Keeps what was heard, to show it.
    fn overhear(&mut self, bytes: &[u8]) {
        let room = SHOWN - self.strange.len();
        self.strange.extend(bytes.iter().take(room));
    }

    /// Why a request is given up, where `spoke` says whether this terminal has ever answered.
    pub fn give_up(mut self, transport: &(impl Transport + ?Sized), spoke: bool) -> Error {
        self.overhear(transport.rest());
        let name = transport.name();
        let waited = match self.began.elapsed() {
            waited if waited < Duration::from_secs(1) => self.waits.limit.min(waited),
            waited => Duration::from_secs(waited.as_secs()),
        };
        let tries = match self.sent {
            1 => String::new(),
            sent => format!(" ({sent} tries)"),
        };
        if self.strange.is_empty() && spoke {
            return anyhow!("{name} has stopped answering: nothing came within {waited:?}{tries}");
        }
        if self.strange.is_empty() {
            let hint = transport.hint();
            return anyhow!("{name} does not answer within {waited:?}{tries}{hint}");
        }
        if spoke {
            return anyhow!(
                "{name}: too much noise on the line: {} frames arrived damaged, and no answer within {waited:?}{tries}",
                self.damaged
            );
        }
        anyhow!(
            "{name} speaks something else than a terminal: {}",
            words(&self.strange)
        )
    }
}

/// What was heard, in words that act on no screen.
fn words(heard: &[u8]) -> String {
    let plain = |byte: &&u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
    let is_text = heard.iter().filter(plain).count() * 10 >= heard.len() * 9;
    if is_text {
        let text = String::from_utf8_lossy(heard);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        return format!(
            "it sends text, `{}`; does another program run on the board, or is this another board's port?",
            brief(text)
        );
    }
    let bytes: Vec<_> = heard.iter().take(12).map(|b| format!("{b:02x}")).collect();
    format!(
        "it sends bytes that are no frames, {}; is its baud rate another one, or does another program run on the board?",
        bytes.join(" ")
    )
}
