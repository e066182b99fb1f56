//! The data set UCI 468, online shoppers: one record for each session on a web shop.
//!
//! Durations are seconds with two decimals kept, rates six, page values three. A row is a test row when
//! its index, from 0, is divisible by five.

use std::path::Path;

use super::error::{DataError, Problem};
use super::table::{self, CsvFile};
use super::types::{Column, ColumnKind, Split, Table, Visits};

/// The columns of a session, `Revenue` (the label) left out.
pub(crate) static COLUMNS: [Column; 17] = [
    number("Administrative", 0),
    number("Administrative_Duration", 2),
    number("Informational", 0),
    number("Informational_Duration", 2),
    number("ProductRelated", 0),
    number("ProductRelated_Duration", 2),
    number("BounceRates", 6),
    number("ExitRates", 6),
    number("PageValues", 3),
    number("SpecialDay", 1),
    category(
        "Month",
        // Names are as published: June in full, the others short; January and April do not occur.
        &[
            "Jan", "Feb", "Mar", "Apr", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ],
    ),
    category(
        "OperatingSystems",
        &["1", "2", "3", "4", "5", "6", "7", "8"],
    ),
    category(
        "Browser",
        &[
            "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13",
        ],
    ),
    category("Region", &["1", "2", "3", "4", "5", "6", "7", "8", "9"]),
    category(
        "TrafficType",
        &[
            "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
            "17", "18", "19", "20",
        ],
    ),
    category(
        "VisitorType",
        &["Returning_Visitor", "New_Visitor", "Other"],
    ),
    category("Weekend", &["FALSE", "TRUE"]),
];
const TARGET: &str = "Revenue";

/// Reads both parts from `folder/online_shoppers/online_shoppers_intention.csv`.
pub(crate) fn read(folder: &Path) -> Result<Split<Visits>, DataError> {
    let path = folder
        .join("online_shoppers")
        .join("online_shoppers_intention.csv");
    let mut split = Split {
        train: empty(),
        test: empty(),
    };
    let wanted = table::names(&COLUMNS).chain([TARGET]).collect();
    CsvFile::open(&path, wanted)?.for_each(|index, row| {
        let set = table::part_of(&mut split, index);
        for (at, column) in COLUMNS.iter().enumerate() {
            set.records.cells.push(row.cell(at, column.kind)?);
        }
        set.labels.push(row.flag(COLUMNS.len(), "FALSE", "TRUE")?);
        Ok(())
    })?;
    if split.train.is_empty() && split.test.is_empty() {
        return Err(DataError::new(path, Problem::NoItem));
    }
    for (set, name) in [(&split.train, "train"), (&split.test, "test")] {
        if set.is_empty() {
            return Err(DataError::new(path, Problem::EmptyPart(name)));
        }
    }
    Ok(split)
}

/// A set without sessions.
pub(crate) fn empty() -> Visits {
    Visits {
        records: Table::new(&COLUMNS),
        labels: Vec::new(),
    }
}

const fn number(name: &'static str, decimals: u8) -> Column {
    Column {
        name,
        kind: ColumnKind::Number { decimals },
    }
}

const fn category(name: &'static str, names: &'static [&'static str]) -> Column {
    Column {
        name,
        kind: ColumnKind::Category(names),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tillsense_compiler::run::sample::Cell;

    use super::super::error::Place;
    use super::*;

    const HEADER: &str = "Administrative,Administrative_Duration,Informational,Informational_Duration,ProductRelated,\
        ProductRelated_Duration,BounceRates,ExitRates,PageValues,SpecialDay,Month,OperatingSystems,Browser,Region,TrafficType,\
        VisitorType,Weekend,Revenue";
    const ROW: &str = "3,87.833333330,0,0,27,63973.522230,0.006451613,0.2,361.7637419,0.4,June,2,13,1,20,Other,TRUE,FALSE";

    fn with(text: &str) -> Result<Split<Visits>, DataError> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("online_shoppers")).unwrap();
        let path = dir
            .path()
            .join("online_shoppers/online_shoppers_intention.csv");
        fs::write(path, text).unwrap();
        read(dir.path())
    }

    #[test]
    fn values_are_scaled() {
        let bought = ROW.replace("FALSE", "TRUE");
        let set = with(&format!("{HEADER}\r\n{ROW}\r\n{bought}\r\n")).unwrap();
        let wanted = [3, 8783, 0, 0, 27, 6_397_352, 6452, 200_000, 361_764, 4];
        let row = set.test.records.row(0);
        assert_eq!(row[..10], wanted.map(Cell::Number));
        assert_eq!(
            row[10..],
            ["June", "2", "13", "1", "20", "Other", "TRUE"].map(Cell::Name)
        );
        assert_eq!(
            (&set.train.labels[..], &set.test.labels[..]),
            (&[1][..], &[0][..])
        );
    }

    #[test]
    fn faults_name_line_and_field() {
        let fault = |from: &str, to: &str| {
            with(&format!("{HEADER}\n{ROW}\n{}\n", ROW.replacen(from, to, 1))).unwrap_err()
        };
        let error = fault("0.2", "0.2s");
        assert!(matches!(error.problem, Problem::NotANumber(_)));
        assert_eq!(error.place, Some(Place::Field(3, "ExitRates".into())));
        let error = fault("June", "Jun");
        assert!(matches!(&error.problem, Problem::Category(text) if text == "Jun"));
        let error = fault("FALSE", "maybe");
        assert!(matches!(error.problem, Problem::Label(_)));
        let error = fault("Other,TRUE", "Other,1");
        assert!(matches!(error.problem, Problem::Category(_)));
    }

    #[test]
    fn missing_columns_and_rows() {
        let error = with(&format!("{}\n{ROW}\n", HEADER.replace("Revenue", "Bought"))).unwrap_err();
        assert!(matches!(error.problem, Problem::NoColumn("Revenue")));
        let error = with(&format!("{HEADER}\n")).unwrap_err();
        assert!(matches!(error.problem, Problem::NoItem));
        let error = with(&format!("{HEADER}\n{ROW}\n")).unwrap_err();
        assert!(matches!(error.problem, Problem::EmptyPart("train")));
    }
}
