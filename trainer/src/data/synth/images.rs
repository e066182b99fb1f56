//! Handwritten digits, rendered: strokes of each digit, bent, turned, sheared, moved, drawn with a pen of random width, and noise.

use super::super::dice::Dice;
use super::super::mnist::SIDE;
use super::super::types::{Images, Split};
use super::{Size, stream};

/// A stroke in the unit square, x to the right, y down.
enum Stroke {
    /// Straight lines through these points.
    Line(&'static [(f64, f64)]),
    /// Centre, radii, first and last angle in degrees; right is 0, down is 90.
    Arc((f64, f64), (f64, f64), f64, f64),
}

use Stroke::{Arc, Line};

/// The ways of writing each digit.
static GLYPHS: [&[&[Stroke]]; 10] = [
    &[&[Arc((0.5, 0.5), (0.3, 0.42), -100.0, 262.0)]],
    &[
        &[Line(&[(0.5, 0.06), (0.5, 0.94)])],
        &[Line(&[(0.34, 0.24), (0.52, 0.06), (0.52, 0.94)])],
        &[
            Line(&[(0.36, 0.22), (0.5, 0.06), (0.5, 0.94)]),
            Line(&[(0.3, 0.94), (0.72, 0.94)]),
        ],
    ],
    &[
        &[
            Arc((0.5, 0.3), (0.27, 0.23), 190.0, 400.0),
            Line(&[(0.707, 0.45), (0.22, 0.92), (0.8, 0.92)]),
        ],
        &[
            Arc((0.5, 0.3), (0.25, 0.23), 200.0, 410.0),
            Line(&[(0.66, 0.48), (0.3, 0.85)]),
            Arc((0.34, 0.82), (0.1, 0.09), 60.0, 330.0),
            Line(&[(0.42, 0.78), (0.82, 0.94)]),
        ],
    ],
    &[&[
        Arc((0.46, 0.28), (0.26, 0.21), 205.0, 450.0),
        Arc((0.46, 0.71), (0.3, 0.22), 270.0, 515.0),
    ]],
    &[
        &[
            Line(&[(0.62, 0.06), (0.18, 0.62), (0.84, 0.62)]),
            Line(&[(0.62, 0.06), (0.62, 0.94)]),
        ],
        &[
            Line(&[(0.26, 0.08), (0.24, 0.52), (0.78, 0.52)]),
            Line(&[(0.74, 0.06), (0.68, 0.94)]),
        ],
    ],
    &[&[
        Line(&[(0.76, 0.08), (0.3, 0.08), (0.27, 0.45)]),
        Arc((0.47, 0.67), (0.29, 0.25), 228.0, 512.0),
    ]],
    &[&[
        Line(&[(0.66, 0.06), (0.42, 0.26), (0.28, 0.48), (0.24, 0.68)]),
        Arc((0.49, 0.69), (0.25, 0.23), -180.0, 180.0),
    ]],
    &[
        &[Line(&[(0.2, 0.1), (0.8, 0.1), (0.4, 0.94)])],
        &[
            Line(&[(0.2, 0.1), (0.8, 0.1), (0.42, 0.94)]),
            Line(&[(0.38, 0.5), (0.74, 0.5)]),
        ],
    ],
    &[&[
        Arc((0.5, 0.28), (0.21, 0.2), 90.0, 450.0),
        Arc((0.5, 0.71), (0.27, 0.23), -90.0, 270.0),
    ]],
    &[
        &[
            Arc((0.5, 0.31), (0.24, 0.24), 0.0, 360.0),
            Line(&[(0.74, 0.31), (0.72, 0.6), (0.62, 0.94)]),
        ],
        &[
            Arc((0.5, 0.31), (0.24, 0.24), 0.0, 360.0),
            Line(&[(0.74, 0.31), (0.74, 0.7)]),
            Arc((0.5, 0.72), (0.24, 0.22), 0.0, 150.0),
        ],
    ],
];

/// Rendered digits in turn, 0 to 9.
pub fn images(size: Size, seed: u64) -> Split<Images> {
    Split {
        train: part(size.train, &mut Dice::new(seed, stream::IMAGES)),
        test: part(size.test, &mut Dice::new(seed, stream::IMAGES + 1)),
    }
}

fn part(count: usize, dice: &mut Dice) -> Images {
    let mut set = Images {
        height: SIDE,
        width: SIDE,
        pixels: Vec::with_capacity(count * SIDE * SIDE),
        labels: (0..count).map(|index| (index % 10) as u8).collect(),
    };
    for &label in &set.labels {
        let lines = handwriting(label, dice);
        render(&lines, dice, &mut set.pixels);
    }
    set
}

type Point = (f64, f64);

/// The strokes of a digit as lines in pixels, written in a random hand.
fn handwriting(label: u8, dice: &mut Dice) -> Vec<[Point; 2]> {
    let glyph = *dice.pick(GLYPHS[usize::from(label)]);
    let (turn, shear) = (0.16 * dice.normal(), 0.15 * dice.normal());
    let (sin, cos) = (libm::sin(turn), libm::cos(turn));
    let (wide, tall) = (dice.between(13.0, 21.0), dice.between(17.0, 22.0));
    let (right, down) = (dice.between(-2.0, 2.0), dice.between(-2.0, 2.0));
    let (bend, phase) = (0.05 * dice.normal(), dice.unit());
    let centre = SIDE as f64 / 2.0;
    let place = |(x, y): Point| {
        let x = x - 0.5 + bend * libm::sin(2.0 * core::f64::consts::PI * (0.8 * y + phase));
        let (x, y) = ((x + shear * (0.5 - y)) * wide, (y - 0.5) * tall);
        (
            centre + right + cos * x - sin * y,
            centre + down + sin * x + cos * y,
        )
    };
    let mut lines = Vec::new();
    for stroke in glyph {
        let points = points(stroke, dice);
        lines.extend(
            points
                .windows(2)
                .map(|ends| [place(ends[0]), place(ends[1])]),
        );
    }
    if dice.chance(0.15) {
        // Sometimes the pen slips and leaves a stray line.
        let from = (dice.between(3.0, 25.0), dice.between(3.0, 25.0));
        let to = (
            from.0 + dice.between(-4.0, 4.0),
            from.1 + dice.between(-4.0, 4.0),
        );
        lines.push([from, to]);
    }
    lines
}

/// The corners of a stroke, each a little off its place.
fn points(stroke: &Stroke, dice: &mut Dice) -> Vec<Point> {
    match *stroke {
        Line(corners) => corners
            .iter()
            .map(|&(x, y)| (x + 0.025 * dice.normal(), y + 0.025 * dice.normal()))
            .collect(),
        Arc((x, y), (wide, tall), from, to) => {
            let (x, y) = (x + 0.02 * dice.normal(), y + 0.02 * dice.normal());
            let (wide, tall) = (
                wide * dice.between(0.85, 1.1),
                tall * dice.between(0.88, 1.08),
            );
            let (from, to) = (from + 10.0 * dice.normal(), to + 10.0 * dice.normal());
            (0..=12)
                .map(|step| {
                    let angle = (from + (to - from) * f64::from(step) / 12.0).to_radians();
                    (x + wide * libm::cos(angle), y + tall * libm::sin(angle))
                })
                .collect()
        }
    }
}

fn render(lines: &[[Point; 2]], dice: &mut Dice, pixels: &mut Vec<u8>) {
    let pen = dice.between(0.7, 1.7);
    let ink = dice.between(180.0, 255.0);
    let noise = dice.between(0.0, 24.0);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let at = (column as f64 + 0.5, row as f64 + 0.5);
            let nearest = lines
                .iter()
                .map(|line| distance2(at, line))
                .fold(f64::MAX, f64::min);
            // One pixel of grey at the edge of the stroke.
            let cover = (pen + 0.5 - libm::sqrt(nearest)).clamp(0.0, 1.0);
            let value = ink * cover + noise * dice.normal();
            pixels.push(libm::round(value.clamp(0.0, 255.0)) as u8);
        }
    }
}

/// Squared distance from a point to a line.
fn distance2((x, y): Point, &[(ax, ay), (bx, by)]: &[Point; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy).max(1e-12);
    let along = along.clamp(0.0, 1.0);
    let (ex, ey) = (x - ax - along * dx, y - ay - along * dy);
    ex * ex + ey * ey
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_everywhere() {
        let set = images(Size::new(20, 10), 1);
        let bytes = set.train.pixels.into_iter().chain(set.test.pixels);
        assert_eq!(super::super::digest(bytes), "32dd4a96f8d1713c");
    }

    /// The nearest class mean gets far above chance and leaves something to learn.
    #[test]
    fn learnable_but_not_trivial() {
        let set = images(Size::new(2000, 500), 2);
        let size = SIDE * SIDE;
        let mut means = vec![[0.0f64; SIDE * SIDE]; 10];
        for index in 0..set.train.len() {
            let mean = &mut means[usize::from(set.train.labels[index])];
            for (sum, &pixel) in mean.iter_mut().zip(set.train.image(index)) {
                *sum += f64::from(pixel) / 200.0;
            }
        }
        let right = (0..set.test.len())
            .filter(|&index| {
                let cost = |mean: &[f64; SIDE * SIDE]| -> f64 {
                    let image = set.test.image(index);
                    mean.iter()
                        .zip(image)
                        .map(|(m, &p)| (m - f64::from(p)).powi(2))
                        .sum()
                };
                let best = (0..10).min_by(|&a, &b| cost(&means[a]).total_cmp(&cost(&means[b])));
                best == Some(usize::from(set.test.labels[index]))
            })
            .count();
        assert_eq!(set.test.pixels.len(), 500 * size);
        assert!((250..475).contains(&right), "{right} of 500");
    }
}
