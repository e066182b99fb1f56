//! The program `boards`: writes the lists of boards that CI and README hold.
//!
//! - `boards lines` prints a line a board: name, Rust target, compiler flags, with tabs between;
//! - `boards check FILE.toml ...` reads files and prints what is wrong with the first that is refused;
//! - `boards readme [--check]` writes README's list anew, in the folder of the workspace, or fails where it is stale.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use tillsense_board::{Board, lines, readme, shipped};

const USAGE: &str = "usage: boards lines | boards check FILE.toml ... | boards readme [--check]";
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["lines"] => shipped()
            .map(|boards| print!("{}", lines(&boards)))
            .map_err(|error| error.to_string()),
        ["check", ref files @ ..] if !files.is_empty() => check(files),
        ["readme"] => write_readme(false),
        ["readme", "--check"] => write_readme(true),
        _ => Err(String::from(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn check(files: &[&str]) -> Result<(), String> {
    for file in files {
        let board = Board::read(Path::new(file)).map_err(|error| error.to_string())?;
        println!("{}: {}", board.id, board.description);
    }
    Ok(())
}

fn write_readme(only_check: bool) -> Result<(), String> {
    let boards = shipped().map_err(|error| error.to_string())?;
    let old = fs::read_to_string(README).map_err(|error| format!("README.md: {error}"))?;
    let new = readme(&old, &boards).ok_or("README.md: the two lines around the list are gone")?;
    if new == old {
        return Ok(());
    }
    if only_check {
        return Err(String::from(
            "README.md: the list of boards is stale; `cargo run -p tillsense-board -- readme` writes it",
        ));
    }
    fs::write(README, new).map_err(|error| format!("README.md: {error}"))
}
