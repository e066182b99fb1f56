//! The workspace of a case: a weights section under construction, and memory for tensors.

use super::{Mismatch, SplitMix64, WORKSPACE_LEN};
use crate::model::records::{Blob, Requant, Rounding, Span};
use crate::ops::OpError;
use crate::tensor::Weights;

/// Bytes for weights; the rest is for tensors.
const WEIGHTS_LEN: usize = 4096;

/// A case's memory.
pub(super) struct Bench<'a> {
    pub(super) weights: Section<'a>,
    pub(super) memory: Memory<'a>,
}

/// The weights section, filled from the front.
pub(super) struct Section<'a> {
    bytes: &'a mut [u8],
    used: usize,
}

/// Memory handed out in aligned pieces.
pub(super) struct Memory<'a>(&'a mut [u8]);

impl<'a> Bench<'a> {
    /// Over memory that holds this byte everywhere.
    pub(super) fn new(workspace: &'a mut [u8], leftover: u8) -> Result<Self, Mismatch> {
        let skip = workspace.as_ptr().align_offset(16);
        let aligned = workspace.get_mut(skip..).ok_or(Mismatch::Workspace)?;
        if aligned.len() + 16 < WORKSPACE_LEN {
            return Err(Mismatch::Workspace);
        }
        aligned.fill(leftover);
        let (bytes, memory) = aligned.split_at_mut(WEIGHTS_LEN);
        Ok(Bench {
            weights: Section { bytes, used: 0 },
            memory: Memory(memory),
        })
    }
}

impl<'a> Section<'a> {
    /// The section as it is now.
    pub(super) fn finish(self) -> &'a [u8] {
        self.bytes
    }

    /// A blob at a 16-byte aligned place, to be filled by the caller.
    pub(super) fn packed(&mut self, len: usize) -> Result<(Blob, &mut [u8]), Mismatch> {
        self.used = self.used.next_multiple_of(16);
        self.blob(len)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// What is used so far, to come [back to](Section::back_to).
    pub(super) fn mark(&self) -> usize {
        self.used
    }

    /// Forgets what was added since.
    pub(super) fn back_to(&mut self, mark: usize) {
        self.used = mark;
    }

    /// An earlier blob's values, and a later blob's bytes.
    pub(super) fn both(&mut self, earlier: Blob, later: Blob) -> (&[i8], &mut [u8]) {
        let (before, bytes) = self.bytes.split_at_mut(later.offset as usize);
        let earlier = &before[earlier.offset as usize..][..earlier.len as usize];
        (
            bytemuck::cast_slice(earlier),
            &mut bytes[..later.len as usize],
        )
    }

    /// A blob's values, to be changed.
    pub(super) fn values(&mut self, blob: Blob) -> &mut [i8] {
        bytemuck::cast_slice_mut(&mut self.bytes[blob.offset as usize..][..blob.len as usize])
    }

    /// Writes words into a blob.
    pub(super) fn write(&mut self, blob: Blob, at: usize, words: [i32; 4]) {
        let place = &mut self.bytes[blob.offset as usize + at..][..16];
        for (word, bytes) in words.iter().zip(place.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }

    /// 32-bit values by formula.
    pub(super) fn i32s_by(
        &mut self,
        len: usize,
        mut value: impl FnMut() -> i32,
    ) -> Result<Blob, Mismatch> {
        let (blob, bytes) = self.blob(4 * len)?;
        for place in bytes.chunks_exact_mut(4) {
            place.copy_from_slice(&value().to_le_bytes());
        }
        Ok(blob)
    }

    /// 16-bit values by formula.
    pub(super) fn u16s_by(
        &mut self,
        len: usize,
        mut value: impl FnMut() -> u16,
    ) -> Result<Blob, Mismatch> {
        let (blob, bytes) = self.blob(2 * len)?;
        for place in bytes.chunks_exact_mut(2) {
            place.copy_from_slice(&value().to_le_bytes());
        }
        Ok(blob)
    }

    /// The same byte, so many times.
    pub(super) fn same(&mut self, len: usize, value: i8) -> Result<Blob, Mismatch> {
        let (blob, bytes) = self.blob(len)?;
        bytes.fill(value.cast_unsigned());
        Ok(blob)
    }

    /// The section as it is so far.
    pub(super) fn view(&self) -> Weights<'_> {
        Weights::new(self.bytes)
    }

    fn blob(&mut self, len: usize) -> Result<(Blob, &mut [u8]), Mismatch> {
        let start = self.used.next_multiple_of(4);
        let bytes = self
            .bytes
            .get_mut(start..start + len)
            .ok_or(Mismatch::Workspace)?;
        self.used = start + len;
        Ok((
            Blob {
                offset: start as u32,
                len: len as u32,
            },
            bytes,
        ))
    }

    /// Random int8 values, none below `lowest`.
    pub(super) fn i8s(
        &mut self,
        rng: &mut SplitMix64,
        len: usize,
        lowest: i8,
    ) -> Result<Blob, Mismatch> {
        let (blob, bytes) = self.blob(len)?;
        rng.fill(bytemuck::cast_slice_mut(bytes), lowest);
        Ok(blob)
    }

    /// These 32-bit values.
    pub(super) fn i32s(&mut self, values: &[i32]) -> Result<Blob, Mismatch> {
        let (blob, bytes) = self.blob(4 * values.len())?;
        for (place, value) in bytes.chunks_exact_mut(4).zip(values) {
            place.copy_from_slice(&value.to_le_bytes());
        }
        Ok(blob)
    }

    /// Biases for sums of `terms` products.
    pub(super) fn bias(
        &mut self,
        rng: &mut SplitMix64,
        len: usize,
        terms: usize,
    ) -> Result<Blob, Mismatch> {
        let limit = (1 << 30) - 1 - terms as i64 * 256 * 128;
        let (blob, bytes) = self.blob(4 * len)?;
        for place in bytes.chunks_exact_mut(4) {
            place.copy_from_slice(&rng.bias(bits(terms), limit).to_le_bytes());
        }
        Ok(blob)
    }

    /// Factors for sums of `terms` products, to int8 or (`more_bits` = 8) to int16.
    pub(super) fn requant(
        &mut self,
        rng: &mut SplitMix64,
        rounding: Rounding,
        len: usize,
        terms: usize,
        more_bits: i64,
    ) -> Result<Requant, Mismatch> {
        let multipliers = self.blob(4 * len)?.0;
        let shifts = self.blob(len)?.0;
        for i in 0..len {
            let scale = rng.scale(bits(terms) - more_bits, -31, 30);
            let at = multipliers.offset as usize + 4 * i;
            self.bytes[at..at + 4].copy_from_slice(&scale.multiplier.to_le_bytes());
            self.bytes[shifts.offset as usize + i] = scale.shift as u8;
        }
        Ok(Requant {
            rounding,
            multipliers,
            shifts,
        })
    }
}

impl<'a> Memory<'a> {
    /// Bytes at a 4-byte aligned place, as they were left.
    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a mut [u8], Mismatch> {
        let all = core::mem::take(&mut self.0);
        let (piece, rest) = all
            .split_at_mut_checked(len.next_multiple_of(4))
            .ok_or(Mismatch::Workspace)?;
        self.0 = rest;
        Ok(&mut piece[..len])
    }

    /// An int8 tensor to be written.
    pub(super) fn i8s(&mut self, len: usize) -> Result<&'a mut [i8], Mismatch> {
        Ok(bytemuck::cast_slice_mut(self.bytes(len)?))
    }

    /// A random int8 tensor.
    pub(super) fn random(
        &mut self,
        rng: &mut SplitMix64,
        len: usize,
    ) -> Result<&'a mut [i8], Mismatch> {
        let values = self.i8s(len)?;
        rng.fill(values, -128);
        Ok(values)
    }

    /// An int8 tensor to be written, at any address.
    pub(super) fn anywhere(
        &mut self,
        rng: &mut SplitMix64,
        len: usize,
    ) -> Result<&'a mut [i8], Mismatch> {
        let values = self.i8s(len + 3)?;
        Ok(&mut values[rng.between(0, 3) as usize..][..len])
    }

    /// A random int8 tensor at any address.
    pub(super) fn random_anywhere(
        &mut self,
        rng: &mut SplitMix64,
        len: usize,
    ) -> Result<&'a mut [i8], Mismatch> {
        let values = self.anywhere(rng, len)?;
        rng.fill(values, -128);
        Ok(values)
    }

    /// Ids, some of them past a table of `rows`.
    pub(super) fn ids(
        &mut self,
        rng: &mut SplitMix64,
        len: usize,
        rows: u16,
    ) -> Result<&'a mut [u16], Mismatch> {
        let ids: &mut [u16] = bytemuck::cast_slice_mut(self.bytes(2 * len)?);
        for id in ids.iter_mut() {
            *id = if rng.one_in(10) {
                rng.between(0, 65_535)
            } else {
                rng.between(0, i64::from(rows) - 1)
            } as u16;
        }
        Ok(ids)
    }
}

/// A span of `len` bytes for records whose place in the arena does not matter.
pub(super) fn span(len: usize) -> Span {
    Span {
        offset: 0,
        len: len as u32,
    }
}

/// About how large sums of `terms` products are, as a power of two.
fn bits(terms: usize) -> i64 {
    13 + i64::from(terms.max(1).ilog2()) / 2
}

/// A check's answer as a case's.
pub(super) fn accepted(check: Result<(), OpError>) -> Result<(), Mismatch> {
    check.map_err(Mismatch::Refused)
}

/// Compares values one by one and digests them.
pub(super) struct Digest(u32);

impl Digest {
    pub(super) fn new() -> Self {
        Digest(0x811c_9dc5)
    }

    /// FNV-1a over bytes.
    pub(super) fn add_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    /// Takes in one value of an op, which must equal the oracle's.
    pub(super) fn expect(
        &mut self,
        index: usize,
        got: impl Into<i32>,
        wanted: i64,
    ) -> Result<(), Mismatch> {
        let got = got.into();
        if i64::from(got) != wanted {
            return Err(Mismatch::Value {
                index: index as u32,
                got,
                wanted: wanted as i32,
            });
        }
        self.add_bytes(&got.to_le_bytes());
        Ok(())
    }

    pub(super) fn value(&self) -> u32 {
        self.0
    }
}
