//! Memory plans, checked by brute force: every byte of the arena remembers which value it holds.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tillsense_core::model::records::{Op, Source, View};

use crate::lower::elide_copies;
use crate::lower::memory::{Memory, lifetimes, plan_arena, reorder};
use crate::lower::order::{needs, shortest};
use crate::lower::plan::{Item, bound, plan};
use crate::lower::program::{Home, Program, ValueId};
use crate::lower::regions::{self, Access};

/// The arena; each byte holds the value, and the place in it, that were written last.
struct Tags<'a> {
    bytes: Vec<Option<(ValueId, usize)>>,
    /// Concatenations as they were before any was dropped.
    concats: &'a BTreeMap<ValueId, Vec<View>>,
    program: &'a Program,
    memory: &'a Memory,
}

impl Tags<'_> {
    /// Runs one part: checks that reads find what they want, and marks what is written.
    fn run(&mut self, part: usize) {
        let (mut source, ops) = (
            self.program.parts[part].source,
            &self.program.parts[part].ops,
        );
        if let Some(source) = &mut source {
            regions::of_source(source, &mut |value, len, access| {
                self.touch(*value, len, access)
            });
        }
        for (op, _) in ops {
            let mut touch = |value: &mut u32, len, access| self.touch(*value, len, access);
            regions::of_op(&mut op.clone(), &mut touch);
        }
    }

    fn touch(&mut self, value: u32, len: usize, access: Access) {
        let value = value as usize;
        match access {
            Access::Read => self.assert_holds(value),
            Access::Write | Access::Update => {
                let start = self.memory.addresses[value] as usize;
                let bytes = self.bytes[start..start + len].iter_mut().enumerate();
                bytes.for_each(|(at, byte)| *byte = Some((value, at)));
            }
        }
    }

    fn assert_holds(&self, value: ValueId) {
        let start = self.memory.addresses[value] as usize;
        for at in 0..self.program.values[value].len {
            assert_eq!(self.bytes[start + at], Some(self.written(value, at)));
        }
    }

    /// The writer of a byte of a value: the value itself, or the part of a dropped concatenation that holds the byte.
    fn written(&self, value: ValueId, at: usize) -> (ValueId, usize) {
        let whole = |op: &Op| matches!(op, Op::Concat(c) if c.output.offset as usize == value);
        let copied = || {
            self.program
                .parts
                .iter()
                .any(|p| p.ops.iter().any(|(op, _)| whole(op)))
        };
        match self.concats.get(&value) {
            Some(parts) if !copied() => {
                let mut at = at;
                for part in parts {
                    if at < part.len() {
                        return self.written(part.offset as usize, at);
                    }
                    at -= part.len();
                }
                unreachable!("a concatenation is as long as its parts")
            }
            _ => (value, at),
        }
    }
}

#[test]
fn items_that_meet_do_not_overlap() {
    let mut rng = StdRng::seed_from_u64(7);
    let (mut reached, mut total) = (0, 0);
    for case in 0..400 {
        let count = rng.random_range(1..if case % 2 == 0 { 8 } else { 30 });
        let items: Vec<Item> = (0..count)
            .map(|_| {
                let first = rng.random_range(0..20);
                Item {
                    len: rng.random_range(1..200),
                    align: [1, 1, 2, 4][rng.random_range(0..4)],
                    first,
                    last: first + rng.random_range(0..6),
                }
            })
            .collect();
        let planned = plan(&items);
        for (i, a) in items.iter().enumerate() {
            let (start, end) = (planned.offsets[i], planned.offsets[i] + a.len);
            assert!(start.is_multiple_of(a.align) && end <= planned.len);
            for (j, b) in items
                .iter()
                .enumerate()
                .skip(i + 1)
                .filter(|(_, b)| b.meets(a))
            {
                let other = planned.offsets[j];
                assert!(end <= other || other + b.len <= start, "{items:?}");
            }
        }
        assert!(planned.len >= bound(&items));
        total += 1;
        // Alignment may cost some bytes that the bound does not know of.
        reached += usize::from(planned.len <= bound(&items) + 3 * count);
    }
    assert!(
        reached * 100 >= total * 95,
        "{reached} of {total} are short"
    );
}

#[test]
fn nothing_is_planned_for_nothing() {
    assert_eq!(plan(&[]).len, 0);
}

/// Makes a random program: sums, concatenations and lookups of random operands, encodings, scores.
fn random_program(rng: &mut StdRng) -> Program {
    let inputs = rng.random_range(1..5);
    let mut program = Program::new(inputs);
    let mut encodings = Vec::new();
    for input in 0..inputs {
        let mut values = vec![random::features(&mut program, 2 * input, rng)];
        for _ in 0..rng.random_range(0..8) {
            values.push(random::op(&mut program, 2 * input, &values, rng));
        }
        let encoding = random::op(&mut program, 2 * input, &values, rng);
        program.values[encoding.offset as usize].home = Home::Kept;
        encodings.push(encoding);
    }
    let trunk = program.parts.len() - 1;
    let mut values = encodings.clone();
    if rng.random() {
        values.push(random::concat(&mut program, trunk, &encodings));
    }
    for _ in 0..rng.random_range(1..8) {
        values.push(random::op(&mut program, trunk, &values, rng));
    }
    for _ in 0..rng.random_range(1..4) {
        let last = values[rng.random_range(encodings.len()..values.len())];
        let scores = random::softmax(&mut program, trunk, last);
        program.scores.push(scores);
    }
    program
}

#[test]
fn random_programs_find_what_they_wrote() {
    let mut rng = StdRng::seed_from_u64(8);
    let (mut dropped, mut in_place, mut shorter) = (0, 0, 0);
    for _ in 0..1000 {
        let mut program = random_program(&mut rng);
        let before = concats(&program);
        let plain = plan_arena(&program, |n| n.to_string()).unwrap();
        check(&program, &plain, &before, &mut rng);
        elide_copies::join(&mut program);
        dropped += before.len() - concats(&program).len();
        in_place += program.values.iter().filter(|v| v.within.is_some()).count();
        let joined = plan_arena(&program, |n| n.to_string()).unwrap();
        assert!(joined.persistent_len <= plain.persistent_len);
        check(&program, &joined, &before, &mut rng);
        reorder(&mut program, |n| n.to_string()).unwrap();
        let settled = plan_arena(&program, |n| n.to_string()).unwrap();
        assert!(settled.arena_len <= joined.arena_len);
        shorter += joined.arena_len - settled.arena_len;
        check(&program, &settled, &before, &mut rng);
    }
    assert!(dropped > 400 && in_place > 800, "{dropped} {in_place}");
    assert!(shorter > 1000, "{shorter}");
}

/// Every order in which each op comes after those that it needs.
fn every_order(needs: &[Vec<usize>], order: &mut Vec<usize>, visit: &mut dyn FnMut(&[usize])) {
    if order.len() == needs.len() {
        visit(order);
    }
    for op in 0..needs.len() {
        let free = !order.contains(&op) && needs[op].iter().all(|other| order.contains(other));
        if free {
            order.push(op);
            every_order(needs, order, visit);
            order.pop();
        }
    }
}

/// Bytes alive at the busiest time with the ops in this order.
fn peak(program: &Program, part: usize, order: &[usize]) -> usize {
    let mut ordered = program.clone();
    let ops = &program.parts[part].ops;
    ordered.parts[part].ops = order.iter().map(|&op| ops[op].clone()).collect();
    bound(&lifetimes(&ordered, part, &|n| n.to_string()).unwrap().1)
}

#[test]
fn no_order_is_shorter_than_the_one_found() {
    let mut rng = StdRng::seed_from_u64(9);
    let (mut parts, mut moved) = (0, 0);
    for _ in 0..300 {
        let mut program = random_program(&mut rng);
        elide_copies::join(&mut program);
        for part in (0..program.parts.len()).filter(|&part| program.parts[part].ops.len() <= 7) {
            let touches = program.touches(part);
            let count = program.parts[part].ops.len();
            let needs: Vec<Vec<usize>> = (1..=count).map(|time| needs(&touches, time)).collect();
            let mut least = usize::MAX;
            every_order(&needs, &mut Vec::new(), &mut |order| {
                least = least.min(peak(&program, part, order));
            });
            let found = shortest(&program, part);
            assert_eq!(peak(&program, part, &found), least);
            parts += 1;
            moved += usize::from(!found.is_sorted());
        }
    }
    assert!(parts > 500 && moved > 50, "{parts} {moved}");
}

fn concats(program: &Program) -> BTreeMap<ValueId, Vec<View>> {
    let ops = program.parts.iter().flat_map(|p| &p.ops);
    ops.filter_map(|(op, _)| match op {
        Op::Concat(c) => Some((c.output.offset as usize, c.parts.to_vec())),
        _ => None,
    })
    .collect()
}

/// Runs the inputs in a random order, some twice, then the trunk, and checks that the scores are whole at the end.
fn check(
    program: &Program,
    memory: &Memory,
    concats: &BTreeMap<ValueId, Vec<View>>,
    rng: &mut StdRng,
) {
    let inputs = program.parts.len() / 2;
    let mut tags = Tags {
        bytes: vec![None; memory.arena_len],
        concats,
        program,
        memory,
    };
    for _ in 0..2 * inputs {
        tags.run(2 * rng.random_range(0..inputs));
    }
    (0..inputs).for_each(|input| tags.run(2 * input));
    (0..inputs).for_each(|input| tags.run(2 * input + 1));
    tags.run(2 * inputs);
    program
        .scores
        .iter()
        .for_each(|&scores| tags.assert_holds(scores));
}

mod random {
    use tillsense_core::model::records::{
        Add, Blob, Clamp, Concat, Fit, ImageParams, Lookup, Scale, Softmax,
    };

    use super::*;

    const SCALE: Scale = Scale {
        multiplier: 0,
        shift: 0,
    };
    const BLOB: Blob = Blob { offset: 0, len: 0 };

    pub(super) fn view(program: &mut Program, part: usize, c: u16) -> View {
        let value = program.add(c.into(), 1, Home::Work(part));
        View {
            offset: value as u32,
            h: 1,
            w: 1,
            c,
            zero_point: 0,
        }
    }

    pub(super) fn features(program: &mut Program, part: usize, rng: &mut StdRng) -> View {
        let output = view(program, part, rng.random_range(1..40));
        program.parts[part].source = Some(Source::Image(ImageParams {
            source_h: 1,
            source_w: 1,
            source_c: 1,
            crop_at: (0, 0),
            crop_size: (1, 1),
            output,
            table: BLOB,
            fit: Fit::Stretch,
        }));
        output
    }

    /// Adds a sum, a lookup or a concatenation of some of the values; operands of a sum need not be of one size here.
    pub(super) fn op(
        program: &mut Program,
        part: usize,
        values: &[View],
        rng: &mut StdRng,
    ) -> View {
        let mut pick = || values[rng.random_range(0..values.len())];
        let (a, b) = (pick(), pick());
        let kind = rng.random_range(0..3);
        if kind == 2 {
            return concat(program, part, &[a, b]);
        }
        let c = if kind == 1 {
            a.c
        } else {
            rng.random_range(1..40)
        };
        let output = view(program, part, c);
        let op = if kind == 1 {
            Op::Lookup(Lookup {
                input: a,
                output,
                table: BLOB,
            })
        } else {
            Op::Add(Add {
                a,
                b,
                output,
                a_scale: SCALE,
                b_scale: SCALE,
                out_scale: SCALE,
                clamp: Clamp { min: 0, max: 0 },
            })
        };
        program.parts[part].ops.push((op, 0));
        output
    }

    pub(super) fn concat(program: &mut Program, part: usize, parts: &[View]) -> View {
        let output = view(program, part, parts.iter().map(|p| p.c).sum());
        let mut op = Concat {
            parts: Default::default(),
            output,
        };
        op.parts.extend(parts.iter().copied());
        program.parts[part].ops.push((Op::Concat(op), 0));
        output
    }

    pub(super) fn softmax(program: &mut Program, part: usize, input: View) -> usize {
        let output = view(program, part, input.c);
        let op = Op::Softmax(Softmax {
            input,
            output,
            table: BLOB,
        });
        program.parts[part].ops.push((op, 0));
        output.offset as usize
    }
}
