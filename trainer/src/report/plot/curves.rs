//! Lines and points over numbers.

use plotters::element::{Circle, PathElement};
use plotters::series::LineSeries;
use plotters::style::Color;

use super::axes::{Axes, plot, range, roomy};
use super::palette::{self, GRID, MUTED};
use super::{NARROW, Plot};

/// Points that are drawn of a series; of more, every so many.
const MOST: usize = 2000;

/// A named list of points.
#[derive(Clone, Debug)]
pub struct Series {
    /// The name in the legend; none if it is empty.
    pub name: String,
    /// Where it goes, in order.
    pub points: Vec<(f64, f64)>,
}

impl Series {
    /// A series over 1, 2, 3 and so on, as epochs are.
    pub fn counted(name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let points = (1..).zip(values).map(|(at, value)| (f64::from(at), value));
        Self {
            name: name.to_owned(),
            points: points.collect(),
        }
    }

    /// The finite points of it, thinned; where one is not, a line breaks.
    fn pieces(&self) -> Vec<Vec<(f64, f64)>> {
        let step = self.points.len().div_ceil(MOST).max(1);
        let thin: Vec<_> = self.points.iter().step_by(step).copied().collect();
        thin.split(|(x, y)| !x.is_finite() || !y.is_finite())
            .filter(|piece| !piece.is_empty())
            .map(<[_]>::to_vec)
            .collect()
    }
}

/// How sure answers were, and how often they were right.
#[derive(Clone, Debug)]
pub struct Sureness {
    /// The name in the legend; none if it is empty.
    pub name: String,
    /// Mean probability, accuracy and samples of each range of probabilities.
    pub points: Vec<(f64, f64, u64)>,
}

/// Lines of several series.
pub fn curves(axes: Axes<'_>, series: &[Series]) -> Plot {
    over(axes, series, |chart, index, piece| {
        let style = palette::series(index).stroke_width(2);
        if let [(x, y)] = *piece {
            chart.draw_series([Circle::new((x, y), 3, palette::series(index).filled())])?;
            return Ok(());
        }
        chart.draw_series(LineSeries::new(piece.iter().copied(), style))?;
        Ok(())
    })
}

/// Points of several series.
pub fn points(axes: Axes<'_>, series: &[Series]) -> Plot {
    over(axes, series, |chart, index, piece| {
        let style = palette::part(palette::series(index), 0.6).filled();
        chart.draw_series(piece.iter().map(|&at| Circle::new(at, 3, style)))?;
        Ok(())
    })
}

fn over(
    axes: Axes<'_>,
    series: &[Series],
    each: impl Fn(&mut super::axes::Chart<'_, '_>, usize, &[(f64, f64)]) -> super::Drawn,
) -> Plot {
    let pieces: Vec<_> = series.iter().map(Series::pieces).collect();
    let all = || pieces.iter().flatten().flatten();
    let (Some(x), Some(y)) = (
        range(all().map(|point| point.0)),
        range(all().map(|point| point.1)),
    ) else {
        return Plot::words("no values");
    };
    plot(axes, NARROW, (x, roomy(y)), |chart| {
        for (index, piece) in pieces.iter().enumerate() {
            for piece in piece {
                each(chart, index, piece)?;
            }
        }
        Ok(())
    })
    .with_legend(
        series
            .iter()
            .enumerate()
            .map(|(index, series)| (index, series.name.as_str())),
    )
}

/// How often answers are right, over how sure they are: points over the diagonal of a model that knows itself, each as large as its
/// share of the samples.
pub fn reliability(axes: Axes<'_>, series: &[Sureness]) -> Plot {
    let share = |value: &f64| (0.0..=1.0).contains(value);
    let finite = |&&(x, y, count): &&(f64, f64, u64)| share(&x) && share(&y) && count > 0;
    if !series
        .iter()
        .any(|one| one.points.iter().any(|point| finite(&point)))
    {
        return Plot::words("no values");
    }
    plot(axes, NARROW, (0.0..1.0, 0.0..1.0), |chart| {
        chart.draw_series([PathElement::new(vec![(0.0, 0.0), (1.0, 1.0)], MUTED)])?;
        for (index, Sureness { points, .. }) in series.iter().enumerate() {
            let colour = palette::series(index);
            let points: Vec<_> = points.iter().filter(finite).copied().collect();
            let all: u64 = points.iter().map(|point| point.2).sum();
            let line = points.iter().map(|point| (point.0, point.1));
            chart.draw_series(LineSeries::new(
                line,
                palette::part(colour, 0.5).stroke_width(2),
            ))?;
            for (x, y, count) in points {
                let share = count as f64 / all as f64;
                let size = 3.0 + 9.0 * share.sqrt();
                chart.draw_series([Circle::new((x, y), size as i32, colour.filled())])?;
            }
        }
        chart.draw_series([PathElement::new(vec![(0.0, 1.0), (1.0, 1.0)], GRID)])?;
        Ok(())
    })
    .with_legend(
        series
            .iter()
            .enumerate()
            .map(|(index, one)| (index, one.name.as_str())),
    )
}
