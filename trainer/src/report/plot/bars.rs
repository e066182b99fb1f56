//! Bars with a name each.

use plotters::element::Rectangle;
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use super::palette::{self, GRID, INK, MUTED};
use super::{Area, Drawn, LETTER, NARROW, Plot, draw, label, number, write};

/// Characters of a name that are shown.
const MOST_NAME: usize = 24;
/// Pixels for the number behind a bar.
const BEHIND: i32 = 62;

/// A name and a value for each series.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// How much, a value for each series.
    pub values: Vec<f64>,
}

/// How the values of a bar lie to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One below the other.
    Grouped,
    /// One behind the other, with their sum behind.
    Stacked,
}

/// Horizontal bars of values that are nought or more, for series with names.
pub fn bars(series: &[&str], bars: &[Bar], layout: Layout) -> Plot {
    let value = |bar: &Bar, index: usize| match bar.values.get(index) {
        Some(value) if value.is_finite() => value.max(0.0),
        _ => 0.0,
    };
    let count = bars.iter().map(|bar| bar.values.len()).max().unwrap_or(0);
    if bars.is_empty() || count == 0 {
        return Plot::words("no values");
    }
    let rows: Vec<Vec<Vec<(usize, f64)>>> = bars
        .iter()
        .map(|bar| {
            let values = (0..count).map(|index| (index, value(bar, index)));
            match layout {
                Layout::Stacked => vec![values.collect()],
                Layout::Grouped => values.map(|value| vec![value]).collect(),
            }
        })
        .collect();
    let longest = rows
        .iter()
        .flatten()
        .map(|row| row.iter().map(|(_, value)| value).sum::<f64>())
        .fold(0.0, f64::max);
    let names: Vec<String> = bars.iter().map(|bar| label(&bar.name, MOST_NAME)).collect();
    let widest = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let left = (widest as f64 * LETTER) as i32 + 10;
    let lines = count_lines(layout, count);
    let (line, gap) = match lines {
        1 => (16, 5),
        _ => (13, 8),
    };
    let step = line * lines + gap;
    let size = (NARROW, (step * bars.len() as i32 + 10) as u32);
    draw(size, |area| {
        let room = NARROW as i32 - left - BEHIND;
        let x = |value: f64| match longest > 0.0 {
            true => left + (f64::from(room) * (value / longest)).round() as i32,
            false => left,
        };
        let ground = Rectangle::new([(left - 1, 2), (left, size.1 as i32 - 2)], GRID.filled());
        area.draw(&ground)?;
        for (index, (name, rows)) in names.iter().zip(&rows).enumerate() {
            let top = 6 + step * index as i32;
            let middle = top + line * lines / 2;
            write(area, name, (left - 6, middle), INK, HPos::Right)?;
            for (below, row) in rows.iter().enumerate() {
                bar(area, row, (top + line * below as i32, line), &x)?;
            }
        }
        Ok(())
    })
    .with_legend(
        series
            .iter()
            .copied()
            .enumerate()
            .filter(|_| series.len() > 1),
    )
}

fn count_lines(layout: Layout, count: usize) -> i32 {
    match layout {
        Layout::Stacked => 1,
        Layout::Grouped => count as i32,
    }
}

/// Draws values one behind the other, and their sum behind them.
fn bar(
    area: &Area<'_>,
    row: &[(usize, f64)],
    (top, height): (i32, i32),
    x: &impl Fn(f64) -> i32,
) -> Drawn {
    let mut sum = 0.0;
    for &(index, value) in row {
        let ends = (x(sum), x(sum + value));
        sum += value;
        if ends.1 > ends.0 {
            let corners = [(ends.0, top), (ends.1, top + height - 2)];
            area.draw(&Rectangle::new(corners, palette::series(index).filled()))?;
        }
    }
    let at = (x(sum) + 6, top + height / 2 - 1);
    write(area, &number(sum), at, MUTED, HPos::Left)
}
