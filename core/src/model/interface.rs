//! The interface digest: one number for all that an application is compiled against.
//!
//! Two models have the same one where an application that feeds and reads the first can do so with the second: their inputs have
//! the same names, kinds and forms, their heads the same names and answers. Weights, fitted tables, the names of a category (they are
//! pushed as text), and how much of a text or of a sequence is read do not count, so a model that is trained again keeps it.
//!
//! `docs/MODEL-FORMAT.md` lists what is hashed. A loader does not compute it: it is sealed with the file like everything else. Host
//! tools do, and refuse a file that states another one.

use crate::frontend::record;
use crate::model::Records;
use crate::model::header::DIGEST_LEN;
use crate::model::records::{
    Answer, Body, FieldKind, Head, Input, RecordParams, Scale, Source, View,
};
use crate::model::sha256::Hasher;

/// SHA-256 of a body's interface.
pub fn digest(body: &Body<'_>) -> [u8; DIGEST_LEN] {
    let mut list = List(Hasher::new());
    list.number(body.input_count.into());
    for input in Records::<Input<'_>>::new(body.inputs) {
        list.text(input.name);
        list.source(&input.source, body.fields);
    }
    list.number(body.head_count.into());
    for head in Records::<Head<'_>>::new(body.heads) {
        list.head(&head);
    }
    list.0.finish()
}

/// The list that is hashed: numbers of four bytes, and texts behind their length.
struct List(Hasher);

impl List {
    fn number(&mut self, number: u32) {
        self.0.update(&number.to_le_bytes());
    }

    fn numbers<const N: usize>(&mut self, numbers: [u32; N]) {
        numbers.into_iter().for_each(|number| self.number(number));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u32);
        self.0.update(text.as_bytes());
    }

    /// The kind of an input and what its pushes must look like.
    fn source(&mut self, source: &Source, fields: &[u8]) {
        match source {
            Source::Image(p) => {
                self.numbers([0, p.source_h.into(), p.source_w.into(), p.source_c.into()]);
            }
            Source::Audio(p) => self.numbers([1, p.sample_rate.into()]),
            Source::Text(_) => self.number(2),
            Source::Record(p) => self.records(3, p, fields),
            Source::Sequence(p) => self.records(4, p, fields),
            Source::Tensor(p) => {
                self.number(5);
                self.tensor(&p.output, p.scale);
            }
        }
    }

    fn records(&mut self, kind: u32, params: &RecordParams, section: &[u8]) {
        self.number(kind);
        self.number(params.field_count.into());
        for field in record::fields(params, section) {
            self.text(field.name);
            match field.kind {
                FieldKind::Number { decimals, .. } => self.numbers([0, decimals.into()]),
                FieldKind::Category { .. } => self.number(1),
            }
        }
    }

    fn head(&mut self, head: &Head<'_>) {
        self.text(head.name);
        match head.answer {
            Answer::Classes { names, .. } => {
                self.numbers([0, record::name_count(names) as u32]);
                record::names(names).for_each(|name| self.text(name));
            }
            Answer::Tensor { scale } => {
                self.number(1);
                self.tensor(&head.scores, scale);
            }
        }
    }

    fn tensor(&mut self, view: &View, scale: Scale) {
        self.numbers([view.h, view.w, view.c].map(u32::from));
        let real = [scale.multiplier, scale.shift.into(), view.zero_point.into()];
        self.numbers(real.map(i32::cast_unsigned));
    }
}
