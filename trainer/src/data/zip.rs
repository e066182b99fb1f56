//! One member out of a zip archive.

use std::io::Read;

use flate2::read::DeflateDecoder;

use super::error::Problem;

/// One member of a zip archive, stored or deflated (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16; no zip64, no encryption);
/// more than `most` bytes of it are refused.
pub(crate) fn unzip(bytes: &[u8], member: &str, most: u64) -> Result<Vec<u8>, Problem> {
    let broken = || Problem::Packing("not a complete zip archive");
    let end = bytes
        .windows(4)
        .rposition(|four| four == b"PK\x05\x06")
        .ok_or_else(broken)?;
    let count = word(bytes, end + 10).ok_or_else(broken)?;
    let mut at = double(bytes, end + 16).ok_or_else(broken)?;
    for _ in 0..count {
        let entry = bytes
            .get(at..)
            .filter(|entry| entry.starts_with(b"PK\x01\x02"))
            .ok_or_else(broken)?;
        let field = |at| word(entry, at).ok_or_else(broken);
        let name = entry.get(46..46 + field(28)?).ok_or_else(broken)?;
        if name != member.as_bytes() {
            at += 46 + field(28)? + field(30)? + field(32)?;
            continue;
        }
        let packed = double(entry, 20).ok_or_else(broken)?;
        let local = double(entry, 42)
            .and_then(|at| bytes.get(at..))
            .ok_or_else(broken)?;
        let (Some(name), Some(extra)) = (word(local, 26), word(local, 28)) else {
            return Err(broken());
        };
        let data = local
            .get(30 + name + extra..)
            .and_then(|data| data.get(..packed))
            .ok_or_else(broken)?;
        return match field(10)? {
            0 => Ok(data.to_vec()),
            8 => {
                let mut out = Vec::new();
                let decoder = DeflateDecoder::new(data);
                let read = decoder.take(most + 1).read_to_end(&mut out);
                read.map_err(|_| broken())?;
                match out.len() as u64 > most {
                    true => Err(Problem::TooLarge(most)),
                    false => Ok(out),
                }
            }
            _ => Err(Problem::Packing("packed in a way that is not known here")),
        };
    }
    Err(Problem::NoMember(member.to_owned()))
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.get(..2)?;
    Some(usize::from(u16::from_le_bytes([bytes[0], bytes[1]])))
}

fn double(bytes: &[u8], at: usize) -> Option<usize> {
    Some(word(bytes, at)? | word(bytes, at.checked_add(2)?)? << 16)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    use super::*;

    /// A zip archive with a stored and a deflated member.
    pub(crate) fn zip(stored: (&str, &[u8]), deflated: (&str, &[u8])) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(deflated.1).unwrap();
        let packed = encoder.finish().unwrap();
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, method, data, size) in [
            (stored.0, 0u16, stored.1, stored.1.len()),
            (deflated.0, 8, &packed[..], deflated.1.len()),
        ] {
            let mut common = Vec::new();
            common.extend([20, 0, 0, 0]);
            common.extend(method.to_le_bytes());
            common.extend([0; 8]);
            common.extend((data.len() as u32).to_le_bytes());
            common.extend((size as u32).to_le_bytes());
            common.extend((name.len() as u16).to_le_bytes());
            let offset = out.len() as u32;
            out.extend(b"PK\x03\x04");
            out.extend(&common);
            out.extend(3u16.to_le_bytes());
            out.extend(name.as_bytes());
            out.extend(b"abc");
            out.extend(data);
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(&common);
            directory.extend([0; 12]);
            directory.extend(offset.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let offset = out.len() as u32;
        out.extend(&directory);
        out.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
        out.extend((directory.len() as u32).to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend([0, 0]);
        out
    }

    #[test]
    fn zip_members() {
        let long = "text ".repeat(400);
        let archive = zip(("a.txt", b"plain"), ("b.csv", long.as_bytes()));
        let get = |name| unzip(&archive, name, 1 << 20);
        assert_eq!(get("a.txt").unwrap(), b"plain");
        assert_eq!(get("b.csv").unwrap(), long.as_bytes());
        assert!(matches!(get("c.csv"), Err(Problem::NoMember(_))));
        // The last two bytes are the length of a comment, which does not matter here.
        for cut in 0..archive.len() - 2 {
            assert!(unzip(&archive[..cut], "b.csv", 1 << 20).is_err(), "{cut}");
        }
        for at in 0..archive.len() {
            // Whatever a byte is changed to, nothing worse than an error or other bytes comes of it.
            let mut bad = archive.clone();
            bad[at] ^= 0xff;
            let _ = unzip(&bad, "b.csv", 1 << 20);
        }
    }
}
