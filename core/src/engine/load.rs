//! Loading: every check of a model file, once.

use crate::engine::check;
use crate::engine::error::LoadError;
use crate::engine::model::{Model, sealed};
use crate::model::decode;
use crate::model::header::{ALIGN, HEADER_LEN, Header};
use crate::model::records::Body;
use crate::tensor::Weights;

impl<'a> Model<'a> {
    /// Checks a model file. After this, nothing that the model says can fail.
    ///
    /// Show a refusal by its `Display`: it says what is wrong and how to mend it, such as which Cargo feature to turn on. The whole file
    /// is read for its seal, so load it once after power-up rather than for each transaction; a `Model` is `Copy`.
    pub fn load(file: &'a [u8]) -> Result<Self, LoadError> {
        // No bytes lie nowhere, so that their address says nothing.
        if !file.is_empty() && !file.as_ptr().addr().is_multiple_of(ALIGN) {
            return Err(LoadError::Misaligned);
        }
        let header = Header::parse(file).map_err(LoadError::Header)?;
        // Nothing but the header is looked at before the seal is known to hold.
        if !sealed(file, &header) {
            return Err(LoadError::Digest);
        }
        let body_bytes = section(file, HEADER_LEN, header.body_len)?;
        let weights = Weights::new(section(
            file,
            header.weights_offset as usize,
            header.weights_len,
        )?);
        let (body, rest) = decode::take::<Body<'a>>(body_bytes).map_err(|_| LoadError::Body)?;
        if !rest.is_empty() {
            return Err(LoadError::Body);
        }
        let model = Model {
            file,
            header,
            body,
            weights,
        };
        check::plan(&model, &body)?;
        Ok(model)
    }
}

fn section(file: &[u8], start: usize, len: u32) -> Result<&[u8], LoadError> {
    file.get(start..start + len as usize).ok_or(LoadError::Body)
}
