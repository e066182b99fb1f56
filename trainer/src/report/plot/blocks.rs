//! Rectangles over time, as what lies in a memory and when.

use plotters::element::{Rectangle, Text};
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use super::axes::{Axes, plot, range};
use super::palette::{self, PAPER};
use super::{LETTER, Plot, TEXT, WIDE, label, writing};

/// A rectangle with a name.
#[derive(Clone, Debug)]
pub struct Block {
    /// From when to when.
    pub x: (f64, f64),
    /// From where to where.
    pub y: (f64, f64),
    /// What it is.
    pub name: String,
    /// The number of its colour.
    pub series: usize,
}

/// Draws rectangles over time, with their names in those that have room, and a legend of the colours that have a name.
pub fn blocks(axes: Axes<'_>, legend: &[&str], blocks: &[Block]) -> Plot {
    let finite = |block: &&Block| {
        let ends = [block.x.0, block.x.1, block.y.0, block.y.1];
        ends.into_iter().all(f64::is_finite)
    };
    let blocks: Vec<&Block> = blocks.iter().filter(finite).collect();
    let (Some(x), Some(y)) = (
        range(blocks.iter().flat_map(|block| [block.x.0, block.x.1])),
        range(blocks.iter().flat_map(|block| [block.y.0, block.y.1])),
    ) else {
        return Plot::words("no values");
    };
    // What the axes leave.
    let scale = (
        f64::from(WIDE - 84) / (x.end - x.start),
        232.0 / (y.end - y.start),
    );
    plot(axes, WIDE, (x, y), |chart| {
        for block in &blocks {
            let corners = [(block.x.0, block.y.0), (block.x.1, block.y.1)];
            let colour = palette::series(block.series);
            chart.draw_series([Rectangle::new(
                corners,
                palette::part(colour, 0.85).filled(),
            )])?;
            chart.draw_series([Rectangle::new(corners, PAPER.stroke_width(1))])?;
            let room = ((block.x.1 - block.x.0) * scale.0 - 6.0) / LETTER;
            let high = (block.y.1 - block.y.0) * scale.1;
            if room >= 3.0 && high >= TEXT {
                let middle = ((block.x.0 + block.x.1) / 2.0, (block.y.0 + block.y.1) / 2.0);
                let name = label(&block.name, room as usize);
                let style = writing(TEXT, PAPER, HPos::Center);
                chart.draw_series([Text::new(name, middle, style)])?;
            }
        }
        Ok(())
    })
    .with_legend(legend.iter().copied().enumerate())
}
