//! Bindings: constants and types for the inputs and answers of one model, in Rust or C.
//!
//! [`Facts`] holds what they state, read from a model file; [`rust`](Facts::rust) and [`c`](Facts::c) write it as source. A name of a model
//! may hold anything: `names` makes identifiers of it, and the name itself stands in tables and comments, escaped.

mod c;
mod names;
mod rust;

use anyhow::Result;
use serde::{Serialize, Serializer};
use tillsense_core::engine::Model;
use tillsense_core::frontend::record;
use tillsense_core::model::header::{ALIGN, DIGEST_LEN};
use tillsense_core::model::records::{
    Answer, AudioParams, Field, FieldKind, Head, Input, Keep, RecordParams, Scale, Source, View,
};
use tillsense_core::parts::Part;

use crate::aligned::Aligned;
use crate::inspect::parts_of;
use crate::network::description::Spec;
use crate::run;
use crate::text::brief;

/// What bindings say of themselves near their beginning.
pub const MADE_BY: &str = "Made by `tillsense bindings ";

/// What an application is compiled against, and what it may want to know before it has the model.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// The model's name.
    pub name: String,
    /// The model's version.
    pub version: u64,
    /// The processor that it is packed for.
    pub target: String,
    /// SHA-256 of the names and forms of inputs and answers; in hexadecimal where it is shown.
    #[serde(serialize_with = "hexadecimal")]
    pub interface: [u8; DIGEST_LEN],
    /// Bytes of the file.
    pub file_bytes: usize,
    /// Bytes of arena that a session needs.
    pub arena_bytes: usize,
    /// Alignment of file and arena in bytes.
    pub align: usize,
    /// Cargo features of `core` that hold the parts which the model needs; a library for C names them alike.
    pub features: Vec<&'static str>,
    /// Inputs by number.
    pub inputs: Vec<InputFacts>,
    /// Heads by number.
    pub heads: Vec<HeadFacts>,
}

/// An input.
#[derive(Clone, Debug, Serialize)]
pub struct InputFacts {
    /// Its name.
    pub name: String,
    /// What it takes.
    #[serde(flatten)]
    pub takes: Takes,
}

/// What an input takes.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Takes {
    /// A picture, row by row.
    Image {
        /// Rows.
        height: u16,
        /// Pixels a row.
        width: u16,
        /// Bytes a pixel: 1 grey, 3 red, green and blue.
        channels: u8,
    },
    /// Sound, one channel, 16 bits a sample.
    Audio {
        /// Samples a second.
        sample_rate: u16,
        /// Samples of a clip that are heard.
        most_samples: usize,
    },
    /// A text in UTF-8.
    Text {
        /// Bytes of it that are read.
        most_bytes: u16,
    },
    /// A record.
    Record {
        /// Its fields in order.
        fields: Vec<FieldFacts>,
    },
    /// Records in order of time.
    Sequence {
        /// The fields of each in order.
        fields: Vec<FieldFacts>,
        /// Records that are taken.
        most_records: u16,
        /// Which records are pushed of a longer sequence.
        keep: Kept,
    },
    /// A tensor of int8 values.
    Tensor(TensorFacts),
}

/// Which records an application pushes of a sequence that has more than are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The first ones.
    First,
    /// The last ones.
    Last,
}

/// A field of a record.
#[derive(Clone, Debug, Serialize)]
pub struct FieldFacts {
    /// Its name.
    pub name: String,
    /// Its values.
    #[serde(flatten)]
    pub values: Values,
}

/// The values of a field.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Values {
    /// Numbers, pushed as integers: value * 10^decimals.
    Number {
        /// Decimal places.
        decimals: u8,
        /// The unit, where the model's description states one.
        unit: Option<String>,
    },
    /// One of several names.
    Category {
        /// The names.
        names: Vec<String>,
        /// Whether a name that is none of them counts as missing instead of being refused.
        other: bool,
    },
}

/// Shape and scale of a tensor.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TensorFacts {
    /// Rows, columns, channels.
    pub shape: [u16; 3],
    /// Real value of a step: real value = scale * (stored - zero point).
    pub scale: f32,
    /// The stored value that stands for 0.
    pub zero_point: i8,
}

/// A head.
#[derive(Clone, Debug, Serialize)]
pub struct HeadFacts {
    /// Its name.
    pub name: String,
    /// What it answers with.
    #[serde(flatten)]
    pub answers: Answers,
}

/// What a head answers with.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answers {
    /// One of several classes.
    Classes {
        /// Their names by number.
        names: Vec<String>,
    },
    /// A tensor of int8 values.
    Tensor(TensorFacts),
}

impl Facts {
    /// The facts of a model file.
    pub fn read(file: &[u8]) -> Result<Self> {
        let file = Aligned::from(file);
        Ok(Facts::of(&run::load(&file)?))
    }

    fn of(model: &Model<'_>) -> Self {
        let inputs = model.inputs();
        Facts {
            name: model.name().to_owned(),
            version: model.header().model_version,
            target: model.target().to_owned(),
            interface: model.interface(),
            file_bytes: model.file().len(),
            arena_bytes: model.header().arena_len as usize,
            align: ALIGN,
            features: parts_of(model).into_iter().map(Part::feature).collect(),
            inputs: inputs.map(|input| input_facts(&input, model)).collect(),
            heads: model.heads().map(|head| head_facts(&head)).collect(),
        }
    }

    /// Takes the units of numbers from the description that the model was trained by.
    pub fn set_units(&mut self, spec: &Spec) {
        for input in &mut self.inputs {
            let described = spec.inputs.iter().find(|other| other.name == input.name);
            let (Takes::Record { fields } | Takes::Sequence { fields, .. }, Some(described)) =
                (&mut input.takes, described)
            else {
                continue;
            };
            for field in fields {
                if let Values::Number { unit, .. } = &mut field.values {
                    *unit = described.columns.units.get(&field.name).cloned();
                }
            }
        }
    }
}

impl TensorFacts {
    /// Values of the tensor.
    pub fn len(&self) -> usize {
        self.shape.into_iter().map(usize::from).product()
    }

    /// Whether it has no value, which no model file says.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn input_facts(input: &Input<'_>, model: &Model<'_>) -> InputFacts {
    let takes = match &input.source {
        Source::Image(p) => Takes::Image {
            height: p.source_h,
            width: p.source_w,
            channels: p.source_c,
        },
        Source::Audio(p) => Takes::Audio {
            sample_rate: p.sample_rate,
            most_samples: most_samples(p),
        },
        Source::Text(p) => Takes::Text {
            most_bytes: p.max_bytes,
        },
        Source::Record(p) => Takes::Record {
            fields: fields(p, model),
        },
        Source::Sequence(p) => Takes::Sequence {
            fields: fields(p, model),
            most_records: p.max_steps,
            keep: match p.keep {
                Keep::First => Kept::First,
                Keep::Last => Kept::Last,
            },
        },
        Source::Tensor(p) => Takes::Tensor(tensor(&p.output, p.scale)),
    };
    InputFacts {
        name: input.name.to_owned(),
        takes,
    }
}

/// The samples of all frames of a clip.
fn most_samples(params: &AudioParams) -> usize {
    let frames = usize::from(params.max_steps) * usize::from(params.stack);
    frames.saturating_sub(1) * usize::from(params.hop) + usize::from(params.frame_len)
}

fn fields(params: &RecordParams, model: &Model<'_>) -> Vec<FieldFacts> {
    let fields = record::fields(params, model.fields());
    fields.map(|field| field_facts(&field)).collect()
}

fn field_facts(field: &Field<'_>) -> FieldFacts {
    let values = match field.kind {
        FieldKind::Number { decimals, .. } => Values::Number {
            decimals,
            unit: None,
        },
        FieldKind::Category { names, other, .. } => Values::Category {
            names: record::names(names).map(str::to_owned).collect(),
            other,
        },
    };
    FieldFacts {
        name: field.name.to_owned(),
        values,
    }
}

fn head_facts(head: &Head<'_>) -> HeadFacts {
    let answers = match head.answer {
        Answer::Classes { names, .. } => Answers::Classes {
            names: record::names(names).map(str::to_owned).collect(),
        },
        Answer::Tensor { scale } => Answers::Tensor(tensor(&head.scores, scale)),
    };
    HeadFacts {
        name: head.name.to_owned(),
        answers,
    }
}

fn tensor(view: &View, scale: Scale) -> TensorFacts {
    let real = f64::from(scale.multiplier) * f64::from(scale.shift - 31).exp2();
    TensorFacts {
        shape: [view.h, view.w, view.c],
        scale: real as f32,
        zero_point: view.zero_point,
    }
}

/// A name in a comment: on one line, not too long, and between backticks of which it holds none.
fn quoted(name: &str) -> String {
    format!("`{}`", plain(name))
}

/// A text in a comment.
fn plain(text: &str) -> String {
    brief(text).replace('`', "\\u{60}")
}

/// A number field in a comment: how a value of it is given.
fn number_words(name: &str, decimals: u8, unit: Option<&str>) -> String {
    let name = quoted(name);
    let (in_unit, unit) = match unit.map(plain) {
        Some(unit) => (format!(" in {unit}"), format!(" {unit}")),
        None => Default::default(),
    };
    if decimals == 0 {
        return format!("{name}{in_unit}, a whole number");
    }
    // As many digits as there are decimals, up to nine.
    let digits = &"234567891"[..usize::from(decimals).min(9)];
    format!("{name}{in_unit} x 10^{decimals}: 1.{digits}{unit} is 1{digits}")
}

/// What a category says of names that are none of its own.
fn other_words(other: bool) -> &'static str {
    match other {
        true => "another name counts as missing",
        false => "another name is refused",
    }
}

fn hexadecimal<S: Serializer>(digest: &[u8; DIGEST_LEN], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&hex(digest))
}

/// A digest in hexadecimal.
fn hex(digest: &[u8; DIGEST_LEN]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
