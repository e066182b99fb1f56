//! Digest of a data set: SHA-256 over everything that its samples are made of.

use sha2::{Digest, Sha256};
use tillsense_compiler::run::sample::Cell;
use tillsense_compiler::trained::ContentDigest;

use super::{Sets, TaskData, Terminal};
use crate::data::{Clients, Clips, ColumnKind, Images, Split, Table, Texts, Visits};

impl TaskData {
    /// The digest of the rows of both parts. Samples are composed of them in a way that the task alone decides, so that equal
    /// rows give equal samples. Where they lie, and in which files, does not count.
    pub fn digest(&self) -> ContentDigest {
        *self.digest.get_or_init(|| {
            let mut content = Content(Sha256::new());
            match &self.sets {
                Sets::Digits(s) => content.split(s, Content::images),
                Sets::SpokenDigits(s) => content.split(s, Content::clips),
                Sets::AvDigits(images, clips, ..) => {
                    content.split(images, Content::images);
                    content.split(clips, Content::clips);
                }
                Sets::BankIntents(s) => content.split(s, Content::texts),
                Sets::CreditRisk(s) => content.split(s, Content::clients),
                Sets::Shoppers(s) => content.split(s, Content::visits),
                Sets::Terminal(t) => content.terminal(t),
            }
            ContentDigest(content.0.finalize().into())
        })
    }
}

/// A digest under construction. Every piece goes in behind its length, so that no two contents give the same bytes.
struct Content(Sha256);

impl Content {
    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.update(bytes);
    }

    fn number(&mut self, number: usize) {
        self.0.update((number as u64).to_le_bytes());
    }

    fn split<T>(&mut self, split: &Split<T>, part: impl Fn(&mut Self, &T)) {
        part(self, &split.train);
        part(self, &split.test);
    }

    fn terminal(&mut self, terminal: &Terminal) {
        self.split(&terminal.images, Content::images);
        self.split(&terminal.clips, Content::clips);
        self.split(&terminal.texts, Content::texts);
        self.split(&terminal.clients, Content::clients);
        self.split(&terminal.visits, Content::visits);
    }

    fn images(&mut self, images: &Images) {
        self.number(images.height);
        self.number(images.width);
        self.bytes(&images.pixels);
        self.bytes(&images.labels);
    }

    fn clips(&mut self, clips: &Clips) {
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

    fn texts(&mut self, texts: &Texts) {
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

    fn clients(&mut self, clients: &Clients) {
        self.table(&clients.records);
        self.table(&clients.months);
        self.bytes(&clients.labels);
    }

    fn visits(&mut self, visits: &Visits) {
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
