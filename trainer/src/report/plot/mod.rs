//! Plots as SVG inside a page: text stays text, in the page's font, and colours follow the page's.
//!
//! Every plot takes names from outside as they are, leaves out values that are not finite, and says so in words where nothing is
//! left to draw. Most have the width of a column of a page; those that are wider say so, and scroll on a small screen.

mod axes;
mod bars;
mod blocks;
mod curves;
mod heat;
mod histogram;
mod palette;
#[cfg(test)]
mod tests;
mod wave;

use std::io;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, IntoFont, RGBColor, TextStyle};
use tillsense_compiler::text::{shown, start};

pub use axes::Axes;
pub use bars::{Bar, Layout, bars};
pub use blocks::{Block, blocks};
pub use curves::{Series, Sureness, curves, points, reliability};
pub use heat::{Heat, heat};
pub use histogram::{Bins, histogram};
pub use palette::{GRID, INK, MUTED, PAPER, SERIES};
pub use wave::wave;

/// Pixels across of a plot that stands beside others.
const NARROW: u32 = 480;
/// Pixels across of a plot that has the whole page.
const WIDE: u32 = 960;
/// Height of writing, in pixels.
const TEXT: f64 = 13.0;
/// Width of a character of that height, as most are at most.
const LETTER: f64 = 8.2;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;

/// A drawing for a page.
#[derive(Clone, Debug)]
pub struct Plot {
    svg: String,
    legend: Vec<(usize, String)>,
    wide: bool,
}

impl Plot {
    /// The drawing as SVG, whose texts are escaped.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The series in it: the number of a colour and a name.
    pub fn legend(&self) -> &[(usize, String)] {
        &self.legend
    }

    /// Whether it wants the whole width of a page.
    pub fn is_wide(&self) -> bool {
        self.wide
    }

    /// Words in the place of a drawing.
    pub fn words(text: &str) -> Self {
        draw((NARROW, 48), |area| {
            write(area, text, (8, 24), MUTED, HPos::Left)
        })
    }

    fn with_legend<'a>(mut self, names: impl IntoIterator<Item = (usize, &'a str)>) -> Self {
        let names = names.into_iter().filter(|(_, name)| !name.is_empty());
        self.legend = names
            .map(|(index, name)| (index % SERIES.len(), label(name, 40)))
            .collect();
        self
    }
}

/// Draws on an empty area of so many pixels.
fn draw(size: (u32, u32), on: impl Fn(&Area<'_>) -> Drawn) -> Plot {
    let mut svg = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        on(&area).and_then(|()| area.present())
    };
    if drawn.is_err() {
        // The size and a text are all that words need, so this ends.
        return Plot::words("cannot be drawn");
    }
    Plot {
        svg,
        legend: Vec::new(),
        wide: size.0 > NARROW,
    }
}

/// A style of writing, anchored at its middle in height.
fn writing(size: f64, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    turned(size, colour, side, FontTransform::None)
}

/// As [`writing`], in another direction.
fn turned(size: f64, colour: RGBColor, side: HPos, turn: FontTransform) -> TextStyle<'static> {
    // The backend divides by this.
    let font = ("sans-serif", size * 1.24).into_font().transform(turn);
    let mut style = TextStyle::from(font).pos(Pos::new(side, VPos::Center));
    style.color = colour.to_backend_color();
    style
}

fn write(area: &Area<'_>, text: &str, at: (i32, i32), colour: RGBColor, side: HPos) -> Drawn {
    area.draw_text(text, &writing(TEXT, colour, side), at)
}

/// A name from outside, on one line and at most so long.
fn label(name: &str, most: usize) -> String {
    shown(start(name, most))
}

/// A number as an axis or a bar says it.
pub fn number(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => "-".to_owned(),
        0.0 => "0".to_owned(),
        1e15.. => format!("{value:.1e}"),
        1e9.. => trimmed(value / 1e9, 2) + "G",
        1e6.. => trimmed(value / 1e6, 2) + "M",
        1e4.. => trimmed(value / 1e3, 1) + "k",
        100.0.. => trimmed(value, 1),
        1.0.. => trimmed(value, 2),
        0.001.. => trimmed(value, 4),
        _ => format!("{value:.1e}"),
    }
}

fn trimmed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
