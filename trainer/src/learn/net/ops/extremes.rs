//! Lowest and highest of many values.

use pulp::{Arch, Simd, WithSimd};

/// Values whose extremes are sought; they are infinities where there are none.
pub(super) struct Extremes<'a>(&'a [f32]);

/// Lowest and highest of these values.
pub(super) fn extremes(values: &[f32]) -> (f32, f32) {
    Arch::new().dispatch(Extremes(values))
}

impl WithSimd for Extremes<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (f32, f32) {
        let (vectors, rest) = S::as_simd_f32s(self.0);
        let (mut low, mut high) = (
            simd.splat_f32s(f32::INFINITY),
            simd.splat_f32s(f32::NEG_INFINITY),
        );
        for vector in vectors {
            low = simd.min_f32s(low, *vector);
            high = simd.max_f32s(high, *vector);
        }
        let start = (simd.reduce_min_f32s(low), simd.reduce_max_f32s(high));
        rest.iter()
            .fold(start, |(low, high), &v| (low.min(v), high.max(v)))
    }
}
