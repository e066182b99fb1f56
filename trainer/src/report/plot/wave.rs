//! A recording over time.

use plotters::element::{Polygon, Rectangle};
use plotters::style::Color;

use super::palette::{self, GRID};
use super::{Plot, draw};

/// Pixels of a recording.
const SIZE: (u32, u32) = (240, 64);

/// The least and the greatest sample of each moment, as loud as they are of 16 bits, or of the loudest where all are quiet.
pub fn wave(samples: &[i16]) -> Plot {
    if samples.is_empty() {
        return Plot::words("no sound");
    }
    let loudest = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    let scale = f64::from(SIZE.1 / 2 - 1) / f64::from(loudest.max(256));
    let columns = (SIZE.0 as usize).min(samples.len());
    draw(SIZE, |area| {
        let middle = SIZE.1 as i32 / 2;
        area.draw(&Rectangle::new(
            [(0, middle), (SIZE.0 as i32, middle + 1)],
            GRID.filled(),
        ))?;
        let y = |value: i16| middle - (f64::from(value) * scale).round() as i32;
        let x = |column: usize| (column * SIZE.0 as usize / columns) as i32;
        let mut above = Vec::with_capacity(2 * columns);
        let mut below = Vec::with_capacity(columns);
        for column in 0..columns {
            let from = column * samples.len() / columns;
            let until = ((column + 1) * samples.len() / columns).max(from + 1);
            let part = &samples[from..until];
            let high = part.iter().copied().max().unwrap_or(0);
            let low = part.iter().copied().min().unwrap_or(0);
            above.push((x(column), y(high)));
            below.push((x(column), y(low) + 1));
        }
        // There and back.
        above.extend(below.into_iter().rev());
        area.draw(&Polygon::new(above, palette::series(0).filled()))?;
        Ok(())
    })
}
