//! A program: the plan's ops before values have addresses.
//!
//! In the records of a [`Program`] an offset is the number of a [`Value`]. Once values have addresses,
//! [`Program::place`] writes them over the numbers.

use tillsense_core::model::records::{Op, Source};

use super::regions::{self, Access};
use crate::network::graph::Segment;

/// The number of a value.
pub(crate) type ValueId = usize;

/// The number of a part of the plan: two for each input, then the trunk.
pub(crate) type PartId = usize;

/// A range of the arena that is placed as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// Length in bytes.
    pub len: usize,
    /// Alignment of the first byte.
    pub align: usize,
    /// The part of the arena that holds the value.
    pub home: Home,
    /// The value that contains this one, and the first byte in it; `None` where the value lies by itself.
    pub within: Option<(ValueId, usize)>,
}

/// The part of the arena in which a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// The persistent part: encodings and states.
    Kept,
    /// The workspace, while this part of the plan runs.
    Work(PartId),
}

/// Ops that run without a break: the frontend and step ops of an input, an input's last ops, or the trunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// The frontend, which runs before the ops.
    pub source: Option<Source>,
    /// The ops, each with the number of the node that it computes.
    pub ops: Vec<(Op, usize)>,
}

/// One access of an op or a frontend to an outermost value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    /// Time of the access: 0 for the frontend, then the ops from 1 on.
    pub time: usize,
    /// The outermost value that is touched.
    pub root: ValueId,
    /// First byte touched, counted from the start of the value.
    pub from: usize,
    /// Number of bytes touched.
    pub len: usize,
    /// Whether the bytes are read, written or both.
    pub access: Access,
}

/// All parts of the plan and the values that they touch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    /// Values by [`ValueId`].
    pub values: Vec<Value>,
    /// Parts by [`PartId`].
    pub parts: Vec<Part>,
    /// The values of the heads' scores, which must outlive the trunk.
    pub scores: Vec<ValueId>,
}

impl Program {
    /// A program without ops for this number of inputs.
    pub(crate) fn new(inputs: usize) -> Self {
        Program {
            parts: vec![Part::default(); 2 * inputs + 1],
            ..Program::default()
        }
    }

    /// The part that a segment becomes.
    pub(crate) fn part(&self, segment: Segment) -> PartId {
        match segment {
            Segment::Step(input) => 2 * input,
            Segment::Finish(input) => 2 * input + 1,
            Segment::Trunk => self.parts.len() - 1,
        }
    }

    /// Adds a value and returns its number, which stands for an offset in records.
    pub(crate) fn add(&mut self, len: usize, align: usize, home: Home) -> ValueId {
        self.values.push(Value {
            len,
            align,
            home,
            within: None,
        });
        self.values.len() - 1
    }

    /// The value that is a part of another one, from its byte number `at` on; the other one itself where it is all of it.
    pub(crate) fn part_of(&mut self, value: ValueId, at: usize, len: usize) -> ValueId {
        if (at, len) == (0, self.values[value].len) {
            return value;
        }
        let home = self.values[value].home;
        self.values.push(Value {
            len,
            align: 1,
            home,
            within: Some((value, at)),
        });
        self.values.len() - 1
    }

    /// The outermost value that contains this one, and the offset of this one in it.
    pub(crate) fn root(&self, value: ValueId) -> (ValueId, usize) {
        match self.values[value].within {
            None => (value, 0),
            Some((outer, at)) => {
                let (root, more) = self.root(outer);
                (root, at + more)
            }
        }
    }

    /// All accesses of a part in the order of time; reads of an op come before its writes.
    pub(crate) fn touches(&self, part: PartId) -> Vec<Touch> {
        let mut touches = Vec::new();
        let part = &self.parts[part];
        let mut add = |time: usize, value: u32, len: usize, access: Access| {
            let (root, from) = self.root(value as usize);
            touches.push(Touch {
                time,
                root,
                from,
                len,
                access,
            });
        };
        if let Some(mut source) = part.source {
            regions::of_source(&mut source, &mut |value, len, access| {
                add(0, *value, len, access);
            });
        }
        for (time, (op, _)) in part.ops.iter().enumerate() {
            regions::of_op(&mut op.clone(), &mut |value, len, access| {
                add(time + 1, *value, len, access);
            });
        }
        touches
    }

    /// Replaces the value numbers in all records by addresses.
    pub(crate) fn place(&mut self, addresses: &[u32]) {
        let mut place = |value: &mut u32, _: usize, _: Access| *value = addresses[*value as usize];
        for part in &mut self.parts {
            if let Some(source) = &mut part.source {
                regions::of_source(source, &mut place);
            }
            for (op, _) in &mut part.ops {
                regions::of_op(op, &mut place);
            }
        }
    }
}
