//! The command `tillsense evaluate`.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::trained::{Course, TrainedFile, trained_path};
use tillsense_compiler::words::{grouped, meant, percent, short_percent};
use tillsense_compiler::{files, run};

use super::page::Wanted;
use super::{acceptance, details};
use crate::cli::progress::{READING, bar, note, waiting};
use crate::cli::{Shared, at_least_one, output, up_to};
use crate::data::intake::InputCount;
use crate::judge::evaluate::{
    Ablation, Answers, Evaluation, Figures, HeadFigures, LAYER_SAMPLES, Layers, Scope, ablate,
    evaluate_answers, layers, predictions,
};
use crate::judge::scoreboard::MOST_SEEDS;
use crate::judge::suspects::{SuspectedLabels, suspected_labels};
use crate::project::{Opened, Prepared, open, open_on};

/// Arguments of `evaluate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EvaluateArgs {
    /// The model file
    #[arg(required_unless_present = "preset")]
    pub(super) model: Option<PathBuf>,
    /// Instead of one file: what the models of this preset, or of `all`, are held to, and what they reach
    #[arg(long, value_name = "NAME", conflicts_with_all = ["model", "limit", "without", "only", "ablate", "reliability", "layers", "predictions", "html"])]
    preset: Option<String>,
    /// With --preset: so many seeds, trained by `tillsense train NAME --seeds N`
    #[arg(long, value_name = "N", default_value_t = 1, requires = "preset")]
    seeds: usize,
    /// With --preset: the folder of the model files
    #[arg(
        long,
        value_name = "DIR",
        default_value = "models",
        requires = "preset"
    )]
    models: PathBuf,
    /// Score this many test samples, spread over them, instead of all
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// Score these samples instead of the model's own: a table, a folder, or a description (NAME.toml)
    #[arg(long, value_name = "DATA", conflicts_with_all = ["preset", "layers"])]
    pub(super) on: Option<PathBuf>,
    /// Leave this input out of every sample (may be given again)
    #[arg(long, value_name = "INPUT")]
    without: Vec<String>,
    /// Give this input only (may be given again)
    #[arg(long, value_name = "INPUT", conflicts_with = "without")]
    only: Vec<String>,
    /// Also show, for each head, how often answers with a score are right
    #[arg(long)]
    reliability: bool,
    /// Instead, score with every set of inputs given: what each of them is worth
    #[arg(long, conflicts_with_all = ["without", "only", "reliability"])]
    ablate: bool,
    /// Instead, show what quantisation does to each layer, on training samples (256, or as many as --limit says)
    #[arg(long, conflicts_with_all = ["without", "only", "reliability", "ablate"])]
    layers: bool,
    /// Also write the answer to every scored sample to this CSV file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ablate", "layers"])]
    predictions: Option<PathBuf>,
    /// Also write a page to look at: curves, confusions, reliability, what inputs are worth, mistakes with their samples, memory
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ablate", "layers"])]
    pub(super) html: Option<PathBuf>,
    /// Leave samples, their texts, values and places out of the page
    #[arg(long, requires = "html")]
    pub(super) private: bool,
    /// With --html: count instructions on this emulated board, and say how long they take where the board's file says how
    #[arg(long, value_name = "BOARD", requires = "html")]
    pub(super) board: Option<String>,
    /// With --predictions: write over a file that holds something else
    #[arg(long, requires = "predictions")]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense evaluate models/terminal.till --data ~/sets        on these data, whatever it was trained on
  tillsense evaluate models/terminal.till --data generated
  tillsense evaluate models/terminal.till --only client --only history   the credit inputs alone
  tillsense evaluate models/terminal.till --without receipt --json
  tillsense evaluate --preset all --seeds 3                               after `tillsense train all --seeds 3`
  tillsense evaluate models/terminal.till --reliability   of the answers with a score of 80 %, are 80 % right?
  tillsense evaluate models/terminal.till --ablate --limit 500   every head with every set of inputs
  tillsense evaluate models/terminal.till --layers   where accuracy is lost
  tillsense evaluate models/terminal.till --predictions out.csv   every sample's answer
  tillsense evaluate models/till.till --html report.html   a page to look at, in one file, for any browser
  tillsense evaluate models/till.till --html report.html --private   the page without samples of the data
  tillsense evaluate kws.tflite --html kws.html --board mps2-an386   memory and instructions of an imported network
  tillsense evaluate models/till.till --on march.csv      rows that came later, with the columns of the training table

--on takes samples that were not there in training, read as the model's description says, or as the one that is named: inputs and heads
are matched by name, nothing is fitted to them, and all of them are scored, or those that the data themselves call test samples. A label
that is none of the model's classes, and a head without a column, are told and not counted.

Without --data a model is scored only on the data that it was trained on (FILE.trained keeps their digest).

In the table, `deferred` is the part of samples whose best score is below the head's threshold (defer_below or defer_error of its
description), `wrong answers` the part of the others that is wrong, and ECE how far scores and accuracy are apart (0 is best).
AUC is that of the head's positive class against all others: `positive = \"CLASS\"` in its description, else the second of two.
Precision is the part of a class's answers that is right, recall the part of its samples that is found, F1 their harmonic mean.

Columns of --predictions: sample (number in the test part), place (file and line), and for each head H: H.label, H.answer, H.score,
H.deferred (yes or no), H.second, H.second_score, H.third, H.third_score. Scores are the device's own, from 0 to 255/256.";

/// Evaluates a model file.
pub fn run(args: &EvaluateArgs, shared: &Shared) -> Result<()> {
    at_least_one("--limit", args.limit)?;
    up_to(MOST_SEEDS, "--seeds", Some(args.seeds))?;
    let model = match (&args.preset, &args.model) {
        (Some(name), _) => return acceptance::run(name, args.seeds as u64, &args.models, shared),
        (None, Some(model)) => model,
        (None, None) => bail!("name a model file, or --preset NAME"),
    };
    let wanted = Wanted::of(args, shared)?;
    if let Some(wanted) = &wanted
        && wanted.without_samples(model)?
    {
        return Ok(());
    }
    let (opened, findings) = waiting(shared, READING, || match &args.on {
        Some(on) => open_on(model, &shared.source(), on),
        None => {
            let opened = open(model, shared.source(), shared.data.is_some())?;
            Ok((opened, Vec::new()))
        }
    })?;
    let Opened {
        file,
        prepared,
        trained_file,
    } = opened;
    for finding in &findings {
        note(shared, format_args!("{}: {finding}", finding.level.word()));
    }
    if args.ablate {
        return show_ablation(&prepared, &file, args.limit, shared);
    }
    let path = trained_path(model);
    if args.layers {
        let trained_file = trained_file.as_ref().ok_or_else(|| {
            anyhow!(
                "{}: not there, and --layers needs its float numbers; `tillsense train` writes it beside the model",
                path.display()
            )
        })?;
        return show_layers(&prepared, &trained_file.trained, args.limit, shared);
    }
    if let Some(out) = &args.predictions {
        predictions::require_place(out, &[model, &path], &prepared, args.force)?;
    }
    let given = given(&prepared, args)?;
    let scope = Scope {
        limit: args.limit,
        given,
    };
    let float = trained_file.as_ref().filter(|own| own.makes(&file));
    let float = float.map(|own| &own.trained);
    let course = course(trained_file.as_ref(), &prepared, &scope);
    let (mut evaluation, answers) = figures(&prepared, float, &file, (&scope, course), shared)?;
    evaluation.findings = findings;
    evaluation.trained_on = trained_file.as_ref().map(|trained_file| trained_file.data);
    evaluation.float_missing = match float {
        Some(_) => None,
        None => Some(no_float(&path, trained_file.is_some())),
    };
    if let Some(wanted) = &wanted {
        wanted.scored(
            (&prepared, &file),
            (trained_file.as_ref(), float),
            (&evaluation, &answers),
        )?;
    }
    if let Some(out) = &args.predictions {
        let aligned = Aligned::from(file.as_slice());
        let table = predictions::csv(&prepared, &run::load(&aligned)?, &answers)?;
        files::write(out, &table)?;
        let count = grouped(answers.numbers.len());
        note(
            shared,
            format_args!("wrote {} ({count} answers)", out.display()),
        );
    }
    if shared.json {
        return output::json(&evaluation);
    }
    print_summary(&evaluation)?;
    print_counts(&evaluation.input_counts, &evaluation.inputs)?;
    details::print(&evaluation)?;
    if args.reliability {
        print_reliability(&evaluation)?;
    }
    if let Some(why) = &evaluation.float_missing {
        note(shared, format_args!("no float figures: {why}"));
    }
    Ok(())
}

/// How the model was trained, which says what it held out; else the reason why no label is judged.
fn course(
    trained_file: Option<&TrainedFile>,
    prepared: &Prepared,
    scope: &Scope,
) -> Result<Course, &'static str> {
    match trained_file {
        None => {
            Err("without the model's .trained file it is not known which samples training held out")
        }
        Some(_) if prepared.foreign_to.is_some() => Err("the model was trained on other data"),
        Some(_) if scope.given.contains(&false) => Err("inputs are left out"),
        Some(file) => Ok(file.course),
    }
}

/// The reason why the files beside the model give no float figures.
fn no_float(beside: &Path, there: bool) -> String {
    let beside = beside.display();
    match there {
        false => format!("{beside} is not there (`tillsense train` writes it)"),
        true => format!(
            "the numbers in {beside} do not make this very file again, so they were changed or another version of tillsense wrote them"
        ),
    }
}

/// Prints the figures of every head with every set of inputs.
fn show_ablation(
    prepared: &Prepared,
    file: &[u8],
    limit: Option<usize>,
    shared: &Shared,
) -> Result<()> {
    let aligned = Aligned::from(file);
    let scope = Scope {
        limit,
        ..Scope::all(prepared)
    };
    let bar = bar(shared, "scoring", scope.numbers(prepared).len());
    let ablation = ablate(prepared, &run::load(&aligned)?, limit, &|| bar.inc(1));
    bar.finish_and_clear();
    let ablation = ablation?;
    if shared.json {
        return output::json(&ablation);
    }
    let samples = grouped(ablation.samples);
    output::paragraph(format_args!(
        "{} on {samples} test samples ({}) with every set of inputs",
        ablation.model, ablation.data
    ))?;
    ablation_table(&ablation).print()?;
    print_counts(&ablation.input_counts, &ablation.inputs)?;
    for head in ablation.sets.iter().take(1).flat_map(|set| &set.heads) {
        if let Some(why) = undefined(head.positive.as_deref(), &head.figures) {
            output::line(format_args!("{}: {why}", head.head))?;
        }
    }
    Ok(())
}

/// A table with one row a set: a mark for each input given, then accuracy, and where there is a positive class the area under the ROC curve.
fn ablation_table(ablation: &Ablation) -> output::Table {
    let mut headings: Vec<String> = ablation.inputs.clone();
    for head in ablation.sets.iter().take(1).flat_map(|set| &set.heads) {
        headings.push(head.head.clone());
        if head.positive.is_some() {
            headings.push(format!("{} AUC", head.head));
        }
    }
    let mut table = output::table(headings.iter().map(String::as_str), ablation.inputs.len());
    for set in &ablation.sets {
        let mark = |input: &String| if set.given.contains(input) { "x" } else { "" };
        let mut row: Vec<String> = ablation.inputs.iter().map(|i| mark(i).to_owned()).collect();
        for head in &set.heads {
            row.push(share(head.figures.accuracy));
            if head.positive.is_some() {
                row.push(area(head.figures.auc));
            }
        }
        table.add_row(row);
    }
    table
}

/// Prints what quantisation does to each layer.
pub fn show_layers(
    prepared: &Prepared,
    trained: &Trained,
    limit: Option<usize>,
    shared: &Shared,
) -> Result<()> {
    let layers = layers(prepared, trained, limit.unwrap_or(LAYER_SAMPLES))?;
    if shared.json {
        return output::json(&layers);
    }
    output::paragraph(format_args!(
        "{} on {} training samples ({}): float beside fake-quantised",
        layers.model,
        grouped(layers.samples),
        layers.data
    ))?;
    layer_table(&layers).print()?;
    output::paragraph(
        "SQNR: signal to quantisation noise, 6 dB a bit; weights: of the stored weights alone; <: adds most noise to what it reads",
    )
}

fn layer_table(layers: &Layers) -> output::Table {
    let headings = [
        "layer", "op", "from", "to", "step", "clipped", "SQNR", "weights", "",
    ];
    let mut table = output::table(headings, 2).optional(&["step", "from", "to", "op"]);
    let decibels = |sqnr: Option<f64>, none: &str| {
        sqnr.map_or(none.to_owned(), |sqnr| format!("{sqnr:.1} dB"))
    };
    for layer in &layers.layers {
        let none = if layer.exact { "exact" } else { "-" };
        table.add_row([
            layer.name.clone(),
            layer.op.to_owned(),
            format!("{:.3}", layer.range.0),
            format!("{:.3}", layer.range.1),
            format!("{:.5}", layer.scale),
            share(layer.clipped),
            decibels(layer.sqnr, none),
            decibels(layer.weights_sqnr, ""),
            if layer.worst { "<" } else { "" }.to_owned(),
        ]);
    }
    table
}

/// Whether each input of the description is given.
fn given(prepared: &Prepared, args: &EvaluateArgs) -> Result<Vec<bool>> {
    let names: Vec<_> = prepared
        .spec
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let strange = args
        .only
        .iter()
        .chain(&args.without)
        .find(|name| !names.contains(&name.as_str()));
    if let Some(name) = strange {
        return Err(anyhow!(
            "no input `{name}`; the model has {}{}",
            names.join(", "),
            meant(name, names.iter().copied())
        ));
    }
    let named = |list: &[String], name: &str| list.iter().any(|n| n == name);
    let keep = |name: &&str| {
        (args.only.is_empty() || named(&args.only, name)) && !named(&args.without, name)
    };
    Ok(names.iter().map(keep).collect())
}

/// All figures of a model in memory, and its answers, with a bar while it is scored. `course` is how it was trained, or why no
/// label of what training held out can be judged.
pub fn figures(
    prepared: &Prepared,
    trained: Option<&Trained>,
    file: &[u8],
    (scope, course): (&Scope, Result<Course, &'static str>),
    shared: &Shared,
) -> Result<(Evaluation, Answers)> {
    let aligned = Aligned::from(file);
    let model = run::load(&aligned)?;
    let bar = bar(shared, "scoring", scope.numbers(prepared).len());
    let found = evaluate_answers(prepared, trained, &model, scope, &|| bar.inc(1));
    bar.finish_and_clear();
    let (mut evaluation, answers) = found?;
    evaluation.suspected_labels = match course {
        Ok(course) => suspected_labels(prepared, &model, course, scope.limit)?,
        Err(why) => SuspectedLabels::not_judged(why),
    };
    Ok((evaluation, answers))
}

/// Shows an evaluation: a table of its heads, then what is known of their classes, and suspected labels.
pub fn print(evaluation: &Evaluation) -> Result<()> {
    print_summary(evaluation)?;
    details::print(evaluation)
}

/// Shows an evaluation as a table of its heads.
pub fn print_summary(evaluation: &Evaluation) -> Result<()> {
    let Evaluation {
        model,
        data,
        inputs,
        without,
        ..
    } = evaluation;
    let samples = grouped(evaluation.samples);
    let scope = match (without.is_empty(), inputs.is_empty()) {
        (true, _) => String::new(),
        (false, false) => format!(
            ", given only {} (not {})",
            inputs.join(", "),
            without.join(", ")
        ),
        (false, true) => ", given no input".to_owned(),
    };
    output::paragraph(format_args!(
        "{model} on {samples} test samples ({data}){scope}"
    ))?;
    let (file, arena) = (
        grouped(evaluation.file_bytes),
        grouped(evaluation.arena_bytes),
    );
    output::line(format_args!(
        "{file} bytes of model, {arena} bytes of arena"
    ))?;
    accuracy_table(evaluation).print()?;
    for head in &evaluation.heads {
        if let Some(why) = undefined(head.positive.as_deref(), &head.fixed) {
            output::paragraph(format_args!("{}: {why}", head.head))?;
        }
    }
    Ok(())
}

/// Prints for the given inputs how many are empty or too long.
fn print_counts(counts: &[InputCount], given: &[String]) -> Result<()> {
    let counts = counts.iter().filter(|count| given.contains(&count.input));
    let lines = counts.filter_map(InputCount::line);
    lines.into_iter().try_for_each(output::line)
}

/// The reason why a head lacks figures that others of its kind have.
fn undefined(positive: Option<&str>, figures: &Figures) -> Option<String> {
    match (figures.accuracy, figures.auc, positive) {
        (None, _, _) => Some("no figures, because no sample has a label for it".to_owned()),
        (Some(_), None, Some(positive)) => Some(format!(
            "AUC of `{positive}` undefined, because all samples are of it, or none is"
        )),
        _ => None,
    }
}

/// A share as text; `-` where it is not defined.
fn share(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), percent)
}

/// An area under a curve as text; `-` where it is not defined.
fn area(area: Option<f64>) -> String {
    area.map_or("-".to_owned(), |area| format!("{area:.4}"))
}

/// A table of float and fixed-point figures side by side.
pub fn accuracy_table(evaluation: &Evaluation) -> output::Table {
    let headings = [
        "head",
        "classes",
        "samples",
        "majority",
        "float",
        "fixed-point",
        "float AUC",
        "fixed AUC",
        "deferred",
        "wrong answers",
        "ECE",
    ];
    let mut table = output::table(headings, 1).optional(&[
        "classes",
        "float AUC",
        "samples",
        "ECE",
        "majority",
        "fixed AUC",
        "float",
    ]);
    for head in &evaluation.heads {
        table.add_row([
            head.head.clone(),
            head.classes.to_string(),
            grouped(head.samples),
            share(head.majority),
            share(head.float.and_then(|f| f.accuracy)),
            share(head.fixed.accuracy),
            area(head.float.and_then(|f| f.auc)),
            area(head.fixed.auc),
            share(head.reliability.deferred),
            wrong_answers(head),
            share(head.reliability.error),
        ]);
    }
    table
}

/// The part of wrong answers as text, beside the stated part where there is one.
fn wrong_answers(head: &HeadFigures) -> String {
    let wrong = share(head.reliability.wrong_answers);
    match head.defer_error {
        Some(stated) if head.defer_below > 0.0 => {
            format!("{wrong} (at most {})", short_percent(f64::from(stated)))
        }
        // Where none defers, nothing keeps to what was asked for.
        Some(stated) => format!("{wrong} (asked: {})", short_percent(f64::from(stated))),
        None => wrong,
    }
}

/// Prints for each head how often answers with a score are right.
pub fn print_reliability(evaluation: &Evaluation) -> Result<()> {
    for head in &evaluation.heads {
        let defers = match head.defer_below {
            0.0 => "never defers".to_owned(),
            below => format!("defers below {}", percent(below)),
        };
        let temperature = head
            .temperature
            .map_or(String::new(), |t| format!(", temperature {t:.3}"));
        output::line("")?;
        output::paragraph(format_args!(
            "{}: answers by score ({defers}{temperature})",
            head.head
        ))?;
        let headings = ["score", "samples", "mean score", "accuracy", "off by"];
        let mut table = output::table(headings, 1);
        for bin in &head.reliability.bins {
            let [from, below] = [bin.from, bin.below].map(|edge| 100.0 * edge);
            table.add_row([
                format!("{from:.0} to {below:.0} %"),
                grouped(bin.samples),
                percent(bin.score),
                percent(bin.accuracy),
                format!("{:+.2} %", 100.0 * (bin.score - bin.accuracy)),
            ]);
        }
        table.print()?;
    }
    Ok(())
}
