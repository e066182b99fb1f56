//! Samples as the core's frontends make them, and batches in real numbers.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::graph::{NodeOp, Quant};
use crate::nn::{Batch, BatchData, BatchInput, Plan};
use crate::task::ContentDigest;

/// A set of samples. Features are kept as the frontends write them and become real numbers batch by batch.
pub trait Batches: Sync {
    /// Number of samples.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this sample must be held out, or must not, because samples share rows; `None` where any sample may be.
    /// Answers for all samples or for none.
    fn held_out(&self, _index: usize) -> Option<bool> {
        None
    }

    /// What the samples hold, by which a checkpoint knows its data again.
    fn digest(&self) -> ContentDigest {
        content(self)
    }

    /// Sample number `index`. In training `epoch` is given and may vary the sample (shifts, noise, another
    /// composition); the same index and epoch always give the same sample.
    fn sample(&self, index: usize, epoch: Option<u32>) -> Sample<'_>;
}

/// The digest of all samples without variation.
fn content<B: Batches + ?Sized>(data: &B) -> ContentDigest {
    let mut hash = Sha256::new();
    let mut piece = |kind: u8, bytes: &[u8]| {
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for index in 0..data.len() {
        let sample = data.sample(index, None);
        for input in &sample.inputs {
            match input {
                Piece::Absent => piece(0, &[]),
                Piece::Values(values) => piece(1, bytemuck::cast_slice(values)),
                Piece::Ids(ids) => piece(2, bytemuck::cast_slice(ids)),
            }
        }
        for label in &sample.labels {
            // No class has the number 65,535: a head's size is below that.
            piece(3, &label.unwrap_or(u16::MAX).to_le_bytes());
        }
        let held_out = data.held_out(index);
        piece(4, &[held_out.map_or(2, u8::from)]);
    }
    ContentDigest(hash.finalize().into())
}

/// One sample.
#[derive(Clone, Debug, Default)]
pub struct Sample<'a> {
    /// One for each input, in the order of the description.
    pub inputs: Vec<Piece<'a>>,
    /// Class of each head, in the order of the description; `None` where it is not known.
    pub labels: Vec<Option<u16>>,
}

/// Features of one input.
#[derive(Clone, Debug)]
pub enum Piece<'a> {
    /// The sample does not have this input.
    Absent,
    /// A picture `[h, w, c]`, a record `[c]`, or the steps of sound or of a sequence `[steps, c]`.
    Values(Cow<'a, [i8]>),
    /// Ids of a text.
    Ids(Cow<'a, [u16]>),
}

impl Piece<'_> {
    /// Whether there is anything in it; nothing is as good as absent.
    fn is_given(&self) -> bool {
        match self {
            Piece::Absent => false,
            Piece::Values(values) => !values.is_empty(),
            Piece::Ids(ids) => !ids.is_empty(),
        }
    }
}

/// A sample that does not fit its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    /// Number of the sample in its set, or in the slice given.
    pub sample: usize,
    /// What does not fit.
    pub problem: String,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sample {}: {}", self.sample, self.problem)
    }
}

impl std::error::Error for DataError {}

/// Puts samples side by side; labels are checked against the heads.
pub(super) fn collate(plan: &Plan, samples: &[Sample]) -> Result<Batch, DataError> {
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

fn check(plan: &Plan, sample: &Sample) -> Result<(), String> {
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

fn input(plan: &Plan, number: usize, samples: &[Sample]) -> Result<BatchInput, DataError> {
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
    let width = if input.streaming {
        node.shape[2]
    } else {
        node.shape.iter().product()
    };
    let fits = |row: &[i8]| {
        if input.streaming {
            row.len().is_multiple_of(width)
        } else {
            row.len() == width
        }
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
    let data = if input.streaming {
        steps(&rows, width, node.shape[0], quant)
    } else {
        whole(&rows, width, quant)
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

/// Step by step, so that one step of all samples lies together.
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

/// Real values by stored byte.
fn table(quant: Quant) -> [f32; 256] {
    std::array::from_fn(|byte| {
        (i32::from(byte as u8 as i8) - quant.zero_point) as f32 * quant.scale
    })
}
