//! What load asks of weights, packed and plain: one bound of sums, zeros where nothing else belongs, and no value that an
//! order's lanes cannot hold.

mod support;

use support::layers::{Section, conv, depthwise, packed_dense, rnn, separable};
use support::packed_network;
use support::shapes::{FULL, span, view, window};
use tillsense_core::engine::{LoadError, Model, OpRefusal};
use tillsense_core::model::records::{
    Blob, Conv, Dense, Op, Packed, PackedConv, Packing, Requant, Rounding, View,
};
use tillsense_core::num::{ACC_LIMIT, sums_fit};
use tillsense_core::ops::OpError;

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
        let (all, used) = (packing.weights_len(5, 9).get().unwrap(), 45);
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

#[test]
fn winograd_weights_must_be_those_of_a_filter() {
    for packing in [Packing::Pairs, Packing::Quads] {
        let mut section = Section::default();
        let mut bytes = vec![0; packing.winograd_len(4, 4).get().unwrap()];
        packing.pack_winograd(4, 4, &mut bytes, |row, tap, c| {
            [-128, 127, -1][(row + tap + c) % 3]
        });
        let window = window((3, 3), 1, 0);
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
            scratch: span(packing.winograd_scratch_len(4, 4).get().unwrap()),
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
            window: window((1, 2), 1, 0),
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

/// What lies behind a matrix's rows and depth is asked for where a file is loaded, too.
#[test]
fn a_file_with_weights_in_the_padding_is_refused() {
    for packing in Packing::ALL {
        let network = packed_network(1, packing);
        assert!(Model::load(network.file().bytes()).is_ok());
        let mut refused = 0;
        for part in network.parts() {
            for (index, op) in network.ops(part).iter().enumerate() {
                let (weights, rows, depth) = match op {
                    Op::PackedDense(d) => (d.matrix.weights, d.output.len(), d.input.len()),
                    Op::PackedRnn(r) => {
                        let rows = r.cell.gates() * usize::from(r.hidden);
                        (r.h.weights, rows, usize::from(r.hidden))
                    }
                    _ => continue,
                };
                if rows % 4 == 0 && packing.depth(depth) == depth {
                    continue;
                }
                let mut changed = network.clone();
                let last = (weights.offset + weights.len - 1) as usize;
                changed.weights[last] ^= 1;
                let wanted = LoadError::Op {
                    at: network.at(part, index),
                    error: OpRefusal::Check(OpError::Weights),
                };
                let got = Model::load(changed.file().bytes()).err();
                assert_eq!(got, Some(wanted), "{packing:?} {}", op.name());
                refused += 1;
            }
        }
        assert!(refused > 0, "{packing:?}");
    }
}

/// One multiplier, addend and shift before the biases of all rows.
#[test]
fn one_factor_may_stand_for_all_rows_of_a_dense_layer_and_of_no_other() {
    let words = |rows: i32| {
        [1 << 30, 1 << 6, 7]
            .into_iter()
            .chain((0..rows).map(|row| 3 * row))
    };
    let add = |section: &mut Section, words: &mut dyn Iterator<Item = i32>| {
        section.add(&words.flat_map(i32::to_le_bytes).collect::<Vec<_>>())
    };
    for packing in Packing::ALL {
        let (mut section, op) = packed_dense(packing, (6, view(1, 1, 5)), &[0; 6], |row, k| {
            (row + k) as i8
        });
        let Op::PackedDense(mut dense) = op else {
            unreachable!()
        };
        let cases: [(&str, Vec<i32>, Result<(), OpError>); 6] = [
            ("whole", words(8).collect(), Ok(())),
            ("a bias too few", words(7).collect(), Err(OpError::Weights)),
            (
                "a block too many",
                words(12).collect(),
                Err(OpError::Weights),
            ),
            (
                "a multiplier too small",
                words(8)
                    .enumerate()
                    .map(|(n, word)| if n == 0 { 1 } else { word })
                    .collect(),
                Err(OpError::Scale),
            ),
            (
                "no half in the addend",
                words(8)
                    .enumerate()
                    .map(|(n, word)| if n == 1 { 1 } else { word })
                    .collect(),
                Err(OpError::Scale),
            ),
            (
                "a bias too large",
                words(8)
                    .enumerate()
                    .map(|(n, word)| if n == 4 { ACC_LIMIT } else { word })
                    .collect(),
                Err(OpError::Overflow),
            ),
        ];
        for (name, words, wanted) in cases {
            dense.matrix.factors = add(&mut section, &mut words.into_iter());
            assert_eq!(
                section.check(&Op::PackedDense(dense)),
                wanted,
                "{packing:?}: {name}"
            );
        }
        let (mut section, op) = conv(packing, (1, 1), 4, |row, k| (row + k) as i8);
        let Op::PackedConv2d(mut conv) = op else {
            unreachable!()
        };
        assert_eq!(section.check(&Op::PackedConv2d(conv)), Ok(()));
        conv.matrix.factors = add(&mut section, &mut words(4));
        let refused = section.check(&Op::PackedConv2d(conv));
        assert_eq!(refused, Err(OpError::Weights), "{packing:?}");
    }
}
