//! A terminal that runs alone: a model and a recorded session are built into the image.
//!
//! The session is what a host would send over the link, so the same server answers it. The verdicts are printed, one
//! line a head, then instructions and depth of the stack; the exit code says whether all went well.

use tillsense_core::engine::Model;
use tillsense_core::frontend::tensor;
use tillsense_core::link::{self, Collector, MAX_FRAME, Request, Response};
use tillsense_core::model::records::{Answer, Head};

use crate::arch::{self, Counter};
use crate::memory::Buffers;
use crate::server::Server;
use crate::{board, stack};

/// A file at an address that is a multiple of 16, as model files must lie.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/model.bin")));
static SESSION: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/session.bin"));

/// Values of a tensor that are printed.
const FIRST: usize = 8;

type Terminal = Server<'static, 'static, Counter, { board::STAGES }>;

/// Plays the session, prints the verdicts and ends QEMU.
pub fn run() -> ! {
    stack::paint();
    board::init();
    let Buffers { arena, inbox } = Buffers::take();
    let mut terminal = Terminal::new(board::NAME, &MODEL.0, arena, inbox, Counter::start());
    let went_well = play(&mut terminal) && heads(&mut terminal);
    let (used, there) = stack::depth();
    say!("stack {used} of {there} bytes");
    arch::exit(u32::from(!went_well))
}

/// Feeds the recorded frames to the terminal; returns whether it accepted all of them.
#[inline(never)]
fn play(terminal: &mut Terminal) -> bool {
    let mut collector = Collector::new();
    let mut reply = [0; MAX_FRAME];
    for (at, &byte) in SESSION.iter().enumerate() {
        let Some(frame) = collector.push(byte) else {
            continue;
        };
        let len = terminal.answer(frame, &mut reply);
        match decode(&mut reply, len) {
            Some(Response::Error(error)) => {
                say!("refused at byte {at} of the session: {error:?}");
                return false;
            }
            Some(Response::Done { instructions }) => say!("instructions {instructions}"),
            _ => {}
        }
    }
    true
}

/// Asks for the verdicts of all heads and prints them; returns whether the terminal gave all of them.
#[inline(never)]
fn heads(terminal: &mut Terminal) -> bool {
    let Ok(model) = Model::load(&MODEL.0) else {
        return false;
    };
    (0..).zip(model.heads()).all(|(number, head)| {
        let request = match head.answer {
            Answer::Classes { .. } => Request::Verdict {
                head: number,
                from: 0,
            },
            Answer::Tensor { .. } => Request::Values {
                head: number,
                from: 0,
            },
        };
        let (mut frame, mut reply) = ([0; MAX_FRAME], [0; MAX_FRAME]);
        let Some(end) = link::encode(&request, &mut frame) else {
            return false;
        };
        let len = terminal.answer(Ok(frame.get_mut(..end - 1).unwrap_or(&mut [])), &mut reply);
        tell(&head, decode(&mut reply, len))
    })
}

/// Prints what a head answers; returns whether it is an answer.
fn tell(head: &Head<'_>, response: Option<Response<'_>>) -> bool {
    match response {
        Some(Response::Verdict {
            class,
            score,
            defer,
            ..
        }) => {
            let name = head.classes().split('\n').nth(class.into()).unwrap_or("?");
            let advice = if defer { ", ask a person" } else { "" };
            say!("{}: {name} ({score}/256{advice})", head.name);
            true
        }
        Some(Response::Values { total, values }) => {
            let first = tensor::values(values.get(..FIRST).unwrap_or(values));
            say!("{}: {total} values, the first {first:?}", head.name);
            true
        }
        _ => false,
    }
}

fn decode(reply: &mut [u8; MAX_FRAME], len: usize) -> Option<Response<'_>> {
    link::decode(reply.get_mut(..len.checked_sub(1)?)?).ok()
}
