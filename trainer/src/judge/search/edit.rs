//! Edits of a description's text that leave its comments and layout alone.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Value, value};

/// A step of a path into a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A field.
    Name(&'static str),
    /// An element, of an array or of tables.
    Index(usize),
}

/// An edit of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// Sets a number.
    Set(Vec<Key>, usize),
    /// Sets a list of numbers.
    SetList(Vec<Key>, Vec<usize>),
    /// Takes a layer out of the encoder of input `index`.
    Remove { index: usize, layer: usize },
    /// Doubles a layer: it is added once more, behind itself. A doubled convolution keeps rows and columns.
    Double {
        index: usize,
        layer: usize,
        conv: bool,
    },
}

/// The text with these edits; numbers are set first, while layers still have their places.
pub(super) fn apply<'a>(
    document: &DocumentMut,
    edits: impl IntoIterator<Item = &'a Edit>,
) -> String {
    let mut document = document.clone();
    let (numbers, layers): (Vec<_>, Vec<_>) = edits
        .into_iter()
        .partition(|edit| matches!(edit, Edit::Set(..) | Edit::SetList(..)));
    for edit in numbers.into_iter().chain(layers) {
        one(document.as_item_mut(), edit);
    }
    document.to_string()
}

fn one(root: &mut Item, edit: &Edit) {
    match edit {
        Edit::Set(path, number) => set(at(root, path), (*number as i64).into()),
        Edit::SetList(path, numbers) => {
            let numbers: Array = numbers.iter().map(|&n| n as i64).collect();
            set(at(root, path), numbers.into());
        }
        Edit::Remove { index, layer } => match encoder(root, *index) {
            Item::Value(Value::Array(layers)) => {
                layers.remove(*layer);
            }
            Item::ArrayOfTables(layers) => {
                layers.remove(*layer);
            }
            _ => {}
        },
        Edit::Double { index, layer, conv } => match encoder(root, *index) {
            Item::Value(Value::Array(layers)) => {
                let mut copy = layers.get(*layer).cloned();
                if let Some(table) = copy.as_mut().and_then(Value::as_inline_table_mut)
                    && *conv
                {
                    keep_size(table);
                }
                if let Some(copy) = copy {
                    layers.insert_formatted(layer + 1, copy);
                }
            }
            Item::ArrayOfTables(layers) => {
                let mut all = ArrayOfTables::new();
                for (place, table) in layers.iter().enumerate() {
                    all.push(table.clone());
                    if place == *layer {
                        let mut copy = table.clone();
                        if *conv {
                            copy.insert("stride", value(ones()));
                            copy.insert("padding", value("same"));
                        }
                        all.push(copy);
                    }
                }
                *layers = all;
            }
            _ => {}
        },
    }
}

fn keep_size(table: &mut InlineTable) {
    table.insert("stride", ones().into());
    table.insert("padding", "same".into());
    table.fmt();
}

fn ones() -> Array {
    [1, 1].into_iter().collect()
}

fn encoder(root: &mut Item, index: usize) -> &mut Item {
    let path = [Key::Name("inputs"), Key::Index(index), Key::Name("encoder")];
    at(root, &path)
}

/// The item at this path; missing fields are made.
fn at<'a>(root: &'a mut Item, path: &[Key]) -> &'a mut Item {
    path.iter().fold(root, |item, key| match *key {
        Key::Name(name) => &mut item[name],
        Key::Index(index) => &mut item[index],
    })
}

/// Replaces a value and keeps its spaces and comments.
fn set(item: &mut Item, mut new: Value) {
    match item.as_value_mut() {
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => *item = Item::Value(new),
    }
}
