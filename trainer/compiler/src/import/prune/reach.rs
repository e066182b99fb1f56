//! Which taps of a window meet padding.

use crate::import::net::{Padding, Steps};
use crate::network::builder::pads;
use crate::network::graph;

/// Where a tap lies for all places of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Inside of the input at each place.
    Always,
    /// Inside at some places, in the padding at others.
    Sometimes,
    /// In the padding at each place.
    Never,
}

/// The reach of each tap of a window; `None` where window, input and output do not fit.
pub fn reach(
    steps: Steps,
    kernel: [usize; 2],
    [input, output]: [[usize; 2]; 2],
) -> Option<Vec<Reach>> {
    let padding = match steps.padding {
        Padding::Same => graph::Padding::Same,
        Padding::Valid => graph::Padding::Valid,
    };
    let sizes = [kernel, steps.stride, steps.dilation, input].concat();
    if sizes
        .iter()
        .any(|&size| size == 0 || size > usize::from(u16::MAX))
    {
        return None;
    }
    let (made, pads) = pads(input, kernel, steps.stride, steps.dilation, padding)?;
    if made != output {
        return None;
    }
    let along = |axis: usize| -> Vec<Reach> {
        let taps = (0..kernel[axis]).map(|tap| {
            let first = (tap * steps.dilation[axis]) as i64 - pads[axis].0 as i64;
            on_axis(first, steps.stride[axis] as i64, made[axis], input[axis])
        });
        taps.collect()
    };
    let (rows, columns) = (along(0), along(1));
    let all = rows
        .iter()
        .flat_map(|&row| columns.iter().map(move |&column| both(row, column)));
    Some(all.collect())
}

/// The reach of a tap that lies at `first` for the first output, of one axis.
fn on_axis(first: i64, stride: i64, outputs: usize, inputs: usize) -> Reach {
    let (outputs, inputs) = (outputs as i64, inputs as i64);
    let last = first + stride * (outputs - 1);
    if first >= 0 && last < inputs {
        return Reach::Always;
    }
    // The first output whose tap lies behind the front edge.
    let output = ((-first).max(0) + stride - 1) / stride;
    match output < outputs && first + stride * output < inputs {
        true => Reach::Sometimes,
        false => Reach::Never,
    }
}

fn both(row: Reach, column: Reach) -> Reach {
    match (row, column) {
        (Reach::Never, _) | (_, Reach::Never) => Reach::Never,
        (Reach::Always, Reach::Always) => Reach::Always,
        _ => Reach::Sometimes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(input: [usize; 2], output: [usize; 2], kernel: [usize; 2], stride: usize) -> Vec<Reach> {
        let steps = Steps {
            padding: Padding::Same,
            stride: [stride; 2],
            dilation: [1, 1],
        };
        reach(steps, kernel, [input, output]).unwrap()
    }

    #[test]
    fn taps_beyond_an_edge_are_told() {
        use Reach::{Always as A, Never as N, Sometimes as S};
        assert_eq!(of([5, 5], [5, 5], [3, 3], 1), [S, S, S, S, A, S, S, S, S]);
        // The padding of two rows by two is behind them only.
        assert_eq!(of([4, 4], [2, 2], [3, 3], 2), [A, A, S, A, A, S, S, S, S]);
        assert_eq!(of([1, 1], [1, 1], [3, 3], 1), [N, N, N, N, A, N, N, N, N]);
        assert_eq!(of([7, 1], [7, 1], [1, 3], 1), [N, A, N]);
    }
}
