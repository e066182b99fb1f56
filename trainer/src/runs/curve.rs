//! Learning curves as tables.

use anyhow::{Result, anyhow};
use tillsense_compiler::trained::{EpochReport, Phase};

/// The table of a run's epochs: RFC 4180 with a header. Columns: `epoch` from 1, `phase`, `loss`, `seconds`, `best`, and for each head `H.loss`,
/// `H.accuracy`, `H.auc` on held-out samples, empty where they are not defined.
pub fn csv(epochs: &[EpochReport]) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = ["epoch", "phase", "loss", "seconds", "best"]
        .map(str::to_owned)
        .to_vec();
    let heads = epochs.first().map_or(&[][..], |first| &first.held_out);
    for head in heads {
        header.extend(["loss", "accuracy", "auc"].map(|what| format!("{}.{what}", head.head)));
    }
    table.write_record(&header)?;
    for report in epochs {
        let mut row = vec![
            (report.epoch + 1).to_string(),
            phase(report.phase).to_owned(),
            report.loss.to_string(),
            format!("{:.3}", report.seconds),
            if report.best { "yes" } else { "no" }.to_owned(),
        ];
        for number in 0..heads.len() {
            let score = report.held_out.get(number);
            let figure = |figure: Option<f64>| figure.map_or(String::new(), |f| f.to_string());
            row.extend([
                figure(score.and_then(|score| score.loss)),
                figure(score.and_then(|score| score.accuracy)),
                figure(score.and_then(|score| score.auc)),
            ]);
        }
        table.write_record(&row)?;
    }
    table.into_inner().map_err(|e| anyhow!("{}", e.error()))
}

/// A phase in a word.
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Float => "float",
        Phase::Quantised => "quantised",
    }
}

/// What is drawn of a training: the training loss, then for each head the figure that it is judged by, each with a name. Epochs without a
/// figure are no numbers.
pub fn rows(epochs: &[EpochReport]) -> Vec<(String, Vec<f64>)> {
    let loss = epochs.iter().map(|report| report.loss).collect();
    let mut rows = vec![("loss".to_owned(), loss)];
    let heads = epochs.last().map_or(&[][..], |last| &last.held_out);
    for (number, head) in heads.iter().enumerate() {
        let figure = |report: &EpochReport| {
            let score = report.held_out.get(number);
            score
                .and_then(|score| score.judged().ok())
                .unwrap_or(f64::NAN)
        };
        let name = match head.classes {
            2 => format!("{} AUC", head.head),
            _ => head.head.clone(),
        };
        rows.push((name, epochs.iter().map(figure).collect()));
    }
    rows
}
