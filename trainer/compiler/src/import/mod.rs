//! Networks that somebody else has trained and quantised, on their way to a model file.
//!
//! - [`tflite`]: reads a file of TensorFlow Lite; another format is another reader beside it;
//! - [`net`]: what a file says, whatever its format;
//! - `integers`, `fold`: tensors of shapes, axes and indices, and the arithmetic of them that a converter leaves; `shapes`: those of results
//!   where a batch is open;
//! - `dilated`: dilated convolutions that a file writes as three operators;
//! - `edges`: the ends of a network become int8; [`ends`]: what a person says about them;
//! - `prune`: channels that are always the same, or that nobody reads, are taken out;
//! - [`lower`]: from there to the records of networks trained here, so that everything behind (planning, packing, the file, what it
//!   costs) is theirs too;
//! - `fates`: what became of each operator; `trace`: what each operator's tensor holds while the model runs.

mod dilated;
mod edges;
pub mod ends;
pub mod error;
mod fates;
mod fold;
mod integers;
pub mod lower;
mod macs;
pub mod net;
pub mod prune;
mod shapes;
pub mod tflite;
mod trace;

use anyhow::{Context, Result};
pub use error::ImportError;
pub use fates::{Fate, What};
pub use trace::{Traced, trace};

use self::ends::Ends;
use crate::aligned::Aligned;
use crate::lower::file::assemble;
use crate::run;
use crate::target::ExportOptions;

/// Bytes of the largest file that is read.
pub const MOST_FILE: u64 = 256 << 20;

/// A model file made of a network.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model file, checked by loading it.
    pub file: Vec<u8>,
    /// What became of each operator.
    pub fates: Vec<Fate>,
}

/// Makes a model file of a network's file.
pub fn import(bytes: &[u8], name: &str, aim: &ExportOptions) -> Result<Imported> {
    import_with(bytes, name, aim, &Ends::default())
}

/// As [`import`], with what is said about the network's ends.
pub fn import_with(bytes: &[u8], name: &str, aim: &ExportOptions, ends: &Ends) -> Result<Imported> {
    let read = tflite::read(bytes)?;
    let folded = fold::fold(&read);
    let read = folded.shaped(read);
    let shaped = folded.put(read.clone());
    let dilated = dilated::find(&shaped);
    let mut net = dilated.put(shaped);
    let handed = edges::cut_off(&mut net);
    let pruned = prune::prune(&net);
    let net = pruned.apply(net);
    let lowered = lower::lower(&net, name, aim, ends)?;
    let file = assemble(&lowered);
    run::load(&Aligned::from(file.as_slice())).context("the model file made of it is refused")?;
    Ok(Imported {
        fates: fates::fates(&read, &net, &lowered, (&handed, &pruned)),
        file,
    })
}

/// Whether bytes are those of a network's file, by the mark in them.
pub fn is_network(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"TFL3")
}
