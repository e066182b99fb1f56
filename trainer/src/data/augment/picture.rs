//! Pictures `[h, w, channels]`, moved, turned, resized, sheared and bent, mirrored, and lit otherwise.

use tillsense_compiler::network::description::Augment;

use crate::data::dice::Dice;

/// Control points of the elastic field along each side.
const POINTS: usize = 5;
/// Value of pixels that come in at the edges of a grey picture, where ink lies on nothing. A photograph of three channels goes on as its
/// edge is.
const BACKGROUND: f32 = 0.0;

/// Whether the settings change pictures at all.
pub(super) fn changes(augment: &Augment) -> bool {
    moves(augment) || augment.flip || lights(augment)
}

fn moves(augment: &Augment) -> bool {
    augment.shift > 0
        || augment.rotate > 0.0
        || augment.zoom > 0.0
        || augment.shear > 0.0
        || augment.elastic > 0.0
}

fn lights(augment: &Augment) -> bool {
    augment.brightness > 0.0 || augment.contrast > 0.0 || augment.colour > 0.0
}

/// A changed copy of a picture.
pub(super) fn vary(
    pixels: &[u8],
    shape: [usize; 3],
    augment: &Augment,
    dice: &mut Dice,
) -> Vec<u8> {
    let mut changed = match moves(augment) {
        true => moved(pixels, shape, augment, dice),
        false => pixels.to_vec(),
    };
    let [_, w, channels] = shape;
    if augment.flip && dice.chance(0.5) {
        for row in changed.chunks_exact_mut(w * channels) {
            mirror(row, channels);
        }
    }
    if lights(augment) {
        Light::draw(augment, dice).shine(&mut changed, channels);
    }
    changed
}

/// Every pixel is read, with bilinear interpolation, where the inverse map puts it; whole shifts alone copy pixels exactly.
fn moved(
    pixels: &[u8],
    [h, w, channels]: [usize; 3],
    augment: &Augment,
    dice: &mut Dice,
) -> Vec<u8> {
    let map = Map::draw([h, w], augment, dice);
    let mut changed = Vec::with_capacity(pixels.len());
    for y in 0..h {
        for x in 0..w {
            let (from_y, from_x) = map.source(y as f32, x as f32);
            let pixel = Pixel::at(from_y, from_x);
            for channel in 0..channels {
                changed.push(pixel.read(pixels, [h, w, channels], channel));
            }
        }
    }
    changed
}

fn mirror(row: &mut [u8], channels: usize) {
    row.reverse();
    row.chunks_exact_mut(channels).for_each(<[u8]>::reverse);
}

/// Other light and another camera.
struct Light {
    brightness: f32,
    contrast: f32,
    colour: f32,
}

impl Light {
    fn draw(augment: &Augment, dice: &mut Dice) -> Self {
        let mut about_one =
            |most: f32| 1.0 + dice.between(-f64::from(most), f64::from(most)) as f32;
        Light {
            brightness: about_one(augment.brightness),
            contrast: about_one(augment.contrast),
            colour: about_one(augment.colour),
        }
    }

    /// Each value goes away from its pixel's grey, then from the picture's mean, then from black, or towards them.
    fn shine(&self, pixels: &mut [u8], channels: usize) {
        let sum: u64 = pixels.iter().map(|&value| u64::from(value)).sum();
        let mean = sum as f32 / pixels.len().max(1) as f32;
        for pixel in pixels.chunks_exact_mut(channels) {
            let grey = match *pixel {
                [r, g, b] => 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b),
                _ => pixel.first().map_or(0.0, |&value| value.into()),
            };
            for value in pixel {
                let coloured = grey + (f32::from(*value) - grey) * self.colour;
                let lit = (mean + (coloured - mean) * self.contrast) * self.brightness;
                *value = (lit + 0.5).floor().clamp(0.0, 255.0) as u8;
            }
        }
    }
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

    fn read(&self, pixels: &[u8], [h, w, channels]: [usize; 3], channel: usize) -> u8 {
        let value = |down: i32, right: i32| {
            let (y, x) = (self.corner[0] + down, self.corner[1] + right);
            let nearest = [y.clamp(0, h as i32 - 1), x.clamp(0, w as i32 - 1)];
            if channels == 1 && nearest != [y, x] {
                return BACKGROUND;
            }
            let [y, x] = nearest.map(|at| at as usize);
            f32::from(pixels[(y * w + x) * channels + channel])
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
            let moved = vary(&picture(), [7, 6, 1], &augment, &mut Dice::new(1, n));
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
            let bent = vary(&disc, [28, 28, 1], &augment, &mut Dice::new(2, n));
            let ratio = ink(&bent) / ink(&disc);
            assert!((0.5..2.0).contains(&ratio), "{ratio}");
            different += usize::from(bent != disc);
        }
        assert_eq!(different, 50);
    }

    /// Six pixels of three channels in two rows.
    const PHOTO: [u8; 18] = [
        10, 20, 30, 40, 50, 60, 70, 80, 90, 15, 25, 35, 45, 55, 65, 75, 85, 95,
    ];

    fn varied(augment: &Augment) -> Vec<Vec<u8>> {
        let one = |n| vary(&PHOTO, [2, 3, 3], augment, &mut Dice::new(3, n));
        (0..100).map(one).collect()
    }

    #[test]
    fn half_of_the_pictures_are_mirrored_with_their_colours() {
        let augment = Augment {
            flip: true,
            ..Augment::default()
        };
        let mirrored = [
            70, 80, 90, 40, 50, 60, 10, 20, 30, 75, 85, 95, 45, 55, 65, 15, 25, 35,
        ];
        let all = varied(&augment);
        assert!(all.iter().all(|p| *p == PHOTO || *p == mirrored));
        let count = all.iter().filter(|p| **p == mirrored).count();
        assert!((30..70).contains(&count), "{count}");
    }

    #[test]
    fn a_photograph_goes_on_as_its_edge_is() {
        let augment = Augment {
            shift: 1,
            ..Augment::default()
        };
        let down = [&PHOTO[..9], &PHOTO[..9]].concat();
        let all = varied(&augment);
        assert!(all.contains(&down) && all.contains(&PHOTO.to_vec()));
        assert!(all.iter().flatten().all(|value| PHOTO.contains(value)));
    }

    #[test]
    fn light_keeps_order_and_colour_keeps_grey() {
        let augment = Augment {
            brightness: 0.3,
            contrast: 0.3,
            ..Augment::default()
        };
        let lit = varied(&augment);
        assert!(lit.iter().all(|p| p[..9].is_sorted()) && lit[0] != lit[1]);
        let augment = Augment {
            colour: 0.5,
            ..Augment::default()
        };
        for photo in varied(&augment) {
            let luma = |p: &[u8]| [p[0], p[1], p[2]].map(f32::from);
            for (now, then) in photo.chunks(3).zip(PHOTO.chunks(3)) {
                let [now, then] = [now, then].map(|p| {
                    let [r, g, b] = luma(p);
                    0.299 * r + 0.587 * g + 0.114 * b
                });
                assert!((now - then).abs() < 1.0);
            }
        }
        let plain = Light {
            brightness: 1.0,
            contrast: 1.0,
            colour: 1.0,
        };
        let mut same = PHOTO;
        plain.shine(&mut same, 3);
        assert_eq!(same, PHOTO);
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
