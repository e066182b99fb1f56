//! What functions answer.

mod of_core;

use core::ffi::{CStr, c_char};

pub(crate) use of_core::left_out;

/// What a function answers: `TILLSENSE_OK`, or why it refused. A number keeps its meaning in all releases.
///
/// A function that refuses has changed nothing: what was pushed before stays, and nothing is written to where its answers
/// would go. Only a refused push forgets the answers of the run before it, because its frontend may already have used their
/// memory.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is done.
    Ok = 0,

    /// A pointer is null. An array of no elements may be null.
    ErrorNullPointer = 1,
    /// A pointer to a session, an array or a place for an answer is not a multiple of its type's alignment.
    ErrorMisalignedPointer = 2,
    /// An array has more bytes than memory after its address.
    ErrorLength = 3,
    /// Memory is given for two things: an array or a place for an answer lies in the session or in its arena, or such a place
    /// or the arena in the model file.
    ErrorOverlap = 4,
    /// No session was opened in this memory, or something wrote over it.
    ErrorNoSession = 5,
    /// The session was closed.
    ErrorClosed = 6,
    /// The session was opened at another address and its bytes were copied here.
    ErrorCopied = 7,
    /// The session is in use: an interrupt or another thread called while a function works on it.
    ErrorBusy = 8,
    /// The last attempt to open this session was refused.
    ErrorNotOpened = 9,
    /// A name is not UTF-8.
    ErrorNotUtf8 = 10,
    /// The kind of a `tillsense_value` is none of `tillsense_kind`.
    ErrorValueKind = 11,
    /// The model has no input with this number or name.
    ErrorNoSuchInput = 12,
    /// The model has no head with this number or name.
    ErrorNoSuchHead = 13,
    /// The head has no class with this number.
    ErrorNoSuchClass = 14,
    /// The head answers with a tensor, which has no classes.
    ErrorNoClasses = 15,
    /// There is no answer yet: nothing has run since the last push, or since the session was opened or reset.
    ErrorNotRun = 16,
    /// Work of the last push waits: `tillsense_step` or `tillsense_run` does it. Nothing is lost.
    ErrorPending = 17,
    /// The model has another interface than the program was compiled for: other inputs, fields, heads or classes.
    ErrorInterface = 18,
    /// The program was compiled with the header of another release than the library. No function of the library answers this; those
    /// that `tillsense bindings --c` writes do, before a session is opened.
    ErrorHeader = 19,

    /// The arena does not lie at a multiple of `TILLSENSE_ALIGN`.
    ErrorArenaMisaligned = 30,
    /// The arena has fewer bytes than `arena_len` of `tillsense_info` says.
    ErrorArenaTooSmall = 31,

    /// The model file does not lie at a multiple of `TILLSENSE_ALIGN`.
    ErrorFileMisaligned = 40,
    /// It is not a model file of Tillsense.
    ErrorFileNotAModel = 41,
    /// It has fewer bytes than its header says: it was cut off.
    ErrorFileCut = 42,
    /// It has more bytes than its header says.
    ErrorFileTooLong = 43,
    /// It is written in an earlier format than this library reads.
    ErrorFileOlderFormat = 44,
    /// It is written in a later format than this library reads.
    ErrorFileNewerFormat = 45,
    /// It is made for an earlier numeric contract than this library computes by.
    ErrorFileOlderContract = 46,
    /// It is made for a later numeric contract than this library computes by.
    ErrorFileNewerContract = 47,
    /// It holds what only a later library reads: a signature, a product line, golden vectors.
    ErrorFileUnsupported = 48,
    /// Its bytes are not those that were sealed.
    ErrorFileDamaged = 49,
    /// A section, its arena or an input is longer than the format allows.
    ErrorFileTooLarge = 50,
    /// It was written wrongly: its seal holds, but a record does not check.
    ErrorFileInvalid = 51,
    /// It needs a part that this library was built without; `tillsense_left_out` names the part.
    ErrorFilePartLeftOut = 52,
    /// Its weights are packed for another processor.
    ErrorFileOtherTarget = 53,
    /// A complete run takes more work than the format allows.
    ErrorFileTooMuchWork = 54,

    /// The model takes another kind of input there.
    ErrorWrongKind = 70,
    /// The picture does not have as many bytes as rows times columns times channels.
    ErrorImageSize = 71,
    /// The picture is cropped or resized, or a piece holds parts of a pixel: it cannot come in pieces.
    ErrorImageNotInPieces = 72,
    /// The clip has no samples.
    ErrorNoSamples = 73,
    /// The text has no letter or digit, or nothing that the model reads.
    ErrorTextEmpty = 74,
    /// The record does not have one value for each field.
    ErrorRecordCount = 75,
    /// A name where the field wants a number.
    ErrorRecordNotANumber = 76,
    /// A number where the field wants a name.
    ErrorRecordNotAName = 77,
    /// The field knows no such name.
    ErrorRecordUnknownName = 78,
    /// Of values that come with the names of their fields, none is for this field.
    ErrorRecordNotGiven = 79,
    /// Of values that come with the names of their fields, two are for this field.
    ErrorRecordGivenTwice = 80,
    /// The record has no field of this name.
    ErrorRecordNoSuchField = 81,
    /// The sequence has more records than the model takes.
    ErrorTooManyRecords = 82,
    /// The tensor does not have as many values as rows times columns times channels.
    ErrorTensorSize = 83,
    /// A piece does not follow those before it.
    ErrorPieceOrder = 84,
}

impl Status {
    /// How many there are.
    pub(crate) const COUNT: usize = 52;

    /// Every status, in the order of the numbers.
    const ALL: [Status; Self::COUNT] = [
        Status::Ok,
        Status::ErrorNullPointer,
        Status::ErrorMisalignedPointer,
        Status::ErrorLength,
        Status::ErrorOverlap,
        Status::ErrorNoSession,
        Status::ErrorClosed,
        Status::ErrorCopied,
        Status::ErrorBusy,
        Status::ErrorNotOpened,
        Status::ErrorNotUtf8,
        Status::ErrorValueKind,
        Status::ErrorNoSuchInput,
        Status::ErrorNoSuchHead,
        Status::ErrorNoSuchClass,
        Status::ErrorNoClasses,
        Status::ErrorNotRun,
        Status::ErrorPending,
        Status::ErrorInterface,
        Status::ErrorHeader,
        Status::ErrorArenaMisaligned,
        Status::ErrorArenaTooSmall,
        Status::ErrorFileMisaligned,
        Status::ErrorFileNotAModel,
        Status::ErrorFileCut,
        Status::ErrorFileTooLong,
        Status::ErrorFileOlderFormat,
        Status::ErrorFileNewerFormat,
        Status::ErrorFileOlderContract,
        Status::ErrorFileNewerContract,
        Status::ErrorFileUnsupported,
        Status::ErrorFileDamaged,
        Status::ErrorFileTooLarge,
        Status::ErrorFileInvalid,
        Status::ErrorFilePartLeftOut,
        Status::ErrorFileOtherTarget,
        Status::ErrorFileTooMuchWork,
        Status::ErrorWrongKind,
        Status::ErrorImageSize,
        Status::ErrorImageNotInPieces,
        Status::ErrorNoSamples,
        Status::ErrorTextEmpty,
        Status::ErrorRecordCount,
        Status::ErrorRecordNotANumber,
        Status::ErrorRecordNotAName,
        Status::ErrorRecordUnknownName,
        Status::ErrorRecordNotGiven,
        Status::ErrorRecordGivenTwice,
        Status::ErrorRecordNoSuchField,
        Status::ErrorTooManyRecords,
        Status::ErrorTensorSize,
        Status::ErrorPieceOrder,
    ];

    /// One line that says what is wrong.
    pub(crate) const fn text(self) -> &'static CStr {
        match self {
            Status::Ok => c"done",
            Status::ErrorNullPointer => c"a pointer is null",
            Status::ErrorMisalignedPointer => {
                c"a pointer is not a multiple of its type's alignment"
            }
            Status::ErrorLength => c"an array has more bytes than there is memory after it",
            Status::ErrorOverlap => c"two of these share memory: an array, the place for an answer, the arena, the model file, the session",
            Status::ErrorNoSession => c"no session was opened in this memory, or it was overwritten",
            Status::ErrorClosed => c"the session was closed",
            Status::ErrorCopied => c"the session was opened at another address and copied here",
            Status::ErrorBusy => c"the session is in use by an interrupt or another thread",
            Status::ErrorNotOpened => c"the session could not be opened",
            Status::ErrorNotUtf8 => c"a name is not UTF-8",
            Status::ErrorValueKind => c"a value is neither missing nor a number nor a name",
            Status::ErrorNoSuchInput => c"the model has no such input",
            Status::ErrorNoSuchHead => c"the model has no such head",
            Status::ErrorNoSuchClass => c"the head has no such class",
            Status::ErrorNoClasses => c"the head answers with a tensor, which has no classes",
            Status::ErrorNotRun => c"there is no answer yet: the session has not run since the last push",
            Status::ErrorPending => c"work of the last push waits: step or run the session first",
            Status::ErrorInterface => c"the model has other inputs or answers than the program was compiled for",
            Status::ErrorHeader => c"the program was compiled with the header of another release of the library",
            Status::ErrorArenaMisaligned => c"the arena does not lie at a multiple of 16",
            Status::ErrorArenaTooSmall => c"the arena has fewer bytes than the model needs",
            Status::ErrorFileMisaligned => c"the model file does not lie at a multiple of 16",
            Status::ErrorFileNotAModel => c"not a model file of Tillsense",
            Status::ErrorFileCut => c"the model file is cut off",
            Status::ErrorFileTooLong => c"the model file goes on after its end",
            Status::ErrorFileOlderFormat => c"the model file has the format of an earlier version",
            Status::ErrorFileNewerFormat => c"the model file has the format of a later version",
            Status::ErrorFileOlderContract => c"the model is made for an earlier numeric contract",
            Status::ErrorFileNewerContract => c"the model is made for a later numeric contract",
            Status::ErrorFileUnsupported => c"the model file holds what only a later version reads",
            Status::ErrorFileDamaged => c"the model file is damaged",
            Status::ErrorFileTooLarge => c"the model is too large",
            Status::ErrorFileInvalid => c"the model file was written wrongly",
            Status::ErrorFilePartLeftOut => c"the model needs a part that the library was built without",
            Status::ErrorFileOtherTarget => c"the model is packed for another processor",
            Status::ErrorFileTooMuchWork => c"the model takes too much work",
            Status::ErrorWrongKind => c"the model takes another kind of input there",
            Status::ErrorImageSize => c"the picture does not have as many bytes as the model takes",
            Status::ErrorImageNotInPieces => c"the picture cannot come in such pieces",
            Status::ErrorNoSamples => c"the clip has no samples",
            Status::ErrorTextEmpty => c"the text has nothing that the model reads",
            Status::ErrorRecordCount => c"the record does not have one value for each field",
            Status::ErrorRecordNotANumber => c"a name where the field wants a number",
            Status::ErrorRecordNotAName => c"a number where the field wants a name",
            Status::ErrorRecordUnknownName => c"the field knows no such name",
            Status::ErrorRecordNotGiven => c"no value is given for a field",
            Status::ErrorRecordGivenTwice => c"two values are given for a field",
            Status::ErrorRecordNoSuchField => c"the record has no field of this name",
            Status::ErrorTooManyRecords => c"the sequence has more records than the model takes",
            Status::ErrorTensorSize => c"the tensor does not have as many values as the model takes",
            Status::ErrorPieceOrder => c"a piece does not follow those before it",
        }
    }
}

/// Says what a status means.
///
/// # Answers
/// One line of English that ends with a NUL, a constant of the library; `unknown status` for a number that is none.
#[unsafe(no_mangle)]
pub extern "C" fn tillsense_status_text(status: i32) -> *const c_char {
    let known = Status::ALL.iter().find(|&&this| this as i32 == status);
    known
        .map_or(c"unknown status", |status| status.text())
        .as_ptr()
}
