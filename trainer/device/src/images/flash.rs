//! Runs a flash tool that is installed.

use std::env;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::tools::{Tool, Words};

/// A tool that is there.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The tool.
    pub tool: Tool,
    /// Its program.
    program: PathBuf,
    /// Whether it is an esptool before version 5, which spells its commands otherwise.
    old: bool,
}

impl Installed {
    /// Looks for a tool in the folders of PATH.
    pub fn find(tool: Tool) -> Option<Self> {
        let names: &[&str] = match tool {
            Tool::Esptool => &["esptool", "esptool.py"],
            _ => &[tool.name()],
        };
        let program = names.iter().find_map(|name| on_path(name))?;
        Some(Installed {
            tool,
            old: tool == Tool::Esptool && esptool_version(&program).is_some_and(|major| major < 5),
            program,
        })
    }

    /// A command as this version of the tool takes it.
    pub fn spelled(&self, words: &[String]) -> Words {
        let mut words = words.to_vec();
        if let Some(program) = words.first_mut() {
            let name = self.program.file_name().unwrap_or_default();
            *program = name.to_string_lossy().into_owned();
        }
        for word in words
            .iter_mut()
            .filter(|word| self.old && *word == "write-flash")
        {
            *word = "write_flash".to_owned();
        }
        words
    }

    /// Runs commands one after the other, up to the first that fails. What they print goes to the screen, or to standard error
    /// alone where standard output is for results.
    pub fn run(&self, commands: &[Words], only_errors: bool) -> Result<()> {
        for words in commands {
            let words = self.spelled(words);
            let mut command = Command::new(&self.program);
            command.args(words.iter().skip(1));
            if only_errors {
                command.stdin(Stdio::null()).stdout(io::stderr());
            }
            let name = self.tool.name();
            let status = command
                .status()
                .with_context(|| format!("{} cannot be started", self.program.display()))?;
            if !status.success() {
                let word = words.get(1).map_or("", String::as_str);
                bail!("{name} failed ({status}) at `{name} {word}`; what it says stands above");
            }
        }
        Ok(())
    }
}

/// The program of this name in the folders of PATH.
fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let mut places = env::split_paths(&folders).map(|folder| folder.join(&file));
    places.find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let there = path.metadata();
    there.is_ok_and(|there| there.is_file() && there.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Time for a tool to state its version, and bytes that are read of it.
const VERSION_LIMIT: (Duration, u64) = (Duration::from_secs(5), 4096);

/// The first number of the version that esptool states in its last line; `None` where it states none in time.
fn esptool_version(program: &Path) -> Option<u32> {
    let mut command = Command::new(program);
    command.arg("version").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let (limit, most) = VERSION_LIMIT;
    let from = child.stdout.take()?.take(most);
    let (send, said) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more where the time is up.
        drop(send.send(io::read_to_string(from)));
    });
    let said = said.recv_timeout(limit);
    // It may have ended by itself; nothing is left to do about one that cannot be ended.
    drop(child.kill());
    drop(child.wait());
    let said = said.ok()?.ok()?;
    let version = said.lines().rfind(|line| !line.trim().is_empty())?;
    version.trim().split('.').next()?.parse().ok()
}
