//! Pictures of another size: the mean of the area that each new pixel covers, in integers.
//!
//! The formula is that of the picture frontend of `core` ([`tillsense_core::frontend::image`]), for pictures of any size: with a window of
//! `wh x ww` pixels laid over `oh x ow`,
//!
//! `out[y][x] = (sum of p[r][c] * rows(y, r) * columns(x, c) + wh * ww / 2) / (wh * ww)`
//!
//! where `rows(y, r)` is the length that `[y * wh, (y + 1) * wh)` and `[r * oh, (r + 1) * oh)` share, and `columns` likewise. The sum is taken
//! along rows first, so that each pixel of the picture is read once.

/// A part of a picture.
pub(super) struct Window {
    /// First row and column.
    pub at: [usize; 2],
    /// Rows and columns.
    pub size: [usize; 2],
}

impl Window {
    /// All of a picture.
    pub fn whole(size: [usize; 2]) -> Self {
        Window { at: [0; 2], size }
    }

    /// The largest part of a picture that has the shape of `shape`, as close as whole pixels come to it, in the middle; an odd pixel
    /// stays at the end.
    pub fn of_shape([h, w]: [usize; 2], [rows, columns]: [usize; 2]) -> Self {
        // Rounded to the nearest, and never nothing.
        let part = |side: usize, times: usize, over: usize| {
            let (product, over) = (side as u128 * times as u128, over as u128);
            (((2 * product + over) / (2 * over)) as usize).max(1)
        };
        let wide = w as u128 * rows as u128 > h as u128 * columns as u128;
        let size = match wide {
            true => [h, part(h, columns, rows).min(w)],
            false => [part(w, rows, columns).min(h), w],
        };
        Window {
            at: [(h - size[0]) / 2, (w - size[1]) / 2],
            size,
        }
    }
}

/// A window of a picture `[height, width, channels]`, resized to `[rows, columns]`.
pub(super) fn resized(
    pixels: &[u8],
    [_, width, channels]: [usize; 3],
    window: Window,
    [rows, columns]: [usize; 2],
) -> Vec<u8> {
    let [wh, ww] = window.size;
    let line = |row: usize| {
        let start = ((window.at[0] + row) * width + window.at[1]) * channels;
        &pixels[start..][..ww * channels]
    };
    let mut out = Vec::with_capacity(rows * columns * channels);
    if [wh, ww] == [rows, columns] {
        (0..wh).for_each(|row| out.extend_from_slice(line(row)));
        return out;
    }
    let across: Vec<_> = (0..columns).map(|x| Shares::of(x, ww, columns)).collect();
    let whole = wh as u64 * ww as u64;
    let mut sums = vec![0u64; columns * channels];
    for y in 0..rows {
        sums.fill(0);
        for (row, height) in Shares::of(y, wh, rows) {
            let line = line(row);
            for (sums, shares) in sums.chunks_exact_mut(channels).zip(&across) {
                for (column, share) in shares.clone() {
                    let pixel = &line[column * channels..][..channels];
                    for (sum, &value) in sums.iter_mut().zip(pixel) {
                        *sum += u64::from(value) * (share * height);
                    }
                }
            }
        }
        out.extend(sums.iter().map(|sum| ((sum + whole / 2) / whole) as u8));
    }
    out
}

/// The pixels under a new pixel along one side, and how much of each lies under it.
#[derive(Clone)]
struct Shares {
    next: usize,
    /// The new pixel, in steps of which an old pixel has `over` and a new one `from`.
    begin: u64,
    end: u64,
    over: u64,
}

impl Shares {
    /// New pixel `at` of `over`, made of `from` old ones.
    fn of(at: usize, from: usize, over: usize) -> Self {
        let (begin, over) = (at as u64 * from as u64, over as u64);
        Shares {
            next: (begin / over) as usize,
            begin,
            end: begin + from as u64,
            over,
        }
    }
}

impl Iterator for Shares {
    type Item = (usize, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let begin = self.next as u64 * self.over;
        let share = self
            .end
            .min(begin + self.over)
            .checked_sub(self.begin.max(begin));
        let share = share.filter(|&share| share > 0)?;
        self.next += 1;
        Some((self.next - 1, share))
    }
}
