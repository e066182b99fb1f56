//! Calls at random, right ones and wrong ones, of a session from C beside one of Rust that is given the same.

use core::ptr::null;

use tillsense_core::model::header::Header;
use tillsense_core::parity::SplitMix64;
use tillsense_core::{Model, Progress, PushError, Session, Value};

use super::session_memory;
use super::support::{File, Guarded, Sample, network, tensor_network};
use crate::begin::{
    tillsense_begin_audio, tillsense_begin_image, tillsense_begin_named, tillsense_begin_record,
    tillsense_begin_tensor, tillsense_begin_tensor_piece, tillsense_begin_text,
};
use crate::memory::SessionMemory;
use crate::names::{tillsense_find_input, tillsense_input_name};
use crate::open::{tillsense_close, tillsense_open, tillsense_reset};
use crate::push::{
    tillsense_push_audio, tillsense_push_image, tillsense_push_image_piece, tillsense_push_named,
    tillsense_push_record, tillsense_push_tensor, tillsense_push_tensor_piece, tillsense_push_text,
};
use crate::run::{
    tillsense_begin_run, tillsense_run, tillsense_step, tillsense_step_within, tillsense_values,
    tillsense_verdict,
};
use crate::status::Status;
use crate::types::{self, Kind, NamedValue};

/// Calls of each seed.
const CALLS: u32 = if cfg!(miri) { 60 } else { 5000 };

/// Sessions that are called.
const SEEDS: u64 = if cfg!(miri) { 2 } else { 60 };

/// A session of C, one of Rust, and what they are given.
struct Pair<'a> {
    c: *mut SessionMemory,
    rust: Session<'a, 'a>,
    rng: SplitMix64,
    sample: Sample,
}

#[test]
fn calls_at_random_do_what_they_do_in_rust() {
    // One of a model of every input, one of plain tensors.
    for seed in 2..2 + SEEDS {
        let file = match seed % 4 {
            3 => tensor_network().file(),
            _ => network(seed).file(),
        };
        let mut rooms = [(); 2].map(|()| Guarded::new(arena_len(&file)));
        let [c_room, rust_room] = &mut rooms;
        let mut memory = session_memory();
        let c: *mut SessionMemory = &mut *memory;
        let (arena, bytes) = (c_room.arena(), file.bytes());
        let (arena, arena_len) = (arena.as_mut_ptr().cast(), arena.len());
        let (at, len) = (bytes.as_ptr().cast(), bytes.len());
        // SAFETY: memory, file and arena live until the end.
        let opened = unsafe { tillsense_open(c, at, len, arena, arena_len) };
        assert_eq!(opened, Status::Ok);
        let model = Model::load(bytes).unwrap();
        let mut pair = Pair {
            c,
            rust: Session::new(model, rust_room.arena()).unwrap(),
            rng: SplitMix64::new(seed),
            sample: Sample::random(seed),
        };
        for _ in 0..CALLS {
            pair.call();
            pair.compare();
        }
        // SAFETY: as above.
        assert_eq!(unsafe { tillsense_close(c) }, Status::Ok);
        assert!(rooms.iter().all(Guarded::is_intact), "{seed}");
    }
}

fn arena_len(file: &File) -> usize {
    Header::parse(file.bytes()).unwrap().arena_len as usize
}

/// What C is told of the answer of Rust.
fn told<T>(answer: &Result<T, PushError>) -> Status {
    answer.as_ref().err().map_or(Status::Ok, Status::from)
}

impl Pair<'_> {
    /// One call of both.
    fn call(&mut self) {
        // Seldom, so that inputs come together before.
        if self.rng.below(40) == 0 {
            // SAFETY: the session is open; so it is below.
            assert_eq!(unsafe { tillsense_reset(self.c) }, Status::Ok);
            self.rust.reset();
        }
        let input = self.rng.below(7);
        let begins = self.rng.below(2) == 0;
        match self.rng.below(12) {
            0 => self.image(input, begins),
            1 | 2 => self.audio(input, begins),
            3 => self.text(input, begins),
            4 | 5 => self.record(input, begins),
            6 => self.tensor(input, begins),
            7 => self.pieces(input, begins),
            8 => self.run(begins),
            9 => self.wrong(input),
            _ => self.step(),
        }
    }

    /// Most often `whole`, else less than that.
    fn len(&mut self, whole: usize) -> usize {
        match self.rng.below(4) {
            0 => self.rng.below(whole + 1),
            _ => whole,
        }
    }

    fn image(&mut self, input: usize, begins: bool) {
        let input = if self.rng.below(2) == 0 { 0 } else { input };
        let len = self.len(self.sample.photo.len());
        let pixels = &self.sample.photo[..len];
        let at = pixels.as_ptr();
        // SAFETY: `at` are `len` bytes.
        let (c, rust) = unsafe {
            match begins {
                true => (
                    tillsense_begin_image(self.c, input as u32, at, len),
                    self.rust.begin_image(input, pixels),
                ),
                false => (
                    tillsense_push_image(self.c, input as u32, at, len),
                    self.rust.push_image(input, pixels),
                ),
            }
        };
        assert_eq!(c, told(&rust));
    }

    fn audio(&mut self, input: usize, begins: bool) {
        let input = if self.rng.below(4) > 0 { 1 } else { input };
        let from = self.rng.below(self.sample.sound.len());
        let samples = &self.sample.sound[from..];
        let (at, len) = (samples.as_ptr(), samples.len().min(self.rng.below(150)));
        let samples = &samples[..len];
        if !begins {
            // SAFETY: `at` are `len` samples.
            let c = unsafe { tillsense_push_audio(self.c, input as u32, at, len) };
            assert_eq!(c, told(&self.rust.push_audio(input, samples)));
            return;
        }
        let mut taken = usize::MAX;
        // SAFETY: `at` are `len` samples, `taken` is a place.
        let c = unsafe { tillsense_begin_audio(self.c, input as u32, at, len, &mut taken) };
        let rust = self.rust.begin_audio(input, samples);
        assert_eq!((c, taken), (told(&rust), rust.unwrap_or(usize::MAX)));
    }

    fn text(&mut self, input: usize, begins: bool) {
        let input = if self.rng.below(4) > 0 {
            2 + self.rng.below(2)
        } else {
            input
        };
        let bytes: Vec<u8> = match self.rng.below(3) {
            0 => (0..self.rng.below(30))
                .map(|_| self.rng.next_u64() as u8)
                .collect(),
            _ => self.sample.words.as_bytes().to_vec(),
        };
        let (at, len) = (bytes.as_ptr().cast(), bytes.len());
        // SAFETY: `at` are `len` bytes.
        let (c, rust) = unsafe {
            match begins {
                true => (
                    tillsense_begin_text(self.c, input as u32, at, len),
                    self.rust.begin_text(input, &bytes),
                ),
                false => (
                    tillsense_push_text(self.c, input as u32, at, len),
                    self.rust.push_text(input, &bytes),
                ),
            }
        };
        assert_eq!(c, told(&rust));
    }

    /// Values of one of the sample's records, or any.
    fn values(&mut self) -> Vec<(&'static str, Value<'static>)> {
        let months = &self.sample.months[self.rng.below(self.sample.months.len())];
        let names = [["amount", "age", "visitor"], ["bill", "paid", "none"]];
        let (names, values) = match self.rng.below(2) {
            0 => (names[0], &self.sample.client),
            _ => (names[1], months),
        };
        let mut values: Vec<_> = names.into_iter().zip(values.iter().copied()).collect();
        match self.rng.below(6) {
            0 => values.truncate(self.rng.below(3)),
            1 => {
                let more = self.rng.below(300);
                let last = *values.last().unwrap();
                values.resize(more, last);
            }
            2 => self.rng.shuffle(&mut values),
            _ => {}
        }
        values
    }

    fn record(&mut self, input: usize, begins: bool) {
        let input = if self.rng.below(4) > 0 {
            4 + self.rng.below(2)
        } else {
            input
        };
        let named = self.values();
        let values: Vec<Value<'_>> = named.iter().map(|&(_, value)| value).collect();
        let of_c: Vec<types::Value> = values.iter().map(of_c).collect();
        let named_of_c: Vec<NamedValue> = named
            .iter()
            .zip(&of_c)
            .map(|((name, _), &value)| NamedValue {
                field: name.as_ptr().cast(),
                field_len: name.len(),
                value,
            })
            .collect();
        let (session, number) = (self.c, input as u32);
        let (at, named_at, len) = (of_c.as_ptr(), named_of_c.as_ptr(), of_c.len());
        let by_name = self.rng.below(2) == 0;
        // Rust is given none in place of more than 255.
        let most = if len > 255 { 0 } else { len };
        let (values, named) = (&values[..most], &named[..most]);
        // SAFETY: both are `len` values.
        let (c, rust) = unsafe {
            match (begins, by_name) {
                (true, false) => (
                    tillsense_begin_record(session, number, at, len),
                    self.rust.begin_record(input, values),
                ),
                (false, false) => (
                    tillsense_push_record(session, number, at, len),
                    self.rust.push_record(input, values),
                ),
                (true, true) => (
                    tillsense_begin_named(session, number, named_at, len),
                    self.rust.begin_named(input, named),
                ),
                (false, true) => (
                    tillsense_push_named(session, number, named_at, len),
                    self.rust.push_named(input, named),
                ),
            }
        };
        let expected = match told(&rust) {
            Status::ErrorRecordNotGiven if len > 255 => Status::ErrorRecordCount,
            status => status,
        };
        assert_eq!(c, expected);
    }

    /// Values of a tensor.
    fn tensor_values(&mut self) -> Vec<i8> {
        let len = self.len(4);
        (0..len).map(|_| self.rng.next_u64() as i8).collect()
    }

    fn tensor(&mut self, input: usize, begins: bool) {
        let input = if self.rng.below(4) > 0 { 0 } else { input };
        let values = self.tensor_values();
        let (at, len) = (values.as_ptr(), values.len());
        // SAFETY: `at` are `len` values.
        let (c, rust) = unsafe {
            match begins {
                true => (
                    tillsense_begin_tensor(self.c, input as u32, at, len),
                    self.rust.begin_tensor(input, &values),
                ),
                false => (
                    tillsense_push_tensor(self.c, input as u32, at, len),
                    self.rust.push_tensor(input, &values),
                ),
            }
        };
        assert_eq!(c, told(&rust));
    }

    fn pieces(&mut self, input: usize, begins: bool) {
        let input = if self.rng.below(4) > 0 { 0 } else { input };
        let (offset, values) = (self.rng.below(4), self.tensor_values());
        let (session, number) = (self.c, input as u32);
        let (at, len) = (values.as_ptr(), values.len());
        let bytes: Vec<u8> = values.iter().map(|value| value.cast_unsigned()).collect();
        let mut whole = false;
        let place = &mut whole;
        // SAFETY: both are `len` values, `place` is a place.
        let (c, rust) = unsafe {
            match (self.rng.below(3), begins) {
                (0, _) => (
                    tillsense_push_image_piece(session, number, offset, bytes.as_ptr(), len, place),
                    self.rust.push_image_piece(input, offset, &bytes),
                ),
                (_, true) => (
                    tillsense_begin_tensor_piece(session, number, offset, at, len, place),
                    self.rust.begin_tensor_piece(input, offset, &values),
                ),
                (_, false) => (
                    tillsense_push_tensor_piece(session, number, offset, at, len, place),
                    self.rust.push_tensor_piece(input, offset, &values),
                ),
            }
        };
        assert_eq!((c, whole), (told(&rust), rust.unwrap_or(false)));
    }

    fn run(&mut self, begins: bool) {
        // SAFETY: the session is open.
        let c = unsafe {
            match begins {
                true => tillsense_begin_run(self.c),
                false => tillsense_run(self.c),
            }
        };
        match begins {
            true => self.rust.begin_run(),
            false => self.rust.run(),
        }
        assert_eq!(c, Status::Ok);
    }

    fn step(&mut self) {
        let (ops, work) = (self.rng.below(9), self.rng.below(20_000) as u64);
        let mut pending = false;
        let place = &mut pending;
        // SAFETY: `place` is a place.
        let (c, rust) = unsafe {
            match self.rng.below(2) {
                0 => (
                    tillsense_step(self.c, ops as u32, place),
                    self.rust.step(ops),
                ),
                _ => (
                    tillsense_step_within(self.c, work, place),
                    self.rust.step_within(work),
                ),
            }
        };
        assert_eq!((c, pending), (Status::Ok, rust == Progress::Pending));
    }

    /// What no session of Rust can be given.
    fn wrong(&mut self, input: usize) {
        let (session, number) = (self.c, input as u32);
        let sound = self.sample.sound.as_ptr();
        let value = types::Value {
            kind: 3 + self.rng.below(1000) as i32,
            number: 0,
            name: null(),
            name_len: 9,
        };
        let name = types::Value {
            kind: Kind::Name as i32,
            ..value
        };
        let mut found = 0;
        // SAFETY: what is no place is null, misaligned or the session's own.
        let (status, expected) = unsafe {
            match self.rng.below(7) {
                0 => (
                    tillsense_push_image(session, number, null(), 120),
                    Status::ErrorNullPointer,
                ),
                1 => (
                    tillsense_push_audio(session, number, sound.byte_add(1), 9),
                    Status::ErrorMisalignedPointer,
                ),
                2 => (
                    tillsense_push_text(session, number, session.cast(), 9),
                    Status::ErrorOverlap,
                ),
                3 => (
                    tillsense_push_record(session, number, &value, 1),
                    Status::ErrorValueKind,
                ),
                4 => (
                    tillsense_begin_record(session, number, &name, 1),
                    Status::ErrorNullPointer,
                ),
                5 => (
                    tillsense_push_tensor(session, number, sound.cast(), usize::MAX),
                    Status::ErrorLength,
                ),
                _ => (
                    tillsense_find_input(session, c"\xff".as_ptr(), 1, &mut found),
                    Status::ErrorNotUtf8,
                ),
            }
        };
        assert_eq!(status, expected);
    }

    /// Answers and names of both.
    fn compare(&self) {
        let model = self.rust.model();
        for head in 0..3 {
            let (mut at, mut len) = (null(), 0);
            // SAFETY: both are places.
            let c = unsafe { tillsense_values(self.c, head as u32, &mut at, &mut len) };
            let expected = match (model.head(head), self.rust.scores(head)) {
                (None, _) => Status::ErrorNoSuchHead,
                (_, None) => Status::ErrorNotRun,
                (_, Some(scores)) => {
                    // SAFETY: the call has answered with them.
                    let values = unsafe { core::slice::from_raw_parts(at, len) };
                    assert_eq!(values, scores);
                    Status::Ok
                }
            };
            assert_eq!(c, expected);
            self.compare_verdict(head);
        }
    }

    fn compare_verdict(&self, head: usize) {
        let mut name = types::Text::NONE;
        let mut verdict = types::Verdict {
            class_number: 0,
            score: 0,
            defer: false,
            scores: null(),
            classes: 0,
            name,
        };
        // SAFETY: both are places.
        let (c, _) = unsafe {
            (
                tillsense_verdict(self.c, head as u32, &mut verdict),
                tillsense_input_name(self.c, 0, &mut name),
            )
        };
        let Some(expected) = self.rust.verdict(head) else {
            assert_ne!(c, Status::Ok);
            return;
        };
        assert_eq!(c, Status::Ok);
        assert_eq!(
            (verdict.class_number, verdict.score, verdict.defer),
            (expected.class, expected.score, expected.defer)
        );
        assert_eq!(verdict.classes, expected.scores.len());
        for (text, expected) in [
            (verdict.name, expected.name()),
            (name, self.rust.model().input(0).unwrap().name),
        ] {
            // SAFETY: the calls have answered with them.
            let text = unsafe { core::slice::from_raw_parts(text.at.cast::<u8>(), text.len) };
            assert_eq!(text, expected.as_bytes());
        }
    }
}

fn of_c(value: &Value<'static>) -> types::Value {
    let (kind, number, name) = match *value {
        Value::Missing => (Kind::Missing, 0, ""),
        Value::Number(number) => (Kind::Number, number, ""),
        Value::Name(name) => (Kind::Name, 0, name),
    };
    types::Value {
        kind: kind as i32,
        number,
        name: name.as_ptr().cast(),
        name_len: name.len(),
    }
}
