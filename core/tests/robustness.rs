//! Ops never panic, whatever record, weights and slices they are given: sizes that do not fit, zeros, garbage.
//!
//! The test profile checks arithmetic for overflow, so that a sum or an index that leaves its range panics here.

use tillsense_core::model::records::{
    Add, BagMode, Blob, Cell, Clamp, Concat, Conv, Dense, Direction, Embedding, EmbeddingBag, Gate,
    Ids, Lookup, Pool, Product, ReadMode, Requant, Rnn, RnnRead, Rounding, Scale, Softmax, Span,
    View, Window,
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

/// Runs `body` with many seeds, on a section of random weights.
fn with_garbage(body: impl Fn(&mut Random, &Weights<'_>)) {
    for seed in 0..4000 {
        let mut random = Random(seed);
        let words: Vec<u64> = (0..40)
            .map(|_| u64::from(random.below(u32::MAX)) << 32 | u64::from(random.below(u32::MAX)))
            .collect();
        body(&mut random, &Weights::new(bytemuck::cast_slice(&words)));
    }
}

#[test]
fn convolutions() {
    with_garbage(|r, weights| {
        let op = Conv {
            input: r.view(),
            output: r.view(),
            window: r.window(),
            weights: r.blob(),
            bias: r.blob(),
            requant: r.requant(),
            clamp: r.clamp(),
        };
        let (x, mut y) = (r.i8s(), r.i8s());
        let _ = (
            ops::conv::check(&op, weights),
            ops::depthwise::check(&op, weights),
        );
        ops::conv2d(&op, weights, &x, &mut y);
        ops::depthwise_conv2d(&op, weights, &x, &mut y);
    });
}

#[test]
fn pools() {
    with_garbage(|r, _| {
        let op = Pool {
            input: r.view(),
            output: r.view(),
            window: r.window(),
            clamp: r.clamp(),
        };
        let (x, mut y) = (r.i8s(), r.i8s());
        let _ = (ops::max_pool::check(&op), ops::average_pool::check(&op));
        ops::max_pool(&op, &x, &mut y);
        ops::average_pool(&op, &x, &mut y);
    });
}

#[test]
fn dense_and_tables() {
    with_garbage(|r, weights| {
        let dense = Dense {
            input: r.view(),
            output: r.view(),
            weights: r.blob(),
            bias: r.blob(),
            requant: r.requant(),
            clamp: r.clamp(),
        };
        let ids = Ids {
            offset: 0,
            max: r.size() * 10,
        };
        let (rows, table) = (r.below(40) as u16, r.blob());
        let embedding = Embedding {
            ids,
            table,
            rows,
            output: r.view(),
        };
        let bag = EmbeddingBag {
            ids,
            table,
            rows,
            mode: r.pick(&[BagMode::Sum, BagMode::Mean, BagMode::SqrtN]),
            output: r.view(),
            scale: r.scale(),
            scratch: r.span(),
        };
        let lookup = Lookup {
            input: r.view(),
            output: r.view(),
            table,
        };
        let (x, mut y, mut scratch) = (r.i8s(), r.i8s(), r.bytes(100));
        let ids: Vec<u16> = (0..r.below(100)).map(|_| r.below(65_536) as u16).collect();
        let _ = (
            ops::dense::check(&dense, weights),
            ops::embedding::check(&embedding, weights),
        );
        let _ = (
            ops::bag::check(&bag, weights),
            ops::lookup::check(&lookup, weights),
        );
        let _ = (
            ops::int4::check_dense(&dense, weights),
            ops::int4::check_embedding(&bag, weights),
        );
        ops::dense_4(&dense, weights, &x, &mut y);
        ops::embedding_4(&bag, weights, &ids, &mut y);
        ops::dense(&dense, weights, &x, &mut y);
        ops::embedding(&embedding, weights, &ids, &mut y);
        ops::embedding_bag(&bag, weights, &ids, &mut y, &mut scratch);
        ops::lookup(&lookup, weights, &x, &mut y);
        ops::lookup_in_place(&lookup, weights, &mut y);
    });
}

#[test]
fn element_wise() {
    with_garbage(|r, weights| {
        let (a, b, output, clamp) = (r.view(), r.view(), r.view(), r.clamp());
        let add = Add {
            a,
            b,
            output,
            a_scale: r.scale(),
            b_scale: r.scale(),
            out_scale: r.scale(),
            clamp,
        };
        let product = Product {
            a,
            b,
            output,
            scale: r.scale(),
            rounding: r.rounding(),
            clamp,
        };
        let gate = Gate {
            gates: a,
            values: b,
            output,
            scale: r.scale(),
            clamp,
        };
        let concat = Concat {
            parts: (0..r.below(8)).map(|_| r.view()).collect(),
            output,
        };
        let softmax = Softmax {
            input: a,
            output,
            table: r.blob(),
        };
        let (x, z, mut y) = (r.i8s(), r.i8s(), r.i8s());
        let _ = (
            ops::add::check(&add),
            ops::product::check(&product),
            ops::gate::check(&gate),
        );
        let _ = (
            ops::concat::check(&concat),
            ops::softmax::check(&softmax, weights),
        );
        ops::add(&add, &x, &z, &mut y);
        ops::product(&product, &x, &z, &mut y);
        ops::gate(&gate, &x, &z, &mut y);
        ops::concat(&concat, &[&x, &z, &[], &x, &z, &x, &x, &z, &x, &x], &mut y);
        ops::softmax(&softmax, weights, &x, &mut y);
    });
}

#[test]
fn recurrent() {
    with_garbage(|r, weights| {
        let (cell, hidden) = (r.cell(), r.size());
        let op = Rnn {
            cell,
            direction: r.pick(&[Direction::Forward, Direction::Backward]),
            input: r.view(),
            hidden,
            state: r.span(),
            scratch: r.span(),
            x_weights: r.blob(),
            x_bias: r.blob(),
            x_requant: r.requant(),
            h_weights: r.blob(),
            h_bias: r.blob(),
            h_requant: r.requant(),
            output: Some(r.view()),
        };
        let read = RnnRead {
            cell: r.cell(),
            state: op.state,
            mode: r.pick(&[ReadMode::Last, ReadMode::Mean]),
            output: r.view(),
        };
        // Aligned and long enough at times, so that the cells run too.
        let mut words: Vec<u32> = (0..100).map(|_| r.below(u32::MAX)).collect();
        let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        let (skip, end) = (r.pick(&[0, 0, 0, 1, 2]), 200 + r.below(100) as usize);
        let (state, scratch) = memory[skip..].split_at_mut(r.pick(&[60, 60, 160, 5]));
        let (x, mut y) = (r.i8s(), r.i8s());
        let _ = (ops::rnn::check(&op, weights), ops::rnn::check_read(&read));
        let steps = r.below(50) as usize;
        let len = end.min(scratch.len());
        ops::rnn(
            &op,
            weights,
            steps,
            &x,
            Some(&mut y),
            state,
            &mut scratch[..len],
        );
        ops::rnn(&op, weights, steps, &x, None, state, &mut []);
        ops::rnn_read(&read, state, &mut y);
    });
}
