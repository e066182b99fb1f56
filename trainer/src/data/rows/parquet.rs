//! Parquet: columns of plain values, read row by row.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::{Repetition, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::cells::Cells;
use super::delimited::MOST_FIELDS;
use super::fault::TableFault;
use super::json_lines::decimal;
use super::read::Take;
use crate::data::error::{DataError, Place, Problem};

/// The columns of a file, and the number of its rows.
pub(super) fn survey(path: &Path) -> Result<(Vec<String>, u64), DataError> {
    let reader = open(path)?;
    let metadata = reader.metadata().file_metadata();
    let fields = metadata.schema().get_fields();
    if fields.len() > MOST_FIELDS {
        return Err(refused(path, TableFault::Columns(MOST_FIELDS)));
    }
    let mut names = Vec::new();
    for field in fields {
        let name = field.name();
        let info = field.get_basic_info();
        let repeated = info.has_repetition() && info.repetition() == Repetition::REPEATED;
        if !field.is_primitive() || repeated {
            return Err(DataError::at(
                path,
                Place::Row(1, Some(name.to_owned())),
                Problem::Table(TableFault::Nested(None)),
            ));
        }
        if field.get_physical_type() == Physical::INT96 {
            let words = format!("column {name} has times of an old form (INT96)");
            return Err(refused(path, TableFault::Parquet(words)));
        }
        names.push(name.to_owned());
    }
    let mut rows = 0;
    each_row(path, &names, &mut |_| {
        rows += 1;
        Ok(())
    })?;
    Ok((names, rows))
}

/// Calls `take` with the cells of every row.
pub(super) fn each_row(
    path: &Path,
    columns: &[String],
    take: &mut Take<'_>,
) -> Result<(), DataError> {
    let reader = open(path)?;
    let mut rows = guarded(path, || reader.get_row_iter(None))?;
    let mut cells = Cells::default();
    for number in 1.. {
        let Some(row) = guarded(path, || rows.next().transpose())? else {
            break;
        };
        cells.clear(number, number);
        for (column, (name, field)) in row.get_column_iter().enumerate() {
            if columns.get(column) != Some(name) {
                return Err(refused(path, TableFault::Changed));
            }
            cells.push(&text(field).map_err(|fault| {
                let place = Place::Row(number, Some(name.clone()));
                DataError::at(path, place, Problem::Table(fault))
            })?);
        }
        take(&cells)?;
    }
    Ok(())
}

fn open(path: &Path) -> Result<SerializedFileReader<File>, DataError> {
    let file = File::open(path).map_err(|error| DataError::io(path, error))?;
    guarded(path, || SerializedFileReader::new(file))
}

/// Calls the reader, which panics on some damaged files.
fn guarded<T>(path: &Path, call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, DataError> {
    // What the call has touched is not used again after a panic.
    let called = catch_unwind(AssertUnwindSafe(call));
    let words = match called {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it is damaged".to_owned(),
    };
    Err(refused(path, TableFault::Parquet(words)))
}

/// A value as a cell.
fn text(field: &Field) -> Result<String, TableFault> {
    Ok(match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Float(value) if value.is_nan() => String::new(),
        Field::Double(value) if value.is_nan() => String::new(),
        // The shortest digits of a 32-bit number, not those of its neighbour in 64 bits.
        Field::Float(value) => value.to_string(),
        Field::Double(value) => decimal(*value),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => text.to_owned(),
            Err(error) => return Err(TableFault::NotUtf8(bytes.data()[error.valid_up_to()])),
        },
        Field::TimestampMillis(millis) => millis.to_string(),
        Field::TimestampMicros(micros) => micros.div_euclid(1000).to_string(),
        // Days since 1970.
        Field::Date(days) => (i64::from(*days) * 86_400_000).to_string(),
        Field::Bool(_)
        | Field::Byte(_)
        | Field::Short(_)
        | Field::Int(_)
        | Field::Long(_)
        | Field::UByte(_)
        | Field::UShort(_)
        | Field::UInt(_)
        | Field::ULong(_)
        | Field::Float16(_)
        | Field::Decimal(_) => field.to_string(),
        _ => return Err(TableFault::Nested(None)),
    })
}

fn refused(path: &Path, fault: TableFault) -> DataError {
    DataError::new(path, Problem::Table(fault))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::basic::Compression;
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use crate::data::rows::TableFile;
    use crate::data::rows::tests::{cells, written};

    const SCHEMA: &str = "message table {
        REQUIRED INT32 n; OPTIONAL BYTE_ARRAY city (UTF8); REQUIRED DOUBLE amount; REQUIRED INT64 at (TIMESTAMP_MILLIS);
    }";

    /// A file of two rows in each of two groups; the second row of a group has no city.
    fn file() -> Vec<u8> {
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let snappy = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(snappy)).unwrap();
        for _ in 0..2 {
            let mut group = writer.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column
                .typed::<Int32Type>()
                .write_batch(&[1, -2], None, None)
                .unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let bern = [ByteArray::from("Bern")];
            column
                .typed::<ByteArrayType>()
                .write_batch(&bern, Some(&[1, 0]), None)
                .unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column
                .typed::<DoubleType>()
                .write_batch(&[0.1, f64::NAN], None, None)
                .unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column
                .typed::<Int64Type>()
                .write_batch(&[1_769_862_600_000, 0], None, None)
                .unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        writer.into_inner().unwrap()
    }

    #[test]
    fn rows_of_all_groups_are_read() {
        let file = written("a.parquet", file());
        let table = TableFile::open(&file.path).unwrap();
        assert_eq!(table.columns(), ["n", "city", "amount", "at"]);
        assert_eq!((table.rows(), table.notes().as_str()), (4, "Parquet"));
        let rows = [["1", "Bern", "0.1", "1769862600000"], ["-2", "", "", "0"]];
        assert_eq!(cells(&table), [rows[0], rows[1], rows[0], rows[1]]);
    }

    #[test]
    fn places_are_rows() {
        let file = written("a.parquet", file());
        let table = TableFile::open(&file.path).unwrap();
        let read = table.for_each(|row| row.number(1).map(drop));
        let text = read.unwrap_err().to_string();
        assert!(
            text.contains("a.parquet, row 1, field `city`: `Bern` is not a number"),
            "{text}"
        );
    }

    #[test]
    fn damaged_files_are_refused() {
        let whole = file();
        for end in [4, 20, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
            let file = written("a.parquet", &whole[..end]);
            let text = TableFile::open(&file.path).unwrap_err().to_string();
            assert!(
                text.contains("Parquet that cannot be read") && !text.contains('\n'),
                "{text}"
            );
        }
    }
    #[test]
    fn no_changed_byte_ends_the_program() {
        let whole = file();
        for at in 0..whole.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                let file = written("a.parquet", bytes);
                // What is still a table is read; the rest is refused.
                let _ = TableFile::open(&file.path).and_then(|table| table.for_each(|_| Ok(())));
            }
        }
    }
}
