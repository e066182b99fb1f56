//! Cases of sum, product, concatenation and gate.

use heapless::Vec;

use super::bench::{Bench, Digest, accepted};
use super::oracle::{index, place, requantise, store};
use super::{Mismatch, SplitMix64};
use crate::model::records::{Add, Concat, Gate, MAX_PARTS, Product, Rounding, Scale, View};
use crate::ops;

pub(super) fn add(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let [a, b, output] = views(rng);
    let half = Scale {
        multiplier: 1 << 30,
        shift: 0,
    };
    // As an exporter makes them: one operand has the factor 1/2, the other that or less. Or anything that is allowed.
    let (first, second) = match rng.between(0, 5) {
        0 => (half, half),
        1 | 2 => (half, rng.scale(12, -31, -1)),
        _ => (rng.scale(8, 0, 0), rng.scale(12, -31, 0)),
    };
    let (a_scale, b_scale) = if rng.one_in(2) {
        (first, second)
    } else {
        (second, first)
    };
    let op = Add {
        a,
        b,
        output,
        a_scale,
        b_scale,
        out_scale: rng.scale(27, -31, 0),
        clamp: rng.clamp(),
    };
    accepted(ops::add::check(&op))?;
    let n = output.len();
    let (left, right, y) = (
        bench.memory.random_anywhere(rng, n)?,
        bench.memory.random_anywhere(rng, n)?,
        bench.memory.anywhere(rng, n)?,
    );
    ops::add(&op, left, right, y);
    let mut digest = Digest::new();
    for i in 0..n {
        let tflite = |x: i64, s: Scale| requantise(Rounding::Tflite, x, s.multiplier, s.shift);
        let raise = |v: i8, view: &View| (i64::from(v) - i64::from(view.zero_point)) << 20;
        let sum = tflite(raise(left[i], &a), a_scale) + tflite(raise(right[i], &b), b_scale);
        digest.expect(
            i,
            y[i],
            store(tflite(sum, op.out_scale), &output, &op.clamp),
        )?;
    }
    Ok(digest)
}

pub(super) fn product(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let [a, b, output] = views(rng);
    let op = Product {
        a,
        b,
        output,
        scale: rng.scale(14, -31, 30),
        rounding: rng.rounding(),
        clamp: rng.clamp(),
    };
    accepted(ops::product::check(&op))?;
    let n = output.len();
    let (left, right, y) = (
        bench.memory.random(rng, n)?,
        bench.memory.random(rng, n)?,
        bench.memory.i8s(n)?,
    );
    ops::product(&op, left, right, y);
    let mut digest = Digest::new();
    for i in 0..n {
        let product = (i64::from(left[i]) - i64::from(a.zero_point))
            * (i64::from(right[i]) - i64::from(b.zero_point));
        let scaled = requantise(op.rounding, product, op.scale.multiplier, op.scale.shift);
        digest.expect(i, y[i], store(scaled, &output, &op.clamp))?;
    }
    Ok(digest)
}

pub(super) fn concat(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (h, w, zero_point) = (rng.size(4), rng.size(4), rng.zero_point());
    let count = usize::from(rng.size(MAX_PARTS as u16));
    let parts: Vec<View, MAX_PARTS> = (0..count)
        .map(|_| View {
            offset: 0,
            h,
            w,
            c: rng.size(7),
            zero_point,
        })
        .collect();
    let output = View {
        offset: 0,
        h,
        w,
        c: parts.iter().map(|p| p.c).sum(),
        zero_point,
    };
    let op = Concat { parts, output };
    accepted(ops::concat::check(&op))?;
    let mut inputs: Vec<&[i8], MAX_PARTS> = Vec::new();
    for part in &op.parts {
        // As many as there are parts.
        let _ = inputs.push(bench.memory.random(rng, part.len())?);
    }
    let y = bench.memory.i8s(output.len())?;
    ops::concat(&op, &inputs, y);
    let mut digest = Digest::new();
    for (n, &value) in y.iter().enumerate() {
        let (row, column, mut channel) = place(&output, n);
        let mut part = 0;
        while channel >= usize::from(op.parts[part].c) {
            channel -= usize::from(op.parts[part].c);
            part += 1;
        }
        digest.expect(
            n,
            value,
            inputs[part][index(&op.parts[part], row, column, channel)].into(),
        )?;
    }
    Ok(digest)
}

pub(super) fn gate(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (n, c) = (rng.size(8), rng.size(20));
    let gates = View {
        offset: 0,
        h: n,
        w: 1,
        c,
        zero_point: -128,
    };
    let values = View {
        zero_point: rng.zero_point(),
        ..gates
    };
    let output = View {
        h: 1,
        zero_point: rng.zero_point(),
        ..gates
    };
    let op = Gate {
        gates,
        values,
        output,
        scale: rng.scale(16, -31, 30),
        clamp: rng.clamp(),
    };
    accepted(ops::gate::check(&op))?;
    let (z, v) = (
        bench.memory.random(rng, gates.len())?,
        bench.memory.random(rng, values.len())?,
    );
    let y = bench.memory.i8s(c.into())?;
    ops::gate(&op, z, v, y);
    let mut digest = Digest::new();
    for (channel, &value) in y.iter().enumerate() {
        let mut sum = 0;
        for i in 0..usize::from(n) {
            let at = i * usize::from(c) + channel;
            sum += (i64::from(z[at]) + 128) * (i64::from(v[at]) - i64::from(values.zero_point));
        }
        let scaled = requantise(Rounding::Nearest, sum, op.scale.multiplier, op.scale.shift);
        digest.expect(channel, value, store(scaled, &output, &op.clamp))?;
    }
    Ok(digest)
}

/// Two operands and an output of one shape.
fn views(rng: &mut SplitMix64) -> [View; 3] {
    let (h, w, c) = (rng.size(4), rng.size(4), rng.size(8));
    [0; 3].map(|_| View {
        offset: 0,
        h,
        w,
        c,
        zero_point: rng.zero_point(),
    })
}
