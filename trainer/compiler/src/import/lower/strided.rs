//! STRIDED_SLICE: what Python's `x[begin:end:stride, ..., newaxis, number]` chooses.

use super::mapping::{Along, Mapping};

/// The numbers of a slice, one for each part between the brackets.
pub struct Strided {
    /// First indices.
    pub begins: Vec<i64>,
    /// Indices behind the last ones.
    pub ends: Vec<i64>,
    /// Steps between indices.
    pub strides: Vec<i64>,
    /// Parts whose first index does not count.
    pub begin_mask: u32,
    /// Parts whose end does not count.
    pub end_mask: u32,
    /// The part that stands for all axes that are not named.
    pub ellipsis_mask: u32,
    /// Parts that are new axes of one place.
    pub new_axis_mask: u32,
    /// Parts that are one index, whose axis goes.
    pub shrink_axis_mask: u32,
    /// Ends are counted from the first indices.
    pub offset: bool,
}

impl Strided {
    /// The values that it chooses of this shape, whose sides are not 0.
    pub fn mapping(&self, shape: &[usize]) -> Result<Mapping, String> {
        let parts = self.begins.len();
        if self.ends.len() != parts || self.strides.len() != parts || parts > 32 {
            return Err("has lists of different lengths, or of more than 32 numbers".to_owned());
        }
        let is = |mask: u32, part: usize| mask >> part & 1 == 1;
        let ellipsis = (0..parts).find(|&part| is(self.ellipsis_mask, part));
        let named = (0..parts)
            .filter(|&part| Some(part) != ellipsis && !is(self.new_axis_mask, part))
            .count();
        let unnamed = shape
            .len()
            .checked_sub(named)
            .ok_or_else(|| format!("names {named} axes of the shape {shape:?}"))?;
        let mut axes = Mapping::of(shape).axes.into_iter();
        let mut chosen: Vec<Along> = Vec::new();
        for part in 0..parts {
            if Some(part) == ellipsis {
                chosen.extend(axes.by_ref().take(unnamed));
            } else if is(self.new_axis_mask, part) {
                chosen.push(Along {
                    indices: vec![Some(0)],
                    step: 0,
                });
            } else if let Some(along) = axes.next() {
                let indices = self.along(part, along.indices.len() as i64)?;
                chosen.push(Along { indices, ..along });
            }
        }
        chosen.extend(axes);
        Ok(Mapping { axes: chosen })
    }

    /// The indices that one part chooses along an axis of this length.
    fn along(&self, part: usize, side: i64) -> Result<Vec<Option<usize>>, String> {
        let is = |mask: u32| mask >> part & 1 == 1;
        let (begin, end) = (self.begins[part], self.ends[part]);
        let stride = self.strides[part];
        if stride == 0 {
            return Err("has a stride of 0".to_owned());
        }
        let (low, high) = if stride > 0 {
            (0, side)
        } else {
            (-1, side - 1)
        };
        let counted = |index: i64| {
            let index = if index < 0 {
                index.saturating_add(side)
            } else {
                index
            };
            index.clamp(low, high)
        };
        let first = match (is(self.begin_mask), stride > 0) {
            (true, true) => 0,
            (true, false) => side - 1,
            (false, _) => counted(begin),
        };
        if is(self.shrink_axis_mask) {
            let index = usize::try_from(first).ok().filter(|_| first < side);
            let index = index.ok_or_else(|| format!("takes number {begin} of {side} values"))?;
            return Ok(vec![Some(index)]);
        }
        let end = match (is(self.end_mask), self.offset) {
            (true, _) if stride > 0 => side,
            (true, _) => -1,
            (false, true) => first.saturating_add(end).clamp(low, high),
            (false, false) => counted(end),
        };
        let mut indices = Vec::new();
        let mut index = first;
        while (stride > 0 && index < end) || (stride < 0 && index > end) {
            indices.push(Some(index as usize));
            index = index.saturating_add(stride);
        }
        match indices.is_empty() {
            true => Err(format!("takes no values of {side}")),
            false => Ok(indices),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a slice of one axis chooses, as Python writes it: `None` where an end does not count.
    fn chosen(
        side: usize,
        begin: Option<i64>,
        end: Option<i64>,
        stride: i64,
    ) -> Option<Vec<usize>> {
        let strided = Strided {
            begins: vec![begin.unwrap_or(99)],
            ends: vec![end.unwrap_or(99)],
            strides: vec![stride],
            begin_mask: begin.is_none().into(),
            end_mask: end.is_none().into(),
            ellipsis_mask: 0,
            new_axis_mask: 0,
            shrink_axis_mask: 0,
            offset: false,
        };
        let mapping = strided.mapping(&[side]).ok()?;
        mapping.places().into_iter().collect()
    }

    #[test]
    fn slices_are_those_of_python() {
        assert_eq!(chosen(5, Some(1), Some(-1), 1), Some(vec![1, 2, 3]));
        assert_eq!(chosen(5, None, None, -2), Some(vec![4, 2, 0]));
        assert_eq!(chosen(5, Some(-9), Some(9), 3), Some(vec![0, 3]));
        assert_eq!(chosen(5, Some(3), Some(0), -1), Some(vec![3, 2, 1]));
        assert_eq!(chosen(5, Some(3), Some(2), 1), None);
        assert_eq!(chosen(5, None, None, 0), None);
    }

    #[test]
    fn axes_come_and_go() {
        let strided = |shrink, new, ellipsis| Strided {
            begins: vec![1, 0],
            ends: vec![2, 2],
            strides: vec![1, 1],
            begin_mask: 0,
            end_mask: 0,
            ellipsis_mask: ellipsis,
            new_axis_mask: new,
            shrink_axis_mask: shrink,
            offset: false,
        };
        let places = |strided: Strided, shape: &[usize]| {
            let places = strided.mapping(shape).unwrap().places();
            places.into_iter().flatten().collect::<Vec<_>>()
        };
        assert_eq!(places(strided(1, 0, 0), &[3, 4]), [4, 5]);
        assert_eq!(places(strided(0, 1, 0), &[3]), [0, 1]);
        assert_eq!(
            places(strided(0, 0, 1), &[2, 2, 3]),
            [0, 1, 3, 4, 6, 7, 9, 10]
        );
        assert!(strided(0, 0, 0).mapping(&[3]).is_err());
    }
}
