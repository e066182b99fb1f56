//! QEMU processes: started with a firmware image and a model, ended whatever happens.

mod slot;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::NamedTempFile;
use tillsense_core::link::MAX_FRAME;

use crate::boards::Machine;
use crate::link::Transport;

/// Processor seconds after which the system ends a QEMU whose parent died without ending it.
const CPU_LIMIT_SECONDS: u32 = 1800;

/// A running QEMU whose serial port carries frames.
#[derive(Debug)]
pub struct Process {
    machine: &'static Machine,
    child: Child,
    stdin: ChildStdin,
    /// Received frames without their zero; the channel ends with QEMU.
    frames: Receiver<Vec<u8>>,
    complaints: Option<JoinHandle<String>>,
    /// The file that QEMU loads at its start, kept while it runs.
    _slot: Option<NamedTempFile>,
}

/// Result of a program that ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Exit code; `None` where a signal ended QEMU.
    pub code: Option<i32>,
    /// Text that the program wrote to its serial port.
    pub output: String,
    /// Text that QEMU wrote to its standard error.
    pub complaints: String,
}

impl Process {
    /// Starts QEMU with an image, and a model in the machine's flash at its slot.
    pub fn start(machine: &'static Machine, image: &Path, model: Option<&Path>) -> Result<Self> {
        let slot = model.map(|file| slot::wrap(machine, file)).transpose()?;
        let child = spawn(machine, Some(image), slot.as_ref(), &[])?;
        Self::of(machine, child, slot)
    }

    /// Starts QEMU with nothing in the machine's memory but what these files put there: `.hex` files, as a flash tool takes them.
    pub fn start_flashed(machine: &'static Machine, files: &[&Path]) -> Result<Self> {
        let mut options = Vec::new();
        for file in files {
            options.extend(["-device".to_owned(), loader(file)?]);
        }
        let options: Vec<_> = options.iter().map(String::as_str).collect();
        let child = spawn(machine, None, None, &options)?;
        Self::of(machine, child, None)
    }

    fn of(
        machine: &'static Machine,
        mut child: Child,
        slot: Option<NamedTempFile>,
    ) -> Result<Self> {
        let stdin = child.stdin.take().context("QEMU has no input")?;
        let stdout = child.stdout.take().context("QEMU has no output")?;
        let stderr = child.stderr.take().context("QEMU has no error output")?;
        let (send, frames) = mpsc::channel();
        thread::spawn(move || split_frames(BufReader::new(stdout), &send));
        let complaints = Some(thread::spawn(move || read_all(stderr)));
        Ok(Process {
            machine,
            child,
            stdin,
            frames,
            complaints,
            _slot: slot,
        })
    }

    /// The machine that the process emulates.
    pub const fn machine(&self) -> &'static Machine {
        self.machine
    }

    /// Ends QEMU and describes in one line how it ended.
    fn obituary(&mut self) -> String {
        // QEMU may have ended by itself: then this changes nothing.
        let killed = self.child.kill();
        let status = self.child.wait();
        let complaints = self
            .complaints
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        let complaints = complaints.split_whitespace().collect::<Vec<_>>().join(" ");
        let program = self
            .machine
            .qemu
            .as_ref()
            .map_or("QEMU", |qemu| qemu.program);
        match (killed, status) {
            (_, Ok(status)) if complaints.is_empty() => {
                format!("{program} ended ({status})")
            }
            (_, Ok(status)) => format!("{program} ended ({status}): {complaints}"),
            (_, Err(error)) => format!("{program}: {error}"),
        }
    }
}

impl Transport for Process {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let sent = self
            .stdin
            .write_all(bytes)
            .and_then(|()| self.stdin.flush());
        sent.map_err(|_| anyhow!("{}", self.obituary()))
    }

    fn receive(&mut self, limit: Duration) -> Result<Option<Vec<u8>>> {
        match self.frames.recv_timeout(limit) {
            Ok(frame) => Ok(Some(frame)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("{}", self.obituary()),
        }
    }

    fn name(&self) -> String {
        self.machine.id.to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing is left to do about a process that cannot be ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs an image that ends by itself, and reads its serial port as text.
pub fn run_to_end(
    machine: &'static Machine,
    image: &Path,
    slot: Option<&Path>,
    limit: Duration,
) -> Result<Finished> {
    let (finished, complaints) = run_logged(machine, image, slot, &[], limit, read_all)?;
    Ok(Finished {
        complaints,
        ..finished
    })
}

/// Runs an image like [`run_to_end`] with further arguments for QEMU; `log` reads QEMU's standard error to its end.
pub fn run_logged<T: Send + 'static>(
    machine: &'static Machine,
    image: &Path,
    slot: Option<&Path>,
    options: &[&str],
    limit: Duration,
    log: impl FnOnce(ChildStderr) -> T + Send + 'static,
) -> Result<(Finished, T)> {
    let slot = slot.map(|file| slot::wrap(machine, file)).transpose()?;
    let mut child = spawn(machine, Some(image), slot.as_ref(), options)?;
    let stdout = child.stdout.take().context("QEMU has no output")?;
    let stderr = child.stderr.take().context("QEMU has no error output")?;
    let output = thread::spawn(move || read_all(stdout));
    let log = thread::spawn(move || log(stderr));
    let ended = wait(&mut child, limit);
    if !matches!(ended, Ok(Some(_))) {
        drop(child.kill());
        drop(child.wait());
    }
    let output = output.join().unwrap_or_default();
    let log = log.join();
    let Some(status) = ended? else {
        let last = output.lines().next_back().unwrap_or("nothing");
        bail!(
            "{} did not end within {limit:?}; it wrote last: {last}",
            machine.id
        );
    };
    let finished = Finished {
        code: status.code(),
        output,
        complaints: String::new(),
    };
    let log = log.map_err(|_| anyhow!("the log of {}'s QEMU cannot be read", machine.id))?;
    Ok((finished, log))
}

fn spawn(
    machine: &Machine,
    image: Option<&Path>,
    slot: Option<&NamedTempFile>,
    options: &[&str],
) -> Result<Child> {
    let qemu = machine.emulator()?;
    // The shell only sets a limit on processor time: a polling guest would otherwise run for ever if we were killed.
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -t \"$1\"; shift; exec \"$@\"",
        "sh",
        &CPU_LIMIT_SECONDS.to_string(),
        qemu.program,
    ]);
    command.args(&qemu.arguments);
    command.args([
        "-icount", "shift=0", "-display", "none", "-monitor", "none", "-serial", "stdio",
    ]);
    command.args(["-semihosting-config", "enable=on,target=native"]);
    command.args(options);
    if let Some(image) = image {
        command.arg("-kernel").arg(image);
    }
    if let Some(file) = slot {
        command.arg("-device").arg(loader(file.path())?);
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().context("cannot start a shell for QEMU")
}

/// The device that puts a file into memory, at the addresses that the file itself says.
fn loader(file: &Path) -> Result<String> {
    let path = file.to_str();
    let path = path.context("the folder for temporary files has no UTF-8 name")?;
    // A comma would end the value.
    Ok(format!("loader,file={}", path.replace(',', ",,")))
}

fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn split_frames(mut from: impl BufRead, to: &mpsc::Sender<Vec<u8>>) {
    loop {
        let mut frame = Vec::new();
        // One byte more than a frame may have shows that it is too long; the link then refuses it.
        let limit = MAX_FRAME as u64 + 1;
        match from.by_ref().take(limit).read_until(0, &mut frame) {
            Ok(n) if n > 0 => {
                if frame.last() == Some(&0) {
                    frame.pop();
                }
                if to.send(frame).is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

/// Limit of the bytes read of a program's output; a program that writes without end is stopped by its time limit.
const MOST_OUTPUT: u64 = 64 << 20;

fn read_all(from: impl Read) -> String {
    let mut bytes = Vec::new();
    // On an error, the bytes read before it are shown.
    drop(from.take(MOST_OUTPUT).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}
