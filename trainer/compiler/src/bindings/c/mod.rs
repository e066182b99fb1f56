//! Bindings in C: a header beside `tillsense.h`, in C99 that is C++11 too.

mod code;
mod session;
mod types;
mod words;

use code::{Code, text};

use self::types::Types;
use self::words::{MACROS, WORDS};
use super::names::{Names, Style, alone};
use super::{
    Answers, Facts, FieldFacts, InputFacts, Kept, MADE_BY, Takes, TensorFacts, Values, plain,
    quoted,
};

/// Identifiers that are given, each once: those of macros and enumerators, and all others.
struct Given {
    /// What every identifier starts with.
    prefix: String,
    upper: Names,
    lower: Names,
}

impl Given {
    fn new(model: &str) -> Self {
        let mut prefix = alone(model, Style::Snake, "model");
        // Those of `tillsense.h` start so.
        if prefix == "tillsense" || prefix.starts_with("tillsense_") {
            prefix = format!("model_{prefix}");
        }
        Given {
            prefix,
            upper: Names::new(Style::Upper, MACROS),
            lower: Names::new(Style::Snake, WORDS),
        }
    }

    /// A macro or an enumerator.
    fn upper(&mut self, name: &str) -> String {
        let name = format!("{}_{name}", self.prefix).to_ascii_uppercase();
        self.upper.unique(name)
    }

    /// A type or a function.
    fn lower(&mut self, name: &str) -> String {
        self.lower.unique(format!("{}_{name}", self.prefix))
    }
}

/// Names of inputs and heads as parts of identifiers.
struct Stems {
    inputs: Vec<String>,
    heads: Vec<String>,
}

impl Stems {
    fn new(facts: &Facts) -> Self {
        let of = |kind: &str, all: Vec<&str>| {
            let mut names = Names::new(Style::Snake, &[]);
            let all = all.into_iter().enumerate();
            all.map(|(number, name)| names.give(name, kind, number))
                .collect()
        };
        Stems {
            inputs: of("input", facts.inputs.iter().map(|i| &*i.name).collect()),
            heads: of("head", facts.heads.iter().map(|h| &*h.name).collect()),
        }
    }
}

impl Facts {
    /// Bindings in C; `file` is the model's name in the command that made them.
    pub fn c(&self, file: &str) -> String {
        let mut given = Given::new(&self.name);
        let stems = Stems::new(self);
        let mut code = Code::default();
        let guard = given.upper("BINDINGS_H");
        self.c_head(file, &guard, &mut code);
        self.c_constants(&stems, &mut given, &mut code);
        let types = Types::new(self, &stems, &mut given);
        types.write(self, &mut code);
        session::write(self, &stems, &types, &mut given, &mut code);
        code.lines("\n#ifdef __cplusplus\n}\n#endif\n\n#endif");
        code.finish()
    }

    fn c_head(&self, file: &str, guard: &str, code: &mut Code) {
        code.comment(&[
            &format!(
                "Bindings of the model {}, version {}, target {}.",
                quoted(&self.name),
                self.version,
                quoted(&self.target)
            ),
            "",
            &format!(
                "{MADE_BY}{} --c` of Tillsense {}. Do not edit.",
                plain(file),
                env!("CARGO_PKG_VERSION")
            ),
            "",
            "A model that was trained again with the same inputs and answers keeps this file valid; the function that",
            "opens a session refuses any other. Make it anew for such a one.",
            "",
            &format!("Parts of the library that the model needs: {}.", self.features.join(", ")),
        ]);
        code.lines(&format!(
            "\n#ifndef {guard}\n\
             #define {guard}\n\
             \n\
             #include <stdbool.h>\n\
             #include <stddef.h>\n\
             #include <stdint.h>\n\
             \n\
             #include \"tillsense.h\"\n\
             \n\
             #ifdef __cplusplus\n\
             extern \"C\" {{\n\
             #endif"
        ));
    }

    fn c_constants(&self, stems: &Stems, given: &mut Given, code: &mut Code) {
        code.blank();
        let mut define = |doc: &str, name: &str, value: String| {
            code.comment(&[doc]);
            let name = given.upper(name);
            code.line(&format!("#define {name} {value}"));
        };
        define("Name of the model.", "MODEL", text(&self.name));
        define(
            "The processor that the model is packed for.",
            "TARGET",
            text(&self.target),
        );
        define(
            "Bytes of arena that a session needs, at a multiple of TILLSENSE_ALIGN; a larger model with the same inputs and answers needs more.",
            "ARENA_LEN",
            format!("{}u", self.arena_bytes),
        );
        for (number, (input, stem)) in self.inputs.iter().zip(&stems.inputs).enumerate() {
            let (words, constants) = input.c_constants();
            define(&words, &format!("INPUT_{stem}"), format!("{number}u"));
            for (doc, name, value) in constants {
                define(&doc, &format!("{stem}_{name}"), value);
            }
        }
        for (number, (head, stem)) in self.heads.iter().zip(&stems.heads).enumerate() {
            let name = quoted(&head.name);
            define(
                &format!("Number of the head {name}."),
                &format!("HEAD_{stem}"),
                format!("{number}u"),
            );
            match &head.answers {
                Answers::Classes { names } => {
                    define(
                        "Classes.",
                        &format!("{stem}_CLASSES"),
                        format!("{}u", names.len()),
                    );
                }
                Answers::Tensor(facts) => {
                    for (doc, name, value) in facts.c_constants() {
                        define(&doc, &format!("{stem}_{name}"), value);
                    }
                }
            }
        }
    }
}

/// Documentation, name and value of a macro.
type Constant = (String, String, String);

fn constant(doc: &str, name: &str, value: impl std::fmt::Display) -> Constant {
    (doc.to_owned(), name.to_owned(), format!("{value}u"))
}

impl InputFacts {
    /// What the input is, and the constants of what it takes.
    fn c_constants(&self) -> (String, Vec<Constant>) {
        let name = quoted(&self.name);
        match &self.takes {
            Takes::Image {
                height,
                width,
                channels,
            } => {
                let len = usize::from(*height) * usize::from(*width) * usize::from(*channels);
                let constants = vec![
                    constant("Rows.", "HEIGHT", height),
                    constant("Pixels a row.", "WIDTH", width),
                    constant(
                        "Bytes a pixel: 1 grey, 3 red, green and blue.",
                        "CHANNELS",
                        channels,
                    ),
                    constant("Bytes of the picture.", "LEN", len),
                ];
                (format!("Number of the picture {name}."), constants)
            }
            Takes::Audio {
                sample_rate,
                most_samples,
            } => {
                let constants = vec![
                    constant("Samples a second.", "SAMPLE_RATE", sample_rate),
                    constant(
                        "Samples of a clip that are heard.",
                        "MOST_SAMPLES",
                        most_samples,
                    ),
                ];
                (format!("Number of the sound {name}."), constants)
            }
            Takes::Text { most_bytes } => {
                let constants = vec![constant(
                    "Bytes of a text that are read.",
                    "MOST_BYTES",
                    most_bytes,
                )];
                (format!("Number of the text {name}."), constants)
            }
            Takes::Record { fields } => (format!("Number of the record {name}."), c_fields(fields)),
            Takes::Sequence {
                fields,
                most_records,
                keep,
            } => {
                let kept = match keep {
                    Kept::First => "first",
                    Kept::Last => "last",
                };
                let doc = format!("Records that are taken, the {kept} ones of a longer sequence.");
                let mut constants = vec![constant(&doc, "MOST_RECORDS", most_records)];
                constants.extend(c_fields(fields));
                (
                    format!("Number of the sequence of records {name}."),
                    constants,
                )
            }
            Takes::Tensor(facts) => (format!("Number of the tensor {name}."), facts.c_constants()),
        }
    }
}

/// The number of fields, and the decimals of numbers.
fn c_fields(fields: &[FieldFacts]) -> Vec<Constant> {
    let mut names = Names::new(Style::Upper, &[]);
    let mut constants = vec![constant("Fields of a record.", "FIELDS", fields.len())];
    for (number, field) in fields.iter().enumerate() {
        let name = names.give(&field.name, "field", number);
        if let Values::Number { decimals, .. } = field.values {
            let doc = format!("Decimals of {}.", quoted(&field.name));
            constants.push(constant(&doc, &format!("{name}_DECIMALS"), decimals));
        }
    }
    constants
}

impl TensorFacts {
    fn c_constants(&self) -> Vec<Constant> {
        let [h, w, c] = self.shape;
        vec![
            constant("Rows.", "HEIGHT", h),
            constant("Columns.", "WIDTH", w),
            constant("Channels.", "CHANNELS", c),
            constant("Values.", "LEN", self.len()),
            (
                "Real value of a step: real value = scale * (stored - zero point).".to_owned(),
                "SCALE".to_owned(),
                format!("{:?}f", self.scale),
            ),
            (
                "The stored value that stands for 0.".to_owned(),
                "ZERO_POINT".to_owned(),
                format!("({})", self.zero_point),
            ),
        ]
    }
}
