//! Floats between int8 tensors: what DEQUANTIZE makes of one tensor, functions of it, and QUANTIZE are a function of a stored value, and
//! so a table of 256.
//!
//! Each float tensor is kept as its values for every stored value of the int8 tensor that it comes from; nothing is computed until
//! QUANTIZE asks for it. Two of them that come from the same tensor may be operands of one operator.

use super::mapping::Mapping;
use super::moves::mappings;
use super::tables::{elu, exp, gelu, gelu_by_tanh};
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::integers::integers;
use crate::import::lower::scales::quant;
use crate::import::net::{Activation, Element, Op, Operator, TensorId};

/// Sums of LOGISTIC's exponential with 1 make no difference beyond these, where its kernel takes shorter ways.
const LOGISTIC_ENDS: (f32, f32) = (-9.0, 16.619_047);

/// A float tensor as a function of an int8 tensor.
#[derive(Clone)]
pub struct Floats {
    /// The tensor whose view holds the stored values: an int8 tensor, or floats that were chosen of another one's.
    source: TensorId,
    /// For stored values from -128 on.
    values: Vec<f32>,
}

impl Lowering<'_, '_> {
    /// Whether an operator has to do with floats that are known here.
    pub(super) fn is_float(&self, operator: &Operator) -> bool {
        let floats = |id: &TensorId| self.floats.contains_key(id);
        let known = operator.inputs.iter().flatten().any(floats);
        let begins = operator.op == Op::Dequantize;
        known || (begins && operator.inputs.first().is_some_and(|id| self.is_int8(*id)))
    }

    fn is_int8(&self, id: Option<TensorId>) -> bool {
        id.is_some_and(|id| {
            self.tensor(id).element == Element::Int8 && self.tensor(id).data.is_none()
        })
    }

    /// An operator of floats, or between them and int8.
    pub(super) fn float(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let shape = |id: TensorId| self.net.tensors[id].shape.as_slice();
        let numbers = |id: TensorId| integers(&self.net.tensors[id]);
        if let Some(mappings) = mappings(&shape, &numbers, operator) {
            let mappings = mappings.map_err(|problem| refuse(operator, problem))?;
            return self.moved_floats(operator, &mappings);
        }
        let &[output] = &operator.outputs[..] else {
            return Err(refuse(operator, UNKNOWN));
        };
        let result = match (&operator.op, &operator.inputs[..]) {
            (Op::Dequantize, [Some(input), ..]) => {
                let from = quant(self.net, *input)?;
                let real = |stored: i32| from.scale * (stored - from.zero_point) as f32;
                Floats {
                    source: *input,
                    values: (-128..=127).map(real).collect(),
                }
            }
            (Op::Quantize, [Some(input), ..]) => return self.quantised(operator, *input, output),
            (Op::Reshape { .. } | Op::Squeeze { .. } | Op::ExpandDims, [Some(input), ..]) => {
                self.floats_of(operator, *input)?
            }
            (_, [Some(input)]) => {
                let mut floats = self.floats_of(operator, *input)?;
                for value in &mut floats.values {
                    *value =
                        function(&operator.op, *value).ok_or_else(|| refuse(operator, UNKNOWN))?;
                }
                floats
            }
            (_, [Some(a), Some(b)]) => self.float_pair(operator, *a, *b)?,
            _ => return Err(refuse(operator, UNKNOWN)),
        };
        self.floats.insert(output, result);
        Ok(())
    }

    /// An operator that chooses floats: it chooses stored values, of which they are the same function as before. What it fills with must be
    /// the float of a stored value.
    fn moved_floats(
        &mut self,
        operator: &Operator,
        mappings: &[Mapping],
    ) -> Result<(), ImportError> {
        let input = match operator.op {
            Op::Split { .. } => operator.inputs.get(1),
            Op::PadV2 => None,
            _ => operator.inputs.first(),
        };
        let &input = input.ok_or_else(|| refuse(operator, UNKNOWN))?;
        let input = input.ok_or_else(|| refuse(operator, "lacks its input"))?;
        let Floats { source, values } = self.floats_of(operator, input)?;
        let from = self.view(source)?;
        let zero = values.iter().position(|value| value.to_bits() == 0);
        let fill = match (&operator.op, zero) {
            (Op::Pad, None) => return Err(refuse(operator, UNKNOWN)),
            (_, zero) => zero.map_or(0, |zero| (zero as i32 - 128) as i8),
        };
        for (mapping, &output) in mappings.iter().zip(&operator.outputs) {
            let sides = self.sides_of(operator, mapping, output)?;
            let view = self.mapped(operator, from, mapping, (sides, fill))?;
            // The stored values that the floats come from lie where the floats would.
            self.views[output] = Some(view);
            let values = values.clone();
            self.floats.insert(
                output,
                Floats {
                    source: output,
                    values,
                },
            );
        }
        Ok(())
    }

    fn floats_of(&self, operator: &Operator, id: TensorId) -> Result<Floats, ImportError> {
        let found = self.floats.get(&id).cloned();
        found.ok_or_else(|| refuse(operator, UNKNOWN))
    }

    /// Two float operands, one of which may be one constant number.
    fn float_pair(
        &self,
        operator: &Operator,
        a: TensorId,
        b: TensorId,
    ) -> Result<Floats, ImportError> {
        let constant = |id: TensorId| {
            let tensor = self.tensor(id);
            let bytes = tensor.data?.first_chunk::<4>()?;
            let one = tensor.element == Element::Float32 && tensor.len() == Some(1);
            one.then(|| f32::from_le_bytes(*bytes))
        };
        let spread = |number: f32, like: &Floats| Floats {
            source: like.source,
            values: vec![number; like.values.len()],
        };
        let (first, second) = match (constant(a), constant(b)) {
            (None, None) => (self.floats_of(operator, a)?, self.floats_of(operator, b)?),
            (Some(number), _) => {
                let other = self.floats_of(operator, b)?;
                (spread(number, &other), other)
            }
            (None, Some(number)) => {
                let other = self.floats_of(operator, a)?;
                let constant = spread(number, &other);
                (other, constant)
            }
        };
        let shapes = [a, b].map(|id| self.tensor(id).len());
        let same = shapes[0] == shapes[1] || shapes.contains(&Some(1));
        if first.source != second.source || !same {
            return Err(refuse(
                operator,
                "computes with floats of several tensors, which is not supported; convert with full integer quantisation",
            ));
        }
        let pairs = first.values.iter().zip(&second.values);
        let values = pairs.map(|(&a, &b)| pair(&operator.op, a, b));
        let values: Option<Vec<f32>> = values.collect();
        Ok(Floats {
            source: first.source,
            values: values.ok_or_else(|| refuse(operator, UNKNOWN))?,
        })
    }

    /// Back to int8.
    fn quantised(
        &mut self,
        operator: &Operator,
        input: TensorId,
        output: TensorId,
    ) -> Result<(), ImportError> {
        let Floats { source, values } = self.floats_of(operator, input)?;
        let to = quant(self.net, output)?;
        let steps: Vec<f32> = values
            .iter()
            .map(|value| (value / to.scale).round())
            .collect();
        // What such a float becomes is each processor's own affair.
        if steps
            .iter()
            .any(|steps| steps.is_nan() || *steps >= 2f32.powi(31))
        {
            return Err(refuse(
                operator,
                "some of its values have no number that they could be rounded to; convert with full integer quantisation",
            ));
        }
        self.lookup_of(operator, source, |stored| {
            let steps = steps[(stored + 128) as usize] as i64;
            steps.saturating_add(to.zero_point.into())
        })
    }
}

const UNKNOWN: &str =
    "computes with floats in a way that is not supported; convert with full integer quantisation";

/// A function of one float, as the reference kernels compute it.
fn function(op: &Op, x: f32) -> Option<f32> {
    Some(match op {
        Op::Relu => x.max(0.0),
        Op::Relu6 => x.clamp(0.0, 6.0),
        Op::ReluN1To1 => x.clamp(-1.0, 1.0),
        Op::Relu0To1 => x.clamp(0.0, 1.0),
        Op::LeakyRelu { alpha } => {
            if x > 0.0 {
                x
            } else {
                x * alpha
            }
        }
        Op::Logistic if x > LOGISTIC_ENDS.1 => 1.0,
        Op::Logistic if x < LOGISTIC_ENDS.0 => exp(x),
        Op::Logistic => 1.0 / (1.0 + exp(-x)),
        Op::Tanh => libm::tanh(x.into()) as f32,
        Op::Elu => elu(x),
        Op::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Op::Gelu { approximate: true } => gelu_by_tanh(x),
        Op::Gelu { .. } => gelu(x),
        Op::Abs => x.abs(),
        Op::Neg => -x,
        Op::Exp => exp(x),
        Op::Log => libm::log(x.into()) as f32,
        Op::Sqrt => x.sqrt(),
        Op::Rsqrt => 1.0 / x.sqrt(),
        Op::Other(name) => match name.as_str() {
            "SQUARE" => x * x,
            "SIN" => libm::sin(x.into()) as f32,
            "COS" => libm::cos(x.into()) as f32,
            "FLOOR" => x.floor(),
            "CEIL" => x.ceil(),
            "ROUND" => x.round_ties_even(),
            _ => return None,
        },
        _ => return None,
    })
}

/// Arithmetic of two floats, with the activation behind it.
fn pair(op: &Op, a: f32, b: f32) -> Option<f32> {
    let (value, activation) = match op {
        Op::Add(activation) => (a + b, *activation),
        Op::Sub(activation) => (a - b, *activation),
        Op::Mul(activation) => (a * b, *activation),
        Op::Div(activation) => (a / b, *activation),
        Op::SquaredDifference => ((a - b) * (a - b), Activation::None),
        Op::Maximum => (if a > b { a } else { b }, Activation::None),
        Op::Minimum => (if a < b { a } else { b }, Activation::None),
        _ => return None,
    };
    Some(match activation {
        Activation::None => value,
        Activation::Relu => value.max(0.0),
        Activation::Relu6 => value.clamp(0.0, 6.0),
        Activation::ReluN1To1 => value.clamp(-1.0, 1.0),
        Activation::Tanh | Activation::SignBit => return None,
    })
}
