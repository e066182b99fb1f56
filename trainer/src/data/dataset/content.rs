//! Digest of a data set: SHA-256 over everything that its samples are made of.

use sha2::{Digest, Sha256};
use tillsense_compiler::run::sample::Cell;
use tillsense_compiler::trained::ContentDigest;

use crate::data::{Clients, Clips, ColumnKind, Images, Split, Table, Texts, Visits};

/// A digest under construction. Every piece goes in behind its length, so that no two contents give the same bytes.
#[derive(Default)]
pub struct Content(Sha256);

impl Content {
    /// The digest of all that went in.
    pub fn digest(self) -> ContentDigest {
        ContentDigest(self.0.finalize().into())
    }

    /// Puts in bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.update(bytes);
    }

    /// Puts in a number.
    pub fn number(&mut self, number: usize) {
        self.0.update((number as u64).to_le_bytes());
    }

    pub(super) fn split<T>(&mut self, split: &Split<T>, part: impl Fn(&mut Self, &T)) {
        part(self, &split.train);
        part(self, &split.test);
    }

    pub(super) fn images(&mut self, images: &Images) {
        self.number(images.height);
        self.number(images.width);
        self.bytes(&images.pixels);
        self.bytes(&images.labels);
    }

    pub(super) fn clips(&mut self, clips: &Clips) {
        self.number(clips.sample_rate as usize);
        self.number(clips.speakers.len());
        clips.speakers.iter().for_each(|s| self.bytes(s.as_bytes()));
        self.number(clips.len());
        for clip in &clips.clips {
            let samples: Vec<u8> = clip.samples.iter().flat_map(|s| s.to_le_bytes()).collect();
            self.bytes(&samples);
            self.bytes(&[clip.label, clip.speaker]);
            self.number(usize::from(clip.take));
        }
    }

    pub(super) fn texts(&mut self, texts: &Texts) {
        self.number(texts.categories.len());
        texts
            .categories
            .iter()
            .for_each(|c| self.bytes(c.as_bytes()));
        self.number(texts.len());
        for (text, &label) in texts.texts.iter().zip(&texts.labels) {
            self.bytes(text.as_bytes());
            self.number(usize::from(label));
        }
    }

    pub(super) fn clients(&mut self, clients: &Clients) {
        self.table(&clients.records);
        self.table(&clients.months);
        self.bytes(&clients.labels);
    }

    pub(super) fn visits(&mut self, visits: &Visits) {
        self.table(&visits.records);
        self.bytes(&visits.labels);
    }

    fn table(&mut self, table: &Table) {
        self.number(table.columns.len());
        for column in table.columns {
            self.bytes(column.name.as_bytes());
            match column.kind {
                ColumnKind::Number { decimals } => self.number(usize::from(decimals)),
                ColumnKind::Category(names) => names.iter().for_each(|n| self.bytes(n.as_bytes())),
            }
        }
        let mut cells = Vec::with_capacity(5 * table.cells.len());
        for cell in &table.cells {
            match cell {
                Cell::Missing => cells.push(0),
                Cell::Number(number) => {
                    cells.push(1);
                    cells.extend(number.to_le_bytes());
                }
                Cell::Name(name) => {
                    cells.push(2);
                    cells.extend(name.bytes().chain([0]));
                }
            }
        }
        self.bytes(&cells);
    }
}
