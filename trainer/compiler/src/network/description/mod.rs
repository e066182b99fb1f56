//! The declarative description of a model: what a person writes, checked and made plain.
//!
//! ```toml
//! name = "digits"
//!
//! [data]
//! set = "mnist"
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
mod data;
mod error;
mod raw;
mod train;

pub use augment::Augment;
pub use budget::Budget;
pub use data::{Columns, Composition, Data, Division, Joined, Origin, SetKind};
pub use error::SpecError;
pub use raw::{MAX_HEADS, MAX_INPUTS, parse};
use serde::{Deserialize, Serialize};
use tillsense_core::model::records;
pub use tillsense_core::model::records::{BagMode, Cell, ReadMode, TextForm};
pub use train::{MOST_EPOCHS, MOST_SHARDS, Schedule, Train};

pub use crate::network::graph::{Activation, Bits, Padding};

/// A checked description of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Name of the model.
    pub name: String,
    /// Origin of the samples, and the rule by which they are divided.
    pub data: Data,
    /// Inputs in the order in which applications number them.
    pub inputs: Vec<Input>,
    /// How the encodings become one vector.
    pub fusion: Fusion,
    /// Heads, both exported ones and those that only help training.
    pub heads: Vec<Head>,
    /// Settings of training.
    pub train: Train,
    /// Limits of what the model may take of a terminal.
    pub budget: Budget,
}

/// One input of the model and its encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Name of the input, by which data are matched.
    pub name: String,
    /// The kind of input and the settings of its frontend.
    pub source: Source,
    /// Layers from features to the encoding.
    pub encoder: Vec<Layer>,
    /// Probability that training leaves the input out of a sample (modality dropout).
    pub absent_rate: f32,
    /// Probability that training clears one value of the encoding; the others are scaled up.
    pub dropout: f32,
    /// Random changes that training makes to the samples of this input.
    pub augment: Augment,
    /// Columns of the table that the input reads, where the samples come from one.
    pub columns: Columns,
}

/// The kind of an input, with the settings of its frontend.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A picture, pushed as a whole.
    Image(ImageSource),
    /// Sound, pushed step by step.
    Audio(AudioSource),
    /// A text, pushed as a whole.
    Text(TextSource),
    /// One record of fields; the data set tells its fields.
    Record,
    /// Records in order of time, pushed step by step; the data set tells their fields.
    Sequence(SequenceSource),
}

impl Source {
    /// The name of the kind in descriptions.
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
    /// Rows and columns of the picture that the network reads.
    pub size: [usize; 2],
    /// Channels: 1 for grey, 3 for RGB.
    pub channels: usize,
    /// How a picture of another size is made one of the size that the model takes.
    pub fit: Fit,
}

/// Settings of the audio frontend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSource {
    /// Samples a second: 8000 or 16000.
    pub sample_rate: usize,
    /// Samples in a frame, at most `fft`.
    pub frame: usize,
    /// Samples from the start of one frame to the start of the next.
    pub hop: usize,
    /// Points of the Fourier transform: a power of two from 64 to 1024.
    pub fft: usize,
    /// Number of mel bands.
    pub bands: usize,
    /// Number of frames joined into one step.
    pub stack: usize,
    /// Limit of steps in a clip; what comes after is not heard.
    pub max_steps: usize,
    /// Whether the highest level heard so far is subtracted.
    pub level: bool,
    /// Whether training clips are heard from the beginning of their sound on. A stream that arrives cannot be cut beforehand, so this
    /// prepares what is trained on and nothing else: held-out samples, tests, `run` and terminals hear a clip as it is.
    pub trim: bool,
}

/// Settings of the text frontend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextSource {
    /// The units of text that are hashed.
    pub form: TextForm,
    /// Number of rows of the hashed table.
    pub buckets: usize,
    /// Limit of bytes read of a text.
    pub max_bytes: usize,
    /// Limit of ids taken of a text.
    pub max_ids: usize,
}

/// Settings of a sequence of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceSource {
    /// Limit of records taken of a sequence.
    pub max_steps: usize,
    /// Which records are taken of a longer sequence.
    pub keep: Keep,
}

/// Which records are kept of a sequence with more than `max_steps`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The first records.
    First,
    /// The last records.
    #[default]
    Last,
}

/// How a picture of another size is made one of the size that a model takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The largest part in the middle that has the shape.
    Crop,
    /// The whole picture, in its shape, with black beside it.
    Fit,
    /// The whole picture, each side scaled by itself.
    #[default]
    Stretch,
}

impl Fit {
    /// The name of the setting in descriptions.
    pub const fn name(self) -> &'static str {
        match self {
            Fit::Crop => "crop",
            Fit::Fit => "fit",
            Fit::Stretch => "stretch",
        }
    }
}

impl From<Fit> for records::Fit {
    fn from(fit: Fit) -> Self {
        match fit {
            Fit::Crop => records::Fit::Cover,
            Fit::Fit => records::Fit::Contain,
            Fit::Stretch => records::Fit::Stretch,
        }
    }
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
    /// The name of the setting in descriptions.
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
        /// Number of filters.
        channels: usize,
        /// Kernel, stride, dilation and padding.
        window: Window,
        /// Activation applied to the sum.
        activation: Activation,
        /// Whether training applies batch norm to the sum; it is folded into the weights afterwards.
        batch_norm: bool,
    },
    /// Depthwise convolution: filters see one channel each.
    DepthwiseConv2d {
        /// Filters for each channel.
        multiplier: usize,
        /// Kernel, stride, dilation and padding.
        window: Window,
        /// Activation applied to the sum.
        activation: Activation,
        /// Whether training applies batch norm to the sum; it is folded into the weights afterwards.
        batch_norm: bool,
    },
    /// The largest value of each window, by channel.
    MaxPool(Window),
    /// The mean value of each window, by channel.
    AveragePool(Window),
    /// The mean or largest value over all rows and columns, by channel.
    GlobalPool {
        /// Whether the largest value is taken instead of the mean.
        max: bool,
    },
    /// All values as one vector, in order row, column, channel.
    Flatten,
    /// Fully connected layer.
    Dense {
        /// Number of outputs.
        units: usize,
        /// Activation applied to the sum.
        activation: Activation,
        /// Bits of a stored weight.
        bits: Bits,
    },
    /// One row of a table for each id.
    Embedding {
        /// Number of values of a row.
        channels: usize,
        /// Bits of a stored value.
        bits: Bits,
    },
    /// All table rows that a text's ids name, combined into one vector.
    EmbeddingBag {
        /// Number of values of a row.
        channels: usize,
        /// How the rows are combined.
        mode: BagMode,
        /// Bits of a stored value.
        bits: Bits,
    },
    /// Recurrent layer.
    Rnn {
        /// Equations of the cell.
        cell: Cell,
        /// Number of units of each direction.
        hidden: usize,
        /// Directions in which the steps are read.
        directions: Directions,
        /// How the hidden states become one vector; `None` hands on the states of all steps to a further recurrent layer.
        read: Option<ReadMode>,
    },
}

/// Kernel, stride, dilation (rows, columns) and padding of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Size of the kernel.
    pub kernel: [usize; 2],
    /// Stride.
    pub stride: [usize; 2],
    /// Dilation: the distance between neighbouring taps; 1 for pooling.
    pub dilation: [usize; 2],
    /// Padding around the picture.
    pub padding: Padding,
}

/// Directions in which a recurrent layer reads the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Directions {
    /// From the first step to the last.
    Forward,
    /// From the last step to the first.
    Backward,
    /// Both ways, with the two results side by side.
    Both,
}

/// How the encodings become one vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Fusion {
    /// The kind of fusion.
    pub kind: FusionKind,
    /// Common size of the vectors that are gated or multiplied.
    pub size: usize,
    /// Pairs of inputs whose projections are multiplied and joined to the encodings (kind `concat` only).
    pub products: Vec<[String; 2]>,
    /// Sizes of the dense layers behind the fusion.
    pub dense: Vec<usize>,
    /// Activation of those dense layers.
    pub activation: Activation,
    /// Bits of a stored weight of the fusion's dense layers.
    pub bits: Bits,
}

/// Kinds of fusion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FusionKind {
    /// All encodings side by side.
    #[default]
    Concat,
    /// The encodings weighted by learned gates and summed: Gated Multimodal Unit (Arevalo et al. 2017).
    Gated,
    /// The element-wise product of the encodings' projections.
    Product,
}

/// One question that the model answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Name of the head, by which labels are matched.
    pub name: String,
    /// Column of the labels, where the samples come from a table; the head's name where none is stated.
    pub column: Option<String>,
    /// Names of the classes in their order; those of the training labels where none are stated.
    pub classes: Vec<String>,
    /// The class whose area under the ROC curve is told, against all others; of two classes the second where none is stated.
    pub positive: Option<String>,
    /// Sizes of the hidden dense layers.
    pub dense: Vec<usize>,
    /// Activation of the hidden layers.
    pub activation: Activation,
    /// Bits of a stored weight of the head's dense layers.
    pub bits: Bits,
    /// The input whose encoding the head reads instead of the fusion's result.
    pub from: Option<String>,
    /// Whether the head helps training only and is left out of the model file.
    pub auxiliary: bool,
    /// Weight of the head's loss in the sum of all losses.
    pub weight: f32,
    /// Whether training counts rare classes as much as frequent ones.
    pub balance: bool,
    /// Answers below this probability, in 1/256, defer to a person; 0 where [`Head::defer_error`] decides.
    pub defer_below: u8,
    /// The part of the answers that may be wrong: training then chooses the lowest threshold that keeps within it.
    pub defer_error: Option<f32>,
    /// Part of the answers that may defer for that: where it would be more, none does.
    pub defer_at_most: Option<f32>,
}
