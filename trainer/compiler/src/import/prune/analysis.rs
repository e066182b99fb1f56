//! What is known of a network's channels: what they may be, and which of them belong together.

use super::classes::Classes;
use super::facts::facts_of;
use super::links::{Link, link};
use super::range::Facts;
use super::sums::Form;
use crate::import::net::{Net, Operator, TensorId};

/// Operators that are looked at; a model file holds fewer.
const MOST_OPERATORS: usize = 1024;
/// Channels of all tensors that are looked at; a network with more of them stays as it is.
const MOST_CHANNELS: usize = 1 << 20;
/// Weights that are looked at, those of a shared constant each time.
const MOST_WEIGHTS: usize = 1 << 26;

/// The channels of a network.
#[derive(Clone, Debug)]
pub struct Analysis<'n> {
    /// Numbers of the operators whose results count, in order.
    pub live: Vec<usize>,
    /// What each live operator does to channels.
    pub links: Vec<Link<'n>>,
    /// Intervals of each tensor.
    pub facts: Vec<Facts>,
    /// Channels of each computed tensor, in which its values come one after the other; 0 of all others. One channel stands for all
    /// where nobody will take one out.
    pub periods: Vec<usize>,
    /// Channels that belong together.
    pub classes: Classes,
    /// The place of each computed tensor's first channel among all.
    first: Vec<usize>,
    /// The tensor of each channel.
    owners: Vec<TensorId>,
}

impl<'n> Analysis<'n> {
    /// Looks at a network; `None` where it is so large that this would take long.
    pub fn of(net: &'n Net<'_>) -> Option<Self> {
        let live = live(net);
        if live.len() > MOST_OPERATORS {
            return None;
        }
        let mut analysis = Analysis {
            links: Vec::with_capacity(live.len()),
            live,
            facts: vec![Facts::unknown(); net.tensors.len()],
            periods: vec![0; net.tensors.len()],
            classes: Classes::new(0),
            first: vec![0; net.tensors.len()],
            owners: Vec::new(),
        };
        let (mut channels, mut weights) = (0usize, 0usize);
        let mut computed = vec![false; net.tensors.len()];
        for &input in &net.inputs {
            (analysis.periods[input], computed[input]) = (1, true);
        }
        for place in 0..analysis.live.len() {
            let operator = &net.operators[analysis.live[place]];
            let linked = link(net, operator, (&computed, &analysis.facts));
            if let Link::Sums(sums) = &linked {
                weights = weights.saturating_add(sums.len());
            }
            let linked = analysis.periods_of(net, operator, linked);
            for &output in &operator.outputs {
                computed[output] = true;
                channels = channels.saturating_add(analysis.periods[output]);
            }
            if channels > MOST_CHANNELS || weights > MOST_WEIGHTS {
                return None;
            }
            if let &[output] = &operator.outputs[..] {
                analysis.facts[output] = facts_of(net, operator, &linked, &analysis.facts);
            }
            analysis.links.push(linked);
        }
        analysis.tie(net);
        Some(analysis)
    }

    /// The place of a tensor's channel among all.
    pub fn place(&self, tensor: TensorId, channel: usize) -> usize {
        self.first[tensor] + channel % self.periods[tensor]
    }

    /// The tensor and the channel at a place.
    pub fn at(&self, place: usize) -> (TensorId, usize) {
        let tensor = self.owners[place];
        (tensor, place - self.first[tensor])
    }

    /// Gives the results of an operator their channels; where that cannot be, the operator is one that nothing is known of.
    fn periods_of(&mut self, net: &Net<'_>, operator: &Operator, linked: Link<'n>) -> Link<'n> {
        let periods = &self.periods;
        let found = match (&linked, &operator.outputs[..]) {
            (Link::Sums(sums), _) => Some(sums.rows),
            (Link::Same(operands), &[output]) => {
                let most = operands.iter().map(|&id| periods[id]).max();
                let ids = operands.iter().chain([&output]);
                let divides = |most: &usize| {
                    let last = |id: &TensorId| net.tensors[*id].shape.last().copied().unwrap_or(1);
                    operands.iter().all(|&id| most.is_multiple_of(periods[id]))
                        && ids.clone().all(|id| last(id).is_multiple_of(*most))
                };
                most.filter(divides)
            }
            (Link::Joined(operands), &[output]) => {
                let last = |id: &TensorId| net.tensors[*id].shape.last().copied().unwrap_or(1);
                let divides = |id: &TensorId| last(id).is_multiple_of(periods[*id]);
                operands.iter().all(divides).then(|| last(&output))
            }
            _ => None,
        };
        let found = found.filter(|&period| period > 0);
        for &output in &operator.outputs {
            self.periods[output] = found.unwrap_or(1);
        }
        match found {
            Some(_) => linked,
            None => Link::Whole,
        }
    }

    /// Makes sets of channels that belong together.
    fn tie(&mut self, net: &Net<'_>) {
        for (tensor, &period) in self.periods.iter().enumerate() {
            self.first[tensor] = self.owners.len();
            self.owners.extend(std::iter::repeat_n(tensor, period));
        }
        self.classes = Classes::new(self.owners.len());
        for place in 0..self.live.len() {
            let operator = &net.operators[self.live[place]];
            let mut pairs = Vec::new();
            match (&self.links[place], &operator.outputs[..]) {
                (Link::Sums(sums), _) => {
                    if let Form::Depthwise(multiplier) = sums.form {
                        let row = |row| (sums.input, row / multiplier, sums.output, row);
                        pairs.extend((0..sums.rows).map(row));
                    }
                }
                (Link::Same(operands), &[output]) => {
                    for &operand in operands {
                        let channels = 0..self.periods[output];
                        pairs.extend(channels.map(|channel| (operand, channel, output, channel)));
                    }
                }
                (Link::Joined(operands), &[output]) => {
                    let mut before = 0;
                    for &operand in operands {
                        let channels = net.tensors[operand].shape.last().copied().unwrap_or(1);
                        pairs.extend((0..channels).map(|c| (operand, c, output, before + c)));
                        before += channels;
                    }
                }
                _ => {}
            }
            for (from, channel, to, made) in pairs {
                let (from, to) = (self.place(from, channel), self.place(to, made));
                self.classes.join(from, to);
            }
        }
    }
}

/// The operators that an output of the network needs, or that have no result and so must do something else.
fn live(net: &Net<'_>) -> Vec<usize> {
    let mut needed = vec![false; net.tensors.len()];
    net.outputs.iter().for_each(|&output| needed[output] = true);
    let mut live = Vec::new();
    for (number, operator) in net.operators.iter().enumerate().rev() {
        if operator.outputs.is_empty() || operator.outputs.iter().any(|&id| needed[id]) {
            operator
                .inputs
                .iter()
                .flatten()
                .for_each(|&id| needed[id] = true);
            live.push(number);
        }
    }
    live.reverse();
    live
}
