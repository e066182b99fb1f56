//! Findings about anyone's data: what is wrong or worth knowing, where, and how it is mended.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use tillsense_compiler::words::grouped;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing can be trained until it is mended.
    Error,
    /// Training goes on, and its result may suffer.
    Warning,
    /// A fact that is good to know.
    Note,
}

impl Level {
    /// The level as a word in front of a line.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

/// Places that a finding names; of more, the number is told.
const MOST_PLACES: usize = 5;

/// Errors of a kind that are told; of more, the number is.
const MOST_ERRORS: usize = 20;

/// A finding, at one place or at several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it weighs.
    pub level: Level,
    /// Kind of finding, for programs.
    pub kind: &'static str,
    /// The input, head, column or file that it is about; empty where it is about all.
    pub subject: String,
    /// What was found.
    pub what: String,
    /// How it is mended; empty where nothing needs to be.
    pub mend: String,
    /// Number of places.
    pub count: usize,
    /// The first places.
    pub places: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.subject.is_empty() {
            write!(f, "{}: ", self.subject)?;
        }
        f.write_str(&self.what)?;
        if !self.places.is_empty() {
            write!(f, " ({}", self.places.join("; "))?;
            let more = self.count - self.places.len();
            if more > 0 {
                write!(f, "; and {} more", grouped(more))?;
            }
            f.write_str(")")?;
        } else if self.count > 1 {
            write!(f, " ({} times)", grouped(self.count))?;
        }
        if !self.mend.is_empty() {
            write!(f, "; {}", self.mend)?;
        }
        Ok(())
    }
}

/// All findings: errors first, then warnings, then notes, each kind and subject once.
#[derive(Clone, Debug, Default)]
pub struct Report {
    findings: BTreeMap<(Level, &'static str, String), Finding>,
}

impl Report {
    /// Adds a finding about `subject`. Where one of this kind about it is there already, it gets another place.
    pub fn add(
        &mut self,
        (level, kind): (Level, &'static str),
        subject: &str,
        place: Option<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let key = (level, kind, subject.to_owned());
        let finding = self.findings.entry(key).or_insert_with(|| Finding {
            level,
            kind,
            subject: subject.to_owned(),
            what: what.into(),
            mend: mend.into(),
            count: 0,
            places: Vec::new(),
        });
        finding.count += 1;
        finding
            .places
            .extend(place.filter(|_| finding.places.len() < MOST_PLACES));
    }

    /// Adds an error whose words say all. Of many of a kind the first ones are kept, and the others are counted.
    pub fn error(&mut self, kind: &'static str, line: impl Into<String>) {
        let line = line.into();
        let of_kind = self
            .findings
            .values()
            .filter(|finding| finding.kind == kind);
        if of_kind.take(MOST_ERRORS).count() == MOST_ERRORS {
            // Behind all lines.
            let key = (Level::Error, kind, char::MAX.to_string());
            let more = self.findings.entry(key).or_insert_with(|| Finding {
                level: Level::Error,
                kind,
                subject: String::new(),
                what: "more errors of the kind above".to_owned(),
                mend: String::new(),
                count: 0,
                places: Vec::new(),
            });
            more.count += 1;
            return;
        }
        let key = (Level::Error, kind, line.clone());
        self.findings.entry(key).or_insert(Finding {
            level: Level::Error,
            kind,
            subject: String::new(),
            what: line,
            mend: String::new(),
            count: 1,
            places: Vec::new(),
        });
    }

    /// All findings in order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }

    /// Number of findings of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings()
            .filter(|finding| finding.level == level)
            .count()
    }

    /// The first error.
    pub fn first_error(&self) -> Option<&Finding> {
        self.findings()
            .find(|finding| finding.level == Level::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_once_with_its_places() {
        let mut report = Report::default();
        for n in 0..1200 {
            report.add(
                (Level::Warning, "missing_file"),
                "photo",
                Some(format!("line {n}")),
                "no such file",
                "the input counts as absent",
            );
        }
        report.error("no_rows", "x.csv: holds no rows; add some");
        for line in 10..1040 {
            report.error("not_a_number", format!("line {line}"));
        }
        let lines: Vec<_> = report.findings().map(ToString::to_string).collect();
        assert_eq!(lines[0], "x.csv: holds no rows; add some");
        assert_eq!(lines[1], "line 10");
        assert_eq!(lines[21], "more errors of the kind above (1,010 times)");
        assert_eq!(
            lines[22],
            "photo: no such file (line 0; line 1; line 2; line 3; line 4; and 1,195 more); the input counts as absent"
        );
        assert_eq!(report.count(Level::Error), 22);
    }
}
