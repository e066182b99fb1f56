//! Fits the frontends of a model to the training part of its data.

use anyhow::Result;
use tillsense_compiler::frontend::tables::audio::{AudioSpec, AudioTables};
use tillsense_compiler::frontend::tables::image_table;
use tillsense_compiler::frontend::tables::record::FittedField;
use tillsense_compiler::frontend::{Frontend, ImageFrontend, NORMALISED, PIXEL, RecordFrontend};
use tillsense_compiler::network::builder::{BuildError, Facts};
use tillsense_compiler::network::description::{
    AudioSource, ImageSource, Input, Keep, SequenceSource, Source, Spec,
};
use tillsense_compiler::run::sample::Raw;

use crate::data::dataset::{Dataset, FieldType, InputKind};

/// Fits the frontends of all inputs of a description to the training part of its data.
pub fn fit(spec: &Spec, data: &Dataset) -> Result<Vec<Frontend>, BuildError> {
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

/// Facts that the frontends and the data tell the graph builder.
pub fn facts(spec: &Spec, frontends: &[Frontend], data: &Dataset) -> Facts {
    let inputs = spec.inputs.iter().zip(frontends);
    let inputs = inputs.map(|(input, frontend)| (input.name.clone(), frontend.facts()));
    let heads = data.heads().iter();
    Facts {
        inputs: inputs.collect(),
        heads: heads
            .map(|head| (head.name.clone(), head.classes.clone()))
            .collect(),
    }
}

/// A fault of an input: the field (empty for the input itself) and the remedy.
type Fault = (&'static str, String);

fn fit_input(name: &str, source: &Source, data: &Dataset) -> Result<Frontend, Fault> {
    let place = data.input(name).ok_or_else(|| {
        let names: Vec<_> = data.inputs().iter().map(|i| i.name.as_str()).collect();
        let problem = format!(
            "the data have no such input; they have {}",
            names.join(", ")
        );
        ("name", problem)
    })?;
    let rows = |error: anyhow::Error| ("", format!("the training rows: {error:#}"));
    let one = SequenceSource {
        max_steps: 1,
        keep: Keep::Last,
    };
    match (source, data.inputs()[place].kind) {
        (
            Source::Image(s),
            InputKind::Image {
                height,
                width,
                channels,
            },
        ) => Ok(Frontend::Image(fit_image(s, [height, width], channels)?)),
        (Source::Audio(s), InputKind::Audio { sample_rate }) => {
            fit_audio(s, sample_rate, place, data)
        }
        (Source::Text(s), InputKind::Text) => Ok(Frontend::Text(*s)),
        (Source::Record, InputKind::Record) => Ok(Frontend::Record(
            fit_record(place, one, data).map_err(rows)?,
        )),
        (Source::Sequence(s), InputKind::Sequence) => Ok(Frontend::Sequence(
            fit_record(place, *s, data).map_err(rows)?,
        )),
        (source, kind) => Err((
            "kind",
            format!(
                "is \"{}\", but the data give \"{}\"; set kind = \"{1}\"",
                source.kind(),
                kind.name()
            ),
        )),
    }
}

/// Fits the sound frontend to the training clips, which must have the source's sampling rate.
fn fit_audio(
    source: &AudioSource,
    given: u32,
    place: usize,
    data: &Dataset,
) -> Result<Frontend, Fault> {
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
    let clips = data.training_rows(place).filter_map(|raw| match raw {
        Raw::Audio(samples) => Some(samples),
        _ => None,
    });
    let tables = AudioTables::fit(&spec, clips, f64::from(NORMALISED.scale));
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
            "the pictures of these data are grey; set channels = 1".to_owned(),
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

/// The cells of one field in the training rows.
enum Cells<'a> {
    Numbers(Vec<Option<i32>>),
    Names(Vec<&'a str>),
}

fn fit_record(place: usize, source: SequenceSource, data: &Dataset) -> Result<RecordFrontend> {
    let fields = &data.inputs()[place].fields;
    let mut columns: Vec<Cells<'_>> = fields
        .iter()
        .map(|field| match field.kind {
            FieldType::Number { .. } => Cells::Numbers(Vec::new()),
            FieldType::Category => Cells::Names(Vec::new()),
        })
        .collect();
    for raw in data.training_rows(place) {
        let records = match raw {
            Raw::Record(record) => vec![record],
            Raw::Sequence(records) => records,
            _ => Vec::new(),
        };
        for record in records {
            for (column, cell) in columns.iter_mut().zip(record) {
                match column {
                    Cells::Numbers(numbers) => numbers.push(cell.number()),
                    Cells::Names(names) => names.push(cell.name().unwrap_or("")),
                }
            }
        }
    }
    let step = f64::from(NORMALISED.scale);
    let fitted = fields
        .iter()
        .zip(columns)
        .map(|(field, cells)| match cells {
            Cells::Numbers(numbers) => {
                let (decimals, log) = field.kind.number();
                Ok(FittedField::number(
                    &field.name,
                    decimals,
                    &numbers,
                    log,
                    step,
                ))
            }
            Cells::Names(names) => FittedField::category(&field.name, &names, step),
        });
    Ok(RecordFrontend {
        fields: fitted.collect::<Result<_>>()?,
        max_steps: source.max_steps,
        keep: source.keep,
    })
}
