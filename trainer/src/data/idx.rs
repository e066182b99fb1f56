//! Files in the IDX format: a big-endian 32-bit magic (`0x0000_08` for bytes, then the number of dimensions), a big-endian 32-bit
//! size for each dimension, and the bytes (<http://yann.lecun.com/exdb/mnist/>).
//!
//! The header is checked before memory is taken for what it announces, and no more than one byte beyond that is read, so that a
//! hostile file can fill the memory neither by announcing much nor by going on.

use std::io::{self, Read};

use super::error::Problem;

/// An IDX file whose header was read.
pub(crate) struct Idx<R> {
    /// Sizes of the dimensions.
    pub(crate) sizes: Vec<u32>,
    reader: R,
    /// Bytes of the header, of all items, and of those that were read.
    header: u64,
    len: u64,
    read: u64,
}

impl<R: Read> Idx<R> {
    /// Reads the header of a file with one of these magics, whose sizes `suit` and whose items have at most so many bytes together.
    pub(crate) fn open(
        mut reader: R,
        magics: &[u32],
        suit: impl FnOnce(&[u32]) -> Result<(), Problem>,
        most: u64,
    ) -> Result<Self, Problem> {
        let word = |bytes: &[u8]| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let start = take(&mut reader, 4)?;
        let least = 4 * (1 + u64::from(magics[0] & 0xff));
        if start.len() < 4 {
            return Err(Problem::TooShort(start.len() as u64, least));
        }
        let magic = word(&start);
        if !magics.contains(&magic) {
            return Err(Problem::Magic(magic, magics[0]));
        }
        let dimensions = u64::from(magic & 0xff);
        let header = 4 * (1 + dimensions);
        let words = take(&mut reader, 4 * dimensions)?;
        if (words.len() as u64) < 4 * dimensions {
            return Err(Problem::TooShort(4 + words.len() as u64, header));
        }
        let sizes: Vec<u32> = words.chunks_exact(4).map(word).collect();
        suit(&sizes)?;
        let product = sizes
            .iter()
            .try_fold(1u64, |product, &size| product.checked_mul(u64::from(size)));
        let len = product
            .filter(|&len| len <= most)
            .ok_or(Problem::TooLarge(most))?;
        Ok(Idx {
            sizes,
            reader,
            header,
            len,
            read: 0,
        })
    }

    /// The next so many bytes.
    pub(crate) fn next(&mut self, count: u64) -> Result<Vec<u8>, Problem> {
        let bytes = take(&mut self.reader, count)?;
        self.read += bytes.len() as u64;
        match bytes.len() as u64 == count {
            true => Ok(bytes),
            false => Err(Problem::TooShort(
                self.header + self.read,
                self.header + self.len,
            )),
        }
    }

    /// Checks that nothing follows the last item.
    pub(crate) fn end(mut self) -> Result<(), Problem> {
        let more = take(&mut self.reader, 1)?;
        let [read, len] = [self.read, self.len].map(|bytes| self.header + bytes);
        match more.is_empty() {
            true => Ok(()),
            false => Err(Problem::TooLong(read + 1, len)),
        }
    }

    /// All bytes, behind which nothing may follow.
    pub(crate) fn whole(mut self) -> Result<(Vec<u32>, Vec<u8>), Problem> {
        let bytes = self.next(self.len)?;
        let sizes = self.sizes.clone();
        self.end()?;
        Ok((sizes, bytes))
    }
}

fn take(reader: &mut impl Read, most: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    match reader.take(most).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        // flate2 reports these kinds for a stream that is cut off or damaged.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::InvalidData
                    | io::ErrorKind::InvalidInput
            ) =>
        {
            Err(Problem::Packing("the gzip data end or break within it"))
        }
        Err(error) => Err(Problem::Io(error)),
    }
}
