//! Fixed-point multimodal inference for payment terminals: the same answers on a desktop, Arm Cortex-M and RISC-V, byte for byte.
//!
//! # What an application needs
//!
//! [`include_model!`] makes a model file part of the program, at an address that suits it. [`Model::load`] checks a file once and says
//! in words what is wrong with one ([`LoadError`]). A [`Session`] on an [`Arena`] takes pictures, sound, texts, records ([`Value`])
//! and plain tensors, runs, and answers each head with a [`Verdict`] or a tensor: at once, or [op by op](Session::step) between
//! other things that a main loop does. [`link`] has the messages between a terminal and a host. These names at the root are the
//! documented way; `examples/one_layer.rs` and `examples/four_inputs.rs` show them.
//!
//! Modules for host tools, such as `ops`, `num` and `pack`, are public and hidden here: exporter, trainer, boards and tests use
//! them across crates, and a feature would have them compiled a second time for every build that mixes both.
//!
//! # Layers, in the order in which data flow
//!
//! - [`model`]: the file: header, records, seal, and the digest of what an application relies on. [`engine::Model`] checks one once; after
//!   that nothing can fail.
//! - [`frontend`]: pixels, samples, text, records to int8 features or ids; tensors as they are.
//! - [`engine::Session`]: takes inputs in any order, any of them absent, runs encoders, fusion and heads, answers verdicts and tensors.
//! - [`ops`]: the operations, each with its equation, its check and an oracle in `parity`. `kernels` is the place for
//!   versions for one instruction set; the portable code defines the result.
//! - [`num`], [`window`], [`tensor`], [`arena`]: rounding rules and tables, kernel geometry, views of constants, the one buffer.
//! - [`size`]: every length that follows from numbers in a file, checked, and the format's limits.
//! - [`parts`]: families of ops, frontends and kinds of answers that a build can leave out.
//! - [`link`]: messages between a host and a terminal.
//!
//! The file format has a version of its own, [`model::header::FORMAT`]; a file of another one is refused by its header.
//!
//! # Numeric contract, version 2
//!
//! int8 activations with scale and zero point, int8 weights in [-128, 127] with a scale for each output channel, int32 biases and
//! sums, a Q31 multiplier and a shift with one of two rounding rules, a field of each record ([`num::nearest`], [`num::tflite`]).
//! Fully connected layers, embeddings and bags may have weights of four bits, see [`ops::int4`]; a table's rows then have a
//! multiplier each.
//! Recurrent cells: int16 pre-activations (Q3.12), int16 states, an int8 copy of the hidden state for the matrix product. No float
//! between input bytes and scores; instruction counts depend on shapes and lengths, not on the values of pixels, samples or weights.
//! They do depend on the characters of a text (by up to 6.4 % where they are not of one class of ASCII) and on which values of a
//! record are missing (by up to 2.2 %).
//!
//! Version 2 reads canonically equivalent texts alike, see [`frontend::text`]. What differs from version 1 is the ids of texts
//! beyond ASCII, and nothing else.
//!
//! # Example
//!
//! ```
//! use tillsense_core::{Arena, Model, Session};
//!
//! static FLASH: &[u8] = b"not a model";
//! let mut arena = Arena::<1024>::new();
//! match Model::load(FLASH) {
//!     Ok(model) => {
//!         let mut session = Session::new(model, arena.as_mut_slice()).expect("the arena is large enough");
//!         session.push_text(0, b"my card has not arrived").expect("input 0 takes a text");
//!         session.run();
//!         println!("{:?}", session.verdict(0));
//!     }
//!     Err(error) => println!("refused: {error}"),
//! }
//! ```
//!
//! # Features
//!
//! Each [part](parts) is a feature, on by default: an image holds what its models use, and refuses models that use more.
//! `parity` adds the parity suite, and trials of single ops for measuring; `embedded-io` and `embedded-io-async` add ports that carry the
//! messages of [`link`] over serial ports. No feature changes a number. MSRV: 1.95.

#![cfg_attr(not(test), no_std)]
// docs.rs then says which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![deny(clippy::float_arithmetic)]

#[cfg(target_endian = "big")]
compile_error!("model files hold little-endian weights that are used in place");

pub mod arena;
mod cobs;
pub mod engine;
pub mod frontend;
mod kernels;
pub mod link;
pub mod model;
#[doc(hidden)]
pub mod num;
#[doc(hidden)]
pub mod ops;
#[doc(hidden)]
pub mod pack;
#[cfg(feature = "parity")]
#[doc(hidden)]
pub mod parity;
pub mod parts;
#[doc(hidden)]
pub mod size;
#[doc(hidden)]
pub mod tensor;
#[cfg(feature = "parity")]
#[doc(hidden)]
pub mod trial;
#[doc(hidden)]
pub mod window;

pub use arena::Arena;
pub use engine::{
    ArenaError, HeadError, InputError, LoadError, Model, NoProbe, OpRefusal, Probe, Progress,
    PushError, RefusedInput, Session, Stage, Verdict,
};
pub use frontend::record::Value;
pub use parts::Part;

/// The example of the package's README, compiled and run with the other examples of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
