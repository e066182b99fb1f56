//! What the tensors of a network hold while the model that was made of it runs on this machine: to find the first operator whose values
//! are not those of somebody else's run.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use tillsense_core::engine::{Model, Probe, RefusedInput, Session, Stage};
use tillsense_core::model::records::{Op, Span};
use tillsense_core::model::regions::{self, Access};

use super::ends::Ends;
use super::net::{Net, TensorId};
use super::{edges, fold, lower, tflite};
use crate::aligned::Aligned;
use crate::lower::Lowered;
use crate::lower::file::assemble;
use crate::run;
use crate::run::sample::{Sample, push};
use crate::target::ExportOptions;

/// The first result of an operator, and what it held in each sample.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The operator's number.
    pub number: usize,
    /// The operator's name.
    pub name: String,
    /// The number of the tensor.
    pub tensor: usize,
    /// The name of the tensor in the file.
    pub tensor_name: String,
    /// The tensor's shape.
    pub shape: Vec<usize>,
    /// Its stored values, a sample after the other; `None` where no op writes this tensor by itself.
    pub values: Option<Vec<i8>>,
}

/// Runs samples on a network without any packing, so that as few operators as can be are fused, and keeps what each operator leaves.
pub fn trace(bytes: &[u8], ends: &Ends, samples: &[Sample<'_>]) -> Result<Vec<Traced>> {
    let read = tflite::read(bytes)?;
    let folded = fold::fold(&read);
    let mut net = folded.put(read.clone());
    edges::cut_off(&mut net);
    let lowered = lower::lower(&net, "trace", &ExportOptions::GENERIC, ends)?;
    let file = Aligned::from(assemble(&lowered).as_slice());
    let model = run::load(&file)?;
    let mut traced = traced(&net);
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut recorder = Recorder {
        places: places(&net, &lowered, &model),
        values: HashMap::new(),
    };
    let mut session = Session::with_probe(model, &mut arena, &mut recorder)
        .map_err(|error| anyhow!("{error}"))?;
    for sample in samples {
        session.reset();
        for (input, raw) in sample.inputs.iter().enumerate() {
            push(&mut session, input, raw)
                .map_err(|error| anyhow!("{}", RefusedInput::new(model, input, error)))?;
        }
        session.run();
    }
    for one in &mut traced {
        one.values = recorder.values.remove(&one.tensor);
    }
    Ok(traced)
}

/// The first results of all operators, without values.
fn traced(net: &Net<'_>) -> Vec<Traced> {
    let operators = net.operators.iter();
    let traced = operators.filter_map(|operator| {
        let &tensor = operator.outputs.first()?;
        Some(Traced {
            number: operator.number,
            name: operator.op.name().to_owned(),
            tensor,
            tensor_name: net.tensors[tensor].name.clone(),
            shape: net.tensors[tensor].shape.clone(),
            values: None,
        })
    });
    traced.collect()
}

/// Which tensor lies where in the arena once an op has run, by the offset of the op's record.
fn places(net: &Net<'_>, lowered: &Lowered, model: &Model<'_>) -> HashMap<u32, (TensorId, Span)> {
    let inputs = model.inputs().flat_map(|input| [input.step, input.finish]);
    let parts = inputs.chain([model.trunk()]);
    let ops = parts.flat_map(|part| model.ops(part).collect::<Vec<_>>());
    let mut last: HashMap<TensorId, (u32, Span)> = HashMap::new();
    for ((at, op), (number, _)) in ops.zip(&lowered.origins) {
        let operator = net.operators.iter().find(|o| o.number == *number);
        let Some(&tensor) = operator.and_then(|operator| operator.outputs.first()) else {
            continue;
        };
        let span = result(&op);
        // Of several ops of one operator, the last one that leaves as many values as the tensor has.
        if net.tensors[tensor].len() == Some(span.len as usize) {
            last.insert(tensor, (at, span));
        }
    }
    let places = last.into_iter();
    places
        .map(|(tensor, (at, span))| (at, (tensor, span)))
        .collect()
}

/// Where an op leaves its result.
fn result(op: &Op) -> Span {
    let mut result = Span::default();
    regions::of_op(op, &mut |region, access, _| {
        if matches!(access, Access::Write | Access::InPlace) {
            result = region.span();
        }
    });
    result
}

/// Keeps the tensors that ops leave.
struct Recorder {
    places: HashMap<u32, (TensorId, Span)>,
    values: HashMap<TensorId, Vec<i8>>,
}

impl Probe for &mut Recorder {
    fn begin(&mut self, _: &[u8]) {}

    fn end(&mut self, stage: Stage, arena: &[u8]) {
        let Stage::Op(at) = stage else { return };
        let Some((tensor, span)) = self.places.get(&at) else {
            return;
        };
        let start = span.offset as usize;
        let bytes = arena.get(start..start + span.len as usize);
        let stored = bytes.into_iter().flatten().map(|byte| byte.cast_signed());
        self.values.entry(*tensor).or_default().extend(stored);
    }
}
