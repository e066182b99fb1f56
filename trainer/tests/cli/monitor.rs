//! `terminal monitor`: a line for each event, and the full screen, driven in tmux.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tillsense_device::boards;
use tillsense_device::toolchain::{Need, build_firmware, ensure, for_machines};

use crate::room::{Ran, Room};

const MONITOR: &str = "terminal monitor models/terminal.till --board mps2-an386 --data generated";

/// A room with a model of four kinds of inputs, and the firmware ready.
fn ready() -> Room {
    let machine = boards::find("mps2-an386").unwrap();
    ensure(&for_machines(&[machine])).unwrap();
    build_firmware(machine, "terminal").unwrap();
    let room = Room::new();
    room.run("train terminal --limit 60 --epochs 1 --no-evaluation --no-run --data generated")
        .succeeds();
    room
}

/// What the monitor says to lines of standard input.
fn said(room: &Room, words: &str, lines: &str) -> Ran {
    let mut command = room.command(words);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn lines_are_answered_one_by_one() {
    let room = ready();
    let ran = said(
        &room,
        MONITOR,
        "next\n\nrandom\nwithout receipt\ntext where is my card\nagain\nhelp\nquit\nnext\n",
    );
    let ran = ran.succeeds();
    let lines: Vec<_> = ran.out.lines().collect();
    assert!(
        lines[0].starts_with("connected: mps2-an386 runs terminal"),
        "{lines:?}"
    );
    let answers = lines
        .iter()
        .filter(|line| line.starts_with("answered: ") && line.contains("instructions"));
    assert_eq!(answers.count(), 5, "{lines:?}");
    assert!(
        lines.iter().any(|line| line.starts_with("help: next")),
        "{lines:?}"
    );

    let ran = said(
        &room,
        &format!("{MONITOR} --json"),
        "next\njump\nwithout nothing\npicture missing.png\nconnect\nnext\n",
    );
    let events: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "connected",
            "answered",
            "refused",
            "refused",
            "refused",
            "connected",
            "answered"
        ]
    );
    for answered in [&events[1], &events[6]] {
        assert_eq!(answered["identical"], true);
        assert_eq!(answered["heads"].as_array().unwrap().len(), 3);
        assert!(answered["instructions"].as_u64().unwrap() > 10_000);
    }
    assert!(events[4]["said"].as_str().unwrap().contains("missing.png"));
    ran.says_error(1, &["3 lines were not understood"]);
}

#[test]
fn what_cannot_be_watched_is_told() {
    let room = Room::with_model();
    room.run("terminal monitor models/shoppers.till")
        .says_error(2, &["--board"]);
    room.run("terminal monitor none.till --board mps2-an386")
        .fails(&["none.till: there is no such file"]);
    room.run("terminal monitor models/shoppers.till --board nonesuch")
        .fails(&["no board `nonesuch`"]);
}

/// A terminal of 80 x 24 with a shell in it.
struct Tmux(String);

impl Tmux {
    fn new(room: &Room) -> Self {
        ensure(&[Need::Program("tmux")]).unwrap();
        let tmux = Tmux(format!("tillsense-{}", std::process::id()));
        let folder = room.path("");
        let shell = "env PS1=PROMPT: bash --norc --noprofile";
        tmux.run(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
            "-c",
            folder.to_str().unwrap(),
            shell,
        ]);
        tmux
    }

    fn run(&self, words: &[&str]) -> String {
        let ran = Command::new("tmux")
            .args(["-L", &self.0])
            .args(words)
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        String::from_utf8(ran.stdout).unwrap()
    }

    fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    /// Waits until the screen holds these words.
    #[track_caller]
    fn sees(&self, words: &[&str]) -> String {
        let began = Instant::now();
        loop {
            let screen = self.run(&["capture-pane", "-p"]);
            if words.iter().all(|word| screen.contains(word)) {
                return screen;
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{words:?} is not on the screen:\n{screen}"
            );
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-L", &self.0, "kill-server"])
            .output();
    }
}

/// Processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |number: &u32| {
        let status = fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
        status
            .lines()
            .any(|line| line == format!("PPid:\t{parent}"))
    };
    numbers.filter(is_child).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_sends_samples_and_texts_leaves_inputs_out_and_connects_again() {
    let room = ready();
    let tmux = Tmux::new(&room);
    tmux.sees(&["PROMPT:"]);
    let command = format!("'{}' {MONITOR}", env!("CARGO_BIN_EXE_tillsense"));
    tmux.keys(&["-l", &command]);
    tmux.keys(&["Enter"]);
    tmux.sees(&["is ready", "q quit"]);
    tmux.keys(&["n"]);
    let screen = tmux.sees(&["1 answered, every byte as here", "instructions"]);
    for word in [
        "verdicts",
        "service:",
        "risk:",
        "behaviour:",
        "work and memory",
        "arena",
        "receipt",
        "log",
    ] {
        assert!(screen.contains(word), "{word}:\n{screen}");
    }
    tmux.keys(&["1"]);
    let screen = tmux.sees(&["2 answered"]);
    let receipt = screen
        .lines()
        .find(|line| line.contains(">1 receipt"))
        .unwrap();
    assert!(receipt.contains("image    out"), "{screen}");
    tmux.keys(&["t"]);
    tmux.sees(&["text, Enter sends"]);
    tmux.keys(&["-l", "where is my card"]);
    tmux.keys(&["Enter"]);
    tmux.sees(&["own request", "where is my card", "3 answered"]);
    tmux.keys(&["p"]);
    tmux.keys(&["-l", "missing.png"]);
    tmux.keys(&["Enter"]);
    tmux.sees(&["missing.png: there is no such file"]);
    tmux.keys(&["?"]);
    tmux.sees(&["connect again"]);
    tmux.keys(&["?"]);
    // The emulator is killed as a cable is pulled.
    let shell: u32 = tmux
        .run(&["display-message", "-p", "#{pane_pid}"])
        .trim()
        .parse()
        .unwrap();
    let monitors = children(shell).into_iter().flat_map(children);
    let emulators: Vec<_> = monitors.collect();
    assert_eq!(emulators.len(), 1, "{emulators:?}");
    Command::new("kill")
        .args(["-KILL", &emulators[0].to_string()])
        .status()
        .unwrap();
    tmux.keys(&["n"]);
    tmux.sees(&["FAILED"]);
    tmux.keys(&["c"]);
    tmux.sees(&[": ready", "connected"]);
    tmux.keys(&["n"]);
    tmux.sees(&["4 answered, every byte as here"]);
    // A smaller window is drawn anew.
    tmux.run(&["resize-window", "-x", "62", "-y", "17"]);
    tmux.sees(&["verdicts"]);
    tmux.run(&["resize-window", "-x", "50", "-y", "12"]);
    tmux.sees(&["needs 60 x 16"]);
    tmux.run(&["resize-window", "-x", "80", "-y", "24"]);
    tmux.keys(&["q"]);
    let back = |screen: String| {
        assert!(
            !screen.contains("verdicts"),
            "the screen is given back:\n{screen}"
        );
    };
    back(tmux.sees(&["PROMPT:"]));
    // So it is where somebody else ends the monitor.
    tmux.keys(&["-l", &format!("clear; {command}; echo ended with $?")]);
    tmux.keys(&["Enter"]);
    tmux.sees(&["is ready", "q quit"]);
    let monitor = children(shell);
    assert_eq!(monitor.len(), 1, "{monitor:?}");
    Command::new("kill")
        .args(["-TERM", &monitor[0].to_string()])
        .status()
        .unwrap();
    back(tmux.sees(&["ended with 0", "PROMPT:"]));
}
