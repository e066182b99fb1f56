//! How good each head is: confusions, reliability, deferral; what inputs are worth; what quantisation costs.

use tillsense_compiler::words::{grouped, percent, short_percent};

use super::{Scored, fine, share};
use crate::judge::evaluate::{HeadFigures, LayerFigures};
use crate::report::page::{Figure, Section, Table};
use crate::report::plot::{
    Axes, Bar, Heat, Layout, Series, Sureness, bars, curves, heat, reliability,
};

/// Classes up to which a table has a row for each; of more, the page shows them in a smaller box all the same.
const MOST_NUMBERED: usize = 24;
/// Sets of inputs that are drawn.
const MOST_SETS: usize = 16;

/// A section for each head.
pub fn heads(scored: &Scored<'_>) -> Vec<Section> {
    let mut sections = vec![overview(scored)];
    for (number, head) in scored.evaluation.heads.iter().enumerate() {
        let mut section = Section::new(&format!("Answers: {}", head.head));
        if head.samples == 0 {
            section.text("No sample has a label for this head.");
            sections.push(section);
            continue;
        }
        confusions(&mut section, head);
        sureness(&mut section, head);
        deferral(&mut section, scored, number);
        classes(&mut section, head);
        sections.push(section);
    }
    sections
}

/// All heads side by side.
fn overview(scored: &Scored<'_>) -> Section {
    let mut section = Section::new("All heads");
    let mut table = Table::new([
        "head",
        "positive class",
        "classes",
        "samples",
        "most frequent",
        "float",
        "fixed-point",
        "float AUC",
        "fixed AUC",
        "defers below",
        "deferred",
        "wrong answers",
        "asked for",
        "ECE",
        "temperature",
    ])
    .words(2);
    for head in &scored.evaluation.heads {
        let asked = head.defer_error.map_or("\u{2013}".to_owned(), |asked| {
            short_percent(f64::from(asked))
        });
        table.row([
            head.head.clone(),
            head.positive.clone().unwrap_or_default(),
            grouped(head.classes),
            grouped(head.samples),
            share(head.majority),
            share(head.float.and_then(|figures| figures.accuracy)),
            share(head.fixed.accuracy),
            fine(head.float.and_then(|figures| figures.auc)),
            fine(head.fixed.auc),
            percent(head.defer_below),
            share(head.reliability.deferred),
            share(head.reliability.wrong_answers),
            asked,
            share(head.reliability.error),
            head.temperature
                .map_or("\u{2013}".to_owned(), |t| format!("{t:.3}")),
        ]);
    }
    section.table(table);
    section.text("Float is the network as it was trained, fixed-point the model file in the terminal's arithmetic. An answer whose score is below `defers below` goes to a person (deferred); wrong answers are those of the others, of which a description may ask for a part at most. ECE: how far scores and right answers are apart, 0 is best.");
    section
}

fn confusions(section: &mut Section, head: &HeadFigures) {
    let matrix = &head.confusions.confusion;
    let cells = matrix
        .counts
        .iter()
        .map(|row| row.iter().map(|&count| count as f64).collect());
    section.figure(Figure::new(
        heat(&Heat {
            y: "right class",
            x: "answer",
            rows: matrix.classes.clone(),
            columns: matrix.classes.clone(),
            cells: cells.collect(),
            by_row: true,
        }),
        "Confusion matrix: a row for each right class, coloured by its share of the row.",
    ));
    if head.classes > MOST_NUMBERED {
        // The picture has no numbers then; those that are not 0 stand here.
        let mut table = Table::new(["right class", "answer", "samples"])
            .words(2)
            .caption("Every cell of the matrix that is not 0");
        for (class, row) in matrix.classes.iter().zip(&matrix.counts) {
            for (answer, &count) in matrix
                .classes
                .iter()
                .zip(row)
                .filter(|(_, count)| **count > 0)
            {
                table.row([class.clone(), answer.clone(), grouped(count)]);
            }
        }
        section.table(table);
    }
}

fn sureness(section: &mut Section, head: &HeadFigures) {
    let bins = &head.reliability.bins;
    let points = bins
        .iter()
        .map(|bin| (bin.score, bin.accuracy, bin.samples as u64));
    section.figure(Figure::new(
        reliability(
            Axes { x: "mean score", y: "right" },
            &[Sureness { name: String::new(), points: points.collect() }],
        ),
        "Reliability: of the answers with a score of 80 %, 80 % should be right. Larger points are more answers.",
    ));
    let mut table = Table::new(["scores from", "below", "answers", "mean score", "right"])
        .words(0)
        .caption("Answers by their score");
    for bin in bins {
        table.row([
            percent(bin.from),
            percent(bin.below),
            grouped(bin.samples),
            percent(bin.score),
            percent(bin.accuracy),
        ]);
    }
    section.table(table);
}

/// How good answers are if more or fewer of them go to a person.
fn deferral(section: &mut Section, scored: &Scored<'_>, head: usize) {
    let labels = &scored.answers.labels[head];
    let answers = scored
        .answers
        .scores
        .iter()
        .zip(labels)
        .filter_map(|(scores, label)| {
            let scores = &scores[head];
            let best = scores.iter().copied().max()?;
            let class = scores.iter().position(|&score| score == best)?;
            Some((i16::from(best) + 128, class == usize::from((*label)?)))
        });
    let mut answers: Vec<(i16, bool)> = answers.collect();
    answers.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let (mut points, mut wrong) = (Vec::new(), 0.0);
    for (at, (score, right)) in answers.iter().enumerate() {
        wrong += f64::from(u8::from(!right));
        let next = answers.get(at + 1).map(|(score, _)| *score);
        // Answers of one score are kept or deferred together.
        if next != Some(*score) {
            let kept = (at + 1) as f64;
            points.push((kept / answers.len() as f64, wrong / kept));
        }
    }
    let series = Series {
        name: String::new(),
        points,
    };
    section.figure(Figure::new(
        curves(Axes { x: "share that is answered", y: "wrong" }, &[series]),
        "Deferral: the part of wrong answers if only the surest are given, and all others go to a person.",
    ));
}

fn classes(section: &mut Section, head: &HeadFigures) {
    let confusions = &head.confusions;
    let mut table = Table::new(["right class", "taken for", "samples", "of"])
        .words(2)
        .caption("Most frequent confusions");
    for confused in &confusions.confused {
        table.row([
            confused.class.clone(),
            confused.taken_for.clone(),
            grouped(confused.samples),
            grouped(confused.of),
        ]);
    }
    section.table(table);
    let mut table = Table::new(["class", "samples", "answered", "precision", "recall", "F1"])
        .words(1)
        .caption("Classes");
    for class in &confusions.by_class {
        table.row([
            class.class.clone(),
            grouped(class.samples),
            grouped(class.answered),
            share(class.precision),
            share(class.recall),
            share(class.f1),
        ]);
    }
    let mean = &confusions.macro_average;
    table.row([
        "mean over classes".to_owned(),
        String::new(),
        String::new(),
        share(mean.precision),
        share(mean.recall),
        share(mean.f1),
    ]);
    section.table(table);
}

/// What each set of inputs is worth.
pub fn ablation(scored: &Scored<'_>) -> Section {
    let mut section = Section::new("What each input is worth");
    let Some(found) = scored.ablation.filter(|found| found.inputs.len() > 1) else {
        return section;
    };
    section.text(&format!(
        "Right answers with only some of the inputs, on {} test samples.",
        grouped(found.samples)
    ));
    let heads = found.sets.first().map_or(&[][..], |set| &set.heads);
    let headings = found
        .inputs
        .iter()
        .chain(heads.iter().map(|head| &head.head));
    let mut table = Table::new(headings).words(found.inputs.len());
    for set in &found.sets {
        let marks = found.inputs.iter().map(|input| {
            if set.given.contains(input) {
                "\u{25cf}"
            } else {
                ""
            }
            .to_owned()
        });
        let figures = set.heads.iter().map(|head| share(head.figures.accuracy));
        table.row(marks.chain(figures).collect::<Vec<_>>());
    }
    // One input each, and all but one: what is asked first.
    let all = found.inputs.len();
    let telling = found
        .sets
        .iter()
        .filter(|set| [1, all - 1, all].contains(&set.given.len()));
    let names: Vec<_> = heads.iter().map(|head| head.head.as_str()).collect();
    let drawn = telling.take(MOST_SETS).map(|set| Bar {
        name: match set.given.len() {
            len if len == all => "all inputs".to_owned(),
            1 => format!("only {}", set.given[0]),
            _ => {
                let missing = found.inputs.iter().find(|input| !set.given.contains(input));
                format!("without {}", missing.map_or("", String::as_str))
            }
        },
        values: set
            .heads
            .iter()
            .map(|head| head.figures.accuracy.map_or(0.0, |share| 100.0 * share))
            .collect(),
    });
    section.figure(Figure::new(
        bars(&names, &drawn.collect::<Vec<_>>(), Layout::Grouped),
        "Right answers in percent with one input, with all but one, and with all.",
    ));
    section.table(table);
    section
}

/// What quantisation does to each layer.
pub fn quantisation(scored: &Scored<'_>) -> Section {
    let mut section = Section::new("Quantisation, layer by layer");
    let Some(found) = scored.layers else {
        return section;
    };
    section.text(&format!(
        "The float network beside the fake-quantised one, on {} training samples. SQNR: signal to quantisation noise, 6 dB a bit.",
        grouped(found.samples)
    ));
    let noisy = |layer: &&LayerFigures| layer.sqnr.is_some();
    let drawn = found.layers.iter().filter(noisy).map(|layer| Bar {
        name: layer.name.clone(),
        values: vec![layer.sqnr.unwrap_or(0.0)],
    });
    section.figure(Figure::new(
        bars(&["dB"], &drawn.collect::<Vec<_>>(), Layout::Grouped),
        "Signal to quantisation noise in dB: a short bar is where precision is lost.",
    ));
    let decibels =
        |sqnr: Option<f64>, none: &str| sqnr.map_or(none.to_owned(), |sqnr| format!("{sqnr:.1}"));
    let mut table = Table::new([
        "layer",
        "op",
        "",
        "from",
        "to",
        "step",
        "clipped",
        "SQNR, dB",
        "of the weights, dB",
    ])
    .words(3);
    for layer in &found.layers {
        table.row([
            layer.name.clone(),
            layer.op.to_owned(),
            if layer.worst { "adds most noise" } else { "" }.to_owned(),
            format!("{:.3}", layer.range.0),
            format!("{:.3}", layer.range.1),
            format!("{:.5}", layer.scale),
            share(layer.clipped),
            decibels(layer.sqnr, if layer.exact { "exact" } else { "\u{2013}" }),
            decibels(layer.weights_sqnr, ""),
        ]);
    }
    section.table(table);
    section
}
