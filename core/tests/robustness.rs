//! Ops never panic, whatever record, weights and slices they are given: sizes that do not fit, zeros, garbage.
//!
//! The test profile checks arithmetic for overflow, so that a sum or an index that leaves its range panics here. Records are
//! sound ones of the test models, sound ones with some numbers changed, and garbage; of each kind, the check must accept
//! some and refuse some, so that both kinds have run.

mod support;

use std::collections::BTreeMap;

use support::{Network, Numbers, network, packed_network};
use tillsense_core::model::records::{
    Add, ArgMax, Axis, BagMode, Blob, Cell, Clamp, Concat, Constant, Conv, Dense, Direction,
    Embedding, EmbeddingBag, Gate, Ids, L2Normalise, LogSoftmax, Lookup, Op, Packing, Pair,
    Pairwise, Pool, Product, ReadMode, Rearrange, Reduce, Reduction, Requant, Resize, Rnn, RnnRead,
    Rounding, Scale, Softmax, Span, Spread, View, Window,
};
use tillsense_core::ops;
use tillsense_core::tensor::Weights;

/// A linear congruential generator (Knuth, MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as u32) % n
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }

    fn any_i8(&mut self) -> i8 {
        self.below(256) as u8 as i8
    }

    fn any_i32(&mut self) -> i32 {
        let random = (self.below(1 << 16) << 16 | self.below(1 << 16)) as i32;
        self.pick(&[random, random >> 16, i32::MIN, i32::MAX, 0, -1])
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    fn size(&mut self) -> u16 {
        self.below(7) as u16
    }

    fn view(&mut self) -> View {
        View {
            offset: 0,
            h: self.size(),
            w: self.size(),
            c: self.size(),
            zero_point: self.any_i8(),
        }
    }

    fn blob(&mut self) -> Blob {
        let offset = self.pick(&[0, 4, 8, 64, 3, 250, u32::MAX]);
        Blob {
            offset,
            len: self.pick(&[0, 1, 4, 12, 13, 16, 24, 36, 48, 100, 256, u32::MAX]),
        }
    }

    fn scale(&mut self) -> Scale {
        Scale {
            multiplier: self.any_i32(),
            shift: self.any_i8(),
        }
    }

    fn clamp(&mut self) -> Clamp {
        Clamp {
            min: self.any_i8(),
            max: self.any_i8(),
        }
    }

    fn rounding(&mut self) -> Rounding {
        self.pick(&[Rounding::Nearest, Rounding::Tflite])
    }

    fn requant(&mut self) -> Requant {
        Requant {
            rounding: self.rounding(),
            multipliers: self.blob(),
            shifts: self.blob(),
        }
    }

    fn window(&mut self) -> Window {
        let mut pair = || (self.size(), self.size());
        Window {
            kernel: pair(),
            stride: pair(),
            dilation: pair(),
            pad_before: pair(),
            pad_after: pair(),
        }
    }

    fn bytes(&mut self, most: u32) -> Vec<u8> {
        let len = self.below(most);
        (0..len).map(|_| self.below(256) as u8).collect()
    }

    fn i8s(&mut self) -> Vec<i8> {
        self.bytes(200).into_iter().map(|b| b as i8).collect()
    }

    fn span(&mut self) -> Span {
        Span {
            offset: 0,
            len: self.below(300),
        }
    }

    fn cell(&mut self) -> Cell {
        self.pick(&[Cell::Elman, Cell::Gru, Cell::Lstm])
    }
}

/// What the check of a kind of records said.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

/// A weights section, 16-byte aligned.
fn aligned(bytes: &[u8]) -> Vec<u128> {
    let mut words = vec![0u128; bytes.len().div_ceil(16)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}

/// Ops that a check accepts, over one weights section.
struct Sound {
    ops: Vec<Op>,
    weights: Vec<u128>,
}

impl Sound {
    /// The plain ops of a model, and those of four bits.
    fn of(network: Network) -> Self {
        let parts = network.steps.into_iter().chain(network.finishes);
        let ops = parts.flatten().chain(network.trunk);
        Sound {
            ops: ops
                .filter(|op| !op.name().contains("packed") && !op.name().contains("winograd"))
                .collect(),
            weights: aligned(&network.weights),
        }
    }

    /// Ops that only imported networks have, with a table of exponentials in front of the weights.
    fn imported() -> Self {
        let view = |h, w, c, zero_point| View {
            offset: 0,
            h,
            w,
            c,
            zero_point,
        };
        let whole = view(2, 3, 4, 0);
        let (half, clamp) = (
            Scale {
                multiplier: 1 << 30,
                shift: 0,
            },
            Clamp {
                min: -128,
                max: 127,
            },
        );
        let table = Blob { offset: 0, len: 8 };
        let mut ops = moves(whole);
        ops.extend([
            Op::Pairwise(Pairwise {
                kind: Pair::Sum,
                a: whole,
                b: view(1, 3, 1, 0),
                values: None,
                output: whole,
                a_scale: half,
                b_scale: half,
                out_scale: half,
                clamp,
            }),
            Op::Reduce(Reduce {
                kind: Reduction::Sum,
                input: whole,
                output: view(1, 3, 1, 0),
                scale: half,
                clamp,
            }),
            Op::SoftmaxRows(Softmax {
                input: whole,
                output: view(2, 3, 4, -128),
                table,
            }),
            Op::LogSoftmax(LogSoftmax {
                input: whole,
                output: view(2, 3, 4, 127),
                table,
                scale: half,
            }),
            Op::L2Normalise(L2Normalise {
                input: whole,
                output: whole,
            }),
            Op::ArgMax(ArgMax {
                input: whole,
                output: view(1, 1, 6, 0),
            }),
        ]);
        let mut weights = vec![0; 64];
        weights[..4].copy_from_slice(&i32::MAX.to_le_bytes());
        Sound {
            ops,
            weights: aligned(&weights),
        }
    }
}

/// Sound records of ops that move these values, or as many.
fn moves(whole: View) -> Vec<Op> {
    let mut axes = heapless::Vec::new();
    let pixels = Axis {
        count: 6,
        step: 4,
        indices: Blob { offset: 0, len: 0 },
    };
    axes.extend([pixels]);
    let spread = Spread {
        first: 0,
        step: 512,
    };
    vec![
        Op::Rearrange(Rearrange {
            input: whole,
            output: whole,
            start: 0,
            axes,
            run: 4,
            fill: 0,
        }),
        Op::Constant(Constant {
            output: whole,
            values: Blob { offset: 4, len: 24 },
        }),
        Op::Resize(Resize {
            input: whole,
            output: View {
                h: 4,
                w: 6,
                ..whole
            },
            rows: spread,
            columns: spread,
        }),
    ]
}

#[test]
fn no_record_makes_an_op_panic() {
    let sound = [
        Sound::of(network(3)),
        Sound::of(packed_network(3, Packing::Quads)),
        Sound::imported(),
    ];
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for seed in 0..4000 {
        let mut random = Random(seed);
        let words: Vec<u64> = (0..40)
            .map(|_| u64::from(random.below(u32::MAX)) << 32 | u64::from(random.below(u32::MAX)))
            .collect();
        let mut try_one = |op: &Op, weights: &Weights<'_>, random: &mut Random| {
            let tally = tallies.entry(op.name()).or_default();
            match ops::check(op, weights) {
                Ok(()) => tally.accepted += 1,
                Err(_) => tally.refused += 1,
            }
            run(op, weights, random);
        };
        for op in garbage(&mut random) {
            try_one(
                &op,
                &Weights::new(bytemuck::cast_slice(&words)),
                &mut random,
            );
        }
        let Sound { ops, weights } = &sound[seed as usize % 3];
        for op in ops {
            let mut op = op.clone();
            if random.one_in(2) {
                change(&mut op, &mut random);
            }
            try_one(
                &op,
                &Weights::new(bytemuck::cast_slice(weights)),
                &mut random,
            );
        }
    }
    assert_eq!(tallies.len(), 26, "{tallies:?}");
    for (kind, tally) in &tallies {
        let both = tally.accepted > 500 && tally.refused > 500;
        assert!(both, "{kind}: {tally:?}");
    }
}

/// Changes one to three numbers of a record that decide about memory.
fn change(op: &mut Op, r: &mut Random) {
    for _ in 0..1 + r.below(3) {
        let mut numbers = Numbers::of(op);
        match r.below(2) {
            0 if !numbers.blobs.is_empty() => {
                let which = r.below(numbers.blobs.len() as u32) as usize;
                let number = &mut *numbers.blobs[which];
                *number = r.pick(&[0, 1, 3, u32::MAX, number.wrapping_add(4), *number / 2]);
            }
            _ => {
                let which = r.below(numbers.sizes.len() as u32) as usize;
                let number = &mut *numbers.sizes[which];
                *number = r.pick(&[0, 1, 7, u16::MAX, number.wrapping_add(1), *number / 2]);
            }
        }
    }
}

/// A record of each kind with nothing but random numbers.
fn garbage(r: &mut Random) -> Vec<Op> {
    let mut all = vec![];
    all.extend(garbage_layers(r));
    all.extend(garbage_tables(r));
    all.extend(garbage_elementwise(r));
    all.extend(garbage_recurrent(r));
    all.extend(garbage_moves(r));
    all.extend(garbage_arithmetic(r));
    all
}

fn garbage_layers(r: &mut Random) -> [Op; 6] {
    let conv = |r: &mut Random| Conv {
        input: r.view(),
        output: r.view(),
        window: r.window(),
        weights: r.blob(),
        bias: r.blob(),
        requant: r.requant(),
        clamp: r.clamp(),
    };
    let pool = |r: &mut Random| Pool {
        input: r.view(),
        output: r.view(),
        window: r.window(),
        clamp: r.clamp(),
    };
    let dense = |r: &mut Random| Dense {
        input: r.view(),
        output: r.view(),
        weights: r.blob(),
        bias: r.blob(),
        requant: r.requant(),
        clamp: r.clamp(),
    };
    [
        Op::Conv2d(conv(r)),
        Op::DepthwiseConv2d(conv(r)),
        Op::MaxPool(pool(r)),
        Op::AveragePool(pool(r)),
        Op::Dense(dense(r)),
        Op::Dense4(dense(r)),
    ]
}

fn garbage_tables(r: &mut Random) -> [Op; 4] {
    let ids = Ids {
        offset: 0,
        max: r.size() * 10,
    };
    let bag = |r: &mut Random| EmbeddingBag {
        ids,
        table: r.blob(),
        rows: r.below(40) as u16,
        mode: r.pick(&[BagMode::Sum, BagMode::Mean, BagMode::SqrtN]),
        output: r.view(),
        scale: r.scale(),
        scratch: r.span(),
    };
    [
        Op::Embedding(Embedding {
            ids,
            table: r.blob(),
            rows: r.below(40) as u16,
            output: r.view(),
        }),
        Op::EmbeddingBag(bag(r)),
        Op::Embedding4(bag(r)),
        Op::Lookup(Lookup {
            input: r.view(),
            output: r.view(),
            table: r.blob(),
        }),
    ]
}

fn garbage_elementwise(r: &mut Random) -> [Op; 5] {
    let (a, b, output, clamp) = (r.view(), r.view(), r.view(), r.clamp());
    [
        Op::Add(Add {
            a,
            b,
            output,
            a_scale: r.scale(),
            b_scale: r.scale(),
            out_scale: r.scale(),
            clamp,
        }),
        Op::Product(Product {
            a,
            b,
            output,
            scale: r.scale(),
            rounding: r.rounding(),
            clamp,
        }),
        Op::Gate(Gate {
            gates: a,
            values: b,
            output,
            scale: r.scale(),
            clamp,
        }),
        Op::Concat(Concat {
            parts: (0..r.below(8)).map(|_| r.view()).collect(),
            output,
        }),
        Op::Softmax(Softmax {
            input: a,
            output,
            table: r.blob(),
        }),
    ]
}

fn garbage_moves(r: &mut Random) -> [Op; 3] {
    let axis = |r: &mut Random| Axis {
        count: r.size(),
        step: r.pick(&[1, 0, -1, 3, i32::MAX, i32::MIN]),
        indices: r.pick(&[
            Blob { offset: 0, len: 0 },
            Blob { offset: 2, len: 6 },
            Blob {
                offset: 1 << 20,
                len: 2,
            },
        ]),
    };
    let spread = |r: &mut Random| Spread {
        first: r.any_i32(),
        step: r.pick(&[0, 512, 2000, i32::MAX, -1]),
    };
    [
        Op::Rearrange(Rearrange {
            input: r.view(),
            output: r.view(),
            start: r.below(20),
            axes: (0..r.below(7)).map(|_| axis(r)).collect(),
            run: r.pick(&[0, 1, 2, 7, u32::MAX]),
            fill: r.any_i8(),
        }),
        Op::Constant(Constant {
            output: r.view(),
            values: r.blob(),
        }),
        Op::Resize(Resize {
            input: r.view(),
            output: r.view(),
            rows: spread(r),
            columns: spread(r),
        }),
    ]
}

fn garbage_arithmetic(r: &mut Random) -> [Op; 6] {
    let (input, output, clamp) = (r.view(), r.view(), r.clamp());
    let table = r.blob();
    [
        Op::Pairwise(Pairwise {
            kind: r.pick(&[
                Pair::Sum,
                Pair::Reverse,
                Pair::SquaredDifference,
                Pair::Maximum,
                Pair::Prelu,
            ]),
            a: input,
            b: r.view(),
            values: r.pick(&[None, Some(table)]),
            output,
            a_scale: r.scale(),
            b_scale: r.scale(),
            out_scale: r.scale(),
            clamp,
        }),
        Op::Reduce(Reduce {
            kind: r.pick(&[
                Reduction::Sum,
                Reduction::Max,
                Reduction::Min,
                Reduction::Bytes,
            ]),
            input,
            output,
            scale: r.scale(),
            clamp,
        }),
        Op::SoftmaxRows(Softmax {
            input,
            output,
            table,
        }),
        Op::LogSoftmax(LogSoftmax {
            input,
            output,
            table,
            scale: r.scale(),
        }),
        Op::L2Normalise(L2Normalise { input, output }),
        Op::ArgMax(ArgMax { input, output }),
    ]
}

fn garbage_recurrent(r: &mut Random) -> [Op; 2] {
    let state = r.span();
    [
        Op::Rnn(Rnn {
            cell: r.cell(),
            direction: r.pick(&[Direction::Forward, Direction::Backward]),
            input: r.view(),
            hidden: r.size(),
            state,
            scratch: r.span(),
            x_weights: r.blob(),
            x_bias: r.blob(),
            x_requant: r.requant(),
            h_weights: r.blob(),
            h_bias: r.blob(),
            h_requant: r.requant(),
            output: Some(r.view()),
        }),
        Op::RnnRead(RnnRead {
            cell: r.cell(),
            state,
            mode: r.pick(&[ReadMode::Last, ReadMode::Mean]),
            output: r.view(),
        }),
    ]
}

/// Runs an op on slices of any length, whatever its check says.
fn run(op: &Op, weights: &Weights<'_>, r: &mut Random) {
    let (x, z, mut y) = (r.i8s(), r.i8s(), r.i8s());
    let ids: Vec<u16> = (0..r.below(100)).map(|_| r.below(65_536) as u16).collect();
    match op {
        Op::Conv2d(op) => ops::conv2d(op, weights, &x, &mut y),
        Op::DepthwiseConv2d(op) => ops::depthwise_conv2d(op, weights, &x, &mut y),
        Op::MaxPool(op) => ops::max_pool(op, &x, &mut y),
        Op::AveragePool(op) => ops::average_pool(op, &x, &mut y),
        Op::Dense(op) => ops::dense(op, weights, &x, &mut y),
        Op::Dense4(op) => ops::dense_4(op, weights, &x, &mut y),
        Op::Embedding(op) => ops::embedding(op, weights, &ids, &mut y),
        Op::EmbeddingBag(op) => ops::embedding_bag(op, weights, &ids, &mut y, &mut r.bytes(100)),
        Op::Embedding4(op) => ops::embedding_4(op, weights, &ids, &mut y),
        Op::Lookup(op) => {
            ops::lookup(op, weights, &x, &mut y);
            ops::lookup_in_place(op, weights, &mut y);
        }
        Op::Add(op) => ops::add(op, &x, &z, &mut y),
        Op::Product(op) => ops::product(op, &x, &z, &mut y),
        Op::Gate(op) => ops::gate(op, &x, &z, &mut y),
        Op::Concat(op) => ops::concat(op, &[&x, &z, &[], &x, &z, &x, &x, &z, &x, &x], &mut y),
        Op::Softmax(op) => ops::softmax(op, weights, &x, &mut y),
        Op::Rearrange(op) => ops::rearrange(op, weights, &x, &mut y),
        Op::Constant(op) => ops::constant(op, weights, &mut y),
        Op::Resize(op) => ops::resize(op, &x, &mut y),
        Op::Pairwise(op) => {
            ops::pairwise(op, weights, Some(&x), Some(&z), &mut y);
            ops::pairwise(op, weights, None, Some(&z), &mut y);
            ops::pairwise(op, weights, Some(&x), None, &mut y);
        }
        Op::Reduce(op) => ops::reduce(op, &x, &mut y),
        Op::SoftmaxRows(op) => ops::softmax_rows(op, weights, &x, &mut y),
        Op::LogSoftmax(op) => ops::log_softmax(op, weights, &x, &mut y),
        Op::L2Normalise(op) => ops::l2_normalise(op, &x, &mut y),
        Op::ArgMax(op) => ops::arg_max(op, &x, &mut y),
        Op::Rnn(_) | Op::RnnRead(_) => run_recurrent(op, weights, r, &x, &mut y),
        _ => unreachable!("{} is not tried here", op.name()),
    }
}

fn run_recurrent(op: &Op, weights: &Weights<'_>, r: &mut Random, x: &[i8], y: &mut [i8]) {
    // Aligned and long enough at times, so that the cells run too.
    let mut words: Vec<u32> = (0..400).map(|_| r.below(u32::MAX)).collect();
    let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
    let (skip, end) = (r.pick(&[0, 0, 0, 1, 2]), 200 + r.below(1200) as usize);
    let (state, scratch) = memory[skip..].split_at_mut(r.pick(&[60, 60, 160, 5]));
    let (steps, len) = (r.below(50) as usize, end.min(scratch.len()));
    let scratch = &mut scratch[..len];
    match op {
        Op::Rnn(op) => {
            ops::rnn(op, weights, steps, x, Some(y), state, scratch);
            ops::rnn(op, weights, steps, x, None, state, &mut []);
        }
        Op::RnnRead(op) => ops::rnn_read(op, state, y),
        _ => {}
    }
}
