//! Pushes tensors by name and prints those that come back.
#![deny(warnings, missing_docs)]

mod bindings;

use bindings::{ARENA_LEN, Session, heads, inputs};
use tillsense_core::{Arena, include_model};

static MODEL: &[u8] = bindings::checked(include_model!("model.till"));

fn values<const N: usize>() -> [i8; N] {
    core::array::from_fn(|i| (i * 11) as u8 as i8)
}

fn main() {
    let mut arena = Arena::<ARENA_LEN>::new();
    let mut session = Session::open(MODEL, arena.as_mut_slice()).unwrap();
    assert_eq!(session.output0(), None);
    session.push_x1(&values()).unwrap();
    session.push_x0(&values::<{ inputs::x0::LEN }>()).unwrap();
    session.push_x2(&values()).unwrap();
    session.run();
    let first: &[i8; heads::output0::LEN] = session.output0().unwrap();
    println!("{first:?}");
    println!("{:?}", session.identity_1().unwrap());
    println!("{:?}", session.identity_2().unwrap());
}
