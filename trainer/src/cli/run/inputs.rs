//! What a model takes: its inputs with kinds and fields, and which of them a value on the command line is for.

use crate::data::media::{PICTURE_ENDINGS, SOUND_ENDINGS};
use std::fmt;

use anyhow::{Result, anyhow, bail, ensure};
use tillsense_compiler::text::brief;
use tillsense_compiler::words::nearest;
use tillsense_core::engine::Model;
use tillsense_core::frontend::record;
use tillsense_core::model::records::{Field, Source};

/// A kind of input, as an option of `run` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Image,
    /// A recording.
    Audio,
    /// A text.
    Text,
    /// A record.
    Record,
    /// Records in order of time.
    Sequence,
    /// A plain tensor.
    Tensor,
}

impl Kind {
    /// The kind of a model's input.
    pub const fn of(source: &Source) -> Self {
        match source {
            Source::Image(_) => Kind::Image,
            Source::Audio(_) => Kind::Audio,
            Source::Text(_) => Kind::Text,
            Source::Record(_) => Kind::Record,
            Source::Sequence(_) => Kind::Sequence,
            Source::Tensor(_) => Kind::Tensor,
        }
    }

    /// The word of the option, without its dashes.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Audio => "audio",
            Kind::Text => "text",
            Kind::Record => "record",
            Kind::Sequence => "sequence",
            Kind::Tensor => "tensor",
        }
    }

    /// Endings of the files that a folder of such inputs has; none where a value is no file.
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Kind::Image => PICTURE_ENDINGS,
            Kind::Audio => SOUND_ENDINGS,
            Kind::Text => &[],
            Kind::Record => &["json", "csv", "tsv"],
            Kind::Sequence => &["csv", "tsv", "jsonl", "json"],
            Kind::Tensor => &["npy"],
        }
    }
}

/// The option of a kind: `--image`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{}", self.word())
    }
}

/// One input of a model.
#[derive(Clone, Debug)]
pub struct Input<'m> {
    /// Its name.
    pub name: &'m str,
    /// Its frontend.
    pub source: Source,
    /// Fields of its records, in the order in which values are pushed.
    pub fields: Vec<Field<'m>>,
}

impl Input<'_> {
    /// The kind of the input.
    pub const fn kind(&self) -> Kind {
        Kind::of(&self.source)
    }
}

/// The inputs of a model, by number.
pub fn of_model<'m>(model: &Model<'m>) -> Vec<Input<'m>> {
    let section = model.fields();
    let input = |input: tillsense_core::model::records::Input<'m>| Input {
        name: input.name,
        fields: match &input.source {
            Source::Record(params) | Source::Sequence(params) => {
                record::fields(params, section).collect()
            }
            _ => Vec::new(),
        },
        source: input.source,
    };
    model.inputs().map(input).collect()
}

/// What is given to each input: what stands on the command line behind `NAME=`, or all of it.
pub type Assigned<'a> = Vec<Option<&'a str>>;

/// Finds the input of each value. `NAME=` is read as a name only where the model has that input.
pub fn assign<'a>(inputs: &[Input<'_>], given: &[(Kind, &'a str)]) -> Result<Assigned<'a>> {
    let mut assigned = vec![None; inputs.len()];
    for &(kind, text) in given {
        let (number, value) = find(inputs, kind, text)?;
        ensure!(
            assigned[number].is_none(),
            "{kind}: input `{}` is given twice; give it once (a folder, a pattern or --table tries many samples)",
            brief(inputs[number].name)
        );
        assigned[number] = Some(value);
    }
    Ok(assigned)
}

fn find<'a>(inputs: &[Input<'_>], kind: Kind, text: &'a str) -> Result<(usize, &'a str)> {
    // The longest name that fits: names may hold an equals sign.
    let named = inputs.iter().enumerate().filter_map(|(number, input)| {
        let value = text.strip_prefix(input.name)?.strip_prefix('=')?;
        Some((number, value))
    });
    if let Some((number, value)) = named.min_by_key(|(_, value)| value.len()) {
        let own = inputs[number].kind();
        ensure!(
            own == kind,
            "{kind}: input `{}` is of another kind; give it by {own}",
            brief(inputs[number].name)
        );
        return Ok((number, value));
    }
    let mut of_kind = (0..).zip(inputs).filter(|(_, input)| input.kind() == kind);
    let Some((number, input)) = of_kind.next() else {
        bail!(
            "{kind}: the model has no input of this kind; it takes {}",
            all(inputs)
        );
    };
    if of_kind.next().is_none() {
        // A text may hold anything before an equals sign, and records have keys there.
        if !matches!(kind, Kind::Text | Kind::Record)
            && let Some(error) = wrong_name(inputs, kind, text)
        {
            let told = text.split('=').next().unwrap_or_default();
            if nearest(told, [input.name]).is_some() {
                return Err(error);
            }
        }
        return Ok((number, text));
    }
    if let Some(error) = wrong_name(inputs, kind, text) {
        return Err(error);
    }
    let own = inputs.iter().filter(|input| input.kind() == kind);
    let names: Vec<_> = own.map(|input| brief(input.name)).collect();
    bail!(
        "{kind}: the model has {} inputs of this kind ({}); write {kind} {}=VALUE",
        names.len(),
        names.join(", "),
        names[0]
    )
}

/// The error about a text with a name before its equals sign that no input has.
pub fn wrong_name(inputs: &[Input<'_>], kind: Kind, text: &str) -> Option<anyhow::Error> {
    let (name, _) = text.split_once('=')?;
    let own = inputs.iter().filter(|input| input.kind() == kind);
    let names = own.map(|input| input.name);
    let meant = match nearest(name, names) {
        Some(near) => format!("did you mean `{}`?", brief(near)),
        None => format!("the model takes {}", all(inputs)),
    };
    Some(anyhow!(
        "{kind}: the model has no input `{}`; {meant}",
        brief(name)
    ))
}

/// All inputs with the options that give them: `--image receipt, --text request`.
pub fn all(inputs: &[Input<'_>]) -> String {
    let words = inputs
        .iter()
        .map(|input| format!("{} {}", input.kind(), brief(input.name)));
    words.collect::<Vec<_>>().join(", ")
}
