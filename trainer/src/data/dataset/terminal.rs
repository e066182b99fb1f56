//! The composition `terminal`: sessions at a payment terminal, of rows of all five published sets.
//!
//! The rows have nothing to do with one another but for the two digits: see [`compose::sessions`]. They show that a model can fuse;
//! they are not recordings of real sessions. Held-out sessions and epochs are composed as those of `av-digits`; each training text
//! occurs twice.

use std::borrow::Cow;

use tillsense_compiler::run::sample::{Raw, Sample};

use super::content::Content;
use super::published::{
    DIGITS, audio_input, head, image_input, record_input, sequence_input, text_input,
};
use super::{Head, InputColumn, SampleSet, SessionTruth, Subset};
use crate::data::compose::{self, COMPOSITION, Epochs, Rows, SessionRows, Share};
use crate::data::{self, Clients, Clips, DataError, DataSource, Images, Split, Texts, Visits};

/// Number of times that each training text occurs; each test text occurs once.
const SESSIONS_A_TEXT: usize = 2;

/// Sessions, and the sets of whose rows they are composed.
#[derive(Debug)]
pub(super) struct TerminalSessions {
    images: Split<Images>,
    clips: Split<Clips>,
    texts: Split<Texts>,
    clients: Split<Clients>,
    pub(super) visits: Split<Visits>,
    sessions: Split<Vec<SessionRows>>,
    /// The training sessions of the epoch asked for last.
    epochs: Epochs<Vec<SessionRows>>,
}

impl TerminalSessions {
    pub(super) fn load(source: &DataSource) -> Result<Self, DataError> {
        let mut terminal = TerminalSessions {
            images: data::images(source)?,
            clips: data::clips(source)?,
            texts: data::texts(source)?,
            clients: data::clients(source)?,
            visits: data::visits(source)?,
            sessions: Split {
                train: Vec::new(),
                test: Vec::new(),
            },
            epochs: Epochs::default(),
        };
        let train = |share: Share| {
            let count = SESSIONS_A_TEXT * share.count(terminal.texts.train.len());
            compose::sessions(&terminal.sets(Subset::Train), share, count, COMPOSITION)
        };
        let test = terminal.texts.test.len();
        terminal.sessions = Split {
            train: [train(Share::Learned)?, train(Share::HeldOut)?].concat(),
            test: compose::sessions(&terminal.sets(Subset::Test), Share::All, test, COMPOSITION)?,
        };
        Ok(terminal)
    }

    fn sets(&self, part: Subset) -> Rows<'_> {
        Rows {
            images: self.images.of(part),
            clips: self.clips.of(part),
            texts: self.texts.of(part),
            clients: self.clients.of(part),
            visits: self.visits.of(part),
        }
    }

    fn compose(&self, seed: u64) -> Option<Vec<SessionRows>> {
        let count = self.sessions.train.iter().filter(|s| !s.held_out).count();
        compose::sessions(&self.sets(Subset::Train), Share::Learned, count, seed).ok()
    }

    fn judged(&self, part: Subset, session: &SessionRows) -> Sample<'_> {
        let rows = self.sets(part);
        let labels = session.labels(&rows);
        Sample {
            inputs: vec![
                Raw::Image(Cow::Borrowed(rows.images.image(session.image))),
                Raw::Audio(Cow::Borrowed(&rows.clips.clips[session.clip].samples)),
                Raw::Text(Cow::Borrowed(&rows.texts.texts[session.text])),
                Raw::Record(rows.clients.records.row(session.client).to_vec()),
                Raw::Sequence(
                    rows.clients
                        .history(session.client)
                        .map(<[_]>::to_vec)
                        .to_vec(),
                ),
                Raw::Record(rows.visits.records.row(session.visit).to_vec()),
            ],
            labels: vec![
                Some(labels.service),
                Some(u16::from(labels.risk)),
                Some(u16::from(labels.behaviour)),
                Some(u16::from(rows.images.labels[session.image])),
                Some(u16::from(rows.clips.clips[session.clip].label)),
            ],
        }
    }
}

impl SampleSet for TerminalSessions {
    fn inputs(&self) -> Vec<InputColumn> {
        let rows = self.sets(Subset::Train);
        vec![
            image_input("receipt", rows.images),
            audio_input("amount", rows.clips),
            text_input("request"),
            record_input("client", &rows.clients.records),
            sequence_input("history", &rows.clients.months),
            record_input("shop", &rows.visits.records),
        ]
    }

    fn heads(&self) -> Vec<Head> {
        vec![
            head("service", self.texts.train.categories),
            head("risk", &["low", "high"]),
            head("behaviour", &["leaves", "buys"]),
            head("written", &DIGITS),
            head("spoken", &DIGITS),
        ]
    }

    fn len(&self, part: Subset) -> usize {
        self.sessions.of(part).len()
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        self.judged(part, &self.sessions.of(part)[index])
    }

    fn place(&self, part: Subset, index: usize) -> Option<String> {
        let session = self.sessions.of(part).get(index)?;
        self.texts.of(part).place(session.text)
    }

    fn rows(&self, input: usize) -> usize {
        match input {
            0 => self.images.train.len(),
            1 => self.clips.train.len(),
            2 => self.texts.train.len(),
            3 | 4 => self.clients.train.len(),
            _ => self.visits.train.len(),
        }
    }

    fn row(&self, input: usize, index: usize) -> Raw<'_> {
        let of_one = SessionRows {
            image: if input == 0 { index } else { 0 },
            clip: if input == 1 { index } else { 0 },
            text: if input == 2 { index } else { 0 },
            client: if input == 3 || input == 4 { index } else { 0 },
            visit: if input == 5 { index } else { 0 },
            disagree: false,
            held_out: false,
        };
        let mut sample = self.judged(Subset::Train, &of_one);
        sample.inputs.swap_remove(input)
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        let session = self.sessions.train.get(index);
        session.map(|session| session.held_out)
    }

    fn composed(&self, index: usize, epoch: u32) -> Option<(Sample<'_>, Option<u64>)> {
        if self.held_out(index)? {
            return None;
        }
        let sessions = self.epochs.of(epoch, |seed| self.compose(seed))?;
        Some((self.judged(Subset::Train, sessions.get(index)?), None))
    }

    fn session_truth(&self, part: Subset, index: usize) -> Option<SessionTruth<'_>> {
        let session = self.sessions.of(part)[index];
        let rows = self.sets(part);
        let labels = session.labels(&rows);
        Some(SessionTruth {
            written: rows.images.labels[session.image],
            spoken: rows.clips.clips[session.clip].label,
            asked: &rows.texts.texts[session.text],
            intent: rows.texts.categories[usize::from(labels.service)],
            defaults: rows.clients.labels[session.client] == 1,
            buys: labels.behaviour == 1,
        })
    }

    fn content(&self, content: &mut Content) {
        content.split(&self.images, Content::images);
        content.split(&self.clips, Content::clips);
        content.split(&self.texts, Content::texts);
        content.split(&self.clients, Content::clients);
        content.split(&self.visits, Content::visits);
    }
}
