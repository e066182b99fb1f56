//! Reads files of a tar archive, one after the other and within limits: memory is never taken on the word of an entry.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tar::{Entry, EntryType, PaxExtensions};

use super::error::{Place, Problem};

/// Limit of the bytes of one file: 17 minutes of sound.
pub(crate) const MOST_MEMBER: u64 = 16 << 20;
/// Limit of the bytes of all files: ten times those of the published set.
pub(crate) const MOST_MEMBERS: u64 = 256 << 20;

/// Limit of a name that is too long for a header, and of other entries about a file, in bytes. A path has at most as many.
const MOST_MORE: u64 = 4096;

/// What an archive may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of one file.
    pub(crate) member: u64,
    /// Bytes of all files that are wanted.
    pub(crate) members: u64,
    /// Entries, wanted or not.
    pub(crate) entries: u64,
}

impl Limits {
    /// Limits of the published archives.
    pub(crate) const PUBLISHED: Limits = Limits {
        member: MOST_MEMBER,
        members: MOST_MEMBERS,
        entries: 100_000,
    };
}

/// A problem, and the file of the archive that has it.
pub(crate) type Fault = (Option<Place>, Problem);

/// Hands each file whose path is `wanted` to `take`.
pub(crate) fn each_member(
    reader: impl Read,
    limits: Limits,
    mut wanted: impl FnMut(&Path) -> bool,
    mut take: impl FnMut(PathBuf, Vec<u8>) -> Result<(), Problem>,
) -> Result<(), Fault> {
    let mut archive = tar::Archive::new(reader);
    let (mut all, mut entries, mut long_name) = (0, 0, None);
    // Raw entries, because the others come with names and descriptions of any length in memory.
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        entries += 1;
        if entries > limits.entries {
            return Err((None, Problem::Entries(limits.entries)));
        }
        let kind = entry.header().entry_type();
        if says_more(kind) {
            if let Some(name) = named(kind, &more(&mut entry)?)? {
                long_name = Some(name);
            }
            continue;
        }
        let name = match long_name.take() {
            Some(name) => name,
            None => entry.path().map_err(damaged)?.into_owned(),
        };
        let here = |problem| {
            let member = Place::Member(name.display().to_string());
            Err((Some(member), problem))
        };
        // It is not known here where the next file after one with holes begins.
        if kind.is_gnu_sparse() {
            return here(Problem::Sparse);
        }
        if kind.is_dir() || !wanted(&name) {
            continue;
        }
        if !kind.is_file() {
            return here(Problem::Link);
        }
        if entry.size() > limits.member {
            return here(Problem::TooLarge(limits.member));
        }
        all += entry.size();
        if all > limits.members {
            return Err((None, Problem::TooLarge(limits.members)));
        }
        let bytes = whole(&mut entry)?;
        let member = Place::Member(name.display().to_string());
        take(name, bytes).map_err(|problem| (Some(member), problem))?;
    }
    Ok(())
}

fn damaged(_: io::Error) -> Fault {
    (None, Problem::Packing("not a complete tar archive"))
}

/// Whether an entry is no file, but describes the next file or all files.
fn says_more(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

/// The content of such an entry.
fn more(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, Fault> {
    if entry.size() > MOST_MORE {
        return Err((None, Problem::Name(MOST_MORE)));
    }
    whole(entry)
}

fn whole(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(damaged)?;
    match bytes.len() as u64 == entry.size() {
        true => Ok(bytes),
        false => Err((None, Problem::Packing("the tar archive is cut off"))),
    }
}

/// The name that such an entry gives the next file; `None` where it gives none.
fn named(kind: EntryType, more: &[u8]) -> Result<Option<PathBuf>, Fault> {
    let path = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        PathBuf::from(text.trim_end_matches('\0'))
    };
    if kind.is_gnu_longname() {
        return Ok(Some(path(more)));
    }
    if !kind.is_pax_local_extensions() {
        return Ok(None);
    }
    let mut name = None;
    for extension in PaxExtensions::new(more) {
        let extension = extension.map_err(damaged)?;
        match extension.key_bytes() {
            b"path" => name = Some(path(extension.value_bytes())),
            // Only files of more than 8 GB have their size here.
            b"size" => return Err((None, Problem::TooLarge(MOST_MEMBER))),
            key if key.starts_with(b"GNU.sparse.") => return Err((None, Problem::Sparse)),
            _ => {}
        }
    }
    Ok(name)
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
        each_member(archive, Limits::PUBLISHED, wanted, |name, bytes| {
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
        let mut link = tar::Header::new_ustar();
        link.set_path("a.wav").unwrap();
        link.set_entry_type(EntryType::Symlink);
        link.set_size(0);
        link.set_cksum();
        assert!(matches!(problem(link.as_bytes()), Problem::Link));
        assert!(matches!(
            problem(&plain("a.wav", MOST_MEMBER + 1, b"x")),
            Problem::TooLarge(MOST_MEMBER)
        ));
        assert!(matches!(
            problem(&plain("a.wav", 9000, b"x")),
            Problem::Packing(_)
        ));
        // A file that is not asked for is not read, but its bytes must be there to be passed over.
        assert!(matches!(
            problem(&plain("a.txt", 1 << 32, b"x")),
            Problem::Packing(_)
        ));
        let few = [plain("a.wav", 3, &[1; 512]), plain("b.txt", 2, &[2; 512])].concat();
        assert_eq!(read(&few).unwrap(), [(PathBuf::from("a.wav"), 3)]);
    }

    fn entry(kind: EntryType, bytes: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        let mut entry = [header.as_bytes(), bytes].concat();
        entry.resize(entry.len().next_multiple_of(512), 0);
        entry
    }

    #[test]
    fn long_names_are_read_and_endless_ones_refused() {
        let file = plain("short", 3, &[1; 512]);
        let long = "d/".repeat(150) + "a.wav";
        let pax = |text: &str| {
            // The length counts its own three digits and the space.
            format!("{:03} {text}\n", text.len() + 5).into_bytes()
        };
        for (kind, text) in [
            (EntryType::GNULongName, format!("{long}\0").into_bytes()),
            (EntryType::XHeader, pax(&format!("path={long}"))),
        ] {
            // The name is that of one file.
            let archive = [entry(kind, &text), file.clone(), file.clone()].concat();
            assert_eq!(read(&archive).unwrap(), [(PathBuf::from(&long), 3)]);
        }
        let problem = |archive: &[u8]| read(archive).unwrap_err().1;
        for kind in [
            EntryType::GNULongName,
            EntryType::GNULongLink,
            EntryType::XHeader,
            EntryType::XGlobalHeader,
        ] {
            let archive = [entry(kind, &[b'x'; 4097]), file.clone()].concat();
            assert!(matches!(problem(&archive), Problem::Name(4096)), "{kind:?}");
        }
        let size = [entry(EntryType::XHeader, &pax("size=9")), file.clone()].concat();
        assert!(matches!(problem(&size), Problem::TooLarge(_)));
        let holes = pax("GNU.sparse.major=1");
        let holes = [entry(EntryType::XHeader, &holes), file].concat();
        assert!(matches!(problem(&holes), Problem::Sparse));
    }
}
