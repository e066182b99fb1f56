//! An example line, made from a model's own inputs.

use std::path::Path;

use tillsense_compiler::text::shown;
use tillsense_core::engine::Model;
use tillsense_core::frontend::record::names;
use tillsense_core::model::records::{Field, FieldKind};

use super::inputs::{self, Input, Kind};

/// Fields of a record that the example gives.
const MOST_FIELDS: usize = 3;

/// A command that tries a sample of this model, as a shell takes it.
pub fn command(model: &Model<'_>, path: &Path) -> String {
    let inputs = inputs::of_model(model);
    let mut words = vec![
        "tillsense".to_owned(),
        "run".to_owned(),
        quoted(&path.display().to_string()),
    ];
    for input in &inputs {
        let alone = inputs
            .iter()
            .filter(|other| other.kind() == input.kind())
            .count()
            == 1;
        let value = value(input);
        words.push(input.kind().to_string());
        words.push(match alone {
            true => quoted(&value),
            false => quoted(&format!("{}={value}", input.name)),
        });
    }
    words.join(" ")
}

fn value(input: &Input<'_>) -> String {
    match input.kind() {
        Kind::Image => "photo.png".to_owned(),
        Kind::Audio => "clip.wav".to_owned(),
        Kind::Text => "some words".to_owned(),
        Kind::Record => record(input).unwrap_or_else(|| "record.json".to_owned()),
        Kind::Sequence => "rows.csv".to_owned(),
        Kind::Tensor => "one.npy".to_owned(),
    }
}

/// The first fields with values that they take; `None` where a list of keys and values cannot hold them.
fn record(input: &Input<'_>) -> Option<String> {
    let fields = input.fields.iter().take(MOST_FIELDS);
    let pairs: Vec<_> = fields.map(pair).collect::<Option<_>>()?;
    (!pairs.is_empty()).then(|| pairs.join(","))
}

fn pair(field: &Field<'_>) -> Option<String> {
    let value = match field.kind {
        FieldKind::Number { decimals: 0, .. } => "12",
        FieldKind::Number { .. } => "12.5",
        FieldKind::Category { names: list, .. } => names(list).next()?,
    };
    let plain = |text: &str| {
        !text.contains([',', '='])
            && text.trim() == text
            && !text.starts_with('{')
            && shown(text) == text
    };
    (plain(field.name) && plain(value)).then(|| format!("{}={value}", field.name))
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./=,+:@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_would_cut_them() {
        assert_eq!(quoted("models/till.till"), "models/till.till");
        assert_eq!(quoted("request=some words"), "'request=some words'");
        assert_eq!(quoted("a'b"), r"'a'\''b'");
    }
}
