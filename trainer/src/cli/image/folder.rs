//! The folder that images are written to.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tillsense_compiler::files;
use tillsense_device::images::{Form, Holds, ImageSet, file_name};

/// Stands in the text beside images, by which they are known as those of this command.
pub const SIGN: &str = "Written by `tillsense image`";

/// Most bytes that are read of a text to find the sign.
const MOST_TEXT: u64 = 1 << 20;

/// The name of the text beside the images of a set.
pub fn text_name(set: &str) -> String {
    format!("{set}.flash.txt")
}

/// Refuses a folder that cannot be written to, and one where an image would replace a file that is not of this command; the folder is
/// left as it is.
pub fn require_place(out: &Path, set: &str, force: bool) -> Result<()> {
    ensure!(
        out.is_dir() || !out.exists(),
        "{}: is a file; -o names a folder",
        out.display()
    );
    let whole = std::path::absolute(out)?;
    let there = whole.ancestors().find(|folder| folder.exists());
    let probe = tempfile::tempfile_in(there.unwrap_or(&whole));
    probe
        .map_err(files::told)
        .with_context(|| format!("{}: cannot be written", out.display()))?;
    let text = files::read_text(&out.join(text_name(set)), MOST_TEXT);
    if force || text.is_ok_and(|text| text.contains(SIGN)) {
        return Ok(());
    }
    let named = |holds| Form::ALL.map(|form| file_name(set, holds, form));
    let images = Holds::ALL.into_iter().flat_map(named);
    for name in images.chain([text_name(set)]) {
        let path = out.join(name);
        ensure!(
            !path.exists(),
            "{}: is there, and not of `tillsense image`; name another folder with -o, or write over it with --force",
            path.display()
        );
    }
    Ok(())
}

/// Writes all files of a set and the text, each whole or not at all; answers their names. Where one cannot be written, those that were
/// go again. The text comes first: by it the files of a run that was killed are known as those of this command.
pub fn write(out: &Path, set: &ImageSet, text: &str) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(out).with_context(|| format!("{}: cannot be written", out.display()))?;
    let all = set.files();
    let images = all
        .iter()
        .map(|file| (set.file_name(file.holds, file.form), &*file.bytes));
    let text = (text_name(set.name()), text.as_bytes());
    let mut names = Vec::new();
    for (name, bytes) in std::iter::once(text).chain(images) {
        if let Err(error) = files::write(&out.join(&name), bytes) {
            names
                .iter()
                .for_each(|name| drop(fs::remove_file(out.join(name))));
            return Err(error);
        }
        names.push(PathBuf::from(name));
    }
    // The text is told last.
    names.rotate_left(1);
    Ok(names)
}
