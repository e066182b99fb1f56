//! The end of a sequence: the last hidden state, or the mean of all.

use super::super::common::{OpError, check_views, ensure};
use super::state::{StateLayout, state_len};
use crate::kernels::cell::narrow;
use crate::model::records::{ReadMode, RnnRead};
use crate::num::{Divider, saturate_i8};

/// Fractional bits between the Q0.15 of the state and the 1/128 of the output.
const NARROWING: u32 = 8;

/// Checks the output `[1, 1, hidden]` and the state.
pub fn check(op: &RnnRead) -> Result<(), OpError> {
    check_views(&[&op.output])?;
    ensure(op.output.h == 1 && op.output.w == 1, OpError::Shape)?;
    ensure(op.output.zero_point == 0, OpError::ZeroPoint)?;
    let fits = op.state.len as usize >= state_len(op.cell, op.output.c);
    ensure(op.state.offset.is_multiple_of(4) && fits, OpError::Memory)
}

/// `output = sat((h + 128) >> 8)`, or `sat(floor(sum of h / (256 * steps) + 1/2))`: scale 1/128, zero point 0.
///
/// A state without steps gives zeros.
pub fn rnn_read(op: &RnnRead, state: &[u8], output: &mut [i8]) {
    let Some(state) = StateLayout::new(op.cell, op.output.c).split(state) else {
        return;
    };
    match op.mode {
        ReadMode::Last => narrow(state.h, output),
        ReadMode::Mean => {
            let divider = Divider::new(state.steps.max(1) << NARROWING);
            for (out, &sum) in output.iter_mut().zip(state.sums) {
                *out = saturate_i8(divider.nearest(sum));
            }
        }
    }
}
