//! The data set MNIST: handwritten digits in the IDX format, gzipped as published or unpacked.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::error::{DataError, Place, Problem};
use super::idx::Idx;
use super::types::{Images, Split};

/// Rows and columns of every image.
pub(crate) const SIDE: usize = 28;

/// Limit of an unpacked file: five times the published training pictures.
const MOST_BYTES: u64 = 256 << 20;

const IMAGE_MAGIC: u32 = 0x0000_0803;
const LABEL_MAGIC: u32 = 0x0000_0801;

/// Reads both parts from `folder/mnist`.
pub(crate) fn read(folder: &Path) -> Result<Split<Images>, DataError> {
    let folder = folder.join("mnist");
    Ok(Split {
        train: part(&folder, "train")?,
        test: part(&folder, "t10k")?,
    })
}

fn part(folder: &Path, name: &str) -> Result<Images, DataError> {
    let (image_path, sizes, pixels) =
        idx(folder, &format!("{name}-images-idx3-ubyte"), IMAGE_MAGIC)?;
    let (label_path, label_sizes, labels) =
        idx(folder, &format!("{name}-labels-idx1-ubyte"), LABEL_MAGIC)?;
    if label_sizes[0] != sizes[0] {
        let problem = Problem::Counts(label_sizes[0] as usize, sizes[0] as usize);
        return Err(DataError::new(label_path, problem));
    }
    if let Some(item) = labels.iter().position(|&label| label > 9) {
        let problem = Problem::Label(labels[item].to_string());
        return Err(DataError::at(label_path, Place::Item(item), problem));
    }
    if labels.is_empty() {
        return Err(DataError::new(image_path, Problem::NoItem));
    }
    Ok(Images {
        height: SIDE,
        width: SIDE,
        pixels,
        labels,
    })
}

/// The path, the sizes of the dimensions and the bytes of `folder/name.gz` or, where that is missing, `folder/name`.
fn idx(folder: &Path, name: &str, magic: u32) -> Result<(PathBuf, Vec<u32>, Vec<u8>), DataError> {
    let packed = folder.join(format!("{name}.gz"));
    let (path, mut bytes): (_, Box<dyn Read>) = match File::open(&packed) {
        Ok(file) => (packed, Box::new(MultiGzDecoder::new(BufReader::new(file)))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let plain = folder.join(name);
            match File::open(&plain) {
                Ok(file) => (plain, Box::new(BufReader::new(file))),
                // The error names the published file.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(DataError::new(packed, Problem::NotFound));
                }
                Err(error) => return Err(DataError::io(&plain, error)),
            }
        }
        Err(error) => return Err(DataError::io(&packed, error)),
    };
    let (sizes, bytes) =
        parse(&mut bytes, magic).map_err(|problem| DataError::new(&path, problem))?;
    Ok((path, sizes, bytes))
}

/// Parses an IDX file; pictures have the published size.
fn parse(reader: &mut dyn Read, magic: u32) -> Result<(Vec<u32>, Vec<u8>), Problem> {
    let side = SIDE as u32;
    let suit = |sizes: &[u32]| match *sizes {
        [_, rows, columns] if [rows, columns] != [side, side] => {
            Err(Problem::ImageSize([rows, columns], [side, side]))
        }
        _ => Ok(()),
    };
    Idx::open(reader, &[magic], suit, MOST_BYTES)?.whole()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn file(magic: u32, sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
        let mut out = magic.to_be_bytes().to_vec();
        for size in sizes {
            out.extend(size.to_be_bytes());
        }
        out.extend(bytes);
        out
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn good(count: usize) -> (Vec<u8>, Vec<u8>) {
        let pixels: Vec<u8> = (0..count * SIDE * SIDE).map(|i| (i % 251) as u8).collect();
        let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
        let n = count as u32;
        (
            file(IMAGE_MAGIC, &[n, 28, 28], &pixels),
            file(LABEL_MAGIC, &[n], &labels),
        )
    }

    /// A folder with good test files and these training files.
    fn folder(images: &[u8], labels: &[u8]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("mnist");
        fs::create_dir(&at).unwrap();
        let (test_images, test_labels) = good(3);
        fs::write(at.join("train-images-idx3-ubyte.gz"), images).unwrap();
        fs::write(at.join("train-labels-idx1-ubyte.gz"), labels).unwrap();
        fs::write(at.join("t10k-images-idx3-ubyte"), test_images).unwrap();
        fs::write(at.join("t10k-labels-idx1-ubyte"), test_labels).unwrap();
        dir
    }

    fn fault(images: &[u8], labels: &[u8]) -> DataError {
        let dir = folder(images, labels);
        let error = read(dir.path()).unwrap_err();
        assert!(!error.to_string().contains('\n'));
        error
    }

    #[test]
    fn packed_and_unpacked_files() {
        let (images, labels) = good(12);
        let dir = folder(&gzip(&images), &gzip(&labels));
        let set = read(dir.path()).unwrap();
        assert_eq!((set.train.len(), set.test.len()), (12, 3));
        assert_eq!(set.train.labels[11], 1);
        assert_eq!(set.train.image(1)[0], (784 % 251) as u8);
        assert_eq!(set.train.pixels.len(), 12 * 784);
    }

    #[test]
    fn a_missing_file_is_named_as_published() {
        let (images, labels) = good(1);
        let dir = folder(&gzip(&images), &gzip(&labels));
        fs::remove_file(dir.path().join("mnist/t10k-labels-idx1-ubyte")).unwrap();
        let error = read(dir.path()).unwrap_err();
        assert!(matches!(error.problem, Problem::NotFound));
        assert!(error.file.ends_with("mnist/t10k-labels-idx1-ubyte.gz"));
    }

    #[test]
    fn truncated_and_damaged_gzip() {
        let (images, labels) = good(40);
        let (images, labels) = (gzip(&images), gzip(&labels));
        for cut in [
            0,
            5,
            20,
            images.len() / 2,
            images.len() - 9,
            images.len() - 1,
        ] {
            let error = fault(&images[..cut], &labels);
            assert!(
                matches!(error.problem, Problem::Packing(_)),
                "{cut}: {error}"
            );
        }
        let mut bad = images.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 0x55;
        let error = fault(&bad, &labels);
        assert!(matches!(error.problem, Problem::Packing(_)), "{error}");
        let error = fault(b"not gzip at all, really", &labels);
        assert!(matches!(error.problem, Problem::Packing(_)), "{error}");
    }

    #[test]
    fn wrong_magic() {
        let (_, labels) = good(1);
        let error = fault(&gzip(&labels), &gzip(&labels));
        assert!(
            matches!(error.problem, Problem::Magic(0x801, 0x803)),
            "{error}"
        );
    }

    #[test]
    fn wrong_lengths() {
        let (images, labels) = good(4);
        let labels = gzip(&labels);
        let short = gzip(&images[..images.len() - 1]);
        assert!(matches!(
            fault(&short, &labels).problem,
            Problem::TooShort(3151, 3152)
        ));
        let mut long = images.clone();
        long.push(0);
        assert!(matches!(
            fault(&gzip(&long), &labels).problem,
            Problem::TooLong(3153, 3152)
        ));
        assert!(matches!(
            fault(&gzip(&images[..10]), &labels).problem,
            Problem::TooShort(10, 16)
        ));
        let huge = file(IMAGE_MAGIC, &[u32::MAX; 3], &[]);
        assert!(matches!(
            fault(&gzip(&huge), &labels).problem,
            Problem::TooLarge(_) | Problem::ImageSize(..)
        ));
    }

    #[test]
    fn sizes_counts_and_labels() {
        let (images, labels) = good(4);
        let other = file(IMAGE_MAGIC, &[4, 27, 28], &vec![0; 4 * 27 * 28]);
        assert!(matches!(
            fault(&gzip(&other), &gzip(&labels)).problem,
            Problem::ImageSize([27, 28], [28, 28])
        ));
        let few = file(LABEL_MAGIC, &[3], &[1, 2, 3]);
        assert!(matches!(
            fault(&gzip(&images), &gzip(&few)).problem,
            Problem::Counts(3, 4)
        ));
        let eleven = file(LABEL_MAGIC, &[4], &[1, 2, 11, 3]);
        let error = fault(&gzip(&images), &gzip(&eleven));
        assert!(matches!(&error.problem, Problem::Label(label) if label == "11"));
        assert_eq!(error.place, Some(Place::Item(2)));
        let (none, no_labels) = good(0);
        assert!(matches!(
            fault(&gzip(&none), &gzip(&no_labels)).problem,
            Problem::NoItem
        ));
    }
}
