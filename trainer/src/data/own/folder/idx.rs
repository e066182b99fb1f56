//! Pictures and labels in IDX files, as the sets of handwritten digits and letters are published: `train-images-idx3-ubyte` and
//! `train-labels-idx1-ubyte`, each plain or packed with gzip, and a pair of them for every part.
//!
//! Each picture becomes a file of its own (PGM or PPM) in one unnamed temporary file, so that all that reads pictures reads these,
//! and memory stays flat.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail, ensure};
use flate2::read::MultiGzDecoder;
use tillsense_compiler::words::grouped;

use super::packed::most_unpacked;
use super::{FolderFile, SampleFile};
use crate::data::error::Problem;
use crate::data::idx::Idx;
use crate::data::own::division::Part;
use crate::data::own::report::{Level, Report};
use crate::data::store::StoreWriter;

const LABELS: u32 = 0x0801;
/// Grey pictures, rows of square ones, and those with a value for each channel.
const PICTURES: [u32; 3] = [0x0803, 0x0802, 0x0804];

/// Pictures of a pair of files: each has a name in memory.
const MOST_PICTURES: u32 = 1_000_000;

/// What an IDX file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Pictures,
    Labels,
}

/// What comes before `images` or `labels` in the name of an IDX file, and what the file holds.
fn role(name: &str) -> Option<(&str, Content)> {
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let stem = plain.strip_suffix("-ubyte")?;
    let (rest, dimensions) = stem.rsplit_once("idx")?;
    let rest = rest.strip_suffix(['-', '.'])?;
    let (prefix, content) = match (dimensions, rest) {
        ("1", rest) => (rest.strip_suffix("labels")?, Content::Labels),
        ("2" | "3" | "4", rest) => (rest.strip_suffix("images")?, Content::Pictures),
        _ => return None,
    };
    Some((prefix.trim_end_matches(['-', '_', '.']), content))
}

/// Whether a path is that of an IDX file.
pub fn is_idx(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    role(name).is_some()
}

/// The part that the name of a pair says.
fn part(prefix: &str) -> Option<Part> {
    let word = prefix.rsplit(['-', '_']).next().unwrap_or_default();
    match word.eq_ignore_ascii_case("t10k") {
        true => Some(Part::Test),
        false => Part::named(word),
    }
}

/// The pictures of the IDX files among these; `None` where there are no such files.
pub fn files(
    folder: &Path,
    all: &BTreeMap<String, SampleFile>,
    report: &mut Report,
) -> Result<Option<Vec<FolderFile>>> {
    let mut pairs: BTreeMap<&str, [Option<&SampleFile>; 2]> = BTreeMap::new();
    for (name, file) in all {
        if let Some((prefix, content)) = role(name) {
            pairs.entry(prefix).or_default()[content as usize] = Some(file);
        }
    }
    if pairs.is_empty() {
        return Ok(None);
    }
    for name in all.keys().filter(|name| role(name).is_none()) {
        report.add(
            (Level::Note, "passed_over"),
            "",
            Some(name.clone()),
            "files beside idx files are passed over",
            "",
        );
    }
    let parts = pairs.keys().all(|prefix| part(prefix).is_some());
    let mut found = Vec::new();
    for (prefix, pair) in pairs {
        let [Some(pictures), Some(labels)] = pair else {
            let (there, lacks) = match pair {
                [Some(pictures), _] => (pictures, "labels-idx1-ubyte"),
                [_, labels] => (labels.expect("a pair has a file"), "images-idx3-ubyte"),
            };
            bail!(
                "{}: there is no `{prefix}-{lacks}` (or .gz) beside it; pictures and their labels belong together: add it, or take this one away",
                there.path.display()
            );
        };
        let part = part(prefix).filter(|_| parts);
        read_pair(folder, pictures, labels, part, &mut found)?;
    }
    Ok(Some(found))
}

fn read_pair(
    folder: &Path,
    pictures: &SampleFile,
    labels: &SampleFile,
    part: Option<Part>,
    found: &mut Vec<FolderFile>,
) -> Result<()> {
    let idx = open(labels, &[LABELS])?;
    ensure!(
        idx.sizes[0] <= MOST_PICTURES,
        "{}: {} labels, and {} are read; divide the set into several pairs of files",
        labels.path.display(),
        grouped(idx.sizes[0]),
        grouped(MOST_PICTURES)
    );
    let (_, numbers) = idx.whole().map_err(|problem| told(labels, &problem))?;
    let mut idx = open(pictures, &PICTURES)?;
    let count = idx.sizes[0] as usize;
    ensure!(
        count == numbers.len(),
        "{}: {} pictures, and {} labels in {}; get both files of one set",
        pictures.path.display(),
        grouped(count),
        grouped(numbers.len()),
        labels.path.display()
    );
    let (header, bytes) = form(pictures, &idx.sizes[1..])?;
    let mut store = StoreWriter::new()?;
    for _ in 0..count {
        let values = idx
            .next(bytes)
            .map_err(|problem| told(pictures, &problem))?;
        store.push(&[header.as_bytes(), &values].concat())?;
    }
    idx.end().map_err(|problem| told(pictures, &problem))?;
    let store = Arc::new(store.finish()?);
    let file = pictures.path.strip_prefix(folder).unwrap_or(&pictures.path);
    for (at, label) in numbers.into_iter().enumerate() {
        let name = format!("{}, item {at}", file.display());
        found.push(FolderFile {
            file: SampleFile::unpacked(folder.join(&name), Arc::clone(&store), at),
            name,
            class: label.to_string(),
            label: Some(label),
            part,
            group: None,
        });
    }
    Ok(())
}

fn open(file: &SampleFile, magics: &[u32]) -> Result<Idx<Box<dyn Read>>> {
    let (reader, len) = reader(file).map_err(|line| anyhow!(line))?;
    let gzipped = file.path.extension().is_some_and(|e| e == "gz");
    let reader: Box<dyn Read> = match gzipped {
        true => Box::new(MultiGzDecoder::new(reader)),
        false => reader,
    };
    Idx::open(reader, magics, |_| Ok(()), most_unpacked(len))
        .map_err(|problem| told(file, &problem))
}

/// Reads a file from its beginning, with the number of its bytes.
fn reader(file: &SampleFile) -> Result<(Box<dyn Read>, u64), String> {
    if file.is_unpacked() {
        let bytes = file.read()?;
        let len = bytes.len() as u64;
        return Ok((Box::new(Cursor::new(bytes)), len));
    }
    let opened = File::open(&file.path).and_then(|opened| Ok((opened.metadata()?.len(), opened)));
    match opened {
        Ok((len, opened)) => Ok((Box::new(BufReader::new(opened)), len)),
        Err(error) => Err(format!(
            "{}: cannot be read: {error}; mend or remove it",
            file.path.display()
        )),
    }
}

/// The header of a picture of these sizes as a file, and the number of its values.
fn form(file: &SampleFile, sizes: &[u32]) -> Result<(String, u64)> {
    let shown = file.path.display();
    let (height, width, channels) = match *sizes {
        [values] => {
            let side = values.isqrt();
            ensure!(
                side * side == values,
                "{shown}: {} values a picture, which is no square; write the sizes of rows and columns into it (idx3)",
                grouped(values)
            );
            (side, side, 1)
        }
        [height, width] => (height, width, 1),
        [height, width, channels] => (height, width, channels),
        _ => bail!(
            "{shown}: pictures of {} dimensions; 1 to 3 are read",
            sizes.len()
        ),
    };
    let kind = match channels {
        1 => "P5",
        3 => "P6",
        other => bail!("{shown}: pictures of {other} channels; 1 (grey) or 3 (RGB) are read"),
    };
    let values = u64::from(height) * u64::from(width);
    ensure!(
        values > 0,
        "{shown}: pictures of {height} x {width} pixels; get the file again"
    );
    let bytes = values.saturating_mul(channels.into());
    Ok((format!("{kind} {width} {height} 255\n"), bytes))
}

fn told(file: &SampleFile, problem: &Problem) -> anyhow::Error {
    let mend = match problem {
        Problem::Magic(..) => {
            "idx files of bytes are read, pictures with 2, 3 or 4 dimensions and labels with 1"
        }
        Problem::TooLarge(_) => "its header announces what nobody can have packed: get it again",
        _ => "get it again",
    };
    anyhow!("{}: {problem}; {mend}", file.path.display())
}
