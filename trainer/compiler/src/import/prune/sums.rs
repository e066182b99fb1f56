//! Operators with constant weights: what their sums may be, and which terms a sum has.

use std::borrow::Cow;
use std::ops;

use tillsense_core::model::records::{Rounding, Scale};

use super::range::{Facts, Range};
use super::reach::{Reach, reach};
use crate::import::lower::scales::{Stored, clamp, factor, quant, sum_ends};
use crate::import::net::{Activation, Element, Net, Op, Operator, Steps, Tensor, TensorId};

/// How the channels that a row reads follow from its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As many groups of rows as there are groups of channels; each row reads all channels of its group.
    Groups(usize),
    /// Each row reads one channel, and so many rows the same one.
    Depthwise(usize),
}

/// Weighted sums of channels: rows are output channels.
#[derive(Clone, Debug)]
pub struct Sums<'n> {
    /// What is multiplied.
    pub input: TensorId,
    /// The weights.
    pub filter: TensorId,
    /// The results.
    pub output: TensorId,
    /// Which channels a row reads.
    pub form: Form,
    /// Number of rows.
    pub rows: usize,
    /// Number of channels.
    pub channels: usize,
    /// How each tap of the window meets the input's values; one tap where there is no window.
    pub taps: Vec<Reach>,
    weights: Cow<'n, [u8]>,
    bias: Vec<i32>,
    factors: Vec<Scale>,
    rounding: Rounding,
    bounds: Range,
    /// The stored zeros of input and output.
    zeros: [i32; 2],
    /// What each channel may be.
    given: Facts,
}

/// What an operator says of its sums, before its weights are looked at.
struct Layout {
    form: Form,
    rows: usize,
    channels: usize,
    /// Taps and steps of a window.
    window: Option<([usize; 2], Steps)>,
    activation: Activation,
}

impl<'n> Sums<'n> {
    /// The sums of an operator, with what is known of each tensor; `None` where they are not understood here, or the operator will be
    /// refused.
    pub fn of(net: &'n Net<'_>, operator: &Operator, facts: &[Facts]) -> Option<Self> {
        let (&Some(input), &Some(filter)) = (operator.inputs.first()?, operator.inputs.get(1)?)
        else {
            return None;
        };
        let &[output] = &operator.outputs[..] else {
            return None;
        };
        let layout = Layout::of(net, operator, input, filter)?;
        let weights = weights(&net.tensors[filter]).filter(|weights| !weights.is_empty())?;
        let (from, to) = (quant(net, input).ok()?, quant(net, output).ok()?);
        let bounds = clamp(operator, layout.activation, to).ok()?;
        let (taps, rounding) = match layout.window {
            Some((kernel, steps)) => {
                let sides = [sides(net, input)?, sides(net, output)?];
                (reach(steps, kernel, sides)?, Rounding::Tflite)
            }
            None => (vec![Reach::Always], Rounding::Nearest),
        };
        let sums = Sums {
            input,
            filter,
            output,
            form: layout.form,
            rows: layout.rows,
            channels: layout.channels,
            taps,
            weights,
            bias: bias(net, operator, layout.rows)?,
            factors: factors(net, operator, [from.scale, to.scale], (filter, layout.rows))?,
            rounding,
            bounds: Range {
                low: bounds.min,
                high: bounds.max,
            },
            zeros: [from.zero_point, to.zero_point],
            given: facts[input].over(layout.channels),
        };
        sums.fits(net).then_some(sums)
    }

    /// Whether shapes fit the weights.
    fn fits(&self, net: &Net<'_>) -> bool {
        let terms = match self.form {
            Form::Groups(groups) => self.channels / groups,
            Form::Depthwise(_) => 1,
        };
        let len = |id: TensorId| net.tensors[id].len().unwrap_or(0);
        let last = |id: TensorId| net.tensors[id].shape.last().copied();
        let samples = len(self.input) / self.channels;
        let made = samples.checked_mul(self.rows);
        self.weights.len() == self.rows * self.taps.len() * terms
            && last(self.output) == Some(self.rows)
            && len(self.input) == samples * self.channels
            && (self.rounding == Rounding::Tflite || made == Some(len(self.output)))
    }

    /// The weight of a channel that the row reads.
    pub fn weight(&self, row: usize, tap: usize, channel: usize) -> i8 {
        let place = match self.form {
            Form::Groups(_) => {
                let read = self.read_by(row);
                (row * self.taps.len() + tap) * read.len() + channel - read.start
            }
            Form::Depthwise(_) => tap * self.rows + row,
        };
        self.weights[place].cast_signed()
    }

    /// The channels that a row reads.
    pub fn read_by(&self, row: usize) -> ops::Range<usize> {
        match self.form {
            Form::Groups(groups) => {
                let (group, terms) = (row / (self.rows / groups), self.channels / groups);
                group * terms..(group + 1) * terms
            }
            Form::Depthwise(multiplier) => row / multiplier..row / multiplier + 1,
        }
    }

    /// A row's bias.
    pub fn bias(&self, row: usize) -> i32 {
        self.bias[row]
    }

    /// Whether weights and biases are these.
    pub fn is(&self, weights: &[u8], biases: &[i32]) -> bool {
        *self.weights == *weights && self.bias == biases
    }

    /// Number of weights.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// What a row's results may be.
    pub fn results(&self, row: usize) -> Range {
        let stored = self.stored(row);
        match self.ends(row).map(|sum| stored.of(sum)) {
            [Some(low), Some(high)] => Range { low, high },
            _ => self.bounds,
        }
    }

    /// Of the sums that give the only result of a row, the one closest to zero.
    pub fn constant(&self, row: usize) -> i64 {
        let [least, most] = self.ends(row);
        0.clamp(least, most)
    }

    /// What a channel adds to a row's sum; `None` where that is not the same for all places and inputs.
    pub fn share(&self, row: usize, channel: usize) -> Option<i64> {
        let given = self.given.of(channel);
        let terms = self.taps.iter().enumerate().map(|(tap, reach)| {
            let weight = i64::from(self.weight(row, tap, channel));
            let product = given.single().map(|value| weight * self.distance(value));
            match (reach, product) {
                (Reach::Never, _) => Some(0),
                _ if weight == 0 => Some(0),
                (Reach::Always, product) => product,
                (Reach::Sometimes, product) => product.filter(|&product| product == 0),
            }
        });
        terms.sum()
    }

    /// The least and the largest sum of a row.
    fn ends(&self, row: usize) -> [i64; 2] {
        let taps = self.taps.iter().enumerate();
        let terms = taps.flat_map(|(tap, reach)| {
            self.read_by(row).map(move |channel| {
                let range = self.given.of(channel);
                let ends = [range.low, range.high].map(|end| self.distance(end));
                // What lies outside of the input adds nothing.
                let ends = match reach {
                    Reach::Always => ends,
                    Reach::Sometimes => [ends[0].min(0), ends[1].max(0)],
                    Reach::Never => [0, 0],
                };
                (self.weight(row, tap, channel), ends)
            })
        });
        sum_ends(self.bias[row], terms)
    }

    fn stored(&self, row: usize) -> Stored {
        Stored {
            factor: self.factors[row],
            rounding: self.rounding,
            zero_point: self.zeros[1],
            bounds: self.bounds.ends(),
        }
    }

    /// How far a stored value lies from the stored zero.
    fn distance(&self, value: i8) -> i64 {
        i64::from(value) - i64::from(self.zeros[0])
    }
}

impl Layout {
    fn of(net: &Net<'_>, operator: &Operator, input: TensorId, filter: TensorId) -> Option<Self> {
        let last = *net.tensors[input].shape.last()?;
        let shape = &net.tensors[filter].shape[..];
        let layout = match (&operator.op, shape) {
            (&Op::Conv2d(steps, activation), &[rows, high, wide, terms]) => Layout {
                form: Form::Groups(groups(rows, last, terms)?),
                rows,
                channels: last,
                window: Some(([high, wide], steps)),
                activation,
            },
            (
                &Op::DepthwiseConv2d {
                    steps, activation, ..
                },
                &[1, high, wide, rows],
            ) => Layout {
                form: Form::Depthwise(multiple(rows, last)?),
                rows,
                channels: last,
                window: Some(([high, wide], steps)),
                activation,
            },
            (
                &Op::FullyConnected {
                    activation,
                    plain: true,
                    ..
                },
                &[rows, channels],
            ) => Layout {
                form: Form::Groups(1),
                rows,
                channels,
                window: None,
                activation,
            },
            _ => return None,
        };
        Some(layout)
    }
}

/// Groups of channels, each as long as a filter, and each with as many rows.
fn groups(rows: usize, channels: usize, terms: usize) -> Option<usize> {
    let groups = multiple(channels, terms)?;
    multiple(rows, groups).map(|_| groups)
}

/// How many times a number is contained in another one, at least once and without rest.
fn multiple(of: usize, part: usize) -> Option<usize> {
    of.checked_div(part)
        .filter(|&times| times > 0 && times * part == of)
}

/// Rows and columns of a tensor.
fn sides(net: &Net<'_>, tensor: TensorId) -> Option<[usize; 2]> {
    match net.tensors[tensor].shape[..] {
        [_, high, wide, _] => Some([high, wide]),
        _ => None,
    }
}

/// The bytes of constant int8 weights, and of int4 weights as int8.
fn weights<'n>(tensor: &'n Tensor<'_>) -> Option<Cow<'n, [u8]>> {
    let mut zeros = tensor.quant.iter().flat_map(|quant| &quant.zero_points);
    if zeros.any(|&zero| zero != 0) {
        return None;
    }
    let data = tensor.data?;
    match tensor.element {
        Element::Int8 => Some(Cow::Borrowed(data)),
        Element::Int4 => {
            let halves = data.iter().flat_map(|byte| [byte << 4, byte & 0xf0]);
            let values = halves.map(|high| (high.cast_signed() >> 4).cast_unsigned());
            Some(values.take(tensor.len()?).collect())
        }
        _ => None,
    }
}

/// The constant bias; zeros where there is none.
fn bias(net: &Net<'_>, operator: &Operator, rows: usize) -> Option<Vec<i32>> {
    let Some(&Some(bias)) = operator.inputs.get(2) else {
        return Some(vec![0; rows]);
    };
    let tensor = &net.tensors[bias];
    let data = tensor.data.filter(|data| data.len() == 4 * rows)?;
    let (words, _) = data.as_chunks::<4>();
    let values = words.iter().map(|&word| i32::from_le_bytes(word));
    (tensor.element == Element::Int32).then(|| values.collect())
}

/// From sums to stored values, a factor for each row.
fn factors(
    net: &Net<'_>,
    operator: &Operator,
    [from, to]: [f32; 2],
    (filter, rows): (TensorId, usize),
) -> Option<Vec<Scale>> {
    let of = |scale: f32| {
        let real = f64::from(from) * f64::from(scale);
        factor(operator, real / f64::from(to)).ok()
    };
    match &net.tensors[filter].quant.as_ref()?.scales[..] {
        [one] => Some(vec![of(*one)?; rows]),
        many if many.len() == rows => many.iter().map(|&scale| of(scale)).collect(),
        _ => None,
    }
}
