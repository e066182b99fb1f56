//! Operators with all their settings.

use std::mem::discriminant;

use super::{Field, Fields, File, int8, read, single};
use crate::import::net::{Activation, Op, Padding, Pool, Steps};

use Field::{Bool, F32, I8, I32, Ints};

/// An operator's number, its operands and results, the number of its settings and these, and what it is read as.
type Case = (i32, i32, i32, u8, Fields, Op);

fn windows() -> Vec<Case> {
    let steps = Steps {
        padding: Padding::Valid,
        stride: [3, 2],
        dilation: [5, 4],
    };
    let pool = Pool {
        padding: Padding::Same,
        stride: [3, 2],
        kernel: [7, 6],
        activation: Activation::Relu,
    };
    let pooled = || {
        vec![
            (0, I8(0)),
            (1, I32(2)),
            (2, I32(3)),
            (3, I32(6)),
            (4, I32(7)),
            (5, I8(1)),
        ]
    };
    let undilated = Steps {
        dilation: [1, 1],
        ..steps
    };
    let strided = || vec![(0, I8(1)), (1, I32(2)), (2, I32(3))];
    let with = |more: Fields| [strided(), more].concat();
    let resized = || vec![(0, Bool(true)), (1, Bool(false))];
    vec![
        (
            3,
            3,
            1,
            1,
            with(vec![(3, I8(3)), (4, I32(4)), (5, I32(5))]),
            Op::Conv2d(steps, Activation::Relu6),
        ),
        (
            3,
            2,
            1,
            1,
            strided(),
            Op::Conv2d(undilated, Activation::None),
        ),
        (
            4,
            3,
            1,
            2,
            with(vec![(3, I32(2)), (4, I8(2)), (5, I32(4)), (6, I32(5))]),
            Op::DepthwiseConv2d {
                steps,
                multiplier: 2,
                activation: Activation::ReluN1To1,
            },
        ),
        (
            67,
            4,
            1,
            49,
            with(vec![(3, I8(1))]),
            Op::TransposeConv(undilated, Activation::Relu),
        ),
        (17, 1, 1, 5, pooled(), Op::MaxPool2d(pool)),
        (1, 1, 1, 5, pooled(), Op::AveragePool2d(pool)),
        (
            97,
            2,
            1,
            74,
            resized(),
            Op::ResizeNearestNeighbor {
                align_corners: true,
                half_pixel_centers: false,
            },
        ),
        (
            23,
            2,
            1,
            15,
            vec![(2, Bool(false)), (3, Bool(true))],
            Op::ResizeBilinear {
                align_corners: false,
                half_pixel_centers: true,
            },
        ),
    ]
}

fn sums() -> Vec<Case> {
    vec![
        (
            9,
            3,
            1,
            8,
            vec![(0, I8(1)), (1, I8(0)), (2, Bool(true))],
            Op::FullyConnected {
                activation: Activation::Relu,
                keep_dims: true,
                plain: true,
            },
        ),
        (
            9,
            3,
            2,
            8,
            vec![(1, I8(1))],
            Op::FullyConnected {
                activation: Activation::None,
                keep_dims: false,
                plain: false,
            },
        ),
        (
            126,
            2,
            1,
            101,
            vec![(1, Bool(true))],
            Op::BatchMatmul {
                transpose_a: false,
                transpose_b: true,
            },
        ),
        (0, 2, 1, 11, vec![(0, I8(1))], Op::Add(Activation::Relu)),
        (41, 2, 1, 28, vec![(0, I8(3))], Op::Sub(Activation::Relu6)),
        (18, 2, 1, 21, vec![(0, I8(4))], Op::Mul(Activation::Tanh)),
        (42, 2, 1, 29, vec![(0, I8(5))], Op::Div(Activation::SignBit)),
        (55, 2, 1, 39, vec![], Op::Maximum),
        (57, 2, 1, 39, vec![], Op::Minimum),
        (99, 2, 1, 76, vec![], Op::SquaredDifference),
        (
            40,
            2,
            1,
            27,
            vec![(0, Bool(true))],
            Op::Mean { keep_dims: true },
        ),
        (74, 2, 1, 27, vec![], Op::Sum { keep_dims: false }),
        (
            82,
            2,
            1,
            27,
            vec![(0, Bool(true))],
            Op::ReduceMax { keep_dims: true },
        ),
        (56, 2, 1, 40, vec![(0, I8(2))], Op::ArgMax),
    ]
}

fn repetitions() -> Vec<Case> {
    vec![
        (69, 2, 1, 0, vec![], Op::Tile),
        (130, 2, 1, 0, vec![], Op::BroadcastTo),
        (105, 2, 1, 0, vec![], Op::Reverse),
        (
            26,
            1,
            1,
            19,
            vec![(0, I32(2))],
            Op::SpaceToDepth { block: 2 },
        ),
        (
            5,
            1,
            1,
            94,
            vec![(0, I32(3))],
            Op::DepthToSpace { block: 3 },
        ),
    ]
}

fn places() -> Vec<Case> {
    let shape = || vec![(0, Ints(vec![1, -1]))];
    let masks = (0..5u16).map(|slot| (slot, I32(1 << slot)));
    vec![
        (
            2,
            3,
            1,
            10,
            vec![(0, I32(-1)), (1, I8(1))],
            Op::Concatenation {
                axis: -1,
                activation: Activation::Relu,
            },
        ),
        (49, 2, 3, 35, vec![(0, I32(3))], Op::Split { parts: 3 }),
        (102, 3, 2, 79, vec![(0, I32(2))], Op::SplitV { parts: 2 }),
        (65, 3, 1, 48, vec![], Op::Slice),
        (
            45,
            4,
            1,
            32,
            masks.chain([(5, Bool(true))]).collect(),
            Op::StridedSlice {
                begin_mask: 1,
                end_mask: 2,
                ellipsis_mask: 4,
                new_axis_mask: 8,
                shrink_axis_mask: 16,
                offset: true,
            },
        ),
        (34, 2, 1, 22, vec![], Op::Pad),
        (60, 3, 1, 43, vec![], Op::PadV2),
        (
            100,
            2,
            1,
            77,
            vec![(0, I8(1))],
            Op::MirrorPad { symmetric: true },
        ),
        (
            22,
            1,
            1,
            17,
            shape(),
            Op::Reshape {
                shape: Some(vec![1, -1]),
            },
        ),
        (22, 2, 1, 17, vec![], Op::Reshape { shape: None }),
        (43, 1, 1, 30, shape(), Op::Squeeze { axes: vec![1, -1] }),
        (70, 2, 1, 52, vec![], Op::ExpandDims),
        (77, 1, 1, 55, vec![(0, I8(2))], Op::Shape),
        (
            83,
            2,
            1,
            59,
            vec![(0, I32(2)), (1, I32(1))],
            Op::Pack { axis: 1 },
        ),
        (
            88,
            1,
            2,
            64,
            vec![(0, I32(2)), (1, I32(-2))],
            Op::Unpack { axis: -2, parts: 2 },
        ),
        (39, 2, 1, 26, vec![], Op::Transpose),
        (
            36,
            2,
            1,
            23,
            vec![(0, I32(2)), (1, I32(-1))],
            Op::Gather {
                axis: 2,
                batch_dims: -1,
            },
        ),
    ]
}

fn values() -> Vec<Case> {
    vec![
        (25, 1, 1, 9, vec![(0, F32(0.5))], Op::Softmax { beta: 0.5 }),
        (50, 1, 1, 36, vec![], Op::LogSoftmax),
        (14, 1, 1, 0, vec![], Op::Logistic),
        (28, 1, 1, 0, vec![], Op::Tanh),
        (19, 1, 1, 0, vec![], Op::Relu),
        (21, 1, 1, 0, vec![], Op::Relu6),
        (20, 1, 1, 0, vec![], Op::ReluN1To1),
        (
            98,
            1,
            1,
            75,
            vec![(0, F32(0.25))],
            Op::LeakyRelu { alpha: 0.25 },
        ),
        (54, 2, 1, 0, vec![], Op::Prelu),
        (111, 1, 1, 0, vec![], Op::Elu),
        (117, 1, 1, 91, vec![], Op::HardSwish),
        (
            150,
            1,
            1,
            116,
            vec![(0, Bool(true))],
            Op::Gelu { approximate: true },
        ),
        (101, 1, 1, 78, vec![], Op::Abs),
        (59, 1, 1, 42, vec![], Op::Neg),
        (47, 1, 1, 33, vec![], Op::Exp),
        (76, 1, 1, 0, vec![], Op::Rsqrt),
        (114, 1, 1, 89, vec![], Op::Quantize),
        (6, 1, 1, 38, vec![], Op::Dequantize),
        (
            11,
            1,
            1,
            12,
            vec![(0, I8(1))],
            Op::L2Normalization(Activation::Relu),
        ),
        (
            27,
            5,
            1,
            6,
            vec![(0, I32(2)), (1, I8(1))],
            Op::Svdf {
                rank: 2,
                activation: Activation::Relu,
            },
        ),
        (
            44,
            24,
            1,
            71,
            vec![(0, I8(4)), (1, F32(1.5)), (2, F32(2.5)), (3, Bool(true))],
            Op::UnidirectionalSequenceLstm {
                activation: Activation::Tanh,
                cell_clip: 1.5,
                proj_clip: 2.5,
                time_major: true,
                intermediates: vec![],
            },
        ),
        (158, 1, 1, 123, vec![], Op::Other("SIGN".into())),
        (300, 1, 1, 0, vec![], Op::Other("number 300".into())),
    ]
}

fn cases() -> Vec<Case> {
    [windows(), sums(), places(), repetitions(), values()].concat()
}

/// Operators of every kind, one after the other.
pub(super) fn every_operator() -> File {
    let mut file = File::default();
    for (code, operands, results, kind, options, _) in cases() {
        let mut tensors = |from: &str, count| -> Vec<i32> {
            (0..count)
                .map(|number| file.tensor(int8(&format!("{from}{number}"), &[1, 4])))
                .collect()
        };
        let (inputs, outputs) = (tensors("in", operands), tensors("out", results));
        file.operator(
            code,
            &inputs,
            &outputs,
            (kind != 0).then_some((kind, options)),
        );
        file.inputs.extend(inputs);
        file.outputs.extend(outputs);
    }
    file
}

#[test]
fn settings_are_read() {
    for (code, operands, results, kind, options, wanted) in cases() {
        let bytes = single(
            code,
            operands,
            results,
            (kind != 0).then_some((kind, options)),
        )
        .bytes();
        let net = read(&bytes).unwrap_or_else(|error| panic!("{wanted:?}: {error}"));
        assert_eq!(net.operators.len(), 1, "{wanted:?}");
        assert_eq!(net.operators[0].op, wanted);
        assert_eq!(
            net.operators[0].inputs.len(),
            operands as usize,
            "{wanted:?}"
        );
        assert_eq!(net.operators[0].outputs, net.outputs, "{wanted:?}");
    }
}

#[test]
fn every_op_is_tried() {
    let mut tried = Vec::new();
    for (.., op) in cases() {
        if !tried.contains(&discriminant(&op)) {
            tried.push(discriminant(&op));
        }
    }
    // All but those of somebody's own, see below.
    assert_eq!(tried.len(), 63);
}

#[test]
fn settings_that_are_not_there_have_the_schemas_defaults() {
    let no_settings = |code, operands| {
        let bytes = single(code, operands, 1, None).bytes();
        read(&bytes).unwrap().operators.remove(0).op
    };
    assert_eq!(no_settings(0, 2), Op::Add(Activation::None));
    assert_eq!(no_settings(22, 2), Op::Reshape { shape: None });
    assert_eq!(no_settings(40, 2), Op::Mean { keep_dims: false });
}

#[test]
fn a_kind_may_stand_in_the_older_field_or_in_the_newer() {
    for code in [
        vec![(0, I8(19))],
        vec![(3, I32(19))],
        vec![(0, I8(19)), (3, I32(19))],
    ] {
        let mut file = single(0, 1, 1, None);
        file.codes[0] = code;
        assert_eq!(read(&file.bytes()).unwrap().operators[0].op, Op::Relu);
    }
    let mut file = single(0, 1, 1, None);
    file.codes[0] = vec![(0, I8(127)), (3, I32(150))];
    assert_eq!(
        read(&file.bytes()).unwrap().operators[0].op,
        Op::Gelu { approximate: false }
    );
}

#[test]
fn operators_of_somebodys_own_keep_their_name_and_may_leave_operands_out() {
    let mut file = single(0, 2, 1, None);
    file.codes[0] = vec![
        (0, I8(32)),
        (1, Field::Bytes(b"Detect".to_vec())),
        (3, I32(32)),
    ];
    file.operators[0][1] = (1, Ints(vec![0, -1, 1]));
    let bytes = file.bytes();
    let net = read(&bytes).unwrap();
    assert_eq!(net.operators[0].op, Op::Custom("Detect".into()));
    assert_eq!(net.operators[0].inputs, [Some(0), None, Some(1)]);
}

#[test]
fn a_missing_bias_is_one_that_is_not_there() {
    let options = vec![(1, I32(1)), (2, I32(1))];
    let mut file = single(3, 2, 1, Some((1, options)));
    file.operators[0][1] = (1, Ints(vec![0, 1, -1]));
    assert_eq!(
        read(&file.bytes()).unwrap().operators[0].inputs,
        [Some(0), Some(1), None]
    );
}

#[test]
fn a_recurrent_layer_names_tensors_that_are_never_stored() {
    let mut file = single(44, 20, 1, None);
    let never = file.tensor(int8("between", &[]));
    file.operators[0].push((8, Ints(vec![never, never])));
    let bytes = file.bytes();
    let Op::UnidirectionalSequenceLstm { intermediates, .. } =
        &read(&bytes).unwrap().operators[0].op
    else {
        panic!("it is a recurrent layer");
    };
    assert_eq!(intermediates[..], [never as usize, never as usize]);
}
