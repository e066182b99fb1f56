//! The model file: records, weights and seal, put together.
//!
//! The format is described in `docs/MODEL-FORMAT.md`; its reader is `core`.

use std::fmt;

use anyhow::{Result, anyhow};
use serde::Serialize;
use tillsense_core::model::header::{DIGEST_LEN, HEADER_LEN, Header, SIGNATURE_LEN};
use tillsense_core::model::records::{Answer, Body, Head, Input, Op, Span};
use tillsense_core::model::{digest, interface};

use super::{Lowered, LoweredAnswer, lower};
use crate::aligned::Aligned;
use crate::frontend::Frontend;
use crate::network::graph::{Graph, Trained};
use crate::run;
use crate::target::ExportOptions;

/// Lowers trained numbers to the bytes of a model file, and checks them by loading them.
pub fn make(
    graph: &Graph,
    trained: &Trained,
    frontends: &[Frontend],
    model_version: u64,
    aim: &ExportOptions,
) -> Result<Vec<u8>> {
    let lowered = lower(graph, trained, frontends, aim);
    let mut lowered = lowered.map_err(|error| anyhow!("{}: {error}", graph.name))?;
    lowered.model_version = model_version;
    let file = assemble(&lowered);
    run::load(&Aligned::from(file.as_slice()))?;
    Ok(file)
}

/// The bytes of a model file.
pub fn assemble(lowered: &Lowered) -> Vec<u8> {
    let (body, interface) = body(lowered);
    let header = Header {
        model_version: lowered.model_version,
        body_len: 0,
        weights_offset: 0,
        weights_len: 0,
        arena_len: lowered.arena_len,
        persistent_len: lowered.persistent_len,
        max_input: lowered.max_input,
    }
    .with_lengths(body.len() as u32, lowered.weights.len() as u32);
    let mut file = Vec::with_capacity(header.total_len());
    file.extend(header.emit(&interface));
    debug_assert_eq!(file.len(), HEADER_LEN);
    file.extend(body);
    file.resize(header.weights_offset as usize, 0);
    file.extend(&lowered.weights);
    file.resize(header.digest_offset(), 0);
    let seal = digest(&file);
    file.extend(seal);
    file.extend([0; SIGNATURE_LEN]);
    file
}

/// The body, and the digest of its interface.
fn body(lowered: &Lowered) -> (Vec<u8>, [u8; DIGEST_LEN]) {
    let mut ops = Vec::new();
    let mut inputs = Vec::new();
    for input in &lowered.inputs {
        let (step, finish) = (add(&mut ops, &input.step), add(&mut ops, &input.finish));
        inputs.extend(record(&Input {
            name: &input.name,
            source: input.source,
            step,
            finish,
            encoding: input.encoding,
            absent: input.absent,
        }));
    }
    let trunk = add(&mut ops, &lowered.trunk);
    let mut heads = Vec::new();
    for head in &lowered.heads {
        let names;
        let answer = match &head.answer {
            LoweredAnswer::Classes {
                classes,
                defer_below,
            } => {
                names = classes.join("\n");
                Answer::Classes {
                    names: &names,
                    defer_below: *defer_below,
                }
            }
            &LoweredAnswer::Tensor(scale) => Answer::Tensor { scale },
        };
        heads.extend(record(&Head {
            name: &head.name,
            answer,
            scores: head.scores,
        }));
    }
    let body = Body {
        name: &lowered.name,
        input_count: lowered.inputs.len() as u8,
        head_count: lowered.heads.len() as u8,
        inputs: &inputs,
        fields: &lowered.fields,
        ops: &ops,
        trunk,
        heads: &heads,
        target: lowered.aim.target.name(),
        flash_growth: lowered.aim.flash_growth,
    };
    (record(&body), interface::digest(&body))
}

/// Adds a part of the plan to the op section; answers where it lies.
fn add(section: &mut Vec<u8>, part: &[Op]) -> Span {
    let offset = section.len();
    section.extend(part.iter().flat_map(record));
    Span {
        offset: offset as u32,
        len: (section.len() - offset) as u32,
    }
}

fn record<T: Serialize + fmt::Debug>(record: &T) -> Vec<u8> {
    // Plain data into memory that grows: nothing in this can fail.
    postcard::to_allocvec(record).unwrap_or_else(|error| panic!("{record:?}: {error}"))
}
