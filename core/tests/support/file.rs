//! From records to a sealed file, with a place to interfere at each stage.

use serde::Serialize;
use tillsense_core::engine::{LoadError, Model};
use tillsense_core::model::header::{DIGEST_LEN, HEADER_LEN, Header};
use tillsense_core::model::records::{Blob, Body, Head, Input, Op, Packing, Span, View};
use tillsense_core::model::{digest, interface};

use super::shapes::view;

/// A model as records. Inputs have their op ranges set when drafted, unless a test sets them.
#[derive(Clone)]
pub struct Network {
    pub arena_len: u32,
    pub persistent_len: u32,
    /// Persistent bytes that nobody uses yet.
    pub spare: Span,
    pub inputs: Vec<Input<'static>>,
    pub steps: Vec<Vec<Op>>,
    pub finishes: Vec<Vec<Op>>,
    pub trunk: Vec<Op>,
    pub heads: Vec<Head<'static>>,
    pub fields: Vec<u8>,
    pub weights: Vec<u8>,
}

/// A part of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Step(usize),
    Finish(usize),
    Trunk,
}

/// A model as sections of bytes.
#[derive(Clone)]
pub struct Draft {
    pub header: Header,
    pub name: &'static str,
    pub input_count: u8,
    pub head_count: u8,
    pub inputs: Vec<u8>,
    pub fields: Vec<u8>,
    pub ops: Vec<u8>,
    pub trunk: Span,
    pub heads: Vec<u8>,
    /// Bytes after the body's last record.
    pub tail: Vec<u8>,
    pub weights: Vec<u8>,
}

/// A file at an aligned address.
#[derive(Clone)]
pub struct File {
    words: Vec<u128>,
    len: usize,
}

impl Network {
    /// Why the model's file does not load.
    pub fn error(&self) -> Option<LoadError> {
        Model::load(self.file().bytes()).err()
    }

    /// Appends to the weights section, at a multiple of 16.
    pub fn constant(&mut self, bytes: &[u8]) -> Blob {
        let offset = self.weights.len().next_multiple_of(16);
        self.weights.resize(offset, 0);
        self.weights.extend(bytes);
        Blob {
            offset: offset as u32,
            len: bytes.len() as u32,
        }
    }

    /// A region that nothing else uses, at the end of the arena.
    pub fn region(&mut self, (h, w, c): (u16, u16, u16)) -> View {
        let view = View {
            offset: self.arena_len.next_multiple_of(16),
            ..view(h, w, c)
        };
        self.arena_len = view.offset + view.len() as u32;
        view
    }

    /// The order of its weights; `None` for a plain model.
    pub fn packing(&self) -> Option<Packing> {
        let parts = self.parts();
        let mut ops = parts.iter().flat_map(|&part| self.ops(part));
        ops.find_map(|op| match op {
            Op::PackedConv2d(conv) => Some(conv.matrix.packing),
            _ => None,
        })
    }

    /// All parts, in the order of the op section.
    pub fn parts(&self) -> Vec<Part> {
        (0..self.inputs.len())
            .flat_map(|i| [Part::Step(i), Part::Finish(i)])
            .chain([Part::Trunk])
            .collect()
    }

    pub fn ops(&self, part: Part) -> &Vec<Op> {
        match part {
            Part::Step(i) => &self.steps[i],
            Part::Finish(i) => &self.finishes[i],
            Part::Trunk => &self.trunk,
        }
    }

    pub fn ops_mut(&mut self, part: Part) -> &mut Vec<Op> {
        match part {
            Part::Step(i) => &mut self.steps[i],
            Part::Finish(i) => &mut self.finishes[i],
            Part::Trunk => &mut self.trunk,
        }
    }

    /// Where the record of an op starts in the op section.
    pub fn at(&self, part: Part, index: usize) -> u32 {
        let before = self.parts().into_iter().take_while(|&p| p != part);
        let before: usize = before.map(|p| run_of(self.ops(p)).len()).sum();
        (before + run_of(&self.ops(part)[..index]).len()) as u32
    }

    pub fn draft(&self) -> Draft {
        let mut ops = Vec::new();
        let mut place = |records: &[Op]| {
            let bytes = run_of(records);
            let span = Span {
                offset: ops.len() as u32,
                len: bytes.len() as u32,
            };
            ops.extend(bytes);
            span
        };
        let mut inputs = self.inputs.clone();
        for (input, (step, finish)) in inputs.iter_mut().zip(self.steps.iter().zip(&self.finishes))
        {
            let (step, finish) = (place(step), place(finish));
            if input.step == Span::default() {
                input.step = step;
            }
            if input.finish == Span::default() {
                input.finish = finish;
            }
        }
        let trunk = place(&self.trunk);
        let header = Header {
            model_version: 3,
            body_len: 0,
            weights_offset: 0,
            weights_len: 0,
            arena_len: self.arena_len,
            persistent_len: self.persistent_len,
            max_input: 256,
        };
        Draft {
            header,
            name: "everything",
            input_count: inputs.len() as u8,
            head_count: self.heads.len() as u8,
            inputs: run_of(&inputs),
            fields: self.fields.clone(),
            ops,
            trunk,
            heads: run_of(&self.heads),
            tail: Vec::new(),
            weights: self.weights.clone(),
        }
    }

    pub fn file(&self) -> File {
        self.draft().file()
    }
}

impl Draft {
    pub fn file(&self) -> File {
        let body = Body {
            name: self.name,
            input_count: self.input_count,
            head_count: self.head_count,
            inputs: &self.inputs,
            fields: &self.fields,
            ops: &self.ops,
            trunk: self.trunk,
            heads: &self.heads,
            target: "generic",
            flash_growth: 0,
        };
        let interface = interface::digest(&body);
        let mut body = bytes_of(&body);
        body.extend(&self.tail);
        let header = self
            .header
            .with_lengths(body.len() as u32, self.weights.len() as u32);
        let mut bytes = vec![0; header.total_len()];
        bytes[..HEADER_LEN].copy_from_slice(&header.emit(&interface));
        bytes[HEADER_LEN..][..body.len()].copy_from_slice(&body);
        bytes[header.weights_offset as usize..][..self.weights.len()]
            .copy_from_slice(&self.weights);
        let mut file = File::new(&bytes);
        file.seal();
        file
    }
}

impl File {
    pub fn new(bytes: &[u8]) -> Self {
        let mut file = File {
            words: vec![0; bytes.len().div_ceil(16)],
            len: bytes.len(),
        };
        file.bytes_mut().copy_from_slice(bytes);
        file
    }

    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.len]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.len;
        &mut bytemuck::cast_slice_mut(&mut self.words)[..len]
    }

    /// Where the header puts the digest; `None` for a header that is refused for its own sake.
    pub fn digest_offset(&self) -> Option<usize> {
        let word = |at: usize| {
            let bytes = self.bytes().get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        let end = word(32)?
            .checked_add(word(36)?)?
            .checked_next_multiple_of(16)?;
        (end + DIGEST_LEN <= self.len).then_some(end)
    }

    /// Writes the digest of what is there.
    pub fn seal(&mut self) {
        if let Some(end) = self.digest_offset() {
            let sealed = digest(&self.bytes()[..end]);
            self.bytes_mut()[end..][..DIGEST_LEN].copy_from_slice(&sealed);
        }
    }
}

/// One record as postcard.
pub fn bytes_of<T: Serialize>(record: &T) -> Vec<u8> {
    let mut buffer = vec![0; 1 << 17];
    loop {
        match postcard::to_slice(record, &mut buffer) {
            Ok(bytes) => return bytes.to_vec(),
            Err(postcard::Error::SerializeBufferFull) => buffer = vec![0; 4 * buffer.len()],
            Err(error) => panic!("{error}"),
        }
    }
}

/// Records, one after the other.
pub fn run_of<T: Serialize>(records: &[T]) -> Vec<u8> {
    records.iter().flat_map(bytes_of).collect()
}
