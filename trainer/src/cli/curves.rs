//! Small curves in a terminal, of the eight heights that block characters have.

use tillsense_compiler::text::{shown, start};

/// From the lowest to the highest.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A curve of at most this many characters; of more values neighbours share one, by their mean. A value that is no number leaves a gap.
pub fn spark(values: &[f64], width: usize) -> String {
    let values = columns(values, width);
    let ends = ends(&values);
    values
        .iter()
        .map(|&value| match level(value, ends, BLOCKS.len()) {
            Some(level) => BLOCKS[level],
            None => ' ',
        })
        .collect()
}

/// `loss     ▇▅▄▃▂▁ 0.1234, best 0.1200 at epoch 7`, within a screen of this width. `low` says that low values are good.
pub fn line((name, column): (&str, usize), values: &[f64], low: bool, width: usize) -> String {
    let name = shown(start(name, column.max(1)));
    let last = values.last().copied().unwrap_or(f64::NAN);
    let said = match best(values, low) {
        Some(at) => format!(
            "{}, best {} at epoch {}",
            figure(last),
            figure(values[at]),
            at + 1
        ),
        None => "no figure".to_owned(),
    };
    let taken = column.max(1) + said.chars().count() + 3;
    let curve = spark(values, width.saturating_sub(taken).clamp(6, 60));
    let line = format!("{name:<column$} {curve} {said}");
    line.chars().take(width.max(20) - 1).collect()
}

/// The place of the best value; `None` where none is a number.
pub fn best(values: &[f64], low: bool) -> Option<usize> {
    let sign = if low { -1.0 } else { 1.0 };
    let numbers = values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_finite());
    let best = numbers.fold(
        None,
        |best: Option<(usize, f64)>, (at, &value)| match best {
            Some((_, held)) if sign * value <= sign * held => best,
            _ => Some((at, value)),
        },
    );
    best.map(|(at, _)| at)
}

/// A figure of a curve.
pub fn figure(value: f64) -> String {
    match value.is_finite() {
        true => format!("{value:.4}"),
        false => "-".to_owned(),
    }
}

/// A chart of several lines: values from left to right as columns of blocks, the limits of the axis at its left.
pub fn chart(values: &[f64], (width, height): (usize, usize)) -> Vec<String> {
    let values = columns(values, width);
    let Some(ends) = ends(&values) else {
        return Vec::new();
    };
    let rows = (0..height).rev().map(|row| {
        let label = match row {
            0 => figure(ends.0),
            row if row + 1 == height => figure(ends.1),
            _ => String::new(),
        };
        let cells = values.iter().map(|&value| {
            let level = level(value, Some(ends), BLOCKS.len() * height)?;
            let above = (level + 1).saturating_sub(BLOCKS.len() * row);
            (above > 0).then(|| BLOCKS[above.min(BLOCKS.len()) - 1])
        });
        let cells: String = cells.map(|cell| cell.unwrap_or(' ')).collect();
        format!("{label:>10} {cells}").trim_end().to_owned()
    });
    rows.collect()
}

/// As many values as there are columns.
fn columns(values: &[f64], width: usize) -> Vec<f64> {
    let width = width.max(1);
    if values.len() <= width {
        return values.to_vec();
    }
    let column = |number: usize| {
        let (from, below) = (
            number * values.len() / width,
            (number + 1) * values.len() / width,
        );
        let numbers = values[from..below]
            .iter()
            .copied()
            .filter(|value| value.is_finite());
        let (sum, count) =
            numbers.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        sum / count
    };
    (0..width).map(column).collect()
}

fn ends(values: &[f64]) -> Option<(f64, f64)> {
    let numbers = values.iter().copied().filter(|value| value.is_finite());
    numbers.fold(None, |ends: Option<(f64, f64)>, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// The height of a value among so many; that of a curve without a slope is in the middle.
fn level(value: f64, ends: Option<(f64, f64)>, levels: usize) -> Option<usize> {
    let (low, high) = ends.filter(|_| value.is_finite())?;
    let part = if high > low {
        (value - low) / (high - low)
    } else {
        0.5
    };
    Some(((part * levels as f64) as usize).min(levels - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_have_eight_heights_and_gaps() {
        let values: Vec<f64> = (0..8).map(f64::from).collect();
        assert_eq!(spark(&values, 8), "▁▂▃▄▅▆▇█");
        assert_eq!(spark(&values, 4), "▁▃▆█");
        assert_eq!(spark(&[1.0, f64::NAN, 2.0], 9), "▁ █");
        assert_eq!(spark(&[3.0, 3.0], 9), "▅▅");
        assert_eq!(spark(&[], 9), "");
    }

    #[test]
    fn a_line_keeps_within_the_screen_and_tells_the_best() {
        let values = [0.5, 0.25, 0.3];
        let told = line(("loss", 6), &values, true, 80);
        assert_eq!(told, "loss   █▁▂ 0.3000, best 0.2500 at epoch 2");
        let told = line(("digit", 6), &values, false, 80);
        assert!(told.ends_with("best 0.5000 at epoch 1"), "{told}");
        for width in [0, 10, 40, 200] {
            let told = line(("a long name of a head", 24), &[0.5; 1000], false, width);
            assert!(told.chars().count() < width.max(20), "{width}: {told}");
        }
        assert!(line(("it", 2), &[f64::NAN], true, 80).ends_with("no figure"));
    }

    #[test]
    fn a_chart_rises_with_its_values() {
        let rows = chart(&[0.0, 1.0], (10, 2));
        assert_eq!(rows, ["    1.0000  █", "    0.0000 ▁█"]);
        assert!(chart(&[f64::NAN], (10, 2)).is_empty());
    }
}
