//! Installs missing tools where that is allowed.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tillsense_compiler::say::say;

use crate::toolchain::hermetic::tool;
use crate::toolchain::need::Need;
use crate::toolchain::{Said, place};

/// The variable that forbids installing, whatever its value.
const FORBIDDEN: &str = "TILLSENSE_NO_INSTALL";

/// A command that installs something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) words: Vec<String>,
}

impl Step {
    fn new(words: &[&str]) -> Self {
        Step {
            words: words.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    /// The command as one would type it.
    pub(super) fn line(&self) -> String {
        self.words.join(" ")
    }
}

/// The commands that install the missing needs, in order; `prefix` (such as `sudo`) stands before those that root must run.
pub(super) fn steps(missing: &[Need], prefix: &[&str]) -> Vec<Step> {
    let mut steps = Vec::new();
    if missing.contains(&Need::Rust) {
        steps.push(Step::new(&["rustup", "update", "stable"]));
        steps.push(Step::new(&["rustup", "default", "stable"]));
    }
    let targets: Vec<_> = missing
        .iter()
        .filter_map(|need| {
            if let Need::Target(t) = need {
                Some(*t)
            } else {
                None
            }
        })
        .collect();
    if !targets.is_empty() {
        steps.push(Step::new(
            &[&["rustup", "target", "add"], &targets[..]].concat(),
        ));
    }
    let mut packages: Vec<_> = missing.iter().filter_map(Need::package).collect();
    packages.dedup();
    if !packages.is_empty() {
        steps.push(Step::new(&[prefix, &["apt-get", "update"]].concat()));
        // The dash keeps qemu-utils away, which the packages recommend and nothing here uses.
        let install = ["apt-get", "install", "--yes", "--no-install-recommends"];
        steps.push(Step::new(
            &[prefix, &install, &packages, &["qemu-utils-"]].concat(),
        ));
    }
    steps
}

/// Makes sure that all needs are installed: names what is missing and installs it, or fails with the commands to type.
pub fn ensure(needs: &[Need]) -> Result<()> {
    let wanted = missing(needs);
    if wanted.is_empty() {
        return Ok(());
    }
    let prefix = root_prefix();
    if let Some(reason) = obstacle(&wanted, prefix) {
        let steps = steps(&wanted, prefix.unwrap_or(&["sudo"]));
        let lines: Vec<_> = steps
            .iter()
            .map(|step| format!("  {}", step.line()))
            .collect();
        let (missing, lines) = (names(&wanted), lines.join("\n"));
        let said = format!("missing: {missing}\n{reason}; install with:\n{lines}");
        return Err(Said(said).into());
    }
    // Several test programs may find out at once; one installs, the others wait and look again.
    let _lock = lock()?;
    let wanted = missing(needs);
    if wanted.is_empty() {
        return Ok(());
    }
    say(format_args!("missing: {}; installing:", names(&wanted)));
    steps(&wanted, prefix.unwrap_or(&[]))
        .iter()
        .try_for_each(run)?;
    match missing(&wanted) {
        still if still.is_empty() => Ok(()),
        still => bail!("still missing after installing: {}", names(&still)),
    }
}

fn names(needs: &[Need]) -> String {
    needs.iter().map(Need::name).collect::<Vec<_>>().join(", ")
}

fn missing(needs: &[Need]) -> Vec<Need> {
    needs
        .iter()
        .filter(|need| need.found().is_none())
        .copied()
        .collect()
}

/// The reason why the missing needs cannot be installed from here; `None` where they can.
fn obstacle(missing: &[Need], prefix: Option<&[&str]>) -> Option<&'static str> {
    let wants = |package: bool| {
        missing
            .iter()
            .any(|need| need.package().is_some() == package)
    };
    if std::env::var_os(FORBIDDEN).is_some() {
        Some("TILLSENSE_NO_INSTALL forbids installing")
    } else if wants(false) && !works("rustup", &["--version"]) {
        Some("rustup is not installed (https://rustup.rs)")
    } else if missing.contains(&Need::Rust) {
        Some("the toolchain in use is too old, and yours to change")
    } else if wants(true) && !works("apt-get", &["--version"]) {
        Some(
            "this is no Debian system: take them (QEMU from 7.2 on) from your own package manager, or, with apt-get,",
        )
    } else if wants(true) && prefix.is_none() {
        Some("only root may install packages")
    } else {
        None
    }
}

/// The words before a command that only root may run; `None` where becoming root would ask a question.
pub(super) fn root_prefix() -> Option<&'static [&'static str]> {
    let id = Command::new("id")
        .arg("-u")
        .stderr(Stdio::null())
        .output()
        .ok();
    if id.is_some_and(|output| output.stdout.trim_ascii() == b"0") {
        Some(&[])
    } else if works("sudo", &["-n", "true"]) {
        Some(&["sudo", "-n"])
    } else {
        None
    }
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn run(step: &Step) -> Result<()> {
    say(format_args!("  {}", step.line()));
    let mut command = tool(&step.words[0]);
    command.args(&step.words[1..]);
    // Packages must not ask questions. The output is captured and shown only in the error, so that it never mixes with results.
    let output = command.env("DEBIAN_FRONTEND", "noninteractive").output();
    let output = output.with_context(|| format!("cannot run {}", step.line()))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let last: Vec<_> = said.lines().rev().take(5).collect();
        let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
        let said = format!("{} failed ({}):\n{last}", step.line(), output.status);
        return Err(Said(said).into());
    }
    Ok(())
}

fn lock() -> Result<File> {
    let dir = place()?;
    let path = dir.join("install.lock");
    let open = || -> std::io::Result<File> {
        fs::create_dir_all(&dir)?;
        let file = File::options().create(true).append(true).open(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().with_context(|| format!("cannot lock {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_for_all_targets_and_one_for_all_packages() {
        let missing = [
            Need::Target("thumbv7em-none-eabihf"),
            Need::Program("qemu-system-arm"),
            Need::Target("riscv32imac-unknown-none-elf"),
            Need::Program("qemu-system-riscv32"),
        ];
        let lines: Vec<_> = steps(&missing, &["sudo"]).iter().map(Step::line).collect();
        assert_eq!(
            lines,
            [
                "rustup target add thumbv7em-none-eabihf riscv32imac-unknown-none-elf",
                "sudo apt-get update",
                "sudo apt-get install --yes --no-install-recommends qemu-system-arm qemu-system-misc qemu-utils-",
            ]
        );
        assert_eq!(steps(&missing[..1], &[]).len(), 1);
        assert!(steps(&[], &[]).is_empty());
    }
}
