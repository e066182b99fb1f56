//! What a cell looks like.

use crate::data::media::{PICTURE_ENDINGS, SOUND_ENDINGS};
use std::path::{Path, PathBuf};

/// Kinds of files that an input may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Picture,
    Sound,
}

/// The kind of file whose name a cell ends like. An address of the web is no file.
pub(super) fn file_kind(text: &str) -> Option<FileKind> {
    let (name, ending) = text.rsplit_once('.')?;
    if name.is_empty() || text.contains("://") {
        return None;
    }
    let is = |endings: &[&str]| {
        endings
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    };
    if is(PICTURE_ENDINGS) {
        return Some(FileKind::Picture);
    }
    is(SOUND_ENDINGS).then_some(FileKind::Sound)
}

/// The file that a cell names. Windows writes `photos\a.png`; where no file has that name, the folder is looked into.
pub fn file_of(folder: &Path, cell: &str) -> PathBuf {
    let path = folder.join(cell);
    if cell.contains('\\') && !path.exists() {
        return folder.join(cell.replace('\\', "/"));
    }
    path
}

/// Whether a cell says yes or no.
pub(super) fn is_boolean(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "yes", "no", "y", "n", "t", "f"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a text was read in a wrong encoding once: the mark of what could not be read, or the two bytes of a letter in UTF-8
/// shown as two letters of Windows-1252 (`Ã¼` for `ü`, `â€™` for an apostrophe).
pub fn damage(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let pairs = text.chars().zip(text.chars().skip(1));
    text.contains('\u{fffd}')
        || pairs.into_iter().any(|(first, second)| {
            matches!(first, 'Ã' | 'Â') && matches!(second, '\u{80}'..='\u{bf}')
        })
        || text.contains("â€")
}
