//! How training varies a sample: inputs and ids left out, pictures moved.

use std::borrow::Cow;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::data::{Piece, Sample};
use crate::graph::NodeOp;
use crate::nn::Plan;
use crate::spec::{Source, Spec};

/// What is done to one input.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vary {
    /// Probability that the input is left out.
    absent: f32,
    /// Probability that a text leaves out one id.
    ids: f32,
    /// How a picture is moved.
    shift: Shift,
}

/// A picture `[h, w, c]` is moved by up to `most` pixels; what comes in is stored zero.
#[derive(Clone, Copy, Debug, Default)]
struct Shift {
    most: usize,
    shape: [usize; 3],
    zero: i8,
}

/// What the description asks for, for each input.
pub(super) fn plan(plan: &Plan, spec: &Spec) -> Vec<Vary> {
    let inputs = spec.inputs.iter().zip(&plan.graph.inputs);
    inputs
        .map(|(input, place)| {
            let features = &plan.graph.nodes[place.features];
            let zero = match features.op {
                NodeOp::Features(quant) => quant.zero_point.clamp(-128, 127) as i8,
                _ => 0,
            };
            let (ids, most) = match &input.source {
                Source::Text(text) => (text.id_dropout, 0),
                Source::Image(image) => (0.0, image.shift),
                _ => (0.0, 0),
            };
            let shift = Shift {
                most,
                shape: features.shape,
                zero,
            };
            Vary {
                absent: input.absent_rate,
                ids,
                shift,
            }
        })
        .collect()
}

/// Varies a sample; at least one of the inputs that it has stays.
pub(super) fn vary(sample: &mut Sample, inputs: &[Vary], rng: &mut ChaCha8Rng) {
    let present = |piece: &Piece| !matches!(piece, Piece::Absent);
    let present: Vec<bool> = sample.inputs.iter().map(present).collect();
    let rates: Vec<f32> = inputs.iter().map(|v| v.absent).collect();
    let keep = keeps(&rates, &present, rng);
    for ((piece, keep), vary) in sample.inputs.iter_mut().zip(keep).zip(inputs) {
        match piece {
            _ if !keep => *piece = Piece::Absent,
            Piece::Ids(ids) if vary.ids > 0.0 => {
                ids.to_mut().retain(|_| rng.random::<f32>() >= vary.ids)
            }
            Piece::Values(values) if vary.shift.most > 0 => {
                *values = Cow::Owned(vary.shift.apply(values, rng))
            }
            _ => {}
        }
    }
}

/// Which inputs a sample keeps, given each one's rate; at least one of those it has stays.
fn keeps(rates: &[f32], present: &[bool], rng: &mut ChaCha8Rng) -> Vec<bool> {
    let mut keep: Vec<bool> = rates
        .iter()
        .zip(present)
        .map(|(&rate, &has)| has && rng.random::<f32>() >= rate)
        .collect();
    let held: Vec<usize> = (0..present.len()).filter(|&i| present[i]).collect();
    if !keep.contains(&true) && !held.is_empty() {
        keep[held[rng.random_range(0..held.len())]] = true;
    }
    keep
}

impl Shift {
    fn apply(&self, values: &[i8], rng: &mut ChaCha8Rng) -> Vec<i8> {
        let most = self.most as i32;
        let (down, right) = (
            rng.random_range(-most..=most) as isize,
            rng.random_range(-most..=most) as isize,
        );
        let [h, w, c] = self.shape;
        let mut moved = vec![self.zero; values.len()];
        for y in 0..h {
            let Some(from_y) = y.checked_add_signed(-down).filter(|&y| y < h) else {
                continue;
            };
            for x in 0..w {
                let Some(from_x) = x.checked_add_signed(-right).filter(|&x| x < w) else {
                    continue;
                };
                let (to, from) = ((y * w + x) * c, (from_y * w + from_x) * c);
                // Data of another size are refused when they are put side by side.
                if let (Some(to), Some(from)) =
                    (moved.get_mut(to..to + c), values.get(from..from + c))
                {
                    to.copy_from_slice(from);
                }
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::{Purpose, rng};

    #[test]
    fn one_input_always_stays() {
        for n in 0..200 {
            let mut rng = rng(1, Purpose::Sample, n, 0);
            let keep = keeps(&[0.9, 0.9, 0.9], &[true, false, true], &mut rng);
            assert!(!keep[1] && (keep[0] || keep[2]));
        }
    }

    #[test]
    fn pictures_move_whole() {
        let shift = Shift {
            most: 2,
            shape: [7, 6, 1],
            zero: -128,
        };
        let mut picture = vec![-128i8; 42];
        picture[3 * 6 + 2] = 50;
        picture[3 * 6 + 3] = 60;
        let mut places = std::collections::BTreeSet::new();
        for n in 0..400 {
            let moved = shift.apply(&picture, &mut rng(1, Purpose::Sample, n, 0));
            let at = moved
                .iter()
                .position(|&v| v == 50)
                .expect("it stays inside");
            assert_eq!(
                (moved[at + 1], moved.iter().filter(|&&v| v != -128).count()),
                (60, 2)
            );
            places.insert((at / 6, at % 6));
        }
        let all: Vec<_> = (1..=5).flat_map(|y| (0..=4).map(move |x| (y, x))).collect();
        assert_eq!(places.into_iter().collect::<Vec<_>>(), all);
    }
}
