//! Removes copies: values are placed where their reader wants them.

use tillsense_core::model::records::{Concat, Op};

use super::program::{Home, PartId, Program, Touch, ValueId};
use super::regions::Access;

/// Lets values share memory and drops the ops that would copy them.
pub(super) fn join(program: &mut Program) {
    for part in 0..program.parts.len() {
        lookups_in_place(program, part);
        sums_in_place(program, part);
    }
    for part in 0..program.parts.len() {
        concats_in_place(program, part);
    }
}

/// A table lookup whose operand nobody reads again writes over it.
fn lookups_in_place(program: &mut Program, part: PartId) {
    let lookups: Vec<(usize, ValueId, ValueId)> = program.parts[part]
        .ops
        .iter()
        .enumerate()
        .filter_map(|(index, (op, _))| match op {
            Op::Lookup(l) if l.input.offset != l.output.offset => {
                Some((index + 1, l.input.offset as usize, l.output.offset as usize))
            }
            _ => None,
        })
        .collect();
    for (time, input, output) in lookups {
        if let Some(from) = reusable_operand(program, part, time, input, output) {
            program.values[output].within = Some((from, 0));
        }
    }
}

/// Lets a sum write over an operand that nobody reads again.
fn sums_in_place(program: &mut Program, part: PartId) {
    let ops = program.parts[part].ops.iter().enumerate();
    let sums: Vec<(usize, [ValueId; 2], ValueId)> = ops
        .filter_map(|(index, (op, _))| match op {
            Op::Add(add) => Some((
                index + 1,
                [add.a.offset as usize, add.b.offset as usize],
                add.output.offset as usize,
            )),
            Op::Pairwise(pair) => {
                let (a, b) = (pair.a.offset, pair.b.offset);
                // A constant is nowhere in the arena.
                let b = if pair.values.is_some() { a } else { b };
                let operands = [a as usize, b as usize];
                Some((index + 1, operands, pair.output.offset as usize))
            }
            _ => None,
        })
        .collect();
    for (time, operands, output) in sums {
        let [a, b] = operands.map(|operand| program.root(operand));
        // A value may be added to itself, but the sum must not write over one of two parts of the same value.
        if a.0 == b.0 && operands[0] != operands[1] {
            continue;
        }
        let mut over = operands.iter();
        if let Some(from) = over.find_map(|&o| reusable_operand(program, part, time, o, output)) {
            program.values[output].within = Some((from, 0));
        }
    }
}

/// The value of an operand if nobody reads it after this time and the output can take its place.
fn reusable_operand(
    program: &Program,
    part: PartId,
    time: usize,
    operand: ValueId,
    output: ValueId,
) -> Option<ValueId> {
    let (from, at) = program.root(operand);
    let touches = program.touches(part);
    let of_it = touches.iter().filter(|t| t.root == from);
    let last = of_it.map(|t| t.time).max();
    let free = |value: &ValueId| {
        let scores = program.scores.iter();
        let is_score = scores
            .into_iter()
            .any(|&score| program.root(score).0 == *value);
        let value = &program.values[*value];
        value.home == Home::Work(part) && value.within.is_none() && !is_score
    };
    let same_len = program.values[from].len == program.values[output].len;
    let fits = at == 0 && same_len && free(&from) && free(&output) && from != output;
    (fits && last == Some(time)).then_some(from)
}

/// Lays the parts of a concatenation where the whole lies, and drops the concatenation.
fn concats_in_place(program: &mut Program, part: PartId) {
    let mut index = 0;
    while index < program.parts[part].ops.len() {
        let dissolved = match &program.parts[part].ops[index].0 {
            Op::Concat(concat) => dissolve(program, part, index + 1, &concat.clone()),
            _ => false,
        };
        if dissolved {
            program.parts[part].ops.remove(index);
        } else {
            index += 1;
        }
    }
}

/// Puts the parts of one concatenation into the whole, unless a write or another reader
/// stands against it; returns whether it did.
fn dissolve(program: &mut Program, part: PartId, time: usize, concat: &Concat) -> bool {
    let whole = concat.output.offset as usize;
    let touches = program.touches(part);
    let (root, start) = program.root(whole);
    let end = start + concat.output.len();
    let written_again = |t: &Touch| {
        let overlaps = t.root == root && t.from < end && start < t.from + t.len;
        overlaps && t.time != time && t.access != Access::Read
    };
    // A place of a larger value takes one part, of any shape.
    let placed = root != whole && concat.parts.len() == 1;
    let vector = (concat.output.h, concat.output.w) == (1, 1);
    if !(vector || placed) || touches.iter().any(written_again) {
        return false;
    }
    let mut places: Vec<(ValueId, usize)> = Vec::new();
    let mut at = 0;
    for view in &concat.parts {
        let (value, from) = program.root(view.offset as usize);
        let found = &program.values[value];
        let alone = from == 0 && found.len == view.len() && found.align == 1;
        let taken = value == root || places.iter().any(|&(other, _)| other == value);
        // A write after the concatenation would change what was joined.
        let changed = |t: &Touch| t.root == value && t.time > time && t.access != Access::Read;
        if !alone || taken || touches.iter().any(changed) {
            return false;
        }
        places.push((value, at));
        at += view.len();
    }
    let Some(home) = common_home(program, part, root, &places, &touches) else {
        return false;
    };
    // What lies beside a part of a larger value stays where it is.
    if root != whole && home != program.values[root].home {
        return false;
    }
    program.values[root].home = home;
    for (value, at) in places {
        program.values[value].within = Some((whole, at));
        program.values[value].home = home;
    }
    true
}

/// The place in which the whole can lie with all its parts in it; `None` where there is none.
fn common_home(
    program: &Program,
    part: PartId,
    whole: ValueId,
    places: &[(ValueId, usize)],
    touches: &[Touch],
) -> Option<Home> {
    let all = |home: Home| places.iter().all(|&(v, _)| program.values[v].home == home);
    let by_frontend = |t: &Touch| t.time == 0 && places.iter().any(|&(v, _)| v == t.root);
    match program.values[whole].home {
        // Encodings lie side by side in the persistent part, where the fusion reads them as one.
        Home::Work(_) if all(Home::Kept) => Some(Home::Kept),
        Home::Work(_) if all(Home::Work(part)) => Some(Home::Work(part)),
        // The whole is itself an encoding, written part by part; a frontend cannot write there.
        Home::Kept if all(Home::Work(part)) && !touches.iter().any(by_frontend) => Some(Home::Kept),
        _ => None,
    }
}
