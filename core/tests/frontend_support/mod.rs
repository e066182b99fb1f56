//! What the frontend tests share: a seeded generator and a weights section.

#![allow(dead_code, reason = "each test program uses a part")]

use tillsense_core::model::records::{Blob, View};
use tillsense_core::tensor::Weights;

/// A weights section in the making; every blob starts at a multiple of 8.
#[derive(Default)]
pub struct Section(Vec<u64>);

impl Section {
    pub fn add<T: bytemuck::NoUninit>(&mut self, values: &[T]) -> Blob {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let offset = 8 * self.0.len() as u32;
        let start = self.0.len();
        self.0.resize(start + bytes.len().div_ceil(8), 0);
        bytemuck::cast_slice_mut::<u64, u8>(&mut self.0[start..])[..bytes.len()]
            .copy_from_slice(bytes);
        Blob {
            offset,
            len: bytes.len() as u32,
        }
    }

    pub fn weights(&self) -> Weights<'_> {
        Weights::new(bytemuck::cast_slice(&self.0))
    }
}

/// A view of this shape with zero point 0.
pub fn view(h: u16, w: u16, c: u16) -> View {
    View {
        offset: 0,
        h,
        w,
        c,
        zero_point: 0,
    }
}
