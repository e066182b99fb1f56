//! Ctrl-C while a command is at work.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::room::Room;

/// Runs `tillsense` until a line of standard error begins so, presses Ctrl-C, and answers the lines behind it. The exit code is 1.
#[track_caller]
pub fn interrupted(room: &Room, words: &str, until: &str) -> Vec<String> {
    let mut command = room.command(words);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with(until)), "no `{until}`");
    let number = child.id().to_string();
    Command::new("kill")
        .args(["-INT", &number])
        .status()
        .unwrap();
    let rest: Vec<_> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
    rest
}
