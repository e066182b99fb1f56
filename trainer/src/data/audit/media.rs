//! What the files of pictures and recordings were like, as findings.

use std::collections::BTreeSet;

use tillsense_compiler::network::description::{Input, Source};
use tillsense_compiler::words::grouped;

use crate::data::own::{Level, MediaFacts, Places, Report};

/// Forms of files that are named.
const MOST_FORMS: usize = 5;

/// Reports the facts of an input's files.
pub fn report(input: &Input, facts: &MediaFacts, report: &mut Report) {
    let subject = format!("input {}", input.name);
    match &input.source {
        Source::Image(image) => pictures(&subject, image.channels, facts, report),
        Source::Audio(audio) => sounds(&subject, audio.sample_rate, facts, report),
        _ => {}
    }
}

fn pictures(subject: &str, channels: usize, facts: &MediaFacts, report: &mut Report) {
    let part = |at: usize| -> BTreeSet<&str> {
        let forms = facts.forms.keys();
        forms
            .filter_map(|form| {
                form.rsplit_once(' ')
                    .map(|(size, colours)| [size, colours][at])
            })
            .collect()
    };
    let (sizes, colours) = (part(0), part(1));
    if sizes.len() > 1 {
        forms(
            (Level::Note, "mixed_sizes"),
            (subject, facts),
            &format!(
                "pictures of {} sizes, all made one by the setting `fit`",
                grouped(sizes.len())
            ),
            "look whether `fit` (crop, fit or stretch) keeps what matters",
            report,
        );
    }
    if colours.len() > 1 {
        let (level, mend) = match channels {
            1 => (Level::Note, ""),
            _ => (
                Level::Warning,
                "make sure that colour does not tell the class, or read all as grey (channels = 1)",
            ),
        };
        forms(
            (level, "mixed_colours"),
            (subject, facts),
            "some pictures are grey and some have colours",
            mend,
            report,
        );
    }
}

fn sounds(subject: &str, rate: usize, facts: &MediaFacts, report: &mut Report) {
    if facts.rates.len() > 1 {
        let lower = facts.rates.keys().any(|&found| (found as usize) < rate);
        let (level, mend) = match lower {
            true => (
                Level::Warning,
                "make sure that the rate does not tell the class: what was recorded at a lower rate sounds duller",
            ),
            false => (Level::Note, ""),
        };
        forms(
            (level, "mixed_rates"),
            (subject, facts),
            &format!(
                "recordings of {} sampling rates, all made {} Hz",
                facts.rates.len(),
                grouped(rate)
            ),
            mend,
            report,
        );
    }
    let kinds: [(&Places, &'static str, &str, &str); 3] = [
        (
            &facts.clipped,
            "clipped",
            "recordings that are clipped",
            "record them at a lower level; where terminals clip too, keep them",
        ),
        (
            &facts.silent,
            "silent",
            "recordings in which nothing can be heard",
            "record them again, or remove them",
        ),
        (
            &facts.late,
            "late",
            "recordings whose sound begins later than 0.2 s after they do",
            "cut the silence, or train with `augment` shifts and `trim = true`",
        ),
    ];
    for (places, kind, what, mend) in kinds {
        let level = if kind == "late" {
            Level::Note
        } else {
            Level::Warning
        };
        for at in 0..places.count {
            let place = places.first.get(at).cloned();
            report.add((level, kind), subject, place, what, mend);
        }
    }
}

/// A finding with the most frequent forms.
fn forms(
    kind: (Level, &'static str),
    (subject, facts): (&str, &MediaFacts),
    what: &str,
    mend: &str,
    report: &mut Report,
) {
    let mut forms: Vec<(&String, usize)> = facts
        .forms
        .iter()
        .map(|(form, &count)| (form, count))
        .collect();
    forms.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (at, (form, count)) in forms.into_iter().enumerate() {
        let place = (at < MOST_FORMS).then(|| format!("{form}: {}", grouped(count)));
        report.add(kind, subject, place, what, mend);
    }
}
