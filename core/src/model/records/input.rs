//! What an application pushes: the frontends' parameters, and an input's record.

use serde::Serialize;

use super::{Blob, Ids, Scale, Span, View};
use crate::model::decode::variants_of_parts;
use crate::parts::Part;

/// How a host makes a picture of another size one that can be pushed. The core takes pictures of the one size that a record states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Fit {
    /// The whole picture, its sides scaled each by itself.
    Stretch,
    /// Both sides scaled alike until the picture covers the place; what stands out is cut off, as much on either side.
    Cover,
    /// Both sides scaled alike until the picture lies within the place; the rest is black, as much on either side.
    Contain,
}

/// Picture frontend: crop, area-average resize, then one table lookup per channel value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct ImageParams {
    /// Rows of the picture given.
    pub source_h: u16,
    /// Columns of the picture given.
    pub source_w: u16,
    /// Bytes a pixel: 1 grey, 3 RGB.
    pub source_c: u8,
    /// First row and column used.
    pub crop_at: (u16, u16),
    /// Rows and columns used.
    pub crop_size: (u16, u16),
    /// `[h, w, c]`; c is 1 or 3; RGB to grey by ITU-R BT.601 weights.
    pub output: View,
    /// int8 `[256]`: byte value to stored value (normalisation and quantisation in one).
    pub table: Blob,
    /// What a host does with a picture of another size, before it is pushed.
    pub fit: Fit,
}

/// Sound frontend: frame, window, FFT, mel, log2, level, normalise; see [`crate::frontend::audio`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct AudioParams {
    /// Samples a second, 8000 or 16000.
    pub sample_rate: u16,
    /// Samples a frame, at most `fft_len`.
    pub frame_len: u16,
    /// Samples between frames.
    pub hop: u16,
    /// Points of the FFT, a power of two, 64 to 1024.
    pub fft_len: u16,
    /// Mel bands.
    pub bands: u8,
    /// Consecutive frames joined into one feature vector.
    pub stack: u8,
    /// Feature vectors taken from one clip; what comes after is not heard.
    pub max_steps: u16,
    /// Subtract the highest band level heard so far (a causal gain control).
    pub level: bool,
    /// u16 Q15 `[frame_len]`.
    pub window: Blob,
    /// i16 Q15 cos, -sin pairs `[fft_len / 2][2]`: `exp(-2 pi i k / fft_len)`.
    pub twiddles: Blob,
    /// u16 `[bands][2]`: first bin and number of bins of each band.
    pub band_bins: Blob,
    /// u16 Q15, the weights of all bands one after the other.
    pub band_weights: Blob,
    /// i16 Q8 (log2 units) `[bands]` subtracted, one for each band.
    pub means: Blob,
    /// i16 Q12 `[bands]` factor from Q8 log2 units to stored int8 steps.
    pub factors: Blob,
    /// `[1, 1, stack * bands]`, one step.
    pub output: View,
    /// Persistent: samples kept, level, counters, frames stacked; see `frontend::audio::state_len`.
    pub state: Span,
    /// Workspace of one frame; see `frontend::audio::scratch_len`.
    pub scratch: Span,
}

/// Which features of a text are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum TextForm {
    /// A bag: words, pairs of words, and character n-grams of each padded word, for every n in the range (0, 0 for none).
    Bag {
        /// Whole words.
        words: bool,
        /// Pairs of neighbouring words.
        bigrams: bool,
        /// Shortest and longest character n-gram.
        chars: (u8, u8),
    },
    /// A sequence: one hashed id a word, in order.
    Tokens,
}

/// Text frontend: normalise, split, hash (FNV-1a, 32 bits) into buckets; see [`crate::frontend::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct TextParams {
    /// What is hashed.
    pub form: TextForm,
    /// Number of buckets.
    pub buckets: u16,
    /// Most bytes of normalised text, with those that separators take; the rest is not read.
    pub max_bytes: u16,
    /// Where the ids go; more ids than fit are not taken.
    pub ids: Ids,
    /// Workspace for the normalised text, `max_bytes` long.
    pub scratch: Span,
}

/// One field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Field<'a> {
    /// The field's name.
    pub name: &'a str,
    /// How it is encoded.
    #[cfg_attr(any(test, feature = "parity"), serde(borrow))]
    pub kind: FieldKind<'a>,
}

/// How a field is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum FieldKind<'a> {
    /// A number, given as integer `value * 10^decimals`; one stored value, or two with `flag`.
    Number {
        /// Decimal places of the integer given.
        decimals: u8,
        /// Take `sign(x) * log2(1 + |x|)` in Q8 first (of the integer given); else x itself in Q0.
        log: bool,
        /// Subtracted from that.
        #[serde(with = "postcard::fixint::le")]
        center: i32,
        /// To stored steps, [`Rounding::Nearest`](super::Rounding::Nearest), clipped to `[-127, 127]`, zero point 0.
        scale: Scale,
        /// A second value follows: `one` where the field is missing, else 0.
        flag: bool,
        /// The stored value of 1.0.
        one: i8,
    },
    /// One of a set, one stored value each (one-hot: `one` or 0). Missing is all 0.
    Category {
        /// Names, separated by '\n'.
        names: &'a str,
        /// Whether an unknown name counts as missing instead of being refused.
        other: bool,
        /// The stored value of 1.0.
        one: i8,
    },
}

/// Which records of a longer sequence an application pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Keep {
    /// The first ones.
    First,
    /// The last ones.
    Last,
}

/// Record frontend, whole or one step of a sequence; see [`crate::frontend::record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct RecordParams {
    /// Number of fields; their records lie in `fields`.
    pub field_count: u8,
    /// Byte range of the [`Field`] records in the field section.
    pub fields: Span,
    /// `[1, 1, c]`, zero point 0.
    pub output: View,
    /// Steps taken, 1 for a single record; further records are refused.
    pub max_steps: u16,
    /// Which records an application pushes of a sequence that has more.
    pub keep: Keep,
}

/// A plain tensor: the int8 values that an application pushes are the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct TensorParams {
    /// What is pushed, row by row; real value = scale * (stored - its zero point).
    pub output: View,
    /// The real scale, `multiplier * 2^(shift - 31)`: exact for any single-precision number from 2^-32 to below 2^30.
    pub scale: Scale,
}

variants_of_parts! {
    /// What an application pushes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
    #[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
    #[allow(missing_docs, reason = "each variant is documented at its record")]
    pub enum Source, part by of_source {
        0 Image(ImageParams) "image" in Image,
        1 Audio(AudioParams) "audio" in Audio,
        2 Text(TextParams) "text" in Text,
        3 Record(RecordParams) "record" in Record,
        /// Records in order of time; the step ops run for each.
        4 Sequence(RecordParams) "sequence" in Record,
        5 Tensor(TensorParams) "tensor" in Tensor,
    }
    else |from| match Part::Image.is_built() {
        true => Source::Image(from.get()),
        false => Source::Tensor(TensorParams::NOTHING),
    }
}

impl TensorParams {
    /// No values.
    const NOTHING: TensorParams = TensorParams {
        output: View {
            offset: 0,
            h: 0,
            w: 0,
            c: 0,
            zero_point: 0,
        },
        scale: Scale {
            multiplier: 0,
            shift: 0,
        },
    };
}

/// One named input with its encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Input<'a> {
    /// The input's name.
    pub name: &'a str,
    /// Frontend and its parameters.
    pub source: Source,
    /// Op records run for each completed piece: the picture, the text, the record, the tensor, one step of sound or sequence.
    pub step: Span,
    /// Op records run once before the fusion, after the last step.
    pub finish: Span,
    /// The encoding, in the persistent part of the arena.
    pub encoding: View,
    /// int8, the learned encoding of absence, as long as `encoding`.
    pub absent: Blob,
}
