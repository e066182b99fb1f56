//! Tables as people have them, and as nobody should.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

/// A file in a folder of its own, which goes with it.
pub(super) struct Written {
    _folder: TempDir,
    pub(super) path: PathBuf,
}

pub(super) fn written(name: &str, bytes: impl AsRef<[u8]>) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    Written {
        _folder: folder,
        path,
    }
}

pub(super) fn cells(table: &TableFile) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let columns = table.columns().len();
    let take = |row: &Row<'_>| {
        rows.push(
            (0..columns)
                .map(|column| row.get(column).to_owned())
                .collect(),
        );
        Ok(())
    };
    table.for_each(take).unwrap();
    rows
}

/// The message without the folder.
fn refusal(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let file = written(name, bytes);
    let text = TableFile::open(&file.path).unwrap_err().to_string();
    assert!(!text.contains('\n'), "{text}");
    let at = text.find(name).expect("the message names the file");
    text[at..].to_owned()
}

#[test]
fn one_table_in_many_forms() {
    let wanted = [["1.5", "Bern, CH"], ["2.5", "Zürich"], ["", "x"]];
    let forms: [(&str, &[u8], &str); 8] = [
        ("a.csv", "n,city\n1.5,\"Bern, CH\"\n2.5,Zürich\n,x\n".as_bytes(), "separator `,`, decimal points, UTF-8, LF line ends"),
        ("a.csv", "n;city\r\n1.5;Bern, CH\r\n2.5;Zürich\r\n;x".as_bytes(), "separator `;`, decimal points, UTF-8, CRLF line ends"),
        ("a.csv", "\u{feff}n\tcity\r1.5\tBern, CH\r\r2.5\tZürich\r\tx\r".as_bytes(), "separator tab, decimal points, UTF-8 with a byte order mark, CR line ends"),
        ("a.txt", "sep=|\nn|city\n1.5|Bern, CH\r\n2.5|Zürich\n  \n|x".as_bytes(), "separator `|`, decimal points, UTF-8, mixed line ends"),
        ("a.tsv", "n\tcity\n1.5\tBern, CH\n2.5\tZürich\n\tx".as_bytes(), "separator tab, decimal points, UTF-8, LF line ends"),
        ("a.jsonl", "{\"n\":1.5,\"city\":\"Bern, CH\"}\n\n{\"city\":\"Z\\u00fcrich\",\"n\":2.5}\r\n{\"city\":\"x\",\"n\":null}".as_bytes(), "JSON lines"),
        ("a.ndjson", "\u{feff}{\"n\":1.5,\"city\":\"Bern, CH\"}\n{\"n\":\"2.5\",\"city\":\"Zürich\"}\n{\"city\":\"x\"}\n".as_bytes(), "JSON lines"),
        ("a.txt", "{\"n\":1.5,\"city\":\"Bern, CH\"}\n{\"n\":2.5,\"city\":\"Zürich\"}\n{\"city\":\"x\"}\n".as_bytes(), "JSON lines"),
    ];
    for (name, bytes, notes) in forms {
        let file = written(name, bytes);
        let table = TableFile::open(&file.path).unwrap();
        assert_eq!(table.columns(), ["n", "city"]);
        assert_eq!(cells(&table), wanted, "{notes}");
        assert_eq!(cells(&table), wanted, "again: {notes}");
        assert_eq!((table.notes().as_str(), table.rows()), (notes, 3));
    }
}

#[test]
fn decimal_commas_are_read_and_told() {
    let text = "amount;city;rate;big\n1.234,50;Bern;0.5;1.234\n12,5;Basel;0.25;5.678\n";
    let file = written("a.csv", text);
    let table = TableFile::open(&file.path).unwrap();
    assert_eq!(
        table.notes(),
        "separator `;`, decimal commas in `amount`, `big`, points in others, UTF-8, LF line ends"
    );
    assert_eq!(
        table.dialect().unsure_columns().collect::<Vec<_>>(),
        [(3, DecimalMark::Comma)]
    );
    let mut numbers = Vec::new();
    let take = |row: &Row<'_>| {
        numbers.push([0, 2, 3].map(|column| row.scaled(column, 2).unwrap().unwrap()));
        Ok(())
    };
    table.for_each(take).unwrap();
    assert_eq!(numbers, [[123_450, 50, 123_400], [1250, 25, 567_800]]);
}

#[test]
fn quoted_line_breaks_and_quotation_marks_are_contents() {
    let file = written(
        "a.csv",
        "a,b\r\n\"one\r\ntwo\",\"say \"\"hi\"\"\"\r\n3,\" x \"\r\n",
    );
    let table = TableFile::open(&file.path).unwrap();
    let mut rows = Vec::new();
    table
        .for_each(|row| {
            rows.push((row.line(), row.raw(0).to_owned(), row.raw(1).to_owned()));
            Ok(())
        })
        .unwrap();
    let row = |line, a: &str, b: &str| (line, a.to_owned(), b.to_owned());
    assert_eq!(
        rows,
        [row(2, "one\r\ntwo", "say \"hi\""), row(4, "3", " x ")]
    );
}

/// Files, and how their refusals begin.
fn refused(cases: &[(&str, &[u8], &str)]) {
    for (name, bytes, start) in cases {
        let text = refusal(name, bytes);
        assert!(
            text.starts_with(&format!("{name}{start}")),
            "{text}\n{start}"
        );
    }
}

#[test]
fn headers_that_are_none() {
    let wide = (0..5000)
        .map(|i| format!("c{i}"))
        .collect::<Vec<_>>()
        .join(",");
    refused(&[
        ("a.csv", b"", ": there is nothing in it; write the names"),
        (
            "a.csv",
            b"\n\r\n \n",
            ": there is nothing in it; write the names",
        ),
        (
            "a.csv",
            b"a,b\n",
            ": there is a header and no row below it; write",
        ),
        (
            "a.csv",
            b"5.1,3,setosa\n4.9,3,setosa\n",
            ", line 1: the first line has no names of columns: `5.1` is a value; write a line",
        ),
        (
            "a.csv",
            b"1,2\n3,4\n",
            ", line 1: the first line has no names of columns: `1` is",
        ),
        (
            "a.csv",
            b"a,b,a\n1,2,3\n",
            ", line 1: columns 1 and 3 have the same name `a`; rename",
        ),
        (
            "a.csv",
            b"a,,c\n1,2,3\n",
            ", line 1: column 2 has no name; write a name",
        ),
        (
            "a.csv",
            wide.as_bytes(),
            ", line 1: more than 4,096 columns; keep",
        ),
    ]);
}

#[test]
fn rows_of_a_wrong_width() {
    let long = format!("a,b\n1,2\n{},3\n", "x".repeat(2 << 20));
    refused(&[
        (
            "a.csv",
            b"a,b\n1,2\n1,2,3\n4,5\n",
            ", line 3: 3 fields where the header has 2; correct the row",
        ),
        (
            "a.csv",
            b"a,b\r1,2\r\r1\r4,5\r",
            ", line 4: 1 field where the header has 2; correct",
        ),
        (
            "a.csv",
            b"a,b\n\"1\n2,3\n4\"\n5,6\n",
            ", line 2: 1 field where the header has 2, in a row that goes on to line 4;",
        ),
        (
            "a.csv",
            b"a,b\n1,2\n\"3,4\n5,6\n",
            ", line 3: a quotation mark that is not closed; close it",
        ),
        (
            "a.csv",
            long.as_bytes(),
            ", line 3: a row of more than 1,048,576 bytes; look for",
        ),
    ]);
}

#[test]
fn bytes_that_are_no_text() {
    let utf16: Vec<u8> = "a,b\n1,2\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [b"\xff\xfe".to_vec(), utf16.clone()].concat();
    let wide = ": the text is UTF-16 or UTF-32, not UTF-8; save it as UTF-8";
    refused(&[
        ("a.csv", &utf16, wide),
        ("a.csv", &marked, wide),
        (
            "a.csv",
            b"a,city\n1,Bern\n2,Z\xfcrich\n",
            ", line 3, field `city`: byte 0xfc that is not UTF-8; save it",
        ),
        (
            "a.csv",
            b"a,b\xfc\n1,2\n",
            ", line 1, field `column 2`: byte 0xfc that is not UTF-8",
        ),
        (
            "a.csv",
            b"a,b\n\xc3,\xbc\n",
            ", line 2, field `a`: byte 0xc3 that is not UTF-8",
        ),
        (
            "a.csv",
            b"aaaaaaaa,bbbbbbbb\n1,x\0yyyyyyyy\n",
            ", line 2, field `bbbbbbbb`: a byte that is zero; write",
        ),
        (
            "a.jsonl",
            b"{\"a\":\"\xfc\"}\n",
            ", line 1: byte 0xfc that is not UTF-8; save",
        ),
    ]);
}

#[test]
fn other_formats_and_json_that_is_no_table() {
    refused(&[
        (
            "a.csv",
            b"PK\x03\x04....",
            ": it is an Excel or LibreOffice workbook (or another zip archive); open it and save",
        ),
        (
            "a.csv",
            b"\x1f\x8b\x08",
            ": it is a compressed file; unpack it",
        ),
        (
            "a.csv",
            b"<!doctype html>",
            ": it is an HTML page; download",
        ),
        (
            "a.json",
            b"[{\"a\":1}]",
            ": it is JSON, but not one object a line; write one object a line",
        ),
        (
            "a.jsonl",
            b"{\"a\":1}\n{\"a\":[1]}\n",
            ", line 2: an array or object below the key `a`, where a single value is due; write its parts",
        ),
        (
            "a.jsonl",
            b"{\"a\":1}\n{\"a\":1,\"a\":2}\n",
            ", line 2: the key `a` stands there twice; keep one",
        ),
        (
            "a.jsonl",
            b"{\"a\":1}\n[1]\n",
            ", line 2: a line that is no JSON object; write one object",
        ),
        (
            "a.jsonl",
            b"{\"a\":1}\n{\"a\":\n",
            ", line 2: not JSON: EOF while parsing a value; write one object",
        ),
    ]);
}

#[test]
fn hostile_bytes_are_read_or_refused() {
    let pieces: [&[u8]; 22] = [
        b"a",
        b",",
        b";",
        b"\t",
        b"|",
        b"\"",
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"1.5",
        b"{",
        b"}",
        b"\"a\":1",
        b"sep=;",
        b"2026-01-31",
        "\u{2212}5 \u{202f}€".as_bytes(),
        b"[",
        b" ",
    ];
    let mut dice = 1_u64;
    let mut roll = |sides: usize| {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides
    };
    let mut tables = 0;
    for round in 0..3000 {
        let bytes: Vec<u8> = (0..roll(40))
            .flat_map(|_| pieces[roll(pieces.len())])
            .copied()
            .collect();
        let name = ["a.csv", "a.jsonl", "a.tsv"][round % 3];
        let file = written(name, &bytes);
        let Ok(table) = TableFile::open(&file.path) else {
            continue;
        };
        tables += 1;
        let columns = table.columns().len();
        let read = table.for_each(|row| {
            (0..columns).for_each(|column| drop(row.scaled(column, 9)));
            Ok(())
        });
        read.unwrap_or_else(|error| panic!("{error}: {bytes:?}"));
        profile::Profile::of(&table, |_| true).unwrap();
    }
    assert!(tables > 20, "{tables} of the files were tables");
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_is_refused_with_what_to_do() {
    let text = refusal("a.parquet", b"PAR1....PAR1");
    assert_eq!(
        text,
        "a.parquet: it is Parquet, which this build does not read; convert it to CSV, or take a build with the feature `parquet`"
    );
}

#[test]
fn what_is_no_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = TableFile::open(folder.path()).unwrap_err().to_string();
    assert!(
        text.contains(": it is a folder, not a table; name a CSV"),
        "{text}"
    );
    let text = TableFile::open(&folder.path().join("no.csv"))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("no.csv: there is no such file; correct the path"),
        "{text}"
    );
}

#[test]
fn a_column_that_is_not_there_has_a_nearest_name() {
    let file = written("a.csv", "amount,city\n1,2\n");
    let table = TableFile::open(&file.path).unwrap();
    assert_eq!(table.column("city").unwrap(), 1);
    let text = table.column("amonut").unwrap_err().to_string();
    assert!(text.ends_with("a.csv: there is no column `amonut`; did you mean `amount`?; name a column of the header"), "{text}");
}

#[test]
fn cells_that_are_no_numbers_are_told_with_their_place() {
    let file = written("a.csv", "n\n1\nNA\nx\n99999999\n");
    let table = TableFile::open(&file.path).unwrap();
    let mut told = Vec::new();
    table
        .for_each(|row| {
            told.push(row.scaled(0, 2).map_err(|error| error.to_string()));
            Ok(())
        })
        .unwrap();
    assert_eq!((&told[0], &told[1]), (&Ok(Some(100)), &Ok(None)));
    let texts = [&told[2], &told[3]].map(|told| told.clone().unwrap_err());
    assert!(
        texts[0].contains("a.csv, line 4, field `n`: `x` is not a number; write a number"),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("line 5, field `n`: `99999999` with 2 decimals does not fit in 32 bits"),
        "{texts:?}"
    );
}

#[test]
fn a_file_that_changes_between_readings_is_refused() {
    for after in ["a,b\n1,2\n", "a,c\n1,2\n3,4\n", "a,b\n1,2\n3,4\n5,6\n"] {
        let file = written("a.csv", "a,b\n1,2\n3,4\n");
        let table = TableFile::open(&file.path).unwrap();
        fs::write(&file.path, after).unwrap();
        let text = table.for_each(|_| Ok(())).unwrap_err().to_string();
        assert!(
            text.contains("the file was changed while it was read"),
            "{text}"
        );
    }
}
