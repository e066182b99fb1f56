//! Messages of calibration, and of what training will not be able to show.

use tillsense_compiler::words::{grouped, percent, short_percent};

use crate::cli::Shared;
use crate::cli::progress::note;
use crate::judge::calibrate::{CONFIDENCE, Calibration, Choice, Unshown};

/// Prints what was fitted on held-out samples, and each threshold that is not what was asked for.
pub fn tell_calibration(calibration: &Calibration, shared: &Shared) {
    if calibration.held_out == 0 {
        note(
            shared,
            "no sample is held out: the scores are those of training, not calibrated (train.holdout above 0 calibrates them)",
        );
        return;
    }
    let heads = calibration.heads.iter();
    let temperatures: Vec<_> = heads
        .map(|head| match head.samples {
            0 => format!(
                "{} not fitted (no held-out sample has a label for it)",
                head.head
            ),
            _ => format!("{} {:.2}", head.head, head.temperature),
        })
        .collect();
    note(
        shared,
        format_args!(
            "calibrated on {} held-out samples; temperature: {}",
            grouped(calibration.held_out),
            temperatures.join(", ")
        ),
    );
    for head in &calibration.heads {
        if let Some((rate, choice)) = &head.threshold {
            // Too few samples are reported before training.
            if choice.samples >= choice.needed || choice.given_up {
                note(shared, threshold(&head.head, *rate, choice));
            }
        }
    }
}

/// Warns before training about thresholds that the held-out samples will not be able to show.
pub fn tell_unshown(heads: &[Unshown], shared: &Shared) {
    for head in heads {
        let (words, mend) = (head.words(), head.mend());
        note(
            shared,
            format_args!(
                "warning: {}: {words}, so that it will defer nearly all; {mend}",
                head.head
            ),
        );
    }
}

fn threshold(head: &str, rate: f32, choice: &Choice) -> String {
    let (rate, confidence) = (short_percent(f64::from(rate)), 100.0 * CONFIDENCE);
    let [samples, answered, wrong, needed] =
        [choice.samples, choice.answered, choice.wrong, choice.needed].map(grouped);
    let defers = match choice.threshold {
        0 => "never defers".to_owned(),
        threshold => format!("defers below {}", percent(f64::from(threshold) / 256.0)),
    };
    if choice.given_up {
        return format!(
            "warning: {head}: no answer defers, because keeping at most {rate} of them wrong would defer more of {samples} held-out samples than defer_at_most allows ({answered} would be answered, {wrong} of them wrong); more or better samples help"
        );
    }
    if choice.shown {
        let left = choice.samples - choice.answered;
        let deferred = percent(left as f64 / choice.samples as f64);
        return format!(
            "{head}: {defers}, for at most {rate} wrong answers with a confidence of {confidence} %; of {samples} held-out samples {deferred} deferred, {wrong} of {answered} answers wrong"
        );
    }
    format!(
        "warning: {head}: {defers}, because {samples} held-out samples do not show for any threshold that at most {rate} of its answers are wrong (that takes {needed} answers, all right, or more); raise its defer_error or train.holdout"
    )
}
