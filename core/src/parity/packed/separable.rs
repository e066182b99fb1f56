//! Cases of depthwise separable convolutions: each packing against the two direct formulas one after the other.

use super::{Filters, Source, packings, taken, window_sum};
use crate::model::records::{
    Clamp, PackedConv, PackedDepthwise, PackedSeparable, Packing, View, Window,
};
use crate::ops::{self, packed};
use crate::pack::BLOCK;
use crate::parity::bench::{Bench, Digest, Section, span};
use crate::parity::conv::geometry;
use crate::parity::oracle::place;
use crate::parity::{Mismatch, SplitMix64};

/// The second stage's window.
const POINTWISE: Window = Window {
    kernel: (1, 1),
    stride: (1, 1),
    dilation: (1, 1),
    pad_before: (0, 0),
    pad_after: (0, 0),
};

/// Shapes of a case, and how the results of both stages are limited.
struct Shapes {
    window: Window,
    input: View,
    /// What the first stage hands to the second.
    middle: View,
    output: View,
    low: Clamp,
    high: Clamp,
}

/// The weights of both stages.
#[derive(Clone, Copy)]
struct Stages {
    first: Source,
    second: Source,
}

/// Every packing, at times with -128 everywhere first, against the two direct formulas.
pub(in crate::parity) fn separable(
    rng: &mut SplitMix64,
    mut bench: Bench<'_>,
) -> Result<Digest, Mismatch> {
    let (shapes, stages) = Shapes::random(rng);
    let x = &*bench.memory.random(rng, shapes.input.len())?;
    let y = bench.memory.i8s(shapes.output.len())?;
    let between = bench.memory.i8s(shapes.middle.len())?;
    let columns = packings().map(Packing::columns).max().unwrap_or(1);
    let row = (usize::from(shapes.middle.w) + columns - 1) * usize::from(shapes.middle.c);
    let row = bench.memory.i8s(row)?;
    let patch = packings().map(|packing| {
        packing
            .depthwise_scratch_len(&shapes.window, &shapes.input)
            .or_beyond()
    });
    let patch = bench.memory.bytes(patch.max().unwrap_or(0))?;
    let panel = packings().map(|packing| {
        packing
            .conv_scratch_len(&POINTWISE, &shapes.middle, shapes.middle.w)
            .or_beyond()
    });
    let panel = bench.memory.bytes(panel.max().unwrap_or(0))?;
    let mut digest = Digest::new();
    for stages in stages.lowest().into_iter().chain([stages]) {
        shapes.first_stage(&stages.first, x, between);
        for packing in packings() {
            bench.weights.clear();
            let scratch = (patch.len(), panel.len());
            let op = shapes.record(&stages, &mut bench.weights, packing, scratch)?;
            let weights = bench.weights.view();
            let refused = stages.is_refused(packing, shapes.filters());
            if !taken(packed::check_separable(&op, &weights), refused)? {
                continue;
            }
            let row = &mut row[..op.row().len()];
            ops::packed_separable(&op, &weights, x, y, row, [&mut *patch, &mut *panel]);
            digest = shapes.compare_second(&stages.second, between, y)?;
        }
    }
    Ok(digest)
}

impl Stages {
    /// The same with -128 everywhere, at times.
    fn lowest(&self) -> Option<Stages> {
        let (first, second) = self.first.lowest().zip(self.second.lowest())?;
        Some(Stages { first, second })
    }

    /// Whether the check must refuse the weights of a stage.
    fn is_refused(&self, packing: Packing, filters: Filters) -> bool {
        self.first.is_refused(packing, filters) || self.second.is_refused(packing, Filters::Dense)
    }
}

impl Shapes {
    fn random(rng: &mut SplitMix64) -> (Shapes, Stages) {
        let (shape, window, (oh, ow)) = geometry(rng, true);
        let taps = usize::from(window.kernel.0) * usize::from(window.kernel.1);
        let pixels = usize::from(oh) * usize::from(ow);
        let most = 900 / (shape.len() + pixels + taps + 12) / BLOCK;
        let channels = BLOCK as u16 * rng.size(most.clamp(1, 5) as u16);
        let filters = rng.size((700 / pixels).clamp(1, 9) as u16);
        let middle = View {
            offset: 0,
            h: oh,
            w: ow,
            c: channels,
            zero_point: rng.zero_point(),
        };
        let output = View {
            c: filters,
            zero_point: rng.zero_point(),
            ..middle
        };
        let stages = Stages {
            first: Source::new(rng, channels.into(), taps),
            second: Source::new(rng, filters.into(), channels.into()),
        };
        let shapes = Shapes {
            window,
            input: View {
                c: channels,
                ..shape
            },
            middle,
            output,
            low: rng.clamp(),
            high: rng.clamp(),
        };
        (shapes, stages)
    }

    /// How the first stage's weights are packed.
    fn filters(&self) -> Filters {
        let (rows, columns) = self.window.kernel;
        Filters::Depthwise((rows.into(), columns.into()))
    }

    fn record(
        &self,
        stages: &Stages,
        section: &mut Section<'_>,
        packing: Packing,
        (patch, panel): (usize, usize),
    ) -> Result<PackedSeparable, Mismatch> {
        let at_first = (self.input.zero_point, self.middle.zero_point);
        let at_second = (self.middle.zero_point, self.output.zero_point);
        let filters = self.filters();
        Ok(PackedSeparable {
            depthwise: PackedDepthwise {
                input: self.input,
                output: self.middle,
                window: self.window,
                matrix: stages.first.packed(section, packing, filters, at_first)?,
                clamp: self.low,
                scratch: span(patch),
            },
            pointwise: PackedConv {
                input: self.middle,
                output: self.output,
                window: POINTWISE,
                matrix: (stages.second).packed(section, packing, Filters::Dense, at_second)?,
                clamp: self.high,
                scratch: span(panel),
                pool: None,
            },
        })
    }

    /// The first stage's results by the direct formula.
    fn first_stage(&self, first: &Source, x: &[i8], between: &mut [i8]) {
        let window = &self.window;
        for (n, value) in between.iter_mut().enumerate() {
            let (py, px, channel) = place(&self.middle, n);
            let sum = window_sum(window, &self.input, x, (py, px), |i, j, c, x| {
                let tap = i * usize::from(window.kernel.1) + j;
                let of_channel = i64::from(c == channel);
                of_channel * i64::from(first.weight(channel, tap)) * x
            });
            *value = first.store(channel, sum, &self.middle, &self.low) as i8;
        }
    }

    /// Compares the op's results with the direct formula over those of the first stage.
    fn compare_second(
        &self,
        second: &Source,
        between: &[i8],
        got: &[i8],
    ) -> Result<Digest, Mismatch> {
        let channels = usize::from(self.middle.c);
        let mut digest = Digest::new();
        for (n, &value) in got.iter().enumerate() {
            let (py, px, filter) = place(&self.output, n);
            let pixel = (py * usize::from(self.middle.w) + px) * channels;
            let values = between[pixel..].iter().take(channels).enumerate();
            let sum = values.map(|(c, &value)| {
                let value = i64::from(value) - i64::from(self.middle.zero_point);
                i64::from(second.weight(filter, c)) * value
            });
            let wanted = second.store(filter, sum.sum(), &self.output, &self.high);
            digest.expect(n, value, wanted)?;
        }
        Ok(digest)
    }
}
