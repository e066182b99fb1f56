//! The boards that ship, from `firmware/boards`.

use crate::{Board, Error};

/// Names and texts of the files, in the order of their names.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/boards.rs"));

/// All boards that the sources carry, in the order of their names.
pub fn shipped() -> Result<Vec<Board>, Error> {
    let board = |(name, text): &(&str, &str)| Board::parse(name, &format!("{name}.toml"), text);
    FILES.iter().map(board).collect()
}

/// The board of `firmware/boards` with this name, or a refusal that names all of them.
pub fn named(name: &str) -> Result<Board, Error> {
    match FILES.iter().find(|(known, _)| *known == name) {
        Some((name, text)) => Board::parse(name, &format!("{name}.toml"), text),
        None => Err(Error {
            file: name.to_owned(),
            key: String::new(),
            problem: String::from("there is no such board"),
            remedy: format!(
                "name one of {}, or give the path of a board's .toml file",
                names()
            ),
        }),
    }
}

fn names() -> String {
    let names: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}
