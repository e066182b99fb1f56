//! A checked model: a view of a file in memory.

use crate::arena::Region;
use crate::frontend::record::{self, Fields};
#[cfg(feature = "parity")]
use crate::model::header::ALIGN;
use crate::model::header::{DIGEST_LEN, Header};
use crate::model::records::{Answer, Body, Head, Input, Op, Source, Span};
use crate::model::{Records, digest, interface};
use crate::tensor::Weights;

/// Most inputs of a model.
pub const MAX_INPUTS: usize = 8;
/// Most op records that all parts of the plan run: a loop of a hundred steps that was unrolled has some thousand.
pub const MAX_OPS: usize = 4096;

/// A checked model: a view of a file in memory. It takes no memory of its own.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    pub(super) file: &'a [u8],
    pub(super) header: Header,
    pub(super) body: Body<'a>,
    pub(super) weights: Weights<'a>,
}

impl<'a> Model<'a> {
    /// This model over another file's bytes, as if those of its own had changed since they were checked: for tests of what a
    /// flipped bit can do. `None` where the other file has another length or does not lie at a multiple of 16.
    ///
    /// As on a device, what [`Model::load`] keeps by value stays: the header, the body's numbers, its lengths and places.
    #[cfg(feature = "parity")]
    pub fn over(&self, file: &'a [u8]) -> Option<Self> {
        let same = file.len() == self.file.len() && file.as_ptr().addr().is_multiple_of(ALIGN);
        let moved = |section: &[u8]| {
            let at = section
                .as_ptr()
                .addr()
                .checked_sub(self.file.as_ptr().addr());
            file.get(at?..)?.get(..section.len())
        };
        let body = Body {
            inputs: moved(self.body.inputs)?,
            fields: moved(self.body.fields)?,
            ops: moved(self.body.ops)?,
            heads: moved(self.body.heads)?,
            ..self.body
        };
        same.then_some(Model {
            file,
            header: self.header,
            body,
            weights: Weights::new(moved(self.weights.whole())?),
        })
    }

    /// Name of the model.
    pub const fn name(&self) -> &'a str {
        self.body.name
    }

    /// The processor that the exporter packed weights for, in its words.
    pub const fn target(&self) -> &'a str {
        self.body.target
    }

    /// By how many percent the exporter was allowed to let the file grow for faster algorithms.
    pub const fn flash_growth(&self) -> u16 {
        self.body.flash_growth
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The whole file.
    pub const fn file(&self) -> &'a [u8] {
        self.file
    }

    /// The constants.
    pub const fn weights(&self) -> &Weights<'a> {
        &self.weights
    }

    /// The seal: SHA-256 of what is before it.
    pub fn digest(&self) -> [u8; DIGEST_LEN] {
        digest_of(self.file, &self.header).unwrap_or([0; DIGEST_LEN])
    }

    /// What the file says of the digest of its interface: all that an application is compiled against.
    pub fn interface(&self) -> [u8; DIGEST_LEN] {
        Header::interface(self.file).unwrap_or_default()
    }

    /// Whether that is the digest of the interface that the file has: [`load`](Model::load) does not ask, host tools do.
    pub fn interface_holds(&self) -> bool {
        self.interface() == self.interface_of_records()
    }

    /// The digest of the interface that the file has, whatever its header says.
    pub fn interface_of_records(&self) -> [u8; DIGEST_LEN] {
        interface::digest(&self.body)
    }

    /// Whether the file still is what was sealed (bit errors in flash).
    pub fn digest_holds(&self) -> bool {
        sealed(self.file, &self.header)
    }

    /// The inputs, in the order of their numbers.
    pub const fn inputs(&self) -> Records<'a, Input<'a>> {
        Records::new(self.body.inputs)
    }

    /// The input with this number.
    pub fn input(&self, number: usize) -> Option<Input<'a>> {
        self.inputs().nth(number)
    }

    /// The number of the input with this name.
    pub fn input_named(&self, name: &str) -> Option<usize> {
        self.inputs().position(|input| input.name == name)
    }

    /// The heads, in the order of their numbers.
    pub const fn heads(&self) -> Records<'a, Head<'a>> {
        Records::new(self.body.heads)
    }

    /// The head with this number.
    pub fn head(&self, number: usize) -> Option<Head<'a>> {
        self.heads().nth(number)
    }

    /// The number of the head with this name.
    pub fn head_named(&self, name: &str) -> Option<usize> {
        self.heads().position(|head| head.name == name)
    }

    /// Name of a class of a head; `None` where there is no such head or class, or where the head answers with a tensor.
    pub fn class_name(&self, head: usize, class: usize) -> Option<&'a str> {
        match self.head(head)?.answer {
            Answer::Classes { names, .. } => record::names(names).nth(class),
            Answer::Tensor { .. } => None,
        }
    }

    /// The fields of an input that takes records, in the order of the schema; `None` where it takes something else.
    pub fn record_fields(&self, input: usize) -> Option<Fields<'a>> {
        match self.input(input)?.source {
            Source::Record(params) | Source::Sequence(params) => {
                Some(record::fields(&params, self.fields()))
            }
            _ => None,
        }
    }

    /// The section of field records.
    pub const fn fields(&self) -> &'a [u8] {
        self.body.fields
    }

    /// The op records of fusion and heads.
    pub const fn trunk(&self) -> Span {
        self.body.trunk
    }

    /// The op records of a part of the plan.
    pub(super) fn op_records(&self, part: Span) -> &'a [u8] {
        self.body.ops.get(part.range()).unwrap_or(&[])
    }

    /// The ops of a part of the plan, each with the place of its record in the op section.
    pub fn ops(&self, part: Span) -> impl Iterator<Item = (u32, Op)> + use<'a> {
        let bytes = self.op_records(part);
        let mut records = Records::new(bytes);
        core::iter::from_fn(move || {
            let at = part.offset as usize + bytes.len() - records.rest().len();
            records.next().map(|op| (at as u32, op))
        })
    }
}

fn digest_of(file: &[u8], header: &Header) -> Option<[u8; DIGEST_LEN]> {
    file.get(header.digest_offset()..)?.first_chunk().copied()
}

pub(super) fn sealed(file: &[u8], header: &Header) -> bool {
    let sections = file.split_at_checked(header.digest_offset());
    sections.is_some_and(|(sealed, seal)| seal.first_chunk() == Some(&digest(sealed)))
}
