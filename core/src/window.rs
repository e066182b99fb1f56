//! Geometry of convolution and pooling along one axis: output sizes, padding, and which taps hit the input.

use crate::model::records::{View, Window};

/// One axis of a [`Window`] over an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Input positions.
    pub input: usize,
    /// Kernel taps.
    pub taps: usize,
    /// Steps between outputs.
    pub stride: usize,
    /// Steps between taps.
    pub dilation: usize,
    /// Padding before the first position.
    pub before: usize,
    /// Padding after the last position.
    pub after: usize,
}

/// The taps of one output that hit the input: `count` of them from tap `first`, which reads position `position`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taps {
    /// First tap inside.
    pub first: usize,
    /// Input position under it.
    pub position: usize,
    /// Number of taps inside, 0 where the whole kernel lies in the padding.
    pub count: usize,
}

impl Axis {
    /// The vertical and the horizontal axis of a window over a view.
    pub const fn pair(window: &Window, view: &View) -> (Axis, Axis) {
        let rows = Axis {
            input: view.h as usize,
            taps: window.kernel.0 as usize,
            stride: window.stride.0 as usize,
            dilation: window.dilation.0 as usize,
            before: window.pad_before.0 as usize,
            after: window.pad_after.0 as usize,
        };
        let columns = Axis {
            input: view.w as usize,
            taps: window.kernel.1 as usize,
            stride: window.stride.1 as usize,
            dilation: window.dilation.1 as usize,
            before: window.pad_before.1 as usize,
            after: window.pad_after.1 as usize,
        };
        (rows, columns)
    }

    /// Positions between the first tap and the last, both counted; `None` for an axis without taps, stride or dilation.
    pub const fn span(&self) -> Option<usize> {
        if self.taps == 0 || self.stride == 0 || self.dilation == 0 {
            None
        } else {
            Some((self.taps - 1) * self.dilation + 1)
        }
    }

    /// Number of outputs, `(input + padding - span) / stride + 1`; `None` where the kernel does not fit.
    pub const fn output_len(&self) -> Option<usize> {
        let padded = self.input + self.before + self.after;
        match self.span() {
            Some(span) if span <= padded && self.input > 0 => {
                Some((padded - span) / self.stride + 1)
            }
            _ => None,
        }
    }

    /// The taps of output `index` that do not fall into the padding. They lie inside the input whatever the axis and the index are.
    #[inline(never)]
    pub const fn clip(&self, index: usize) -> Taps {
        let start = index.wrapping_mul(self.stride);
        let dilation = if self.dilation == 0 { 1 } else { self.dilation };
        let first = self.before.saturating_sub(start).div_ceil(dilation);
        // Taps before `end` lie below `input + before` in padded positions.
        let end = (self.input + self.before)
            .saturating_sub(start)
            .div_ceil(dilation);
        let end = if end < self.taps { end } else { self.taps };
        let position = (start + first * dilation).saturating_sub(self.before);
        Taps {
            first,
            position,
            count: end.saturating_sub(first),
        }
    }
}

/// Padding before and after that makes `ceil(input / stride)` outputs, as TensorFlow's SAME: the odd one goes after.
pub const fn same_padding(
    input: usize,
    taps: usize,
    stride: usize,
    dilation: usize,
) -> (usize, usize) {
    let span = (taps.saturating_sub(1)) * dilation + 1;
    let stride = if stride == 0 { 1 } else { stride };
    let reach = (input.div_ceil(stride).saturating_sub(1)) * stride + span;
    let total = reach.saturating_sub(input);
    (total / 2, total - total / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_agrees_with_trying_every_tap() {
        for input in 1..6 {
            for taps in 1..5 {
                for (stride, dilation) in [(1, 1), (2, 1), (1, 2), (3, 2), (2, 3)] {
                    for (before, after) in [(0, 0), (1, 0), (0, 2), (3, 3), (6, 7)] {
                        let axis = Axis {
                            input,
                            taps,
                            stride,
                            dilation,
                            before,
                            after,
                        };
                        for o in 0..axis.output_len().unwrap_or(0) {
                            let at =
                                |t: usize| (o * stride + t * dilation) as isize - before as isize;
                            let inside = |t: &usize| (0..input as isize).contains(&at(*t));
                            let hits: std::vec::Vec<usize> = (0..taps).filter(inside).collect();
                            let got = axis.clip(o);
                            assert_eq!(got.count, hits.len(), "{axis:?} {o}");
                            if let Some(&first) = hits.first() {
                                assert_eq!(
                                    (got.first, got.position as isize),
                                    (first, at(first)),
                                    "{axis:?} {o}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn same_padding_keeps_the_size() {
        assert_eq!(same_padding(28, 3, 1, 1), (1, 1));
        assert_eq!(same_padding(28, 3, 2, 1), (0, 1));
        assert_eq!(same_padding(5, 2, 1, 1), (0, 1));
        assert_eq!(same_padding(5, 1, 3, 1), (0, 0));
        for (input, taps, stride, dilation) in [(7, 3, 2, 2), (1, 5, 1, 1), (10, 4, 3, 1)] {
            let (before, after) = same_padding(input, taps, stride, dilation);
            let axis = Axis {
                input,
                taps,
                stride,
                dilation,
                before,
                after,
            };
            assert_eq!(axis.output_len(), Some(input.div_ceil(stride)));
        }
    }

    #[test]
    fn impossible_axes_have_no_output() {
        let good = Axis {
            input: 4,
            taps: 3,
            stride: 1,
            dilation: 1,
            before: 0,
            after: 0,
        };
        assert_eq!(good.output_len(), Some(2));
        for bad in [
            Axis { taps: 0, ..good },
            Axis { stride: 0, ..good },
            Axis {
                dilation: 0,
                ..good
            },
            Axis { taps: 5, ..good },
            Axis {
                input: 0,
                before: 4,
                ..good
            },
        ] {
            assert_eq!(bad.output_len(), None, "{bad:?}");
        }
    }
}
