//! Values and gradients of each operation against Burn's own.

mod recurrent;

use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, module};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tillsense_compiler::network::builder::pads;
use tillsense_compiler::network::graph::Padding;

use super::extremes::extremes;
use super::*;
use crate::learn::net::to_vec;

/// Input `[n, h, w, c]`, kernel, stride, dilation, padding, channels of the output.
type Case = (
    [usize; 4],
    [usize; 2],
    [usize; 2],
    [usize; 2],
    Padding,
    usize,
);

const VALID: Padding = Padding::Valid;
const SAME: Padding = Padding::Same;

const CASES: &[Case] = &[
    ([3, 28, 28, 1], [3, 3], [1, 1], [1, 1], VALID, 32),
    ([2, 14, 14, 8], [3, 3], [1, 1], [1, 1], SAME, 16),
    ([2, 9, 7, 3], [3, 2], [2, 1], [1, 1], SAME, 5),
    ([1, 12, 11, 2], [3, 3], [1, 2], [2, 2], SAME, 40),
    ([2, 8, 9, 4], [2, 3], [2, 2], [1, 2], VALID, 17),
    ([2, 6, 6, 5], [1, 1], [1, 1], [1, 1], VALID, 8),
    (
        [2, 7, 8, 2],
        [3, 3],
        [2, 2],
        [1, 1],
        Padding::Explicit([1, 0, 2, 1]),
        3,
    ),
];

fn draw(len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..len).map(|_| rng.random::<f32>() * 2.0 - 1.0).collect()
}

fn window(case: &Case) -> Window {
    let &(input, kernel, stride, dilation, padding, _) = case;
    let found = pads([input[1], input[2]], kernel, stride, dilation, padding);
    let (output, pads) = found.expect("the kernel fits");
    Window {
        input,
        output,
        kernel,
        stride,
        dilation,
        pads,
    }
}

/// A leaf of `[n, h, w, c]` values, and the same as Burn's pooling and convolution read it.
fn leaf<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    let data = TensorData::new(values.to_vec(), shape);
    Tensor::from_data(data, &Device::flex().autodiff()).require_grad()
}

fn first(x: Tensor<4>) -> Tensor<4> {
    x.permute([0, 3, 1, 2])
}

/// The result, and the gradients of the inputs by a weighted sum of the result.
fn run<const D: usize>(y: Tensor<D>, inputs: &[Tensor<1>]) -> Vec<Vec<f32>> {
    let weights: Vec<f32> = (0..y.shape().num_elements())
        .map(|i| ((i * 37) % 19) as f32 / 19.0 - 0.4)
        .collect();
    let weights = Tensor::<D>::from_data(TensorData::new(weights, y.dims()), &y.device());
    let grads = (y.clone() * weights).sum().backward();
    let grads = inputs
        .iter()
        .map(|x| to_vec(x.grad(&grads).expect("it is a leaf")));
    std::iter::once(to_vec(y.inner())).chain(grads).collect()
}

fn compare(name: &str, case: &Case, ours: &[Vec<f32>], theirs: &[Vec<f32>]) {
    for (part, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours.len(), theirs.len(), "{name} {case:?} part {part}");
        for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
            let near = (a - b).abs() < 2e-4 * b.abs().max(1.0);
            assert!(near, "{name} {case:?} part {part} at {at}: {a} for {b}");
        }
    }
}

fn options(case: &Case, groups: usize) -> ConvOptions<2> {
    let &(_, _, stride, dilation, ..) = case;
    ConvOptions::new_with_padding(stride, window(case).pads, dilation, groups)
}

#[test]
fn convolutions_agree_with_burn() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for case in CASES {
        let &([n, h, w, c], [kh, kw], .., channels) = case;
        let window = window(case);
        let (x, weight) = (
            leaf(&draw(n * h * w * c, &mut rng), [n * h * w * c]),
            leaf(
                &draw(channels * window.len(), &mut rng),
                [channels * window.len()],
            ),
        );
        let bias = leaf(&draw(channels, &mut rng), [channels]);
        let inputs = [x.clone(), weight.clone(), bias.clone()];
        let any = || [x.clone().into(), weight.clone().into(), bias.clone().into()];
        let theirs = || {
            module::conv2d(
                first(x.clone().reshape([n, h, w, c])),
                first(weight.clone().reshape([channels, kh, kw, c])),
                Some(bias.clone()),
                options(case, 1),
            )
        };
        let [oh, ow] = window.output;
        let ours = apply(Conv { window, channels }, any(), [n, oh, ow, channels]);
        let plain = theirs().permute([0, 2, 3, 1]);
        compare("conv", case, &run(ours, &inputs), &run(plain, &inputs));
        if oh < 2 || ow < 2 {
            continue;
        }
        let pooled = [oh / 2, ow / 2];
        let op = ConvPool {
            window,
            pooled,
            channels,
        };
        let ours = apply(op, any(), [n, pooled[0], pooled[1], channels]);
        let pool = MaxPoolOptions::new([2, 2]).with_stride([2, 2]);
        let theirs = module::max_pool2d(theirs(), pool).permute([0, 2, 3, 1]);
        compare(
            "conv_pool",
            case,
            &run(ours, &inputs),
            &run(theirs, &inputs),
        );
    }
}

#[test]
fn depthwise_convolutions_agree_with_burn() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for case in CASES {
        let &([n, h, w, c], [kh, kw], ..) = case;
        let window = window(case);
        for multiplier in [1, 3] {
            let channels = c * multiplier;
            let (x, weight) = (
                leaf(&draw(n * h * w * c, &mut rng), [n * h * w * c]),
                leaf(&draw(channels * kh * kw, &mut rng), [channels * kh * kw]),
            );
            let bias = leaf(&draw(channels, &mut rng), [channels]);
            let inputs = [x.clone(), weight.clone(), bias.clone()];
            let theirs = module::conv2d(
                first(x.clone().reshape([n, h, w, c])),
                weight.clone().reshape([channels, 1, kh, kw]),
                Some(bias.clone()),
                options(case, c),
            );
            let [oh, ow] = window.output;
            let op = Depthwise { window, multiplier };
            let ours = apply(op, inputs.clone().map(Any::from), [n, oh, ow, channels]);
            let theirs = theirs.permute([0, 2, 3, 1]);
            compare(
                "depthwise",
                case,
                &run(ours, &inputs),
                &run(theirs, &inputs),
            );
        }
    }
}

#[test]
fn pools_agree_with_burn() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for case in CASES.iter().filter(|case| case.3 == [1, 1]) {
        let &([n, h, w, c], kernel, stride, ..) = case;
        let window = window(case);
        let [oh, ow] = window.output;
        let shape = [n, oh, ow, c];
        let x = leaf(&draw(n * h * w * c, &mut rng), [n * h * w * c]);
        let read = || first(x.clone().reshape([n, h, w, c]));
        let inputs = [x.clone()];
        let ours = apply(MaxPool(window), [x.clone().into()], shape);
        let options = MaxPoolOptions::new(kernel).with_stride(stride);
        let theirs = module::max_pool2d(read(), options.with_padding_pairs(window.pads));
        let theirs = theirs.permute([0, 2, 3, 1]);
        compare("max_pool", case, &run(ours, &inputs), &run(theirs, &inputs));
        let ours = apply(AveragePool(window), [x.clone().into()], shape);
        let options = AvgPoolOptions::new(kernel)
            .with_stride(stride)
            .with_padding_pairs(window.pads);
        let theirs = module::avg_pool2d(read(), options.with_count_include_pad(false));
        let theirs = theirs.permute([0, 2, 3, 1]);
        compare(
            "average_pool",
            case,
            &run(ours, &inputs),
            &run(theirs, &inputs),
        );
    }
}

#[test]
fn products_agree_with_burn() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for (n, inputs, outputs) in [(16, 300, 64), (1, 7, 3), (5, 1, 2)] {
        let (x, weight) = (
            leaf(&draw(n * inputs, &mut rng), [n * inputs]),
            leaf(&draw(outputs * inputs, &mut rng), [outputs * inputs]),
        );
        let bias = leaf(&draw(outputs, &mut rng), [outputs]);
        let leaves = [x.clone(), weight.clone(), bias.clone()];
        let op = Dense { inputs, outputs };
        let ours = apply(op, leaves.clone().map(Any::from), [n, outputs]);
        let theirs = x
            .reshape([n, inputs])
            .matmul(weight.reshape([outputs, inputs]).transpose())
            + bias.unsqueeze::<2>();
        compare(
            "dense",
            &CASES[0],
            &run(ours, &leaves),
            &run(theirs, &leaves),
        );
    }
}

#[test]
fn what_is_not_a_number_comes_through() {
    let x = [1.0, f32::NAN, -2.0, 0.5];
    let clamp = ClampToGrid::within(0.0, 6.0);
    assert!(clamp.forward([&x]).0[1].is_nan());
    assert!(clamp.on(0.1).forward([&x]).0[1].is_nan());
    let case = ([1, 2, 2, 1], [2, 2], [2, 2], [1, 1], VALID, 1);
    assert!(MaxPool(window(&case)).forward([&x]).0[0].is_nan());
}

#[test]
fn values_are_cut_off_and_settle_on_the_grid() {
    let x = [-1.0, 0.0, 0.14, 0.15, 5.96, 6.0, 7.0];
    let relu = ClampToGrid::within(0.0, 6.0).strict().on(0.1);
    let near = |ours: &[f32], want: &[f32]| {
        assert!(
            ours.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-6),
            "{ours:?}"
        );
    };
    near(&relu.forward([&x]).0, &[0.0, 0.0, 0.1, 0.2, 6.0, 6.0, 6.0]);
    let grad = |op: ClampToGrid| {
        op.backward([&x], &(), &[1.0; 7], [true])[0]
            .clone()
            .unwrap()
    };
    near(&grad(relu), &[0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    near(
        &grad(ClampToGrid::within(0.0, 6.0)),
        &[0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    );
}

#[test]
fn extremes_of_any_length() {
    let values: Vec<f32> = (0..50).map(|i| ((i * 29) % 50) as f32 - 25.0).collect();
    for len in 1..50 {
        let values = &values[..len];
        let low = values.iter().copied().fold(f32::INFINITY, f32::min);
        let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert_eq!(extremes(values), (low, high));
    }
}
