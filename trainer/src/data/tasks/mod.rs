//! Tasks: samples with named inputs and labels, drawn from the data sets, on which presets are trained and tested.
//!
//! | task | inputs | heads (auxiliary in brackets) |
//! |---|---|---|
//! | `digits` | image | digit |
//! | `spoken-digits` | audio | digit |
//! | `av-digits` | image, audio | digit (degraded inputs), match (clean inputs) (written, spoken) |
//! | `bank-intents` | text | intent |
//! | `credit-risk` | client (record), history (sequence) | default |
//! | `shoppers` | shop (record) | purchase |
//! | `terminal` | receipt (image), amount (audio), request (text), client, history, shop | service, risk, behaviour (written,
//! spoken) |
//!
//! The two composed tasks join rows of public sets that have nothing to do with one another: train with train, test with test,
//! see [`crate::data::compose`]. They show that a model can fuse; they are not recordings of real sessions.
//!
//! A row occurs in several samples of a composed task (each training text twice in `terminal`). So that held-out figures stay
//! honest, one row of 20 of every training set is set aside, and the held-out samples are composed of those alone: training sees
//! none of their pictures, clips, texts, clients and visits. For composed tasks the description's `holdout` therefore only says
//! whether (above 0) they are held out; with 0 they are trained on too. The test part is composed of test rows only. In training,
//! every epoch composes its samples anew from the rows learned ([`TaskData::composed`]): other pairs, other noise.
//!
//! `spoken-digits` has a second protocol for unseen voices: [`TaskData::leave_out`] one speaker.

mod digest;
mod samples;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock};

use tillsense_compiler::network::description::Task;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::trained::ContentDigest;

use crate::data::compose::{self, Pair, Rows, SessionRows, Share};
use crate::data::{
    self, Clients, Clips, DataError, DataSource, Images, Split, Table, Texts, Visits,
};

use samples::{
    av_sample, clean_pair, client_sample, clip_sample, image_sample, pair_labels, text_sample,
    visit_sample,
};

/// Seed of the compositions: everybody trains and tests on the same ones.
const COMPOSITION: u64 = 77;
/// Number of pairs of one kind in `av-digits`.
const PAIRS: Split<usize> = Split {
    train: 24_000,
    test: 5_000,
};
/// Number of times that each training text occurs in `terminal`; each test text occurs once.
const SESSIONS_A_TEXT: usize = 2;

/// A part of a task's samples: training or test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// The training part, also for every choice that is made.
    Train,
    /// The test part, for the figures that are reported.
    Test,
}

/// The kind of value that an input carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A picture.
    Image {
        /// Number of rows.
        height: usize,
        /// Number of columns.
        width: usize,
        /// Number of channels: 1 for grey, 3 for RGB.
        channels: usize,
    },
    /// Sound.
    Audio {
        /// Sampling rate in samples a second.
        sample_rate: u32,
    },
    /// A text.
    Text,
    /// One record.
    Record,
    /// Records in order of time.
    Sequence,
}

impl InputKind {
    /// The name of the kind in descriptions.
    pub const fn name(&self) -> &'static str {
        match self {
            InputKind::Image { .. } => "image",
            InputKind::Audio { .. } => "audio",
            InputKind::Text => "text",
            InputKind::Record => "record",
            InputKind::Sequence => "sequence",
        }
    }
}

/// A head of a task and its classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Name of the head in descriptions.
    pub name: &'static str,
    /// Names of the classes.
    pub classes: Vec<String>,
}

/// The samples of a task.
#[derive(Debug)]
pub struct TaskData {
    sets: Sets,
    inputs: Vec<(&'static str, InputKind)>,
    /// The speaker whose training clips are held out.
    held_speaker: Option<u8>,
    /// The composition of the epoch asked for last.
    composition: Mutex<Option<(u32, Arc<Composition>)>>,
    /// The digest, once computed: see [`TaskData::digest`].
    digest: OnceLock<ContentDigest>,
}

/// The training samples of one epoch of a composed task.
#[derive(Debug)]
enum Composition {
    Pairs { same: Vec<Pair>, mixed: Vec<Pair> },
    Sessions(Vec<SessionRows>),
}

/// The data sets behind a task, with the way in which they are composed.
#[derive(Debug)]
enum Sets {
    Digits(Split<Images>),
    SpokenDigits(Split<Clips>),
    AvDigits(
        Split<Images>,
        Split<Clips>,
        Split<Vec<Pair>>,
        Split<Vec<Pair>>,
    ),
    BankIntents(Split<Texts>),
    CreditRisk(Split<Clients>),
    Shoppers(Split<Visits>),
    Terminal(Box<Terminal>),
}

#[derive(Debug)]
struct Terminal {
    images: Split<Images>,
    clips: Split<Clips>,
    texts: Split<Texts>,
    clients: Split<Clients>,
    visits: Split<Visits>,
    sessions: Split<Vec<SessionRows>>,
}

impl TaskData {
    /// Loads the sets of a task and composes its samples.
    pub fn load(task: Task, source: &DataSource) -> Result<Self, DataError> {
        let sets = match task {
            Task::Digits => Sets::Digits(data::images(source)?),
            Task::SpokenDigits => Sets::SpokenDigits(data::clips(source)?),
            Task::AvDigits => av_digits(data::images(source)?, data::clips(source)?)?,
            Task::BankIntents => Sets::BankIntents(data::texts(source)?),
            Task::CreditRisk => Sets::CreditRisk(data::clients(source)?),
            Task::Shoppers => Sets::Shoppers(data::visits(source)?),
            Task::Terminal => Sets::Terminal(Box::new(Terminal::load(source)?)),
        };
        let inputs = inputs(&sets);
        Ok(TaskData {
            sets,
            inputs,
            held_speaker: None,
            composition: Mutex::new(None),
            digest: OnceLock::new(),
        })
    }

    /// Makes all clips of one speaker, of both parts, the test part, and all clips of the others the training part.
    pub fn leave_out(&mut self, speaker: &str) -> Result<(), String> {
        let number = self.speaker(speaker)?;
        if let Sets::SpokenDigits(split) = &mut self.sets {
            let all =
                [&mut split.train, &mut split.test].map(|part| std::mem::take(&mut part.clips));
            (split.test.clips, split.train.clips) = all
                .into_iter()
                .flatten()
                .partition(|clip| clip.speaker == number);
        }
        self.digest = OnceLock::new();
        Ok(())
    }

    /// Holds out the training clips of one speaker.
    pub fn hold_out_speaker(&mut self, speaker: &str) -> Result<(), String> {
        self.held_speaker = Some(self.speaker(speaker)?);
        Ok(())
    }

    fn speaker(&self, name: &str) -> Result<u8, String> {
        let Sets::SpokenDigits(split) = &self.sets else {
            return Err("only task \"spoken-digits\" has speakers; remove it".to_owned());
        };
        let speakers = &split.train.speakers;
        let place = speakers.iter().position(|known| known == name);
        place
            .map(|place| place as u8)
            .ok_or_else(|| format!("no speaker `{name}`; there are {}", speakers.join(", ")))
    }

    /// The inputs that samples have, in their order.
    pub fn input_names(&self) -> Vec<&'static str> {
        self.inputs.iter().map(|(name, _)| *name).collect()
    }

    /// The kind of the input with this name.
    pub fn kind(&self, name: &str) -> Option<InputKind> {
        self.inputs
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind)
    }

    /// The heads that samples have labels for, in their order; the last ones of `av-digits` and `terminal` only help training.
    pub fn heads(&self) -> Vec<Head> {
        let head = |name, classes: &[&str]| Head {
            name,
            classes: classes.iter().map(|c| (*c).to_owned()).collect(),
        };
        match &self.sets {
            Sets::Digits(_) | Sets::SpokenDigits(_) => vec![head("digit", &DIGITS)],
            Sets::AvDigits(..) => vec![
                head("digit", &DIGITS),
                head("match", &["different", "same"]),
                head("written", &DIGITS),
                head("spoken", &DIGITS),
            ],
            Sets::BankIntents(texts) => vec![head("intent", texts.train.categories)],
            Sets::CreditRisk(_) => vec![head("default", &["pays", "defaults"])],
            Sets::Shoppers(_) => vec![head("purchase", &["leaves", "buys"])],
            Sets::Terminal(t) => vec![
                head("service", t.texts.train.categories),
                head("risk", &["low", "high"]),
                head("behaviour", &["leaves", "buys"]),
                head("written", &DIGITS),
                head("spoken", &DIGITS),
            ],
        }
    }

    /// Number of samples in a part.
    pub fn len(&self, part: Subset) -> usize {
        match &self.sets {
            Sets::Digits(s) => s.of(part).len(),
            Sets::SpokenDigits(s) => s.of(part).len(),
            Sets::AvDigits(_, _, same, mixed) => same.of(part).len() + mixed.of(part).len(),
            Sets::BankIntents(s) => s.of(part).len(),
            Sets::CreditRisk(s) => s.of(part).len(),
            Sets::Shoppers(s) => s.of(part).len(),
            Sets::Terminal(t) => t.sessions.of(part).len(),
        }
    }

    /// Whether a part holds no sample.
    pub fn is_empty(&self, part: Subset) -> bool {
        self.len(part) == 0
    }

    /// Sample number `index`, below [`TaskData::len`].
    pub fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        match &self.sets {
            Sets::Digits(s) => image_sample(s.of(part), index),
            Sets::SpokenDigits(s) => clip_sample(s.of(part), index),
            Sets::AvDigits(images, clips, same, mixed) => av_sample(
                images.of(part),
                clips.of(part),
                same.of(part),
                mixed.of(part),
                index,
            ),
            Sets::BankIntents(s) => text_sample(s.of(part), index),
            Sets::CreditRisk(s) => client_sample(s.of(part), index),
            Sets::Shoppers(s) => visit_sample(s.of(part), index),
            Sets::Terminal(t) => t.sample(part, index),
        }
    }

    /// The place of a sample, for messages: its text's file and line where it has one, else its number.
    pub fn place(&self, part: Subset, index: usize) -> String {
        let place = match &self.sets {
            Sets::BankIntents(s) => s.of(part).place(index),
            Sets::Terminal(t) => {
                let session = t.sessions.of(part).get(index);
                session.and_then(|session| t.texts.of(part).place(session.text))
            }
            _ => None,
        };
        place.unwrap_or_else(|| format!("sample {index}"))
    }

    /// Training sample number `index` as an epoch composes it, clean, and the seed of the noise that goes over it; `None`
    /// where [`TaskData::sample`] is the sample in every epoch.
    pub fn composed(&self, index: usize, epoch: u32) -> Option<(Sample<'_>, Option<u64>)> {
        if self.held_out(index)? {
            return None;
        }
        match (&self.sets, &*self.composition(epoch)?) {
            (Sets::AvDigits(images, clips, all_same, _), Composition::Pairs { same, mixed }) => {
                // Rows that training learns from come first among the pairs of each kind.
                let (same, mixed) = match index.checked_sub(all_same.train.len()) {
                    None => (same.get(index), None),
                    Some(index) => (None, mixed.get(index)),
                };
                let degraded = same.is_some();
                let pair = same.or(mixed)?;
                let mut sample = clean_pair(&images.train, &clips.train, pair);
                sample.labels = pair_labels(&images.train, &clips.train, pair, degraded);
                Some((sample, degraded.then_some(pair.noise)))
            }
            (Sets::Terminal(t), Composition::Sessions(sessions)) => {
                Some((t.judged(Subset::Train, sessions.get(index)?), None))
            }
            _ => None,
        }
    }

    fn composition(&self, epoch: u32) -> Option<Arc<Composition>> {
        let mut last = self.composition.lock().ok()?;
        if let Some((of, found)) = &*last
            && *of == epoch
        {
            return Some(Arc::clone(found));
        }
        let made = Arc::new(self.compose(COMPOSITION.wrapping_add(u64::from(epoch) << 16))?);
        *last = Some((epoch, Arc::clone(&made)));
        Some(made)
    }

    fn compose(&self, seed: u64) -> Option<Composition> {
        match &self.sets {
            Sets::AvDigits(images, clips, same, mixed) => {
                let made = |make: MakePairs, like: &[Pair]| {
                    let count = like.iter().filter(|pair| !pair.held_out).count();
                    make(&images.train, &clips.train, Share::Learned, count, seed).ok()
                };
                Some(Composition::Pairs {
                    same: made(compose::digit_pairs, &same.train)?,
                    mixed: made(compose::match_pairs, &mixed.train)?,
                })
            }
            Sets::Terminal(t) => {
                let rows = t.rows(Subset::Train);
                let count = t.sessions.train.iter().filter(|s| !s.held_out).count();
                let sessions = compose::sessions(&rows, Share::Learned, count, seed).ok()?;
                Some(Composition::Sessions(sessions))
            }
            _ => None,
        }
    }

    /// Whether a training sample is made of rows that are held out; `None` where samples share no rows and any may be held out.
    pub fn held_out(&self, index: usize) -> Option<bool> {
        match &self.sets {
            Sets::AvDigits(_, _, same, mixed) => {
                let pair = same
                    .train
                    .get(index)
                    .or_else(|| mixed.train.get(index.checked_sub(same.train.len())?));
                pair.map(|pair| pair.held_out)
            }
            Sets::Terminal(t) => t.sessions.train.get(index).map(|session| session.held_out),
            Sets::SpokenDigits(s) => self
                .held_speaker
                .map(|speaker| s.train.clips[index].speaker == speaker),
            _ => None,
        }
    }

    /// The training clips, for fitting the sound frontend.
    pub fn training_clips(&self) -> impl Iterator<Item = &[i16]> {
        let clips = match &self.sets {
            Sets::SpokenDigits(s) | Sets::AvDigits(_, s, _, _) => Some(&s.train),
            Sets::Terminal(t) => Some(&t.clips.train),
            _ => None,
        };
        clips
            .into_iter()
            .flat_map(|clips| &clips.clips)
            .map(|clip| clip.samples.as_slice())
    }

    /// The training records of the input with this name, for fitting the record frontend.
    pub fn training_table(&self, name: &str) -> Option<&Table> {
        let (clients, visits) = match &self.sets {
            Sets::CreditRisk(s) => (Some(&s.train), None),
            Sets::Shoppers(s) => (None, Some(&s.train)),
            Sets::Terminal(t) => (Some(&t.clients.train), Some(&t.visits.train)),
            _ => (None, None),
        };
        match name {
            "client" => clients.map(|c| &c.records),
            "history" => clients.map(|c| &c.months),
            "shop" => visits.map(|v| &v.records),
            _ => None,
        }
    }

    /// The truth about a terminal session, as a person would tell it; `None` for other tasks.
    pub fn session_truth(&self, part: Subset, index: usize) -> Option<SessionTruth<'_>> {
        let Sets::Terminal(t) = &self.sets else {
            return None;
        };
        let session = t.sessions.of(part)[index];
        let labels = session.labels(&t.rows(part));
        Some(SessionTruth {
            written: t.images.of(part).labels[session.image],
            spoken: t.clips.of(part).clips[session.clip].label,
            asked: &t.texts.of(part).texts[session.text],
            intent: t.texts.of(part).categories[usize::from(labels.service)],
            defaults: t.clients.of(part).labels[session.client] == 1,
            buys: labels.behaviour == 1,
        })
    }
}

/// The truth about a terminal session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTruth<'a> {
    /// The digit on the receipt.
    pub written: u8,
    /// The digit spoken.
    pub spoken: u8,
    /// The request.
    pub asked: &'a str,
    /// Intent of the request.
    pub intent: &'static str,
    /// Whether the client fails to pay next month.
    pub defaults: bool,
    /// Whether the shop visit ends in a purchase.
    pub buys: bool,
}

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

impl<T> Split<T> {
    fn of(&self, part: Subset) -> &T {
        match part {
            Subset::Train => &self.train,
            Subset::Test => &self.test,
        }
    }
}

impl Terminal {
    fn load(source: &DataSource) -> Result<Self, DataError> {
        let mut terminal = Terminal {
            images: data::images(source)?,
            clips: data::clips(source)?,
            texts: data::texts(source)?,
            clients: data::clients(source)?,
            visits: data::visits(source)?,
            sessions: Split {
                train: Vec::new(),
                test: Vec::new(),
            },
        };
        let train = |share: Share| {
            let count = SESSIONS_A_TEXT * share.count(terminal.texts.train.len());
            compose::sessions(&terminal.rows(Subset::Train), share, count, COMPOSITION)
        };
        let test = terminal.texts.test.len();
        terminal.sessions = Split {
            train: [train(Share::Learned)?, train(Share::HeldOut)?].concat(),
            test: compose::sessions(&terminal.rows(Subset::Test), Share::All, test, COMPOSITION)?,
        };
        Ok(terminal)
    }

    fn rows(&self, part: Subset) -> Rows<'_> {
        Rows {
            images: self.images.of(part),
            clips: self.clips.of(part),
            texts: self.texts.of(part),
            clients: self.clients.of(part),
            visits: self.visits.of(part),
        }
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        self.judged(part, &self.sessions.of(part)[index])
    }

    fn judged(&self, part: Subset, session: &SessionRows) -> Sample<'_> {
        let rows = self.rows(part);
        let labels = session.labels(&rows);
        Sample {
            inputs: vec![
                Raw::Image(Cow::Borrowed(rows.images.image(session.image))),
                Raw::Audio(Cow::Borrowed(&rows.clips.clips[session.clip].samples)),
                Raw::Text(&rows.texts.texts[session.text]),
                Raw::Record(rows.clients.records.row(session.client)),
                Raw::Sequence(rows.clients.history(session.client).to_vec()),
                Raw::Record(rows.visits.records.row(session.visit)),
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

fn inputs(sets: &Sets) -> Vec<(&'static str, InputKind)> {
    let image = |images: &Images| InputKind::Image {
        height: images.height,
        width: images.width,
        channels: 1,
    };
    let audio = |clips: &Clips| InputKind::Audio {
        sample_rate: clips.sample_rate,
    };
    match sets {
        Sets::Digits(s) => vec![("image", image(&s.train))],
        Sets::SpokenDigits(s) => vec![("audio", audio(&s.train))],
        Sets::AvDigits(images, clips, _, _) => vec![
            ("image", image(&images.train)),
            ("audio", audio(&clips.train)),
        ],
        Sets::BankIntents(_) => vec![("text", InputKind::Text)],
        Sets::CreditRisk(_) => vec![
            ("client", InputKind::Record),
            ("history", InputKind::Sequence),
        ],
        Sets::Shoppers(_) => vec![("shop", InputKind::Record)],
        Sets::Terminal(t) => vec![
            ("receipt", image(&t.images.train)),
            ("amount", audio(&t.clips.train)),
            ("request", InputKind::Text),
            ("client", InputKind::Record),
            ("history", InputKind::Sequence),
            ("shop", InputKind::Record),
        ],
    }
}

/// A function that composes pairs of images and clips: from which share, how many, by which seed.
type MakePairs = fn(&Images, &Clips, Share, usize, u64) -> Result<Vec<Pair>, DataError>;

fn av_digits(images: Split<Images>, clips: Split<Clips>) -> Result<Sets, DataError> {
    let both = |make: MakePairs| {
        // Small (synthetic) sets give fewer pairs, so that no image occurs much more often than others.
        let count = |part: &Images, most: usize| most.min(4 * part.len());
        let pairs = count(&images.train, PAIRS.train);
        let train = |share: Share| {
            make(
                &images.train,
                &clips.train,
                share,
                share.count(pairs),
                COMPOSITION,
            )
        };
        Ok::<_, DataError>(Split {
            train: [train(Share::Learned)?, train(Share::HeldOut)?].concat(),
            test: make(
                &images.test,
                &clips.test,
                Share::All,
                count(&images.test, PAIRS.test),
                COMPOSITION,
            )?,
        })
    };
    let (same, mixed) = (both(compose::digit_pairs)?, both(compose::match_pairs)?);
    Ok(Sets::AvDigits(images, clips, same, mixed))
}

#[cfg(test)]
mod tests;
