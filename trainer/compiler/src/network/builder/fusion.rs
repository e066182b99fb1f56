//! Fusion of the encodings, and the heads that read it.

use super::{BuildError, Builder, Facts, list};
use crate::network::description::{Fusion, FusionKind, Head, Spec};
use crate::network::graph::{Activation, Bits, GraphHead, GraphInput, NodeId, NodeOp, Segment};
use crate::network::quants::{QuantSource, kinds};
use crate::words::meant;

/// Adds the fusion and returns the node of the vector that heads read.
pub(super) fn fusion(builder: &mut Builder, fusion: &Fusion, inputs: &[GraphInput]) -> NodeId {
    let mut at = match fusion.kind {
        FusionKind::Concat => concat(builder, fusion, inputs),
        FusionKind::Gated => gated(builder, fusion, inputs),
        FusionKind::Product => product(builder, fusion, inputs),
    };
    for (number, &units) in fusion.dense.iter().enumerate() {
        at = dense(
            builder,
            format!("fusion.dense.{number}"),
            at,
            units,
            (fusion.activation, fusion.bits),
        );
    }
    at
}

/// Adds the heads; the logits of each are a dense layer without activation.
pub(super) fn heads(
    builder: &mut Builder,
    spec: &Spec,
    inputs: &[GraphInput],
    trunk: NodeId,
    facts: &Facts,
) -> Result<Vec<GraphHead>, BuildError> {
    let mut heads = Vec::new();
    for head in &spec.heads {
        let Some(classes) = facts.heads.get(&head.name) else {
            let problem = format!(
                "{} has no such head; it has {}{}",
                spec.data.origin.words(),
                list(facts.heads.keys()),
                meant(&head.name, facts.heads.keys().map(String::as_str))
            );
            return Err(BuildError {
                field: format!("heads.{}", head.name),
                problem,
            });
        };
        require_positive(head, classes)?;
        let from = head
            .from
            .as_ref()
            .and_then(|name| inputs.iter().find(|i| i.name == *name));
        let mut at = from.map_or(trunk, |i| i.encoding);
        for (number, &units) in head.dense.iter().enumerate() {
            at = dense(
                builder,
                format!("head.{}.dense.{number}", head.name),
                at,
                units,
                (head.activation, head.bits),
            );
        }
        let logits = dense(
            builder,
            format!("head.{}.logits", head.name),
            at,
            classes.len(),
            (Activation::Linear, head.bits),
        );
        let (name, classes) = (head.name.clone(), classes.clone());
        heads.push(GraphHead {
            name,
            logits,
            classes,
            auxiliary: head.auxiliary,
            defer_below: head.defer_below,
        });
    }
    Ok(heads)
}

/// Refuses a positive class that the head does not have.
fn require_positive(head: &Head, classes: &[String]) -> Result<(), BuildError> {
    let Some(positive) = head
        .positive
        .as_ref()
        .filter(|name| !classes.contains(name))
    else {
        return Ok(());
    };
    let many = match classes.len() > MOST_TOLD {
        true => ", ...",
        false => "",
    };
    Err(BuildError {
        field: format!("heads.{}.positive", head.name),
        problem: format!(
            "no class `{positive}`; there are {}{many}{}",
            list(classes.iter().take(MOST_TOLD)),
            meant(positive, classes.iter().map(String::as_str))
        ),
    })
}

/// Classes that an error names.
const MOST_TOLD: usize = 20;

/// Fusion by concatenation: all encodings, then the products of projected pairs.
fn concat(builder: &mut Builder, fusion: &Fusion, inputs: &[GraphInput]) -> NodeId {
    let mut parts: Vec<NodeId> = inputs.iter().map(|i| i.encoding).collect();
    for [a, b] in &fusion.products {
        let projected: Vec<NodeId> = [a, b]
            .into_iter()
            .filter_map(|name| inputs.iter().find(|i| i.name == *name))
            .map(|i| {
                dense(
                    builder,
                    format!("fusion.{a}_{b}.{}", i.name),
                    i.encoding,
                    fusion.size,
                    (Activation::Linear, fusion.bits),
                )
            })
            .collect();
        let op = NodeOp::Product {
            activation: Activation::Linear,
        };
        parts.push(builder.push(
            format!("fusion.{a}_{b}.product"),
            op,
            projected,
            [1, 1, fusion.size],
            Segment::Trunk,
        ));
    }
    join(builder, "fusion", &parts)
}

/// Gated fusion: `sum_i sigmoid(G_i x) * tanh(V_i x_i)`, x being all encodings side by side (Arevalo et al. 2017).
fn gated(builder: &mut Builder, fusion: &Fusion, inputs: &[GraphInput]) -> NodeId {
    let (size, bits) = (fusion.size, fusion.bits);
    let encodings: Vec<NodeId> = inputs.iter().map(|i| i.encoding).collect();
    let all = join(builder, "fusion", &encodings);
    let count = inputs.len();
    let gates = dense(
        builder,
        "fusion.gates".to_owned(),
        all,
        count * size,
        (Activation::Sigmoid, bits),
    );
    let gates = builder.push(
        "fusion.gates.rows".to_owned(),
        NodeOp::Reshape,
        vec![gates],
        [count, 1, size],
        Segment::Trunk,
    );
    let values: Vec<NodeId> = inputs
        .iter()
        .map(|i| {
            dense(
                builder,
                format!("fusion.value.{}", i.name),
                i.encoding,
                size,
                (Activation::Tanh, bits),
            )
        })
        .collect();
    let values = join(builder, "fusion.values", &values);
    let values = builder.push(
        "fusion.values.rows".to_owned(),
        NodeOp::Reshape,
        vec![values],
        [count, 1, size],
        Segment::Trunk,
    );
    builder.push(
        "fusion.gate".to_owned(),
        NodeOp::Gate,
        vec![gates, values],
        [1, 1, size],
        Segment::Trunk,
    )
}

/// Fusion by product: the element-wise product of all projections.
fn product(builder: &mut Builder, fusion: &Fusion, inputs: &[GraphInput]) -> NodeId {
    let size = fusion.size;
    let projected: Vec<NodeId> = inputs
        .iter()
        .map(|i| {
            dense(
                builder,
                format!("fusion.project.{}", i.name),
                i.encoding,
                size,
                (Activation::Linear, fusion.bits),
            )
        })
        .collect();
    let mut at = projected[0];
    for (number, &next) in projected.iter().enumerate().skip(1) {
        let op = NodeOp::Product {
            activation: Activation::Linear,
        };
        at = builder.push(
            format!("fusion.product.{number}"),
            op,
            vec![at, next],
            [1, 1, size],
            Segment::Trunk,
        );
    }
    at
}

/// Concatenates parts in one common quantisation; a single part is handed on as it is.
fn join(builder: &mut Builder, name: &str, parts: &[NodeId]) -> NodeId {
    if let [one] = parts[..] {
        return one;
    }
    let kinds = kinds(&builder.nodes);
    let alike = parts
        .iter()
        .all(|&p| matches!(kinds[p], QuantSource::Fixed(_)) && kinds[p] == kinds[parts[0]]);
    let mut aligned = Vec::new();
    for &part in parts {
        let free = matches!(kinds[part], QuantSource::Observed(_));
        if alike || free {
            aligned.push(part);
        } else {
            let (source, shape) = (builder.nodes[part].name.clone(), builder.shape(part));
            aligned.push(builder.push(
                format!("{name}.rescale.{source}"),
                NodeOp::Rescale,
                vec![part],
                shape,
                Segment::Trunk,
            ));
        }
    }
    let len = parts.iter().map(|&p| builder.shape(p)[2]).sum();
    builder.push(
        format!("{name}.concat"),
        NodeOp::Concat,
        aligned,
        [1, 1, len],
        Segment::Trunk,
    )
}

fn dense(
    builder: &mut Builder,
    name: String,
    from: NodeId,
    units: usize,
    (activation, bits): (Activation, Bits),
) -> NodeId {
    builder.push(
        name,
        NodeOp::Dense { activation, bits },
        vec![from],
        [1, 1, units],
        Segment::Trunk,
    )
}
