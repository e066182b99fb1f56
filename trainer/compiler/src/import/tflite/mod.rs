//! Reads models of TensorFlow Lite, version 3 of its schema.
//!
//! In the order in which bytes pass: what the file is at all (`foreign`), its structure (`schema`, verified before anything is read),
//! tensors (`tensors`), then operators in their order (`operators`, `operands`). What comes out keeps [`super::net`]'s promises
//! whatever the bytes are; memory is bounded by 32 times theirs, since each table of a file is read once and tables cannot be shared
//! without end.
//!
//! The first graph is read. Others do no harm unless an operator calls one, or the file can be called by one.

mod error;
mod foreign;
mod names;
mod operands;
mod operators;
mod schema;
mod tensors;
#[cfg(test)]
mod tests;

pub use error::{Damage, Named, OperatorFault, PortFault, TensorFault, TfliteError};
pub use foreign::Foreign;

use self::schema::{Bytes, Ints, Model, SignatureDef, Tables, TensorMap};
use super::net::{Net, Op, Operator, Tensor, TensorId};

/// Entries of a signature that are read: far more than a model file has inputs and heads.
const MOST_NAMES: usize = 1024;

/// Operators that call another graph of the file.
const CALLS: [&str; 12] = [
    "CALL",
    "CALL_ONCE",
    "IF",
    "WHILE",
    "STABLEHLO_CASE",
    "STABLEHLO_COMPOSITE",
    "STABLEHLO_CUSTOM_CALL",
    "STABLEHLO_REDUCE",
    "STABLEHLO_REDUCE_WINDOW",
    "STABLEHLO_SCATTER",
    "STABLEHLO_SORT",
    "STABLEHLO_WHILE",
];

/// The network in a file of TensorFlow Lite, whose constants stay where they are.
///
/// # Errors
///
/// The first thing that does not fit, with its place.
pub fn read(bytes: &[u8]) -> Result<Net<'_>, TfliteError> {
    if let Some(foreign) = foreign::foreign(bytes) {
        return Err(TfliteError::Foreign(foreign));
    }
    if i32::try_from(bytes.len()).is_err() {
        return Err(TfliteError::Large { bytes: bytes.len() });
    }
    let model = schema::model(bytes)?;
    if model.version() != schema::VERSION {
        return Err(TfliteError::Version(model.version()));
    }
    one_way_to_call(model.signature_defs())?;
    let graphs = model.subgraphs().unwrap_or_default();
    if graphs.is_empty() {
        return Err(TfliteError::NoGraph);
    }
    let graph = graphs.get(0);
    let mut reader = Reader {
        model,
        known: Vec::new(),
        tensors: tensors::tensors(bytes, model, graph.tensors())?,
    };
    reader.known = reader
        .tensors
        .iter()
        .map(|tensor| tensor.data.is_some() || tensor.variable)
        .collect();
    let inputs = reader.inputs(graph.inputs())?;
    let rows = schema::items(graph.operators());
    let mut operators = Vec::with_capacity(rows.len());
    for (number, operator) in rows.enumerate() {
        operators.push(reader.operator(number, operator)?);
    }
    let outputs = reader.outputs(graph.outputs())?;
    let signature = schema::items(model.signature_defs()).next();
    let given = signature.and_then(|signature| signature.inputs());
    let got = signature.and_then(|signature| signature.outputs());
    let open = tensors::any_open(graph.tensors(), &inputs);
    Ok(Net {
        input_names: called(&inputs, given),
        output_names: called(&outputs, got),
        description: tensors::text(model.description()).into(),
        tensors: reader.tensors,
        operators,
        inputs,
        outputs,
        open,
    })
}

/// The names that a signature has for tensors, by which TensorFlow's own runners call them; empty where it has none.
fn called(ids: &[TensorId], map: Option<Tables<'_, TensorMap<'_>>>) -> Vec<String> {
    let mut names = vec![String::new(); ids.len()];
    for entry in schema::items(map).take(MOST_NAMES) {
        let id = usize::try_from(entry.tensor_index()).unwrap_or(usize::MAX);
        if let Some(place) = ids.iter().position(|&other| other == id) {
            names[place] = tensors::text(entry.name()).into();
        }
    }
    names
}

/// Checks that whoever calls the file calls its first graph.
fn one_way_to_call(signatures: Option<Tables<'_, SignatureDef<'_>>>) -> Result<(), TfliteError> {
    let others = schema::items(signatures).any(|signature| signature.subgraph_index() != 0);
    if !others {
        return Ok(());
    }
    let names =
        schema::items(signatures).map(|signature| tensors::text(signature.signature_key()).into());
    Err(TfliteError::Signatures(names.collect()))
}

/// What is known while operators are read one after the other.
struct Reader<'a> {
    model: Model<'a>,
    tensors: Vec<Tensor<'a>>,
    /// Of each tensor, whether it has values by now: constant, given, kept from before, or computed.
    known: Vec<bool>,
}

impl Reader<'_> {
    fn inputs(&mut self, ids: Option<Ints<'_>>) -> Result<Vec<TensorId>, TfliteError> {
        let refused = |fault| TfliteError::Port { input: true, fault };
        let ids = self.ports(ids).map_err(refused)?;
        for &id in &ids {
            if std::mem::replace(&mut self.known[id], true) {
                return Err(refused(PortFault::Taken(self.named(id))));
            }
        }
        Ok(ids)
    }

    fn outputs(&mut self, ids: Option<Ints<'_>>) -> Result<Vec<TensorId>, TfliteError> {
        let refused = |fault| TfliteError::Port {
            input: false,
            fault,
        };
        let ids = self.ports(ids).map_err(refused)?;
        match ids.iter().find(|&&id| !self.is_known(id)) {
            Some(&id) => Err(refused(PortFault::Never(self.named(id)))),
            None => Ok(ids),
        }
    }

    /// Numbers of tensors that the graph takes or gives.
    fn ports(&self, ids: Option<Ints<'_>>) -> Result<Vec<TensorId>, PortFault> {
        let tensors = self.tensors.len();
        let ids: Vec<_> = schema::items(ids)
            .map(|id| {
                self.id(id).ok_or(PortFault::Tensor {
                    tensor: id,
                    tensors,
                })
            })
            .collect::<Result<_, _>>()?;
        if ids.is_empty() {
            return Err(PortFault::None);
        }
        Ok(ids)
    }

    fn operator(
        &mut self,
        number: usize,
        operator: schema::Operator<'_>,
    ) -> Result<Operator, TfliteError> {
        let (name, kind) = self.kind(operator);
        self.understood(number, operator, kind)
            .map_err(|fault| TfliteError::Operator {
                operator: Named { number, name },
                fault,
            })
    }

    /// An operator's name, and what kind it is; none if the file does not say.
    fn kind(&self, operator: schema::Operator<'_>) -> (String, Option<Kind>) {
        let codes = self.model.operator_codes().unwrap_or_default();
        let index = operator.opcode_index() as usize;
        if index >= codes.len() {
            return ("unknown".into(), None);
        }
        let code = codes.get(index);
        // Numbers that fit stand in the older field, and writers may fill either.
        let number = code
            .builtin_code()
            .max(code.deprecated_builtin_code().into());
        match names::name(number) {
            Some(_) if number == names::CUSTOM => {
                let name = custom_name(code.custom_code());
                (name.clone(), Some(Kind::Custom(name)))
            }
            Some(name) => (name.into(), Some(Kind::Known(name))),
            None => {
                let name = format!("number {number}");
                (name.clone(), Some(Kind::Unknown(name)))
            }
        }
    }

    fn understood(
        &mut self,
        number: usize,
        operator: schema::Operator<'_>,
        kind: Option<Kind>,
    ) -> Result<Operator, OperatorFault> {
        let kind = kind.ok_or(OperatorFault::Code {
            code: operator.opcode_index(),
            codes: self.model.operator_codes().unwrap_or_default().len(),
        })?;
        let mut op = match kind {
            Kind::Known(name) if CALLS.contains(&name) => return Err(OperatorFault::Calls),
            Kind::Known(name) => operators::op(name, operator)?,
            Kind::Unknown(name) => Op::Other(name),
            Kind::Custom(name) => Op::Custom(name),
        };
        let inputs = self.operands(operator.inputs())?;
        let outputs = self.results(operator.outputs())?;
        operands::check(&op, &inputs, &outputs)?;
        if let Op::UnidirectionalSequenceLstm { intermediates, .. } = &mut op {
            *intermediates = schema::items(operator.intermediates())
                .map(|id| self.some_id(id))
                .collect::<Result<_, _>>()?;
        }
        Ok(Operator {
            number,
            op,
            inputs,
            outputs,
        })
    }

    /// Operands, which all have values by now; -1 stands for one that is not there.
    fn operands(&mut self, ids: Option<Ints<'_>>) -> Result<Vec<Option<TensorId>>, OperatorFault> {
        schema::items(ids)
            .map(|id| match id {
                -1 => Ok(None),
                _ => {
                    let id = self.some_id(id)?;
                    if self.is_known(id) {
                        Ok(Some(id))
                    } else {
                        Err(OperatorFault::Early(self.named(id)))
                    }
                }
            })
            .collect()
    }

    /// Results, which none has had before, and which have values from now on.
    fn results(&mut self, ids: Option<Ints<'_>>) -> Result<Vec<TensorId>, OperatorFault> {
        schema::items(ids)
            .map(|id| {
                let id = self.some_id(id)?;
                if std::mem::replace(&mut self.known[id], true) {
                    Err(OperatorFault::Taken(self.named(id)))
                } else {
                    Ok(id)
                }
            })
            .collect()
    }

    /// Whether a tensor has values by now. One of no values has none to wait for, and no buffer says that it is constant: so writers
    /// leave the shape of a scalar.
    fn is_known(&mut self, id: TensorId) -> bool {
        if !self.known[id] && self.tensors[id].is_empty() {
            self.tensors[id].data = Some(&[]);
            self.known[id] = true;
        }
        self.known[id]
    }

    fn some_id(&self, id: i32) -> Result<TensorId, OperatorFault> {
        self.id(id).ok_or(OperatorFault::Tensor {
            tensor: id,
            tensors: self.tensors.len(),
        })
    }

    fn id(&self, id: i32) -> Option<TensorId> {
        usize::try_from(id)
            .ok()
            .filter(|&id| id < self.tensors.len())
    }

    fn named(&self, id: TensorId) -> Named {
        Named {
            number: id,
            name: self.tensors[id].name.clone(),
        }
    }
}

/// What kind an operator is of.
enum Kind {
    /// One that the format has.
    Known(&'static str),
    /// One that the format may have had since.
    Unknown(String),
    /// One of somebody's own.
    Custom(String),
}

/// The name of an operator of somebody's own, cut where nobody would read on: many operators may share it.
fn custom_name(name: Option<Bytes<'_>>) -> String {
    crate::text::start(tensors::text(name), crate::text::MOST_NAME).into()
}
