//! Layers on vectors and on steps.

use burn::tensor::Tensor;
use tillsense_compiler::network::graph::{Bits, Node, NodeId, NodeOp};
use tillsense_compiler::network::params::per_step;

use super::Run;
use crate::learn::net::fake;
use crate::learn::net::ops::{Dense, apply};
use crate::learn::net::value::Value;

impl Run<'_> {
    /// A weight as `[rows, values of a row]`, fake-quantised by row where this pass quantises.
    pub(super) fn rows(&self, id: NodeId, name: &str) -> Tensor<2> {
        let index = self.plan.param(id, name);
        let shape = &self.plan.params[index].shape;
        let w = self
            .net
            .value(index)
            .reshape([shape[0], shape[1..].iter().product()]);
        if self.quantised() {
            fake::rows(w, self.plan.graph.nodes[id].op.bits())
        } else {
            w
        }
    }

    pub(super) fn table(&self, id: NodeId) -> Tensor<2> {
        let index = self.plan.param(id, "table");
        let shape = &self.plan.params[index].shape;
        let w = self.net.value(index).reshape([shape[0], shape[1]]);
        let op = &self.plan.graph.nodes[id].op;
        match (self.quantised(), op.bits()) {
            (false, _) => w,
            (true, Bits::Eight) => fake::table(w),
            (true, Bits::Four) => fake::table_of_four(w, matches!(op, NodeOp::Embedding { .. })),
        }
    }

    pub(super) fn dense(&mut self, id: NodeId) -> Value {
        let w = self.rows(id, "weight");
        let bias = self.net.value(self.plan.param(id, "bias"));
        let [outputs, inputs] = w.dims();
        let dense = |x: Tensor<2>| {
            let shape = [x.dims()[0], outputs];
            let operands = [x.into(), w.clone().into(), bias.clone().into()];
            apply(Dense { inputs, outputs }, operands, shape)
        };
        let node = &self.plan.graph.nodes[id];
        if per_step(&self.plan.graph, node) {
            return self.each(id, node.inputs[0], dense);
        }
        let x = self.operand(node, 0).vector();
        Value::Vector(self.activate(id, dense(x)))
    }

    /// Applies a function to each row of a vector, or of steps.
    pub(super) fn each(
        &mut self,
        id: NodeId,
        from: NodeId,
        f: impl Fn(Tensor<2>) -> Tensor<2>,
    ) -> Value {
        match self.value(from) {
            Value::Map(_) | Value::Vector(_) => {
                let x = self.value(from).vector();
                Value::Vector(self.activate(id, f(x)))
            }
            steps => Value::Steps(self.activate(id, f(steps.steps()))),
        }
    }

    pub(super) fn pair(
        &mut self,
        id: NodeId,
        f: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> Value {
        let node = &self.plan.graph.nodes[id];
        let (a, b) = (
            self.operand(node, 0).vector(),
            self.operand(node, 1).vector(),
        );
        Value::Vector(self.activate(id, f(a, b)))
    }

    pub(super) fn concat(&self, node: &Node) -> Value {
        if node.shape[..2] == [1, 1] {
            let parts = node
                .inputs
                .iter()
                .map(|&i| self.value(i).vector())
                .collect();
            return Value::Vector(Tensor::cat(parts, 1));
        }
        let parts: Vec<Tensor<2>> = node.inputs.iter().map(|&i| self.value(i).steps()).collect();
        let rows = parts.iter().map(|p| p.dims()[0]).min().unwrap_or(0);
        let first = |p: Tensor<2>| match p.dims()[0] > rows {
            true => p.narrow(0, 0, rows),
            false => p,
        };
        let parts = parts.into_iter().map(first).collect();
        Value::Steps(Tensor::cat(parts, 1))
    }

    /// The gated sum `sum_i z_i * v_i` over the rows of `[n, rows, c]`.
    pub(super) fn gate(&mut self, id: NodeId) -> Value {
        let node = &self.plan.graph.nodes[id];
        let [rows, _, c] = self.plan.graph.nodes[node.inputs[0]].shape;
        let (z, v) = (
            self.operand(node, 0).vector(),
            self.operand(node, 1).vector(),
        );
        let n = z.dims()[0];
        let sum = (z * v).reshape([n, rows, c]).sum_dim(1).reshape([n, c]);
        Value::Vector(self.activate(id, sum))
    }
}
