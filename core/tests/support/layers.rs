//! Single layers with packed weights, each with a weights section of its own.

use tillsense_core::model::records::{
    BagMode, Blob, Cell, Clamp, Dense, Direction, EmbeddingBag, FusedPool, Ids, Op, Packed,
    PackedConv, PackedDense, PackedDepthwise, PackedRnn, PackedSeparable, Packing, PoolKind,
    Requant, Rounding, Scale, Span, View, Window,
};
use tillsense_core::ops::{self, OpError};
use tillsense_core::pack::Factor;
use tillsense_core::tensor::Weights;

use super::shapes::{FULL, span, view, window};

/// A weights section in the making.
#[derive(Clone, Default)]
pub struct Section(pub Vec<u8>);

impl Section {
    pub fn add(&mut self, bytes: &[u8]) -> Blob {
        self.0.resize(self.0.len().next_multiple_of(16), 0);
        let offset = self.0.len() as u32;
        self.0.extend(bytes);
        Blob {
            offset,
            len: bytes.len() as u32,
        }
    }

    /// The factors of rows with these biases, zero points folded in.
    pub fn factors(&mut self, rounding: Rounding, biases: &[i32]) -> Blob {
        let mut bytes = Vec::new();
        for row in 0..biases.len().next_multiple_of(4) {
            let bias = biases.get(row).copied().unwrap_or(0);
            let factor = Factor::new(rounding, bias, (0, 0), (1 << 30, -8), 0, 0).unwrap();
            bytes.extend(factor.words().into_iter().flat_map(i32::to_le_bytes));
        }
        self.add(&bytes)
    }

    /// The bytes where a file would have them.
    pub fn aligned(&self) -> Vec<u128> {
        let mut words = vec![0u128; self.0.len().div_ceil(16)];
        bytemuck::cast_slice_mut(&mut words)[..self.0.len()].copy_from_slice(&self.0);
        words
    }

    pub fn check(&self, op: &Op) -> Result<(), OpError> {
        let words = self.aligned();
        ops::check(op, &Weights::new(bytemuck::cast_slice(&words)))
    }
}

pub fn packed_dense(
    packing: Packing,
    (rows, inputs): (u16, View),
    biases: &[i32],
    weight: impl Fn(usize, usize) -> i8,
) -> (Section, Op) {
    let mut section = Section::default();
    let (rows, depth) = (usize::from(rows), inputs.len());
    let mut bytes = vec![0; packing.weights_len(rows, depth).get().unwrap()];
    packing.pack(rows, depth, &mut bytes, weight);
    let matrix = Packed {
        packing,
        rounding: Rounding::Nearest,
        left: 0,
        weights: section.add(&bytes),
        factors: section.factors(Rounding::Nearest, biases),
    };
    let op = PackedDense {
        input: inputs,
        output: view(1, 1, rows as u16),
        matrix,
        clamp: FULL,
        scratch: span(packing.depth(depth)),
    };
    (section, Op::PackedDense(op))
}

pub fn depthwise(
    packing: Packing,
    kernel: (u16, u16),
    channels: u16,
    weight: impl Fn(usize, usize) -> i8,
) -> (Section, Op) {
    let mut section = Section::default();
    let window = window(kernel, 1, 0);
    let input = view(kernel.0 + 1, kernel.1 + 1, channels);
    let taps = usize::from(kernel.0) * usize::from(kernel.1);
    let mut bytes = vec![0; packing.depthwise_len(taps, channels.into()).get().unwrap()];
    let pair = (kernel.0.into(), kernel.1.into());
    packing.pack_depthwise(pair, channels.into(), &mut bytes, weight);
    let matrix = Packed {
        packing,
        rounding: Rounding::Tflite,
        left: 0,
        weights: section.add(&bytes),
        factors: section.factors(Rounding::Tflite, &vec![0; channels.into()]),
    };
    let op = PackedDepthwise {
        input,
        output: view(2, 2, channels),
        window,
        matrix,
        clamp: FULL,
        scratch: span(
            packing
                .depthwise_scratch_len(&window, &input)
                .get()
                .unwrap(),
        ),
    };
    (section, Op::PackedDepthwise(op))
}

pub fn conv(
    packing: Packing,
    kernel: (u16, u16),
    channels: u16,
    weight: impl Fn(usize, usize) -> i8,
) -> (Section, Op) {
    let mut section = Section::default();
    let window = window(kernel, 1, 0);
    let input = view(kernel.0 + 1, kernel.1 + 2, channels);
    let depth = usize::from(kernel.0) * usize::from(kernel.1) * usize::from(channels);
    let mut bytes = vec![0; packing.weights_len(2, depth).get().unwrap()];
    let pair = (kernel.0.into(), kernel.1.into());
    packing.pack_conv(2, pair, channels.into(), &mut bytes, weight);
    let matrix = Packed {
        packing,
        rounding: Rounding::Nearest,
        left: 0,
        weights: section.add(&bytes),
        factors: section.factors(Rounding::Nearest, &[0, 0]),
    };
    let op = PackedConv {
        input,
        output: view(2, 3, 2),
        window,
        matrix,
        clamp: FULL,
        scratch: span(packing.conv_scratch_len(&window, &input, 3).get().unwrap()),
        pool: None,
    };
    (section, Op::PackedConv2d(op))
}

pub fn rnn(packing: Packing) -> (Section, Op) {
    let mut section = Section::default();
    let mut matrix = |rows: usize, depth: usize| {
        let mut bytes = vec![0; packing.weights_len(rows, depth).get().unwrap()];
        packing.pack(rows, depth, &mut bytes, |row, k| (row + k) as i8);
        Packed {
            packing,
            rounding: Rounding::Nearest,
            left: 0,
            weights: section.add(&bytes),
            factors: section.factors(Rounding::Nearest, &vec![0; rows]),
        }
    };
    let (x, h) = (matrix(3, 5), matrix(3, 3));
    let op = PackedRnn {
        cell: Cell::Elman,
        direction: Direction::Forward,
        input: view(4, 1, 5),
        hidden: 3,
        state: span(256),
        scratch: span(256),
        x,
        h,
        output: None,
    };
    (section, Op::PackedRnn(op))
}

pub fn separable(packing: Packing) -> (Section, Op) {
    let (mut section, first) = depthwise(packing, (3, 3), 4, |tap, _| tap as i8);
    let (second_section, second) = conv(packing, (1, 1), 4, |row, k| (row + k) as i8);
    let (Op::PackedDepthwise(depthwise), Op::PackedConv2d(conv)) = (first, second) else {
        unreachable!()
    };
    let moved = |section: &mut Section, blob: Blob| {
        let bytes = &second_section.0[blob.offset as usize..][..blob.len as usize];
        section.add(bytes)
    };
    let matrix = Packed {
        // Factors first, so that weights are the section's last bytes.
        factors: moved(&mut section, conv.matrix.factors),
        weights: moved(&mut section, conv.matrix.weights),
        ..conv.matrix
    };
    let pointwise = PackedConv {
        input: depthwise.output,
        output: view(2, 2, 2),
        matrix,
        ..conv
    };
    let op = PackedSeparable {
        depthwise,
        pointwise,
    };
    (section, Op::PackedSeparable(op))
}

/// A 3x3 convolution of 4 channels by Winograd's algorithm, or directly where the packing has none.
pub fn winograd(packing: Packing) -> (Section, Op) {
    if !packing.takes_winograd(4, 4) {
        return conv(packing, (3, 3), 4, |row, k| (row + 5 * k) as i8);
    }
    let mut section = Section::default();
    let mut bytes = vec![0; packing.winograd_len(4, 4).get().unwrap()];
    packing.pack_winograd(4, 4, &mut bytes, |row, tap, c| {
        (31 * row + 7 * tap + c) as i8
    });
    let matrix = Packed {
        packing,
        rounding: Rounding::Tflite,
        left: 0,
        weights: section.add(&bytes),
        factors: section.factors(Rounding::Tflite, &[5; 4]),
    };
    let window = window((3, 3), 1, 1);
    let op = PackedConv {
        input: view(5, 7, 4),
        output: view(5, 7, 4),
        window,
        matrix,
        clamp: FULL,
        scratch: span(packing.winograd_scratch_len(4, 4).get().unwrap()),
        pool: None,
    };
    (section, Op::WinogradConv2d(op))
}

/// A fully connected layer with weights of four bits.
fn dense_4() -> (Section, Op) {
    let mut section = Section::default();
    let nibbles: Vec<u8> = (0..10 * 8).map(|n| (n * 29) as u8).collect();
    let op = Dense {
        input: view(1, 1, 10),
        output: view(1, 1, 9),
        weights: section.add(&nibbles),
        bias: section.add(&[0; 36]),
        requant: Requant {
            rounding: Rounding::Nearest,
            multipliers: section.add(bytemuck::cast_slice(&[1i32 << 30; 9])),
            shifts: section.add(&[-6i8 as u8; 9]),
        },
        clamp: FULL,
    };
    (section, Op::Dense4(op))
}

/// A bag with a table of four bits.
fn bag_4() -> (Section, Op) {
    let mut section = Section::default();
    let table: Vec<u8> = (0..7 * 8 + 7).map(|n| (n * 53) as u8).collect();
    let op = EmbeddingBag {
        ids: Ids { offset: 0, max: 12 },
        table: section.add(&table),
        rows: 7,
        mode: BagMode::SqrtN,
        output: view(1, 1, 9),
        scale: Scale {
            multiplier: 1 << 30,
            shift: -5,
        },
        scratch: span(0),
    };
    (section, Op::Embedding4(op))
}

/// Every packed op and those of four bits, laid out in an arena from offset 0 on; with the arena's length.
pub fn layers(packing: Packing) -> Vec<(Section, Op, usize)> {
    let weight = |row: usize, k: usize| ((17 * row + 3 * k) as i8).max(-127);
    let wide = conv(packing, (2, 3), 5, weight);
    let mut pooled = conv(packing, (3, 3), 2, weight);
    let mut padded = conv(packing, (3, 2), 3, weight);
    if let Op::PackedConv2d(c) = &mut pooled.1 {
        c.pool = Some(FusedPool {
            kind: PoolKind::Average,
            output: view(1, 2, 2),
            window: Window {
                stride: (2, 1),
                ..window((2, 2), 1, 0)
            },
            clamp: FULL,
        });
    }
    if let Op::PackedConv2d(c) = &mut padded.1 {
        (c.window.pad_before, c.window.pad_after) = ((2, 1), (1, 2));
        (c.output.h, c.output.w) = (5, 6);
        c.scratch = span(
            packing
                .conv_scratch_len(&c.window, &c.input, c.output.w)
                .get()
                .unwrap(),
        );
    }
    let mut striding = depthwise(packing, (3, 3), 8, weight);
    if let Op::PackedDepthwise(d) = &mut striding.1 {
        (d.window.pad_before, d.window.pad_after) = ((1, 1), (1, 1));
        d.window.dilation = (1, 2);
        (d.output.h, d.output.w) = (4, 2);
        d.scratch = span(
            packing
                .depthwise_scratch_len(&d.window, &d.input)
                .get()
                .unwrap(),
        );
    }
    let all = [
        packed_dense(packing, (6, view(1, 1, 21)), &[7; 6], weight),
        packed_dense(packing, (3, view(2, 2, 8)), &[-7; 3], weight),
        wide,
        pooled,
        padded,
        winograd(packing),
        depthwise(packing, (2, 5), 12, weight),
        striding,
        separable(packing),
        rnn(packing),
        dense_4(),
        bag_4(),
    ];
    let placed = |(section, mut op): (Section, Op)| {
        let len = place(&mut op);
        assert_eq!(section.check(&op), Ok(()), "{packing:?} {}", op.name());
        (section, op, len)
    };
    all.into_iter().map(placed).collect()
}

/// Gives every region of such an op a place of its own; answers where the last one ends.
fn place(op: &mut Op) -> usize {
    let mut end = 0u32;
    let mut next = |len: usize| {
        let offset = end;
        end = (end + len as u32).next_multiple_of(4);
        offset
    };
    match op {
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => {
            c.input.offset = next(c.input.len());
            place_outputs(c, &mut next);
        }
        Op::PackedDepthwise(d) => {
            d.input.offset = next(d.input.len());
            d.output.offset = next(d.output.len());
            d.scratch.offset = next(d.scratch.len as usize);
        }
        Op::PackedSeparable(s) => {
            s.depthwise.input.offset = next(s.depthwise.input.len());
            s.depthwise.output.offset = next(s.row().len());
            s.depthwise.scratch.offset = next(s.depthwise.scratch.len as usize);
            s.pointwise.input = s.depthwise.output;
            place_outputs(&mut s.pointwise, &mut next);
        }
        Op::PackedDense(d) => {
            d.input.offset = next(d.input.len());
            d.output.offset = next(d.output.len());
            d.scratch.offset = next(d.scratch.len as usize);
        }
        Op::PackedRnn(r) => {
            r.state.offset = next(r.state.len as usize);
            r.scratch.offset = next(r.scratch.len as usize);
            r.input.offset = next(r.input.len());
        }
        Op::Dense4(d) => {
            d.input.offset = next(d.input.len());
            d.output.offset = next(d.output.len());
        }
        Op::Embedding4(e) => {
            e.ids.offset = next(2 * usize::from(e.ids.max));
            e.output.offset = next(e.output.len());
        }
        _ => unreachable!("no other op is made here"),
    }
    end as usize
}

fn place_outputs(c: &mut PackedConv, next: &mut dyn FnMut(usize) -> u32) {
    c.scratch.offset = next(c.scratch.len as usize);
    let rows = c.pool.map(|pool| pool.rows(&c.output).len());
    c.output.offset = next(rows.unwrap_or(c.output.len()));
    if let Some(pool) = &mut c.pool {
        pool.output.offset = next(pool.output.len());
    }
}
