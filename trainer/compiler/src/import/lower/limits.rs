//! What is taken and what is not: the same for every target.

use tillsense_core::engine::Session;

use super::lower;
use crate::aligned::Aligned;
use crate::import::ends::Ends;
use crate::import::net::{Activation, Element, Net, Op, Operator, Quantisation, Tensor};
use crate::lower::file::assemble;
use crate::run::load;
use crate::target::{ExportOptions, Target};

/// Terms of a sum, with the largest weights: 128 times 127 times this is half of 2^30.
const DEPTH: usize = 33_000;

fn tensor<'a>(shape: &[usize], scale: f32, data: Option<&'a [u8]>) -> Tensor<'a> {
    Tensor {
        name: "t".into(),
        shape: shape.to_vec(),
        element: Element::Int8,
        quant: Some(Quantisation {
            scales: vec![scale],
            zero_points: vec![0],
            axis: 0,
        }),
        data,
        variable: false,
    }
}

/// A layer of one long sum.
fn long_sum<'a>(weights: &'a [u8], bias: &'a [u8]) -> Net<'a> {
    let mut tensors = vec![
        tensor(&[1, DEPTH], 1.0, None),
        tensor(&[1, DEPTH], 1.0, Some(weights)),
        tensor(&[1], 1.0, Some(bias)),
        tensor(&[1, 1], (1 << 23) as f32, None),
    ];
    tensors[2].element = Element::Int32;
    Net {
        tensors,
        operators: vec![Operator {
            number: 7,
            op: Op::FullyConnected {
                activation: Activation::None,
                keep_dims: false,
                plain: true,
            },
            inputs: vec![Some(0), Some(1), Some(2)],
            outputs: vec![3],
        }],
        inputs: vec![0],
        outputs: vec![3],
        ..Net::default()
    }
}

#[test]
fn a_sum_is_refused_where_it_could_reach_two_to_the_thirty() {
    let weights = vec![127; DEPTH];
    let largest = (1 << 30) - 1 - 128 * 127 * DEPTH as i32;
    for target in Target::ALL.into_iter().chain([Target::Generic]) {
        let aim = ExportOptions {
            target,
            flash_growth: 25,
        };
        for bias in [largest, -largest] {
            let bytes = bias.to_le_bytes();
            let lowered =
                lower(&long_sum(&weights, &bytes), "net", &aim, &Ends::default()).unwrap();
            let file = Aligned::from(assemble(&lowered).as_slice());
            let model = load(&file).unwrap();
            let mut arena = Aligned::zeros(model.header().arena_len as usize);
            let mut session = Session::new(model, &mut arena).unwrap();
            for value in [-128i8, 127] {
                session.reset();
                session.push_tensor(0, &vec![value; DEPTH]).unwrap();
                session.run();
                let sum = i64::from(bias) + 127 * DEPTH as i64 * i64::from(value);
                let rounded = (sum + (1 << 22)) >> 23;
                assert_eq!(
                    session.scores(0).unwrap(),
                    [rounded.clamp(-128, 127) as i8],
                    "{target}"
                );
            }
            let bytes = (bias + bias.signum()).to_le_bytes();
            let refused =
                lower(&long_sum(&weights, &bytes), "net", &aim, &Ends::default()).unwrap_err();
            let line = refused.to_string();
            assert!(
                line.starts_with("operator 7 (FULLY_CONNECTED, 1 x 33000,")
                    && line.contains("channel 0 could add up to more than 2^30"),
                "{target}: {line}"
            );
        }
    }
}

#[test]
fn a_tensor_that_no_terminal_holds_is_refused() {
    let net = Net {
        tensors: vec![tensor(&[1, 65_535, 65_535, 4], 1.0, None)],
        inputs: vec![0],
        outputs: vec![0],
        ..Net::default()
    };
    let line = lower(&net, "net", &ExportOptions::GENERIC, &Ends::default()).unwrap_err();
    assert_eq!(
        line.to_string(),
        "tensor 0 `t`: of the shape [1, 65535, 65535, 4] has more than 4194304 values, which no terminal holds"
    );
}

#[test]
fn values_that_are_not_int8_are_told_with_what_to_do() {
    let (weights, bias) = (vec![0; DEPTH], [0; 4]);
    let refused = |net: &Net<'_>| {
        lower(net, "net", &ExportOptions::GENERIC, &Ends::default())
            .err()
            .unwrap()
            .to_string()
    };
    for (element, words) in [
        (Element::Float32, "representative_dataset"),
        (Element::Int16, "TFLITE_BUILTINS_INT8"),
        (Element::Int32, "cut the network"),
        (Element::Int64, "cut the network"),
        (Element::Other("string"), "cut the network"),
    ] {
        let mut net = long_sum(&weights, &bias);
        net.tensors[0].element = element;
        let told = refused(&net);
        let is = format!("is an input of {element},");
        assert!(told.contains(&is) && told.contains(words), "{told}");
        net.tensors[0].element = Element::Int8;
        net.tensors[3].element = element;
        let told = refused(&net);
        assert!(told.contains("values in between"), "{told}");
    }
    // What comes of floats says that int16 was meant.
    let mut net = long_sum(&weights, &bias);
    net.tensors[0].element = Element::Float32;
    net.tensors[3].element = Element::Int16;
    assert!(refused(&net).contains("16x8"));
}

#[test]
fn a_network_whose_batch_is_open_is_refused_with_what_to_do() {
    let net = Net {
        tensors: vec![tensor(&[1, 65_536, 4], 1.0, None)],
        inputs: vec![0],
        outputs: vec![0],
        open: true,
        ..Net::default()
    };
    let line = lower(&net, "net", &ExportOptions::GENERIC, &Ends::default())
        .unwrap_err()
        .to_string();
    assert!(line.starts_with("tensor 0 `t`: of the shape"), "{line}");
    assert!(line.ends_with("convert it with a fixed batch of 1 (keras.Input(..., batch_size=1)), so that all shapes are known"), "{line}");
}
