//! Settings of operators: a union of tables, one for each kind of operator that has some.

use flatbuffers::{Follow, ForwardsUOffset, InvalidFlatbuffer, TableVerifier, Verifiable};

use super::{Ints, Operator, slot, table};

/// A table of settings.
pub(crate) trait Options<'a>: Follow<'a, Inner = Self> + Default {
    /// Its number in the union.
    const KIND: u8;
}

/// Settings of another kind of operator, by their number in the union.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mismatch(pub(crate) u8);

/// Slot of the union's value.
const OPTIONS: u16 = 4;

/// Makes of each row what verifies and what reads settings of this number.
macro_rules! options {
    ($($kind:literal $table:ident,)*) => {
        $(impl<'a> Options<'a> for $table<'a> {
            const KIND: u8 = $kind;
        })*

        /// Visits an operator's settings; those that are never read are none of its business.
        pub(super) fn visit_options<'ver, 'opts, 'buf>(
            mut table: TableVerifier<'ver, 'opts, 'buf>,
            kind_slot: u16,
        ) -> Result<TableVerifier<'ver, 'opts, 'buf>, InvalidFlatbuffer> {
            let kind = match table.deref(slot(kind_slot))? {
                Some(at) => table.verifier().get_u8(at)?,
                None => 0,
            };
            match kind {
                $($kind => table.visit_field::<ForwardsUOffset<$table<'_>>>("builtin_options", slot(OPTIONS), false),)*
                _ => Ok(table),
            }
        }
    };
}

impl<'a> Operator<'a> {
    /// Its settings, which are all at their defaults where the file holds none.
    pub(crate) fn options<T: Options<'a> + Verifiable + 'a>(self) -> Result<T, Mismatch> {
        let kind = self.options_kind();
        if kind == 0 {
            return Ok(T::default());
        }
        if kind != T::KIND {
            return Err(Mismatch(kind));
        }
        // SAFETY: `visit_options` has verified a table of this kind in this slot, as the kind beside it says.
        let options = self
            .0
            .and_then(|table| unsafe { table.get::<ForwardsUOffset<T>>(slot(OPTIONS), None) });
        Ok(options.unwrap_or_default())
    }
}

options! {
    1 Conv2dOptions,
    2 DepthwiseConv2dOptions,
    5 Pool2dOptions,
    6 SvdfOptions,
    8 FullyConnectedOptions,
    9 SoftmaxOptions,
    10 ConcatenationOptions,
    11 AddOptions,
    12 L2NormOptions,
    15 ResizeBilinearOptions,
    17 ReshapeOptions,
    19 SpaceToDepthOptions,
    21 MulOptions,
    23 GatherOptions,
    27 ReducerOptions,
    28 SubOptions,
    29 DivOptions,
    30 SqueezeOptions,
    32 StridedSliceOptions,
    35 SplitOptions,
    49 TransposeConvOptions,
    59 PackOptions,
    64 UnpackOptions,
    71 UnidirectionalSequenceLstmOptions,
    74 ResizeNearestNeighborOptions,
    75 LeakyReluOptions,
    77 MirrorPadOptions,
    79 SplitVOptions,
    94 DepthToSpaceOptions,
    101 BatchMatMulOptions,
    116 GeluOptions,
}

table! {
    /// Settings of CONV_2D.
    Conv2dOptions {
        padding: i8 = 0, 0;
        stride_w: i32 = 0, 1;
        stride_h: i32 = 0, 2;
        activation: i8 = 0, 3;
        dilation_w: i32 = 1, 4;
        dilation_h: i32 = 1, 5;
    }
}

table! {
    /// Settings of DEPTHWISE_CONV_2D.
    DepthwiseConv2dOptions {
        padding: i8 = 0, 0;
        stride_w: i32 = 0, 1;
        stride_h: i32 = 0, 2;
        depth_multiplier: i32 = 0, 3;
        activation: i8 = 0, 4;
        dilation_w: i32 = 1, 5;
        dilation_h: i32 = 1, 6;
    }
}

table! {
    /// Settings of both poolings.
    Pool2dOptions {
        padding: i8 = 0, 0;
        stride_w: i32 = 0, 1;
        stride_h: i32 = 0, 2;
        filter_width: i32 = 0, 3;
        filter_height: i32 = 0, 4;
        activation: i8 = 0, 5;
    }
}

table! {
    /// Settings of SVDF.
    SvdfOptions {
        rank: i32 = 0, 0;
        activation: i8 = 0, 1;
    }
}

table! {
    /// Settings of FULLY_CONNECTED.
    FullyConnectedOptions {
        activation: i8 = 0, 0;
        weights_format: i8 = 0, 1;
        keep_num_dims: bool = false, 2;
    }
}

table! {
    /// Settings of SOFTMAX.
    SoftmaxOptions {
        beta: f32 = 0.0, 0;
    }
}

table! {
    /// Settings of CONCATENATION.
    ConcatenationOptions {
        axis: i32 = 0, 0;
        activation: i8 = 0, 1;
    }
}

table! {
    /// Settings of ADD.
    AddOptions {
        activation: i8 = 0, 0;
    }
}

table! {
    /// Settings of L2_NORMALIZATION.
    L2NormOptions {
        activation: i8 = 0, 0;
    }
}

table! {
    /// Settings of RESIZE_BILINEAR, behind two that are no more.
    ResizeBilinearOptions {
        align_corners: bool = false, 2;
        half_pixel_centers: bool = false, 3;
    }
}

table! {
    /// Settings of RESHAPE.
    ReshapeOptions {
        => new_shape: Ints<'a>, 0;
    }
}

table! {
    /// Settings of MUL.
    MulOptions {
        activation: i8 = 0, 0;
    }
}

table! {
    /// Settings of GATHER.
    GatherOptions {
        axis: i32 = 0, 0;
        batch_dims: i32 = 0, 1;
    }
}

table! {
    /// Settings of SPACE_TO_DEPTH.
    SpaceToDepthOptions {
        block_size: i32 = 0, 0;
    }
}

table! {
    /// Settings of DEPTH_TO_SPACE.
    DepthToSpaceOptions {
        block_size: i32 = 0, 0;
    }
}

table! {
    /// Settings of MEAN, SUM and REDUCE_MAX.
    ReducerOptions {
        keep_dims: bool = false, 0;
    }
}

table! {
    /// Settings of SUB.
    SubOptions {
        activation: i8 = 0, 0;
    }
}

table! {
    /// Settings of DIV.
    DivOptions {
        activation: i8 = 0, 0;
    }
}

table! {
    /// Settings of SQUEEZE.
    SqueezeOptions {
        => squeeze_dims: Ints<'a>, 0;
    }
}

table! {
    /// Settings of STRIDED_SLICE.
    StridedSliceOptions {
        begin_mask: i32 = 0, 0;
        end_mask: i32 = 0, 1;
        ellipsis_mask: i32 = 0, 2;
        new_axis_mask: i32 = 0, 3;
        shrink_axis_mask: i32 = 0, 4;
        offset: bool = false, 5;
    }
}

table! {
    /// Settings of SPLIT.
    SplitOptions {
        num_splits: i32 = 0, 0;
    }
}

table! {
    /// Settings of TRANSPOSE_CONV.
    TransposeConvOptions {
        padding: i8 = 0, 0;
        stride_w: i32 = 0, 1;
        stride_h: i32 = 0, 2;
        activation: i8 = 0, 3;
    }
}

table! {
    /// Settings of PACK.
    PackOptions {
        axis: i32 = 0, 1;
    }
}

table! {
    /// Settings of UNPACK.
    UnpackOptions {
        num: i32 = 0, 0;
        axis: i32 = 0, 1;
    }
}

table! {
    /// Settings of UNIDIRECTIONAL_SEQUENCE_LSTM.
    UnidirectionalSequenceLstmOptions {
        activation: i8 = 0, 0;
        cell_clip: f32 = 0.0, 1;
        proj_clip: f32 = 0.0, 2;
        time_major: bool = false, 3;
        diagonal_recurrent_tensors: bool = false, 5;
    }
}

table! {
    /// Settings of RESIZE_NEAREST_NEIGHBOR.
    ResizeNearestNeighborOptions {
        align_corners: bool = false, 0;
        half_pixel_centers: bool = false, 1;
    }
}

table! {
    /// Settings of LEAKY_RELU.
    LeakyReluOptions {
        alpha: f32 = 0.0, 0;
    }
}

table! {
    /// Settings of MIRROR_PAD.
    MirrorPadOptions {
        mode: i8 = 0, 0;
    }
}

table! {
    /// Settings of SPLIT_V.
    SplitVOptions {
        num_splits: i32 = 0, 0;
    }
}

table! {
    /// Settings of BATCH_MATMUL.
    BatchMatMulOptions {
        adj_x: bool = false, 0;
        adj_y: bool = false, 1;
    }
}

table! {
    /// Settings of GELU.
    GeluOptions {
        approximate: bool = false, 0;
    }
}
