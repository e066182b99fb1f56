//! Integer arithmetic of the numeric contract: the two rounding rules, fixed-point functions, tables.
//!
//! Nothing here branches on the values it computes with, so instruction counts depend on shapes only; selections are
//! made by masks because not every target (Armv6-M, RV32IMC) has a conditional move.

pub mod divide;
pub mod fixed;
pub mod fixed16;
pub mod inverse_root;
pub mod log2;
pub mod logarithm;
mod opaque;
pub mod requantise;
pub mod root;
pub mod select;
pub mod sigmoid;
pub mod wide;

pub use divide::Divider;
pub use fixed16::{logistic_16, tanh_16};
pub use inverse_root::inverse_square_root;
pub use log2::{ilog2_u32, log2_q8, log2_q16};
pub use logarithm::log_q5_26;
pub(crate) use opaque::opaque;
pub use requantise::{
    ACC_LIMIT, apply_scale, nearest, nearest_by_call, sums_fit, tflite, tflite_down,
};
pub use root::isqrt_u32;
pub use select::{clamp, max, min, saturate_i8, saturate_i16};
pub use sigmoid::{sigmoid_q15, tanh_q15};
pub use wide::{high_product, product_u64, square};
