//! Products of two matrices that are both computed, or one of which is a constant.

use tillsense_core::model::records::{Matmul, Op as Record, Operand, Rounding, View};

use super::scales::{clamp, factor, quant};
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Element, Operator, TensorId};

/// Values less their zero points are below 2^8, and a sum of products below 2^30.
const MOST_TERMS: usize = (1 << 30) / (255 * 255);

impl Lowering<'_, '_> {
    /// BATCH_MATMUL.
    pub(super) fn matmul(
        &mut self,
        operator: &Operator,
        transposed: [bool; 2],
    ) -> Result<(), ImportError> {
        let ([a, b], output) = self.pair(operator)?;
        let sides = [self.matrices(operator, a)?, self.matrices(operator, b)?];
        let to = self.matrices(operator, output)?;
        let settings = (Rounding::Tflite, Activation::None);
        self.product_of(
            operator,
            ([a, b], output),
            (sides, to),
            transposed,
            settings,
        )
    }

    /// FULLY_CONNECTED with weights `[outputs, inputs]` that are computed.
    pub(super) fn dense_of_computed(
        &mut self,
        operator: &Operator,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let ([input, filter], output) = self.pair(operator)?;
        if let Some(Some(_)) = operator.inputs.get(2) {
            return Err(refuse(
                operator,
                "its weights are computed and it has a bias, which is not supported; add the bias behind it",
            ));
        }
        let &[outputs, depth] = &self.tensor(filter).shape[..] else {
            return Err(refuse(operator, "its weights are not [outputs, inputs]"));
        };
        let given = self.view(input)?.len();
        let rows = given / depth.max(1);
        let made = rows.checked_mul(outputs);
        if made != self.tensor(output).len() || rows.checked_mul(depth) != Some(given) {
            return Err(refuse(
                operator,
                "its input, weights and output do not fit together; convert anew",
            ));
        }
        let sides = [[1, rows, depth], [1, outputs, depth]];
        let settings = (Rounding::Nearest, activation);
        let operands = ([input, filter], output);
        let to = [1, rows, outputs];
        self.product_of(operator, operands, (sides, to), [false, true], settings)
    }

    /// The shape of a tensor as matrices: what is in front of the last two sides counts them.
    fn matrices(&self, operator: &Operator, tensor: TensorId) -> Result<[usize; 3], ImportError> {
        let shape = &self.tensor(tensor).shape;
        match shape[..] {
            [.., rows, columns] => {
                let count = shape[..shape.len() - 2].iter().product();
                Ok([count, rows, columns])
            }
            _ => Err(refuse(
                operator,
                format!("an operand of the shape {shape:?} is no matrix"),
            )),
        }
    }

    fn product_of(
        &mut self,
        operator: &Operator,
        ([a, b], output): ([TensorId; 2], TensorId),
        (sides, to): ([[usize; 3]; 2], [usize; 3]),
        transposed: [bool; 2],
        (rounding, activation): (Rounding, Activation),
    ) -> Result<(), ImportError> {
        let swapped = |[count, rows, columns]: [usize; 3], swap: bool| match swap {
            true => [count, columns, rows],
            false => [count, rows, columns],
        };
        let ([of_a, m, k], [of_b, other, n]) = (
            swapped(sides[0], transposed[0]),
            swapped(sides[1], transposed[1]),
        );
        let one_of = |count: usize| [1, to[0]].contains(&count);
        if k != other || to[1..] != [m, n] || !one_of(of_a) || !one_of(of_b) {
            return Err(refuse(
                operator,
                format!(
                    "matrices of the shapes {sides:?} do not make {to:?}, or are repeated along several sides, which is not supported"
                ),
            ));
        }
        if transposed[0] && of_b == 1 && to[0] > 1 {
            return Err(refuse(
                operator,
                "multiplies several transposed matrices by a single one, where the reference kernel reads memory that it has not written; transpose the first operand by an operator of its own",
            ));
        }
        if k > MOST_TERMS {
            return Err(refuse(
                operator,
                format!("adds up {k} products, and {MOST_TERMS} fit in 32 bits"),
            ));
        }
        let [scale_a, scale_b, out] = [a, b, output].map(|id| quant(self.net, id));
        let (scale_a, scale_b, out) = (scale_a?.scale, scale_b?.scale, out?);
        let real = f64::from(scale_a * scale_b) / f64::from(out.scale);
        let view = self.new_view(output, self.part)?;
        let record = Matmul {
            a: self.side(operator, a, (sides[0], transposed[0]))?,
            b: self.side(operator, b, (sides[1], transposed[1]))?,
            output: shaped(operator, view, to)?,
            scale: factor(operator, real)?,
            rounding,
            clamp: clamp(operator, activation, out)?,
        };
        self.push(Record::Matmul(record), output, view);
        Ok(())
    }

    /// An operand, whose values are stored where it is a constant.
    fn side(
        &mut self,
        operator: &Operator,
        tensor: TensorId,
        (shape, transposed): ([usize; 3], bool),
    ) -> Result<Operand, ImportError> {
        let zero_point = quant(self.net, tensor)?.zero_point as i8;
        let (view, constant) = match (self.tensor(tensor).data, self.tensor(tensor).element) {
            (Some(data), Element::Int8) => {
                let values: Vec<i8> = data.iter().map(|byte| byte.cast_signed()).collect();
                let view = View {
                    offset: 0,
                    h: 1,
                    w: 1,
                    c: 1,
                    zero_point,
                };
                (view, Some(self.blobs.weights(&values)))
            }
            _ => (self.view(tensor)?, None),
        };
        Ok(Operand {
            view: shaped(operator, view, shape)?,
            transposed,
            constant,
        })
    }
}

/// A view seen as so many matrices.
fn shaped(operator: &Operator, view: View, shape: [usize; 3]) -> Result<View, ImportError> {
    let sides = shape.map(|side| u16::try_from(side).ok().filter(|&side| side > 0));
    match sides {
        [Some(h), Some(w), Some(c)] => Ok(View { h, w, c, ..view }),
        _ => Err(refuse(
            operator,
            format!("matrices of the shape {shape:?} have a side of 0 or of more than 65,535"),
        )),
    }
}
