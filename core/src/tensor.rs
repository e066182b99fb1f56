//! Views over constant bytes: the weights section, read in place.

use crate::model::records::Blob;

/// The weights section of a loaded model. It starts at an address that is a multiple of 16.
///
/// The accessors answer an empty slice for a blob that does not fit; `Model::load` refuses such models,
/// so kernels never see one.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a>(&'a [u8]);

impl<'a> Weights<'a> {
    /// Wraps the section's bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Weights(bytes)
    }

    /// Length of the section in bytes.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the section is empty.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole section.
    pub const fn whole(&self) -> &'a [u8] {
        self.0
    }

    /// The blob's bytes.
    #[inline(never)]
    pub fn u8s(&self, blob: Blob) -> &'a [u8] {
        let rest = self.0.get(blob.offset as usize..);
        match rest.and_then(|rest| rest.get(..blob.len as usize)) {
            Some(bytes) => bytes,
            None => nothing(),
        }
    }

    /// The blob as int8 values.
    pub fn i8s(&self, blob: Blob) -> &'a [i8] {
        bytemuck::cast_slice(self.u8s(blob))
    }

    /// The blob as 16-bit values; its offset must be even.
    pub fn i16s(&self, blob: Blob) -> &'a [i16] {
        bytemuck::try_cast_slice(self.u8s(blob)).unwrap_or(&[])
    }

    /// The blob as unsigned 16-bit values; its offset must be even.
    pub fn u16s(&self, blob: Blob) -> &'a [u16] {
        bytemuck::try_cast_slice(self.u8s(blob)).unwrap_or(&[])
    }

    /// The blob as 32-bit values; its offset must be a multiple of 4.
    pub fn i32s(&self, blob: Blob) -> &'a [i32] {
        bytemuck::try_cast_slice(self.u8s(blob)).unwrap_or(&[])
    }
}

/// What a blob that does not fit holds. Out of the way, so that the others are found by two comparisons.
#[cold]
fn nothing() -> &'static [u8] {
    &[]
}
