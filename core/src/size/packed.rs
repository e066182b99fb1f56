//! Lengths of packed weights and of the memory that their kernels work in.

use super::Size;
use crate::model::records::{Packing, View, Window};
use crate::pack::BLOCK;

impl Packing {
    /// The depth, rounded up to whole units. Kernels read as many values of a column.
    pub const fn depth(self, depth: usize) -> usize {
        self.whole_units(Size::of(depth)).or_beyond()
    }

    const fn whole_units(self, depth: Size) -> Size {
        depth.up_to(self.unit() as u32)
    }

    /// Rows of a packed matrix, which are whole blocks.
    pub const fn rows(rows: usize) -> Size {
        Size::of(rows).up_to(BLOCK as u32)
    }

    /// Bytes of a packed matrix `[rows, depth]`.
    pub const fn weights_len(self, rows: usize, depth: usize) -> Size {
        Packing::rows(rows).by(self.whole_units(Size::of(depth)))
    }

    /// Bytes of packed depthwise filters `[taps, channels]`: for each four channels, tap by tap, their four weights.
    /// [`Packing::Vectors`] goes by 16 channels. [`Packing::Pairs`] holds 16-bit values: for every two taps of a tap row,
    /// both weights of one channel after the other; for the last of an odd number, those of channels 0, 2, 1, 3.
    pub const fn depthwise_len(self, taps: usize, channels: usize) -> Size {
        let values = self.depthwise_channels(channels).times(taps);
        match self.here() {
            Packing::Pairs => values.times(2),
            Packing::Quads | Packing::Vectors | Packing::Squares => values,
        }
    }

    /// Channels of packed depthwise filters, which are whole groups.
    pub(crate) const fn depthwise_channels(self, channels: usize) -> Size {
        Size::of(channels).up_to(self.depthwise_group() as u32)
    }

    /// Bytes of a 3x3 convolution's weights `[rows, 9, channels]` in the Winograd domain: 16 positions of 16 bits.
    pub const fn winograd_len(self, rows: usize, channels: usize) -> Size {
        Size::of(rows).times(channels).times(32)
    }

    /// Bytes of the tiles of one Winograd product: 16 positions of 16 bits for each channel.
    pub(crate) const fn winograd_tiles_len(self, channels: usize) -> Size {
        Size::of(channels).times(32).times(self.winograd_tiles())
    }

    /// Bytes of a patch of 4x4 pixels. Once all tiles are made, [`Packing::Quads`] keeps sums there, 32 bits each: 16
    /// positions of four rows and four tiles.
    pub(crate) const fn winograd_work_len(self, channels: usize) -> Size {
        let sums = match self.here() {
            Packing::Pairs | Packing::Vectors | Packing::Squares => Size::of(0),
            Packing::Quads => Size::of(4 * 16).times(BLOCK).times(self.winograd_tiles()),
        };
        Size::of(channels).times(16).or_more(sums)
    }

    /// Bytes of memory for one Winograd product: its tiles, a patch or sums, and a place for the outputs that a tile
    /// has beyond the picture's edge.
    pub const fn winograd_scratch_len(self, rows: usize, channels: usize) -> Size {
        self.winograd_tiles_len(channels)
            .plus(self.winograd_work_len(channels))
            .plus(Size::of(rows))
            .up_to(4)
    }

    /// Bytes of memory for the columns of one product: as many patches, and for [`Packing::Pairs`] one patch more,
    /// as the kernel reads 16-bit values.
    pub const fn panel_len(self, depth: usize) -> Size {
        self.panel_of(self.whole_units(Size::of(depth)))
    }

    /// As [`Packing::panel_len`], for a depth that is a whole number of units.
    pub(crate) const fn panel_of(self, patch: Size) -> Size {
        let patches = Size::of(self.columns());
        let patches = match self.here() {
            Packing::Pairs => patches.times(2).plus(Size::of(1)),
            Packing::Quads | Packing::Vectors | Packing::Squares => patches,
        };
        patch.by(patches).up_to(4)
    }

    /// Bytes of memory for the input of one product of a convolution with rows of `width` outputs.
    ///
    /// [`Packing::Vectors`] takes a strip: for each input column under a row of outputs, padding included, the values of
    /// its taps one after the other; then what a kernel reads past the last patch. With dilated columns there is a
    /// strip for each output, and none where the input is one itself. Other orders take a [panel](Packing::panel_len).
    pub const fn conv_scratch_len(self, window: &Window, input: &View, width: u16) -> Size {
        let patch = self.whole_units(window.values(input.c));
        if !self.by_strips() {
            return self.panel_of(patch);
        }
        if self.is_strip(window, input) {
            return Size::of(0);
        }
        let others = match (window.dilation.1, width.checked_sub(1)) {
            (1, Some(others)) => others as usize,
            _ => 0,
        };
        Size::of(others)
            .times(window.stride.1 as usize)
            .times(window.kernel.0 as usize)
            .times(input.c as usize)
            .plus(patch)
            .up_to(4)
    }

    /// Bytes of memory for the input of a depthwise convolution: one patch, or a pixel of the padding where
    /// `Packing::by_corners`, or (as strips) the input rows under a row of outputs, with the padding beside them.
    pub const fn depthwise_scratch_len(self, window: &Window, input: &View) -> Size {
        if self.by_corners((window.kernel.0 as usize, window.kernel.1 as usize)) {
            return Size::of(input.c as usize);
        }
        let width = match self.by_strips() {
            true => Size::of(input.w as usize)
                .plus(Size::of(window.pad_before.1 as usize))
                .plus(Size::of(window.pad_after.1 as usize)),
            false => Size::of(window.kernel.1 as usize),
        };
        width
            .times(window.kernel.0 as usize)
            .times(input.c as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers whose products and sums lie on both sides of 32 bits.
    const EDGES: [u16; 9] = [0, 1, 3, 16, 255, 4096, 32_769, 65_532, u16::MAX];

    /// The size that `exact` would be, where 32 bits hold it.
    fn wanted(exact: u128) -> Option<usize> {
        u32::try_from(exact).ok().map(|n| n as usize)
    }

    fn up(n: u128, unit: usize) -> u128 {
        n.next_multiple_of(unit as u128)
    }

    fn pairs() -> impl Iterator<Item = (u128, u128)> {
        let others = |a: u16| EDGES.map(|b| (u128::from(a), u128::from(b)));
        EDGES.into_iter().flat_map(others)
    }

    #[test]
    fn weights_and_panels_are_exact_or_none() {
        for packing in Packing::ALL {
            let unit = packing.unit();
            for ((a, b), c) in pairs().flat_map(|pair| EDGES.map(|c| (pair, u128::from(c)))) {
                let (rows, depth) = (a, b * c);
                let Some(narrow) = wanted(depth) else {
                    continue;
                };
                let len = packing.weights_len(rows as usize, narrow);
                let exact = up(rows, BLOCK) * up(depth, unit);
                assert_eq!(
                    len.get(),
                    wanted(exact).filter(|_| wanted(up(depth, unit)).is_some())
                );
                let filters = up(rows, packing.depthwise_group()) * depth;
                let twice = if packing == Packing::Pairs { 2 } else { 1 };
                let len = packing.depthwise_len(narrow, rows as usize);
                assert_eq!(len.get(), wanted(twice * filters));
                let columns = match packing {
                    Packing::Pairs => 7,
                    _ => packing.columns() as u128,
                };
                let panel = packing.panel_len(narrow);
                assert_eq!(panel.get(), wanted(up(depth, unit) * columns));
            }
            for (rows, channels) in pairs() {
                let len = packing.winograd_len(rows as usize, channels as usize);
                assert_eq!(len.get(), wanted(rows * channels * 32));
            }
        }
    }

    #[test]
    fn strips_are_exact_or_none() {
        for ((kernel, channels), (stride, pad)) in
            pairs().flat_map(|a| pairs().map(move |b| (a, b)))
        {
            // A view has no empty dimension.
            let (kernel, channels) = (kernel.max(1), channels.max(1));
            let window = Window {
                kernel: (kernel as u16, 2),
                stride: (1, stride as u16),
                dilation: (1, 1),
                pad_before: (0, pad as u16),
                pad_after: (0, pad as u16),
            };
            let input = View {
                offset: 0,
                h: 1,
                w: 7,
                c: channels as u16,
                zero_point: 0,
            };
            let depth = up(kernel * 2 * channels, 16);
            let exact = up(999 * stride * kernel * channels + depth, 4);
            let strip = Packing::Vectors.conv_scratch_len(&window, &input, 1000);
            assert_eq!(
                strip.get(),
                wanted(exact).filter(|_| wanted(depth).is_some())
            );
            let rows = (7 + 2 * pad) * kernel * channels;
            let rows_len = Packing::Vectors.depthwise_scratch_len(&window, &input);
            assert_eq!(rows_len.get(), wanted(rows));
        }
    }
}
