//! A table of numbers as colours.

use plotters::element::Rectangle;
use plotters::style::Color;
use plotters::style::FontTransform;
use plotters::style::text_anchor::HPos;

use super::palette::{self, GRID, INK, MUTED, PAPER};
use super::{
    Area, Drawn, LETTER, NARROW, Plot, TEXT, WIDE, draw, label, number, turned, write, writing,
};

/// Characters of a name that are shown.
const MOST_NAME: usize = 20;
/// Cells across that still have room for numbers.
const MOST_NUMBERED: usize = 24;

/// Names of rows and columns, and the number of each cell.
#[derive(Clone, Debug)]
pub struct Heat<'a> {
    /// What the rows are.
    pub y: &'a str,
    /// What the columns are.
    pub x: &'a str,
    /// A name a row.
    pub rows: Vec<String>,
    /// A name a column.
    pub columns: Vec<String>,
    /// A number a cell, row by row.
    pub cells: Vec<Vec<f64>>,
    /// Whether a cell is coloured by its share of its row, as in a table of mistakes; else by its share of the greatest cell.
    pub by_row: bool,
}

/// Draws a table of numbers, each with a colour as strong as it is large.
pub fn heat(of: &Heat<'_>) -> Plot {
    if of.rows.is_empty() || of.columns.is_empty() {
        return Plot::words("no values");
    }
    let rows: Vec<String> = of.rows.iter().map(|name| label(name, MOST_NAME)).collect();
    let columns: Vec<String> = of
        .columns
        .iter()
        .map(|name| label(name, MOST_NAME))
        .collect();
    let longest = |names: &[String]| {
        let most = names.iter().map(|name| name.chars().count()).max();
        (most.unwrap_or(0) as f64 * LETTER) as i32
    };
    let (left, above) = (longest(&rows) + 30, longest(&columns) + 30);
    let across = columns.len() as i32;
    let width = match across {
        0..=10 => NARROW,
        _ => WIDE.max((left + 12 * across + 10) as u32),
    };
    let cell = ((width as i32 - left - 6) / across).clamp(8, 64);
    let height = cell.clamp(8, 36);
    let size = (width, (above + height * rows.len() as i32 + 8) as u32);
    draw(size, |area| {
        names(area, of, (&rows, &columns), (left, above, cell, height))?;
        let most = |row: &[f64]| {
            row.iter()
                .copied()
                .filter(|v| v.is_finite())
                .fold(0.0, f64::max)
        };
        let greatest = of.cells.iter().map(|row| most(row)).fold(0.0, f64::max);
        for (y, row) in of.cells.iter().enumerate() {
            let whole = match of.by_row {
                true => row
                    .iter()
                    .copied()
                    .filter(|v| v.is_finite())
                    .map(f64::abs)
                    .sum(),
                false => greatest,
            };
            for (x, &value) in row.iter().enumerate() {
                let at = (left + cell * x as i32, above + height * y as i32);
                let share = match value.is_finite() && whole > 0.0 {
                    true => (value / whole).clamp(0.0, 1.0),
                    false => 0.0,
                };
                let written = columns.len() <= MOST_NUMBERED;
                one(area, (at, cell, height), share, written.then_some(value))?;
            }
        }
        Ok(())
    })
}

fn one(
    area: &Area<'_>,
    (at, cell, height): ((i32, i32), i32, i32),
    share: f64,
    value: Option<f64>,
) -> Drawn {
    let corners = [at, (at.0 + cell - 1, at.1 + height - 1)];
    area.draw(&Rectangle::new(corners, palette::part(GRID, 0.35).filled()))?;
    if share > 0.0 {
        let colour = palette::part(palette::series(0), 0.12 + 0.88 * share);
        area.draw(&Rectangle::new(corners, colour.filled()))?;
    }
    let Some(value) = value else { return Ok(()) };
    let colour = match share {
        0.0 => MUTED,
        0.55.. => PAPER,
        _ => INK,
    };
    let text = number(value);
    // As large as fits.
    let size = (f64::from(cell - 4) / (text.len() as f64 * 0.58)).min(TEXT);
    let middle = (at.0 + cell / 2, at.1 + height / 2);
    area.draw_text(&text, &writing(size, colour, HPos::Center), middle)
}

fn names(
    area: &Area<'_>,
    of: &Heat<'_>,
    (rows, columns): (&[String], &[String]),
    (left, above, cell, height): (i32, i32, i32, i32),
) -> Drawn {
    let upwards = |size, colour, side| turned(size, colour, side, FontTransform::Rotate270);
    let size = f64::from(height + 2).min(TEXT);
    for (index, name) in rows.iter().enumerate() {
        let middle = above + height * index as i32 + height / 2;
        area.draw_text(name, &writing(size, INK, HPos::Right), (left - 6, middle))?;
    }
    let narrow = f64::from(cell + 2).min(TEXT);
    for (index, name) in columns.iter().enumerate() {
        let middle = left + cell * index as i32 + cell / 2;
        let style = upwards(narrow, INK, HPos::Left);
        area.draw_text(name, &style, (middle, above - 6))?;
    }
    write(
        area,
        &label(of.x, 50),
        (left + cell * columns.len() as i32 / 2, 10),
        MUTED,
        HPos::Center,
    )?;
    let middle = above + height * rows.len() as i32 / 2;
    let style = upwards(TEXT, MUTED, HPos::Center);
    area.draw_text(&label(of.y, 30), &style, (10, middle))
}
