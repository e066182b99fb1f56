//! Small networks with random numbers, small frontends, random samples.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tillsense_core::frontend::record;
use tillsense_core::model::records::{FieldKind, TextForm};

use super::float::{Pass, Tensor};
use crate::frontend::tables::audio::{AudioSpec, AudioTables};
use crate::frontend::tables::image_table;
use crate::frontend::tables::record::FittedField;
use crate::frontend::{Features, Frontend, ImageFrontend, RecordFrontend};
use crate::network::builder::{Facts, InputFacts, build};
use crate::network::description::{self, Fit, Keep, Source, Spec};
use crate::network::graph::{Activation, Bits, Graph, Node, NodeOp, Quant, Segment, Trained};
use crate::network::quants::activation;
use crate::quant::{self, int4};
use crate::run::sample::{Cell, Raw};

/// A network with all that lowering reads, and samples.
pub struct Toy {
    pub graph: Graph,
    pub trained: Trained,
    pub frontends: Vec<Frontend>,
    pub samples: Vec<Vec<Raw<'static>>>,
}

/// Pixels 0 to 1.
pub const PIXEL: Quant = Quant {
    scale: 1.0 / 255.0,
    zero_point: -128,
};
const WIDE: Quant = Quant {
    scale: 1.0 / 32.0,
    zero_point: 0,
};

impl Toy {
    /// From a description; heads `a` (3 classes), `b` (2), `c` (4).
    pub fn from_description(text: &str, seed: u64) -> Toy {
        let spec = description::parse(text, "toy").unwrap();
        let frontends: Vec<Frontend> = spec.inputs.iter().map(|i| frontend(&i.source)).collect();
        let graph = build(&spec, &facts(&spec, &frontends)).unwrap();
        Toy::new(graph, frontends, seed)
    }

    /// Gives a graph random numbers, random samples, and the ranges that these have.
    pub fn new(graph: Graph, frontends: Vec<Frontend>, seed: u64) -> Toy {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut toy = Toy {
            trained: Trained {
                params: params(&graph, &mut rng),
                ..Trained::default()
            },
            samples: (0..12)
                .map(|n| frontends.iter().map(|f| raw(f, n, &mut rng)).collect())
                .collect(),
            graph,
            frontends,
        };
        toy.round_weights();
        toy.observe();
        toy
    }

    /// Features of a sample, made by the core.
    pub fn features(&self, sample: usize) -> Vec<Features> {
        let inputs = self.frontends.iter().zip(&self.samples[sample]);
        inputs
            .map(|(f, raw)| f.maker().features(raw).unwrap())
            .collect()
    }

    /// Sets the ranges that all samples have.
    pub fn observe(&mut self) {
        let mut ranges: BTreeMap<String, (f32, f32)> = BTreeMap::new();
        let mut note = |name: &str, tensor: &Option<Tensor>| {
            for &x in tensor.iter().flat_map(|t| &t.data) {
                let range = ranges
                    .entry(name.to_owned())
                    .or_insert((x as f32, x as f32));
                *range = (range.0.min(x as f32), range.1.max(x as f32));
            }
        };
        for sample in 0..self.samples.len() {
            let pass = Pass::run(&self.graph, &self.trained, &self.features(sample));
            for (id, node) in self.graph.nodes.iter().enumerate() {
                match activation(&node.op) {
                    Activation::Tanh => note(&format!("{}.pre", node.name), &pass.sums[id]),
                    // Training gives it under the node's own name.
                    Activation::Sigmoid => note(&node.name, &pass.sums[id]),
                    _ => note(&node.name, &pass.values[id]),
                }
            }
        }
        self.trained.ranges = ranges;
    }

    /// Moves weights to the grid that they are stored on, so that only activations are rounded.
    pub fn round_weights(&mut self) {
        for (name, (shape, values)) in &mut self.trained.params {
            let columns = name.ends_with(".weight") && shape.len() == 3;
            let channels = match (columns, name.ends_with(".table")) {
                (true, _) => shape[2],
                (_, true) => 1,
                _ => shape[0],
            };
            if !name.contains("weight") && !name.ends_with(".table") {
                continue;
            }
            let mut nodes = self.graph.nodes.iter();
            let node = nodes.find(|n| name.rsplit_once('.').is_some_and(|(of, _)| n.name == of));
            let bits = node.unwrap().op.bits();
            if bits == Bits::Four && name.ends_with(".table") {
                round_table(values, shape[1]);
                continue;
            }
            for channel in 0..channels {
                let len = values.len();
                let places: Vec<usize> = match columns {
                    true => (channel..len).step_by(channels).collect(),
                    false => (channel * len / channels..(channel + 1) * len / channels).collect(),
                };
                let scale = quant::weight_scale(places.iter().map(|&p| values[p]), bits);
                for p in places {
                    values[p] = f32::from(quant::weight(values[p], scale, bits)) * scale;
                }
            }
        }
    }
}

/// Every row holds a 7, so that its multiplier stays what it is.
fn round_table(values: &mut [f32], width: usize) {
    let stored = int4::Table::new(values, width);
    for (value, steps) in values.iter_mut().zip(stored.steps()) {
        *value = f32::from(steps) * stored.scale;
    }
    for (row, &m) in values.chunks_mut(width).zip(&stored.multipliers) {
        row[0] = 7.0 * f32::from(m) * stored.scale;
    }
}

/// A small frontend of each kind; pictures keep their size.
fn frontend(source: &Source) -> Frontend {
    match source {
        Source::Image(s) => image(s.size, s.channels),
        Source::Audio(s) => {
            let spec = AudioSpec {
                sample_rate: s.sample_rate as u16,
                frame_len: s.frame as u16,
                hop: s.hop as u16,
                bands: s.bands as u8,
                stack: s.stack as u8,
                max_steps: s.max_steps as u16,
                level: s.level,
                low_hz: 60.0,
                high_hz: s.sample_rate as f64 / 2.0,
            };
            let clip = clip(4000, &mut StdRng::seed_from_u64(5));
            let tables = AudioTables::fit(&spec, [&clip[..]], WIDE.scale.into());
            Frontend::Audio { spec, tables }
        }
        Source::Text(s) => Frontend::Text(*s),
        Source::Record => Frontend::Record(fields(1)),
        Source::Sequence(s) => Frontend::Sequence(fields(s.max_steps)),
    }
}

/// A picture frontend that takes the channels that it gives.
pub fn image([h, w]: [usize; 2], channels: usize) -> Frontend {
    Frontend::Image(ImageFrontend {
        source: [h, w],
        source_channels: channels,
        output: [h, w, channels],
        table: image_table(0.0, 1.0, PIXEL),
        fit: Fit::default(),
    })
}

/// Five values: a number, a number with a flag, a category of two.
pub fn fields(max_steps: usize) -> RecordFrontend {
    let numbers: Vec<Option<i32>> = (-50..50).map(Some).collect();
    let gaps: Vec<Option<i32>> = (0..100).map(|i| (i % 7 > 0).then_some(i * 3)).collect();
    let step = WIDE.scale.into();
    let category = FittedField::category("kind", &["new", "old"], step).unwrap();
    RecordFrontend {
        fields: vec![
            FittedField::number("plain", 0, &numbers, None, step),
            FittedField::number("gaps", 2, &gaps, None, step),
            category,
        ],
        max_steps,
        keep: Keep::Last,
    }
}

fn facts(spec: &Spec, frontends: &[Frontend]) -> Facts {
    let inputs = spec.inputs.iter().zip(frontends).map(|(input, frontend)| {
        let InputFacts { width, quant } = frontend.facts();
        (input.name.clone(), InputFacts { width, quant })
    });
    let words = |n: usize| (0..n).map(|i| format!("c{i}")).collect();
    Facts {
        inputs: inputs.collect(),
        heads: BTreeMap::from([
            ("a".to_owned(), words(3)),
            ("b".to_owned(), words(2)),
            ("c".to_owned(), words(4)),
        ]),
    }
}

fn clip(len: usize, rng: &mut StdRng) -> Vec<i16> {
    let pitch = rng.random_range(0.05..0.9);
    let sample = |i: usize| {
        let noise = rng.random_range(-1500.0..1500.0);
        (6000.0 * (i as f64 * pitch).sin() + noise) as i16
    };
    (0..len).map(sample).collect()
}

/// Sample `number` of an input; every fourth is missing.
fn raw(frontend: &Frontend, number: usize, rng: &mut StdRng) -> Raw<'static> {
    if number > 3 && rng.random_range(0..4) == 0 {
        return Raw::Absent;
    }
    match frontend {
        Frontend::Image(image) => {
            let len = image.source_len();
            Raw::Image(Cow::Owned((0..len).map(|_| rng.random()).collect()))
        }
        Frontend::Audio { .. } => {
            let len = rng.random_range(900..3000);
            Raw::Audio(Cow::Owned(clip(len, rng)))
        }
        Frontend::Text(_) => {
            let words = [
                "pay", "card", "lost", "my", "transfer", "cash", "why", "fee",
            ];
            let count = rng.random_range(1..9);
            let text: Vec<&str> = (0..count).map(|_| words[rng.random_range(0..8)]).collect();
            Raw::Text(text.join(" ").into())
        }
        Frontend::Record(r) => Raw::Record(record(r, rng)),
        Frontend::Sequence(s) => {
            let count = 1 + number % s.max_steps;
            Raw::Sequence((0..count).map(|_| record(s, rng)).collect())
        }
    }
}

/// One value for each field; some are missing, some categories unknown.
fn record(frontend: &RecordFrontend, rng: &mut StdRng) -> Vec<Cell<'static>> {
    let mut cell = |field: &FittedField| match (rng.random_range(0..8), field.field().kind) {
        (0, _) => Cell::Missing,
        (_, FieldKind::Number { .. }) => Cell::Number(rng.random_range(-100..400)),
        (1, FieldKind::Category { .. }) => Cell::Name("of no known kind"),
        (n, FieldKind::Category { names, .. }) => {
            let names: Vec<&str> = record::names(names).collect();
            Cell::Name(names[n % names.len()].to_owned().leak())
        }
    };
    frontend.fields.iter().map(&mut cell).collect()
}

/// Random parameters of all nodes and substitutes.
fn params(graph: &Graph, rng: &mut StdRng) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let mut params = BTreeMap::new();
    for node in &graph.nodes {
        for (name, shape, fan) in shapes(graph, node) {
            let len: usize = shape.iter().product();
            let limit = (3.0 / fan as f32).sqrt();
            let values = (0..len).map(|_| rng.random_range(-limit..limit)).collect();
            params.insert(format!("{}.{name}", node.name), (shape, values));
        }
    }
    for input in &graph.inputs {
        let len: usize = graph.nodes[input.encoding].shape.iter().product();
        let values = (0..len).map(|_| rng.random_range(-0.3..0.3)).collect();
        params.insert(format!("{}.absent", input.name), (vec![len], values));
    }
    params
}

/// Name, shape and number of summed values of each parameter of a node.
fn shapes(graph: &Graph, node: &Node) -> Vec<(&'static str, Vec<usize>, usize)> {
    let from = node
        .inputs
        .first()
        .map_or([1; 3], |&i| graph.nodes[i].shape);
    let streams = matches!(node.segment, Segment::Step(i) if graph.inputs[i].streaming);
    let [.., c] = node.shape;
    let bias = |n: usize| ("bias", vec![n], 30);
    match node.op {
        NodeOp::Conv2d {
            kernel: [kh, kw], ..
        } => {
            vec![
                ("weight", vec![c, kh, kw, from[2]], kh * kw * from[2]),
                bias(c),
            ]
        }
        NodeOp::DepthwiseConv2d {
            kernel: [kh, kw], ..
        } => {
            vec![("weight", vec![kh, kw, c], kh * kw), bias(c)]
        }
        NodeOp::Dense { .. } => {
            let wide = if streams {
                from[2]
            } else {
                from.iter().product()
            };
            vec![("weight", vec![c, wide], wide), bias(c)]
        }
        NodeOp::Embedding { rows, .. } | NodeOp::EmbeddingBag { rows, .. } => {
            vec![("table", vec![rows, c], 3)]
        }
        NodeOp::Rnn { cell, hidden, .. } => {
            let rows = cell.gates() * hidden;
            vec![
                ("x_weight", vec![rows, from[2]], from[2]),
                ("x_bias", vec![rows], 30),
                ("h_weight", vec![rows, hidden], hidden),
                ("h_bias", vec![rows], 30),
            ]
        }
        _ => Vec::new(),
    }
}

/// A text frontend of hashed words.
pub fn tokens(buckets: usize, max_ids: usize) -> Frontend {
    Frontend::Text(description::TextSource {
        form: TextForm::Tokens,
        buckets,
        max_bytes: 80,
        max_ids,
    })
}
