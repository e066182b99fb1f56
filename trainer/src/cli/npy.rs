//! Arrays of `.npy` files, as `numpy.save` writes them.

use anyhow::{Context, Result, bail, ensure};

const MAGIC: &[u8] = b"\x93NUMPY";

/// An array.
pub struct Array {
    /// Its sides, outermost first.
    pub shape: Vec<usize>,
    /// Its values, row by row.
    pub values: Values,
}

/// The values of an array.
pub enum Values {
    /// 8-bit integers: values as a tensor keeps them.
    Stored(Vec<i8>),
    /// 8-bit integers without a sign: pixels, or stored values plus 128.
    Bytes(Vec<u8>),
    /// Real values.
    Real(Vec<f64>),
}

impl Array {
    /// Reads an array.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let cut_off = "it is cut off; save it again";
        let rest = bytes
            .strip_prefix(MAGIC)
            .context("it is no .npy file; write one by `numpy.save`")?;
        let (&[major, _], rest) = rest.split_first_chunk().context(cut_off)?;
        let (len, rest) = if major == 1 {
            let (len, rest) = rest.split_first_chunk().context(cut_off)?;
            (usize::from(u16::from_le_bytes(*len)), rest)
        } else {
            let (len, rest) = rest.split_first_chunk().context(cut_off)?;
            (u32::from_le_bytes(*len) as usize, rest)
        };
        let (header, data) = rest.split_at_checked(len).context(cut_off)?;
        let header = std::str::from_utf8(header).context("its header is no text; save it again")?;
        let form = entry(header, "'descr':").context("its header has no form; save it again")?;
        let form = form.trim_matches('\'');
        match entry(header, "'fortran_order':") {
            Some("False") => {}
            Some("True") => bail!("its columns come first; save `numpy.ascontiguousarray(x)`"),
            _ => bail!("its header does not say whether columns come first; save it again"),
        }
        let shape = shape(header).context("its header has no shape; save it again")?;
        let count = shape
            .iter()
            .try_fold(1, |all: usize, &len| all.checked_mul(len));
        let width = match form {
            "|i1" | "|u1" => 1,
            "<f4" => 4,
            "<f8" => 8,
            other => bail!(
                "its values are `{other}`; save int8 (as stored), uint8, float32 or float64: `x.astype(numpy.float32)`"
            ),
        };
        let wanted = count.and_then(|count| count.checked_mul(width));
        ensure!(wanted == Some(data.len()), cut_off);
        let values = match width {
            1 if form == "|u1" => Values::Bytes(data.to_vec()),
            1 => Values::Stored(data.iter().map(|&byte| byte.cast_signed()).collect()),
            4 => Values::Real(chunks(data, |bytes| f32::from_le_bytes(bytes).into())),
            _ => Values::Real(chunks(data, f64::from_le_bytes)),
        };
        Ok(Array { shape, values })
    }
}

fn chunks<const N: usize>(data: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (chunks, _) = data.as_chunks();
    chunks.iter().map(|&chunk| value(chunk)).collect()
}

/// What stands behind a key of a header up to the next comma.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(key)?;
    rest.split([',', '}']).next().map(str::trim)
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let (_, rest) = header.split_once("'shape':")?;
    let (_, rest) = rest.split_once('(')?;
    let (list, _) = rest.split_once(')')?;
    let lens = list.split(',').map(str::trim).filter(|len| !len.is_empty());
    lens.map(|len| len.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(form: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{form}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let len = (header.len() as u16).to_le_bytes();
        [MAGIC, &[1, 0], &len, header.as_bytes(), data].concat()
    }

    #[test]
    fn arrays_are_read_as_numpy_saves_them() {
        let bytes = npy("|i1", "(2, 3)", &[1, 2, 3, 255, 254, 253]);
        let array = Array::parse(&bytes).unwrap();
        assert_eq!(array.shape, [2, 3]);
        let Values::Stored(values) = array.values else {
            panic!("integers are stored values")
        };
        assert_eq!(values, [1, 2, 3, -1, -2, -3]);
        let data: Vec<u8> = [0.5f32, -1.0]
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect();
        let array = Array::parse(&npy("<f4", "(2,)", &data)).unwrap();
        let Values::Real(values) = array.values else {
            panic!("floats are real values")
        };
        assert_eq!(values, [0.5, -1.0]);
    }

    #[test]
    fn what_is_no_array_is_refused() {
        let good = npy("|i1", "(2,)", &[1, 2]);
        for (bytes, word) in [
            (&b"hello"[..], "no .npy"),
            (&good[..9], "cut off"),
            (&good[..good.len() - 1], "cut off"),
            (&npy("<i8", "(1,)", &[0; 8]), "int8"),
            (&npy("|i1", "(99999999999, 99999999999)", &[0]), "cut off"),
        ] {
            let error = Array::parse(bytes).err().map(|e| e.to_string());
            assert!(
                error.as_ref().is_some_and(|e| e.contains(word)),
                "{error:?}"
            );
        }
        let header = "{'descr': '|i1', 'fortran_order' : True, 'shape': (2,)}";
        let len = (header.len() as u16).to_le_bytes();
        let bytes = [MAGIC, &[1, 0], &len, header.as_bytes(), &[1, 2]].concat();
        let error = Array::parse(&bytes).err().map(|e| e.to_string());
        assert!(error.is_some_and(|e| e.contains("does not say")));
        let turned = String::from_utf8_lossy(&good[10..]).replace("False", "True");
        let bytes = [
            &good[..8],
            &(turned.len() as u16).to_le_bytes(),
            turned.as_bytes(),
        ]
        .concat();
        let error = Array::parse(&bytes).err().map(|e| e.to_string());
        assert!(error.is_some_and(|e| e.contains("ascontiguousarray")));
    }
}
