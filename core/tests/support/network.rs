//! A model of six inputs and two heads that uses every kind of input and every op, with random weights.

use std::f64::consts::TAU;

use tillsense_core::frontend::{audio, record};
use tillsense_core::model::records::{
    Add, Answer, AudioParams, BagMode, Cell, Clamp, Concat, Conv, Dense, Direction, Embedding,
    EmbeddingBag, Field, FieldKind, Fit, Gate, Head, Ids, ImageParams, Input, Keep, Lookup, Op,
    Packing, Pool, Product, ReadMode, RecordParams, Rnn, RnnRead, Rounding, Scale, Softmax, Source,
    Span, TextForm, TextParams, View, Window,
};
use tillsense_core::ops::rnn::{rnn_scratch_len, state_len};
use tillsense_core::ops::softmax_table;
use tillsense_core::parity::SplitMix64;

use super::file::{Network, bytes_of};
use super::parts::{Constants, Memory};
use super::shapes::{FULL, category, number, power, window};

/// Values of each encoding.
pub const WIDTH: u16 = 8;
/// Names of the inputs, in order.
const NAMES: [&str; 6] = ["photo", "sound", "request", "words", "client", "months"];

/// The model; the same seed gives the same bytes.
pub fn network(seed: u64) -> Network {
    // The workspace starts where the persistent bytes end, which the first pass finds out.
    let build = |base| {
        let makers = [
            Builder::photo,
            Builder::sound,
            Builder::request,
            Builder::words,
            Builder::client,
            Builder::months,
        ];
        Builder::new(seed, base, &NAMES, None).build(&makers, Builder::trunk)
    };
    build(build(1 << 16).persistent_len)
}

/// A model in the making, input by input.
pub struct Builder {
    /// The order of weights; `None` for a plain model.
    pub packing: Option<Packing>,
    pub constants: Constants,
    /// The persistent bytes.
    pub kept: Memory,
    /// Where the workspace starts.
    pub base: u32,
    /// Where the largest part of the plan ends.
    pub top: u32,
    pub fields: Vec<u8>,
    pub encodings: Vec<View>,
    names: Vec<&'static str>,
}

/// Frontend, ops for each piece, ops at the end.
pub type Encoder = (Source, Vec<Op>, Vec<Op>);

/// Makes the encoder of an input in a workspace.
pub type Make = fn(&mut Builder, &mut Memory, View) -> Encoder;

impl Builder {
    pub fn new(seed: u64, base: u32, names: &[&'static str], packing: Option<Packing>) -> Self {
        let mut kept = Memory(0);
        let encodings = names.iter().map(|_| kept.view((1, 1, WIDTH), 0)).collect();
        Builder {
            packing,
            names: names.to_vec(),
            constants: Constants {
                rng: SplitMix64::new(seed),
                bytes: Vec::new(),
            },
            kept,
            base,
            top: base,
            fields: Vec::new(),
            encodings,
        }
    }

    /// The model of these encoders, one for each name.
    pub fn build(
        mut self,
        makers: &[Make],
        trunk: fn(&mut Builder) -> (Vec<Op>, Vec<Head<'static>>),
    ) -> Network {
        let (mut inputs, mut steps, mut finishes) = (Vec::new(), Vec::new(), Vec::new());
        for (i, make) in makers.iter().enumerate() {
            let mut memory = Memory(self.base);
            let encoding = self.encodings[i];
            let (source, step, finish) = make(&mut self, &mut memory, encoding);
            self.top = self.top.max(memory.0);
            inputs.push(Input {
                name: self.names[i],
                source,
                step: Span::default(),
                finish: Span::default(),
                encoding,
                absent: self.constants.i8s(WIDTH.into()),
            });
            steps.push(step);
            finishes.push(finish);
        }
        let (trunk, heads) = trunk(&mut self);
        let spare = self.kept.bytes(24);
        Network {
            spare,
            arena_len: self.top,
            persistent_len: self.kept.0,
            inputs,
            steps,
            finishes,
            trunk,
            heads,
            fields: self.fields,
            weights: self.constants.bytes,
        }
    }

    /// Pictures of 12 x 10 pixels, of which 11 x 10 are used.
    pub fn photo_params(&mut self, picture: View) -> ImageParams {
        ImageParams {
            source_h: 12,
            source_w: 10,
            source_c: 1,
            crop_at: (1, 0),
            crop_size: (11, 10),
            output: picture,
            table: self.constants.table(|x| x),
            fit: Fit::Cover,
        }
    }

    /// Up to four records of a number that may be missing and a name.
    pub fn months_schema(&mut self, memory: &mut Memory) -> RecordParams {
        let fields = [
            ("bill", number(false, 0, -3, true)),
            ("paid", category("no\nyes", true)),
        ];
        self.schema(&fields, 4, memory)
    }

    /// Convolution, pooling, depthwise convolution, pooling, dense.
    fn photo(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        let picture = memory.view((8, 8, 1), -3);
        let conv = memory.view((6, 6, 4), -128);
        let pooled = memory.view((3, 3, 4), -128);
        let deep = memory.view((3, 3, 8), 5);
        let mean = memory.view((1, 1, 8), 5);
        let params = self.photo_params(picture);
        let steps = vec![
            Op::Conv2d(self.conv(
                picture,
                conv,
                9,
                36,
                window((3, 3), 1, 0),
                Rounding::Nearest,
            )),
            Op::MaxPool(pool(conv, pooled, window((2, 2), 2, 0))),
            Op::DepthwiseConv2d(self.conv(
                pooled,
                deep,
                9,
                72,
                window((3, 3), 1, 1),
                Rounding::Tflite,
            )),
            Op::AveragePool(pool(deep, mean, window((3, 3), 1, 0))),
            self.dense(mean, encoding, 60.0),
        ];
        (Source::Image(params), steps, Vec::new())
    }

    /// A GRU that steps with each feature vector; the mean of its states.
    fn sound(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        let features = memory.view((1, 1, 8), -10);
        let mut params = self.audio_tables(features);
        params.scratch = memory.bytes(audio::scratch_len(&params));
        params.state = self.kept.bytes(audio::state_len(&params));
        let state = self.kept.bytes(state_len(Cell::Gru, 6));
        let layer = self.rnn(Cell::Gru, features, 6, state, memory);
        let mean = memory.view((1, 1, 6), 0);
        let read = RnnRead {
            cell: Cell::Gru,
            state,
            mode: ReadMode::Mean,
            output: mean,
        };
        let finish = vec![Op::RnnRead(read), self.dense(mean, encoding, 60.0)];
        (Source::Audio(params), vec![Op::Rnn(layer)], finish)
    }

    /// A bag of words, pairs and character n-grams.
    fn request(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        let ids = ids(memory, 40);
        let params = TextParams {
            form: TextForm::Bag {
                words: true,
                bigrams: true,
                chars: (3, 4),
            },
            buckets: 32,
            max_bytes: 64,
            ids,
            scratch: memory.bytes(64),
        };
        let bag = memory.view((1, 1, WIDTH), 3);
        let bag_op = EmbeddingBag {
            ids,
            table: self.constants.i8s(32 * usize::from(WIDTH)),
            rows: 32,
            mode: BagMode::SqrtN,
            output: bag,
            scale: power(-1),
            scratch: memory.bytes(4 * usize::from(WIDTH)),
        };
        let steps = vec![
            Op::EmbeddingBag(bag_op),
            self.lookup(bag, encoding, |x| x - 3.0),
        ];
        (Source::Text(params), steps, Vec::new())
    }

    /// Two recurrent layers over a sequence of words, one in each direction; the mean over all places plus the last state.
    fn words(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        const PLACES: u16 = 6;
        let ids = ids(memory, PLACES);
        let params = TextParams {
            form: TextForm::Tokens,
            buckets: 16,
            max_bytes: 64,
            ids,
            scratch: memory.bytes(64),
        };
        let vectors = memory.view((PLACES, 1, 5), 0);
        let table = Embedding {
            ids,
            table: self.constants.i8s(16 * 5),
            rows: 16,
            output: vectors,
        };
        let hidden = memory.view((PLACES, 1, WIDTH), 0);
        // The states of a text lie in the workspace.
        let state = memory.bytes(state_len(Cell::Elman, WIDTH));
        let elman = Rnn {
            output: Some(hidden),
            ..self.rnn(Cell::Elman, vectors, WIDTH, state, memory)
        };
        let state = memory.bytes(state_len(Cell::Lstm, WIDTH));
        let lstm = Rnn {
            direction: Direction::Backward,
            ..self.rnn(Cell::Lstm, hidden, WIDTH, state, memory)
        };
        let mean = memory.view((1, 1, WIDTH), 0);
        let last = memory.view((1, 1, WIDTH), 0);
        let read = RnnRead {
            cell: Cell::Lstm,
            state: lstm.state,
            mode: ReadMode::Last,
            output: last,
        };
        let steps = vec![
            Op::Embedding(table),
            Op::Rnn(elman),
            Op::Rnn(lstm),
            Op::AveragePool(pool(hidden, mean, window((PLACES, 1), 1, 0))),
            Op::RnnRead(read),
            Op::Add(add(mean, last, encoding)),
        ];
        (Source::Text(params), steps, Vec::new())
    }

    fn client(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        let params = self.schema(
            &[
                ("amount", number(true, 2048, -5, true)),
                ("age", number(false, 40, 1, false)),
                ("visitor", category("New\nReturning\nOther", false)),
            ],
            1,
            memory,
        );
        let hidden = memory.view((1, 1, 12), -128);
        let steps = vec![
            self.dense(params.output, hidden, 60.0),
            self.lookup(hidden, hidden, |x| x.max(-100.0)),
            self.dense(hidden, encoding, 60.0),
        ];
        (Source::Record(params), steps, Vec::new())
    }

    /// An LSTM that steps with each record; its last state.
    fn months(&mut self, memory: &mut Memory, encoding: View) -> Encoder {
        let params = self.months_schema(memory);
        let state = self.kept.bytes(state_len(Cell::Lstm, WIDTH));
        let layer = self.rnn(Cell::Lstm, params.output, WIDTH, state, memory);
        let last = memory.view((1, 1, WIDTH), 0);
        let read = RnnRead {
            cell: Cell::Lstm,
            state,
            mode: ReadMode::Last,
            output: last,
        };
        let finish = vec![Op::RnnRead(read), self.dense(last, encoding, 60.0)];
        (Source::Sequence(params), vec![Op::Rnn(layer)], finish)
    }

    /// All encodings joined, gated, and two of them multiplied; two heads on what comes of it.
    fn trunk(&mut self) -> (Vec<Op>, Vec<Head<'static>>) {
        let mut memory = Memory(self.base);
        let count = self.encodings.len() as u16;
        let joined = memory.view((1, 1, count * WIDTH), 0);
        let gates = memory.view((count, 1, WIDTH), -128);
        // The encodings lie one after the other, so that they also are one tensor.
        let values = View {
            h: count,
            ..self.encodings[0]
        };
        let gated = memory.view((1, 1, WIDTH), 0);
        let product = memory.view((1, 1, WIDTH), 0);
        let sum = memory.view((1, 1, WIDTH), 0);
        let fused = memory.view((1, 1, 3 * WIDTH), 0);
        let mut ops = vec![
            Op::Concat(Concat {
                parts: heapless::Vec::from_slice(&self.encodings).unwrap(),
                output: joined,
            }),
            self.dense(joined, gates, 40.0),
            self.lookup(gates, gates, |x| {
                256.0 / (1.0 + libm::exp(-(x + 128.0) / 20.0)) - 128.0
            }),
            Op::Gate(Gate {
                gates,
                values,
                output: gated,
                scale: power(-8),
                clamp: FULL,
            }),
            Op::Product(Product {
                a: self.encodings[0],
                b: self.encodings[1],
                output: product,
                scale: power(-6),
                rounding: Rounding::Nearest,
                clamp: FULL,
            }),
            Op::Add(add(gated, product, sum)),
            Op::Concat(Concat {
                parts: heapless::Vec::from_slice(&[gated, product, sum]).unwrap(),
                output: fused,
            }),
        ];
        let mut heads = Vec::new();
        for (name, classes, defer_below) in
            [("digit", "0\n1\n2\n3", 180), ("risk", "low\nmid\nhigh", 0)]
        {
            let classes_len = classes.split('\n').count() as u16;
            let logits = memory.view((1, 1, classes_len), 0);
            let scores = memory.view((1, 1, classes_len), -128);
            ops.push(self.dense(fused, logits, 25.0));
            let scale = Scale {
                multiplier: 0x6000_0000,
                shift: 23,
            };
            let table = softmax_table(scale).unwrap();
            let table = self.constants.add(&table);
            ops.push(Op::Softmax(Softmax {
                input: logits,
                output: scores,
                table,
            }));
            heads.push(Head {
                name,
                answer: Answer::Classes {
                    names: classes,
                    defer_below,
                },
                scores,
            });
        }
        self.top = self.top.max(memory.0);
        (ops, heads)
    }

    fn conv(
        &mut self,
        input: View,
        output: View,
        terms: usize,
        weights: usize,
        window: Window,
        rounding: Rounding,
    ) -> Conv {
        let channels = usize::from(output.c);
        Conv {
            input,
            output,
            window,
            weights: self.constants.i8s(weights),
            bias: self.constants.bias(channels),
            requant: self.constants.requant(channels, terms, 80.0, rounding),
            clamp: FULL,
        }
    }

    fn dense(&mut self, input: View, output: View, spread: f64) -> Op {
        let (n, m) = (input.len(), output.len());
        Op::Dense(Dense {
            input,
            output,
            weights: self.constants.i8s(n * m),
            bias: self.constants.bias(m),
            requant: self.constants.requant(m, n, spread, Rounding::Nearest),
            clamp: FULL,
        })
    }

    fn lookup(&mut self, input: View, output: View, entry: impl Fn(f64) -> f64) -> Op {
        Op::Lookup(Lookup {
            input,
            output,
            table: self.constants.table(entry),
        })
    }

    fn rnn(
        &mut self,
        cell: Cell,
        input: View,
        hidden: u16,
        state: Span,
        memory: &mut Memory,
    ) -> Rnn {
        let rows = cell.gates() * usize::from(hidden);
        let columns = usize::from(input.c);
        Rnn {
            cell,
            direction: Direction::Forward,
            input,
            hidden,
            state,
            scratch: memory.bytes(rnn_scratch_len(cell, hidden)),
            x_weights: self.constants.i8s(rows * columns),
            x_bias: self.constants.bias(rows),
            x_requant: self
                .constants
                .requant(rows, columns, 5000.0, Rounding::Nearest),
            h_weights: self.constants.i8s(rows * usize::from(hidden)),
            h_bias: self.constants.bias(rows),
            h_requant: self
                .constants
                .requant(rows, hidden.into(), 5000.0, Rounding::Nearest),
            output: None,
        }
    }

    fn schema(
        &mut self,
        list: &[(&'static str, FieldKind<'static>)],
        max_steps: u16,
        memory: &mut Memory,
    ) -> RecordParams {
        let offset = self.fields.len() as u32;
        for &(name, kind) in list {
            self.fields.extend(bytes_of(&Field { name, kind }));
        }
        let width: usize = list.iter().map(|(_, kind)| record::width(kind)).sum();
        RecordParams {
            field_count: list.len() as u8,
            fields: Span {
                offset,
                len: self.fields.len() as u32 - offset,
            },
            output: memory.view((1, 1, width as u16), 0),
            max_steps,
            keep: Keep::First,
        }
    }

    /// Frames of 64 samples, 4 bands of 8 bins, 2 frames a step.
    fn audio_tables(&mut self, output: View) -> AudioParams {
        const LEN: u16 = 64;
        let q15 = |v: f64| libm::round(v * 32768.0).clamp(-32768.0, 32767.0) as i16;
        let angle = |i: u16| f64::from(i) * TAU / f64::from(LEN);
        let window: Vec<u16> = (0..LEN)
            .map(|i| libm::round((0.5 - 0.5 * libm::cos(angle(i))) * 32768.0) as u16)
            .collect();
        let twiddles: Vec<i16> = (0..LEN / 2)
            .flat_map(|k| [q15(libm::cos(angle(k))), q15(-libm::sin(angle(k)))])
            .collect();
        let bins: Vec<u16> = (0..4).flat_map(|band| [8 * band, 8]).collect();
        let factors: Vec<i16> = (0..4)
            .map(|_| self.constants.rng.between(100, 300) as i16)
            .collect();
        AudioParams {
            sample_rate: 8000,
            frame_len: LEN,
            hop: 32,
            fft_len: LEN,
            bands: 4,
            stack: 2,
            max_steps: 9,
            level: true,
            window: self.constants.add(&window),
            twiddles: self.constants.add(&twiddles),
            band_bins: self.constants.add(&bins),
            band_weights: self.constants.add(&[20_000u16; 32]),
            means: self.constants.add(&[-1200i16; 4]),
            factors: self.constants.add(&factors),
            output,
            state: Span::default(),
            scratch: Span::default(),
        }
    }
}

fn ids(memory: &mut Memory, max: u16) -> Ids {
    Ids {
        offset: memory.bytes(2 * usize::from(max)).offset,
        max,
    }
}

fn pool(input: View, output: View, window: Window) -> Pool {
    Pool {
        input,
        output,
        window,
        clamp: Clamp { min: -120, ..FULL },
    }
}

fn add(a: View, b: View, output: View) -> Add {
    Add {
        a,
        b,
        output,
        a_scale: power(-1),
        b_scale: power(-1),
        out_scale: power(-19),
        clamp: FULL,
    }
}
