//! Mean over the valid steps of each sample.

use super::Op;

/// `y[s, :] = sum_t x[t, s, :] / steps of s`; input x `[steps * n, c]`. A sample without steps reads zeros.
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct MeanOfSteps {
    /// Number of valid steps of each sample.
    pub counts: Vec<usize>,
    /// Number of values in a step.
    pub width: usize,
}

impl Op<1> for MeanOfSteps {
    type Saved = ();

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        let mut y = vec![0.0; self.counts.len() * self.width];
        for (t, step) in x.chunks_exact(y.len()).enumerate() {
            self.each(t, |at, _| {
                let to = &mut y[at..at + self.width];
                to.iter_mut().zip(&step[at..]).for_each(|(to, x)| *to += x);
            });
        }
        self.each(0, |at, inverse| {
            y[at..at + self.width]
                .iter_mut()
                .for_each(|y| *y *= inverse);
        });
        (y, ())
    }

    fn backward(
        &self,
        [x]: [&[f32]; 1],
        (): &(),
        grad: &[f32],
        _: [bool; 1],
    ) -> [Option<Vec<f32>>; 1] {
        let mut to_x = vec![0.0; x.len()];
        for (t, step) in to_x.chunks_exact_mut(grad.len()).enumerate() {
            self.each(t, |at, inverse| {
                let to = &mut step[at..at + self.width];
                to.iter_mut()
                    .zip(&grad[at..])
                    .for_each(|(to, g)| *to = g * inverse);
            });
        }
        [Some(to_x)]
    }
}

impl MeanOfSteps {
    /// Calls `task` with the start and the factor of each sample that has step t.
    fn each(&self, t: usize, mut task: impl FnMut(usize, f32)) {
        for (sample, &count) in self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > t)
        {
            task(sample * self.width, 1.0 / count as f32);
        }
    }
}
