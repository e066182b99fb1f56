//! How often values lie where.

use plotters::element::Rectangle;
use plotters::series::LineSeries;
use plotters::style::Color;

use super::axes::{Axes, plot, range};
use super::palette;
use super::{NARROW, Plot};

/// Counts of values in ranges of one width.
#[derive(Clone, Debug)]
pub struct Bins {
    low: f64,
    width: f64,
    counts: Vec<u64>,
}

impl Bins {
    /// Empty ranges from a least to a greatest value.
    pub fn new(low: f64, high: f64, count: usize) -> Self {
        let ends = range([low, high]).unwrap_or(0.0..1.0);
        let count = count.max(1);
        Self {
            low: ends.start,
            width: (ends.end - ends.start) / count as f64,
            counts: vec![0; count],
        }
    }

    /// The ranges of some values.
    pub fn of(values: &[f64], count: usize) -> Self {
        let ends = range(values.iter().copied()).unwrap_or(0.0..1.0);
        let mut bins = Self::new(ends.start, ends.end, count);
        for &value in values {
            bins.add(value);
        }
        bins
    }

    /// Counts a value; one outside counts at the end where it lies, one that is not finite nowhere.
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            let at = ((value - self.low) / self.width).floor().max(0.0) as usize;
            let last = self.counts.len() - 1;
            self.counts[at.min(last)] += 1;
        }
    }

    /// How many values were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Where the first range begins and the last one ends.
    fn ends(&self) -> (f64, f64) {
        (self.low, self.low + self.width * self.counts.len() as f64)
    }
}

/// One series as bars, several as outlines of their shares, so that classes of different sizes can be compared.
pub fn histogram(x: &str, series: &[(String, Bins)]) -> Plot {
    let shares: Vec<(usize, &Bins)> = series
        .iter()
        .enumerate()
        .filter(|(_, (_, bins))| bins.total() > 0)
        .map(|(index, (_, bins))| (index, bins))
        .collect();
    let Some(xs) = range(
        shares
            .iter()
            .flat_map(|(_, bins)| <[f64; 2]>::from(bins.ends())),
    ) else {
        return Plot::words("no values");
    };
    let alone = series.len() == 1;
    let height = |bins: &Bins, count: u64| match alone {
        true => count as f64,
        false => 100.0 * count as f64 / bins.total() as f64,
    };
    let top = shares
        .iter()
        .flat_map(|(_, bins)| bins.counts.iter().map(|&count| height(bins, count)))
        .fold(0.0, f64::max);
    let y = match alone {
        true => "values",
        false => "% of the series",
    };
    plot(Axes { x, y }, NARROW, (xs, 0.0..top * 1.05), |chart| {
        for &(index, bins) in &shares {
            let colour = palette::series(index);
            let edge = |at: usize| bins.low + bins.width * at as f64;
            let heights = bins.counts.iter().map(|&count| height(bins, count));
            if alone {
                let bar = |(at, height)| {
                    Rectangle::new(
                        [(edge(at), 0.0), (edge(at + 1), height)],
                        palette::part(colour, 0.85).filled(),
                    )
                };
                chart.draw_series(
                    heights
                        .enumerate()
                        .filter(|(_, height)| *height > 0.0)
                        .map(bar),
                )?;
            } else {
                let steps = heights
                    .enumerate()
                    .flat_map(|(at, height)| [(edge(at), height), (edge(at + 1), height)]);
                chart.draw_series(LineSeries::new(steps, colour.stroke_width(2)))?;
            }
        }
        Ok(())
    })
    .with_legend(
        series
            .iter()
            .enumerate()
            .filter(|_| !alone)
            .map(|(index, (name, _))| (index, name.as_str())),
    )
}
