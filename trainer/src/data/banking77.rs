//! The data set Banking77: questions of bank customers, `text,category` in RFC 4180 CSV
//! (<https://github.com/PolyAI-LDN/task-specific-datasets>).

use std::path::Path;

use super::error::{DataError, Problem};
use super::intents::INTENTS;
use super::table::CsvFile;
use super::types::{Split, Texts};

/// Reads both parts from `folder/banking77/train.csv` and `test.csv`.
pub(crate) fn read(folder: &Path) -> Result<Split<Texts>, DataError> {
    let folder = folder.join("banking77");
    Ok(Split {
        train: part(&folder, "train")?,
        test: part(&folder, "test")?,
    })
}

fn part(folder: &Path, name: &'static str) -> Result<Texts, DataError> {
    let path = folder.join(format!("{name}.csv"));
    let mut set = Texts {
        texts: Vec::new(),
        lines: Vec::new(),
        file: path.clone(),
        labels: Vec::new(),
        categories: &INTENTS,
    };
    CsvFile::open(&path, vec!["text", "category"])?.for_each(|_, row| {
        let (text, category) = (row.text(0), row.text(1).trim());
        if !text.chars().any(char::is_alphanumeric) {
            return Err(row.error(0, Problem::NoText));
        }
        let label = INTENTS
            .iter()
            .position(|&intent| intent == category)
            .ok_or_else(|| row.error(1, Problem::Label(category.to_owned())))?;
        set.lines.push(row.line());
        set.texts.push(text.to_owned());
        set.labels.push(label as u16);
        Ok(())
    })?;
    if set.is_empty() {
        return Err(DataError::new(path, Problem::NoItem));
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::error::Place;
    use super::*;

    fn with(train: &[u8]) -> Result<Split<Texts>, DataError> {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("banking77");
        fs::create_dir(&at).unwrap();
        fs::write(at.join("train.csv"), train).unwrap();
        fs::write(
            at.join("test.csv"),
            "text,category\nWhere is it?,card_arrival\n",
        )
        .unwrap();
        read(dir.path())
    }

    #[test]
    fn quotes_line_breaks_and_crlf() {
        let train = "text,category\r\n\"I want \"\"it\"\",\nnow\",card_linking\r\nCaf\u{e9}?,country_support\r\n";
        let set = with(train.as_bytes()).unwrap();
        assert_eq!(set.train.texts, ["I want \"it\",\nnow", "Caf\u{e9}?"]);
        assert_eq!(set.train.labels, [1, 76]);
        assert_eq!(set.test.labels, [0]);
        assert_eq!(set.test.categories.len(), 77);
    }

    #[test]
    fn columns_may_stand_in_any_order_after_a_byte_order_mark() {
        let set = with("\u{feff}category,text\ncard_linking,Hello\n".as_bytes()).unwrap();
        assert_eq!(set.train.texts, ["Hello"]);
    }

    #[test]
    fn faults_name_line_and_field() {
        let fault = |train: &[u8]| with(train).unwrap_err();
        let error = fault(b"text,category\nHi,card_linking\nHi,card_flying\n");
        assert!(matches!(&error.problem, Problem::Label(label) if label == "card_flying"));
        assert_eq!(error.place, Some(Place::Field(3, "category".into())));
        let error = fault(b"text,category\nHi \xff\xfe,card_linking\n");
        assert!(matches!(error.problem, Problem::NotUtf8));
        assert_eq!(error.place, Some(Place::Field(2, "text".into())));
        let error = fault(b"text,category\n  ,card_linking\n");
        assert!(matches!(error.problem, Problem::NoText));
        let error = fault(b"text,category\nHi,there,card_linking\n");
        assert!(matches!(error.problem, Problem::Fields(3, 2)));
        assert_eq!(error.place, Some(Place::Line(2)));
        let error = fault(b"text,label\nHi,card_linking\n");
        assert!(matches!(error.problem, Problem::NoColumn("category")));
        assert!(matches!(fault(b"").problem, Problem::NoItem));
        assert!(matches!(fault(b"text,category\n").problem, Problem::NoItem));
        assert!(matches!(
            fault(b"te\xffxt,category\n").problem,
            Problem::NotUtf8
        ));
    }
}
