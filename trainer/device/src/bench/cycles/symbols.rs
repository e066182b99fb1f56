//! Addresses in an image that the log is read by.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};

use super::watch::Window;
use crate::toolchain::{Image, Symbol};

/// Functions with long loops before what is measured, which need not be logged.
const PROLOGUE: [&str; 5] = [
    "Reset",
    "5stack5paint",
    "5bench3run",
    "measure_known_loop",
    "6sha256",
];

/// Addresses in an image that the log is read by.
pub struct Symbols {
    image: Image,
    /// Addresses of the counter's interrupt handler, whose instructions the board does not count; none where it has no such.
    pub handler: Range<u32>,
    /// Address ranges of all code but [`PROLOGUE`], in QEMU's notation.
    pub filter: String,
}

impl Symbols {
    /// Reads the symbols of an image.
    pub fn read(path: &Path) -> Result<Self> {
        let image = Image::read(path)?;
        let mut left_out: Vec<_> = PROLOGUE
            .into_iter()
            .flat_map(|name| all(&image, name).collect::<Vec<_>>())
            .collect();
        left_out.sort_by_key(|range| range.start);
        let ends = left_out.iter().map(|range| range.start).chain([u32::MAX]);
        let starts = [0]
            .into_iter()
            .chain(left_out.iter().map(|range| range.end));
        let ranges: Vec<_> = starts
            .zip(ends)
            .filter(|(start, end)| start < end)
            .map(|(start, end)| format!("{start:#x}..{:#x}", end - 1))
            .collect();
        Ok(Symbols {
            handler: find(&image, "SysTick").unwrap_or(0..0),
            filter: ranges.join(","),
            image,
        })
    }

    /// Runs of trials.
    pub fn trials(&self) -> Result<Window> {
        Ok(Window::Calls(find(&self.image, "5trial5Trial3run")?.start))
    }

    /// Measurements of the counter.
    pub fn parts(&self) -> Result<Window> {
        let start = |part| find(&self.image, part).map(|range| range.start);
        Ok(Window::Between {
            begin: start("Clock$GT$5begin")?,
            end: start("Clock$GT$3end")?,
        })
    }
}

/// Addresses of the functions whose name holds this part.
fn all<'a>(image: &'a Image, part: &'a str) -> impl Iterator<Item = Range<u32>> {
    let named = move |symbol: &&Symbol| symbol.size > 0 && symbol.name.contains(part);
    image.symbols.iter().filter(named).map(|symbol| {
        // Functions of Thumb code have odd addresses.
        let start = symbol.address as u32 & !1;
        start..start + symbol.size as u32
    })
}

fn find(image: &Image, part: &str) -> Result<Range<u32>> {
    let found = all(image, part).next();
    found.with_context(|| format!("no `{part}` in the image"))
}
