//! The weights section while it is put together.
//!
//! Tables that follow from definitions are stored once ([`Blobs::bytes`]). What training decides is stored each time
//! ([`Blobs::own`]), also where it happens to be equal: the length of a file must not depend on trained values. A network that was
//! trained elsewhere may read the same constants from many operators, and has all that is equal stored once ([`Blobs::sharing`]).

use std::collections::HashMap;

use tillsense_core::model::records::Blob;

use crate::aligned::Aligned;

/// Constant bytes of a model file, growing.
#[derive(Clone, Debug, Default)]
pub struct Blobs {
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, Vec<u32>>,
    shares_all: bool,
}

impl Blobs {
    /// An empty section in which equal bytes are always shared.
    pub fn sharing() -> Self {
        Blobs {
            shares_all: true,
            ..Blobs::default()
        }
    }

    /// An empty section that shares as this one does.
    pub fn emptied(&self) -> Self {
        Blobs {
            shares_all: self.shares_all,
            ..Blobs::default()
        }
    }

    /// Stores bytes at a multiple of `align`, or finds the place where the same bytes lie already.
    pub fn bytes(&mut self, content: &[u8], align: usize) -> Blob {
        let len = content.len() as u32;
        let places = self.known.get(content).into_iter().flatten();
        let fits = |place: &&u32| place.is_multiple_of(align as u32);
        if let Some(&offset) = places.clone().find(fits) {
            return Blob { offset, len };
        }
        let blob = self.append(content, align);
        let places = self.known.entry(content.to_vec()).or_default();
        places.push(blob.offset);
        blob
    }

    /// Stores bytes at a multiple of `align`, at a place that nothing else shares but in a [sharing](Blobs::sharing) section.
    pub fn own(&mut self, content: &[u8], align: usize) -> Blob {
        match self.shares_all {
            true => self.bytes(content, align),
            false => self.append(content, align),
        }
    }

    fn append(&mut self, content: &[u8], align: usize) -> Blob {
        self.bytes
            .resize(self.bytes.len().next_multiple_of(align), 0);
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(content);
        Blob {
            offset,
            len: content.len() as u32,
        }
    }

    /// Stores int8 weights for one reader alone, where wide loads reach them.
    pub fn own_weights(&mut self, values: &[i8]) -> Blob {
        self.own(bytemuck::cast_slice(values), 16)
    }

    /// Stores 32-bit values for one reader alone.
    pub fn own_i32s(&mut self, values: &[i32]) -> Blob {
        self.own(&le_bytes(values), 4)
    }

    /// Stores int8 weights or a table, where wide loads reach them; equal bytes are shared.
    pub fn weights(&mut self, values: &[i8]) -> Blob {
        self.bytes(bytemuck::cast_slice(values), 16)
    }

    /// Stores int8 values that are read one by one; equal bytes are shared.
    pub fn i8s(&mut self, values: &[i8]) -> Blob {
        self.bytes(bytemuck::cast_slice(values), 1)
    }

    /// Stores 32-bit values; equal bytes are shared.
    pub fn i32s(&mut self, values: &[i32]) -> Blob {
        self.bytes(&le_bytes(values), 4)
    }

    /// Length of the section so far, in bytes.
    pub fn bytes_so_far(&self) -> usize {
        self.bytes.len()
    }

    /// A copy of the section so far.
    pub fn so_far(&self) -> Aligned {
        Aligned::from(self.bytes.as_slice())
    }

    /// The bytes of the finished section.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

fn le_bytes(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sharing_section_stores_all_that_is_equal_once() {
        let mut blobs = Blobs::sharing();
        let first = blobs.own_weights(&[1, 2, 3]);
        assert_eq!(blobs.own_weights(&[1, 2, 3]), first);
        assert_eq!(blobs.emptied().own_i32s(&[1]).offset, 0);
        assert_eq!(blobs.own_i32s(&[1]), blobs.i32s(&[1]));
        assert_eq!(blobs.bytes_so_far(), 8);
    }

    #[test]
    fn same_bytes_are_stored_once_where_the_alignment_allows() {
        let mut blobs = Blobs::default();
        let first = blobs.i8s(&[1, 2, 3]);
        assert_eq!(blobs.i8s(&[1, 2, 3]), first);
        let word = blobs.i32s(&[7]);
        assert_eq!(word, Blob { offset: 4, len: 4 });
        assert_eq!(blobs.i8s(&[7, 0, 0, 0]), word);
        let wide = blobs.weights(&[7, 0, 0, 0]);
        assert_eq!(wide.offset, 16);
        assert_eq!(blobs.i32s(&[7]), word);
        assert_eq!(
            blobs.so_far()[..],
            [1, 2, 3, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0]
        );
        assert_eq!(blobs.own_i32s(&[7]).offset, 20);
        assert_eq!(blobs.i32s(&[7]), word);
    }
}
