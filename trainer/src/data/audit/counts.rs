//! How many samples, classes and inputs there are in each part.

use serde::Serialize;
use tillsense_compiler::network::description::Spec;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::words::grouped;

use super::shares::{LARGE, shift};
use crate::data::dataset::Dataset;
use crate::data::own::{Level, Part, Report};

/// Samples of the most frequent class for one of the rarest, from which on classes are unbalanced.
const UNBALANCED: u64 = 10;
/// Training samples of a class below which little is learned.
const FEW: u64 = 10;

/// A count for each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Samples that are trained on.
    pub train: u64,
    /// Samples held out of training.
    pub held_out: u64,
    /// Samples that are tested on.
    pub test: u64,
}

impl Parts {
    fn add(&mut self, part: Part) {
        match part {
            Part::Train => self.train += 1,
            Part::Valid => self.held_out += 1,
            Part::Test => self.test += 1,
        }
    }

    /// The sum.
    pub fn all(&self) -> u64 {
        self.train + self.held_out + self.test
    }
}

/// A class of a head.
#[derive(Clone, Debug, Serialize)]
pub struct ClassCount {
    /// Name of the class.
    pub name: String,
    /// Its samples.
    #[serde(flatten)]
    pub samples: Parts,
}

/// A head.
#[derive(Clone, Debug, Serialize)]
pub struct HeadCount {
    /// Name of the head.
    pub name: String,
    /// Its classes.
    pub classes: Vec<ClassCount>,
    /// Samples without a label of it.
    pub unlabelled: Parts,
}

/// An input.
#[derive(Clone, Debug, Serialize)]
pub struct InputCount {
    /// Name of the input.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Samples without it.
    pub absent: Parts,
}

/// What there is in each part.
#[derive(Clone, Debug, Serialize)]
pub struct Counts {
    /// All samples.
    pub samples: Parts,
    /// The inputs.
    pub inputs: Vec<InputCount>,
    /// The heads.
    pub heads: Vec<HeadCount>,
}

impl Counts {
    /// Nothing counted of these data.
    pub fn of(data: &Dataset) -> Self {
        let inputs = data.inputs().iter().map(|input| InputCount {
            name: input.name.clone(),
            kind: input.kind.name(),
            absent: Parts::default(),
        });
        let heads = data.heads().iter().map(|head| HeadCount {
            name: head.name.clone(),
            classes: head
                .classes
                .iter()
                .map(|name| ClassCount {
                    name: name.clone(),
                    samples: Parts::default(),
                })
                .collect(),
            unlabelled: Parts::default(),
        });
        Counts {
            samples: Parts::default(),
            inputs: inputs.collect(),
            heads: heads.collect(),
        }
    }

    /// Counts a sample.
    pub fn take(&mut self, part: Part, sample: &Sample<'_>) {
        self.samples.add(part);
        for (input, raw) in self.inputs.iter_mut().zip(&sample.inputs) {
            if *raw == Raw::Absent {
                input.absent.add(part);
            }
        }
        for (head, label) in self.heads.iter_mut().zip(&sample.labels) {
            let class = label.and_then(|label| head.classes.get_mut(usize::from(label)));
            match class {
                Some(class) => class.samples.add(part),
                None => head.unlabelled.add(part),
            }
        }
    }

    /// Reports what is to be said about the counts.
    pub fn report(&self, spec: &Spec, report: &mut Report) {
        if self.samples.test == 0 {
            report.add(
                (Level::Warning, "no_test"),
                "",
                None,
                "no test samples, so that no figure can be told",
                "state test = 0.2 in [data], or add some",
            );
        }
        for input in &self.inputs {
            let given = self.samples.train - input.absent.train;
            if given == 0 && self.samples.train > 0 {
                report.error(
                    "never_there",
                    format!("input {}: absent in all training samples; mend its column or files, or remove the input", input.name),
                );
            }
        }
        for head in &self.heads {
            let Some(stated) = spec.heads.iter().find(|stated| stated.name == head.name) else {
                continue;
            };
            head.report(stated.balance, report);
        }
    }
}

impl HeadCount {
    fn report(&self, balanced: bool, report: &mut Report) {
        let subject = format!("head {}", self.name);
        let trained = |class: &&ClassCount| class.samples.train;
        let (most, least) = (
            self.classes.iter().max_by_key(trained),
            self.classes.iter().min_by_key(trained),
        );
        if let (Some(most), Some(least)) = (most, least) {
            let (many, few) = (most.samples.train, least.samples.train);
            if few > 0 && many >= UNBALANCED * few {
                let (level, mend) = match balanced {
                    true => (Level::Note, "`balance = true` counts them alike"),
                    false => (
                        Level::Warning,
                        "state balance = true in the head, add samples of it, and look at recall by class, not at accuracy",
                    ),
                };
                let what = format!(
                    "{} training samples are `{}`, and {} `{}`",
                    grouped(many),
                    most.name,
                    grouped(few),
                    least.name
                );
                report.add((level, "imbalance"), &subject, None, what, mend);
            }
        }
        for class in &self.classes {
            if (1..FEW).contains(&class.samples.train) {
                report.add(
                    (Level::Warning, "few_samples"),
                    &subject,
                    Some(format!("`{}`: {}", class.name, class.samples.train)),
                    format!("classes of fewer than {FEW} training samples"),
                    "add samples of them",
                );
            }
        }
        let shares = self
            .classes
            .iter()
            .map(|class| [class.samples.train, class.samples.test]);
        if let Some(index) = shift(shares) {
            report.add(
                (if index >= LARGE { Level::Warning } else { Level::Note }, "label_drift"),
                &subject,
                None,
                format!("training and test samples have other shares of the classes (stability index {index:.2}, where 0.25 is much)"),
                "divide the samples otherwise, or expect other figures in use",
            );
        }
    }
}
