//! What the core's errors mean, in words for people and with what mends them.
//!
//! The core's errors are small enums without text, which a terminal sends as bytes; the words are here, once for all commands.

use tillsense_core::engine::work::MAX_WORK;
use tillsense_core::engine::{
    ArenaError, HeadError, InputError, LoadError, Model, OpRefusal, PushError,
};
use tillsense_core::frontend::FrontendError;
use tillsense_core::frontend::image::ImageError;
use tillsense_core::frontend::record::{RecordError, fields};
use tillsense_core::frontend::text::TextError;
use tillsense_core::link::{FrameError, LinkError, ModelError};
use tillsense_core::model::header::{CONTRACT, HeaderError};
use tillsense_core::model::records::Source;
use tillsense_core::ops::OpError;
use tillsense_core::parts::Part;
use tillsense_core::size::MAX_LEN;

/// An error in words: one line that goes on after "file: " or "the terminal refuses: ".
pub trait Explain {
    /// The words.
    fn explain(&self) -> String;
}

/// Why a model refuses an input, with the names of the input and of the field.
pub fn refused_input(model: &Model<'_>, input: usize, error: PushError) -> String {
    let Some(found) = model.input(input) else {
        return format!("input {input}: {}", error.explain());
    };
    let field = match (error, found.source) {
        (PushError::Record(error), Source::Record(params) | Source::Sequence(params)) => {
            let name = |n: u8| {
                fields(&params, model.fields())
                    .nth(usize::from(n))
                    .map(|field| field.name)
            };
            record(error, &|n| {
                name(n).map_or_else(|| numbered(n), |name| format!("field `{name}`"))
            })
        }
        _ => error.explain(),
    };
    format!("input `{}`: {field}", found.name)
}

impl Explain for LoadError {
    fn explain(&self) -> String {
        // The seal is checked before all this: such a file was written wrong, not damaged on its way, or for another
        // terminal.
        let faulty = |what: String| {
            format!("{what}: whoever wrote this file did it wrong; train and export again")
        };
        match self {
            LoadError::Misaligned => {
                "the file does not lie at an address that is a multiple of 16".to_owned()
            }
            LoadError::Header(error) => error.explain(),
            LoadError::Digest => {
                "damaged: its bytes are not those that were sealed; copy it again or train again"
                    .to_owned()
            }
            LoadError::Body => faulty("its records cannot be read".to_owned()),
            LoadError::Count => faulty(
                "it has no input, no head, or more inputs, ops or names than a terminal takes"
                    .to_owned(),
            ),
            LoadError::Kept => faulty("its regions of memory that are kept overlap".to_owned()),
            LoadError::Input { input, error } => {
                let what = format!("input {input}: {}", error.explain());
                match error {
                    InputError::Frontend(FrontendError::LeftOut(_)) => what,
                    _ => faulty(what),
                }
            }
            LoadError::Op {
                error: error @ OpRefusal::Check(OpError::Packing),
                ..
            } => error.explain(),
            LoadError::Op { at, error } => {
                let what = format!("the op at byte {at}: {}", error.explain());
                match error {
                    OpRefusal::Check(OpError::Packing | OpError::LeftOut(_)) => what,
                    _ => faulty(what),
                }
            }
            LoadError::Head { head, error } => faulty(format!("head {head}: {}", error.explain())),
            LoadError::Work => format!(
                "a complete run takes more than {} million steps, or its checks read too much: more than a terminal would wait for; train a smaller network, one of fewer steps, or with shorter lists of names",
                MAX_WORK / 1_000_000
            ),
        }
    }
}

impl Explain for HeaderError {
    fn explain(&self) -> String {
        match self {
            HeaderError::Truncated => "cut off: it has fewer bytes than its header says; copy it again or train again".to_owned(),
            HeaderError::TooLong => "it goes on after its end: it has more bytes than its header says; copy it again or train again".to_owned(),
            HeaderError::NotAModel => "not a Tillsense model file; `tillsense train` writes those".to_owned(),
            HeaderError::Contract(theirs) => format!(
                "it is made for numeric contract {theirs}, this version of Tillsense computes by contract {CONTRACT}; export it again with this version, or train it again where it reads texts beyond ASCII"
            ),
            HeaderError::Reserved => {
                "bytes that must be zero are not: damaged, or made by a later version; copy it again or train it again with this version".to_owned()
            }
            HeaderError::Layout => "damaged: the lengths in its header contradict each other; copy it again or train again".to_owned(),
            HeaderError::TooLarge => format!(
                "a section, its arena or an input is longer than {} MiB: damaged, or the network is too large; copy it again or train a smaller one", MAX_LEN >> 20
            ),
        }
    }
}

impl Explain for InputError {
    fn explain(&self) -> String {
        match self {
            InputError::Record => "its record cannot be read".to_owned(),
            InputError::Frontend(error) => format!("its frontend: {}", error.explain()),
            InputError::Steps => "it is a single record with several steps".to_owned(),
            InputError::Placement => {
                "its frontend's memory is outside the arena, misaligned or shared".to_owned()
            }
            InputError::Encoding => {
                "its encoding is not kept, not written, or not as long as its learned absence"
                    .to_owned()
            }
            InputError::Ops => "its ops reach past the op section".to_owned(),
        }
    }
}

impl Explain for OpRefusal {
    fn explain(&self) -> String {
        match self {
            OpRefusal::Record => "its record cannot be read",
            OpRefusal::Check(error) => return error.explain(),
            OpRefusal::OutsideArena => "it reaches past the arena",
            OpRefusal::Misaligned => "its memory is misaligned",
            OpRefusal::Overlap => "it writes over what it uses",
            OpRefusal::Persistent => "it writes to kept memory that is not its own",
            OpRefusal::Unwritten => "it reads what nothing has written",
        }
        .to_owned()
    }
}

impl Explain for OpError {
    fn explain(&self) -> String {
        match self {
            OpError::Shape => "its shapes do not fit together",
            OpError::Window => {
                "its kernel, stride, dilation and padding do not give its output's size"
            }
            OpError::Weights => "its constants have a wrong length, place or alignment",
            OpError::Scale => "a multiplier or shift is out of range",
            OpError::Rounding => "it does not have this rounding",
            OpError::Clamp => "its lowest output is above its highest",
            OpError::ZeroPoint => "its zero points are not what it requires",
            OpError::Overflow => "a sum could overflow",
            OpError::Memory => "its state or scratch is too short or misaligned",
            OpError::Packing => {
                "its weights are packed for another kind of processor; `tillsense export FILE --target TARGET` packs them for this one"
            }
            OpError::LeftOut(part) => return left_out(*part),
        }
        .to_owned()
    }
}

impl Explain for HeadError {
    fn explain(&self) -> String {
        match self {
            HeadError::Record => "its record cannot be read",
            HeadError::Scores => "its scores are not one for each class",
        }
        .to_owned()
    }
}

impl Explain for FrontendError {
    fn explain(&self) -> String {
        match self {
            FrontendError::Shape => "a size is out of range or contradicts another".to_owned(),
            FrontendError::Blob => {
                "a table is missing, misaligned or of the wrong length".to_owned()
            }
            FrontendError::Table => "a table holds a value out of its range".to_owned(),
            FrontendError::Memory => "its state or scratch is too short or misaligned".to_owned(),
            FrontendError::ZeroPoint => "it does not write this zero point".to_owned(),
            FrontendError::Field(n) => {
                format!("{}: it cannot be read or breaks a rule", numbered(*n))
            }
            FrontendError::LeftOut(part) => left_out(*part),
        }
    }
}

impl Explain for ArenaError {
    fn explain(&self) -> String {
        match self {
            ArenaError::TooSmall { needs, has } => {
                format!("it needs {needs} bytes of arena, there are {has}")
            }
            ArenaError::Misaligned => {
                "the arena does not lie at an address that is a multiple of 16".to_owned()
            }
        }
    }
}

impl Explain for PushError {
    fn explain(&self) -> String {
        match self {
            PushError::NoSuchInput => "the model has no such input".to_owned(),
            PushError::WrongKind => {
                "this is not the kind of input that the model takes there".to_owned()
            }
            PushError::Image(error) => error.explain(),
            PushError::NoSamples => "the clip has no samples".to_owned(),
            PushError::Text(error) => error.explain(),
            PushError::Record(error) => error.explain(),
            PushError::TooManySteps => {
                "the sequence has more records than the model takes".to_owned()
            }
        }
    }
}

impl Explain for ImageError {
    fn explain(&self) -> String {
        match self {
            ImageError::WrongSize => {
                "the picture does not have as many bytes as rows times columns times channels"
                    .to_owned()
            }
        }
    }
}

impl Explain for TextError {
    fn explain(&self) -> String {
        match self {
            TextError::Empty => {
                "the text has no letter and no digit in the part that is read, or nothing that the model's form takes".to_owned()
            }
        }
    }
}

impl Explain for RecordError {
    fn explain(&self) -> String {
        record(*self, &numbered)
    }
}

impl Explain for ModelError {
    fn explain(&self) -> String {
        match self {
            ModelError::Empty => "there is none in its slot".to_owned(),
            ModelError::Load(error) => error.explain(),
            ModelError::Arena { needs, has } => {
                format!("it needs {needs} bytes of arena, the board has {has}")
            }
            ModelError::Inbox { needs, has } => {
                format!("an input is up to {needs} bytes long, the board has room for {has}")
            }
        }
    }
}

impl Explain for LinkError {
    fn explain(&self) -> String {
        match self {
            LinkError::BadFrame => "the frame arrived damaged".to_owned(),
            LinkError::TooLong => "the message is too long".to_owned(),
            LinkError::NotARequest => {
                "the message is no request of this version; build the firmware again".to_owned()
            }
            LinkError::NoModel => "it has no model to run".to_owned(),
            LinkError::NoSuchInput => "the model has no such input".to_owned(),
            LinkError::NoSuchHead => "the model has no such head".to_owned(),
            LinkError::WrongOrder { input, next } => {
                format!("it waits for byte {next} of input {input}")
            }
            LinkError::TooLarge { inbox } => {
                format!("the input is too large: it has room for {inbox} bytes")
            }
            LinkError::NotARecord => "the bytes are no record".to_owned(),
            LinkError::Push(error) => error.explain(),
            LinkError::NotRun => "scores are asked for before a run".to_owned(),
        }
    }
}

impl Explain for FrameError {
    fn explain(&self) -> String {
        match self {
            FrameError::Bad => "damaged on its way",
            FrameError::TooLong => "too long",
            FrameError::NotAMessage => "no message of this version; build the firmware again",
        }
        .to_owned()
    }
}

fn record(error: RecordError, field: &dyn Fn(u8) -> String) -> String {
    match error {
        RecordError::WrongCount => "the record does not have one value for each field".to_owned(),
        RecordError::NotANumber(n) => format!("{}: a name where a number is due", field(n)),
        RecordError::NotAName(n) => format!("{}: a number where a name is due", field(n)),
        RecordError::UnknownName(n) => format!("{}: no such name", field(n)),
    }
}

fn left_out(part: Part) -> String {
    format!(
        "the firmware was built without the part `{0}`; build it with the Cargo feature `{0}`",
        part.feature()
    )
}

fn numbered(field: u8) -> String {
    format!("field {field} (counted from 0)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_without_names_of_types() {
        let errors: [&dyn Explain; 14] = [
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
            let text = error.explain();
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
        let explain = |error| LoadError::Op { at: 0, error }.explain();
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
                .explain(),
                LoadError::Op { at: 0, error: op }.explain(),
            ] {
                assert!(text.contains(&feature), "{text}");
            }
        }
    }

    #[test]
    fn figures_are_told() {
        let text = ModelError::Arena {
            needs: 12345,
            has: 9216,
        }
        .explain();
        assert!(text.contains("12345") && text.contains("9216"), "{text}");
    }
}
