//! Fuses convolutions with the pools behind them, and depthwise convolutions with the pointwise ones behind them.

use tillsense_core::model::records::{
    FusedPool, Lookup, Op, PackedConv, PackedSeparable, Pool, PoolKind, View,
};

use crate::lower::constants::bytes;
use crate::lower::nodes::FULL;
use crate::lower::program::{Home, PartId, Program, ValueId};
use crate::lower::regions::Access;

/// Moves a non-decreasing lookup of a convolution's output behind the max pool that is its only reader: the maximum of the
/// results is the result of the maximum. Fewer values are looked up, and convolution and pool become neighbours.
pub(in crate::lower) fn lookups_behind_pools(program: &mut Program, section: &[u8]) {
    for part in 0..program.parts.len() {
        while let Some(swap) = find_swap(program, part, section) {
            swap.make(program, part);
        }
    }
}

/// A lookup of a convolution's output, and the pool that reads it.
struct Swap {
    at: usize,
    lookup: Lookup,
    pool_at: usize,
    pool: Pool,
}

fn find_swap(program: &Program, part: PartId, section: &[u8]) -> Option<Swap> {
    let ops = &program.parts[part].ops;
    ops.iter().enumerate().find_map(|(at, (op, _))| {
        let Op::Lookup(lookup) = op else {
            return None;
        };
        let value = lookup.output.offset as usize;
        let touches = program.touches(part);
        let of_it = touches.iter().filter(|t| t.root == value);
        let times: Vec<(usize, Access)> = of_it.map(|t| (t.time, t.access)).collect();
        let &[
            (conv, Access::Write),
            (read, Access::Read),
            (written, Access::Write),
            (last, Access::Read),
        ] = &times[..]
        else {
            return None;
        };
        // Op 0 has time 1.
        let (conv, pool_at) = (conv.checked_sub(1)?, last - 1);
        let (Op::Conv2d(conv), Op::MaxPool(pool)) = (&ops[conv].0, &ops[pool_at].0) else {
            return None;
        };
        let rises = bytes(section, lookup.table).is_sorted_by_key(|&value| value.cast_signed());
        let in_place = (read, written) == (at + 1, at + 1) && conv.output == lookup.input;
        let whole = pool.input == lookup.output && pool.clamp == FULL;
        let fits = rises && in_place && whole && is_alone(program, part, value);
        fits.then_some(Swap {
            at,
            lookup: *lookup,
            pool_at,
            pool: *pool,
        })
    })
}

impl Swap {
    fn make(self, program: &mut Program, part: PartId) {
        let ops = &mut program.parts[part].ops;
        let node = ops[self.at].1;
        let maxima = View {
            zero_point: self.lookup.input.zero_point,
            ..self.pool.output
        };
        ops[self.pool_at].0 = Op::MaxPool(Pool {
            input: self.lookup.input,
            output: maxima,
            ..self.pool
        });
        let lookup = Lookup {
            input: maxima,
            output: self.pool.output,
            ..self.lookup
        };
        ops.insert(self.pool_at + 1, (Op::Lookup(lookup), node));
        ops.remove(self.at);
    }
}

/// Fuses the pools of a part with the convolutions before them, where that saves more memory than it takes.
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

/// Fuses each depthwise convolution of a part with the pointwise one that is its only reader: of the
/// output between them only one row is kept.
pub(super) fn separables(program: &mut Program, part: PartId) {
    let mut at = 0;
    while at < program.parts[part].ops.len() {
        if let Some((fused, second_at)) = find_separable(program, part, at) {
            let (value, row) = (fused.depthwise.output.offset as usize, fused.row().len());
            let ops = &mut program.parts[part].ops;
            let (_, node) = ops.remove(second_at);
            ops[at] = (Op::PackedSeparable(fused), node);
            program.values[value].len = row;
        }
        at += 1;
    }
}

fn find_separable(program: &Program, part: PartId, at: usize) -> Option<(PackedSeparable, usize)> {
    let ops = &program.parts[part].ops;
    let Op::PackedDepthwise(depthwise) = ops[at].0 else {
        return None;
    };
    let second_at = sole_reader(program, part, at, depthwise.output.offset as usize)?;
    let Op::PackedConv2d(pointwise) = ops[second_at].0 else {
        return None;
    };
    let w = &pointwise.window;
    let fits = (w.kernel, w.stride) == ((1, 1), (1, 1))
        && (w.pad_before, w.pad_after) == ((0, 0), (0, 0))
        && pointwise.pool.is_none()
        && pointwise.input == depthwise.output
        && depthwise.output.h > 1
        && untouched(
            program,
            part,
            at..second_at,
            pointwise.output.offset as usize,
        )
        && untouched(
            program,
            part,
            at..second_at,
            pointwise.scratch.offset as usize,
        );
    let fused = PackedSeparable {
        depthwise,
        pointwise,
    };
    fits.then_some((fused, second_at))
}

/// Whether the core can compute this pool row by row.
fn by_rows(pool: &FusedPool) -> bool {
    let w = &pool.window;
    w.stride.0 >= w.kernel.0 && w.pad_before.0 == 0 && w.pad_after.0 == 0
}

/// Whether fusing saves memory; a pool over all rows would keep the whole output, and its own beside it.
fn smaller(conv: &PackedConv, pool: &FusedPool) -> bool {
    pool.rows(&conv.output).len() + pool.output.len() < conv.output.len()
}

/// The op after op `writer` that reads a value, if nothing else reads, keeps or shares it.
fn sole_reader(program: &Program, part: PartId, writer: usize, value: ValueId) -> Option<usize> {
    let touches = program.touches(part);
    let of_it: Vec<_> = touches.iter().filter(|t| t.root == value).collect();
    let [written, read] = of_it[..] else {
        return None;
    };
    let follows = (written.access, read.access) == (Access::Write, Access::Read)
        && written.time == writer + 1
        && is_alone(program, part, value);
    follows.then(|| read.time - 1)
}

/// Whether a value lies by itself in the workspace and is not needed after the part.
fn is_alone(program: &Program, part: PartId, value: ValueId) -> bool {
    let found = &program.values[value];
    let mut others = program.values.iter().filter_map(|v| v.within);
    found.home == Home::Work(part)
        && found.within.is_none()
        && !program.scores.contains(&value)
        && others.all(|(outer, _)| outer != value)
}

/// Whether no op in between touches the memory that the pool writes.
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
