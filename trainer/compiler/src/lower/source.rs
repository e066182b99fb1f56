//! Frontends: their parameters in the model file, and whether they make what the graph reads.

use tillsense_core::frontend::{audio, record};
use tillsense_core::model::records::{
    AudioParams, FieldKind, Ids, ImageParams, RecordParams, Source, Span, TextParams, View,
};

use super::blobs::Blobs;
use super::program::{Home, PartId, Program};
use crate::frontend::tables::audio::{AudioSpec, AudioTables};
use crate::frontend::{Frontend, ImageFrontend, RecordFrontend};
use crate::network::description::TextSource;

/// Longest name of an unknown category that a terminal must have room for.
const UNKNOWN_NAME: usize = 24;

/// What a frontend writes.
#[derive(Clone, Copy, Debug)]
pub(super) enum FrontendOutput {
    /// Features of one piece.
    Features(View),
    /// Ids.
    Ids(Ids),
}

/// Adds frontends to a program.
pub(super) struct Sources<'a> {
    /// Constants.
    pub blobs: &'a mut Blobs,
    /// Field records of all inputs.
    pub fields: &'a mut Vec<u8>,
    /// Values.
    pub program: &'a mut Program,
}

impl Sources<'_> {
    /// The record of a frontend that writes `made`; `None` where it makes something else.
    ///
    /// `steps` is how many steps the graph has room for.
    pub(super) fn add(
        &mut self,
        frontend: &Frontend,
        made: FrontendOutput,
        steps: usize,
        part: PartId,
    ) -> Option<Source> {
        match (frontend, made) {
            (Frontend::Image(image), FrontendOutput::Features(output)) => {
                self.image(image, output).map(Source::Image)
            }
            (Frontend::Audio { spec, tables }, FrontendOutput::Features(output)) => {
                let fits = steps == usize::from(spec.max_steps);
                fits.then(|| self.audio(spec, tables, output, part))
                    .flatten()
                    .map(Source::Audio)
            }
            (Frontend::Text(source), FrontendOutput::Ids(ids)) => {
                self.text(source, ids, part).map(Source::Text)
            }
            (Frontend::Record(record), FrontendOutput::Features(output)) => {
                let fits = record.max_steps == 1;
                fits.then(|| self.record(record, output))
                    .flatten()
                    .map(Source::Record)
            }
            (Frontend::Sequence(record), FrontendOutput::Features(output)) => {
                let fits = record.max_steps == steps;
                fits.then(|| self.record(record, output))
                    .flatten()
                    .map(Source::Sequence)
            }
            _ => None,
        }
    }

    fn image(&mut self, image: &ImageFrontend, output: View) -> Option<ImageParams> {
        let shape = [output.h, output.w, output.c].map(usize::from);
        let fits = shape == image.output && image.source.iter().all(|&n| n <= u16::MAX.into());
        let table = self.blobs.weights(&image.table);
        fits.then(|| ImageParams {
            output,
            ..image.params(table)
        })
    }

    fn audio(
        &mut self,
        spec: &AudioSpec,
        tables: &AudioTables,
        output: View,
        part: PartId,
    ) -> Option<AudioParams> {
        let mut params = tables.params(spec, |bytes| self.blobs.bytes(bytes, 4));
        let fits = output.len() == params.output.len();
        params.output = output;
        params.state = self.span(audio::state_len(&params), Home::Kept);
        params.scratch = self.span(audio::scratch_len(&params), Home::Work(part));
        fits.then_some(params)
    }

    fn text(&mut self, source: &TextSource, ids: Ids, part: PartId) -> Option<TextParams> {
        let scratch = Span {
            offset: self.program.add(source.max_bytes, 1, Home::Work(part)) as u32,
            len: source.max_bytes as u32,
        };
        let params = TextParams {
            form: source.form,
            buckets: u16::try_from(source.buckets).ok()?,
            max_bytes: u16::try_from(source.max_bytes).ok()?,
            ids,
            scratch,
        };
        (usize::from(ids.max) == source.max_ids).then_some(params)
    }

    fn record(&mut self, record: &RecordFrontend, output: View) -> Option<RecordParams> {
        let section = record.section();
        let fields = Span {
            offset: self.fields.len() as u32,
            len: section.len() as u32,
        };
        self.fields.extend(section);
        let params = RecordParams {
            field_count: u8::try_from(record.fields.len()).ok()?,
            fields,
            output,
            max_steps: u16::try_from(record.max_steps).ok()?,
            keep: record.keep.into(),
        };
        (record.width() == output.len()).then_some(params)
    }

    fn span(&mut self, len: usize, home: Home) -> Span {
        Span {
            offset: self.program.add(len, 4, home) as u32,
            len: len as u32,
        }
    }
}

/// Bytes of the largest thing that is pushed to this frontend at once: a picture, a text, or a record as it crosses the
/// link (postcard of its values). Sound is pushed in pieces of any size.
pub(super) fn largest_push(frontend: &Frontend) -> usize {
    match frontend {
        Frontend::Image(image) => image.source_len(),
        Frontend::Audio { .. } => 0,
        Frontend::Text(source) => source.max_bytes,
        Frontend::Record(record) | Frontend::Sequence(record) => {
            let fields = record.fields.iter();
            let values: usize = fields.map(|f| largest_value(&f.field().kind)).sum();
            // Their number comes first.
            2 + values
        }
    }
}

/// A tag, then a number of at most 5 bytes, or a name with its length.
fn largest_value(kind: &FieldKind<'_>) -> usize {
    match kind {
        FieldKind::Number { .. } => 1 + 5,
        FieldKind::Category { names, .. } => {
            let longest = record::names(names).map(str::len).max().unwrap_or(0);
            1 + 2 + longest.max(UNKNOWN_NAME)
        }
    }
}
