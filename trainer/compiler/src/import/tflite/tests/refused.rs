//! Files that are refused, each with one line that says what, where, and how to mend it.

use super::{Field, File, TfliteError, int8, line, read, refusal, single};
use crate::import::tflite::Foreign;

use Field::{F32, I8, I32, Ints, U32};

#[test]
fn files_of_other_kinds_are_named() {
    let cases: [(&[u8], Foreign); 14] = [
        (b"", Foreign::Short(0)),
        (b"TFL3", Foreign::Short(4)),
        (b"\x1c\0\0\0TFL1....", Foreign::Old),
        (b"TILLSNSE........", Foreign::Tillsense),
        (b"\x89HDF\r\n\x1a\n", Foreign::Hdf5),
        (b"PK\x03\x04....", Foreign::Archive),
        (b"\x08\x01\x12\xa4\x0b\x0a..", Foreign::SavedModel),
        (b"\x08\x08\x12\x07pytorch", Foreign::Onnx),
        (b"\x08\x0a\x3a\xff\x01\x0a..", Foreign::Onnx),
        (b"\x08\x03\x42\x02\x10\x09..", Foreign::Onnx),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            Foreign::LfsPointer,
        ),
        (b"\n <!DOCTYPE html>", Foreign::Page),
        (b"<html><body>", Foreign::Page),
        (b"\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11", Foreign::Unknown),
    ];
    for (bytes, wanted) in cases {
        let error = read(bytes).unwrap_err();
        assert_eq!(error, TfliteError::Foreign(wanted));
        assert!(line(error).starts_with("no TensorFlow Lite model: "));
    }
}

#[test]
fn another_version_is_refused() {
    let mut file = single(19, 1, 1, None);
    file.version = Some(4);
    assert_eq!(
        refusal(&file),
        "the file follows version 4 of the schema and not 3; convert the network again with a TensorFlow of today"
    );
}

#[test]
fn damage_is_shown_with_its_place() {
    let bytes = single(19, 1, 1, None).bytes();
    let good = read(&bytes).unwrap();
    assert_eq!(good.tensors.len(), 2);
    // The length of the second tensor's name.
    let name = bytes.windows(2).rposition(|two| two == b"t1").unwrap();
    let mut broken = bytes.clone();
    broken[name - 1] = 0x7f;
    let error = line(read(&broken).unwrap_err());
    assert!(
        error.starts_with("the file is damaged at byte ") && error.ends_with(", in `subgraphs[0].tensors[1].name`: it leads out of the file; copy or convert it again"),
        "{error}"
    );
    let error = line(read(b"\x04\x10\0\0TFL3").unwrap_err());
    assert_eq!(
        error,
        "the file is damaged: it leads out of the file; copy or convert it again"
    );
}

#[test]
fn tables_that_are_shared_without_end_are_refused() {
    // Ten thousand operators that are one, with an operand for each byte.
    let mut file = single(19, 1, 1, None);
    file.operators[0][1] = (1, Ints(vec![0; 10_000]));
    for _ in 0..10_000 {
        file.operators.push(vec![]);
    }
    let mut bytes = file.bytes();
    let first = bytes.len();
    assert!(read(&bytes).is_err());
    // The row of operators is the only one that is so long.
    let row = (0..first - 4)
        .step_by(4)
        .find(|&at| bytes[at..at + 4] == 10_001u32.to_le_bytes())
        .unwrap();
    let word = |bytes: &[u8], at: usize| {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
    };
    let operator = row + 4 + word(&bytes, row + 4);
    for number in 0..10_001 {
        let at = row + 4 + 4 * number;
        let offset = u32::try_from(operator - at).unwrap();
        bytes[at..at + 4].copy_from_slice(&offset.to_le_bytes());
    }
    assert_eq!(
        line(read(&bytes).unwrap_err()),
        "the file is damaged: its parts are nested or shared without end; copy or convert it again"
    );
}

#[test]
fn a_file_is_called_in_one_way() {
    let signature = |name: &str, graph| vec![(2, Field::Bytes(name.into())), (4, U32(graph))];
    let mut file = single(19, 1, 1, None);
    file.more_graphs = 1;
    assert!(read(&file.bytes()).is_ok(), "a graph that nobody calls");
    file.signatures = vec![signature("serving_default", 0)];
    assert!(read(&file.bytes()).is_ok());
    file.signatures.push(signature("train", 1));
    assert_eq!(
        refusal(&file),
        "the file can be called in several ways: `serving_default`, `train`; convert one alone, with \
         tf.lite.TFLiteConverter.from_concrete_functions([function])"
    );
}

#[test]
fn operators_that_call_graphs_are_refused() {
    assert_eq!(
        refusal(&single(119, 1, 1, None)),
        "operator 0 (WHILE) calls another graph of the file, which is not read; convert the network without loops and branches \
         (Keras: recurrent layers with unroll=True)"
    );
}

#[test]
fn a_file_without_a_graph_is_refused() {
    use flatbuffers::{FlatBufferBuilder, field_index_to_field_offset};
    let mut builder = FlatBufferBuilder::new();
    let model = builder.start_table();
    builder.push_slot_always(field_index_to_field_offset(0), 3u32);
    let model = builder.end_table(model);
    builder.finish(model, Some("TFL3"));
    let error = read(builder.finished_data()).unwrap_err();
    assert_eq!(
        line(error),
        "the file holds no graph; convert the network again"
    );
}

/// A file of one operator, changed.
fn changed(mut file: File, change: impl FnOnce(&mut File)) -> File {
    change(&mut file);
    file
}

#[test]
fn inputs_and_outputs_are_tensors_that_can_be_given_and_computed() {
    let one = || single(19, 1, 1, None);
    let cases = [
        (
            changed(one(), |file| file.inputs.clear()),
            "the graph takes nothing: it has no input; convert the network with one",
        ),
        (
            changed(one(), |file| file.outputs.clear()),
            "the graph gives nothing: it has no output; convert the network with one",
        ),
        (
            changed(one(), |file| file.outputs = vec![2]),
            "the graph names tensor 2 as output, and tensors are 0 to 1; convert it again",
        ),
        (
            changed(one(), |file| file.inputs = vec![-1]),
            "the graph names tensor -1 as input, and tensors are 0 to 1; convert it again",
        ),
        (
            changed(one(), |file| file.inputs = vec![0, 0]),
            "the graph's input, tensor 0 (`t0`), is constant or named twice; convert it again",
        ),
        (
            changed(one(), |file| {
                let never = file.tensor(int8("never", &[1]));
                file.outputs = vec![never];
            }),
            "the graph's output, tensor 2 (`never`), is never computed; convert it again",
        ),
    ];
    for (file, wanted) in cases {
        assert_eq!(refusal(&file), wanted);
    }
}

#[test]
fn operators_read_what_is_there_and_compute_each_tensor_once() {
    let one = || single(19, 1, 1, None);
    let cases = [
        (
            changed(one(), |file| file.operators[0][0] = (0, U32(5))),
            "operator 0 (unknown) is of kind 5, and the file lists kinds 0 to 0; convert the network again",
        ),
        (
            changed(one(), |file| file.operators[0][1] = (1, Ints(vec![9]))),
            "operator 0 (RELU) names tensor 9, and tensors are 0 to 1; convert the network again",
        ),
        (
            changed(one(), |file| file.operators[0][2] = (2, Ints(vec![-1]))),
            "operator 0 (RELU) names tensor -1, and tensors are 0 to 1; convert the network again",
        ),
        (
            changed(one(), |file| file.operators[0][1] = (1, Ints(vec![1]))),
            "operator 0 (RELU) reads tensor 1 (`t1`), which nothing computes before; convert the network again",
        ),
        (
            changed(one(), |file| file.operators[0][2] = (2, Ints(vec![0]))),
            "operator 0 (RELU) computes tensor 0 (`t0`), which is given, constant or computed already; convert the network again",
        ),
        (
            changed(one(), |file| file.operator(14, &[0], &[1], None)),
            "operator 1 (LOGISTIC) computes tensor 1 (`t1`), which is given, constant or computed already; convert the network again",
        ),
        (
            single(19, 2, 1, None),
            "operator 0 (RELU) has 2 operands, and takes 1 or a few more; convert the network again",
        ),
        (
            changed(one(), |file| file.operators[0][1] = (1, Ints(vec![-1]))),
            "operator 0 (RELU) has no operand 0, which it needs; convert the network again",
        ),
        (
            single(19, 1, 2, None),
            "operator 0 (RELU) has 2 results instead of 1; convert the network again",
        ),
        (
            single(49, 2, 2, Some((35, vec![(0, I32(3))]))),
            "operator 0 (SPLIT) has 2 results instead of 3; convert the network again",
        ),
    ];
    for (file, wanted) in cases {
        assert_eq!(refusal(&file), wanted);
    }
}

#[test]
fn settings_are_those_of_the_operator_and_possible() {
    let strides = |down, right| vec![(1, I32(right)), (2, I32(down))];
    let cases = [
        (
            single(3, 2, 1, Some((5, strides(1, 1)))),
            "(CONV_2D) has the settings of another operator (kind 5)",
        ),
        (
            single(3, 2, 1, None),
            "(CONV_2D) has the setting `stride_h` = 0, which it cannot have",
        ),
        (
            single(3, 2, 1, Some((1, strides(1, -2)))),
            "(CONV_2D) has the setting `stride_w` = -2, which it cannot have",
        ),
        (
            single(
                3,
                2,
                1,
                Some((1, [strides(1, 1), vec![(4, I32(0))]].concat())),
            ),
            "(CONV_2D) has the setting `dilation_w_factor` = 0, which it cannot have",
        ),
        (
            single(
                3,
                2,
                1,
                Some((1, [strides(1, 1), vec![(0, I8(2))]].concat())),
            ),
            "(CONV_2D) has the setting `padding` = 2, which it cannot have",
        ),
        (
            single(0, 2, 1, Some((11, vec![(0, I8(6))]))),
            "(ADD) has the setting `fused_activation_function` = 6, which it cannot have",
        ),
        (
            single(25, 1, 1, Some((9, vec![(0, F32(f32::INFINITY))]))),
            "(SOFTMAX) has the setting `beta` = inf, which it cannot have",
        ),
        (
            single(17, 1, 1, Some((5, strides(1, 1)))),
            "(MAX_POOL_2D) has the setting `filter_height` = 0, which it cannot have",
        ),
        (
            single(100, 2, 1, Some((77, vec![(0, I8(2))]))),
            "(MIRROR_PAD) has the setting `mode` = 2, which it cannot have",
        ),
        (
            single(9, 3, 1, Some((8, vec![(1, I8(2))]))),
            "(FULLY_CONNECTED) has the setting `weights_format` = 2, which it cannot have",
        ),
    ];
    for (file, wanted) in cases {
        assert_eq!(
            refusal(&file),
            format!("operator 0 {wanted}; convert the network again")
        );
    }
}
