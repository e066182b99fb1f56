//! From a file to a board that was checked.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::board::Board;
use crate::check::check;
use crate::error::Error;

/// Limit of a file's length; a board needs two kilobytes.
const MOST_BYTES: usize = 64 << 10;
impl Board {
    /// Reads a board's file. The board's name is the file's, without `.toml`.
    pub fn read(path: &Path) -> Result<Board, Error> {
        let file = path.display().to_string();
        let wrong = |problem: String| Error {
            file: file.clone(),
            key: String::new(),
            problem,
            remedy: String::new(),
        };
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| wrong(String::from("the file has no name in UTF-8")))?;
        let mut text = String::new();
        // One byte more than a file may have, so that a longer one is told from it.
        let file_there = File::open(path).map(|open| open.take(MOST_BYTES as u64 + 1));
        file_there
            .and_then(|mut open| open.read_to_string(&mut text))
            .map_err(|error| wrong(error.to_string()))?;
        Board::parse(name, &file, &text)
    }

    /// Parses and checks the text of a board's file; errors call it `file`.
    pub fn parse(id: &str, file: &str, text: &str) -> Result<Board, Error> {
        let wrong = |problem: String| Error {
            file: file.to_owned(),
            key: String::new(),
            problem,
            remedy: String::new(),
        };
        if text.len() > MOST_BYTES {
            return Err(wrong(format!("no board's file has {} bytes", text.len())));
        }
        // The message shows the line, and names the keys or values that there may be.
        let parsed = toml::from_str::<Board>(text);
        let mut board = parsed.map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        board.id = id.to_owned();
        check(&board, file)?;
        Ok(board)
    }
}
