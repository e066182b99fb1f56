//! Fits the frontends of a model to the training part of its data.

use anyhow::{Result, anyhow};
use tillsense_compiler::frontend::tables::audio::{AudioSpec, AudioTables};
use tillsense_compiler::frontend::tables::image_table;
use tillsense_compiler::frontend::tables::record::FittedField;
use tillsense_compiler::frontend::{Frontend, ImageFrontend, NORMALISED, PIXEL, RecordFrontend};
use tillsense_compiler::network::builder::{BuildError, Facts};
use tillsense_compiler::network::description::{
    AudioSource, ImageSource, Input, Keep, SequenceSource, Source, Spec,
};

use crate::data::tasks::{InputKind, TaskData};
use crate::data::{Column, ColumnKind};

/// Fits the frontends of all inputs of a description to the training part of its task.
pub fn fit(spec: &Spec, data: &TaskData) -> Result<Vec<Frontend>, BuildError> {
    let fit = |input: &Input| {
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

/// Facts that the frontends and the task tell the graph builder.
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

/// A fault of an input: the field (empty for the input itself) and the remedy.
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
        (
            Source::Image(s),
            InputKind::Image {
                height,
                width,
                channels,
            },
        ) => Ok(Frontend::Image(fit_image(s, [height, width], channels)?)),
        (Source::Audio(s), InputKind::Audio { sample_rate }) => fit_audio(s, sample_rate, data),
        (Source::Text(s), InputKind::Text) => Ok(Frontend::Text(*s)),
        (Source::Record, InputKind::Record) => {
            let one = SequenceSource {
                max_steps: 1,
                keep: Keep::Last,
            };
            Ok(Frontend::Record(fit_record(name, one, data).map_err(rows)?))
        }
        (Source::Sequence(s), InputKind::Sequence) => Ok(Frontend::Sequence(
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

/// Fits the sound frontend to the training clips, which must have the source's sampling rate.
fn fit_audio(source: &AudioSource, given: u32, data: &TaskData) -> Result<Frontend, Fault> {
    if source.sample_rate != given as usize {
        return Err((
            "sample_rate",
            format!(
                "is {}, but the clips have {given}; set sample_rate = {given}",
                source.sample_rate
            ),
        ));
    }
    let spec = AudioSpec {
        sample_rate: source.sample_rate as u16,
        frame_len: source.frame as u16,
        hop: source.hop as u16,
        bands: source.bands as u8,
        stack: source.stack as u8,
        max_steps: source.max_steps as u16,
        level: source.level,
        low_hz: 60.0,
        high_hz: source.sample_rate as f64 / 2.0,
    };
    let tables = AudioTables::fit(&spec, data.training_clips(), f64::from(NORMALISED.scale));
    Ok(Frontend::Audio { spec, tables })
}

/// Pictures of three channels may be read as grey, not the other way round.
fn fit_image(
    source: &ImageSource,
    given: [usize; 2],
    channels: usize,
) -> Result<ImageFrontend, Fault> {
    if source.channels > channels {
        return Err((
            "channels",
            "the pictures of this task are grey; set channels = 1".to_owned(),
        ));
    }
    let [h, w] = source.size;
    Ok(ImageFrontend {
        source: given,
        source_channels: channels,
        output: [h, w, source.channels],
        table: image_table(0.0, 1.0, PIXEL),
        fit: source.fit,
    })
}

fn fit_record(name: &str, source: SequenceSource, data: &TaskData) -> Result<RecordFrontend> {
    let table = data
        .training_table(name)
        .ok_or_else(|| anyhow!("the task has no records of this name"))?;
    let step = f64::from(NORMALISED.scale);
    let column = |index: usize| (0..table.len()).map(move |row| &table.row(row)[index]);
    let field = |(index, column_of): (usize, &Column)| match column_of.kind {
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
