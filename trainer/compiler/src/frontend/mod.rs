//! The frontends of a model, and the features that `core` makes with them.
//!
//! They are fitted to training data above this crate; here is what such a fit consists of ([`Frontend`], [`tables`]), how features are
//! made of samples with it ([`Maker`]), and how much of a sample is taken ([`Taken`]).

mod maker;
pub mod tables;
mod take;

pub use maker::{Features, Maker};
use serde::{Deserialize, Serialize};
use tables::audio::{AudioSpec, AudioTables};
pub use tables::record::FittedField;
pub use take::{Taken, samples_of};
use tillsense_core::frontend::record;
use tillsense_core::model::records::{
    Blob, FieldKind, Ids, ImageParams, RecordParams, Span, TextParams, View,
};

use crate::bounded;
use crate::network::builder::InputFacts;
use crate::network::description::{Fit, Keep, Source, TextSource};
use crate::network::graph::Quant;

/// Pixels are stored as byte - 128: exact, and 0 to 1 in real numbers.
pub const PIXEL: Quant = Quant {
    scale: 1.0 / 255.0,
    zero_point: -128,
};
/// Sound and records have mean (or median) 0 and deviation 1; a step is 1/32 of it, the range -4 to 4.
pub const NORMALISED: Quant = Quant {
    scale: 1.0 / 32.0,
    zero_point: 0,
};

/// Fields of a record whose number fits into a model file.
const MOST_FIELDS: usize = 255;

/// The frontend of one input with all that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Frontend {
    /// A picture.
    Image(ImageFrontend),
    /// Sound.
    Audio {
        /// Settings.
        spec: AudioSpec,
        /// Designed and fitted tables.
        tables: AudioTables,
    },
    /// A text.
    Text(TextSource),
    /// One record.
    Record(RecordFrontend),
    /// A sequence of records.
    Sequence(RecordFrontend),
}

/// Settings of the picture frontend: the whole picture, resized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFrontend {
    /// Rows and columns given.
    pub source: [usize; 2],
    /// Channels given: 1 for grey, 3 for RGB, of which grey may be made.
    pub source_channels: usize,
    /// Rows, columns and channels of the features.
    pub output: [usize; 3],
    /// Byte to stored value.
    #[serde(with = "table")]
    pub table: [i8; 256],
    /// How a picture of another size is made one of this size before it is given.
    pub fit: Fit,
}

/// Fields fitted to training rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFrontend {
    /// In the order of the schema.
    #[serde(deserialize_with = "bounded::list::<MOST_FIELDS, _, _>")]
    pub fields: Vec<FittedField>,
    /// Records taken.
    pub max_steps: usize,
    /// Which ones, of more.
    pub keep: Keep,
}

impl Frontend {
    /// Whether this frontend is one that the input of a description can have: of its kind, with its settings, and whole. What a file
    /// holds is asked this before anything is made of it.
    pub fn serves(&self, source: &Source) -> bool {
        match (self, source) {
            (Frontend::Image(image), Source::Image(s)) => {
                let given = image.source.iter().all(|&n| (1..=0xffff).contains(&n));
                let channels =
                    [(1, 1), (3, 1), (3, 3)].contains(&(image.source_channels, s.channels));
                let output = image.output == [s.size[0], s.size[1], s.channels];
                given && channels && output && image.fit == s.fit
            }
            (Frontend::Audio { spec, tables }, Source::Audio(s)) => {
                let settings = [
                    (spec.sample_rate.into(), s.sample_rate),
                    (spec.frame_len.into(), s.frame),
                    (spec.hop.into(), s.hop),
                    (spec.bands.into(), s.bands),
                    (spec.stack.into(), s.stack),
                    (spec.max_steps.into(), s.max_steps),
                ];
                let same = settings
                    .iter()
                    .all(|(ours, theirs): &(usize, usize)| ours == theirs);
                same && spec.level == s.level && tables.fit_lengths(spec)
            }
            (Frontend::Text(ours), Source::Text(theirs)) => ours == theirs,
            (Frontend::Record(record), Source::Record) => record.max_steps == 1,
            (Frontend::Sequence(record), Source::Sequence(s)) => {
                (record.max_steps, record.keep) == (s.max_steps, s.keep)
            }
            _ => false,
        }
    }

    /// Width and quantisation of the features.
    pub fn facts(&self) -> InputFacts {
        let (width, quant) = match self {
            Frontend::Image(image) => (image.output.iter().product(), PIXEL),
            Frontend::Audio { spec, .. } => (
                usize::from(spec.stack) * usize::from(spec.bands),
                NORMALISED,
            ),
            Frontend::Text(_) => (0, NORMALISED),
            Frontend::Record(r) | Frontend::Sequence(r) => (r.width(), NORMALISED),
        };
        InputFacts { width, quant }
    }
}

impl RecordFrontend {
    /// Stored values of a record.
    pub fn width(&self) -> usize {
        self.fields
            .iter()
            .map(|f| record::width(&f.field().kind))
            .sum()
    }

    /// Which of a record's stored values are numbers; the others say which of several names, or that a field is missing.
    pub fn numbers(&self) -> Vec<bool> {
        let of = |f: &FittedField| match f.field().kind {
            FieldKind::Number { flag: false, .. } => vec![true],
            FieldKind::Number { flag: true, .. } => vec![true, false],
            kind => vec![false; record::width(&kind)],
        };
        self.fields.iter().flat_map(of).collect()
    }

    /// The field records, one after the other.
    pub fn section(&self) -> Vec<u8> {
        let bytes =
            |f: &FittedField| postcard::to_allocvec(&f.field()).expect("a field is plain data");
        self.fields.iter().flat_map(bytes).collect()
    }

    /// The record's parameters with its fields at the start of a section.
    fn params(&self) -> RecordParams {
        RecordParams {
            field_count: self.fields.len() as u8,
            fields: Span {
                offset: 0,
                len: self.section().len() as u32,
            },
            output: vector(self.width()),
            max_steps: self.max_steps as u16,
            keep: self.keep.into(),
        }
    }
}

impl ImageFrontend {
    /// Bytes of a picture.
    pub fn source_len(&self) -> usize {
        self.source[0] * self.source[1] * self.source_channels
    }

    /// The frontend's parameters with its table at `table` and its output at the start of the arena.
    pub fn params(&self, table: Blob) -> ImageParams {
        let size = (self.source[0] as u16, self.source[1] as u16);
        let [h, w, c] = self.output.map(|n| n as u16);
        ImageParams {
            source_h: size.0,
            source_w: size.1,
            source_c: self.source_channels as u8,
            crop_at: (0, 0),
            crop_size: size,
            output: View {
                offset: 0,
                h,
                w,
                c,
                zero_point: PIXEL.zero_point as i8,
            },
            table,
            fit: self.fit.into(),
        }
    }
}

/// The parameters of a text frontend with ids and scratch at the start of the arena.
pub fn text_params(source: &TextSource) -> TextParams {
    TextParams {
        form: source.form,
        buckets: source.buckets as u16,
        max_bytes: source.max_bytes as u16,
        ids: Ids {
            offset: 0,
            max: source.max_ids as u16,
        },
        scratch: Span {
            offset: 0,
            len: source.max_bytes as u32,
        },
    }
}

fn vector(width: usize) -> View {
    View {
        offset: 0,
        h: 1,
        w: 1,
        c: width as u16,
        zero_point: 0,
    }
}

/// A table of 256 values, which serde knows no form of.
mod table {
    use serde::{Deserializer, Serialize, Serializer, de};

    use crate::bounded;

    pub fn serialize<S: Serializer>(table: &[i8; 256], to: S) -> Result<S::Ok, S::Error> {
        table.as_slice().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[i8; 256], D::Error> {
        let values: Vec<i8> = bounded::list::<256, _, _>(from)?;
        values
            .try_into()
            .map_err(|_| de::Error::custom("a table of 256 values"))
    }
}
