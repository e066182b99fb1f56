//! The data set UCI 350, default of credit card clients: a record of each client and six
//! monthly records, April to September 2005.
//!
//! Columns of the published file that describe a month carry its number counted back from September: `PAY_0` (1 does not exist),
//! `PAY_2` .. `PAY_6`, `BILL_AMT1` .. `BILL_AMT6`, `PAY_AMT1` .. `PAY_AMT6`. Here they become a sequence, April first. Amounts
//! are whole New Taiwan dollars. A row is a test row when its index, from 0, is divisible by five.

use std::path::Path;

use super::error::{DataError, Problem};
use super::table::{self, CsvFile};
use super::types::{Clients, Column, ColumnKind, MONTHS, Split, Table};

/// The columns that do not change from month to month.
pub(crate) static CLIENT_COLUMNS: [Column; 5] = [
    number("LIMIT_BAL"),
    category("SEX", &["1", "2"]),
    category("EDUCATION", &["0", "1", "2", "3", "4", "5", "6"]),
    category("MARRIAGE", &["0", "1", "2", "3"]),
    number("AGE"),
];

/// The columns of one month: months of delay (-2 and 0 are undocumented, 0 is the most frequent), the bill, the payment.
pub(crate) static MONTH_COLUMNS: [Column; 3] = [
    category(
        "PAY",
        &["-2", "-1", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    ),
    number("BILL_AMT"),
    number("PAY_AMT"),
];

/// The published names of [`MONTH_COLUMNS`], April first.
static PUBLISHED_MONTHS: [[&str; 3]; MONTHS] = [
    ["PAY_6", "BILL_AMT6", "PAY_AMT6"],
    ["PAY_5", "BILL_AMT5", "PAY_AMT5"],
    ["PAY_4", "BILL_AMT4", "PAY_AMT4"],
    ["PAY_3", "BILL_AMT3", "PAY_AMT3"],
    ["PAY_2", "BILL_AMT2", "PAY_AMT2"],
    ["PAY_0", "BILL_AMT1", "PAY_AMT1"],
];
const TARGET: &str = "default.payment.next.month";

/// Reads both parts from `folder/credit_default/UCI_Credit_Card.csv`.
pub(crate) fn read(folder: &Path) -> Result<Split<Clients>, DataError> {
    let path = folder.join("credit_default").join("UCI_Credit_Card.csv");
    let wanted = table::names(&CLIENT_COLUMNS)
        .chain(PUBLISHED_MONTHS.as_flattened().iter().copied())
        .chain([TARGET]);
    let mut split = Split {
        train: empty(),
        test: empty(),
    };
    CsvFile::open(&path, wanted.collect())?.for_each(|index, row| {
        let set = table::part_of(&mut split, index);
        let mut at = 0..;
        for column in &CLIENT_COLUMNS {
            set.records
                .cells
                .push(row.cell(next(&mut at), column.kind)?);
        }
        for _ in 0..MONTHS {
            for column in &MONTH_COLUMNS {
                set.months.cells.push(row.cell(next(&mut at), column.kind)?);
            }
        }
        set.labels.push(row.flag(next(&mut at), "0", "1")?);
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

/// A set without clients.
pub(crate) fn empty() -> Clients {
    Clients {
        records: Table::new(&CLIENT_COLUMNS),
        months: Table::new(&MONTH_COLUMNS),
        labels: Vec::new(),
    }
}

fn next(numbers: &mut core::ops::RangeFrom<usize>) -> usize {
    let number = numbers.start;
    numbers.start += 1;
    number
}

const fn number(name: &'static str) -> Column {
    Column {
        name,
        kind: ColumnKind::Number { decimals: 0 },
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

    const HEADER: &str = "ID,LIMIT_BAL,SEX,EDUCATION,MARRIAGE,AGE,PAY_0,PAY_2,PAY_3,PAY_4,PAY_5,PAY_6,BILL_AMT1,BILL_AMT2,\
        BILL_AMT3,BILL_AMT4,BILL_AMT5,BILL_AMT6,PAY_AMT1,PAY_AMT2,PAY_AMT3,PAY_AMT4,PAY_AMT5,PAY_AMT6,default.payment.next.month";
    const ROW: &str = "1,20000,2,2,1,24,2,3,-1,0,-2,8,3913,3102,689,-10,0,7,1,2,3,4,5,6,1";

    fn with(text: &str) -> Result<Split<Clients>, DataError> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("credit_default")).unwrap();
        fs::write(dir.path().join("credit_default/UCI_Credit_Card.csv"), text).unwrap();
        read(dir.path())
    }

    #[test]
    fn months_run_forward_and_every_fifth_row_is_test() {
        let rows = [ROW; 7].join("\n");
        let set = with(&format!("{HEADER}\n{rows}\n")).unwrap();
        assert_eq!((set.train.len(), set.test.len()), (5, 2));
        assert_eq!(set.train.records.len(), 5);
        assert_eq!(set.train.months.len(), 30);
        assert_eq!(
            set.test.records.row(0),
            [
                Cell::Number(20_000),
                Cell::Name("2"),
                Cell::Name("2"),
                Cell::Name("1"),
                Cell::Number(24)
            ]
        );
        let history = set.test.history(1);
        assert_eq!(
            history[0],
            [Cell::Name("8"), Cell::Number(7), Cell::Number(6)]
        );
        assert_eq!(
            history[4],
            [Cell::Name("3"), Cell::Number(3102), Cell::Number(2)]
        );
        assert_eq!(
            history[5],
            [Cell::Name("2"), Cell::Number(3913), Cell::Number(1)]
        );
        assert_eq!(set.test.labels, [1, 1]);
    }

    #[test]
    fn faults_name_line_and_field() {
        let fault = |from: &str, to: &str| {
            let bad = ROW.replacen(from, to, 1);
            with(&format!("{HEADER}\n{ROW}\n{bad}\n")).unwrap_err()
        };
        let error = fault("3913", "NaN");
        assert!(matches!(&error.problem, Problem::NotANumber(text) if text == "NaN"));
        assert_eq!(error.place, Some(Place::Field(3, "BILL_AMT1".into())));
        let error = fault("689", "99999999999");
        assert!(matches!(error.problem, Problem::OutOfRange(_)));
        let error = fault(",2,2,1,24", ",3,2,1,24");
        assert!(matches!(&error.problem, Problem::Category(text) if text == "3"));
        assert_eq!(error.place, Some(Place::Field(3, "SEX".into())));
        let error = fault("5,6,1", "5,6,2");
        assert!(matches!(&error.problem, Problem::Label(text) if text == "2"));
        let error = fault("5,6,1", "5,6,");
        assert!(matches!(error.problem, Problem::NoValue));
        let error = fault("5,6,1", "5,6");
        assert!(matches!(error.problem, Problem::Fields(24, 25)));
    }

    #[test]
    fn an_empty_feature_is_missing() {
        let other = ROW.replacen("3913", "", 1);
        let set = with(&format!("{HEADER}\n{other}\n{ROW}\n")).unwrap();
        assert_eq!(set.test.history(0)[5][1], Cell::Missing);
    }

    #[test]
    fn missing_columns_and_rows() {
        let header = HEADER.replace("PAY_0", "PAY_1");
        let error = with(&format!("{header}\n{ROW}\n")).unwrap_err();
        assert!(matches!(error.problem, Problem::NoColumn("PAY_0")));
        let error = with(&format!("{HEADER}\n{ROW}\n")).unwrap_err();
        assert!(matches!(error.problem, Problem::EmptyPart("train")));
        for empty in [String::new(), format!("{HEADER}\n")] {
            assert!(matches!(with(&empty).unwrap_err().problem, Problem::NoItem));
        }
    }
}
