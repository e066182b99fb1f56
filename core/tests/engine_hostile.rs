//! Files that were changed and then sealed: whatever loads runs, writes nowhere but in its arena, and answers the same
//! in whatever order it is asked.

#![allow(
    clippy::disallowed_methods,
    reason = "lengths of what is made here, not read from a file"
)]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use support::{File, Guarded, Network, Rng, any_push, network, scores};
use tillsense_core::engine::{LoadError, Model, PushError, Session};
use tillsense_core::model::header::{ALIGN, HEADER_LEN, SEAL_LEN};
use tillsense_core::model::records::Op;

/// Files tried.
const ROUNDS: u64 = 20_000;
/// Arenas above this are not tried.
const MOST: usize = 1 << 16;

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Refused,
    TooLarge,
    Ran,
}

#[test]
fn changed_and_sealed_files_do_no_harm() {
    let files: Vec<File> = (0..4).map(|seed| network(seed).file()).collect();
    let (mut refused, mut ran, mut failures) = (0, 0, Vec::new());
    for seed in 0..ROUNDS {
        let mut rng = Rng(seed);
        let mut file = files[rng.below(files.len())].clone();
        mutate(&mut file, &mut rng);
        file.seal();
        match catch_unwind(AssertUnwindSafe(|| attempt(&file, seed))) {
            Ok(Ok(Outcome::Refused)) => refused += 1,
            Ok(Ok(Outcome::Ran)) => ran += 1,
            Ok(Ok(Outcome::TooLarge)) => {}
            Ok(Err(what)) => failures.push((seed, what)),
            Err(_) => failures.push((seed, "panic")),
        }
    }
    let some = &failures[..failures.len().min(20)];
    assert!(failures.is_empty(), "{} failures: {some:?}", failures.len());
    // Neither half of the test may be empty.
    assert!(refused > 2000 && ran > 2000, "{refused} refused, {ran} ran");
}

#[test]
fn plans_with_other_places_do_no_harm() {
    let plans: Vec<Network> = (0..4).map(network).collect();
    let (mut refused, mut ran, mut failures) = (0, 0, Vec::new());
    for seed in 0..ROUNDS {
        let mut rng = Rng(seed);
        let mut plan = plans[rng.below(plans.len())].clone();
        let parts = plan.parts();
        for _ in 0..rng.within(1, 3) {
            let part = parts[rng.below(parts.len())];
            let count = plan.ops(part).len();
            if count > 0 {
                let (end, index) = (plan.arena_len as usize, rng.below(count));
                displace(&mut plan.ops_mut(part)[index], end, &mut rng);
            }
        }
        match catch_unwind(AssertUnwindSafe(|| attempt(&plan.file(), seed))) {
            Ok(Ok(Outcome::Refused)) => refused += 1,
            Ok(Ok(Outcome::Ran)) => ran += 1,
            Ok(Ok(Outcome::TooLarge)) => {}
            Ok(Err(what)) => failures.push((seed, what)),
            Err(_) => failures.push((seed, "panic")),
        }
    }
    let some = &failures[..failures.len().min(20)];
    assert!(failures.is_empty(), "{} failures: {some:?}", failures.len());
    assert!(refused > 2000 && ran > 1000, "{refused} refused, {ran} ran");
}

/// Puts one of the op's regions elsewhere, or lengthens a span.
fn displace(op: &mut Op, arena_len: usize, rng: &mut Rng) {
    let mut offsets: Vec<&mut u32> = match op {
        Op::Conv2d(c) | Op::DepthwiseConv2d(c) => vec![&mut c.input.offset, &mut c.output.offset],
        Op::MaxPool(p) | Op::AveragePool(p) => vec![&mut p.input.offset, &mut p.output.offset],
        Op::Dense(d) | Op::Dense4(d) => vec![&mut d.input.offset, &mut d.output.offset],
        Op::Embedding(e) => vec![&mut e.ids.offset, &mut e.output.offset],
        Op::EmbeddingBag(e) | Op::Embedding4(e) => vec![
            &mut e.ids.offset,
            &mut e.output.offset,
            &mut e.scratch.offset,
            &mut e.scratch.len,
        ],
        Op::Add(a) => vec![&mut a.a.offset, &mut a.b.offset, &mut a.output.offset],
        Op::Product(p) => vec![&mut p.a.offset, &mut p.b.offset, &mut p.output.offset],
        Op::Concat(c) => (c.parts.iter_mut().map(|part| &mut part.offset))
            .chain([&mut c.output.offset])
            .collect(),
        Op::Gate(g) => vec![
            &mut g.gates.offset,
            &mut g.values.offset,
            &mut g.output.offset,
        ],
        Op::Lookup(l) => vec![&mut l.input.offset, &mut l.output.offset],
        Op::Softmax(s) => vec![&mut s.input.offset, &mut s.output.offset],
        Op::Rnn(r) => [
            &mut r.input.offset,
            &mut r.state.offset,
            &mut r.state.len,
            &mut r.scratch.offset,
            &mut r.scratch.len,
        ]
        .into_iter()
        .chain(r.output.as_mut().map(|output| &mut output.offset))
        .collect(),
        Op::RnnRead(r) => vec![&mut r.state.offset, &mut r.state.len, &mut r.output.offset],
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => [
            &mut c.input.offset,
            &mut c.output.offset,
            &mut c.scratch.offset,
            &mut c.scratch.len,
        ]
        .into_iter()
        .chain(c.pool.as_mut().map(|pool| &mut pool.output.offset))
        .collect(),
        Op::PackedDepthwise(c) => vec![
            &mut c.input.offset,
            &mut c.output.offset,
            &mut c.scratch.offset,
            &mut c.scratch.len,
        ],
        Op::PackedSeparable(c) => vec![
            &mut c.depthwise.input.offset,
            &mut c.depthwise.output.offset,
            &mut c.depthwise.scratch.offset,
            &mut c.depthwise.scratch.len,
            &mut c.pointwise.input.offset,
            &mut c.pointwise.output.offset,
            &mut c.pointwise.scratch.offset,
            &mut c.pointwise.scratch.len,
        ],
        Op::PackedDense(d) => vec![
            &mut d.input.offset,
            &mut d.output.offset,
            &mut d.scratch.offset,
            &mut d.scratch.len,
        ],
        Op::PackedRnn(r) => [
            &mut r.input.offset,
            &mut r.state.offset,
            &mut r.state.len,
            &mut r.scratch.offset,
            &mut r.scratch.len,
        ]
        .into_iter()
        .chain(r.output.as_mut().map(|output| &mut output.offset))
        .collect(),
    };
    let which = rng.below(offsets.len());
    let place = &mut offsets[which];
    **place = match rng.below(4) {
        0 => rng.below(arena_len) as u32,
        1 => 4 * rng.below(arena_len / 4) as u32,
        2 => place.saturating_add_signed(rng.within(-8, 8) as i32),
        _ => place.saturating_add_signed(4 * rng.within(-8, 8) as i32),
    };
}

#[test]
fn random_bytes_behind_a_good_header_are_refused() {
    let good = network(0).file();
    for seed in 0..2000 {
        let mut rng = Rng(seed);
        let mut file = good.clone();
        let end = file.digest_offset().unwrap();
        let from = HEADER_LEN + rng.below(400);
        for byte in &mut file.bytes_mut()[from..end] {
            *byte = rng.next() as u8 & 0x0f;
        }
        file.seal();
        assert!(Model::load(file.bytes()).is_err(), "{seed}");
    }
}

/// Changes 1 to 8 bytes or copies a stretch over another, mostly in the body, which decides about memory.
fn mutate(file: &mut File, rng: &mut Rng) {
    let body_end =
        usize::from(u16::from_le_bytes([file.bytes()[28], file.bytes()[29]])) + HEADER_LEN;
    let sealed_end = file.bytes().len() - SEAL_LEN;
    let range = match rng.below(16) {
        0 => 16..HEADER_LEN,
        1 | 2 => body_end.next_multiple_of(ALIGN)..sealed_end,
        _ => HEADER_LEN..body_end,
    };
    let any = |rng: &mut Rng| range.start + rng.below(range.len());
    if rng.below(6) == 0 {
        let (from, to) = (any(rng), any(rng));
        let len = rng.within(1, 24) as usize;
        let len = len.min(range.end - from).min(range.end - to);
        file.bytes_mut().copy_within(from..from + len, to);
        return;
    }
    for _ in 0..rng.within(1, 8) / 4 + rng.within(0, 6) / 5 + 1 {
        let at = any(rng);
        let byte = &mut file.bytes_mut()[at];
        *byte = match rng.below(6) {
            0 => byte.wrapping_add(1),
            1 => byte.wrapping_sub(1),
            2 => *byte ^ (1 << rng.below(8)),
            3 => [0, 1, 0x7f, 0x80, 0xff][rng.below(5)],
            4 => byte.wrapping_add(4),
            _ => rng.next() as u8,
        };
    }
}

/// Loads, and runs what loads in two orders.
fn attempt(file: &File, seed: u64) -> Result<Outcome, &'static str> {
    let model = match Model::load(file.bytes()) {
        Ok(model) => model,
        Err(LoadError::Digest) => return Err("not sealed"),
        Err(_) => return Ok(Outcome::Refused),
    };
    let needs = model.header().arena_len as usize;
    if needs > MOST {
        return Ok(Outcome::TooLarge);
    }
    let mut small = Guarded::new(needs);
    let last = needs.saturating_sub(1);
    if needs > 0 && Session::new(model, &mut small.arena()[..last]).is_ok() {
        return Err("ran in too small an arena");
    }
    let inputs = model.inputs().count();
    let forward: Vec<usize> = (0..=inputs).collect();
    let mut shuffled = forward.clone();
    Rng(seed).shuffle(&mut shuffled);
    let first = play(model, seed, &forward, 0)?;
    if first != play(model, seed, &shuffled, 0xff)? {
        return Err("scores depend on the order");
    }
    Ok(Outcome::Ran)
}

type Answers = (Vec<Result<(), PushError>>, Vec<Vec<i8>>);

/// Pushes random inputs in this order, and answers what each was told and the scores.
fn play(model: Model<'_>, seed: u64, order: &[usize], was: u8) -> Result<Answers, &'static str> {
    let mut memory = Guarded::new(model.header().arena_len as usize);
    memory.arena().fill(was);
    let mut session = Session::new(model, memory.arena()).map_err(|_| "no session")?;
    let mut told = vec![Ok(()); order.len()];
    for &input in order {
        // What is pushed depends on the input, not on its turn.
        let mut rng = Rng(seed ^ (input as u64 + 1) << 40);
        if rng.below(4) > 0 {
            told[input] = any_push(&mut session, input, &mut rng);
        }
    }
    let answers = scores(&mut session);
    if answers != scores(&mut session) {
        return Err("a second run gives other scores");
    }
    if answers.len() != model.heads().count() {
        return Err("a head without verdict");
    }
    session.reset();
    if memory.is_intact() {
        Ok((told, answers))
    } else {
        Err("wrote outside the arena")
    }
}
