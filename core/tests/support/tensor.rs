//! A model of two fully connected layers between plain tensors, with numbers that can be followed by hand.

use tillsense_core::model::records::{
    Answer, Dense, Head, Input, Op, Requant, Rounding, Source, Span, TensorParams, View,
};

use super::file::Network;
use super::shapes::{FULL, power, view};

/// The first layer: four values to two, each sum halved.
pub const FIRST: [[i8; 4]; 2] = [[1, 2, 3, 4], [-1, 1, -1, 1]];
/// The second layer: two values to three, each sum times its own factor: 1, 1/2, 1/4.
pub const SECOND: [[i8; 2]; 3] = [[1, 1], [2, 0], [0, -4]];
/// The biases of the second layer.
pub const BIAS: [i32; 3] = [5, -10, 2];

/// A tensor `[2, 2, 1]` in, `[1, 3, 1]` out. All factors of the first layer are one, stored once.
pub fn tensor_network() -> Network {
    let mut network = Network {
        arena_len: 32,
        persistent_len: 16,
        spare: Span { offset: 2, len: 14 },
        inputs: Vec::new(),
        steps: Vec::new(),
        finishes: vec![Vec::new()],
        trunk: Vec::new(),
        heads: Vec::new(),
        fields: Vec::new(),
        weights: Vec::new(),
    };
    let at = |offset, view: View| View { offset, ..view };
    let given = at(16, view(2, 2, 1));
    let encoding = view(1, 1, 2);
    let answer = View {
        zero_point: -3,
        ..at(16, view(1, 3, 1))
    };
    let halves = factors(&mut network, &[(1 << 30, 0)]);
    let first = layer(&mut network, FIRST.as_flattened(), &[0, 0], halves);
    let own = factors(&mut network, &[(1 << 30, 1), (1 << 30, 0), (1 << 30, -1)]);
    let second = layer(&mut network, SECOND.as_flattened(), &BIAS, own);
    network.steps = vec![vec![Op::Dense(Dense {
        input: given,
        output: encoding,
        ..first
    })]];
    network.trunk = vec![Op::Dense(Dense {
        input: encoding,
        output: answer,
        ..second
    })];
    let absent = network.constant(&[7, 0xf9]);
    network.inputs = vec![Input {
        name: "embedding",
        source: Source::Tensor(TensorParams {
            output: given,
            scale: power(-4),
        }),
        step: Span::default(),
        finish: Span::default(),
        encoding,
        absent,
    }];
    network.heads = vec![Head {
        name: "estimate",
        answer: Answer::Tensor { scale: power(3) },
        scores: answer,
    }];
    network
}

fn factors(network: &mut Network, factors: &[(i32, i8)]) -> Requant {
    let multipliers: Vec<u8> = factors.iter().flat_map(|f| f.0.to_le_bytes()).collect();
    let shifts: Vec<u8> = factors.iter().map(|f| f.1.cast_unsigned()).collect();
    Requant {
        rounding: Rounding::Nearest,
        multipliers: network.constant(&multipliers),
        shifts: network.constant(&shifts),
    }
}

/// A layer whose input and output are the caller's to fill in.
fn layer(network: &mut Network, weights: &[i8], bias: &[i32], requant: Requant) -> Dense {
    let bias: Vec<u8> = bias.iter().flat_map(|b| b.to_le_bytes()).collect();
    Dense {
        input: view(0, 0, 0),
        output: view(0, 0, 0),
        weights: network.constant(bytemuck::cast_slice(weights)),
        bias: network.constant(&bias),
        requant,
        clamp: FULL,
    }
}
