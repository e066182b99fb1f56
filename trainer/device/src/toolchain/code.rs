//! The instructions of an Arm image, apart from the data between them.

use std::path::Path;

use anyhow::{Context, Result};
use object::elf::SHF_EXECINSTR;
use object::read::elf::{ElfFile32, SectionHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SectionIndex};
use tillsense_compiler::files;

use super::elf::MOST_IMAGE;

/// Thumb instructions one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Address of the first instruction.
    pub address: u64,
    /// Halfwords of all instructions, one or two each.
    pub halfwords: Vec<u16>,
}

/// Reads the Thumb instructions of an image: what lies between a mapping symbol `$t` and the next one, `$d` for data
/// ("ELF for the Arm Architecture", 5.5.5).
pub fn thumb_code(path: &Path) -> Result<Vec<Stretch>> {
    let bytes = files::read(path, MOST_IMAGE).with_context(|| format!("{}", path.display()))?;
    let elf = ElfFile32::<Endianness>::parse(&*bytes)
        .with_context(|| format!("{}: no ELF file", path.display()))?;
    let mut stretches = Vec::new();
    for section in elf.sections() {
        let flags = section.elf_section_header().sh_flags(elf.endian());
        if flags.contains(SHF_EXECINSTR) {
            let content = section.data().context("a section without content")?;
            let marks = marks(&elf, section.index());
            stretches.extend(stretches_of(section.address(), content, &marks));
        }
    }
    Ok(stretches)
}

/// Addresses in a section where code (`true`) and data (`false`) begin, in order.
fn marks(elf: &ElfFile32<'_, Endianness>, section: SectionIndex) -> Vec<(u64, bool)> {
    let mut marks: Vec<_> = elf
        .symbols()
        .filter(|symbol| symbol.section_index() == Some(section))
        .filter_map(|symbol| {
            let kind = symbol.name().ok()?.split('.').next()?;
            matches!(kind, "$t" | "$d" | "$a").then(|| (symbol.address(), kind == "$t"))
        })
        .collect();
    marks.sort_unstable();
    marks
}

fn stretches_of(start: u64, content: &[u8], marks: &[(u64, bool)]) -> Vec<Stretch> {
    let end = start + content.len() as u64;
    let ends = marks.iter().skip(1).map(|&(at, _)| at).chain([end]);
    let between = marks.iter().zip(ends).filter(|((_, code), _)| *code);
    let stretch = |(&(from, _), to): (&(u64, bool), u64)| {
        let bytes = content.get((from - start) as usize..(to - start) as usize)?;
        let halfwords = bytes.as_chunks::<2>().0.iter();
        Some(Stretch {
            address: from,
            halfwords: halfwords.map(|&pair| u16::from_le_bytes(pair)).collect(),
        })
    };
    between
        .filter_map(stretch)
        .filter(|stretch| !stretch.halfwords.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_between_instructions_is_left_out() {
        let content = [0x00, 0xBF, 0xAA, 0xAA, 0xAA, 0xAA, 0x70, 0x47];
        let marks = [(0x100, true), (0x102, false), (0x106, true)];
        let stretch = |address, halfword| Stretch {
            address,
            halfwords: vec![halfword],
        };
        assert_eq!(
            stretches_of(0x100, &content, &marks),
            [stretch(0x100, 0xBF00), stretch(0x106, 0x4770)]
        );
    }
}
