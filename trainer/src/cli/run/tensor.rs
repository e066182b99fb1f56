//! Tensors of `.npy` files, as `numpy.save` writes them: int8 as they are, uint8 less 128, floats quantised by the input's scale.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use tillsense_compiler::files;
use tillsense_compiler::run::sample::Raw;
use tillsense_compiler::words::grouped;
use tillsense_core::model::records::{Scale, TensorParams};

use super::super::npy::{Array, Values};
use super::value::{Value, shown};

/// Bytes of the largest file that is read; a model's tensor is far smaller.
const MOST_FILE: u64 = 64 << 20;

/// The real value of one step of a tensor.
pub fn step(scale: Scale) -> f64 {
    f64::from(scale.multiplier) * libm::exp2(f64::from(scale.shift) - 31.0)
}

/// Reads the tensor of an input.
pub fn read<'m>(params: &TensorParams, path: &Path) -> Result<Value<'m>> {
    parsed(params, path).with_context(|| shown(path))
}

fn parsed<'m>(params: &TensorParams, path: &Path) -> Result<Value<'m>> {
    let bytes = files::read(path, MOST_FILE).context("it cannot be read")?;
    let array = Array::parse(&bytes)?;
    let view = &params.output;
    let wanted = [view.h, view.w, view.c].map(usize::from);
    let without_ones =
        |shape: &[usize]| -> Vec<usize> { shape.iter().copied().filter(|&len| len != 1).collect() };
    let flat = array.shape == [view.len()];
    let sides = without_ones(&wanted);
    if let [samples, rest @ ..] = &without_ones(&array.shape)[..]
        && rest == sides
    {
        bail!(
            "it holds {} samples, and one is tried at a time; `numpy.save(\"one.npy\", x[0])` saves the first",
            grouped(*samples)
        );
    }
    ensure!(
        flat || without_ones(&array.shape) == sides,
        "its shape is {:?}, the input takes {wanted:?} (rows, columns, channels); reshape it",
        array.shape
    );
    let mut notes = Vec::new();
    let values = match array.values {
        Values::Stored(values) => values,
        Values::Bytes(values) => values
            .iter()
            .map(|value| (value ^ 0x80).cast_signed())
            .collect(),
        Values::Real(values) => {
            let (values, cut) = quantised(&values, step(params.scale), view.zero_point)?;
            let mut note = format!("{}: quantised to 8 bits", shown(path));
            if cut > 0 {
                let count = grouped(cut);
                note += &format!(", {count} values cut that lie beyond what the input takes");
            }
            notes.push(note);
            values
        }
    };
    Ok(Value {
        raw: Raw::Tensor(values.into()),
        notes,
    })
}

/// Stored values of real ones, and how many lie beyond the range.
pub fn quantised(values: &[f64], step: f64, zero_point: i8) -> Result<(Vec<i8>, usize)> {
    let mut cut = 0;
    let mut stored = Vec::with_capacity(values.len());
    for (place, value) in values.iter().enumerate() {
        ensure!(
            value.is_finite(),
            "value {place} (counted from 0) is {value}; write numbers only"
        );
        // In single precision, as QUANTIZE computes it.
        let exact = f64::from((*value as f32 / step as f32).round()) + f64::from(zero_point);
        let within = exact.clamp(-128.0, 127.0);
        cut += usize::from(within != exact);
        stored.push(within as i8);
    }
    Ok((stored, cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_values_are_quantised_as_the_input_says() {
        let (stored, cut) = quantised(&[0.0, 0.25, -0.125, 100.0], 0.25, 3).unwrap();
        // Halves are rounded away from zero.
        assert_eq!((stored, cut), (vec![3, 4, 2, 127], 1));
        assert!(quantised(&[f64::NAN], 1.0, 0).is_err());
    }
}
