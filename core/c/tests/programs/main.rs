//! Programs in C against the library: their answers are those of Rust, and all that is wrong is refused.
//!
//! They are compiled as C99 without a warning; on this machine they run with the sanitisers of addresses and undefined behaviour, and
//! in QEMU on a Cortex-M4 and an RV32.

#[path = "../../../tests/support/mod.rs"]
mod support;

mod build;
mod images;
mod samples;

use build::{ARM, HOST, Library, Machine, Program, RISCV};

/// Machines of QEMU, and the library's target for each.
const BOARDS: [(Machine, &str); 2] = [
    (ARM, "thumbv7em-none-eabi"),
    (RISCV, "riscv32imac-unknown-none-elf"),
];

#[test]
fn the_header_is_one_for_cpp() {
    build::syntax("g++", &["-x", "c++", "-std=c++11"]);
    build::syntax("gcc", &["-x", "c", "-std=c99"]);
    build::syntax("gcc", &["-x", "c", "-std=c11"]);
}

#[test]
fn verdicts_are_those_of_rust() {
    everywhere("verdicts", "as in Rust\n");
}

#[test]
fn all_that_is_wrong_is_refused_and_nothing_is_lost() {
    everywhere("refusals", "all refused\n");
}

#[test]
fn every_null_pointer_is_refused() {
    everywhere("nulls", "all null\n");
}

#[test]
fn calls_take_no_more_stack_than_the_header_says() {
    for (machine, triple) in BOARDS {
        let said = Program::of("stack", &machine, &Library::of(triple)).run();
        assert_eq!(said, "within\n", "{machine:?}");
    }
}

/// Runs a program on this machine, a Cortex-M4 and an RV32.
fn everywhere(name: &str, expected: &str) {
    let said = Program::of(name, &HOST, &Library::whole()).run();
    assert_eq!(said, expected);
    for (machine, triple) in BOARDS {
        let said = Program::of(name, &machine, &Library::of(triple)).run();
        assert_eq!(said, expected, "{machine:?}");
    }
}

#[test]
fn a_part_that_was_left_out_is_named() {
    let said = Program::of("left_out", &HOST, &Library::without("softmax")).run();
    assert_eq!(said, "says softmax\n");
}
