//! One layer of an encoder as written.

use serde::Deserialize;
use tillsense_core::model::records::{BagMode, Cell, ReadMode};

use super::super::{Bits, Directions, Layer, Padding, Window};
use super::{Fault, MAX_UNITS, RawActivation, default_activation};

#[derive(Deserialize)]
#[serde(tag = "layer", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum RawLayer {
    Conv2d {
        channels: usize,
        kernel: [usize; 2],
        #[serde(default = "ones")]
        stride: [usize; 2],
        #[serde(default = "ones")]
        dilation: [usize; 2],
        #[serde(default)]
        padding: RawPadding,
        #[serde(default = "default_activation")]
        activation: RawActivation,
        #[serde(default)]
        batch_norm: bool,
    },
    DepthwiseConv2d {
        #[serde(default = "one")]
        multiplier: usize,
        kernel: [usize; 2],
        #[serde(default = "ones")]
        stride: [usize; 2],
        #[serde(default = "ones")]
        dilation: [usize; 2],
        #[serde(default)]
        padding: RawPadding,
        #[serde(default = "default_activation")]
        activation: RawActivation,
        #[serde(default)]
        batch_norm: bool,
    },
    MaxPool {
        size: [usize; 2],
        stride: Option<[usize; 2]>,
        #[serde(default)]
        padding: RawPadding,
    },
    AveragePool {
        size: [usize; 2],
        stride: Option<[usize; 2]>,
        #[serde(default)]
        padding: RawPadding,
    },
    GlobalPool {
        #[serde(default)]
        max: bool,
    },
    Flatten {},
    Dense {
        units: usize,
        #[serde(default = "default_activation")]
        activation: RawActivation,
        #[serde(default)]
        bits: Bits,
    },
    Embedding {
        channels: usize,
        #[serde(default)]
        bits: Bits,
    },
    EmbeddingBag {
        channels: usize,
        #[serde(default)]
        mode: RawMode,
        #[serde(default)]
        bits: Bits,
    },
    Rnn {
        cell: RawCell,
        hidden: usize,
        #[serde(default = "forward")]
        direction: Directions,
        read: Option<RawRead>,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(
    untagged,
    expecting = "padding takes \"valid\", \"same\" or [top, left, bottom, right]"
)]
pub(super) enum RawPadding {
    Named(NamedPadding),
    Explicit([usize; 4]),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NamedPadding {
    Valid,
    Same,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawMode {
    Sum,
    Mean,
    #[default]
    SqrtN,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawCell {
    Elman,
    Gru,
    Lstm,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawRead {
    Last,
    Mean,
}

impl Default for RawPadding {
    fn default() -> Self {
        RawPadding::Named(NamedPadding::Valid)
    }
}

impl From<RawPadding> for Padding {
    fn from(raw: RawPadding) -> Self {
        match raw {
            RawPadding::Named(NamedPadding::Valid) => Padding::Valid,
            RawPadding::Named(NamedPadding::Same) => Padding::Same,
            RawPadding::Explicit(p) => Padding::Explicit(p),
        }
    }
}

impl From<RawMode> for BagMode {
    fn from(raw: RawMode) -> Self {
        match raw {
            RawMode::Sum => BagMode::Sum,
            RawMode::Mean => BagMode::Mean,
            RawMode::SqrtN => BagMode::SqrtN,
        }
    }
}

impl From<RawCell> for Cell {
    fn from(raw: RawCell) -> Self {
        match raw {
            RawCell::Elman => Cell::Elman,
            RawCell::Gru => Cell::Gru,
            RawCell::Lstm => Cell::Lstm,
        }
    }
}

impl From<RawRead> for ReadMode {
    fn from(raw: RawRead) -> Self {
        match raw {
            RawRead::Last => ReadMode::Last,
            RawRead::Mean => ReadMode::Mean,
        }
    }
}

const fn one() -> usize {
    1
}

const fn ones() -> [usize; 2] {
    [1, 1]
}

const fn forward() -> Directions {
    Directions::Forward
}

impl RawLayer {
    /// Refuses sizes that cannot be; the field's path starts with the layer's name.
    pub(super) fn check(&self) -> Result<(), Fault> {
        match *self {
            RawLayer::Conv2d {
                channels,
                kernel,
                stride,
                dilation,
                padding,
                ..
            } => {
                limit("conv2d.channels", channels, MAX_UNITS)?;
                pads("conv2d.padding", padding)?;
                pair("conv2d.kernel", kernel)?;
                pair("conv2d.stride", stride)?;
                pair("conv2d.dilation", dilation)
            }
            RawLayer::DepthwiseConv2d {
                multiplier,
                kernel,
                stride,
                dilation,
                padding,
                ..
            } => {
                limit("depthwise_conv2d.multiplier", multiplier, 64)?;
                pads("depthwise_conv2d.padding", padding)?;
                pair("depthwise_conv2d.kernel", kernel)?;
                pair("depthwise_conv2d.stride", stride)?;
                pair("depthwise_conv2d.dilation", dilation)
            }
            RawLayer::MaxPool {
                size,
                stride,
                padding,
            }
            | RawLayer::AveragePool {
                size,
                stride,
                padding,
            } => {
                pair("pool.size", size)?;
                pads("pool.padding", padding)?;
                pair("pool.stride", stride.unwrap_or(size))
            }
            RawLayer::GlobalPool { .. } | RawLayer::Flatten {} => Ok(()),
            RawLayer::Dense { units, .. } => limit("dense.units", units, MAX_UNITS),
            RawLayer::Embedding { channels, .. } => {
                limit("embedding.channels", channels, MAX_UNITS)
            }
            RawLayer::EmbeddingBag { channels, .. } => {
                limit("embedding_bag.channels", channels, MAX_UNITS)
            }
            RawLayer::Rnn { hidden, .. } => limit("rnn.hidden", hidden, 1024),
        }
    }

    /// The layer without the forms that only the text has. The match is long because each layer names all its fields.
    pub(super) fn resolve(&self) -> Layer {
        match *self {
            RawLayer::Conv2d {
                channels,
                kernel,
                stride,
                dilation,
                padding,
                activation,
                batch_norm,
            } => Layer::Conv2d {
                channels,
                window: window(kernel, stride, dilation, padding),
                activation: activation.into(),
                batch_norm,
            },
            RawLayer::DepthwiseConv2d {
                multiplier,
                kernel,
                stride,
                dilation,
                padding,
                activation,
                batch_norm,
            } => Layer::DepthwiseConv2d {
                multiplier,
                window: window(kernel, stride, dilation, padding),
                activation: activation.into(),
                batch_norm,
            },
            RawLayer::MaxPool {
                size,
                stride,
                padding,
            } => Layer::MaxPool(pool(size, stride, padding)),
            RawLayer::AveragePool {
                size,
                stride,
                padding,
            } => Layer::AveragePool(pool(size, stride, padding)),
            RawLayer::GlobalPool { max } => Layer::GlobalPool { max },
            RawLayer::Flatten {} => Layer::Flatten,
            RawLayer::Dense {
                units,
                activation,
                bits,
            } => Layer::Dense {
                units,
                activation: activation.into(),
                bits,
            },
            RawLayer::Embedding { channels, bits } => Layer::Embedding { channels, bits },
            RawLayer::EmbeddingBag {
                channels,
                mode,
                bits,
            } => Layer::EmbeddingBag {
                channels,
                mode: mode.into(),
                bits,
            },
            RawLayer::Rnn {
                cell,
                hidden,
                direction,
                read,
            } => Layer::Rnn {
                cell: cell.into(),
                hidden,
                directions: direction,
                read: read.map(ReadMode::from),
            },
        }
    }
}

/// Refuses a value outside 1 to `high`.
fn limit(field: &str, value: usize, high: usize) -> Result<(), Fault> {
    match (1..=high).contains(&value) {
        true => Ok(()),
        false => Err((
            field.to_owned(),
            format!("must be from 1 to {high}, is {value}"),
        )),
    }
}

/// Refuses a pair of which one value is outside 1 to 512.
fn pair(field: &str, values: [usize; 2]) -> Result<(), Fault> {
    values.into_iter().try_for_each(|v| limit(field, v, 512))
}

/// Refuses explicit padding of more than 512 on a side.
fn pads(field: &str, padding: RawPadding) -> Result<(), Fault> {
    match padding {
        RawPadding::Explicit(pads) if pads.iter().any(|&pad| pad > 512) => Err((
            field.to_owned(),
            format!("must be from 0 to 512 on each side, is {pads:?}"),
        )),
        _ => Ok(()),
    }
}

fn window(
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: RawPadding,
) -> Window {
    Window {
        kernel,
        stride,
        dilation,
        padding: padding.into(),
    }
}

fn pool(size: [usize; 2], stride: Option<[usize; 2]>, padding: RawPadding) -> Window {
    window(size, stride.unwrap_or(size), [1, 1], padding)
}
