//! What the tests of checks share: constants, and a sound record beside changed ones.

#![allow(dead_code, reason = "each test program uses a part")]

use tillsense_core::model::records::{Blob, Clamp, Op, Requant, Rounding, Scale, View, Window};
use tillsense_core::ops::{self, OpError};
use tillsense_core::tensor::Weights;

pub const FULL: Clamp = Clamp {
    min: -128,
    max: 127,
};
pub const EMPTY: Clamp = Clamp { min: 1, max: 0 };
pub const HALF: Scale = Scale {
    multiplier: 1 << 30,
    shift: 0,
};
pub const TOO_SMALL: Scale = Scale {
    multiplier: (1 << 29) - 1,
    shift: 0,
};
pub const TOO_FAR: Scale = Scale {
    multiplier: 1 << 30,
    shift: 31,
};

/// Zeros but for 64 multipliers of 1/2 at 512, a bias too large at 768, a multiplier too small at 800, and tables of
/// exponentials at 832, with a negative one at 844 and with nothing but 1 at 960, and indices at 896.
pub fn section() -> Vec<u128> {
    let mut words = vec![0u32; 1024];
    words[128..192].fill(1 << 30);
    words[192] = 1 << 30;
    words[200] = 5;
    words[208..211].copy_from_slice(&[i32::MAX as u32, 9, 0]);
    words[211..214].copy_from_slice(&[i32::MAX as u32, 1 << 31, 0]);
    words[224..227].copy_from_slice(&[0xffff_0003, 0x0001_ffff, 0]);
    words[240] = i32::MAX as u32;
    bytemuck::cast_slice(&words).to_vec()
}

/// The check's answer.
pub fn check(op: Op) -> Result<(), OpError> {
    let words = section();
    ops::check(&op, &Weights::new(bytemuck::cast_slice(&words)))
}

/// What is changed, the error it must give, and the change.
pub type Change<T> = (&'static str, OpError, fn(&mut T));

/// A sound record must pass, and each change must give its error.
pub fn table<T: Clone>(sound: &T, wrap: fn(T) -> Op, cases: &[Change<T>]) {
    assert_eq!(check(wrap(sound.clone())), Ok(()), "the sound record");
    let mut failures = Vec::new();
    for (name, wanted, change) in cases {
        let mut op = sound.clone();
        change(&mut op);
        let got = check(wrap(op));
        if got != Err(*wanted) {
            failures.push(format!("{name}: {got:?} instead of {wanted:?}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

pub const fn view(h: u16, w: u16, c: u16) -> View {
    View {
        offset: 0,
        h,
        w,
        c,
        zero_point: 0,
    }
}

pub const fn blob(offset: u32, len: u32) -> Blob {
    Blob { offset, len }
}

/// Factors of 1/2.
pub const fn requant(channels: u32) -> Requant {
    Requant {
        rounding: Rounding::Nearest,
        multipliers: blob(512, 4 * channels),
        shifts: blob(0, channels),
    }
}

pub const fn window(kernel: u16, pad: u16) -> Window {
    Window {
        kernel: (kernel, kernel),
        stride: (1, 1),
        dilation: (1, 1),
        pad_before: (pad, pad),
        pad_after: (pad, pad),
    }
}
