//! Random constants, and places in the arena by counting upwards.

use tillsense_core::model::records::{Blob, Requant, Rounding, Span, View};
use tillsense_core::parity::SplitMix64;

/// A weights section in the making, and where the numbers come from.
pub struct Constants {
    pub rng: SplitMix64,
    pub bytes: Vec<u8>,
}

impl Constants {
    /// Every blob starts at a multiple of 4.
    pub fn add<T: bytemuck::NoUninit>(&mut self, values: &[T]) -> Blob {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let blob = Blob {
            offset: self.bytes.len() as u32,
            len: bytes.len() as u32,
        };
        self.bytes.extend(bytes);
        blob
    }

    pub fn i8s(&mut self, len: usize) -> Blob {
        let values: Vec<i8> = (0..len)
            .map(|_| self.rng.between(-127, 127) as i8)
            .collect();
        self.add(&values)
    }

    pub fn bias(&mut self, len: usize) -> Blob {
        let values: Vec<i32> = (0..len)
            .map(|_| self.rng.between(-5000, 5000) as i32)
            .collect();
        self.add(&values)
    }

    /// A table of 256 entries.
    pub fn table(&mut self, entry: impl Fn(f64) -> f64) -> Blob {
        let values: Vec<i8> = (-128..128)
            .map(|x| libm::round(entry(x.into())).clamp(-128.0, 127.0) as i8)
            .collect();
        self.add(&values)
    }

    /// Factors that bring sums of `terms` products of random int8 values to a standard deviation of about `spread`.
    pub fn requant(
        &mut self,
        channels: usize,
        terms: usize,
        spread: f64,
        rounding: Rounding,
    ) -> Requant {
        let factor = spread / (5400.0 * (terms as f64).sqrt());
        let shift = libm::log2(factor).ceil() as i8;
        let multipliers: Vec<i32> = (0..channels)
            .map(|_| self.rng.between(1 << 30, (1 << 31) - 1) as i32)
            .collect();
        Requant {
            rounding,
            multipliers: self.add(&multipliers),
            shifts: self.add(&vec![shift; channels]),
        }
    }
}

/// The next free byte of a part of the arena.
#[derive(Clone, Copy)]
pub struct Memory(pub u32);

impl Memory {
    /// At a multiple of 4.
    pub fn bytes(&mut self, len: usize) -> Span {
        let offset = self.0;
        self.0 = (offset + len as u32).next_multiple_of(4);
        Span {
            offset,
            len: len as u32,
        }
    }

    pub fn view(&mut self, (h, w, c): (u16, u16, u16), zero_point: i8) -> View {
        let len = usize::from(h) * usize::from(w) * usize::from(c);
        View {
            offset: self.bytes(len).offset,
            h,
            w,
            c,
            zero_point,
        }
    }
}
