//! What `run` tells of a sample, as data and on the screen, in at most 80 columns.

use anyhow::Result;
use serde::Serialize;
use tillsense_compiler::text::{brief, shown, start};
use tillsense_compiler::words::grouped;
use tillsense_device::compare::Unit;

use super::super::output::{self, Table, line};
use super::answer::{Answer, Changed, ClassAnswer, Said, TensorAnswer, Without};
use super::board::OnBoard;

/// Classes that are shown of a head.
const MOST_CLASSES: usize = 5;
/// Values of a tensor that are shown.
const MOST_VALUES: usize = 24;
/// Values of a line.
const VALUES_A_LINE: usize = 6;
/// Values of a tensor that are shown of each of many samples.
const FIRST_VALUES: usize = 3;
/// Notes that are shown on many samples.
const MOST_NOTES: usize = 6;
/// Characters of a name in a table.
const MOST_NAME: usize = 20;

/// What is told of a sample.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The model's name; in a list of samples it is not repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The file or row; one sample alone has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The inputs, by number.
    pub inputs: Vec<InputReport>,
    /// The answers, by head.
    pub heads: Vec<Answer>,
    /// The answers without one of the inputs, for each that is given; of one sample alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Without>,
    /// What boards make of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<OnBoard>,
}

/// What is told of an input.
#[derive(Clone, Debug, Serialize)]
pub struct InputReport {
    /// Its name.
    pub input: String,
    /// Its kind.
    pub kind: &'static str,
    /// Whether the model was given something of it.
    pub given: bool,
    /// What was converted, cut or missing.
    pub notes: Vec<String>,
}

impl Report {
    /// The report on a sample that cannot be read.
    pub fn unread(error: &anyhow::Error) -> Self {
        Report {
            model: None,
            sample: None,
            error: Some(format!("{error:#}")),
            inputs: Vec::new(),
            heads: Vec::new(),
            without: Vec::new(),
            boards: Vec::new(),
        }
    }

    /// Forgets what a table of many samples does not show: the scores of classes that are not the best, and all but the first values
    /// of tensors.
    pub fn forget_details(&mut self) {
        for answer in &mut self.heads {
            match &mut answer.said {
                Said::Class(class) => class.classes = Vec::new(),
                Said::Tensor(tensor) => {
                    // One more than is shown, which tells that there are more.
                    tensor.values.truncate(FIRST_VALUES + 1);
                    tensor.stored.truncate(FIRST_VALUES + 1);
                }
            }
        }
    }

    /// Prints what is told of one sample.
    pub fn print(&self) -> Result<()> {
        let names = |given: bool| {
            let inputs = self.inputs.iter().filter(|input| input.given == given);
            let names: Vec<_> = inputs.map(|input| brief(&input.input)).collect();
            names.join(", ")
        };
        let (given, absent) = (names(true), names(false));
        let model = brief(self.model.as_deref().unwrap_or_default());
        match given.is_empty() {
            true => line(format!("{model} is given nothing that it can read"))?,
            false => line(format!("{model} is given {given}"))?,
        }
        if !absent.is_empty() {
            line(format!("absent: {absent}"))?;
        }
        for note in self.inputs.iter().flat_map(|input| &input.notes) {
            line(format!("  {note}"))?;
        }
        for answer in &self.heads {
            line("")?;
            print_answer(answer)?;
        }
        if !self.without.is_empty() {
            line("")?;
            print_without(&self.without)?;
        }
        if !self.boards.is_empty() {
            line("")?;
            print_boards(&self.boards)?;
        }
        Ok(())
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A name in a table.
fn short(name: &str) -> String {
    shown(start(name, MOST_NAME))
}

/// The end of a file's name, which differs from the others'.
fn tail(name: &str) -> String {
    let len = name.chars().count();
    match len > 2 * MOST_NAME {
        true => {
            let rest = name.chars().skip(len - 2 * MOST_NAME + 1);
            shown(['\u{2026}'].into_iter().chain(rest).collect::<String>())
        }
        false => shown(name),
    }
}

fn print_answer(answer: &Answer) -> Result<()> {
    let head = brief(&answer.head);
    match &answer.said {
        Said::Class(class) => {
            match class.defers {
                true => line(format!("{head}: {}", deferral(class)))?,
                false => line(format!("{head}: {}", brief(&class.answer)))?,
            }
            for best in class.classes.iter().take(MOST_CLASSES) {
                line(format!(
                    "{:>9}  {}",
                    percent(best.score),
                    brief(&best.class)
                ))?;
            }
            match class.classes.len().saturating_sub(MOST_CLASSES) {
                0 => Ok(()),
                1 => line("           and 1 other"),
                more => line(format!("           and {} others", grouped(more))),
            }
        }
        Said::Tensor(tensor) => print_tensor(&head, tensor),
    }
}

fn deferral(class: &ClassAnswer) -> String {
    format!(
        "defers to a person: {} is below {}",
        percent(class.score),
        percent(class.defer_below)
    )
}

fn print_tensor(head: &str, tensor: &TensorAnswer) -> Result<()> {
    let [rows, columns, channels] = tensor.shape;
    let TensorAnswer {
        scale, zero_point, ..
    } = tensor;
    line(format!(
        "{head}: {rows} x {columns} x {channels} values, scale {scale:.6e}, zero point {zero_point}"
    ))?;
    let shown = tensor.values.len().min(MOST_VALUES);
    let real = tensor.values[..shown].chunks(VALUES_A_LINE);
    let stored = tensor.stored[..shown].chunks(VALUES_A_LINE);
    for (real, stored) in real.zip(stored) {
        let real: Vec<_> = real.iter().map(|value| format!("{value:>10.4}")).collect();
        let stored: Vec<_> = stored.iter().map(|value| format!("{value:>10}")).collect();
        line(format!("  real   {}", real.join(" ")))?;
        line(format!("  stored {}", stored.join(" ")))?;
    }
    match tensor.values.len().saturating_sub(MOST_VALUES) {
        0 => Ok(()),
        more => line(format!("  and {} more (--json has all)", grouped(more))),
    }
}

fn print_without(all: &[Without]) -> Result<()> {
    line("What each input is worth: the answers without it")?;
    let mut table = output::table(["without", "head", "answer", "score", "change"], 3);
    for without in all {
        for changed in &without.heads {
            let [answer, score, change] = changed_cells(changed);
            table.add_row([
                short(&without.input),
                short(&changed.head),
                answer,
                score,
                change,
            ]);
        }
    }
    table.print()
}

/// The answer, its score, and by how much the score of what is answered with all inputs changes.
fn changed_cells(changed: &Changed) -> [String; 3] {
    let answer = changed.answer.as_deref().map(short);
    let answer = match (answer, changed.changes) {
        (None, _) => "(values)".to_owned(),
        (Some(answer), true) => format!("now {answer}"),
        (Some(answer), false) => answer,
    };
    let change = match (changed.largest_change, changed.score_change) {
        (Some(most), _) => format!("up to {most:.4}"),
        (None, Some(points)) => format!("{:+.1}", 100.0 * points),
        (None, None) => "-".to_owned(),
    };
    [
        answer,
        changed.score.map_or("-".to_owned(), percent),
        change,
    ]
}

fn print_boards(all: &[OnBoard]) -> Result<()> {
    let mut table = output::table(["board", "processor", "answers", unit_of(all)], 3);
    for on_board in all {
        table.add_row([
            on_board.board.to_owned(),
            on_board.processor.unwrap_or("-").to_owned(),
            same(on_board).to_owned(),
            grouped(on_board.cost.number()),
        ]);
    }
    table.print()
}

/// What the boards count, which is the same of all.
fn unit_of(all: &[OnBoard]) -> &'static str {
    all.first()
        .map_or(Unit::Instructions, |on_board| on_board.cost.unit())
        .word()
}

const fn same(on_board: &OnBoard) -> &'static str {
    match on_board.identical {
        true => "equal to this machine's",
        false => "DIFFER from this machine's",
    }
}

/// Prints a row for each sample that has an answer, or one for each of its heads where they do not fit side by side.
pub fn print_many(all: &[Report]) -> Result<()> {
    let answered: Vec<_> = all.iter().filter(|report| report.error.is_none()).collect();
    let Some(first) = answered.first() else {
        return Ok(());
    };
    let wide = side_by_side(&answered, &first.heads);
    match wide.fits() {
        true => wide.print()?,
        false => {
            stacked(&answered).print()?;
            if first.heads.len() > 1 {
                line("(a line for each head: side by side they do not fit)")?;
            }
        }
    }
    print_notes(&answered)?;
    boards_of_many(&answered)
}

/// The first notes, each behind the name of its sample.
fn print_notes(all: &[&Report]) -> Result<()> {
    let notes = || {
        all.iter().flat_map(|report| {
            let notes = report.inputs.iter().flat_map(|input| &input.notes);
            notes.map(|note| (report.sample.as_deref().unwrap_or_default(), note))
        })
    };
    for (sample, note) in notes().take(MOST_NOTES) {
        match note.starts_with(sample) {
            true => line(note)?,
            false => line(format!("{sample}: {note}"))?,
        }
    }
    match notes().count().saturating_sub(MOST_NOTES) {
        0 => Ok(()),
        more => line(format!("and {} notes more (--json has all)", grouped(more))),
    }
}

fn side_by_side(all: &[&Report], heads: &[Answer]) -> Table {
    let heads: Vec<_> = heads.iter().map(|answer| short(&answer.head)).collect();
    let headings = heads.iter().flat_map(|head| [&**head, "score", "defers"]);
    let mut table = output::table(["sample"].into_iter().chain(headings), 1);
    for column in 0..heads.len() {
        table.align_left(1 + 3 * column);
    }
    for report in all {
        let cells = report.heads.iter().flat_map(answer_cells);
        table.add_row(
            [tail(report.sample.as_deref().unwrap_or_default())]
                .into_iter()
                .chain(cells),
        );
    }
    table
}

fn stacked(all: &[&Report]) -> Table {
    let mut table = output::table(["sample", "head", "answer", "score", "defers"], 3);
    for report in all {
        for (number, answer) in report.heads.iter().enumerate() {
            let name = match number {
                0 => tail(report.sample.as_deref().unwrap_or_default()),
                _ => String::new(),
            };
            let cells = answer_cells(answer);
            table.add_row([name, short(&answer.head)].into_iter().chain(cells));
        }
    }
    table
}

fn answer_cells(answer: &Answer) -> [String; 3] {
    match &answer.said {
        Said::Class(class) => [
            short(&class.answer),
            percent(class.score),
            if class.defers { "defers" } else { "" }.to_owned(),
        ],
        Said::Tensor(tensor) => {
            let first = tensor
                .values
                .iter()
                .take(FIRST_VALUES)
                .map(|value| format!("{value:.3}"));
            let more = match tensor.values.len() > FIRST_VALUES {
                true => " ..",
                false => "",
            };
            let first: Vec<_> = first.collect();
            [
                format!("{}{more}", first.join(" ")),
                "-".to_owned(),
                String::new(),
            ]
        }
    }
}

/// How many samples each board answered alike, and with how many instructions.
fn boards_of_many(all: &[&Report]) -> Result<()> {
    let names = all.first().map_or(&[][..], |report| &report.boards);
    if names.is_empty() {
        return Ok(());
    }
    let mut table = output::table(["board", "processor", "identical", unit_of(names)], 2);
    for (number, board) in names.iter().enumerate() {
        let runs = || all.iter().filter_map(|report| report.boards.get(number));
        let identical = runs().filter(|run| run.identical).count();
        let instructions: u64 = runs().map(|run| run.cost.number()).sum();
        table.add_row([
            board.board.to_owned(),
            board.processor.unwrap_or("-").to_owned(),
            format!("{identical} of {}", runs().count()),
            grouped(instructions / runs().count().max(1) as u64),
        ]);
    }
    table.print()
}
