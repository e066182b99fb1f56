//! Initial values of parameters, drawn from a seed alone.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::params::{Init, ParamSpec};

/// Draws the initial values of all parameters, in their order.
pub fn init(params: &[ParamSpec], seed: u64) -> Vec<Vec<f32>> {
    let draw = |(index, spec): (usize, &ParamSpec)| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index as u64);
        values(spec, &mut rng)
    };
    params.iter().enumerate().map(draw).collect()
}

fn values(spec: &ParamSpec, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let len = spec.len();
    match spec.init {
        Init::Constant(value) => vec![value; len],
        Init::Uniform(limit) => (0..len).map(|_| limit * unit(rng)).collect(),
        Init::Orthogonal(n) => (0..len / (n * n))
            .flat_map(|_| orthogonal(n, rng))
            .collect(),
        Init::Forget(n) => (0..len)
            .map(|i| if i / n == 1 { 1.0 } else { 0.0 })
            .collect(),
    }
}

/// A uniform number in [-1, 1), on a grid of 2^-23 so that every platform draws the same.
fn unit(rng: &mut ChaCha8Rng) -> f32 {
    (rng.random::<u32>() >> 8) as f32 / (1 << 23) as f32 - 1.0
}

/// An orthogonal matrix `[n, n]`, made by Gram-Schmidt in double precision.
fn orthogonal(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut rows: Vec<Vec<f64>> = Vec::new();
    while rows.len() < n {
        let mut row: Vec<f64> = (0..n).map(|_| f64::from(unit(rng))).collect();
        for other in &rows {
            let dot: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(other).for_each(|(a, b)| *a -= dot * b);
        }
        let norm = row.iter().map(|a| a * a).sum::<f64>().sqrt();
        // A row that lies in the span of the others is drawn again.
        if norm > 1e-3 {
            rows.push(row.into_iter().map(|a| a / norm).collect());
        }
    }
    rows.into_iter().flatten().map(|a| a as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_orthogonal() {
        let spec = ParamSpec {
            name: String::new(),
            shape: vec![12, 6],
            init: Init::Orthogonal(6),
            decay: true,
        };
        let values = &init(&[spec], 3)[0];
        for block in values.chunks(36) {
            for i in 0..6 {
                for j in 0..6 {
                    let dot: f32 = (0..6).map(|k| block[i * 6 + k] * block[j * 6 + k]).sum();
                    assert!((dot - if i == j { 1.0 } else { 0.0 }).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn forget_gate_starts_open() {
        let spec = ParamSpec {
            name: String::new(),
            shape: vec![8],
            init: Init::Forget(2),
            decay: false,
        };
        assert_eq!(init(&[spec], 3)[0], [0., 0., 1., 1., 0., 0., 0., 0.]);
    }
}
