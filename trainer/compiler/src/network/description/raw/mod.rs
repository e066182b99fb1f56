//! Parses TOML text to a checked [`Spec`].

mod data;
mod input;
mod layer;

use std::collections::BTreeSet;

use data::RawData;
use input::RawInput;
use serde::Deserialize;
use toml::Spanned;

use super::{Activation, Bits, Budget, Fusion, FusionKind, Head, Spec, SpecError, Train};
use crate::words::meant;

/// The fault of one field: its path below the section, and the remedy.
type Fault = (String, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpec {
    name: Spanned<String>,
    data: Spanned<RawData>,
    inputs: Vec<Spanned<RawInput>>,
    fusion: Option<Spanned<RawFusion>>,
    heads: Vec<Spanned<RawHead>>,
    train: Option<Spanned<Train>>,
    #[serde(default)]
    budget: Budget,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFusion {
    #[serde(default)]
    kind: FusionKind,
    #[serde(default = "default_size")]
    size: usize,
    #[serde(default)]
    products: Vec<[String; 2]>,
    #[serde(default)]
    dense: Vec<usize>,
    #[serde(default = "default_activation")]
    activation: RawActivation,
    #[serde(default)]
    bits: Bits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    name: String,
    column: Option<String>,
    #[serde(default)]
    classes: Vec<String>,
    positive: Option<String>,
    #[serde(default)]
    dense: Vec<usize>,
    #[serde(default = "default_activation")]
    activation: RawActivation,
    #[serde(default)]
    bits: Bits,
    from: Option<String>,
    #[serde(default)]
    auxiliary: bool,
    #[serde(default = "default_weight")]
    weight: f32,
    #[serde(default)]
    balance: bool,
    defer_below: Option<f32>,
    defer_error: Option<f32>,
    defer_at_most: Option<f32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawActivation {
    Linear,
    Relu,
    Relu6,
    Tanh,
    Sigmoid,
}

impl From<RawActivation> for Activation {
    fn from(raw: RawActivation) -> Self {
        match raw {
            RawActivation::Linear => Activation::Linear,
            RawActivation::Relu => Activation::Relu,
            RawActivation::Relu6 => Activation::Relu6,
            RawActivation::Tanh => Activation::Tanh,
            RawActivation::Sigmoid => Activation::Sigmoid,
        }
    }
}

const fn default_size() -> usize {
    32
}

const fn default_activation() -> RawActivation {
    RawActivation::Relu
}

const fn default_weight() -> f32 {
    1.0
}

/// Parses and checks a description; errors name `file`.
pub fn parse(text: &str, file: &str) -> Result<Spec, SpecError> {
    let place = Place { text, file };
    let raw: RawSpec = toml::from_str(text).map_err(|e| SpecError {
        file: file.to_owned(),
        line: e.span().map_or(0, |s| place.line(s.start)),
        field: String::new(),
        problem: problem(e.message()),
    })?;
    let name = raw.name.get_ref();
    check_name(name).map_err(|p| place.error(raw.name.span().start, "name", &p))?;
    let data = data::data(&raw.data, &place)?;
    let train = train(&raw, &place)?;
    let inputs = inputs(&raw, &train, &place)?;
    let names: Vec<&str> = inputs.iter().map(|i| i.name.as_str()).collect();
    let fusion = fusion(&raw, &names, &place)?;
    let heads = heads(&raw, &names, &train, &place)?;
    Ok(Spec {
        name: name.clone(),
        data,
        inputs,
        fusion,
        heads,
        train,
        budget: raw.budget,
    })
}

/// The message of TOML's reader, with a remedy where its own words have none.
fn problem(message: &str) -> String {
    if message.starts_with("unknown field `bits`") {
        let those = "dense, embedding and embedding_bag layers, heads and [fusion]";
        return format!("`bits` does not belong here; {those} take it");
    }
    let numbers = [
        ("usize", "a whole number, at least 0"),
        ("u64", "a whole number, at least 0"),
        ("u32", "a whole number, at least 0"),
        ("u8", "a whole number from 0 to 255"),
        ("f32", "a number"),
        ("f64", "a number"),
    ];
    let named = numbers.into_iter().find_map(|(kind, words)| {
        let before = message.strip_suffix(kind)?;
        before
            .ends_with("expected ")
            .then(|| format!("{before}{words}"))
    });
    match named {
        Some(named) => named,
        None => format!("{message}{}", meant_by(message)),
    }
}

/// What a person may have meant, where a key or a value is none of those that the message lists:
/// "unknown field `clases`, expected one of `name`, `classes`".
fn meant_by(message: &str) -> String {
    let (unknown, known) = match message.split_once(", expected ") {
        Some((unknown, known)) if message.starts_with("unknown ") => (unknown, known),
        _ => return String::new(),
    };
    let name = unknown.split('`').nth(1).unwrap_or_default();
    meant(name, known.split('`').skip(1).step_by(2))
}

/// The section in which faults are reported.
struct Place<'a> {
    text: &'a str,
    file: &'a str,
}

impl Place<'_> {
    fn line(&self, byte: usize) -> usize {
        1 + self
            .text
            .as_bytes()
            .iter()
            .take(byte)
            .filter(|b| **b == b'\n')
            .count()
    }

    fn error(&self, byte: usize, field: &str, problem: &str) -> SpecError {
        SpecError {
            file: self.file.to_owned(),
            line: self.line(byte),
            field: field.to_owned(),
            problem: problem.to_owned(),
        }
    }
}

fn train(raw: &RawSpec, place: &Place) -> Result<Train, SpecError> {
    let Some(train) = &raw.train else {
        return Ok(Train::default());
    };
    match train.get_ref().fault() {
        Some((field, problem)) => {
            Err(place.error(train.span().start, &format!("train.{field}"), &problem))
        }
        None => Ok(train.get_ref().clone()),
    }
}

fn inputs(raw: &RawSpec, train: &Train, place: &Place) -> Result<Vec<super::Input>, SpecError> {
    if raw.inputs.is_empty() || raw.inputs.len() > MAX_INPUTS {
        return Err(place.error(
            0,
            "inputs",
            &format!("a model has from 1 to {MAX_INPUTS} inputs"),
        ));
    }
    let rate = if raw.inputs.len() > 1 {
        train.modality_dropout
    } else {
        0.0
    };
    let mut seen = BTreeSet::new();
    let mut inputs = Vec::new();
    for item in &raw.inputs {
        let input = item.get_ref();
        let fail = |(field, problem): Fault| {
            place.error(
                item.span().start,
                &format!("inputs.{}.{field}", input.name),
                &problem,
            )
        };
        check_name(&input.name).map_err(|p| fail(("name".to_owned(), p)))?;
        if !seen.insert(input.name.clone()) {
            return Err(fail((
                "name".to_owned(),
                "is used twice; names tell inputs apart".to_owned(),
            )));
        }
        if input.encoder.len() > MAX_LAYERS {
            let problem = format!("has {} layers; at most {MAX_LAYERS}", input.encoder.len());
            return Err(fail(("encoder".to_owned(), problem)));
        }
        for layer in &input.encoder {
            if let Err((field, problem)) = layer.get_ref().check() {
                let field = format!("inputs.{}.encoder.{field}", input.name);
                return Err(place.error(layer.span().start, &field, &problem));
            }
        }
        inputs.push(input.resolve(rate).map_err(fail)?);
    }
    Ok(inputs)
}

fn fusion(raw: &RawSpec, names: &[&str], place: &Place) -> Result<Fusion, SpecError> {
    let Some(item) = &raw.fusion else {
        let (size, activation) = (default_size(), default_activation().into());
        return Ok(Fusion {
            kind: FusionKind::Concat,
            size,
            products: Vec::new(),
            dense: Vec::new(),
            activation,
            bits: Bits::default(),
        });
    };
    let raw = item.get_ref();
    let fail = |field: &str, problem: &str| {
        Err(place.error(item.span().start, &format!("fusion.{field}"), problem))
    };
    if raw.kind != FusionKind::Concat && names.len() < 2 {
        return fail(
            "kind",
            "this fusion joins at least two inputs; use \"concat\"",
        );
    }
    if raw.kind != FusionKind::Concat && !raw.products.is_empty() {
        return fail("products", "belongs to kind \"concat\"");
    }
    if raw.size == 0 || raw.size > MAX_UNITS {
        return fail("size", &format!("must be from 1 to {MAX_UNITS}"));
    }
    if names.len() + raw.products.len() > tillsense_core::model::records::MAX_PARTS {
        return fail(
            "products",
            "inputs and products together are more than 8 parts",
        );
    }
    if let Some(problem) = products_fault(&raw.products, names) {
        return fail("products", &problem);
    }
    if let Some(problem) = units_fault(&raw.dense) {
        return fail("dense", &problem);
    }
    let (size, products, dense) = (raw.size, raw.products.clone(), raw.dense.clone());
    Ok(Fusion {
        kind: raw.kind,
        size,
        products,
        dense,
        activation: raw.activation.into(),
        bits: raw.bits,
    })
}

/// The fault of pairs that are multiplied: an unknown input, or one with itself.
fn products_fault(products: &[[String; 2]], names: &[&str]) -> Option<String> {
    products.iter().find_map(|[a, b]| {
        let unknown = [a, b].into_iter().find(|n| !names.contains(&n.as_str()));
        match unknown {
            Some(unknown) => Some(format!(
                "no input `{unknown}`; there are {}{}",
                names.join(", "),
                meant(unknown, names.iter().copied())
            )),
            None if a == b => Some(format!("`{a}` cannot be multiplied with itself")),
            None => None,
        }
    })
}

fn heads(
    raw: &RawSpec,
    names: &[&str],
    train: &Train,
    place: &Place,
) -> Result<Vec<Head>, SpecError> {
    let mut seen = BTreeSet::new();
    let mut heads = Vec::new();
    for item in &raw.heads {
        let head = item.get_ref();
        let fail = |field: &str, problem: &str| {
            Err(place.error(
                item.span().start,
                &format!("heads.{}.{field}", head.name),
                problem,
            ))
        };
        if let Err(problem) = check_name(&head.name) {
            return fail("name", &problem);
        }
        if !seen.insert(head.name.clone()) {
            return fail("name", "is used twice; names tell heads apart");
        }
        match self::head(head, names, train) {
            Ok(head) => heads.push(head),
            Err((field, problem)) => return fail(&field, &problem),
        }
    }
    if heads.iter().all(|h| h.auxiliary) || heads.len() > MAX_HEADS {
        return Err(place.error(
            0,
            "heads",
            &format!("a model has from 1 to {MAX_HEADS} heads, one of them not auxiliary"),
        ));
    }
    Ok(heads)
}

/// Checks one head apart from its name.
fn head(head: &RawHead, names: &[&str], train: &Train) -> Result<Head, Fault> {
    let fault = |field: &str, problem: &str| Err((field.to_owned(), problem.to_owned()));
    if let Some(from) = head.from.as_ref().filter(|n| !names.contains(&n.as_str())) {
        return fault(
            "from",
            &format!(
                "no input `{from}`; there are {}{}",
                names.join(", "),
                meant(from, names.iter().copied())
            ),
        );
    }
    if !(head.weight > 0.0 && head.weight <= 100.0) {
        return fault("weight", "must be above 0 and at most 100");
    }
    let defer_below = head.defer_below.unwrap_or(0.0);
    if !(0.0..1.0).contains(&defer_below) {
        return fault("defer_below", "is a probability: at least 0 and below 1");
    }
    if let Some(problem) = defer_error_fault(head, train) {
        return fault("defer_error", problem);
    }
    if let Some(most) = head.defer_at_most {
        if head.defer_error.is_none() {
            return fault(
                "defer_at_most",
                "limits what defer_error may defer; state both or none",
            );
        }
        if !(most > 0.0 && most <= 1.0) {
            return fault(
                "defer_at_most",
                "is a part of the answers: above 0 and at most 1",
            );
        }
    }
    if let Some(problem) = classes_fault(&head.classes) {
        return fault("classes", &problem);
    }
    if let Some(problem) = units_fault(&head.dense) {
        return fault("dense", &problem);
    }
    Ok(Head {
        name: head.name.clone(),
        column: head.column.clone(),
        classes: head.classes.clone(),
        positive: head.positive.clone(),
        dense: head.dense.clone(),
        activation: head.activation.into(),
        bits: head.bits,
        from: head.from.clone(),
        auxiliary: head.auxiliary,
        weight: head.weight,
        balance: head.balance,
        defer_below: (defer_below * 256.0).round().min(255.0) as u8,
        defer_error: head.defer_error,
        defer_at_most: head.defer_at_most,
    })
}

/// Limit of inputs of a model: one concatenation joins so many.
pub const MAX_INPUTS: usize = 8;
/// Smallest part of wrong answers that may be stated; 438,200 held-out samples could show it.
const LEAST_ERROR: f32 = 0.00001;
/// Limit of heads of a model.
pub const MAX_HEADS: usize = 16;
/// Limit of layers of an encoder.
const MAX_LAYERS: usize = 64;
/// Limit of units of a layer.
const MAX_UNITS: usize = 4096;

/// Checks a name: names appear in file names, reports and node names.
fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 32 || !name.chars().all(fits) {
        return Err("takes 1 to 32 of the characters a-z, 0-9, '-' and '_'".to_owned());
    }
    Ok(())
}

/// The fault of a head with `defer_error` where training holds no samples out: choosing a threshold
/// needs samples that training does not see.
fn defer_error_fault(head: &RawHead, train: &Train) -> Option<&'static str> {
    let rate = head.defer_error?;
    if !(LEAST_ERROR..1.0).contains(&rate) {
        Some("is the part of answers that may be wrong: at least 0.00001 and below 1")
    } else if head.defer_below.is_some() {
        Some("and defer_below set the same threshold; keep one of them")
    } else if head.auxiliary {
        Some("does not belong to an auxiliary head, which answers nothing; remove it")
    } else if train.holdout == 0.0 {
        Some("is judged on held-out samples; set train.holdout above 0, or use defer_below")
    } else {
        None
    }
}

/// The fault of classes that a head states.
fn classes_fault(classes: &[String]) -> Option<String> {
    let mut seen = BTreeSet::new();
    if classes.len() == 1 {
        return Some("states one class; a question has two or more answers".to_owned());
    }
    let twice = classes.iter().find(|class| !seen.insert(*class))?;
    Some(format!("names `{twice}` twice"))
}

fn units_fault(dense: &[usize]) -> Option<String> {
    (dense.len() > 8 || dense.iter().any(|&u| u == 0 || u > MAX_UNITS))
        .then(|| format!("at most 8 layers of 1 to {MAX_UNITS} units each"))
}

#[cfg(test)]
mod tests;
