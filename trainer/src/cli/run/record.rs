//! Records and sequences out of JSON, `key=value` lists and tables: cells by the names of the model's fields.

use std::collections::VecDeque;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use tillsense_compiler::files;
use tillsense_compiler::run::sample::{Cell, Raw};
use tillsense_compiler::text::brief;
use tillsense_compiler::words::{grouped, nearest};
use tillsense_core::frontend::record::names;
use tillsense_core::model::records::{Field, FieldKind, Keep, RecordParams};

use super::inputs::{Input, wrong_name};
use super::value::{Value, existing, shown};
use crate::data::rows::numbers::{DecimalMark, Number, is_missing};
use crate::data::rows::{Object, Row, TableFile, json_fault, one_line};

/// Bytes of the largest JSON file that is read.
const MOST_JSON: u64 = 16 << 20;
/// Names that an error or a note tells.
const MOST_TOLD: usize = 12;

/// A value with the name of its field, as it was written.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The name.
    pub key: &'a str,
    /// The value; nothing stands for a missing one.
    pub text: &'a str,
    /// The decimal mark of numbers.
    pub mark: DecimalMark,
}

/// What to do with a name that no field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Refuse it: a person has written it for this model.
    Refuse,
    /// Tell it, and refuse it only where it looks like a field that is missing: tables have other columns.
    Tell,
}

/// What was noted of records, each once.
#[derive(Debug, Default)]
pub struct Notes {
    /// What is true of all records.
    general: Vec<String>,
    /// What is true of some records, with their number.
    some: Vec<(String, usize)>,
    /// Fields without a value, with the number of records.
    missing: Vec<(String, usize)>,
}

impl Notes {
    fn add(&mut self, note: String) {
        count(&mut self.some, note);
    }

    fn missing(&mut self, field: &str) {
        count(&mut self.missing, brief(field));
    }

    /// The notes as lines that begin with the place; of several records each says in how many.
    pub fn lines(self, place: &str, records: usize) -> Vec<String> {
        let times = |count: usize| match records {
            0 | 1 => String::new(),
            _ => format!(" (in {} of {} records)", grouped(count), grouped(records)),
        };
        let missing: Vec<_> = self
            .missing
            .iter()
            .map(|(name, count)| format!("{name}{}", times(*count)))
            .collect();
        let missing = match missing.is_empty() {
            true => None,
            false => Some(format!(
                "without a value: {}",
                told(missing.iter().map(String::as_str))
            )),
        };
        let some = self.some.iter();
        let some = some.map(|(note, count)| format!("{note}{}", times(*count)));
        let all = self.general.into_iter().chain(missing).chain(some);
        all.map(|note| format!("{place}: {note}")).collect()
    }
}

fn count(notes: &mut Vec<(String, usize)>, note: String) {
    match notes.iter_mut().find(|(there, _)| *there == note) {
        Some((_, count)) => *count += 1,
        None => notes.push((note, 1)),
    }
}

/// Reads a record: a JSON object or a file of one, `key=value,..`, or the first row of a table.
pub fn whole<'m>(input: &Input<'m>, given: &str, base: &Path) -> Result<Value<'m>> {
    let mut notes = Notes::default();
    let path = base.join(given);
    let place = brief(input.name);
    let cells = if given.trim_start().starts_with('{') {
        object(input, &parse(given, &place)?, &mut notes).with_context(|| place.clone())?
    } else if path.is_file() {
        match is_json(&path) {
            true => {
                let text = read(&path)?;
                let object = parse(&text, &shown(&path))?;
                self::object(input, &object, &mut notes).with_context(|| shown(&path))?
            }
            false => first_row(input, &path, &mut notes)?,
        }
    } else {
        pairs(input, given, &mut notes)?
    };
    Ok(value(input, cells, notes))
}

/// The value of a record's cells. As in training, a record without a value is absent.
pub fn value<'m>(input: &Input<'_>, cells: Vec<Cell<'m>>, mut notes: Notes) -> Value<'m> {
    let raw = match cells.iter().all(|cell| *cell == Cell::Missing) {
        true => {
            notes.general = vec!["no field has a value, so the record counts as absent".to_owned()];
            notes.missing.clear();
            Raw::Absent
        }
        false => Raw::Record(cells),
    };
    Value {
        raw,
        notes: notes.lines(&brief(input.name), 1),
    }
}

/// Reads a sequence: a JSON list of objects or a file of one, or the rows of a table, the oldest first.
pub fn sequence<'m>(
    input: &Input<'m>,
    params: &RecordParams,
    given: &str,
    base: &Path,
) -> Result<Value<'m>> {
    let mut notes = Notes::default();
    let mut kept = Kept::new(params);
    let path = base.join(given);
    let place = brief(input.name);
    if given.trim_start().starts_with('[') {
        list(input, given, &place, &mut kept, &mut notes)?;
    } else if is_json(&existing(given, base)?) {
        list(input, &read(&path)?, &shown(&path), &mut kept, &mut notes)?;
    } else {
        let table = TableFile::open(&path)?;
        known_columns(input, &table, &mut notes)?;
        each_row(&table, |row| {
            kept.add(row_cells(input, row, &mut notes)?);
            Ok(())
        })?;
    }
    let mut notes = notes.lines(&place, kept.seen);
    if kept.seen > kept.records.len() {
        let which = match params.keep {
            Keep::First => "first",
            Keep::Last => "last",
        };
        notes.push(format!(
            "{place}: {} records, of which the {which} {} are kept",
            grouped(kept.seen),
            grouped(params.max_steps)
        ));
    }
    let raw = match kept.records.is_empty() {
        true => {
            notes.push(format!("{place}: no record, so it counts as absent"));
            Raw::Absent
        }
        false => Raw::Sequence(kept.records.into()),
    };
    Ok(Value { raw, notes })
}

/// The records that a terminal takes of those that come.
struct Kept<'m> {
    keep: Keep,
    most: usize,
    seen: usize,
    records: VecDeque<Vec<Cell<'m>>>,
}

impl<'m> Kept<'m> {
    fn new(params: &RecordParams) -> Self {
        Kept {
            keep: params.keep,
            most: params.max_steps.into(),
            seen: 0,
            records: VecDeque::new(),
        }
    }

    fn add(&mut self, record: Vec<Cell<'m>>) {
        self.seen += 1;
        if self.records.len() == self.most {
            if self.keep == Keep::First {
                return;
            }
            self.records.pop_front();
        }
        self.records.push_back(record);
    }
}

/// The cells of a record, in the order of the model's fields.
pub fn cells<'m>(
    input: &Input<'m>,
    entries: &[Entry<'_>],
    unknown: Unknown,
    notes: &mut Notes,
) -> Result<Vec<Cell<'m>>> {
    if unknown == Unknown::Refuse {
        for (place, entry) in entries.iter().enumerate() {
            require_field(input, entry.key, entries)?;
            ensure!(
                !entries[..place].iter().any(|other| other.key == entry.key),
                "field `{}` stands there twice; keep one",
                brief(entry.key)
            );
        }
    }
    let fields = input.fields.iter();
    let cells = fields.map(|field| {
        let entry = entries.iter().find(|entry| entry.key == field.name);
        match entry {
            Some(entry) => cell(field, *entry, notes),
            None => {
                notes.missing(field.name);
                Ok(Cell::Missing)
            }
        }
    });
    cells.collect()
}

fn require_field(input: &Input<'_>, key: &str, entries: &[Entry<'_>]) -> Result<()> {
    let is = |name: &str| input.fields.iter().any(|field| field.name == name);
    if is(key) {
        return Ok(());
    }
    // A field that is there already was not meant.
    let left = input.fields.iter().map(|field| field.name);
    let left = left.filter(|name| !entries.iter().any(|entry| entry.key == *name));
    let hint = match nearest(key, left) {
        Some(near) => format!("did you mean `{}`?", brief(near)),
        None => format!(
            "it has {}",
            told(input.fields.iter().map(|field| field.name))
        ),
    };
    bail!(
        "`{}` is no field of record `{}`; {hint}",
        brief(key),
        brief(input.name)
    )
}

/// Names in a line, the first of them where there are many.
fn told<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    let count = names.clone().count();
    let mut text = names
        .take(MOST_TOLD)
        .map(brief)
        .collect::<Vec<_>>()
        .join(", ");
    if count > MOST_TOLD {
        text += &format!(
            " and {} more (`tillsense inspect MODEL`)",
            count - MOST_TOLD
        );
    }
    text
}

fn cell<'m>(field: &Field<'m>, entry: Entry<'_>, notes: &mut Notes) -> Result<Cell<'m>> {
    let (name, text) = (brief(field.name), entry.text.trim());
    if text.is_empty() {
        notes.missing(field.name);
        return Ok(Cell::Missing);
    }
    match field.kind {
        FieldKind::Number { decimals, .. } => {
            if is_missing(text) {
                notes.missing(field.name);
                return Ok(Cell::Missing);
            }
            number(&name, text, entry.mark, decimals, notes)
        }
        FieldKind::Category {
            names: list, other, ..
        } => {
            let text = &*one_line(text);
            if let Some(known) = names(list).find(|known| *known == text) {
                return Ok(Cell::Name(known));
            }
            // Of names of a letter or two every other is near.
            let near = Some(text).filter(|text| text.chars().count() > 2);
            let near = near.and_then(|text| nearest(text, names(list)));
            let near = near.map_or(String::new(), |near| {
                format!("; did you mean `{}`?", brief(near))
            });
            let all = told(names(list));
            let text = brief(text);
            if is_missing(&text) {
                notes.missing(field.name);
                return Ok(Cell::Missing);
            }
            ensure!(
                other,
                "field `{name}`: `{text}` is none of its names{near}; it takes {all}"
            );
            notes.add(format!(
                "field `{name}`: `{text}` is none of the names that it knows ({all}) and counts as missing{near}"
            ));
            Ok(Cell::Missing)
        }
    }
}

/// A number as a terminal takes it, and as training has taken it: what has no place in 32 bits counts as the limit.
fn number<'m>(
    name: &str,
    text: &str,
    mark: DecimalMark,
    decimals: u8,
    notes: &mut Notes,
) -> Result<Cell<'m>> {
    let number = Number::read(text, mark).ok_or_else(|| {
        anyhow!(
            "field `{name}`: `{}` is not a number; write one such as 12.5, or leave it out",
            brief(text)
        )
    })?;
    let most = i64::from(i32::MAX);
    let wide = number.wide(decimals).unwrap_or(match number.value() < 0.0 {
        true => i64::MIN,
        false => i64::MAX,
    });
    let limited = wide.clamp(-most, most);
    if limited != wide {
        notes.add(format!(
            "field `{name}`: {} has no place in 32 bits with {decimals} decimals and counts as the limit",
            brief(text)
        ));
    }
    Ok(Cell::Number(limited as i32))
}

fn pairs<'m>(input: &Input<'m>, given: &str, notes: &mut Notes) -> Result<Vec<Cell<'m>>> {
    let place = brief(input.name);
    ensure!(
        given.contains('='),
        "{place}: `{}` is no file that is there, and no list of values; write FILE.json, FILE.csv, {{\"key\": value}} or key=value,key=value",
        brief(given)
    );
    let mut entries = Vec::new();
    for pair in given.split(',') {
        let (key, text) = pair.split_once('=').with_context(|| {
            format!(
                "{place}: `{}` has no equals sign; write key=value,key=value, or JSON where a value holds a comma",
                brief(pair)
            )
        })?;
        entries.push(Entry {
            key: key.trim(),
            text,
            mark: DecimalMark::Point,
        });
    }
    let first = entries.first().map_or("", |entry| entry.key);
    // `--record clinet=client.json`: the name of an input was meant, not that of a field.
    if entries.len() == 1
        && !input.fields.iter().any(|field| field.name == first)
        && nearest(first, [input.name]).is_some()
        && let Some(error) = wrong_name(std::slice::from_ref(input), input.kind(), given)
    {
        return Err(error);
    }
    cells(input, &entries, Unknown::Refuse, notes).with_context(|| place)
}

fn object<'m>(input: &Input<'m>, object: &Object, notes: &mut Notes) -> Result<Vec<Cell<'m>>> {
    let entries = object.0.iter().map(|(key, text)| Entry {
        key,
        text,
        mark: DecimalMark::Point,
    });
    let entries: Vec<_> = entries.collect();
    cells(input, &entries, Unknown::Refuse, notes)
}

fn list<'m>(
    input: &Input<'m>,
    text: &str,
    place: &str,
    kept: &mut Kept<'m>,
    notes: &mut Notes,
) -> Result<()> {
    let objects: Vec<Object> = serde_json::from_str(text).map_err(|error| {
        anyhow!(
            "{place}: {} (line {}); write a list of objects, [{{\"key\": value}}, ..]",
            json_fault(&error),
            error.line()
        )
    })?;
    for (number, object) in objects.iter().enumerate() {
        let record = self::object(input, object, notes)
            .with_context(|| format!("{place}, record {}", number + 1))?;
        kept.add(record);
    }
    Ok(())
}

fn parse(text: &str, place: &str) -> Result<Object> {
    serde_json::from_str(text).map_err(|error| {
        anyhow!(
            "{place}: {} (line {}); write one object, {{\"key\": value, \"key\": value}}",
            json_fault(&error),
            error.line()
        )
    })
}

fn first_row<'m>(input: &Input<'m>, path: &Path, notes: &mut Notes) -> Result<Vec<Cell<'m>>> {
    let table = TableFile::open(path)?;
    known_columns(input, &table, notes)?;
    let mut first = None;
    each_row(&table, |row| {
        if first.is_none() {
            first = Some(row_cells(input, row, notes)?);
        }
        Ok(())
    })?;
    if table.rows() > 1 {
        notes.general.push(format!(
            "the first of {} rows of {} is taken; --table answers all",
            grouped(table.rows()),
            shown(path)
        ));
    }
    first.with_context(|| format!("{}: it has no row; write one below the header", shown(path)))
}

/// Calls `take` with every row; its errors have the row's line.
pub fn each_row(table: &TableFile, mut take: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
    let mut failed = None;
    table.for_each(|row| {
        if failed.is_none() {
            let place = || format!("{}, line {}", shown(table.path()), row.line());
            failed = take(row).with_context(place).err();
        }
        Ok(())
    })?;
    failed.map_or(Ok(()), Err)
}

/// Tells columns that no field has, and refuses those that look like a field that no column has.
fn known_columns(input: &Input<'_>, table: &TableFile, notes: &mut Notes) -> Result<()> {
    let columns = || table.columns().iter().map(String::as_str);
    let is_field = |name: &str| input.fields.iter().any(|field| field.name == name);
    let missing = input.fields.iter().map(|field| field.name);
    let missing = missing.filter(|name| !columns().any(|column| column == *name));
    let missing: Vec<_> = missing.collect();
    ensure!(
        missing.len() < input.fields.len(),
        "{}: none of its columns is a field of `{}`, which has {}; name the columns so",
        shown(table.path()),
        brief(input.name),
        told(input.fields.iter().map(|field| field.name))
    );
    let mut others = Vec::new();
    for column in columns().filter(|column| !is_field(column)) {
        if let Some(near) = nearest(column, missing.iter().copied()) {
            bail!(
                "{}: column `{}` is no field of `{}`; did you mean `{}`? (rename the column, or take it away)",
                shown(table.path()),
                brief(column),
                brief(input.name),
                brief(near)
            );
        }
        others.push(column);
    }
    if !others.is_empty() {
        notes.general.push(format!(
            "columns that the model does not take: {}",
            told(others.into_iter())
        ));
    }
    Ok(())
}

fn row_cells<'m>(input: &Input<'m>, row: &Row<'_>, notes: &mut Notes) -> Result<Vec<Cell<'m>>> {
    let columns = row.columns().iter().enumerate();
    let entries = columns.map(|(number, key)| Entry {
        key,
        text: row.get(number),
        mark: row.mark(number),
    });
    let entries: Vec<_> = entries.collect();
    cells(input, &entries, Unknown::Tell, notes)
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

fn read(path: &Path) -> Result<String> {
    files::read_text(path, MOST_JSON)
        .map_err(|error| anyhow!("{}: cannot be read: {error}; correct the path", shown(path)))
}
