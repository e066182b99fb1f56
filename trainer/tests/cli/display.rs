//! What a person sees of a training on a terminal.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus, Stdio};

use nix::pty::{Winsize, openpty};

use crate::room::Room;

/// The screens of a command on a terminal of this size: after each piece that it wrote, the last one being what stays.
fn screens(
    mut command: Command,
    (rows, columns): (u16, u16),
    mut each: impl FnMut(&str),
) -> (ExitStatus, String) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pair = openpty(Some(&size), None).unwrap();
    let out: OwnedFd = pair.slave.try_clone().unwrap();
    command.env_remove("COLUMNS").env("TERM", "xterm-256color");
    command.stdin(Stdio::null()).stdout(out).stderr(pair.slave);
    let mut child = command.spawn().unwrap();
    // Otherwise this process keeps the terminal open.
    drop(command);
    let mut screen = vt100::Parser::new(rows, columns, 1000);
    let mut master = File::from(pair.master);
    let mut piece = [0; 4096];
    loop {
        match master.read(&mut piece) {
            Ok(0) => break,
            Ok(len) => {
                screen.process(&piece[..len]);
                each(&seen(&screen, columns));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The end of a pseudo-terminal, as Linux tells it.
            Err(_) => break,
        }
    }
    (child.wait().unwrap(), seen(&screen, columns))
}

/// The rows of a screen, each for itself.
fn seen(parser: &vt100::Parser, columns: u16) -> String {
    let rows: Vec<_> = parser.screen().rows(0, columns).collect();
    rows.join("\n")
}

const TRAIN: &str = "train shoppers --limit 4000 --epochs 12 --no-evaluation --no-run";

#[test]
fn curves_grow_while_a_training_goes_on_and_stay() {
    for size in [(24, 80), (24, 40)] {
        let room = Room::new();
        let (mut time_left, mut longest) = (false, 0);
        let (status, last) = screens(room.command(TRAIN), size, |screen| {
            time_left |= screen.contains("to go");
            let curve = screen
                .lines()
                .find(|line| line.starts_with("loss ") && line.contains("best"));
            let blocks = curve.map_or(0, |line| {
                line.chars().filter(|c| ('▁'..='█').contains(c)).count()
            });
            longest = longest.max(blocks);
        });
        assert!(status.success(), "{last}");
        assert!(size.1 < 80 || time_left, "the time left was never seen");
        assert!(longest >= 5, "the curve was {longest} long: {last}");
        let curves: Vec<_> = last.lines().filter(|line| line.contains("best")).collect();
        assert!(curves.len() >= 2, "loss and a head stay: {last}");
        assert!(
            last.lines()
                .all(|line| line.chars().count() <= size.1.into())
        );
        assert!(!last.contains("to go"), "the bar does not stay: {last}");
    }
}

#[test]
fn elsewhere_there_is_a_line_for_each_epoch() {
    let room = Room::new();
    let ran = room.run(TRAIN).succeeds();
    let lines = ran
        .err
        .lines()
        .filter(|line| line.starts_with("epoch "))
        .count();
    assert_eq!(lines, 12, "{ran:?}");
    assert!(ran.err.bytes().all(|byte| byte != 0x1b), "{ran:?}");
    let ran = room.run(&format!("{TRAIN} --json")).succeeds();
    assert_eq!(ran.err, "");
}
