//! Lengths of tensors, windows and plain weights.

use super::{MAX_EXTENT, Size};
use crate::model::records::{ImageParams, Span, View, Window};

impl View {
    /// Number of values, and of bytes.
    pub const fn size(&self) -> Size {
        // Two u16 factors fit u32, three perhaps not.
        Size::of(self.h as usize)
            .times(self.w as usize)
            .times(self.c as usize)
    }

    /// Number of values, and of bytes, of a view that was checked; of another one it may be
    /// [beyond all limits](Size::or_beyond).
    #[inline(never)]
    pub const fn len(&self) -> usize {
        self.size().or_beyond()
    }

    /// Whether there is no value.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Span {
    /// One past the last byte; [beyond all limits](Size::or_beyond) where there is none.
    #[inline(always)]
    pub(crate) const fn end(&self) -> usize {
        Size::of(self.offset as usize)
            .plus(Size::of(self.len as usize))
            .or_beyond()
    }
}

impl Window {
    /// Taps times channels: a filter's weights, and the values of a patch.
    pub const fn values(&self, channels: u16) -> Size {
        Size::of(self.kernel.0 as usize)
            .times(self.kernel.1 as usize)
            .times(channels as usize)
    }

    /// The values of the input with its padding, height times width times channels. A stride or a dilation that is larger
    /// than the padded height or width counts in its place.
    ///
    /// No place, step, distance between taps or patch of the window is larger.
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "two sums of three numbers of 16 bits, times one: less than 2^52"
    )]
    pub const fn extent(&self, input: &View) -> u64 {
        const fn axis(steps: [u16; 2], parts: [u16; 3]) -> u64 {
            let [stride, dilation] = steps;
            let [input, before, after] = parts;
            let padded = input as u32 + before as u32 + after as u32;
            let step = if stride > dilation { stride } else { dilation } as u32;
            if padded > step {
                padded as u64
            } else {
                step as u64
            }
        }
        let rows = axis(
            [self.stride.0, self.dilation.0],
            [input.h, self.pad_before.0, self.pad_after.0],
        );
        let columns = axis(
            [self.stride.1, self.dilation.1],
            [input.w, self.pad_before.1, self.pad_after.1],
        );
        rows * columns * input.c as u64
    }

    /// Whether [`Window::extent`] is within [`MAX_EXTENT`].
    pub(crate) const fn is_within_limits(&self, input: &View) -> bool {
        self.extent(input) <= MAX_EXTENT as u64
    }
}

impl ImageParams {
    /// Bytes of a picture.
    pub const fn source_size(&self) -> Size {
        Size::of(self.source_h as usize)
            .times(self.source_w as usize)
            .times(self.source_c as usize)
    }
}

/// Bytes of a matrix of four-bit values: rows of whole words, eight values each.
pub(crate) const fn nibbles_size(rows: usize, width: usize) -> Size {
    // Two to a byte.
    Size::of(width).up_to(8).halved().times(rows)
}

impl Size {
    const fn halved(self) -> Size {
        match self.0 {
            Some(n) => Size(Some(n >> 1)),
            None => Size(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::Axis;

    const EDGES: [u16; 6] = [1, 2, 7, 300, 32_768, u16::MAX];

    fn view(h: u16, w: u16, c: u16) -> View {
        View {
            offset: 0,
            h,
            w,
            c,
            zero_point: 0,
        }
    }

    #[test]
    fn views_are_exact_or_beyond_all_limits() {
        for h in EDGES {
            for (w, c) in EDGES.into_iter().flat_map(|w| EDGES.map(|c| (w, c))) {
                let exact = u64::from(h) * u64::from(w) * u64::from(c);
                let narrow = u32::try_from(exact).ok();
                let view = view(h, w, c);
                assert_eq!(view.size().get(), narrow.map(|n| n as usize));
                assert_eq!(view.len(), narrow.unwrap_or(u32::MAX) as usize);
            }
        }
        assert!(view(0, 9, 9).is_empty() && view(9, 9, 0).is_empty());
    }

    /// What the checks before kernels add up, for every window within the limits that has outputs.
    #[test]
    fn no_reach_of_a_window_is_more_than_its_extent() {
        let mut windows = 0;
        for input in [
            view(1, 1, 1),
            view(7, 1, 300),
            view(300, 7, 2),
            view(1, 32_768, 2),
        ] {
            for (kernel, stride) in EDGES.into_iter().flat_map(|a| EDGES.map(|b| (a, b))) {
                for (dilation, pad) in EDGES.into_iter().flat_map(|a| EDGES.map(|b| (a, b))) {
                    for vertical in [true, false] {
                        let pair = |n| if vertical { (n, 1) } else { (1, n) };
                        let window = Window {
                            kernel: pair(kernel),
                            stride: pair(stride),
                            dilation: pair(dilation),
                            pad_before: pair(pad),
                            pad_after: pair(pad - 1),
                        };
                        windows += usize::from(reaches_no_further(&window, &input));
                    }
                }
            }
        }
        assert!(windows > 500, "{windows}");
    }

    fn reaches_no_further(window: &Window, input: &View) -> bool {
        let (rows, columns) = Axis::pair(window, input);
        let (Some(height), Some(width)) = (rows.output_len(), columns.output_len()) else {
            return false;
        };
        if !window.is_within_limits(input) {
            return false;
        }
        let (extent, c) = (u128::from(window.extent(input)), u128::from(input.c));
        let row = u128::from(input.w) * c;
        let padded = (columns.before + columns.input + columns.after) as u128 * c;
        let (stride, dilation) = (
            [rows.stride as u128, columns.stride as u128],
            [rows.dilation as u128, columns.dilation as u128],
        );
        let cell = rows.taps as u128 * c;
        let reaches = [
            (height as u128 - 1) * stride[0] * row,
            (width as u128 - 1) * stride[1] * cell,
            stride[1] * cell,
            dilation[0] * row,
            dilation[1] * c,
            rows.taps as u128 * columns.taps as u128 * c,
            rows.taps as u128 * padded,
            (rows.input + rows.before) as u128 * row,
            columns.before as u128 * cell,
            rows.before as u128 * columns.taps as u128 * c,
        ];
        for (number, reach) in reaches.into_iter().enumerate() {
            assert!(
                reach <= extent,
                "{number}: {reach} {extent} {window:?} {input:?}"
            );
        }
        true
    }
}
