//! Loads vectors from slices and stores them.

use pulp::Simd;

/// Loads `B` vectors; lanes past the end of the slice, which is at most as long, are zero.
#[inline(always)]
pub(super) fn load<S: Simd, const B: usize>(simd: S, values: &[f32]) -> [S::f32s; B] {
    let mut loaded = [simd.splat_f32s(0.0); B];
    if values.len() == B * S::F32_LANES {
        let (vectors, _) = S::as_simd_f32s(values);
        loaded.copy_from_slice(vectors);
        return loaded;
    }
    for (to, values) in loaded.iter_mut().zip(values.chunks(S::F32_LANES)) {
        *to = simd.partial_load_f32s(values);
    }
    loaded
}

/// Stores vectors that [`load`] loaded.
#[inline(always)]
pub(super) fn store<S: Simd, const B: usize>(simd: S, values: &mut [f32], stored: [S::f32s; B]) {
    if values.len() == B * S::F32_LANES {
        let (vectors, _) = S::as_mut_simd_f32s(values);
        vectors.copy_from_slice(&stored);
        return;
    }
    for (values, stored) in values.chunks_mut(S::F32_LANES).zip(stored) {
        simd.partial_store_f32s(values, stored);
    }
}
