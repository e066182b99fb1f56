//! Which value of an input each value of an output is: what padding, slicing, transposing, gathering, repeating have in common.

use tillsense_core::model::records::{FILL, MAX_AXES};

/// A choice of values, along each axis of the output by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Axes of the output, outermost first.
    pub axes: Vec<Along>,
}

/// The choice along one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Along {
    /// For each place the index along an axis of the input; `None` of what is filled.
    pub indices: Vec<Option<usize>>,
    /// Values of the input between two indices.
    pub step: usize,
}

/// A mapping in its shortest form: runs of values that lie side by side in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Where the run of all indices 0 starts in the input.
    pub start: i64,
    /// Axes that are left, outermost first.
    pub axes: Vec<Strides>,
    /// Values of a run.
    pub run: usize,
}

/// An axis over runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strides {
    /// Places.
    pub count: usize,
    /// From index to index in the input.
    pub step: i64,
    /// An index for each place, where they are not 0, 1, 2, ...
    pub table: Vec<u16>,
}

/// Values between neighbours along each axis of a shape.
fn steps(shape: &[usize]) -> Vec<usize> {
    let inner = |axis: usize| shape[axis + 1..].iter().product();
    (0..shape.len()).map(inner).collect()
}

impl Mapping {
    /// All values of a shape in their order.
    pub fn of(shape: &[usize]) -> Self {
        let along = |(&side, step): (&usize, usize)| Along {
            indices: (0..side).map(Some).collect(),
            step,
        };
        Mapping {
            axes: shape.iter().zip(steps(shape)).map(along).collect(),
        }
    }

    /// The same with another choice along an axis.
    pub fn with(mut self, axis: usize, indices: Vec<Option<usize>>) -> Self {
        self.axes[axis].indices = indices;
        self
    }

    /// The same with its six axes in another order.
    pub fn in_order(self, order: [usize; 6]) -> Self {
        let axes = order.iter().map(|&axis| self.axes[axis].clone());
        Mapping {
            axes: axes.collect(),
        }
    }

    /// How TensorFlow Lite repeats an operand: shapes are aligned at their last sides, and a side of 1 is repeated. `None` where a side is
    /// neither 1 nor the other's.
    pub fn repeated(from: &[usize], to: &[usize]) -> Option<Self> {
        let missing = to.len().checked_sub(from.len())?;
        let aligned = [&vec![1; missing], from].concat();
        let mut mapping = Mapping::of(&aligned);
        for (along, (&side, &wanted)) in mapping.axes.iter_mut().zip(aligned.iter().zip(to)) {
            if side != wanted {
                if side != 1 {
                    return None;
                }
                along.indices = vec![Some(0); wanted];
            }
        }
        Some(mapping)
    }

    /// Number of values of the output.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|along| along.indices.len()).product()
    }

    /// The place of each value in the input, in the order of the output.
    pub fn places(&self) -> Vec<Option<usize>> {
        let mut places = vec![Some(0)];
        for along in &self.axes {
            let next = |place: &Option<usize>| -> Vec<Option<usize>> {
                let onward = along.indices.iter();
                onward
                    .map(|index| Some((*place)? + (*index)? * along.step))
                    .collect()
            };
            places = places.iter().flat_map(next).collect();
        }
        places
    }

    /// The shortest form; `None` where it has more axes or larger indices than a record holds.
    pub fn runs(&self) -> Option<Runs> {
        let mut runs = Runs {
            start: 0,
            axes: Vec::new(),
            run: 1,
        };
        let mut axes: Vec<Strides> = Vec::new();
        for along in &self.axes {
            let (start, strides) = along.strides()?;
            runs.start += start;
            axes.extend((strides.count != 1 || !strides.table.is_empty()).then_some(strides));
        }
        while let Some(last) = axes.pop_if(|a| a.table.is_empty() && a.step == runs.run as i64) {
            runs.run *= last.count;
        }
        for inner in axes.into_iter().rev() {
            match runs.axes.last_mut() {
                Some(last) if inner.joins(last) => {
                    last.count *= inner.count;
                }
                _ => runs.axes.push(inner),
            }
        }
        runs.axes.reverse();
        let fits = |axis: &Strides| {
            axis.count <= usize::from(u16::MAX) && i32::try_from(axis.step).is_ok()
        };
        (runs.axes.len() <= MAX_AXES && runs.axes.iter().all(fits)).then_some(runs)
    }
}

impl Along {
    /// What it adds to the start, and its axis.
    fn strides(&self) -> Option<(i64, Strides)> {
        let step = i64::try_from(self.step).ok()?;
        let place = |at: usize| Some(self.indices.get(at).copied()?? as i64);
        let first = place(0);
        let pace = place(1)
            .zip(first)
            .map_or(0, |(second, first)| second - first);
        let regular = first.is_some_and(|first| {
            let all = self.indices.iter().zip(0i64..);
            all.into_iter()
                .all(|(index, at)| index.map(|index| index as i64) == Some(first + at * pace))
        });
        if let Some(first) = first.filter(|_| regular) {
            let strides = Strides {
                count: self.indices.len(),
                step: pace * step,
                table: Vec::new(),
            };
            return Some((first * step, strides));
        }
        let number = |index: &Option<usize>| match index {
            None => Some(FILL),
            Some(index) => u16::try_from(*index).ok().filter(|&index| index != FILL),
        };
        let strides = Strides {
            count: self.indices.len(),
            step,
            table: self.indices.iter().map(number).collect::<Option<_>>()?,
        };
        Some((0, strides))
    }
}

impl Strides {
    /// Whether an axis and the one inside it are one.
    fn joins(&self, inner: &Strides) -> bool {
        let regular = self.table.is_empty() && inner.table.is_empty();
        let few = self.count * inner.count <= usize::from(u16::MAX);
        regular && few && self.step == inner.step * inner.count as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places that runs stand for.
    fn places(runs: &Runs) -> Vec<Option<usize>> {
        let mut starts = vec![Some(runs.start)];
        for axis in &runs.axes {
            let index = |place: usize| match axis.table.get(place) {
                Some(&FILL) => None,
                Some(&index) => Some(i64::from(index)),
                None => Some(place as i64),
            };
            let next = |start: &Option<i64>| -> Vec<Option<i64>> {
                let all = 0..axis.count;
                all.map(|place| Some((*start)? + index(place)? * axis.step))
                    .collect()
            };
            starts = starts.iter().flat_map(next).collect();
        }
        let run = |start: &Option<i64>| -> Vec<Option<usize>> {
            let all = 0..runs.run as i64;
            all.map(|at| Some(((*start)? + at) as usize)).collect()
        };
        starts.iter().flat_map(run).collect()
    }

    #[test]
    fn the_shortest_form_has_the_same_places() {
        let mut state = 7u64;
        let mut below = |n: usize| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as usize % n
        };
        for _ in 0..2000 {
            let shape: Vec<usize> = (0..1 + below(5)).map(|_| 1 + below(4)).collect();
            let mut mapping = Mapping::of(&shape);
            for (axis, &side) in shape.iter().enumerate() {
                let count = 1 + below(5);
                match below(6) {
                    0 => {
                        let gathered = (0..count).map(|_| Some(below(side)));
                        mapping.axes[axis].indices = gathered.collect();
                    }
                    1 => mapping.axes[axis].indices.insert(0, None),
                    2 => mapping.axes[axis].indices.reverse(),
                    3 => mapping.axes[axis].indices.truncate(count),
                    _ => {}
                }
            }
            if below(3) == 0 {
                let at = below(shape.len());
                mapping.axes.swap(0, at);
            }
            let runs = mapping.runs().unwrap();
            assert_eq!(places(&runs), mapping.places(), "{mapping:?} {runs:?}");
            assert_eq!(mapping.places().len(), mapping.len());
        }
    }

    #[test]
    fn what_lies_side_by_side_is_one_run() {
        let whole = Mapping::of(&[3, 1, 4]).runs().unwrap();
        assert_eq!((whole.start, whole.axes.len(), whole.run), (0, 0, 12));
        let rows = Mapping::of(&[3, 4])
            .with(0, vec![Some(1), Some(2)])
            .runs()
            .unwrap();
        assert_eq!((rows.start, rows.axes.len(), rows.run), (4, 0, 8));
        let turned = Mapping::repeated(&[2, 1], &[3, 2, 5])
            .unwrap()
            .runs()
            .unwrap();
        assert_eq!((turned.axes.len(), turned.run), (3, 1));
        assert_eq!(Mapping::repeated(&[2, 3], &[3, 2, 5]), None);
    }
}
