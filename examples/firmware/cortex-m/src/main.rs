//! A main loop that keeps its watchdog and its keypad while a model runs. Plain `cortex-m-rt` on a Cortex-M4 (Arm MPS2 AN386).
//!
//! ```text
//! cargo run --release                        # steps: exit code 0
//! cargo run --release --features at-once     # everything at once: the watchdog barks, exit code 1
//! ```
//!
//! A session that is *pushed* and *run* computes until it is done. Here it is *begun*, which does the frontend's work only, and
//! then *stepped*: [`Session::step`] runs at most so many ops and returns, and between two steps the loop does what a terminal has to
//! do: it feeds the watchdog, and looks whether the customer has pressed a key. How long a step takes is the longest op's time, which
//! `tillsense bench model model.till --board mps2-an386` shows; where ops differ much, [`Session::step_within`] runs several small ones
//! in a step.
//!
//! An interrupt (SysTick, which stands for the timer that scans a keypad) sets a flag and nothing else: no call of this library belongs
//! in a handler, because the session is the main loop's, and a step takes longer than a handler may.
//!
//! QEMU runs an instruction in a nanosecond, so times are a tenth or less of what a real Cortex-M4 takes.

#![no_std]
#![no_main]

mod sample;
mod watchdog;

use core::fmt::Display;
use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{entry, exception};
use semihosting::{println, process};
use tillsense_core::{Arena, Model, Progress, Session, include_model};
use watchdog::Watchdog;

static FILE: &[u8] = include_model!("../model.till");
/// Bytes of RAM that the model needs: `tillsense inspect model.till` tells them.
const ARENA_LEN: usize = 240;

/// Cycles of the 25 MHz clock between two scans of the keypad: 10 microseconds.
const SCAN: u32 = 250;
/// Cycles that the watchdog waits: half as long again as the longest step takes, and shorter than the run takes at once.
const PATIENCE: u32 = 600;

/// Set by the keypad's scan, taken by the main loop.
static KEY: AtomicBool = AtomicBool::new(false);

#[entry]
fn main() -> ! {
    let Some(mut core) = cortex_m::Peripherals::take() else {
        stop(&"main has begun twice")
    };
    core.SYST.set_clock_source(SystClkSource::Core);
    core.SYST.set_reload(SCAN - 1);
    core.SYST.enable_counter();
    core.SYST.enable_interrupt();

    let model = Model::load(FILE).unwrap_or_else(|error| stop(&error));
    let Some(arena) = cortex_m::singleton!(: Arena<ARENA_LEN> = Arena::new()) else {
        stop(&"the arena is taken")
    };
    let session = Session::new(model, arena.as_mut_slice());
    let mut session = session.unwrap_or_else(|error| stop(&error));
    let input = |name: &str| match model.input_named(name) {
        Some(number) => number,
        None => stop(&"the model has other inputs"),
    };
    let (request, payment) = (input("request"), input("payment"));

    let mut terminal = Terminal {
        watchdog: Watchdog::start(PATIENCE),
        looks: 0,
        keys: 0,
    };
    let begun = session.begin_text(request, sample::REQUEST);
    begun.unwrap_or_else(|error| stop(&error));
    terminal.work(&mut session);
    let begun = session.begin_named(payment, &sample::PAYMENT);
    begun.unwrap_or_else(|error| stop(&error));
    terminal.work(&mut session);
    session.begin_run();
    terminal.work(&mut session);
    terminal.watchdog.stop();

    for (number, head) in model.heads().enumerate() {
        if let Some(verdict) = session.verdict(number) {
            let (name, scores) = (verdict.name(), verdict.scores);
            println!("{}: {name} {scores:?}", head.name);
        }
    }
    println!(
        "looked up {} times, saw {} keys",
        terminal.looks, terminal.keys
    );
    process::exit(0)
}

/// What the loop keeps beside the session.
struct Terminal {
    watchdog: Watchdog,
    looks: u32,
    keys: u32,
}

impl Terminal {
    /// Does what waits, one op at a time, and looks up after each.
    fn work(&mut self, session: &mut Session<'_, '_>) {
        let ops = if cfg!(feature = "at-once") {
            usize::MAX
        } else {
            1
        };
        let mut progress = Progress::Pending;
        while progress == Progress::Pending {
            progress = session.step(ops);
            self.watchdog.feed();
            self.looks += 1;
            if KEY.swap(false, Ordering::Relaxed) {
                // A terminal would handle the key here; `session.reset()` is how a customer cancels.
                self.keys += 1;
            }
        }
    }
}

/// The keypad's scan: every third one finds a key pressed.
#[exception]
fn SysTick() {
    static mut SCANS: u32 = 0;
    *SCANS = SCANS.wrapping_add(1);
    if SCANS.is_multiple_of(3) {
        KEY.store(true, Ordering::Relaxed);
    }
}

/// The watchdog barks before it bites, by the interrupt that nothing masks.
#[exception]
unsafe fn NonMaskableInt() -> ! {
    stop(&"the watchdog barks: nobody has fed it in time")
}

fn stop(why: &dyn Display) -> ! {
    println!("{why}");
    process::exit(1)
}
