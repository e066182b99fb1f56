//! The plan's ops before anything has an address.
//!
//! In the records of a [`Program`] an offset is the number of a [`Value`]. Once values have addresses,
//! [`Program::place`] writes them over the numbers.

use tillsense_core::model::records::{Op, Source};

use super::regions::{self, Access};
use crate::network::graph::Segment;

/// Number of a value.
pub(super) type ValueId = usize;

/// Number of a part of the plan: two for each input, then the trunk.
pub(super) type PartId = usize;

/// Bytes of the arena that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// Length in bytes.
    pub len: usize,
    /// Alignment of the first byte.
    pub align: usize,
    /// Where it lies.
    pub home: Home,
    /// This value is a range of that one, from this byte on.
    pub within: Option<(ValueId, usize)>,
}

/// Where a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// In the persistent part: encodings and states.
    Kept,
    /// In the workspace, while one part of the plan runs.
    Work(PartId),
}

/// What runs without a break: the frontend and step ops of an input, its last ops, or the trunk.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// The frontend that runs first.
    pub source: Option<Source>,
    /// Ops, each with the number of the node that it computes.
    pub ops: Vec<(Op, usize)>,
}

/// One access to a value that is not within another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Touch {
    /// 0 for the frontend, then the ops from 1 on.
    pub time: usize,
    /// The outermost value.
    pub root: ValueId,
    /// First byte in it.
    pub from: usize,
    /// Bytes touched.
    pub len: usize,
    /// What is done.
    pub access: Access,
}

/// All parts and values.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    /// By number.
    pub values: Vec<Value>,
    /// By number.
    pub parts: Vec<Part>,
    /// Scores, which stay after the trunk has run.
    pub scores: Vec<ValueId>,
}

impl Program {
    /// A program for so many inputs.
    pub(super) fn new(inputs: usize) -> Self {
        Program {
            parts: vec![Part::default(); 2 * inputs + 1],
            ..Program::default()
        }
    }

    /// The part that a segment becomes.
    pub(super) fn part(&self, segment: Segment) -> PartId {
        match segment {
            Segment::Step(input) => 2 * input,
            Segment::Finish(input) => 2 * input + 1,
            Segment::Trunk => self.parts.len() - 1,
        }
    }

    /// Adds a value; records name it by the number answered.
    pub(super) fn add(&mut self, len: usize, align: usize, home: Home) -> ValueId {
        self.values.push(Value {
            len,
            align,
            home,
            within: None,
        });
        self.values.len() - 1
    }

    /// The outermost value around this one, and where this one starts in it.
    pub(super) fn root(&self, value: ValueId) -> (ValueId, usize) {
        match self.values[value].within {
            None => (value, 0),
            Some((outer, at)) => {
                let (root, more) = self.root(outer);
                (root, at + more)
            }
        }
    }

    /// All accesses of a part, in the order of time, reads of an op before its writes.
    pub(super) fn touches(&self, part: PartId) -> Vec<Touch> {
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

    /// Replaces value numbers by addresses.
    pub(super) fn place(&mut self, addresses: &[u32]) {
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
