//! Fake quantisation: real numbers are moved to the grid that the device stores, with a straight-through gradient.
//!
//! `y = x + (q(x) - x)`, the difference being a constant to the gradient (Bengio et al. 2013; Jacob et al. 2018).
//! Values outside the range are clamped first, and get no gradient.

use burn::tensor::{Tensor, TensorData};
use tillsense_compiler::network::graph::{Bits, Quant};
use tillsense_compiler::quant::int4;

use crate::learn::net::ops::{ClampToGrid, Rows, apply};
use crate::learn::net::to_vec;

/// Lowest and highest real value of a quantisation.
pub(crate) fn bounds(quant: Quant) -> (f32, f32) {
    (
        (-128 - quant.zero_point) as f32 * quant.scale,
        (127 - quant.zero_point) as f32 * quant.scale,
    )
}

/// Moves activations to the grid of `quant`; halves round up, as in the device's requantisation.
pub(crate) fn activation<const D: usize>(x: Tensor<D>, quant: Quant) -> Tensor<D> {
    let (low, high) = bounds(quant);
    let shape = x.dims();
    apply(
        ClampToGrid::within(low, high).on(quant.scale),
        [x.into()],
        shape,
    )
}

/// Moves weights `[rows, n]` to the grid of one symmetric scale for each row, the one of
/// [`tillsense_compiler::quant::weight_scale`].
pub(crate) fn rows(w: Tensor<2>, bits: Bits) -> Tensor<2> {
    let shape = w.dims();
    let op = Rows {
        columns: shape[1],
        largest: bits.largest(),
    };
    apply(op, [w.into()], shape)
}

/// Moves a table to the grid of one scale for all of it.
pub(crate) fn table(w: Tensor<2>) -> Tensor<2> {
    let shape = w.dims();
    let op = Rows {
        columns: shape[0] * shape[1],
        largest: Bits::Eight.largest(),
    };
    apply(op, [w.into()], shape)
}

/// Moves a table to four bits like [`int4::Table`]: to what an embedding writes, or to what a bag adds up.
pub(crate) fn table_of_four(w: Tensor<2>, embedding: bool) -> Tensor<2> {
    let (plain, shape) = (w.clone().inner(), w.dims());
    let stored = int4::Table::new(&to_vec(plain.clone()), shape[1]);
    let real = |steps: i16, scale: f32| f32::from(steps) * scale;
    let grid: Vec<f32> = if embedding {
        let scale = stored.embedding_scale();
        stored.embedded().map(|steps| real(steps, scale)).collect()
    } else {
        stored
            .steps()
            .map(|steps| real(steps, stored.scale))
            .collect()
    };
    let grid = Tensor::from_data(TensorData::new(grid, shape), &plain.device());
    shift(w, grid - plain)
}

/// `x + constant`, with a gradient where x has one.
fn shift<const D: usize>(x: Tensor<D>, constant: Tensor<D>) -> Tensor<D> {
    if x.is_autodiff() {
        x + constant.autodiff()
    } else {
        x + constant
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use tillsense_compiler::quant;

    use super::*;
    use crate::learn::net::to_vec;

    #[test]
    fn agrees_with_the_stored_integers() {
        let device = Device::flex();
        let quant = quant::activation(-1.3, 2.2);
        let xs: Vec<f32> = (-200..=200).map(|i| i as f32 * 0.0131).collect();
        let got = to_vec(activation(
            Tensor::<1>::from_floats(&xs[..], &device),
            quant,
        ));
        for (x, y) in xs.iter().zip(got) {
            let stored = quant::store(*x, quant);
            let want = f32::from(i16::from(stored) - quant.zero_point as i16) * quant.scale;
            assert!((y - want).abs() < 1e-5, "{x}: {y} for {want}");
        }
    }

    #[test]
    fn weights_agree_with_the_stored_integers() {
        let device = Device::flex();
        let w = [0.5f32, -1.0, 0.03, 0.0, 0.0, 0.0];
        let got = to_vec(rows(
            Tensor::<2>::from_floats([[w[0], w[1], w[2]], [w[3], w[4], w[5]]], &device),
            Bits::Eight,
        ));
        for (row, got) in w.chunks(3).zip(got.chunks(3)) {
            let scale = quant::weight_scale(row.iter().copied(), Bits::Eight);
            for (w, y) in row.iter().zip(got) {
                assert!(
                    (f32::from(quant::weight(*w, scale, Bits::Eight)) * scale - y).abs() < 1e-6
                );
            }
        }
    }

    #[test]
    fn tables_of_four_bits_agree_with_the_stored_bytes() {
        let device = Device::flex();
        let (rows, width) = (5, 11);
        let w: Vec<f32> = (0..rows * width)
            .map(|i| ((i * 37 % 101) as f32 - 50.0) * 0.013 / (1 + i / width * 3) as f32)
            .collect();
        let shape = [rows, width];
        let tensor = Tensor::<2>::from_data(TensorData::new(w.clone(), shape), &device);
        let bag = to_vec(table_of_four(tensor.clone(), false));
        let embedding = to_vec(table_of_four(tensor, true));
        let stored = int4::Table::new(&w, width);
        let bytes = stored.bytes();
        for (place, (&bag, &embedding)) in bag.iter().zip(&embedding).enumerate() {
            let (row, channel) = (place / width, place % width);
            let nibble = bytes[8 * row + channel / 2] >> (4 * (channel % 2)) & 15;
            let multiplier = i32::from(bytes[8 * rows + row] as i8) + 128;
            let steps = (i32::from(nibble) - 8) * multiplier;
            assert_eq!(bag, steps as f32 * stored.scale);
            assert_eq!(
                embedding,
                ((steps + 8) >> 4) as f32 * stored.embedding_scale()
            );
            assert!((bag - w[place]).abs() <= stored.scale * multiplier as f32);
        }
    }

    #[test]
    fn gradient_passes_inside_the_range_only() {
        let device = Device::flex().autodiff();
        let x = Tensor::<1>::from_floats([-3.0, -0.4, 0.7, 3.0], &device).require_grad();
        let y = activation(x.clone(), quant::activation(-1.0, 1.0));
        let grads = (y * 2.0).sum().backward();
        assert_eq!(to_vec(x.grad(&grads).unwrap()), [0.0, 2.0, 2.0, 0.0]);
    }
}
