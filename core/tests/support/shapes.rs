//! Shapes that test records share, each written once.

use tillsense_core::model::records::{Clamp, FieldKind, Scale, Span, View, Window};

/// All of the int8 range.
pub const FULL: Clamp = Clamp {
    min: -128,
    max: 127,
};

/// A view at the start of the arena, with zero point 0.
pub fn view(h: u16, w: u16, c: u16) -> View {
    View {
        offset: 0,
        h,
        w,
        c,
        zero_point: 0,
    }
}

/// A span at the start of the arena.
pub fn span(len: usize) -> Span {
    Span {
        offset: 0,
        len: len as u32,
    }
}

/// A window with the same stride and padding in both directions.
pub fn window(kernel: (u16, u16), stride: u16, padding: u16) -> Window {
    Window {
        kernel,
        stride: (stride, stride),
        dilation: (1, 1),
        pad_before: (padding, padding),
        pad_after: (padding, padding),
    }
}

/// A number without decimals.
pub fn number(log: bool, center: i32, exponent: i8, flag: bool) -> FieldKind<'static> {
    FieldKind::Number {
        decimals: 0,
        log,
        center,
        scale: power(exponent),
        flag,
        one: 64,
    }
}

/// One of several names, a line each.
pub fn category(names: &'static str, other: bool) -> FieldKind<'static> {
    FieldKind::Category {
        names,
        other,
        one: 64,
    }
}

/// The factor `2^exponent`.
pub const fn power(exponent: i8) -> Scale {
    Scale {
        multiplier: 1 << 30,
        shift: exponent + 1,
    }
}
