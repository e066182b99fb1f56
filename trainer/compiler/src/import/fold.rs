//! Arithmetic of shapes that a converter leaves to the interpreter (SHAPE, STRIDED_SLICE, PACK in front of a RESHAPE) is done here, since all
//! shapes are fixed: what follows finds constants.

use std::collections::BTreeMap;

use super::integers::{Integers, integers};
use super::lower::mapping::Mapping;
use super::lower::moves::mappings;
use super::net::{Element, Net, Op, Operator, TensorId};
use super::shapes::{Known, shapes};

/// Values that are worked out for one network, in all: arithmetic of shapes has a few for each operator.
const MOST_VALUES: usize = 1 << 20;

/// What was worked out, in the form that a network keeps constants in.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    constants: Vec<Constant>,
    shapes: BTreeMap<TensorId, Vec<usize>>,
    /// Whether each operator was worked out.
    gone: Vec<bool>,
}

#[derive(Clone, Debug)]
struct Constant {
    tensor: TensorId,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Works out what depends on shapes and constant integers alone.
pub fn fold(net: &Net<'_>) -> Folded {
    let mut folding = Folding {
        net,
        known: BTreeMap::new(),
        shapes: BTreeMap::new(),
        filled: Vec::new(),
        left: MOST_VALUES,
    };
    let gone: Vec<bool> = net
        .operators
        .iter()
        .map(|operator| folding.operator(operator))
        .collect();
    let bytes = |tensor: TensorId, value: &i64| match net.tensors[tensor].element {
        Element::Int64 => value.to_le_bytes().to_vec(),
        _ => (*value as i32).to_le_bytes().to_vec(),
    };
    let constant = |(tensor, found): (TensorId, Integers)| Constant {
        tensor,
        bytes: found.values.iter().flat_map(|v| bytes(tensor, v)).collect(),
        shape: found.shape,
    };
    let Folding {
        known,
        shapes,
        filled,
        ..
    } = folding;
    Folded {
        constants: known.into_iter().map(constant).chain(filled).collect(),
        shapes,
        gone,
    }
}

impl Folded {
    /// The network with the shapes that its tensors have, where the file states others.
    pub fn shaped<'a>(&self, mut net: Net<'a>) -> Net<'a> {
        for (&tensor, shape) in &self.shapes {
            net.tensors[tensor].shape.clone_from(shape);
        }
        net
    }

    /// The network with constants where they were worked out, and without the operators that made them.
    pub fn put<'a>(&'a self, mut net: Net<'a>) -> Net<'a> {
        for constant in &self.constants {
            let tensor = &mut net.tensors[constant.tensor];
            tensor.shape.clone_from(&constant.shape);
            tensor.data = Some(&constant.bytes);
        }
        let mut net = self.shaped(net);
        let mut gone = self.gone.iter();
        net.operators.retain(|_| gone.next() != Some(&true));
        net
    }
}

/// A network whose integers are being worked out.
struct Folding<'n, 'a> {
    net: &'n Net<'a>,
    known: BTreeMap<TensorId, Integers>,
    /// Shapes that are not those that the file states.
    shapes: BTreeMap<TensorId, Vec<usize>>,
    /// Constants that are no integers.
    filled: Vec<Constant>,
    left: usize,
}

impl Folding<'_, '_> {
    /// Works out an operator's results; answers whether it could.
    fn operator(&mut self, operator: &Operator) -> bool {
        let Some(results) = self.folded(operator) else {
            self.restate(operator);
            return self.filled(operator);
        };
        self.left -= results
            .iter()
            .map(|found| found.values.len())
            .sum::<usize>();
        self.known
            .extend(operator.outputs.iter().copied().zip(results));
        true
    }

    /// An operator's results, where they are integers that it makes of known ones.
    fn folded(&self, operator: &Operator) -> Option<Vec<Integers>> {
        let whole = |&id: &TensorId| {
            let tensor = &self.net.tensors[id];
            let whole = matches!(tensor.element, Element::Int32 | Element::Int64);
            whole && !self.net.outputs.contains(&id)
        };
        if !operator.outputs.iter().all(whole) {
            return None;
        }
        let results = self.results(operator)?;
        let values: usize = results.iter().map(|found| found.values.len()).sum();
        let fits = |(found, &id): (&Integers, &TensorId)| {
            let narrow = self.net.tensors[id].element == Element::Int32;
            let holds = |&value: &i64| !narrow || i32::try_from(value).is_ok();
            found.values.iter().all(holds)
        };
        let sound = results.len() == operator.outputs.len()
            && results.iter().zip(&operator.outputs).all(fits)
            && values <= self.left;
        sound.then_some(results)
    }

    /// A tensor's values, where they are known.
    fn integers(&self, place: Option<&Option<TensorId>>) -> Option<Integers> {
        let id = (*place?)?;
        if let Some(known) = self.known.get(&id) {
            return Some(known.clone());
        }
        let tensor = &self.net.tensors[id];
        Some(Integers {
            shape: tensor.shape.clone(),
            values: integers(tensor).filter(|values| values.len() <= self.left)?,
        })
    }

    fn shape(&self, id: TensorId) -> &[usize] {
        self.shapes.get(&id).unwrap_or(&self.net.tensors[id].shape)
    }

    fn results(&self, operator: &Operator) -> Option<Vec<Integers>> {
        let operand = |place: usize| self.integers(operator.inputs.get(place));
        let one = |found: Integers| Some(vec![found]);
        match &operator.op {
            Op::Shape => {
                let shape = self.shape((*operator.inputs.first()?)?);
                one(Integers::row(shape.iter().map(|&side| side as i64)))
            }
            Op::Reshape { .. } => {
                let shape = self.reshape(operator)?;
                let values = operand(0)?.values;
                one(Integers { shape, values })
            }
            Op::Squeeze { .. } | Op::ExpandDims => {
                let shape = self.shape(*operator.outputs.first()?).to_vec();
                let values = operand(0)?.values;
                let same = shape.iter().product::<usize>() == values.len();
                same.then(|| vec![Integers { shape, values }])
            }
            Op::Pack { axis } => one(self.pack(operator, *axis)?),
            Op::Concatenation { .. } => one(self.join(operator)?),
            Op::Add(_) => one(operand(0)?.with(&operand(1)?, i64::checked_add)?),
            Op::Sub(_) => one(operand(0)?.with(&operand(1)?, i64::checked_sub)?),
            Op::Mul(_) => one(operand(0)?.with(&operand(1)?, i64::checked_mul)?),
            Op::Maximum => one(operand(0)?.with(&operand(1)?, |a, b| Some(a.max(b)))?),
            Op::Minimum => one(operand(0)?.with(&operand(1)?, |a, b| Some(a.min(b)))?),
            Op::Other(name) => one(self.other(name, operator)?),
            _ => self.moved(operator),
        }
    }

    /// Operators that nothing else knows.
    fn other(&self, name: &str, operator: &Operator) -> Option<Integers> {
        let operand = |place: usize| self.integers(operator.inputs.get(place));
        match name {
            "CAST" => operand(0),
            "FLOOR_DIV" => operand(0)?.with(&operand(1)?, |a, b| match b > 0 {
                true => Some(a.div_euclid(b)),
                false => None,
            }),
            "FILL" => {
                let (sides, value) = (operand(0)?, operand(1)?);
                let shape = sides.shape_of_values()?;
                let len = shape.iter().product();
                let values = vec![*value.values.first()?; len];
                (len <= self.left).then_some(Integers { shape, values })
            }
            // Of all values, as a size is the product of a shape.
            "REDUCE_PROD" => {
                let from = operand(0)?;
                let all = from.shape.len() == 1;
                let product = from
                    .values
                    .iter()
                    .try_fold(1i64, |all, &value| all.checked_mul(value))?;
                let shape = self.shape(*operator.outputs.first()?).to_vec();
                let single = shape.iter().all(|&side| side == 1);
                (all && single).then(|| Integers {
                    shape,
                    values: vec![product],
                })
            }
            _ => None,
        }
    }

    fn pack(&self, operator: &Operator, axis: i64) -> Option<Integers> {
        let parts: Option<Vec<Integers>> = (0..operator.inputs.len())
            .map(|place| self.integers(operator.inputs.get(place)))
            .collect();
        let parts = parts?;
        // Numbers become a row; more is not needed for shapes.
        let numbers = parts.iter().all(|part| part.shape.is_empty());
        let values = parts.iter().flat_map(|part| part.values.iter().copied());
        (numbers && (axis == 0 || axis == -1)).then(|| Integers::row(values))
    }

    fn join(&self, operator: &Operator) -> Option<Integers> {
        let mut values = Vec::new();
        for place in 0..operator.inputs.len() {
            let part = self.integers(operator.inputs.get(place))?;
            if part.shape.len() != 1 || values.len() > self.left {
                return None;
            }
            values.extend(part.values);
        }
        Some(Integers::row(values))
    }

    /// Operators that choose values.
    fn moved(&self, operator: &Operator) -> Option<Vec<Integers>> {
        let source = match operator.op {
            Op::Split { .. } => 1,
            Op::Pad
            | Op::Slice
            | Op::StridedSlice { .. }
            | Op::SplitV { .. }
            | Op::Unpack { .. }
            | Op::Transpose
            | Op::Gather { .. } => 0,
            _ => return None,
        };
        let from = self.integers(operator.inputs.get(source))?;
        let shape = |id: TensorId| match self.known.get(&id) {
            Some(known) => known.shape.as_slice(),
            None => self.shape(id),
        };
        let numbers = |id: TensorId| self.integers(Some(&Some(id))).map(|found| found.values);
        let mappings = mappings(&shape, &numbers, operator)?.ok()?;
        let result = |(mapping, &output): (&Mapping, &TensorId)| {
            let len = mapping.len();
            if len > self.left {
                return None;
            }
            let place = |at: Option<usize>| at.map_or(Some(0), |at| from.values.get(at).copied());
            let values: Option<Vec<i64>> = mapping.places().into_iter().map(place).collect();
            let values = values?;
            // A number has no sides, and a row one: the file says which it is.
            let stated = self.shape(output);
            match product(stated) == Some(values.len()) {
                true => Some(Integers {
                    shape: stated.to_vec(),
                    values,
                }),
                false => Some(Integers::row(values)),
            }
        };
        let outputs = mappings.iter().zip(&operator.outputs);
        outputs.map(result).collect()
    }

    /// The shape that a RESHAPE makes, where it is known and holds all values.
    fn reshape(&self, operator: &Operator) -> Option<Vec<usize>> {
        let input = (*operator.inputs.first()?)?;
        let len = match self.known.get(&input) {
            Some(known) => known.values.len(),
            None => product(self.shape(input))?,
        };
        let sides = match (&operator.op, self.integers(operator.inputs.get(1))) {
            (_, Some(given)) => given.values,
            (Op::Reshape { shape: Some(shape) }, None) if operator.inputs.len() == 1 => {
                shape.clone()
            }
            _ => return None,
        };
        let known = || sides.iter().filter(|&&side| side != -1);
        let known = product(
            &known()
                .map(|&side| usize::try_from(side).ok())
                .collect::<Option<Vec<_>>>()?,
        )?;
        let open = sides.iter().filter(|&&side| side == -1).count();
        let rest = len.checked_div(known).filter(|rest| rest * known == len)?;
        let side = |&side: &i64| usize::try_from(side).unwrap_or(rest);
        let whole = open == 1 || (open == 0 && rest == 1);
        whole.then(|| sides.iter().map(side).collect())
    }

    /// Notes the shapes of results where the file states others, as it does for shapes that it takes for open.
    fn restate(&mut self, operator: &Operator) {
        let results = match operator.op {
            Op::Reshape { .. } => self.reshape(operator).map(|shape| vec![shape]),
            _ if self.net.open => {
                let known = Known {
                    shape: &|id| self.shape(id),
                    numbers: &|id| self.integers(Some(&Some(id))).map(|found| found.values),
                };
                shapes(&known, operator)
            }
            _ => None,
        };
        for (&output, shape) in operator.outputs.iter().zip(results.unwrap_or_default()) {
            if shape != self.net.tensors[output].shape && product(&shape).is_some() {
                self.shapes.insert(output, shape);
            }
        }
    }

    /// Writes down what FILL makes of one constant value that is no integer; answers whether it did.
    fn filled(&mut self, operator: &Operator) -> bool {
        match self.filling(operator) {
            Some(constant) => {
                self.left -= product(&constant.shape).unwrap_or(self.left);
                self.shapes.insert(constant.tensor, constant.shape.clone());
                self.filled.push(constant);
                true
            }
            None => false,
        }
    }

    fn filling(&self, operator: &Operator) -> Option<Constant> {
        let (Op::Other(name), &[tensor]) = (&operator.op, &operator.outputs[..]) else {
            return None;
        };
        let value = &self.net.tensors[(*operator.inputs.get(1)?)?];
        let to = &self.net.tensors[tensor];
        let same = value.element == to.element && value.quant == to.quant;
        let bytes = value.data.filter(|_| value.len() == Some(1) && same)?;
        let shape = self.integers(operator.inputs.first())?.shape_of_values()?;
        let len = product(&shape).filter(|&len| len <= self.left)?;
        let whole = name == "FILL" && value.element != Element::Int4;
        (whole && !self.net.outputs.contains(&tensor)).then(|| Constant {
            tensor,
            bytes: bytes.repeat(len),
            shape,
        })
    }
}

fn product(sides: &[usize]) -> Option<usize> {
    sides
        .iter()
        .try_fold(1usize, |product, &side| product.checked_mul(side))
}
