//! Why a model file, an arena or an input is refused.
//!
//! Each text is one line that goes on after "file: " or "the terminal refuses: "; it says what is wrong and, where somebody can
//! do something about it, what mends it. An image that prints none holds none.

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::engine::model::Model;
use crate::engine::work::MAX_WORK;
use crate::frontend::FrontendError;
use crate::frontend::image::ImageError;
use crate::frontend::record::{Fields, RecordError, fields};
use crate::frontend::tensor::TensorError;
use crate::frontend::text::TextError;
use crate::model::decode::Unreadable;
use crate::model::header::HeaderError;
use crate::model::records::Source;
use crate::ops::OpError;
use crate::parts::Part;

/// Why a model file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadError {
    /// The file does not lie at an address that is a multiple of 16.
    Misaligned,
    /// The header is refused.
    Header(HeaderError),
    /// The bytes are not those that were sealed.
    Digest,
    /// The body is not what its lengths say.
    Body,
    /// More inputs than [`MAX_INPUTS`](super::MAX_INPUTS), no input, no head, more ops than [`MAX_OPS`](super::MAX_OPS), or more than 2^16 bytes of inputs or 2^22 of
    /// heads.
    Count,
    /// Two regions kept between calls overlap, or there are too many.
    Kept,
    /// An input is refused.
    Input {
        /// Number of the input.
        input: u8,
        /// The reason.
        error: InputError,
    },
    /// An op is refused.
    Op {
        /// Where its record starts in the op section.
        at: u32,
        /// The reason.
        error: OpRefusal,
    },
    /// A head is refused.
    Head {
        /// Number of the head.
        head: u8,
        /// The reason.
        error: HeadError,
    },
    /// A complete run takes more steps, or the checks read more, than [`work`](super::work) allows.
    Work,
}

/// Why an input is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InputError {
    /// Its record cannot be read.
    Record,
    /// Its frontend parameters do not check.
    Frontend(FrontendError),
    /// A single record with more than one step.
    Steps,
    /// A region of its frontend lies outside the arena, is misaligned, or overlaps another.
    Placement,
    /// The encoding does not lie in the persistent part, the learned absence is not as long, or no op writes all of it.
    Encoding,
    /// Its ops reach past the op section.
    Ops,
}

/// Why an op is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpRefusal {
    /// Its record cannot be read.
    Record,
    /// Shapes, constants or factors do not check.
    Check(OpError),
    /// A region reaches past the arena.
    OutsideArena,
    /// A region does not start at a multiple of its alignment.
    Misaligned,
    /// What it writes overlaps what else it uses.
    Overlap,
    /// It writes to a persistent region that is not its own, or keeps state where there is no stream.
    Persistent,
    /// It reads bytes that nothing before it in its part of the plan has written.
    Unwritten,
}

impl From<Unreadable> for InputError {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::Damaged => InputError::Record,
            Unreadable::LeftOut(part) => InputError::Frontend(FrontendError::LeftOut(part)),
        }
    }
}

impl From<Unreadable> for HeadError {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::Damaged => HeadError::Record,
            Unreadable::LeftOut(part) => HeadError::LeftOut(part),
        }
    }
}

impl From<Unreadable> for OpRefusal {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::Damaged => OpRefusal::Record,
            Unreadable::LeftOut(part) => OpRefusal::Check(OpError::LeftOut(part)),
        }
    }
}

/// Why a head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeadError {
    /// Its record cannot be read.
    Record,
    /// Not one score for each of 2 to 65,535 classes, no value of a tensor, or the trunk does not write all of them.
    Scores,
    /// The scale of a tensor is none.
    Scale,
    /// This build lacks the part that the answer belongs to.
    LeftOut(Part),
}

/// Why an arena is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArenaError {
    /// Fewer bytes than the model's plan needs.
    TooSmall {
        /// Bytes it needs.
        needs: usize,
        /// Bytes there are.
        has: usize,
    },
    /// Not at an address that is a multiple of 16.
    Misaligned,
}

/// Why an input is refused. Nothing that was pushed before is lost, but verdicts want a new run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PushError {
    /// The model has no input with this number.
    NoSuchInput,
    /// The input is of another kind.
    WrongKind,
    /// The picture.
    Image(ImageError),
    /// A clip without samples.
    NoSamples,
    /// The text.
    Text(TextError),
    /// The record.
    Record(RecordError),
    /// More records than the sequence takes.
    TooManySteps,
    /// The tensor.
    Tensor(TensorError),
    /// A piece that does not follow those before it. From offset 0 an input starts again.
    Order {
        /// The offset that is expected.
        next: u32,
    },
    /// Ops wait for a step: no input is taken until they are done.
    Pending,
}

/// Why a model refuses an input, with the names of the input and of the field: what an application shows to people.
#[derive(Clone, Copy, Debug)]
pub struct RefusedInput<'m> {
    model: Model<'m>,
    input: usize,
    error: PushError,
}

impl<'m> RefusedInput<'m> {
    /// The error of a push to the input with this number.
    pub const fn new(model: Model<'m>, input: usize, error: PushError) -> Self {
        RefusedInput {
            model,
            input,
            error,
        }
    }
}

impl Display for RefusedInput<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(found) = self.model.input(self.input) else {
            return write!(f, "input {}: {}", self.input, self.error);
        };
        write!(f, "input `{}`: ", found.name)?;
        match (self.error, found.source) {
            (PushError::Record(error), Source::Record(params) | Source::Sequence(params)) => {
                say_record(f, error, fields(&params, self.model.fields()))
            }
            (PushError::WrongKind, source) => {
                write!(f, "{}: it takes `{}`", self.error, source.name())
            }
            (error, _) => error.fmt(f),
        }
    }
}

/// Names the field at fault, or all fields where the values do not match them.
fn say_record(f: &mut Formatter<'_>, error: RecordError, mut fields: Fields<'_>) -> fmt::Result {
    let Some(number) = error.field() else {
        write!(f, "{error}; its fields are")?;
        return fields.enumerate().try_for_each(|(number, field)| {
            write!(f, "{} `{}`", if number == 0 { "" } else { "," }, field.name)
        });
    };
    match fields.nth(usize::from(number)) {
        Some(field) => write!(f, "field `{}`: {}", field.name, error.reason()),
        None => error.fmt(f),
    }
}

impl Error for RefusedInput<'_> {}

/// What is added where the seal holds and the file is wrong all the same: it was written so, and not damaged on its way.
const FAULTY: &str = "whoever wrote this file did it wrong; train and export again";

impl Display for LoadError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Misaligned => {
                f.write_str("the file does not lie at an address that is a multiple of 16; align it (in Rust, `include_model!` does)")
            }
            LoadError::Header(error) => error.fmt(f),
            LoadError::Digest => f.write_str(
                "damaged: its bytes are not those that were sealed; copy it again or train again",
            ),
            LoadError::Body => write!(f, "its records cannot be read: {FAULTY}"),
            LoadError::Count => write!(
                f,
                "it has no input, no head, or more inputs, ops or names than a terminal takes: {FAULTY}"
            ),
            LoadError::Kept => write!(f, "its regions of memory that are kept overlap: {FAULTY}"),
            // A file for another terminal is not faulty.
            LoadError::Input {
                input,
                error: error @ InputError::Frontend(FrontendError::LeftOut(_)),
            } => write!(f, "input {input}: {error}"),
            LoadError::Input { input, error } => write!(f, "input {input}: {error}: {FAULTY}"),
            LoadError::Op {
                error: error @ OpRefusal::Check(OpError::Packing),
                ..
            } => error.fmt(f),
            LoadError::Op {
                at,
                error: error @ OpRefusal::Check(OpError::LeftOut(_)),
            } => write!(f, "the op at byte {at}: {error}"),
            LoadError::Op { at, error } => write!(f, "the op at byte {at}: {error}: {FAULTY}"),
            LoadError::Head {
                head,
                error: error @ HeadError::LeftOut(_),
            } => write!(f, "head {head}: {error}"),
            LoadError::Head { head, error } => write!(f, "head {head}: {error}: {FAULTY}"),
            LoadError::Work => write!(
                f,
                "a complete run takes more than {} million steps, or its checks read too much: more than a terminal would wait for; train a smaller network, one of fewer steps, or with shorter lists of names",
                MAX_WORK / 1_000_000
            ),
        }
    }
}

impl Error for LoadError {}

impl Display for InputError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InputError::Frontend(error) => return write!(f, "its frontend: {error}"),
            InputError::Record => "its record cannot be read",
            InputError::Steps => "it is a single record with several steps",
            InputError::Placement => {
                "its frontend's memory is outside the arena, misaligned or shared"
            }
            InputError::Encoding => {
                "its encoding is not kept, not written, or not as long as its learned absence"
            }
            InputError::Ops => "its ops reach past the op section",
        })
    }
}

impl Error for InputError {}

impl Display for OpRefusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OpRefusal::Check(error) => return error.fmt(f),
            OpRefusal::Record => "its record cannot be read",
            OpRefusal::OutsideArena => "it reaches past the arena",
            OpRefusal::Misaligned => "its memory is misaligned",
            OpRefusal::Overlap => "it writes over what it uses",
            OpRefusal::Persistent => "it writes to kept memory that is not its own",
            OpRefusal::Unwritten => "it reads what nothing has written",
        })
    }
}

impl Error for OpRefusal {}

impl Display for HeadError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeadError::Record => "its record cannot be read",
            HeadError::Scores => "its scores are not one for each class, or not written",
            HeadError::Scale => "its scale is out of range",
            HeadError::LeftOut(part) => return part.say_left_out(f),
        })
    }
}

impl Error for HeadError {}

impl Display for ArenaError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ArenaError::TooSmall { needs, has } => {
                write!(f, "the model needs {needs} bytes of arena, there are {has}")
            }
            ArenaError::Misaligned => {
                f.write_str("the arena does not lie at an address that is a multiple of 16; align it (in Rust, `Arena` is)")
            }
        }
    }
}

impl Error for ArenaError {}

impl Display for PushError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PushError::Image(error) => return error.fmt(f),
            PushError::Text(error) => return error.fmt(f),
            PushError::Record(error) => return error.fmt(f),
            PushError::Tensor(error) => return error.fmt(f),
            PushError::Order { next } => {
                return write!(
                    f,
                    "a piece is out of order: the one from offset {next} on is expected"
                );
            }
            PushError::NoSuchInput => "the model has no such input",
            PushError::WrongKind => "this is not the kind of input that the model takes there",
            PushError::NoSamples => "the clip has no samples",
            PushError::TooManySteps => "the sequence has more records than the model takes",
            PushError::Pending => "ops wait: step until they are done, then push it again",
        })
    }
}

impl Error for PushError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;
    use crate::link::{FrameError, LinkError, ModelError};
    #[test]
    fn one_line_without_names_of_types() {
        let errors: [&dyn Error; 20] = [
            &LoadError::Digest,
            &LoadError::Header(HeaderError::Contract(1)),
            &LoadError::Input {
                input: 1,
                error: InputError::Frontend(FrontendError::Field(3)),
            },
            &LoadError::Op {
                at: 9,
                error: OpRefusal::Check(OpError::Overflow),
            },
            &LoadError::Op {
                at: 9,
                error: OpRefusal::Check(OpError::LeftOut(Part::Softmax)),
            },
            &LoadError::Input {
                input: 0,
                error: InputError::Frontend(FrontendError::LeftOut(Part::Image)),
            },
            &LoadError::Head {
                head: 0,
                error: HeadError::Scores,
            },
            &LoadError::Head {
                head: 0,
                error: HeadError::LeftOut(Part::Tensor),
            },
            &LoadError::Header(HeaderError::Format(1)),
            &LoadError::Header(HeaderError::KeyId),
            &PushError::Tensor(TensorError::WrongSize),
            &PushError::Order { next: 3 },
            &PushError::Image(ImageError::NotInPieces),
            &ArenaError::TooSmall { needs: 9, has: 8 },
            &PushError::Image(ImageError::WrongSize),
            &PushError::Text(TextError::Empty),
            &PushError::Record(RecordError::UnknownName(2)),
            &ModelError::Arena { needs: 20, has: 10 },
            &LinkError::WrongOrder {
                input: 2,
                next: 192,
            },
            &FrameError::NotAMessage,
        ];
        for error in errors {
            let text = error.to_string();
            assert!(!text.contains('\n') && text.len() > 7, "{text}");
            // A type's or variant's name has a capital letter inside a word.
            let inside = |w: &str| {
                w.chars().skip(1).any(char::is_uppercase) && w.chars().any(char::is_lowercase)
            };
            assert!(!text.split(' ').any(inside), "{text}");
        }
    }

    #[test]
    fn a_model_for_another_terminal_is_not_called_faulty() {
        let explain = |error| LoadError::Op { at: 0, error }.to_string();
        for error in [OpError::LeftOut(Part::Conv), OpError::Packing] {
            assert!(!explain(OpRefusal::Check(error)).contains("wrong"));
        }
        assert!(explain(OpRefusal::Check(OpError::Shape)).contains("wrong"));
    }

    #[test]
    fn a_part_that_is_left_out_is_named() {
        for part in Part::ALL {
            let feature = format!("Cargo feature `{}`", part.feature());
            let input = InputError::Frontend(FrontendError::LeftOut(part));
            let op = OpRefusal::Check(OpError::LeftOut(part));
            for text in [
                LoadError::Input {
                    input: 0,
                    error: input,
                }
                .to_string(),
                LoadError::Op { at: 0, error: op }.to_string(),
                LoadError::Head {
                    head: 0,
                    error: HeadError::LeftOut(part),
                }
                .to_string(),
            ] {
                assert!(text.contains(&feature), "{text}");
            }
        }
    }

    #[test]
    fn files_of_another_format_are_told_what_makes_them_anew() {
        let told = |format| LoadError::Header(HeaderError::Format(format)).to_string();
        assert!(told(1).contains("earlier version") && told(1).contains("`tillsense train`"));
        assert!(told(3).contains("later version"), "{}", told(3));
    }

    #[test]
    fn figures_are_told() {
        let text = ModelError::Arena {
            needs: 12345,
            has: 9216,
        }
        .to_string();
        assert!(text.contains("12345") && text.contains("9216"), "{text}");
    }
}
