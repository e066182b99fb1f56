//! What a page consists of.

mod parts;
mod table;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use askama::Template;
use tillsense_compiler::files;
use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;

use crate::report::sample::Content;

pub use parts::{Block, Card, Figure, Level, Note, Section, Tile};
pub use table::Table;

/// How every page begins.
const BEGIN: &str = "<!DOCTYPE html>";
/// Bytes that a page has at most.
pub const MOST_BYTES: usize = 5_000_000;

/// A page, from its title to its last section.
#[derive(Clone, Debug, Template)]
#[template(path = "page.html")]
pub struct Page {
    title: String,
    subtitle: String,
    banner: Option<Note>,
    sections: Vec<Section>,
}

impl Page {
    /// An empty page.
    pub fn new(title: &str, subtitle: &str) -> Self {
        Self {
            title: brief(title),
            subtitle: brief(subtitle),
            banner: None,
            sections: Vec::new(),
        }
    }

    /// Says at the top what whoever has the page should be careful with.
    pub fn warn(&mut self, text: &str) {
        self.banner = Some(Note::new(Level::Warning, "", text));
    }

    /// Says at the top what was left out for the sake of those whose data they are.
    pub fn private(&mut self, text: &str) {
        self.banner = Some(Note::new(Level::Good, "", text));
    }

    /// Adds a section, unless it is empty.
    pub fn section(&mut self, section: Section) {
        if !section.is_empty() {
            self.sections.push(section);
        }
    }

    /// The page as HTML.
    pub fn html(&self) -> Result<String> {
        let html = self.render().context("the page cannot be made")?;
        ensure!(
            html.len() <= MOST_BYTES,
            "the page has {} bytes, and at most {} are written: what is shown must be cut",
            grouped(html.len()),
            grouped(MOST_BYTES)
        );
        Ok(html)
    }

    /// Refuses a place that cannot be written, or holds something that is no page: a model, a description, somebody's data.
    pub fn require_place(path: &Path) -> Result<()> {
        files::writable(path)?;
        let mut start = Vec::new();
        if let Ok(file) = File::open(path) {
            let cannot = || format!("{}: cannot be read", path.display());
            file.take(BEGIN.len() as u64)
                .read_to_end(&mut start)
                .with_context(cannot)?;
        }
        ensure!(
            start.is_empty() || start == BEGIN.as_bytes(),
            "{}: is there and is no page; name another file with --html, or remove it",
            path.display()
        );
        Ok(())
    }

    /// Writes the page.
    pub fn write(&self, path: &Path) -> Result<()> {
        files::write(path, self.html()?.as_bytes())
    }

    /// What the table of contents leads to: a number and a title.
    fn contents(&self) -> Vec<(usize, &str)> {
        let titles = self.sections.iter().map(|section| section.title());
        (1..).zip(titles).collect()
    }
}
