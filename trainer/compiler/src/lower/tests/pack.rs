//! Files packed for each target: same scores, smaller arenas, and what is fused, chosen, and left as it is.

use tillsense_core::engine::{LoadError, Model};
use tillsense_core::model::records::{
    Clamp, Conv, Dense, Op, PackedConv, Packing, PoolKind, Requant, Rounding, View, Window,
};

use super::compare::{Hand, conv};
use crate::aligned::Aligned;
use crate::lower::Lowered;
use crate::lower::blobs::Blobs;
use crate::lower::constants::{bytes, move_op, move_source};
use crate::lower::file::assemble;
use crate::lower::pack::{Algorithm, add_packed};
use crate::network::graph::{Activation, NodeOp, Padding};
use crate::target::{ExportOptions, Target};
use crate::testing::lowered::{ops, packed, packed_within, same_scores, scores};
use crate::testing::networks::{ALL, EACH, HISTORY, PICTURE, SOUND, described};
use crate::testing::toy::Toy;

fn names(lowered: &Lowered) -> Vec<&'static str> {
    ops(lowered).map(Op::name).collect()
}

/// The packed convolutions of a network, whatever their algorithm.
fn convolutions(lowered: &Lowered) -> Vec<&PackedConv> {
    let found = ops(lowered).filter_map(|op| match op {
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => Some(c),
        _ => None,
    });
    found.collect()
}

fn pool(kernel: [usize; 2], stride: [usize; 2], padding: Padding) -> NodeOp {
    NodeOp::MaxPool {
        kernel,
        stride,
        padding,
    }
}

#[test]
fn every_kind_of_input_scores_alike_for_every_target() {
    for (seed, input) in EACH.iter().enumerate() {
        same_scores(&described(&[input], "", 100 + seed as u64));
    }
    let concat = "[fusion]\nproducts = [[\"image\", \"audio\"]]\nsize = 6\ndense = [8]\n";
    let gated = "[fusion]\nkind = \"gated\"\nsize = 6\n";
    for fusion in [concat, gated] {
        for lowered in same_scores(&described(&ALL, fusion, 120)) {
            let plain = ["conv2d", "dense", "rnn"];
            let left = names(&lowered).iter().any(|name| plain.contains(name));
            assert_eq!(
                left,
                lowered.aim == ExportOptions::GENERIC,
                "{:?}",
                lowered.aim
            );
        }
    }
}

#[test]
fn constants_that_nothing_reads_are_left_out() {
    let toy = described(&[PICTURE, SOUND], "", 130);
    for target in Target::ALL.into_iter().filter(|t| *t != Target::Generic) {
        let mut lowered = packed(&toy, target);
        let (section, mut read) = (lowered.weights.clone(), Blobs::default());
        for input in &mut lowered.inputs {
            move_source(&mut input.source, &section, &mut read);
            let ops = input.step.iter_mut().chain(&mut input.finish);
            ops.for_each(|op| move_op(op, &section, &mut read));
        }
        let trunk = lowered.trunk.iter_mut();
        trunk.for_each(|op| move_op(op, &section, &mut read));
        for input in &lowered.inputs {
            read.bytes(bytes(&section, input.absent), 16);
        }
        // Ops may have changed places, and with them the gaps that alignment leaves.
        let (all, read) = (section.len(), read.finish().len());
        assert!(
            all.abs_diff(read) < 64,
            "{target}: {all} bytes, {read} of them read"
        );
    }
}

#[test]
fn pools_are_fused_with_the_convolution_before_them() {
    use Activation::{Linear, Relu};
    let kinds = [PoolKind::Max, PoolKind::Average];
    for (kind, padding) in kinds.into_iter().flat_map(|k| [0, 1].map(|pad| (k, pad))) {
        let mut hand = Hand::picture([13, 12]);
        let a = hand.push("a", conv([3, 3], Padding::Same, Relu), &[0], [13, 12, 8]);
        let (kernel, stride) = ([2, 3], [3, 2]);
        let padding = Padding::Explicit([0, padding, 0, 0]);
        let columns = (12 + usize::from(padding != Padding::Explicit([0; 4])) - 3) / 2 + 1;
        let op = match kind {
            PoolKind::Max => pool(kernel, stride, padding),
            PoolKind::Average => NodeOp::AveragePool {
                kernel,
                stride,
                padding,
            },
        };
        let b = hand.push("b", op, &[a], [4, columns, 8]);
        let c = hand.push(
            "c",
            conv([3, 3], Padding::Same, Linear),
            &[b],
            [4, columns, 5],
        );
        hand.push("flat", NodeOp::Reshape, &[c], [1, 1, 20 * columns]);
        let toy = hand.toy(140);
        let files = same_scores(&toy);
        for lowered in files.iter().filter(|l| l.aim.target != Target::Generic) {
            let fused = convolutions(lowered)[0].pool.unwrap();
            assert_eq!((fused.kind, fused.output.h), (kind, 4));
            assert!(convolutions(lowered)[1].pool.is_none());
            // The arena is compared without Winograd's algorithm, which needs more scratch memory.
            let direct = packed_within(&toy, lowered.aim.target, 0);
            assert!(direct.arena_len < files[0].arena_len * 3 / 4);
        }
    }
}

#[test]
fn pools_stay_where_the_output_is_needed_or_rows_are_shared() {
    use Activation::{Linear, Sigmoid};
    type Build = fn(&mut Hand, usize) -> usize;
    let cases: [(&str, Activation, Build); 5] = [
        ("windows overlap", Linear, |hand, a| {
            hand.push("b", pool([3, 2], [2, 2], Padding::Valid), &[a], [3, 4, 8])
        }),
        ("rows of padding", Linear, |hand, a| {
            let padding = Padding::Explicit([1, 0, 0, 0]);
            hand.push("b", pool([3, 2], [3, 2], padding), &[a], [3, 4, 8])
        }),
        ("all rows at once", Linear, |hand, a| {
            hand.push("b", pool([8, 2], [8, 2], Padding::Valid), &[a], [1, 4, 8])
        }),
        ("read again", Linear, |hand, a| {
            let b = hand.push("b", pool([2, 2], [2, 2], Padding::Valid), &[a], [4, 4, 8]);
            let c = hand.push("c", pool([3, 3], [2, 2], Padding::Valid), &[a], [3, 3, 8]);
            let b = hand.push("flat b", NodeOp::Reshape, &[b], [1, 1, 128]);
            let c = hand.push("flat c", NodeOp::Reshape, &[c], [1, 1, 72]);
            hand.push("all", NodeOp::Concat, &[b, c], [1, 1, 200])
        }),
        ("a mean of what a table makes", Sigmoid, |hand, a| {
            let mean = NodeOp::AveragePool {
                kernel: [2, 2],
                stride: [2, 2],
                padding: Padding::Valid,
            };
            hand.push("b", mean, &[a], [4, 4, 8])
        }),
    ];
    for (name, activation, build) in cases {
        let mut hand = Hand::picture([8, 8]);
        let a = hand.push(
            "a",
            conv([3, 3], Padding::Same, activation),
            &[0],
            [8, 8, 8],
        );
        let last = build(&mut hand, a);
        let len = hand.graph.nodes[last].shape.iter().product();
        hand.push("flat", NodeOp::Reshape, &[last], [1, 1, len]);
        let mut toy = hand.toy(150);
        toy.observe();
        for lowered in same_scores(&toy) {
            let fused = convolutions(&lowered).iter().any(|c| c.pool.is_some());
            assert!(!fused, "{name}, {}", lowered.aim.target);
        }
    }
}

#[test]
fn a_table_that_never_falls_moves_behind_the_maximum() {
    for activation in [Activation::Tanh, Activation::Sigmoid] {
        let mut hand = Hand::picture([8, 8]);
        let a = hand.push(
            "a",
            conv([3, 3], Padding::Same, activation),
            &[0],
            [8, 8, 8],
        );
        let b = hand.push("b", pool([2, 2], [2, 2], Padding::Same), &[a], [4, 4, 8]);
        hand.push("flat", NodeOp::Reshape, &[b], [1, 1, 128]);
        for lowered in same_scores(&hand.toy(160)) {
            let fused = convolutions(&lowered).iter().any(|c| c.pool.is_some());
            assert_eq!(
                fused,
                lowered.aim.target != Target::Generic,
                "{:?}",
                ops(&lowered).collect::<Vec<_>>()
            );
            let looked_up = ops(&lowered).find_map(|op| match op {
                Op::Lookup(l) => Some(l.output.len()),
                _ => None,
            });
            assert_eq!(looked_up, Some(if fused { 128 } else { 512 }));
        }
    }
}

/// Two convolutions that Winograd's algorithm can compute, the second with four times the weights.
pub(crate) fn deep() -> Toy {
    let mut hand = Hand::picture([12, 12]);
    let same = |activation| conv([3, 3], Padding::Same, activation);
    let relu = Activation::Relu;
    let a = hand.push("a", same(relu), &[0], [12, 12, 8]);
    let b = hand.push("b", same(relu), &[a], [12, 12, 16]);
    let c = hand.push("c", pool([2, 2], [2, 2], Padding::Valid), &[b], [6, 6, 16]);
    let d = hand.push("d", same(relu), &[c], [6, 6, 32]);
    hand.push("e", pool([6, 6], [6, 6], Padding::Valid), &[d], [1, 1, 32]);
    hand.toy(170)
}

#[test]
fn winograd_takes_no_more_flash_than_it_may() {
    let toy = deep();
    let direct = packed_within(&toy, Target::CortexM4, 0);
    let wanted = scores(&direct, &toy);
    let base = assemble(&direct).len();
    let mut counts = Vec::new();
    for growth in [0, 20, 25, 50, 100, 400] {
        let lowered = packed_within(&toy, Target::CortexM4, growth);
        let len = assemble(&lowered).len();
        assert!(
            len <= base + base * usize::from(growth) / 100,
            "{growth} %: {len}"
        );
        assert!(scores(&lowered, &toy) == wanted, "{growth} %");
        let fast = names(&lowered)
            .iter()
            .filter(|n| **n == "winograd_conv2d")
            .count();
        counts.push(fast);
    }
    assert!(
        counts.is_sorted() && counts.first() == Some(&0),
        "{counts:?}"
    );
    assert_eq!(counts.last(), Some(&2));
    // The layer that saves more for its flash comes first.
    assert!(counts.contains(&1), "{counts:?}");
    for target in [Target::CortexM3, Target::CortexM55, Target::Generic] {
        let lowered = packed_within(&toy, target, 1000);
        assert!(!names(&lowered).contains(&"winograd_conv2d"), "{target}");
    }
}

#[test]
fn what_the_kernels_cannot_take_stays_plain() {
    let mut hand = Hand::picture([6, 6]);
    let depthwise = NodeOp::DepthwiseConv2d {
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        padding: Padding::Same,
        multiplier: 6,
        activation: Activation::Linear,
        batch_norm: false,
    };
    let a = hand.push("a", depthwise, &[0], [6, 6, 6]);
    hand.push("b", pool([6, 6], [6, 6], Padding::Valid), &[a], [1, 1, 6]);
    let mut toy = hand.toy(180);
    // Logits in so wide a range that a sum is multiplied by more than a packed layer takes.
    toy.trained
        .ranges
        .insert("logits".to_owned(), (-1e-3, 1e-3));
    for lowered in same_scores(&toy) {
        let left = names(&lowered);
        assert!(
            left.contains(&"depthwise_conv2d") && left.contains(&"dense"),
            "{left:?}"
        );
    }
}

#[test]
fn a_pointwise_convolution_takes_a_depthwise_one_row_by_row() {
    let mut hand = Hand::picture([9, 7]);
    let spread = conv([3, 3], Padding::Same, Activation::Relu);
    let a = hand.push("a", spread, &[0], [9, 7, 8]);
    let depthwise = NodeOp::DepthwiseConv2d {
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        padding: Padding::Same,
        multiplier: 1,
        activation: Activation::Relu,
        batch_norm: false,
    };
    let b = hand.push("b", depthwise, &[a], [9, 7, 8]);
    let c = hand.push(
        "c",
        conv([1, 1], Padding::Same, Activation::Linear),
        &[b],
        [9, 7, 5],
    );
    hand.push("d", pool([9, 7], [9, 7], Padding::Valid), &[c], [1, 1, 5]);
    for lowered in same_scores(&hand.toy(185)) {
        let packed = lowered.aim.target != Target::Generic;
        let fused = names(&lowered).contains(&"packed_separable");
        assert_eq!(fused, packed, "{}", lowered.aim.target);
    }
}

#[test]
fn a_dead_channel_does_not_keep_a_layer_from_its_kernel() {
    let mut hand = Hand::picture([6, 6]);
    let a = hand.push(
        "a",
        conv([3, 3], Padding::Same, Activation::Relu),
        &[0],
        [6, 6, 8],
    );
    hand.push("b", pool([6, 6], [6, 6], Padding::Valid), &[a], [1, 1, 8]);
    let mut toy = hand.toy(190);
    let weights = &mut toy.trained.params.get_mut("a.weight").unwrap().1;
    weights[..9].fill(0.0);
    weights[9..18].iter_mut().for_each(|w| *w *= 1e-9);
    let biases = &mut toy.trained.params.get_mut("a.bias").unwrap().1;
    biases[0] = 0.0;
    toy.observe();
    for lowered in same_scores(&toy) {
        let packed = lowered.aim.target != Target::Generic;
        assert_eq!(convolutions(&lowered).len(), usize::from(packed));
    }
}

#[test]
fn sums_write_over_an_operand_that_dies() {
    use Activation::{Linear, Relu};
    let mut hand = Hand::picture([6, 6]);
    let relu = conv([3, 3], Padding::Same, Relu);
    let a = hand.push("a", relu.clone(), &[0], [6, 6, 8]);
    let b = hand.push("b", relu.clone(), &[a], [6, 6, 8]);
    let add = |activation| NodeOp::Add { activation };
    // The first sum may write over `b` only, as `a` is read again; the second over either; the third adds a value to itself.
    let c = hand.push("c", add(Linear), &[a, b], [6, 6, 8]);
    let d = hand.push("d", add(Relu), &[a, c], [6, 6, 8]);
    let e = hand.push("e", add(Linear), &[d, d], [6, 6, 8]);
    hand.push("f", pool([6, 6], [6, 6], Padding::Valid), &[e], [1, 1, 8]);
    for lowered in same_scores(&hand.toy(200)) {
        let sums = ops(&lowered).filter_map(|op| match op {
            Op::Add(add) => Some([add.a.offset, add.b.offset].map(|at| at == add.output.offset)),
            _ => None,
        });
        let sums: Vec<[bool; 2]> = sums.collect();
        assert_eq!(sums, [[false, true], [true, false], [true, true]]);
    }
}

#[test]
fn ops_run_in_the_order_that_needs_least_memory() {
    let mut hand = Hand::picture([8, 8]);
    // Written as the layers of a network side by side: all that is large first.
    let wide = conv([3, 3], Padding::Same, Activation::Relu);
    let large = ["a", "b", "c"].map(|name| hand.push(name, wide.clone(), &[0], [8, 8, 8]));
    let overlapping = pool([3, 3], [2, 2], Padding::Valid);
    let small = large.map(|id| {
        let name = format!("small {id}");
        hand.push(&name, overlapping.clone(), &[id], [3, 3, 8])
    });
    let flat = small.map(|id| {
        let name = format!("flat {id}");
        hand.push(&name, NodeOp::Reshape, &[id], [1, 1, 72])
    });
    hand.push("all", NodeOp::Concat, &flat, [1, 1, 216]);
    let toy = hand.toy(210);
    for lowered in same_scores(&toy) {
        let (kept, picture, large) = (216, 64, 512);
        let scratch = 8 * 9 + 12;
        let least = kept + picture + large;
        // The arena is compared without Winograd's algorithm, which needs more scratch memory.
        let target = lowered.aim.target;
        let arena = packed_within(&toy, target, 0).arena_len;
        assert!(
            (least..=least + scratch).contains(&arena),
            "{target}: {arena}"
        );
    }
}

#[test]
fn packed_layers_do_not_share_what_they_keep() {
    let toy = described(&[HISTORY], "", 220);
    let mut lowered = packed(&toy, Target::CortexM4);
    let load = |lowered: &Lowered| {
        let file = Aligned::from(&assemble(lowered)[..]);
        Model::load(&file).map(|model| model.inputs().count())
    };
    assert_eq!(load(&lowered), Ok(1));
    let step = &mut lowered.inputs[0].step;
    let mut states = step.iter_mut().filter_map(|op| match op {
        Op::PackedRnn(rnn) => Some(&mut rnn.state),
        _ => None,
    });
    let (first, second) = (states.next().unwrap(), states.next().unwrap());
    // The reader at the end still finds what the second layer keeps: only the check of kept states can refuse this.
    first.offset = second.offset;
    assert_eq!(load(&lowered), Err(LoadError::Kept));
}

/// Imported models have weights of -128, which lowering never makes.
#[test]
fn layers_whose_weights_an_order_cannot_hold_stay_plain() {
    let view = |h: u16, w: u16, c: u16| View {
        offset: 0,
        h,
        w,
        c,
        zero_point: 3,
    };
    let requant = |blobs: &mut Blobs| Requant {
        rounding: Rounding::Tflite,
        multipliers: blobs.own_i32s(&[1 << 30; 4]),
        shifts: blobs.own(&[-8i8 as u8; 4], 1),
    };
    let clamp = Clamp {
        min: -128,
        max: 127,
    };
    // Weights of -128 stand only in places that every order can hold, and then everywhere.
    let sparse = |at: usize| if at.is_multiple_of(32) { 0x80 } else { 1 };
    for everywhere in [false, true] {
        let weight = |at: usize| if everywhere { 0x80 } else { sparse(at) };
        let weights = |count: usize| (0..count).map(weight).collect::<Vec<u8>>();
        for packing in Packing::ALL {
            let blobs = &mut Blobs::default();
            let dense = Op::Dense(Dense {
                input: view(1, 1, 16),
                output: view(1, 1, 4),
                weights: blobs.own(&weights(64), 16),
                bias: blobs.own_i32s(&[5; 4]),
                requant: requant(blobs),
                clamp,
            });
            let conv = |blobs: &mut Blobs, count: usize| Conv {
                input: view(4, 4, 4),
                output: view(2, 2, 4),
                window: Window {
                    kernel: (3, 3),
                    stride: (1, 1),
                    dilation: (1, 1),
                    pad_before: (0, 0),
                    pad_after: (0, 0),
                },
                weights: blobs.own(&weights(count), 16),
                bias: blobs.own_i32s(&[5; 4]),
                requant: requant(blobs),
                clamp,
            };
            let (direct, depthwise) = (conv(blobs, 144), conv(blobs, 36));
            let mut is_packed =
                |op: &Op, algorithm| add_packed(op, packing, algorithm, blobs).is_some();
            let shares_lanes = matches!(packing, Packing::Pairs | Packing::Squares);
            let found = is_packed(&dense, Algorithm::Direct);
            assert_eq!(found, !(everywhere && shares_lanes), "{packing:?}");
            let found = is_packed(&Op::Conv2d(direct), Algorithm::Direct);
            assert_eq!(found, !(everywhere && shares_lanes), "{packing:?}");
            let found = is_packed(&Op::Conv2d(direct), Algorithm::Winograd);
            assert_eq!(found, packing.takes_winograd(4, 4), "{packing:?}");
            let found = is_packed(&Op::DepthwiseConv2d(depthwise), Algorithm::Direct);
            let adds_two = everywhere && packing == Packing::Vectors;
            assert_eq!(found, !adds_two, "{packing:?}");
        }
    }
}
