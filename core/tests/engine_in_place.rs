//! Sums that write over what they add.

mod support;

use support::{Network, Part, Sample, network, push_all, scores};
use tillsense_core::engine::{Model, Session};
use tillsense_core::model::records::{Add, Op};

/// The network's sum in the trunk, and the concatenation behind it.
const SUM: usize = 5;
const JOINED: usize = 6;

/// Changes the sum, and lets the concatenation read its output only.
fn with(seed: u64, change: impl Fn(&mut Add)) -> Network {
    let mut network = network(seed);
    let trunk = network.ops_mut(Part::Trunk);
    let Op::Add(sum) = &mut trunk[SUM] else {
        unreachable!("{:?}", trunk[SUM]);
    };
    change(sum);
    let output = sum.output;
    let Op::Concat(joined) = &mut trunk[JOINED] else {
        unreachable!("{:?}", trunk[JOINED]);
    };
    joined.parts.iter_mut().for_each(|part| *part = output);
    network
}

fn answers(network: &Network, seed: u64) -> Vec<Vec<i8>> {
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    let mut arena = vec![0u128; model.header().arena_len as usize / 16 + 1];
    let mut session = Session::new(model, bytemuck::cast_slice_mut(&mut arena)).unwrap();
    push_all(&mut session, &Sample::random(seed));
    let first = scores(&mut session);
    assert_eq!(first, scores(&mut session), "a second run gives the same");
    first
}

#[test]
fn sums_over_an_operand_are_those_elsewhere() {
    type Change = fn(&mut Add);
    let cases: [(&str, Change, Change); 4] = [
        ("over a", |_| {}, |sum| sum.output.offset = sum.a.offset),
        ("over b", |_| {}, |sum| sum.output.offset = sum.b.offset),
        (
            "over both",
            |sum| sum.b = sum.a,
            |sum| (sum.b, sum.output.offset) = (sum.a, sum.a.offset),
        ),
        (
            "of other zero points",
            |sum| (sum.a.zero_point, sum.clamp.max) = (9, 60),
            |sum| {
                (sum.a.zero_point, sum.clamp.max) = (9, 60);
                sum.output.offset = sum.a.offset;
            },
        ),
    ];
    for (name, elsewhere, in_place) in cases {
        let mut different = 0;
        for seed in 0..30 {
            let wanted = answers(&with(seed % 3, elsewhere), seed);
            assert_eq!(
                answers(&with(seed % 3, in_place), seed),
                wanted,
                "{name}, {seed}"
            );
            different += usize::from(wanted != answers(&network(seed % 3), seed));
        }
        // The sum has to do with the scores.
        assert!(different > 20, "{name}: {different}");
    }
}
