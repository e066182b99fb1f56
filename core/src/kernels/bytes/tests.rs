//! The chosen primitives against plain loops, at every alignment and every remainder of a length.

use std::vec::Vec;

use super::*;

fn values(len: usize, seed: u32) -> Vec<i8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match state >> 29 {
            0 => i8::MIN,
            1 => i8::MAX,
            _ => (state >> 16) as i8,
        }
    };
    (0..len).map(next).collect()
}

/// Channels, distance of two pixels, start, pixels.
fn shapes() -> impl Iterator<Item = (Grid, usize)> {
    (1..=36).flat_map(|channels| {
        (0..5).flat_map(move |start| {
            [(1, 0), (3, 0), (2, 1), (4, channels)].map(|(pixels, gap)| {
                let step = channels + gap;
                (
                    Grid {
                        pixels,
                        channels,
                        step,
                    },
                    start,
                )
            })
        })
    })
}

#[test]
fn largest_and_raise_are_maxima() {
    for (grid, start) in shapes() {
        let taps = [
            start,
            start + grid.channels,
            start + 1,
            start + 2 * grid.channels,
        ];
        let input = values(
            start + 2 * grid.channels + grid.pixels * grid.step,
            start as u32,
        );
        let wanted = |x: usize, c: usize, taps: &[usize]| {
            taps.iter()
                .map(|tap| input[tap + x * grid.step + c])
                .max()
                .unwrap()
        };
        let mut memory = values(grid.pixels * grid.channels + 8, 7);
        let before = memory.clone();
        let end = start + grid.pixels * grid.channels;
        largest(&mut memory[start..end], &input, taps, grid);
        for (i, (&got, &old)) in memory.iter().zip(&before).enumerate() {
            let place = i
                .checked_sub(start)
                .map(|n| (n / grid.channels, n % grid.channels));
            let wanted = match place {
                Some((x, c)) if i < end => wanted(x, c, &taps),
                _ => old,
            };
            assert_eq!(got, wanted, "{grid:?} {start} {i}");
        }
        let mut by_value = before.clone();
        few::largest(&mut by_value[start..end], &input, &taps, grid, false);
        assert_eq!(by_value, memory, "{grid:?} {start} by value");
        let [a, b, c, _] = taps;
        let mut memory = before.clone();
        raise(&mut memory[start..end], &input, [a, b, c], grid);
        for (i, (&got, &old)) in memory.iter().zip(&before).enumerate() {
            let place = i
                .checked_sub(start)
                .map(|n| (n / grid.channels, n % grid.channels));
            let wanted = match place {
                Some((x, ch)) if i < end => wanted(x, ch, &[a, b, c]).max(old),
                _ => old,
            };
            assert_eq!(got, wanted, "{grid:?} {start} {i}");
        }
        let mut by_value = before.clone();
        few::largest(&mut by_value[start..end], &input, &[a, b, c], grid, true);
        assert_eq!(by_value, memory, "{grid:?} {start} by value");
    }
}

#[test]
fn limit_clamps() {
    for len in 0..40 {
        for start in 0..4 {
            for (low, high) in [(-128, 127), (0, 127), (-5, 9), (3, 3), (-128, -128)] {
                let mut memory = values(len + 8, len as u32);
                let before = memory.clone();
                limit(&mut memory[start..start + len], low, high);
                for (i, (&got, &old)) in memory.iter().zip(&before).enumerate() {
                    let inside = (start..start + len).contains(&i);
                    let wanted = if inside { old.clamp(low, high) } else { old };
                    assert_eq!(got, wanted, "{len} {start} {low} {high} {i}");
                }
            }
        }
    }
}

#[test]
fn tap_sums_are_sums() {
    for channels in 1..=LANES {
        for (rows, taps) in [(1, 1), (2, 2), (3, 3), (1, 255), (5, 51), (2, 5)] {
            for (start, gap) in [(0, 0), (1, 0), (4, 4), (3, 1)] {
                let step = channels + gap;
                let patch = Patch {
                    at: start,
                    rows,
                    row_step: taps * step + 2 * gap,
                    taps,
                    step,
                };
                let mut input = values(start + rows * patch.row_step + channels, rows as u32);
                if taps == 255 {
                    input.fill(if start == 0 { -128 } else { 127 });
                }
                let mut sums = [0x55; LANES];
                tap_sums(&mut sums, &input, patch, channels);
                for (c, &sum) in sums.iter().enumerate().take(channels) {
                    let tap = |r: usize, t: usize| input[start + r * patch.row_step + t * step + c];
                    let wanted: i32 = (0..rows)
                        .flat_map(|r| (0..taps).map(move |t| i32::from(tap(r, t))))
                        .sum();
                    assert_eq!(i32::from(sum), wanted, "{channels} {patch:?} {c}");
                }
            }
        }
    }
}

#[test]
fn every_pair_of_values_compares() {
    let all: Vec<i8> = (0..=255u8).map(|v| v as i8).collect();
    let grid = Grid {
        pixels: 1,
        channels: 256,
        step: 256,
    };
    for shift in 0..256 {
        let mut rolled = all.clone();
        rolled.rotate_left(shift);
        let mut out = all.clone();
        raise(&mut out, &rolled, [0; 3], grid);
        assert!(
            out.iter()
                .zip(all.iter().zip(&rolled))
                .all(|(&o, (&a, &b))| o == a.max(b))
        );
    }
}
