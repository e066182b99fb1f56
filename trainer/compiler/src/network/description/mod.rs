//! The declarative description of a model: what a person writes, checked and made plain.
//!
//! ```toml
//! name = "digits"
//! task = "digits"
//!
//! [[inputs]]
//! name = "image"
//! kind = "image"
//! encoder = [
//!     { layer = "conv2d", channels = 8, kernel = [3, 3], activation = "relu" },
//!     { layer = "max_pool", size = [2, 2] },
//!     { layer = "dense", units = 32, activation = "relu" },
//! ]
//!
//! [[heads]]
//! name = "digit"
//!
//! [train]
//! epochs = 6
//! qat_epochs = 2
//! ```
//!
//! `bits = 4` in a dense, embedding or embedding_bag layer, in a head or in `[fusion]` stores its weights in half the bytes.
//!
//! `max_steps = 12` in a sequence is the most records that a terminal takes; of longer ones `keep = "last"` (the default) or `keep = "first"`
//! are taken. Sound has `max_steps` too, and keeps its beginning.
//!
//! [`parse`] refuses unknown fields and impossible values with the file, the line, the field and the way to mend it.
//! What depends on data (widths of records, class names) is checked when [`crate::network::builder`] makes the graph.

mod augment;
mod budget;
mod error;
mod raw;
mod train;

use serde::{Deserialize, Serialize};
use tillsense_core::model::records;
pub use tillsense_core::model::records::{BagMode, Cell, ReadMode, TextForm};

pub use crate::network::graph::{Activation, Bits, Padding};
pub use augment::Augment;
pub use budget::Budget;
pub use error::SpecError;
pub use raw::parse;
pub use train::{MOST_EPOCHS, MOST_SHARDS, Schedule, Train};

/// A checked description.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The model's name.
    pub name: String,
    /// Which data and labels it is trained on.
    pub task: Task,
    /// The speaker whose clips are all tested on and none trained on (`spoken-digits` only).
    pub leave_out: Option<String>,
    /// Inputs in the order in which applications number them.
    pub inputs: Vec<Input>,
    /// How encodings become one vector.
    pub fusion: Fusion,
    /// Heads, exported and training-only.
    pub heads: Vec<Head>,
    /// How it is trained.
    pub train: Train,
    /// What it may take of a terminal.
    pub budget: Budget,
}

/// What the samples are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Written digits (MNIST).
    Digits,
    /// Spoken digits (FSDD).
    SpokenDigits,
    /// A degraded written digit and a degraded spoken one: which digit, and are they the same?
    AvDigits,
    /// Requests to a bank (Banking77).
    BankIntents,
    /// Default of a credit client next month (UCI).
    CreditRisk,
    /// Whether a shopping session ends in a purchase (UCI).
    Shoppers,
    /// The product: a session at a payment terminal, composed of all of them.
    Terminal,
}

impl Task {
    /// The name that descriptions use.
    pub const fn name(self) -> &'static str {
        match self {
            Task::Digits => "digits",
            Task::SpokenDigits => "spoken-digits",
            Task::AvDigits => "av-digits",
            Task::BankIntents => "bank-intents",
            Task::CreditRisk => "credit-risk",
            Task::Shoppers => "shoppers",
            Task::Terminal => "terminal",
        }
    }
}

/// One input and its encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name, by which data are matched.
    pub name: String,
    /// What an application pushes and how the frontend reads it.
    pub source: Source,
    /// Layers from features to the encoding.
    pub encoder: Vec<Layer>,
    /// Probability that training leaves the input out of a sample (modality dropout).
    pub absent_rate: f32,
    /// Probability that training clears one value of the encoding; the others are scaled up.
    pub dropout: f32,
    /// How training varies what it reads.
    pub augment: Augment,
}

/// Kind of input with the settings of its frontend.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A picture.
    Image(ImageSource),
    /// Sound, step by step.
    Audio(AudioSource),
    /// A text.
    Text(TextSource),
    /// One record; its fields come with the data.
    Record,
    /// Records in order of time, step by step; their fields come with the data.
    Sequence(SequenceSource),
}

impl Source {
    /// The name that descriptions use.
    pub const fn kind(&self) -> &'static str {
        match self {
            Source::Image(_) => "image",
            Source::Audio(_) => "audio",
            Source::Text(_) => "text",
            Source::Record => "record",
            Source::Sequence(_) => "sequence",
        }
    }

    /// Whether features arrive step by step.
    pub const fn streaming(&self) -> bool {
        matches!(self, Source::Audio(_) | Source::Sequence(_))
    }
}

/// Settings of the image frontend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageSource {
    /// Rows and columns that the network reads.
    pub size: [usize; 2],
    /// 1 grey, 3 RGB.
    pub channels: usize,
}

/// Settings of the audio frontend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSource {
    /// Samples a second, 8000 or 16000.
    pub sample_rate: usize,
    /// Samples a frame, at most `fft`.
    pub frame: usize,
    /// Samples between frames.
    pub hop: usize,
    /// Points of the Fourier transform, a power of two from 64 to 1024.
    pub fft: usize,
    /// Mel bands.
    pub bands: usize,
    /// Frames joined into one step.
    pub stack: usize,
    /// Most steps of a clip; what comes after is not heard.
    pub max_steps: usize,
    /// Subtract the highest level heard so far.
    pub level: bool,
}

/// Settings of the text frontend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextSource {
    /// What is hashed.
    pub form: TextForm,
    /// Rows of the table.
    pub buckets: usize,
    /// Most bytes read.
    pub max_bytes: usize,
    /// Most ids taken.
    pub max_ids: usize,
}

/// Settings of a sequence of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceSource {
    /// Most records taken.
    pub max_steps: usize,
    /// Which ones, of more.
    pub keep: Keep,
}

/// Which records of a sequence are kept where there are more than `max_steps`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The first ones.
    First,
    /// The last ones.
    #[default]
    Last,
}

impl From<Keep> for records::Keep {
    fn from(keep: Keep) -> Self {
        match keep {
            Keep::First => records::Keep::First,
            Keep::Last => records::Keep::Last,
        }
    }
}

impl Keep {
    /// The name that descriptions use.
    pub const fn name(self) -> &'static str {
        match self {
            Keep::First => "first",
            Keep::Last => "last",
        }
    }
}

/// One layer of an encoder.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// 2-D convolution.
    Conv2d {
        /// Filters.
        channels: usize,
        /// Geometry.
        window: Window,
        /// Applied to the sum.
        activation: Activation,
        /// Normalise the sum over the batch in training; folded into the weights afterwards.
        batch_norm: bool,
    },
    /// Each channel by itself.
    DepthwiseConv2d {
        /// Filters for each channel.
        multiplier: usize,
        /// Geometry.
        window: Window,
        /// Applied to the sum.
        activation: Activation,
        /// As for [`Layer::Conv2d`].
        batch_norm: bool,
    },
    /// Maximum over a window.
    MaxPool(Window),
    /// Mean over a window.
    AveragePool(Window),
    /// Mean or maximum over all rows and columns.
    GlobalPool {
        /// Maximum instead of mean.
        max: bool,
    },
    /// One vector of all values, in order row, column, channel.
    Flatten,
    /// Fully connected.
    Dense {
        /// Outputs.
        units: usize,
        /// Applied to the sum.
        activation: Activation,
        /// Of a weight.
        bits: Bits,
    },
    /// One table row for each id.
    Embedding {
        /// Values of a row.
        channels: usize,
        /// Of a value.
        bits: Bits,
    },
    /// All table rows of a text in one vector.
    EmbeddingBag {
        /// Values of a row.
        channels: usize,
        /// How rows are combined.
        mode: BagMode,
        /// Of a value.
        bits: Bits,
    },
    /// Recurrent layer.
    Rnn {
        /// Equations.
        cell: Cell,
        /// Units (of each direction).
        hidden: usize,
        /// Order of reading.
        directions: Directions,
        /// What is handed on at the end; `None` hands on all steps, to a further recurrent layer.
        read: Option<ReadMode>,
    },
}

/// Kernel, stride, dilation (rows, columns) and padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Taps.
    pub kernel: [usize; 2],
    /// Steps between outputs.
    pub stride: [usize; 2],
    /// Steps between taps; 1 for pooling.
    pub dilation: [usize; 2],
    /// What is assumed around the picture.
    pub padding: Padding,
}

/// Directions of a recurrent layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Directions {
    /// First step first.
    Forward,
    /// Last step first.
    Backward,
    /// Both, joined.
    Both,
}

/// How the encodings become one vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Fusion {
    /// Which way.
    pub kind: FusionKind,
    /// Common size of gated and multiplied vectors.
    pub size: usize,
    /// Pairs of inputs whose projections are multiplied and joined to the encodings (kind concat only).
    pub products: Vec<[String; 2]>,
    /// Dense layers after that.
    pub dense: Vec<usize>,
    /// Their activation.
    pub activation: Activation,
    /// Of the weights of all its dense layers.
    pub bits: Bits,
}

/// Kinds of fusion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FusionKind {
    /// All encodings side by side.
    #[default]
    Concat,
    /// Gated Multimodal Unit (Arevalo et al. 2017).
    Gated,
    /// Element-wise product of projections.
    Product,
}

/// One question that the model answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Its name, by which labels are matched.
    pub name: String,
    /// Hidden dense layers.
    pub dense: Vec<usize>,
    /// Their activation.
    pub activation: Activation,
    /// Of the weights of all its dense layers.
    pub bits: Bits,
    /// Reads the encoding of this input instead of the fusion's result.
    pub from: Option<String>,
    /// Helps training only and is not exported.
    pub auxiliary: bool,
    /// Weight of its loss.
    pub weight: f32,
    /// Defer to a person below this probability, in 1/256; 0 where [`Head::defer_error`] decides.
    pub defer_below: u8,
    /// Instead: after training, choose the lowest threshold for which at most this part of the answers is wrong.
    pub defer_error: Option<f32>,
}
