//! Networks that somebody else has trained and quantised, on their way to a model file.
//!
//! - [`tflite`]: reads a file of TensorFlow Lite; another format is another reader beside it;
//! - [`net`]: what a file says, whatever its format;
//! - `integers`, `fold`: tensors of shapes, axes and indices, and the arithmetic of them that a converter leaves;
//! - `edges`: the ends of a network become int8;
//! - `prune`: channels that are always the same, or that nobody reads, are taken out; `macs` says what that saves;
//! - [`lower`]: from there to the records of networks trained here, so that everything behind (planning, packing, the file, what it
//!   costs) is theirs too.

mod edges;
pub mod error;
mod fold;
mod integers;
pub mod lower;
mod macs;
pub mod net;
pub mod prune;
pub mod tflite;

use anyhow::{Context, Result};
pub use error::ImportError;
use serde::Serialize;

use self::net::{Net, Operator};
use crate::aligned::Aligned;
use crate::lower::Lowered;
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
    /// Products of values and weights that the network's file asks for, for one inference.
    pub macs_before: u64,
    /// The same without channels that are always the same, and without those that nobody reads.
    pub macs_after: u64,
}

/// What became of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// Its number in the file.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// The shape of its first output.
    pub shape: String,
    /// The op that it became; `None` where its values stay where they are, or another op computes it too.
    pub became: Option<&'static str>,
}

/// Makes a model file of a network's file.
pub fn import(bytes: &[u8], name: &str, aim: &ExportOptions) -> Result<Imported> {
    let net = tflite::read(bytes)?;
    let folded = fold::fold(&net);
    let mut net = folded.put(net);
    edges::cut_off(&mut net);
    let (operators, macs_before) = (net.operators.clone(), macs::macs(&net));
    let pruned = prune::prune(&net);
    let net = pruned.apply(net);
    let lowered = lower::lower(&net, name, aim)?;
    let file = assemble(&lowered);
    run::load(&Aligned::from(file.as_slice())).context("the model file made of it is refused")?;
    let fates = operators
        .iter()
        .map(|operator| fate(&net, operator, &lowered));
    Ok(Imported {
        fates: fates.collect(),
        file,
        macs_before,
        macs_after: macs::macs(&net),
    })
}

fn fate(net: &Net<'_>, operator: &Operator, lowered: &Lowered) -> Fate {
    let shape = operator
        .outputs
        .first()
        .map(|&output| &net.tensors[output].shape);
    let sides = shape.map(|shape| {
        shape
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(" x ")
    });
    let became = lowered
        .origins
        .iter()
        .find(|(number, _)| *number == operator.number);
    Fate {
        number: operator.number,
        name: operator.op.name().to_owned(),
        shape: sides.unwrap_or_default(),
        became: became.map(|(_, op)| *op),
    }
}
