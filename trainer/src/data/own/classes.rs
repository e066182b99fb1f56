//! The classes of a head, as labels or a description state them.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use tillsense_compiler::text::{brief, shown};
use tillsense_compiler::words::{grouped, meant, nearest};

use super::division::Part;
use super::report::{Level, Report};

/// Limit of classes of a head.
pub const MOST_CLASSES: usize = 1000;

/// The labels of a head as they are met.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    names: BTreeMap<String, u32>,
    /// By number of the name: how often it is met in each part, and where first.
    counts: Vec<[usize; 3]>,
    places: Vec<String>,
}

impl Labels {
    /// The provisional number of a label; `place` says where it is met.
    pub fn number(&mut self, name: &str, place: impl FnOnce() -> String) -> u32 {
        if let Some(&number) = self.names.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.insert(name.to_owned(), number);
        self.counts.push([0; 3]);
        self.places.push(place());
        number
    }

    /// Counts a label in a part.
    pub fn count(&mut self, number: u32, part: Part) {
        self.counts[number as usize][part as usize] += 1;
    }

    /// The classes in their order, and the class of each provisional number.
    ///
    /// They are those that the description states, else those of the labels: by value where all are numbers, else by their
    /// characters. What is wrong with them goes into the report.
    pub fn classes(
        &self,
        head: &str,
        stated: &[String],
        report: &mut Report,
    ) -> (Vec<String>, Vec<Option<u16>>) {
        self.judge(head, report);
        let classes: Vec<String> = match stated {
            [] => self.in_order(),
            stated => stated.to_vec(),
        };
        let mut map = vec![None; self.names.len()];
        for (name, &number) in &self.names {
            let place = classes.iter().position(|class| class == name);
            map[number as usize] = place.map(|place| place as u16);
            if place.is_none() {
                let known: Vec<&str> = classes.iter().map(String::as_str).collect();
                let meant = match nearest(name, known) {
                    Some(near) => format!("; did you mean `{near}`?"),
                    None => String::new(),
                };
                report.error(
                    "unknown_class",
                    format!(
                        "head {head}: {}: `{name}` is none of the classes that the description states{meant}",
                        self.places[number as usize]
                    ),
                );
            }
        }
        (classes, map)
    }

    /// The model's class of each provisional number. Labels that are none of the model's classes are told, and count as no label.
    pub fn of_model(
        &self,
        head: &str,
        classes: &[String],
        report: &mut Report,
    ) -> Vec<Option<u16>> {
        let mut map = vec![None; self.names.len()];
        for (name, &number) in &self.names {
            let same = |class: &String| class == name;
            let place = classes.iter().position(same);
            // A program that writes `1` as `1.0` means the same.
            let place = place.or_else(|| classes.iter().position(|class| same_number(class, name)));
            map[number as usize] = place.map(|place| place as u16);
            if place.is_none() {
                let known = classes.iter().map(String::as_str);
                report.add(
                    (Level::Warning, "unknown_class"),
                    &format!("head {head}"),
                    Some(format!("`{name}`{}", meant(name, known))),
                    "labels that are none of the model's classes, whose samples are not counted",
                    "",
                );
            }
        }
        map
    }

    fn in_order(&self) -> Vec<String> {
        let mut names: Vec<&String> = self.names.keys().collect();
        let number = |name: &str| name.parse::<f64>().ok().filter(|n| n.is_finite());
        if names.iter().all(|name| number(name).is_some()) {
            names.sort_by(|a, b| {
                let by_value = number(a).partial_cmp(&number(b));
                by_value.unwrap_or(Ordering::Equal).then(a.cmp(b))
            });
        }
        names.into_iter().cloned().collect()
    }

    fn judge(&self, head: &str, report: &mut Report) {
        let found = self.names.len();
        if found > MOST_CLASSES {
            let numbers = self.names.keys().all(|name| name.parse::<f64>().is_ok());
            let mend = match numbers {
                true => {
                    "the labels look like numbers: make ranges of them (`low`, `middle`, `high`) in a column of classes"
                }
                false => "name a column with fewer classes as the label",
            };
            report.error(
                "too_many_classes",
                format!(
                    "head {head}: {} different labels, at most {} can be; {mend}",
                    grouped(found),
                    grouped(MOST_CLASSES)
                ),
            );
            return;
        }
        if found < 2 {
            let what = match self.names.keys().next() {
                Some(name) => format!("all labels are `{name}`"),
                None => "no label".to_owned(),
            };
            report.error(
                "one_class",
                format!("head {head}: {what}; a question has two or more answers: add samples of another class, or name another column"),
            );
        }
        self.judge_alike(head, report);
        for (name, &number) in &self.names {
            let [train, valid, test] = self.counts[number as usize];
            let place = &self.places[number as usize];
            if train + valid + test == 1 {
                report.error(
                    "single_sample",
                    format!("head {head}: {place}: class `{name}` has one sample; add others, or leave it out: with one alone nothing can be both learned and tested"),
                );
            } else if train + valid == 0 && test > 0 {
                report.error(
                    "only_in_test",
                    format!("head {head}: {place}: class `{name}` occurs in the test part only; add training samples of it, or divide the samples otherwise"),
                );
            } else if train == 0 && valid > 0 {
                report.error(
                    "not_in_train",
                    format!("head {head}: {place}: class `{name}` occurs in no training sample; add some, or divide the samples otherwise"),
                );
            } else if test == 0 {
                report.add(
                    (Level::Warning, "not_in_test"),
                    &format!("head {head}"),
                    Some(format!("`{name}`")),
                    "classes without a test sample, whose figures cannot be told",
                    "add test samples of them",
                );
            }
        }
    }

    /// Tells of classes that a person reads as one.
    fn judge_alike(&self, head: &str, report: &mut Report) {
        let mut read: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in self.names.keys() {
            read.entry(as_read(name)).or_default().push(name);
        }
        for alike in read.into_values().filter(|alike| alike.len() > 1) {
            let names: Vec<_> = alike
                .iter()
                .map(|name| format!("`{}`", brief(name)))
                .collect();
            report.add(
                (Level::Warning, "similar_classes"),
                &format!("head {head}"),
                Some(names.join(" and ")),
                "classes that differ only in capitals, blanks or invisible characters",
                "write them alike where they are one class",
            );
        }
    }
}

/// A name without what a person does not see: capitals, blanks, invisible characters.
fn as_read(name: &str) -> String {
    // Behind a letter, where the marks of many scripts are seen.
    let visible = |c: &char| !c.is_whitespace() && shown(format!("a{c}")).chars().count() == 2;
    name.to_lowercase().chars().filter(visible).collect()
}

/// Whether two labels are one whole number, such as `1` and `1.0`. Codes such as `01` are another.
fn same_number(one: &str, other: &str) -> bool {
    let whole = |text: &str| {
        let zeros = |(_, after): &(&str, &str)| after.bytes().all(|digit| digit == b'0');
        let whole = text.split_once('.').filter(zeros);
        whole.map_or(text, |(whole, _)| whole).to_owned()
    };
    whole(one) == whole(other) && whole(one).parse::<i64>().is_ok()
}
