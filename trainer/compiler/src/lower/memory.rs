//! The arena: the persistent part comes first, then one workspace that all parts of the plan share.

use super::plan::{Item, plan};
use super::program::{Home, PartId, Program, ValueId};
use super::regions::Access;
use super::{LowerError, order};

/// Alignment of the workspace, so that offsets in it may be aligned to 4.
const WORD: usize = 4;

/// Addresses of all values, and the lengths of the arena and of its persistent part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    /// First byte of each value.
    pub addresses: Vec<u32>,
    /// Length of the persistent part in bytes, kept between calls.
    pub persistent_len: usize,
    /// Length of the arena in bytes.
    pub arena_len: usize,
}

/// Reorders the ops of each part where another order has a smaller memory plan.
pub(super) fn reorder(
    program: &mut Program,
    name: impl Fn(usize) -> String,
) -> Result<(), LowerError> {
    for part in 0..program.parts.len() {
        let now = plan(&lifetimes(program, part, &name)?.1).len;
        let order = order::shortest(program, part);
        if order.is_sorted() {
            continue;
        }
        let ops = program.parts[part].ops.clone();
        program.parts[part].ops = order.iter().map(|&op| ops[op].clone()).collect();
        if plan(&lifetimes(program, part, &name)?.1).len >= now {
            program.parts[part].ops = ops;
        }
    }
    Ok(())
}

/// Plans the arena. `name` gives the name of a node, for errors.
pub(super) fn plan_arena(
    program: &Program,
    name: impl Fn(usize) -> String,
) -> Result<Memory, LowerError> {
    let mut roots: Vec<Option<usize>> = vec![None; program.values.len()];
    let persistent_len = keep(program, &mut roots);
    let mut arena_len = persistent_len;
    for part in 0..program.parts.len() {
        let (values, items) = lifetimes(program, part, &name)?;
        let planned = plan(&items);
        for (value, offset) in values.into_iter().zip(planned.offsets) {
            roots[value] = Some(persistent_len + offset);
        }
        arena_len = arena_len.max(persistent_len + planned.len);
    }
    let address = |value: ValueId| {
        let (root, at) = program.root(value);
        roots[root].map_or(0, |start| (start + at) as u32)
    };
    Ok(Memory {
        addresses: (0..program.values.len()).map(address).collect(),
        persistent_len,
        arena_len: arena_len.next_multiple_of(WORD),
    })
}

/// Places states, then encodings, one after the other; returns their length, a multiple of a word.
fn keep(program: &Program, roots: &mut [Option<usize>]) -> usize {
    let mut end = 0usize;
    let kept = |align: &usize| {
        let align = *align;
        let values = program.values.iter().enumerate();
        values.filter(move |(_, v)| v.home == Home::Kept && v.within.is_none() && v.align == align)
    };
    for (id, value) in [WORD, 2, 1].iter().flat_map(kept) {
        end = end.next_multiple_of(value.align);
        roots[id] = Some(end);
        end += value.len;
    }
    end.next_multiple_of(WORD)
}

/// The workspace values of a part with their lifetimes.
pub(super) fn lifetimes(
    program: &Program,
    part: PartId,
    name: &impl Fn(usize) -> String,
) -> Result<(Vec<ValueId>, Vec<Item>), LowerError> {
    let mut values: Vec<ValueId> = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    let work = |touch: &super::program::Touch| program.values[touch.root].home != Home::Kept;
    for touch in program.touches(part).iter().filter(|t| work(t)) {
        let value = &program.values[touch.root];
        let known = values.iter().position(|&v| v == touch.root);
        let foreign = value.home != Home::Work(part);
        if foreign || (known.is_none() && touch.access == Access::Read) {
            let node = program.parts[part].ops[touch.time - 1].1;
            return Err(LowerError::Crosses { node: name(node) });
        }
        match known {
            Some(place) => items[place].last = touch.time,
            None => {
                values.push(touch.root);
                items.push(Item {
                    len: value.len,
                    align: value.align,
                    first: touch.time,
                    last: touch.time,
                });
            }
        }
    }
    for score in &program.scores {
        let (root, _) = program.root(*score);
        if let Some(place) = values.iter().position(|&v| v == root) {
            items[place].last = program.parts[part].ops.len() + 1;
        }
    }
    Ok((values, items))
}
