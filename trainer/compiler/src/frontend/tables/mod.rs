//! Tables and parameters of the frontends, designed or fitted to training data.
//!
//! Everything that goes through a sine or a logarithm uses libm's pure-Rust functions, so that every build host makes
//! the same bytes. Nothing here looks at test data: the fits take what they are given.

pub mod audio;
pub mod record;

use crate::network::graph::Quant;

/// The picture frontend's table: byte b becomes `(b / 255 - mean) / deviation`, stored with `quant`.
pub fn image_table(mean: f64, deviation: f64, quant: Quant) -> [i8; 256] {
    std::array::from_fn(|byte| {
        let real = (byte as f64 / 255.0 - mean) / deviation;
        (libm::round(real / quant.scale as f64) + quant.zero_point as f64).clamp(-128.0, 127.0)
            as i8
    })
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
}
