//! A session that is stepped through and one that does everything at once, given the same at random.

use tillsense_core::engine::{Model, Progress, PushError, Session};
use tillsense_core::frontend::{image, record::Value};
use tillsense_core::model::records::{FieldKind, Source};
use tillsense_core::parity::SplitMix64;

use super::Guarded;

/// Bytes of an input beyond which a test would take long.
const MOST: usize = 1 << 16;

/// The two sessions, and the rules that tell what the stepped one may take.
pub struct Twins<'m, 'a> {
    stepped: Session<'m, 'a>,
    whole: Session<'m, 'a>,
    rng: SplitMix64,
    saved: Option<([u16; 8], Vec<u8>)>,
    /// How often both have answered.
    pub answers: u32,
}

/// Calls of two sessions of a model at random; answers how often both had an answer. Their arenas keep their borders.
pub fn differ_nowhere(model: Model<'_>, seed: u64, calls: u32) -> u32 {
    let mut rooms = [(); 2].map(|()| Guarded::new(model.header().arena_len as usize));
    let [first, second] = &mut rooms;
    let mut twins = Twins {
        stepped: Session::new(model, first.arena()).unwrap(),
        whole: Session::new(model, second.arena()).unwrap(),
        rng: SplitMix64::new(seed),
        saved: None,
        answers: 0,
    };
    for call in 0..calls {
        twins.call();
        twins.compare(&format!("seed {seed}, call {call}"));
    }
    let answers = twins.answers;
    assert!(rooms.iter().all(Guarded::is_intact), "seed {seed}");
    answers
}

impl Twins<'_, '_> {
    fn call(&mut self) {
        match self.rng.below(24) {
            0 => self.forget(),
            1 | 2 => self.keep(),
            3..=5 => {
                self.stepped.begin_run();
                self.whole.run();
            }
            6 => {
                self.stepped.run();
                self.whole.run();
            }
            7..=13 => self.step(),
            _ => self.push(),
        }
    }

    fn forget(&mut self) {
        if self.rng.below(4) == 0 {
            let byte = self.rng.next_u64() as u8;
            self.stepped.lend_arena(|arena| arena.fill(byte));
            self.whole.lend_arena(|arena| arena.fill(!byte));
        } else {
            self.stepped.reset();
            self.whole.reset();
        }
        assert!(!self.stepped.is_pending());
    }

    /// Saves, or goes on from what was saved.
    fn keep(&mut self) {
        let own = |(pieces, bytes): ([u16; 8], &[u8])| (pieces, bytes.to_vec());
        let saved = self.stepped.save().map(own);
        assert_eq!(saved.is_none(), self.stepped.is_pending());
        if saved.is_some() {
            assert_eq!(saved, self.whole.save().map(own));
        }
        match &self.saved {
            Some((pieces, bytes)) if self.rng.below(2) == 0 => {
                assert!(
                    !self.stepped.restore(*pieces, &bytes[1.min(bytes.len())..])
                        || bytes.is_empty()
                );
                assert!(self.stepped.restore(*pieces, bytes));
                assert!(self.whole.restore(*pieces, bytes));
                assert!(!self.stepped.is_pending());
            }
            _ => self.saved = saved.or(self.saved.take()),
        }
    }

    fn step(&mut self) {
        let waits = self.stepped.is_pending();
        let progress = match self.rng.below(4) {
            0 => self.stepped.step_within(self.rng.below(1 << 14) as u64),
            1 => self.stepped.step(usize::MAX),
            _ => self.stepped.step(self.rng.below(4)),
        };
        assert_eq!(progress == Progress::Pending, self.stepped.is_pending());
        assert!(waits || progress == Progress::Done);
    }

    /// Something for an input, mostly of its kind.
    fn push(&mut self) {
        let inputs = self.whole.model().inputs().count();
        let beyond = usize::from(self.rng.below(30) == 0);
        let input = self.rng.below(inputs + beyond);
        let other = self.rng.below(12) == 0;
        let as_input = if other { self.rng.below(inputs) } else { input };
        let Some(source) = self.whole.model().input(as_input).map(|input| input.source) else {
            return;
        };
        match source {
            Source::Image(params) => self.image(input, image::source_len(&params)),
            Source::Audio(_) => self.audio(input),
            Source::Text(_) => self.text(input),
            Source::Record(_) | Source::Sequence(_) => self.record(input, as_input),
            Source::Tensor(params) => self.tensor(input, params.output.len()),
        }
    }

    /// What the stepped session answers; the other one is given the same unless ops wait.
    fn both<T: PartialEq + core::fmt::Debug>(
        &mut self,
        begin: impl FnOnce(&mut Self) -> Result<T, PushError>,
        push: impl FnOnce(&mut Self) -> Result<T, PushError>,
    ) {
        let waits = self.stepped.is_pending();
        let begun = begin(self);
        if waits {
            assert_eq!(begun, Err(PushError::Pending));
            assert!(self.stepped.is_pending());
        } else {
            assert_eq!(begun, push(self));
        }
    }

    /// Mostly `whole`.
    fn len(&mut self, whole: usize) -> usize {
        match self.rng.below(10) {
            0 => self.rng.below(whole.min(MOST) + 3),
            _ => whole,
        }
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.rng.next_u64() as u8).collect()
    }

    fn image(&mut self, input: usize, whole: usize) {
        if whole > MOST {
            return;
        }
        let len = self.len(whole);
        let pixels = self.bytes(len);
        if self.rng.below(2) == 0 {
            return self.both(
                |twins| twins.stepped.begin_image(input, &pixels),
                |twins| twins.whole.push_image(input, &pixels),
            );
        }
        for (offset, end) in self.pieces(len) {
            self.both(
                |twins| {
                    twins
                        .stepped
                        .begin_image_piece(input, offset, &pixels[offset..end])
                },
                |twins| {
                    twins
                        .whole
                        .push_image_piece(input, offset, &pixels[offset..end])
                },
            );
        }
    }

    /// Where pieces begin and end: in order, or one of them anywhere.
    fn pieces(&mut self, len: usize) -> Vec<(usize, usize)> {
        let (a, b) = (self.rng.below(len + 1), self.rng.below(len + 1));
        let (a, b) = (a.min(b) / 3 * 3, a.max(b) / 3 * 3);
        match self.rng.below(4) {
            0 => vec![(a, b)],
            1 => vec![(0, a), (a, b)],
            _ => vec![(0, a), (a, b), (b, len)],
        }
    }

    fn audio(&mut self, input: usize) {
        let most = [1, 3, 40, 700][self.rng.below(4)];
        let count = self.rng.below(most + 1);
        let loudness = self.rng.below(15) as u32;
        let samples: Vec<i16> = (0..count)
            .map(|_| (self.rng.next_u64() as i16) >> loudness)
            .collect();
        let from = self.rng.below(3) == 0;
        let waits = self.stepped.is_pending();
        let mut asked = 0;
        let begun = match from {
            false => self.stepped.begin_audio(input, &samples),
            true => self.stepped.begin_audio_from(input, || {
                let sample = samples.get(asked).copied();
                asked += usize::from(sample.is_some());
                sample
            }),
        };
        match begun {
            Ok(taken) => {
                assert!(!waits && taken <= count && (taken > 0 || from));
                assert!(!from || asked == taken, "{asked} {taken}");
                if taken > 0 {
                    assert_eq!(self.whole.push_audio(input, &samples[..taken]), Ok(()));
                }
            }
            Err(error) => {
                assert_eq!((error == PushError::Pending, asked), (waits, 0));
                if !waits {
                    let refused = self.whole.push_audio(input, &samples);
                    assert!(refused == Err(error) || from && refused == Err(PushError::NoSamples));
                }
            }
        }
    }

    fn text(&mut self, input: usize) {
        let words = [
            "where",
            "is",
            "my",
            "card",
            "",
            " ",
            "überweisung",
            "\0",
            "\u{fffd}é",
            "top up",
        ];
        let count = self.rng.below(9);
        let words: Vec<&str> = (0..count)
            .map(|_| words[self.rng.below(words.len())])
            .collect();
        let text = match self.rng.below(5) {
            0 => self.bytes(count * 9),
            _ => words.join(" ").into_bytes(),
        };
        self.both(
            |twins| twins.stepped.begin_text(input, &text),
            |twins| twins.whole.push_text(input, &text),
        );
    }

    fn record(&mut self, input: usize, as_input: usize) {
        let Some(fields) = self.whole.model().record_fields(as_input) else {
            return;
        };
        let mut named: Vec<(&str, Value<'_>)> = fields
            .map(|field| {
                let value = match (self.rng.below(8), field.kind) {
                    (0, _) => Value::Missing,
                    (1, _) => Value::Name("nobody"),
                    (_, FieldKind::Number { .. }) => {
                        Value::Number(self.rng.next_u64() as i32 >> 16)
                    }
                    (_, FieldKind::Category { names, .. }) => {
                        let names: Vec<_> = names.split('\n').collect();
                        Value::Name(names[self.rng.below(names.len())])
                    }
                };
                (field.name, value)
            })
            .collect();
        let len = self.len(named.len());
        named.truncate(len);
        if self.rng.below(2) == 0 {
            let values: Vec<_> = named.iter().map(|&(_, value)| value).collect();
            return self.both(
                |twins| twins.stepped.begin_record(input, &values),
                |twins| twins.whole.push_record(input, &values),
            );
        }
        self.rng.shuffle(&mut named);
        self.both(
            |twins| twins.stepped.begin_named(input, &named),
            |twins| twins.whole.push_named(input, &named),
        );
    }

    fn tensor(&mut self, input: usize, whole: usize) {
        if whole > MOST {
            return;
        }
        let len = self.len(whole);
        let values: Vec<i8> = self
            .bytes(len)
            .iter()
            .map(|&byte| byte.cast_signed())
            .collect();
        if self.rng.below(2) == 0 {
            return self.both(
                |twins| twins.stepped.begin_tensor(input, &values),
                |twins| twins.whole.push_tensor(input, &values),
            );
        }
        for (offset, end) in self.pieces(len) {
            self.both(
                |twins| {
                    twins
                        .stepped
                        .begin_tensor_piece(input, offset, &values[offset..end])
                },
                |twins| {
                    twins
                        .whole
                        .push_tensor_piece(input, offset, &values[offset..end])
                },
            );
        }
    }

    /// Answers and inputs of both; the stepped one answers nothing while ops wait.
    fn compare(&mut self, at: &str) {
        let waits = self.stepped.is_pending();
        for head in 0..=self.whole.model().heads().count() {
            let stepped = (
                self.stepped.scores(head),
                self.stepped.verdict(head),
                self.stepped.tensor(head),
            );
            if waits {
                assert_eq!(stepped, (None, None, None), "{at}");
                continue;
            }
            let whole = (
                self.whole.scores(head),
                self.whole.verdict(head),
                self.whole.tensor(head),
            );
            assert_eq!(stepped, whole, "{at}");
            self.answers += u32::from(whole.0.is_some());
        }
        for input in 0..9 {
            let stepped = self.stepped.is_present(input);
            assert!(waits || stepped == self.whole.is_present(input), "{at}");
        }
    }
}
