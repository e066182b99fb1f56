//! The space that is searched: a description, and what may be changed in it.
//!
//! - `INPUT.width`: channels, units and hidden units of all layers of an encoder, times one of [`FACTORS`];
//! - `INPUT.depth`: one dense or conv2d layer of the encoder left out, or there twice (the second conv2d with stride 1 and
//!   padding "same"); only where the result is a network;
//! - `INPUT.buckets`: rows of a text's table, times one of [`FACTORS`];
//! - `fusion.size`: where it has a meaning; `fusion.dense`, `HEAD.dense`: their widths, or none at all.

use std::collections::HashSet;

use anyhow::{Result, anyhow};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tillsense_compiler::network::description::{FusionKind, Layer, Source, Spec};
use toml_edit::{DocumentMut, TomlError};

use super::edit::{Edit, Key, apply};

/// Factors by which widths are multiplied.
pub const FACTORS: [f64; 5] = [0.5, 0.71, 1.0, 1.41, 2.0];

/// Widths are rounded to multiples of this, but for those that the description itself has.
const MULTIPLE: f64 = 4.0;

/// A description and the ways in which it may be changed.
#[derive(Clone, Debug)]
pub struct Space {
    document: DocumentMut,
    /// Dimensions; each is chosen by itself.
    pub dimensions: Vec<Dimension>,
}

/// A dimension of the space: one thing that may be changed.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// Name of the dimension.
    pub name: String,
    /// Choices of the dimension.
    pub choices: Vec<Choice>,
    /// Number of the choice that leaves the description as it is.
    pub described: usize,
}

/// One choice in a dimension.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The choice in words.
    pub label: String,
    edits: Vec<Edit>,
}

/// A network of the space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Number of the choice in each dimension.
    pub choices: Vec<usize>,
    /// Text of the network's description.
    pub text: String,
}

impl Space {
    /// The space around a checked description; `builds` says whether a text describes a network.
    pub fn around(text: &str, spec: &Spec, mut builds: impl FnMut(&str) -> bool) -> Result<Space> {
        let mut space = Space {
            document: text.parse().map_err(|error: TomlError| {
                // The reader of descriptions accepts this text and the editor does not: it is newer TOML.
                anyhow!("cannot be changed: {}", error.message())
            })?,
            dimensions: Vec::new(),
        };
        for (index, input) in spec.inputs.iter().enumerate() {
            let at = |layer: usize, field| {
                let names = [Key::Name("inputs"), Key::Index(index), Key::Name("encoder")];
                [&names[..], &[Key::Index(layer), Key::Name(field)]].concat()
            };
            let layers = input.encoder.iter().enumerate();
            let widths: Vec<_> = layers
                .filter_map(|(number, layer)| {
                    let (field, width) = width(layer)?;
                    Some((at(number, field), width))
                })
                .collect();
            space.add_widths(format!("{}.width", input.name), &widths);
            space.add_depths(index, spec, &mut builds);
            if let Source::Text(text) = &input.source {
                let path = [Key::Name("inputs"), Key::Index(index), Key::Name("buckets")];
                let name = format!("{}.buckets", input.name);
                space.add_widths(name, &[(path.to_vec(), text.buckets)]);
            }
        }
        let fusion = &spec.fusion;
        if fusion.kind != FusionKind::Concat || !fusion.products.is_empty() {
            let path = vec![Key::Name("fusion"), Key::Name("size")];
            space.add_widths("fusion.size".to_owned(), &[(path, fusion.size)]);
        }
        let path = vec![Key::Name("fusion"), Key::Name("dense")];
        space.add_lists("fusion.dense".to_owned(), &path, &fusion.dense);
        for (index, head) in spec.heads.iter().enumerate().filter(|(_, h)| !h.auxiliary) {
            let path = vec![Key::Name("heads"), Key::Index(index), Key::Name("dense")];
            space.add_lists(format!("{}.dense", head.name), &path, &head.dense);
        }
        Ok(space)
    }

    /// Number of combinations.
    pub fn len(&self) -> u64 {
        let sizes = self.dimensions.iter().map(|d| d.choices.len() as u64);
        sizes.fold(1, u64::saturating_mul)
    }

    /// Whether the space holds nothing but the description.
    pub fn is_empty(&self) -> bool {
        self.dimensions.is_empty()
    }

    /// The choices of the description itself.
    pub fn described(&self) -> Vec<usize> {
        self.dimensions.iter().map(|d| d.described).collect()
    }

    /// The description with these choices.
    pub fn text(&self, choices: &[usize]) -> String {
        let chosen = self.dimensions.iter().zip(choices);
        apply(
            &self.document,
            chosen.flat_map(|(dimension, &choice)| &dimension.choices[choice].edits),
        )
    }

    /// Whether the numbers are a choice of each dimension.
    pub fn holds(&self, choices: &[usize]) -> bool {
        let dimensions = self.dimensions.iter().map(|d| d.choices.len());
        choices.len() == self.dimensions.len()
            && choices
                .iter()
                .zip(dimensions)
                .all(|(&choice, count)| choice < count)
    }

    /// The changes of these choices, in words.
    pub fn words(&self, choices: &[usize]) -> String {
        let chosen = self.dimensions.iter().zip(choices);
        let changed = chosen.filter(|(dimension, choice)| dimension.described != **choice);
        let words: Vec<_> = changed
            .map(|(dimension, &choice)| {
                format!("{} {}", dimension.name, dimension.choices[choice].label)
            })
            .collect();
        match words.is_empty() {
            true => "as described".to_owned(),
            false => words.join("; "),
        }
    }

    /// Draws different networks in an order that the seed decides, the described one first.
    pub fn draws(&self, seed: u64) -> Draws<'_> {
        Draws {
            space: self,
            rng: ChaCha8Rng::seed_from_u64(seed),
            choices: HashSet::new(),
            texts: HashSet::new(),
        }
    }

    fn add(&mut self, name: String, described: String, others: Vec<Choice>) {
        let mut choices: Vec<Choice> = Vec::new();
        for choice in others {
            if choices.iter().all(|known| known.label != choice.label) {
                choices.push(choice);
            }
        }
        let place = choices.iter().position(|choice| choice.label == described);
        if let Some(place) = place.filter(|_| choices.len() > 1) {
            choices[place].edits.clear();
            self.dimensions.push(Dimension {
                name,
                choices,
                described: place,
            });
        }
    }

    /// Adds a dimension that multiplies all these fields by one factor.
    fn add_widths(&mut self, name: String, fields: &[(Vec<Key>, usize)]) {
        if fields.is_empty() {
            return;
        }
        let choice = |factor: f64| Choice {
            label: label(fields.iter().map(|(_, width)| scaled(*width, factor))),
            edits: fields
                .iter()
                .map(|(path, width)| Edit::Set(path.clone(), scaled(*width, factor)))
                .collect(),
        };
        let described = label(fields.iter().map(|(_, width)| *width));
        self.add(name, described, FACTORS.map(choice).into());
    }

    /// Adds a dimension for a list of dense layers: none, or all multiplied by one factor.
    fn add_lists(&mut self, name: String, path: &[Key], widths: &[usize]) {
        if widths.is_empty() {
            return;
        }
        let list = |widths: Vec<usize>| Choice {
            label: match widths.is_empty() {
                true => "none".to_owned(),
                false => label(widths.iter().copied()),
            },
            edits: vec![Edit::SetList(path.to_vec(), widths)],
        };
        let scale = |factor: f64| list(widths.iter().map(|&w| scaled(w, factor)).collect());
        let mut choices = vec![list(Vec::new())];
        choices.extend(FACTORS.map(scale));
        self.add(name, label(widths.iter().copied()), choices);
    }

    /// Adds a dimension of one layer less or more.
    fn add_depths(&mut self, index: usize, spec: &Spec, builds: &mut impl FnMut(&str) -> bool) {
        let input = &spec.inputs[index];
        let mut choices = vec![Choice {
            label: "as it is".to_owned(),
            edits: Vec::new(),
        }];
        for (layer, kind) in input.encoder.iter().enumerate() {
            let (name, conv) = match kind {
                Layer::Conv2d { .. } => ("conv2d", true),
                Layer::Dense { .. } => ("dense", false),
                _ => continue,
            };
            let changes = [
                ("without", Edit::Remove { index, layer }),
                ("twice", Edit::Double { index, layer, conv }),
            ];
            for (how, edit) in changes {
                if builds(&apply(&self.document, [&edit])) {
                    choices.push(Choice {
                        label: format!("{how} {name} {layer}"),
                        edits: vec![edit],
                    });
                }
            }
        }
        self.add(
            format!("{}.depth", input.name),
            "as it is".to_owned(),
            choices,
        );
    }
}

/// The field of a layer that holds its width, and the width.
fn width(layer: &Layer) -> Option<(&'static str, usize)> {
    match *layer {
        Layer::Conv2d { channels, .. }
        | Layer::Embedding { channels, .. }
        | Layer::EmbeddingBag { channels, .. } => Some(("channels", channels)),
        Layer::Dense { units, .. } => Some(("units", units)),
        Layer::Rnn { hidden, .. } => Some(("hidden", hidden)),
        _ => None,
    }
}

fn scaled(width: usize, factor: f64) -> usize {
    if factor == 1.0 {
        return width;
    }
    let steps = (width as f64 * factor / MULTIPLE).round().max(1.0);
    (steps * MULTIPLE) as usize
}

fn label(widths: impl Iterator<Item = usize>) -> String {
    let words: Vec<_> = widths.map(|width| width.to_string()).collect();
    words.join(" ")
}

/// Iterator over the networks of a space, see [`Space::draws`].
#[derive(Debug)]
pub struct Draws<'a> {
    space: &'a Space,
    rng: ChaCha8Rng,
    choices: HashSet<Vec<usize>>,
    texts: HashSet<String>,
}

impl Iterator for Draws<'_> {
    type Item = Candidate;

    /// The next network; `None` once all combinations were drawn.
    fn next(&mut self) -> Option<Candidate> {
        while (self.choices.len() as u64) < self.space.len() {
            let choices: Vec<usize> = if self.choices.is_empty() {
                self.space.described()
            } else {
                let dimensions = self.space.dimensions.iter();
                dimensions
                    .map(|d| self.rng.random_range(0..d.choices.len() as u64) as usize)
                    .collect()
            };
            if !self.choices.insert(choices.clone()) {
                continue;
            }
            let text = self.space.text(&choices);
            if self.texts.insert(text.clone()) {
                return Some(Candidate { choices, text });
            }
        }
        None
    }
}
