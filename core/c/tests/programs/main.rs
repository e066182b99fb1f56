//! Programs in C against the library of this machine: their answers are those of Rust, and all that is wrong is refused.
//!
//! They are compiled as C99 without a warning, and run with the address and undefined behaviour sanitisers.

#[path = "../../../tests/support/mod.rs"]
mod support;

mod build;
mod images;
mod samples;

use build::{Library, Program};

#[test]
fn the_header_is_one_for_cpp() {
    build::syntax("g++", &["-x", "c++", "-std=c++11"]);
    build::syntax("gcc", &["-x", "c", "-std=c99"]);
    build::syntax("gcc", &["-x", "c", "-std=c11"]);
}

#[test]
fn verdicts_are_those_of_rust() {
    let said = Program::of("verdicts", &Library::whole()).run();
    assert_eq!(said, "as in Rust\n");
}

#[test]
fn all_that_is_wrong_is_refused_and_nothing_is_lost() {
    let said = Program::of("refusals", &Library::whole()).run();
    assert_eq!(said, "all refused\n");
}

#[test]
fn a_part_that_was_left_out_is_named() {
    let said = Program::of("left_out", &Library::without("softmax")).run();
    assert_eq!(said, "says softmax\n");
}
