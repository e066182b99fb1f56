//! A network without the channels that are taken out.

use super::analysis::Analysis;
use super::links::{Link, is_of_two, is_reshape};
use super::stays::{Fate, Stays};
use super::sums::{Form, Sums};
use super::{Constant, Left, Pruned};
use crate::import::net::{Element, Net, Op, Operator, Quantisation, TensorId};

/// A network on its way.
pub struct Rewrite<'r, 'n> {
    net: &'r Net<'n>,
    analysis: &'r Analysis<'r>,
    stays: &'r Stays,
    pruned: Pruned,
}

impl<'r, 'n> Rewrite<'r, 'n> {
    /// What changes; `None` where a bias would be too large for 32 bits.
    pub fn of(net: &'r Net<'n>, analysis: &'r Analysis<'r>, stays: &'r Stays) -> Option<Pruned> {
        let mut rewrite = Rewrite {
            net,
            analysis,
            stays,
            pruned: Pruned::default(),
        };
        rewrite.sides();
        let mut operators = Vec::new();
        let mut links = analysis.live.iter().zip(&analysis.links).peekable();
        for (place, operator) in net.operators.iter().enumerate() {
            let linked = links.next_if(|(live, _)| **live == place);
            match linked.filter(|(_, linked)| !rewrite.vanishes(operator, linked)) {
                Some((_, linked)) => operators.push(rewrite.operator(operator, linked)?),
                None => rewrite.pruned.removed.push(operator.number),
            }
        }
        rewrite.pruned.operators = Some(operators);
        Some(rewrite.pruned)
    }

    /// Notes which tensors get shorter. Those without any channel vanish with their operators.
    fn sides(&mut self) {
        for (tensor, &of) in self.analysis.periods.iter().enumerate() {
            let channels = match of {
                0 => continue,
                _ => self.left(tensor),
            };
            if channels.len() == of || channels.is_empty() {
                continue;
            }
            let side = self.net.tensors[tensor]
                .shape
                .last()
                .map_or(1, |side| side / of);
            self.pruned.left.push(Left {
                tensor,
                side: side * channels.len(),
                channels,
                of,
            });
        }
    }

    fn left(&self, tensor: TensorId) -> Vec<usize> {
        self.stays.left(self.analysis, tensor)
    }

    /// Whether nothing of an operator's results stays.
    fn vanishes(&self, operator: &Operator, linked: &Link<'_>) -> bool {
        let whole = matches!(linked, Link::Whole);
        !whole && operator.outputs.iter().all(|&id| self.left(id).is_empty())
    }

    fn operator(&mut self, operator: &Operator, linked: &Link<'_>) -> Option<Operator> {
        let mut changed = operator.clone();
        match linked {
            Link::Sums(sums) => self.sums(sums, &mut changed)?,
            Link::Same(operands) => self.same(operands, &mut changed),
            Link::Joined(_) => changed
                .inputs
                .retain(|input| input.is_some_and(|id| !self.left(id).is_empty())),
            Link::Whole => {}
        }
        Some(changed)
    }

    /// Takes channels out of constant operands; a new shape is that of the result.
    fn same(&mut self, operands: &[TensorId], operator: &mut Operator) {
        let &[output] = &operator.outputs[..] else {
            return;
        };
        let (left, of) = (self.left(output), self.analysis.periods[output]);
        if left.len() == of {
            return;
        }
        if is_reshape(&operator.op) {
            operator.inputs.truncate(1);
            if let Op::Reshape { shape } = &mut operator.op {
                *shape = None;
            }
            return;
        }
        let of_two = is_of_two(&operator.op);
        for input in operator.inputs.iter_mut().flatten() {
            let values = self.net.tensors[*input].len();
            if of_two && !operands.contains(input) && values != Some(1) {
                *input = self.shorter(*input, &left, of);
            }
        }
    }

    /// A constant without the channels that are taken out.
    fn shorter(&mut self, constant: TensorId, left: &[usize], of: usize) -> TensorId {
        let tensor = &self.net.tensors[constant];
        let data = tensor.data.unwrap_or_default();
        let size = data.len() / tensor.len().unwrap_or(1).max(1);
        let values = data.chunks(size.max(1)).enumerate();
        let kept = values.filter(|(place, _)| left.binary_search(&(place % of)).is_ok());
        let data = kept.flat_map(|(_, value)| value).copied().collect();
        let mut shape = tensor.shape.clone();
        if let Some(side) = shape.last_mut() {
            *side = *side / of * left.len();
        }
        self.constant(Constant {
            shape,
            element: tensor.element,
            quant: tensor.quant.clone(),
            data,
        })
    }

    /// Takes rows and terms out of sums.
    fn sums(&mut self, sums: &Sums<'_>, operator: &mut Operator) -> Option<()> {
        let rows = self.left(sums.output);
        let channels: Vec<usize> = (0..sums.channels)
            .filter(|&channel| self.fate(sums.input, channel) != Fate::Gone)
            .collect();
        let mut weights = vec![0u8; 0];
        let mut biases = Vec::new();
        for &row in &rows {
            let terms = self.row(sums, row, &channels);
            biases.push(i32::try_from(terms.bias).ok()?);
            weights.extend(terms.weights.iter().map(|weight| weight.cast_unsigned()));
        }
        if let Form::Depthwise(_) = sums.form {
            weights = (0..sums.taps.len())
                .flat_map(|tap| weights.iter().skip(tap).step_by(sums.taps.len()).copied())
                .collect();
        }
        if !sums.is(&weights, &biases) {
            let filter = self.filter(sums, weights, [&rows, &channels]);
            let bias = biases.iter().any(|&bias| bias != 0).then(|| {
                self.constant(Constant {
                    shape: vec![rows.len()],
                    element: Element::Int32,
                    quant: None,
                    data: biases.iter().flat_map(|bias| bias.to_le_bytes()).collect(),
                })
            });
            operator.inputs = vec![Some(sums.input), Some(filter), bias];
        }
        Some(())
    }

    /// Weights of these rows and channels in the order of the file.
    fn filter(
        &mut self,
        sums: &Sums<'_>,
        weights: Vec<u8>,
        [rows, channels]: [&[usize]; 2],
    ) -> TensorId {
        let filter = &self.net.tensors[sums.filter];
        let mut shape = filter.shape.clone();
        let last = shape.len() - 1;
        match sums.form {
            Form::Depthwise(_) => shape[last] = rows.len(),
            Form::Groups(1) => (shape[0], shape[last]) = (rows.len(), channels.len()),
            Form::Groups(_) => {}
        }
        let (element, quant) = (filter.element, filter.quant.as_ref());
        self.constant(Constant {
            shape,
            element,
            quant: quant.map(|quant| of_rows(quant, rows)),
            data: match element {
                Element::Int4 => halves(&weights),
                _ => weights,
            },
        })
    }

    /// The weights of a row that stays, for each tap those of these channels, and its bias.
    fn row(&self, sums: &Sums<'_>, row: usize, channels: &[usize]) -> Row {
        let read = sums.read_by(row);
        let read: Vec<usize> = channels
            .iter()
            .copied()
            .filter(|c| read.contains(c))
            .collect();
        let mut made = Row {
            weights: vec![0; sums.taps.len() * read.len()],
            bias: 0,
        };
        if self.analysis.facts[sums.output].of(row).single().is_some() {
            made.bias = sums.constant(row);
            return made;
        }
        if self.fate(sums.output, row) == Fate::Filler {
            return made;
        }
        made.bias = sums.bias(row).into();
        let needed = |channel: usize| self.fate(sums.input, channel) == Fate::Needed;
        for channel in sums.read_by(row).filter(|&channel| !needed(channel)) {
            made.bias += sums.share(row, channel).unwrap_or(0);
        }
        for tap in 0..sums.taps.len() {
            for (place, &channel) in read.iter().enumerate().filter(|(_, c)| needed(**c)) {
                made.weights[tap * read.len() + place] = sums.weight(row, tap, channel);
            }
        }
        made
    }

    fn fate(&self, tensor: TensorId, channel: usize) -> Fate {
        self.stays.fate(self.analysis, tensor, channel)
    }

    /// Adds a constant behind those of the file.
    fn constant(&mut self, constant: Constant) -> TensorId {
        self.pruned.constants.push(constant);
        self.net.tensors.len() + self.pruned.constants.len() - 1
    }
}

/// The weights of a row, and its bias.
struct Row {
    weights: Vec<i8>,
    bias: i64,
}

/// The scales of these rows.
fn of_rows(quant: &Quantisation, rows: &[usize]) -> Quantisation {
    match quant.scales.len() {
        1 => quant.clone(),
        _ => Quantisation {
            scales: rows.iter().map(|&row| quant.scales[row]).collect(),
            zero_points: rows.iter().map(|&row| quant.zero_points[row]).collect(),
            axis: quant.axis,
        },
    }
}

/// Two values a byte, the first in the lower half.
fn halves(values: &[u8]) -> Vec<u8> {
    let pairs = values.chunks(2);
    pairs
        .map(|pair| pair[0] & 15 | pair.get(1).unwrap_or(&0) << 4)
        .collect()
}
