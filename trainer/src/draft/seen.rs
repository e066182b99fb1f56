//! What the pictures and recordings of an input are like: sizes, rates and lengths of a part of them.

use super::DraftKind;
use crate::data::media::{Picture, Recording};
use crate::data::own::SampleFile;
use crate::data::spread;
use tillsense_compiler::network::description::Fit;

/// Files that are looked at: enough for rates, sizes and lengths.
const LOOKED_AT: usize = 200;

/// Side of the largest picture that a draft asks for: a terminal's memory holds no larger ones.
const LARGEST_SIDE: usize = 64;

fn some(files: &[SampleFile]) -> impl Iterator<Item = &SampleFile> {
    spread(files.len(), Some(LOOKED_AT))
        .into_iter()
        .map(|at| &files[at])
}

/// The kind of recordings, and what was seen of them; `None` where none can be read.
pub fn sounds(files: &[SampleFile]) -> Option<(DraftKind, String)> {
    let read: Vec<Recording> = some(files)
        .filter_map(|file| Recording::decode(file.read().ok()?, &file.path).ok())
        .collect();
    let rates: Vec<u32> = read.iter().map(|recording| recording.rate).collect();
    let (least, most) = (rates.iter().min()?, rates.iter().max()?);
    // Nothing is gained by sampling what was never recorded.
    let rate = if *least >= 16_000 { 16_000 } else { 8_000 };
    let mut lengths: Vec<f64> = read.iter().map(Recording::duration).collect();
    lengths.sort_by(f64::total_cmp);
    let longest = lengths[lengths.len() - 1];
    let nearly_all = lengths[(lengths.len() - 1) * 19 / 20];
    let seconds = (1.1 * nearly_all).clamp(0.3, 8.0);
    let rates = match least == most {
        true => format!("{least} Hz"),
        false => format!("{least} to {most} Hz"),
    };
    let mut ranges: Vec<f64> = read.iter().map(Recording::range).collect();
    ranges.sort_by(f64::total_cmp);
    let kind = DraftKind::Audio {
        rate,
        seconds,
        range: ranges[ranges.len() / 2],
    };
    let seen = format!("{rates}, {:.2} to {longest:.2} s", lengths[0]);
    Some((kind, seen))
}

/// The kind of pictures, and what was seen of them; `None` where none can be read.
pub fn pictures(files: &[SampleFile]) -> Option<(DraftKind, String)> {
    let read: Vec<Picture> = some(files)
        .filter_map(|file| Picture::decode(&file.read().ok()?, &file.path).ok())
        .collect();
    let mut sizes: Vec<[usize; 2]> = read.iter().map(|p| [p.height, p.width]).collect();
    sizes.sort_by_key(|[h, w]| h * w);
    let (least, most) = (*sizes.first()?, *sizes.last()?);
    let middle = sizes[sizes.len() / 2];
    let rgb = read.iter().filter(|picture| has_colours(picture)).count() * 20 > read.len();
    let longer = middle[0].max(middle[1]);
    let side = |side: usize| {
        let scaled = match longer > LARGEST_SIDE {
            true => side * LARGEST_SIDE / longer,
            false => side,
        };
        scaled.max(8)
    };
    let size = match longer > LARGEST_SIDE {
        // Large pictures differ in shape; a square holds the middle of them all.
        true if least != most => [LARGEST_SIDE.min(48); 2],
        _ => [side(middle[0]), side(middle[1])],
    };
    let seen = format!(
        "{} of {} x {}{}",
        if rgb { "RGB" } else { "grey" },
        least[1],
        least[0],
        match least == most {
            true => String::new(),
            false => format!(" to {} x {} pixels", most[1], most[0]),
        }
    );
    let fit = if least == most {
        Fit::Stretch
    } else {
        Fit::Crop
    };
    Some((DraftKind::Image { size, rgb, fit }, seen))
}

/// Whether red, green and blue differ in any pixel by more than a little.
fn has_colours(picture: &Picture) -> bool {
    picture.channels == 3
        && picture.pixels.chunks_exact(3).any(|pixel| {
            let (least, most) = (pixel.iter().min(), pixel.iter().max());
            most.zip(least)
                .is_some_and(|(most, least)| most - least > 24)
        })
}

/// The kind of texts in files, and what was seen of them; `None` where none can be read.
pub fn texts(files: &[SampleFile]) -> Option<(DraftKind, String)> {
    let read = some(files).filter_map(|file| file.read().ok());
    let mut lengths: Vec<usize> = read.map(|bytes| bytes.len()).collect();
    lengths.sort_unstable();
    let (least, most) = (*lengths.first()?, *lengths.last()?);
    let bytes = text_bytes(lengths[(lengths.len() - 1) * 99 / 100]);
    Some((
        DraftKind::Text { bytes },
        format!("{least} to {most} bytes"),
    ))
}

/// Bytes that a terminal keeps room for, where nearly all texts have at most so many.
pub fn text_bytes(nearly_all: usize) -> usize {
    nearly_all.next_multiple_of(64).clamp(128, 2048)
}
