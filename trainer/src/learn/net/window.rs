//! Convolution and pooling on `[n, h, w, c]`.

use burn::tensor::Tensor;
use tillsense_compiler::network::builder::pads;
use tillsense_compiler::network::graph::Geometry;

use super::ops::{AveragePool, Conv, ConvPool, Depthwise, MaxPool, Window, apply};

fn window_of(geometry: &Geometry, input: [usize; 4]) -> Window {
    let Geometry {
        kernel,
        stride,
        dilation,
        padding,
    } = *geometry;
    let found = pads([input[1], input[2]], kernel, stride, dilation, padding);
    let (output, pads) = found.expect("the builder lets no kernel leave its picture");
    Window {
        input,
        output,
        kernel,
        stride,
        dilation,
        pads,
    }
}

/// Convolution with weights `[oc, kh * kw * ic]`.
pub(super) fn conv(
    x: Tensor<4>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    geometry: Geometry,
) -> Tensor<4> {
    let window = window_of(&geometry, x.dims());
    let channels = weight.dims()[0];
    let shape = shape(&window, window.output, channels);
    let inputs = [x.into(), weight.into(), bias.into()];
    apply(Conv { window, channels }, inputs, shape)
}

/// Depthwise convolution with weights `[ic * multiplier, kh * kw]`.
pub(super) fn depthwise(
    x: Tensor<4>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    geometry: Geometry,
) -> Tensor<4> {
    let window = window_of(&geometry, x.dims());
    let channels = weight.dims()[0];
    let multiplier = channels / window.input[3];
    let shape = shape(&window, window.output, channels);
    let inputs = [x.into(), weight.into(), bias.into()];
    apply(Depthwise { window, multiplier }, inputs, shape)
}

/// Convolution, then max pool, fused where the fast path takes them.
pub(super) fn conv_max_pool(
    x: Tensor<4>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    geometry: Geometry,
    pool: Geometry,
) -> Tensor<4> {
    let window = window_of(&geometry, x.dims());
    let channels = weight.dims()[0];
    let pools = window_of(&pool, shape(&window, window.output, channels));
    if [pool.kernel, pool.stride] != [[2, 2]; 2] || pools.pads != [(0, 0); 2] {
        return max_pool(conv(x, weight, bias, geometry), pool);
    }
    let shape = shape(&window, pools.output, channels);
    let op = ConvPool {
        window,
        pooled: pools.output,
        channels,
    };
    apply(op, [x.into(), weight.into(), bias.into()], shape)
}

/// Max pool; taps in the padding do not count.
pub(super) fn max_pool(x: Tensor<4>, geometry: Geometry) -> Tensor<4> {
    let window = window_of(&geometry, x.dims());
    let shape = shape(&window, window.output, window.input[3]);
    apply(MaxPool(window), [x.into()], shape)
}

/// Average pool; taps in the padding do not count.
pub(super) fn average_pool(x: Tensor<4>, geometry: Geometry) -> Tensor<4> {
    let window = window_of(&geometry, x.dims());
    let shape = shape(&window, window.output, window.input[3]);
    apply(AveragePool(window), [x.into()], shape)
}

fn shape(window: &Window, [h, w]: [usize; 2], channels: usize) -> [usize; 4] {
    [window.input[0], h, w, channels]
}
