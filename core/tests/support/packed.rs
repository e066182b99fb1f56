//! A model of three inputs and one head whose weights lie in a kernel's order: every packed op, and weights of four bits.

use tillsense_core::frontend::record;
use tillsense_core::model::records::{
    Answer, BagMode, Blob, Cell, Concat, Dense, Direction, EmbeddingBag, Field, FieldKind,
    FusedPool, Head, Ids, ImageParams, Input, Op, Packed, PackedConv, PackedDense, PackedDepthwise,
    PackedRnn, PackedSeparable, Packing, PoolKind, ReadMode, RecordParams, RnnRead, Rounding,
    Scale, Softmax, Source, Span, TextForm, TextParams, View, Window,
};
use tillsense_core::ops::rnn::state_len;
use tillsense_core::ops::{packed_rnn_scratch_len, softmax_table};
use tillsense_core::pack::{BLOCK, Factor};

use super::file::{Network, bytes_of};
use super::network::{Builder, Encoder, WIDTH};
use super::parts::Memory;
use super::shapes::{FULL, category, number, power, window};

const NAMES: [&str; 3] = ["photo", "request", "months"];

/// The model; the same seed and order give the same bytes.
pub fn packed_network(seed: u64, packing: Packing) -> Network {
    // The workspace starts where the persistent bytes end, which the first pass finds out.
    let build = |base| {
        let makers = [
            Builder::packed_photo,
            Builder::packed_request,
            Builder::packed_months,
        ];
        Builder::new(seed, base, &NAMES, Some(packing)).build(&makers, Builder::packed_trunk)
    };
    build(build(1 << 16).persistent_len)
}

/// How the weights of a matrix `[rows, depth]` are ordered.
#[derive(Clone, Copy)]
enum Order {
    Dense,
    /// Rows and columns of taps.
    Conv(usize, usize),
    Winograd,
    Depthwise(usize, usize),
}

impl Builder {
    fn order(&self) -> Packing {
        self.packing.unwrap()
    }

    /// Convolution with a pool behind it, one in the Winograd domain where there is one, a separable one, a depthwise
    /// one, and a fully connected layer.
    fn packed_photo(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        let picture = memory.view((9, 8, 1), -3);
        let params = self.photo_params(picture);
        let first = memory.view((9, 8, 4), -128);
        let pooled = memory.view((4, 4, 4), -128);
        let pool = FusedPool {
            kind: PoolKind::Max,
            output: pooled,
            window: window((2, 2), 2, 0),
            clamp: FULL,
        };
        let conv = self.packed_conv(
            picture,
            first,
            window((3, 3), 1, 1),
            Order::Conv(3, 3),
            memory,
        );
        let conv = Op::PackedConv2d(PackedConv {
            pool: Some(pool),
            ..conv
        });
        let second = memory.view((4, 4, 8), 5);
        let domain = self.order().takes_winograd(8, 4);
        let order = match domain {
            true => Order::Winograd,
            false => Order::Conv(3, 3),
        };
        let deeper = self.packed_conv(pooled, second, window((3, 3), 1, 1), order, memory);
        let deeper = match domain {
            true => Op::WinogradConv2d(deeper),
            false => Op::PackedConv2d(deeper),
        };
        let filtered = memory.view((4, 4, 8), 9);
        let depthwise = self.packed_depthwise(second, filtered, window((3, 3), 1, 1), memory);
        let third = memory.view((4, 4, 8), 1);
        let pointwise = self.packed_conv(
            filtered,
            third,
            window((1, 1), 1, 0),
            Order::Conv(1, 1),
            memory,
        );
        let separable = PackedSeparable {
            depthwise,
            pointwise,
        };
        let fourth = memory.view((2, 2, 8), -7);
        let last = self.packed_depthwise(third, fourth, window((3, 3), 1, 0), memory);
        let steps = vec![
            conv,
            deeper,
            Op::PackedSeparable(separable),
            Op::PackedDepthwise(last),
            self.packed_dense(fourth, encoding, 60.0, memory),
        ];
        (Source::Image(params), steps, Vec::new())
    }

    /// A bag of words and pairs from a table of four bits.
    fn packed_request(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        const ROWS: u16 = 32;
        let ids = Ids {
            offset: memory.bytes(2 * 40).offset,
            max: 40,
        };
        let params = TextParams {
            form: TextForm::Bag {
                words: true,
                bigrams: true,
                chars: (0, 0),
            },
            buckets: ROWS,
            max_bytes: 64,
            ids,
            scratch: memory.bytes(64),
        };
        let table = self.nibbles(ROWS.into(), WIDTH.into(), ROWS.into());
        let bag = EmbeddingBag {
            ids,
            table,
            rows: ROWS,
            mode: BagMode::SqrtN,
            output: encoding,
            scale: power(-7),
            scratch: Span::default(),
        };
        (Source::Text(params), vec![Op::Embedding4(bag)], Vec::new())
    }

    /// An LSTM that steps with each record; its last state.
    fn packed_months(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        let params = self.months_schema(memory);
        let width = usize::from(params.output.c);
        let state = self.kept.bytes(state_len(Cell::Lstm, WIDTH));
        let rows = Cell::Lstm.gates() * usize::from(WIDTH);
        let scratch = packed_rnn_scratch_len(self.order(), Cell::Lstm, WIDTH, width as u16);
        let layer = PackedRnn {
            cell: Cell::Lstm,
            direction: Direction::Forward,
            input: params.output,
            hidden: WIDTH,
            state,
            scratch: memory.bytes(scratch),
            x: self.matrix((rows, width), Order::Dense, 5000.0, (0, 0), 4),
            h: self.matrix((rows, WIDTH.into()), Order::Dense, 5000.0, (0, 0), 4),
            output: None,
        };
        let last = memory.view((1, 1, WIDTH), 0);
        let read = RnnRead {
            cell: Cell::Lstm,
            state,
            mode: ReadMode::Last,
            output: last,
        };
        let finish = vec![
            Op::RnnRead(read),
            self.packed_dense(last, encoding, 60.0, memory),
        ];
        (Source::Sequence(params), vec![Op::PackedRnn(layer)], finish)
    }

    /// All encodings joined, a layer of four bits, and a head.
    fn packed_trunk(&mut self) -> (Vec<Op>, Vec<Head<'static>>) {
        let mut memory = Memory(self.base);
        let joined = memory.view((1, 1, NAMES.len() as u16 * WIDTH), 0);
        let hidden = memory.view((1, 1, 10), -128);
        let classes = "low\nmid\nhigh";
        let logits = memory.view((1, 1, 3), 0);
        let scores = memory.view((1, 1, 3), -128);
        let softmax = softmax_table(Scale {
            multiplier: 0x6000_0000,
            shift: 23,
        })
        .unwrap();
        let ops = vec![
            Op::Concat(Concat {
                parts: heapless::Vec::from_slice(&self.encodings).unwrap(),
                output: joined,
            }),
            self.dense_4(joined, hidden),
            self.packed_dense(hidden, logits, 25.0, &mut memory),
            Op::Softmax(Softmax {
                input: logits,
                output: scores,
                table: self.constants.add(&softmax),
            }),
        ];
        self.top = self.top.max(memory.0);
        let head = Head {
            name: "risk",
            answer: Answer::Classes {
                names: classes,
                defer_below: 180,
            },
            scores,
        };
        (ops, vec![head])
    }

    fn packed_conv(
        &mut self,
        input: View,
        output: View,
        window: Window,
        order: Order,
        memory: &mut Memory,
    ) -> PackedConv {
        let taps = usize::from(window.kernel.0) * usize::from(window.kernel.1);
        let (rows, depth) = (usize::from(output.c), taps * usize::from(input.c));
        let zero_points = (input.zero_point, output.zero_point);
        let scratch = match order {
            Order::Winograd => self
                .order()
                .winograd_scratch_len(rows, input.c.into())
                .get()
                .unwrap(),
            _ => self
                .order()
                .conv_scratch_len(&window, &input, output.w)
                .get()
                .unwrap(),
        };
        PackedConv {
            input,
            output,
            window,
            matrix: self.matrix((rows, depth), order, 80.0, zero_points, 0),
            clamp: FULL,
            scratch: memory.bytes(scratch),
            pool: None,
        }
    }

    fn packed_depthwise(
        &mut self,
        input: View,
        output: View,
        window: Window,
        memory: &mut Memory,
    ) -> PackedDepthwise {
        let (kh, kw) = (window.kernel.0.into(), window.kernel.1.into());
        let scratch = self
            .order()
            .depthwise_scratch_len(&window, &input)
            .get()
            .unwrap();
        let zero_points = (input.zero_point, output.zero_point);
        PackedDepthwise {
            input,
            output,
            window,
            matrix: self.matrix(
                (output.c.into(), kh * kw),
                Order::Depthwise(kh, kw),
                80.0,
                zero_points,
                0,
            ),
            clamp: FULL,
            scratch: memory.bytes(scratch),
        }
    }

    fn packed_dense(&mut self, input: View, output: View, spread: f64, memory: &mut Memory) -> Op {
        let (rows, depth) = (output.len(), input.len());
        let zero_points = (input.zero_point, output.zero_point);
        let scratch = match self.order().depth(depth) {
            padded if padded == depth => 0,
            padded => padded,
        };
        Op::PackedDense(PackedDense {
            input,
            output,
            matrix: self.matrix((rows, depth), Order::Dense, spread, zero_points, 0),
            clamp: FULL,
            scratch: memory.bytes(scratch),
        })
    }

    fn dense_4(&mut self, input: View, output: View) -> Op {
        let (n, m) = (input.len(), output.len());
        Op::Dense4(Dense {
            input,
            output,
            weights: self.nibbles(n, m, 0),
            bias: self.constants.bias(m),
            requant: self.constants.requant(m, n, 1200.0, Rounding::Nearest),
            clamp: FULL,
        })
    }

    /// Rows of values of four bits, each stored as value + 8 in whole words, then `more` multipliers.
    fn nibbles(&mut self, rows: usize, width: usize, more: usize) -> Blob {
        let mut bytes = Vec::new();
        for _ in 0..rows {
            let row: Vec<u8> = (0..width.next_multiple_of(8))
                .map(|at| match at < width {
                    true => (self.constants.rng.between(-7, 7) + 8) as u8,
                    false => 8,
                })
                .collect();
            bytes.extend(row.chunks(2).map(|pair| pair[0] | pair[1] << 4));
        }
        bytes.extend((0..more).map(|_| (self.constants.rng.between(1, 255) - 128) as u8));
        self.constants.add(&bytes)
    }

    /// Weights `[rows, depth]` in an order, and factors that bring sums to a standard deviation of about `spread`.
    fn matrix(
        &mut self,
        (rows, depth): (usize, usize),
        order: Order,
        spread: f64,
        (input, output): (i8, i8),
        left: u8,
    ) -> Packed {
        let rng = &mut self.constants.rng;
        let weights: Vec<i8> = (0..rows * depth)
            .map(|_| rng.between(-127, 127) as i8)
            .collect();
        let factor = spread / (5400.0 * (depth as f64).sqrt());
        let shift = libm::log2(factor).ceil() as i8;
        let factors: Vec<[i32; 4]> = (0..rows.next_multiple_of(BLOCK))
            .map(|row| {
                let weights = weights.chunks(depth).nth(row);
                let sum = weights.map(|row| row.iter().map(|&w| i32::from(w)).sum());
                let (bias, sums, scale) = match sum {
                    Some(sum) => {
                        let multiplier = rng.between(1 << 30, (1 << 31) - 1) as i32;
                        (
                            rng.between(-5000, 5000) as i32,
                            (sum, input),
                            (multiplier, shift),
                        )
                    }
                    None => (0, (0, 0), (0, 0)),
                };
                let output = if sum.is_some() { output } else { 0 };
                let factor = Factor::new(Rounding::Nearest, bias, sums, scale, output, left);
                factor.unwrap().words()
            })
            .collect();
        let bytes = ordered(self.order(), &weights, (rows, depth), order);
        Packed {
            packing: self.order(),
            rounding: Rounding::Nearest,
            left,
            weights: self.aligned(&bytes),
            factors: self.aligned(bytemuck::cast_slice(&factors)),
        }
    }

    fn aligned(&mut self, bytes: &[u8]) -> Blob {
        let section = &mut self.constants.bytes;
        section.resize(section.len().next_multiple_of(16), 0);
        self.constants.add(bytes)
    }
}

/// Weights `[rows, depth]` in a kernel's order.
fn ordered(
    packing: Packing,
    weights: &[i8],
    (rows, depth): (usize, usize),
    order: Order,
) -> Vec<u8> {
    let weight = |row: usize, k: usize| weights[row * depth + k];
    match order {
        Order::Dense => {
            let mut bytes = vec![0; packing.weights_len(rows, depth).get().unwrap()];
            packing.pack(rows, depth, &mut bytes, weight);
            bytes
        }
        Order::Conv(kh, kw) => {
            let mut bytes = vec![0; packing.weights_len(rows, depth).get().unwrap()];
            packing.pack_conv(rows, (kh, kw), depth / (kh * kw), &mut bytes, weight);
            bytes
        }
        Order::Winograd => {
            let channels = depth / 9;
            let mut bytes = vec![0; packing.winograd_len(rows, channels).get().unwrap()];
            packing.pack_winograd(rows, channels, &mut bytes, |row, tap, channel| {
                weight(row, tap * channels + channel)
            });
            bytes
        }
        Order::Depthwise(kh, kw) => {
            let mut bytes = vec![0; packing.depthwise_len(depth, rows).get().unwrap()];
            packing.pack_depthwise((kh, kw), rows, &mut bytes, |tap, channel| {
                weight(channel, tap)
            });
            bytes
        }
    }
}
