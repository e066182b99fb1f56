//! Plots with two axes of numbers.

use std::ops::Range;

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, TRANSPARENT};

use super::palette::{GRID, INK, MUTED};
use super::{Area, Drawn, NARROW, Plot, TEXT, draw, label, number, writing};

/// What two axes mean.
#[derive(Clone, Copy, Debug, Default)]
pub struct Axes<'a> {
    /// What lies along the horizontal one.
    pub x: &'a str,
    /// What lies along the vertical one.
    pub y: &'a str,
}

/// Where numbers lie on an area.
pub(super) type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The height of a plot with axes.
const HEIGHT: u32 = 280;

/// Draws axes over ranges that hold at least one number, and what belongs on them.
pub(super) fn plot(
    axes: Axes<'_>,
    width: u32,
    (x, y): (Range<f64>, Range<f64>),
    on: impl Fn(&mut Chart<'_, '_>) -> Drawn,
) -> Plot {
    draw((width, HEIGHT), |area| {
        let mut chart = frame(area, axes, x.clone(), y.clone())?;
        on(&mut chart)
    })
}

fn frame<'a, 'b>(
    area: &'a Area<'b>,
    axes: Axes<'_>,
    x: Range<f64>,
    y: Range<f64>,
) -> Result<Chart<'a, 'b>, plotters::drawing::DrawingAreaErrorKind<std::io::Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(18)
        .x_label_area_size(40)
        .y_label_area_size(58)
        .build_cartesian_2d(x, y)?;
    let small = writing(TEXT, MUTED, HPos::Center);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(1))
        .axis_style(MUTED)
        .label_style(small.clone())
        .axis_desc_style(writing(TEXT, INK, HPos::Center))
        .x_labels(match area.dim_in_pixel().0 {
            0..=NARROW => 6,
            _ => 12,
        })
        .y_labels(6)
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .x_desc(label(axes.x, 50))
        .y_desc(label(axes.y, 30))
        .draw()?;
    Ok(chart)
}

/// The least and the greatest of finite values, apart even where they are the same; `None` where there is none.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> Option<Range<f64>> {
    let mut ends: Option<(f64, f64)> = None;
    for value in values.into_iter().filter(|value| value.is_finite()) {
        let (low, high) = ends.unwrap_or((value, value));
        ends = Some((low.min(value), high.max(value)));
    }
    let (low, high) = ends?;
    // Half of the greatest number keeps the length of a range finite.
    let most = f64::MAX / 4.0;
    let (low, high) = (low.clamp(-most, most), high.clamp(-most, most));
    Some(
        match high - low > 1e-12 * low.abs().max(high.abs()).max(1e-290) {
            true => low..high,
            false => {
                let half = (low.abs() * 0.1).max(0.5);
                low - half..high + half
            }
        },
    )
}

/// A range with some room above and, where it does not begin at nought, below.
pub(super) fn roomy(range: Range<f64>) -> Range<f64> {
    let room = 0.05 * (range.end - range.start);
    let below = match range.start == 0.0 {
        true => 0.0,
        false => range.start - room,
    };
    below..range.end + room
}
