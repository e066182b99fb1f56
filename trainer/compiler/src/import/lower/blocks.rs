//! SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: blocks of pixels become samples, and the other way round.

use super::mapping::{Along, Mapping};
use super::scales::quant;
use super::{Lowering, MOST_VALUES, refuse, sides};
use crate::import::error::ImportError;
use crate::import::integers::integers;
use crate::import::net::{Op, Operator};

/// The longest side of a view.
const MOST_SIDE: usize = u16::MAX as usize;

/// What becomes of a shape: it is padded and taken apart, or put together and cropped.
pub struct Blocks {
    /// Which values of the padded input, or of the whole input, in their new order.
    order: Mapping,
    /// The padding of the input before that, or the choice after it.
    edges: Mapping,
    /// The shape between the two.
    between: Vec<usize>,
    /// The shape in the end.
    pub shape: Vec<usize>,
}

impl Blocks {
    /// Blocks of a shape `[batch, sides, rest]`; edges are paddings where they become samples, else crops, two for each side.
    pub fn of(
        shape: &[usize],
        block: &[i64],
        edges: &[i64],
        to_batch: bool,
    ) -> Result<Self, String> {
        let fits = || {
            let small = |&number: &i64| usize::try_from(number).ok().filter(|&n| n <= MOST_SIDE);
            let block: Vec<usize> = block.iter().map(small).collect::<Option<_>>()?;
            let edges: Vec<usize> = edges.iter().map(small).collect::<Option<_>>()?;
            let (&batch, inner) = shape.split_first()?;
            let (inner, rest) = inner.split_at_checked(block.len())?;
            let sound = shape.iter().all(|side| (1..=MOST_SIDE).contains(side))
                && block.iter().all(|&side| side > 0)
                && edges.len() == 2 * block.len();
            if !sound {
                return None;
            }
            let edges: Vec<[usize; 2]> = edges.as_chunks::<2>().0.to_vec();
            let parts = Parts {
                batch,
                inner,
                rest,
                block,
                edges,
            };
            match to_batch {
                true => parts.to_batch(),
                false => parts.to_space(),
            }
        };
        fits().ok_or_else(|| {
            format!("blocks {block:?} with edges {edges:?} do not fit the shape {shape:?}")
        })
    }
}

struct Parts<'m> {
    batch: usize,
    inner: &'m [usize],
    rest: &'m [usize],
    block: Vec<usize>,
    edges: Vec<[usize; 2]>,
}

impl Parts<'_> {
    fn shape(&self, batch: usize, inner: &[usize]) -> Option<Vec<usize>> {
        let shape = [&[batch], inner, self.rest].concat();
        let len = shape
            .iter()
            .try_fold(1usize, |len, &side| len.checked_mul(side))?;
        let sound = shape.iter().all(|side| (1..=MOST_SIDE).contains(side));
        (sound && len <= MOST_VALUES).then_some(shape)
    }

    fn samples(&self) -> Option<usize> {
        self.block
            .iter()
            .try_fold(1usize, |all, &side| all.checked_mul(side))
    }

    /// A sample for each place in a block, all samples of a place together.
    fn to_batch(&self) -> Option<Blocks> {
        let padded = self.inner.iter().zip(&self.edges);
        let padded: Vec<usize> = padded
            .map(|(side, [before, after])| side + before + after)
            .collect();
        let pairs = || padded.iter().zip(&self.block);
        if pairs().any(|(side, block)| !side.is_multiple_of(*block)) {
            return None;
        }
        let between = self.shape(self.batch, &padded)?;
        let small: Vec<usize> = pairs().map(|(side, block)| side / block).collect();
        let shape = self.shape(self.batch.checked_mul(self.samples()?)?, &small)?;
        let apart: Vec<usize> = pairs().flat_map(|(&s, &b)| [s / b, b]).collect();
        let axes = Mapping::of(&[&[self.batch], &apart[..], self.rest].concat()).axes;
        let count = self.block.len();
        let of = |at: usize| axes[at].clone();
        let mut order: Vec<Along> = (0..count).map(|at| of(2 + 2 * at)).collect();
        order.push(of(0));
        order.extend((0..count).map(|at| of(1 + 2 * at)));
        order.extend_from_slice(&axes[1 + 2 * count..]);
        let mut edges = Mapping::of(&self.shape(self.batch, self.inner)?);
        for (at, &[before, after]) in self.edges.iter().enumerate() {
            let indices = &mut edges.axes[1 + at].indices;
            let inside = std::mem::take(indices);
            indices.extend(std::iter::repeat_n(None, before));
            indices.extend(inside);
            indices.extend(std::iter::repeat_n(None, after));
        }
        Some(Blocks {
            order: Mapping { axes: order },
            edges,
            between,
            shape,
        })
    }

    /// The reverse, cropped.
    fn to_space(&self) -> Option<Blocks> {
        let samples = self.samples()?;
        let batch = self.batch / samples;
        if batch * samples != self.batch {
            return None;
        }
        let pairs = || self.inner.iter().zip(&self.block);
        let large: Vec<usize> = pairs().map(|(side, block)| side * block).collect();
        let between = self.shape(batch, &large)?;
        let apart = [&self.block[..], &[batch], self.inner, self.rest].concat();
        let axes = Mapping::of(&apart).axes;
        let count = self.block.len();
        let of = |at: usize| axes[at].clone();
        let mut order = vec![of(count)];
        order.extend((0..count).flat_map(|at| [of(count + 1 + at), of(at)]));
        order.extend_from_slice(&axes[1 + 2 * count..]);
        let mut edges = Mapping::of(&between);
        let mut left = Vec::new();
        for (at, &[before, after]) in self.edges.iter().enumerate() {
            let end = large[at].checked_sub(after).filter(|&end| end > before)?;
            edges.axes[1 + at].indices = (before..end).map(Some).collect();
            left.push(end - before);
        }
        Some(Blocks {
            order: Mapping { axes: order },
            edges,
            shape: self.shape(batch, &left)?,
            between,
        })
    }
}

impl Lowering<'_, '_> {
    /// SPACE_TO_BATCH_ND, which pads with real zero, and BATCH_TO_SPACE_ND.
    pub(super) fn blocks(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let (&[Some(input), Some(block), Some(edges)], &[output]) =
            (&operator.inputs[..], &operator.outputs[..])
        else {
            return Err(refuse(operator, "lacks an operand"));
        };
        let numbers = |id| {
            integers(self.tensor(id))
                .ok_or_else(|| refuse(operator, "its blocks are no constant whole numbers"))
        };
        let to_batch = operator.op == Op::SpaceToBatch;
        let shape = &self.tensor(input).shape;
        let blocks = Blocks::of(shape, &numbers(block)?, &numbers(edges)?, to_batch)
            .map_err(|problem| refuse(operator, problem))?;
        let (from, to) = (quant(self.net, input)?, quant(self.net, output)?);
        let stated = &self.tensor(output).shape;
        if from != to || blocks.shape != *stated {
            return Err(refuse(
                operator,
                format!(
                    "makes the shape {:?} of its scale, and the file says {stated:?}; convert the network with fixed shapes",
                    blocks.shape
                ),
            ));
        }
        let within = |shape: &[usize]| {
            sides(shape)
                .ok_or_else(|| refuse(operator, "makes a side of 0, or of more than 65,535"))
        };
        let (between, last) = (within(&blocks.between)?, within(&blocks.shape)?);
        let fill = to.zero_point as i8;
        let (first, second) = match to_batch {
            true => (&blocks.edges, &blocks.order),
            false => (&blocks.order, &blocks.edges),
        };
        let view = self.operand(input)?;
        let view = self.mapped(operator, view, first, (between, fill))?;
        let view = self.mapped(operator, view, second, (last, fill))?;
        self.views[output] = Some(view);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_are_taken_apart_and_put_together_are_what_they_were() {
        let apart = Blocks::of(&[1, 5, 3, 2], &[2, 3], &[1, 0, 1, 2], true).unwrap();
        assert_eq!(
            (&apart.between[..], &apart.shape[..]),
            (&[1, 6, 6, 2][..], &[6, 3, 2, 2][..])
        );
        let back = Blocks::of(&apart.shape, &[2, 3], &[1, 0, 1, 2], false).unwrap();
        assert_eq!(back.shape, [1, 5, 3, 2]);
        let (pads, order) = (apart.edges.places(), apart.order.places());
        let (again, crops) = (back.order.places(), back.edges.places());
        let through: Vec<_> = crops
            .iter()
            .map(|at| pads[order[again[at.unwrap()].unwrap()].unwrap()])
            .collect();
        assert_eq!(through, (0..30).map(Some).collect::<Vec<_>>());
        // The first sample holds every second row and third column of what is padded.
        assert_eq!(order[..4], [Some(0), Some(1), Some(6), Some(7)]);
        assert!(Blocks::of(&[1, 5, 3, 2], &[2, 3], &[0, 0, 0, 0], true).is_err());
        assert!(Blocks::of(&[5, 3, 2, 2], &[2, 3], &[0, 0, 0, 0], false).is_err());
    }
}
