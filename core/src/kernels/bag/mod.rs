//! Sums of table rows.
//!
//! `portable` with `few` defines every result and is what all cores but those with the DSP extension run.

#[cfg(kernels = "arm_dsp")]
mod arm_dsp;
mod few;
#[cfg(not(kernels = "arm_dsp"))]
mod portable;

#[cfg(kernels = "arm_dsp")]
use arm_dsp as chosen;
#[cfg(not(kernels = "arm_dsp"))]
use portable as chosen;

/// `sums[c] = sum over ids of table[id][c]` for a table `[rows, sums.len()]` of at least one row; ids past the table read row 0.
///
/// Nothing is written where the table is too short. At most 2^15 ids, so that no sum overflows.
pub(crate) fn row_sums(sums: &mut [i32], table: &[i8], rows: u16, ids: &[u16]) {
    let needed = sums.len().checked_mul(rows.into());
    if rows > 0 && needed.is_some_and(|needed| needed <= table.len()) {
        chosen::row_sums(sums, table, rows, ids);
    }
}
