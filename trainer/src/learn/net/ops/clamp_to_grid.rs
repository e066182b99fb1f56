//! Clamps values and moves them to a grid.

use pulp::{Arch, Simd, WithSimd};

use super::Op;

/// `y = clamp(x, low, high)`, then the nearest multiple of the scale, halves rounded up. The gradient passes where
/// x is not clamped, as if there were no grid.
#[derive(Clone, Copy, Debug)]
pub(in crate::learn::net) struct ClampToGrid {
    low: f32,
    high: f32,
    /// Whether a value at the lower bound counts as clamped, as in ReLU.
    strict: bool,
    scale: Option<f32>,
}

impl ClampToGrid {
    /// Clamps to these bounds, both included.
    pub(in crate::learn::net) fn within(low: f32, high: f32) -> Self {
        ClampToGrid {
            low,
            high,
            strict: false,
            scale: None,
        }
    }

    /// Makes the derivative at the lower bound 0.
    pub(in crate::learn::net) fn strict(self) -> Self {
        ClampToGrid {
            strict: true,
            ..self
        }
    }

    /// Clamps to these bounds too.
    pub(in crate::learn::net) fn and(self, (low, high): (f32, f32)) -> Self {
        ClampToGrid {
            low: self.low.max(low),
            high: self.high.min(high),
            strict: self.strict && low <= self.low,
            ..self
        }
    }

    /// Moves values to the grid of this scale.
    pub(in crate::learn::net) fn on(self, scale: f32) -> Self {
        ClampToGrid {
            scale: Some(scale),
            ..self
        }
    }
}

impl Op<1> for ClampToGrid {
    type Saved = ();

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        (Arch::new().dispatch(Forward(*self, x)), ())
    }

    fn backward(
        &self,
        [x]: [&[f32]; 1],
        (): &(),
        grad: &[f32],
        _: [bool; 1],
    ) -> [Option<Vec<f32>>; 1] {
        [Some(Arch::new().dispatch(Backward(*self, x, grad)))]
    }
}

struct Forward<'a>(ClampToGrid, &'a [f32]);

impl WithSimd for Forward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        let Forward(ClampToGrid { low, high, .. }, x) = self;
        // A NaN must come through, so min and max do not serve.
        let clamp = |x: f32| {
            let x = if x < low { low } else { x };
            if x > high { high } else { x }
        };
        let mut y = vec![0.0; x.len()];
        match self.0.scale {
            Some(scale) => {
                let inverse = 1.0 / scale;
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = (clamp(x) * inverse + 0.5).floor() * scale;
                }
            }
            None => y.iter_mut().zip(x).for_each(|(y, &x)| *y = clamp(x)),
        }
        y
    }
}

struct Backward<'a>(ClampToGrid, &'a [f32], &'a [f32]);

impl WithSimd for Backward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        let Backward(clamp, x, grad) = self;
        let (mut low, high) = (clamp.low, clamp.high);
        if clamp.strict {
            low = low.next_up();
        }
        let mut to = vec![0.0; x.len()];
        for ((to, &x), &g) in to.iter_mut().zip(x).zip(grad) {
            *to = if (x >= low) & (x <= high) { g } else { 0.0 };
        }
        to
    }
}
