//! Convolution, and convolution with pooling.

use core::ops::Range;

use super::check::check_matrix;
use super::patch::{Line, Patches};
use super::strips::Strips;
use super::{aligned, clamp_all};
use crate::kernels::matrix::{self, Matrix};
use crate::model::records::{FusedPool, PackedConv, Packing, Pool, PoolKind, View, Window};
use crate::ops::common::{OpError, check_clamp, check_views, check_window, ensure};
use crate::ops::{average_pool, max_pool};
use crate::parts::Part;
use crate::size::Size;
use crate::tensor::Weights;

/// Checks shapes `[h, w, ic]` to `[oh, ow, oc]`, the packed matrix, scratch, and the pooling stage.
pub fn check(op: &PackedConv, weights: &Weights<'_>) -> Result<(), OpError> {
    check_frame(op)?;
    let depth = Patches::new(&op.window, &op.input).len();
    check_matrix(&op.matrix, weights, op.output.c.into(), depth, true)?;
    let packing = op.matrix.packing;
    check_scratch(
        op,
        packing.conv_scratch_len(&op.window, &op.input, op.output.w),
    )
}

/// Checks what does not depend on the algorithm: shapes, and the pooling stage.
pub(super) fn check_frame(op: &PackedConv) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    check_window(&op.window, &op.input, &op.output)?;
    check_clamp(&op.clamp)?;
    ensure(op.matrix.left == 0, OpError::Scale)?;
    op.pool.as_ref().map_or(Ok(()), |pool| check_pool(op, pool))
}

pub(super) fn check_scratch(op: &PackedConv, len: Size) -> Result<(), OpError> {
    let room = len.fits(op.scratch.len as usize);
    ensure(room && op.scratch.offset.is_multiple_of(4), OpError::Memory)
}

fn check_pool(op: &PackedConv, pool: &FusedPool) -> Result<(), OpError> {
    let record = stage(op, pool);
    match pool.kind {
        PoolKind::Max => Part::MaxPool.when(|| max_pool::check(&record)),
        PoolKind::Average => Part::AveragePool.when(|| average_pool::check(&record)),
    }
    .unwrap_or(Err(OpError::LeftOut(pool.kind.part())))?;
    let w = &pool.window;
    let by_rows = w.stride.0 >= w.kernel.0 && w.pad_before.0 == 0 && w.pad_after.0 == 0;
    ensure(by_rows, OpError::Window)
}

/// The pooling stage as an op over the whole of the convolution's output.
fn stage(op: &PackedConv, pool: &FusedPool) -> Pool {
    Pool {
        input: op.output,
        output: pool.output,
        window: pool.window,
        clamp: pool.clamp,
    }
}

/// As [`conv2d`](crate::ops::conv2d()), then as [`max_pool`](crate::ops::max_pool()) or [`average_pool`](crate::ops::average_pool()) where there is a pooling stage.
///
/// Input `[h, w, ic]`. Without a pooling stage `output` is `[oh, ow, oc]` and `rows` is not looked at; with one,
/// `output` is `[ph, pw, oc]` and `rows` holds [`FusedPool::rows`] of the convolution, one row of the pool at a time.
pub fn packed_conv2d(
    op: &PackedConv,
    weights: &Weights<'_>,
    input: &[i8],
    output: &mut [i8],
    rows: &mut [i8],
    scratch: &mut [u8],
) {
    let scratch = aligned(scratch);
    let conv = Convolution::new(op, weights);
    by_rows(op, output, rows, &mut |first, out| {
        conv.rows(input, first, out, scratch)
    });
}

/// Runs `conv(first row, rows)` over all of the output at once or, where there is a pooling stage, over the rows of one
/// row of the pool after another.
#[inline(never)]
pub(super) fn by_rows(
    op: &PackedConv,
    output: &mut [i8],
    rows: &mut [i8],
    conv: &mut dyn FnMut(usize, &mut [i8]),
) {
    let Some(pool) = &op.pool else {
        conv(0, output);
        clamp_all(output, &op.clamp);
        return;
    };
    let record = pool.strip(op);
    let line = usize::from(pool.output.w) * usize::from(pool.output.c);
    for (y, out) in output.chunks_exact_mut(line.max(1)).enumerate() {
        conv(y.wrapping_mul(pool.window.stride.0.into()), rows);
        clamp_all(rows, &op.clamp);
        // `check` has refused a stage that was left out.
        let _ = match pool.kind {
            PoolKind::Max => Part::MaxPool.when(|| max_pool(&record, rows, out)),
            PoolKind::Average => Part::AveragePool.when(|| average_pool(&record, rows, out)),
        };
    }
}

impl FusedPool {
    /// The rows of the convolution that one row of the pool reads, `[kh, ow, oc]`, from the offset of the convolution's output.
    pub const fn rows(&self, conv: &View) -> View {
        View {
            h: self.window.kernel.0,
            ..*conv
        }
    }

    /// The pool of one such strip.
    fn strip(&self, op: &PackedConv) -> Pool {
        Pool {
            input: self.rows(&op.output),
            output: View {
                h: 1,
                ..self.output
            },
            window: self.window,
            clamp: self.clamp,
        }
    }
}

/// A convolution, made ready to run row by row.
pub(super) enum Convolution<'a> {
    Panels(Panels<'a>),
    Strips(Strips<'a>),
}

impl<'a> Convolution<'a> {
    /// For a record that [`check`] has accepted.
    pub(super) fn new(op: &'a PackedConv, weights: &Weights<'a>) -> Self {
        // Known at compile time on a device, whose build holds one of the two.
        match Packing::NATIVE.unwrap_or(op.matrix.packing).by_strips() {
            true => Convolution::Strips(Strips::new(op, weights)),
            false => Convolution::Panels(Panels::new(op, weights)),
        }
    }

    /// Output rows from `first` on, as many as `out` holds, before their bounds. Nothing where the record fits neither its
    /// weights nor the input, which its check has ruled out.
    #[inline(always)]
    pub(super) fn rows(&self, input: &[i8], first: usize, out: &mut [i8], scratch: &mut [i8]) {
        match self {
            Convolution::Panels(panels) => panels.rows(input, first, out, scratch),
            // The linker keeps strips only where there can be any.
            Convolution::Strips(strips) if Packing::NATIVE.is_none_or(Packing::by_strips) => {
                strips.rows(input, first, out, scratch);
            }
            Convolution::Strips(_) => {}
        }
    }
}

/// A convolution by groups of patches.
pub(super) struct Panels<'a> {
    op: &'a PackedConv,
    matrix: Matrix<'a>,
    patches: Patches,
    /// Outputs of a row.
    width: usize,
    /// Those whose patches lie between the left and the right edge.
    inner: Range<usize>,
}

/// The input of a pointwise convolution as one long row: no group of columns then ends at an edge.
fn joined(op: &PackedConv) -> Option<View> {
    let pointwise = Window {
        kernel: (1, 1),
        stride: (1, 1),
        dilation: op.window.dilation,
        pad_before: (0, 0),
        pad_after: (0, 0),
    };
    let pixels = u32::from(op.input.h) * u32::from(op.input.w);
    let w = u16::try_from(pixels).ok();
    w.filter(|_| op.window == pointwise).map(|w| View {
        h: 1,
        w,
        ..op.input
    })
}

impl<'a> Panels<'a> {
    fn new(op: &'a PackedConv, weights: &Weights<'a>) -> Self {
        let joined = joined(op);
        let patches = Patches::new(&op.window, joined.as_ref().unwrap_or(&op.input));
        let matrix = Matrix::new(&op.matrix, weights, op.output.c.into(), patches.len());
        let width = joined.map_or(op.output.w, |joined| joined.w).into();
        Panels {
            op,
            matrix,
            inner: patches.inner(width),
            patches,
            width,
        }
    }

    /// Output rows from `first` on, as many as `out` holds.
    fn rows(&self, input: &[i8], first: usize, out: &mut [i8], panel: &mut [i8]) {
        if self.matrix.rows == 0 || input.len() != self.op.input.len() {
            return;
        }
        let channels = self.matrix.rows;
        let width = usize::from(self.op.output.w);
        let (y, x) = match self.width == width {
            true => (first, 0),
            false => (0, first.wrapping_mul(width).min(self.width)),
        };
        let mut pixels = Pixels {
            conv: self,
            line: self.patches.line(y),
            y,
            x,
        };
        // Not `chunks_exact_mut`, whose way out for chunks of nothing the linker would keep.
        let (mut rest, group_len) = (out, matrix::COLUMNS * channels);
        while rest.len() >= group_len {
            let Some((group, after)) = core::mem::take(&mut rest).split_at_mut_checked(group_len)
            else {
                return;
            };
            if !pixels.next_all(input, panel) {
                for column in 0..matrix::COLUMNS {
                    pixels.next(input, panel, column, true);
                }
            }
            matrix::panel(&self.matrix, panel, group);
            rest = after;
        }
        while rest.len() >= channels {
            let Some((pixel, after)) = core::mem::take(&mut rest).split_at_mut_checked(channels)
            else {
                return;
            };
            pixels.next(input, panel, 0, false);
            matrix::vector(&self.matrix, matrix::patch(&self.matrix, panel, 0), pixel);
            rest = after;
        }
    }
}

/// The patches of a convolution, output by output.
struct Pixels<'a> {
    conv: &'a Panels<'a>,
    line: Line,
    y: usize,
    x: usize,
}

impl Pixels<'_> {
    /// Gathers the next patches into all columns of the panel, if they lie in one row and wholly inside the input.
    #[inline(always)]
    fn next_all(&mut self, input: &[i8], panel: &mut [i8]) -> bool {
        let conv = self.conv;
        let range = &conv.inner;
        let inside = range.start <= self.x && self.x + matrix::COLUMNS <= range.end;
        let runs = match inside && self.line.is_whole {
            true => conv.patches.runs(&self.line, self.x, input),
            false => None,
        };
        let Some(runs) = runs else { return false };
        let (step, ..) = conv.patches.steps();
        matrix::take_all(&conv.matrix, panel, &runs, step);
        self.move_on(matrix::COLUMNS);
        true
    }

    /// Gathers the next patch into a column of the panel, or (`staged` is false) as the one column of [`matrix::vector`].
    #[inline(never)]
    fn next(&mut self, input: &[i8], panel: &mut [i8], column: usize, staged: bool) {
        let conv = self.conv;
        let inside = self.line.is_whole && conv.inner.contains(&self.x);
        let runs = match inside && staged {
            true => conv.patches.runs(&self.line, self.x, input),
            false => None,
        };
        match runs {
            Some(runs) => matrix::take(&conv.matrix, panel, column, &runs),
            None => {
                let place = matrix::patch(&conv.matrix, panel, column);
                conv.patches.gather(&self.line, self.x, input, place);
                if staged {
                    matrix::stage(&conv.matrix, panel, column);
                }
            }
        }
        self.move_on(1);
    }

    #[inline(always)]
    fn move_on(&mut self, by: usize) {
        self.x += by;
        if self.x >= self.conv.width {
            (self.x, self.y) = (0, self.y.wrapping_add(1));
            self.line = self.conv.patches.line(self.y);
        }
    }
}
