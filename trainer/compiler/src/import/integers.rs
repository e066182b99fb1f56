//! Tensors of plain integers: shapes, axes, indices.

use super::lower::mapping::Mapping;
use super::net::{Element, Tensor};

/// Integers that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers {
    /// Their shape.
    pub shape: Vec<usize>,
    /// As many as the shape asks for.
    pub values: Vec<i64>,
}

impl Integers {
    /// A row of values.
    pub fn row(values: impl IntoIterator<Item = i64>) -> Self {
        let values: Vec<i64> = values.into_iter().collect();
        Integers {
            shape: vec![values.len()],
            values,
        }
    }

    /// A function of two operands, each value with that at its place; the smaller one is repeated. `None` where it has no value, or shapes
    /// do not fit.
    pub fn with(
        &self,
        other: &Integers,
        function: impl Fn(i64, i64) -> Option<i64>,
    ) -> Option<Integers> {
        let larger = match self.values.len() >= other.values.len() {
            true => self,
            false => other,
        };
        let repeated = |operand: &Integers| -> Option<Vec<i64>> {
            let places = Mapping::repeated(&operand.shape, &larger.shape)?.places();
            let value = |at: Option<usize>| operand.values.get(at?).copied();
            places.into_iter().map(value).collect()
        };
        let pairs = repeated(self)?.into_iter().zip(repeated(other)?);
        let values: Option<Vec<i64>> = pairs.map(|(a, b)| function(a, b)).collect();
        Some(Integers {
            shape: larger.shape.clone(),
            values: values?,
        })
    }

    /// The values as sides of a shape, whose product is addressable.
    pub fn shape_of_values(&self) -> Option<Vec<usize>> {
        let sides = self.values.iter().map(|&side| usize::try_from(side).ok());
        let sides: Vec<usize> = sides.collect::<Option<_>>()?;
        sides
            .iter()
            .try_fold(1usize, |len, &side| len.checked_mul(side))?;
        Some(sides)
    }
}

/// The values of a constant int32 or int64 tensor.
pub fn integers(tensor: &Tensor<'_>) -> Option<Vec<i64>> {
    let data = match tensor.data {
        Some(data) => data,
        None if tensor.is_empty() => &[],
        None => return None,
    };
    match tensor.element {
        Element::Int32 => {
            let (words, _) = data.as_chunks::<4>();
            let wide = words.iter().map(|&word| i32::from_le_bytes(word).into());
            Some(wide.collect())
        }
        Element::Int64 => {
            let (words, _) = data.as_chunks::<8>();
            Some(words.iter().map(|&word| i64::from_le_bytes(word)).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_operand_is_repeated() {
        let (row, number) = (Integers::row([2, 3, 4]), Integers::row([5]));
        let product = row.with(&number, i64::checked_mul);
        assert_eq!(product, Some(Integers::row([10, 15, 20])));
        assert_eq!(
            number.with(&row, i64::checked_sub),
            Some(Integers::row([3, 2, 1]))
        );
        assert_eq!(row.with(&Integers::row([1, 2]), i64::checked_add), None);
        assert_eq!(row.with(&Integers::row([i64::MAX]), i64::checked_add), None);
    }

    #[test]
    fn a_shape_has_no_negative_side_and_an_addressable_product() {
        assert_eq!(Integers::row([2, 3]).shape_of_values(), Some(vec![2, 3]));
        assert_eq!(Integers::row([2, -1]).shape_of_values(), None);
        assert_eq!(Integers::row([i64::MAX, 4]).shape_of_values(), None);
    }
}
