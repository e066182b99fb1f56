//! What load asks of weights, packed and plain: one bound of sums, zeros where nothing else belongs, and no value that an
//! order's lanes cannot hold.

use tillsense_core::model::records::{
    Blob, Cell, Clamp, Conv, Dense, Direction, Op, Packed, PackedConv, PackedDense,
    PackedDepthwise, PackedRnn, PackedSeparable, Packing, Requant, Rounding, Span, View, Window,
};
use tillsense_core::num::{ACC_LIMIT, sums_fit};
use tillsense_core::ops::{self, OpError};
use tillsense_core::pack::Factor;
use tillsense_core::tensor::Weights;

const FULL: Clamp = Clamp {
    min: -128,
    max: 127,
};

/// A weights section in the making.
#[derive(Default)]
struct Section(Vec<u8>);

impl Section {
    fn add(&mut self, bytes: &[u8]) -> Blob {
        self.0.resize(self.0.len().next_multiple_of(16), 0);
        let offset = self.0.len() as u32;
        self.0.extend(bytes);
        Blob {
            offset,
            len: bytes.len() as u32,
        }
    }

    /// The factors of rows with these biases, zero points folded in.
    fn factors(&mut self, rounding: Rounding, biases: &[i32]) -> Blob {
        let mut bytes = Vec::new();
        for row in 0..biases.len().next_multiple_of(4) {
            let bias = biases.get(row).copied().unwrap_or(0);
            let factor = Factor::new(rounding, bias, (0, 0), (1 << 30, -8), 0, 0).unwrap();
            bytes.extend(factor.words().into_iter().flat_map(i32::to_le_bytes));
        }
        self.add(&bytes)
    }

    fn check(&self, op: &Op) -> Result<(), OpError> {
        let mut words = vec![0u128; self.0.len().div_ceil(16)];
        bytemuck::cast_slice_mut(&mut words)[..self.0.len()].copy_from_slice(&self.0);
        ops::check(op, &Weights::new(bytemuck::cast_slice(&words)))
    }
}

fn view(h: u16, w: u16, c: u16) -> View {
    View {
        offset: 0,
        h,
        w,
        c,
        zero_point: 0,
    }
}

fn scratch(len: usize) -> Span {
    Span {
        offset: 0,
        len: len as u32,
    }
}

fn window(kernel: (u16, u16)) -> Window {
    Window {
        kernel,
        stride: (1, 1),
        dilation: (1, 1),
        pad_before: (0, 0),
        pad_after: (0, 0),
    }
}

/// A fully connected layer of one row, plain, its weights all `weight`.
fn plain_dense(inputs: View, weight: i8, bias: i32) -> (Section, Op) {
    let mut section = Section::default();
    let op = Dense {
        input: inputs,
        output: view(1, 1, 1),
        weights: section.add(&vec![weight as u8; inputs.len()]),
        bias: section.add(&bias.to_le_bytes()),
        requant: Requant {
            rounding: Rounding::Nearest,
            multipliers: section.add(&(1i32 << 30).to_le_bytes()),
            shifts: section.add(&[-8i8 as u8]),
        },
        clamp: FULL,
    };
    (section, Op::Dense(op))
}

fn packed_dense(
    packing: Packing,
    (rows, inputs): (u16, View),
    biases: &[i32],
    weight: impl Fn(usize, usize) -> i8,
) -> (Section, Op) {
    let mut section = Section::default();
    let (rows, depth) = (usize::from(rows), inputs.len());
    let mut bytes = vec![0; packing.weights_len(rows, depth)];
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
        scratch: scratch(packing.depth(depth)),
    };
    (section, Op::PackedDense(op))
}

#[test]
fn plain_and_packed_layers_have_one_bound_from_their_own_weights() {
    let limit = i64::from(ACC_LIMIT);
    // So many weights of -127 that the bound of the longest possible sum says nothing: 255 * 128 * 60,000 is above 2^30.
    let inputs = view(200, 300, 1);
    let magnitude = 127 * inputs.len() as i64;
    let most = (limit - 1 - 128 * magnitude) as i32;
    for zero_point in [0i8, 127, -128] {
        let inputs = View {
            zero_point,
            ..inputs
        };
        // The bias that becomes `most` once the zero point is folded in.
        let folded = |most: i64| i32::try_from(most - i64::from(zero_point) * magnitude);
        for sign in [1, -1] {
            let Ok(bias) = folded(sign * i64::from(most)) else {
                continue;
            };
            for (bias, folded, wanted) in [
                (bias, sign as i32 * most, Ok(())),
                (
                    bias + sign as i32,
                    sign as i32 * (most + 1),
                    Err(OpError::Overflow),
                ),
            ] {
                let (section, op) = plain_dense(inputs, -127, bias);
                assert_eq!(section.check(&op), wanted, "plain {zero_point} {bias}");
                for packing in Packing::ALL {
                    let (section, op) = packed_dense(packing, (1, inputs), &[folded], |_, _| -127);
                    assert_eq!(section.check(&op), wanted, "{packing:?} {folded}");
                }
            }
        }
    }
    assert!(sums_fit(0, 0, 0) && !sums_fit(i64::MIN, u32::MAX, 0));
    assert!(sums_fit(limit / 2 - 1, 0, 1) && !sums_fit(limit / 2, 0, 1));
}

#[test]
fn what_fills_up_rows_and_depth_must_be_zero() {
    let (rows, depth) = (5, 9);
    for packing in Packing::ALL {
        let weight = |row: usize, k: usize| (row * 9 + k) as i8 + 1;
        let (section, op) = packed_dense(packing, (rows, view(1, 1, depth)), &[0; 5], weight);
        assert_eq!(section.check(&op), Ok(()));
        let Op::PackedDense(dense) = &op else {
            unreachable!()
        };
        let weights = dense.matrix.weights;
        let (mut own, mut padding) = (0, 0);
        let zero = if packing == Packing::Squares { 0x80 } else { 0 };
        for at in 0..weights.len as usize {
            let mut changed = Section(section.0.clone());
            let byte = &mut changed.0[weights.offset as usize + at];
            // No weight is zero, and lanes of a weight and what fills it up hold more than a byte of zero.
            let fills = *byte == zero;
            *byte ^= 1;
            match changed.check(&op) {
                Ok(()) => own += 1,
                Err(OpError::Weights) => padding += 1,
                other => panic!("{packing:?}: {other:?}"),
            }
            assert!(!fills || changed.check(&op).is_err(), "{packing:?} {at}");
        }
        let (all, used) = (packing.weights_len(5, 9), 45);
        // A last bit of a pair's lower byte is the even row's, one of its upper byte the odd row's.
        assert_eq!((own, padding), (used, all - used), "{packing:?}");
    }
}

#[test]
fn what_fills_up_channels_of_depthwise_filters_must_be_zero() {
    let packing = Packing::Vectors;
    let (section, op) = depthwise(packing, (3, 3), 12, |tap, c| (tap * 12 + c) as i8 + 1);
    assert_eq!(section.check(&op), Ok(()));
    let Op::PackedDepthwise(d) = &op else {
        unreachable!()
    };
    for tap in 0..9 {
        for c in 0..16 {
            let mut changed = Section(section.0.clone());
            changed.0[d.matrix.weights.offset as usize + 16 * tap + c] ^= 1;
            let wanted = if c < 12 {
                Ok(())
            } else {
                Err(OpError::Weights)
            };
            assert_eq!(changed.check(&op), wanted, "{tap} {c}");
        }
    }
}

fn depthwise(
    packing: Packing,
    kernel: (u16, u16),
    channels: u16,
    weight: impl Fn(usize, usize) -> i8,
) -> (Section, Op) {
    let mut section = Section::default();
    let window = window(kernel);
    let input = view(kernel.0 + 1, kernel.1 + 1, channels);
    let taps = usize::from(kernel.0) * usize::from(kernel.1);
    let mut bytes = vec![0; packing.depthwise_len(taps, channels.into())];
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
        scratch: scratch(packing.depthwise_scratch_len(&window, &input)),
    };
    (section, Op::PackedDepthwise(op))
}

#[test]
fn weights_of_minus_128_are_refused_where_lanes_cannot_hold_them() {
    let refused = Err(OpError::Weights);
    // Each two neighbours of each two rows.
    let values = [-128, -127, -1, 0, 1, 127];
    for packing in Packing::ALL {
        for a in values {
            for b in values {
                for (place, ((row, k), (other_row, other_k))) in [
                    ((0, 4), (1, 4)),
                    ((2, 5), (3, 5)),
                    ((1, 4), (2, 4)),
                    ((0, 4), (0, 5)),
                    ((3, 6), (3, 7)),
                    ((3, 5), (3, 6)),
                ]
                .into_iter()
                .enumerate()
                {
                    let weight = |r: usize, at: usize| match (r, at) {
                        _ if (r, at) == (row, k) => a,
                        _ if (r, at) == (other_row, other_k) => b,
                        _ => 0,
                    };
                    let (section, op) = packed_dense(packing, (4, view(1, 1, 16)), &[0; 4], weight);
                    let holds = match packing {
                        // Rows 0 and 1, and 2 and 3, share a lane, the odd one in front.
                        Packing::Pairs => place > 1 || b != -128 || a >= 0,
                        // Neighbours of a row share a word.
                        Packing::Squares => ![3, 4].contains(&place) || (a, b) != (-128, -128),
                        Packing::Quads | Packing::Vectors => true,
                    };
                    let wanted = if holds { Ok(()) } else { refused };
                    assert_eq!(section.check(&op), wanted, "{packing:?} {place} {a} {b}");
                }
            }
        }
        for kernel in [(3, 3), (2, 5), (1, 4)] {
            let (section, op) = depthwise(packing, kernel, 4, |_, _| -128);
            let holds = packing != Packing::Vectors;
            let wanted = if holds { Ok(()) } else { refused };
            assert_eq!(section.check(&op), wanted, "{packing:?} {kernel:?}");
            let (section, op) = depthwise(packing, kernel, 4, |tap, _| [-128, -127][tap % 2]);
            assert_eq!(section.check(&op), Ok(()), "{packing:?} {kernel:?}");
        }
    }
}

#[test]
fn sums_of_pairs_that_lanes_cannot_hold_are_refused() {
    // 512 weights of -128 in an odd row: 2^23, and 256 times that is 2^31.
    for (channels, wanted) in [(511, Ok(())), (512, Err(OpError::Overflow))] {
        let (section, op) = conv(Packing::Pairs, (1, 1), channels, |row, _| {
            [0, -128][row % 2]
        });
        assert_eq!(section.check(&op), wanted, "{channels}");
        // Even rows are summed by themselves.
        let (section, op) = conv(Packing::Pairs, (1, 1), channels, |row, _| {
            [-128, 0][row % 2]
        });
        assert_eq!(section.check(&op), Ok(()), "{channels}");
        // One column at a time, lanes are emptied in between.
        let (section, op) = packed_dense(
            Packing::Pairs,
            (2, view(1, 1, channels)),
            &[0; 2],
            |row, _| [0, -128][row % 2],
        );
        assert_eq!(section.check(&op), Ok(()), "{channels}");
    }
}

fn conv(
    packing: Packing,
    kernel: (u16, u16),
    channels: u16,
    weight: impl Fn(usize, usize) -> i8,
) -> (Section, Op) {
    let mut section = Section::default();
    let window = window(kernel);
    let input = view(kernel.0 + 1, kernel.1 + 2, channels);
    let depth = usize::from(kernel.0) * usize::from(kernel.1) * usize::from(channels);
    let mut bytes = vec![0; packing.weights_len(2, depth)];
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
        scratch: scratch(packing.conv_scratch_len(&window, &input, 3)),
        pool: None,
    };
    (section, Op::PackedConv2d(op))
}

#[test]
fn every_packed_op_asks_for_zeros() {
    for packing in Packing::ALL {
        let packing_name = format!("{packing:?}");
        let weight = |row: usize, k: usize| (row + 3 * k) as i8 + 1;
        // Two rows of four are padding; depths are no whole units but for Quads.
        let (section, op) = conv(packing, (1, 3), 3, weight);
        refuses_a_changed_last_byte(&section, op, &packing_name);
        let (section, op) = packed_dense(packing, (2, view(1, 1, 9)), &[0; 2], weight);
        refuses_a_changed_last_byte(&section, op, &packing_name);
        let (section, op) = rnn(packing);
        refuses_a_changed_last_byte(&section, op, &packing_name);
        let (section, op) = separable(packing);
        refuses_a_changed_last_byte(&section, op, &packing_name);
    }
}

fn last_weights(op: &Op) -> Blob {
    match op {
        Op::PackedConv2d(c) => c.matrix.weights,
        Op::PackedDense(d) => d.matrix.weights,
        Op::PackedRnn(r) => r.h.weights,
        Op::PackedSeparable(s) => s.pointwise.matrix.weights,
        _ => unreachable!(),
    }
}

fn refuses_a_changed_last_byte(section: &Section, op: Op, name: &str) {
    assert_eq!(section.check(&op), Ok(()), "{name} {}", op.name());
    let blob = last_weights(&op);
    let mut changed = Section(section.0.clone());
    changed.0[(blob.offset + blob.len - 1) as usize] ^= 1;
    let got = changed.check(&op);
    assert_eq!(got, Err(OpError::Weights), "{name} {}", op.name());
}

fn rnn(packing: Packing) -> (Section, Op) {
    let mut section = Section::default();
    let mut matrix = |rows: usize, depth: usize| {
        let mut bytes = vec![0; packing.weights_len(rows, depth)];
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
        state: scratch(256),
        scratch: scratch(256),
        x,
        h,
        output: None,
    };
    (section, Op::PackedRnn(op))
}

fn separable(packing: Packing) -> (Section, Op) {
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

#[test]
fn winograd_weights_must_be_those_of_a_filter() {
    for packing in [Packing::Pairs, Packing::Quads] {
        let mut section = Section::default();
        let mut bytes = vec![0; packing.winograd_len(4, 4)];
        packing.pack_winograd(4, 4, &mut bytes, |row, tap, c| {
            [-128, 127, -1][(row + tap + c) % 3]
        });
        let window = window((3, 3));
        let matrix = Packed {
            packing,
            rounding: Rounding::Nearest,
            left: 0,
            weights: section.add(&bytes),
            factors: section.factors(Rounding::Nearest, &[0; 4]),
        };
        let conv = PackedConv {
            input: view(4, 4, 4),
            output: view(2, 2, 4),
            window,
            matrix,
            clamp: FULL,
            scratch: scratch(packing.winograd_scratch_len(4, 4)),
            pool: None,
        };
        let op = Op::WinogradConv2d(conv);
        assert_eq!(section.check(&op), Ok(()));
        for at in 0..bytes.len() {
            let mut changed = Section(section.0.clone());
            changed.0[conv.matrix.weights.offset as usize + at] ^= 1;
            assert_eq!(
                changed.check(&op),
                Err(OpError::Weights),
                "{packing:?} {at}"
            );
        }
        // Sums and biases are four times as large on the way. A plain layer takes twice as much.
        let bias_at = conv.matrix.factors.offset as usize;
        let magnitude: i32 = (0..4usize)
            .flat_map(|c| (0..9).map(move |tap| [128, 127, 1][(tap + c) % 3]))
            .sum();
        let most = ACC_LIMIT / 2 - 1 - 128 * magnitude;
        for (bias, wanted) in [
            (most, Ok(())),
            (-most, Ok(())),
            (most + 1, Err(OpError::Overflow)),
        ] {
            section.0[bias_at..][..4].copy_from_slice(&bias.to_le_bytes());
            assert_eq!(section.check(&op), wanted, "{packing:?} {bias}");
        }
    }
}

/// A convolution's own bound, plain, with its weights row by row and (depthwise) column by column.
#[test]
fn plain_convolutions_and_depthwise_ones_are_bounded_by_their_own_channels() {
    // Channel 0 has no weights, channel 1 some.
    let check = |op: fn(Conv) -> Op, weights: &[i8], biases: [i32; 2], input: View| {
        let mut section = Section::default();
        let conv = Conv {
            input,
            output: view(1, 1, 2),
            window: window((1, 2)),
            weights: section.add(bytemuck::cast_slice(weights)),
            bias: section.add(bytemuck::cast_slice(&biases)),
            requant: Requant {
                rounding: Rounding::Nearest,
                multipliers: section.add(bytemuck::cast_slice(&[1i32 << 30; 2])),
                shifts: section.add(&[0; 2]),
            },
            clamp: FULL,
        };
        section.check(&op(conv))
    };
    let most = ACC_LIMIT - 1;
    let overflow = Err(OpError::Overflow);
    let input = View {
        zero_point: 100,
        ..view(1, 2, 1)
    };
    let (one, none) = ([0, 0, -128, 5], [0; 4]);
    assert_eq!(check(Op::Conv2d, &none, [most, -most], input), Ok(()));
    assert_eq!(check(Op::Conv2d, &none, [most, ACC_LIMIT], input), overflow);
    let room = most - 128 * 133 + 100 * -123;
    assert_eq!(check(Op::Conv2d, &one, [most, room], input), Ok(()));
    assert_eq!(check(Op::Conv2d, &one, [most, room + 1], input), overflow);
    let input = View { c: 2, ..input };
    let by_column = [0, -128, 0, 5];
    let depthwise = Op::DepthwiseConv2d;
    assert_eq!(check(depthwise, &by_column, [most, room], input), Ok(()));
    let above = [most, room + 1];
    assert_eq!(check(depthwise, &by_column, above, input), overflow);
}
