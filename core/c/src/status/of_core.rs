//! What C is told of the core's errors.

use tillsense_core::engine::{HeadError, InputError, LoadError, OpRefusal};
use tillsense_core::frontend::FrontendError;
use tillsense_core::frontend::image::ImageError;
use tillsense_core::frontend::record::RecordError;
use tillsense_core::frontend::tensor::TensorError;
use tillsense_core::frontend::text::TextError;
use tillsense_core::model::header::{CONTRACT, FORMAT, HeaderError};
use tillsense_core::ops::OpError;
use tillsense_core::{ArenaError, Part, PushError};

use crate::status::Status;

/// The part that a model needs and this build lacks, where that is why it is refused.
pub(crate) const fn left_out(error: &LoadError) -> Option<Part> {
    match error {
        LoadError::Input {
            error: InputError::Frontend(FrontendError::LeftOut(part)),
            ..
        }
        | LoadError::Op {
            error: OpRefusal::Check(OpError::LeftOut(part)),
            ..
        }
        | LoadError::Head {
            error: HeadError::LeftOut(part),
            ..
        } => Some(*part),
        _ => None,
    }
}

impl From<&LoadError> for Status {
    fn from(error: &LoadError) -> Self {
        if left_out(error).is_some() {
            return Status::ErrorFilePartLeftOut;
        }
        match error {
            LoadError::Misaligned => Status::ErrorFileMisaligned,
            LoadError::Header(error) => error.into(),
            LoadError::Digest => Status::ErrorFileDamaged,
            LoadError::Op {
                error: OpRefusal::Check(OpError::Packing),
                ..
            } => Status::ErrorFileOtherTarget,
            LoadError::Work => Status::ErrorFileTooMuchWork,
            LoadError::Body
            | LoadError::Count
            | LoadError::Kept
            | LoadError::Input { .. }
            | LoadError::Op { .. }
            | LoadError::Head { .. } => Status::ErrorFileInvalid,
        }
    }
}

impl From<&HeaderError> for Status {
    fn from(error: &HeaderError) -> Self {
        match error {
            HeaderError::Truncated => Status::ErrorFileCut,
            HeaderError::TooLong => Status::ErrorFileTooLong,
            HeaderError::NotAModel => Status::ErrorFileNotAModel,
            HeaderError::Contract(theirs) if *theirs < CONTRACT => Status::ErrorFileOlderContract,
            HeaderError::Contract(_) => Status::ErrorFileNewerContract,
            HeaderError::Format(theirs) if *theirs < FORMAT => Status::ErrorFileOlderFormat,
            HeaderError::Format(_) => Status::ErrorFileNewerFormat,
            HeaderError::Reserved | HeaderError::Layout => Status::ErrorFileDamaged,
            HeaderError::TooLarge => Status::ErrorFileTooLarge,
            HeaderError::Flags
            | HeaderError::Golden
            | HeaderError::ProductLine
            | HeaderError::KeyId => Status::ErrorFileUnsupported,
        }
    }
}

impl From<&ArenaError> for Status {
    fn from(error: &ArenaError) -> Self {
        match error {
            ArenaError::Misaligned => Status::ErrorArenaMisaligned,
            ArenaError::TooSmall { .. } => Status::ErrorArenaTooSmall,
        }
    }
}

impl From<&PushError> for Status {
    fn from(error: &PushError) -> Self {
        match error {
            PushError::NoSuchInput => Status::ErrorNoSuchInput,
            PushError::WrongKind => Status::ErrorWrongKind,
            PushError::Image(ImageError::WrongSize) => Status::ErrorImageSize,
            PushError::Image(ImageError::NotInPieces) => Status::ErrorImageNotInPieces,
            PushError::NoSamples => Status::ErrorNoSamples,
            PushError::Text(TextError::Empty) => Status::ErrorTextEmpty,
            PushError::Record(error) => error.into(),
            PushError::TooManySteps => Status::ErrorTooManyRecords,
            PushError::Tensor(TensorError::WrongSize) => Status::ErrorTensorSize,
            PushError::Pending => Status::ErrorPending,
            PushError::Order { .. } => Status::ErrorPieceOrder,
        }
    }
}

impl From<&RecordError> for Status {
    fn from(error: &RecordError) -> Self {
        match error {
            RecordError::WrongCount => Status::ErrorRecordCount,
            RecordError::NotANumber(_) => Status::ErrorRecordNotANumber,
            RecordError::NotAName(_) => Status::ErrorRecordNotAName,
            RecordError::UnknownName(_) => Status::ErrorRecordUnknownName,
            RecordError::NotGiven(_) => Status::ErrorRecordNotGiven,
            RecordError::GivenTwice(_) => Status::ErrorRecordGivenTwice,
            RecordError::NoSuchField(_) => Status::ErrorRecordNoSuchField,
        }
    }
}
