//! Joins tensors along their channels.

use super::common::{OpError, check_views, ensure};
use crate::model::records::Concat;

/// Checks that parts and output share height, width and zero point, and that the channels add up.
pub fn check(op: &Concat) -> Result<(), OpError> {
    check_views(&[&op.output])?;
    ensure(!op.parts.is_empty(), OpError::Shape)?;
    let mut channels = 0;
    for part in &op.parts {
        check_views(&[part])?;
        ensure(
            (part.h, part.w) == (op.output.h, op.output.w),
            OpError::Shape,
        )?;
        ensure(part.zero_point == op.output.zero_point, OpError::ZeroPoint)?;
        channels += u32::from(part.c);
    }
    ensure(channels == op.output.c.into(), OpError::Shape)
}

/// `output[y, x] = parts[0][y, x], parts[1][y, x], ...`.
pub fn concat(op: &Concat, parts: &[&[i8]], output: &mut [i8]) {
    for (index, part) in parts.iter().enumerate() {
        concat_part(op, index, part, output);
    }
}

/// Writes part number `index` to its place in the output, for callers that hold one part at a time.
pub fn concat_part(op: &Concat, index: usize, part: &[i8], output: &mut [i8]) {
    let Some(view) = op.parts.get(index) else {
        return;
    };
    let first: usize = op.parts.iter().take(index).map(|p| usize::from(p.c)).sum();
    let (width, stride) = (usize::from(view.c).max(1), usize::from(op.output.c).max(1));
    for (pixel, values) in output
        .chunks_exact_mut(stride)
        .zip(part.chunks_exact(width))
    {
        for (out, &value) in pixel.iter_mut().skip(first).zip(values) {
            *out = value;
        }
    }
}
