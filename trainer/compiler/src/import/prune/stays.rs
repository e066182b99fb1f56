//! Which channels stay.

use super::analysis::Analysis;
use super::links::Link;
use super::sums::{Form, Sums};
use crate::import::net::{Net, TensorId};

/// Channels that kernels read at a time: a number of channels that stay is a multiple of it where it can be.
const UNIT: usize = 4;

/// What becomes of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is taken out.
    Gone,
    /// It fills a unit up, and nobody reads it.
    Filler,
    /// Its values count.
    Needed,
}

/// What becomes of all channels.
#[derive(Clone, Debug)]
pub struct Stays {
    /// By the channel that stands for a set.
    fates: Vec<Fate>,
}

impl Stays {
    /// Decides over a network: what an output or an operator without known channels reads is needed, and so is what the sums of such
    /// a channel read, unless they can do with a larger bias.
    pub fn of(net: &Net<'_>, analysis: &Analysis<'_>) -> Self {
        let channels = analysis.periods.iter().sum();
        let mut stays = Stays {
            fates: vec![Fate::Gone; channels],
        };
        let mut makers: Vec<Option<&Sums<'_>>> = vec![None; net.tensors.len()];
        for linked in &analysis.links {
            if let Link::Sums(sums) = linked {
                makers[sums.output] = Some(sums);
            }
        }
        let mut open: Vec<usize> = Vec::new();
        for tensor in pinned(net, analysis) {
            for channel in 0..analysis.periods[tensor] {
                stays.need(analysis, analysis.place(tensor, channel), &mut open);
            }
        }
        while let Some(place) = open.pop() {
            for member in analysis.classes.members(place) {
                let (tensor, channel) = analysis.at(member);
                if let Some(sums) = makers[tensor] {
                    stays.need_of(analysis, sums, channel, &mut open);
                }
            }
        }
        stays.fill(analysis);
        stays
    }

    /// What becomes of a channel.
    pub fn fate(&self, analysis: &Analysis<'_>, tensor: TensorId, channel: usize) -> Fate {
        self.fates[analysis.classes.root(analysis.place(tensor, channel))]
    }

    /// The channels of a tensor that are not taken out.
    pub fn left(&self, analysis: &Analysis<'_>, tensor: TensorId) -> Vec<usize> {
        let channels = 0..analysis.periods[tensor];
        channels
            .filter(|&channel| self.fate(analysis, tensor, channel) != Fate::Gone)
            .collect()
    }

    /// Needs a channel, and all that belong to it.
    fn need(&mut self, analysis: &Analysis<'_>, place: usize, open: &mut Vec<usize>) {
        let root = analysis.classes.root(place);
        if self.fates[root] != Fate::Needed {
            self.fates[root] = Fate::Needed;
            open.push(root);
        }
    }

    /// Needs what the sums of a row read.
    fn need_of(
        &mut self,
        analysis: &Analysis<'_>,
        sums: &Sums<'_>,
        row: usize,
        open: &mut Vec<usize>,
    ) {
        // The channels of a depthwise layer belong together anyway.
        let constant = analysis.facts[sums.output].of(row).single().is_some();
        if constant || matches!(sums.form, Form::Depthwise(_)) {
            return;
        }
        for channel in sums.read_by(row) {
            if sums.share(row, channel).is_none() {
                self.need(analysis, analysis.place(sums.input, channel), open);
            }
        }
    }

    /// Puts channels back until numbers of channels are multiples of [`UNIT`], or as large as they were.
    fn fill(&mut self, analysis: &Analysis<'_>) {
        loop {
            let mut filled = false;
            for linked in analysis.links.iter().rev() {
                let Link::Sums(sums) = linked else { continue };
                let made = self.left(analysis, sums.output).len();
                filled |= self.fill_one(analysis, sums.output, made.next_multiple_of(UNIT));
                // A layer that stays reads something.
                if made > 0 {
                    let read = self.left(analysis, sums.input).len().max(1);
                    filled |= self.fill_one(analysis, sums.input, read.next_multiple_of(UNIT));
                }
            }
            if !filled {
                return;
            }
        }
    }

    /// Puts back channels of a tensor until there are so many, if there were; whether there were fewer.
    fn fill_one(&mut self, analysis: &Analysis<'_>, tensor: TensorId, wanted: usize) -> bool {
        let channels = analysis.periods[tensor];
        let left = self.left(analysis, tensor).len();
        let wanted = match wanted <= channels {
            true => wanted,
            false => left.max(1).min(channels),
        };
        let gone = (0..channels).filter(|&c| self.fate(analysis, tensor, c) == Fate::Gone);
        let back: Vec<usize> = gone.take(wanted.saturating_sub(left)).collect();
        for &channel in &back {
            let root = analysis.classes.root(analysis.place(tensor, channel));
            self.fates[root] = Fate::Filler;
        }
        !back.is_empty()
    }
}

/// Tensors all of whose channels are needed.
fn pinned(net: &Net<'_>, analysis: &Analysis<'_>) -> Vec<TensorId> {
    let mut pinned: Vec<TensorId> = net.inputs.iter().chain(&net.outputs).copied().collect();
    for (linked, &number) in analysis.links.iter().zip(&analysis.live) {
        let operator = &net.operators[number];
        match linked {
            Link::Whole => {
                pinned.extend(operator.inputs.iter().flatten());
                pinned.extend(&operator.outputs);
            }
            Link::Sums(sums) => {
                let grouped = matches!(sums.form, Form::Groups(groups) if groups > 1);
                if grouped {
                    pinned.push(sums.output);
                }
                if grouped || !sums.channels.is_multiple_of(analysis.periods[sums.input]) {
                    pinned.push(sums.input);
                }
            }
            Link::Same(_) | Link::Joined(_) => {}
        }
    }
    // Constants have no channels here.
    pinned.retain(|&tensor| analysis.periods[tensor] > 0);
    pinned
}
