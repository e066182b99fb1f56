//! The page of `evaluate --html`: what a model was trained on, how good it is, where it errs, and what it takes of a terminal.
//!
//! Every figure that `evaluate --json` prints of the same evaluation stands on the page.

mod data;
mod heads;
mod mistakes;
mod resources;

use anyhow::Result;
use tillsense_compiler::inspect::inspect;
use tillsense_compiler::trained::{Phase, TrainedFile};
use tillsense_compiler::words::{grouped, percent};
use tillsense_core::engine::Model;
use tillsense_device::bench::ModelFigures;

use self::data::{drift, trained_on};
use self::heads::{ablation, heads, quantisation};
use self::mistakes::mistakes;
use self::resources::resources;
use super::page::{Figure, Page, Section, Tile};
use super::plot::{Axes, Series, curves};
use crate::judge::evaluate::{Ablation, Answers, Evaluation, Layers};
use crate::project::Prepared;

/// All that a page is made of.
pub struct Facts<'a> {
    /// The model, loaded.
    pub model: &'a Model<'a>,
    /// What a board has measured of it, where that was asked for.
    pub board: Option<&'a ModelFigures>,
    /// What was found on samples; `None` for a model that nobody has samples for, as an imported one.
    pub scored: Option<Scored<'a>>,
    /// Whether samples, their texts, values and file names are left out.
    pub private: bool,
}

/// What was found of a model on samples.
pub struct Scored<'a> {
    /// The samples.
    pub prepared: &'a Prepared,
    /// All figures.
    pub evaluation: &'a Evaluation,
    /// The answers to all samples.
    pub answers: &'a Answers,
    /// What training left beside the model.
    pub trained_file: Option<&'a TrainedFile>,
    /// Figures with every set of inputs.
    pub ablation: Option<&'a Ablation>,
    /// What quantisation does to each layer.
    pub layers: Option<&'a Layers>,
}

/// What is said at the top of a page with samples.
const HOLDS: &str = "This page holds samples of the data: perhaps customers' pictures, voices, texts and records. Hand it on as you would hand on the data, or make it with --private.";
/// What is said at the top of a page without any.
const PRIVATE: &str = "Private: samples, their texts, values and places are left out. Names of inputs, columns and classes, and figures, are in it.";

/// Makes the page.
pub fn page(facts: &Facts<'_>) -> Result<Page> {
    let name = facts.model.name();
    let Some(scored) = &facts.scored else {
        let subtitle =
            "A model without samples: what it takes of a terminal. Figures of accuracy need data.";
        let mut page = Page::new(name, subtitle);
        resources(facts)?
            .into_iter()
            .for_each(|section| page.section(section));
        return Ok(page);
    };
    let evaluation = scored.evaluation;
    // Where data lie may say whose they are.
    let of = match facts.private {
        true => String::new(),
        false => format!(" of {}", evaluation.data),
    };
    let subtitle = format!(
        "Scored by the terminal's own arithmetic on {} test samples{of}.",
        grouped(evaluation.samples)
    );
    let mut page = Page::new(name, &subtitle);
    match facts.private {
        true => page.private(PRIVATE),
        false => page.warn(HOLDS),
    }
    page.section(glance(facts, scored)?);
    page.section(trained_on(facts, scored));
    page.section(training(scored));
    heads(scored)
        .into_iter()
        .for_each(|section| page.section(section));
    page.section(ablation(scored));
    page.section(mistakes(facts, scored));
    page.section(quantisation(scored));
    page.section(drift(scored));
    resources(facts)?
        .into_iter()
        .for_each(|section| page.section(section));
    Ok(page)
}

/// The figures that matter most.
fn glance(facts: &Facts<'_>, scored: &Scored<'_>) -> Result<Section> {
    let mut section = Section::new("At a glance");
    let evaluation = scored.evaluation;
    let heads = evaluation.heads.iter().map(|head| {
        let float = head.float.and_then(|figures| figures.accuracy);
        let float = float.map_or(String::new(), |float| format!("float {}, ", percent(float)));
        let majority = share(head.majority);
        Tile::new(
            &format!("{}, right answers", head.head),
            &share(head.fixed.accuracy),
        )
        .note(&format!("{float}most frequent class {majority}"))
    });
    let inspection = inspect(facts.model.file())?;
    let sizes = [
        Tile::new(
            "model file",
            &format!("{} B", grouped(evaluation.file_bytes)),
        )
        .note(&format!("for {}", inspection.target)),
        Tile::new("arena", &format!("{} B", grouped(evaluation.arena_bytes))).note(&format!(
            "{} B of it kept between calls",
            grouped(inspection.bytes.kept)
        )),
        Tile::new("multiply-accumulates", &grouped(inspection.macs))
            .note("with every input at its longest"),
    ];
    section.tiles(heads.chain(sizes));
    if let Some(why) = &evaluation.float_missing {
        section.text(&format!("No float figures: {why}."));
    }
    if !evaluation.without.is_empty() {
        section.text(&format!(
            "Scored without {}.",
            evaluation.without.join(", ")
        ));
    }
    Ok(section)
}

/// Learning curves.
fn training(scored: &Scored<'_>) -> Section {
    let mut section = Section::new("Training");
    let Some(file) = scored.trained_file.filter(|file| !file.curve.is_empty()) else {
        return section;
    };
    let points = |figure: &dyn Fn(usize) -> f64| {
        let epochs = file.curve.iter().map(|point| (point.epoch + 1) as f64);
        epochs.zip((0..file.curve.len()).map(figure)).collect()
    };
    let loss = Series {
        name: String::new(),
        points: points(&|at| file.curve[at].loss),
    };
    let quantised = file
        .curve
        .iter()
        .find(|point| point.phase == Phase::Quantised);
    let from = quantised.map_or(String::new(), |point| {
        format!(" From epoch {} on with fake quantisation.", point.epoch + 1)
    });
    let axes = |y| Axes { x: "epoch", y };
    section.figure(Figure::new(
        curves(axes("loss"), &[loss]),
        &format!("Mean training loss.{from}"),
    ));
    let heads = file.curve.first().map_or(&[][..], |first| &first.held_out);
    let series: Vec<_> = heads
        .iter()
        .enumerate()
        .map(|(number, head)| Series {
            name: match head.classes {
                2 => format!("{} (AUC)", head.head),
                _ => head.head.clone(),
            },
            points: points(&|at| {
                let score = file.curve[at].held_out.get(number);
                score
                    .and_then(|score| score.judged().ok())
                    .unwrap_or(f64::NAN)
            }),
        })
        .collect();
    if !series.is_empty() {
        section.figure(Figure::new(
            curves(axes("held out"), &series),
            "The figure that each head is judged by, on samples held out of training: the part of right answers, of heads with two classes the area under the ROC curve.",
        ));
    }
    section
}

/// A share as text; a dash where it is not defined.
fn share(share: Option<f64>) -> String {
    share.map_or("\u{2013}".to_owned(), percent)
}

/// A figure with four decimals; a dash where it is not defined.
fn fine(figure: Option<f64>) -> String {
    figure.map_or("\u{2013}".to_owned(), |figure| format!("{figure:.4}"))
}
