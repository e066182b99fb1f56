//! Parts of a section.

use tillsense_compiler::text::{brief, message};

use super::Table;
use crate::report::plot::Plot;
use crate::report::sample::Content;

/// A part of a page with a title of its own.
#[derive(Clone, Debug)]
pub struct Section {
    title: String,
    blocks: Vec<Block>,
}

/// What stands in a section, one below the other.
#[derive(Clone, Debug)]
pub enum Block {
    /// A title below the section's.
    Title(String),
    /// A paragraph.
    Text(String),
    /// Key figures in a row.
    Tiles(Vec<Tile>),
    /// A table.
    Table(Table),
    /// Plots beside one another.
    Figures(Vec<Figure>),
    /// Samples beside one another.
    Cards(Vec<Card>),
    /// What is wrong, or worth knowing.
    Notes(Vec<Note>),
}

impl Section {
    /// An empty section.
    pub fn new(title: &str) -> Self {
        Self {
            title: brief(title),
            blocks: Vec::new(),
        }
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Adds a title below the section's.
    pub fn subtitle(&mut self, text: &str) {
        self.blocks.push(Block::Title(brief(text)));
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: &str) {
        self.blocks.push(Block::Text(message(text)));
    }

    /// Adds key figures.
    pub fn tiles(&mut self, tiles: impl IntoIterator<Item = Tile>) {
        let tiles: Vec<_> = tiles.into_iter().collect();
        if !tiles.is_empty() {
            self.blocks.push(Block::Tiles(tiles));
        }
    }

    /// Adds a table, unless it is empty.
    pub fn table(&mut self, table: Table) {
        if !table.is_empty() {
            self.blocks.push(Block::Table(table));
        }
    }

    /// Adds a plot, beside the one before where there is room.
    pub fn figure(&mut self, figure: Figure) {
        match self.blocks.last_mut() {
            Some(Block::Figures(figures)) => figures.push(figure),
            _ => self.blocks.push(Block::Figures(vec![figure])),
        }
    }

    /// Adds samples.
    pub fn cards(&mut self, cards: impl IntoIterator<Item = Card>) {
        let cards: Vec<_> = cards.into_iter().collect();
        if !cards.is_empty() {
            self.blocks.push(Block::Cards(cards));
        }
    }

    /// Adds what is wrong, or worth knowing.
    pub fn notes(&mut self, notes: impl IntoIterator<Item = Note>) {
        let notes: Vec<_> = notes.into_iter().collect();
        if !notes.is_empty() {
            self.blocks.push(Block::Notes(notes));
        }
    }
}

/// A key figure.
#[derive(Clone, Debug)]
pub struct Tile {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) note: String,
}

impl Tile {
    /// A figure with the name of what it counts.
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: brief(name),
            value: brief(value),
            note: String::new(),
        }
    }

    /// Adds a few words below.
    pub fn note(mut self, text: &str) -> Self {
        self.note = brief(text);
        self
    }
}

/// A plot with a caption.
#[derive(Clone, Debug)]
pub struct Figure {
    pub(super) plot: Plot,
    pub(super) caption: String,
}

impl Figure {
    /// A plot with what it shows, in a sentence.
    pub fn new(plot: Plot, caption: &str) -> Self {
        Self {
            plot,
            caption: message(caption),
        }
    }
}

/// A sample: what of it can be shown, a title, and lines below.
#[derive(Clone, Debug)]
pub struct Card {
    pub(super) title: String,
    pub(super) contents: Vec<Content>,
    pub(super) lines: Vec<String>,
}

impl Card {
    /// A card with a title, or without where it is empty.
    pub fn new(title: &str) -> Self {
        Self {
            title: brief(title),
            contents: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Adds a picture, a recording, a text or a record.
    pub fn content(mut self, content: Content) -> Self {
        self.contents.push(content);
        self
    }

    /// Adds a line below.
    pub fn line(mut self, text: &str) -> Self {
        self.lines.push(brief(text));
        self
    }
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It must be mended.
    Error,
    /// It is worth a look.
    Warning,
    /// It is good to know.
    Note,
    /// All is well.
    Good,
}

impl Level {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Good => "good",
        }
    }
}

/// A message with a word before it.
#[derive(Clone, Debug)]
pub struct Note {
    pub(super) level: Level,
    pub(super) word: String,
    pub(super) text: String,
}

impl Note {
    /// A message, and the word before it.
    pub fn new(level: Level, word: &str, text: &str) -> Self {
        Self {
            level,
            word: brief(word),
            text: message(text),
        }
    }
}
