//! Reads one member of a zip archive.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::Problem;

/// Limit of an archive, a hundred times the published one: its list of members is held in memory, at several times its own size.
const MOST_ARCHIVE: u64 = 16 << 20;

/// Unpacks one member of a zip archive, stored or deflated; a member of more than `most` bytes is refused.
pub(crate) fn unzip(bytes: &[u8], member: &str, most: u64) -> Result<Vec<u8>, Problem> {
    if bytes.len() as u64 > MOST_ARCHIVE {
        return Err(Problem::TooLarge(MOST_ARCHIVE));
    }
    let fault = |error| match error {
        ZipError::FileNotFound => Problem::NoMember(member.to_owned()),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            Problem::Packing("packed in a way that is not known here")
        }
        _ => Problem::Packing("not a complete zip archive"),
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(fault)?;
    let packed = archive.by_name(member).map_err(fault)?;
    let mut out = Vec::new();
    let read = packed.take(most + 1).read_to_end(&mut out);
    read.map_err(|error| fault(error.into()))?;
    match out.len() as u64 > most {
        true => Err(Problem::TooLarge(most)),
        false => Ok(out),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    /// A zip archive with a stored and a deflated member.
    pub(crate) fn zip(stored: (&str, &[u8]), deflated: (&str, &[u8])) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for ((name, bytes), method) in [
            (stored, CompressionMethod::Stored),
            (deflated, CompressionMethod::Deflated),
        ] {
            let options = SimpleFileOptions::default().compression_method(method);
            writer.start_file(name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn members_are_found_by_name() {
        let long = "text ".repeat(400);
        let archive = zip(("a.txt", b"plain"), ("b.csv", long.as_bytes()));
        let get = |name| unzip(&archive, name, 1 << 20);
        assert_eq!(get("a.txt").unwrap(), b"plain");
        assert_eq!(get("b.csv").unwrap(), long.as_bytes());
        assert!(matches!(get("c.csv"), Err(Problem::NoMember(_))));
    }

    #[test]
    fn a_damaged_archive_is_refused_or_read_right() {
        let long = "text ".repeat(400);
        let archive = zip(("a.txt", b"plain"), ("b.csv", long.as_bytes()));
        for cut in 0..archive.len() {
            assert!(unzip(&archive[..cut], "b.csv", 1 << 20).is_err(), "{cut}");
        }
        for at in 0..archive.len() {
            let mut bad = archive.clone();
            bad[at] ^= 0xff;
            // The checksum sees to it that no other text comes of it.
            if let Ok(read) = unzip(&bad, "b.csv", 1 << 20) {
                assert_eq!(read, long.as_bytes(), "{at}");
            }
        }
    }

    #[test]
    fn more_than_is_allowed_is_refused() {
        let zeros = vec![0; 5000];
        let archive = zip(("a", b""), ("b", &zeros));
        assert!(archive.len() < 500);
        assert_eq!(unzip(&archive, "b", 5000).unwrap(), zeros);
        let error = unzip(&archive, "b", 4999);
        assert!(matches!(error, Err(Problem::TooLarge(4999))));
        let padded = [vec![0; MOST_ARCHIVE as usize], archive].concat();
        let error = unzip(&padded, "b", 5000);
        assert!(matches!(error, Err(Problem::TooLarge(MOST_ARCHIVE))));
    }
}
