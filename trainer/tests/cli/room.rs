//! A folder of its own for each test, and `tillsense` run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A temporary folder in which commands run. There is no data folder in it unless a test makes one.
pub struct Room(tempfile::TempDir);

/// What a command left.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Room {
    pub fn new() -> Self {
        Room(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Writes a file and the folders on the way to it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The names of all files, in order, but those of runs: every training keeps one.
    pub fn files(&self) -> Vec<String> {
        let mut files = self.all_files();
        files.retain(|name| !name.starts_with("runs/"));
        files
    }

    /// The names of all files, in order.
    pub fn all_files(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, found);
                } else {
                    found.push(
                        path.strip_prefix(root)
                            .unwrap()
                            .to_str()
                            .unwrap()
                            .to_owned(),
                    );
                }
            }
        }
        let mut found = Vec::new();
        walk(self.0.path(), self.0.path(), &mut found);
        found.sort();
        found
    }

    /// A command that has not started.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillsense"));
        command
            .args(words.split_whitespace())
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        // Wide enough for every table; `widths` asks for less.
        command.env_remove("TILLSENSE_DATA").env("COLUMNS", "200");
        command
    }

    /// Runs `tillsense` with these words to its end.
    pub fn run(&self, words: &str) -> Ran {
        Ran::of(self.command(words))
    }

    /// A trained model, `models/shoppers.till`, the cheapest there is.
    pub fn with_model() -> Self {
        let room = Room::new();
        room.run("train shoppers --limit 200 --epochs 1 --no-evaluation")
            .succeeds();
        room
    }
}

impl Ran {
    pub fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Ran {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Exit code 1, and an error of one line in which all these words stand; nothing as a result.
    #[track_caller]
    pub fn fails(&self, words: &[&str]) {
        self.says_error(1, words);
        assert_eq!(self.out, "", "{self:?}");
    }

    #[track_caller]
    pub fn says_error(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let errors: Vec<_> = self
            .err
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        let [error] = errors[..] else {
            panic!("not one error: {self:?}")
        };
        assert_eq!(self.err.lines().last(), Some(error), "{self:?}");
        for word in words {
            assert!(error.contains(word), "`{word}` is not in: {error}");
        }
        // What derives `Debug` looks like this; people should not have to read it.
        for sign in ["Some(", "Err(", " { ", "::"] {
            assert!(!error.contains(sign), "`{sign}` is in: {error}");
        }
    }

    /// Standard output as JSON; standard error is empty.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.err, "", "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}
