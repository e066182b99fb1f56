//! Colours of plots.
//!
//! A plot is drawn with the colours of a light page. The stylesheet of a page names each of them again for a dark one, as
//! `[fill="#2563A8"]`, so that one drawing is readable in both.

use plotters::style::{RGBAColor, RGBColor};

/// What is written.
pub const INK: RGBColor = RGBColor(0x1b, 0x1f, 0x24);
/// What is written and less important.
pub const MUTED: RGBColor = RGBColor(0x5b, 0x64, 0x70);
/// Lines behind the data.
pub const GRID: RGBColor = RGBColor(0xd8, 0xdd, 0xe3);
/// What lies below everything.
pub const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);
/// Series, in order; each can be told from its neighbours.
pub const SERIES: [RGBColor; 8] = [
    RGBColor(0x25, 0x63, 0xa8),
    RGBColor(0xc2, 0x57, 0x0c),
    RGBColor(0x2e, 0x7d, 0x46),
    RGBColor(0x7a, 0x4f, 0xb0),
    RGBColor(0xb3, 0x32, 0x3f),
    RGBColor(0x0f, 0x7c, 0x86),
    RGBColor(0x8a, 0x64, 0x14),
    RGBColor(0xb0, 0x41, 0x7f),
];

/// The colour of a series; those beyond the last begin again.
pub fn series(index: usize) -> RGBColor {
    SERIES[index % SERIES.len()]
}

/// A colour of which only a part covers what is below.
pub fn part(colour: RGBColor, share: f64) -> RGBAColor {
    RGBAColor(colour.0, colour.1, colour.2, share.clamp(0.0, 1.0))
}
