//! Bytes of TensorFlow Lite 2.21's reference kernels, on records rebuilt from the same scales.
//!
//! `golden/generate.py` wrote the files and says how. Multipliers are computed here as TensorFlow Lite computes them.

#![allow(
    clippy::disallowed_methods,
    reason = "lengths of what is made here, not read from a file"
)]

use std::collections::HashMap;

use tillsense_core::model::records::{
    Add, Blob, Clamp, Conv, Dense, Pool, Product, Requant, Rounding, Scale, Softmax, View, Window,
};
use tillsense_core::ops;
use tillsense_core::tensor::Weights;
use tillsense_core::window::same_padding;

/// One case: its fields, and its samples as (operands, output).
#[derive(Default)]
struct Case {
    fields: HashMap<String, String>,
    samples: Vec<Sample>,
}

#[derive(Default)]
struct Sample {
    a: Vec<i8>,
    b: Vec<i8>,
    y: Vec<i8>,
}

impl Case {
    fn field(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .unwrap_or_else(|| panic!("no field {name}"))
    }

    fn numbers<T: std::str::FromStr>(&self, name: &str) -> Vec<T> {
        let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("{name}: {word}"));
        self.field(name).split(' ').map(number).collect()
    }

    fn scales(&self, name: &str) -> Vec<f32> {
        let scale = |word: &str| f32::from_bits(u32::from_str_radix(word, 16).expect("hex"));
        self.field(name).split(' ').map(scale).collect()
    }

    fn scale(&self, name: &str) -> f64 {
        self.scales(name)[0].into()
    }

    /// A tensor's view; shapes of fewer than three dimensions are filled up in front.
    fn view(&self, label: &str) -> View {
        let mut shape = self.numbers::<u16>(&format!("{label}_shape"));
        while shape.len() < 3 {
            shape.insert(0, 1);
        }
        let zero_point = self.numbers(&format!("{label}_zero"))[0];
        View {
            offset: 0,
            h: shape[0],
            w: shape[1],
            c: shape[2],
            zero_point,
        }
    }

    fn window(&self) -> Window {
        let pair = |name: &str| (self.numbers::<u16>(name)[0], self.numbers::<u16>(name)[1]);
        let (kernel, stride, dilation) = (pair("kernel"), pair("stride"), pair("dilation"));
        let input = self.view("a");
        let pad = |size: u16, taps: u16, stride: u16, dilation: u16| match self.field("padding") {
            "same" => same_padding(size.into(), taps.into(), stride.into(), dilation.into()),
            _ => (0, 0),
        };
        let rows = pad(input.h, kernel.0, stride.0, dilation.0);
        let columns = pad(input.w, kernel.1, stride.1, dilation.1);
        let pads = |a: usize, b: usize| (a as u16, b as u16);
        Window {
            kernel,
            stride,
            dilation,
            pad_before: pads(rows.0, columns.0),
            pad_after: pads(rows.1, columns.1),
        }
    }

    /// CalculateActivationRangeQuantized.
    fn clamp(&self) -> Clamp {
        let (scale, zero) = (
            self.scales("y_scale")[0],
            f32::from(self.view("y").zero_point),
        );
        let stored = |real: f32| (zero + (real / scale).round()).clamp(-128.0, 127.0) as i8;
        match self.field("activation") {
            "relu" => Clamp {
                min: stored(0.0),
                max: 127,
            },
            "relu6" => Clamp {
                min: stored(0.0),
                max: stored(6.0),
            },
            _ => Clamp {
                min: -128,
                max: 127,
            },
        }
    }
}

/// QuantizeMultiplier.
fn quantize_multiplier(factor: f64) -> (i32, i8) {
    let (mantissa, mut shift) = libm::frexp(factor);
    let mut fixed = (mantissa * 2f64.powi(31)).round() as i64;
    if fixed == 1 << 31 {
        fixed /= 2;
        shift += 1;
    }
    if shift < -31 {
        (0, 0)
    } else {
        (fixed as i32, shift as i8)
    }
}

fn scale(factor: f64) -> Scale {
    let (multiplier, shift) = quantize_multiplier(factor);
    Scale { multiplier, shift }
}

fn unhex(text: &str) -> Vec<i8> {
    let digits = |i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex") as i8;
    (0..text.len()).step_by(2).map(digits).collect()
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line
            .split_once(' ')
            .expect("a field has a name and a value");
        if name == "case" {
            cases.push(Case::default());
        }
        let case = cases.last_mut().expect("a file begins with a case");
        match name {
            "a" => case.samples.push(Sample {
                a: unhex(value),
                ..Sample::default()
            }),
            "b" => case.samples.last_mut().expect("b follows a").b = unhex(value),
            "y" => case.samples.last_mut().expect("y follows a").y = unhex(value),
            _ => {
                case.fields.insert(name.into(), value.into());
            }
        }
    }
    cases
}

/// A weights section and its places.
#[derive(Default)]
struct Section(Vec<u8>);

impl Section {
    fn push(&mut self, bytes: &[u8]) -> Blob {
        self.0.resize(self.0.len().next_multiple_of(16), 0);
        let blob = Blob {
            offset: self.0.len() as u32,
            len: bytes.len() as u32,
        };
        self.0.extend_from_slice(bytes);
        blob
    }

    fn words(&mut self, values: &[i32]) -> Blob {
        self.push(
            &values
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect::<Vec<_>>(),
        )
    }

    /// Weights, biases and factors; `factors` has one for each channel.
    fn layer(&mut self, case: &Case, rounding: Rounding, factors: &[f64]) -> (Blob, Blob, Requant) {
        let weights = self.push(bytemuck::cast_slice(&unhex(case.field("weights"))));
        let bias = self.words(&case.numbers("bias"));
        let (multipliers, shifts): (Vec<i32>, Vec<i8>) =
            factors.iter().map(|&f| quantize_multiplier(f)).unzip();
        let requant = Requant {
            rounding,
            multipliers: self.words(&multipliers),
            shifts: self.push(bytemuck::cast_slice(&shifts)),
        };
        (weights, bias, requant)
    }

    /// The section at an aligned place, for the time of `body`.
    fn with(&self, body: impl FnOnce(&Weights<'_>)) {
        let mut aligned = vec![0u128; self.0.len().div_ceil(16)];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut aligned);
        bytes[..self.0.len()].copy_from_slice(&self.0);
        body(&Weights::new(bytes));
    }
}

/// PopulateConvolutionQuantizationParams: one factor a channel.
fn channel_factors(case: &Case, channels: usize) -> Vec<f64> {
    let scales = case.scales("w_scale");
    let (input, output) = (case.scale("a_scale"), case.scale("y_scale"));
    (0..channels)
        .map(|c| input * f64::from(scales[c % scales.len()]) / output)
        .collect()
}

/// Runs all samples of all cases, listing every sample whose bytes differ.
fn compare(name: &str, text: &str, run: impl Fn(&Case, &Sample, &mut [i8])) {
    let cases = parse(text);
    assert!(cases.len() >= 10, "{name}: {} cases", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        assert!(!case.samples.is_empty());
        for (n, sample) in case.samples.iter().enumerate() {
            let mut output = vec![0; sample.y.len()];
            run(case, sample, &mut output);
            let wrong = output.iter().zip(&sample.y).filter(|(a, b)| a != b).count();
            if wrong > 0 {
                failures.push(format!(
                    "{name} case {} sample {n}: {wrong} of {} bytes differ",
                    case.field("case"),
                    output.len()
                ));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn convolution(case: &Case, depthwise: bool, sample: &Sample, output: &mut [i8]) {
    let mut section = Section::default();
    let view = case.view("y");
    let (weights, bias, requant) = section.layer(
        case,
        Rounding::Tflite,
        &channel_factors(case, view.c.into()),
    );
    let op = Conv {
        input: case.view("a"),
        output: view,
        window: case.window(),
        weights,
        bias,
        requant,
        clamp: case.clamp(),
    };
    section.with(|weights| {
        if depthwise {
            assert_eq!(ops::depthwise::check(&op, weights), Ok(()));
            ops::depthwise_conv2d(&op, weights, &sample.a, output);
        } else {
            assert_eq!(ops::conv::check(&op, weights), Ok(()));
            ops::conv2d(&op, weights, &sample.a, output);
        }
    });
}

#[test]
fn conv2d() {
    compare(
        "conv2d",
        include_str!("golden/conv2d.txt"),
        |case, sample, out| convolution(case, false, sample, out),
    );
}

#[test]
fn depthwise_conv2d() {
    compare(
        "depthwise_conv2d",
        include_str!("golden/depthwise_conv2d.txt"),
        |case, sample, out| convolution(case, true, sample, out),
    );
}

#[test]
fn dense() {
    compare(
        "dense",
        include_str!("golden/dense.txt"),
        |case, sample, out| {
            let mut section = Section::default();
            let view = case.view("y");
            let (weights, bias, requant) = section.layer(
                case,
                Rounding::Nearest,
                &channel_factors(case, view.c.into()),
            );
            let op = Dense {
                input: case.view("a"),
                output: view,
                weights,
                bias,
                requant,
                clamp: case.clamp(),
            };
            section.with(|weights| {
                assert_eq!(ops::dense::check(&op, weights), Ok(()));
                ops::dense(&op, weights, &sample.a, out);
            });
        },
    );
}

fn pool(case: &Case) -> Pool {
    Pool {
        input: case.view("a"),
        output: case.view("y"),
        window: case.window(),
        clamp: case.clamp(),
    }
}

#[test]
fn max_pool() {
    compare(
        "max_pool",
        include_str!("golden/max_pool.txt"),
        |case, sample, out| {
            assert_eq!(ops::max_pool::check(&pool(case)), Ok(()));
            ops::max_pool(&pool(case), &sample.a, out);
        },
    );
}

#[test]
fn average_pool() {
    compare(
        "average_pool",
        include_str!("golden/average_pool.txt"),
        |case, sample, out| {
            assert_eq!(ops::average_pool::check(&pool(case)), Ok(()));
            ops::average_pool(&pool(case), &sample.a, out);
        },
    );
}

#[test]
fn add() {
    compare(
        "add",
        include_str!("golden/add.txt"),
        |case, sample, out| {
            let (a, b, y) = (
                case.scale("a_scale"),
                case.scale("b_scale"),
                case.scale("y_scale"),
            );
            let twice = 2.0 * a.max(b);
            let op = Add {
                a: case.view("a"),
                b: case.view("b"),
                output: case.view("y"),
                a_scale: scale(a / twice),
                b_scale: scale(b / twice),
                out_scale: scale(twice / (f64::from(1 << 20) * y)),
                clamp: case.clamp(),
            };
            assert_eq!(ops::add::check(&op), Ok(()));
            ops::add(&op, &sample.a, &sample.b, out);
        },
    );
}

#[test]
fn product() {
    compare(
        "product",
        include_str!("golden/product.txt"),
        |case, sample, out| {
            let factor = case.scale("a_scale") * case.scale("b_scale") / case.scale("y_scale");
            let op = Product {
                a: case.view("a"),
                b: case.view("b"),
                output: case.view("y"),
                scale: scale(factor),
                rounding: Rounding::Tflite,
                clamp: case.clamp(),
            };
            assert_eq!(ops::product::check(&op), Ok(()));
            ops::product(&op, &sample.a, &sample.b, out);
        },
    );
}

#[test]
fn softmax() {
    compare(
        "softmax",
        include_str!("golden/softmax.txt"),
        |case, sample, out| {
            // PreprocessSoftmaxScaling with 5 integer bits.
            let scale =
                scale((case.scale("a_scale") * f64::from(1 << 26)).min(f64::from(i32::MAX)));
            let table = ops::softmax_table(scale).expect("a scale of TensorFlow Lite");
            let op = Softmax {
                input: case.view("a"),
                output: case.view("y"),
                table: Blob {
                    offset: 0,
                    len: 4 * table.len() as u32,
                },
            };
            let weights = Weights::new(bytemuck::cast_slice(&table));
            assert_eq!(ops::softmax::check(&op, &weights), Ok(()));
            ops::softmax(&op, &weights, &sample.a, out);
        },
    );
}
