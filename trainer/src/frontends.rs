//! The frontends of a model, fitted to training data, and the features that `core` makes with them.

use anyhow::{Result, anyhow, bail, ensure};
use tillsense_core::engine::PushError;
use tillsense_core::frontend::text::TextError;
use tillsense_core::frontend::{image, record, text};
use tillsense_core::model::records::{
    Blob, FieldKind, Ids, ImageParams, RecordParams, Span, TextParams, View,
};
use tillsense_core::tensor::Weights;

use crate::aligned::Aligned;
use crate::build::{BuildError, Facts, InputFacts};
use crate::data::ColumnKind;
use crate::frontend_tables::audio::{AudioFrontend, AudioSpec, AudioTables};
use crate::frontend_tables::image_table;
use crate::frontend_tables::record::FittedField;
use crate::graph::Quant;
use crate::sample::{Raw, values};
use crate::spec::{ImageSource, Keep, SequenceSource, Source, Spec, TextSource};
use crate::task::{Kind, TaskData};

/// Pixels are stored as byte - 128: exact, and 0 to 1 in real numbers.
const PIXEL: Quant = Quant {
    scale: 1.0 / 255.0,
    zero_point: -128,
};
/// Sound and records have mean (or median) 0 and deviation 1; a step is 1/32 of it, the range -4 to 4.
const NORMALISED: Quant = Quant {
    scale: 1.0 / 32.0,
    zero_point: 0,
};

/// The frontend of one input with all that it needs.
#[derive(Clone, Debug)]
pub enum Frontend {
    /// A picture.
    Image(ImageFrontend),
    /// Sound.
    Audio {
        /// Settings.
        spec: AudioSpec,
        /// Designed and fitted tables.
        tables: AudioTables,
    },
    /// A text.
    Text(TextSource),
    /// One record.
    Record(RecordFrontend),
    /// A sequence of records.
    Sequence(RecordFrontend),
}

/// Settings of the picture frontend: the whole picture, resized.
#[derive(Clone, Debug)]
pub struct ImageFrontend {
    /// Rows and columns given.
    pub source: [usize; 2],
    /// Rows, columns and channels of the features.
    pub output: [usize; 3],
    /// Byte to stored value.
    pub table: [i8; 256],
}

/// Fields fitted to training rows.
#[derive(Clone, Debug)]
pub struct RecordFrontend {
    /// In the order of the schema.
    pub fields: Vec<FittedField>,
    /// Records taken.
    pub max_steps: usize,
    /// Which ones, of more.
    pub keep: Keep,
}

/// The features of one input of one sample, as the frontend stores them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Features {
    /// The input is missing.
    #[default]
    Absent,
    /// All values.
    Whole(Vec<i8>),
    /// Step after step.
    Steps(Vec<i8>),
    /// Hashed ids.
    Ids(Vec<u16>),
}

/// Fits the frontends of all inputs of a description to the training part of its task.
pub fn fit(spec: &Spec, data: &TaskData) -> Result<Vec<Frontend>, BuildError> {
    let fit = |input: &crate::spec::Input| {
        fit_input(&input.name, &input.source, data).map_err(|(field, problem)| {
            let field = format!("inputs.{}.{field}", input.name);
            BuildError {
                field: field.trim_end_matches('.').to_owned(),
                problem,
            }
        })
    };
    spec.inputs.iter().map(fit).collect()
}

/// What the frontends and the task say to the graph builder.
pub fn facts(spec: &Spec, frontends: &[Frontend], data: &TaskData) -> Facts {
    let inputs = spec.inputs.iter().zip(frontends);
    let inputs = inputs.map(|(input, frontend)| (input.name.clone(), frontend.facts()));
    let heads = data.heads().into_iter();
    Facts {
        inputs: inputs.collect(),
        heads: heads
            .map(|head| (head.name.to_owned(), head.classes))
            .collect(),
    }
}

impl Frontend {
    /// Width and quantisation of the features.
    pub fn facts(&self) -> InputFacts {
        let (width, quant) = match self {
            Frontend::Image(image) => (image.output.iter().product(), PIXEL),
            Frontend::Audio { spec, .. } => (
                usize::from(spec.stack) * usize::from(spec.bands),
                NORMALISED,
            ),
            Frontend::Text(_) => (0, NORMALISED),
            Frontend::Record(r) | Frontend::Sequence(r) => (r.width(), NORMALISED),
        };
        InputFacts { width, quant }
    }

    /// Makes a maker of features, which has memory of its own; use one for each thread.
    pub fn maker(&self) -> Maker {
        match self {
            Frontend::Image(image) => Maker::Image(
                Box::new(image.clone()),
                Aligned::from(bytemuck::cast_slice(&image.table)),
            ),
            Frontend::Audio { spec, tables } => {
                Maker::Audio(Box::new(AudioFrontend::new(spec, tables)))
            }
            Frontend::Text(source) => Maker::Text(text_params(source)),
            Frontend::Record(r) => Maker::Record(r.params(), r.section()),
            Frontend::Sequence(r) => Maker::Sequence(r.params(), r.section()),
        }
    }
}

impl RecordFrontend {
    /// Stored values of a record.
    pub fn width(&self) -> usize {
        self.fields
            .iter()
            .map(|f| record::width(&f.field().kind))
            .sum()
    }

    /// Which of a record's stored values are numbers; the others say which of several names, or that a field is missing.
    pub fn numbers(&self) -> Vec<bool> {
        let of = |f: &FittedField| match f.field().kind {
            FieldKind::Number { flag: false, .. } => vec![true],
            FieldKind::Number { flag: true, .. } => vec![true, false],
            kind => vec![false; record::width(&kind)],
        };
        self.fields.iter().flat_map(of).collect()
    }

    /// The field records, one after the other.
    pub fn section(&self) -> Vec<u8> {
        let bytes =
            |f: &FittedField| postcard::to_allocvec(&f.field()).expect("a field is plain data");
        self.fields.iter().flat_map(bytes).collect()
    }

    /// The record's parameters with its fields at the start of a section.
    fn params(&self) -> RecordParams {
        RecordParams {
            field_count: self.fields.len() as u8,
            fields: Span {
                offset: 0,
                len: self.section().len() as u32,
            },
            output: vector(self.width()),
            max_steps: self.max_steps as u16,
        }
    }
}

/// Makes features with the frontends of `core`.
pub enum Maker {
    /// Pictures; the bytes are the table.
    Image(Box<ImageFrontend>, Aligned),
    /// Sound.
    Audio(Box<AudioFrontend>),
    /// Texts.
    Text(TextParams),
    /// Records; the bytes are the fields.
    Record(RecordParams, Vec<u8>),
    /// Sequences of records; the bytes are the fields.
    Sequence(RecordParams, Vec<u8>),
}

impl Maker {
    /// The features of one input; absence where there is nothing to read, as in a session.
    pub fn features(&mut self, raw: &Raw<'_>) -> Result<Features> {
        Ok(match self.made(raw)? {
            Features::Steps(values) if values.is_empty() => Features::Absent,
            Features::Ids(ids) if ids.is_empty() => Features::Absent,
            made => made,
        })
    }

    fn made(&mut self, raw: &Raw<'_>) -> Result<Features> {
        match (self, raw) {
            (_, Raw::Absent) => Ok(Features::Absent),
            (Maker::Image(frontend, table), Raw::Image(pixels)) => {
                let params = frontend.params(Blob {
                    offset: 0,
                    len: 256,
                });
                let mut output = vec![0; params.output.len()];
                image::run(&params, &Weights::new(table), pixels, &mut output)
                    .map_err(|e| anyhow!("{e}"))?;
                Ok(Features::Whole(output))
            }
            (Maker::Audio(frontend), Raw::Audio(samples)) => {
                Ok(Features::Steps(frontend.features(samples).concat()))
            }
            (Maker::Text(params), Raw::Text(text)) => {
                let mut scratch = vec![0; params.scratch.len as usize];
                let mut ids = vec![0; usize::from(params.ids.max)];
                match text::run(params, text.as_bytes(), &mut scratch, &mut ids) {
                    Ok(count) => ids.truncate(count),
                    Err(TextError::Empty) => ids.clear(),
                }
                Ok(Features::Ids(ids))
            }
            (Maker::Record(params, section), Raw::Record(cells)) => {
                Ok(Features::Whole(one_record(params, section, cells)?))
            }
            (Maker::Sequence(params, section), Raw::Sequence(records)) => {
                ensure!(
                    records.len() <= usize::from(params.max_steps),
                    "{}",
                    PushError::TooManySteps
                );
                let steps = records
                    .iter()
                    .map(|cells| one_record(params, section, cells));
                Ok(Features::Steps(steps.collect::<Result<Vec<_>>>()?.concat()))
            }
            _ => bail!("the data are of another kind than the input"),
        }
    }
}

impl ImageFrontend {
    /// The frontend's parameters with its table at `table` and its output at the start of the arena.
    pub fn params(&self, table: Blob) -> ImageParams {
        let size = (self.source[0] as u16, self.source[1] as u16);
        let [h, w, c] = self.output.map(|n| n as u16);
        ImageParams {
            source_h: size.0,
            source_w: size.1,
            source_c: 1,
            crop_at: (0, 0),
            crop_size: size,
            output: View {
                offset: 0,
                h,
                w,
                c,
                zero_point: PIXEL.zero_point as i8,
            },
            table,
        }
    }
}

/// What does not fit: the field of the input (empty for the input itself), and how to mend it.
type Fault = (&'static str, String);

fn fit_input(name: &str, source: &Source, data: &TaskData) -> Result<Frontend, Fault> {
    let kind = data.kind(name).ok_or_else(|| {
        (
            "name",
            format!(
                "the task has no such input; it has {}",
                data.input_names().join(", ")
            ),
        )
    })?;
    let rows = |error: anyhow::Error| ("", format!("the training rows: {error:#}"));
    match (source, kind) {
        (Source::Image(s), Kind::Image { height, width }) => {
            Ok(Frontend::Image(fit_image(s, [height, width])?))
        }
        (Source::Audio(s), Kind::Audio { sample_rate }) => {
            if s.sample_rate != sample_rate as usize {
                return Err((
                    "sample_rate",
                    format!(
                        "is {}, but the clips have {sample_rate}; set sample_rate = {sample_rate}",
                        s.sample_rate
                    ),
                ));
            }
            let spec = AudioSpec {
                sample_rate: s.sample_rate as u16,
                frame_len: s.frame as u16,
                hop: s.hop as u16,
                bands: s.bands as u8,
                stack: s.stack as u8,
                max_steps: s.max_steps as u16,
                level: s.level,
                low_hz: 60.0,
                high_hz: s.sample_rate as f64 / 2.0,
            };
            let tables =
                AudioTables::fit(&spec, data.training_clips(), f64::from(NORMALISED.scale));
            Ok(Frontend::Audio { spec, tables })
        }
        (Source::Text(s), Kind::Text) => Ok(Frontend::Text(*s)),
        (Source::Record, Kind::Record) => {
            let one = SequenceSource {
                max_steps: 1,
                keep: Keep::Last,
            };
            Ok(Frontend::Record(fit_record(name, one, data).map_err(rows)?))
        }
        (Source::Sequence(s), Kind::Sequence) => Ok(Frontend::Sequence(
            fit_record(name, *s, data).map_err(rows)?,
        )),
        (source, kind) => Err((
            "kind",
            format!(
                "is \"{}\", but the task gives \"{}\"; set kind = \"{1}\"",
                source.kind(),
                kind.name()
            ),
        )),
    }
}

fn fit_image(source: &ImageSource, given: [usize; 2]) -> Result<ImageFrontend, Fault> {
    if source.channels != 1 {
        return Err((
            "channels",
            "the pictures of this task are grey; set channels = 1".to_owned(),
        ));
    }
    let [h, w] = source.size;
    Ok(ImageFrontend {
        source: given,
        output: [h, w, 1],
        table: image_table(0.0, 1.0, PIXEL),
    })
}

fn fit_record(name: &str, source: SequenceSource, data: &TaskData) -> Result<RecordFrontend> {
    let table = data
        .training_table(name)
        .ok_or_else(|| anyhow!("the task has no records of this name"))?;
    let step = f64::from(NORMALISED.scale);
    let column = |index: usize| (0..table.len()).map(move |row| &table.row(row)[index]);
    let field = |(index, column_of): (usize, &crate::data::Column)| match column_of.kind {
        ColumnKind::Number { decimals } => {
            let numbers: Vec<_> = column(index).map(|cell| cell.number()).collect();
            Ok(FittedField::number(
                column_of.name,
                decimals,
                &numbers,
                step,
            ))
        }
        ColumnKind::Category(_) => {
            let names: Vec<_> = column(index)
                .map(|cell| cell.name().unwrap_or(""))
                .collect();
            FittedField::category(column_of.name, &names, step)
        }
    };
    let fields = table
        .columns
        .iter()
        .enumerate()
        .map(field)
        .collect::<Result<_>>()?;
    Ok(RecordFrontend {
        fields,
        max_steps: source.max_steps,
        keep: source.keep,
    })
}

/// The parameters of a text frontend with ids and scratch at the start of the arena.
pub fn text_params(source: &TextSource) -> TextParams {
    TextParams {
        form: source.form,
        buckets: source.buckets as u16,
        max_bytes: source.max_bytes as u16,
        ids: Ids {
            offset: 0,
            max: source.max_ids as u16,
        },
        scratch: Span {
            offset: 0,
            len: source.max_bytes as u32,
        },
    }
}

fn one_record(
    params: &RecordParams,
    section: &[u8],
    cells: &[crate::data::Cell],
) -> Result<Vec<i8>> {
    let mut output = vec![0; params.output.len()];
    record::run(params, section, &values(cells), &mut output).map_err(|e| anyhow!("{e}"))?;
    Ok(output)
}

fn vector(width: usize) -> View {
    View {
        offset: 0,
        h: 1,
        w: 1,
        c: width as u16,
        zero_point: 0,
    }
}
