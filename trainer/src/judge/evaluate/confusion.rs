//! Which classes are taken for which, and how well each is found.

use std::cmp::Reverse;

use serde::Serialize;

/// Confusions that are told by name.
pub const MOST_CONFUSED: usize = 5;

/// A head's answers by class. A figure of no sample is `None`, never 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confusions {
    /// How often each class was answered to each.
    pub confusion: Matrix,
    /// The most frequent confusions, at most five.
    pub confused: Vec<Confused>,
    /// Figures of each class.
    pub by_class: Vec<ClassFigures>,
    /// Means over the classes for which the figure is defined, each class counting alike.
    pub macro_average: Averages,
}

/// A confusion matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Names of the classes, of rows and columns alike.
    pub classes: Vec<String>,
    /// Number of samples: a row for each class that is right, in it a column for each class that was answered.
    pub counts: Vec<Vec<usize>>,
}

/// A class taken for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confused {
    /// The right class.
    pub class: String,
    /// The class that was answered.
    pub taken_for: String,
    /// Number of samples.
    pub samples: usize,
    /// Number of samples of the right class.
    pub of: usize,
}

/// Figures of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassFigures {
    /// Name of the class.
    pub class: String,
    /// Number of samples of the class.
    pub samples: usize,
    /// Number of samples to which the class was answered.
    pub answered: usize,
    /// The part of those answers that is right; `None` where the class was never answered.
    pub precision: Option<f64>,
    /// The part of the class's samples to which it was answered; `None` where there are none.
    pub recall: Option<f64>,
    /// Harmonic mean of both, by counts: `2 right / (samples + answered)`; `None` where there are neither samples nor answers.
    pub f1: Option<f64>,
}

/// Means over classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Averages {
    /// Mean precision of the classes that were answered.
    pub precision: Option<f64>,
    /// Mean recall of the classes that have samples.
    pub recall: Option<f64>,
    /// Mean F1 of the classes that have samples or were answered.
    pub f1: Option<f64>,
}

impl Confusions {
    /// Of the right class and the answer of each sample, by number.
    pub fn new(classes: &[String], answers: impl IntoIterator<Item = (u16, usize)>) -> Self {
        let mut counts = vec![vec![0; classes.len()]; classes.len()];
        for (label, answer) in answers {
            counts[usize::from(label)][answer] += 1;
        }
        let by_class: Vec<_> = (0..classes.len())
            .map(|class| ClassFigures::new(classes, &counts, class))
            .collect();
        let average = |of: fn(&ClassFigures) -> Option<f64>| mean(by_class.iter().filter_map(of));
        Confusions {
            confused: confused(classes, &counts),
            macro_average: Averages {
                precision: average(|class| class.precision),
                recall: average(|class| class.recall),
                f1: average(|class| class.f1),
            },
            by_class,
            confusion: Matrix {
                classes: classes.to_vec(),
                counts,
            },
        }
    }

    /// The classes with the lowest F1, at most so many; those without one are left out.
    pub fn worst(&self, most: usize) -> Vec<&ClassFigures> {
        let mut known: Vec<_> = self
            .by_class
            .iter()
            .filter(|class| class.f1.is_some())
            .collect();
        known.sort_by(|a, b| a.f1.unwrap_or(0.0).total_cmp(&b.f1.unwrap_or(0.0)));
        known.truncate(most);
        known
    }
}

impl ClassFigures {
    fn new(classes: &[String], counts: &[Vec<usize>], class: usize) -> Self {
        let right = counts[class][class];
        let samples: usize = counts[class].iter().sum();
        let answered: usize = counts.iter().map(|row| row[class]).sum();
        ClassFigures {
            class: classes[class].clone(),
            samples,
            answered,
            precision: part(right, answered),
            recall: part(right, samples),
            f1: part(2 * right, samples + answered),
        }
    }
}

fn part(of: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| of as f64 / all as f64)
}

fn mean(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = figures.fold((0.0, 0usize), |(sum, count), figure| {
        (sum + figure, count + 1)
    });
    (count > 0).then(|| sum / count as f64)
}

/// The most frequent confusions; of equally frequent ones those of earlier classes.
fn confused(classes: &[String], counts: &[Vec<usize>]) -> Vec<Confused> {
    let cells = counts.iter().enumerate().flat_map(|(class, row)| {
        let row = row.iter().enumerate();
        row.map(move |(answer, &samples)| (samples, class, answer))
    });
    let mut cells: Vec<_> = cells
        .filter(|&(samples, class, answer)| samples > 0 && class != answer)
        .collect();
    cells.sort_by_key(|&(samples, class, answer)| (Reverse(samples), class, answer));
    let cells = cells.into_iter().take(MOST_CONFUSED);
    let told = cells.map(|(samples, class, answer)| Confused {
        class: classes[class].clone(),
        taken_for: classes[answer].clone(),
        samples,
        of: counts[class].iter().sum(),
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn figures_by_hand() {
        // Four cats, of which one is taken for a ship and one for a dog; a ship and a dog, both right; no bird, and none answered.
        let answers = [(0, 0), (0, 0), (0, 2), (0, 1), (2, 2), (1, 1)];
        let found = Confusions::new(&names(&["cat", "dog", "ship", "bird"]), answers);
        assert_eq!(found.confusion.counts[0], [2, 1, 1, 0]);
        let [cat, _, ship, bird] = &found.by_class[..] else {
            panic!("{found:?}")
        };
        assert_eq!(
            (cat.precision, cat.recall, cat.f1),
            (Some(1.0), Some(0.5), Some(4.0 / 6.0))
        );
        assert_eq!(
            (ship.precision, ship.recall, ship.f1),
            (Some(0.5), Some(1.0), Some(2.0 / 3.0))
        );
        assert_eq!((bird.precision, bird.recall, bird.f1), (None, None, None));
        // The bird counts in no mean.
        assert_eq!(found.macro_average.precision, Some(2.0 / 3.0));
        assert_eq!(found.macro_average.recall, Some(2.5 / 3.0));
        let told: Vec<_> = found
            .confused
            .iter()
            .map(|c| (c.taken_for.as_str(), c.samples, c.of))
            .collect();
        assert_eq!(told, [("dog", 1, 4), ("ship", 1, 4)]);
        let worst: Vec<_> = found
            .worst(2)
            .iter()
            .map(|class| class.class.as_str())
            .collect();
        assert_eq!(worst, ["cat", "dog"]);
    }

    #[test]
    fn a_class_that_is_never_found_has_no_precision_but_recall() {
        let found = Confusions::new(&names(&["a", "b"]), [(1, 0), (1, 0)]);
        let b = &found.by_class[1];
        assert_eq!((b.precision, b.recall, b.f1), (None, Some(0.0), Some(0.0)));
        assert_eq!(found.macro_average.recall, Some(0.0));
        let none = Confusions::new(&names(&["a", "b"]), []);
        let json = serde_json::to_value(none.macro_average).unwrap();
        assert!(
            ["precision", "recall", "f1"]
                .iter()
                .all(|key| json[key].is_null())
        );
        assert!(none.confused.is_empty() && none.worst(10).is_empty());
    }

    #[test]
    fn the_most_frequent_confusions_come_first() {
        let classes: Vec<String> = (0..4u8).map(|class| class.to_string()).collect();
        let all = (0..4u16).flat_map(|label| (0..4usize).map(move |answer| (label, answer)));
        let more = [(3, 0), (3, 0), (2, 1)];
        let found = Confusions::new(&classes, all.chain(more));
        let told: Vec<_> = found
            .confused
            .iter()
            .map(|c| (c.class.as_str(), c.taken_for.as_str(), c.samples))
            .collect();
        assert_eq!(
            told,
            [
                ("3", "0", 3),
                ("2", "1", 2),
                ("0", "1", 1),
                ("0", "2", 1),
                ("0", "3", 1)
            ]
        );
    }
}
