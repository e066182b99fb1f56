//! Tensors: what is read of them, and what odd metadata does no harm.

use super::builder::quantised;
use super::{Field, Fields, File, int8, read, refusal, single};
use crate::import::net::{Element, Quantisation};

use Field::{Bool, Bytes, I8, Ints, U8, U32, U64};

/// A file that adds a constant to what it is given.
fn sum(kind: i8, shape: &[i32], data: Vec<u8>, more: Fields) -> File {
    let mut file = File::default();
    file.tensor(int8("x", &[1, 4]));
    let constant = file.constant(shape, kind, data);
    file.tensors[1].extend(more);
    file.tensor(int8("y", &[1, 4]));
    file.operator(0, &[0, constant], &[2], None);
    file.inputs = vec![0];
    file.outputs = vec![2];
    file
}

/// A file whose input stands for real values.
fn scaled(shape: &[i32], scales: &[f32], zero_points: &[i64], axis: i32) -> File {
    let mut file = single(19, 1, 1, None);
    file.tensors[0] = [int8("x", shape), vec![quantised(scales, zero_points, axis)]].concat();
    file
}

fn quant_of(file: &File) -> Option<Quantisation> {
    read(&file.bytes()).unwrap().tensors[0].quant.clone()
}

#[test]
fn constants_are_as_long_as_their_shape_and_type_ask_for() {
    let kinds = [
        (0, Element::Float32, 12),
        (1, Element::Other("float16"), 6),
        (2, Element::Int32, 12),
        (3, Element::Uint8, 3),
        (4, Element::Int64, 24),
        (6, Element::Bool, 3),
        (7, Element::Int16, 6),
        (9, Element::Int8, 3),
        (17, Element::Int4, 2),
    ];
    for (kind, element, bytes) in kinds {
        let data: Vec<u8> = (1..=bytes).collect();
        let file = sum(kind, &[3, 1], data.clone(), vec![]).bytes();
        let net = read(&file).unwrap();
        assert_eq!(net.tensors[1].element, element);
        assert_eq!(net.tensors[1].data, Some(&data[..]));
        let longer = [data, vec![0]].concat();
        assert_eq!(
            refusal(&sum(kind, &[3, 1], longer, vec![])),
            format!(
                "tensor 1 (``) has {} bytes of values, and its shape and type ask for {bytes}; convert the network again",
                bytes + 1
            )
        );
    }
}

#[test]
fn values_may_lie_behind_the_tables() {
    let place = |offset: u64, size: u64| {
        let mut file = sum(9, &[3], vec![1], vec![]);
        file.buffers[1] = vec![(1, U64(offset)), (2, U64(size))];
        let mut bytes = file.bytes();
        bytes.extend(b"abc");
        bytes
    };
    let end = place(2, 3).len() as u64;
    let bytes = place(end - 3, 3);
    assert_eq!(read(&bytes).unwrap().tensors[1].data, Some(&b"abc"[..]));
    for (offset, size) in [
        (end - 2, 3),
        (u64::MAX, 3),
        (2, u64::MAX),
        (u64::MAX, u64::MAX),
    ] {
        let error = super::line(read(&place(offset, size)).unwrap_err());
        assert_eq!(
            error,
            format!(
                "tensor 1 (``) has {size} bytes of values at byte {offset}, behind the end of the file; copy or convert it again"
            )
        );
    }
}

#[test]
fn one_scale_or_one_for_each_place_of_an_axis() {
    let quant = |scales: &[f32], zero_points: &[i64], axis| Quantisation {
        scales: scales.into(),
        zero_points: zero_points.into(),
        axis,
    };
    assert_eq!(
        quant_of(&scaled(&[2, 3], &[0.5], &[-3], 0)),
        Some(quant(&[0.5], &[-3], 0))
    );
    // A single scale whose axis is somewhere, and a zero point that is left out.
    assert_eq!(
        quant_of(&scaled(&[2, 3], &[0.5], &[], 7)),
        Some(quant(&[0.5], &[0], 0))
    );
    let three = [0.5, 0.25, 0.0];
    assert_eq!(
        quant_of(&scaled(&[2, 3], &three, &[1, 2, 3], 1)),
        Some(quant(&three, &[1, 2, 3], 1))
    );
    assert_eq!(
        quant_of(&scaled(&[2, 3], &three, &[1], 1)),
        Some(quant(&three, &[1, 1, 1], 1))
    );
    assert_eq!(quant_of(&scaled(&[2, 3], &[], &[], 0)), None);
}

#[test]
fn the_axis_of_a_row_is_its_own() {
    let file = scaled(&[3], &[0.5, 0.25, 1.0], &[], 3);
    assert_eq!(quant_of(&file).unwrap().axis, 0);
}

#[test]
fn scales_that_no_kernel_reads_may_be_any_number() {
    let mut file = scaled(&[2, 3], &[0.5, 0.25], &[], 1);
    file.tensors[0][1] = (1, I8(2));
    assert_eq!(quant_of(&file), None);
}

#[test]
fn wrong_scales_are_refused() {
    let cases = [
        (
            scaled(&[2, 3], &[0.5, 1.0], &[], 1),
            "has 2 scales along axis 1 of [2, 3]; quantise the network again",
        ),
        (
            scaled(&[2, 3], &[0.5, 1.0], &[], 2),
            "has 2 scales along axis 2 of [2, 3]; quantise the network again",
        ),
        (
            scaled(&[2, 3], &[0.5, 1.0], &[], -1),
            "has 2 scales along axis -1 of [2, 3]; quantise the network again",
        ),
        (
            scaled(&[2], &[f32::NAN], &[], 0),
            "has the scale NaN; quantise the network again",
        ),
        (
            scaled(&[2], &[-0.5], &[], 0),
            "has the scale -0.5; quantise the network again",
        ),
        (
            scaled(&[2], &[0.5], &[1, 2], 0),
            "has 2 zero points for 1 scales; quantise the network again",
        ),
        (
            scaled(&[2], &[0.5], &[128], 0),
            "has the zero point 128, which is no value of its type; quantise the network again",
        ),
    ];
    for (file, wanted) in cases {
        assert_eq!(refusal(&file), format!("tensor 0 (`x`) {wanted}"));
    }
    let mut file = single(19, 1, 1, None);
    file.tensors[0].push((4, Field::Table(vec![(4, U8(2))])));
    assert_eq!(
        refusal(&file),
        "tensor 0 (`t0`) is quantised in blocks or in a way of somebody's own (kind 2), not by a scale and a zero point; \
         quantise it for each tensor or channel"
    );
}

#[test]
fn shapes_are_those_that_are_fixed() {
    let mut file = single(19, 1, 1, None);
    // A batch of any size, which `shape` gives as 1.
    file.tensors[0].push((7, Ints(vec![-1, 4])));
    assert_eq!(read(&file.bytes()).unwrap().tensors[0].shape, [1, 4]);
    file.tensors[0] = int8("x", &[-1, 4]);
    assert_eq!(
        refusal(&file),
        "tensor 0 (`x`) has the dimension -1; convert the network with a fixed shape"
    );
    file.tensors[0] = int8("x", &[i32::MAX; 3]);
    assert_eq!(
        refusal(&file),
        "tensor 0 (`x`) has more values than any machine holds; convert the network again"
    );
    file.tensors[0] = int8("x", &[]);
    assert_eq!(read(&file.bytes()).unwrap().tensors[0].len(), Some(1));
}

#[test]
fn values_that_are_elsewhere_or_in_another_form_are_refused() {
    let mut wrong_buffer = single(19, 1, 1, None);
    wrong_buffer.tensors[0].push((2, U32(7)));
    let mut external = single(19, 1, 1, None);
    external.tensors[0].push((10, U32(1)));
    let mut sparse = single(19, 1, 1, None);
    sparse.tensors[0].push((6, Field::Table(vec![(0, Ints(vec![0, 1]))])));
    let cases = [
        (
            wrong_buffer,
            "tensor 0 (`t0`) has its values in buffer 7, and buffers are 0 to none; convert the network again",
        ),
        (
            external,
            "tensor 0 (`t0`) has its values in another file; convert the network into one",
        ),
        (
            sparse,
            "tensor 0 (`t0`) is sparse, which is not read; convert the network without sparsity",
        ),
        (
            sum(9, &[1], vec![1], vec![(5, Bool(true))]),
            "tensor 1 (``) is variable and constant at once; convert the network again",
        ),
    ];
    for (file, wanted) in cases {
        assert_eq!(refusal(&file), wanted);
    }
}

#[test]
fn a_variable_tensor_may_be_read_at_once() {
    let mut file = single(0, 2, 1, None);
    file.inputs = vec![0];
    file.tensors[1].push((5, Bool(true)));
    assert!(read(&file.bytes()).unwrap().tensors[1].variable);
}

#[test]
fn what_has_no_values_is_constant() {
    // The shape of a scalar: no numbers, in a buffer that says nothing.
    let mut file = single(22, 2, 1, None);
    file.inputs = vec![0];
    file.tensors[1] = vec![(0, Ints(vec![0])), (1, I8(2))];
    assert_eq!(read(&file.bytes()).unwrap().tensors[1].data, Some(&[][..]));
}

#[test]
fn names_are_read_as_far_as_they_are_text() {
    let mut file = single(19, 1, 1, None);
    file.tensors[0][2] = (3, Bytes(b"p\xc3\xa9e \xff!".to_vec()));
    file.description = Some("made by hand");
    let bytes = file.bytes();
    let net = read(&bytes).unwrap();
    assert_eq!(net.tensors[0].name, "p\u{e9}e ");
    assert_eq!(net.description, "made by hand");
}

#[test]
fn tensors_that_nobody_uses_do_no_harm() {
    let mut file = single(19, 1, 1, None);
    file.tensor(int8("spare", &[3, 3]));
    file.constant(&[2], 9, vec![1, 2]);
    let bytes = file.bytes();
    let net = read(&bytes).unwrap();
    assert_eq!(net.tensors.len(), 4);
    assert_eq!(net.tensors[2].data, None);
}

#[test]
fn a_batch_is_open_where_an_input_s_signature_says_so() {
    for (signature, open) in [(vec![-1, 4], true), (vec![1, 4], false), (vec![], false)] {
        let mut file = single(19, 1, 1, None);
        file.tensors[0] = [int8("x", &[1, 4]), vec![(7, Ints(signature.clone()))]].concat();
        assert_eq!(read(&file.bytes()).unwrap().open, open, "{signature:?}");
    }
}
