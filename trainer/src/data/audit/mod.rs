//! The audit of data before any training: what is in them, and what is wrong with them.
//!
//! Samples are looked at one after the other, and what is kept of each is a digest and a mark, so that memory stays flat. The findings
//! of reading ([`crate::data::own`]) stand in the same report.
//!
//! - `counts`: samples, classes and absent inputs of each part, classes that are rare or of other shares in the test part;
//! - `copies`: exact copies, and by `likeness` near ones;
//! - `columns` and `fields`: columns that say nothing, or too much, groups, drift; of sequences by `summaries`;
//! - `media`: what pictures and recordings were like;
//! - what the frontends cannot take of a sample, and what no model file of the description can hold.

mod columns;
mod copies;
mod counts;
mod fields;
mod likeness;
mod media;
pub mod shares;
mod summaries;

use anyhow::Result;
use tillsense_compiler::frontend::{Frontend, Taken};
use tillsense_compiler::lower::untrained::require_exportable;
use tillsense_compiler::network::builder::build;
use tillsense_compiler::network::description::{Origin, Spec};
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::words::grouped;

use self::copies::Copies;
pub use self::copies::Pair;
pub use self::counts::{ClassCount, Counts, HeadCount, InputCount, Parts};
use self::fields::Fields;
use super::dataset::{Dataset, Subset};
use super::input_map::InputMap;
use super::own::{self, Level, OwnData, Part, Report};
use super::rows::profile::damage;
use super::{DataSource, LEAST_TRAINED, fit};

/// Part of the texts of an input that may be longer than its limits without a warning: those that `new` leaves out.
const LONG: f64 = 0.02;

/// Called with each sample, its part and its number in it.
pub type Watch<'a> = dyn FnMut(&Dataset, (Part, usize), &Sample<'_>) + 'a;

/// What was found.
#[derive(Debug)]
pub struct Audit {
    /// What there is in each part.
    pub counts: Counts,
    /// What is wrong or worth knowing.
    pub report: Report,
    /// The copies that the report names.
    pub copies: Vec<Pair>,
    /// The samples.
    pub data: Dataset,
}

/// Looks at the data of a description, and shows each sample to `watch` on the way, with its part and its number.
pub fn audit(spec: &Spec, source: &DataSource, watch: &mut Watch<'_>) -> Result<Audit> {
    let (data, mut report) = match spec.data.origin.is_own() {
        true => own(spec, source)?,
        false => (Dataset::load(spec, source)?, Report::default()),
    };
    let sound = report.count(Level::Error) == 0 && !data.is_empty(Subset::Train);
    let frontends = match sound {
        true => limits(spec, &data, &mut report),
        false => None,
    };
    let mut seen = Seen {
        counts: Counts::of(&data),
        copies: Copies::new(data.inputs().len()),
        fields: Fields::of(&data),
        taken: vec![[0; 3]; spec.inputs.len()],
    };
    // Compositions use a row in several samples, which is no fault.
    let composed = matches!(spec.data.origin, Origin::Composition(_));
    for subset in [Subset::Train, Subset::Test] {
        for index in 0..data.len(subset) {
            let part = match (subset, data.held_out(index)) {
                (Subset::Test, _) => Part::Test,
                (_, Some(true)) => Part::Valid,
                _ => Part::Train,
            };
            let sample = data.sample(subset, index);
            seen.counts.take(part, &sample);
            watch(&data, (part, index), &sample);
            if !composed {
                seen.copies.take(&data, (part, index), &sample);
                seen.fields.take((part, index), &sample);
                damaged(&data, (subset, index), &sample, &mut report);
            }
            if let Some((frontends, order)) = &frontends {
                seen.fed(sample, frontends, order);
            }
        }
    }
    seen.counts.report(spec, &mut report);
    let trained = seen.counts.samples.train;
    if trained < LEAST_TRAINED as u64 {
        report.error(
            "too_few",
            format!("{trained} samples are left to train on, and at least {LEAST_TRAINED} must be; add samples"),
        );
    }
    let mut copies = Vec::new();
    if !composed {
        seen.fields.report(&data, &mut report);
        copies = seen.copies.report(&data, &mut report);
    }
    taken(spec, &seen.taken, &mut report);
    for head in data.heads() {
        for class in head.classes.iter().filter(|class| damage(class)) {
            add_damage(
                &format!("head {}", head.name),
                format!("class `{class}`"),
                &mut report,
            );
        }
    }
    Ok(Audit {
        counts: seen.counts,
        report,
        copies,
        data,
    })
}

/// Reads somebody's own data, and reports what their columns and files are like.
fn own(spec: &Spec, source: &DataSource) -> Result<(Dataset, Report)> {
    let base = source.base()?;
    let OwnData {
        samples,
        mut report,
        media,
        parts,
    } = own::read(spec, base, None)?;
    let samples = samples.ok_or_else(|| anyhow::anyhow!("the data hold no sample"))?;
    for (input, facts) in spec.inputs.iter().zip(&media) {
        media::report(input, facts, &mut report);
    }
    let data = Dataset::of(Box::new(samples));
    columns::report(spec, base, (&parts, data.inputs()), &mut report)?;
    Ok((data, report))
}

/// The frontends fitted to the data; `None` where the data are beyond what a model takes, which is reported.
fn limits(spec: &Spec, data: &Dataset, report: &mut Report) -> Option<(Vec<Frontend>, InputMap)> {
    let made = || -> Result<_> {
        let order = InputMap::new(spec, data)?;
        let frontends = fit::fit(spec, data)?;
        let graph = build(spec, &fit::facts(spec, &frontends, data))?;
        require_exportable(&graph, &frontends, &ExportOptions::GENERIC)?;
        Ok((frontends, order))
    };
    match made() {
        Ok(made) => Some(made),
        Err(error) => {
            report.error("limits", format!("{error:#}"));
            None
        }
    }
}

/// What was seen of the samples.
struct Seen {
    counts: Counts,
    copies: Copies,
    fields: Fields,
    /// By input of the description: values given, those of which a part is taken, and those of which nothing is.
    taken: Vec<[u64; 3]>,
}

impl Seen {
    /// Counts what the frontends take of a sample.
    fn fed(&mut self, mut sample: Sample<'_>, frontends: &[Frontend], order: &InputMap) {
        let inputs = frontends.iter().zip(&order.inputs).zip(&mut self.taken);
        for ((frontend, &source), counts) in inputs {
            let Some(raw) = sample
                .inputs
                .get_mut(source)
                .filter(|raw| **raw != Raw::Absent)
            else {
                continue;
            };
            counts[0] += 1;
            match frontend.take(raw) {
                Taken::Whole | Taken::Absent => {}
                Taken::Part => counts[1] += 1,
                Taken::Nothing => counts[2] += 1,
            }
        }
    }
}

/// Reports inputs that are longer or shorter than frontends take.
fn taken(spec: &Spec, taken: &[[u64; 3]], report: &mut Report) {
    for (input, &[given, cut, empty]) in spec.inputs.iter().zip(taken) {
        let subject = format!("input {}", input.name);
        let (long, short, of) = match input.source.kind() {
            "audio" => ("long_clips", "short_clips", "recordings"),
            "text" => ("long_texts", "empty_texts", "texts"),
            _ => ("long_sequences", "empty_sequences", "sequences"),
        };
        let (limits, shortest) = match input.source.kind() {
            "audio" => ("max_steps", "too short for one step, which count as absent"),
            "text" => (
                "max_bytes or max_ids",
                "such that nothing can be read of them, and count as absent",
            ),
            _ => ("max_steps", "without a record, which count as absent"),
        };
        if cut > 0 {
            let level = match cut as f64 > LONG * given as f64 {
                true => Level::Warning,
                false => Level::Note,
            };
            let what = format!(
                "{} of {} {of} are longer than {limits} allows, and only a part of them is read",
                grouped(cut),
                grouped(given)
            );
            report.add(
                (level, long),
                &subject,
                None,
                what,
                format!("raise {limits} in the description"),
            );
        }
        if empty > 0 {
            let what = format!(
                "{} of {} {of} are {shortest}",
                grouped(empty),
                grouped(given)
            );
            report.add(
                (Level::Warning, short),
                &subject,
                None,
                what,
                "remove them, or choose a smaller frame, hop or stack",
            );
        }
    }
}

/// Reports texts that were read in a wrong encoding once.
fn damaged(
    data: &Dataset,
    (subset, index): (Subset, usize),
    sample: &Sample<'_>,
    report: &mut Report,
) {
    for (raw, input) in sample.inputs.iter().zip(data.inputs()) {
        let is = match raw {
            Raw::Text(text) => damage(text),
            Raw::Record(cells) => cells.iter().filter_map(|cell| cell.name()).any(damage),
            _ => false,
        };
        if is {
            add_damage(
                &format!("input {}", input.name),
                data.place(subset, index),
                report,
            );
        }
    }
}

fn add_damage(subject: &str, place: String, report: &mut Report) {
    report.add(
        (Level::Warning, "encoding"),
        subject,
        Some(place),
        "texts that were read in a wrong encoding once, such as `ZÃ¼rich` for `Zürich`",
        "write the file again from its source, as UTF-8",
    );
}
