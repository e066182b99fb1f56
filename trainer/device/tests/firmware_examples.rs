//! The example firmwares in `examples/firmware`: built as a reader builds them, started as their own `cargo run` starts them, and
//! their answers compared with those of this machine, byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context, Result, bail};
use tillsense_compiler::aligned::Aligned;
use tillsense_core::frontend::text::TextError;
use tillsense_core::link::{AGAIN, LinkError};
use tillsense_core::model::records::Head;
use tillsense_core::{Model, PushError, Session};
use tillsense_device::link::{Failure, Link, Patience, Transport};
use tillsense_device::toolchain::{Need, ensure};
use toml_edit::DocumentMut;

#[path = "../../../examples/firmware/rtic/src/clip.rs"]
mod clip;
#[path = "../../../examples/firmware/cortex-m/src/sample.rs"]
mod counter;
#[path = "../../../examples/firmware/riscv/src/sample.rs"]
mod payment;

/// More than any of them takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Builds with one feature and another have one place in cargo's target folder: the image is copied before the next build.
static BUILDING: Mutex<()> = Mutex::new(());

/// An example, built.
struct Example {
    /// Its model file.
    model: Aligned,
    /// The emulator with its arguments, as `cargo run` starts it, and the image.
    runner: Vec<String>,
    /// Where the image lies.
    _room: tempfile::TempDir,
}

/// What a program left that ended by itself.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    output: String,
}

impl Example {
    fn build(name: &str, features: &str) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/firmware");
        let folder = folder.join(name).canonicalize()?;
        let config = fs::read_to_string(folder.join(".cargo/config.toml"))?;
        let config: DocumentMut = config.parse()?;
        let target = config["build"]["target"].as_str().context("no target")?;
        let runner = config["target"][target]["runner"].as_array();
        let runner = runner.context("no runner")?.iter();
        let mut runner: Vec<String> = runner
            .filter_map(|part| Some(part.as_str()?.to_owned()))
            .collect();
        let program = runner.first().context("an empty runner")?.clone();
        ensure(&[
            Need::Target(target.to_owned().leak()),
            Need::Program(program.leak()),
        ])?;

        let room = tempfile::tempdir()?;
        let image = room.path().join("image.elf");
        let builds = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("examples");
        let _lock = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        // Crates that are missing are downloaded; an example never resolves them anew.
        if cargo(&folder, &["fetch", "--locked", "--offline"]).is_err() {
            cargo(&folder, &["fetch", "--locked"])?;
        }
        let mut build = vec!["build", "--release", "--locked", "--offline"];
        build.extend(["--features", features]);
        build.extend(["--target-dir", builds.to_str().context("no UTF-8")?]);
        cargo(&folder, &build)?;
        let built = builds.join(target).join("release");
        fs::copy(built.join(format!("tillsense-example-{name}")), &image)?;
        runner.push(image.to_str().context("no UTF-8")?.to_owned());
        Ok(Example {
            model: Aligned::from(&*fs::read(folder.join("model.till"))?),
            runner,
            _room: room,
        })
    }

    fn model(&self) -> Model<'_> {
        Model::load(&self.model).unwrap()
    }

    fn start(&self) -> Result<Child> {
        let mut command = Command::new(&self.runner[0]);
        command.args(&self.runner[1..]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Ok(command.stderr(Stdio::null()).spawn()?)
    }

    /// Runs it until it ends by itself.
    fn run(&self) -> Result<Ended> {
        let mut child = self.start()?;
        let mut stdout = child.stdout.take().context("no output")?;
        let output = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).map(|_| text)
        });
        let end = Instant::now() + LIMIT;
        while child.try_wait()?.is_none() {
            if Instant::now() > end {
                child.kill()?;
                child.wait()?;
                bail!("it did not end within {LIMIT:?}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        let code = child.wait()?.code();
        let output = output.join().ok().context("the reader panicked")??;
        Ok(Ended { code, output })
    }
}

/// Runs cargo in a folder as a reader would, without the variables of the cargo that runs this test.
fn cargo(folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut cargo = Command::new("cargo");
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let is_transport = ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_"];
        let is_ours = ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC"]
            .iter()
            .any(|start| text.starts_with(start));
        if is_ours && !is_transport.iter().any(|start| text.starts_with(start)) {
            cargo.env_remove(&name);
        }
    }
    let output = cargo.current_dir(folder).args(arguments).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let (line, folder) = (arguments.join(" "), folder.display());
        bail!("cargo {line} in {folder}:\n{said}");
    }
    Ok(())
}

/// What a session answers on this machine.
fn here<R>(model: Model<'_>, work: impl FnOnce(&mut Session<'_, '_>) -> R) -> R {
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    work(&mut Session::new(model, &mut arena).unwrap())
}

/// Runs a session; the lines that an example prints of its heads.
fn lines(session: &mut Session<'_, '_>) -> String {
    session.run();
    let line = |(number, head): (usize, Head<'_>)| {
        let verdict = session.verdict(number).unwrap();
        format!("{}: {} {:?}\n", head.name, verdict.name(), verdict.scores)
    };
    session.model().heads().enumerate().map(line).collect()
}

#[test]
fn a_record_on_riscv() {
    let example = Example::build("riscv", "").unwrap();
    let expected = here(example.model(), |session| {
        session.push_named(0, &payment::PAYMENT).unwrap();
        lines(session)
    });
    let ended = example.run().unwrap();
    assert_eq!((ended.code, ended.output), (Some(0), expected));
}

#[test]
fn a_text_and_a_record_between_watchdog_and_keypad() {
    let example = Example::build("cortex-m", "").unwrap();
    let expected = here(example.model(), |session| {
        session.push_text(0, counter::REQUEST).unwrap();
        session.push_named(1, &counter::PAYMENT).unwrap();
        lines(session)
    });
    let ended = example.run().unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let rest = ended.output.strip_prefix(&expected);
    let rest = rest.unwrap_or_else(|| panic!("{ended:?} for {expected}"));
    let words = rest.split([' ', ',']);
    let numbers: Vec<u32> = words.filter_map(|word| word.parse().ok()).collect();
    let [looks, keys] = numbers[..] else {
        panic!("{ended:?}")
    };
    // It looked up behind each op that the two inputs and the run take, and saw keys that were pressed meanwhile.
    assert!(looks >= 7 && keys > 0, "{ended:?}");
}

#[test]
fn a_main_loop_that_does_not_step_hears_its_watchdog() {
    let example = Example::build("cortex-m", "at-once").unwrap();
    let ended = example.run().unwrap();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.output.starts_with("the watchdog barks"), "{ended:?}");
}

/// What the example says of samples, and the rest of its output.
fn heard(ended: &Ended) -> ([usize; 3], &str) {
    let (first, rest) = ended.output.split_once('\n').unwrap_or_default();
    let numbers = first.split([' ', ',']).filter_map(|word| word.parse().ok());
    match numbers.collect::<Vec<_>>()[..] {
        [heard, lost, from] => ([heard, lost, from], rest),
        _ => panic!("{ended:?}"),
    }
}

/// The answer to a clip.
fn answer_to(example: &Example, clip: &[i16]) -> String {
    here(example.model(), |session| {
        session.push_audio(0, clip).unwrap();
        lines(session)
    })
}

#[test]
fn sound_from_an_interrupt_is_heard_whole() {
    let example = Example::build("rtic", "").unwrap();
    let clip: Vec<i16> = clip::Clip::new().collect();
    let ended = example.run().unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let (numbers, answer) = heard(&ended);
    assert_eq!(numbers, [clip.len(), 0, 0]);
    assert_eq!(answer, answer_to(&example, &clip));
}

#[test]
fn samples_that_found_no_room_are_counted_and_no_others_are_lost() {
    let example = Example::build("rtic", "held-up").unwrap();
    let mut clip: Vec<i16> = clip::Clip::new().collect();
    let ended = example.run().unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ([heard, lost, from], answer) = heard(&ended);
    assert!(lost > 0, "{ended:?}");
    assert_eq!(heard + lost, clip.len(), "{ended:?}");
    // It was held up once, so what it lost is one stretch.
    clip.drain(from..from + lost);
    assert_eq!(answer, answer_to(&example, &clip));
}

/// An emulated terminal at the other end of its serial port.
struct Port {
    child: Child,
    stdin: ChildStdin,
    frames: Receiver<Vec<u8>>,
}

impl Port {
    fn open(mut child: Child) -> Result<Self> {
        let stdin = child.stdin.take().context("no input")?;
        let mut stdout = BufReader::new(child.stdout.take().context("no output")?);
        let (send, frames) = mpsc::channel();
        thread::spawn(move || {
            let mut frame = Vec::new();
            while stdout
                .read_until(0, &mut frame)
                .is_ok_and(|count| count > 0)
            {
                frame.pop();
                if send.send(std::mem::take(&mut frame)).is_err() {
                    break;
                }
            }
        });
        let mut port = Port {
            child,
            stdin,
            frames,
        };
        // It listens from its empty frame on.
        anyhow::ensure!(port.receive(LIMIT)?.is_some_and(|frame| frame.is_empty()));
        Ok(port)
    }
}

impl Transport for Port {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stdin.write_all(bytes)?;
        Ok(self.stdin.flush()?)
    }

    fn receive(&mut self, limit: Duration) -> Result<Option<Vec<u8>>> {
        Ok(Some(self.frames.recv_timeout(limit)?))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn requests_over_a_serial_port_are_answered_by_async_tasks() {
    let example = Example::build("embassy", "").unwrap();
    let mut link = Link::over(Port::open(example.start().unwrap()).unwrap());
    link.set_patience(Patience::with_pipe(LIMIT));
    let facts = link.require_model().unwrap();
    assert_eq!(facts.digest, example.model().digest());
    let empty = link.push_text(0, b"");
    let refused = Failure::Refused(LinkError::Push(PushError::Text(TextError::Empty)));
    assert_eq!(empty.unwrap_err().to_string(), refused.to_string());
    for text in ["my card was stolen", "what is my balance", "send money"] {
        link.reset().unwrap();
        link.push_text(0, text.as_bytes()).unwrap();
        // Noise in between is told, and loses nothing that was accepted.
        link.transport().send(b"noise\0").unwrap();
        let told = link.transport().receive(LIMIT).unwrap();
        assert_eq!(told.unwrap(), AGAIN[..1]);
        link.run().unwrap();
        let got = link.verdict(0).unwrap();
        here(example.model(), |session| {
            session.push_text(0, text.as_bytes()).unwrap();
            session.run();
            let expected = session.verdict(0).unwrap();
            let scores = expected.scores.iter();
            let scores: Vec<u8> = scores.map(|score| score.cast_unsigned() ^ 0x80).collect();
            assert_eq!((got.class, got.score), (expected.class, expected.score));
            assert_eq!((got.defer, got.scores), (expected.defer, scores), "{text}");
        });
    }
}
