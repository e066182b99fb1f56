//! Scores of an exported model: `core` itself, on the host, over many samples.

pub mod sample;

use std::ops::Range;
use std::thread;

use anyhow::{Result, anyhow, ensure};
use sample::{Raw, Sample, push};
use tillsense_core::engine::{Model, RefusedInput, Session};

use crate::aligned::Aligned;
use crate::threads::Threads;

/// The score bytes of one sample: `[head][class]`, 128 less than in 1/256, or the values of a tensor.
pub type Scores = Vec<Vec<i8>>;

/// What a head answers to a sample whose class is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The best score, 0 to 255 in 1/256.
    pub score: u8,
    /// Whether its class is the right one.
    pub right: bool,
}

impl Answer {
    /// By the scores of all classes and the right class. Of equal scores the first counts, as in a verdict.
    pub fn new(scores: &[i8], label: u16) -> Self {
        let best = scores.iter().copied().max().unwrap_or(i8::MIN);
        let class = scores.iter().position(|&score| score == best);
        Answer {
            score: (i16::from(best) + 128) as u8,
            right: class == Some(usize::from(label)),
        }
    }
}

/// Bytes of arena for which this machine takes memory, once for each of its cores: far more than a terminal has.
const MOST_ARENA: u32 = 64 << 20;

/// Loads a model and says in one line what is wrong with it.
pub fn load(file: &[u8]) -> Result<Model<'_>> {
    let model = Model::load(file).map_err(|error| anyhow!("{error}"))?;
    ensure!(
        model.interface_holds(),
        "its header states another interface than its records have: whoever wrote this file did it wrong; train and export again"
    );
    let arena = model.header().arena_len;
    ensure!(
        arena <= MOST_ARENA,
        "it asks for {arena} bytes of arena, more than the {MOST_ARENA} that any terminal could have"
    );
    Ok(model)
}

/// Which of a model's inputs are given.
pub type Given = Vec<bool>;

/// Scores samples on all cores of this machine; the order is that of the samples.
///
/// `order[i]` is the task's input that the model's input number i takes; `keep(i)` says whether input i is given at all.
/// `scored` is told of every sample.
pub fn score<'d>(
    model: &Model<'_>,
    count: usize,
    sample: impl Fn(usize) -> Sample<'d> + Sync,
    order: &[usize],
    keep: impl Fn(usize) -> bool,
    scored: &(dyn Fn() + Sync),
) -> Result<Vec<Scores>> {
    let given = (0..order.len()).map(keep).collect();
    let scores = score_sets(model, count, sample, order, &[given], scored)?;
    Ok(scores.into_iter().flatten().collect())
}

/// As [`score()`], with each of several sets of inputs given: `[sample][set]`. An input is encoded once a sample.
pub fn score_sets<'d>(
    model: &Model<'_>,
    count: usize,
    sample: impl Fn(usize) -> Sample<'d> + Sync,
    order: &[usize],
    sets: &[Given],
    scored: &(dyn Fn() + Sync),
) -> Result<Vec<Vec<Scores>>> {
    let workers = Threads::default().count();
    let share = count.div_ceil(workers).max(1);
    let sample = &sample;
    let parts = thread::scope(|scope| {
        let work = |start: usize| {
            let end = (start + share).min(count);
            scope.spawn(move || score_range(model, start..end, sample, order, sets, scored))
        };
        let workers: Vec<_> = (0..count).step_by(share).map(work).collect();
        let joined = workers
            .into_iter()
            .map(|w| w.join().expect("scoring does not panic"));
        joined.collect::<Result<Vec<_>>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

fn score_range<'d>(
    model: &Model<'_>,
    range: Range<usize>,
    sample: &(impl Fn(usize) -> Sample<'d> + Sync),
    order: &[usize],
    sets: &[Given],
    scored: &(dyn Fn() + Sync),
) -> Result<Vec<Vec<Scores>>> {
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(*model, &mut arena).map_err(|e| anyhow!("{e}"))?;
    let mut all = Vec::with_capacity(range.len());
    for index in range {
        session.reset();
        let sample = sample(index);
        for (input, &source) in order.iter().enumerate() {
            let raw = sample.inputs.get(source).unwrap_or(&Raw::Absent);
            if sets.iter().any(|given| given[input]) {
                push(&mut session, input, raw).map_err(|e| {
                    anyhow!("sample {index}, {}", RefusedInput::new(*model, input, e))
                })?;
            }
        }
        all.push(run_sets(&mut session, sets));
        scored();
    }
    Ok(all)
}

/// Runs what was pushed with each set of inputs: a run leaves its mark on what is kept, so each starts from what the pushes left.
fn run_sets(session: &mut Session<'_, '_>, sets: &[Given]) -> Vec<Scores> {
    let (pieces, kept) = session.save().expect("a push leaves nothing to wait");
    let kept = kept.to_vec();
    let run = |given: &Given| {
        let mut pieces = pieces;
        let inputs = pieces.iter_mut().zip(given);
        inputs
            .filter(|(_, given)| !**given)
            .for_each(|(pieces, _)| *pieces = 0);
        session.restore(pieces, &kept);
        session.run();
        let heads = session.model().heads().count();
        let scores = |head| session.scores(head).map(<[i8]>::to_vec);
        (0..heads).filter_map(scores).collect()
    };
    sets.iter().map(run).collect()
}
