//! Batches in real numbers, made of samples as the core's frontends make them.

use std::fmt;

use tillsense_compiler::network::Plan;
use tillsense_compiler::network::graph::{NodeOp, Quant};

use crate::data::{FeatureSample, Piece};
use crate::learn::net::{Batch, BatchData, BatchInput};

/// A sample that does not fit its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    /// Number of the sample in its set, or in the slice given.
    pub sample: usize,
    /// The problem, for a person to read.
    pub problem: String,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sample {}: {}", self.sample, self.problem)
    }
}

impl std::error::Error for DataError {}

/// Collates samples into a batch; labels are checked against the heads.
pub(super) fn collate(plan: &Plan, samples: &[FeatureSample]) -> Result<Batch, DataError> {
    for (number, sample) in samples.iter().enumerate() {
        check(plan, sample).map_err(|problem| DataError {
            sample: number,
            problem,
        })?;
    }
    let inputs = (0..plan.graph.inputs.len())
        .map(|i| input(plan, i, samples))
        .collect::<Result<_, _>>()?;
    Ok(Batch {
        size: samples.len(),
        inputs,
    })
}

fn check(plan: &Plan, sample: &FeatureSample) -> Result<(), String> {
    let (inputs, heads) = (plan.graph.inputs.len(), plan.graph.heads.len());
    if sample.inputs.len() != inputs || sample.labels.len() != heads {
        return Err(format!(
            "has {} inputs and {} labels for {inputs} inputs and {heads} heads",
            sample.inputs.len(),
            sample.labels.len()
        ));
    }
    for (label, head) in sample.labels.iter().zip(&plan.graph.heads) {
        if let Some(class) = label.filter(|&c| usize::from(c) >= head.classes.len()) {
            return Err(format!(
                "class {class} of head {} does not exist; there are {}",
                head.name,
                head.classes.len()
            ));
        }
    }
    Ok(())
}

fn input(plan: &Plan, number: usize, samples: &[FeatureSample]) -> Result<BatchInput, DataError> {
    let input = &plan.graph.inputs[number];
    let node = &plan.graph.nodes[input.features];
    let fault = |sample: usize, problem: &str| DataError {
        sample,
        problem: format!("input {}: {problem}", input.name),
    };
    let present: Vec<bool> = samples
        .iter()
        .map(|s| s.inputs[number].is_given())
        .collect();
    let NodeOp::Features(quant) = node.op else {
        let mut ids = Vec::with_capacity(samples.len());
        for (at, sample) in samples.iter().enumerate() {
            ids.push(match &sample.inputs[number] {
                Piece::Absent => Vec::new(),
                Piece::Ids(given) => given.iter().copied().take(node.shape[0]).collect(),
                Piece::Values(_) => return Err(fault(at, "takes ids, not values")),
            });
        }
        return Ok(BatchInput {
            present,
            data: BatchData::Ids(ids),
        });
    };
    let mut rows: Vec<&[i8]> = Vec::with_capacity(samples.len());
    for (at, sample) in samples.iter().enumerate() {
        rows.push(match &sample.inputs[number] {
            Piece::Absent => &[],
            Piece::Values(values) => values,
            Piece::Ids(_) => return Err(fault(at, "takes values, not ids")),
        });
    }
    let width = match input.streaming {
        true => node.shape[2],
        false => node.shape.iter().product(),
    };
    let fits = |row: &[i8]| match input.streaming {
        true => row.len().is_multiple_of(width),
        false => row.len() == width,
    };
    if let Some(at) = (0..rows.len()).find(|&at| present[at] && !fits(rows[at])) {
        return Err(fault(
            at,
            &format!(
                "has {} values where each piece holds {width}",
                rows[at].len()
            ),
        ));
    }
    let data = match input.streaming {
        true => steps(&rows, width, node.shape[0], quant),
        false => whole(&rows, width, quant),
    };
    Ok(BatchInput { present, data })
}

fn whole(rows: &[&[i8]], width: usize, quant: Quant) -> BatchData {
    let table = table(quant);
    let mut values = vec![0.0; rows.len() * width];
    for (line, row) in values.chunks_exact_mut(width).zip(rows) {
        line.iter_mut()
            .zip(*row)
            .for_each(|(v, &stored)| *v = table[usize::from(stored as u8)]);
    }
    BatchData::Whole(values)
}

/// Values of streaming inputs step by step, so that one step of all samples lies together.
fn steps(rows: &[&[i8]], width: usize, most: usize, quant: Quant) -> BatchData {
    let table = table(quant);
    let counts: Vec<usize> = rows.iter().map(|r| (r.len() / width).min(most)).collect();
    let steps = counts.iter().copied().max().unwrap_or(0);
    let mut values = vec![0.0; steps * rows.len() * width];
    for (sample, (row, &count)) in rows.iter().zip(&counts).enumerate() {
        for (t, step) in row.chunks_exact(width).take(count).enumerate() {
            let start = (t * rows.len() + sample) * width;
            values[start..start + width]
                .iter_mut()
                .zip(step)
                .for_each(|(v, &stored)| *v = table[usize::from(stored as u8)]);
        }
    }
    BatchData::Steps {
        values,
        steps,
        counts,
    }
}

/// The real value of each stored byte.
fn table(quant: Quant) -> [f32; 256] {
    std::array::from_fn(|byte| {
        (i32::from(byte as u8 as i8) - quant.zero_point) as f32 * quant.scale
    })
}
