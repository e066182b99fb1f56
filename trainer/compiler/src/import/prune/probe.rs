//! What an operator answers, found by running it.

use tillsense_core::engine::Session;

use crate::aligned::Aligned;
use crate::import::ends::Ends;
use crate::import::lower::lower;
use crate::import::net::{Net, Operator, Tensor, TensorId};
use crate::lower::file::assemble;
use crate::run::load;
use crate::target::ExportOptions;

/// A computed operand in another shape, and its values in each sample.
#[derive(Clone, Debug)]
pub struct Given {
    /// The operand.
    pub tensor: TensorId,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values in each sample.
    pub samples: Vec<Vec<i8>>,
}

/// The result of an operator in this shape, in each sample; `None` where the operator does not run so. It runs as it will in the model
/// file, so that there is one definition of what it answers.
pub fn probe(
    net: &Net<'_>,
    operator: &Operator,
    given: &[Given],
    shape: Vec<usize>,
) -> Option<Vec<Vec<i8>>> {
    let &[output] = &operator.outputs[..] else {
        return None;
    };
    let alone = alone(net, operator, given, (output, shape));
    let lowered = lower(&alone, "probe", &ExportOptions::GENERIC, &Ends::default()).ok()?;
    let file = Aligned::from(assemble(&lowered).as_slice());
    let model = load(&file).ok()?;
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(model, &mut arena).ok()?;
    let mut answers = Vec::new();
    for sample in 0..given.first()?.samples.len() {
        session.reset();
        for (input, given) in given.iter().enumerate() {
            session.push_tensor(input, &given.samples[sample]).ok()?;
        }
        session.run();
        answers.push(session.scores(0)?.to_vec());
    }
    Some(answers)
}

/// A network of this operator.
fn alone<'n>(
    net: &Net<'n>,
    operator: &Operator,
    given: &[Given],
    (output, shape): (TensorId, Vec<usize>),
) -> Net<'n> {
    let mut ids: Vec<TensorId> = operator.inputs.iter().copied().flatten().collect();
    ids.push(output);
    ids.sort_unstable();
    ids.dedup();
    let number = |id: &TensorId| ids.binary_search(id).unwrap_or_default();
    let mut tensors: Vec<Tensor<'n>> = ids.iter().map(|&id| net.tensors[id].clone()).collect();
    tensors[number(&output)].shape = shape;
    for given in given {
        tensors[number(&given.tensor)]
            .shape
            .clone_from(&given.shape);
    }
    Net {
        operators: vec![Operator {
            inputs: operator
                .inputs
                .iter()
                .map(|input| input.as_ref().map(number))
                .collect(),
            outputs: vec![number(&output)],
            ..operator.clone()
        }],
        inputs: given.iter().map(|given| number(&given.tensor)).collect(),
        outputs: vec![number(&output)],
        tensors,
        ..Net::default()
    }
}
