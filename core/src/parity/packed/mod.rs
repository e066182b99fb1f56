//! Cases of convolution, depthwise convolution and fully connected layers with packed weights.
//!
//! One case runs every packing that this build reads, each against the same direct formula, so that a board's digest
//! equals the host's. Weights come from a formula rather than from memory: they exist packed only.

mod conv;
mod dense;
mod depthwise;
mod pool;
mod rnn;
mod separable;
mod source;
mod winograd;

pub(super) use conv::conv2d;
pub(super) use dense::dense;
pub(super) use depthwise::depthwise;
pub(super) use rnn::rnn;
pub(super) use separable::separable;
use source::{Filters, Source, holds_lowest};
pub(super) use winograd::winograd;

use super::Mismatch;
use super::oracle::{index, position};
use crate::model::records::{Packing, View, Window};
use crate::ops::OpError;

/// Most bytes of packed weights of a case.
const MOST_WEIGHTS: usize = 3072;

/// Whether a layer can be run; the check must refuse exactly what cannot.
pub(super) fn taken(check: Result<(), OpError>, is_refused: bool) -> Result<bool, Mismatch> {
    match (check, is_refused) {
        (Ok(()), false) => Ok(true),
        (Ok(()), true) => Err(Mismatch::Accepted),
        (Err(OpError::Weights), true) => Ok(false),
        (Err(error), _) => Err(Mismatch::Refused(error)),
    }
}

/// The packings that this build reads.
pub(super) fn packings() -> impl Iterator<Item = Packing> {
    Packing::ALL
        .into_iter()
        .filter(|packing| packing.runs_here())
}

/// Every packing with -128 everywhere, at times, and then with weights that all orders hold alike.
fn each(source: Source) -> impl Iterator<Item = (Packing, Source)> {
    let lowest = packings().zip(source.lowest().into_iter().cycle());
    lowest.chain(packings().map(move |packing| (packing, source)))
}

/// The sum of `term(tap row, tap, channel, value without zero point)` over the taps of one output that lie inside.
pub(super) fn window_sum(
    window: &Window,
    input: &View,
    x: &[i8],
    out: (usize, usize),
    term: impl Fn(usize, usize, usize, i64) -> i64,
) -> i64 {
    let mut sum = 0;
    for i in 0..usize::from(window.kernel.0) {
        for j in 0..usize::from(window.kernel.1) {
            let Some((y, at)) = position(window, input, out, (i, j)) else {
                continue;
            };
            for c in 0..usize::from(input.c) {
                let value = i64::from(x[index(input, y, at, c)]) - i64::from(input.zero_point);
                sum += term(i, j, c, value);
            }
        }
    }
    sum
}
