//! The smallest program: a record, a model, a verdict. Plain `riscv-rt` on QEMU's riscv32 virt.
//!
//! ```text
//! cargo run --release
//! ```
//!
//! prints the verdict and ends QEMU. Three things make a Tillsense program:
//!
//! - the **model file**, in flash. `include_model!` aligns it as the kernels need it, whatever else is linked, and a file that is no
//!   model of this version does not compile. This one answers whether a payment should be reviewed; it is a few kilobytes that
//!   know nothing of real payments (`tillsense inspect model.till` shows what is in it).
//! - the **arena**, in RAM: all memory that a session ever takes. `tillsense inspect` says how many bytes a model needs; one too small
//!   is refused when the session is made, not later.
//! - the **session**, which takes inputs, runs, and answers. Whatever it is given, it neither panics nor allocates, and what it refuses
//!   it says in words.

#![no_std]
#![no_main]

mod sample;

use core::fmt::Display;

use riscv_rt::entry;
use semihosting::{println, process};
use tillsense_core::{Arena, Model, Session, include_model};

static FILE: &[u8] = include_model!("../model.till");

/// Bytes of RAM that the model needs: `tillsense inspect model.till` tells them.
const ARENA_LEN: usize = 24;

#[entry]
fn main() -> ! {
    // Every byte of the file is checked once, here; what follows needs no check.
    let model = Model::load(FILE).unwrap_or_else(|error| stop(&error));
    // `main` never returns, so what lies on its stack lives as long as a static.
    let mut arena = Arena::<ARENA_LEN>::new();
    let session = Session::new(model, arena.as_mut_slice());
    let mut session = session.unwrap_or_else(|error| stop(&error));

    let payment = model.input_named("payment").unwrap_or_default();
    let pushed = session.push_named(payment, &sample::PAYMENT);
    pushed.unwrap_or_else(|error| stop(&error));
    session.run();

    match session.verdict(0) {
        Some(verdict) if verdict.defer => println!("ask a person: {:?}", verdict.scores),
        Some(verdict) => println!("advice: {} {:?}", verdict.name(), verdict.scores),
        None => stop(&"the model has no head"),
    }
    process::exit(0)
}

/// Says why the program cannot go on, and ends QEMU. A terminal would go on without advice.
fn stop(why: &dyn Display) -> ! {
    println!("{why}");
    process::exit(1)
}
