//! The chosen step against the reference, with every length up to a few words and at every address.

use std::vec::Vec;

use super::*;

fn values(len: usize, state: &mut u32) -> Vec<i16> {
    let mut next = || {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match *state >> 29 {
            0 => i16::MIN,
            1 => i16::MAX,
            2 => (*state >> 8) as i16 >> 8,
            _ => (*state >> 8) as i16,
        }
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn steps_are_the_reference() {
    let mut seed = 1;
    for n in 1..20 {
        for start in 0..2 {
            let (x, h) = (values(4 * n + 1, &mut seed), values(4 * n + 1, &mut seed));
            let (began, cell) = (values(n + 1, &mut seed), values(n + 1, &mut seed));
            let of = |values: &[i16], gates: usize| values[start..start + gates * n].to_vec();
            let (mut got, mut wanted) = (began.clone(), began.clone());
            let place = start..start + n;
            elman(&of(&x, 1), &of(&h, 1), &mut got[place.clone()]);
            portable::elman(&of(&x, 1), &of(&h, 1), &mut wanted[place.clone()]);
            assert_eq!(got, wanted, "elman {n} {start}");

            let (mut got, mut wanted) = (began.clone(), began.clone());
            gru(&mut of(&x, 3), &of(&h, 3), &mut got[place.clone()]);
            portable::gru(&mut of(&x, 3), &of(&h, 3), &mut wanted[place.clone()]);
            assert_eq!(got, wanted, "gru {n} {start}");

            let (mut got, mut got_cell) = (began.clone(), cell.clone());
            let (mut wanted, mut wanted_cell) = (began.clone(), cell.clone());
            let (state, kept) = (&mut got[place.clone()], &mut got_cell[place.clone()]);
            lstm(&mut of(&x, 4), &of(&h, 4), state, kept);
            let (state, kept) = (&mut wanted[place.clone()], &mut wanted_cell[place]);
            portable::lstm(&mut of(&x, 4), &of(&h, 4), state, kept);
            assert_eq!((got, got_cell), (wanted, wanted_cell), "lstm {n} {start}");
        }
    }
}

#[test]
fn states_narrow_and_add_up() {
    let mut seed = 2;
    for n in 0..20 {
        let h = values(n, &mut seed);
        let mut out = std::vec![55i8; n + 1];
        narrow(&h, &mut out[..n]);
        let mut sums: Vec<i32> = (0..=n as i32).map(|i| i << 27).collect();
        let before = sums.clone();
        add_up(&mut sums[..n], &h);
        for (i, &h) in h.iter().enumerate() {
            let wanted = ((i32::from(h) + 128) >> 8).min(127);
            assert_eq!(i32::from(out[i]), wanted, "{h}");
            assert_eq!(sums[i], before[i].wrapping_add(h.into()));
        }
        assert_eq!((out[n], sums[n]), (55, before[n]));
    }
}
