//! Convolutions and the pools behind them.

use tillsense_core::model::records::{FusedPool, Lookup, Op, PackedConv, Pool, PoolKind, View};

use crate::lower::constants::bytes;
use crate::lower::nodes::FULL;
use crate::lower::program::{Home, PartId, Program, ValueId};
use crate::lower::regions::Access;

/// Puts tables that never fall behind the maximum that alone reads what they make of a convolution: the maximum of the
/// results is the result of the maximum. Fewer values are looked up, and convolution and pool become neighbours.
pub(in crate::lower) fn lookups_behind_pools(program: &mut Program, section: &[u8]) {
    for part in 0..program.parts.len() {
        while let Some(swap) = find_swap(program, part, section) {
            swap.make(program, part);
        }
    }
}

/// A lookup and the pool behind it.
struct Swap {
    at: usize,
    lookup: Lookup,
    pool_at: usize,
    pool: Pool,
}

fn find_swap(program: &Program, part: PartId, section: &[u8]) -> Option<Swap> {
    let ops = &program.parts[part].ops;
    let convolutions = ops.iter().filter_map(|(op, _)| match op {
        Op::Conv2d(c) => Some(c.output),
        _ => None,
    });
    let outputs: Vec<View> = convolutions.collect();
    ops.iter().enumerate().find_map(|(at, (op, _))| {
        let Op::Lookup(lookup) = op else {
            return None;
        };
        let table = bytes(section, lookup.table);
        let rises = table.is_sorted_by_key(|&value| value.cast_signed());
        let whole = outputs.contains(&lookup.input);
        let pool_at = sole_reader(program, part, at, lookup.output.offset as usize)?;
        let Op::MaxPool(pool) = ops[pool_at].0 else {
            return None;
        };
        let follows = sole_reader(program, part, 0, lookup.input.offset as usize) == Some(at);
        let fits = rises && whole && follows && pool.input == lookup.output && pool.clamp == FULL;
        fits.then_some(Swap {
            at,
            lookup: *lookup,
            pool_at,
            pool,
        })
    })
}

impl Swap {
    fn make(self, program: &mut Program, part: PartId) {
        let len = self.pool.output.len();
        let maxima = View {
            offset: program.add(len, 1, Home::Work(part)) as u32,
            zero_point: self.lookup.input.zero_point,
            ..self.pool.output
        };
        let ops = &mut program.parts[part].ops;
        let lookup = Lookup {
            input: maxima,
            output: self.pool.output,
            ..self.lookup
        };
        let node = ops[self.at].1;
        ops[self.pool_at].0 = Op::MaxPool(Pool {
            input: self.lookup.input,
            output: maxima,
            ..self.pool
        });
        ops.insert(self.pool_at + 1, (Op::Lookup(lookup), node));
        ops.remove(self.at);
    }
}

/// Fuses the pools of a part with the convolutions before them where that makes the memory between them smaller.
pub(super) fn pools(program: &mut Program, part: PartId) {
    let mut at = 0;
    while at < program.parts[part].ops.len() {
        if let Some((pool, pool_at)) = find_pool(program, part, at) {
            let ops = &mut program.parts[part].ops;
            if let Op::PackedConv2d(c) | Op::WinogradConv2d(c) = &mut ops[at].0 {
                let (value, rows) = (c.output.offset as usize, pool.rows(&c.output).len());
                c.pool = Some(pool);
                ops.remove(pool_at);
                program.values[value].len = rows;
            }
        }
        at += 1;
    }
}

fn find_pool(program: &Program, part: PartId, at: usize) -> Option<(FusedPool, usize)> {
    let ops = &program.parts[part].ops;
    let (Op::PackedConv2d(conv) | Op::WinogradConv2d(conv)) = &ops[at].0 else {
        return None;
    };
    let pool_at = sole_reader(program, part, at, conv.output.offset as usize)?;
    let (kind, pool) = match &ops[pool_at].0 {
        Op::MaxPool(pool) => (PoolKind::Max, pool),
        Op::AveragePool(pool) => (PoolKind::Average, pool),
        _ => return None,
    };
    let fused = FusedPool {
        kind,
        output: pool.output,
        window: pool.window,
        clamp: pool.clamp,
    };
    let fits = conv.pool.is_none()
        && pool.input == conv.output
        && by_rows(&fused)
        && smaller(conv, &fused)
        && untouched(program, part, at..pool_at, pool.output.offset as usize);
    fits.then_some((fused, pool_at))
}

/// What the core can pool row by row.
fn by_rows(pool: &FusedPool) -> bool {
    let w = &pool.window;
    w.stride.0 >= w.kernel.0 && w.pad_before.0 == 0 && w.pad_after.0 == 0
}

/// A pool over all rows would keep the whole output, and its own beside it.
fn smaller(conv: &PackedConv, pool: &FusedPool) -> bool {
    pool.rows(&conv.output).len() + pool.output.len() < conv.output.len()
}

/// The op, after op `writer`, that reads a value which nothing else reads, keeps or shares.
fn sole_reader(program: &Program, part: PartId, writer: usize, value: ValueId) -> Option<usize> {
    let found = &program.values[value];
    let mut others = program.values.iter().filter_map(|v| v.within);
    let alone = found.home == Home::Work(part)
        && found.within.is_none()
        && !program.scores.contains(&value)
        && others.all(|(outer, _)| outer != value);
    let touches = program.touches(part);
    let mut reads = touches
        .iter()
        .filter(|t| t.root == value && t.access != Access::Write);
    let read = reads.next().filter(|_| alone && reads.next().is_none())?;
    // Op 0 has time 1.
    let reader = read.time.checked_sub(1)?;
    (read.access == Access::Read && reader > writer).then_some(reader)
}

/// Whether no op in between has to do with what the pool writes.
fn untouched(
    program: &Program,
    part: PartId,
    between: std::ops::Range<usize>,
    value: ValueId,
) -> bool {
    let (root, from) = program.root(value);
    let end = from + program.values[value].len;
    let touches = program.touches(part);
    touches.iter().all(|t| {
        let overlaps = t.root == root && t.from < end && from < t.from + t.len;
        !overlaps || t.time <= between.start + 1 || t.time > between.end
    })
}
