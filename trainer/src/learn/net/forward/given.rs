//! Values that a batch gives to the nodes of an encoder.

use burn::tensor::{Tensor, TensorData};
use tillsense_compiler::network::graph::{NodeId, Segment};

use super::Run;
use crate::learn::net::BatchData;
use crate::learn::net::value::Value;

impl Run<'_> {
    pub(super) fn features(&self, id: NodeId) -> Value {
        let input = self
            .plan
            .graph
            .inputs
            .iter()
            .position(|i| i.features == id)
            .expect("features belong to an input");
        let n = self.batch.size;
        match &self.batch.inputs[input].data {
            BatchData::Whole(values) => {
                let data = TensorData::new(values.clone(), [n, values.len() / n]);
                Value::Vector(Tensor::from_data(data, &self.device))
            }
            BatchData::Steps { values, steps, .. } => {
                let width = self.plan.graph.nodes[id].shape[2];
                let data = TensorData::new(values.clone(), [steps * n, width]);
                Value::Steps(Tensor::from_data(data, &self.device))
            }
            BatchData::Ids(_) => Value::Ids,
        }
    }

    /// The number of the input that an encoder's node belongs to.
    pub(super) fn input_of(&self, id: NodeId) -> usize {
        match self.plan.graph.nodes[id].segment {
            Segment::Step(i) | Segment::Finish(i) => i,
            Segment::Trunk => unreachable!("the builder puts encoders outside of the trunk"),
        }
    }

    pub(super) fn ids(&self, id: NodeId) -> &[Vec<u16>] {
        match &self.batch.inputs[self.input_of(id)].data {
            BatchData::Ids(ids) => ids,
            _ => &[],
        }
    }

    /// The number of valid steps of each sample.
    pub(super) fn counts(&self, id: NodeId) -> Vec<usize> {
        match &self.batch.inputs[self.input_of(id)].data {
            BatchData::Steps { counts, .. } => counts.clone(),
            BatchData::Ids(ids) => ids.iter().map(Vec::len).collect(),
            BatchData::Whole(_) => vec![1; self.batch.size],
        }
    }
}
