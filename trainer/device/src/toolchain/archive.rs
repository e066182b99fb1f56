//! Static libraries: what rustc makes, reduced to the object of this engine.
//!
//! Beside the one object of engine and C boundary, rustc adds the 470 of its `compiler_builtins`. A C program has what of them
//! the engine needs: helpers for division and wide shifts come with the compiler (`libgcc`, `compiler-rt`), and `memcpy`,
//! `memmove`, `memset` and `memcmp` are what every C compiler asks for, freestanding too. Left in, they would take the place of
//! a program's own `memcpy`, and say that they pass floats in core registers.

use anyhow::{Context, Result, ensure};
use object::elf::{SHF_ALLOC, SHF_WRITE, SHT_NOBITS};
use object::read::archive::ArchiveFile;
use object::read::elf::{ElfFile32, SectionHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol};

use crate::toolchain::elf::Sizes;

const MAGIC: &[u8] = b"!<arch>\n";
/// Length of what stands before each member.
const HEADER: usize = 60;
/// How the name of the engine's object begins.
const OURS: &str = "tillsense-";

/// An object of a library.
struct Member {
    name: String,
    bytes: Vec<u8>,
    /// Names that other objects may use.
    symbols: Vec<String>,
}

/// A library without the objects that a C program has of its own, the same bytes for the same objects; and what the objects
/// take at most.
pub(super) fn reduced(archive: &[u8]) -> Result<(Vec<u8>, Sizes)> {
    let members = members(archive).context("rustc's library cannot be read")?;
    ensure!(!members.is_empty(), "rustc's library holds no engine");
    let mut sizes = Sizes::default();
    for member in &members {
        let elf = parse(&member.bytes)?;
        add_sizes(&elf, &mut sizes);
    }
    Ok((written(&members), sizes))
}

fn members(archive: &[u8]) -> Result<Vec<Member>> {
    let mut kept = Vec::new();
    for member in ArchiveFile::parse(archive)?.members() {
        let member = member?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        if !name.starts_with(OURS) {
            continue;
        }
        let bytes = member.data(archive)?.to_vec();
        let elf = parse(&bytes)?;
        let public = elf.symbols().filter(|s| s.is_global() && s.is_definition());
        let symbols = public.filter_map(|symbol| Some(symbol.name().ok()?.to_owned()));
        let symbols = symbols.collect();
        kept.push(Member {
            name: format!("engine{}.o", kept.len()),
            symbols,
            bytes,
        });
    }
    Ok(kept)
}

fn parse(bytes: &[u8]) -> Result<ElfFile32<'_, Endianness>> {
    ElfFile32::parse(bytes).context("an object of the library is no ELF file")
}

fn add_sizes(elf: &ElfFile32<'_, Endianness>, sizes: &mut Sizes) {
    let endian = elf.endian();
    for section in elf.sections() {
        let header = section.elf_section_header();
        let flags = header.sh_flags(endian);
        if !flags.contains(SHF_ALLOC) {
            continue;
        }
        let to = match (
            flags.contains(SHF_WRITE),
            header.sh_type(endian) == SHT_NOBITS,
        ) {
            (true, true) => &mut sizes.bss,
            (true, false) => &mut sizes.data,
            (false, _) => &mut sizes.text,
        };
        *to += section.size();
    }
}

/// The archive as `ar` writes it, with the index by which linkers find a symbol's object, and no times in it.
fn written(members: &[Member]) -> Vec<u8> {
    let names = members.iter().flat_map(|member| &member.symbols);
    let text: usize = names.clone().map(|name| name.len() + 1).sum();
    let index = 4 + 4 * names.clone().count() + text;
    let mut place = MAGIC.len() + HEADER + even(index);
    let mut places = Vec::new();
    for member in members {
        places.extend(member.symbols.iter().map(|_| place as u32));
        place += HEADER + even(member.bytes.len());
    }
    let mut table = (places.len() as u32).to_be_bytes().to_vec();
    table.extend(places.iter().flat_map(|place| place.to_be_bytes()));
    for name in names {
        table.extend(name.as_bytes());
        table.push(0);
    }
    let mut out = MAGIC.to_vec();
    add(&mut out, "/", &table);
    for member in members {
        add(&mut out, &format!("{}/", member.name), &member.bytes);
    }
    out
}

fn add(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let (time, owner, group, mode, len) = (0, 0, 0, 644, bytes.len());
    let header = format!("{name:<16}{time:<12}{owner:<6}{group:<6}{mode:<8}{len:<10}`\n");
    out.extend(header.as_bytes());
    out.extend(bytes);
    out.resize(even(out.len()), b'\n');
}

const fn even(len: usize) -> usize {
    len.next_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_read_again_with_its_index() {
        let member = |name: &str, bytes: &[u8], symbols: &[&str]| Member {
            name: name.to_owned(),
            bytes: bytes.to_vec(),
            symbols: symbols.iter().map(|&name| name.to_owned()).collect(),
        };
        // An odd length is filled up, and the next member still found.
        let members = [
            member("one.o", b"odd", &["first", "second"]),
            member("two.o", b"even", &["third"]),
        ];
        let bytes = written(&members);
        let archive = ArchiveFile::parse(&*bytes).unwrap();
        let read: Vec<_> = archive
            .members()
            .map(|member| {
                let member = member.unwrap();
                (member.name().to_vec(), member.data(&*bytes).unwrap())
            })
            .collect();
        let wanted: [(Vec<u8>, &[u8]); 2] =
            [(b"one.o".to_vec(), b"odd"), (b"two.o".to_vec(), b"even")];
        assert_eq!(read, wanted);
        let index = archive.symbols().unwrap().unwrap();
        let found: Vec<_> = index
            .map(|symbol| {
                let symbol = symbol.unwrap();
                let member = archive.member(symbol.offset()).unwrap();
                let name = String::from_utf8(symbol.name().to_vec()).unwrap();
                (name, member.name().to_vec())
            })
            .collect();
        let (one, two) = (b"one.o".to_vec(), b"two.o".to_vec());
        let wanted = [("first", &one), ("second", &one), ("third", &two)];
        let wanted = wanted.map(|(name, member)| (name.to_owned(), member.clone()));
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_is_no_library_is_refused() {
        for bytes in [&b""[..], b"!<arch>\n", b"an ELF file, perhaps"] {
            assert!(reduced(bytes).is_err(), "{bytes:?}");
        }
    }
}
