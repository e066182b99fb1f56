//! Tables and parameters of the frontends, designed or fitted to training data.
//!
//! Everything that goes through a sine or a logarithm uses libm's pure-Rust functions, so that every build host makes
//! the same bytes. Nothing here looks at test data: the fits take what they are given.

pub mod audio;
pub mod record;

use crate::graph::Quant;

/// The picture frontend's table: byte b becomes `(b / 255 - mean) / deviation`, stored with `quant`.
pub fn image_table(mean: f64, deviation: f64, quant: Quant) -> [i8; 256] {
    std::array::from_fn(|byte| {
        let real = (byte as f64 / 255.0 - mean) / deviation;
        (libm::round(real / quant.scale as f64) + quant.zero_point as f64).clamp(-128.0, 127.0)
            as i8
    })
}

/// Bytes that start at a multiple of 16, as a weights section or an arena must.
struct Aligned {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Aligned {
    const ALIGNMENT: usize = 16;

    fn new(content: &[u8]) -> Self {
        let bytes = vec![0; content.len() + Self::ALIGNMENT - 1];
        let start = bytes.as_ptr().align_offset(Self::ALIGNMENT);
        let mut aligned = Aligned {
            bytes,
            start,
            len: content.len(),
        };
        aligned.as_mut().copy_from_slice(content);
        aligned
    }

    fn as_ref(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }

    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_table_keeps_bytes_where_a_step_is_a_byte() {
        let table = image_table(
            0.0,
            1.0,
            Quant {
                scale: 1.0 / 255.0,
                zero_point: -128,
            },
        );
        assert!((0..256).all(|b| table[b as usize] as i32 == b - 128));
    }

    #[test]
    fn image_table_normalises_and_clips() {
        let table = image_table(
            0.5,
            0.25,
            Quant {
                scale: 1.0 / 64.0,
                zero_point: 0,
            },
        );
        assert_eq!((table[0], table[255]), (-128, 127));
        let table = image_table(
            0.5,
            0.25,
            Quant {
                scale: 1.0 / 32.0,
                zero_point: 3,
            },
        );
        assert_eq!((table[0], table[255], table[128]), (-61, 67, 3));
    }

    #[test]
    fn aligned_bytes_are() {
        for len in [0, 1, 15, 16, 1000] {
            let mut bytes = Aligned::new(&vec![7; len]);
            assert!(bytes.as_ref().len() == len && bytes.as_mut().iter().all(|b| *b == 7));
            assert!(bytes.as_ref().as_ptr().align_offset(16) == 0);
        }
    }
}
