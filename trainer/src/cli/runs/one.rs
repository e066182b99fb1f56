//! One run.

use anyhow::{Result, anyhow};
use serde::Serialize;
use tillsense_compiler::trained::EpochReport;
use tillsense_compiler::words::{grouped, percent};

use super::{Told, ago, epochs, held_out, test};
use crate::cli::output::width;
use crate::cli::{Shared, curves, output};
use crate::runs::{Entry, Run, RunEnd, rows};

/// Columns and rows of a chart.
const CHART: (usize, usize) = (64, 6);

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    told: Told<'a>,
    curve: &'a [EpochReport],
}

/// Shows a run with its curves.
pub fn show(entry: &Entry, shared: &Shared) -> Result<()> {
    let run = readable(entry)?;
    let epochs = entry.epochs()?;
    if shared.json {
        let told = Told::new(entry);
        return output::json(&Whole {
            told,
            curve: &epochs,
        });
    }
    for (name, value) in facts(entry, run) {
        output::entry(&name, 12, value)?;
    }
    for (number, (name, values)) in rows(&epochs).into_iter().enumerate() {
        chart(&name, &values, number == 0)?;
    }
    Ok(())
}

/// What is known of a run; the error says what is wrong with its folder.
pub fn readable(entry: &Entry) -> Result<&Run> {
    entry
        .run
        .as_ref()
        .map_err(|error| anyhow!("{}: {error}", entry.name()))
}

fn facts(entry: &Entry, run: &Run) -> Vec<(String, String)> {
    let end = match &run.end {
        RunEnd::Failed(why) => format!("failed: {why}"),
        end => end.to_string(),
    };
    let file = run.file.as_ref().map_or("-".to_owned(), |file| {
        format!(
            "{} ({} bytes, sealed {})",
            file.path.display(),
            grouped(file.bytes),
            file.seal.get(..12).unwrap_or_default()
        )
    });
    let resumed = run.resumed.map_or(String::new(), |number| {
        format!(", going on with run {number}")
    });
    let digest = run.data_digest.get(..12).unwrap_or_default();
    let when = format!("{}, {:.0} s{resumed}", ago(run.began), run.seconds);
    let facts = [
        (
            "run",
            format!("{} in {}", entry.name(), entry.path.display()),
        ),
        ("when", when),
        ("command", format!("tillsense {}", run.command.join(" "))),
        ("description", run.origin.clone()),
        ("data", format!("{}, digest {digest}", run.data)),
        ("seed", run.seed.to_string()),
        (
            "samples",
            run.limit.map_or("all".to_owned(), |limit| {
                format!("at most {}", grouped(limit))
            }),
        ),
        ("epochs", epochs(run)),
        ("end", end),
        ("held out", held_out(&run.held_out)),
        ("test", test(&run.test)),
        ("file", file),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// A figure over the epochs, with its best one.
fn chart(name: &str, values: &[f64], low: bool) -> Result<()> {
    let room = (CHART.0.min(width().saturating_sub(12)).max(10), CHART.1);
    output::line("")?;
    let Some(best) = curves::best(values, low) else {
        return output::line(format_args!("{name}: no figure"));
    };
    let told = match low {
        true => curves::figure(values[best]),
        false => percent(values[best]),
    };
    output::line(format_args!(
        "{name} over {} epochs, best {told} at epoch {}",
        values.len(),
        best + 1
    ))?;
    output::lines(curves::chart(values, room).join("\n"))
}
