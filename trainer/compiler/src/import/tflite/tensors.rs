//! Tensors: shapes, constants, and what values stand for.

use super::error::{Named, TensorFault, TfliteError};
use super::schema::{self, Buffer, Bytes, Model, Quantization, Tables};
use crate::import::net::{Element, Quantisation, Tensor, TensorId};

/// Buffers hold constants behind the file's tables from this offset on; 0 and 1 say that they do not.
const LEAST_OFFSET: u64 = 2;

/// All tensors of a graph.
pub(super) fn tensors<'a>(
    file: &'a [u8],
    model: Model<'a>,
    of: Option<Tables<'a, schema::Tensor<'a>>>,
) -> Result<Vec<Tensor<'a>>, TfliteError> {
    let buffers = model.buffers().unwrap_or_default();
    let rows = schema::items(of);
    let mut tensors = Vec::with_capacity(rows.len());
    for (number, row) in rows.enumerate() {
        let tensor = one(file, buffers, row).map_err(|fault| TfliteError::Tensor {
            tensor: Named {
                number,
                name: text(row.name()).into(),
            },
            fault,
        })?;
        tensors.push(tensor);
    }
    Ok(tensors)
}

/// Whether a side of one of these tensors is open: the shape has 1 in its place.
pub(super) fn any_open(of: Option<Tables<'_, schema::Tensor<'_>>>, ids: &[TensorId]) -> bool {
    schema::items(of).enumerate().any(|(number, row)| {
        ids.contains(&number) && schema::items(row.shape_signature()).any(|side| side < 0)
    })
}

/// The part of a text that can be read; empty of none.
pub(super) fn text(bytes: Option<Bytes<'_>>) -> &str {
    let bytes = bytes.map_or(&[][..], |bytes| bytes.bytes());
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

fn one<'a>(
    file: &'a [u8],
    buffers: Tables<'a, Buffer<'a>>,
    tensor: schema::Tensor<'a>,
) -> Result<Tensor<'a>, TensorFault> {
    if tensor.sparsity() != 0 {
        return Err(TensorFault::Sparse);
    }
    if tensor.external_buffer() != 0 {
        return Err(TensorFault::External);
    }
    let (element, bits) = element(tensor.kind());
    let shape = shape(tensor)?;
    let data = data(file, buffers, tensor.buffer())?;
    let values = len(&shape).ok_or(TensorFault::Size)?;
    let bytes = match bits {
        Some(bits) => Some(
            values
                .checked_mul(bits)
                .ok_or(TensorFault::Size)?
                .div_ceil(8),
        ),
        None => None,
    };
    if let (Some(data), Some(expected)) = (data, bytes)
        && data.len() != expected
    {
        return Err(TensorFault::Length {
            bytes: data.len(),
            expected,
        });
    }
    if data.is_some() && tensor.is_variable() {
        return Err(TensorFault::Variable);
    }
    let quant = match tensor.quantization() {
        Some(quant) => quantisation(quant, element, &shape)?,
        None => None,
    };
    Ok(Tensor {
        name: text(tensor.name()).into(),
        shape,
        element,
        quant,
        data,
        variable: tensor.is_variable(),
    })
}

fn shape(tensor: schema::Tensor<'_>) -> Result<Vec<usize>, TensorFault> {
    schema::items(tensor.shape())
        .map(|side| usize::try_from(side).map_err(|_| TensorFault::Dimension(side)))
        .collect()
}

fn len(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |len, &side| len.checked_mul(side))
}

/// A buffer's bytes, if it has any: in itself, or at a place of the file.
fn data<'a>(
    file: &'a [u8],
    buffers: Tables<'a, Buffer<'a>>,
    number: u32,
) -> Result<Option<&'a [u8]>, TensorFault> {
    let index = number as usize;
    if index >= buffers.len() {
        // A file without constants may have no buffers, not even the empty one that is number 0.
        return match number {
            0 => Ok(None),
            buffer => Err(TensorFault::Buffer {
                buffer,
                buffers: buffers.len(),
            }),
        };
    }
    let buffer = buffers.get(index);
    let (offset, size) = (buffer.offset(), buffer.size());
    if offset >= LEAST_OFFSET {
        let outside = TensorFault::Outside { offset, size };
        return match usize::try_from(offset).ok().zip(usize::try_from(size).ok()) {
            Some((offset, size)) => file
                .get(offset..)
                .and_then(|rest| rest.get(..size))
                .map(|data| (size > 0).then_some(data))
                .ok_or(outside),
            None => Err(outside),
        };
    }
    let data = buffer.data().map(|data| data.bytes());
    Ok(data.filter(|data| !data.is_empty()))
}

/// What values stand for; `None` where no scale says so.
fn quantisation(
    quant: Quantization<'_>,
    element: Element,
    shape: &[usize],
) -> Result<Option<Quantisation>, TensorFault> {
    if quant.details_type() != 0 {
        return Err(TensorFault::Details(quant.details_type()));
    }
    let scales: Vec<f32> = schema::items(quant.scale()).collect();
    if scales.is_empty() {
        return Ok(None);
    }
    if let Some(&scale) = scales
        .iter()
        .find(|scale| !scale.is_finite() || **scale < 0.0)
    {
        return Err(TensorFault::Scale(scale));
    }
    let Some(axis) = axis(quant.quantized_dimension(), scales.len(), shape) else {
        // No kernel reads the scales of wide integers, which are biases, or of floats.
        return match element {
            Element::Int8 | Element::Uint8 | Element::Int16 | Element::Int4 => {
                Err(TensorFault::Axis {
                    axis: quant.quantized_dimension(),
                    scales: scales.len(),
                    shape: shape.to_vec(),
                })
            }
            _ => Ok(None),
        };
    };
    let zero_points = zero_points(quant, element, scales.len())?;
    Ok(Some(Quantisation {
        scales,
        zero_points,
        axis,
    }))
}

/// The axis of so many scales. One scale needs none, and that of a row is its own, whatever number a file gives.
fn axis(stated: i32, scales: usize, shape: &[usize]) -> Option<usize> {
    if scales == 1 {
        return Some(0);
    }
    let axis = match shape {
        [_] => 0,
        _ => usize::try_from(stated).ok()?,
    };
    (shape.get(axis) == Some(&scales)).then_some(axis)
}

/// As many zero points as scales: 0 where there are none, the same where there is one.
fn zero_points(
    quant: Quantization<'_>,
    element: Element,
    scales: usize,
) -> Result<Vec<i64>, TensorFault> {
    let mut found: Vec<i64> = schema::items(quant.zero_point()).collect();
    match found[..] {
        [] => found = vec![0; scales],
        [one] => found = vec![one; scales],
        _ if found.len() == scales => {}
        _ => {
            return Err(TensorFault::ZeroPoints {
                zero_points: found.len(),
                scales,
            });
        }
    }
    let values = match element {
        Element::Int4 => -8..=7,
        Element::Int8 => i8::MIN.into()..=i8::MAX.into(),
        Element::Uint8 => 0..=u8::MAX.into(),
        Element::Int16 => i16::MIN.into()..=i16::MAX.into(),
        Element::Int32 => i32::MIN.into()..=i32::MAX.into(),
        _ => i64::MIN..=i64::MAX,
    };
    match found.iter().find(|point| !values.contains(point)) {
        Some(&point) => Err(TensorFault::ZeroPoint(point)),
        None => Ok(found),
    }
}

/// The form of values with this number, and the bits that each takes, where that is the same for all.
fn element(number: i8) -> (Element, Option<usize>) {
    let (element, bits) = match number {
        0 => (Element::Float32, 32),
        1 => (Element::Other("float16"), 16),
        2 => (Element::Int32, 32),
        3 => (Element::Uint8, 8),
        4 => (Element::Int64, 64),
        5 => return (Element::Other("string"), None),
        6 => (Element::Bool, 8),
        7 => (Element::Int16, 16),
        8 => (Element::Other("complex64"), 64),
        9 => (Element::Int8, 8),
        10 => (Element::Other("float64"), 64),
        11 => (Element::Other("complex128"), 128),
        12 => (Element::Other("uint64"), 64),
        13 => return (Element::Other("resource"), None),
        14 => return (Element::Other("variant"), None),
        15 => (Element::Other("uint32"), 32),
        16 => (Element::Other("uint16"), 16),
        17 => (Element::Int4, 4),
        18 => (Element::Other("bfloat16"), 16),
        19 => (Element::Other("int2"), 2),
        20 => (Element::Other("uint4"), 4),
        _ => return (Element::Other("unknown"), None),
    };
    (element, Some(bits))
}
