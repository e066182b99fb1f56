//! Files in a tar archive, one after the other and within limits: what an entry announces is no reason to take memory for it.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::{Place, Problem};

/// Bytes of one file, 17 minutes of sound.
pub(crate) const MOST_MEMBER: u64 = 16 << 20;
/// Bytes of all files, ten times those of the published set.
pub(crate) const MOST_MEMBERS: u64 = 256 << 20;

/// What is wrong, and in which file of the archive.
pub(crate) type Fault = (Option<Place>, Problem);

/// Hands each file whose path is `wanted` to `take`.
pub(crate) fn each_member(
    reader: impl Read,
    wanted: impl Fn(&Path) -> bool,
    mut take: impl FnMut(PathBuf, Vec<u8>) -> Result<(), Problem>,
) -> Result<(), Fault> {
    let damaged = |_| (None, Problem::Packing("not a complete tar archive"));
    let mut archive = tar::Archive::new(reader);
    let mut all = 0;
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?.into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() || !wanted(&name) {
            continue;
        }
        let here = |problem| {
            let member = Place::Member(name.display().to_string());
            Err((Some(member), problem))
        };
        if !kind.is_file() {
            return here(Problem::Sparse);
        }
        if entry.size() > MOST_MEMBER {
            return here(Problem::TooLarge(MOST_MEMBER));
        }
        all += entry.size();
        if all > MOST_MEMBERS {
            return Err((None, Problem::TooLarge(MOST_MEMBERS)));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(damaged)?;
        if (bytes.len() as u64) < entry.size() {
            return Err((None, Problem::Packing("the tar archive is cut off")));
        }
        let member = Place::Member(name.display().to_string());
        take(name, bytes).map_err(|problem| (Some(member), problem))?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A header of the old GNU form for a file that is all hole: `announced` bytes, none of them there.
    pub(crate) fn sparse(name: &str, announced: u64) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_path(name).unwrap();
        header.set_entry_type(tar::EntryType::GNUSparse);
        header.set_size(0);
        let gnu = header.as_gnu_mut().unwrap();
        gnu.set_real_size(announced);
        // One piece of nothing at the end says how long the hole is.
        gnu.sparse[0].set_offset(announced);
        gnu.sparse[0].set_length(0);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    fn plain(name: &str, announced: u64, bytes: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_size(announced);
        header.set_cksum();
        [header.as_bytes(), bytes].concat()
    }

    fn read(archive: &[u8]) -> Result<Vec<(PathBuf, usize)>, Fault> {
        let mut found = Vec::new();
        let wanted = |name: &Path| name.extension().is_some_and(|e| e == "wav");
        each_member(archive, wanted, |name, bytes| {
            found.push((name, bytes.len()));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn what_an_entry_announces_takes_no_memory() {
        let problem = |archive: &[u8]| read(archive).unwrap_err().1;
        let hole = sparse("a.wav", 7 << 30);
        assert_eq!(hole.len(), 512);
        assert!(matches!(problem(&hole), Problem::Sparse));
        assert!(matches!(
            problem(&plain("a.wav", MOST_MEMBER + 1, b"x")),
            Problem::TooLarge(MOST_MEMBER)
        ));
        assert!(matches!(
            problem(&plain("a.wav", 9000, b"x")),
            Problem::Packing(_)
        ));
        // What is not asked for is not read, but it must be there to be passed over.
        assert!(matches!(
            problem(&plain("a.txt", 1 << 32, b"x")),
            Problem::Packing(_)
        ));
        let few = [plain("a.wav", 3, &[1; 512]), plain("b.txt", 2, &[2; 512])].concat();
        assert_eq!(read(&few).unwrap(), [(PathBuf::from("a.wav"), 3)]);
    }
}
