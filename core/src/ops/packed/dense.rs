//! Fully connected layer.

use super::check::check_vector_matrix;
use super::clamp_all;
use crate::kernels::matrix::{self, Matrix, Shared};
use crate::model::records::PackedDense;
use crate::ops::common::{OpError, check_clamp, check_views, ensure};
use crate::parts::Part;
use crate::tensor::Weights;

/// Checks the matrix `[m, n]` for n input and m output values, and scratch where n is no whole number of units.
pub fn check(op: &PackedDense, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    check_clamp(&op.clamp)?;
    let (n, m) = (op.input.len(), op.output.len());
    check_vector_matrix(&op.matrix, weights, m, n)?;
    ensure(op.matrix.left == 0, OpError::Scale)?;
    let depth = op.matrix.packing.depth(n);
    let room = n == depth || op.scratch.len as usize >= depth;
    ensure(room && op.scratch.offset.is_multiple_of(4), OpError::Memory)
}

/// As [`dense`](crate::ops::dense()). `scratch` is not looked at where [`PackedDense::scratch`] may be empty.
pub fn packed_dense(
    op: &PackedDense,
    weights: &Weights<'_>,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u8],
) {
    if op.matrix.has_one_factor() {
        // `check` has refused it where this build lacks the part.
        let _ = Part::OneFactor.when(|| with_one_factor(op, weights, input, output, scratch));
        return;
    }
    let matrix = Matrix::new(&op.matrix, weights, output.len(), input.len());
    if input.len() >= matrix.depth {
        matrix::vector(&matrix, input, output);
    } else {
        matrix::vector(&matrix, padded(input, scratch), output);
    }
    clamp_all(output, &op.clamp);
}

#[inline(never)]
fn with_one_factor(
    op: &PackedDense,
    weights: &Weights<'_>,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u8],
) {
    // `check` has refused a matrix without.
    let Some(shared) = Shared::new(&op.matrix, weights, output.len(), input.len()) else {
        return;
    };
    if input.len() >= shared.matrix.depth {
        matrix::vector_shared(&shared, input, output);
    } else {
        matrix::vector_shared(&shared, padded(input, scratch), output);
    }
    clamp_all(output, &op.clamp);
}

/// A copy of the input with zeros behind it.
#[inline(always)]
fn padded<'a>(input: &[i8], scratch: &'a mut [u8]) -> &'a [i8] {
    let copy: &mut [i8] = bytemuck::cast_slice_mut(scratch);
    let (values, padding) = copy.split_at_mut(input.len().min(copy.len()));
    values.copy_from_slice(input.get(..values.len()).unwrap_or(&[]));
    padding.fill(0);
    copy
}
