//! Sound from an interrupt to a verdict, with RTIC 2 on a Cortex-M3 (TI LM3S6965).
//!
//! ```text
//! cargo run --release                        # nothing is lost
//! cargo run --release --features held-up     # something else takes the processor for a while: samples are lost, and counted
//! ```
//!
//! A timer's interrupt (SysTick, where a codec's or a DMA's would be) is the producer: it puts each sample into a single-producer,
//! single-consumer queue, which needs no lock, and does nothing else. The idle task is the consumer: it takes samples with
//! [`Session::begin_audio_from`] until they make a step of the encoder whole, then runs the encoder's ops one by one. While it
//! computes, samples wait in the queue; `QUEUE_LEN` is how many may come in the time of the longest op. What does not fit is an
//! overrun: it is counted, because a model that hears a cut clip answers something, and only this program knows that it was cut.
//!
//! What the queue has accepted is never lost: `begin_audio_from` takes no sample that it does not hear.
//!
//! The verdict's bytes are those of the same clip on any other machine, whenever the samples came.

#![no_std]
#![no_main]

mod clip;

use core::fmt::Display;

use semihosting::{println, process};

/// Samples that may wait, and one place that a ring needs to tell full from empty.
const QUEUE_LEN: usize = 64;

#[rtic::app(device = lm3s6965)]
mod app {
    use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use cortex_m::peripheral::syst::SystClkSource;
    use heapless::spsc::{Consumer, Producer, Queue};
    use semihosting::println;
    use tillsense_core::{Arena, Model, Progress, Session, include_model};

    use super::{QUEUE_LEN, clip::Clip, finish, stop};

    static FILE: &[u8] = include_model!("../model.till");
    /// Bytes of RAM that the model needs: `tillsense inspect model.till` tells them.
    const ARENA_LEN: usize = 912;

    /// Cycles between two samples. QEMU runs an instruction in a nanosecond, so this leaves some 900 instructions for each, a seventh of
    /// what 8 kHz leave at 50 MHz.
    const PERIOD: u32 = 24;
    /// With the feature `held-up`: the samples after which something else is done, and the instructions that this takes.
    const HELD_UP_AFTER: usize = 1500;
    const HELD_UP_FOR: u32 = 500_000;

    /// Samples that found no place in the queue, and the number of the first of them.
    static LOST: AtomicU32 = AtomicU32::new(0);
    static FIRST_LOST: AtomicU32 = AtomicU32::new(0);
    /// The microphone has said all it has to say.
    static ENDED: AtomicBool = AtomicBool::new(false);

    #[shared]
    struct Shared {}

    #[local]
    struct Local {
        microphone: Clip,
        number: u32,
        producer: Producer<'static, i16>,
        consumer: Consumer<'static, i16>,
        session: Session<'static, 'static>,
        input: usize,
    }

    #[init(local = [
        queue: Queue<i16, QUEUE_LEN> = Queue::new(),
        arena: Arena<ARENA_LEN> = Arena::new(),
    ])]
    fn init(cx: init::Context) -> (Shared, Local) {
        let model = Model::load(FILE).unwrap_or_else(|error| stop(&error));
        let session = Session::new(model, cx.local.arena.as_mut_slice());
        let session = session.unwrap_or_else(|error| stop(&error));
        let Some(input) = model.input_named("microphone") else {
            stop(&"the model has no microphone")
        };
        let (producer, consumer) = cx.local.queue.split();
        let mut timer = cx.core.SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(PERIOD - 1);
        timer.clear_current();
        timer.enable_counter();
        timer.enable_interrupt();
        let local = Local {
            microphone: Clip::new(),
            number: 0,
            producer,
            consumer,
            session,
            input,
        };
        (Shared {}, local)
    }

    /// The producer: one sample an interrupt, and not a call of the session.
    #[task(binds = SysTick, priority = 1, local = [microphone, number, producer])]
    fn sample(cx: sample::Context) {
        let Some(sample) = cx.local.microphone.next() else {
            ENDED.store(true, Ordering::Release);
            return;
        };
        let has_room = cx.local.producer.enqueue(sample).is_ok();
        if !has_room && LOST.fetch_add(1, Ordering::Relaxed) == 0 {
            FIRST_LOST.store(*cx.local.number, Ordering::Relaxed);
        }
        *cx.local.number += 1;
    }

    /// The consumer, which every interrupt may stop at any place.
    #[idle(local = [consumer, session, input])]
    fn idle(cx: idle::Context) -> ! {
        let session = cx.local.session;
        let (mut heard, mut held_up) = (0, false);
        loop {
            // Asked for before the queue is looked into: nothing comes behind it.
            let ended = ENDED.load(Ordering::Acquire);
            let taken = session.begin_audio_from(*cx.local.input, || cx.local.consumer.dequeue());
            let taken = taken.unwrap_or_else(|error| stop(&error));
            heard += taken;
            if taken == 0 && ended {
                break;
            }
            while session.step(1) == Progress::Pending {
                // Between two ops there is time for whatever else is due.
            }
            if cfg!(feature = "held-up") && !held_up && heard > HELD_UP_AFTER {
                held_up = true;
                cortex_m::asm::delay(HELD_UP_FOR);
            }
        }
        session.run();
        let lost = LOST.load(Ordering::Relaxed);
        let first = FIRST_LOST.load(Ordering::Relaxed);
        println!("heard {heard}, lost {lost} from number {first} on");
        finish(session.verdict(0))
    }
}

/// Prints the verdict and ends QEMU.
fn finish(verdict: Option<tillsense_core::Verdict<'_>>) -> ! {
    let Some(verdict) = verdict else {
        stop(&"the model has no head")
    };
    println!("sound: {} {:?}", verdict.name(), verdict.scores);
    process::exit(0)
}

fn stop(why: &dyn Display) -> ! {
    println!("{why}");
    process::exit(1)
}
