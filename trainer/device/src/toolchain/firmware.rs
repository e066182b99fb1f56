//! Builds the firmware from the sources that the command carries, by a cargo that knows nothing of the user's settings.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result};
use tillsense_compiler::files;
use tillsense_compiler::say::say;
use tillsense_core::parts::Part;

use crate::boards::Machine;
use crate::toolchain::elf::MOST_IMAGE;
use crate::toolchain::workshop::Workshop;
use crate::toolchain::{Need, Overflow, Said, ensure, for_machines, place_of_board};

/// Images built by this process: cargo is asked once for each.
static BUILT: Mutex<Option<HashMap<(&'static str, String), PathBuf>>> = Mutex::new(None);

/// Builds a program of the firmware (`terminal`, `parity`, `forged`, `bench`, `clock`) for a
/// board and returns the path of its image.
pub fn build_firmware(machine: &'static Machine, program: &str) -> Result<PathBuf> {
    build_for_qemu(machine, program, &Part::ALL)
}

/// Builds a program with only these parts of the core for QEMU, whose machine may have another clock than the board.
pub(super) fn build_for_qemu(
    machine: &'static Machine,
    program: &str,
    parts: &[Part],
) -> Result<PathBuf> {
    let hertz = machine.board.qemu.as_ref().and_then(|qemu| qemu.hertz);
    build_parts(
        machine,
        program,
        parts,
        hertz.is_some(),
        &for_machines(&[machine]),
    )
}

/// Builds the terminal with only these parts of the core, to be flashed: no emulator is asked for. The error is an [`Overflow`]
/// where it does not fit the board.
pub fn build_terminal(machine: &'static Machine, parts: &[Part]) -> Result<PathBuf> {
    let needs = [Need::Target(machine.target)];
    build_parts(machine, "terminal", parts, false, &needs)
}

/// Builds a program with only these parts of the core and returns the path of its image.
fn build_parts(
    machine: &'static Machine,
    program: &str,
    parts: &[Part],
    in_qemu: bool,
    needs: &[Need],
) -> Result<PathBuf> {
    let all = Part::ALL.iter().all(|part| parts.contains(part));
    let names: Vec<_> = parts.iter().map(|part| part.feature()).collect();
    let board = match in_qemu {
        true => format!("{}-qemu", machine.id),
        false => machine.id.to_owned(),
    };
    let name = match all {
        true => format!("{board}-{program}"),
        false => format!("{board}-{program}-{}", names.join("-")),
    };
    let inputs = in_qemu.then(|| ("TILLSENSE_IN_QEMU", PathBuf::from("1")));
    let key = (machine.id, name.clone());
    // The lock is held while building: a second thread that wants the same image waits for it.
    let mut built = BUILT
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let built = built.get_or_insert_default();
    if let Some(image) = built.get(&key) {
        return Ok(image.clone());
    }
    let parts = (!all).then_some(names);
    ensure(needs)?;
    let image = build(
        machine,
        program,
        parts.as_deref(),
        &format!("{name}.elf"),
        inputs.as_slice(),
    )?;
    built.insert(key, image.clone());
    Ok(image)
}

/// Builds `verdict` for a board, with a model and a session (see [`crate::link::Tape`]) in the image.
pub fn build_verdict(machine: &'static Machine, model: &Path, session: &Path) -> Result<PathBuf> {
    let absolute = |path: &Path| {
        path.canonicalize()
            .with_context(|| format!("{}", path.display()))
    };
    let inputs = [
        ("TILLSENSE_MODEL", absolute(model)?),
        ("TILLSENSE_SESSION", absolute(session)?),
    ];
    ensure(&for_machines(&[machine]))?;
    build(
        machine,
        "verdict",
        None,
        &format!("{}-verdict.elf", machine.id),
        &inputs,
    )
}

fn build(
    machine: &Machine,
    program: &str,
    parts: Option<&[&str]>,
    name: &str,
    inputs: &[(&str, PathBuf)],
) -> Result<PathBuf> {
    // Boards of one target share cargo's output path: it is copied away before another process may build.
    let workshop = Workshop::open(machine.target)?;
    say(format_args!(
        "building the {program} firmware for {machine}"
    ));
    let dir = &workshop.dir;
    let images = dir.join("images");
    fs::create_dir_all(&images).with_context(|| format!("cannot create {}", images.display()))?;
    // Other flags would make cargo build everything again whenever another board of the target was built, and so would a board that
    // the unpacked firmware has no feature for.
    let builds = match (machine.is_carried(), &machine.rustflags[..]) {
        (true, []) => dir.clone(),
        (true, flags) => dir.join(folder_of(flags)),
        (false, _) => dir.join("own").join(machine.id),
    };
    let mut build = workshop.cargo("build", machine.target, &machine.rustflags);
    build.args(["--locked", "--offline", "--profile", "firmware"]);
    build.args(["--package", "tillsense-firmware", "--bin", program]);
    build.args(["--features", &features(machine, program, parts)]);
    build.args(parts.map(|_| "--no-default-features"));
    build.arg("--target-dir").arg(&builds);
    build.env("TILLSENSE_BOARD", machine.source);
    build.envs(inputs.iter().map(|(name, path)| (name, path)));
    let output = build.output().context("cannot run cargo")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        if let Some(overflow) = Overflow::told(machine, &said) {
            return Err(overflow.into());
        }
        let (id, said) = (machine.id, said.trim_end());
        let said = format!("the {program} firmware for {id} does not build:\n{said}");
        return Err(Said(said).into());
    }
    let built = builds.join(machine.target).join("firmware").join(program);
    let image = images.join(name);
    let bytes = files::read(&built, MOST_IMAGE);
    let bytes = bytes.with_context(|| format!("cannot read {}", built.display()))?;
    files::write(&image, &bytes)?;
    Ok(image)
}

/// A folder's name for builds with these flags.
fn folder_of(flags: &[&str]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = flags.join("-").chars().map(plain).collect();
    name.trim_matches('-').to_owned()
}

/// The features of the firmware that a program on a board needs.
fn features(machine: &Machine, program: &str, parts: Option<&[&str]>) -> String {
    let own = match program {
        "parity" | "forged" | "bench" => Some("parity"),
        "clock" => Some("clock"),
        "engine" => Some("engine"),
        "verdict" => Some("standalone"),
        _ => None,
    };
    let mut features: Vec<String> = own.into_iter().map(str::to_owned).collect();
    if machine.is_carried() {
        features.push(place_of_board(machine));
    }
    features.extend(
        parts
            .unwrap_or_default()
            .iter()
            .map(|part| (*part).to_owned()),
    );
    features.join(",")
}
