//! What operators do, with their settings.

use super::error::OperatorFault;
use super::schema::{self, *};
use crate::import::net::{Activation, Op, Padding, Pool, Steps};

/// What an operator of this name does. Its settings are read, its operands are not.
pub(super) fn op(name: &'static str, operator: Operator<'_>) -> Result<Op, OperatorFault> {
    for read in [windows, sums, places, values, recurrent] {
        if let Some(op) = read(name, operator)? {
            return Ok(op);
        }
    }
    Ok(Op::Other(name.into()))
}

/// An op of one group, if the name is one of it.
type Read = Result<Option<Op>, OperatorFault>;

impl From<Mismatch> for OperatorFault {
    fn from(mismatch: Mismatch) -> Self {
        OperatorFault::Settings(mismatch.0)
    }
}

/// Windows over rows and columns.
fn windows(name: &str, operator: Operator<'_>) -> Read {
    Ok(Some(match name {
        "CONV_2D" => {
            let o = operator.options::<Conv2dOptions<'_>>()?;
            let steps = steps(
                o.padding(),
                [o.stride_h(), o.stride_w()],
                [o.dilation_h(), o.dilation_w()],
            )?;
            Op::Conv2d(steps, activation(o.activation())?)
        }
        "DEPTHWISE_CONV_2D" => {
            let o = operator.options::<DepthwiseConv2dOptions<'_>>()?;
            Op::DepthwiseConv2d {
                steps: steps(
                    o.padding(),
                    [o.stride_h(), o.stride_w()],
                    [o.dilation_h(), o.dilation_w()],
                )?,
                multiplier: count("depth_multiplier", o.depth_multiplier(), 0)?,
                activation: activation(o.activation())?,
            }
        }
        "TRANSPOSE_CONV" => {
            let o = operator.options::<TransposeConvOptions<'_>>()?;
            let steps = steps(o.padding(), [o.stride_h(), o.stride_w()], [1, 1])?;
            Op::TransposeConv(steps, activation(o.activation())?)
        }
        "MAX_POOL_2D" => Op::MaxPool2d(pool(operator)?),
        "AVERAGE_POOL_2D" => Op::AveragePool2d(pool(operator)?),
        "RESIZE_NEAREST_NEIGHBOR" => {
            let o = operator.options::<ResizeNearestNeighborOptions<'_>>()?;
            Op::ResizeNearestNeighbor {
                align_corners: o.align_corners(),
                half_pixel_centers: o.half_pixel_centers(),
            }
        }
        "RESIZE_BILINEAR" => {
            let o = operator.options::<ResizeBilinearOptions<'_>>()?;
            Op::ResizeBilinear {
                align_corners: o.align_corners(),
                half_pixel_centers: o.half_pixel_centers(),
            }
        }
        _ => return Ok(None),
    }))
}

/// Sums of products, arithmetic of two operands, and what becomes of an axis.
fn sums(name: &str, operator: Operator<'_>) -> Read {
    let keep_dims = || {
        operator
            .options::<ReducerOptions<'_>>()
            .map(|o| o.keep_dims())
    };
    Ok(Some(match name {
        "FULLY_CONNECTED" => {
            let o = operator.options::<FullyConnectedOptions<'_>>()?;
            Op::FullyConnected {
                activation: activation(o.activation())?,
                keep_dims: o.keep_num_dims(),
                plain: match o.weights_format() {
                    0 => true,
                    1 => false,
                    format => return Err(setting("weights_format", format)),
                },
            }
        }
        "BATCH_MATMUL" => {
            let o = operator.options::<BatchMatMulOptions<'_>>()?;
            Op::BatchMatmul {
                transpose_a: o.adj_x(),
                transpose_b: o.adj_y(),
            }
        }
        "ADD" => Op::Add(activation(
            operator.options::<AddOptions<'_>>()?.activation(),
        )?),
        "SUB" => Op::Sub(activation(
            operator.options::<SubOptions<'_>>()?.activation(),
        )?),
        "MUL" => Op::Mul(activation(
            operator.options::<MulOptions<'_>>()?.activation(),
        )?),
        "DIV" => Op::Div(activation(
            operator.options::<DivOptions<'_>>()?.activation(),
        )?),
        "MAXIMUM" => Op::Maximum,
        "MINIMUM" => Op::Minimum,
        "SQUARED_DIFFERENCE" => Op::SquaredDifference,
        "MEAN" => Op::Mean {
            keep_dims: keep_dims()?,
        },
        "SUM" => Op::Sum {
            keep_dims: keep_dims()?,
        },
        "REDUCE_MAX" => Op::ReduceMax {
            keep_dims: keep_dims()?,
        },
        "REDUCE_MIN" => Op::ReduceMin {
            keep_dims: keep_dims()?,
        },
        "ARG_MAX" => Op::ArgMax,
        _ => return Ok(None),
    }))
}

/// Where values are, not what they are.
fn places(name: &str, operator: Operator<'_>) -> Read {
    Ok(Some(match name {
        "CONCATENATION" => {
            let o = operator.options::<ConcatenationOptions<'_>>()?;
            Op::Concatenation {
                axis: o.axis().into(),
                activation: activation(o.activation())?,
            }
        }
        "SPLIT" => Op::Split {
            parts: count(
                "num_splits",
                operator.options::<SplitOptions<'_>>()?.num_splits(),
                1,
            )?,
        },
        "SPLIT_V" => Op::SplitV {
            parts: count(
                "num_splits",
                operator.options::<SplitVOptions<'_>>()?.num_splits(),
                1,
            )?,
        },
        "SLICE" => Op::Slice,
        "SPACE_TO_BATCH_ND" => Op::SpaceToBatch,
        "BATCH_TO_SPACE_ND" => Op::BatchToSpace,
        "STRIDED_SLICE" => {
            let o = operator.options::<StridedSliceOptions<'_>>()?;
            Op::StridedSlice {
                begin_mask: o.begin_mask().cast_unsigned(),
                end_mask: o.end_mask().cast_unsigned(),
                ellipsis_mask: o.ellipsis_mask().cast_unsigned(),
                new_axis_mask: o.new_axis_mask().cast_unsigned(),
                shrink_axis_mask: o.shrink_axis_mask().cast_unsigned(),
                offset: o.offset(),
            }
        }
        "PAD" => Op::Pad,
        "PADV2" => Op::PadV2,
        "MIRROR_PAD" => Op::MirrorPad {
            symmetric: match operator.options::<MirrorPadOptions<'_>>()?.mode() {
                0 => false,
                1 => true,
                mode => return Err(setting("mode", mode)),
            },
        },
        "RESHAPE" => Op::Reshape {
            shape: operator
                .options::<ReshapeOptions<'_>>()?
                .new_shape()
                .map(wide),
        },
        "SQUEEZE" => Op::Squeeze {
            axes: operator
                .options::<SqueezeOptions<'_>>()?
                .squeeze_dims()
                .map(wide)
                .unwrap_or_default(),
        },
        "EXPAND_DIMS" => Op::ExpandDims,
        "SHAPE" => Op::Shape,
        "PACK" => Op::Pack {
            axis: operator.options::<PackOptions<'_>>()?.axis().into(),
        },
        "UNPACK" => {
            let o = operator.options::<UnpackOptions<'_>>()?;
            Op::Unpack {
                axis: o.axis().into(),
                parts: count("num", o.num(), 1)?,
            }
        }
        "TRANSPOSE" => Op::Transpose,
        "TILE" => Op::Tile,
        "BROADCAST_TO" => Op::BroadcastTo,
        "REVERSE_V2" => Op::Reverse,
        "SPACE_TO_DEPTH" => {
            let o = operator.options::<SpaceToDepthOptions<'_>>()?;
            Op::SpaceToDepth {
                block: count("block_size", o.block_size(), 1)?,
            }
        }
        "DEPTH_TO_SPACE" => {
            let o = operator.options::<DepthToSpaceOptions<'_>>()?;
            Op::DepthToSpace {
                block: count("block_size", o.block_size(), 1)?,
            }
        }
        "GATHER" => {
            let o = operator.options::<GatherOptions<'_>>()?;
            Op::Gather {
                axis: o.axis().into(),
                batch_dims: o.batch_dims().into(),
            }
        }
        _ => return Ok(None),
    }))
}

/// Functions of one value, or of the values of one axis.
fn values(name: &str, operator: Operator<'_>) -> Read {
    Ok(Some(match name {
        "SOFTMAX" => Op::Softmax {
            beta: finite("beta", operator.options::<SoftmaxOptions<'_>>()?.beta())?,
        },
        "LOG_SOFTMAX" => Op::LogSoftmax,
        "LOGISTIC" => Op::Logistic,
        "TANH" => Op::Tanh,
        "RELU" => Op::Relu,
        "RELU6" => Op::Relu6,
        "RELU_N1_TO_1" => Op::ReluN1To1,
        "RELU_0_TO_1" => Op::Relu0To1,
        "LEAKY_RELU" => Op::LeakyRelu {
            alpha: finite("alpha", operator.options::<LeakyReluOptions<'_>>()?.alpha())?,
        },
        "PRELU" => Op::Prelu,
        "ELU" => Op::Elu,
        "HARD_SWISH" => Op::HardSwish,
        "GELU" => Op::Gelu {
            approximate: operator.options::<GeluOptions<'_>>()?.approximate(),
        },
        "ABS" => Op::Abs,
        "NEG" => Op::Neg,
        "EXP" => Op::Exp,
        "LOG" => Op::Log,
        "SQRT" => Op::Sqrt,
        "RSQRT" => Op::Rsqrt,
        "QUANTIZE" => Op::Quantize,
        "DEQUANTIZE" => Op::Dequantize,
        "L2_NORMALIZATION" => Op::L2Normalization(activation(
            operator.options::<L2NormOptions<'_>>()?.activation(),
        )?),
        _ => return Ok(None),
    }))
}

/// Operators that remember.
fn recurrent(name: &str, operator: Operator<'_>) -> Read {
    Ok(Some(match name {
        "UNIDIRECTIONAL_SEQUENCE_LSTM" => {
            let o = operator.options::<UnidirectionalSequenceLstmOptions<'_>>()?;
            if o.diagonal_recurrent_tensors() {
                return Ok(Some(Op::Other(format!("{name} with diagonal weights"))));
            }
            Op::UnidirectionalSequenceLstm {
                activation: activation(o.activation())?,
                cell_clip: finite("cell_clip", o.cell_clip())?,
                proj_clip: finite("proj_clip", o.proj_clip())?,
                time_major: o.time_major(),
                intermediates: Vec::new(),
            }
        }
        "SVDF" => {
            let o = operator.options::<SvdfOptions<'_>>()?;
            Op::Svdf {
                rank: count("rank", o.rank(), 1)?,
                activation: activation(o.activation())?,
            }
        }
        _ => return Ok(None),
    }))
}

fn pool(operator: Operator<'_>) -> Result<Pool, OperatorFault> {
    let o = operator.options::<Pool2dOptions<'_>>()?;
    Ok(Pool {
        padding: padding(o.padding())?,
        stride: [
            count("stride_h", o.stride_h(), 1)?,
            count("stride_w", o.stride_w(), 1)?,
        ],
        kernel: [
            count("filter_height", o.filter_height(), 1)?,
            count("filter_width", o.filter_width(), 1)?,
        ],
        activation: activation(o.activation())?,
    })
}

fn steps(padded: i8, stride: [i32; 2], dilation: [i32; 2]) -> Result<Steps, OperatorFault> {
    Ok(Steps {
        padding: padding(padded)?,
        stride: [
            count("stride_h", stride[0], 1)?,
            count("stride_w", stride[1], 1)?,
        ],
        dilation: [
            count("dilation_h_factor", dilation[0], 1)?,
            count("dilation_w_factor", dilation[1], 1)?,
        ],
    })
}

fn padding(number: i8) -> Result<Padding, OperatorFault> {
    match number {
        0 => Ok(Padding::Same),
        1 => Ok(Padding::Valid),
        _ => Err(setting("padding", number)),
    }
}

fn activation(number: i8) -> Result<Activation, OperatorFault> {
    Ok(match number {
        0 => Activation::None,
        1 => Activation::Relu,
        2 => Activation::ReluN1To1,
        3 => Activation::Relu6,
        4 => Activation::Tanh,
        5 => Activation::SignBit,
        _ => return Err(setting("fused_activation_function", number)),
    })
}

/// A setting that counts something, from `least` on.
fn count(name: &'static str, value: i32, least: usize) -> Result<usize, OperatorFault> {
    usize::try_from(value)
        .ok()
        .filter(|&value| value >= least)
        .ok_or_else(|| setting(name, value))
}

fn finite(name: &'static str, value: f32) -> Result<f32, OperatorFault> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(setting(name, value))
    }
}

fn setting(setting: &'static str, value: impl Into<f64>) -> OperatorFault {
    OperatorFault::Setting {
        setting,
        value: value.into(),
    }
}

fn wide(row: schema::Ints<'_>) -> Vec<i64> {
    row.iter().map(i64::from).collect()
}
