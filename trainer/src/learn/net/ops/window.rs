//! Positions of the windows of a convolution or of a pool in pictures `[n, h, w, c]`.

use tillsense_compiler::network::builder::Pads;

/// Windows over some pictures.
#[derive(Clone, Copy, Debug)]
pub(in crate::learn::net) struct Window {
    /// Shape of the input, `[n, h, w, c]`.
    pub input: [usize; 4],
    /// Size of the output, `[h, w]`.
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub pads: Pads,
}

impl Window {
    /// Number of windows in all pictures.
    pub(super) fn count(&self) -> usize {
        self.input[0] * self.output[0] * self.output[1]
    }

    /// Number of taps in a window.
    pub(super) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Number of values in a window.
    pub(super) fn len(&self) -> usize {
        self.taps() * self.input[3]
    }

    fn padded(&self) -> bool {
        self.pads != [(0, 0); 2]
    }

    /// Size of a picture with its padding, `[h, w]`.
    fn room(&self) -> [usize; 2] {
        let [(top, bottom), (left, right)] = self.pads;
        [self.input[1] + top + bottom, self.input[2] + left + right]
    }

    /// The windows over pictures that hold their padding.
    pub(super) fn inside(&self) -> Window {
        let [h, w] = self.room();
        Window {
            input: [self.input[0], h, w, self.input[3]],
            pads: [(0, 0); 2],
            ..*self
        }
    }

    /// The pictures with their padding; `None` where there is none.
    pub(super) fn pad(&self, x: &[f32], value: f32) -> Option<Vec<f32>> {
        if !self.padded() {
            return None;
        }
        let mut padded = vec![value; self.inside().input.iter().product()];
        self.rows(|outer, inner, len| {
            padded[outer..outer + len].copy_from_slice(&x[inner..inner + len]);
        });
        Some(padded)
    }

    /// The pictures without their padding.
    pub(super) fn crop(&self, padded: Vec<f32>) -> Vec<f32> {
        if !self.padded() {
            return padded;
        }
        let mut x = vec![0.0; self.input.iter().product()];
        self.rows(|outer, inner, len| {
            x[inner..inner + len].copy_from_slice(&padded[outer..outer + len]);
        });
        x
    }

    /// Calls `each` for every row of the pictures: its start with padding, its start without, and its length.
    fn rows(&self, mut each: impl FnMut(usize, usize, usize)) {
        let ([n, h, w, c], [outer_h, outer_w]) = (self.input, self.room());
        let [(top, _), (left, _)] = self.pads;
        for picture in 0..n {
            for y in 0..h {
                let outer = ((picture * outer_h + top + y) * outer_w + left) * c;
                each(outer, (picture * h + y) * w * c, w * c);
            }
        }
    }

    /// Start of each window of unpadded pictures, in the order of the output.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> {
        let ([n, h, w, c], [oh, ow], [sy, sx]) = (self.input, self.output, self.stride);
        let row = move |picture: usize, y: usize| ((picture * h + y * sy) * w) * c;
        (0..n).flat_map(move |picture| {
            (0..oh).flat_map(move |y| (0..ow).map(move |x| row(picture, y) + x * sx * c))
        })
    }

    /// Distance of each tap from the start of its window.
    pub(super) fn offsets(&self) -> Vec<usize> {
        let [_, _, w, c] = self.input;
        let [dy, dx] = self.dilation;
        (0..self.kernel[0])
            .flat_map(|y| (0..self.kernel[1]).map(move |x| (y * dy * w + x * dx) * c))
            .collect()
    }

    /// Runs of values that lie together in a window: their distance from its start, and their length.
    pub(super) fn runs(&self) -> (Vec<usize>, usize) {
        let ([_, kw], c) = (self.kernel, self.input[3]);
        let offsets = self.offsets();
        if self.dilation[1] == 1 {
            (offsets.into_iter().step_by(kw).collect(), kw * c)
        } else {
            (offsets, c)
        }
    }
}
