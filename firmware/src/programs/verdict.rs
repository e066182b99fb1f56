//! A terminal that runs alone: a model and a recorded session are built into the image.
//!
//! The session is what a host would send over the link, so the same server answers it. The verdicts are printed, one
//! line a head, then instructions and depth of the stack; the exit code says whether all went well.

use tillsense_core::engine::Model;
use tillsense_core::frontend::tensor;
use tillsense_core::link::{self, Collector, Exchange, MAX_FRAME, Request, Response};
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
    let mut exchange = Exchange::new();
    for (at, &byte) in SESSION.iter().enumerate() {
        let Some(frame) = collector.push(byte) else {
            continue;
        };
        let mut reply = [0; MAX_FRAME];
        match decode(terminal.answer(frame, &mut exchange), &mut reply) {
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
    let mut exchange = Exchange::new();
    // Numbers count on from that of the first request, so that of a head is one more than the head's own.
    ask(terminal, &mut exchange, 0, &Request::Info, |_| true)
        && (0..).zip(model.heads()).all(|(number, head)| {
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
            ask(
                terminal,
                &mut exchange,
                number.wrapping_add(1),
                &request,
                |response| tell(&head, response),
            )
        })
}

/// Asks the terminal as a host does; returns what `take` says of the answer.
#[inline(never)]
fn ask(
    terminal: &mut Terminal,
    exchange: &mut Exchange,
    number: u8,
    request: &Request<'_>,
    take: impl FnOnce(Response<'_>) -> bool,
) -> bool {
    let mut frame = [0; MAX_FRAME];
    let Some(end) = link::encode(number, request, &mut frame) else {
        return false;
    };
    let reply = terminal.answer(Ok(frame.get_mut(..end - 1).unwrap_or(&mut [])), exchange);
    let mut copy = [0; MAX_FRAME];
    decode(reply, &mut copy).is_some_and(take)
}

/// Prints what a head answers; returns whether it is an answer.
fn tell(head: &Head<'_>, response: Response<'_>) -> bool {
    match response {
        Response::Verdict {
            class,
            score,
            defer,
            ..
        } => {
            let name = head.classes().split('\n').nth(class.into()).unwrap_or("?");
            let advice = if defer { ", ask a person" } else { "" };
            say!("{}: {name} ({score}/256{advice})", head.name);
            true
        }
        Response::Values { total, values } => {
            let first = tensor::values(values.get(..FIRST).unwrap_or(values));
            say!("{}: {total} values, the first {first:?}", head.name);
            true
        }
        _ => false,
    }
}

/// Reads the frame of a reply in a copy of it.
fn decode<'a>(reply: &[u8], copy: &'a mut [u8; MAX_FRAME]) -> Option<Response<'a>> {
    let frame = copy.get_mut(..reply.len().checked_sub(1)?)?;
    frame
        .iter_mut()
        .zip(reply)
        .for_each(|(to, from)| *to = *from);
    link::decode(frame).ok().map(|(_, response)| response)
}
