//! The layers that are measured: those of the comparison with other engines, and some that these do not have.

use tillsense_core::model::records::Cell;

/// A layer of int8 values with batch size 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Convolution over an input `[h, w, c]`.
    Conv {
        /// Shape of the input, `[h, w, c]`.
        input: [u16; 3],
        /// Size of the kernel (rows, columns).
        kernel: (u16, u16),
        /// Stride of both rows and columns.
        stride: u16,
        /// Whether the input is padded so that the output has its size divided by the stride.
        same: bool,
        /// Number of output channels.
        filters: u16,
    },
    /// 3x3 depthwise convolution of this input shape, with padding and one filter a channel.
    Depthwise([u16; 3]),
    /// Fully connected layer with this number of inputs and outputs.
    Dense(u16, u16),
    /// 2x2 max pool of this input shape.
    MaxPool([u16; 3]),
    /// Global average pool of this input shape.
    AveragePool([u16; 3]),
    /// Softmax over this number of classes.
    Softmax(u16),
    /// Recurrent layer with 16 inputs and 32 units over 62 steps.
    Recurrent(Cell),
    /// Bag of 40 ids in a table of 32 columns, sum / sqrt(n).
    Bag,
    /// Element-wise sum of two inputs of this shape.
    Add([u16; 3]),
    /// Gated sum of 4 vectors of 64 values.
    Gate,
    /// Log-mel frontend: one frame of 256 samples to 20 bands.
    LogMel,
}

/// A layer with its identifier and its work.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Identifier of the layer in the tables of the comparison.
    pub id: &'static str,
    /// Description of the layer for people.
    pub what: &'static str,
    /// The measured layer.
    pub layer: Layer,
    /// Number of multiply-accumulates; of elements for pools, softmax and sums.
    pub macs: u64,
    /// Whether `macs` counts elements.
    pub elements: bool,
}

/// Inputs, units and steps of the recurrent rows.
pub const RECURRENT: (u16, u16, u16) = (16, 32, 62);

const fn conv(
    id: &'static str,
    what: &'static str,
    macs: u64,
    input: [u16; 3],
    filters: u16,
) -> Row {
    Row {
        id,
        what,
        layer: Layer::Conv {
            input,
            kernel: (3, 3),
            stride: 1,
            same: true,
            filters,
        },
        macs,
        elements: false,
    }
}

const fn row(id: &'static str, what: &'static str, macs: u64, layer: Layer) -> Row {
    Row {
        id,
        what,
        layer,
        macs,
        elements: false,
    }
}

const fn each(id: &'static str, what: &'static str, elements: u64, layer: Layer) -> Row {
    Row {
        id,
        what,
        layer,
        macs: elements,
        elements: true,
    }
}

/// All rows; the first 19 are those of the comparison with other engines.
pub const ROWS: [Row; 25] = [
    row(
        "c1",
        "conv 28x28x1, 3x3 valid, 32 filters",
        194_688,
        Layer::Conv {
            input: [28, 28, 1],
            kernel: (3, 3),
            stride: 1,
            same: false,
            filters: 32,
        },
    ),
    conv(
        "c2",
        "conv 28x28x1, 3x3 same, 8 filters",
        56_448,
        [28, 28, 1],
        8,
    ),
    conv(
        "c3",
        "conv 14x14x8, 3x3 same, 16 filters",
        225_792,
        [14, 14, 8],
        16,
    ),
    conv(
        "c4",
        "conv 32x32x3, 3x3 same, 16 filters",
        442_368,
        [32, 32, 3],
        16,
    ),
    conv(
        "c5",
        "conv 32x32x16, 3x3 same, 16 filters",
        2_359_296,
        [32, 32, 16],
        16,
    ),
    conv(
        "c6",
        "conv 16x16x32, 3x3 same, 32 filters",
        2_359_296,
        [16, 16, 32],
        32,
    ),
    conv(
        "c7",
        "conv 8x8x64, 3x3 same, 64 filters",
        2_359_296,
        [8, 8, 64],
        64,
    ),
    row(
        "p1",
        "pointwise 25x5x64, 64 filters",
        512_000,
        Layer::Conv {
            input: [25, 5, 64],
            kernel: (1, 1),
            stride: 1,
            same: true,
            filters: 64,
        },
    ),
    row(
        "d1",
        "depthwise 25x5x64, 3x3 same",
        72_000,
        Layer::Depthwise([25, 5, 64]),
    ),
    row(
        "c8",
        "conv 49x10x1, 10x4 stride 2 same, 64 filters",
        320_000,
        Layer::Conv {
            input: [49, 10, 1],
            kernel: (10, 4),
            stride: 2,
            same: true,
            filters: 64,
        },
    ),
    row("f1", "dense 5408 to 64", 346_112, Layer::Dense(5408, 64)),
    row("f2", "dense 128 to 128", 16_384, Layer::Dense(128, 128)),
    row("f3", "dense 640 to 128", 81_920, Layer::Dense(640, 128)),
    row("f4", "dense 64 to 10", 640, Layer::Dense(64, 10)),
    each(
        "m1",
        "max pool 2x2, 26x26x32",
        21_632,
        Layer::MaxPool([26, 26, 32]),
    ),
    each(
        "a1",
        "global average pool 25x5x64",
        8000,
        Layer::AveragePool([25, 5, 64]),
    ),
    each("s1", "softmax, 10 classes", 10, Layer::Softmax(10)),
    each("s2", "softmax, 77 classes", 77, Layer::Softmax(77)),
    row(
        "r1",
        "LSTM 16 to 32, 62 steps",
        376_832,
        Layer::Recurrent(Cell::Lstm),
    ),
    row(
        "r2",
        "GRU 16 to 32, 62 steps",
        282_624,
        Layer::Recurrent(Cell::Gru),
    ),
    row(
        "r3",
        "Elman 16 to 32, 62 steps",
        94_208,
        Layer::Recurrent(Cell::Elman),
    ),
    each("e1", "embedding bag, 40 ids of 32", 1280, Layer::Bag),
    each("x1", "add 16x16x32", 8192, Layer::Add([16, 16, 32])),
    each("g1", "gated sum of 4 vectors of 64", 256, Layer::Gate),
    each(
        "l1",
        "log-mel frame, 256 samples to 20 bands",
        256,
        Layer::LogMel,
    ),
];
