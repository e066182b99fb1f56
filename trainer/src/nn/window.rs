//! Convolution and pooling on `[n, c, h, w]`.

use burn::tensor::Tensor;
use burn::tensor::module;
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};

use crate::build::{Pads, pads};
use crate::graph::Padding;

/// Kernel, stride, dilation and padding of a node.
#[derive(Clone, Copy)]
pub(super) struct Geometry {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub padding: Padding,
}

impl Geometry {
    fn pads<const C: usize>(&self, x: [usize; C]) -> Pads {
        let found = pads(
            [x[C - 2], x[C - 1]],
            self.kernel,
            self.stride,
            self.dilation,
            self.padding,
        );
        found.map_or([(0, 0); 2], |(_, pads)| pads)
    }
}

/// Weights `[oc, ic / groups, kh, kw]`.
pub(super) fn conv(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    geometry: Geometry,
    groups: usize,
) -> Tensor<4> {
    let pads = geometry.pads(x.dims());
    let options = ConvOptions::new_with_padding(geometry.stride, pads, geometry.dilation, groups);
    module::conv2d(x, weight, bias, options)
}

/// Taps in the padding do not count.
pub(super) fn max_pool(x: Tensor<4>, geometry: Geometry) -> Tensor<4> {
    let pads = geometry.pads(x.dims());
    module::max_pool2d(
        x,
        MaxPoolOptions::new(geometry.kernel)
            .with_stride(geometry.stride)
            .with_padding_pairs(pads),
    )
}

/// Taps in the padding do not count.
pub(super) fn average_pool(x: Tensor<4>, geometry: Geometry) -> Tensor<4> {
    let pads = geometry.pads(x.dims());
    let options = AvgPoolOptions::new(geometry.kernel)
        .with_stride(geometry.stride)
        .with_padding_pairs(pads);
    module::avg_pool2d(x, options.with_count_include_pad(false))
}
