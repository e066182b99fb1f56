//! Requests over a serial port, answered by async tasks: Embassy on a Cortex-M3 (TI LM3S6965).
//!
//! ```text
//! cargo run --release
//! ```
//!
//! waits for frames of Tillsense's link on the standard input and answers on the standard output, until QEMU is ended (Ctrl-C). The
//! other side is `tillsense_core::link::Port` in a program of your own; `tests` of the repository are one.
//!
//! Two tasks share a session:
//!
//! - `link` awaits bytes that the UART's interrupt has put into a pipe, decodes requests ([`AsyncPort`]) and answers them. It begins
//!   what a request asks for, which is the frontend's work, and leaves the ops to
//! - `think`, which runs them one by one and yields between them, so that whatever other tasks a terminal has keep running: one
//!   executor in thread mode, no preemption, no second stack.
//!
//! The mutex between them is held over one step or one request, never over an await of the serial port. The interrupt's handler
//! touches the pipe only.
//!
//! This terminal takes texts that fit a single message, and answers `Info`, `Push`, `Run`, `Verdict` and `Reset`: an application needs
//! no more of the link than it uses.

#![no_std]
#![no_main]

mod serial;

use core::fmt::Display;

use embassy_executor::Spawner;
use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embassy_sync::signal::Signal;
use semihosting::{eprintln, process};
use serial::Serial;
use static_cell::StaticCell;
use tillsense_core::link::{
    self, AsyncPort, Info, LinkError, MAX_CHUNK, MAX_SCORES, ModelInfo, PortError, Request,
    Response,
};
use tillsense_core::{Arena, Model, Progress, Session, include_model};

static FILE: &[u8] = include_model!("../model.till");
/// Bytes of RAM that the model needs: `tillsense inspect model.till` tells them.
const ARENA_LEN: usize = 224;

/// What the tasks share.
struct Terminal {
    session: Mutex<NoopRawMutex, Session<'static, 'static>>,
    /// Ops wait.
    begun: Signal<NoopRawMutex, ()>,
    /// They are done.
    done: Signal<NoopRawMutex, ()>,
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static ARENA: StaticCell<Arena<ARENA_LEN>> = StaticCell::new();
    static TERMINAL: StaticCell<Terminal> = StaticCell::new();

    let Some(mut core) = cortex_m::Peripherals::take() else {
        stop(&"main has begun twice")
    };
    let model = Model::load(FILE).unwrap_or_else(|error| stop(&error));
    let session = Session::new(model, ARENA.init(Arena::new()).as_mut_slice());
    let terminal = TERMINAL.init(Terminal {
        session: Mutex::new(session.unwrap_or_else(|error| stop(&error))),
        begun: Signal::new(),
        done: Signal::new(),
    });
    let port = AsyncPort::new(Serial::start(&mut core));
    match (link(terminal, port), think(terminal)) {
        (Ok(link), Ok(think)) => {
            spawner.spawn(link);
            spawner.spawn(think);
        }
        _ => stop(&"there is room for one task of each kind"),
    }
}

/// Runs what was begun, an op at a time.
#[embassy_executor::task]
async fn think(terminal: &'static Terminal) {
    loop {
        terminal.begun.wait().await;
        while terminal.session.lock().await.step(1) == Progress::Pending {
            yield_now().await;
        }
        terminal.done.signal(());
    }
}

/// Answers requests, one after the other.
#[embassy_executor::task]
async fn link(terminal: &'static Terminal, mut port: AsyncPort<Serial>) {
    // An empty frame ends whatever the host has made of the line's noise so far.
    let mut went = port.begin().await;
    loop {
        went = match went {
            Ok(()) => serve(terminal, &mut port).await,
            Err(error) => stop(&error),
        };
    }
}

/// Answers one request. What arrives damaged or once more never comes this far: the port sees to it.
async fn serve(
    terminal: &Terminal,
    port: &mut AsyncPort<Serial>,
) -> Result<(), PortError<core::convert::Infallible>> {
    let request = port.request().await?;
    let mut session = terminal.session.lock().await;
    let mut scores = [0; MAX_SCORES];
    let begun = match request {
        Request::Push {
            input,
            offset,
            total,
            bytes,
        } => {
            // Longer texts than one message would have to be put together first.
            let is_whole = offset == 0 && total as usize == bytes.len();
            let begun = match is_whole {
                true => session
                    .begin_text(input.into(), bytes)
                    .map_err(LinkError::Push),
                false => Err(LinkError::TooLarge {
                    inbox: MAX_CHUNK as u32,
                }),
            };
            begun.map(|()| Response::Accepted { next: 0 })
        }
        Request::Run => {
            session.begin_run();
            // Nobody counts instructions here.
            Ok(Response::Done { instructions: 0 })
        }
        Request::Reset => {
            session.reset();
            Ok(Response::Ready)
        }
        Request::Info => Ok(Response::Info(info(session.model()))),
        Request::Verdict { head, .. } => verdict(&session, head, &mut scores),
        _ => Err(LinkError::NotARequest),
    };
    let waits = session.is_pending();
    drop(session);
    if waits {
        terminal.begun.signal(());
        terminal.done.wait().await;
    }
    port.answer(&begun.unwrap_or_else(Response::Error)).await
}

fn info(model: &Model<'static>) -> Info<'static> {
    Info {
        link: link::VERSION,
        board: "lm3s6965evb",
        arena: ARENA_LEN as u32,
        inbox: MAX_CHUNK as u32,
        model: Ok(ModelInfo {
            name: model.name(),
            version: model.header().model_version,
            digest: model.digest(),
            arena: model.header().arena_len,
            inputs: model.inputs().count() as u8,
            heads: model.heads().count() as u8,
        }),
    }
}

/// The verdict of a head; its scores cross the link as unsigned bytes.
fn verdict<'s>(
    session: &Session<'_, '_>,
    head: u8,
    scores: &'s mut [u8; MAX_SCORES],
) -> Result<Response<'s>, LinkError> {
    let verdict = session.verdict(head.into()).ok_or(LinkError::NotRun)?;
    for (place, &stored) in scores.iter_mut().zip(verdict.scores) {
        *place = stored.cast_unsigned() ^ 0x80;
    }
    Ok(Response::Verdict {
        class: verdict.class,
        score: verdict.score,
        defer: verdict.defer,
        classes: verdict.scores.len() as u16,
        scores: scores.get(..verdict.scores.len()).unwrap_or(&[]),
    })
}

fn stop(why: &dyn Display) -> ! {
    eprintln!("{why}");
    process::exit(1)
}
