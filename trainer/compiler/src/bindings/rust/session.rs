//! The session whose pushes and answers are those of one model.

use super::super::{Answers, Facts, HeadFacts, InputFacts, Kept, Takes, quoted};
use super::Identifiers;
use super::code::Code;
use super::types::{Record, Types};
use crate::bindings::names::{Names, Style};

/// Methods of every session.
const METHODS: &[&str] = &[
    "new",
    "open",
    "run",
    "begin_run",
    "step",
    "step_within",
    "is_pending",
    "reset",
    "session",
    "session_mut",
];

/// What a push takes, and what it says.
struct Push {
    /// The method of the core's session, without `push_` or `begin_`.
    method: &'static str,
    argument: String,
    /// What is handed on.
    given: &'static str,
    words: String,
}

pub(super) fn write(facts: &Facts, names: &Identifiers, types: &Types, code: &mut Code) {
    code.lines(BEFORE);
    let inputs = facts.inputs.iter().zip(&types.records);
    for (number, (input, record)) in inputs.enumerate() {
        input
            .push(record.as_ref())
            .write(&names.inputs[number], number, code);
    }
    code.lines(STEPS);
    let mut methods = Names::new(Style::Snake, METHODS);
    for name in &names.inputs {
        methods.unique(format!("push_{name}"));
        methods.unique(format!("begin_{name}"));
    }
    let heads = facts.heads.iter().zip(&types.heads);
    for (number, (head, types)) in heads.enumerate() {
        let name = methods.unique(names.heads[number].clone());
        head.answer(&name, number, types.as_ref(), code);
    }
    code.lines(BEHIND);
}

impl InputFacts {
    fn push(&self, record: Option<&Record>) -> Push {
        let name = quoted(&self.name);
        let record = || record.map(Record::taken).unwrap_or_default();
        match &self.takes {
            Takes::Image {
                height,
                width,
                channels,
            } => {
                let len = usize::from(*height) * usize::from(*width) * usize::from(*channels);
                let colour = if *channels == 1 {
                    "one byte of grey"
                } else {
                    "red, green and blue"
                };
                Push {
                    method: "image",
                    argument: format!("pixels: &[u8; {len}]"),
                    given: "pixels",
                    words: format!(
                        "the picture {name}: {height} rows of {width} pixels, {colour} each"
                    ),
                }
            }
            Takes::Audio { sample_rate, .. } => Push {
                method: "audio",
                argument: "samples: &[i16]".to_owned(),
                given: "samples",
                words: format!("the next samples of the clip {name}, {sample_rate} a second"),
            },
            Takes::Text { .. } => Push {
                method: "text",
                argument: "text: &str".to_owned(),
                given: "text.as_bytes()",
                words: format!("the text {name}"),
            },
            Takes::Record { .. } => Push {
                method: "record",
                argument: format!("record: {}", record()),
                given: "&record.values()",
                words: format!("the record {name}"),
            },
            Takes::Sequence {
                most_records, keep, ..
            } => {
                let kept = match keep {
                    Kept::First => "first",
                    Kept::Last => "last",
                };
                Push {
                    method: "record",
                    argument: format!("record: {}", record()),
                    given: "&record.values()",
                    words: format!(
                        "the next record of the sequence {name}, in order of time: the {kept} {most_records} of a longer one"
                    ),
                }
            }
            Takes::Tensor(facts) => Push {
                method: "tensor",
                argument: format!("values: &[i8; {}]", facts.len()),
                given: "values",
                words: format!("the tensor {name}, row by row"),
            },
        }
    }
}

impl Push {
    fn write(&self, name: &str, number: usize, code: &mut Code) {
        let Push {
            method,
            argument,
            given,
            words,
        } = self;
        let arguments = ["&mut self", argument];
        code.blank();
        code.doc(1, &format!("Takes {words}."));
        code.function(
            1,
            &format!("pub fn push_{name}"),
            &arguments,
            "Result<(), PushError>",
        );
        code.line(2, &format!("self.inner.push_{method}({number}, {given})"));
        code.line(1, "}");
        code.blank();
        // Sound is taken up to its next step, all else as a whole.
        let (returns, taken) = match *method {
            "audio" => ("Result<usize, PushError>", ", and tells how many it took"),
            _ => ("Result<(), PushError>", ""),
        };
        code.doc(
            1,
            &format!("Takes {words}{taken}; [`Session::step`] computes."),
        );
        code.function(1, &format!("pub fn begin_{name}"), &arguments, returns);
        code.line(2, &format!("self.inner.begin_{method}({number}, {given})"));
        code.line(1, "}");
    }
}

impl HeadFacts {
    fn answer(&self, name: &str, number: usize, types: Option<&[String; 2]>, code: &mut Code) {
        code.blank();
        let head = quoted(&self.name);
        code.doc(
            1,
            &format!("What the head {head} answers; `None` before a run."),
        );
        match (&self.answers, types) {
            (Answers::Tensor(facts), _) => {
                let returns = format!("Option<&[i8; {}]>", facts.len());
                code.function(1, &format!("pub fn {name}"), &["&self"], &returns);
                code.line(2, &format!("self.inner.tensor({number})?.first_chunk()"));
            }
            (_, Some([class, verdict])) => {
                let returns = format!("Option<{verdict}>");
                code.function(1, &format!("pub fn {name}"), &["&self"], &returns);
                code.line(2, &format!("let verdict = self.inner.verdict({number})?;"));
                code.line(2, &format!("Some({verdict} {{"));
                code.line(3, &format!("class: {class}::from_number(verdict.class)?,"));
                code.line(3, "score: verdict.score,");
                code.line(3, "defer: verdict.defer,");
                code.line(2, "})");
            }
            (_, None) => {}
        }
        code.line(1, "}");
    }
}

const BEFORE: &str = r#"
/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The file is no model that this program runs.
    Model(LoadError),
    /// The model has other inputs or answers than these bindings.
    OtherModel,
    /// The arena is too small or misaligned.
    Arena(ArenaError),
}

impl Display for OpenError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Model(error) => error.fmt(f),
            OpenError::OtherModel => f.write_str(
                "the model has other inputs or answers than its bindings; make these anew with `tillsense bindings`",
            ),
            OpenError::Arena(error) => error.fmt(f),
        }
    }
}

impl Error for OpenError {}

/// A session whose pushes and answers are those of the model.
#[derive(Debug)]
pub struct Session<'m, 'a> {
    inner: tillsense_core::Session<'m, 'a>,
}

impl<'m, 'a> Session<'m, 'a> {
    /// Checks a model file and makes a session on an arena of at least [`ARENA_LEN`] bytes.
    pub fn open(file: &'m [u8], arena: &'a mut [u8]) -> Result<Self, OpenError> {
        let model = Model::load(file).map_err(OpenError::Model)?;
        Session::new(model, arena)
    }

    /// A session of a model that is loaded.
    pub fn new(model: Model<'m>, arena: &'a mut [u8]) -> Result<Self, OpenError> {
        if model.interface() != INTERFACE {
            return Err(OpenError::OtherModel);
        }
        let inner = tillsense_core::Session::new(model, arena).map_err(OpenError::Arena)?;
        Ok(Session { inner })
    }"#;

const STEPS: &str = r#"
    /// Computes what waits, then scores all heads.
    pub fn run(&mut self) {
        self.inner.run();
    }

    /// Has all heads scored by [`Session::step`].
    pub fn begin_run(&mut self) {
        self.inner.begin_run();
    }

    /// Computes at most so many ops of what waits.
    pub fn step(&mut self, ops: usize) -> Progress {
        self.inner.step(ops)
    }

    /// Computes one op of what waits, and more while they come to no more than this work together.
    pub fn step_within(&mut self, work: u64) -> Progress {
        self.inner.step_within(work)
    }

    /// Whether something waits for [`Session::step`].
    pub fn is_pending(&self) -> bool {
        self.inner.is_pending()
    }

    /// Forgets the transaction: inputs, what waits, answers.
    pub fn reset(&mut self) {
        self.inner.reset();
    }"#;

const BEHIND: &str = r#"
    /// The session of the core, which knows no names.
    pub fn session(&self) -> &tillsense_core::Session<'m, 'a> {
        &self.inner
    }

    /// The session of the core, which takes pieces of pictures and tensors too.
    pub fn session_mut(&mut self) -> &mut tillsense_core::Session<'m, 'a> {
        &mut self.inner
    }
}"#;
