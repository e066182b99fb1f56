//! Compares every node of the float network with the fake-quantised one, to show where accuracy is lost.

use anyhow::{Result, anyhow};
use serde::Serialize;
use tillsense_compiler::network::graph::{Bits, Node, NodeId, NodeOp, Quant, Trained};
use tillsense_compiler::network::quants::{QuantSource, kinds};
use tillsense_compiler::quant::{self, int4};
use tillsense_compiler::trained::ContentDigest;

use crate::data::dataset::Subset;
use crate::data::features::FeatureSet;
use crate::learn::{Backend, Predictor};
use crate::project::Prepared;

/// Default number of training samples.
pub const LAYER_SAMPLES: usize = 256;
/// Number of nodes that are marked.
const MARKED: usize = 3;
/// Number of samples whose values are held at a time.
const PASS: usize = 32;

/// Figures of all nodes of a network.
#[derive(Clone, Debug, Serialize)]
pub struct Layers {
    /// Name of the model.
    pub model: String,
    /// Origin of the data, in words.
    pub data: String,
    /// Digest of the data's contents.
    pub data_digest: ContentDigest,
    /// Number of training samples that were run.
    pub samples: usize,
    /// Figures of each node that holds numbers, in order.
    pub layers: Vec<LayerFigures>,
}

/// Effect of quantisation on one node.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerFigures {
    /// Name of the node.
    pub name: String,
    /// Name of the node's operation.
    pub op: &'static str,
    /// Lowest and highest real value that can be stored.
    pub range: (f32, f32),
    /// Real value of one quantisation step.
    pub scale: f32,
    /// Part of the float network's values that lies outside the range by more than half a step; `None` where there was no value.
    pub clipped: Option<f64>,
    /// Signal to quantisation noise in dB, including noise from earlier nodes; `None` where nothing differs, or without a signal.
    pub sqnr: Option<f64>,
    /// Whether both networks give the same values.
    pub exact: bool,
    /// Signal to quantisation noise of the weights alone, in dB; the worse of a recurrent layer's two matrices.
    pub weights_sqnr: Option<f64>,
    /// Ratio of noise to signal beyond that of the noisiest operand.
    pub added_noise: f64,
    /// Whether the node is among those that add most noise.
    pub worst: bool,
}

/// Sums over the values of a node.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: u64,
    clipped: u64,
    signal: f64,
    noise: f64,
}

impl Sums {
    fn add(&mut self, float: f32, quantised: f32, quant: Quant) {
        let (low, high) = bounds(quant);
        let half = quant.scale / 2.0;
        let (x, off) = (f64::from(float), f64::from(float - quantised));
        self.count += 1;
        self.clipped += u64::from(float < low - half || float > high + half);
        self.signal += x * x;
        self.noise += off * off;
    }

    /// Ratio of noise to signal; 0 without noise, and where there is no signal to compare it with.
    fn ratio(&self) -> f64 {
        if self.signal > 0.0 {
            self.noise / self.signal
        } else {
            0.0
        }
    }
}

/// Runs `limit` training samples through the network in float and with fake quantisation.
pub fn layers(prepared: &Prepared, trained: &Trained, limit: usize) -> Result<Layers> {
    let numbers = prepared.training_numbers(Some(limit));
    let features = FeatureSet::make(
        &prepared.data,
        Subset::Train,
        &numbers,
        &prepared.frontends,
        &prepared.order,
    )?;
    let nodes = &prepared.graph.nodes;
    let quants = quants(nodes, trained);
    let [float, quantised] = [false, true].map(|quantised| {
        Predictor::new(&prepared.graph, trained, quantised, Backend::default()).map_err(|e| {
            anyhow!("the trained numbers do not fit the description ({e}); train again")
        })
    });
    let (float, quantised) = (float?, quantised?);
    let mut sums = vec![Sums::default(); nodes.len()];
    let all: Vec<usize> = (0..numbers.len()).collect();
    for part in all.chunks(PASS) {
        let values = [&float, &quantised].map(|p| p.node_values(&features, part));
        let [float, quantised] = values;
        for (id, (float, quantised)) in float?.iter().zip(&quantised?).enumerate() {
            let Some(quant) = quants[id] else { continue };
            let pairs = float.iter().zip(quantised);
            pairs.for_each(|(&x, &y)| sums[id].add(x, y, quant));
        }
    }
    Ok(Layers {
        model: prepared.spec.name.clone(),
        data: prepared.data_words(),
        data_digest: prepared.data.digest(),
        samples: numbers.len(),
        layers: figures(nodes, trained, &quants, &sums),
    })
}

fn figures(
    nodes: &[Node],
    trained: &Trained,
    quants: &[Option<Quant>],
    sums: &[Sums],
) -> Vec<LayerFigures> {
    let added = |id: NodeId| {
        let operands = nodes[id].inputs.iter().map(|&i| sums[i].ratio());
        (sums[id].ratio() - operands.fold(0.0, f64::max)).max(0.0)
    };
    let mut most: Vec<NodeId> = (0..nodes.len()).filter(|&id| added(id) > 0.0).collect();
    most.sort_by(|&a, &b| added(b).total_cmp(&added(a)));
    most.truncate(MARKED);
    let figures = |id: NodeId| {
        let quant = quants[id]?;
        let (node, sums) = (&nodes[id], &sums[id]);
        Some(LayerFigures {
            name: node.name.clone(),
            op: op(&node.op),
            range: bounds(quant),
            scale: quant.scale,
            clipped: (sums.count > 0).then(|| sums.clipped as f64 / sums.count as f64),
            sqnr: decibels(sums.ratio()),
            exact: sums.count > 0 && sums.noise == 0.0,
            weights_sqnr: decibels(weights(node, trained)),
            added_noise: added(id),
            worst: most.contains(&id),
        })
    };
    (0..nodes.len()).filter_map(figures).collect()
}

/// The quantisation in which each node's output is stored.
fn quants(nodes: &[Node], trained: &Trained) -> Vec<Option<Quant>> {
    let range = |node: &Node| trained.ranges.get(&node.name);
    let quant = |kind: &QuantSource| match *kind {
        QuantSource::None => None,
        QuantSource::Fixed(quant) => Some(quant),
        QuantSource::Table(node) => {
            let (_, table) = trained.params.get(&format!("{}.table", nodes[node].name))?;
            let scale = match nodes[node].op.bits() {
                Bits::Eight => quant::weight_scale(table.iter().copied(), Bits::Eight),
                Bits::Four => int4::Table::new(table, nodes[node].shape[2]).scale,
            };
            Some(Quant {
                scale,
                zero_point: 0,
            })
        }
        QuantSource::Observed(group) => {
            range(&nodes[group]).map(|&(low, high)| quant::activation(low, high))
        }
    };
    kinds(nodes).iter().map(quant).collect()
}

/// Ratio of noise to signal of a node's worst parameter.
fn weights(node: &Node, trained: &Trained) -> f64 {
    let parameters = ["weight", "x_weight", "h_weight", "table"].into_iter();
    let ratio = |name: &str| {
        let (shape, values) = trained.params.get(&format!("{}.{name}", node.name))?;
        let rows = match (&node.op, name) {
            (_, "table") => 1,
            (NodeOp::DepthwiseConv2d { .. }, _) => shape.last().copied()?,
            _ => shape.first().copied()?,
        };
        // Depthwise filters are stored side by side, others one after the other.
        let columns = matches!(node.op, NodeOp::DepthwiseConv2d { .. });
        let row = |row: usize| -> Vec<f32> {
            let len = values.len() / rows.max(1);
            let at = |i: usize| {
                if columns {
                    i * rows + row
                } else {
                    row * len + i
                }
            };
            (0..len).map(|i| values[at(i)]).collect()
        };
        let mut sums = Sums::default();
        let bits = node.op.bits();
        if (name, bits) == ("table", Bits::Four) {
            let stored = int4::Table::new(values, node.shape[2]);
            let rows = stored.values.chunks(node.shape[2]).zip(&stored.multipliers);
            let real = rows.flat_map(|(row, &m)| {
                row.iter()
                    .map(move |&q| f32::from(q) * f32::from(m) * stored.scale)
            });
            // Multipliers reach 255, values 7: within this range nothing is clipped.
            let unclipped = Quant {
                scale: 16.0 * stored.scale,
                zero_point: 0,
            };
            real.zip(values)
                .for_each(|(q, &w)| sums.add(w, q, unclipped));
            return Some(sums.ratio());
        }
        for row in (0..rows).map(row) {
            let scale = quant::weight_scale(row.iter().copied(), bits);
            for &w in &row {
                let stored = f32::from(quant::weight(w, scale, bits)) * scale;
                sums.add(
                    w,
                    stored,
                    Quant {
                        scale,
                        zero_point: 0,
                    },
                );
            }
        }
        Some(sums.ratio())
    };
    parameters.filter_map(ratio).fold(0.0, f64::max)
}

fn bounds(quant: Quant) -> (f32, f32) {
    let real = |stored: i32| (stored - quant.zero_point) as f32 * quant.scale;
    (real(-128), real(127))
}

fn decibels(ratio: f64) -> Option<f64> {
    (ratio > 0.0).then(|| -10.0 * libm::log10(ratio))
}

fn op(op: &NodeOp) -> &'static str {
    match op {
        NodeOp::Features(_) => "features",
        NodeOp::Ids => "ids",
        NodeOp::Conv2d { .. } => "conv2d",
        NodeOp::DepthwiseConv2d { .. } => "depthwise_conv2d",
        NodeOp::MaxPool { .. } => "max_pool",
        NodeOp::AveragePool { .. } => "average_pool",
        NodeOp::Reshape => "reshape",
        NodeOp::Dense { .. } => "dense",
        NodeOp::Embedding { .. } => "embedding",
        NodeOp::EmbeddingBag { .. } => "embedding_bag",
        NodeOp::Add { .. } => "add",
        NodeOp::Product { .. } => "product",
        NodeOp::Concat => "concat",
        NodeOp::Gate => "gate",
        NodeOp::Rescale => "rescale",
        NodeOp::Rnn { .. } => "rnn",
        NodeOp::RnnRead { .. } => "rnn_read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_by_hand() {
        let quant = Quant {
            scale: 0.5,
            zero_point: 0,
        };
        let mut sums = Sums::default();
        // 63.5 is the last step; 63.75 is within half a step of it.
        for (x, y) in [(3.0, 3.0), (4.0, 3.5), (63.7, 63.5), (70.0, 63.5)] {
            sums.add(x, y, quant);
        }
        assert_eq!((sums.count, sums.clipped), (4, 1));
        let (noise, signal) = (0.25 + 0.04 + 42.25, 9.0 + 16.0 + 63.7 * 63.7 + 4900.0);
        assert!((sums.ratio() - noise / signal).abs() < 1e-6);
        assert_eq!(decibels(0.0), None);
        assert!((decibels(1e-4).unwrap() - 40.0).abs() < 1e-9);
    }
}
