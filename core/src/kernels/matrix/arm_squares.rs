//! What the kernels of [`Packing::Squares`](crate::model::records::Packing) share, on Armv6-M and Armv7-M.
//!
//! A word of weights holds two rows at two depths as bytes, raised by 128, so it is `even + 256 * odd`, where `even` and
//! `odd` each hold both rows in lanes of 16 bits. For values x0 and x1 of a column
//!
//! `even * x0 + odd * x1 = word * x0 + odd * (x1 - 256 * x0)`,
//!
//! modulo 2^32, so `even` need not be taken apart. With 128 times both values taken off in each lane, what is left in a
//! lane are two products of int8, at most `2 * 127 * 128 < 2^15` in magnitude. Half a lane is added, so that the lower lane is
//! not negative. The upper lane is then a shift away and is summed in a register of its own; sums of whole words are
//! kept too, and what they have in the lower lane is known modulo 2^32 once the upper lane's sum is:
//! `lower = words - 2^16 * upper`, less the halves of a lane. So one product serves two rows, and five (Armv7-M) or eight
//! (Armv6-M) instructions four products.
//!
//! What a column's values are multiplied with is worked out beforehand, three words for two values, on the stack, for
//! [`CHUNK`] pairs of values at a time. Longer columns take several rounds over the blocks of four rows, whose sums wait
//! on the stack meanwhile, [`GROUP`] blocks at a time.

/// Pairs of values of a column that are made ready at a time.
pub(super) const CHUNK: usize = 72;

/// Blocks of rows whose sums wait on the stack, where a column is longer than a chunk.
pub(super) const GROUP: usize = 16;

// The stack of a kernel, in bytes.

/// The factors of the next block.
pub(super) const FACTORS: usize = 0;
/// Its outputs.
pub(super) const OUT: usize = FACTORS + 4;
/// Left shift of sums.
pub(super) const LEFT: usize = OUT + 4;
/// Where the weights of the group end, moved by what the chunks before have read of a block.
pub(super) const END: usize = LEFT + 4;
/// Bytes from a block's end in this chunk to the next block's begin.
pub(super) const SKIP: usize = END + 4;
/// Where the loop is entered.
pub(super) const ENTRY: usize = SKIP + 4;
/// Code that sets up a block's sums.
pub(super) const BEGIN: usize = ENTRY + 4;
/// Code that puts them away or makes results of them.
pub(super) const FINISH: usize = BEGIN + 4;
/// What sums of words begin with: minus half a lane for each pair of values.
pub(super) const INITIAL: usize = FINISH + 4;
/// Where the staged pairs end.
pub(super) const STAGED_END: usize = INITIAL + 4;
/// Sums to read next.
pub(super) const SUMS_FROM: usize = STAGED_END + 4;
/// Sums to write next.
pub(super) const SUMS_TO: usize = SUMS_FROM + 4;
/// Weights of the group's first block in this chunk.
pub(super) const WEIGHTS: usize = SUMS_TO + 4;
/// The next chunk's values.
pub(super) const VALUES: usize = WEIGHTS + 4;
/// Pairs after this chunk.
pub(super) const PAIRS_LEFT: usize = VALUES + 4;
/// Blocks after this group.
pub(super) const BLOCKS_LEFT: usize = PAIRS_LEFT + 4;
/// Bytes of the group's weights.
pub(super) const GROUP_LEN: usize = BLOCKS_LEFT + 4;
/// The column.
pub(super) const COLUMN: usize = GROUP_LEN + 4;
/// Pairs of the column.
pub(super) const PAIRS: usize = COLUMN + 4;
/// Four words for each block: words and upper lanes of rows 0 and 1, of rows 2 and 3.
pub(super) const SUMS: usize = (PAIRS + 4).div_ceil(8) * 8;
/// Three words for each pair of values.
pub(super) const STAGED: usize = SUMS + 16 * GROUP;
/// All of it, a multiple of 8.
pub(super) const FRAME: usize = (STAGED + 12 * CHUNK).div_ceil(8) * 8;
