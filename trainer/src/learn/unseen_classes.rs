//! Finds classes that training cannot learn, because it sees no sample of them.

use std::collections::BTreeSet;

use tillsense_compiler::network::graph::GraphHead;
use tillsense_compiler::words::grouped;

use crate::data::Batches;
use crate::data::features::FeatureSet;
use crate::learn::held_out;
use crate::project::Prepared;

/// Limit of the classes that a line names; beyond it the line gives their number.
const NAMED: usize = 5;

/// Lines for the heads that lack samples of a class among those that are not held out.
pub fn missing(prepared: &Prepared, samples: &FeatureSet) -> Vec<String> {
    let held: BTreeSet<_> = held_out(samples, &prepared.spec.train)
        .into_iter()
        .collect();
    let used: Vec<_> = (0..samples.len()).filter(|i| !held.contains(i)).collect();
    let heads = prepared.graph.heads.iter().enumerate();
    let lines = heads.filter_map(|(number, head)| {
        let labels: Vec<_> = samples.labels(number).collect();
        let name = &prepared.spec.heads[number].name;
        line(name, head, used.iter().filter_map(|&i| labels[i]))
    });
    lines.collect()
}

fn line(name: &str, head: &GraphHead, labels: impl Iterator<Item = u16>) -> Option<String> {
    let seen: BTreeSet<usize> = labels.map(usize::from).collect();
    let unseen = |class: &usize| !seen.contains(class);
    let unseen: Vec<_> = (0..head.classes.len()).filter(unseen).collect();
    let class = |class: &usize| format!("`{}`", head.classes[*class]);
    if let (Some(only), 1) = (seen.first(), seen.len()) {
        let only = class(only);
        return Some(format!(
            "{name}: all training samples are of class {only}, so that it learns to answer nothing else"
        ));
    }
    let named: Vec<_> = unseen.iter().take(NAMED).map(class).collect();
    let more = match unseen.len().checked_sub(NAMED + 1) {
        Some(more) => format!(" and {} more", grouped(more + 1)),
        None => String::new(),
    };
    let classes = if unseen.len() == 1 {
        "class"
    } else {
        "classes"
    };
    (!unseen.is_empty()).then(|| {
        format!(
            "{name}: no training sample of {classes} {}{more}, which it will hardly answer",
            named.join(", ")
        )
    })
}
