//! Which function lowers which operator.

use super::{Lowering, refuse, sequence};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Op, Operator};

impl Lowering<'_, '_> {
    /// Lowers an operator whose operands are there.
    pub(super) fn operator(&mut self, operator: &Operator) -> Result<(), ImportError> {
        if self.is_float(operator) {
            return self.float(operator);
        }
        match &operator.op {
            Op::Conv2d(steps, activation) => self.conv(operator, *steps, *activation),
            Op::DepthwiseConv2d {
                steps,
                multiplier,
                activation,
            } => self.depthwise(operator, *steps, *multiplier, *activation),
            Op::FullyConnected {
                activation, plain, ..
            } => self.dense(operator, *activation, *plain),
            Op::MaxPool2d(pool) => self.pool(operator, *pool, true),
            Op::AveragePool2d(pool) => self.pool(operator, *pool, false),
            Op::Reshape { .. } | Op::Squeeze { .. } | Op::ExpandDims => self.alias(operator),
            Op::Concatenation {
                axis,
                activation: Activation::None,
            } => self.concat(operator, *axis),
            Op::BatchMatmul {
                transpose_a,
                transpose_b,
            } => self.matmul(operator, [*transpose_a, *transpose_b]),
            Op::UnidirectionalSequenceLstm {
                activation,
                cell_clip,
                time_major,
                intermediates,
                ..
            } => {
                let settings = sequence::Settings {
                    activation: *activation,
                    cell_clip: *cell_clip,
                    time_major: *time_major,
                    intermediates,
                };
                self.sequence_lstm(operator, &settings)
            }
            Op::TransposeConv(steps, activation) => {
                self.transposed_conv(operator, *steps, *activation)
            }
            Op::Pack { axis } => self.pack(operator, *axis),
            Op::ResizeBilinear {
                align_corners,
                half_pixel_centers,
            } => self.resize_bilinear(operator, *align_corners, *half_pixel_centers),
            Op::Pad
            | Op::PadV2
            | Op::MirrorPad { .. }
            | Op::Slice
            | Op::StridedSlice { .. }
            | Op::Split { .. }
            | Op::SplitV { .. }
            | Op::Unpack { .. }
            | Op::Transpose
            | Op::Tile
            | Op::BroadcastTo
            | Op::Reverse
            | Op::SpaceToDepth { .. }
            | Op::DepthToSpace { .. }
            | Op::Gather { .. }
            | Op::ResizeNearestNeighbor { .. } => self.moves(operator),
            Op::SpaceToBatch | Op::BatchToSpace => self.blocks(operator),
            Op::Svdf { .. } => Err(refuse(
                operator,
                "keeps values from one inference to the next, and an answer here is a function of what was pushed alone; give the layer a window of the past as its input, and make it a convolution",
            )),
            _ => self.calculated(operator),
        }
    }

    /// Lowers an operator that computes with values one by one, in pairs, along axes or in rows.
    fn calculated(&mut self, operator: &Operator) -> Result<(), ImportError> {
        match &operator.op {
            Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Div(_)
            | Op::Maximum
            | Op::Minimum
            | Op::SquaredDifference
            | Op::Prelu => self.two(operator),
            Op::Mean { .. } | Op::Sum { .. } | Op::ReduceMax { .. } | Op::ReduceMin { .. } => {
                self.reduction(operator)
            }
            Op::Quantize => self.rescale(operator, Activation::None),
            Op::Relu => self.rescale(operator, Activation::Relu),
            Op::Relu6 => self.rescale(operator, Activation::Relu6),
            Op::ReluN1To1 => self.rescale(operator, Activation::ReluN1To1),
            Op::Relu0To1 => self.rescale(operator, Activation::Relu),
            Op::Logistic
            | Op::Tanh
            | Op::Elu
            | Op::HardSwish
            | Op::Gelu { .. }
            | Op::Abs
            | Op::Neg
            | Op::Exp
            | Op::Log
            | Op::Sqrt
            | Op::Rsqrt => self.function(operator),
            Op::LeakyRelu { alpha } => self.leaky_relu(operator, *alpha),
            Op::Softmax { beta } => self.softmax(operator, *beta),
            Op::LogSoftmax => self.log_softmax(operator),
            Op::ArgMax => self.arg_max(operator),
            Op::L2Normalization(activation) => self.l2_normalise(operator, *activation),
            _ => Err(refuse(
                operator,
                "is not supported, docs/IMPORT.md lists what is; convert the network without it, or cut the network there and compute the rest in the application",
            )),
        }
    }
}
