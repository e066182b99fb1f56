//! Parquet: columns of plain values, read row by row.

use std::fs::File;
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
                Problem::Table(TableFault::Nested),
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
    let rows = reader
        .get_row_iter(None)
        .map_err(|error| fault(path, &error))?;
    let mut cells = Cells::default();
    for (number, row) in (1..).zip(rows) {
        let row = row.map_err(|error| fault(path, &error))?;
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
    SerializedFileReader::new(file).map_err(|error| fault(path, &error))
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
        _ => return Err(TableFault::Nested),
    })
}

fn fault(path: &Path, error: &ParquetError) -> DataError {
    refused(path, TableFault::Parquet(error.to_string()))
}

fn refused(path: &Path, fault: TableFault) -> DataError {
    DataError::new(path, Problem::Table(fault))
}
