//! Bindings in Rust: a module without `std`, `alloc` or dependencies but the core, in the form that rustfmt gives it.

mod code;
mod session;
mod types;

use code::Code;

use self::types::Types;
use super::names::{Names, Style};
use super::{
    Answers, Facts, FieldFacts, InputFacts, MADE_BY, Takes, TensorFacts, Values, plain, quoted,
};

/// What no module, method or field may be called.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    // `begin_run` is there already.
    "run",
];

impl Facts {
    /// Bindings in Rust; `file` is the model's name in the command that made them.
    pub fn rust(&self, file: &str) -> String {
        let names = Identifiers::new(self);
        let mut code = Code::default();
        self.rust_head(file, &mut code);
        self.rust_constants(&mut code);
        self.rust_inputs(&names, &mut code);
        self.rust_heads(&names, &mut code);
        let types = Types::new(self);
        types.write(self, &mut code);
        session::write(self, &names, &types, &mut code);
        code.finish()
    }

    fn rust_head(&self, file: &str, code: &mut Code) {
        let features: Vec<_> = self.features.iter().map(|f| format!("\"{f}\"")).collect();
        let version = env!("CARGO_PKG_VERSION");
        code.lines(&format!(
            "//! Bindings of the model {}, version {}, target {}.\n\
             //!\n\
             //! {MADE_BY}{} --rust` of Tillsense {version}. Do not edit.\n\
             //!\n\
             //! A model that was trained again with the same inputs and answers keeps this file valid; [`checked`] and\n\
             //! [`Session::open`] refuse any other. Make it anew for such a one.\n\
             //!\n\
             //! What the model needs of the core, for `Cargo.toml`:\n\
             //!\n\
             //! ```toml\n\
             //! tillsense-core = {{ version = \"{version}\", default-features = false, features = [{}] }}\n\
             //! ```\n\
             \n\
             #![allow(\n    \
                 dead_code,\n    \
                 clippy::enum_variant_names,\n    \
                 clippy::should_implement_trait,\n    \
                 clippy::wrong_self_convention,\n    \
                 reason = \"an application uses its part, and names are those of the model\"\n\
             )]\n\
             \n\
             use core::error::Error;\n\
             use core::fmt::{{self, Display, Formatter}};\n\
             \n\
             use tillsense_core::model::header::states_interface;",
            quoted(&self.name),
            self.version,
            quoted(&self.target),
            plain(file),
            features.join(", "),
        ));
        let value = if self.has_records() { ", Value" } else { "" };
        code.lines(&format!(
            "use tillsense_core::{{ArenaError, LoadError, Model, Progress, PushError{value}}};"
        ));
    }

    fn rust_constants(&self, code: &mut Code) {
        code.blank();
        code.line(0, "/// Name of the model.");
        code.item(0, &format!("pub const MODEL: &str = {:?};", self.name));
        code.line(0, "/// The processor that the model is packed for.");
        code.item(0, &format!("pub const TARGET: &str = {:?};", self.target));
        code.line(0, "/// Bytes of arena that a session of this model needs; a larger model with the same inputs and answers needs more.");
        code.line(
            0,
            &format!("pub const ARENA_LEN: usize = {};", self.arena_bytes),
        );
        code.line(
            0,
            "/// What the addresses of model file and arena must be multiples of.",
        );
        code.line(0, &format!("pub const ALIGN: usize = {};", self.align));
        code.line(
            0,
            "/// Digest of the inputs and answers that these bindings are for.",
        );
        code.line(0, "pub const INTERFACE: [u8; 32] = [");
        for row in self.interface.chunks(16) {
            let bytes: Vec<_> = row.iter().map(|byte| format!("{byte:#04x}")).collect();
            code.line(1, &format!("{},", bytes.join(", ")));
        }
        code.line(0, "];");
        code.lines(
            "\n\
             /// The file of a model that belongs to these bindings.\n\
             ///\n\
             /// Another one is an error of compilation where this stands in a constant:\n\
             /// `static MODEL: &[u8] = checked(include_model!(\"model.till\"));`\n\
             pub const fn checked(file: &[u8]) -> &[u8] {\n    \
                 assert!(\n        \
                     states_interface(file, &INTERFACE),\n        \
                     \"the model has other inputs or answers than its bindings; make these anew with `tillsense bindings`\"\n    \
                 );\n    \
                 file\n\
             }",
        );
    }

    fn rust_inputs(&self, names: &Identifiers, code: &mut Code) {
        code.lines("\n/// Inputs by name.\npub mod inputs {");
        for (number, input) in self.inputs.iter().enumerate() {
            if number > 0 {
                code.blank();
            }
            code.doc(1, &input.rust_words());
            code.line(1, &format!("pub mod {} {{", names.inputs[number]));
            numbered("input", number, &input.name, code);
            input.rust_constants(code);
            code.line(1, "}");
        }
        code.line(0, "}");
    }

    fn rust_heads(&self, names: &Identifiers, code: &mut Code) {
        code.lines("\n/// Heads by name.\npub mod heads {");
        for (number, head) in self.heads.iter().enumerate() {
            if number > 0 {
                code.blank();
            }
            let name = quoted(&head.name);
            let what = match &head.answers {
                Answers::Classes { .. } => "a class",
                Answers::Tensor(_) => "a tensor",
            };
            code.doc(1, &format!("The head {name}: {what}."));
            code.line(1, &format!("pub mod {} {{", names.heads[number]));
            numbered("head", number, &head.name, code);
            match &head.answers {
                Answers::Classes { names } => {
                    constant("Classes.", "CLASSES", "usize", names.len(), code);
                }
                Answers::Tensor(facts) => facts.rust_constants(code),
            }
            code.line(1, "}");
        }
        code.line(0, "}");
    }

    fn has_records(&self) -> bool {
        self.inputs.iter().any(|input| input.fields().is_some())
    }
}

/// Identifiers of inputs and heads, in modules and methods.
struct Identifiers {
    inputs: Vec<String>,
    heads: Vec<String>,
}

impl Identifiers {
    fn new(facts: &Facts) -> Self {
        let of = |kind: &str, all: Vec<&str>| {
            let mut names = Names::new(Style::Snake, KEYWORDS);
            let all = all.into_iter().enumerate();
            all.map(|(number, name)| names.give(name, kind, number))
                .collect()
        };
        Identifiers {
            inputs: of("input", facts.inputs.iter().map(|i| &*i.name).collect()),
            heads: of("head", facts.heads.iter().map(|h| &*h.name).collect()),
        }
    }
}

/// Number and name of an input or a head.
fn numbered(kind: &str, number: usize, name: &str, code: &mut Code) {
    constant(
        &format!("Number of the {kind}."),
        "NUMBER",
        "usize",
        number,
        code,
    );
    code.doc(2, &format!("Name of the {kind}."));
    code.item(2, &format!("pub const NAME: &str = {name:?};"));
}

fn constant(doc: &str, name: &str, kind: &str, value: impl std::fmt::Display, code: &mut Code) {
    code.doc(2, doc);
    code.line(2, &format!("pub const {name}: {kind} = {value};"));
}

impl InputFacts {
    /// The fields of each record.
    pub(super) fn fields(&self) -> Option<&[FieldFacts]> {
        match &self.takes {
            Takes::Record { fields } | Takes::Sequence { fields, .. } => Some(fields),
            _ => None,
        }
    }

    fn rust_words(&self) -> String {
        let name = quoted(&self.name);
        match &self.takes {
            Takes::Image { .. } => format!("The picture {name}."),
            Takes::Audio { .. } => format!("The sound {name}."),
            Takes::Text { .. } => format!("The text {name}."),
            Takes::Record { .. } => format!("The record {name}."),
            Takes::Sequence { .. } => format!("The sequence of records {name}."),
            Takes::Tensor(_) => format!("The tensor {name}."),
        }
    }

    fn rust_constants(&self, code: &mut Code) {
        let mut usize =
            |doc: &str, name: &str, value: usize| constant(doc, name, "usize", value, code);
        match &self.takes {
            Takes::Image {
                height,
                width,
                channels,
            } => {
                let [h, w, c] = [*height, *width, u16::from(*channels)].map(usize::from);
                usize("Rows.", "HEIGHT", h);
                usize("Pixels a row.", "WIDTH", w);
                usize(
                    "Bytes a pixel: 1 grey, 3 red, green and blue.",
                    "CHANNELS",
                    c,
                );
                usize("Bytes of the picture.", "LEN", h * w * c);
            }
            Takes::Audio {
                sample_rate,
                most_samples,
            } => {
                usize("Samples a second.", "SAMPLE_RATE", (*sample_rate).into());
                usize(
                    "Samples of a clip that are heard.",
                    "MOST_SAMPLES",
                    *most_samples,
                );
            }
            Takes::Text { most_bytes } => {
                usize(
                    "Bytes of a text that are read.",
                    "MOST_BYTES",
                    (*most_bytes).into(),
                );
            }
            Takes::Record { fields } => {
                usize("Fields of the record.", "FIELDS", fields.len());
                decimals(fields, code);
            }
            Takes::Sequence {
                fields,
                most_records,
                ..
            } => {
                usize(
                    "Records that are taken.",
                    "MOST_RECORDS",
                    (*most_records).into(),
                );
                usize("Fields of a record.", "FIELDS", fields.len());
                decimals(fields, code);
            }
            Takes::Tensor(facts) => facts.rust_constants(code),
        }
    }
}

/// The decimals of each number.
fn decimals(fields: &[FieldFacts], code: &mut Code) {
    let mut names = Names::new(Style::Upper, &[]);
    for (number, field) in fields.iter().enumerate() {
        if let Values::Number { decimals, .. } = field.values {
            let name = names.give(&field.name, "field", number);
            let doc = format!("Decimals of {}.", quoted(&field.name));
            constant(&doc, &format!("{name}_DECIMALS"), "u8", decimals, code);
        }
    }
}

impl TensorFacts {
    fn rust_constants(&self, code: &mut Code) {
        let [h, w, c] = self.shape;
        constant(
            "Rows, columns, channels.",
            "SHAPE",
            "[usize; 3]",
            format_args!("[{h}, {w}, {c}]"),
            code,
        );
        constant("Values.", "LEN", "usize", self.len(), code);
        constant(
            "Real value of a step: real value = scale * (stored - zero point).",
            "SCALE",
            "f32",
            format_args!("{:?}", self.scale),
            code,
        );
        constant(
            "The stored value that stands for 0.",
            "ZERO_POINT",
            "i8",
            self.zero_point,
            code,
        );
    }
}
