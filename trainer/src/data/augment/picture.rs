//! Grey pictures `[h, w]`, moved, turned, resized, sheared and bent.

use tillsense_compiler::network::description::Augment;

use crate::data::dice::Dice;

/// Control points of the elastic field along each side.
const POINTS: usize = 5;
/// Value of pixels that come in at the edges.
const BACKGROUND: f32 = 0.0;

/// Whether the settings change pictures at all.
pub(super) fn changes(augment: &Augment) -> bool {
    augment.shift > 0
        || augment.rotate > 0.0
        || augment.zoom > 0.0
        || augment.shear > 0.0
        || augment.elastic > 0.0
}

/// A changed copy of a picture. Every output pixel is read, with bilinear interpolation, where the inverse map puts
/// it; whole shifts alone copy pixels exactly.
pub(super) fn vary(
    pixels: &[u8],
    [h, w]: [usize; 2],
    augment: &Augment,
    dice: &mut Dice,
) -> Vec<u8> {
    let map = Map::draw([h, w], augment, dice);
    let mut changed = Vec::with_capacity(pixels.len());
    for y in 0..h {
        for x in 0..w {
            let (from_y, from_x) = map.source(y as f32, x as f32);
            changed.push(Pixel::at(from_y, from_x).read(pixels, [h, w]));
        }
    }
    changed
}

/// The inverse map: where each pixel of the changed picture comes from.
struct Map {
    middle: [f32; 2],
    /// Rows of the inverse linear map.
    linear: [[f32; 2]; 2],
    shift: [f32; 2],
    elastic: Option<Field>,
}

impl Map {
    fn draw([h, w]: [usize; 2], augment: &Augment, dice: &mut Dice) -> Self {
        let mut within = |most: f32| dice.between(-f64::from(most), f64::from(most)) as f32;
        let angle = f64::from(within(augment.rotate).to_radians());
        let zoom = 1.0 + within(augment.zoom);
        let shear = within(augment.shear);
        let (sin, cos) = (libm::sin(angle) as f32, libm::cos(angle) as f32);
        let whole =
            |dice: &mut Dice| dice.below(2 * augment.shift + 1) as f32 - augment.shift as f32;
        Map {
            middle: [(h as f32 - 1.0) / 2.0, (w as f32 - 1.0) / 2.0],
            linear: [
                [cos / zoom, sin / zoom],
                [(shear * cos - sin) / zoom, (shear * sin + cos) / zoom],
            ],
            shift: [whole(dice), whole(dice)],
            elastic: (augment.elastic > 0.0).then(|| Field::draw([h, w], augment.elastic, dice)),
        }
    }

    fn source(&self, y: f32, x: f32) -> (f32, f32) {
        let (dy, dx) = (
            y - self.shift[0] - self.middle[0],
            x - self.shift[1] - self.middle[1],
        );
        let [a, b] = self.linear;
        let (mut at_y, mut at_x) = (
            a[0] * dy + a[1] * dx + self.middle[0],
            b[0] * dy + b[1] * dx + self.middle[1],
        );
        if let Some(field) = &self.elastic {
            let (by_y, by_x) = field.at(y, x);
            at_y += by_y;
            at_x += by_x;
        }
        (at_y, at_x)
    }
}

/// An elastic field: displacements at a coarse grid of points, linear between them. It is
/// smooth like Simard's blurred noise, and cheap.
struct Field {
    points: [[[f32; 2]; POINTS]; POINTS],
    step: [f32; 2],
}

impl Field {
    fn draw([h, w]: [usize; 2], size: f32, dice: &mut Dice) -> Self {
        let mut point = || [0; 2].map(|_| size * dice.normal() as f32);
        Field {
            points: std::array::from_fn(|_| std::array::from_fn(|_| point())),
            step: [h, w].map(|n| (n.max(2) - 1) as f32 / (POINTS - 1) as f32),
        }
    }

    fn at(&self, y: f32, x: f32) -> (f32, f32) {
        let (y, x) = (y / self.step[0], x / self.step[1]);
        let cell = |v: f32| (v as usize).min(POINTS - 2);
        let (row, column) = (cell(y), cell(x));
        let (down, right) = (y - row as f32, x - column as f32);
        let mix = |axis: usize| {
            let [above, below] = [0, 1].map(|r| {
                let line = &self.points[row + r];
                line[column][axis] * (1.0 - right) + line[column + 1][axis] * right
            });
            above * (1.0 - down) + below * down
        };
        (mix(0), mix(1))
    }
}

/// A position between four pixels.
struct Pixel {
    corner: [i32; 2],
    part: [f32; 2],
}

impl Pixel {
    fn at(y: f32, x: f32) -> Self {
        let corner = [y.floor(), x.floor()];
        Pixel {
            corner: corner.map(|v| v as i32),
            part: [y - corner[0], x - corner[1]],
        }
    }

    fn read(&self, pixels: &[u8], [h, w]: [usize; 2]) -> u8 {
        let value = |down: i32, right: i32| {
            let (y, x) = (self.corner[0] + down, self.corner[1] + right);
            let inside = (0..h as i32).contains(&y) && (0..w as i32).contains(&x);
            let at = || y as usize * w + x as usize;
            if inside {
                f32::from(pixels[at()])
            } else {
                BACKGROUND
            }
        };
        let [down, right] = self.part;
        let row = |r: i32| match right {
            0.0 => value(r, 0),
            _ => value(r, 0) * (1.0 - right) + value(r, 1) * right,
        };
        let mixed = match down {
            0.0 => row(0),
            _ => row(0) * (1.0 - down) + row(1) * down,
        };
        (mixed + 0.5).floor() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Vec<u8> {
        let mut picture = vec![0; 42];
        picture[3 * 6 + 2] = 50;
        picture[3 * 6 + 3] = 60;
        picture
    }

    #[test]
    fn whole_shifts_copy_pixels() {
        let augment = Augment {
            shift: 2,
            ..Augment::default()
        };
        let mut places = std::collections::BTreeSet::new();
        for n in 0..400 {
            let moved = vary(&picture(), [7, 6], &augment, &mut Dice::new(1, n));
            let at = moved
                .iter()
                .position(|&v| v == 50)
                .expect("it stays inside");
            let ink = moved.iter().filter(|&&v| v != 0).count();
            assert_eq!((moved[at + 1], ink), (60, 2));
            places.insert((at / 6, at % 6));
        }
        let all: Vec<_> = (1..=5).flat_map(|y| (0..=4).map(move |x| (y, x))).collect();
        assert_eq!(places.into_iter().collect::<Vec<_>>(), all);
    }

    #[test]
    fn the_ink_stays_about_the_same_when_turned_and_bent() {
        let mut disc = vec![0; 28 * 28];
        for (at, pixel) in disc.iter_mut().enumerate() {
            let (y, x) = ((at / 28) as f32 - 10.0, (at % 28) as f32 - 14.0);
            if y * y + x * x < 16.0 {
                *pixel = 255;
            }
        }
        let ink = |p: &[u8]| p.iter().map(|&v| f64::from(v)).sum::<f64>();
        let augment = Augment {
            shift: 1,
            rotate: 20.0,
            shear: 0.2,
            elastic: 1.0,
            ..Augment::default()
        };
        let mut different = 0;
        for n in 0..50 {
            let bent = vary(&disc, [28, 28], &augment, &mut Dice::new(2, n));
            let ratio = ink(&bent) / ink(&disc);
            assert!((0.5..2.0).contains(&ratio), "{ratio}");
            different += usize::from(bent != disc);
        }
        assert_eq!(different, 50);
    }

    #[test]
    fn a_quarter_turn_is_a_quarter_turn() {
        let turn = Map {
            middle: [1.0, 1.0],
            linear: [[0.0, 1.0], [-1.0, 0.0]],
            shift: [0.0; 2],
            elastic: None,
        };
        assert_eq!(turn.source(0.0, 0.0), (0.0, 2.0));
        assert_eq!(turn.source(0.0, 2.0), (2.0, 2.0));
    }
}
