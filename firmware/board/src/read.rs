//! Reads and checks the file of a board.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::board::Board;
use crate::check::check;
use crate::error::Error;

/// Limit of a file's length; a board needs two kilobytes.
const MOST_BYTES: usize = 64 << 10;
/// Characters of a line that are shown in an error.
const MOST_SHOWN: usize = 60;

impl Board {
    /// Reads and checks the file of a board. The name of the board is the file name without `.toml`.
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
        // Opening a pipe would wait for whoever writes into it.
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            return Err(wrong(String::from(
                "it is no file; name a board's .toml file",
            )));
        }
        let mut text = String::new();
        // One byte more than the limit is read, so that a longer file is noticed.
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
        let parsed = toml::from_str::<Board>(text);
        let mut board = parsed.map_err(|error| wrong(in_a_line(&error, text)))?;
        board.id = id.to_owned();
        check(&board, file)?;
        Ok(board)
    }
}

/// The place of an error in a text, and what is wrong there; the message names the keys or values that there may be.
fn in_a_line(error: &toml::de::Error, text: &str) -> String {
    let message: Vec<_> = error.message().split_whitespace().collect();
    let message = message.join(" ");
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => {
            let number = before.matches('\n').count();
            let line = text.lines().nth(number).unwrap_or_default().trim();
            let line: String = line.chars().take(MOST_SHOWN).collect();
            format!("line {}, `{line}`: {message}", number + 1)
        }
        None => message,
    }
}
