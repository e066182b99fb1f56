//! Plots score against flash, as a picture and as text.

use std::fmt::Write;

use tillsense_compiler::text::shown_xml;

/// A trained network on the plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of the network.
    pub number: usize,
    /// Size of the model file in bytes.
    pub flash: u64,
    /// Score; higher is better.
    pub score: f64,
    /// Whether the network is on the Pareto front.
    pub front: bool,
}

/// Columns and rows of the text's field.
const FIELD: (usize, usize) = (64, 12);

/// Size of the picture in pixels, then its field: left, top, right, bottom.
const SIZE: (f64, f64) = (760.0, 460.0);
const EDGES: (f64, f64, f64, f64) = (80.0, 44.0, 736.0, 400.0);
/// Limit of grid lines along each axis.
const TICKS: f64 = 7.0;
/// Colours of the front and of other networks.
const COLOURS: [&str; 2] = ["#1f4e79", "#969fa8"];

/// An SVG of all networks with their numbers; a line joins those of the front.
pub fn svg(title: &str, points: &[Point]) -> String {
    let axes = Axes::new(points);
    let (width, height) = SIZE;
    let (left, _, right, bottom) = EDGES;
    let (middle, centre) = ((left + right) / 2.0, height / 2.0);
    let title = shown_xml(title);
    let front = front_line(&axes, points);
    let dots: String = points.iter().map(|point| dot(&axes, point)).collect();
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="white"/>
<text x="{left}" y="26" font-size="16">{title}</text>
{grid}<text x="{middle}" y="{under}" text-anchor="middle">flash, bytes</text>
<text transform="translate(20 {centre}) rotate(-90)" text-anchor="middle">score on held-out samples</text>
{front}{dots}</svg>
"##,
        grid = axes.grid(),
        under = bottom + 44.0,
    )
}

/// Axes of the plot: which value lies where.
struct Axes {
    flash: (f64, f64),
    score: (f64, f64),
}

impl Axes {
    fn new(points: &[Point]) -> Self {
        Axes {
            flash: range(points.iter().map(flash)),
            score: range(points.iter().map(|p| p.score)),
        }
    }

    fn x(&self, flash: f64) -> f64 {
        let (left, _, right, _) = EDGES;
        left + (right - left) * (flash - self.flash.0) / (self.flash.1 - self.flash.0)
    }

    fn y(&self, score: f64) -> f64 {
        let (_, top, _, bottom) = EDGES;
        bottom - (bottom - top) * (score - self.score.0) / (self.score.1 - self.score.0)
    }

    /// Grid lines at round values, with the values.
    fn grid(&self) -> String {
        let (left, top, right, bottom) = EDGES;
        let mut grid = String::new();
        // Writing to a string does not fail.
        for value in ticks(self.flash) {
            let x = self.x(value);
            let _ = writeln!(
                grid,
                r##"<path d="M{x:.1} {top}V{bottom}" stroke="#e4e8ec"/><text x="{x:.1}" y="{:.1}" text-anchor="middle">{value:.0}</text>"##,
                bottom + 20.0
            );
        }
        for value in ticks(self.score) {
            let y = self.y(value);
            let _ = writeln!(
                grid,
                r##"<path d="M{left} {y:.1}H{right}" stroke="#e4e8ec"/><text x="{:.1}" y="{:.1}" text-anchor="end">{value:.3}</text>"##,
                left - 8.0,
                y + 4.0
            );
        }
        let _ = writeln!(
            grid,
            r##"<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="black"/>"##
        );
        grid
    }
}

fn front_line(axes: &Axes, points: &[Point]) -> String {
    let mut front: Vec<&Point> = points.iter().filter(|p| p.front).collect();
    front.sort_by_key(|p| p.flash);
    let corners: Vec<_> = front
        .iter()
        .map(|p| format!("{:.1},{:.1}", axes.x(flash(p)), axes.y(p.score)))
        .collect();
    format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n",
        corners.join(" "),
        COLOURS[0]
    )
}

fn dot(axes: &Axes, point: &Point) -> String {
    let (x, y) = (axes.x(flash(point)), axes.y(point.score));
    let colour = COLOURS[usize::from(!point.front)];
    format!(
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>\n",
        x + 8.0,
        y + 16.0,
        point.number
    )
}

/// Round values in a range, 1, 2 or 5 times a power of ten apart.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let least = (high - low) / TICKS;
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let step = steps
        .into_iter()
        .find(|&step| step >= least)
        .unwrap_or(10.0 * power);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|number| number as f64 * step).collect()
}

/// The plot in letters: `*` on the front, `o` elsewhere.
pub fn text(points: &[Point]) -> String {
    let (x, y) = (
        range(points.iter().map(flash)),
        range(points.iter().map(|p| p.score)),
    );
    let (columns, rows) = FIELD;
    let mut field = vec![vec![' '; columns]; rows];
    let place = |value: f64, (low, high): (f64, f64), cells: usize| {
        (((value - low) / (high - low)) * (cells - 1) as f64).round() as usize
    };
    // The front is drawn last, so that nothing hides it.
    let (front, others): (Vec<&Point>, Vec<&Point>) = points.iter().partition(|p| p.front);
    for point in others.into_iter().chain(front) {
        let (column, row) = (place(flash(point), x, columns), place(point.score, y, rows));
        field[rows - 1 - row][column] = if point.front { '*' } else { 'o' };
    }
    let mut lines = Vec::new();
    for (row, cells) in field.iter().enumerate() {
        let label = match row {
            0 => format!("{:.4}", y.1),
            row if row == rows - 1 => format!("{:.4}", y.0),
            _ => String::new(),
        };
        let cells: String = cells.iter().collect();
        lines.push(format!("{label:>8} |{}", cells.trim_end()));
    }
    lines.push(format!("{:>8} +{}", "score", "-".repeat(columns)));
    let (low, high) = (format!("{:.0}", x.0), format!("{:.0} bytes of flash", x.1));
    let gap = columns.saturating_sub(low.len() + high.len());
    lines.push(format!("{:>10}{low}{}{high}", "", " ".repeat(gap)));
    lines.join("\n")
}

fn flash(point: &Point) -> f64 {
    point.flash as f64
}

/// A range slightly larger than that of the values, and never empty.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    let room = ((high - low) * 0.05).max(high.abs() * 0.005).max(1e-3);
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [Point; 3] = [
        Point {
            number: 1,
            flash: 4000,
            score: 0.7,
            front: true,
        },
        Point {
            number: 2,
            flash: 6000,
            score: 0.8,
            front: true,
        },
        Point {
            number: 3,
            flash: 6000,
            score: 0.75,
            front: false,
        },
    ];

    #[test]
    fn the_picture_holds_every_point_and_the_front() {
        let svg = svg("a & b", &POINTS);
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert_eq!(svg.matches("<circle").count(), 3, "{svg}");
        assert!(svg.matches("<polyline").count() == 1 && svg.matches("</text>").count() > 12);
        assert!(svg.contains("a &amp; b") && svg.contains("bytes"), "{svg}");
    }

    #[test]
    fn letters_show_where_points_are() {
        let text = text(&POINTS);
        let count = |letter: char| text.matches(letter).count();
        // One `o` is a point, three are words of the axes.
        assert_eq!((count('*'), count('o')), (2, 3), "{text}");
        let one = super::text(&POINTS[..1]);
        assert_eq!(one.matches('*').count(), 1, "{one}");
    }
}
